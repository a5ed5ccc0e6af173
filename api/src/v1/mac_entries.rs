//! MAC entries: MAC address tables, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// An entry of a MAC address table.
#[derive(Object)]
#[oai(rename = "MacEntry", example)]
struct MacEntryRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// Bridge or bridge domain.
    #[oai(skip_serializing_if_is_none)]
    domain: Option<String>,
    /// VLAN.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// MAC address.
    mac: String,
    /// Port, canonical.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
    /// Port as printed.
    #[oai(skip_serializing_if_is_none)]
    interface_raw: Option<String>,
    /// Dynamic, static and the like.
    #[oai(skip_serializing_if_is_none)]
    kind: Option<String>,
    /// How long ago it was seen, when it was first captured.
    #[oai(skip_serializing_if_is_none)]
    age_seconds: Option<u64>,
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

impl Example for MacEntryRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            domain: None,
            vlan: Some("30".to_owned()),
            mac: "00:1b:54:aa:bb:cc".to_owned(),
            interface: Some("GigabitEthernet1/0/7".to_owned()),
            interface_raw: Some("Gi1/0/7".to_owned()),
            kind: Some("dynamic".to_owned()),
            age_seconds: None,
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::MacEntry>> for MacEntryRow {
    fn from(row: Row<records::MacEntry>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            domain: record.domain,
            vlan: record.vlan,
            mac: record.mac,
            interface: record.interface,
            interface_raw: record.interface_raw,
            kind: record.kind,
            age_seconds: record.age_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::MacEntry",
    list: {
        /// List MAC entries
        ///
        /// What is there now, or was at a time: MAC address tables.
    } "/mac-entries" as mac_entry_list ("mac_entry_list"),
    csv: {
        /// Export MAC entries as CSV
    } "/mac-entries.csv" as mac_entry_csv ("mac_entry_csv"),
    record: records::MacEntry => MacEntryRow,
    filters: {
        /// MAC addresses in any notation, or their first bytes.
        mac,
        /// VLANs.
        vlan,
        /// Interfaces, short or long, in any case.
        interface,
        /// Bridge domains; `default` is the one without a name.
        vrf,
    },
}
