//! What is known of a running collection, how everything that happens changes it, and what of that is to be written.
//! Pure: no database, no clock.

use std::{collections::BTreeMap, mem, time::Duration};

use entity::{
    capture::Verdict,
    collection::{CollectionKind, CollectionStage, CollectionStatus},
    collection_device::DeviceStatus,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Counts,
    event::{self, FailedDevice, Happening, NAMED_FAILURES},
};
use crate::records::{Kind, Loaded, Wish};

/// Least time between two progress events, in milliseconds.
const PROGRESS_EVERY_MS: i64 = 250;

/// What came of one capture type, as it is kept with the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureEntry {
    /// The capture, unless the type never ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Slug of the type.
    pub capture_type: String,
    /// What the text is worth.
    pub verdict: Verdict,
    /// Size of the text.
    pub bytes: u64,
    /// Lines of the text.
    pub lines: u64,
    /// Why it is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One device of a collection.
#[derive(Debug, Clone)]
pub(crate) struct DeviceLine {
    pub(crate) device_id: Uuid,
    pub(crate) device_name: String,
    pub(crate) address: String,
    pub(crate) platform: String,
    pub(crate) status: DeviceStatus,
    pub(crate) failure_kind: Option<String>,
    pub(crate) message: String,
    pub(crate) attempt: i32,
    /// Attempts of runs of the server before this one.
    pub(crate) attempts_before: i32,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) captures: Vec<CaptureEntry>,
    pub(crate) details: Option<serde_json::Value>,
    changed: bool,
}

impl DeviceLine {
    /// A device that has not begun.
    pub(crate) fn new(device_id: Uuid, device_name: String, address: String, platform: String) -> Self {
        Self {
            device_id,
            device_name,
            address,
            platform,
            status: DeviceStatus::Queued,
            failure_kind: None,
            message: String::new(),
            attempt: 0,
            attempts_before: 0,
            started_at: None,
            finished_at: None,
            duration_ms: None,
            captures: Vec::new(),
            details: None,
            changed: false,
        }
    }
}

/// How the last attempt at a device ended.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) attempt: i32,
    pub(crate) duration_ms: i64,
    /// What went wrong, with a sentence.
    pub(crate) failure: Option<(&'static str, String)>,
    pub(crate) cancelled: bool,
    pub(crate) platform: Option<String>,
    pub(crate) details: Option<serde_json::Value>,
    /// Types that came to nothing: never run, or of which no text was kept.
    pub(crate) rest: Vec<CaptureEntry>,
}

/// A running collection.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) id: Uuid,
    pub(crate) kind: CollectionKind,
    pub(crate) status: CollectionStatus,
    pub(crate) stage: CollectionStage,
    pub(crate) message: String,
    pub(crate) counts: Counts,
    pub(crate) captures_created: BTreeMap<String, u64>,
    pub(crate) commands_executed: i64,
    pub(crate) last_seq: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    pub(crate) execution_ms: Option<i64>,
    pub(crate) devices: Vec<DeviceLine>,
    pub(crate) loaded_to_db: Option<bool>,
    /// Captures that are loaded, and how many are to be.
    loading: Option<(usize, usize)>,
    progress_at: Option<i64>,
    /// Something happened since how far it is was told.
    progress_owed: bool,
    first_seq: i64,
    lines: Vec<u8>,
    changed_devices: Vec<u32>,
}

/// What a ledger has to write since it was last asked.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Numbers of the first and the last event, and their lines; none if nothing happened.
    pub(crate) events: Option<(i64, i64, Vec<u8>)>,
    /// Positions of the devices that changed.
    pub(crate) devices: Vec<u32>,
}

impl Ledger {
    /// A ledger over the devices of a collection, in the order of their positions.
    pub(crate) fn new(id: Uuid, kind: CollectionKind, last_seq: i64, devices: Vec<DeviceLine>) -> Self {
        let mut counts = Counts::default();
        let mut captures_created = BTreeMap::new();
        for device in &devices {
            *counts.of(device.status) += 1;
            for capture in device
                .captures
                .iter()
                .filter(|capture| capture.verdict == Verdict::Complete)
            {
                *captures_created.entry(capture.capture_type.clone()).or_default() += 1;
            }
        }
        counts.total = u32::try_from(devices.len()).unwrap_or(u32::MAX);
        Self {
            id,
            kind,
            status: CollectionStatus::Running,
            stage: CollectionStage::Collecting,
            message: String::new(),
            counts,
            captures_created,
            commands_executed: 0,
            last_seq,
            started_at: None,
            finished_at: None,
            execution_ms: None,
            devices,
            loaded_to_db: None,
            loading: None,
            progress_at: None,
            progress_owed: false,
            first_seq: last_seq + 1,
            lines: Vec::new(),
            changed_devices: Vec::new(),
        }
    }

    fn tell(&mut self, at: i64, happening: &Happening<'_>) {
        self.last_seq += 1;
        event::write(&mut self.lines, self.last_seq, at, self.id, happening);
    }

    fn change(&mut self, position: u32) -> Option<&mut DeviceLine> {
        let device = self.devices.get_mut(usize::try_from(position).ok()?)?;
        if !mem::replace(&mut device.changed, true) {
            self.changed_devices.push(position);
        }
        Some(device)
    }

    fn move_to(&mut self, position: u32, status: DeviceStatus) {
        let Some(device) = self.change(position) else { return };
        let before = mem::replace(&mut device.status, status);
        let from = self.counts.of(before);
        *from = from.saturating_sub(1);
        *self.counts.of(status) += 1;
    }

    /// A device that ran when the server ended waits again.
    pub(crate) fn requeued(&mut self, position: u32) {
        self.change(position);
    }

    /// The collection goes on, for the first time or after a restart.
    pub(crate) fn begin(&mut self, at: i64) {
        self.started_at.get_or_insert(at);
        self.progress(at, true);
    }

    /// A session to a device begins; `attempt` counts from 1 in this run of the server.
    pub(crate) fn device_started(&mut self, at: i64, position: u32, attempt: i32) {
        self.move_to(position, DeviceStatus::Running);
        let Some(device) = self.change(position) else { return };
        device.attempt = device.attempts_before + attempt;
        device.started_at = Some(at);
        let device = device.clone();
        let started = Happening::DeviceStarted {
            device_id: device.device_id,
            device_name: &device.device_name,
            ip_address: &device.address,
            attempt: device.attempt,
        };
        self.tell(at, &started);
    }

    /// A capture was made. At most one of each type of a device is told: what came before stays.
    pub(crate) fn capture_completed(&mut self, at: i64, position: u32, entry: CaptureEntry) {
        let Some(device) = self.change(position) else { return };
        if device
            .captures
            .iter()
            .any(|known| known.capture_type == entry.capture_type)
        {
            return;
        }
        device.captures.push(entry.clone());
        let (device_id, device_name) = (device.device_id, device.device_name.clone());
        if entry.verdict == Verdict::Complete {
            *self.captures_created.entry(entry.capture_type.clone()).or_default() += 1;
        }
        let completed = Happening::CaptureCompleted {
            device_id,
            device_name: &device_name,
            capture_id: entry.id.unwrap_or_default(),
            capture_type: &entry.capture_type,
            verdict: entry.verdict.as_str(),
            bytes: entry.bytes,
        };
        self.tell(at, &completed);
    }

    /// Where a device turned out to be of another platform than was known: its good texts.
    pub(crate) fn of_other_platform(&self, position: u32, platform: &str) -> Vec<(Uuid, String)> {
        let index = usize::try_from(position).ok();
        let device = index.and_then(|index| self.devices.get(index));
        let Some(device) = device.filter(|device| device.platform != platform) else {
            return Vec::new();
        };
        let complete = device.captures.iter().filter(|one| one.verdict == Verdict::Complete);
        complete
            .map(|one| (device.device_id, one.capture_type.clone()))
            .collect()
    }

    /// A device ended. Its status follows from all its captures, those of earlier runs of the server too.
    pub(crate) fn device_completed(&mut self, at: i64, position: u32, ending: Ending) {
        let preflight = self.kind == CollectionKind::Preflight;
        let Some(device) = self.change(position) else { return };
        if device.finished_at.is_some() {
            return;
        }
        for entry in ending.rest {
            if !device
                .captures
                .iter()
                .any(|known| known.capture_type == entry.capture_type)
            {
                device.captures.push(entry);
            }
        }
        let complete = device
            .captures
            .iter()
            .filter(|one| one.verdict == Verdict::Complete)
            .count();
        let suspicious = device.captures.iter().find(|one| one.verdict == Verdict::Suspicious);
        let all = complete == device.captures.len() && (complete > 0 || preflight);
        let failure = ending
            .failure
            .or_else(|| suspicious.map(|one| ("output_suspicious", one.message.clone().unwrap_or_default())));
        let status = match () {
            () if all && failure.is_none() => DeviceStatus::Succeeded,
            // The captures of a device that was stopped at the very end are all there.
            () if all && !preflight => DeviceStatus::Succeeded,
            () if ending.cancelled => DeviceStatus::Cancelled,
            () if complete == 0 => DeviceStatus::Failed,
            () => DeviceStatus::PartiallySucceeded,
        };
        let (kind, message) = match (status, failure) {
            (DeviceStatus::Succeeded, _) if preflight => (None, "Everything answered".to_owned()),
            (DeviceStatus::Succeeded, _) if complete == 1 => (None, "1 capture".to_owned()),
            (DeviceStatus::Succeeded, _) => (None, format!("{complete} captures")),
            (_, Some((kind, message))) => (Some(kind.to_owned()), message),
            (_, None) => (Some("internal".to_owned()), "Nothing was collected".to_owned()),
        };
        device.failure_kind = kind;
        device.message = message;
        if ending.attempt > 0 {
            device.attempt = device.attempts_before + ending.attempt;
        }
        device.finished_at = Some(at);
        device.duration_ms = Some(ending.duration_ms);
        if let Some(platform) = ending.platform {
            device.platform = platform;
        }
        device.details = ending.details;
        self.move_to(position, status);
        let Some(device) = self.change(position) else { return };
        let device = device.clone();
        let completed = Happening::DeviceCompleted {
            device_id: device.device_id,
            device_name: &device.device_name,
            success: device.status == DeviceStatus::Succeeded,
            message: &device.message,
            status: device.status.as_str(),
            failure_kind: device.failure_kind.as_deref(),
            duration_ms: ending.duration_ms,
        };
        self.tell(at, &completed);
    }

    /// A person asked to stop.
    pub(crate) fn cancelling(&mut self, at: i64) {
        if self.finished_at.is_none() {
            self.status = CollectionStatus::Cancelling;
            self.progress(at, true);
        }
    }

    /// What was captured is being loaded; so much of it is done.
    pub(crate) fn loading(&mut self, at: i64, done: usize, total: usize) {
        if self.finished_at.is_some() {
            return;
        }
        let begins = self.loading.replace((done, total)).is_none();
        self.stage = CollectionStage::Loading;
        self.progress(at, begins);
    }

    /// Everything that was captured completely and has a table, with the platform of its device.
    pub(crate) fn complete_captures(&self) -> Vec<Wish> {
        let of_device = |device: &DeviceLine| {
            let complete = device
                .captures
                .iter()
                .filter(|one| one.verdict == Verdict::Complete && Kind::of(&one.capture_type).is_some());
            let wish = |one: &CaptureEntry| {
                Some(Wish {
                    capture_id: one.id?,
                    platform: device.platform.clone(),
                })
            };
            complete.filter_map(wish).collect::<Vec<_>>()
        };
        self.devices.iter().flat_map(of_device).collect()
    }

    /// Tells how far it is, unless that was told a moment ago.
    pub(crate) fn progress(&mut self, at: i64, now: bool) {
        let due = self
            .progress_at
            .is_none_or(|before| at - before >= PROGRESS_EVERY_MS || at < before);
        if self.finished_at.is_some() {
            return;
        }
        self.progress_owed = !(due || now);
        if self.progress_owed {
            return;
        }
        self.progress_at = Some(at);
        let done = self.counts.done();
        let running = self.counts.running;
        self.message = match self.status {
            CollectionStatus::Cancelling => format!("Cancelling: {running} devices still run"),
            _ if self.loading.is_some() => {
                let (loaded, total) = self.loading.unwrap_or_default();
                format!("{loaded} of {total} captures loaded")
            }
            _ => format!("{done} of {} devices done, {running} running", self.counts.total),
        };
        let (counts, message) = (self.counts, self.message.clone());
        let progress = Happening::CollectionProgress {
            stage: self.stage.as_str(),
            progress: counts.progress(),
            message: &message,
            completed: done,
            total: counts.total,
            counts,
        };
        self.tell(at, &progress);
    }

    /// How long until it may tell how far it is, where it is further than was told.
    pub(crate) fn progress_due(&self, at: i64) -> Option<Duration> {
        let next = self.progress_at.map_or(at, |before| before + PROGRESS_EVERY_MS);
        // A clock that was set back makes nobody wait for longer than usual.
        let wait = (next - at).clamp(0, PROGRESS_EVERY_MS);
        let owed = self.progress_owed && self.finished_at.is_none();
        owed.then(|| Duration::from_millis(wait.unsigned_abs()))
    }

    /// Something is wrong with the collection as a whole, or was: it goes on when it can.
    pub(crate) fn trouble(&mut self, at: i64, error: &str) {
        if self.finished_at.is_none() {
            self.tell(at, &Happening::CollectionError { error });
        }
    }

    /// The last device has ended.
    pub(crate) fn finish(&mut self, at: i64, execution_ms: i64, loaded: Loaded) {
        if self.finished_at.is_some() {
            return;
        }
        self.loading = None;
        self.loaded_to_db = loaded.complete;
        let counts = self.counts;
        let cancelled = self.status == CollectionStatus::Cancelling;
        let collected =
            !self.captures_created.is_empty() || (self.kind == CollectionKind::Preflight && counts.succeeded > 0);
        self.status = match () {
            () if counts.succeeded == counts.total => CollectionStatus::Succeeded,
            () if cancelled => CollectionStatus::Cancelled,
            () if !collected => CollectionStatus::Failed,
            () => CollectionStatus::PartiallySucceeded,
        };
        self.stage = CollectionStage::Finished;
        self.progress(at, true);
        self.finished_at = Some(at);
        self.execution_ms = Some(execution_ms);
        let failed = counts.total - counts.succeeded;
        self.message = format!("Collection complete! {} succeeded, {failed} failed", counts.succeeded);
        if let Some(problem) = loaded.message {
            self.message = format!("{}. {problem}", self.message);
        }
        let (captures_created, devices) = (self.captures_created.clone(), mem::take(&mut self.devices));
        let bad = devices.iter().filter(|device| device.status != DeviceStatus::Succeeded);
        let failed_devices: Vec<FailedDevice<'_>> = bad
            .take(NAMED_FAILURES)
            .map(|device| FailedDevice {
                device_name: &device.device_name,
                failure_kind: device.failure_kind.as_deref(),
                message: &device.message,
            })
            .collect();
        let complete = Happening::CollectionComplete {
            success: self.status == CollectionStatus::Succeeded,
            status: self.status.as_str(),
            devices_succeeded: counts.succeeded,
            devices_failed: failed,
            captures_created: &captures_created,
            loaded_to_db: self.loaded_to_db,
            execution_time: seconds(execution_ms),
            failed_devices_truncated: usize::try_from(failed).unwrap_or(usize::MAX) > failed_devices.len(),
            failed_devices,
        };
        self.tell(at, &complete);
        self.devices = devices;
    }

    /// What is to be written since this was last called.
    pub(crate) fn take_written(&mut self) -> Written {
        let lines = mem::take(&mut self.lines);
        let events = (!lines.is_empty()).then_some((self.first_seq, self.last_seq, lines));
        self.first_seq = self.last_seq + 1;
        let devices = mem::take(&mut self.changed_devices);
        for position in &devices {
            if let Some(device) = usize::try_from(*position)
                .ok()
                .and_then(|index| self.devices.get_mut(index))
            {
                device.changed = false;
            }
        }
        Written { events, devices }
    }
}

/// Milliseconds as seconds.
#[must_use]
pub fn seconds(ms: i64) -> f64 {
    // Exact for 285,000 years.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let ms = ms as f64;
    ms / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_back_is_told_when_its_time_has_come_and_not_a_whole_pause_later() {
        let mut ledger = Ledger::new(Uuid::nil(), CollectionKind::Collection, 0, Vec::new());
        ledger.begin(1_000);
        assert_eq!(ledger.progress_due(1_000), None, "it was told just now");
        ledger.progress(1_100, false);
        assert_eq!(ledger.progress_due(1_100), Some(Duration::from_millis(150)));
        ledger.progress(1_200, false);
        assert_eq!(
            ledger.progress_due(1_200),
            Some(Duration::from_millis(50)),
            "more does not put it off"
        );
        assert_eq!(ledger.progress_due(1_900), Some(Duration::ZERO));
        assert_eq!(
            ledger.progress_due(5),
            Some(Duration::from_millis(250)),
            "the clock was set back"
        );
        ledger.progress(1_250, false);
        assert_eq!(ledger.progress_due(1_250), None);
    }
}
