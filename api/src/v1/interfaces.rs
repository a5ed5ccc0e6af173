//! Interfaces: ports and logical interfaces, now and then.

use std::collections::BTreeMap;

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// A port or logical interface.
#[derive(Object)]
#[oai(rename = "Interface", example)]
struct InterfaceRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// Name, canonical.
    name: String,
    /// Name as printed.
    name_raw: String,
    /// What a person wrote on it.
    #[oai(skip_serializing_if_is_none)]
    description: Option<String>,
    /// Whether it is switched on.
    #[oai(skip_serializing_if_is_none)]
    admin_up: Option<bool>,
    /// Whether its link is up.
    #[oai(skip_serializing_if_is_none)]
    link_up: Option<bool>,
    /// State of the link as printed.
    #[oai(skip_serializing_if_is_none)]
    link_status: Option<String>,
    /// State of the line protocol as printed.
    #[oai(skip_serializing_if_is_none)]
    protocol_status: Option<String>,
    /// Its MAC address.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// Its addresses with the length of their networks.
    addresses: Vec<String>,
    /// VRF.
    #[oai(skip_serializing_if_is_none)]
    vrf: Option<String>,
    /// VLAN of an access port, or `trunk` and the like.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// Bytes.
    #[oai(skip_serializing_if_is_none)]
    mtu: Option<u64>,
    /// Speed as printed.
    #[oai(skip_serializing_if_is_none)]
    speed: Option<String>,
    /// Bits a second.
    #[oai(skip_serializing_if_is_none)]
    speed_bps: Option<u64>,
    /// As printed.
    #[oai(skip_serializing_if_is_none)]
    duplex: Option<String>,
    /// Kind of interface.
    #[oai(skip_serializing_if_is_none)]
    kind: Option<String>,
    /// Optics or socket.
    #[oai(skip_serializing_if_is_none)]
    media: Option<String>,
    /// Zone of a firewall.
    #[oai(skip_serializing_if_is_none)]
    zone: Option<String>,
    /// Packets, errors and rates, when it was first captured.
    counters: BTreeMap<String, u64>,
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

impl Example for InterfaceRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            name: "GigabitEthernet1/0/7".to_owned(),
            name_raw: "Gi1/0/7".to_owned(),
            description: Some("printer room 3".to_owned()),
            admin_up: Some(true),
            link_up: Some(true),
            link_status: Some("up".to_owned()),
            protocol_status: Some("up".to_owned()),
            mac: None,
            addresses: vec!["10.20.30.1/24".to_owned()],
            vrf: None,
            vlan: None,
            mtu: Some(1500),
            speed: Some("1000Mb/s".to_owned()),
            speed_bps: Some(1_000_000_000),
            duplex: Some("full".to_owned()),
            kind: None,
            media: None,
            zone: None,
            counters: BTreeMap::new(),
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::Interface>> for InterfaceRow {
    fn from(row: Row<records::Interface>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            name: record.name,
            name_raw: record.name_raw,
            description: record.description,
            admin_up: record.admin_up,
            link_up: record.link_up,
            link_status: record.link_status,
            protocol_status: record.protocol_status,
            mac: record.mac,
            addresses: record.addresses,
            vrf: record.vrf,
            vlan: record.vlan,
            mtu: record.mtu,
            speed: record.speed,
            speed_bps: record.speed_bps,
            duplex: record.duplex,
            kind: record.kind,
            media: record.media,
            zone: record.zone,
            counters: record.counters,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::Interface",
    list: {
        /// List interfaces
        ///
        /// What is there now, or was at a time: ports and logical interfaces.
    } "/interfaces" as interface_list ("interface_list"),
    csv: {
        /// Export interfaces as CSV
    } "/interfaces.csv" as interface_csv ("interface_csv"),
    record: records::Interface => InterfaceRow,
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
