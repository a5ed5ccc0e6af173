//! Every capture type that has a template and no record of its own: rows with the columns of the template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    mapping::{Fields, Plan, column_text},
    record::{Record, RecordType},
};

/// A row with the columns of its template, their names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// Column → text; lists joined with `, `. Empty ones are left out.
    pub columns: BTreeMap<String, String>,
    /// The columns that say which row it is.
    pub key: Vec<String>,
    /// The columns that change by themselves.
    pub volatile: Vec<String>,
}

impl Record for TableRow {
    const TYPE: RecordType = RecordType::Table;
    const REQUIRED: &'static [&'static [&'static str]] = &[];
    const KEY: &'static [&'static str] = &[];
    const VOLATILE: &'static [&'static str] = &[];

    fn key_fields(&self) -> Vec<String> {
        self.key.clone()
    }

    fn volatile_fields(&self) -> Vec<String> {
        self.volatile.clone()
    }

    fn fields(&self) -> Map<String, Value> {
        let texts = self.columns.iter().filter(|(_, text)| !text.is_empty());
        texts
            .map(|(name, text)| (name.clone(), Value::String(text.clone())))
            .collect()
    }
}

pub(crate) fn read(fields: &Fields<'_>, plan: &Plan) -> Option<TableRow> {
    let mut columns = BTreeMap::new();
    for (name, value) in plan.columns.iter().zip(fields.row) {
        if let Some(text) = column_text(value).filter(|text| !text.trim().is_empty()) {
            columns.insert(name.clone(), text.trim().to_owned());
        }
    }
    let volatile = plan
        .volatile
        .iter()
        .filter(|name| plan.columns.contains(name))
        .cloned()
        .collect::<Vec<_>>();
    let mut key = plan
        .key
        .iter()
        .filter(|name| plan.columns.contains(name))
        .cloned()
        .collect::<Vec<_>>();
    if key.is_empty() {
        // Nothing says which columns name a row: then it is the whole row but what changes by itself.
        key = plan
            .columns
            .iter()
            .filter(|name| !volatile.contains(name))
            .cloned()
            .collect();
    }
    (!columns.is_empty()).then_some(TableRow { columns, key, volatile })
}
