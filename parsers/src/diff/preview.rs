//! What a rule would have hidden, before anybody relies on it.

use serde::{Deserialize, Serialize};

use super::{Counted, ranges};
use crate::rules::{LineRule, RuleError, compiled, compiled_for};

/// What a rule does to a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The lines it is for, in all versions together.
    pub lines: usize,
    /// Some of them, each text once.
    pub examples: Vec<String>,
    /// Changes from one version to the next, without the rule.
    pub changes: usize,
    /// Of these, the ones that would be no change any more: each names the later of the two versions, by its place.
    pub hidden: Vec<usize>,
    /// Of these, the ones that would be smaller.
    pub smaller: Vec<usize>,
}

/// What `rule` would have hidden over the versions of one capture type of one device, from the oldest, on top of the
/// rules that are in force.
///
/// # Errors
/// A rule that is no pattern.
pub fn preview(
    rule: &LineRule,
    in_force: &[LineRule],
    capture_type: &str,
    versions: &[&str],
) -> Result<Preview, RuleError> {
    let new = compiled(&rule.pattern)?;
    let volatile = compiled_for(in_force, capture_type)?;
    let both: Vec<LineRule> = in_force.iter().chain([rule]).cloned().collect();
    let both = compiled_for(&both, capture_type)?;
    let mut found = Preview::default();
    let mut without = versions
        .iter()
        .map(|text| Counted::new(text, None, &volatile))
        .collect::<Vec<_>>();
    for line in without
        .iter()
        .flat_map(|text| &text.lines)
        .filter(|line| new.is_match(line))
    {
        found.lines += 1;
        let line = line.chars().take(200).collect::<String>();
        if found.examples.len() < 20 && !found.examples.contains(&line) {
            found.examples.push(line);
        }
    }
    let sizes = |texts: &[Counted<'_>]| {
        let pairs = texts.iter().zip(texts.iter().skip(1));
        pairs
            .map(|(old, new)| ranges(old, new).iter().map(|(a, b)| a.len() + b.len()).sum())
            .collect::<Vec<usize>>()
    };
    let before = sizes(&without);
    without.clear();
    let after = sizes(
        &versions
            .iter()
            .map(|text| Counted::new(text, None, &both))
            .collect::<Vec<_>>(),
    );
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        found.changes += usize::from(*before > 0);
        if *before > 0 && *after == 0 {
            found.hidden.push(index + 1);
        } else if after < before {
            found.smaller.push(index + 1);
        }
    }
    Ok(found)
}
