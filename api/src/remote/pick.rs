//! Choosing devices, collections and credentials on a server the way people name them.

use anyhow::Context;
use clap::Args;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::client::Client;
use crate::listing::text;

/// Names that are asked for at once, so that no address gets too long.
const NAMES: usize = 50;

/// Which devices are meant: several values of one filter are alternatives, different filters narrow each other.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters (each may be repeated; `*` stands for anything)")]
pub(crate) struct Filters {
    /// Only devices of this vendor
    #[arg(long, value_name = "VENDOR")]
    pub(crate) vendor: Vec<String>,
    /// Only devices of this platform
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Vec<String>,
    /// Only devices at this site
    #[arg(long, value_name = "SITE")]
    pub(crate) site: Vec<String>,
    /// Only devices with this role
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Vec<String>,
    /// Only devices with this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Only devices with this name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// Only devices that have all these words somewhere
    #[arg(long, value_name = "WORDS")]
    pub(crate) q: Option<String>,
}

impl Filters {
    fn fields(&self) -> [(&'static str, &[String]); 6] {
        [
            ("vendor", &self.vendor),
            ("platform", &self.platform),
            ("site", &self.site),
            ("role", &self.role),
            ("tag", &self.tag),
            ("name", &self.name),
        ]
    }

    /// Whether all devices pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.q.is_none() && self.fields().iter().all(|(_, values)| values.is_empty())
    }

    /// As parameters of a request.
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let values = self.fields().into_iter();
        let values = values.flat_map(|(field, values)| values.iter().map(move |value| (field, value.clone())));
        values.chain(self.q.iter().map(|words| ("q", words.clone()))).collect()
    }

    /// As a field of a request.
    pub(crate) fn json(&self) -> Value {
        let mut fields = Map::new();
        for (field, values) in self.fields() {
            if !values.is_empty() {
                fields.insert(field.to_owned(), values.to_vec().into());
            }
        }
        if let Some(words) = &self.q {
            fields.insert("q".to_owned(), words.clone().into());
        }
        Value::Object(fields)
    }
}

/// The device with this name or id.
///
/// # Errors
/// When there is none.
pub(crate) async fn device(client: &Client, wanted: &str) -> anyhow::Result<Value> {
    if let Ok(id) = wanted.parse::<Uuid>() {
        return Ok(client.get(&format!("/devices/{id}"), &[]).await?);
    }
    let rows = client.list("/devices", &[("name", wanted.to_owned())], None).await?;
    let key = wanted.to_lowercase();
    rows.into_iter()
        .find(|row| text(row, "name").to_lowercase() == key)
        .with_context(|| format!("There is no device '{wanted}'; `showrun devices list` shows them"))
}

/// Makes sure that every device that is named is there: one that is misspelt must not be left out in silence.
///
/// # Errors
/// Names those that are missing.
pub(crate) async fn all_there(client: &Client, names: &[String]) -> anyhow::Result<()> {
    let names: Vec<&String> = names.iter().filter(|name| !name.contains('*')).collect();
    let mut missing: Vec<&String> = Vec::new();
    for some in names.chunks(NAMES) {
        let query: Vec<_> = some.iter().map(|name| ("name", (*name).clone())).collect();
        let found = client.list("/devices", &query, None).await?;
        let found: Vec<String> = found.iter().map(|row| text(row, "name").to_lowercase()).collect();
        missing.extend(some.iter().filter(|name| !found.contains(&name.to_lowercase())));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let (some, more) = (missing.iter().take(10), missing.len().saturating_sub(10));
    let mut named = some.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    anyhow::bail!("The server has no device {named}; `showrun devices list` shows what it has")
}

/// The id of the credential with this name or id.
///
/// # Errors
/// When there is none.
pub(crate) async fn credential(client: &Client, wanted: &str) -> anyhow::Result<Uuid> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let rows = client.list("/credentials", &[], None).await?;
    let key = wanted.to_lowercase();
    let found = rows.iter().find(|row| text(row, "name").to_lowercase() == key);
    match found.and_then(|row| text(row, "id").parse().ok()) {
        Some(id) => Ok(id),
        None => {
            let names: Vec<String> = rows.iter().map(|row| text(row, "name")).collect();
            match names.is_empty() {
                true => anyhow::bail!("There is no credential '{wanted}'; the server has none at all"),
                false => anyhow::bail!("There is no credential '{wanted}'; there are {}", names.join(", ")),
            }
        }
    }
}

/// The id of a collection; `latest` is the newest one.
///
/// # Errors
/// When there is none.
pub(crate) async fn collection(client: &Client, wanted: &str) -> anyhow::Result<Uuid> {
    if wanted != "latest" {
        return wanted
            .parse()
            .ok()
            .with_context(|| format!("'{wanted}' is no id of a collection; `latest` is the newest one"));
    }
    let rows = client.list("/collections", &[], Some(1)).await?;
    let newest = rows.first().context("There is no collection yet")?;
    super::watch::id_of(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_the_same_in_a_request_and_in_its_address() {
        let filters = Filters {
            site: vec!["ams".to_owned(), "fra*".to_owned()],
            q: Some("core".to_owned()),
            ..Filters::default()
        };
        assert_eq!(
            filters.json(),
            serde_json::json!({"site": ["ams", "fra*"], "q": "core"})
        );
        let query = filters.query();
        assert_eq!(
            query,
            [
                ("site", "ams".to_owned()),
                ("site", "fra*".to_owned()),
                ("q", "core".to_owned())
            ]
        );
        assert!(Filters::default().is_empty() && !filters.is_empty());
    }
}
