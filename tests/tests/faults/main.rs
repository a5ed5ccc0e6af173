//! What goes wrong with devices, case by case, and what a collection must make of it.
//!
//! The numbers in the names of the tests are those of the lab's list of faults ([`lab::Fault::number`]). Each test runs
//! the real `showrun` against a healthy device and faulty ones: the healthy one always succeeds, no secret is found
//! anywhere, and what the faulty ones do is told in one of the closed list of failure kinds, or survived with every
//! file equal to what the device printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod account;
mod handshake;
mod jump;
mod login;
mod many;
mod output;
mod replay;
mod scene;
mod session;
mod volume;
