//! The shell of one device as a dialogue: send a line, take its echo away, stream the answer, recognise the prompt.
//!
//! A prompt is never believed at sight. What stands at the end of an output and looks like the prompt is a candidate; it
//! is confirmed by the echo of the next command straight after it, or by the same prompt again after an empty line. If
//! more output comes instead, the candidate was text and belongs to the output before it.

use std::{sync::OnceLock, time::Duration};

use regex::bytes::Regex;
use russh::{Channel, ChannelMsg, client::Msg};
use tokio::time::Instant;

use crate::{
    error::{DeviceError, FailureKind},
    line::Lines,
    platform::Platform,
};

/// Longest line that can be a prompt or a pager, in bytes.
const LONGEST_PROMPT: usize = 512;
/// Text held back while it is open whether a candidate was the prompt; more than this was text.
const LONGEST_HELD: usize = 16 * 1024;
/// Silence after which a tail that is not known to be a prompt or pager is looked at more generously.
const QUIET: Duration = Duration::from_millis(1500);
/// Pager answers for one command; more means that the device does not understand the answer.
const MOST_PAGES: usize = 100_000;
/// Prompts asked for by Enter before the device counts as having none.
const MOST_PROBES: usize = 6;

/// Receives the clean text of an exchange. A refusal ends the session.
pub trait TextSink: Send {
    /// Takes whole lines, each ended by LF (a part of a line where a line passes the limit).
    fn text(&mut self, text: &[u8]) -> impl Future<Output = Result<(), DeviceError>> + Send;
}

/// Throws text away.
pub struct Nowhere;
impl TextSink for Nowhere {
    async fn text(&mut self, _text: &[u8]) -> Result<(), DeviceError> {
        Ok(())
    }
}

/// Time limits of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct ExchangeLimits {
    /// Longest silence.
    pub silence: Duration,
    /// Longest time in all.
    pub total: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum Tail {
    Nothing,
    Prompt,
    Pager(String),
    Question,
    Secret,
}

/// An open shell with what has been learned about it.
pub struct Shell<'p> {
    channel: Channel<Msg>,
    platform: &'p Platform,
    lines: Lines,
    prompt: Vec<u8>,
    stem: Vec<u8>,
    echoes: bool,
    /// The session as received, with our input marked.
    pub transcript: crate::driver::Transcript,
    tail: Vec<u8>,
    fresh: Vec<u8>,
}

fn trim_end(text: &[u8]) -> &[u8] {
    text.trim_ascii_end()
}

fn squeeze(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn generic(cell: &'static OnceLock<Option<Regex>>, pattern: &str) -> Option<&'static Regex> {
    cell.get_or_init(|| Regex::new(pattern).ok()).as_ref()
}

fn looks_like_any_prompt(tail: &[u8]) -> bool {
    static PROMPT: OnceLock<Option<Regex>> = OnceLock::new();
    generic(&PROMPT, r"^[^\s#>].{0,100}[>#$%\]] ?$|^[>#$%] ?$").is_some_and(|regex| regex.is_match(tail))
}

fn looks_like_any_pager(tail: &[u8]) -> bool {
    static PAGER: OnceLock<Option<Regex>> = OnceLock::new();
    generic(&PAGER, r"(?i)\bmore\b|press (any|a|the|space|enter)|any key|to continue|\(?q(=| to | for )?quit")
        .is_some_and(|regex| regex.is_match(tail))
}

fn looks_like_log(line: &[u8]) -> bool {
    static LOG: OnceLock<Option<Regex>> = OnceLock::new();
    generic(
        &LOG,
        r"%[A-Z][A-Z0-9_]+(-[A-Z0-9_]+)*-\d-[A-Z0-9_]+|^\s*$|^\*?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d|^<\d{1,3}>|^%[A-Z][a-z]{2} +\d+ ",
    )
    .is_some_and(|regex| regex.is_match(line))
}

impl<'p> Shell<'p> {
    /// Takes over a channel whose shell has just started.
    pub fn new(channel: Channel<Msg>, platform: &'p Platform, transcript: crate::driver::Transcript) -> Self {
        Self {
            channel,
            platform,
            lines: Lines::default(),
            prompt: Vec::new(),
            stem: Vec::new(),
            echoes: true,
            transcript,
            tail: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// The prompt, once learned, without trailing blanks.
    pub fn prompt(&self) -> &[u8] {
        &self.prompt
    }

    async fn send(&mut self, text: &str) -> Result<(), DeviceError> {
        self.transcript.input(text);
        self.send_unrecorded(text).await
    }

    async fn send_unrecorded(&mut self, text: &str) -> Result<(), DeviceError> {
        self.channel
            .data_bytes(text.as_bytes().to_vec())
            .await
            .map_err(|_| DeviceError::new(FailureKind::Disconnected, "The device closed the connection"))
    }

    /// Waits for the next piece of output; completed lines are in `fresh` afterwards. `None` after `limit` of silence.
    async fn receive(&mut self, limit: Duration) -> Result<Option<()>, DeviceError> {
        self.fresh.clear();
        loop {
            let message = match tokio::time::timeout(limit, self.channel.wait()).await {
                Ok(message) => message,
                Err(_) => return Ok(None),
            };
            match message {
                Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => {
                    self.transcript.output(&data);
                    self.lines.take(&data, &mut self.fresh);
                    return Ok(Some(()));
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) | None => {
                    return Err(DeviceError::new(FailureKind::Disconnected, "The device closed the session"));
                }
                Some(_) => {}
            }
        }
    }

    fn look_at_tail(&mut self, quiet: bool) -> Tail {
        if !self.lines.has_tail() {
            return Tail::Nothing;
        }
        let mut tail = std::mem::take(&mut self.tail);
        self.lines.tail(&mut tail);
        let what = self.classify(&tail, quiet);
        self.tail = tail;
        what
    }

    fn classify(&self, tail: &[u8], quiet: bool) -> Tail {
        let trimmed = trim_end(tail);
        if trimmed.is_empty() || tail.len() > LONGEST_PROMPT {
            return Tail::Nothing;
        }
        if !self.prompt.is_empty() && trimmed == self.prompt {
            return Tail::Prompt;
        }
        if let Some(pager) = self.platform.pagers.iter().find(|pager| pager.pattern.is_match(tail)) {
            return Tail::Pager(pager.answer.clone());
        }
        if self.platform.questions.iter().any(|question| question.is_match(tail)) {
            return Tail::Question;
        }
        let secret = |mode: &crate::platform::Mode| {
            mode.secret_prompt.as_ref().is_some_and(|pattern| pattern.is_match(tail))
        };
        if self.platform.modes.iter().any(secret) {
            return Tail::Secret;
        }
        let fits = self.platform.prompt.is_match(tail);
        let ours = self.prompt.is_empty()
            || (!self.stem.is_empty() && memchr::memmem::find(trimmed, &self.stem).is_some());
        if fits && (ours || quiet) {
            return Tail::Prompt;
        }
        if quiet && looks_like_any_pager(tail) {
            return Tail::Pager(" ".to_owned());
        }
        if quiet && self.prompt.is_empty() && looks_like_any_prompt(tail) {
            return Tail::Prompt;
        }
        Tail::Nothing
    }

    fn learn(&mut self, prompt: &[u8]) {
        self.prompt = trim_end(prompt).to_vec();
        let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        self.stem = self
            .prompt
            .split(|byte| !name_byte(byte))
            .max_by_key(|part| part.len())
            .unwrap_or_default()
            .to_vec();
    }

    /// Learns the prompt: what the device answers to Enter, twice the same.
    ///
    /// # Errors
    /// `prompt_not_found`, `interaction_required`, or what broke the session.
    pub async fn find_prompt(&mut self, limit: Duration) -> Result<(), DeviceError> {
        let deadline = Instant::now() + limit;
        let mut candidate: Option<Vec<u8>> = None;
        let mut probes = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let quiet = self.receive(left.min(QUIET)).await?.is_none();
            if quiet && left <= QUIET {
                return Err(self.no_prompt());
            }
            let repeated = candidate.as_ref().is_some_and(|candidate| {
                self.fresh
                    .split(|byte| *byte == b'\n')
                    .any(|line| trim_end(line) == candidate.as_slice() || line.is_empty())
            });
            match self.look_at_tail(quiet) {
                Tail::Pager(answer) => self.answer_pager(&answer).await?,
                Tail::Question => return Err(self.question()),
                Tail::Prompt => {
                    let now = trim_end(&self.tail).to_vec();
                    if repeated && candidate.as_ref() == Some(&now) {
                        self.learn(&now);
                        return Ok(());
                    }
                    if candidate.as_ref() != Some(&now) || quiet {
                        if probes >= MOST_PROBES {
                            return Err(self.no_prompt());
                        }
                        probes += 1;
                        candidate = Some(now);
                        let enter = self.platform.enter.clone();
                        self.send(&enter).await?;
                    }
                }
                Tail::Nothing | Tail::Secret => {}
            }
        }
    }

    fn no_prompt(&self) -> DeviceError {
        DeviceError::new(FailureKind::PromptNotFound, "No prompt was found that the device repeats after Enter")
    }

    fn question(&self) -> DeviceError {
        let tail = String::from_utf8_lossy(trim_end(&self.tail)).into_owned();
        DeviceError::new(FailureKind::InteractionRequired, format!("The device asks: {tail}"))
    }

    async fn answer_pager(&mut self, answer: &str) -> Result<(), DeviceError> {
        self.lines.mark_pager();
        self.send(answer).await
    }

    /// Enters the platform's last mode with the enable password. One try.
    ///
    /// # Errors
    /// `privilege_failed`, or what broke the session.
    pub async fn enter_privileged(&mut self, secret: &str, limit: Duration) -> Result<(), DeviceError> {
        let failed = |what: &str| DeviceError::new(FailureKind::PrivilegeFailed, what.to_owned());
        let Some(last) = self.platform.modes.last() else { return Ok(()) };
        if last.prompt.is_match(&self.prompt) {
            return Ok(());
        }
        let Some(command) = last.enter.clone() else { return Ok(()) };
        let enter = self.platform.enter.clone();
        self.send(&format!("{command}{enter}")).await?;
        self.lines.clear();
        let deadline = Instant::now() + limit;
        let mut secret_sent = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.receive(left).await?.is_none() {
                return Err(failed("The device did not answer to the privileged mode"));
            }
            match self.look_at_tail(false) {
                Tail::Secret if secret_sent => return Err(failed("The device refused the enable password")),
                Tail::Secret => {
                    secret_sent = true;
                    self.transcript.secret(secret);
                    self.lines.clear();
                    self.send_unrecorded(&format!("{secret}{enter}")).await?;
                }
                Tail::Prompt => {
                    let now = trim_end(&self.tail).to_vec();
                    if last.prompt.is_match(&now) {
                        self.learn(&now);
                        return Ok(());
                    }
                    if now == self.prompt {
                        return Err(failed("The device did not grant the privileged mode"));
                    }
                }
                _ => {}
            }
        }
    }

    /// Sends a line and streams its answer into `next` until a prompt candidate. What the device still says before the
    /// line's echo belongs to the answer before it and goes to `before`; `settled` is called once that one is over.
    ///
    /// # Errors
    /// `command_timeout`, `disconnected`, or what a sink says.
    pub async fn exchange<B: TextSink, N: TextSink>(
        &mut self,
        command: &str,
        before: &mut B,
        next: &mut N,
        limits: ExchangeLimits,
    ) -> Result<(), DeviceError> {
        if !self.echoes {
            self.confirm(before, limits).await?;
        }
        let enter = self.platform.enter.clone();
        self.send(&format!("{command}{enter}")).await?;
        let deadline = Instant::now() + limits.total;
        let squeezed_command = squeeze(command.as_bytes());
        let mut held: Vec<u8> = Vec::new();
        let mut settled = false;
        let mut just_settled = false;
        let mut pages = 0;
        let mut silent_since = Instant::now();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timed_out("ran", limits.total));
            }
            let quiet = self.receive(left.min(QUIET).min(limits.silence)).await?.is_none();
            if quiet && silent_since.elapsed() >= limits.silence {
                return Err(timed_out("was silent", limits.silence));
            }
            if !quiet {
                silent_since = Instant::now();
            }
            let fresh = std::mem::take(&mut self.fresh);
            if !settled && !fresh.is_empty() {
                let mut rest = fresh.as_slice();
                while !settled && !rest.is_empty() {
                    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    let (line, after) = rest.split_at(end);
                    held.extend_from_slice(line);
                    rest = after;
                    settled = self.is_echo(&held, line, &squeezed_command);
                    if settled {
                        let earlier = self.before_echo(&held, &squeezed_command);
                        before.text(&earlier).await?;
                        just_settled = true;
                    } else if !self.echoes {
                        let own = self.without_prompt(&held);
                        next.text(&own).await?;
                        settled = true;
                    } else if held.len() > LONGEST_HELD {
                        before.text(&held).await?;
                        held.clear();
                    }
                }
                if settled {
                    held = Vec::new();
                    let body = if just_settled { self.without_doubled_echo(rest, &squeezed_command, &mut just_settled) } else { rest };
                    next.text(body).await?;
                }
            } else if !fresh.is_empty() {
                let body = if just_settled {
                    self.without_doubled_echo(&fresh, &squeezed_command, &mut just_settled)
                } else {
                    &fresh
                };
                next.text(body).await?;
            }
            self.fresh = fresh;
            match self.look_at_tail(quiet) {
                Tail::Prompt if settled => return Ok(()),
                Tail::Prompt if quiet && !held.is_empty() => {
                    // The device answered and never echoed: the first command tells whether it ever does.
                    self.echoes = false;
                    let own = self.without_prompt(&held);
                    next.text(&own).await?;
                    return Ok(());
                }
                Tail::Pager(answer) => {
                    pages += 1;
                    if pages > MOST_PAGES {
                        return Err(DeviceError::new(FailureKind::OutputTooLarge, "The device pages without end"));
                    }
                    self.answer_pager(&answer).await?;
                }
                Tail::Question => return Err(self.question()),
                _ => {}
            }
        }
    }

    /// Confirms the candidate by an empty line: the same prompt must come again. Text that comes instead goes to `before`.
    ///
    /// # Errors
    /// As [`Shell::exchange`].
    pub async fn confirm<B: TextSink>(&mut self, before: &mut B, limits: ExchangeLimits) -> Result<(), DeviceError> {
        let enter = self.platform.enter.clone();
        self.send(&enter).await?;
        let deadline = Instant::now() + limits.total;
        let mut held: Vec<u8> = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.receive(left.min(limits.silence)).await?.is_none() {
                return Err(timed_out("was silent", limits.silence));
            }
            held.extend_from_slice(&self.fresh);
            if self.look_at_tail(false) == Tail::Prompt && self.ends_in_answered_enter(&held) {
                let earlier = self.before_echo(&held, b"");
                return before.text(&earlier).await;
            }
            if held.len() > LONGEST_HELD {
                let end = memchr::memrchr(b'\n', held.get(..LONGEST_HELD / 2).unwrap_or_default()).map_or(0, |end| end + 1);
                before.text(held.get(..end).unwrap_or_default()).await?;
                held.drain(..end);
            }
        }
    }

    fn ends_in_answered_enter(&self, held: &[u8]) -> bool {
        let mut lines = held.split(|byte| *byte == b'\n').rev().skip(1);
        lines.find(|line| !trim_end(line).is_empty()).is_some_and(|line| self.is_prompt_line(line)) || !self.echoes
    }

    fn is_prompt_line(&self, line: &[u8]) -> bool {
        let line = trim_end(line);
        line == self.prompt || (self.platform.prompt.is_match(line) && memchr::memmem::find(line, &self.stem).is_some())
    }

    /// Whether `line`, or all that is held, is the prompt with the echo of the command behind it.
    fn is_echo(&self, held: &[u8], line: &[u8], command: &[u8]) -> bool {
        let fits = |text: &[u8]| {
            let squeezed = squeeze(text);
            squeezed.strip_suffix(command).is_some_and(|prompt| {
                prompt.is_empty() || prompt == squeeze(&self.prompt) || self.is_prompt_line(prompt)
            })
        };
        if fits(line) {
            return true;
        }
        // A wrapped echo: the command in pieces over the last lines.
        let lines: Vec<&[u8]> = held.split(|byte| *byte == b'\n').collect();
        let from = lines.len().saturating_sub(8);
        (from..lines.len()).any(|start| {
            let joined = lines.get(start..).unwrap_or_default().concat();
            squeeze(&joined).strip_suffix(command).is_some_and(|prompt| !prompt.is_empty() && prompt == squeeze(&self.prompt))
        })
    }

    /// What of the held text came before the prompt and its echo. Log lines that broke the prompt do not count.
    fn before_echo(&self, held: &[u8], command: &[u8]) -> Vec<u8> {
        let mut lines: Vec<&[u8]> = held.split_inclusive(|byte| *byte == b'\n').collect();
        let mut echo = Vec::new();
        while let Some(line) = lines.pop() {
            echo = [line, echo.as_slice()].concat();
            let squeezed = squeeze(&echo);
            if squeezed == command || squeezed.strip_suffix(command).is_some_and(|prompt| prompt == squeeze(&self.prompt)) || self.is_prompt_line(squeezed.strip_suffix(command).unwrap_or_default()) {
                break;
            }
        }
        let only_chatter = lines.iter().all(|line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            looks_like_log(line) || self.is_prompt_line(line)
        });
        if only_chatter { Vec::new() } else { lines.concat() }
    }

    fn without_prompt(&self, held: &[u8]) -> Vec<u8> {
        let end = memchr::memchr(b'\n', held).map_or(held.len(), |end| end + 1);
        let (first, rest) = held.split_at(end);
        match first.strip_prefix(self.prompt.as_slice()).map(|first| first.trim_ascii_start()) {
            Some([]) => rest.to_vec(),
            Some(first) => [first, b"\n", rest].concat(),
            None => held.to_vec(),
        }
    }

    fn without_doubled_echo<'t>(&self, text: &'t [u8], command: &[u8], looking: &mut bool) -> &'t [u8] {
        if text.is_empty() {
            return text;
        }
        *looking = false;
        let end = memchr::memchr(b'\n', text).map_or(text.len(), |end| end + 1);
        let (first, rest) = text.split_at(end);
        if squeeze(first) == command { rest } else { text }
    }

    /// Sends the last lines and does not wait.
    pub async fn leave(&mut self) {
        let enter = self.platform.enter.clone();
        for command in &self.platform.on_close {
            let _ = self.send(&format!("{command}{enter}")).await;
        }
    }
}

fn timed_out(what: &str, limit: Duration) -> DeviceError {
    let seconds = limit.as_secs_f32();
    DeviceError::new(FailureKind::CommandTimeout, format!("Command timed out: it {what} for {seconds} seconds"))
}
