//! The command against a server: the real `showrun` as a process, with a server that is another process and simulated
//! devices behind it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod access;
mod collect;
mod desk;
mod devices;
mod lost;
mod people;
