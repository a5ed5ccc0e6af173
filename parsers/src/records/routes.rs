//! `routes`: which way a device sends packets.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    normal::{canonical_ip, canonical_prefix, canonical_protocol, is_ip},
    record::{Record, RecordType},
};

/// One way to one network. A network with several next hops is one record for each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// VRF, VPN instance or routing table; none in the default one.
    pub vrf: Option<String>,
    /// The network.
    pub prefix: String,
    /// Who put it there: `connected`, `local`, `static`, `bgp`, `ospf`, `isis`, …
    pub protocol: Option<String>,
    /// The same as printed.
    pub protocol_raw: Option<String>,
    /// The next hop; none for a network that is connected.
    pub next_hop: Option<String>,
    /// The VRF of the next hop, where it is another one.
    pub next_hop_vrf: Option<String>,
    /// The interface it leaves by, canonical.
    pub interface: Option<String>,
    /// The interface as printed.
    pub interface_raw: Option<String>,
    /// Whether packets go this way; none where the device prints only such routes, or does not say.
    pub active: Option<bool>,
    /// Administrative distance or preference.
    pub distance: Option<u64>,
    /// Metric or cost.
    pub metric: Option<u64>,
    /// A tag that routing policies use.
    pub tag: Option<String>,
    /// How long it has been there.
    pub age_seconds: Option<u64>,
}

impl Record for Route {
    const TYPE: RecordType = RecordType::Route;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["prefix"], &["protocol"], &["next_hop", "interface"]];
    const KEY: &'static [&'static str] = &["vrf", "prefix", "protocol", "next_hop", "interface"];
    const VOLATILE: &'static [&'static str] = &["age_seconds", "interface_raw"];
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<Route> {
    let prefix = canonical_prefix(&fields.text("prefix")?, fields.text("prefix_length").as_deref())?;
    let protocol = fields.text("protocol");
    let next_hop = fields.text("next_hop");
    let (mut interface, mut interface_raw) = fields.interface("interface");
    // Some devices print the interface where the next hop stands, for a network that is connected.
    if interface.is_none()
        && let Some(hop) = next_hop.as_ref().filter(|hop| !is_ip(hop))
    {
        interface = Some(fields.names.canonical(hop, Some(fields.platform)));
        interface_raw = Some(hop.clone());
    }
    let next_hop = next_hop
        .and_then(|hop| canonical_ip(&hop))
        .filter(|hop| !(hop == "0.0.0.0" || hop == "::"));
    Some(Route {
        vrf: fields.vrf("vrf"),
        prefix,
        protocol: protocol.as_deref().and_then(canonical_protocol),
        protocol_raw: fields.printed("protocol"),
        next_hop,
        next_hop_vrf: fields.text("next_hop_vrf"),
        interface,
        interface_raw,
        active: fields.has("active").then(|| fields.printed("active").is_some()),
        distance: fields.number("distance"),
        metric: fields.number("metric"),
        tag: fields.text("tag"),
        age_seconds: fields.seconds("age"),
    })
}
