//! Reading the fields of one record out of one row.

use std::collections::BTreeMap;

use textfsm_core::Value;

use super::{
    AgeUnit, RecordPlan,
    plan::{Ready, cell, item},
};
use crate::{
    library::InterfaceNames,
    normal::{canonical_mac, duration_with_unit},
};

/// The fields of one record, by the names that the mapping gives them.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) plan: &'a RecordPlan,
    pub(crate) row: &'a [Value],
    /// Which item of the lists that stand in parallel.
    pub(crate) at: usize,
    pub(crate) age_unit: AgeUnit,
    pub(crate) names: &'a InterfaceNames,
    pub(crate) platform: &'a str,
}

/// What devices print where there is nothing.
fn is_nothing(text: &str) -> bool {
    text.chars().all(|char| char == '-')
        || ["n/a", "na", "none", "unknown", "<none>", "<unknown>"]
            .iter()
            .any(|nothing| text.eq_ignore_ascii_case(nothing))
}

impl Fields<'_> {
    /// The first source with something in it, trimmed.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        let sources = self.plan.sources(field).iter();
        sources.filter_map(|source| self.read(field, source)).find_map(|text| {
            let text = text.trim();
            match self.plan.replaced(field, text) {
                Some("") => None,
                Some(other) => Some(other.to_owned()),
                None if is_nothing(text) => None,
                None => Some(text.to_owned()),
            }
        })
    }

    /// Whether the template has a column for the field at all.
    pub(crate) fn has(&self, field: &str) -> bool {
        !self.plan.sources(field).is_empty()
    }

    /// The same as the device prints it, whatever stands for it.
    pub(crate) fn printed(&self, field: &str) -> Option<String> {
        let texts = self
            .plan
            .sources(field)
            .iter()
            .filter_map(|source| self.read(field, source));
        texts.map(|text| text.trim().to_owned()).find(|text| !is_nothing(text))
    }

    fn read(&self, field: &str, source: &Ready) -> Option<String> {
        let value = |column: usize| match self.row.get(column)? {
            Value::List(items) if self.plan.explode.iter().any(|name| name == field) => items.get(self.at).map(item),
            value => cell(value),
        };
        match source {
            Ready::Constant(text) => Some(text.clone()),
            Ready::Column(column) => value(*column),
            Ready::Joined(columns, with) => {
                let texts = columns.iter().filter_map(|column| value(*column));
                let texts = texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
                Some(texts.collect::<Vec<_>>().join(with))
            }
            Ready::Part(column, pattern, becomes) => {
                let text = value(*column)?;
                let found = pattern.captures(&text)?;
                let Some(becomes) = becomes else {
                    return found
                        .get(1)
                        .or_else(|| found.get(0))
                        .map(|found| found.as_str().to_owned());
                };
                let mut made = String::new();
                found.expand(becomes, &mut made);
                Some(made)
            }
        }
    }

    /// Every item of every source, in order, each once. A text that lists several is cut at commas.
    pub(crate) fn list(&self, field: &str) -> Vec<String> {
        let mut found = Vec::<String>::new();
        let mut add = |text: &str| {
            let text = text.trim();
            if !text.is_empty() && !is_nothing(text) && !found.iter().any(|known| known == text) {
                found.push(text.to_owned());
            }
        };
        for source in self.plan.sources(field) {
            match source.column().and_then(|column| self.row.get(column)) {
                Some(Value::List(items)) if matches!(source, Ready::Column(_)) => {
                    items.iter().for_each(|one| add(&item(one)));
                }
                _ => {
                    let text = self.read(field, source).unwrap_or_default();
                    text.split(',').for_each(&mut add);
                }
            }
        }
        found
    }

    /// Every item of the first source that has some, as often as it stands there.
    pub(crate) fn list_of(&self, field: &str) -> Vec<String> {
        for source in self.plan.sources(field) {
            let items = match source.column().and_then(|column| self.row.get(column)) {
                Some(Value::List(items)) if matches!(source, Ready::Column(_)) => items.iter().map(item).collect(),
                _ => self.read(field, source).into_iter().collect::<Vec<_>>(),
            };
            let kept = items
                .iter()
                .map(|text| text.trim())
                .filter(|text| !text.is_empty() && !is_nothing(text));
            let found = kept.map(str::to_owned).collect::<Vec<_>>();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The numbers of all fields whose name begins so, under the rest of their names.
    pub(crate) fn numbers_like(&self, prefix: &str) -> BTreeMap<String, u64> {
        let named = self
            .plan
            .names()
            .filter_map(|name| Some((name, name.strip_prefix(prefix)?)));
        named
            .filter_map(|(name, short)| Some((short.to_owned(), self.number(name)?)))
            .collect()
    }

    /// A VRF; the default one, whatever it is called, is none.
    pub(crate) fn vrf(&self, field: &str) -> Option<String> {
        let name = self.text(field)?;
        let default = [
            "default", "global", "public", "_public_", "master", "inet.0", "inet6.0", "main", "base",
        ];
        (!default.iter().any(|default| name.eq_ignore_ascii_case(default))).then_some(name)
    }

    /// A MAC address as `aa:bb:cc:dd:ee:ff`; nothing where the text is none.
    pub(crate) fn mac(&self, field: &str) -> Option<String> {
        self.text(field).and_then(|text| canonical_mac(&text))
    }

    /// An interface of this device: its canonical name, and the name as printed.
    pub(crate) fn interface(&self, field: &str) -> (Option<String>, Option<String>) {
        let raw = self.text(field);
        (
            raw.as_deref().map(|raw| self.names.canonical(raw, Some(self.platform))),
            raw,
        )
    }

    /// A number; separators of thousands are allowed.
    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        let text = self.text(field)?;
        let digits = text.split_whitespace().next()?.replace([',', '\''], "");
        digits.parse().ok()
    }

    /// An age or an uptime in seconds.
    pub(crate) fn seconds(&self, field: &str) -> Option<u64> {
        let text = self.text(field)?;
        duration_with_unit(&text, if self.age_unit == AgeUnit::Minutes { 60 } else { 1 })
    }
}
