//! Inventories as files. What is written here, the readers read back as it was.

use serde::Serialize;

use super::list::place;
use super::sessions::{guessed_platform, is_platform};
use super::table::is_formula;
use super::{InventoryDevice, checks};

/// The columns of our CSV.
const HEADER: [&str; 14] = [
    "name",
    "host",
    "port",
    "platform",
    "site",
    "role",
    "vendor",
    "model",
    "credential",
    "tags",
    "enabled",
    "os_version",
    "serial",
    "legacy_algorithms",
];

/// Writes a CSV with a header. A cell that a spreadsheet would take for a formula begins with a `'`, which
/// [`super::read_csv`] removes again.
#[must_use]
pub fn write_csv(devices: &[InventoryDevice]) -> String {
    let mut writer = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(Vec::new());
    let mut row = |cells: [&str; HEADER.len()]| {
        // Writing into memory, always the same number of cells: there is nothing that could fail.
        let _ = writer.write_record(cells.map(guarded).iter());
    };
    row(HEADER);
    for device in devices {
        row([
            &device.name,
            &device.address,
            &device.port.to_string(),
            text(&device.platform),
            text(&device.site),
            text(&device.role),
            text(&device.vendor),
            text(&device.model),
            text(&device.credential),
            &device.tags.join(";"),
            flag(device.enabled),
            text(&device.os_version),
            text(&device.serial),
            flag(device.legacy_algorithms),
        ]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A cell that no spreadsheet calculates.
fn guarded(cell: &str) -> String {
    if is_formula(cell) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("")
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Writes a list of hosts, one in a line. A list can hold no more than the address and the port: names are lost, and a
/// device that is not enabled is a comment.
#[must_use]
pub fn write_pasted_list(devices: &[InventoryDevice]) -> String {
    let mut out = String::new();
    for device in devices {
        // What is no address would be read as something else.
        if checks::host(&device.address).is_ok_and(|host| host.address == device.address) {
            let off = if device.enabled { "" } else { "# not enabled: " };
            out.push_str(&format!("{off}{}\n", place(&device.address, device.port)));
        }
    }
    out
}

#[derive(Serialize)]
struct Folder<'a> {
    folder_name: &'a str,
    sessions: Vec<Session<'a>>,
}

/// A session with the keys that all its readers know, and after them those that only ours does.
#[derive(Serialize)]
struct Session<'a> {
    display_name: &'a str,
    host: &'a str,
    port: String,
    credsid: &'a str,
    #[serde(rename = "DeviceType")]
    device_type: &'a str,
    #[serde(rename = "Vendor")]
    vendor: &'a str,
    #[serde(rename = "Model")]
    model: &'a str,
    #[serde(rename = "SerialNumber")]
    serial: &'a str,
    #[serde(rename = "SoftwareVersion")]
    os_version: &'a str,
    #[serde(rename = "Platform", skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(rename = "Role", skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(rename = "Tags", skip_serializing_if = "String::is_empty")]
    tags: String,
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    enabled: Option<&'static str>,
    #[serde(rename = "Credential", skip_serializing_if = "Option::is_none")]
    credential: Option<&'a str>,
    #[serde(rename = "LegacyAlgorithms", skip_serializing_if = "Option::is_none")]
    legacy_algorithms: Option<&'static str>,
}

/// Writes a `sessions.yaml`: the sites as folders, every value a string, as its other readers need it.
///
/// Those readers look for a login by the number in `credsid`. A device whose credential is named `slot-n` has `n` there,
/// any other the slot that upstream's exporters give its vendor; our own key `Credential` then holds the truth.
#[must_use]
pub fn write_sessions_yaml(devices: &[InventoryDevice]) -> String {
    let mut folders: Vec<Folder<'_>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for device in devices {
        let site = text(&device.site);
        let place = *places.entry(site).or_insert_with(|| {
            folders.push(Folder {
                folder_name: site,
                sessions: Vec::new(),
            });
            folders.len() - 1
        });
        if let Some(folder) = folders.get_mut(place) {
            folder.sessions.push(session(device));
        }
    }
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    // Strings in lists in structs: there is nothing that YAML could not hold.
    serde_saphyr::to_string_with_options(&folders, options).unwrap_or_default()
}

fn session(device: &InventoryDevice) -> Session<'_> {
    let slot = device
        .credential
        .as_deref()
        .and_then(|name| name.strip_prefix("slot-"))
        .filter(|slot| !slot.is_empty() && slot.bytes().all(|byte| byte.is_ascii_digit()));
    // What is read back without a word is not written down: a guess must not look like knowledge.
    let guess = guessed_platform(device);
    let is_guess = device.platform_guessed && device.platform.as_deref() == guess;
    let platform = device.platform.as_deref().filter(|name| !is_guess && is_platform(name));
    let role = device
        .role
        .as_deref()
        .filter(|role| !is_platform(role) && !role.eq_ignore_ascii_case("network"));
    let needs_platform = !is_guess && platform.is_none() && (device.platform.is_some() || guess.is_some());
    Session {
        display_name: &device.name,
        host: &device.address,
        port: device.port.to_string(),
        credsid: slot.unwrap_or_else(|| vendor_slot(text(&device.vendor))),
        device_type: platform.or(role).unwrap_or("Network"),
        vendor: text(&device.vendor),
        model: text(&device.model),
        serial: text(&device.serial),
        os_version: text(&device.os_version),
        platform: needs_platform.then(|| device.platform.as_deref().unwrap_or("auto")),
        role: device.role.as_deref().filter(|_| platform.is_some() || role.is_none()),
        tags: device.tags.join(";"),
        enabled: (!device.enabled).then_some("false"),
        credential: if slot.is_some() {
            None
        } else {
            Some(text(&device.credential))
        },
        legacy_algorithms: device.legacy_algorithms.then_some("true"),
    }
}

/// The slot that upstream's exporters give a vendor.
fn vendor_slot(vendor: &str) -> &'static str {
    let vendor = vendor.to_uppercase();
    let slots = [
        ("CISCO", "1"),
        ("ARISTA", "2"),
        ("JUNIPER", "3"),
        ("PALO ALTO", "4"),
        ("FORTINET", "5"),
        ("ARUBA", "6"),
        ("HP", "6"),
    ];
    slots
        .iter()
        .find(|(name, _)| vendor.contains(name))
        .map_or("1", |(_, slot)| slot)
}
