//! What the fields of a device may hold, and a device made of them.

use entity::device;
use serde_json::json;
use uuid::Uuid;

use super::{AddressPolicy, filter::key};
use crate::{
    error::{Error, FieldProblem, Result},
    inventory::{DEFAULT_PORT, checks, name_key},
    time::now_ms,
};

/// The most labels of a device.
const MAX_TAGS: usize = 64;
/// The platform of a device that is found out when it is connected to.
pub(crate) const AUTO: &str = jobs::plan::AUTO;

/// The fields of a device that are given; the others stay as they are.
#[derive(Debug, Clone, Default)]
pub struct DeviceFields {
    /// Name, unique ignoring case.
    pub name: Option<String>,
    /// IP address or host name.
    pub address: Option<String>,
    /// TCP port of SSH.
    pub port: Option<u16>,
    /// Slug or alias of the platform, or `auto`.
    pub platform: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
    /// Where it stands.
    pub site: Option<String>,
    /// What it is for.
    pub role: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The version of its software.
    pub os_version: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// Whether it is collected.
    pub enabled: Option<bool>,
    /// What it is logged in with; `Some(None)`: what is for its site, its tags, or all.
    pub credential_id: Option<Option<Uuid>>,
    /// Whether old SSH algorithms are offered to it.
    pub legacy_algorithms: Option<bool>,
}

/// A device of which nothing is known.
pub(crate) fn blank() -> device::Model {
    let now = now_ms();
    device::Model {
        id: Uuid::now_v7(),
        name: String::new(),
        name_key: String::new(),
        address: String::new(),
        port: i32::from(DEFAULT_PORT),
        platform: AUTO.to_owned(),
        vendor: String::new(),
        site: String::new(),
        role: String::new(),
        model: String::new(),
        os_version: String::new(),
        serial: String::new(),
        tags: json!([]),
        enabled: true,
        credential_id: None,
        legacy_algorithms: false,
        last_collected_at: None,
        created_at: now,
        updated_at: now,
        vendor_key: String::new(),
        site_key: String::new(),
        role_key: String::new(),
        search: String::new(),
    }
}

/// The labels of a device.
#[must_use]
pub fn device_tags(device: &device::Model) -> Vec<String> {
    let tags = device.tags.as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// The labels as they are found by.
pub(crate) fn tag_keys(device: &device::Model) -> Vec<String> {
    let mut keys: Vec<String> = device_tags(device).iter().map(|tag| key(tag)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Fills the columns that others are found by. To be called after every change of a device.
pub(crate) fn index(device: &mut device::Model) {
    device.name_key = name_key(&device.name);
    device.vendor_key = key(&device.vendor);
    device.site_key = key(&device.site);
    device.role_key = key(&device.role);
    let tags = device_tags(device).join("\n");
    let texts = [
        device.name.as_str(),
        &device.address,
        &device.site,
        &device.role,
        &device.vendor,
        &device.model,
        &device.platform,
        &device.os_version,
        &device.serial,
        &tags,
    ];
    device.search = texts.join("\n").to_lowercase();
}

/// What decides on the fields besides themselves.
pub(crate) struct Rules<'a> {
    pub(crate) catalogue: &'a jobs::Catalogue,
    pub(crate) addresses: &'a AddressPolicy,
}

impl DeviceFields {
    /// Changes a device. Whether the credential is there, the database must say.
    pub(crate) fn apply(self, rules: &Rules<'_>, device: &mut device::Model) -> Result<()> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        let mut wrong = |pointer: &str, detail: String| {
            problems.push(FieldProblem {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        if let Some(name) = self.name {
            match checks::text(&name) {
                Ok(Some(name)) => device.name = name,
                Ok(None) => wrong("/name", "A device needs a name".to_owned()),
                Err(problem) => wrong("/name", problem),
            }
        }
        let port = self.port;
        if let Some(port) = port {
            match port {
                0 => wrong("/port", "Write a number from 1 to 65535".to_owned()),
                port => device.port = i32::from(port),
            }
        }
        if let Some(address) = self.address {
            match self::address(&address, port, rules) {
                Ok((address, behind)) => {
                    device.address = address;
                    device.port = behind.map_or(device.port, i32::from);
                }
                Err(problem) => wrong("/address", problem),
            }
        }
        if let Some(platform) = self.platform {
            match self::platform(&platform, rules.catalogue) {
                Some(platform) => device.platform = platform,
                None => wrong("/platform", no_platform(&platform)),
            }
        }
        let texts = [
            ("/vendor", self.vendor, &mut device.vendor),
            ("/site", self.site, &mut device.site),
            ("/role", self.role, &mut device.role),
            ("/model", self.model, &mut device.model),
            ("/os_version", self.os_version, &mut device.os_version),
            ("/serial", self.serial, &mut device.serial),
        ];
        for (pointer, given, field) in texts {
            match given.map(|text| checks::text(&text)) {
                Some(Ok(text)) => *field = text.unwrap_or_default(),
                Some(Err(problem)) => wrong(pointer, problem),
                None => {}
            }
        }
        if let Some(tags) = self.tags {
            match self::tags(&tags) {
                Ok(tags) => device.tags = json!(tags),
                Err((index, problem)) => wrong(&format!("/tags/{index}"), problem),
            }
        }
        device.enabled = self.enabled.unwrap_or(device.enabled);
        device.credential_id = self.credential_id.unwrap_or(device.credential_id);
        device.legacy_algorithms = self.legacy_algorithms.unwrap_or(device.legacy_algorithms);
        index(device);
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Error::fields(problems)),
        }
    }
}

/// The slug that a platform is known by, or `auto`.
pub(crate) fn platform(text: &str, catalogue: &jobs::Catalogue) -> Option<String> {
    let text = text.trim();
    match text.is_empty() || text.eq_ignore_ascii_case(AUTO) {
        true => Some(AUTO.to_owned()),
        false => catalogue.slug(text).map(str::to_owned),
    }
}

pub(crate) fn no_platform(text: &str) -> String {
    format!(
        "There is no platform {}; /api/v1/platforms lists them, and `auto` finds it out",
        checks::quoted(text)
    )
}

pub(crate) const FORBIDDEN: &str = "The settings of this server forbid connections to this address";

fn address(text: &str, port: Option<u16>, rules: &Rules<'_>) -> std::result::Result<(String, Option<u16>), String> {
    let host = checks::host(text)?;
    if host.user {
        return Err("Write it without a user: logins come from the credentials".to_owned());
    }
    if let (Some(port), Some(behind)) = (port, host.port)
        && port != behind
    {
        return Err(format!("Has the port {behind}, and `port` says {port}: leave one out"));
    }
    match rules.addresses.allows_text(&host.address) {
        true => Ok((host.address, host.port)),
        false => Err(FORBIDDEN.to_owned()),
    }
}

/// Labels, each once. Those characters that separate them in files are in none.
pub(crate) fn tags(given: &[String]) -> std::result::Result<Vec<String>, (usize, String)> {
    let mut tags: Vec<String> = Vec::new();
    for (index, tag) in given.iter().enumerate() {
        let problem = |problem: String| (index, problem);
        let Some(tag) = checks::text(tag).map_err(problem)? else {
            return Err(problem("A tag is not empty".to_owned()));
        };
        if tag.contains([',', ';', '|']) {
            return Err(problem(
                "A tag holds no comma, semicolon or |: they separate the tags in files".to_owned(),
            ));
        }
        if tags.len() == MAX_TAGS {
            return Err(problem(format!("A device has {MAX_TAGS} tags at most")));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}
