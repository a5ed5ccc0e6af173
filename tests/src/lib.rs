//! Whole-system tests of Showrun and what they stand on.
//!
//! Owns: the tests under `tests/` (the built binaries as processes, against the lab and real servers), the house rules
//! ([`house`]), a collection as a process ([`collect`]), the server as a process and its client ([`server`],
//! [`postgres`]), where things outside the checkout are ([`places`]), and how a test says that it could not run
//! ([`skip`]).
//! Must not know: any other crate of ours but `lab`. A test that imports what it checks repeats its faults.

pub mod browser;
pub mod collect;
pub mod house;
pub mod places;
pub mod postgres;
pub mod server;
pub mod skip;
