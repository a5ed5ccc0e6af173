//! One device from login to good-bye: all its commands in one session, each capture streamed to its sink and judged.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::{
    channel::{ExchangeLimits, Nowhere, Shell, TextSink},
    error::{DeviceError, FailureKind},
    event::CaptureReport,
    plan::DeviceJob,
    platform::{Capture, Platform},
    transport::{ConnectLimits, Connection, Credentials, HostKeys, Negotiated, client_config},
    verdict::{Judge, Verdict},
};

/// Where captures go. Its caller keeps what is complete and may show the rest.
pub trait CaptureSink: Send + Sync + 'static {
    /// Begins a capture of the job's device.
    ///
    /// # Errors
    /// When there is no room for it; the sentence reaches the user.
    fn begin(&self, job: &DeviceJob, capture_type: &str) -> std::io::Result<Box<dyn CaptureWriter>>;
}

/// One capture on its way to its place. Dropped without `finish`, it leaves nothing behind.
#[allow(clippy::type_complexity, reason = "a boxed future keeps the trait usable as an object")]
pub trait CaptureWriter: Send {
    /// Takes the next bytes of the cleaned text.
    fn write<'a>(&'a mut self, text: &'a [u8]) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send + 'a>>;
    /// Ends it with its verdict; only `complete` text may replace an earlier good one.
    fn finish(self: Box<Self>, verdict: Verdict) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;
}

/// Limits of one session.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// For TCP.
    pub connect: Duration,
    /// For the whole SSH handshake.
    pub handshake: Duration,
    /// For the login.
    pub login: Duration,
    /// From the shell to the confirmed prompt.
    pub prompt: Duration,
    /// Longest silence of a command.
    pub silence: Duration,
    /// Longest time of a command, unless the platform file says otherwise for it.
    pub command_total: Duration,
    /// Longest time of the whole device.
    pub device: Duration,
    /// Largest capture, in bytes.
    pub output_bytes: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(20),
            login: Duration::from_secs(30),
            prompt: Duration::from_secs(20),
            silence: Duration::from_secs(15),
            command_total: Duration::from_secs(300),
            device: Duration::from_secs(3600),
            output_bytes: 100 * 1024 * 1024,
        }
    }
}

/// The session as received, input marked, our secrets replaced; its head and its end when it is long.
#[derive(Debug, Default)]
pub struct Transcript {
    head: Vec<u8>,
    end: std::collections::VecDeque<u8>,
    left_out: u64,
    secrets: Vec<String>,
}

impl Transcript {
    const HEAD: usize = 8 * 1024;
    const END: usize = 16 * 1024;

    /// Notes what we sent.
    pub fn input(&mut self, text: &str) {
        self.put(format!("\n<<< {}\n", text.trim_end()).as_bytes());
    }

    /// Notes that a secret was sent, and keeps it out should the device send it back.
    pub fn secret(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
        self.put(b"\n<<< (secret)\n");
    }

    /// Notes what the device sent.
    pub fn output(&mut self, data: &[u8]) {
        self.put(data);
    }

    fn put(&mut self, data: &[u8]) {
        let room = Self::HEAD.saturating_sub(self.head.len()).min(data.len());
        let (first, rest) = data.split_at(room);
        self.head.extend_from_slice(first);
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
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.as_str(), "(secret)");
        }
        text.into_bytes()
    }
}

/// A capture while its text streams in.
struct Taking<'p> {
    platform: &'p Platform,
    capture: &'p Capture,
    writer: Option<Box<dyn CaptureWriter>>,
    judge: Judge,
    hash: Sha256,
    bytes: u64,
    lines: u64,
    rejected: Option<String>,
    limit: u64,
}

impl Taking<'_> {
    async fn put(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        self.bytes += text.len() as u64;
        if self.bytes > self.limit {
            let message = format!("The output passed {} MiB", self.limit / 1024 / 1024);
            return Err(DeviceError::new(FailureKind::OutputTooLarge, message));
        }
        self.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        self.hash.update(text);
        writer.write(text).await.map_err(|error| storage_error(&error))
    }

    async fn end(mut self, commands: Vec<String>, error: Option<&DeviceError>) -> Result<CaptureReport, DeviceError> {
        let (verdict, message) = match (error, self.rejected.take()) {
            (Some(error), _) => (Verdict::Truncated, Some(error.message.clone())),
            (None, Some(message)) => (Verdict::Rejected, Some(message)),
            (None, None) => self.judge.decide(self.capture),
        };
        if let Some(writer) = self.writer.take() {
            writer.finish(verdict).await.map_err(|error| storage_error(&error))?;
        }
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(CaptureReport {
            capture_type: self.capture.capture_type.clone(),
            commands,
            verdict,
            bytes: self.bytes,
            lines: self.lines,
            sha256,
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

/// A capture or nothing, so that the first command needs no special case.
struct Previous<'a, 'p>(&'a mut Option<Taking<'p>>);
impl TextSink for Previous<'_, '_> {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        match self.0 {
            Some(taking) => taking.text(text).await,
            None => Ok(()),
        }
    }
}

fn storage_error(error: &std::io::Error) -> DeviceError {
    DeviceError::new(FailureKind::Internal, format!("The capture could not be stored: {error}"))
}

/// What one attempt came to.
pub struct Attempt {
    /// Captures that ended, in order, `not_run` ones included.
    pub captures: Vec<CaptureReport>,
    /// What went wrong with the session.
    pub error: Option<DeviceError>,
    /// What was agreed on.
    pub negotiated: Option<Negotiated>,
    /// The session as received.
    pub transcript: Vec<u8>,
}

/// What an attempt works with.
pub struct AttemptContext<'a> {
    /// Resolved address.
    pub address: SocketAddr,
    /// What to log in with.
    pub credentials: &'a Credentials,
    /// Known host keys.
    pub host_keys: Arc<dyn HostKeys>,
    /// Where captures go.
    pub sink: &'a dyn CaptureSink,
    /// Limits.
    pub limits: SessionLimits,
    /// Guards logins against locking an account.
    pub breaker: &'a crate::breaker::Breaker,
    /// Asks a session to stop after the command it is at.
    pub stop: &'a tokio_util::sync::CancellationToken,
}

/// Runs one attempt; `done` is called with each capture as it ends.
pub async fn attempt<F: FnMut(CaptureReport) + Send>(job: &DeviceJob, context: &AttemptContext<'_>, done: F) -> Attempt {
    let mut run = Run { captures: Vec::new(), negotiated: None, transcript: Transcript::default(), done };
    let session = run.session(job, context);
    let error = match tokio::time::timeout(context.limits.device, session).await {
        Ok(result) => result.err(),
        Err(_) => Some(DeviceError::new(FailureKind::CommandTimeout, "The device took longer than its limit")),
    };
    for planned in job.captures.iter().skip(run.captures.len()) {
        run.captures.push(CaptureReport {
            capture_type: planned.capture_type.clone(),
            commands: planned.commands.clone(),
            verdict: Verdict::NotRun,
            bytes: 0,
            lines: 0,
            sha256: String::new(),
            message: None,
        });
    }
    Attempt { captures: run.captures, error, negotiated: run.negotiated, transcript: run.transcript.into_bytes() }
}

struct Run<F> {
    captures: Vec<CaptureReport>,
    negotiated: Option<Negotiated>,
    transcript: Transcript,
    done: F,
}

impl<F: FnMut(CaptureReport) + Send> Run<F> {
    async fn session(&mut self, job: &DeviceJob, context: &AttemptContext<'_>) -> Result<(), DeviceError> {
        let platform = job.platform.as_ref();
        let limits = context.limits;
        let legacy = platform.legacy_algorithms || job.device.legacy_algorithms;
        let config = client_config(legacy, Some(Duration::from_secs(30)));
        let connect = ConnectLimits { connect: limits.connect, handshake: limits.handshake, login: limits.login };
        let mut connection =
            Connection::open(context.address, config, Arc::clone(&context.host_keys), connect).await?;
        self.negotiated = Some(connection.negotiated());
        let username = format!("{}{}", context.credentials.username, platform.username_suffix);
        let permit = context.breaker.admit(context.credentials, context.stop).await?;
        let login = connection.log_in(context.credentials, &username, limits.login).await;
        permit.report(login.as_ref().err().map(|error| error.kind));
        login?;
        let channel = connection.open_shell(platform.terminal.columns, platform.terminal.rows).await?;
        let mut shell = Shell::new(channel, platform, std::mem::take(&mut self.transcript));
        let result = self.commands(&mut shell, job, context).await;
        if result.is_ok() {
            shell.leave().await;
        }
        self.transcript = std::mem::take(&mut shell.transcript);
        connection.close().await;
        result
    }

    async fn commands(
        &mut self,
        shell: &mut Shell<'_>,
        job: &DeviceJob,
        context: &AttemptContext<'_>,
    ) -> Result<(), DeviceError> {
        let platform = job.platform.as_ref();
        let limits = context.limits;
        shell.find_prompt(limits.prompt).await?;
        if let Some(secret) = &context.credentials.enable_password {
            shell.enter_privileged(secret.expose_secret(), limits.silence).await?;
        }
        let usual = ExchangeLimits { silence: limits.silence, total: limits.command_total };
        for command in &platform.on_open {
            shell.exchange(command, &mut Nowhere, &mut Nowhere, usual).await?;
        }
        let mut open: Option<Taking<'_>> = None;
        for planned in &job.captures {
            if context.stop.is_cancelled() {
                self.settle(shell, &mut open, usual).await?;
                return Err(DeviceError::new(FailureKind::Cancelled, "Cancelled"));
            }
            let Some(capture) = platform.capture(&planned.capture_type) else { continue };
            let total = capture.command_total.unwrap_or(limits.command_total);
            let limits_here = ExchangeLimits { silence: limits.silence, total };
            let several = capture.commands.len() > 1;
            let mut taking = Taking {
                platform,
                capture,
                writer: Some(context.sink.begin(job, &capture.capture_type).map_err(|error| storage_error(&error))?),
                judge: Judge::default(),
                hash: Sha256::new(),
                bytes: 0,
                lines: 0,
                rejected: None,
                limit: limits.output_bytes,
            };
            for (index, command) in capture.commands.iter().enumerate() {
                let result = if index == 0 {
                    if several {
                        taking.put(format!(">>> {command}\n").as_bytes()).await?;
                    }
                    let result = shell.exchange(command, &mut Previous(&mut open), &mut taking, limits_here).await;
                    if result.is_ok()
                        && let Some(previous) = open.take()
                    {
                        self.finished(previous, None).await?;
                    }
                    result
                } else {
                    // Several commands of one capture: each candidate is confirmed before the next head line is written.
                    shell.confirm(&mut taking, limits_here).await?;
                    taking.check_part();
                    taking.put(format!(">>> {command}\n").as_bytes()).await?;
                    shell.exchange(command, &mut Nowhere, &mut taking, limits_here).await
                };
                if let Err(error) = result {
                    // Nobody saw the prompt before it confirmed: what came earlier is as doubtful as this.
                    if let Some(previous) = open.take() {
                        self.finished(previous, Some(&error)).await?;
                    }
                    self.finished(taking, Some(&error)).await?;
                    return Err(error);
                }
            }
            open = Some(taking);
        }
        self.settle(shell, &mut open, usual).await
    }

    /// Confirms the last candidate and ends its capture.
    async fn settle(
        &mut self,
        shell: &mut Shell<'_>,
        open: &mut Option<Taking<'_>>,
        limits: ExchangeLimits,
    ) -> Result<(), DeviceError> {
        let Some(mut last) = open.take() else { return Ok(()) };
        let result = shell.confirm(&mut last, limits).await;
        self.finished(last, result.as_ref().err()).await?;
        result
    }

    async fn finished(&mut self, taking: Taking<'_>, error: Option<&DeviceError>) -> Result<(), DeviceError> {
        let commands = taking.capture.commands.clone();
        let report = taking.end(commands, error).await?;
        self.captures.push(report.clone());
        (self.done)(report);
        Ok(())
    }
}

impl Taking<'_> {
    /// Between two commands of one capture: an error of any part makes the whole rejected.
    fn check_part(&mut self) {
        if let (Verdict::Rejected, Some(message)) = self.judge.decide(self.capture) {
            self.rejected.get_or_insert(message);
        }
        self.judge.reset();
    }
}
