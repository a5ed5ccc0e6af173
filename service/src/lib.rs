//! The application: what Showrun does, apart from how it is asked for.
//!
//! Owns collections without a database (`direct`), the inventories that people bring (`inventory`), and names of files
//! for what is stored (`file_name`). It runs devices through `jobs` and hands out results in the words of the public API.
//!
//! Must not know: HTTP, the command line, terminals, the simulated devices.

pub mod direct;
pub mod file_name;
pub mod inventory;
