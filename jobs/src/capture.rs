//! One capture on its way: counted, hashed and judged while its text streams into the caller's sink.

use std::{io, pin::Pin};

use sha2::{Digest, Sha256};

use crate::{
    channel::TextSink,
    error::{DeviceError, FailureKind},
    event::CaptureReport,
    plan::DeviceJob,
    platform::{Capture, Platform},
    verdict::{Judge, Verdict},
};

/// What a sink does in its own time.
pub type SinkFuture<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>;

/// Where captures go. Its caller keeps what is complete and may show the rest.
pub trait CaptureSink: Send + Sync + 'static {
    /// Begins a capture of the job's device.
    ///
    /// # Errors
    /// When there is no room for it; the sentence reaches the user.
    fn begin(&self, job: &DeviceJob, capture_type: &str) -> io::Result<Box<dyn CaptureWriter>>;
}

/// One capture on its way to its place. Dropped without `finish`, it leaves nothing behind.
pub trait CaptureWriter: Send {
    /// Takes the next bytes of the cleaned text.
    fn write<'a>(&'a mut self, text: &'a [u8]) -> SinkFuture<'a>;
    /// Ends it with its verdict; only `complete` text may replace an earlier good one.
    fn finish(self: Box<Self>, verdict: Verdict) -> SinkFuture<'static>;
}

/// A capture while its text streams in.
pub(crate) struct Taking<'p> {
    platform: &'p Platform,
    capture: &'p Capture,
    writer: Box<dyn CaptureWriter>,
    judge: Judge,
    hash: Sha256,
    bytes: u64,
    lines: u64,
    rejected: Option<String>,
    limit: u64,
    /// The last byte taken was no LF.
    open_line: bool,
}

impl<'p> Taking<'p> {
    pub(crate) fn begin(
        job: &DeviceJob,
        platform: &'p Platform,
        capture: &'p Capture,
        sink: &dyn CaptureSink,
        limit: u64,
    ) -> Result<Self, DeviceError> {
        let writer = sink.begin(job, &capture.capture_type).map_err(|error| storage(&error))?;
        Ok(Self {
            platform,
            capture,
            writer,
            judge: Judge::default(),
            hash: Sha256::new(),
            bytes: 0,
            lines: 0,
            rejected: None,
            limit,
            open_line: false,
        })
    }

    /// Writes the line that heads one of several commands. It is no output and is not judged.
    pub(crate) async fn head(&mut self, command: &str) -> Result<(), DeviceError> {
        self.put(format!(">>> {command}\n").as_bytes()).await
    }

    async fn put(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        let Some(last) = text.last() else { return Ok(()) };
        self.open_line = *last != b'\n';
        self.bytes += text.len() as u64;
        if self.bytes > self.limit {
            let message = format!("The output passed {} MiB", self.limit / 1024 / 1024);
            return Err(DeviceError::new(FailureKind::OutputTooLarge, message));
        }
        self.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        self.hash.update(text);
        self.writer.write(text).await.map_err(|error| storage(&error))
    }

    /// Between two commands of one capture: an error of any part makes the whole rejected.
    pub(crate) fn check_part(&mut self) {
        if let (Verdict::Rejected, Some(message)) = self.judge.decide(self.capture) {
            self.rejected.get_or_insert(message);
        }
        self.judge.reset();
    }

    pub(crate) async fn end(mut self, error: Option<&DeviceError>) -> Result<CaptureReport, DeviceError> {
        if self.open_line && error.is_none() {
            self.put(b"\n").await?;
        }
        let (verdict, message) = match (error, self.rejected.take()) {
            (Some(error), _) => (Verdict::Truncated, Some(error.message.clone())),
            (None, Some(message)) => (Verdict::Rejected, Some(message)),
            (None, None) => self.judge.decide(self.capture),
        };
        self.writer.finish(verdict).await.map_err(|error| storage(&error))?;
        Ok(CaptureReport {
            capture_type: self.capture.capture_type.clone(),
            commands: self.capture.commands.clone(),
            verdict,
            bytes: self.bytes,
            lines: self.lines,
            sha256: hexadecimal(&self.hash.finalize()),
            message,
        })
    }
}

impl TextSink for Taking<'_> {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        self.judge.take(text, self.platform, self.capture);
        self.put(text).await
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn storage(error: &io::Error) -> DeviceError {
    DeviceError::new(FailureKind::Internal, format!("The capture could not be stored: {error}"))
}
