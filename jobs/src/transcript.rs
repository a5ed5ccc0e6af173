//! What was said in a session, for people who want to know why a device failed.

use std::collections::VecDeque;

use secrecy::{ExposeSecret, SecretString};

/// What stands before each line that we sent.
const INPUT: &[u8] = b"\n<<< ";
/// What stands for a secret that we sent.
pub(crate) const SECRET: &str = "(secret)";
/// Bytes of a recording that are heard at once: about what a packet brings.
const PIECE: usize = 1400;
const LEFT_OUT: &str = " bytes left out)";

/// The session as received, input marked, our secrets replaced; its head and its end when it is long.
#[derive(Debug, Default)]
pub struct Transcript {
    head: Vec<u8>,
    /// Bytes of the head.
    most: usize,
    end: VecDeque<u8>,
    left_out: u64,
    secrets: Vec<SecretString>,
}

impl Transcript {
    const HEAD: usize = 4 * 1024;
    const END: usize = 4 * 1024;
    const WHOLE: usize = 512 * 1024;

    /// One that leaves nothing out of a session of usual size.
    pub fn whole() -> Self {
        Self {
            most: Self::WHOLE,
            ..Self::default()
        }
    }

    /// Notes what we sent, each line of it.
    pub fn input(&mut self, text: &str) {
        for line in sent_lines(text) {
            for part in [INPUT, line.as_bytes(), b"\n"] {
                self.put(part);
            }
        }
    }

    /// Keeps a secret that was sent before out, should the device say it.
    pub fn hide(&mut self, secret: &SecretString) {
        self.secrets.push(secret.clone());
    }

    /// Notes that a secret was sent, and keeps it out should the device send it back.
    pub fn secret(&mut self, secret: &str) {
        self.secrets.push(SecretString::from(secret));
        for part in [INPUT, SECRET.as_bytes(), b"\n"] {
            self.put(part);
        }
    }

    /// Notes what the device sent.
    pub fn output(&mut self, data: &[u8]) {
        self.put(data);
    }

    fn put(&mut self, data: &[u8]) {
        // All of it at once: what a buffer leaves behind while it grows is of no use to anybody when thousands of sessions
        // do so together. What is not written to takes no memory.
        let most = self.most.max(Self::HEAD);
        if self.head.capacity() == 0 && most == Self::HEAD {
            self.head.reserve_exact(Self::HEAD);
        }
        let room = most.saturating_sub(self.head.len()).min(data.len());
        let (first, rest) = data.split_at(room);
        self.head.extend_from_slice(first);
        if rest.is_empty() {
            return;
        }
        if self.end.capacity() == 0 {
            self.end.reserve_exact(Self::END);
        }
        let skipped = rest.len().saturating_sub(Self::END);
        self.left_out += skipped as u64;
        let rest = rest.get(skipped..).unwrap_or_default();
        let over = (self.end.len() + rest.len()).saturating_sub(Self::END);
        self.left_out += over as u64;
        self.end.drain(..over);
        self.end.extend(rest);
    }

    /// The transcript as text, without the secrets.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut all = self.head;
        if self.left_out > 0 {
            all.extend_from_slice(format!("\n<<< ({}{LEFT_OUT}\n", self.left_out).as_bytes());
        }
        all.extend(self.end);
        let mut text = String::from_utf8_lossy(&all).into_owned();
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, SECRET);
        }
        text.into_bytes()
    }
}

/// The lines that a text consists of which was sent with any kind of Enter behind each.
fn sent_lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = ["\r\n", "\n", "\r"];
    let text = ends.iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// A transcript as it went: what the device said first, and what it said after each line that was sent.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    steps: VecDeque<Step>,
    /// What was said since the last line that was sent, and not heard yet.
    said: Vec<u8>,
    heard: usize,
    left_out: bool,
}

#[derive(Debug)]
struct Step {
    sent: String,
    said: Vec<u8>,
}

impl Recording {
    /// Reads a transcript, up to where something was left out of it.
    pub(crate) fn read(transcript: &[u8]) -> Self {
        let mut recording = Self::default();
        let mut starts = memchr::memmem::find_iter(transcript, INPUT).peekable();
        let first = starts.peek().copied().unwrap_or(transcript.len());
        recording.said = transcript.get(..first).unwrap_or_default().to_vec();
        while let Some(start) = starts.next() {
            let end = starts.peek().copied().unwrap_or(transcript.len());
            let step = transcript.get(start + INPUT.len()..end).unwrap_or_default();
            let line = memchr::memchr(b'\n', step).unwrap_or(step.len());
            let sent = String::from_utf8_lossy(step.get(..line).unwrap_or_default()).into_owned();
            if sent.ends_with(LEFT_OUT) {
                recording.left_out = true;
                break;
            }
            let said = step.get(line + 1..).unwrap_or_default().to_vec();
            recording.steps.push_back(Step { sent, said });
        }
        recording
    }

    /// What was sent next, the very next first.
    pub(crate) fn upcoming(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.sent.as_str())
    }

    /// Goes on to what was said after these lines. A line that was not sent then has no answer.
    pub(crate) fn sent(&mut self, text: &str) {
        for line in sent_lines(text) {
            if self.steps.front().is_some_and(|step| step.sent == line)
                && let Some(mut step) = self.steps.pop_front()
            {
                self.said.append(&mut step.said);
            }
        }
    }

    /// The next piece of what was said and not heard yet.
    pub(crate) fn heard(&mut self) -> Option<Vec<u8>> {
        let end = self.said.len().min(self.heard + PIECE);
        let piece = self.said.get(self.heard..end).unwrap_or_default().to_vec();
        self.heard = end;
        if end == self.said.len() {
            self.said.clear();
            self.heard = 0;
        }
        (!piece.is_empty()).then_some(piece)
    }

    /// Whether it ends before the session did.
    pub(crate) fn is_cut(&self) -> bool {
        self.left_out && self.steps.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_session_keeps_its_head_and_its_end() {
        let mut transcript = Transcript::default();
        transcript.input("show version\n");
        for number in 0..100_000 {
            transcript.output(format!("line {number}\r\n").as_bytes());
        }
        let text = String::from_utf8(transcript.into_bytes()).unwrap();
        assert!(text.starts_with("\n<<< show version\nline 0\r\n"));
        assert!(text.contains("bytes left out)"));
        assert!(text.ends_with("line 99999\r\n"));
        assert!(text.len() < Transcript::HEAD + Transcript::END + 100);
    }

    #[test]
    fn a_recording_goes_on_as_the_same_lines_are_sent() {
        let mut transcript = Transcript::whole();
        transcript.output(b"hello\r\nr1#");
        transcript.input("one\rtwo\r");
        transcript.output(b"one\r\nr1#two\r\nr1#");
        transcript.input(" ");
        transcript.output(b"more");
        transcript.input("\nexit\n");
        let mut recording = Recording::read(&transcript.into_bytes());
        let upcoming: Vec<&str> = recording.upcoming().collect();
        assert_eq!(upcoming, ["one", "two", " ", "", "exit"]);
        assert_eq!(recording.heard().as_deref(), Some(b"hello\r\nr1#".as_slice()));
        recording.sent("another\n");
        assert_eq!(recording.heard(), None);
        recording.sent("one\ntwo\n");
        assert_eq!(recording.heard().as_deref(), Some(b"one\r\nr1#two\r\nr1#".as_slice()));
        recording.sent(" ");
        assert_eq!(recording.heard().as_deref(), Some(b"more".as_slice()));
        assert!(!recording.is_cut());
    }

    #[test]
    fn a_secret_that_the_device_says_back_is_replaced() {
        let mut transcript = Transcript::default();
        transcript.hide(&SecretString::from("l0gin"));
        transcript.output(b"you came with l0gin\r\nPassword: ");
        transcript.secret("s3cret");
        transcript.output(b"s3cret\r\n% Bad secrets\r\n");
        let text = String::from_utf8(transcript.into_bytes()).unwrap();
        assert!(!text.contains("s3cret") && !text.contains("l0gin"), "{text}");
        assert!(text.contains("% Bad secrets"));
    }
}
