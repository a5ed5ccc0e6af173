//! The shell of one device as a dialogue: send a line, take its echo away, stream the answer, recognise the prompt.
//!
//! A prompt is never believed at sight. What stands at the end of an output and looks like the prompt is a candidate; it
//! is confirmed by the echo of the next command straight after it, or by the same prompt again after an empty line. If
//! more output comes instead, the candidate was text and belongs to the output before it.

use std::{pin::Pin, sync::Arc, time::Duration};

use russh::{Channel, client::Msg};
use tokio::time::{Instant, Sleep};

use crate::{
    error::{DeviceError, FailureKind},
    line::Lines,
    platform::Platform,
    spare,
    transcript::{Recording, Transcript},
};

mod chatter;
mod exchange;
mod line;
mod login;
use line::{Heard, Line};
pub use login::Opened;

/// Longest line that can be a prompt or a pager, in bytes.
const LONGEST_PROMPT: usize = 512;
/// Text held back while it is open whether a candidate was the prompt; more than this was text.
const LONGEST_HELD: usize = 16 * 1024;
/// What of it is kept then: the prompt and all that is drawn around it are at its end.
const KEPT_OF_HELD: usize = 8 * 1024;
/// Lines that are looked ahead in a recorded session.
const UPCOMING: usize = 4;
/// Silence after which a tail that is not known to be a prompt or pager is looked at more generously.
const QUIET: Duration = Duration::from_millis(1500);

/// Receives the clean text of an exchange. A refusal ends the session.
pub trait TextSink: Send {
    /// Takes whole lines, each ended by LF (a part of a line where a line passes the limit).
    fn text(&mut self, text: &[u8]) -> impl Future<Output = Result<(), DeviceError>> + Send;
    /// All of the text has come, and the prompt after it is confirmed.
    fn over(&mut self) -> impl Future<Output = Result<(), DeviceError>> + Send {
        std::future::ready(Ok(()))
    }
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

/// What the unfinished last line is.
#[derive(Debug, PartialEq, Eq)]
enum Tail {
    Nothing,
    Prompt,
    Pager(String),
    /// Looks like a pager and is none of the platform's.
    UnknownPager,
    Question,
    Secret,
}

/// An open shell with what has been learned about it.
pub struct Shell {
    line: Line,
    platform: Arc<Platform>,
    lines: Lines,
    /// The prompt as learned, without trailing blanks.
    prompt: Vec<u8>,
    /// The longest name in the prompt; a changed prompt still has it.
    stem: Vec<u8>,
    /// What the last exchange took for the prompt, until it is confirmed.
    candidate: Vec<u8>,
    echoes: bool,
    echo_seen: bool,
    /// Shapes of pager texts that the platform's file does not know.
    learned_pagers: Vec<Vec<u8>>,
    /// The session as received, with our input marked.
    pub transcript: Transcript,
    /// The unfinished line, as last looked at.
    tail: Vec<u8>,
    /// The lines that the last piece of output completed.
    fresh: Vec<u8>,
    timer: Pin<Box<Sleep>>,
    /// When the device's time is over.
    until: Instant,
}

fn trim_end(text: &[u8]) -> &[u8] {
    text.trim_ascii_end()
}

impl Shell {
    /// Takes over a channel whose shell has just started; the session must be over by `until`.
    pub fn new(channel: Channel<Msg>, platform: Arc<Platform>, transcript: Transcript, until: Instant) -> Self {
        Self::on(Line::Ssh(channel), platform, transcript, until)
    }

    /// Says a session again that was recorded.
    pub(crate) fn recorded(recording: Recording, platform: Arc<Platform>, until: Instant) -> Self {
        Self::on(Line::recorded(recording), platform, Transcript::default(), until)
    }

    fn on(line: Line, platform: Arc<Platform>, transcript: Transcript, until: Instant) -> Self {
        Self {
            line,
            platform,
            lines: Lines::default(),
            prompt: Vec::new(),
            stem: Vec::new(),
            candidate: Vec::new(),
            echoes: true,
            echo_seen: false,
            learned_pagers: Vec::new(),
            transcript,
            tail: Vec::new(),
            fresh: Vec::new(),
            timer: Box::pin(tokio::time::sleep(QUIET)),
            until,
        }
    }

    /// The prompt, once learned, without trailing blanks.
    pub fn prompt(&self) -> &[u8] {
        &self.prompt
    }

    /// What a recorded session sends next, the very next first; nothing of a session with a device.
    pub(crate) fn upcoming(&self) -> Vec<String> {
        match &self.line {
            Line::Ssh(_) => Vec::new(),
            Line::Recorded { recording, .. } => recording.upcoming().take(UPCOMING).map(str::to_owned).collect(),
        }
    }

    /// Whether a recorded session has come to where something of it was left out.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(&self.line, Line::Recorded { recording, .. } if recording.is_cut())
    }

    /// Whether each exchange begins with an empty line that confirms the prompt.
    pub(crate) fn confirms_first(&self) -> bool {
        !self.echoes || self.platform.confirm_by_enter
    }

    /// Goes on with what was found out to be the device's platform.
    pub fn set_platform(&mut self, platform: Arc<Platform>) {
        self.platform = platform;
    }

    async fn send(&mut self, text: &str) -> Result<(), DeviceError> {
        self.transcript.input(text);
        self.send_unrecorded(text).await
    }

    async fn send_line(&mut self, line: &str) -> Result<(), DeviceError> {
        let mut text = String::with_capacity(line.len() + self.platform.enter.len());
        text.push_str(line);
        text.push_str(&self.platform.enter);
        self.transcript.input(&text);
        self.line.send(text).await
    }

    async fn send_unrecorded(&mut self, text: &str) -> Result<(), DeviceError> {
        self.line.send(text.to_owned()).await
    }

    /// Waits for the next piece of output; completed lines are in `fresh` afterwards. `None` after `limit` of silence.
    async fn receive(&mut self, limit: Duration) -> Result<Option<()>, DeviceError> {
        self.fresh.clear();
        let now = Instant::now();
        if now >= self.until {
            let message = "The device was not done within the time for one device";
            return Err(DeviceError::new(FailureKind::CommandTimeout, message));
        }
        let deadline = (now + limit).min(self.until);
        // The timer stays armed from wait to wait and is only moved when it rings too early or would ring too late:
        // most waits are over long before any limit.
        if self.timer.deadline() > deadline || self.timer.is_elapsed() {
            self.timer.as_mut().reset(deadline);
        }
        loop {
            let heard = tokio::select! {
                biased;
                heard = self.line.hear() => heard,
                () = self.timer.as_mut() => {
                    if Instant::now() >= deadline {
                        return Ok(None);
                    }
                    self.timer.as_mut().reset(deadline);
                    continue;
                }
            };
            return match heard {
                Heard::Data(data) => {
                    self.transcript.output(&data);
                    // Not before there is something: who waits holds none.
                    if self.fresh.capacity() == 0 {
                        self.fresh = spare::take();
                    }
                    self.lines.take(&data, &mut self.fresh);
                    Ok(Some(()))
                }
                Heard::Silence => Ok(None),
                Heard::End => Err(DeviceError::new(
                    FailureKind::Disconnected,
                    "The device closed the session",
                )),
            };
        }
    }

    fn look_at_tail(&mut self, quiet: bool) -> Tail {
        if !self.lines.has_tail() {
            self.tail.clear();
            return Tail::Nothing;
        }
        let mut tail = std::mem::take(&mut self.tail);
        self.lines.tail(&mut tail);
        let mut what = self.classify(&tail, quiet);
        if what == Tail::UnknownPager {
            // From now on answered at once.
            self.learned_pagers.push(chatter::shape(&tail));
            what = Tail::Pager(" ".to_owned());
        }
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
        if self
            .platform
            .asking
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(tail))
        {
            return self.classify_asking(tail);
        }
        let fits = self.platform.prompt.is_match(tail);
        let ours =
            self.prompt.is_empty() || self.stem.is_empty() || memchr::memmem::find(trimmed, &self.stem).is_some();
        if fits && ours {
            return Tail::Prompt;
        }
        if !self.learned_pagers.is_empty() && self.learned_pagers.contains(&chatter::shape(tail)) {
            return Tail::Pager(" ".to_owned());
        }
        if chatter::asks_for_a_new_password(tail) || (quiet && chatter::asks_yes_or_no(tail)) {
            return Tail::Question;
        }
        if quiet && chatter::looks_like_a_pager(tail) {
            return Tail::UnknownPager;
        }
        if quiet && (fits || (self.prompt.is_empty() && chatter::looks_like_a_prompt(tail))) {
            return Tail::Prompt;
        }
        Tail::Nothing
    }

    fn classify_asking(&self, tail: &[u8]) -> Tail {
        if let Some(pager) = self.platform.pagers.iter().find(|pager| pager.pattern.is_match(tail)) {
            return Tail::Pager(pager.answer.clone());
        }
        if self.platform.questions.iter().any(|question| question.is_match(tail)) {
            return Tail::Question;
        }
        Tail::Secret
    }

    fn learn(&mut self, prompt: &[u8]) {
        self.prompt = trim_end(prompt).to_vec();
        let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let names = self.prompt.split(|byte| !name_byte(byte));
        self.stem = names.max_by_key(|part| part.len()).unwrap_or_default().to_vec();
    }

    /// Notes what the tail shows as the prompt to be confirmed by what comes next.
    fn believe_for_now(&mut self) {
        self.candidate = trim_end(&self.tail).to_vec();
    }

    fn question(&self) -> DeviceError {
        let tail: String = String::from_utf8_lossy(trim_end(&self.tail))
            .chars()
            .take(120)
            .collect();
        DeviceError::new(FailureKind::InteractionRequired, format!("The device asks: {tail}"))
    }

    async fn answer_pager(&mut self, answer: &str) -> Result<(), DeviceError> {
        self.lines.mark_pager();
        self.send(answer).await
    }

    /// After a timeout: interrupts what runs, and says whether the device is at its prompt again, asked twice.
    pub async fn recover(&mut self, limit: Duration) -> bool {
        let interrupt = self.platform.interrupt.clone();
        matches!(
            tokio::time::timeout(limit, self.interrupt(&interrupt)).await,
            Ok(Ok(()))
        )
    }

    async fn interrupt(&mut self, interrupt: &str) -> Result<(), DeviceError> {
        self.send(interrupt).await?;
        let mut confirmed = 0;
        let mut asked = false;
        // Whether lines have come since Enter was pressed, and whether none of them was output.
        let mut heard = false;
        let mut chatter = true;
        loop {
            let quiet = self.receive(QUIET).await?.is_none();
            heard |= !self.fresh.is_empty();
            chatter = chatter && self.is_chatter(&self.fresh, b"");
            let at_prompt = self.look_at_tail(false) == Tail::Prompt && trim_end(&self.tail) == self.prompt;
            let answered = asked && heard && chatter;
            if !at_prompt {
                if !quiet && !chatter {
                    confirmed = 0;
                    asked = false;
                    (heard, chatter) = (false, true);
                }
                continue;
            }
            if answered {
                confirmed += 1;
            }
            if confirmed == 2 {
                self.believe_for_now();
                return Ok(());
            }
            if answered || !asked || quiet {
                (heard, chatter) = (false, true);
                asked = true;
                let enter = self.platform.enter.clone();
                self.send(&enter).await?;
            }
        }
    }
}

fn timed_out(what: &str, limit: Duration) -> DeviceError {
    let seconds = limit.as_secs_f32();
    DeviceError::new(
        FailureKind::CommandTimeout,
        format!("Command timed out: {what} {seconds} seconds"),
    )
}
