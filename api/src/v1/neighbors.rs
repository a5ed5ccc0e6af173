//! Neighbors: what devices hear from the other ends of their links, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// What a device hears from the other end of a link.
#[derive(Object)]
#[oai(rename = "Neighbor", example)]
struct NeighborRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// Our end, canonical.
    #[oai(skip_serializing_if_is_none)]
    local_interface: Option<String>,
    /// Our end as printed.
    #[oai(skip_serializing_if_is_none)]
    local_interface_raw: Option<String>,
    /// The aggregate that our end is a link of, where the device prints it.
    #[oai(skip_serializing_if_is_none)]
    parent_interface: Option<String>,
    /// What the neighbour calls itself.
    #[oai(skip_serializing_if_is_none)]
    neighbor_name: Option<String>,
    /// Its end.
    #[oai(skip_serializing_if_is_none)]
    neighbor_interface: Option<String>,
    /// Its port id as printed.
    #[oai(skip_serializing_if_is_none)]
    neighbor_port_id: Option<String>,
    /// Its port description.
    #[oai(skip_serializing_if_is_none)]
    neighbor_port_description: Option<String>,
    /// Its chassis id.
    #[oai(skip_serializing_if_is_none)]
    chassis_id: Option<String>,
    /// Addresses to manage it by.
    management_addresses: Vec<String>,
    /// What it says it is.
    #[oai(skip_serializing_if_is_none)]
    description: Option<String>,
    /// What it can do.
    #[oai(skip_serializing_if_is_none)]
    capabilities: Option<String>,
    /// VLAN of the link.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// How long ago it was heard, when it was first captured.
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

impl Example for NeighborRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            local_interface: Some("GigabitEthernet1/0/48".to_owned()),
            local_interface_raw: Some("Gi1/0/48".to_owned()),
            parent_interface: None,
            neighbor_name: Some("ams-core-01".to_owned()),
            neighbor_interface: Some("Ethernet1/7".to_owned()),
            neighbor_port_id: Some("Eth1/7".to_owned()),
            neighbor_port_description: None,
            chassis_id: Some("00:1b:54:00:00:01".to_owned()),
            management_addresses: vec!["10.0.0.1".to_owned()],
            description: None,
            capabilities: Some("B, R".to_owned()),
            vlan: None,
            age_seconds: None,
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::Neighbor>> for NeighborRow {
    fn from(row: Row<records::Neighbor>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            local_interface: record.local_interface,
            local_interface_raw: record.local_interface_raw,
            parent_interface: record.parent_interface,
            neighbor_name: record.neighbor_name,
            neighbor_interface: record.neighbor_interface,
            neighbor_port_id: record.neighbor_port_id,
            neighbor_port_description: record.neighbor_port_description,
            chassis_id: record.chassis_id,
            management_addresses: record.management_addresses,
            description: record.description,
            capabilities: record.capabilities,
            vlan: record.vlan,
            age_seconds: record.age_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::Neighbor",
    list: {
        /// List neighbors
        ///
        /// What is there now, or was at a time: what devices hear from the other ends of their links.
    } "/neighbors" as neighbor_list ("neighbor_list"),
    csv: {
        /// Export neighbors as CSV
    } "/neighbors.csv" as neighbor_csv ("neighbor_csv"),
    record: records::Neighbor => NeighborRow,
    filters: {
        /// IP addresses.
        ip,
        /// MAC addresses in any notation, or their first bytes.
        mac,
        /// Networks: addresses in them.
        prefix,
        /// Interfaces, short or long, in any case.
        interface,
        /// Names.
        name,
    },
}
