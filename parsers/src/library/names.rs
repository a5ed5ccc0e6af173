//! Names of interfaces: one spelling per platform for what devices print in several.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The spellings, by family of platforms.
#[derive(Debug, Default)]
pub(crate) struct InterfaceNames {
    /// Abbreviation in lower case → whole name, per platform.
    platforms: BTreeMap<String, BTreeMap<String, String>>,
    /// For a name of another device, whose platform nobody knows: only spellings that mean one thing everywhere.
    anywhere: BTreeMap<String, String>,
    digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    families: Vec<Family>,
    /// Whole name → its abbreviations, with the case they are written in.
    anywhere: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    platforms: Vec<String>,
    names: BTreeMap<String, Vec<String>>,
}

impl InterfaceNames {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let mut found = Self {
            digest: super::hash(&[text]),
            ..Self::default()
        };
        for family in file.families {
            let mut spellings = BTreeMap::new();
            for (name, short) in &family.names {
                for spelling in short.iter().chain([name]) {
                    spellings.insert(spelling.to_lowercase(), name.clone());
                }
            }
            for platform in family.platforms {
                found.platforms.entry(platform).or_default().extend(spellings.clone());
            }
        }
        for (name, short) in file.anywhere {
            found
                .anywhere
                .extend(short.into_iter().map(|spelling| (spelling, name.clone())));
        }
        Ok(found)
    }

    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// The canonical name. Without a platform only spellings are expanded that mean one thing everywhere, and only in
    /// front of a number with a slash: `eth0` and `po1` are names of their own elsewhere.
    pub(crate) fn canonical(&self, raw: &str, platform: Option<&str>) -> String {
        let raw = raw.trim();
        let digit = raw.find(|char: char| char.is_ascii_digit());
        let (word, number) = raw.split_at_checked(digit.unwrap_or(raw.len())).unwrap_or((raw, ""));
        let spelled = word.trim_end();
        let whole = match platform {
            Some(platform) => self
                .platforms
                .get(platform)
                .and_then(|names| names.get(&spelled.to_lowercase())),
            None if number.contains('/') => self.anywhere.get(spelled),
            None => None,
        };
        match whole {
            Some(whole) if !number.is_empty() => format!("{whole}{number}"),
            _ => raw.to_owned(),
        }
    }
}
