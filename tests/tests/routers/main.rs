//! Real routers: four of them, each with another SSH server behind it, collected by the real command, with a
//! server and without one, and compared with what the routers themselves print.
//!
//! The routers come from a script outside the repository (`tests::places::routers`). Only one set of them can be up, so
//! these tests take turns.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod browser;
mod captures;
mod changes;
mod lab;
mod logins;
mod questions;
mod server;
mod trouble;
