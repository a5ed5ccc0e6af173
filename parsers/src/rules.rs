//! Rules that are data: of a platform file, of a user. Everything that reads lines takes them in this form.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

/// A pattern for one line, and the capture types it is for (none named: all). The shape of `volatile_lines` and
/// `secrets` in a platform file; what else stands there is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRule {
    /// A regular expression. Of a secret, its group `secret` is what is masked.
    pub pattern: String,
    /// Empty: every capture type.
    #[serde(default)]
    pub capture_types: Vec<String>,
    /// Of a secret: a regular expression for one of the lines that the line must stand under.
    #[serde(default)]
    pub under: Option<String>,
}

impl LineRule {
    /// A rule for every capture type.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            capture_types: Vec::new(),
            under: None,
        }
    }

    /// Whether the rule is for a capture type.
    #[must_use]
    pub fn is_for(&self, capture_type: &str) -> bool {
        self.capture_types.is_empty() || self.capture_types.iter().any(|name| name == capture_type)
    }
}

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {pattern:?} cannot be used: {problem}")]
pub struct RuleError {
    /// Its pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: String,
}

/// How much a change deserves to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Remarks and descriptions.
    Low,
    /// What nothing else says.
    #[default]
    Medium,
    /// What can cut off users or a site.
    High,
    /// What can open the device or cut it off from its management.
    Critical,
}

/// What a line must look like to give a change a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityRule {
    /// A regular expression for the line, or for one of the lines it stands under.
    pub pattern: String,
    /// The severity.
    pub severity: Severity,
}

/// Severity rules that are ready. The first that is for a line decides; a change has the highest of its lines.
#[derive(Debug, Clone)]
pub struct SeverityRules {
    // One by one is faster here than all in one pass: nearly all of them give up at the first letter.
    rules: Vec<(Regex, Severity)>,
}

impl SeverityRules {
    /// Makes rules ready; those given come before Showrun's own (`mappings/names/severity.yaml`), which speak the
    /// language of most configurations.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(own: &[SeverityRule]) -> Result<Self, RuleError> {
        let rules = own.iter().chain(crate::library::severity_rules());
        let rules = rules.map(|rule| Ok((compiled(&rule.pattern)?, rule.severity)));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// The severity of a line that stands under `section`: the line itself speaks first, then what it stands under.
    #[must_use]
    pub fn of(&self, section: &[String], line: &str) -> Severity {
        let said = self.of_line(line).or_else(|| self.of_section(section));
        said.unwrap_or_default()
    }

    /// What a line says by itself; `None`: no rule is for it.
    pub(crate) fn of_line(&self, line: &str) -> Option<Severity> {
        let rule = self.rules.iter().find(|(rule, _)| rule.is_match(line));
        rule.map(|(_, severity)| *severity)
    }

    /// What a section says of the lines under it, from near to far.
    pub(crate) fn of_section(&self, section: &[String]) -> Option<Severity> {
        section.iter().rev().find_map(|line| self.of_line(line))
    }
}

/// Compiles a pattern for one line. Its size is bounded: a user's rule must not use the memory up.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, RuleError> {
    let built = RegexBuilder::new(pattern).size_limit(1 << 20).build();
    built.map_err(|error| RuleError {
        pattern: pattern.to_owned(),
        problem: error.to_string(),
    })
}

/// The same for a line that others stand under; it is also looked for in a whole text.
pub(crate) fn compiled_heading(pattern: &str) -> Result<Regex, RuleError> {
    let built = RegexBuilder::new(pattern).multi_line(true).size_limit(1 << 20).build();
    built.map_err(|error| RuleError {
        pattern: pattern.to_owned(),
        problem: error.to_string(),
    })
}

/// Compiles patterns so that one pass over a line finds which of them are for it.
pub(crate) fn set<'a>(patterns: impl Iterator<Item = &'a str> + Clone) -> Result<RegexSet, RuleError> {
    // One by one first: a set does not say which of its patterns is wrong.
    let mut count = 0;
    for pattern in patterns.clone() {
        compiled(pattern)?;
        count += 1;
    }
    let built = RegexSetBuilder::new(patterns).size_limit((count + 1) << 20).build();
    built.map_err(|error| RuleError {
        pattern: String::new(),
        problem: error.to_string(),
    })
}

/// Compiles the patterns of rules for a capture type, into one that is looked for in one pass.
pub(crate) fn compiled_for(rules: &[LineRule], capture_type: &str) -> Result<RegexSet, RuleError> {
    let rules: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.is_for(capture_type))
        .map(|rule| rule.pattern.as_str())
        .collect();
    set(rules.iter().copied())
}
