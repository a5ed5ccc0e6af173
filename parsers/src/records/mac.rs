//! `mac`: behind which port a MAC address is.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    record::{Record, RecordType},
};

/// An entry of a switch's MAC address table. An address with several ports is one entry for each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacEntry {
    /// The bridge, bridge domain or routing instance, where the device has several.
    pub domain: Option<String>,
    /// The VLAN: a number, or a name where the device prints that.
    pub vlan: Option<String>,
    /// The MAC address.
    pub mac: String,
    /// The port, canonical.
    pub interface: Option<String>,
    /// The port as printed.
    pub interface_raw: Option<String>,
    /// Dynamic, static and the like, in lower case.
    pub kind: Option<String>,
    /// How long ago it was seen.
    pub age_seconds: Option<u64>,
}

impl Record for MacEntry {
    const TYPE: RecordType = RecordType::Mac;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["mac"], &["vlan", "domain"], &["interface"]];
    // With the port: an address that moves leaves one record and begins another, which is its history of places.
    const KEY: &'static [&'static str] = &["domain", "vlan", "mac", "interface"];
    const VOLATILE: &'static [&'static str] = &["age_seconds", "interface_raw"];
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<MacEntry> {
    let mac = fields.mac("mac")?;
    let (interface, interface_raw) = fields.interface("interface");
    Some(MacEntry {
        domain: fields.text("domain"),
        vlan: fields.text("vlan"),
        mac,
        interface,
        interface_raw,
        kind: fields.text("kind").map(|kind| kind.to_lowercase()),
        age_seconds: fields.seconds("age"),
    })
}
