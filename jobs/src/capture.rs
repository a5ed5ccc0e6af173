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
    /// Empty lines at the end of what came so far; they are stored only if more text follows.
    empty_lines: u64,
    /// The text so far ends in the middle of a line.
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
        let writer = sink
            .begin(job, &capture.capture_type)
            .map_err(|error| storage(&error))?;
        Ok(Self {
            platform,
            capture,
            writer,
            judge: Judge::default(),
            bytes: 0,
            lines: 0,
            rejected: None,
            limit,
            empty_lines: 0,
            open_line: false,
        })
    }

    /// Writes the line that heads one of several commands. It is no output and is not judged.
    pub(crate) async fn head(&mut self, command: &str) -> Result<(), DeviceError> {
        self.end_line().await?;
        self.put(format!(">>> {command}\n").as_bytes()).await
    }

    /// Ends the text so far with one LF, if there is any.
    async fn end_line(&mut self) -> Result<(), DeviceError> {
        self.empty_lines = 0;
        match std::mem::take(&mut self.open_line) {
            true => self.put(b"\n").await,
            false => Ok(()),
        }
    }

    async fn put_empty_lines(&mut self) -> Result<(), DeviceError> {
        const MANY: [u8; 256] = [b'\n'; 256];
        while self.empty_lines > 0 {
            let count = self.empty_lines.min(MANY.len() as u64);
            self.empty_lines -= count;
            self.put(MANY.get(..usize::try_from(count).unwrap_or(1)).unwrap_or_default())
                .await?;
        }
        Ok(())
    }

    /// Whether so much more may come.
    fn check_size(&self, more: u64) -> Result<(), DeviceError> {
        if self.bytes + more <= self.limit {
            return Ok(());
        }
        let message = format!("The output passed {} MiB", self.limit / 1024 / 1024);
        Err(DeviceError::new(FailureKind::OutputTooLarge, message))
    }

    async fn put(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        self.check_size(text.len() as u64)?;
        self.bytes += text.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        self.writer.write(text).await.map_err(|error| storage(&error))
    }

    /// Between two commands of one capture: an error of any part makes the whole rejected.
    pub(crate) fn check_part(&mut self) {
        if let (Verdict::Rejected, Some(message)) = self.judge.decide(self.platform, self.capture) {
            self.rejected.get_or_insert(message);
        }
        self.judge.reset();
    }

    /// How its capture type is collected.
    pub(crate) fn capture(&self) -> &'p Capture {
        self.capture
    }

    pub(crate) async fn end(mut self, error: Option<&DeviceError>) -> Result<CaptureReport, DeviceError> {
        // What was cut in the middle of a line shows that.
        if error.is_none() {
            self.end_line().await?;
        }
        let (verdict, message) = match (error, self.rejected.take()) {
            (Some(error), _) => (Verdict::Truncated, Some(error.message.clone())),
            (None, Some(message)) => (Verdict::Rejected, Some(message)),
            (None, None) => self.judge.decide(self.platform, self.capture),
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
        let Some(last) = text.iter().rposition(|byte| *byte != b'\n') else {
            let ends_line = std::mem::take(&mut self.open_line) && !text.is_empty();
            if ends_line {
                self.put(b"\n").await?;
            }
            self.empty_lines += text.len() as u64 - u64::from(ends_line);
            return self.check_size(self.empty_lines);
        };
        self.put_empty_lines().await?;
        let body = (last + 2).min(text.len());
        self.open_line = body == last + 1;
        self.put(text.get(..body).unwrap_or_default()).await?;
        self.empty_lines = (text.len() - body) as u64;
        Ok(())
    }
}

fn storage(error: &io::Error) -> DeviceError {
    DeviceError::new(
        FailureKind::Internal,
        format!("The capture could not be stored: {error}"),
    )
}
