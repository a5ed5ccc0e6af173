//! `interfaces`: the ports and logical interfaces of a device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    normal::{interface_address, speed_bps},
    record::{Record, RecordType},
};

/// An interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name, canonical.
    pub name: String,
    /// Its name as printed.
    pub name_raw: String,
    /// What a person wrote on it.
    pub description: Option<String>,
    /// Whether it is switched on by configuration.
    pub admin_up: Option<bool>,
    /// Whether its link is up.
    pub link_up: Option<bool>,
    /// The state of the link as printed, in lower case.
    pub link_status: Option<String>,
    /// The state of the line protocol as printed, in lower case.
    pub protocol_status: Option<String>,
    /// Its MAC address.
    pub mac: Option<String>,
    /// Its addresses with the length of their networks.
    pub addresses: Vec<String>,
    /// The VRF it is in.
    pub vrf: Option<String>,
    /// The VLAN of an access port, or `trunk` and the like as printed.
    pub vlan: Option<String>,
    /// Bytes.
    pub mtu: Option<u64>,
    /// The speed as printed.
    pub speed: Option<String>,
    /// The speed in bits a second, where the text names one.
    pub speed_bps: Option<u64>,
    /// As printed, in lower case.
    pub duplex: Option<String>,
    /// What kind of interface it is, as printed.
    pub kind: Option<String>,
    /// The optics or the socket, as printed.
    pub media: Option<String>,
    /// The zone of a firewall it is in.
    pub zone: Option<String>,
    /// Packets, errors and rates, by what the template calls them.
    pub counters: BTreeMap<String, u64>,
}

impl Record for Interface {
    const TYPE: RecordType = RecordType::Interface;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["name"]];
    const KEY: &'static [&'static str] = &["name"];
    const VOLATILE: &'static [&'static str] = &["counters", "name_raw"];
}

fn is_up(status: &str) -> Option<bool> {
    let word = status.split([' ', '(', '/', ',']).next().unwrap_or(status);
    match word {
        "up" | "connected" | "yes" | "true" | "running" | "r" | "enabled" => Some(true),
        "down" | "notconnect" | "notconnec" | "disabled" | "inactive" | "administratively" | "admin" | "adm"
        | "err-disabled" | "no" | "false" | "absent" | "sfpabsent" | "xcvrabsent" | "linkdown" | "*down"
        | "notpresent" | "deleted" | "reset" | "u" | "noopermembers" | "suspended" => Some(false),
        _ => None,
    }
}

/// Whether the words of a status say that a person switched the interface off.
fn says_disabled(status: &str) -> bool {
    ["admin", "disabled", "adm down", "*down"]
        .iter()
        .any(|word| status.contains(word))
        && !["err-disabled", "errdisabled"].iter().any(|word| status.contains(word))
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<Interface> {
    let (Some(name), Some(name_raw)) = fields.interface("name") else {
        return None;
    };
    let lower = |field: &str| fields.text(field).map(|text| text.to_lowercase());
    let (link_status, protocol_status) = (lower("link_status"), lower("protocol_status"));
    let admin_up = match lower("admin_status") {
        Some(status) => is_up(&status),
        None => link_status
            .as_deref()
            .filter(|status| says_disabled(status))
            .map(|_| false)
            .or_else(|| {
                // A link that is up is also switched on; one that is down may be either.
                link_status.as_deref().and_then(is_up).filter(|up| *up)
            }),
    };
    let mut addresses = Vec::new();
    for (addresses_of, lengths_of) in [("addresses", "prefix_length"), ("addresses_6", "prefix_length_6")] {
        let lengths = fields.list_of(lengths_of);
        for (index, address) in fields.list(addresses_of).iter().enumerate() {
            let address = interface_address(address, lengths.get(index).map(String::as_str));
            let unspecified = |address: &String| matches!(address.split('/').next(), Some("0.0.0.0" | "::"));
            addresses.extend(address.filter(|address| !unspecified(address) && !addresses.contains(address)));
        }
    }
    let speed = fields.text("speed");
    Some(Interface {
        description: fields.text("description").filter(|text| *text != name_raw),
        name,
        name_raw,
        admin_up,
        link_up: link_status.as_deref().and_then(is_up),
        link_status,
        protocol_status,
        mac: fields.mac("mac"),
        addresses,
        vrf: fields.vrf("vrf"),
        vlan: fields.text("vlan"),
        mtu: fields.number("mtu"),
        speed_bps: speed.as_deref().and_then(speed_bps),
        speed,
        duplex: lower("duplex"),
        kind: fields.text("kind"),
        media: fields.text("media"),
        zone: fields.text("zone"),
        counters: fields.numbers_like("counter_"),
    })
}
