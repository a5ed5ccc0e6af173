//! How the columns of a template become the fields of a record: data, one file per capture type in `mappings/`.

mod fields;
mod plan;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use fields::Fields;
pub(crate) use plan::{Plan, RecordPlan, cell as column_text};

use crate::record::RecordType;

/// One file of `mappings/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingFile {
    pub(crate) capture_type: String,
    pub(crate) record: RecordType,
    /// A pattern that a template's name must match. An index answers a command with the template of a shorter command
    /// that begins alike (`show interfaces` for `show interfaces counters`); this refuses it.
    #[serde(default)]
    pub(crate) accept: Option<String>,
    /// Record field → where it comes from, whatever the template.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Sources>,
    /// Record fields whose columns are lists in parallel: one record for each item.
    #[serde(default)]
    pub(crate) explode: Vec<String>,
    /// Record field → text in lower case → text to use instead.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Where a template differs.
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, TemplateMapping>,
    /// Only of tables without a record type of their own: the columns that say which row it is.
    #[serde(default)]
    pub(crate) key: Vec<String>,
    /// Only of tables without a record type of their own: the columns that change by themselves.
    #[serde(default)]
    pub(crate) volatile: Vec<String>,
}

impl MappingFile {
    /// For a capture type without a file: a plain table.
    pub(crate) fn table(capture_type: &str) -> Self {
        Self {
            capture_type: capture_type.to_owned(),
            record: RecordType::Table,
            accept: None,
            fields: BTreeMap::new(),
            explode: Vec::new(),
            values: BTreeMap::new(),
            templates: BTreeMap::new(),
            key: Vec::new(),
            volatile: Vec::new(),
        }
    }
}

/// What differs for one template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateMapping {
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Sources>,
    #[serde(default)]
    pub(crate) explode: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Column → pattern: a row is no record when it matches.
    #[serde(default)]
    pub(crate) skip: BTreeMap<String, String>,
    /// Several records from one row, each from fields of its own on top of `fields`. One is made where at least one
    /// of its own columns has something in it.
    #[serde(default)]
    pub(crate) records: Vec<BTreeMap<String, Sources>>,
    /// The unit of ages that are bare numbers; seconds unless named.
    #[serde(default)]
    pub(crate) age_unit: Option<AgeUnit>,
}

/// The unit of an age that is a bare number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AgeUnit {
    #[default]
    Seconds,
    Minutes,
}

/// One source, or several of which the first with something in it is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Sources {
    // First: a struct can also be read from a list, so a list of two names would become a `Part`.
    Many(Vec<Source>),
    One(Source),
}

impl Sources {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        match self {
            Self::One(source) => std::slice::from_ref(source).iter(),
            Self::Many(sources) => sources.iter(),
        }
    }
}

/// Where a field comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Source {
    /// A column, by its name in lower case.
    Column(String),
    /// Part of a column.
    Part(Part),
    /// Several columns joined.
    Joined(Joined),
    /// Always the same.
    Constant(Constant),
}

/// Several columns, those with nothing in them left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Joined {
    pub(crate) join: Vec<String>,
    pub(crate) with: String,
}

/// Part of a column: what the pattern's first group matches. Nothing where it does not match.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) column: String,
    pub(crate) pattern: String,
    /// What to put in the place of the match; `$1` is its first group.
    #[serde(default)]
    pub(crate) becomes: Option<String>,
}

/// A text that is in no column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constant {
    pub(crate) constant: String,
}
