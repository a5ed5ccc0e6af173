//! One device from login to good-bye: all its commands in one session, each capture streamed to its sink and judged.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    breaker::Logins,
    capture::{CaptureSink, Taking},
    catalogue::Catalogue,
    channel::{ExchangeLimits, Nowhere, Shell, TextSink},
    detect::Detection,
    error::{DeviceError, FailureKind, cancelled},
    event::{CaptureReport, Event},
    plan::{DeviceJob, PlannedCapture},
    platform::{DetectOn, Platform},
    transcript::Transcript,
    transport::{Connection, Gate, HostKeys, JumpHosts, KnownMethods, Negotiated, SessionSettings, Target},
    verdict::Verdict,
};

/// How long a device may take to come back to its prompt after an interrupt.
const RECOVERY: Duration = Duration::from_secs(8);
/// Longest time of a command where nobody says otherwise.
pub const COMMAND_TOTAL: Duration = Duration::from_secs(300);
/// Longest evidence that detection rules are matched against, in bytes.
const LONGEST_EVIDENCE: usize = 32 * 1024;

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
    /// Longest time of a command; `None`: what the platform file says for it, else [`COMMAND_TOTAL`].
    pub command_total: Option<Duration>,
    /// Longest time of the whole device.
    pub device: Duration,
    /// Time without a word after which the device is asked whether it is still there.
    pub keepalive: Duration,
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
            command_total: None,
            device: Duration::from_secs(3600),
            keepalive: Duration::from_secs(30),
            output_bytes: 100 * 1024 * 1024,
        }
    }
}

/// What one attempt came to.
pub(crate) struct Attempt {
    /// One for each planned capture type, in order, `not_run` ones included.
    pub(crate) captures: Vec<Arc<CaptureReport>>,
    /// What went wrong with the session.
    pub(crate) error: Option<DeviceError>,
    /// What went wrong first, with a capture or with the session: the reason that people are told.
    pub(crate) reason: Option<DeviceError>,
    /// What was agreed on.
    pub(crate) negotiated: Option<Negotiated>,
    /// The platform, given or found out.
    pub(crate) platform: Option<Arc<Platform>>,
    /// The session as received.
    pub(crate) transcript: Transcript,
}

/// What an attempt works with.
pub(crate) struct AttemptContext {
    pub(crate) target: Target,
    pub(crate) host_keys: Arc<dyn HostKeys>,
    pub(crate) jumps: Arc<JumpHosts>,
    pub(crate) methods: Arc<KnownMethods>,
    pub(crate) sink: Arc<dyn CaptureSink>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) limits: SessionLimits,
    pub(crate) logins: Arc<Logins>,
    /// Asks the session to stop after the command it is at.
    pub(crate) stop: CancellationToken,
    /// Ends the session at once.
    pub(crate) abort: CancellationToken,
    pub(crate) events: mpsc::Sender<Event>,
    /// Whether nothing is left out of the transcript.
    pub(crate) whole_transcript: bool,
    /// Index of the job, for its events.
    pub(crate) job: usize,
}

/// Runs one attempt. Complete captures are reported as they come; the others only in the result, since a retry may
/// still complete them.
pub(crate) async fn attempt(job: &DeviceJob, context: &AttemptContext) -> Attempt {
    let mut run = Run {
        context,
        captures: Vec::new(),
        planned: Arc::default(),
        negotiated: None,
        platform: job.platform.clone(),
        transcript: match context.whole_transcript {
            true => Transcript::whole(),
            false => Transcript::default(),
        },
        first_error: None,
        reason: None,
    };
    if let Some(platform) = &run.platform {
        run.planned = job.captures(platform).into();
    }
    let ended = run.session(job).await.err();
    // A forced end breaks the connection; what the session says of that is not the reason.
    let ended = if context.abort.is_cancelled() {
        Some(cancelled())
    } else {
        ended
    };
    let error = match (run.first_error.take(), ended) {
        (_, Some(error)) if error.kind == FailureKind::Cancelled => Some(error),
        (first, last) => first.or(last),
    };
    let place = |capture_type: &str| {
        let mut planned = run.planned.iter();
        planned.position(|planned| planned.capture_type == capture_type)
    };
    for planned in run.planned.iter() {
        if !run
            .captures
            .iter()
            .any(|capture| capture.capture_type == planned.capture_type)
        {
            run.captures.push(Arc::new(not_run(planned)));
        }
    }
    run.captures.sort_by_key(|capture| place(&capture.capture_type));
    let reason = match &error {
        Some(error) if error.kind == FailureKind::Cancelled => Some(error.clone()),
        _ => run.reason.take().or_else(|| error.clone()),
    };
    Attempt {
        captures: run.captures,
        error,
        reason,
        negotiated: run.negotiated,
        platform: run.platform,
        transcript: run.transcript,
    }
}

/// The report on a capture that was never begun.
pub(crate) fn not_run(planned: &PlannedCapture) -> CaptureReport {
    CaptureReport {
        capture_type: planned.capture_type.clone(),
        commands: planned.commands.clone(),
        verdict: Verdict::NotRun,
        bytes: 0,
        lines: 0,
        message: None,
    }
}

struct Run<'c> {
    context: &'c AttemptContext,
    captures: Vec<Arc<CaptureReport>>,
    planned: Arc<[PlannedCapture]>,
    negotiated: Option<Negotiated>,
    platform: Option<Arc<Platform>>,
    transcript: Transcript,
    /// The first thing that went wrong and did not end the session.
    first_error: Option<DeviceError>,
    /// The first thing that went wrong at all.
    reason: Option<DeviceError>,
}

/// The capture before the one whose command is being sent; it ends when that command's echo comes.
struct Previous<'a, 'c, 'p> {
    run: &'a mut Run<'c>,
    open: &'a mut Option<Taking<'p>>,
}

impl TextSink for Previous<'_, '_, '_> {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        match self.open {
            Some(taking) => taking.text(text).await,
            None => Ok(()),
        }
    }

    async fn over(&mut self) -> Result<(), DeviceError> {
        match self.open.take() {
            Some(taking) => self.run.finished(taking, None).await,
            None => Ok(()),
        }
    }
}

/// Keeps the beginning of an output.
struct Evidence(Vec<u8>);

impl TextSink for Evidence {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        let room = LONGEST_EVIDENCE.saturating_sub(self.0.len()).min(text.len());
        self.0.extend_from_slice(text.get(..room).unwrap_or_default());
        Ok(())
    }
}

impl Run<'_> {
    async fn session(&mut self, job: &DeviceJob) -> Result<(), DeviceError> {
        let context = self.context;
        let limits = context.limits;
        let until = tokio::time::Instant::now() + limits.device;
        context.logins.check(&job.credentials)?;
        let legacy = job.device.legacy_algorithms || job.platform.as_ref().is_some_and(|known| known.legacy_algorithms);
        let settings = SessionSettings {
            connect: limits.connect,
            handshake: limits.handshake,
            login: limits.login,
            keepalive: Some(limits.keepalive),
            legacy,
        };
        let gate = Gate {
            logins: &context.logins,
            stop: &context.stop,
        };
        let (target, jumps, host_keys) = (&context.target, &context.jumps, &context.host_keys);
        // What only a session's beginning needs room for is apart from what it keeps while it waits for answers.
        let reaching = Box::pin(Connection::reach(
            target,
            jumps,
            host_keys,
            settings,
            gate,
            &context.abort,
        ));
        let mut connection = tokio::select! {
            connection = reaching => connection?,
            () = context.abort.cancelled() => return Err(cancelled()),
        };
        let negotiated = connection.negotiated();
        let mut detection = Detection::new(&context.catalogue);
        if job.platform.is_none() {
            detection.see(DetectOn::SshVersion, None, negotiated.peer_version.as_bytes());
            self.decide(job, detection.decided());
        }
        self.negotiated = Some(negotiated);
        let suffix = self
            .platform
            .as_ref()
            .map(|platform| platform.username_suffix.clone())
            .unwrap_or_default();
        let username = format!("{}{suffix}", job.credentials.username);
        let permit = gate.admit(&job.credentials).await?;
        let (credentials, known) = (&job.credentials, Some(&*context.methods));
        Box::pin(connection.log_in(permit, credentials, &username, limits.login, known, &context.abort)).await?;
        let platform = self
            .platform
            .as_ref()
            .or_else(|| context.catalogue.any())
            .map(Arc::clone)
            .ok_or_else(|| {
                DeviceError::new(
                    FailureKind::NotSupported,
                    "Detection is not available; set the platform of this device",
                )
            })?;
        if let Some(password) = &job.credentials.password {
            self.transcript.hide(password);
        }
        let terminal = platform.terminal;
        let channel = connection
            .open_shell(terminal.columns, terminal.rows, limits.login)
            .await?;
        let mut shell = Shell::new(channel, platform, std::mem::take(&mut self.transcript), until);
        let result = self.dialogue(&mut shell, job, detection).await;
        self.transcript = std::mem::take(&mut shell.transcript);
        // A device that was told to end the session needs no other good-bye.
        let told = result.is_ok()
            && self
                .platform
                .as_ref()
                .is_some_and(|platform| !platform.on_close.is_empty());
        connection.close(told).await;
        result
    }

    fn decide(&mut self, job: &DeviceJob, platform: Option<Arc<Platform>>) {
        if let Some(platform) = platform {
            self.planned = job.captures(&platform).into();
            self.platform = Some(platform);
        }
    }

    fn usual(&self) -> ExchangeLimits {
        ExchangeLimits {
            silence: self.context.limits.silence,
            total: self.context.limits.command_total.unwrap_or(COMMAND_TOTAL),
        }
    }

    async fn dialogue(
        &mut self,
        shell: &mut Shell,
        job: &DeviceJob,
        detection: Detection<'_>,
    ) -> Result<(), DeviceError> {
        let limits = self.context.limits;
        let known = self.platform.clone();
        // Where rights are still to be gained, the setting-up commands come after that.
        let ready = known
            .as_ref()
            .filter(|platform| platform.modes.is_empty() || job.credentials.enable_password.is_none());
        // A job without capture types is a look at whether the device lets us in: no command is sent.
        let looks = job.capture_types.is_empty();
        let opening = ready
            .filter(|_| !looks)
            .map(|platform| platform.on_open.clone())
            .unwrap_or_default();
        let opened = shell.find_prompt(&opening, limits.prompt).await?;
        if self.platform.is_none() {
            let found = self.detect(shell, detection, &opened.banner).await?;
            self.decide(job, Some(Arc::clone(&found)));
            shell.set_platform(found);
        }
        let Some(platform) = self.platform.clone() else {
            return Ok(());
        };
        if self.planned.is_empty() && !looks {
            let message = platform.lacks(&job.capture_types.join(", "));
            return Err(DeviceError::new(FailureKind::NotSupported, message));
        }
        if let Some(secret) = &job.credentials.enable_password {
            shell.enter_privileged(secret.expose_secret(), limits.silence).await?;
        }
        let usual = self.usual();
        let setting_up = if looks { &[] } else { platform.on_open.as_slice() };
        for command in setting_up.iter().skip(opened.ran) {
            shell.exchange(command, &mut Nowhere, &mut Nowhere, usual).await?;
        }
        self.commands(shell, job, &platform).await
    }

    /// Looks at dearer and dearer evidence until it is clear what the device is.
    async fn detect(
        &mut self,
        shell: &mut Shell,
        mut detection: Detection<'_>,
        banner: &[u8],
    ) -> Result<Arc<Platform>, DeviceError> {
        detection.see(DetectOn::Banner, None, banner);
        detection.see(DetectOn::Prompt, None, shell.prompt());
        let usual = self.usual();
        if detection.decided().is_none() {
            for command in detection.commands() {
                let mut evidence = Evidence(Vec::new());
                shell.exchange(&command, &mut Nowhere, &mut evidence, usual).await?;
                shell.confirm(&mut evidence, usual).await?;
                detection.see(DetectOn::Output, Some(&command), &evidence.0);
                if detection.decided().is_some() {
                    break;
                }
            }
        }
        detection.decided().or_else(|| detection.best()).ok_or_else(|| {
            DeviceError::new(
                FailureKind::NotSupported,
                "Its platform was not recognised; set it for this device",
            )
        })
    }

    async fn commands(&mut self, shell: &mut Shell, job: &DeviceJob, platform: &Platform) -> Result<(), DeviceError> {
        let mut open: Option<Taking<'_>> = None;
        for planned in Arc::clone(&self.planned).iter() {
            if self.context.stop.is_cancelled() {
                self.settle(shell, &mut open).await?;
                return Err(cancelled());
            }
            let Some(capture) = platform.capture(&planned.capture_type) else {
                continue;
            };
            let limits = self.context.limits;
            let total = limits.command_total.or(capture.command_total).unwrap_or(COMMAND_TOTAL);
            let limits_here = ExchangeLimits {
                silence: limits.silence,
                total,
            };
            let sink = self.context.sink.as_ref();
            let mut taking = match Taking::begin(job, platform, capture, sink, limits.output_bytes) {
                Ok(taking) => taking,
                Err(error) => {
                    if let Some(previous) = open.take() {
                        self.finished(previous, Some(&error)).await?;
                    }
                    return Err(error);
                }
            };
            match self
                .run_capture(shell, &mut open, &mut taking, planned, limits_here)
                .await
            {
                Ok(()) => open = Some(taking),
                Err(error) => {
                    self.reason.get_or_insert_with(|| error.clone());
                    // Nothing confirmed the prompt before it: what came earlier is as doubtful as this.
                    if let Some(previous) = open.take() {
                        self.finished(previous, Some(&error)).await?;
                    }
                    self.finished(taking, Some(&error)).await?;
                    if error.kind != FailureKind::CommandTimeout
                        || !shell.recover(RECOVERY.min(limits.silence.saturating_mul(3))).await
                    {
                        return Err(error);
                    }
                    self.first_error.get_or_insert(error);
                }
            }
        }
        self.settle(shell, &mut open).await
    }

    async fn run_capture<'p>(
        &mut self,
        shell: &mut Shell,
        open: &mut Option<Taking<'p>>,
        taking: &mut Taking<'p>,
        planned: &PlannedCapture,
        limits: ExchangeLimits,
    ) -> Result<(), DeviceError> {
        let several = planned.commands.len() > 1;
        for (index, command) in planned.commands.iter().enumerate() {
            if index > 0 {
                // Each candidate is confirmed before the next head line is written.
                shell.confirm(taking, limits).await?;
                taking.check_part();
            }
            if several {
                taking.head(command).await?;
            }
            let mut previous = Previous { run: self, open };
            shell.exchange(command, &mut previous, taking, limits).await?;
        }
        Ok(())
    }

    /// Confirms the last candidate, ends its capture, and leaves.
    async fn settle(&mut self, shell: &mut Shell, open: &mut Option<Taking<'_>>) -> Result<(), DeviceError> {
        let Some(mut last) = open.take() else { return Ok(()) };
        let usual = self.usual();
        let result = shell.leave(&mut last, usual).await;
        self.finished(last, result.as_ref().err()).await?;
        result
    }

    async fn finished(&mut self, taking: Taking<'_>, error: Option<&DeviceError>) -> Result<(), DeviceError> {
        let capture = taking.capture();
        let report = match taking.end(error).await {
            Ok(report) => Arc::new(report),
            // It ran, and what it gave is lost.
            Err(lost) => {
                self.captures.push(Arc::new(CaptureReport {
                    capture_type: capture.capture_type.clone(),
                    commands: capture.commands.clone(),
                    verdict: Verdict::Truncated,
                    bytes: 0,
                    lines: 0,
                    message: Some(lost.message.clone()),
                }));
                return Err(lost);
            }
        };
        self.captures.push(Arc::clone(&report));
        if error.is_none() && report.verdict != Verdict::Complete {
            let kind = report.verdict.failure_kind();
            self.reason.get_or_insert_with(|| {
                let message = report.message.clone().unwrap_or_else(|| kind.hint().to_owned());
                DeviceError::new(kind, message)
            });
        }
        if report.verdict == Verdict::Complete {
            let event = Event::CaptureCompleted {
                job: self.context.job,
                capture: report,
            };
            let _ = self.context.events.send(event).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of<F: Future>(_: impl Fn(&'static DeviceJob, &'static AttemptContext) -> F) -> usize {
        size_of_future::<F>()
    }

    fn size_of_future<F>() -> usize {
        std::mem::size_of::<F>()
    }

    #[test]
    fn an_attempt_at_rest_is_small() {
        let size = size_of(attempt);
        println!("attempt future: {size}");
        assert!(size < 16 * 1024, "the future of one attempt takes {size} bytes");
    }
}
