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
    /// How many of the opening lines have run.
    pub ran: usize,
}

impl Shell {
    /// Learns the prompt: what the device shows again in the answer to a line. The lines are those of `opening`, harmless
    /// commands that are to run anyway and go out together; Enter takes their part where they did not settle it.
    ///
    /// # Errors
    /// `prompt_not_found`, `interaction_required`, or what broke the session.
    pub async fn find_prompt(&mut self, opening: &[String], limit: Duration) -> Result<Opened, DeviceError> {
        let echoes: Vec<Vec<u8>> = opening.iter().map(|line| squeeze(line.as_bytes())).collect();
        let mut opening_sent = false;
        let deadline = Instant::now() + limit;
        let mut banner = Vec::new();
        let mut candidate: Option<Vec<u8>> = None;
        // What came since the candidate was answered: it again, or it with lines that were sent.
        let mut repeated = false;
        let mut echoed = 0;
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
                    echoed += usize::from(rest.is_some_and(|rest| echoes.get(echoed) == Some(&squeeze(rest))));
                }
            }
            let tail = match self.look_at_tail(quiet) {
                Tail::Nothing if candidate.as_deref().is_some_and(|known| known == trim_end(&self.tail)) => {
                    Tail::Prompt
                }
                tail => tail,
            };
            match tail {
                Tail::Pager(answer) => self.answer_pager(&answer).await?,
                Tail::Question => return Err(self.question()),
                Tail::Prompt => {
                    let now = trim_end(&self.tail).to_vec();
                    let same = candidate.as_ref() == Some(&now);
                    let all_echoed = echoed > 0 && echoed == echoes.len();
                    if same && (all_echoed || (repeated && (echoed == 0 || quiet))) {
                        self.learn(&now);
                        self.believe_for_now();
                        self.echo_seen |= echoed > 0;
                        return Ok(Opened { banner, ran: echoed });
                    }
                    if !same || quiet {
                        if probes >= MOST_PROBES {
                            return Err(self.no_prompt());
                        }
                        probes += 1;
                        candidate = Some(now);
                        repeated = false;
                        if opening_sent || opening.is_empty() {
                            self.send_line("").await?;
                        } else {
                            opening_sent = true;
                            self.send_line(&opening.join(&self.platform.enter)).await?;
                        }
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
        let Some(last) = platform.modes.last() else {
            return Ok(());
        };
        if last.prompt.is_match(&self.prompt) {
            return Ok(());
        }
        let Some(command) = &last.enter else { return Ok(()) };
        self.send_line(command).await?;
        let limits = ExchangeLimits {
            silence: limit,
            total: limit,
        };
        // Prompts that were asked for before may still come; the answer begins behind the echo.
        let mut clock = Clock::start(limits);
        let no_answer = |_| failed("The device did not answer to the command for the privileged mode");
        if self.echoes {
            let echo = squeeze(command.as_bytes());
            self.await_echo(&echo, &mut Nowhere, &mut Nowhere, &mut clock)
                .await
                .map_err(no_answer)?;
        }
        let deadline = Instant::now() + limit;
        let mut secret_sent = false;
        let mut heard = true;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !heard && self.receive(left.min(QUIET)).await?.is_none() && left <= QUIET {
                return Err(failed(
                    "The device did not answer to the command for the privileged mode",
                ));
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
