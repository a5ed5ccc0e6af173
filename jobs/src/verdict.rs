//! What a capture is worth, decided from the session and the platform's data alone.

use serde::Serialize;

use crate::{error::FailureKind, platform::Capture, platform::Platform};

/// Longest output, in lines, in which an error line anywhere means that the device refused the command. In longer
/// ones only the first lines count: a configuration may quote an error text in a banner.
const SHORT_OUTPUT_LINES: usize = 20;
const HEAD_LINES: usize = 3;

/// What the text of a capture is worth. Only `Complete` ever replaces an earlier good text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All of it, and it is what was asked for.
    Complete,
    /// A part: the session broke, or the end mark is missing.
    Truncated,
    /// The device answered with an error.
    Rejected,
    /// Nothing, where there must be something.
    Empty,
    /// The command was never sent.
    NotRun,
}

impl Verdict {
    /// The failure kind a device gets when this is the first thing that went wrong.
    pub fn failure_kind(self) -> FailureKind {
        match self {
            Self::Complete | Self::NotRun => FailureKind::Internal,
            Self::Truncated => FailureKind::OutputTruncated,
            Self::Rejected => FailureKind::CommandRejected,
            Self::Empty => FailureKind::OutputEmpty,
        }
    }

    /// The name used in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Rejected => "rejected",
            Self::Empty => "empty",
            Self::NotRun => "not_run",
        }
    }
}

/// Longest line that is looked at for an end mark.
const LONGEST_END_MARK: usize = 1024;

/// Watches a capture's lines as they stream past and decides at the end. Holds a line or two, whatever the size.
#[derive(Debug, Default)]
pub struct Judge {
    filled_lines: usize,
    /// The first error line seen, and whether it stood in the head of the output.
    error: Option<(String, bool)>,
    /// The last line that is not blank, as far as an end mark may reach.
    last: Vec<u8>,
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

impl Judge {
    /// Forgets what it saw.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes lines, each ended by LF.
    pub fn take(&mut self, text: &[u8], platform: &Platform, capture: &Capture) {
        if self.filled_lines <= SHORT_OUTPUT_LINES {
            for line in text.split(|byte| *byte == b'\n').filter(|line| !is_blank(line)) {
                self.filled_lines += 1;
                if self.filled_lines > SHORT_OUTPUT_LINES {
                    break;
                }
                if self.error.is_none() && platform.is_failure(line) {
                    let shown = String::from_utf8_lossy(line).trim().chars().take(160).collect();
                    self.error = Some((shown, self.filled_lines <= HEAD_LINES));
                }
            }
        }
        if capture.end_mark.is_some()
            && let Some(last) = text.rsplit(|byte| *byte == b'\n').find(|line| !is_blank(line))
        {
            self.last.clear();
            self.last
                .extend_from_slice(last.get(..LONGEST_END_MARK).unwrap_or(last));
        }
    }

    /// The verdict on an output that ended at a confirmed prompt, with a sentence when it is not complete.
    pub fn decide(&self, capture: &Capture) -> (Verdict, Option<String>) {
        if let Some((line, in_head)) = &self.error
            && (*in_head || self.filled_lines <= SHORT_OUTPUT_LINES)
        {
            return (Verdict::Rejected, Some(format!("The device answered: {line}")));
        }
        if self.filled_lines == 0 {
            return match capture.may_be_empty {
                true => (Verdict::Complete, None),
                false => (Verdict::Empty, Some("The device answered with nothing".to_owned())),
            };
        }
        if capture.end_mark.as_ref().is_some_and(|mark| !mark.is_match(&self.last)) {
            return (
                Verdict::Truncated,
                Some("The output ended without its usual last line".to_owned()),
            );
        }
        (Verdict::Complete, None)
    }
}
