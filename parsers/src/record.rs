//! What all records have in common: which fields are needed, which say what a record is about, and which change by
//! themselves and therefore never count as a change.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::records::{
    arp::ArpEntry, components::Component, interfaces::Interface, mac::MacEntry, neighbors::Neighbor, routes::Route,
    table::TableRow, versions::DeviceVersion,
};

/// The kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordType {
    /// [`ArpEntry`]
    Arp,
    /// [`MacEntry`]
    Mac,
    /// [`Neighbor`]
    Neighbor,
    /// [`Interface`]
    Interface,
    /// [`Route`]
    Route,
    /// [`DeviceVersion`]
    Version,
    /// [`Component`]
    Component,
    /// [`TableRow`]: every other capture type that has a template, its columns as the template names them.
    Table,
}

/// A record of one type. The lists name fields as they are serialised.
pub trait Record: Serialize {
    /// Which type it is.
    const TYPE: RecordType;
    /// What a record needs to be of use; of each group one field.
    const REQUIRED: &'static [&'static [&'static str]];
    /// What says which thing the record is about. Two captures are compared record by record along these.
    const KEY: &'static [&'static str];
    /// What changes by itself, or only repeats another field as it was printed: in the record, never in a comparison.
    const VOLATILE: &'static [&'static str];

    /// The key fields of this record; those of a plain table are known only at run time.
    fn key_fields(&self) -> Vec<String> {
        Self::KEY.iter().map(|&name| name.to_owned()).collect()
    }

    /// The fields of this record that never count as a change.
    fn volatile_fields(&self) -> Vec<String> {
        Self::VOLATILE.iter().map(|&name| name.to_owned()).collect()
    }

    /// The record's fields by name, empty ones left out.
    fn fields(&self) -> Map<String, Value> {
        let mut fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        fields.retain(|_, value| !is_empty(value));
        fields
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What a record is about: equal in two captures for the same thing. Made of the key fields, in their order, with a
/// character between them that no device prints.
pub fn identity<R: Record>(record: &R) -> String {
    identity_of(&record.key_fields(), &record.fields())
}

fn identity_of(keys: &[String], fields: &Map<String, Value>) -> String {
    keys.iter()
        .map(|key| text_of(fields.get(key)))
        .collect::<Vec<_>>()
        .join("\u{1f}")
}

/// What counts as a change of a record: its fields without those of the key and without the volatile ones.
pub fn comparable<R: Record>(record: &R) -> Map<String, Value> {
    comparable_of(&record.key_fields(), &record.volatile_fields(), record.fields())
}

fn comparable_of(keys: &[String], volatile: &[String], mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|name, _| !keys.contains(name) && !volatile.contains(name));
    fields
}

/// The required fields that a record lacks; of a group of alternatives the first is named.
pub fn missing<R: Record>(record: &R) -> Vec<&'static str> {
    let fields = record.fields();
    let lacks = |group: &&&[&'static str]| !group.iter().any(|name| fields.contains_key(*name));
    R::REQUIRED
        .iter()
        .filter(lacks)
        .filter_map(|group| group.first().copied())
        .collect()
}

/// A record ready to be compared with those of another capture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Keyed {
    /// [`identity`]; where a device prints several records for the same thing, the second has `#2` behind it and so on.
    pub identity: String,
    /// [`comparable`]
    pub comparable: Map<String, Value>,
    /// All fields, empty ones left out.
    pub fields: Map<String, Value>,
    /// [`missing`]
    pub missing: Vec<&'static str>,
}

/// A record with its identity; `seen` says how often each was there before.
fn with_identity<R: Record>(record: &R, seen: &mut HashMap<String, usize>) -> Keyed {
    let fields = record.fields();
    let keys = record.key_fields();
    let mut identity = identity_of(&keys, &fields);
    let times = seen.entry(identity.clone()).or_default();
    *times += 1;
    if *times > 1 {
        identity = format!("{identity}\u{1f}#{times}");
    }
    let lacks = |group: &&&[&'static str]| !group.iter().any(|name| fields.contains_key(*name));
    let missing = R::REQUIRED
        .iter()
        .filter(lacks)
        .filter_map(|group| group.first().copied())
        .collect();
    let comparable = comparable_of(&keys, &record.volatile_fields(), fields.clone());
    Keyed {
        identity,
        comparable,
        fields,
        missing,
    }
}

/// All records of a list, one after the other, each with its identity, which is unique in the list. What is made of a record
/// is many times its size, so nobody should hold that of all of them.
pub fn keyed<R: Record>(records: &[R]) -> impl Iterator<Item = Keyed> {
    let mut seen = HashMap::new();
    records.iter().map(move |record| with_identity(record, &mut seen))
}

/// The records of one capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "records")]
pub enum Records {
    /// `arp`
    Arp(Vec<ArpEntry>),
    /// `mac`
    Mac(Vec<MacEntry>),
    /// `lldp`
    Neighbor(Vec<Neighbor>),
    /// `interfaces`
    Interface(Vec<Interface>),
    /// `routes`
    Route(Vec<Route>),
    /// `version`
    Version(Vec<DeviceVersion>),
    /// `inventory`
    Component(Vec<Component>),
    /// Every other capture type.
    Table(Vec<TableRow>),
}

/// Does the same with the list of whatever type.
macro_rules! each {
    ($records:expr, $list:ident => $do:expr) => {
        match $records {
            Records::Arp($list) => $do,
            Records::Mac($list) => $do,
            Records::Neighbor($list) => $do,
            Records::Interface($list) => $do,
            Records::Route($list) => $do,
            Records::Version($list) => $do,
            Records::Component($list) => $do,
            Records::Table($list) => $do,
        }
    };
}

impl Records {
    /// An empty list of a type.
    #[must_use]
    pub fn empty(of: RecordType) -> Self {
        match of {
            RecordType::Arp => Self::Arp(Vec::new()),
            RecordType::Mac => Self::Mac(Vec::new()),
            RecordType::Neighbor => Self::Neighbor(Vec::new()),
            RecordType::Interface => Self::Interface(Vec::new()),
            RecordType::Route => Self::Route(Vec::new()),
            RecordType::Version => Self::Version(Vec::new()),
            RecordType::Component => Self::Component(Vec::new()),
            RecordType::Table => Self::Table(Vec::new()),
        }
    }

    /// Drops components that were there before. A template that keeps the card of every port in the port's row prints
    /// the card again with each of them.
    pub(crate) fn drop_repeated(&mut self) {
        if let Self::Component(list) = self {
            let mut seen = HashSet::new();
            list.retain(|component| seen.insert(component.clone()));
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them with their identities: [`keyed`], whatever their type.
    #[must_use]
    pub fn keyed(&self) -> Box<dyn Iterator<Item = Keyed> + '_> {
        each!(self, list => Box::new(keyed(list)))
    }

    /// The same, each record gone when the next one comes.
    #[must_use]
    pub fn into_keyed(self) -> Box<dyn Iterator<Item = Keyed>> {
        let mut seen = HashMap::new();
        each!(self, list => Box::new(list.into_iter().map(move |record| with_identity(&record, &mut seen))))
    }

    /// How many lack a required field.
    #[must_use]
    pub fn incomplete(&self) -> usize {
        each!(self, list => list.iter().filter(|record| !missing(*record).is_empty()).count())
    }
}
