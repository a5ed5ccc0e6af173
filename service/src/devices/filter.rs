//! Which devices are meant: the same filters for the list, for exports and for a collection.

use serde::{Deserialize, Serialize};

use crate::{
    Service,
    error::{Error, ErrorKind, FieldProblem, Result},
};

/// The most values of one filter.
const MAX_VALUES: usize = 500;
/// The most values of one filter that hold a `*`: each is a comparison of its own in the query.
const MAX_PATTERNS: usize = 50;
/// The most characters of a value.
const MAX_LENGTH: usize = 255;
/// The most `*` of a value; with many of them a comparison takes very long.
const MAX_STARS: usize = 5;

/// Which devices are asked for. Several values of one filter are alternatives, different filters narrow each other.
/// Upper and lower case are the same, `*` stands for any characters, and an empty value for no filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceFilter {
    /// Who made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vendor: Vec<String>,
    /// Slug or alias of the platform, or `auto`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platform: Vec<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub site: Vec<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role: Vec<String>,
    /// A label.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// Words that all stand somewhere in its name, address, site, role, vendor, model, version, serial number or tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Whether it is collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// The values of one filter, ready to be compared with a key column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    /// Equal to one of these.
    pub(super) equal: Vec<String>,
    /// Or like one of these; `\` escapes.
    pub(super) like: Vec<String>,
}

impl Values {
    pub(super) fn is_any(&self) -> bool {
        self.equal.is_empty() && self.like.is_empty()
    }
}

/// A filter as the queries need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(super) vendor: Values,
    pub(super) platform: Values,
    pub(super) site: Values,
    pub(super) role: Values,
    pub(super) tag: Values,
    pub(super) name: Values,
    pub(super) words: Vec<String>,
    pub(super) enabled: Option<bool>,
}

/// A text for comparing, ignoring case.
pub(super) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A pattern for LIKE that finds exactly this text; `*` as `%` where `stars` says so.
fn like(text: &str, stars: bool) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '*' if stars => {
                if !pattern.ends_with('%') || pattern.ends_with("\\%") {
                    pattern.push('%');
                }
            }
            '%' | '_' | '\\' => {
                pattern.push('\\');
                pattern.push(c);
            }
            c => pattern.push(c),
        }
    }
    pattern
}

impl DeviceFilter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lists = [
            &self.vendor,
            &self.platform,
            &self.site,
            &self.role,
            &self.tag,
            &self.name,
        ];
        let no_values = |values: &&Vec<String>| values.iter().all(|value| value.trim().is_empty());
        lists.iter().all(no_values) && self.q.as_deref().is_none_or(|q| q.trim().is_empty()) && self.enabled.is_none()
    }

    /// The filter as the queries need it. `at` is where it stands in the request: a JSON pointer, or nothing for the
    /// parameters of a URL.
    pub(crate) fn wanted(&self, service: &Service, at: &str) -> Result<Wanted> {
        let mut problems = Vec::new();
        let mut values = |name: &str, texts: &[String], stored: &dyn Fn(String) -> String| {
            read(texts, stored).unwrap_or_else(|detail| {
                problems.push(FieldProblem {
                    pointer: format!("{at}{name}"),
                    detail,
                });
                Values::default()
            })
        };
        let platform = |name: String| service.catalogue().slug(&name).map_or(name.clone(), str::to_owned);
        let as_is = |text: String| text;
        let mut wanted = Wanted {
            vendor: values("vendor", &self.vendor, &as_is),
            platform: values("platform", &self.platform, &platform),
            site: values("site", &self.site, &as_is),
            role: values("role", &self.role, &as_is),
            tag: values("tag", &self.tag, &as_is),
            name: values("name", &self.name, &as_is),
            words: Vec::new(),
            enabled: self.enabled,
        };
        let q = self.q.as_deref().unwrap_or_default();
        if q.chars().count() > MAX_LENGTH {
            problems.push(FieldProblem {
                pointer: format!("{at}q"),
                detail: format!("Has more than {MAX_LENGTH} characters"),
            });
        }
        let words = q.split_whitespace().take(10);
        wanted.words = words.map(|word| format!("%{}%", like(&key(word), false))).collect();
        if problems.is_empty() {
            return Ok(wanted);
        }
        let mut error = Error::fields(problems);
        if at.is_empty() {
            (error.kind, error.code) = (ErrorKind::Malformed, "parameter_invalid");
        }
        Err(error)
    }
}

fn read(texts: &[String], stored: &dyn Fn(String) -> String) -> std::result::Result<Values, String> {
    let mut values = Values::default();
    for text in texts.iter().map(|text| key(text)).filter(|text| !text.is_empty()) {
        if text.chars().count() > MAX_LENGTH {
            return Err(format!("A value has more than {MAX_LENGTH} characters"));
        }
        if !text.contains('*') {
            values.equal.push(stored(text));
            continue;
        }
        let pattern = like(&text, true);
        if text.matches('*').count() > MAX_STARS {
            return Err(format!("A value has more than {MAX_STARS} *"));
        }
        if pattern == "%" {
            // Any value at all, also none.
            return Ok(Values::default());
        }
        values.like.push(pattern);
    }
    if values.equal.len() > MAX_VALUES {
        return Err(format!("Has more than {MAX_VALUES} values"));
    }
    if values.like.len() > MAX_PATTERNS {
        return Err(format!("Has more than {MAX_PATTERNS} values with a *"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn wildcards_of_the_database_are_plain_characters() {
        let values = read(&texts(&["100%_\\", " AMS* ", "", "a**%*"]), &|text| text).unwrap();
        assert_eq!(values.equal, ["100%_\\"]);
        assert_eq!(values.like, ["ams%", "a%\\%%"]);
        assert!(read(&texts(&["ams", "*"]), &|text| text).unwrap().is_any());
        assert_eq!(like("%_\\*", false), "\\%\\_\\\\*");
    }

    #[test]
    fn filters_have_limits() {
        for bad in [
            vec!["a".repeat(256)],
            vec!["a".to_owned(); 501],
            vec!["a*".to_owned(); 51],
            vec!["*a*b*c*d*e*".to_owned()],
        ] {
            assert!(read(&bad, &|text| text).is_err());
        }
    }

    #[test]
    fn a_filter_of_empty_values_is_none() {
        let mut filter = DeviceFilter {
            vendor: texts(&["", " "]),
            q: Some(String::new()),
            ..DeviceFilter::default()
        };
        assert!(filter.is_empty());
        filter.enabled = Some(true);
        assert!(!filter.is_empty());
    }
}
