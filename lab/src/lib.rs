//! Simulated network devices behind real SSH servers, thousands of them in one process.
//!
//! This crate owns the look and the behaviour of devices: prompts, banners, echo, pagers, line editing, the text of show
//! commands for one made-up network that fits together, and what can go wrong with all that ([`Fault`]). The demo, the
//! tests and the benches collect from it over the loopback.
//!
//! It must not know how Showrun finds prompts, pages, or reads text, and imports nothing of it: a rule that both sides
//! shared would hide its own mistakes.
//!
//! [`Fleet::start`] makes the network from a seed and listens; [`Fleet::expected`] says what a capture has to hold;
//! [`RecordedDevice`] plays a recorded session instead.

#![forbid(unsafe_code)]

mod act;
mod answer;
mod device;
mod dialect;
mod fault;
mod fleet;
mod handshake;
mod mac;
mod mischief;
mod platform;
mod recording;
mod server;
mod shell;
mod tables;
mod text;
mod view;
mod when;
mod wire;
mod world;

pub use device::{Counters, DeviceInfo};
pub use fault::Fault;
pub use fleet::{ConfigChange, Fleet, FleetOptions};
pub use platform::Platform;
pub use recording::{RecordedDevice, Recording};
