//! Which platform a session means, whose file has no key for it.

use super::super::InventoryDevice;

/// Platforms as `DeviceType` may name them besides `<vendor>_<system>`: short names that no role is called by.
const SHORT: [&str; 27] = [
    "ios",
    "iosxe",
    "ios_xe",
    "nxos",
    "nx_os",
    "iosxr",
    "ios_xr",
    "asa",
    "eos",
    "junos",
    "aoscx",
    "procurve",
    "comware",
    "panos",
    "fortinet",
    "fortios",
    "fortigate",
    "huawei",
    "vrp",
    "routeros",
    "ros",
    "sros",
    "timos",
    "os10",
    "linux",
    "vyos",
    "frr",
];

/// What the name of a platform begins with when it has two parts.
const VENDORS: [&str; 24] = [
    "alcatel",
    "arista",
    "aruba",
    "brocade",
    "checkpoint",
    "ciena",
    "cisco",
    "cumulus",
    "dell",
    "ericsson",
    "extreme",
    "f5",
    "fortinet",
    "hp",
    "hpe",
    "huawei",
    "juniper",
    "linux",
    "mikrotik",
    "nokia",
    "paloalto",
    "ruckus",
    "ubiquiti",
    "vyatta",
];

/// Whether a `DeviceType` is the name of a platform and not a role. Which platforms there are is not known here: a name
/// that looks like one is kept, and whoever knows the catalogue says whether it is there.
pub(crate) fn is_platform(device_type: &str) -> bool {
    let name = device_type.trim().to_lowercase().replace('-', "_");
    let vendor = name
        .split_once(['_', '.'])
        .filter(|(_, system)| !system.contains(char::is_whitespace));
    SHORT.contains(&name.as_str()) || name == "auto" || vendor.is_some_and(|(vendor, _)| VENDORS.contains(&vendor))
}

/// The platform that vendor, model and version speak for; `None` when they do not.
pub(crate) fn platform(device: &InventoryDevice) -> Option<&'static str> {
    let vendor = device.vendor.as_deref()?.to_uppercase();
    let model = device.model.as_deref().unwrap_or("").to_uppercase();
    let version = device.os_version.as_deref().unwrap_or("").to_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| model.contains(word) || version.contains(word));
    let is = |words: &[&str]| words.iter().any(|word| vendor.contains(word));
    if is(&["CISCO"]) {
        return Some(if says(&["NX-OS", "NXOS", "NEXUS", "N3K", "N5K", "N7K", "N9K"]) {
            "cisco_nxos"
        } else if says(&["XR", "ASR9", "NCS"]) {
            "cisco_xr"
        } else if says(&["ADAPTIVE SECURITY"]) || model.starts_with("ASA") {
            "cisco_asa"
        } else {
            "cisco_ios"
        });
    }
    let sure = [
        (&["ARISTA"][..], "arista_eos"),
        (&["JUNIPER"], "juniper_junos"),
        (&["PALO ALTO", "PALOALTO"], "paloalto_panos"),
        (&["FORTINET"], "fortinet"),
        (&["HUAWEI"], "huawei_vrp"),
        (&["MIKROTIK"], "mikrotik_routeros"),
        (&["VYOS"], "vyos"),
    ];
    if let Some((_, platform)) = sure.iter().find(|(words, _)| is(words)) {
        return Some(platform);
    }
    // These have several systems: without a word about which, detecting is better than guessing.
    let told = [
        (
            &["ARUBA", "HP", "HEWLETT"][..],
            &["AOS-CX", "ARUBAOS-CX", "CX "][..],
            "aruba_aoscx",
        ),
        (&["HP", "HEWLETT", "H3C"], &["COMWARE", "H3C"], "hp_comware"),
        (&["ARUBA", "HP", "HEWLETT"], &["PROCURVE"], "hp_procurve"),
        (&["NOKIA", "ALCATEL"], &["TIMOS", "7750", "7210", "7250"], "nokia_sros"),
        (&["DELL"], &["OS10"], "dell_os10"),
    ];
    told.iter()
        .find(|(vendors, words, _)| is(vendors) && says(words))
        .map(|(_, _, platform)| *platform)
}
