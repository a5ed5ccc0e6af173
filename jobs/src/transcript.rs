//! What was said in a session, for people who want to know why a device failed.

use std::collections::VecDeque;

use secrecy::{ExposeSecret, SecretString};

/// The session as received, input marked, our secrets replaced; its head and its end when it is long.
#[derive(Debug, Default)]
pub struct Transcript {
    head: Vec<u8>,
    end: VecDeque<u8>,
    left_out: u64,
    secrets: Vec<SecretString>,
}

impl Transcript {
    const HEAD: usize = 4 * 1024;
    const END: usize = 4 * 1024;

    /// Notes what we sent.
    pub fn input(&mut self, text: &str) {
        for part in ["\n<<< ", text.trim_end(), "\n"] {
            self.put(part.as_bytes());
        }
    }

    /// Keeps a secret that was sent before out, should the device say it.
    pub fn hide(&mut self, secret: &SecretString) {
        self.secrets.push(secret.clone());
    }

    /// Notes that a secret was sent, and keeps it out should the device send it back.
    pub fn secret(&mut self, secret: &str) {
        self.secrets.push(SecretString::from(secret));
        self.put(b"\n<<< (secret)\n");
    }

    /// Notes what the device sent.
    pub fn output(&mut self, data: &[u8]) {
        self.put(data);
    }

    fn put(&mut self, data: &[u8]) {
        // All of it at once: what a buffer leaves behind while it grows is of no use to anybody when thousands of sessions
        // do so together. What is not written to takes no memory.
        if self.head.capacity() == 0 {
            self.head.reserve_exact(Self::HEAD);
        }
        let room = Self::HEAD.saturating_sub(self.head.len()).min(data.len());
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
            all.extend_from_slice(format!("\n<<< ({} bytes left out)\n", self.left_out).as_bytes());
        }
        all.extend(self.end);
        let mut text = String::from_utf8_lossy(&all).into_owned();
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "(secret)");
        }
        text.into_bytes()
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
