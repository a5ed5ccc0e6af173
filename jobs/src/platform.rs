//! One platform, as its file describes it: prompts, modes, paging, error texts and the commands of each capture type.
//!
//! [`PlatformFile`] is the file as written; [`Platform`] is the same with its patterns compiled. Patterns are matched
//! on bytes, since devices send what they like.

use std::{sync::OnceLock, time::Duration};

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// Where a piece of platform knowledge comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Seen on real devices.
    Real,
    /// Seen in recorded sessions of real devices.
    Recorded,
    /// Only played by simulated devices.
    Simulated,
    /// Only read in a vendor's document.
    Documented,
}

impl Evidence {
    /// The name used in files, answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Recorded => "recorded",
            Self::Simulated => "simulated",
            Self::Documented => "documented",
        }
    }
}

/// A platform file as written. Keys it does not know are errors.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "the keys are explained in docs/adding-a-platform.md and in the JSON Schema"
)]
pub struct PlatformFile {
    pub platform: String,
    pub title: Option<String>,
    pub vendor: Option<String>,
    pub aliases: Option<Vec<String>>,
    pub extends: Option<String>,
    pub legacy_algorithms: Option<bool>,
    pub username_suffix: Option<String>,
    pub enter: Option<String>,
    pub interrupt: Option<String>,
    pub confirm: Option<Confirm>,
    pub terminal: Option<Terminal>,
    pub prompt: Option<PatternEntry>,
    pub above_prompt: Option<PatternEntry>,
    pub modes: Option<Vec<ModeEntry>>,
    pub on_open: Option<Vec<String>>,
    pub on_close: Option<Vec<String>>,
    pub pagers: Option<Vec<PagerEntry>>,
    pub questions: Option<Vec<QuestionEntry>>,
    pub failure_indicators: Option<Vec<PatternEntry>>,
    pub volatile_lines: Option<Vec<PatternEntry>>,
    pub secrets: Option<Vec<SecretEntry>>,
    pub detect: Option<Vec<DetectEntry>>,
    pub captures: Option<serde_yaml::Mapping>,
}

/// What confirms that a text at the end of an output is the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// The echo of the next command, straight behind it.
    Echo,
    /// The prompt again, after an empty line.
    Enter,
}

/// The size of the terminal asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Characters in a line.
    pub columns: u32,
    /// Lines; 0 leaves it to the device.
    pub rows: u32,
}

/// A pattern with where it was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct PatternEntry {
    pub pattern: String,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
    pub capture_types: Option<Vec<String>>,
}

/// What is secret in a line, with where it was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct SecretEntry {
    pub pattern: String,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
    pub capture_types: Option<Vec<String>>,
    pub under: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct ModeEntry {
    pub name: String,
    pub prompt: String,
    pub enter: Option<String>,
    pub secret_prompt: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct PagerEntry {
    pub pattern: String,
    pub answer: String,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct QuestionEntry {
    pub pattern: String,
    pub failure: Option<String>,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct DetectEntry {
    pub on: DetectOn,
    pub pattern: String,
    pub command: Option<String>,
    pub priority: u8,
    pub evidence: Option<Evidence>,
    pub source: Option<String>,
}

/// What a detection rule looks at, cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectOn {
    /// The peer's SSH version string.
    SshVersion,
    /// What it sent before the prompt.
    Banner,
    /// The prompt.
    Prompt,
    /// The output of a command.
    Output,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "see docs/adding-a-platform.md")]
pub struct CaptureEntry {
    pub commands: Vec<String>,
    pub evidence: Evidence,
    pub source: Option<String>,
    pub end_mark: Option<PatternEntry>,
    pub command_total_seconds: Option<u64>,
    #[serde(default)]
    pub may_be_empty: bool,
    #[serde(default)]
    pub privileged: bool,
}

/// A pattern that is compiled when it is first looked for: most are never needed in a run. It works on bytes; classes such
/// as `\w` are those of ASCII.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    regex: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// The largest compiled pattern, in bytes.
    const LARGEST: usize = 4 << 20;

    /// A pattern that nobody has looked at yet.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            regex: OnceLock::new(),
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn compiled(&self) -> &Result<Regex, String> {
        self.regex.get_or_init(|| {
            let built = RegexBuilder::new(&self.text)
                .unicode(false)
                .size_limit(Self::LARGEST)
                .build();
            built.map_err(|error| format!("'{}' is no valid pattern: {error}", self.text))
        })
    }

    /// Whether it is a pattern at all.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        self.compiled().as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Whether it is found in the text.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.compiled().as_ref().is_ok_and(|regex| regex.is_match(text))
    }
}

/// A platform ready to use.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields mirror `PlatformFile`, compiled")]
pub struct Platform {
    pub slug: String,
    pub title: String,
    pub vendor: String,
    pub aliases: Vec<String>,
    pub legacy_algorithms: bool,
    pub username_suffix: String,
    pub enter: String,
    pub interrupt: String,
    /// An empty line confirms every prompt, since the terminal echoes what is typed ahead.
    pub confirm_by_enter: bool,
    pub terminal: Terminal,
    pub prompt: Pattern,
    /// A line that is drawn over each prompt and is no output.
    pub above_prompt: Option<Pattern>,
    pub modes: Vec<Mode>,
    pub on_open: Vec<String>,
    pub on_close: Vec<String>,
    pub pagers: Vec<Pager>,
    pub questions: Vec<Pattern>,
    /// All failure indicators in one.
    pub failure: Option<Pattern>,
    /// Matches every tail that is a pager, a question or the prompt for a secret, and maybe others.
    pub asking: Option<Pattern>,
    pub volatile_lines: Vec<LineRule>,
    pub secrets: Vec<LineRule>,
    pub detect: Vec<Detect>,
    /// In the order they run: configurations first.
    pub captures: Vec<Capture>,
}

/// A level of rights on the device with its own prompt.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields mirror `ModeEntry`, compiled")]
pub struct Mode {
    pub name: String,
    pub prompt: Pattern,
    pub enter: Option<String>,
    pub secret_prompt: Option<Pattern>,
}

/// A text the device stops at until a key is pressed.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields mirror `PagerEntry`, compiled")]
pub struct Pager {
    pub pattern: Pattern,
    pub answer: String,
}

/// A rule about lines of some capture types, or of all when it names none.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields mirror `PatternEntry`, compiled")]
pub struct LineRule {
    pub pattern: Pattern,
    pub capture_types: Vec<String>,
    /// Of a secret: what one of the lines above must look like that the line stands under.
    pub under: Option<Pattern>,
}

/// One way to recognise the platform.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields mirror `DetectEntry`, compiled")]
pub struct Detect {
    pub on: DetectOn,
    pub pattern: Pattern,
    pub command: Option<String>,
    pub priority: u8,
}

/// How one capture type is collected on the platform.
#[derive(Debug)]
pub struct Capture {
    /// Slug of the capture type.
    pub capture_type: String,
    /// Sent one after the other; the outputs of several are joined, each headed by its command.
    pub commands: Vec<String>,
    /// Where the knowledge comes from.
    pub evidence: Evidence,
    /// Which document, for `documented`.
    pub source: Option<String>,
    /// The last filled line of every whole output, where one is known.
    pub end_mark: Option<Pattern>,
    /// Longest time for one command, if not the usual.
    pub command_total: Option<Duration>,
    /// Whether nothing at all is a good answer.
    pub may_be_empty: bool,
    /// Whether it makes sense only in the last mode.
    pub privileged: bool,
}

impl Platform {
    /// Whether the line is one of the platform's error texts.
    pub fn is_failure(&self, line: &[u8]) -> bool {
        line.len() < 1024 && self.failure.as_ref().is_some_and(|pattern| pattern.is_match(line))
    }

    /// The capture of this type, if the platform has one.
    pub fn capture(&self, capture_type: &str) -> Option<&Capture> {
        self.captures
            .iter()
            .find(|capture| capture.capture_type == capture_type)
    }

    /// That there is no template for capture types, as people read it.
    #[must_use]
    pub fn lacks(&self, capture_types: &str) -> String {
        format!("{} has no template for {capture_types}", self.title)
    }
}
