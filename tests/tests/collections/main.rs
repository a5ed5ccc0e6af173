//! Collections through the API, on the real binary and simulated devices over real SSH: that they end as they did without
//! a server, that nobody who watches misses anything, and that nothing is lost whatever happens to the server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod addresses;
mod archive;
mod backup;
mod bodies;
mod breaker;
mod clock;
mod commands;
mod end;
mod filters;
mod fleet;
mod hangup;
mod keeping;
mod kill;
mod names;
mod scene;
mod trouble;
mod watch;
mod watched;
