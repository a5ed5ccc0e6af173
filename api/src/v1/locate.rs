//! Where something is.

use poem_openapi::{Enum, Object, OpenApi, param::Query, payload::Json, types::Example};
use service::locate::{self, SoughtKind, Source};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{auth::Auth, problem::Result, time::Time};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum LocationKind {
    /// A MAC address.
    Mac,
    /// The first bytes of MAC addresses.
    MacPrefix,
    /// An IP address.
    Ip,
    /// The name of a device or neighbour.
    Name,
}

/// What says that something is somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum SightingSource {
    /// Its MAC address is learned on this port.
    MacTable,
    /// The device has its address in its ARP table.
    Arp,
    /// It sends LLDP to this port.
    Neighbor,
    /// It is an interface of the device.
    Interface,
}

/// A place where something is or was.
#[derive(Object)]
#[oai(example)]
struct Sighting {
    /// The device that saw it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// The port; of an ARP table the interface.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
    /// VLAN.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// VRF, or the bridge domain of a MAC table; absent in the default one.
    #[oai(skip_serializing_if_is_none)]
    vrf: Option<String>,
    /// What says so.
    source: SightingSource,
    /// The MAC address that was seen.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// The IP address that was seen.
    #[oai(skip_serializing_if_is_none)]
    address: Option<String>,
    /// It is attached here: the port is not known to lead on to another switch or router.
    edge: bool,
    /// MAC addresses behind the port now, counted up to 1,000; of ports at the edge alone.
    #[oai(skip_serializing_if_is_none)]
    macs_on_port: Option<u32>,
    /// When it was captured there for the first time.
    first_seen_at: Time,
    /// When it was captured there for the last time.
    last_seen_at: Time,
    /// It was still there when the device was last asked.
    current: bool,
}

impl Example for Sighting {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            interface: Some("GigabitEthernet1/0/7".to_owned()),
            vlan: Some("30".to_owned()),
            vrf: None,
            source: SightingSource::MacTable,
            mac: Some("00:1b:54:aa:bb:cc".to_owned()),
            address: None,
            edge: true,
            macs_on_port: Some(1),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            current: true,
        }
    }
}

impl From<locate::Sighting> for Sighting {
    fn from(one: locate::Sighting) -> Self {
        Self {
            device_id: one.device_id,
            device_name: Some(one.device_name).filter(|name| !name.is_empty()),
            interface: one.interface,
            vlan: one.vlan,
            vrf: one.vrf,
            source: match one.source {
                Source::MacTable => SightingSource::MacTable,
                Source::Arp => SightingSource::Arp,
                Source::Neighbor => SightingSource::Neighbor,
                Source::Interface => SightingSource::Interface,
            },
            mac: one.mac,
            address: one.address,
            edge: one.edge,
            macs_on_port: one.macs_on_port,
            first_seen_at: Time(one.first_seen_at),
            last_seen_at: Time(one.last_seen_at),
            current: one.current,
        }
    }
}

/// A device that what is sought is, or is an address of.
#[derive(Object)]
#[oai(example)]
struct LocatedDevice {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
}

impl Example for LocatedDevice {
    fn example() -> Self {
        Self {
            id: example_id(),
            name: "ams-sw-01".to_owned(),
        }
    }
}

/// Where something is and was.
#[derive(Object)]
#[oai(example)]
struct Location {
    /// What was asked, in the spelling that records have.
    query: String,
    /// What that is.
    kind: LocationKind,
    /// The MAC address it has now, or had; absent where none is known.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// All MAC addresses it has or had, those of now first.
    macs: Vec<String>,
    /// The IP addresses it has or had, those of now first.
    addresses: Vec<String>,
    /// The devices that it is, or that it is an address of.
    devices: Vec<LocatedDevice>,
    /// Where it was seen, the most likely place first.
    sightings: Vec<Sighting>,
    /// There is more than is shown.
    truncated: bool,
}

impl Example for Location {
    fn example() -> Self {
        Self {
            query: "10.20.30.40".to_owned(),
            kind: LocationKind::Ip,
            mac: Some("00:1b:54:aa:bb:cc".to_owned()),
            macs: vec!["00:1b:54:aa:bb:cc".to_owned()],
            addresses: vec!["10.20.30.40".to_owned()],
            devices: Vec::new(),
            sightings: vec![Sighting::example()],
            truncated: false,
        }
    }
}

impl From<locate::Located> for Location {
    fn from(located: locate::Located) -> Self {
        let device = |(id, name)| LocatedDevice { id, name };
        Self {
            query: located.query,
            kind: match located.kind {
                SoughtKind::Mac => LocationKind::Mac,
                SoughtKind::MacPrefix => LocationKind::MacPrefix,
                SoughtKind::Ip => LocationKind::Ip,
                SoughtKind::Name => LocationKind::Name,
            },
            mac: located.macs.first().cloned(),
            macs: located.macs,
            addresses: located.addresses,
            devices: located.devices.into_iter().map(device).collect(),
            sightings: located.sightings.into_iter().map(Sighting::from).collect(),
            truncated: located.truncated,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Question")]
impl Api {
    /// Locate a MAC address, an IP address or a name
    ///
    /// Ports at which it is attached come before those that lead on to another switch, those with few MAC addresses
    /// before those with many, what is so now before what was.
    #[oai(path = "/locate", method = "get", operation_id = "location_view")]
    async fn location_view(
        &self,
        auth: Auth,
        /// A MAC address in any notation or its first bytes, an IP address, or the name of a device or neighbour.
        q: Query<String>,
    ) -> Result<Json<Location>> {
        let located = auth.service().locate(auth.actor(), &q.0).await?;
        Ok(Json(located.into()))
    }
}
