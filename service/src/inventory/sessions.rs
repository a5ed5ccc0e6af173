//! The reader of `sessions.yaml`: a list of folders, each with sessions, as VelocityCMDB, TerminalTelemetry, UglyPTY and
//! nterm write it. Keys in any case; values are strings, though people write numbers.

mod guess;
mod node;

use std::borrow::Cow;
use std::collections::HashSet;

use super::checks::{self, quoted};
use super::collector::Collector;
use super::columns::{is_secret, normal, secret_warning};
use super::draft::Draft;
use super::{Inventory, MAX_YAML_BYTES, text};
pub(super) use guess::{is_platform, platform as guessed_platform};
use node::{Node, Spot};

/// The keys of a session, in the form of [`normal`], and what they hold. The first line is the format; the second is
/// what [`super::write_sessions_yaml`] adds for what the format has no key for.
const KEYS: [(&str, &[&str]); 15] = [
    ("name", &["displayname", "name"]),
    ("address", &["host", "hostname", "address", "ip"]),
    ("port", &["port"]),
    ("slot", &["credsid"]),
    ("device_type", &["devicetype"]),
    ("vendor", &["vendor"]),
    ("model", &["model"]),
    ("serial", &["serialnumber", "serial"]),
    ("os_version", &["softwareversion", "osversion"]),
    ("platform", &["platform"]),
    ("role", &["role"]),
    ("tags", &["tags"]),
    ("enabled", &["enabled"]),
    ("credential", &["credential"]),
    ("legacy_algorithms", &["legacyalgorithms"]),
];

/// Reads a `sessions.yaml` of up to 5 MiB. Aliases and nesting are limited, so that no small file grows large.
///
/// The folder's name is the site. `display_name` falls back to `host`; an entry without `host` is passed over with a
/// warning, as other readers do. A numeric `credsid` `n` is the credential `slot-n`. `DeviceType` is the platform where
/// it names one, otherwise the role (the general `Network` is neither); without one the platform is guessed from vendor,
/// model and version, which [`super::InventoryDevice::platform_guessed`] and a warning say.
#[must_use]
pub fn read_sessions_yaml(bytes: &[u8]) -> Inventory {
    let text = match text::open(bytes, MAX_YAML_BYTES, "a sessions.yaml") {
        Ok(text) => text,
        Err(inventory) => return inventory,
    };
    let mut reader = Reader {
        source: &text,
        told: HashSet::new(),
        into: Collector::default(),
    };
    match node::parse(&text) {
        Ok(documents) => documents.iter().for_each(|document| reader.document(document)),
        Err((line, problem)) => reader.into.problem(line, None, problem),
    }
    let guessed = reader.into.guessed();
    if guessed > 0 {
        let warning = format!(
            "The platform of {guessed} devices was guessed from their vendor, model and version. Check it before the first collection."
        );
        reader.into.warn(0, Some("platform"), warning);
    }
    reader.into.finish()
}

struct Reader<'a> {
    source: &'a str,
    /// Keys that a warning was given about: one is enough for a file.
    told: HashSet<String>,
    into: Collector,
}

impl Reader<'_> {
    fn document(&mut self, document: &Spot) {
        match &document.node {
            Node::Null => {}
            Node::List(folders) => folders.iter().for_each(|folder| self.folder(folder)),
            // A single folder without the list around it is common.
            Node::Map(_) => self.folder(document),
            _ => self.into.problem(
                document.line,
                None,
                "This is no sessions.yaml: it has a single value where the list of folders should be. Begin with - folder_name: …",
            ),
        }
    }

    fn folder(&mut self, folder: &Spot) {
        let entries = match &folder.node {
            Node::Null => return,
            Node::Map(entries) => entries,
            _ => {
                let problem = "This is not a folder. Write - folder_name: … and below it sessions: and their list.";
                return self.into.problem(folder.line, None, problem);
            }
        };
        let value = |wanted: &[&str]| {
            let is_wanted = |key: &Spot| {
                key.text(self.source)
                    .is_ok_and(|key| wanted.contains(&normal(&key).as_str()))
            };
            entries.iter().find(|(key, _)| is_wanted(key)).map(|(_, value)| value)
        };
        let (name, sessions) = (value(&["foldername", "folder"]), value(&["sessions"]));
        if sessions.is_none() && value(&["host"]).is_some() {
            // A session outside of any folder.
            return self.session(folder, None);
        }
        let mut site = None;
        if let Some(name) = name {
            match name.text(self.source).and_then(|name| checks::text(&name)) {
                Ok(name) => site = name,
                Err(problem) => {
                    let warning = format!("The folder's name cannot be a site, its devices have none: {problem}");
                    self.into.warn(name.line, Some("site"), warning);
                }
            }
        }
        match sessions.map(|sessions| (sessions, &sessions.node)) {
            None => self.into.warn(
                folder.line,
                None,
                "This folder has no key sessions and was passed over.",
            ),
            Some((_, Node::Null)) => {}
            Some((_, Node::List(list))) => {
                for session in list {
                    if self.into.is_full(session.line) {
                        return;
                    }
                    self.session(session, site.as_deref());
                }
            }
            Some((single, Node::Map(_))) => self.session(single, site.as_deref()),
            Some((other, _)) => {
                self.into.problem(
                    other.line,
                    None,
                    "The sessions of this folder are not a list. Write - host: … for each.",
                );
            }
        }
    }

    fn session(&mut self, session: &Spot, site: Option<&str>) {
        let row = session.line;
        let entries = match &session.node {
            Node::Null => return,
            Node::Map(entries) => entries,
            _ => {
                return self.into.problem(
                    row,
                    None,
                    "This is not a session. Write - host: … and its other keys below.",
                );
            }
        };
        let mut found: [Option<Cow<'_, str>>; KEYS.len()] = Default::default();
        let mut fits = true;
        for (key, value) in entries {
            let Ok(written) = key.text(self.source) else { continue };
            let key = normal(&written);
            let known = KEYS
                .iter()
                .zip(found.iter_mut())
                .find(|((_, names), _)| names.contains(&key.as_str()));
            let Some(((field, _), place)) = known else {
                self.warn_of_key(row, &written, &key);
                continue;
            };
            let text = if *field == "tags" {
                value.joined(self.source)
            } else {
                value.text(self.source)
            };
            let problem = match text {
                Ok(text) if place.is_none() => {
                    *place = Some(text);
                    continue;
                }
                Ok(_) => format!(
                    "The key {} stands twice, perhaps under two names. Remove one.",
                    quoted(&written)
                ),
                Err(problem) => problem,
            };
            fits = false;
            let field = match *field {
                "slot" => "credential",
                "device_type" => "platform",
                field => field,
            };
            self.into.problem(row, Some(field), problem);
        }
        if !fits {
            return;
        }
        let [
            name,
            address,
            port,
            slot,
            device_type,
            vendor,
            model,
            serial,
            os_version,
            platform,
            role,
            tags,
            enabled,
            credential,
            legacy_algorithms,
        ] = &found;
        let get = |text: &'_ Option<Cow<'_, str>>| text.as_deref().unwrap_or("").trim().to_owned();
        let address = get(address);
        if address.is_empty() {
            return self
                .into
                .warn(row, Some("address"), "This session has no host and was passed over.");
        }
        // Our own key says it all, also that there is none; the slot is what other tools need.
        let credential = credential
            .as_deref()
            .map_or_else(|| slot_name(&get(slot)), |credential| credential.trim().to_owned());
        let kind = get(device_type);
        let is_kind_platform = is_platform(&kind);
        let mut platform = get(platform);
        if platform.is_empty() && is_kind_platform {
            platform.clone_from(&kind);
        }
        let role = match role {
            Some(role) => role.trim().to_owned(),
            None if is_kind_platform || kind.eq_ignore_ascii_case("network") => String::new(),
            None => kind,
        };
        let draft = Draft {
            name: &get(name),
            address: &address,
            port: &get(port),
            platform: &platform,
            vendor: &get(vendor),
            site: site.unwrap_or(""),
            role: &role,
            model: &get(model),
            os_version: &get(os_version),
            serial: &get(serial),
            tags: &get(tags),
            enabled: &get(enabled),
            credential: &credential,
            legacy_algorithms: &get(legacy_algorithms),
        };
        if let Some(mut device) = draft.check(row, &mut self.into) {
            // `auto` asks to detect it, which is better than a guess.
            if platform.is_empty() {
                device.platform = guess::platform(&device).map(str::to_owned);
                device.platform_guessed = device.platform.is_some();
            }
            self.into.add(draft.place(row, &device), device);
        }
    }

    fn warn_of_key(&mut self, row: usize, written: &str, key: &str) {
        const MOST: usize = 100;
        if key.is_empty() || self.told.len() == MOST || !self.told.insert(key.to_owned()) {
            return;
        }
        let warning = if is_secret(key) {
            secret_warning("key", written)
        } else {
            format!(
                "The key {} is not known and not used; here it is met first.",
                quoted(written)
            )
        };
        self.into.warn(row, None, warning);
    }
}

/// What a slot of upstream's numbered credentials is called with us.
fn slot_name(slot: &str) -> String {
    match slot.bytes().all(|byte| byte.is_ascii_digit()) && !slot.is_empty() {
        true => format!("slot-{slot}"),
        false => slot.to_owned(),
    }
}
