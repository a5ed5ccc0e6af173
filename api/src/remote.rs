//! The command against a server: everything here goes through the public API, as any program would.

pub(crate) mod captures;
pub(crate) mod client;
pub(crate) mod collect;
pub(crate) mod collections;
pub(crate) mod devices;
mod follow;
pub(crate) mod people;
pub(crate) mod pick;
mod refusal;
pub(crate) mod reparse;
pub(crate) mod watch;
