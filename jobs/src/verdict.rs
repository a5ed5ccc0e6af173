//! What a capture is worth, decided from the session and the platform's data alone.

use serde::Serialize;

use crate::{error::FailureKind, platform::Capture, platform::Platform};

/// Longest output, in lines, in which an error line anywhere means that the device refused the command. In longer
/// ones only the first lines count: a configuration may quote an error text in a banner.
const SHORT_OUTPUT_LINES: usize = 20;
const HEAD_LINES: usize = 3;
/// Bytes that so many lines usually have.
const USUAL_REST: usize = 1024;

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
    /// The first error line in the head of the output.
    error: Option<String>,
    /// Lines behind the head, while the output may still turn out to be a short one.
    rest: Vec<u8>,
    /// The last line that is not blank, as far as an end mark may reach.
    last: Vec<u8>,
}

/// Longest line that is looked at for an error text.
const LONGEST_ERROR: usize = 512;

fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim().chars().take(160).collect()
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
                    self.rest = Vec::new();
                    break;
                }
                if self.filled_lines > HEAD_LINES {
                    if self.rest.capacity() == 0 {
                        self.rest.reserve(USUAL_REST);
                    }
                    self.rest.extend_from_slice(line.get(..LONGEST_ERROR).unwrap_or(line));
                    self.rest.push(b'\n');
                } else if self.error.is_none() {
                    self.error = platform.is_failure(line).then(|| shown(line));
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
    pub fn decide(&self, platform: &Platform, capture: &Capture) -> (Verdict, Option<String>) {
        let later = || {
            self.rest
                .split(|byte| *byte == b'\n')
                .find(|line| platform.is_failure(line))
                .map(shown)
        };
        if let Some(line) = self.error.clone().or_else(later) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn verdict(platform: &str, capture_type: &str, chunks: &[&str]) -> Verdict {
        let platform = Catalogue::shipped().platform(platform).unwrap();
        let capture = platform.capture(capture_type).unwrap();
        let mut judge = Judge::default();
        for chunk in chunks {
            judge.take(chunk.as_bytes(), &platform, capture);
        }
        judge.decide(&platform, capture).0
    }

    const ERROR: &str = "% Invalid input detected at '^' marker.\n";

    #[test]
    fn an_error_line_rejects_a_short_output_and_the_head_of_a_long_one() {
        assert_eq!(
            verdict("cisco_ios", "version", &["            ^\n", ERROR]),
            Verdict::Rejected
        );
        let long = "line\n".repeat(40);
        assert_eq!(verdict("cisco_ios", "version", &[ERROR, &long]), Verdict::Rejected);
        assert_eq!(
            verdict("cisco_ios", "version", &["a\nb\nc\nd\n", ERROR, "e\n"]),
            Verdict::Rejected
        );
    }

    #[test]
    fn a_long_output_may_quote_an_error_text() {
        let half = "banner line\n".repeat(10);
        assert_eq!(
            verdict("cisco_ios", "version", &[&half, ERROR, &half, &half]),
            Verdict::Complete
        );
        assert_eq!(
            verdict("cisco_ios", "version", &[&format!("{half}{ERROR}{half}{half}")]),
            Verdict::Complete
        );
    }

    #[test]
    fn a_text_without_its_end_mark_is_truncated_and_blank_lines_do_not_count() {
        assert_eq!(
            verdict("cisco_ios", "configs", &["hostname r1\nend\n\n"]),
            Verdict::Complete
        );
        assert_eq!(
            verdict("cisco_ios", "configs", &["hostname r1\n", "en"]),
            Verdict::Truncated
        );
        assert_eq!(
            verdict("cisco_ios", "configs", &["end\n", "more\n"]),
            Verdict::Truncated
        );
    }

    #[test]
    fn nothing_is_an_answer_only_where_it_may_be() {
        assert_eq!(verdict("cisco_ios", "version", &["\n", "  \n"]), Verdict::Empty);
        assert_eq!(verdict("cisco_ios", "arp", &[]), Verdict::Complete);
    }
}
