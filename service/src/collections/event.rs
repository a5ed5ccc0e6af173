//! The events of a collection as everybody sees them: in the database, in pages and over WebSockets the same objects.

use std::{collections::BTreeMap, io};

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Counts;
use crate::time::shown;

/// Failed devices that the last event names.
pub(crate) const NAMED_FAILURES: usize = 100;

/// What happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub(crate) enum Happening<'a> {
    CollectionProgress {
        stage: &'a str,
        progress: u32,
        message: &'a str,
        completed: u32,
        total: u32,
        counts: Counts,
    },
    DeviceStarted {
        device_id: Uuid,
        device_name: &'a str,
        ip_address: &'a str,
        attempt: i32,
    },
    CaptureCompleted {
        device_id: Uuid,
        device_name: &'a str,
        capture_id: Uuid,
        capture_type: &'a str,
        verdict: &'a str,
        bytes: u64,
    },
    DeviceCompleted {
        device_id: Uuid,
        device_name: &'a str,
        success: bool,
        message: &'a str,
        status: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        failure_kind: Option<&'a str>,
        duration_ms: i64,
    },
    CollectionError {
        error: &'a str,
    },
    CollectionComplete {
        success: bool,
        status: &'a str,
        devices_succeeded: u32,
        devices_failed: u32,
        captures_created: &'a BTreeMap<String, u64>,
        loaded_to_db: Option<bool>,
        execution_time: f64,
        failed_devices: Vec<FailedDevice<'a>>,
        failed_devices_truncated: bool,
    },
}

/// A device that did not succeed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FailedDevice<'a> {
    pub(crate) device_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_kind: Option<&'a str>,
    pub(crate) message: &'a str,
}

#[derive(Serialize)]
struct Envelope<'a> {
    seq: i64,
    at: String,
    collection_id: Uuid,
    #[serde(flatten)]
    happening: &'a Happening<'a>,
}

/// Writes an event as one line of JSON.
pub(crate) fn write(into: &mut Vec<u8>, seq: i64, at: i64, collection: Uuid, happening: &Happening<'_>) {
    let envelope = Envelope {
        seq,
        at: shown(at).to_rfc3339_opts(SecondsFormat::Millis, true),
        collection_id: collection,
        happening,
    };
    // Into memory, and of types that serialise: this cannot fail.
    let _ = serde_json::to_writer(&mut *into, &envelope);
    into.push(b'\n');
}

/// An event that was stored: its number and its JSON.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// The JSON object.
    pub json: String,
}

impl StoredEvent {
    /// The JSON as a value to put into an answer.
    #[must_use]
    pub fn value(&self) -> Option<Box<RawValue>> {
        RawValue::from_string(self.json.clone()).ok()
    }
}

/// Packs lines for the database.
///
/// # Errors
/// When there is no memory for it.
pub(crate) fn pack(lines: &[u8]) -> io::Result<Vec<u8>> {
    crate::captures::codec::pack(lines)
}

/// The events of a batch that come after a number.
///
/// # Errors
/// When what is stored is damaged.
pub(crate) fn unpack(packed: &[u8], first_seq: i64, after: i64) -> io::Result<Vec<StoredEvent>> {
    let lines = String::from_utf8(zstd::decode_all(packed)?).map_err(io::Error::other)?;
    let numbered = lines.lines().zip(first_seq..);
    Ok(numbered
        .filter(|(_, seq)| *seq > after)
        .map(|(line, seq)| StoredEvent {
            seq,
            json: line.to_owned(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_fields_of_the_contract_and_reads_back_from_its_batch() {
        let id = Uuid::now_v7();
        let mut lines = Vec::new();
        for (seq, attempt) in [(5, 1), (6, 2)] {
            let started = Happening::DeviceStarted {
                device_id: id,
                device_name: "r1\u{2028}\n<b>",
                ip_address: "10.0.0.1",
                attempt,
            };
            write(&mut lines, seq, 1_800_000_000_123, id, &started);
        }
        let events = unpack(&pack(&lines).unwrap(), 5, 5).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].seq, 6);
        let json: serde_json::Value = serde_json::from_str(&events[0].json).unwrap();
        assert_eq!(json["seq"], 6);
        assert_eq!(json["at"], "2027-01-15T08:00:00.123Z");
        assert_eq!(json["type"], "device_started");
        assert_eq!(json["data"]["attempt"], 2);
        assert_eq!(json["data"]["device_name"], "r1\u{2028}\n<b>");
    }
}
