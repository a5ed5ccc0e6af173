//! What changed between two configurations, with the lines left aside that change by themselves.

mod preview;
pub(crate) mod section;
mod unified;

use std::borrow::Cow;

use imara_diff::{Algorithm, Diff, InternedInput};
use regex::RegexSet;
use serde::{Deserialize, Serialize};

use self::section::Sections;
pub use self::{
    preview::{Preview, preview},
    unified::unified,
};
use crate::mask::{MaskedLines, Masker};
use crate::rules::{LineRule, RuleError, Severity, SeverityRules, compiled_for};

/// How two texts are compared. Made once for a platform and a capture type, then used for many texts.
#[derive(Debug, Clone)]
pub struct ChangeOptions {
    volatile: RegexSet,
    severity: SeverityRules,
    context: usize,
    most_lines: usize,
}

impl ChangeOptions {
    /// `volatile` are the rules of the platform and of the user; those for other capture types are passed over.
    /// `context` is how many unchanged lines are shown around a change.
    ///
    /// # Errors
    /// A rule that is no pattern.
    pub fn new(
        volatile: &[LineRule],
        capture_type: &str,
        severity: SeverityRules,
        context: usize,
    ) -> Result<Self, RuleError> {
        Ok(Self {
            volatile: compiled_for(volatile, capture_type)?,
            severity,
            context,
            most_lines: usize::MAX,
        })
    }

    /// The same, with at most so many lines in all hunks together. Counts and severity are those of all lines.
    #[must_use]
    pub fn with_most_lines(self, most_lines: usize) -> Self {
        Self { most_lines, ..self }
    }
}

/// What a line of a hunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// In both texts.
    Context,
    /// Only in the new text.
    Added,
    /// Only in the old text.
    Removed,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HunkLine {
    /// What it is.
    pub kind: LineKind,
    /// Its text without the end of the line.
    pub text: String,
    /// Its number in the stored old text, from 1.
    pub old_number: Option<usize>,
    /// Its number in the stored new text, from 1.
    pub new_number: Option<usize>,
    /// Of a changed line: the lines it stands under, from the outermost, without their indentation.
    pub section: Vec<String>,
    /// Of a changed line: what it can do.
    pub severity: Option<Severity>,
}

/// Changes that stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// What its first changed line stands under.
    pub section: Vec<String>,
    /// The highest of its lines.
    pub severity: Severity,
    /// Changed lines and those around them.
    pub lines: Vec<HunkLine>,
}

/// All that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Lines that are only in the new text.
    pub added: usize,
    /// Lines that are only in the old text.
    pub removed: usize,
    /// The highest of all lines; none where nothing changed.
    pub severity: Option<Severity>,
    /// Where.
    pub hunks: Vec<Hunk>,
    /// Whether lines were left out of the hunks since there are too many.
    #[serde(default)]
    pub truncated: bool,
}

impl Changes {
    /// Whether nothing changed but what changes by itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added + self.removed == 0
    }
}

/// The lines of a text that count, with their numbers in it.
struct Counted<'a> {
    /// What is compared.
    lines: Vec<&'a str>,
    numbers: Vec<usize>,
    /// What is shown for it.
    shown: MaskedLines<'a>,
}

impl<'a> Counted<'a> {
    /// What is shown is without secrets if a masker is given.
    fn new(text: &'a str, masker: Option<&'a Masker>, volatile: &RegexSet) -> Self {
        let mut found = Self {
            lines: Vec::new(),
            numbers: Vec::new(),
            shown: MaskedLines::new(text, masker),
        };
        for (index, line) in text.lines().enumerate() {
            if volatile.is_empty() || !volatile.is_match(line) {
                found.lines.push(line);
                found.numbers.push(index + 1);
            }
        }
        found
    }

    /// A line as it is shown.
    fn line(&self, at: usize) -> Cow<'a, str> {
        let line = self.lines.get(at).copied().unwrap_or_default();
        let index = self.number(at).map_or(0, |number| number - 1);
        self.shown.line(index, line)
    }

    /// The same line as it is.
    fn raw(&self, at: usize) -> Cow<'a, str> {
        Cow::Borrowed(self.lines.get(at).copied().unwrap_or_default())
    }

    fn number(&self, at: usize) -> Option<usize> {
        self.numbers.get(at).copied()
    }
}

/// The ranges of lines that differ, old and new.
fn ranges(old: &Counted<'_>, new: &Counted<'_>) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut input = InternedInput::default();
    input.update_before(old.lines.iter().copied());
    input.update_after(new.lines.iter().copied());
    // Histogram gives up on texts that hardly share a line, and Myers' algorithm as it is here stays fast on them.
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let place = |range: std::ops::Range<u32>| range.start as usize..range.end as usize;
    diff.hunks()
        .map(|hunk| (place(hunk.before), place(hunk.after)))
        .collect()
}

/// Compares two texts line by line.
#[must_use]
pub fn compare(old: &str, new: &str, options: &ChangeOptions) -> Changes {
    let old = Counted::new(old, None, &options.volatile);
    let new = Counted::new(new, None, &options.volatile);
    changes(&old, &new, options)
}

/// The same for somebody without the right to see secrets. What is compared are the texts as they are, so that rules for
/// volatile lines see what they were written for; what is shown has tags instead of secrets. A secret that changed is
/// still a change: its line is there twice, with two tags.
#[must_use]
pub fn compare_masked(old: &str, new: &str, options: &ChangeOptions, masker: &Masker) -> Changes {
    let old = Counted::new(old, Some(masker), &options.volatile);
    let new = Counted::new(new, Some(masker), &options.volatile);
    changes(&old, &new, options)
}

fn changes(old: &Counted<'_>, new: &Counted<'_>, options: &ChangeOptions) -> Changes {
    let ranges = ranges(old, new);
    if ranges.is_empty() {
        return Changes::default();
    }
    let mut headings = (Headings::new(old), Headings::new(new));
    let mut changes = Changes::default();
    let mut room = options.most_lines;
    let mut highest = None; // of all lines so far
    let mut shown = 0; // the new lines before this one are in a hunk already
    for (index, (before, after)) in ranges.iter().enumerate() {
        changes.removed += before.len();
        changes.added += after.len();
        if room == 0 && highest == Some(Severity::Critical) {
            changes.truncated = true;
            continue;
        }
        let around = if room == 0 { 0 } else { options.context };
        let lead = around.min(after.start.saturating_sub(shown));
        let joins = index > 0 && after.start.saturating_sub(shown) == 0;
        let mut lines = Vec::new();
        for back in (1..=lead).rev() {
            lines.push(context(
                old,
                new,
                before.start.saturating_sub(back),
                after.start.saturating_sub(back),
            ));
        }
        let removed = before.clone().map(|at| (LineKind::Removed, at));
        let added = after.clone().map(|at| (LineKind::Added, at));
        for (kind, at) in removed.chain(added) {
            // What is not shown can only raise the severity, as long as it is not the highest there is.
            if lines.len() >= room && highest == Some(Severity::Critical) {
                changes.truncated = true;
                break;
            }
            let (text, headings) = match kind {
                LineKind::Removed => (old, &mut headings.0),
                _ => (new, &mut headings.1),
            };
            let heading = headings.of(text, at, &options.severity);
            // How much it matters is asked of the line as it is: a tag must not count as a word, nor hide one.
            let severity = options.severity.of_line(&text.raw(at)).or(heading.severity);
            let severity = severity.unwrap_or_default();
            highest = highest.max(Some(severity));
            if lines.len() >= room {
                changes.truncated = true;
                continue;
            }
            lines.push(changed(kind, text, at, heading.section.clone(), severity));
        }
        let next = ranges.get(index + 1).map_or(new.lines.len(), |(_, next)| next.start);
        let gap = next.saturating_sub(after.end);
        // Two hunks whose context would touch are one.
        let last = index + 1 == ranges.len();
        let tail = if !last && gap <= around.saturating_mul(2) {
            gap
        } else {
            gap.min(around)
        };
        for forward in 0..tail {
            lines.push(context(old, new, before.end + forward, after.end + forward));
        }
        shown = after.end + tail;
        if lines.len() > room {
            lines.truncate(room);
            changes.truncated = true;
        }
        if lines.iter().all(|line| line.kind == LineKind::Context) {
            continue;
        }
        room -= lines.len();
        match changes.hunks.last_mut().filter(|_| joins) {
            Some(open) => open.lines.extend(lines),
            None => changes.hunks.push(Hunk {
                section: Vec::new(),
                severity: Severity::Low,
                lines,
            }),
        }
    }
    for hunk in &mut changes.hunks {
        let first = hunk.lines.iter().find(|line| line.kind != LineKind::Context);
        hunk.section = first.map(|line| line.section.clone()).unwrap_or_default();
        hunk.severity = hunk
            .lines
            .iter()
            .filter_map(|line| line.severity)
            .max()
            .unwrap_or_default();
    }
    changes.severity = highest;
    changes
}

/// What the lines of a text stand under. That of the last line is kept: mostly the next one stands under the same.
struct Headings {
    sections: Sections,
    last: Option<Heading>,
}

struct Heading {
    under: Option<usize>,
    /// As it is shown.
    section: Vec<String>,
    /// What it says of the lines under it that say nothing themselves.
    severity: Option<Severity>,
}

impl Headings {
    fn new(text: &Counted<'_>) -> Self {
        Self {
            sections: Sections::new(&text.lines),
            last: None,
        }
    }

    fn of(&mut self, text: &Counted<'_>, at: usize, rules: &SeverityRules) -> &Heading {
        let under = self.sections.parent(at);
        let known = self.last.take().filter(|last| last.under == under);
        self.last.insert(known.unwrap_or_else(|| Heading {
            under,
            section: self.sections.of(at, |at| text.line(at)),
            severity: rules.of_section(&self.sections.of(at, |at| text.raw(at))),
        }))
    }
}

fn context(old: &Counted<'_>, new: &Counted<'_>, before: usize, after: usize) -> HunkLine {
    HunkLine {
        kind: LineKind::Context,
        text: new.line(after).into_owned(),
        old_number: old.number(before),
        new_number: new.number(after),
        section: Vec::new(),
        severity: None,
    }
}

fn changed(kind: LineKind, text: &Counted<'_>, at: usize, section: Vec<String>, severity: Severity) -> HunkLine {
    let number = text.number(at);
    HunkLine {
        kind,
        severity: Some(severity),
        text: text.line(at).into_owned(),
        old_number: number.filter(|_| kind == LineKind::Removed),
        new_number: number.filter(|_| kind == LineKind::Added),
        section,
    }
}

#[cfg(test)]
mod tests;
