//! Records: what the texts of captures say, as rows with the time in which they were true.

use std::collections::{BTreeSet, HashMap};

use entity::{capture, user::Role};
use parsers::{Masker, ParseError, Question, Records, canonical_interface, canonical_ip, canonical_prefix, question};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    captures::{self, read_text, store as texts},
    devices,
    error::{Error, Result},
    export,
    page::{Page, PageRequest},
};

mod load;
mod reader;
mod reparse;
pub(crate) mod rows;
mod store;
#[cfg(test)]
mod tests;

pub use entity::load::Model as LoadRow;
pub(crate) use load::{Loaded, Wish};
pub use parsers::{
    ArpEntry, Component, DeviceVersion, Interface, MacEntry, Neighbor, Parsed, Route, TemplateId, UnknownLine,
};
pub(crate) use reader::Reader;
pub use reparse::{Reparse, Reparsed};
pub(crate) use store::{at_address, forget_device};

/// Values that one filter takes.
const MOST_VALUES: usize = 100;
/// Rows that an export reads at once.
const CHUNK: u64 = 1_000;
/// Parts of an export that wait for a slow reader.
const WAITING: usize = 2;

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is a table, named as it is")]
pub enum Kind {
    ArpEntry,
    MacEntry,
    Neighbor,
    Interface,
    Route,
    Component,
    DeviceVersion,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ArpEntry,
        Self::MacEntry,
        Self::Neighbor,
        Self::Interface,
        Self::Route,
        Self::Component,
        Self::DeviceVersion,
    ];

    /// The capture type that fills it.
    #[must_use]
    pub fn capture_type(self) -> &'static str {
        match self {
            Self::ArpEntry => "arp",
            Self::MacEntry => "mac",
            Self::Neighbor => "lldp",
            Self::Interface => "interfaces",
            Self::Route => "routes",
            Self::Component => "inventory",
            Self::DeviceVersion => "version",
        }
    }

    /// The table that a capture type fills.
    #[must_use]
    pub fn of(capture_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.capture_type() == capture_type)
    }

    fn of_records(records: &Records) -> Option<Self> {
        Some(match records {
            Records::Arp(_) => Self::ArpEntry,
            Records::Mac(_) => Self::MacEntry,
            Records::Neighbor(_) => Self::Neighbor,
            Records::Interface(_) => Self::Interface,
            Records::Route(_) => Self::Route,
            Records::Version(_) => Self::DeviceVersion,
            Records::Component(_) => Self::Component,
            Records::Table(_) => return None,
        })
    }
}

/// A record that has a table of its own.
pub trait Table: Default + Serialize + DeserializeOwned + Send + 'static {
    /// The table.
    const KIND: Kind;
}

impl Table for ArpEntry {
    const KIND: Kind = Kind::ArpEntry;
}
impl Table for MacEntry {
    const KIND: Kind = Kind::MacEntry;
}
impl Table for Neighbor {
    const KIND: Kind = Kind::Neighbor;
}
impl Table for Interface {
    const KIND: Kind = Kind::Interface;
}
impl Table for Route {
    const KIND: Kind = Kind::Route;
}
impl Table for Component {
    const KIND: Kind = Kind::Component;
}
impl Table for DeviceVersion {
    const KIND: Kind = Kind::DeviceVersion;
}

/// Which rows are asked for; several values of one filter are alternatives. What a table does not have is not asked.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Names of devices, ignoring case.
    pub device: Vec<String>,
    /// Ids of devices.
    pub device_id: Vec<Uuid>,
    /// IP addresses. Of routes: those to networks that hold them.
    pub ip: Vec<String>,
    /// MAC addresses in any notation, or their first bytes.
    pub mac: Vec<String>,
    /// Networks. Of routes: to exactly this one; of others: addresses in it.
    pub prefix: Vec<String>,
    /// VLANs.
    pub vlan: Vec<String>,
    /// Interfaces, short or long.
    pub interface: Vec<String>,
    /// VRFs; `default` is the one without a name.
    pub vrf: Vec<String>,
    /// Who put a route there.
    pub protocol: Vec<String>,
    /// Names of neighbours or parts, models.
    pub name: Vec<String>,
    /// Serial numbers.
    pub serial: Vec<String>,
    /// Versions of system software.
    pub os_version: Vec<String>,
    /// What was true then; `None`: what is true now.
    pub as_of: Option<i64>,
}

/// A filter as the database is asked.
#[derive(Debug, Clone, Default)]
struct Wanted {
    devices: Option<Vec<Uuid>>,
    ip: Vec<(Vec<u8>, Vec<u8>)>,
    mac: Vec<(i64, i64)>,
    /// Interfaces that are known by their addresses.
    interfaces: Option<Vec<(Uuid, String, i64)>>,
    equal: Vec<(&'static str, Vec<Option<String>>)>,
    as_of: Option<i64>,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// The device that said it.
    pub device_id: Uuid,
    /// Its name today; empty when it was taken away.
    pub device_name: String,
    /// The capture that it was first read from.
    pub capture_id: Uuid,
    /// When it was captured for the first time.
    pub first_seen_at: i64,
    /// When it was captured for the last time.
    pub last_seen_at: i64,
    /// When it was found to be gone.
    pub closed_at: Option<i64>,
    /// What it says.
    pub record: T,
}

/// What a capture is read to.
#[derive(Debug, Clone)]
pub struct CaptureRecords {
    /// The capture.
    pub capture: capture::Model,
    /// What was read; `None` with the reason: no template reads it.
    pub parsed: std::result::Result<Parsed, String>,
    /// The records from `offset` on.
    pub records: Vec<Map<String, Value>>,
    /// Whether its records are in the tables now.
    pub loaded: bool,
    /// What the tables hold of its device and type, and what made it; `None`: nothing was ever loaded.
    pub load: Option<LoadRow>,
    /// What is to be seen about the last load of its device and type.
    pub message: Option<String>,
}

impl RecordFilter {
    /// Asks for devices by names, for addresses by ranges.
    async fn wanted(&self, service: &Service, kind: Kind) -> Result<Wanted> {
        let mut wanted = Wanted {
            as_of: self.as_of,
            ..Wanted::default()
        };
        let db = service.db().reader();
        if !self.device.is_empty() || !self.device_id.is_empty() {
            let mut ids = self.device_id.clone();
            if !self.device.is_empty() {
                let keys: Vec<String> = several("device", &self.device)?
                    .iter()
                    .map(|name| crate::inventory::name_key(name))
                    .collect();
                let named = devices::store::named(db, &keys).await?;
                let named: Vec<Uuid> = named.into_iter().map(|device| device.id).collect();
                match self.device_id.is_empty() {
                    true => ids = named,
                    false => ids.retain(|id| named.contains(id)),
                }
            }
            wanted.devices = Some(ids);
        }
        let mut ranges = Vec::new();
        for text in several("ip", &self.ip)? {
            let ip = canonical_ip(text)
                .and_then(|ip| rows::ip_key(&ip))
                .ok_or_else(|| Error::parameter("ip", "an IP address, as 10.0.0.1 or 2001:db8::1"))?;
            ranges.push((ip.clone(), ip));
        }
        let mut prefixes = Vec::new();
        for text in several("prefix", &self.prefix)? {
            let prefix = canonical_prefix(text, None)
                .ok_or_else(|| Error::parameter("prefix", "a network, as 10.0.0.0/24 or 2001:db8::/32"))?;
            prefixes.push(prefix);
        }
        if kind == Kind::Route {
            if !self.ip.is_empty() {
                let around = self.ip.iter().filter_map(|ip| canonical_ip(ip));
                let around = around.flat_map(|ip| rows::networks_around(&ip)).map(Some).collect();
                wanted.equal.push(("prefix", around));
            }
            if !prefixes.is_empty() {
                wanted.equal.push(("prefix", prefixes.into_iter().map(Some).collect()));
            }
        } else {
            ranges.extend(prefixes.iter().filter_map(|prefix| rows::ip_range(prefix)));
            match kind {
                Kind::Interface if !ranges.is_empty() => {
                    let found = store::interfaces_at(db, &ranges).await?;
                    if found.len() > store::INTERFACES {
                        let detail = format!("more than {} interfaces: ask for a smaller network", store::INTERFACES);
                        return Err(Error::parameter("prefix", detail));
                    }
                    wanted.interfaces = Some(found);
                }
                _ => wanted.ip = ranges,
            }
        }
        for text in several("mac", &self.mac)? {
            wanted.mac.push(mac(text)?);
        }
        let has = store::columns(kind);
        let mut equal = |column: &'static str, values: Vec<Option<String>>| {
            if !values.is_empty() && has.contains(&column) {
                wanted.equal.push((column, values));
            }
        };
        let exactly = |name: &str, values: &[String]| -> Result<Vec<Option<String>>> {
            Ok(several(name, values)?.iter().cloned().map(Some).collect())
        };
        let lower = |name: &str, values: &[String]| -> Result<Vec<Option<String>>> {
            Ok(several(name, values)?
                .iter()
                .map(|text| Some(text.to_lowercase()))
                .collect())
        };
        equal("interface", interface_names(several("interface", &self.interface)?));
        equal("vlan", exactly("vlan", &self.vlan)?);
        let mut vrfs = exactly("vrf", &self.vrf)?;
        if self.vrf.iter().any(|vrf| vrf == "default") {
            vrfs.push(None);
        }
        equal("vrf", vrfs);
        equal("protocol", lower("protocol", &self.protocol)?);
        equal("name", lower("name", &self.name)?);
        equal("serial", exactly("serial", &self.serial)?);
        equal("os_version", exactly("os_version", &self.os_version)?);
        Ok(wanted)
    }
}

/// The names by which ports may be kept, each once: two values are no order that an index has, also where they are the same.
fn interface_names(asked: &[String]) -> Vec<Option<String>> {
    let names = asked
        .iter()
        .flat_map(|text| [text.to_lowercase(), canonical_interface(text, None).to_lowercase()]);
    names.collect::<BTreeSet<_>>().into_iter().map(Some).collect()
}

fn several<'a>(name: &str, values: &'a [String]) -> Result<&'a [String]> {
    match values.len() > MOST_VALUES {
        true => Err(Error::parameter(name, format!("at most {MOST_VALUES} values"))),
        false => Ok(values),
    }
}

fn mac(text: &str) -> Result<(i64, i64)> {
    let range = match question(text) {
        Some(Question::Mac(mac)) => rows::mac_number(&mac).map(|mac| (mac, mac)),
        Some(Question::MacPrefix(beginning)) => rows::mac_range(&beginning),
        _ => None,
    };
    let detail = "a MAC address in any notation, or its first three bytes or more";
    range.ok_or_else(|| Error::parameter("mac", detail))
}

impl Service {
    /// A page of a table.
    ///
    /// # Errors
    /// What is wrong with the filter, a page token of another list.
    pub async fn record_list<T: Table>(
        &self,
        actor: &Actor,
        filter: &RecordFilter,
        page: &PageRequest,
    ) -> Result<Page<Row<T>>> {
        actor.needs(Role::Viewer)?;
        let wanted = filter.wanted(self, T::KIND).await?;
        let page = store::list(self.db().reader(), T::KIND, &wanted, page).await?;
        let items = self.record_rows(actor, page.items).await?;
        Ok(Page {
            items,
            next_page_token: page.next_page_token,
            total: page.total,
        })
    }

    /// A table as CSV, in parts. An error in the middle is the last part.
    ///
    /// # Errors
    /// What is wrong with the filter.
    pub async fn record_export<T: Table>(
        &self,
        actor: &Actor,
        filter: &RecordFilter,
    ) -> Result<mpsc::Receiver<Result<String>>> {
        actor.needs(Role::Viewer)?;
        let wanted = filter.wanted(self, T::KIND).await?;
        let (parts, read) = mpsc::channel(WAITING);
        let (service, actor) = (self.clone(), actor.clone());
        tokio::spawn(async move {
            if let Err(error) = service.export::<T>(&actor, &wanted, &parts).await {
                let _ = parts.send(Err(error)).await;
            }
        });
        Ok(read)
    }

    async fn export<T: Table>(
        &self,
        actor: &Actor,
        wanted: &Wanted,
        parts: &mpsc::Sender<Result<String>>,
    ) -> Result<()> {
        let columns = columns::<T>();
        let times = ["first_seen_at", "last_seen_at", "closed_at"];
        let header = std::iter::once("device_name".to_owned())
            .chain(columns.iter().cloned())
            .chain(times.map(str::to_owned));
        let mut table = vec![header.collect::<Vec<String>>()];
        let mut after = None;
        loop {
            let rows = store::next(self.db().reader(), T::KIND, wanted, after, CHUNK).await?;
            after = rows.last().map(store::Stored::behind);
            for row in self.record_rows::<T>(actor, rows).await? {
                let fields = serde_json::to_value(&row.record).unwrap_or_default();
                let cells = columns.iter().map(|name| cell(fields.get(name)));
                let time = |at: Option<i64>| at.map(|at| crate::time::shown(at).to_rfc3339()).unwrap_or_default();
                let times = [
                    time(Some(row.first_seen_at)),
                    time(Some(row.last_seen_at)),
                    time(row.closed_at),
                ];
                table.push(std::iter::once(row.device_name).chain(cells).chain(times).collect());
            }
            if !table.is_empty() && parts.send(Ok(export::csv(&table))).await.is_err() {
                // Nobody reads any more.
                return Ok(());
            }
            table.clear();
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What devices hear from their neighbours now, up to `limit` rows; of all devices where none are named.
    pub(crate) async fn heard_by(
        &self,
        actor: &Actor,
        devices: Option<&[Uuid]>,
        limit: usize,
    ) -> Result<Vec<Row<Neighbor>>> {
        /// Devices of one query.
        const AT_ONCE: usize = 500;
        let parts: Vec<Option<Vec<Uuid>>> = match devices {
            None => vec![None],
            Some(devices) => devices.chunks(AT_ONCE).map(|some| Some(some.to_vec())).collect(),
        };
        let mut found = Vec::new();
        for devices in parts {
            let wanted = Wanted {
                devices,
                ..Wanted::default()
            };
            let mut after = None;
            while found.len() < limit {
                let many = CHUNK.min((limit - found.len()) as u64);
                let rows = store::next(self.db().reader(), Kind::Neighbor, &wanted, after, many).await?;
                after = rows.last().map(store::Stored::behind);
                let is_end = (rows.len() as u64) < many;
                found.extend(self.record_rows(actor, rows).await?);
                if is_end {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Rows as somebody may see them: what people write into descriptions can hold a secret.
    async fn record_rows<T: Table>(&self, actor: &Actor, rows: Vec<store::Stored>) -> Result<Vec<Row<T>>> {
        let mask = match captures::must_mask(actor) {
            true => Some(self.rulebook().mask(&[], T::KIND.capture_type())?),
            false => None,
        };
        let mut devices: Vec<Uuid> = rows.iter().map(|row| row.device_id).collect();
        devices.sort_unstable();
        devices.dedup();
        let names = self.device_names(&devices).await?;
        let seen: HashMap<Uuid, Option<i64>> = store::seen(self.db().reader(), T::KIND, &devices)
            .await?
            .into_iter()
            .collect();
        rows.into_iter()
            .map(|row| {
                let last = row.last_seen_at.or_else(|| seen.get(&row.device_id).copied().flatten());
                let stored = match &mask {
                    Some(mask) => without_secrets(&row.record, &mask.masker),
                    None => row.record,
                };
                Ok(Row {
                    record: record(&stored)?,
                    device_name: names.get(&row.device_id).cloned().unwrap_or_default(),
                    device_id: row.device_id,
                    capture_id: row.capture_id,
                    first_seen_at: row.first_seen_at,
                    last_seen_at: last.unwrap_or(row.first_seen_at),
                    closed_at: row.closed_at,
                })
            })
            .collect()
    }

    /// What a capture says, read anew. For those who must not see secrets the text is read without them, so that no record
    /// and no line that was not understood has one.
    ///
    /// # Errors
    /// `not_found`, `no_text`.
    pub async fn capture_records(
        &self,
        actor: &Actor,
        id: Uuid,
        offset: usize,
        limit: usize,
    ) -> Result<CaptureRecords> {
        actor.needs(Role::Viewer)?;
        let capture = self.capture_view(actor, id).await?.row;
        let platform = self.platform_of(&capture).await?;
        let text_id = capture.text_id.ok_or_else(|| captures::no_text(id))?;
        let mut text = read_text(self.db(), self.shelf(), text_id).await?;
        if captures::must_mask(actor) {
            text = self.masked_text(&platform, &capture.capture_type, text).await?;
        }
        let source = load::source(&capture, platform);
        let read = self
            .reader()
            .read(source, text, move |parsed| {
                let rows = parsed.records.keyed().skip(offset).take(limit);
                let records: Vec<_> = rows.map(|row| row.fields).collect();
                (parsed, records)
            })
            .await?;
        let (parsed, records) = match read {
            Ok((parsed, records)) => (Ok(parsed), records),
            Err(error) => (Err(reason(&error)), Vec::new()),
        };
        let load = store::load(self.db().reader(), capture.device_id, &capture.capture_type).await?;
        let same = load.as_ref().and_then(|load| load.capture_id) == Some(id);
        Ok(CaptureRecords {
            capture,
            parsed,
            records,
            loaded: same,
            message: load
                .as_ref()
                .and_then(|load| load.message.clone().or_else(|| load.warning.clone())),
            load: load.filter(|load| load.at.is_some()),
        })
    }

    /// Reads a capture anew, and loads it if it is the last good one of its device and type.
    ///
    /// # Errors
    /// `not_found`, `no_text`, `forbidden`.
    pub async fn capture_reparse(&self, actor: &Actor, id: Uuid) -> Result<CaptureRecords> {
        actor.needs(Role::Operator)?;
        let view = self.capture_view(actor, id).await?;
        let capture = view.row;
        let text_id = capture.text_id.ok_or_else(|| captures::no_text(id))?;
        if let (Some(kind), capture::Verdict::Complete, true) =
            (Kind::of(&capture.capture_type), capture.verdict, view.current)
        {
            let source = load::source(&capture, self.platform_of(&capture).await?);
            let hashes = texts::hashes(self.db().reader(), &[text_id]).await?;
            if let (Some((templates, version)), Some(sha256)) = (self.reader().version(&source), hashes.get(&text_id)) {
                let task = load::Task {
                    kind,
                    text_id,
                    sha256: sha256.clone(),
                    source,
                    templates,
                    version,
                    capture: capture.clone(),
                };
                self.load_one(task).await;
            }
        }
        let summary = format!("Read {} of {} anew", capture.capture_type, capture.device_name);
        self.audit_now(actor, "capture.reparse", "capture", Some(id.to_string()), summary)
            .await?;
        self.capture_records(actor, id, 0, 0).await
    }

    /// The platform that a capture was made as.
    pub(crate) async fn platform_of(&self, capture: &capture::Model) -> Result<String> {
        let db = self.db().reader();
        match store::platform_then(db, capture.collection_id, capture.device_id).await? {
            Some(platform) => Ok(platform),
            // The collection is gone, and its captures of last good texts stay.
            None => Ok(self.device_platform(capture.device_id).await?.unwrap_or_default()),
        }
    }
}

/// Why a text cannot be read.
fn reason(error: &ParseError) -> String {
    match error {
        ParseError::NoTemplate { platform, command } => format!("No template reads {command:?} of {platform}"),
        other => other.to_string(),
    }
}

/// What people write freely, of all records.
const FREE_TEXT: [&str; 2] = ["description", "neighbor_port_description"];

fn without_secrets(stored: &str, masker: &Masker) -> String {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(stored) else {
        return stored.to_owned();
    };
    for name in FREE_TEXT {
        if let Some(Value::String(text)) = fields.get_mut(name) {
            *text = masker.mask(text).into_owned();
        }
    }
    Value::Object(fields).to_string()
}

/// A stored record; fields that were left out since they were empty are empty.
fn record<T: Table>(stored: &str) -> Result<T> {
    let broken = |error: serde_json::Error| Error::internal(format!("a record cannot be read: {error}"));
    let mut fields = match serde_json::to_value(T::default()).map_err(broken)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let stored: Map<String, Value> = serde_json::from_str(stored).map_err(broken)?;
    fields.extend(stored);
    serde_json::from_value(Value::Object(fields)).map_err(broken)
}

/// The fields of a record, in their order.
fn columns<T: Table>() -> Vec<String> {
    /// The names of an object, which a map would sort.
    struct Names(Vec<String>);
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Names;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<Names, A::Error> {
            let mut names = Vec::new();
            while let Some((name, serde::de::IgnoredAny)) = map.next_entry::<String, _>()? {
                names.push(name);
            }
            Ok(Names(names))
        }
    }
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
            from.deserialize_map(Visitor)
        }
    }
    let written = serde_json::to_string(&T::default());
    let names = written.and_then(|written| serde_json::from_str::<Names>(&written));
    names.map(|names| names.0).unwrap_or_default()
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| cell(Some(item))).collect();
            items.join(" ")
        }
        Some(Value::Object(fields)) if fields.is_empty() => String::new(),
        Some(other) => other.to_string(),
    }
}
