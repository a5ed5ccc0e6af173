//! One command and its answer.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    ExchangeLimits, KEPT_OF_HELD, LONGEST_HELD, QUIET, Shell, Tail, TextSink,
    chatter::{says, squeeze},
    timed_out,
};
use crate::{
    error::{DeviceError, FailureKind},
    spare,
};

/// Pager answers for one command; more means that the device does not understand the answer.
const MOST_PAGES: usize = 100_000;
/// Empty lines sent in one exchange to have a prompt drawn again that a log line overwrote.
const MOST_REDRAWS: usize = 3;

/// Watches the clock of an exchange.
pub(super) struct Clock {
    limits: ExchangeLimits,
    deadline: Instant,
    heard: Instant,
}

impl Clock {
    pub(super) fn start(limits: ExchangeLimits) -> Self {
        let now = Instant::now();
        Self {
            limits,
            deadline: now + limits.total,
            heard: now,
        }
    }

    /// How long to wait for the next piece.
    fn patience(&self) -> Result<Duration, DeviceError> {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Err(timed_out("it was not over after", self.limits.total));
        }
        let silent = now.saturating_duration_since(self.heard);
        let until_silent = self.limits.silence.saturating_sub(silent);
        if until_silent.is_zero() {
            return Err(timed_out("the device was silent for", self.limits.silence));
        }
        Ok(left.min(until_silent).min(QUIET))
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
    }
}

/// Lines that may be a prompt with log lines behind it; they are output once other output follows.
#[derive(Default)]
struct Pending {
    text: Vec<u8>,
    /// So much of it was looked at and is no output.
    looked_at: usize,
}

/// Passes the beginning of what is held on when it is too long for all of it to belong to a prompt.
async fn relieve<S: TextSink>(held: &mut Vec<u8>, sink: &mut S) -> Result<(), DeviceError> {
    if held.len() <= LONGEST_HELD {
        return Ok(());
    }
    let most = held.len() - KEPT_OF_HELD;
    let end = memchr::memrchr(b'\n', held.get(..most).unwrap_or_default()).map_or(most, |end| end + 1);
    sink.text(held.get(..end).unwrap_or_default()).await?;
    held.drain(..end);
    Ok(())
}

impl Shell {
    /// Sends a line and streams its answer into `next` until a prompt candidate. What the device still says before the
    /// line's echo belongs to the answer before it and goes to `before`, which is over once the echo has come.
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
        if self.confirms_first() {
            self.confirm(before, limits).await?;
        }
        self.send_line(command).await?;
        let mut clock = Clock::start(limits);
        if !self.echoes {
            return self.await_prompt(None, b"", next, &mut clock).await;
        }
        let echo = squeeze(command.as_bytes());
        match self.await_echo(&echo, before, next, &mut clock).await? {
            Some(behind) => self.await_prompt(Some(behind), &echo, next, &mut clock).await,
            None => Ok(()),
        }
    }

    /// Ends the session the polite way: an empty line confirms the candidate, and the first closing command goes out
    /// with it. That command's echo is the confirmation, or the prompt again with nothing behind it.
    ///
    /// # Errors
    /// As [`Shell::exchange`].
    pub async fn leave<B: TextSink>(&mut self, before: &mut B, limits: ExchangeLimits) -> Result<(), DeviceError> {
        let platform = Arc::clone(&self.platform);
        let mut commands = platform.on_close.iter();
        if self.confirms_first() || platform.on_close.is_empty() {
            self.confirm(before, limits).await?;
        } else if let Some(command) = commands.next() {
            let lines = format!("{}{command}{}", platform.enter, platform.enter);
            self.send(&lines).await?;
            self.await_confirmation(&squeeze(command.as_bytes()), before, limits)
                .await?;
        }
        for command in commands {
            let _ = self.send_line(command).await;
        }
        Ok(())
    }

    /// Waits for the echo. Answers with where in `fresh` the text behind it begins; `None` when the device does not echo
    /// and its whole answer has passed.
    pub(super) async fn await_echo<B: TextSink, N: TextSink>(
        &mut self,
        echo: &[u8],
        before: &mut B,
        next: &mut N,
        clock: &mut Clock,
    ) -> Result<Option<usize>, DeviceError> {
        let mut held: Vec<u8> = Vec::new();
        let mut redraws = 0;
        loop {
            let quiet = self.receive(clock.patience()?).await?.is_none();
            if !quiet {
                clock.heard();
            }
            let fresh = std::mem::take(&mut self.fresh);
            let mut rest = fresh.as_slice();
            while !rest.is_empty() {
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                let (line, after) = rest.split_at(end);
                held.extend_from_slice(line);
                rest = after;
                if let Some(start) = self.find_echo(&held, echo) {
                    self.echo_seen = true;
                    let earlier = held.get(..start).unwrap_or_default();
                    // The candidate itself and log lines around it are no output.
                    if !self.is_chatter(earlier, echo) {
                        before.text(earlier).await?;
                    } else if !self.candidate.is_empty() {
                        self.confirmed();
                    }
                    before.over().await?;
                    let behind = fresh.len() - rest.len();
                    self.fresh = fresh;
                    return Ok(Some(behind));
                }
                if held.len() > LONGEST_HELD {
                    before.text(&held).await?;
                    held.clear();
                }
            }
            self.fresh = fresh;
            match self.look_at_tail(quiet) {
                // The device answered and did not echo. Only the first command of a session may tell: later on, an
                // answer without its echo may be the rest of the answer before.
                Tail::Prompt if quiet && !held.is_empty() && !self.echo_seen => {
                    self.echoes = false;
                    before.over().await?;
                    next.text(self.without_prompt(&held)).await?;
                    self.believe_for_now();
                    return Ok(None);
                }
                Tail::Secret if quiet => return Ok(None),
                Tail::Pager(answer) => self.answer_pager(&answer).await?,
                Tail::Question => return Err(self.question()),
                Tail::Nothing if quiet && redraws < MOST_REDRAWS && self.is_overwritten(&held, echo) => {
                    redraws += 1;
                    self.send_line("").await?;
                }
                _ => {}
            }
        }
    }

    /// Streams output until a prompt candidate stands at its end. `behind_echo` is where in `fresh` it begins; without an
    /// echo the first line still has the prompt in front.
    async fn await_prompt<N: TextSink>(
        &mut self,
        behind_echo: Option<usize>,
        echo: &[u8],
        next: &mut N,
        clock: &mut Clock,
    ) -> Result<(), DeviceError> {
        let mut pending = Pending::default();
        let mut pages = 0;
        let mut redraws = 0;
        let mut quiet = false;
        let mut behind_prompt = behind_echo.is_none();
        let mut first_line = true;
        let mut start = behind_echo.unwrap_or_default();
        let mut piece = match behind_echo {
            Some(_) => std::mem::take(&mut self.fresh),
            None => self.next_piece(&mut quiet, clock).await?,
        };
        loop {
            let text = piece.get(start..).unwrap_or_default();
            if !text.is_empty() {
                let output = match (behind_prompt, first_line) {
                    (true, _) => self.without_prompt(text),
                    (false, true) => without_echo(text, echo),
                    (false, false) => text,
                };
                behind_prompt = false;
                first_line = false;
                self.pass(output, &mut pending, next).await?;
            }
            match self.look_at_tail(quiet) {
                Tail::Prompt => {
                    self.believe_for_now();
                    // A session at rest holds no buffer of the size of its last output.
                    spare::give_back(piece);
                    return Ok(());
                }
                Tail::Pager(answer) => {
                    pages += 1;
                    if pages > MOST_PAGES {
                        return Err(DeviceError::new(
                            FailureKind::OutputTooLarge,
                            "The device pages without end",
                        ));
                    }
                    self.answer_pager(&answer).await?;
                }
                Tail::Question => return Err(self.question()),
                Tail::Nothing if quiet && redraws < MOST_REDRAWS && self.is_overwritten(&pending.text, b"") => {
                    redraws += 1;
                    self.send_line("").await?;
                }
                _ => {}
            }
            start = 0;
            self.fresh = piece;
            piece = self.next_piece(&mut quiet, clock).await?;
        }
    }

    async fn next_piece(&mut self, quiet: &mut bool, clock: &mut Clock) -> Result<Vec<u8>, DeviceError> {
        *quiet = self.receive(clock.patience()?).await?.is_none();
        if !*quiet {
            clock.heard();
        }
        Ok(std::mem::take(&mut self.fresh))
    }

    async fn pass<N: TextSink>(&self, text: &[u8], pending: &mut Pending, next: &mut N) -> Result<(), DeviceError> {
        if pending.text.is_empty() {
            pending.looked_at = 0;
            let Some(at) = self.find_bare_prompt(text) else {
                return next.text(text).await;
            };
            let (output, doubtful) = text.split_at(at);
            next.text(output).await?;
            pending.text.extend_from_slice(doubtful);
        } else {
            pending.text.extend_from_slice(text);
        }
        let mut output_ends = 0;
        let mut at = pending.looked_at;
        let fresh = pending.text.get(at..).unwrap_or_default();
        for line in fresh.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            if !self.is_chatter_line(line, b"") {
                output_ends = at;
            }
        }
        if output_ends > 0 {
            let rest = pending.text.get(output_ends..).unwrap_or_default();
            let keep_from = output_ends + self.find_bare_prompt(rest).unwrap_or(rest.len());
            next.text(pending.text.get(..keep_from).unwrap_or_default()).await?;
            pending.text.drain(..keep_from);
        }
        relieve(&mut pending.text, next).await?;
        pending.looked_at = pending.text.len();
        Ok(())
    }

    /// A prompt was drawn, and log lines wrote over it: nothing will come until Enter is pressed.
    fn is_overwritten(&self, held: &[u8], echo: &[u8]) -> bool {
        !held.is_empty() && !self.lines.has_tail() && self.is_chatter(held, echo)
    }

    /// The echo stood straight behind the candidate: it is the prompt now, also where its name has changed.
    fn confirmed(&mut self) {
        if self.candidate != self.prompt {
            let prompt = std::mem::take(&mut self.candidate);
            self.learn(&prompt);
        }
    }

    /// Confirms the candidate by an empty line: the same prompt must come again. Text that comes instead goes to `before`.
    ///
    /// # Errors
    /// As [`Shell::exchange`].
    pub async fn confirm<B: TextSink>(&mut self, before: &mut B, limits: ExchangeLimits) -> Result<(), DeviceError> {
        self.send_line("").await?;
        self.await_confirmation(b"", before, limits).await
    }

    /// Waits for the prompt to come again; where a command went out with the empty line, for its echo. An output may hold
    /// lines that are the prompt and nothing else, so then the prompt alone is believed only once nothing follows it.
    async fn await_confirmation<B: TextSink>(
        &mut self,
        echo: &[u8],
        before: &mut B,
        limits: ExchangeLimits,
    ) -> Result<(), DeviceError> {
        let mut clock = Clock::start(limits);
        let mut held: Vec<u8> = Vec::new();
        let mut answered = false;
        loop {
            let (quiet, ended) = match self.receive(clock.patience()?).await {
                Ok(heard) => (heard.is_none(), None),
                Err(error) => (false, Some(error)),
            };
            if !quiet {
                clock.heard();
            }
            held.extend_from_slice(&self.fresh);
            let tail = self.look_at_tail(quiet);
            let echoed = !echo.is_empty()
                && (self.find_echo(&held, echo).is_some() || self.find_echo(&self.tail, echo).is_some());
            if !quiet {
                answered = tail == Tail::Prompt && self.ends_in_answered_enter(&held);
            }
            let again = answered && (echo.is_empty() || quiet || ended.is_some());
            if echoed || again {
                let output = self.without_last_prompt(&held, echo);
                if !self.is_chatter(output, echo) {
                    before.text(output).await?;
                }
                if again {
                    self.believe_for_now();
                }
                self.confirmed();
                return before.over().await;
            }
            if let Some(error) = ended {
                return Err(error);
            }
            match tail {
                Tail::Pager(answer) => self.answer_pager(&answer).await?,
                Tail::Question => return Err(self.question()),
                _ => {}
            }
            relieve(&mut held, before).await?;
        }
    }

    /// The last filled line is the prompt behind which Enter was pressed.
    fn ends_in_answered_enter(&self, held: &[u8]) -> bool {
        let mut lines = held.split(|byte| *byte == b'\n').rev();
        let last = lines.find(|line| !self.is_chatter_line(line, b"") || self.is_prompt_line(line));
        last.is_some_and(|line| self.is_prompt_line(line))
            || (!self.echoes && !held.is_empty() && self.is_chatter(held, b""))
    }

    /// The text up to the prompts and log lines that end it.
    fn without_last_prompt<'t>(&self, held: &'t [u8], echo: &[u8]) -> &'t [u8] {
        let mut end = self
            .find_echo(held, echo)
            .filter(|_| !echo.is_empty())
            .unwrap_or(held.len());
        while end > 0 {
            let before = held.get(..end - 1).unwrap_or_default();
            let from = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            if !self.is_chatter_line(held.get(from..end).unwrap_or_default(), echo) {
                break;
            }
            end = from;
        }
        held.get(..end).unwrap_or_default()
    }

    /// What follows the prompt on the first line, where a device answers without echo.
    fn without_prompt<'t>(&self, held: &'t [u8]) -> &'t [u8] {
        let Some(rest) = held.strip_prefix(self.prompt.as_slice()) else {
            return held;
        };
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        let rest = rest.get(blanks..).unwrap_or_default();
        rest.strip_prefix(b"\n").unwrap_or(rest)
    }
}

/// The text without its first line where that is the echo once more: some devices echo twice.
fn without_echo<'t>(text: &'t [u8], echo: &[u8]) -> &'t [u8] {
    let end = memchr::memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    let (first, rest) = text.split_at(end);
    if says(first, echo) { rest } else { text }
}
