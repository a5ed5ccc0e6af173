//! Two captures beside each other, and how changed lines are shown wherever there are any.

use entity::capture;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Binary,
    types::Example,
};
use serde::Serialize;
use service::{
    captures::{self, CONTEXT, Changes, DiffWish, Hunk, HunkLine, LineKind},
    config_changes,
    error::{Error, ErrorKind},
};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{
    auth::Auth,
    lean::LeanJson,
    problem::{Patch, Result},
    time::Time,
};

/// Lines of an answer when nobody says how many, and at most.
const LINES: u64 = 20_000;
const MOST_LINES: u64 = 200_000;
/// Lines of a file of changes, at most.
pub(crate) const PATCH_LINES: u64 = 500_000;

/// A line of a hunk.
#[derive(Object, Serialize)]
#[oai(example)]
pub(crate) struct DiffLine {
    /// `equal`, `added` or `removed`.
    op: String,
    /// The line, without its end.
    text: String,
    /// Its number in the text before, from 1.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    old_line: Option<u64>,
    /// Its number in the text after, from 1.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    new_line: Option<u64>,
    /// Of a changed line: the lines it stands under, from the outermost.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<Vec<String>>,
    /// Of a changed line: `low medium high critical`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
}

impl Example for DiffLine {
    fn example() -> Self {
        Self {
            op: "added".to_owned(),
            text: " switchport access vlan 30".to_owned(),
            old_line: None,
            new_line: Some(118),
            section: Some(vec!["interface GigabitEthernet1/0/7".to_owned()]),
            severity: Some("high".to_owned()),
        }
    }
}

/// Changes that stand together, with unchanged lines around them.
#[derive(Object, Serialize)]
#[oai(example)]
pub(crate) struct DiffHunk {
    /// What its first changed line stands under.
    section: Vec<String>,
    /// The highest of its lines: `low medium high critical`.
    severity: String,
    /// Its lines, in order.
    lines: Vec<DiffLine>,
}

impl Example for DiffHunk {
    fn example() -> Self {
        Self {
            section: vec!["interface GigabitEthernet1/0/7".to_owned()],
            severity: "high".to_owned(),
            lines: vec![DiffLine::example()],
        }
    }
}

/// One side of a comparison.
#[derive(Object, Serialize)]
#[oai(example)]
pub(crate) struct DiffSide {
    /// The capture.
    capture_id: Uuid,
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// Capture type.
    capture_type: String,
    /// The collection that made it.
    collection_id: Uuid,
    /// When it was captured.
    captured_at: Time,
    /// Lines of the text.
    lines: i64,
}

impl Example for DiffSide {
    fn example() -> Self {
        Self {
            capture_id: example_id(),
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            capture_type: "configs".to_owned(),
            collection_id: example_id(),
            captured_at: Time(1_769_841_000_900),
            lines: 430,
        }
    }
}

impl From<capture::Model> for DiffSide {
    fn from(row: capture::Model) -> Self {
        Self {
            capture_id: row.id,
            device_id: row.device_id,
            device_name: row.device_name,
            capture_type: row.capture_type,
            collection_id: row.collection_id,
            captured_at: Time(row.captured_at),
            lines: row.lines,
        }
    }
}

/// What is different between two captures.
#[derive(Object, Serialize)]
#[oai(example)]
pub(crate) struct CaptureDiff {
    /// The one before.
    old: DiffSide,
    /// The one after.
    new: DiffSide,
    /// Lines that are in the one after alone.
    lines_added: u64,
    /// Lines that are in the one before alone.
    lines_removed: u64,
    /// The highest of all lines: `low medium high critical`; absent where nothing is different.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    /// What changed lines stand under, the first twenty.
    sections: Vec<String>,
    /// Whether secrets are shown as tags; the same secret has the same tag.
    masked: bool,
    /// Where they differ.
    hunks: Vec<DiffHunk>,
    /// Whether lines were left out since there are too many.
    truncated: bool,
}

impl Example for CaptureDiff {
    fn example() -> Self {
        Self {
            old: DiffSide::example(),
            new: DiffSide::example(),
            lines_added: 1,
            lines_removed: 0,
            severity: Some("high".to_owned()),
            sections: vec!["interface GigabitEthernet1/0/7".to_owned()],
            masked: false,
            hunks: vec![DiffHunk::example()],
            truncated: false,
        }
    }
}

/// Changed lines as answers show them.
pub(crate) struct Shown {
    pub(crate) lines_added: u64,
    pub(crate) lines_removed: u64,
    pub(crate) hunks: Vec<DiffHunk>,
    pub(crate) truncated: bool,
}

pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn word(severity: config_changes::Severity) -> String {
    severity.as_str().to_owned()
}

fn line(line: HunkLine) -> DiffLine {
    let op = match line.kind {
        LineKind::Context => "equal",
        LineKind::Added => "added",
        LineKind::Removed => "removed",
    };
    let changed = line.kind != LineKind::Context;
    DiffLine {
        op: op.to_owned(),
        text: line.text,
        old_line: line.old_number.map(count),
        new_line: line.new_number.map(count),
        section: changed.then_some(line.section),
        severity: line
            .severity
            .map(|severity| word(config_changes::severity(Some(severity)))),
    }
}

/// The lines of an answer.
pub(crate) fn shown(changes: Changes) -> Shown {
    let hunk = |hunk: Hunk| DiffHunk {
        section: hunk.section,
        severity: word(config_changes::severity(Some(hunk.severity))),
        lines: hunk.lines.into_iter().map(line).collect(),
    };
    Shown {
        lines_added: count(changes.added),
        lines_removed: count(changes.removed),
        hunks: changes.hunks.into_iter().map(hunk).collect(),
        truncated: changes.truncated,
    }
}

/// How it is asked for.
pub(crate) fn wish(context: Option<u64>, masked: Option<bool>, all_lines: Option<bool>, lines: u64) -> DiffWish {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    DiffWish {
        most_lines: number(lines),
        context: context.map_or(CONTEXT, number),
        masked: masked.unwrap_or_default(),
        all_lines: all_lines.unwrap_or_default(),
    }
}

/// How many lines an answer has.
pub(crate) fn lines(limit: Option<u64>) -> u64 {
    limit.unwrap_or(LINES).min(MOST_LINES)
}

/// A file of changes. It is whole, or it is none.
pub(crate) fn patch(changes: &Changes, capture_type: &str, old: (&str, i64), new: (&str, i64)) -> Result<Patch> {
    if changes.truncated {
        return Err(Error::new(
            ErrorKind::TooLarge,
            "diff_too_large",
            format!("More than {PATCH_LINES} lines differ: too many for one file"),
        )
        .into());
    }
    let text = captures::unified(changes, capture_type, old, new);
    let device = new.0;
    // A header takes plain letters alone.
    let name = service::file_name::encode(device).replace(|letter: char| !letter.is_ascii(), "_");
    Ok(Patch::Ok(
        Binary(text.into_bytes()),
        format!("attachment; filename=\"{name}.patch\""),
    ))
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Capture", prefix_path = "/captures")]
impl Api {
    /// Compare a capture with another one
    ///
    /// Lines that change by themselves are left aside. Below operator secrets are shown as tags.
    #[oai(path = "/:id/diff", method = "get", operation_id = "capture_diff")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn capture_diff(
        &self,
        auth: Auth,
        /// The one after.
        id: Path<Uuid>,
        /// The one before, perhaps of another device; unless given the last good one of the same device and type.
        against: Query<Option<Uuid>>,
        /// Unchanged lines around a change: 3.
        context: Query<Option<u64>>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// Whether lines that change by themselves are compared, too.
        all_lines: Query<Option<bool>>,
        /// Lines of the answer: 20000, at most 200000.
        limit: Query<Option<u64>>,
    ) -> Result<LeanJson<CaptureDiff>> {
        let wish = wish(context.0, masked.0, all_lines.0, lines(limit.0));
        let diff = auth
            .service()
            .capture_diff(auth.actor(), id.0, against.0, &wish)
            .await?;
        let severity = diff
            .changes
            .severity
            .map(|one| word(config_changes::severity(Some(one))));
        let sections = config_changes::sections(&diff.changes);
        let shown = shown(diff.changes);
        Ok(LeanJson(CaptureDiff {
            old: diff.old.into(),
            new: diff.new.into(),
            lines_added: shown.lines_added,
            lines_removed: shown.lines_removed,
            severity,
            sections,
            masked: diff.masked,
            hunks: shown.hunks,
            truncated: shown.truncated,
        }))
    }

    /// Compare a capture with another one, as a unified diff
    #[oai(path = "/:id/diff.patch", method = "get", operation_id = "capture_diff_patch")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn capture_diff_patch(
        &self,
        auth: Auth,
        /// The one after.
        id: Path<Uuid>,
        /// The one before, perhaps of another device; unless given the last good one of the same device and type.
        against: Query<Option<Uuid>>,
        /// Unchanged lines around a change: 3.
        context: Query<Option<u64>>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// Whether lines that change by themselves are compared, too.
        all_lines: Query<Option<bool>>,
    ) -> Result<Patch> {
        let wish = wish(context.0, masked.0, all_lines.0, PATCH_LINES);
        let diff = auth
            .service()
            .capture_diff(auth.actor(), id.0, against.0, &wish)
            .await?;
        let old = (diff.old.device_name.as_str(), diff.old.captured_at);
        let new = (diff.new.device_name.as_str(), diff.new.captured_at);
        patch(&diff.changes, &diff.new.capture_type, old, new)
    }
}
