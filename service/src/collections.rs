//! Collections: one run over many devices, from the request to its last event, whatever happens to the server meanwhile.

use entity::collection_device::DeviceStatus;
use serde::{Deserialize, Serialize};

mod event;
mod hub;
mod ledger;
pub(crate) mod run;

pub use event::StoredEvent;
pub use hub::Head;
pub use ledger::CaptureEntry;

/// How many devices of a collection stand where. They always add up to `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub struct Counts {
    pub total: u32,
    pub queued: u32,
    pub running: u32,
    pub succeeded: u32,
    pub partially_succeeded: u32,
    pub failed: u32,
    pub cancelled: u32,
}

impl Counts {
    fn of(&mut self, status: DeviceStatus) -> &mut u32 {
        match status {
            DeviceStatus::Queued => &mut self.queued,
            DeviceStatus::Running => &mut self.running,
            DeviceStatus::Succeeded => &mut self.succeeded,
            DeviceStatus::PartiallySucceeded => &mut self.partially_succeeded,
            DeviceStatus::Failed => &mut self.failed,
            DeviceStatus::Cancelled => &mut self.cancelled,
        }
    }

    /// Devices that have ended.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.total.saturating_sub(self.queued).saturating_sub(self.running)
    }

    /// Devices that have ended, in percent, rounded down.
    #[must_use]
    pub fn progress(&self) -> u32 {
        match self.total {
            0 => 100,
            total => u32::try_from(u64::from(self.done()) * 100 / u64::from(total)).unwrap_or(100),
        }
    }
}
