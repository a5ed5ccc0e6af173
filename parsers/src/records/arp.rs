//! `arp`: which MAC address an IP address has.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    normal::canonical_ip,
    record::{Record, RecordType},
};

/// An entry of a device's ARP or neighbour table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArpEntry {
    /// VRF, VPN instance or routing instance; none in the default one.
    pub vrf: Option<String>,
    /// The IP address.
    pub address: String,
    /// The MAC address; none while the device is still asking for it.
    pub mac: Option<String>,
    /// The interface, canonical.
    pub interface: Option<String>,
    /// The interface as printed.
    pub interface_raw: Option<String>,
    /// The port behind a VLAN interface, where the device prints it.
    pub port: Option<String>,
    /// The VLAN, where the device prints it.
    pub vlan: Option<String>,
    /// Static, dynamic, reachable and the like, in lower case.
    pub state: Option<String>,
    /// How long ago it was learned or confirmed.
    pub age_seconds: Option<u64>,
}

impl Record for ArpEntry {
    const TYPE: RecordType = RecordType::Arp;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["address"], &["mac"], &["interface"]];
    const KEY: &'static [&'static str] = &["vrf", "address", "interface"];
    // Linux and its relatives move an entry between reachable, stale and delay all the time.
    const VOLATILE: &'static [&'static str] = &["age_seconds", "state", "interface_raw"];
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<ArpEntry> {
    let address = canonical_ip(&fields.text("address")?)?;
    let (interface, interface_raw) = fields.interface("interface");
    Some(ArpEntry {
        vrf: fields.vrf("vrf"),
        address,
        mac: fields.mac("mac"),
        interface,
        interface_raw,
        port: fields.interface("port").0,
        vlan: fields.text("vlan"),
        state: fields.text("state").map(|state| state.to_lowercase()),
        age_seconds: fields.seconds("age"),
    })
}
