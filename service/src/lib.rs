//! The application: what Showrun does, apart from how it is asked for.
//!
//! Owns collections without a database (`direct`), the inventories that people bring (`inventory`), names of files for
//! what is stored (`file_name`), and [`Service`]: everything the server does, one module for each noun, with its queries in
//! `<noun>/store.rs` alone. It runs devices through `jobs` and hands out results in the words of the public API.
//!
//! Must not know: HTTP, the command line, terminals, the simulated devices.

#![forbid(unsafe_code)]

pub mod access;
pub mod actor;
pub mod audit;
pub mod backup;
pub mod capture_types;
pub mod captures;
pub mod collections;
pub mod config_changes;
pub mod coverage;
pub mod credentials;
mod database;
pub mod device_exports;
pub mod device_imports;
pub mod devices;
pub mod direct;
pub mod error;
pub mod export;
pub mod failures;
pub mod file_name;
pub mod git_mirror;
pub mod host_keys;
pub mod idempotency;
pub mod inventory;
pub mod locate;
pub mod measures;
pub mod page;
pub mod platforms;
pub mod records;
mod rulebook;
pub mod search;
mod server;
pub mod settings;
#[cfg(test)]
pub(crate) mod tests;
pub mod time;
pub mod topology;
mod vault;
pub mod version;
pub mod volatile_rules;

pub use server::{ServerConfig, Service};
pub use vault::KeySource;
