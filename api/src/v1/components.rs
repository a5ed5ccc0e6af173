//! Components: parts of devices, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// A part of a device: chassis, line card, power supply, fan, optics.
#[derive(Object)]
#[oai(rename = "Component", example)]
struct ComponentRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// What the device calls it.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// Kind of part.
    #[oai(skip_serializing_if_is_none)]
    kind: Option<String>,
    /// Where it is plugged in.
    #[oai(skip_serializing_if_is_none)]
    slot: Option<String>,
    /// What it is.
    #[oai(skip_serializing_if_is_none)]
    description: Option<String>,
    /// What to order it by.
    #[oai(skip_serializing_if_is_none)]
    part_number: Option<String>,
    /// Serial number.
    #[oai(skip_serializing_if_is_none)]
    serial: Option<String>,
    /// Version of the hardware.
    #[oai(skip_serializing_if_is_none)]
    hardware_version: Option<String>,
    /// Version of the software on it.
    #[oai(skip_serializing_if_is_none)]
    software_version: Option<String>,
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    vendor: Option<String>,
    /// MAC address.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// What the device says about its condition.
    #[oai(skip_serializing_if_is_none)]
    status: Option<String>,
    /// The capture that it was first read from.
    capture_id: Uuid,
    /// When it was captured for the first time.
    first_seen_at: Time,
    /// When it was captured for the last time.
    last_seen_at: Time,
    /// When it was found to be gone or changed; absent as long as it is there.
    #[oai(skip_serializing_if_is_none)]
    closed_at: Option<Time>,
}

impl Example for ComponentRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            name: Some("Chassis".to_owned()),
            kind: None,
            slot: None,
            description: Some("Catalyst 9300 48-port".to_owned()),
            part_number: Some("C9300-48P".to_owned()),
            serial: Some("FCW2233G0ZZ".to_owned()),
            hardware_version: Some("V02".to_owned()),
            software_version: None,
            vendor: None,
            mac: None,
            status: None,
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::Component>> for ComponentRow {
    fn from(row: Row<records::Component>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            name: record.name,
            kind: record.kind,
            slot: record.slot,
            description: record.description,
            part_number: record.part_number,
            serial: record.serial,
            hardware_version: record.hardware_version,
            software_version: record.software_version,
            vendor: record.vendor,
            mac: record.mac,
            status: record.status,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::Component",
    list: {
        /// List components
        ///
        /// What is there now, or was at a time: parts of devices.
    } "/components" as component_list ("component_list"),
    csv: {
        /// Export components as CSV
    } "/components.csv" as component_csv ("component_csv"),
    record: records::Component => ComponentRow,
    filters: {
        /// Names.
        name,
        /// Serial numbers.
        serial,
    },
}
