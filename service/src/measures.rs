//! What whoever watches the server sees of its work: numbers at `/metrics`, and a line in the log where something begins,
//! ends or fails. Never a number for one device: there may be a hundred thousand of them.

use std::time::Duration;

use entity::{capture::Verdict, collection::CollectionKind, collection_device::DeviceStatus};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::{
    Service,
    actor::Actor,
    collections::{DeviceLine, Ledger, seconds},
};

/// Names of what is counted, where more than one place needs them.
const COLLECTED: &str = "showrun_devices_collected_total";
/// How long devices take, in seconds.
pub const DEVICE_DURATION: &str = "showrun_device_duration_seconds";
/// How many reports one transaction takes in.
pub const BATCH_ENTRIES: &str = "showrun_recorder_batch_entries";
const CAPTURES: &str = "showrun_captures_total";
const REFUSED: &str = "showrun_device_logins_refused_total";
const PAUSED: &str = "showrun_device_logins_paused_total";
const IDENTITIES_PAUSED: &str = "showrun_login_identities_paused";
const SESSIONS: &str = "showrun_ssh_sessions_active";
const QUEUED: &str = "showrun_collections_queued";
const RUNNING: &str = "showrun_collections_running";
const DEVICES_QUEUED: &str = "showrun_collection_devices_queued";
const DEVICES_RUNNING: &str = "showrun_collection_devices_running";
const FINISHED: &str = "showrun_collections_finished_total";
const COMMIT: &str = "showrun_recorder_commit_duration_seconds";
const COMMIT_FAILED: &str = "showrun_recorder_commit_failures_total";
const DISK: &str = "showrun_disk_free_bytes";

/// Tells the recorder of this process what the numbers mean. Called once, after it is there.
pub fn describe() {
    describe_counter!(
        COLLECTED,
        "Devices that a collection has ended with, by platform, outcome and failure kind"
    );
    describe_histogram!(
        DEVICE_DURATION,
        Unit::Seconds,
        "From the first attempt at a device of a collection to its end"
    );
    describe_counter!(CAPTURES, "Captures that were stored, by capture type and verdict");
    describe_counter!(REFUSED, "Devices that refused the login, preflights included");
    describe_counter!(
        PAUSED,
        "Devices that were not tried because logins with these credentials are paused, preflights included"
    );
    describe_gauge!(
        IDENTITIES_PAUSED,
        "Logins (user name and secret) that are paused until somebody releases them"
    );
    describe_gauge!(SESSIONS, "SSH sessions that are open or being opened");
    describe_gauge!(QUEUED, "Collections and preflights of which no device has begun yet");
    describe_gauge!(RUNNING, "Collections and preflights of which a device has begun");
    describe_gauge!(DEVICES_QUEUED, "Devices of unfinished collections that wait");
    describe_gauge!(
        DEVICES_RUNNING,
        "Devices of unfinished collections that are being worked on"
    );
    describe_counter!(FINISHED, "Collections that have ended, by status");
    describe_histogram!(COMMIT, Unit::Seconds, "One transaction of what collections report");
    describe_histogram!(BATCH_ENTRIES, "Reports that one transaction takes in");
    describe_counter!(
        COMMIT_FAILED,
        "Attempts to store what collections report that failed and were repeated"
    );
    describe_gauge!(DISK, Unit::Bytes, "Free space on the disk of the data directory");
}

impl Service {
    /// Brings the numbers up to date that are only looked at when somebody asks.
    pub fn measure(&self) {
        gauge!(SESSIONS).set(number(self.engine().runner.open_sessions()));
        gauge!(IDENTITIES_PAUSED).set(number(self.breaker().paused()));
    }
}

/// Somebody asked for a collection, and it is stored.
pub(crate) fn created(actor: &Actor, action: &str, row: &entity::collection::Model) {
    tracing::info!(
        collection_id = %row.id,
        request_id = actor.request_id,
        by = actor.name,
        action,
        devices = row.total,
        "a collection was created"
    );
}

/// A collection begins, or goes on after a restart.
pub(crate) fn begun(ledger: &Ledger) {
    tracing::info!(
        collection_id = %ledger.id,
        kind = kind(ledger),
        devices = ledger.counts.total,
        "the collection begins"
    );
}

/// A collection has ended.
pub(crate) fn finished(ledger: &Ledger) {
    let status = ledger.status.as_str();
    if ledger.kind == CollectionKind::Collection {
        counter!(FINISHED, "status" => status).increment(1);
    }
    tracing::info!(
        collection_id = %ledger.id,
        kind = kind(ledger),
        status,
        devices_succeeded = ledger.counts.succeeded,
        devices_failed = ledger.counts.total - ledger.counts.succeeded,
        execution_time_seconds = seconds(ledger.execution_ms.unwrap_or_default()),
        "the collection has ended"
    );
}

/// A device of a collection has ended.
pub(crate) fn device_ended(ledger: &Ledger, device: &DeviceLine) {
    let (outcome, failure_kind) = (device.status.as_str(), device.failure_kind.as_deref());
    if ledger.kind == CollectionKind::Collection {
        let labels = [
            ("platform", device.platform.clone()),
            ("outcome", outcome.to_owned()),
            ("failure_kind", failure_kind.unwrap_or("none").to_owned()),
        ];
        counter!(COLLECTED, &labels).increment(1);
        // Who got no session took no time.
        if device.started_at.is_some() {
            let took = seconds(device.duration_ms.unwrap_or_default());
            histogram!(DEVICE_DURATION, "platform" => device.platform.clone()).record(took);
        }
    }
    match failure_kind {
        Some("authentication_failed") => counter!(REFUSED).increment(1),
        Some("credential_paused") => counter!(PAUSED).increment(1),
        _ => {}
    }
    // The macro takes its level as a constant.
    macro_rules! tell {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                collection_id = %ledger.id,
                device_id = %device.device_id,
                device_name = device.device_name,
                status = outcome,
                failure_kind,
                attempt = device.attempt,
                duration_ms = device.duration_ms,
                reason = device.message,
                $message
            )
        };
    }
    match device.status {
        DeviceStatus::Succeeded => tell!(debug, "the device is done"),
        DeviceStatus::Cancelled => tell!(info, "the device was cancelled"),
        _ => tell!(warn, "the device failed"),
    }
}

/// A capture is stored.
pub(crate) fn captured(capture_type: &str, verdict: Verdict) {
    counter!(CAPTURES, "capture_type" => capture_type.to_owned(), "verdict" => verdict.as_str()).increment(1);
}

/// How far all unfinished collections are.
pub(crate) fn stand<'a>(ledgers: impl Iterator<Item = &'a Ledger>) {
    let (mut queued, mut running, mut devices_queued, mut devices_running) = (0_u32, 0_u32, 0_u32, 0_u32);
    for ledger in ledgers.filter(|ledger| ledger.finished_at.is_none()) {
        let counts = ledger.counts;
        *match counts.queued == counts.total {
            true => &mut queued,
            false => &mut running,
        } += 1;
        devices_queued = devices_queued.saturating_add(counts.queued);
        devices_running = devices_running.saturating_add(counts.running);
    }
    gauge!(QUEUED).set(f64::from(queued));
    gauge!(RUNNING).set(f64::from(running));
    gauge!(DEVICES_QUEUED).set(f64::from(devices_queued));
    gauge!(DEVICES_RUNNING).set(f64::from(devices_running));
}

/// So many reports go into one transaction.
pub(crate) fn batch(entries: usize) {
    histogram!(BATCH_ENTRIES).record(number(entries));
}

/// A transaction of reports went through, or not.
pub(crate) fn commit(took: Duration, stored: bool) {
    match stored {
        true => histogram!(COMMIT).record(took),
        false => counter!(COMMIT_FAILED).increment(1),
    }
}

/// So much of the disk is free.
pub(crate) fn disk(free_bytes: u64) {
    #[allow(clippy::cast_precision_loss, reason = "exact for eight petabytes")]
    let free = free_bytes as f64;
    gauge!(DISK).set(free);
}

fn kind(ledger: &Ledger) -> &'static str {
    match ledger.kind {
        CollectionKind::Collection => "collection",
        CollectionKind::Preflight => "preflight",
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
