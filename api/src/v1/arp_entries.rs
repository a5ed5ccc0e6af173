//! ARP entries: ARP and neighbour tables, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// An entry of an ARP or neighbour table.
#[derive(Object)]
#[oai(rename = "ArpEntry", example)]
struct ArpEntryRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// VRF; absent in the default one.
    #[oai(skip_serializing_if_is_none)]
    vrf: Option<String>,
    /// IP address.
    address: String,
    /// MAC address.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// Interface, canonical.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
    /// Interface as printed.
    #[oai(skip_serializing_if_is_none)]
    interface_raw: Option<String>,
    /// Port behind a VLAN interface.
    #[oai(skip_serializing_if_is_none)]
    port: Option<String>,
    /// VLAN.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// Static, dynamic and the like.
    #[oai(skip_serializing_if_is_none)]
    state: Option<String>,
    /// How long ago it was learned, when it was first captured.
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

impl Example for ArpEntryRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            vrf: None,
            address: "10.20.30.40".to_owned(),
            mac: Some("00:1b:54:aa:bb:cc".to_owned()),
            interface: Some("Vlan30".to_owned()),
            interface_raw: Some("Vl30".to_owned()),
            port: None,
            vlan: None,
            state: Some("dynamic".to_owned()),
            age_seconds: Some(120),
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::ArpEntry>> for ArpEntryRow {
    fn from(row: Row<records::ArpEntry>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            vrf: record.vrf,
            address: record.address,
            mac: record.mac,
            interface: record.interface,
            interface_raw: record.interface_raw,
            port: record.port,
            vlan: record.vlan,
            state: record.state,
            age_seconds: record.age_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::ArpEntry",
    list: {
        /// List ARP entries
        ///
        /// What is there now, or was at a time: ARP and neighbour tables.
    } "/arp-entries" as arp_entry_list ("arp_entry_list"),
    csv: {
        /// Export ARP entries as CSV
    } "/arp-entries.csv" as arp_entry_csv ("arp_entry_csv"),
    record: records::ArpEntry => ArpEntryRow,
    filters: {
        /// IP addresses.
        ip,
        /// MAC addresses in any notation, or their first bytes.
        mac,
        /// Networks: addresses in them.
        prefix,
        /// VLANs.
        vlan,
        /// Interfaces, short or long, in any case.
        interface,
        /// VRFs; `default` is the one without a name.
        vrf,
    },
}
