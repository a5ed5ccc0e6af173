//! The results of a collection as files.

use entity::{collection, collection_device};
use poem_openapi::{Object, types::Example};
use service::collections::CaptureEntry;

use super::view::{Collection, CollectionDevice};

/// Everything that came of a collection.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CollectionResults {
    /// The collection.
    collection: Collection,
    /// All its devices.
    devices: Vec<CollectionDevice>,
}

impl Example for CollectionResults {
    fn example() -> Self {
        Self {
            collection: Collection::example(),
            devices: vec![CollectionDevice::example()],
        }
    }
}

impl CollectionResults {
    pub(super) fn of(collection: collection::Model, devices: Vec<collection_device::Model>) -> Self {
        Self {
            collection: collection.into(),
            devices: devices.into_iter().map(Into::into).collect(),
        }
    }
}

/// One row for each device and capture type. Cells that a spreadsheet would take for a formula are defused.
pub(super) fn csv(rows: Vec<collection_device::Model>) -> String {
    let header = [
        "device_name",
        "ip_address",
        "platform",
        "site",
        "status",
        "failure_kind",
        "message",
        "attempt",
        "duration_ms",
        "capture_type",
        "verdict",
        "bytes",
        "lines",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for row in rows {
        let captures: Vec<CaptureEntry> = serde_json::from_value(row.captures).unwrap_or_default();
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let device = [
            row.device_name,
            row.address,
            row.platform,
            row.site,
            row.status.as_str().to_owned(),
            row.failure_kind.unwrap_or_default(),
            row.message,
            row.attempt.to_string(),
            number(row.duration_ms),
        ];
        let none = vec![[String::new(), String::new(), String::new(), String::new()]];
        let captures: Vec<[String; 4]> = captures
            .into_iter()
            .map(|one| {
                [
                    one.capture_type,
                    one.verdict.as_str().to_owned(),
                    one.bytes.to_string(),
                    one.lines.to_string(),
                ]
            })
            .collect();
        for capture in if captures.is_empty() { none } else { captures } {
            table.push(device.iter().cloned().chain(capture).collect());
        }
    }
    service::export::csv(&table)
}
