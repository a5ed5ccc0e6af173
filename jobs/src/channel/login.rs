//! From the fresh shell to a prompt that is known, and to the mode that may see everything.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{ExchangeLimits, Nowhere, QUIET, Shell, Tail, chatter::squeeze, exchange::Clock, trim_end};
use crate::error::{DeviceError, FailureKind};

/// Prompts asked for by Enter before the device counts as having none.
const MOST_PROBES: usize = 6;
/// What is kept of the text before the first prompt, for finding out the platform.
const LONGEST_BANNER: usize = 4096;

/// What is known once the prompt is.
pub struct Opened {
    /// The beginning of what the device said before its prompt.
    pub banner: Vec<u8>,
    /// The line that served to find the prompt has run.
    pub first_ran: bool,
}

impl Shell {
    /// Learns the prompt: what the device shows again in the answer to a line. That line is `first` where there is one,
    /// a harmless command that is to run anyway, and Enter wherever that did not settle it.
    ///
    /// # Errors
    /// `prompt_not_found`, `interaction_required`, or what broke the session.
    pub async fn find_prompt(&mut self, first: Option<&str>, limit: Duration) -> Result<Opened, DeviceError> {
        let echo = first.map(|line| squeeze(line.as_bytes()));
        let mut first = first;
        let deadline = Instant::now() + limit;
        let mut banner = Vec::new();
        let mut candidate: Option<Vec<u8>> = None;
        // What came since the candidate was answered: it again, or it with the line that was sent.
        let mut repeated = false;
        let mut echoed = false;
        let mut probes = 0;
        let mut silences = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let quiet = self.receive(left.min(QUIET)).await?.is_none();
            if quiet && left <= QUIET {
                return Err(self.no_prompt());
            }
            silences = if quiet { silences + 1 } else { 0 };
            let room = LONGEST_BANNER.saturating_sub(banner.len()).min(self.fresh.len());
            banner.extend_from_slice(self.fresh.get(..room).unwrap_or_default());
            if let Some(candidate) = &candidate {
                for line in self.fresh.split_inclusive(|byte| *byte == b'\n') {
                    let line = trim_end(line);
                    repeated |= line == candidate.as_slice();
                    let rest = line.strip_prefix(candidate.as_slice());
                    echoed |= rest.is_some_and(|rest| echo.as_ref() == Some(&squeeze(rest)));
                }
            }
            let tail = match self.look_at_tail(quiet) {
                Tail::Nothing if candidate.as_deref().is_some_and(|known| known == trim_end(&self.tail)) => Tail::Prompt,
                tail => tail,
            };
            match tail {
                Tail::Pager(answer) => self.answer_pager(&answer).await?,
                Tail::Question => return Err(self.question()),
                Tail::Prompt => {
                    let now = trim_end(&self.tail).to_vec();
                    let same = candidate.as_ref() == Some(&now);
                    if same && (echoed || repeated) {
                        self.learn(&now);
                        self.believe_for_now();
                        self.echo_seen |= echoed;
                        return Ok(Opened { banner, first_ran: echoed });
                    }
                    if candidate.as_ref() != Some(&now) || quiet {
                        if probes >= MOST_PROBES {
                            return Err(self.no_prompt());
                        }
                        probes += 1;
                        candidate = Some(now);
                        repeated = false;
                        echoed = false;
                        let line = first.take().unwrap_or_default();
                        self.send_line(line).await?;
                    }
                }
                // Some wait for a key before they say anything; what shows any text at all may be asking something.
                Tail::Nothing if silences == 2 && !self.lines.has_tail() && probes < MOST_PROBES => {
                    probes += 1;
                    self.send_line("").await?;
                }
                Tail::Nothing | Tail::Secret | Tail::UnknownPager => {}
            }
        }
    }

    fn no_prompt(&self) -> DeviceError {
        let tail: String = String::from_utf8_lossy(trim_end(&self.tail)).chars().take(80).collect();
        let message = match tail.is_empty() {
            true => "No prompt was found: the device shows none".to_owned(),
            false => format!("No prompt was found that the device repeats after Enter; it shows: {tail}"),
        };
        DeviceError::new(FailureKind::PromptNotFound, message)
    }

    /// Enters the platform's last mode with the enable password. One try.
    ///
    /// # Errors
    /// `privilege_failed`, or what broke the session.
    pub async fn enter_privileged(&mut self, secret: &str, limit: Duration) -> Result<(), DeviceError> {
        let failed = |what: &str| DeviceError::new(FailureKind::PrivilegeFailed, what.to_owned());
        let platform = Arc::clone(&self.platform);
        let Some(last) = platform.modes.last() else { return Ok(()) };
        if last.prompt.is_match(&self.prompt) {
            return Ok(());
        }
        let Some(command) = &last.enter else { return Ok(()) };
        self.send_line(command).await?;
        let limits = ExchangeLimits { silence: limit, total: limit };
        // Prompts that were asked for before may still come; the answer begins behind the echo.
        let mut clock = Clock::start(limits);
        let no_answer = |_| failed("The device did not answer to the command for the privileged mode");
        if self.echoes {
            let echo = squeeze(command.as_bytes());
            self.await_echo(&echo, &mut Nowhere, &mut Nowhere, &mut clock).await.map_err(no_answer)?;
        }
        let deadline = Instant::now() + limit;
        let mut secret_sent = false;
        let mut heard = true;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !heard && self.receive(left.min(QUIET)).await?.is_none() && left <= QUIET {
                return Err(failed("The device did not answer to the command for the privileged mode"));
            }
            heard = false;
            match self.look_at_tail(false) {
                Tail::Secret if secret_sent => return Err(failed("The device refused the enable password")),
                Tail::Secret => {
                    secret_sent = true;
                    self.transcript.secret(secret);
                    self.lines.clear();
                    let line = format!("{secret}{}", platform.enter);
                    self.send_unrecorded(&line).await?;
                }
                Tail::Prompt => {
                    let now = trim_end(&self.tail).to_vec();
                    if last.prompt.is_match(&now) {
                        self.learn(&now);
                        self.believe_for_now();
                        return Ok(());
                    }
                    if now == self.prompt {
                        return Err(failed(match secret_sent {
                            true => "The device refused the enable password",
                            false => "The device did not grant the privileged mode",
                        }));
                    }
                }
                _ => {}
            }
        }
    }
}
