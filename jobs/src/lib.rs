//! What to run on a network device, and running it over SSH.
//!
//! Owns: the platform files (`catalogue`, `platform`), one SSH session to one device (`transport`, `channel`, `driver`),
//! what an output is worth (`verdict`), which jobs follow from devices and capture types (`plan`), and many sessions at
//! once (`runner`, `breaker`). Its caller provides three things: known host keys ([`HostKeys`]), a place that captures
//! are streamed into ([`CaptureSink`]) and a channel for events ([`Event`]).
//!
//! Must not know: any database, HTTP, where it runs, who asked.

pub mod breaker;
pub mod capture;
pub mod catalogue;
pub mod channel;
mod check;
mod detect;
pub mod driver;
pub mod error;
pub mod event;
pub mod line;
pub mod plan;
pub mod platform;
mod readonly;
pub mod replay;
pub mod runner;
mod spare;
pub mod transcript;
pub mod transport;
pub mod verdict;

pub use breaker::{Breaker, Logins};
pub use capture::{CaptureSink, CaptureWriter, SinkFuture};
pub use catalogue::Catalogue;
pub use driver::SessionLimits;
pub use error::{DeviceError, FailureKind};
pub use event::{CaptureReport, DeviceReport, DeviceStatus, Event};
pub use plan::{Device, DeviceJob, Plan, PlannedCapture, Skipped, plan};
pub use platform::Platform;
pub use runner::{AddressRule, Cancel, Hold, RunOptions, Runner};
pub use transport::{Credentials, HostKeyDecision, HostKeys, JumpHost, read_private_key};
pub use verdict::Verdict;
