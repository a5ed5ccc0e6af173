//! `inventory`: the parts of a device.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    record::{Record, RecordType},
};

/// A part: chassis, line card, power supply, fan, optics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Component {
    /// What the device calls it; its place where it has no name.
    pub name: Option<String>,
    /// The kind of part, where the device says so.
    pub kind: Option<String>,
    /// Where it is plugged in.
    pub slot: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What to order it by.
    pub part_number: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// The version or revision of the hardware.
    pub hardware_version: Option<String>,
    /// The version of the software on it.
    pub software_version: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
    /// Its MAC address.
    pub mac: Option<String>,
    /// What the device says about its condition.
    pub status: Option<String>,
}

impl Record for Component {
    const TYPE: RecordType = RecordType::Component;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["name", "part_number", "serial", "description"]];
    const KEY: &'static [&'static str] = &["kind", "slot", "name"];
    const VOLATILE: &'static [&'static str] = &[];
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<Component> {
    let unquoted = |field: &str| fields.text(field).map(|text| text.trim_matches('"').trim().to_owned());
    let found = Component {
        name: unquoted("name").filter(|name| !name.is_empty()),
        kind: fields.text("kind"),
        slot: fields.text("slot"),
        description: unquoted("description").filter(|text| !text.is_empty()),
        part_number: fields.text("part_number"),
        serial: fields.text("serial"),
        hardware_version: fields.text("hardware_version"),
        software_version: fields.text("software_version"),
        vendor: fields.text("vendor"),
        mac: fields.mac("mac"),
        status: fields.text("status"),
    };
    let bare = Component {
        kind: found.kind.clone(),
        ..Component::default()
    };
    (found != bare).then_some(found)
}
