//! Real routers: four of them, each with another SSH server behind it, collected by the real command and compared with
//! what the routers themselves print.
//!
//! The routers come from a script outside the repository (`tests::places::routers`). Only one set of them can be up, so
//! these tests take turns.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod captures;
mod lab;
mod logins;
mod questions;
mod trouble;
