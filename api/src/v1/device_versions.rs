//! Device versions: models and software, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// What a device says about itself.
#[derive(Object)]
#[oai(rename = "DeviceVersion", example)]
struct DeviceVersionRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// Its name.
    #[oai(skip_serializing_if_is_none)]
    hostname: Option<String>,
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    vendor: Option<String>,
    /// Model of the first member.
    #[oai(skip_serializing_if_is_none)]
    model: Option<String>,
    /// Models of all members.
    models: Vec<String>,
    /// Name of the system software.
    #[oai(skip_serializing_if_is_none)]
    os: Option<String>,
    /// Version of the system software.
    #[oai(skip_serializing_if_is_none)]
    os_version: Option<String>,
    /// Serial number of the first member.
    #[oai(skip_serializing_if_is_none)]
    serial: Option<String>,
    /// Serial numbers of all members.
    serials: Vec<String>,
    /// File it runs from.
    #[oai(skip_serializing_if_is_none)]
    image: Option<String>,
    /// Version of the boot loader.
    #[oai(skip_serializing_if_is_none)]
    boot_version: Option<String>,
    /// Its own MAC address.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// Why it last started.
    #[oai(skip_serializing_if_is_none)]
    reload_reason: Option<String>,
    /// How long it had run, when it was first captured.
    #[oai(skip_serializing_if_is_none)]
    uptime_seconds: Option<u64>,
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

impl Example for DeviceVersionRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            hostname: Some("ams-sw-01".to_owned()),
            vendor: Some("Cisco".to_owned()),
            model: Some("C9300-48P".to_owned()),
            models: vec!["C9300-48P".to_owned()],
            os: Some("IOS-XE".to_owned()),
            os_version: Some("17.9.4a".to_owned()),
            serial: Some("FCW2233G0ZZ".to_owned()),
            serials: vec!["FCW2233G0ZZ".to_owned()],
            image: None,
            boot_version: None,
            mac: None,
            reload_reason: None,
            uptime_seconds: Some(86_400),
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::DeviceVersion>> for DeviceVersionRow {
    fn from(row: Row<records::DeviceVersion>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            hostname: record.hostname,
            vendor: record.vendor,
            model: record.model,
            models: record.models,
            os: record.os,
            os_version: record.os_version,
            serial: record.serial,
            serials: record.serials,
            image: record.image,
            boot_version: record.boot_version,
            mac: record.mac,
            reload_reason: record.reload_reason,
            uptime_seconds: record.uptime_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::DeviceVersion",
    list: {
        /// List device versions
        ///
        /// What is there now, or was at a time: models and software.
    } "/device-versions" as device_version_list ("device_version_list"),
    csv: {
        /// Export device versions as CSV
    } "/device-versions.csv" as device_version_csv ("device_version_csv"),
    record: records::DeviceVersion => DeviceVersionRow,
    filters: {
        /// Models.
        name,
        /// Serial numbers.
        serial,
        /// Versions of the system software.
        os_version,
    },
}
