//! A mapping made ready for one template: names looked up, patterns compiled.

use std::collections::BTreeMap;

use regex::Regex;
use textfsm_core::Value;

use super::{AgeUnit, MappingFile, Source, Sources, TemplateMapping};

/// How the rows of one template become records of one capture type.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<String>,
    pub(crate) records: Vec<RecordPlan>,
    pub(crate) age_unit: AgeUnit,
    pub(crate) key: Vec<String>,
    pub(crate) volatile: Vec<String>,
    skip: Vec<(usize, Regex)>,
}

/// One record of a row.
#[derive(Debug)]
pub(crate) struct RecordPlan {
    fields: BTreeMap<String, Vec<Ready>>,
    values: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) explode: Vec<String>,
    /// The columns of which one must have something in it. Empty: always a record.
    present: Vec<usize>,
}

/// A source that is ready to be read.
#[derive(Debug)]
pub(crate) enum Ready {
    Column(usize),
    Part(usize, Regex, Option<String>),
    Joined(Vec<usize>, String),
    Constant(String),
}

impl Plan {
    /// Makes a mapping ready. Columns that the template does not have are left out: the mapping of a capture type names
    /// those of every template.
    ///
    /// # Errors
    /// A pattern that is none, with its text.
    pub(crate) fn new(mapping: &MappingFile, template: &str, columns: &[String]) -> Result<Self, String> {
        let none = TemplateMapping::default();
        let own = mapping.templates.get(template).unwrap_or(&none);
        let mut shared = mapping.fields.clone();
        shared.extend(own.fields.clone());
        let mut values = mapping.values.clone();
        for (field, texts) in &own.values {
            values.entry(field.clone()).or_default().extend(texts.clone());
        }
        let explode = own.explode.clone().unwrap_or_else(|| mapping.explode.clone());
        let place = |name: &str| columns.iter().position(|column| column == name);

        let mut records = Vec::new();
        let several = if own.records.is_empty() {
            vec![BTreeMap::new()]
        } else {
            own.records.clone()
        };
        for one in several {
            let present = one
                .values()
                .flat_map(Sources::iter)
                .filter_map(|source| match source {
                    Source::Column(name) => place(name),
                    Source::Part(part) => place(&part.column),
                    // The place of a part is known even where there is none.
                    Source::Joined(_) | Source::Constant(_) => None,
                })
                .collect();
            let mut fields = BTreeMap::new();
            for (field, sources) in shared.iter().filter(|(field, _)| !one.contains_key(*field)).chain(&one) {
                fields.insert(field.clone(), ready(sources, &place)?);
            }
            records.push(RecordPlan {
                fields,
                values: values.clone(),
                explode: explode.clone(),
                present,
            });
        }
        let mut skip = Vec::new();
        for (column, pattern) in &own.skip {
            if let Some(column) = place(column) {
                skip.push((column, compiled(pattern)?));
            }
        }
        Ok(Self {
            columns: columns.to_vec(),
            records,
            age_unit: own.age_unit.unwrap_or_default(),
            key: mapping.key.clone(),
            volatile: mapping.volatile.clone(),
            skip,
        })
    }

    /// Whether a row is no record.
    pub(crate) fn skips(&self, row: &[Value]) -> bool {
        self.skip.iter().any(|(column, pattern)| {
            let text = row.get(*column).map(|value| cell(value).unwrap_or_default());
            text.is_some_and(|text| pattern.is_match(&text))
        })
    }
}

impl RecordPlan {
    pub(crate) fn sources(&self, field: &str) -> &[Ready] {
        self.fields.get(field).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// What stands for a text, if something does.
    pub(crate) fn replaced(&self, field: &str, text: &str) -> Option<&str> {
        let texts = self.values.get(field)?;
        texts
            .get(text)
            .or_else(|| texts.get(&text.to_lowercase()))
            .map(String::as_str)
    }

    /// Whether the row has this record at all.
    pub(crate) fn is_in(&self, row: &[Value]) -> bool {
        let has = |column: &usize| {
            row.get(*column)
                .and_then(cell)
                .is_some_and(|text| !text.trim().is_empty())
        };
        self.present.is_empty() || self.present.iter().any(has)
    }

    /// How many records the row makes: the longest of the lists that stand in parallel, and one where there is none.
    pub(crate) fn count(&self, row: &[Value]) -> usize {
        let columns = self
            .explode
            .iter()
            .flat_map(|field| self.sources(field))
            .filter_map(Ready::column);
        let lengths = columns.map(|column| match row.get(column) {
            Some(Value::List(items)) => items.len(),
            _ => 1,
        });
        lengths.max().unwrap_or(1).max(1)
    }
}

impl Ready {
    pub(crate) fn column(&self) -> Option<usize> {
        match self {
            Self::Column(column) | Self::Part(column, ..) => Some(*column),
            Self::Joined(..) | Self::Constant(_) => None,
        }
    }
}

/// The text of a cell; a list's items joined.
pub(crate) fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Empty => None,
        Value::Single(text) => Some(text.clone()),
        Value::List(items) => Some(items.iter().map(item).collect::<Vec<_>>().join(", ")),
    }
}

/// The text of one item of a list.
pub(crate) fn item(item: &textfsm_core::ListItem) -> String {
    match item {
        textfsm_core::ListItem::String(text) => text.clone(),
        textfsm_core::ListItem::Dict(parts) => {
            let mut parts = parts.iter().collect::<Vec<_>>();
            parts.sort();
            parts
                .iter()
                .map(|(name, text)| format!("{name}={text}"))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("{pattern:?} is no pattern: {error}"))
}

fn ready(sources: &Sources, place: &impl Fn(&str) -> Option<usize>) -> Result<Vec<Ready>, String> {
    let mut found = Vec::new();
    for source in sources.iter() {
        match source {
            Source::Column(name) => found.extend(place(name).map(Ready::Column)),
            Source::Part(part) => {
                if let Some(column) = place(&part.column) {
                    found.push(Ready::Part(column, compiled(&part.pattern)?, part.becomes.clone()));
                }
            }
            Source::Joined(joined) => {
                let columns = joined.join.iter().filter_map(|name| place(name)).collect();
                found.push(Ready::Joined(columns, joined.with.clone()));
            }
            Source::Constant(constant) => found.push(Ready::Constant(constant.constant.clone())),
        }
    }
    Ok(found)
}
