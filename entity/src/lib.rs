//! Rows of the database and their enumerations.
//!
//! Owns the shape of what is stored, one file for each table. Times are milliseconds since 1970 in UTC.
//!
//! Must not know: queries, and anything above it.

#![forbid(unsafe_code)]

pub mod api_token;
pub mod arp_entry;
pub mod audit_event;
pub mod auth_session;
pub mod capture;
pub mod collection;
pub mod collection_device;
pub mod component;
pub mod config_change;
pub mod coverage;
pub mod credential;
pub mod current_capture;
pub mod device;
pub mod device_tag;
pub mod device_version;
pub mod event_batch;
pub mod host_key;
pub mod idempotency_key;
pub mod interface;
pub mod interface_address;
pub mod load;
pub mod login_identity;
pub mod mac_entry;
pub mod mirror_file;
pub mod neighbor;
pub mod pending_change;
pub mod refresh_token;
pub mod route;
pub mod search_chunk;
pub mod search_text;
pub mod setting;
pub mod text;
pub mod transcript;
pub mod user;
pub mod volatile_rule;
