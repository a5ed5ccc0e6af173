//! One capture on its way: counted and judged while its text streams into the caller's sink.

use std::{io, pin::Pin};

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
    bytes: u64,
    lines: u64,
    rejected: Option<String>,
    limit: u64,
    /// Line ends at the end of what came so far; one of them is stored, the others only if more text follows.
    line_ends: u64,
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
            bytes: 0,
            lines: 0,
            rejected: None,
            limit,
            line_ends: 0,
        })
    }

    /// Writes the line that heads one of several commands. It is no output and is not judged.
    pub(crate) async fn head(&mut self, command: &str) -> Result<(), DeviceError> {
        self.end_line().await?;
        self.put(format!(">>> {command}\n").as_bytes()).await
    }

    /// Ends the text so far with one LF, if there is any.
    async fn end_line(&mut self) -> Result<(), DeviceError> {
        if std::mem::take(&mut self.line_ends) > 0 && self.bytes > 0 {
            self.put(b"\n").await?;
        }
        Ok(())
    }

    async fn put_line_ends(&mut self) -> Result<(), DeviceError> {
        const MANY: [u8; 256] = [b'\n'; 256];
        while self.line_ends > 0 {
            let count = self.line_ends.min(MANY.len() as u64);
            self.line_ends -= count;
            self.put(MANY.get(..usize::try_from(count).unwrap_or(1)).unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn put(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        if self.bytes + text.len() as u64 > self.limit {
            let message = format!("The output passed {} MiB", self.limit / 1024 / 1024);
            return Err(DeviceError::new(FailureKind::OutputTooLarge, message));
        }
        self.bytes += text.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', text).count() as u64;
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
        // A text that was cut in a line stays as it is; a whole one ends in one LF, also where the device sent none.
        match error {
            None => {
                self.line_ends = u64::from(self.bytes > 0);
                self.end_line().await?;
            }
            Some(error) if error.kind != FailureKind::OutputTooLarge => self.end_line().await?,
            Some(_) => {}
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
            message,
        })
    }
}

impl TextSink for Taking<'_> {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        self.judge.take(text, self.platform, self.capture);
        let body = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        let (body, line_ends) = text.split_at(body);
        if !body.is_empty() {
            self.put_line_ends().await?;
            self.put(body).await?;
        }
        self.line_ends += line_ends.len() as u64;
        Ok(())
    }
}

fn storage(error: &io::Error) -> DeviceError {
    DeviceError::new(FailureKind::Internal, format!("The capture could not be stored: {error}"))
}
