//! Routes: routing tables, now and then.

use poem_openapi::{Object, types::Example};
use service::records::{self, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id, record_lists::record_lists};
use crate::time::Time;

/// One way to one network.
#[derive(Object)]
#[oai(rename = "Route", example)]
struct RouteRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// VRF; absent in the default one.
    #[oai(skip_serializing_if_is_none)]
    vrf: Option<String>,
    /// Network.
    prefix: String,
    /// Who put it there.
    #[oai(skip_serializing_if_is_none)]
    protocol: Option<String>,
    /// The same as printed.
    #[oai(skip_serializing_if_is_none)]
    protocol_raw: Option<String>,
    /// Next hop; absent for a network that is connected.
    #[oai(skip_serializing_if_is_none)]
    next_hop: Option<String>,
    /// VRF of the next hop, where it is another one.
    #[oai(skip_serializing_if_is_none)]
    next_hop_vrf: Option<String>,
    /// Interface it leaves by, canonical.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
    /// Interface as printed.
    #[oai(skip_serializing_if_is_none)]
    interface_raw: Option<String>,
    /// Whether packets go this way; absent where the device does not say.
    #[oai(skip_serializing_if_is_none)]
    active: Option<bool>,
    /// Administrative distance or preference.
    #[oai(skip_serializing_if_is_none)]
    distance: Option<u64>,
    /// Metric or cost.
    #[oai(skip_serializing_if_is_none)]
    metric: Option<u64>,
    /// A tag of routing policies.
    #[oai(skip_serializing_if_is_none)]
    tag: Option<String>,
    /// How long it was there, when it was first captured.
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

impl Example for RouteRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            vrf: None,
            prefix: "10.20.0.0/16".to_owned(),
            protocol: Some("ospf".to_owned()),
            protocol_raw: Some("O".to_owned()),
            next_hop: Some("10.0.0.2".to_owned()),
            next_hop_vrf: None,
            interface: Some("Vlan10".to_owned()),
            interface_raw: None,
            active: None,
            distance: Some(110),
            metric: Some(20),
            tag: None,
            age_seconds: None,
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::Route>> for RouteRow {
    fn from(row: Row<records::Route>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            vrf: record.vrf,
            prefix: record.prefix,
            protocol: record.protocol,
            protocol_raw: record.protocol_raw,
            next_hop: record.next_hop,
            next_hop_vrf: record.next_hop_vrf,
            interface: record.interface,
            interface_raw: record.interface_raw,
            active: record.active,
            distance: record.distance,
            metric: record.metric,
            tag: record.tag,
            age_seconds: record.age_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

record_lists! {
    tag: "Tag::Route",
    list: {
        /// List routes
        ///
        /// What is there now, or was at a time: routing tables.
    } "/routes" as route_list ("route_list"),
    csv: {
        /// Export routes as CSV
    } "/routes.csv" as route_csv ("route_csv"),
    record: records::Route => RouteRow,
    filters: {
        /// IP addresses: ways to networks that hold them.
        ip,
        /// Networks: ways to exactly these.
        prefix,
        /// Interfaces, short or long, in any case.
        interface,
        /// VRFs; `default` is the one without a name.
        vrf,
        /// Who put it there: `ospf`, `static`, …
        protocol,
    },
}
