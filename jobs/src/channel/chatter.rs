//! What a device writes between an output and the next echo without being part of either: log lines, prompts drawn
//! again, pieces of an echo that a log line broke.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::{Shell, trim_end};

/// Lines back from its end over which an echo may be broken.
const ECHO_LINES: usize = 8;

fn compiled(cell: &'static OnceLock<Option<Regex>>, pattern: &str, text: &[u8]) -> bool {
    cell.get_or_init(|| RegexBuilder::new(pattern).unicode(false).build().ok())
        .as_ref()
        .is_some_and(|regex| regex.is_match(text))
}

pub(super) fn looks_like_a_prompt(tail: &[u8]) -> bool {
    static PROMPT: OnceLock<Option<Regex>> = OnceLock::new();
    compiled(&PROMPT, r"^[^\s#>].{0,100}[>#$%\]] ?$|^[>#$%] ?$", tail)
}

pub(super) fn looks_like_a_pager(tail: &[u8]) -> bool {
    static PAGER: OnceLock<Option<Regex>> = OnceLock::new();
    compiled(
        &PAGER,
        r"(?i)\bmore\b|press (?:any|a|the|space|enter)|any key|to continue|\(?q(?:=| to | for )?quit",
        tail,
    )
}

/// A question that a person has to answer. A pager that says `[y/n]` is in its platform's file.
pub(super) fn asks_yes_or_no(tail: &[u8]) -> bool {
    static QUESTION: OnceLock<Option<Regex>> = OnceLock::new();
    compiled(
        &QUESTION,
        r"(?i)[\[(< ](?:y(?:es)?|n(?:o)?) ?(?:[/|,]|or) ?(?:y(?:es)?|n(?:o)?)(?:[/|,] ?[^\])>]{1,12})?[\])>]?(?: ?[\[(](?:y(?:es)?|n(?:o)?)[\])])?[?:]* *$|\[confirm\][?:]* *$",
        tail,
    )
}

/// A pager's text without what changes from page to page.
pub(super) fn shape(tail: &[u8]) -> Vec<u8> {
    tail.iter()
        .copied()
        .filter(|byte| !byte.is_ascii_digit() && !byte.is_ascii_whitespace())
        .collect()
}

/// A forced change of the password, whatever the platform.
pub(super) fn asks_for_a_new_password(tail: &[u8]) -> bool {
    static CHANGE: OnceLock<Option<Regex>> = OnceLock::new();
    trim_end(tail).ends_with(b":")
        && compiled(
            &CHANGE,
            r"(?i)(?:new|old|current|retype|re-enter|confirm)[a-z0-9_ ()]{0,30}password ?: ?$",
            tail,
        )
}

/// A log line of the kinds that devices write over a session, or a blank one.
fn looks_like_log(line: &[u8]) -> bool {
    static LOG: OnceLock<Option<Regex>> = OnceLock::new();
    let cheap = line.iter().all(u8::is_ascii_whitespace);
    cheap
        || compiled(
            &LOG,
            r"%[A-Z][A-Z0-9_]+(?:-[A-Z0-9_]+)*-\d-[A-Z0-9_]+|^[*.]?[A-Z][a-z]{2} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d|^<\d{1,3}>|^%[A-Z][a-z]{2} +\d+ ",
            line,
        )
}

/// The bytes that are no blanks: an echo may be wrapped, and prompts end in blanks or not.
pub(super) fn squeeze(text: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(text.len());
    squeezed.extend(squeezed_bytes(text));
    squeezed
}

/// Whether a line is a prompt with the beginning of a command behind it, or with nothing, whatever the blanks in it. The
/// command has none.
fn is_begun_echo(line: &[u8], prompt: &[u8], command: &[u8]) -> bool {
    let mut bytes = squeezed_bytes(line);
    let mut wanted = squeezed_bytes(prompt).peekable();
    if command.is_empty() || wanted.peek().is_none() {
        return false;
    }
    wanted.all(|byte| bytes.next() == Some(byte)) && bytes.enumerate().all(|(at, byte)| command.get(at) == Some(&byte))
}

/// Whether a line says this and nothing else, whatever the blanks in it. What it is to say has none.
pub(super) fn says(line: &[u8], wanted: &[u8]) -> bool {
    squeezed_bytes(line).eq(wanted.iter().copied())
}

fn squeezed_bytes(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().copied().filter(|byte| !byte.is_ascii_whitespace())
}

impl Shell {
    /// Whether a whole line is the prompt and nothing else.
    pub(super) fn is_prompt_line(&self, line: &[u8]) -> bool {
        let line = trim_end(line);
        if line.is_empty() {
            return false;
        }
        line == self.prompt
            || line == self.candidate
            || (self.platform.prompt.is_match(line) && memchr::memmem::find(line, &self.stem).is_some())
    }

    fn is_squeezed_prompt(&self, text: &[u8]) -> bool {
        !text.is_empty()
            && ([&self.prompt, &self.candidate]
                .into_iter()
                .any(|prompt| squeezed_bytes(prompt).eq(text.iter().copied()))
                || self.is_prompt_line(text))
    }

    /// Whether none of these lines is output: only log lines, blank lines, prompts, and the beginning of the command's
    /// echo where a log line broke it.
    pub(super) fn is_chatter(&self, text: &[u8], command: &[u8]) -> bool {
        text.split_inclusive(|byte| *byte == b'\n')
            .all(|line| self.is_chatter_line(line, command))
    }

    pub(super) fn is_chatter_line(&self, line: &[u8], command: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if looks_like_log(line) || self.is_prompt_line(line) || self.is_above_prompt(line) {
            return true;
        }
        let mut prompts = [&self.prompt, &self.candidate].into_iter();
        prompts.any(|prompt| is_begun_echo(line, prompt, command))
    }

    /// Where in the held text the prompt with the command's echo begins, if the text ends with it.
    pub(super) fn find_echo(&self, held: &[u8], command: &[u8]) -> Option<usize> {
        let mut start = held.len();
        let mut joined: Vec<u8> = Vec::new();
        let mut lines = 0;
        while start > 0 && lines < ECHO_LINES {
            let before = held.get(..start - 1).unwrap_or_default();
            let from = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            let line = held.get(from..start).unwrap_or_default();
            start = from;
            lines += 1;
            if looks_like_log(line.strip_suffix(b"\n").unwrap_or(line)) {
                continue;
            }
            let mut longer = squeeze(line);
            longer.append(&mut joined);
            joined = longer;
            if joined.len() > command.len() + super::LONGEST_PROMPT {
                return None;
            }
            let Some(prompt) = joined.strip_suffix(command) else {
                if self.is_scrolled_echo(&joined, command) {
                    return Some(start);
                }
                continue;
            };
            if self.is_squeezed_prompt(prompt) {
                return Some(start);
            }
            // The echo alone, where the prompt was drawn before it: only if nothing else stands there.
            if prompt.is_empty() && self.is_chatter(held.get(..start).unwrap_or_default(), command) {
                return Some(start);
            }
        }
        None
    }

    /// A long line that the device scrolled sideways: the prompt, a mark, and the end of the command.
    fn is_scrolled_echo(&self, line: &[u8], command: &[u8]) -> bool {
        let prompt = squeeze(&self.prompt);
        line.strip_prefix(prompt.as_slice())
            .and_then(|rest| rest.strip_prefix(b"$"))
            .is_some_and(|rest| rest.len() > 4 && command.ends_with(rest))
    }

    /// Whether the platform draws this line over its prompt.
    fn is_above_prompt(&self, line: &[u8]) -> bool {
        let pattern = self.platform.above_prompt.as_ref();
        line.len() <= super::LONGEST_PROMPT && pattern.is_some_and(|pattern| pattern.is_match(trim_end(line)))
    }

    /// Where the last filled line begins, if it is one that the platform draws over its prompt.
    fn find_above_prompt(&self, text: &[u8]) -> Option<usize> {
        self.platform.above_prompt.as_ref()?;
        let filled = trim_end(text);
        let from = memchr::memrchr(b'\n', filled).map_or(0, |end| end + 1);
        self.is_above_prompt(filled.get(from..).unwrap_or_default())
            .then_some(from)
    }

    /// Where a line begins that is the prompt, alone or with a log line in it, or one that is drawn over it.
    pub(super) fn find_bare_prompt(&self, text: &[u8]) -> Option<usize> {
        if self.prompt.is_empty() {
            return None;
        }
        let bare = memchr::memmem::find_iter(text, &self.prompt).find(|at| {
            let starts_line = *at == 0 || text.get(at - 1) == Some(&b'\n');
            let rest = text.get(at + self.prompt.len()..).unwrap_or_default();
            let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            starts_line && looks_like_log(rest.trim_ascii_start())
        });
        bare.or_else(|| self.find_above_prompt(text))
    }
}
