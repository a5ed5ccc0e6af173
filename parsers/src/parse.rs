//! One capture in, its records out.

use std::{borrow::Cow, time::Instant};

use serde::{Deserialize, Serialize};
use textfsm_core::Value;

use crate::{
    engine::{self, Limits, Stopped, UnknownLines},
    library::{Library, LibraryError, Template, TemplateId},
    mapping::Fields,
    record::Records,
    records,
};

/// What is parsed.
#[derive(Debug, Clone, Copy)]
pub struct Capture<'a> {
    /// The slug of the device's platform.
    pub platform: &'a str,
    /// The slug of the capture type.
    pub capture_type: &'a str,
    /// The commands whose output the text is, in their order. Of several, each output is headed by `>>> <command>`.
    pub commands: &'a [String],
    /// The stored text.
    pub text: &'a str,
}

/// What a capture says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// The templates that read it, one for each command that has one.
    pub templates: Vec<TemplateId>,
    /// The records.
    pub records: Records,
    /// How many records lack a required field.
    pub incomplete: usize,
    /// How many lines were read.
    pub lines: usize,
    /// The lines that no rule of the template expects.
    pub unknown: UnknownLines,
    /// Whether the templates claim to know every line. Where not, many unknown lines are no sign of trouble.
    pub knows_every_line: bool,
    /// Commands without a template; their output was left aside.
    pub commands_without_template: Vec<String>,
    /// Why it ended early, if it did. The records are then not all there are.
    pub stopped: Option<Stopped>,
}

/// Why there are no records at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// None of the commands has a template.
    #[error("no template reads {command:?} of {platform}")]
    NoTemplate {
        /// The platform.
        platform: String,
        /// The first command.
        command: String,
    },
    /// Larger than [`Limits::max_bytes`].
    #[error("the text has {bytes} bytes, more than the {limit} that are parsed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A template or a mapping cannot be used.
    #[error(transparent)]
    Template(#[from] LibraryError),
}

/// Parses a capture. Takes up to [`Limits::max_time`] of CPU: run it where that blocks nobody.
///
/// # Errors
/// There is no template, it cannot be used, or the text is too large. Text that a template does not understand is no
/// error: it is counted in [`Parsed::unknown`].
pub fn parse(library: &Library, capture: &Capture<'_>, limits: &Limits) -> Result<Parsed, ParseError> {
    if capture.text.len() > limits.max_bytes {
        return Err(ParseError::TooLarge {
            bytes: capture.text.len(),
            limit: limits.max_bytes,
        });
    }
    let text = unix_lines(capture.text);
    let until = Instant::now().checked_add(limits.max_time).unwrap_or_else(Instant::now);
    let mut parsed = Parsed {
        templates: Vec::new(),
        records: Records::empty(library.record_type(capture.capture_type)),
        incomplete: 0,
        lines: 0,
        unknown: UnknownLines::default(),
        knows_every_line: true,
        commands_without_template: Vec::new(),
        stopped: None,
    };
    for part in parts(&text, capture.commands) {
        match library.template(capture.platform, capture.capture_type, part.command)? {
            Some(template) => read(library, capture, &template, &part, limits, until, &mut parsed),
            None => parsed.commands_without_template.push(part.command.to_owned()),
        }
    }
    if parsed.templates.is_empty() {
        return Err(ParseError::NoTemplate {
            platform: capture.platform.to_owned(),
            command: capture.commands.first().cloned().unwrap_or_default(),
        });
    }
    parsed.incomplete = parsed.records.incomplete();
    Ok(parsed)
}

fn read(
    library: &Library,
    capture: &Capture<'_>,
    template: &Template,
    part: &Part<'_>,
    limits: &Limits,
    until: Instant,
    parsed: &mut Parsed,
) {
    let plan = &template.plan;
    let records = &mut parsed.records;
    let mut take = |row: &[Value]| {
        if plan.skips(row) {
            return true;
        }
        for record in plan.records.iter().filter(|record| record.is_in(row)) {
            for at in 0..record.count(row) {
                if records.len() >= limits.max_records {
                    return false;
                }
                let fields = Fields {
                    plan: record,
                    row,
                    at,
                    age_unit: plan.age_unit,
                    names: library.names(),
                    platform: capture.platform,
                };
                records::add(records, &fields, plan);
            }
        }
        true
    };
    let report = engine::run(&template.compiled, part.text, part.first_line, limits, until, &mut take);
    if plan.records.len() > 1 {
        parsed.records.drop_repeated();
    }
    parsed.lines += report.lines;
    parsed.unknown.count += report.unknown.count;
    let room = limits.max_examples.saturating_sub(parsed.unknown.examples.len());
    parsed
        .unknown
        .examples
        .extend(report.unknown.examples.into_iter().take(room));
    parsed.knows_every_line &= template.knows_every_line;
    parsed.stopped = parsed.stopped.or(report.stopped);
    parsed.templates.push(template.id.clone());
}

/// The output of one command.
struct Part<'a> {
    command: &'a str,
    text: &'a str,
    first_line: usize,
}

/// Cuts the joined outputs of several commands apart again.
fn parts<'a>(text: &'a str, commands: &'a [String]) -> Vec<Part<'a>> {
    let (Some(first), true) = (commands.first(), commands.len() > 1) else {
        let command = commands.first().map_or("", String::as_str);
        return vec![Part {
            command,
            text,
            first_line: 1,
        }];
    };
    let mut found = Vec::new();
    let mut open = Part {
        command: first,
        text: "",
        first_line: 1,
    };
    let (mut start, mut at, mut number) = (0, 0, 1);
    let mut waiting = commands.iter().peekable();
    for line in text.split_inclusive('\n') {
        let heads = waiting
            .peek()
            .filter(|command| line.trim_end().strip_prefix(">>> ") == Some(command.trim_end()));
        if let Some(command) = heads {
            open.text = text.get(start..at).unwrap_or_default();
            if !open.text.trim().is_empty() {
                found.push(open);
            }
            open = Part {
                command,
                text: "",
                first_line: number + 1,
            };
            start = at + line.len();
            waiting.next();
        }
        at += line.len();
        number += 1;
    }
    open.text = text.get(start..).unwrap_or_default();
    found.push(open);
    found
}

/// Lines end in LF alone. TextFSM is used to Python's lines, which also end at a lone CR, a vertical tab and a form feed.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(['\r', '\u{b}', '\u{c}']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}'], "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_of_several_commands_are_cut_apart() {
        let commands = ["show a".to_owned(), "show b".to_owned()];
        let text = ">>> show a\none\n>>> show x\n>>> show b\ntwo\n";
        let cut = |text| {
            let parts = parts(text, &commands).into_iter();
            parts
                .map(|part| (part.command, part.text, part.first_line))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut(text), [("show a", "one\n>>> show x\n", 2), ("show b", "two\n", 5)]);
        assert_eq!(cut("no heading\n"), [("show a", "no heading\n", 1)]);
        assert_eq!(parts("x\n", &commands[..1])[0].text, "x\n");
        assert_eq!(parts("x\n", &[])[0].command, "");
    }

    #[test]
    fn lines_end_in_lf() {
        assert_eq!(unix_lines("a\r\nb\rc\u{b}d\u{c}e\n"), "a\nb\nc\nd\ne\n");
        assert!(matches!(unix_lines("a\n"), Cow::Borrowed(_)));
    }
}
