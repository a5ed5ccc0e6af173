//! `lldp`: which device is at the other end of a link.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    normal::{canonical_interface, canonical_mac, is_ip},
    record::{Record, RecordType},
};

/// A neighbour as a device hears it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbor {
    /// Our end, canonical.
    pub local_interface: Option<String>,
    /// Our end as printed.
    pub local_interface_raw: Option<String>,
    /// The aggregate that our end is a link of, canonical, where the device prints it.
    pub parent_interface: Option<String>,
    /// What the neighbour calls itself.
    pub neighbor_name: Option<String>,
    /// Its end: the port id it sends; its port description where the id is an address or a bare number and the
    /// description is the name of an interface.
    pub neighbor_interface: Option<String>,
    /// The port id as printed.
    pub neighbor_port_id: Option<String>,
    /// The port description as printed.
    pub neighbor_port_description: Option<String>,
    /// The chassis id; a MAC address in canonical form.
    pub chassis_id: Option<String>,
    /// Addresses to manage it by.
    pub management_addresses: Vec<String>,
    /// What it says it is.
    pub description: Option<String>,
    /// What it can do, as printed.
    pub capabilities: Option<String>,
    /// The VLAN of the link, where it is sent.
    pub vlan: Option<String>,
    /// How long ago it was heard.
    pub age_seconds: Option<u64>,
}

impl Record for Neighbor {
    const TYPE: RecordType = RecordType::Neighbor;
    const REQUIRED: &'static [&'static [&'static str]] = &[
        &["local_interface"],
        &["neighbor_name", "chassis_id"],
        &["neighbor_interface"],
    ];
    const KEY: &'static [&'static str] = &["local_interface", "chassis_id", "neighbor_name", "neighbor_interface"];
    const VOLATILE: &'static [&'static str] = &["age_seconds", "local_interface_raw"];
}

/// `GigabitEthernet1/0/1`, `ge-0/0/0`, `Port-channel 10`, `eth0`: one word, perhaps two, and a number with its parts.
fn looks_like_an_interface(text: &str) -> bool {
    let word = text.trim_end_matches(|char: char| char.is_ascii_digit() || "/.:".contains(char));
    let letters = word.trim_end_matches([' ', '-']);
    word.len() < text.len()
        && letters.starts_with(|char: char| char.is_ascii_alphabetic())
        && letters.chars().all(|char| char.is_ascii_alphanumeric() || char == '-')
        && letters.matches('-').count() < 2
        && canonical_mac(text).is_none()
}

/// A port id that says nothing to a person: the address of the port or its number inside the device.
fn says_nothing(id: &str) -> bool {
    canonical_mac(id).is_some() || is_ip(id) || id.chars().all(|char| char.is_ascii_digit())
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<Neighbor> {
    let (local_interface, local_interface_raw) = fields.interface("local_interface");
    let id = fields.text("neighbor_port_id");
    let description = fields
        .text("neighbor_port_description")
        .filter(|text| Some(text) != id.as_ref());
    let end = match (&id, &description) {
        (Some(id), Some(description)) if says_nothing(id) && looks_like_an_interface(description) => Some(description),
        (Some(id), _) => Some(id),
        (None, description) => description.as_ref(),
    };
    let name = fields.text("neighbor_name");
    let chassis_id = fields.text("chassis_id").map(|id| canonical_mac(&id).unwrap_or(id));
    if local_interface.is_none() && name.is_none() && chassis_id.is_none() {
        return None;
    }
    Some(Neighbor {
        local_interface,
        local_interface_raw,
        parent_interface: fields.interface("parent_interface").0.filter(|name| name != "-"),
        neighbor_interface: end.map(|end| canonical_mac(end).unwrap_or_else(|| canonical_interface(end, None))),
        neighbor_name: name,
        neighbor_port_id: id,
        neighbor_port_description: description,
        chassis_id,
        management_addresses: fields.list("management_addresses"),
        description: fields.text("description"),
        capabilities: fields.text("capabilities"),
        vlan: fields.text("vlan"),
        age_seconds: fields.seconds("age"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_told_from_descriptions() {
        for text in [
            "GigabitEthernet1/0/1",
            "Gi1/0/1",
            "ge-0/0/0.0",
            "Port-channel 10",
            "eth0",
            "bond0",
            "Po10",
        ] {
            assert!(looks_like_an_interface(text), "{text}");
        }
        for text in [
            "Switch-Generic-A9",
            "uplink to core 1",
            "1/1/12",
            "",
            "aabb.ccdd.ee11",
            "server room",
        ] {
            assert!(!looks_like_an_interface(text), "{text}");
        }
        assert!(says_nothing("00 11 22 33 44 55") && says_nothing("7") && !says_nothing("1/1/12"));
    }
}
