//! The command against a server: everything here goes through the public API, as any program would.

pub(crate) mod captures;
pub(crate) mod client;
pub(crate) mod collect;
pub(crate) mod collections;
pub(crate) mod devices;
mod follow;
mod pick;
mod watch;

/// For the demo: what was started is watched and shown like any other collection.
pub(crate) use watch::{Ending, watch};
