//! `version`: what a device is and what runs on it.

use serde::{Deserialize, Serialize};

use crate::{
    mapping::Fields,
    normal::canonical_mac,
    record::{Record, RecordType},
};

/// What a device says about itself. A stack is one record, with the models and serial numbers of its members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceVersion {
    /// Its name.
    pub hostname: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
    /// The model of the first member.
    pub model: Option<String>,
    /// The models of all members, as often as printed.
    pub models: Vec<String>,
    /// The name of its system software.
    pub os: Option<String>,
    /// The version of its system software.
    pub os_version: Option<String>,
    /// The serial number of the first member.
    pub serial: Option<String>,
    /// The serial numbers of all members.
    pub serials: Vec<String>,
    /// The file it runs from.
    pub image: Option<String>,
    /// The version of its boot loader.
    pub boot_version: Option<String>,
    /// Its own MAC address.
    pub mac: Option<String>,
    /// Why it last started.
    pub reload_reason: Option<String>,
    /// How long it has run.
    pub uptime_seconds: Option<u64>,
}

impl Record for DeviceVersion {
    const TYPE: RecordType = RecordType::Version;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["os_version", "model"]];
    // One for each device: nothing is needed to tell it from another.
    const KEY: &'static [&'static str] = &[];
    const VOLATILE: &'static [&'static str] = &["uptime_seconds"];
}

pub(crate) fn read(fields: &Fields<'_>) -> Option<DeviceVersion> {
    let models = fields.list_of("model");
    let serials = fields.list_of("serial");
    let mut uptime = fields.seconds("uptime");
    if uptime.is_none() {
        let parts = [
            ("years", 365 * 86_400),
            ("weeks", 604_800),
            ("days", 86_400),
            ("hours", 3_600),
            ("minutes", 60),
        ];
        for (part, seconds) in parts {
            if let Some(number) = fields.number(&format!("uptime_{part}")) {
                uptime = Some(uptime.unwrap_or(0).saturating_add(number.saturating_mul(seconds)));
            }
        }
    }
    let found = DeviceVersion {
        hostname: fields.text("hostname"),
        vendor: fields.text("vendor"),
        model: models.first().cloned(),
        models,
        os: fields.text("os"),
        os_version: fields.text("os_version"),
        serial: serials.first().cloned(),
        serials,
        image: fields.text("image"),
        boot_version: fields.text("boot_version"),
        mac: fields.list("mac").iter().find_map(|mac| canonical_mac(mac)),
        reload_reason: fields.text("reload_reason"),
        uptime_seconds: uptime,
    };
    // The vendor alone is known from the platform, not from the text.
    let bare = DeviceVersion {
        vendor: found.vendor.clone(),
        os: found.os.clone(),
        ..DeviceVersion::default()
    };
    (found != bare).then_some(found)
}

/// A device is one record: what a second command, or a second member of a stack, adds goes into the first.
pub(crate) fn join(list: &mut Vec<DeviceVersion>, new: Option<DeviceVersion>) {
    let Some(new) = new else { return };
    let Some(first) = list.first_mut() else {
        list.push(new);
        return;
    };
    let fill = |known: &mut Option<String>, new: Option<String>| {
        if known.is_none() {
            *known = new;
        }
    };
    fill(&mut first.hostname, new.hostname);
    fill(&mut first.vendor, new.vendor);
    fill(&mut first.model, new.model);
    fill(&mut first.os, new.os);
    fill(&mut first.os_version, new.os_version);
    fill(&mut first.serial, new.serial);
    fill(&mut first.image, new.image);
    fill(&mut first.boot_version, new.boot_version);
    fill(&mut first.mac, new.mac);
    fill(&mut first.reload_reason, new.reload_reason);
    first.uptime_seconds = first.uptime_seconds.or(new.uptime_seconds);
    first.models.extend(new.models);
    for serial in new.serials {
        if !first.serials.contains(&serial) {
            first.serials.push(serial);
        }
    }
}
