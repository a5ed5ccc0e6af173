//! A collection without a database: devices in, files and a result out. `showrun collect --direct` is a thin layer over
//! this.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use jobs::{
    Breaker, CaptureReport, Catalogue, Credentials, Device, DeviceReport, DeviceStatus, Event, FailureKind, JumpHost,
    RunOptions, Runner, Verdict,
};
use secrecy::SecretString;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::{file_name, inventory::InventoryDevice};

mod host_keys;
mod replay;
mod sink;
pub use host_keys::HostKeyPolicy;
pub use jobs::Cancel;
pub use replay::{Replay, replay};

/// Events that may wait for the one who shows them.
const QUEUED_EVENTS: usize = 1024;
/// Between what is said and [`Progress::Tick`], so that many lines are shown at once.
const TICK: Duration = Duration::from_millis(50);
/// Characters of a name that are shown.
const LONGEST_NAME: usize = 255;

/// What to log in with.
#[derive(Clone, Default)]
pub struct Login {
    /// Name of the user.
    pub username: String,
    /// Password.
    pub password: Option<SecretString>,
    /// Enable password.
    pub enable_password: Option<SecretString>,
    /// Text of a private key.
    pub private_key: Option<SecretString>,
    /// Passphrase of the private key.
    pub passphrase: Option<SecretString>,
    /// Socket of an SSH agent.
    pub agent: Option<PathBuf>,
}

impl Login {
    fn credentials(&self) -> Result<Credentials, DirectError> {
        use secrecy::ExposeSecret;
        let key = self.private_key.as_ref().map(|key| {
            jobs::read_private_key(key.expose_secret(), self.passphrase.as_ref())
                .map(Arc::new)
                .map_err(DirectError)
        });
        Ok(Credentials {
            username: self.username.clone(),
            password: self.password.clone(),
            enable_password: self.enable_password.clone(),
            private_key: key.transpose()?,
            agent: self.agent.clone(),
        })
    }
}

/// A host to go through.
#[derive(Clone)]
pub struct Jump {
    /// IP address or host name.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// What it is logged in with.
    pub login: Login,
}

/// Time limits and numbers of a collection; what is `None` stays at its default.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Sessions at the same time.
    pub max_workers: Option<usize>,
    /// Sessions at the same time to one site.
    pub max_per_site: Option<usize>,
    /// Further attempts after failures that may pass.
    pub retries: Option<u32>,
    /// Refused logins in a row that close a credential; 0 turns this off.
    pub auth_failure_limit: Option<u32>,
    /// For TCP.
    pub connect_timeout: Option<Duration>,
    /// For the SSH handshake.
    pub handshake_timeout: Option<Duration>,
    /// For the login.
    pub login_timeout: Option<Duration>,
    /// From the shell to its prompt.
    pub prompt_timeout: Option<Duration>,
    /// Longest silence of a command.
    pub command_timeout: Option<Duration>,
    /// Longest time of a command; `None`: as the platform file says.
    pub command_total: Option<Duration>,
    /// Longest time of a device.
    pub device_timeout: Option<Duration>,
    /// Largest output in bytes.
    pub max_output_bytes: Option<u64>,
}

/// What to collect, from where, into which folder.
#[derive(Clone)]
pub struct Request {
    /// The devices; disabled ones are left out.
    pub devices: Vec<InventoryDevice>,
    /// Platform of the devices that name none; `None`: found out for each.
    pub platform: Option<String>,
    /// Slugs of the capture types.
    pub capture_types: Vec<String>,
    /// What all devices are logged in with.
    pub login: Login,
    /// Hosts to go through, the nearest first.
    pub jump: Vec<Jump>,
    /// Whether old SSH algorithms are offered to every device.
    pub legacy_algorithms: bool,
    /// What to do with unknown host keys.
    pub host_keys: HostKeyPolicy,
    /// File of the known host keys.
    pub known_hosts: PathBuf,
    /// Folder of the user's own platform files.
    pub platforms_dir: Option<PathBuf>,
    /// Where the files go.
    pub out: PathBuf,
    /// Limits.
    pub limits: Limits,
}

/// Why nothing could begin; a sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DirectError(String);

/// What happens while it runs, in words that can be shown.
#[derive(Debug, Clone)]
pub enum Progress<'a> {
    /// A session to the device begins.
    Started {
        /// Index of the device.
        device: usize,
        /// 1 for the first try.
        attempt: u32,
    },
    /// A capture of the device ended.
    Captured {
        /// Index of the device.
        device: usize,
        /// Slug of the capture type.
        capture_type: &'a str,
        /// `complete`, `truncated`, …
        verdict: &'static str,
        /// Size of the text.
        bytes: u64,
    },
    /// The device ended.
    Completed {
        /// Index of the device.
        device: usize,
        /// `succeeded`, `partially_succeeded`, `failed` or `cancelled`.
        status: &'static str,
        /// Why, unless it succeeded.
        failure_kind: Option<&'static str>,
        /// A sentence.
        message: &'a str,
        /// How long it took.
        duration_ms: u64,
    },
    /// Some time has passed since something was said: time to show it.
    Tick,
}

/// One capture in the result.
#[derive(Debug, Clone, Serialize)]
pub struct CaptureOutcome {
    /// What the engine says of it.
    #[serde(flatten)]
    pub report: Arc<CaptureReport>,
    /// The file, under the folder of the collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// One device in the result.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct DeviceOutcome {
    pub device_name: String,
    pub ip_address: String,
    pub port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    pub status: DeviceStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_kind: Option<FailureKind>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    pub attempt: u32,
    pub duration_ms: u64,
    pub captures: Vec<CaptureOutcome>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh: Option<jobs::transport::Negotiated>,
}

/// What came of the whole collection.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct Outcome {
    pub status: &'static str,
    pub success: bool,
    pub devices_succeeded: usize,
    pub devices_failed: usize,
    pub captures_created: BTreeMap<String, usize>,
    pub execution_time_seconds: f64,
    pub devices: Vec<DeviceOutcome>,
}

/// A collection that is ready to run.
pub struct Direct {
    runner: Runner,
    sink: Arc<sink::FileSink>,
    options: RunOptions,
    jobs: Vec<jobs::DeviceJob>,
    /// Index of the device for each job.
    job_devices: Vec<usize>,
    outcomes: Vec<DeviceOutcome>,
    out: PathBuf,
    /// Template files that could not be used, and other things a person should know.
    pub warnings: Vec<String>,
}

fn options(limits: &Limits) -> RunOptions {
    let mut options = RunOptions::default();
    options.max_workers = limits.max_workers.unwrap_or(options.max_workers);
    options.max_per_site = limits.max_per_site.unwrap_or(options.max_per_site);
    options.retries = limits.retries.unwrap_or(options.retries);
    let usual = options.limits;
    options.limits = jobs::SessionLimits {
        connect: limits.connect_timeout.unwrap_or(usual.connect),
        handshake: limits.handshake_timeout.unwrap_or(usual.handshake),
        login: limits.login_timeout.unwrap_or(usual.login),
        prompt: limits.prompt_timeout.unwrap_or(usual.prompt),
        silence: limits.command_timeout.unwrap_or(usual.silence),
        command_total: limits.command_total,
        device: limits.device_timeout.unwrap_or(usual.device),
        output_bytes: limits.max_output_bytes.unwrap_or(usual.output_bytes),
        ..usual
    };
    options
}

/// The platforms that can be collected, with those of the user, and what was wrong with any file.
///
/// # Errors
/// When the user's folder cannot be read.
pub fn catalogue(platforms_dir: Option<&Path>) -> Result<(Catalogue, Vec<String>), DirectError> {
    let (catalogue, problems) = match platforms_dir {
        None => (Catalogue::shipped(), Vec::new()),
        Some(folder) => Catalogue::with_user_files(folder).map_err(|error| {
            DirectError(format!(
                "Cannot read the platform files in {}: {error}",
                folder.display()
            ))
        })?,
    };
    Ok((
        catalogue,
        problems
            .iter()
            .map(|problem| format!("Platform file not used: {problem}"))
            .collect(),
    ))
}

impl Direct {
    /// Reads keys and platform files, makes the folders and the plan. Nothing is connected yet.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn prepare(request: Request) -> Result<Self, DirectError> {
        let (catalogue, warnings) = catalogue(request.platforms_dir.as_deref())?;
        let known = catalogue.capture_types();
        if let Some(unknown) = request.capture_types.iter().find(|name| !known.contains(name)) {
            let known = known.join(", ");
            return Err(DirectError(format!(
                "There is no capture type '{unknown}'; there are {known}"
            )));
        }
        if let Some(platform) = request.platform.as_deref()
            && platform != jobs::plan::AUTO
            && catalogue.platform(platform).is_none()
        {
            let known: Vec<&str> = catalogue.slugs().collect();
            return Err(DirectError(format!(
                "There is no platform '{platform}'; there are auto, {}",
                known.join(", ")
            )));
        }
        let credentials = Arc::new(request.login.credentials()?);
        let mut jump = Vec::new();
        for host in &request.jump {
            let credentials = Arc::new(host.login.credentials()?);
            jump.push(Arc::new(JumpHost {
                address: host.address.clone(),
                port: host.port,
                credentials,
            }));
        }
        let enabled: Vec<&InventoryDevice> = request.devices.iter().filter(|device| device.enabled).collect();
        if enabled.is_empty() {
            return Err(DirectError("There is no device to collect from".to_owned()));
        }
        let devices: Vec<(Device, Arc<Credentials>)> = enabled
            .iter()
            .map(|device| {
                let platform = device.platform.clone().or_else(|| request.platform.clone());
                let device = Device {
                    id: device.name.clone(),
                    name: device.name.clone(),
                    address: device.address.clone(),
                    port: device.port,
                    platform: platform.unwrap_or_else(|| jobs::plan::AUTO.to_owned()),
                    site: device.site.clone().unwrap_or_default(),
                    legacy_algorithms: device.legacy_algorithms || request.legacy_algorithms,
                    jump: jump.clone(),
                };
                (device, Arc::clone(&credentials))
            })
            .collect();
        let plan = jobs::plan(&catalogue, &devices, &request.capture_types);
        let mut outcomes: Vec<DeviceOutcome> = devices.iter().map(|(device, _)| not_supported(device)).collect();
        let mut runs = vec![true; devices.len()];
        for skipped in plan.skipped {
            let Some(outcome) = outcomes.get_mut(skipped.device) else {
                continue;
            };
            match skipped.capture_type {
                Some(capture_type) => outcome.skipped.push(capture_type),
                None => {
                    outcome.message = skipped.reason;
                    if let Some(runs) = runs.get_mut(skipped.device) {
                        *runs = false;
                    }
                }
            }
        }
        let job_devices = runs
            .iter()
            .enumerate()
            .filter(|(_, runs)| **runs)
            .map(|(index, _)| index)
            .collect();
        let failed = |what: &'static str, path: &Path| {
            let path = path.display().to_string();
            move |error: io::Error| DirectError(format!("Cannot {what} {path}: {error}"))
        };
        let sink =
            sink::FileSink::new(&request.out, &request.capture_types).map_err(failed("write into", &request.out))?;
        let sink = Arc::new(sink);
        let host_keys = host_keys::KnownHosts::open(&request.known_hosts, request.host_keys)
            .map_err(failed("read the known hosts", &request.known_hosts))?;
        let breaker = Breaker::new(request.limits.auth_failure_limit.unwrap_or(3));
        let options = options(&request.limits);
        let runner = Runner::new(
            Arc::new(catalogue),
            Arc::new(host_keys),
            Arc::clone(&sink) as Arc<dyn jobs::CaptureSink>,
            breaker,
            options.max_workers,
        );
        Ok(Self {
            runner,
            sink,
            options,
            jobs: plan.jobs,
            job_devices,
            outcomes,
            out: request.out,
            warnings,
        })
    }

    /// Names of the devices, by the index that [`Progress`] gives.
    pub fn device_names(&self) -> Vec<String> {
        self.outcomes
            .iter()
            .map(|outcome| outcome.device_name.clone())
            .collect()
    }

    /// Collects to the end, or until `cancel` is asked.
    pub async fn run(mut self, cancel: Cancel, mut show: impl FnMut(Progress<'_>)) -> Outcome {
        let started = Instant::now();
        let (sender, mut events) = mpsc::channel(QUEUED_EVENTS);
        let jobs = std::mem::take(&mut self.jobs);
        for (device, outcome) in self.outcomes.iter().enumerate() {
            if self.job_devices.binary_search(&device).is_err() {
                show(completed(
                    device,
                    outcome.status,
                    outcome.failure_kind,
                    &outcome.message,
                    0,
                ));
            }
        }
        let outcomes = &mut self.outcomes;
        let (devices, out) = (&self.job_devices, &self.out);
        let running = self.runner.run(jobs, self.options, sender, cancel.clone());
        let showing = async {
            let mut tick = tokio::time::interval(TICK);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut said = false;
            loop {
                let event = tokio::select! {
                    biased;
                    event = events.recv() => event,
                    _ = tick.tick(), if said => {
                        said = false;
                        show(Progress::Tick);
                        continue;
                    }
                };
                let Some(event) = event else { break };
                said = true;
                take(event, devices, outcomes, out, &mut show);
            }
        };
        tokio::join!(running, showing);
        self.sink.tidy();
        outcome(self.outcomes, started.elapsed(), &cancel)
    }
}

fn not_supported(device: &Device) -> DeviceOutcome {
    let name: String = device.name.chars().take(LONGEST_NAME).collect();
    DeviceOutcome {
        device_name: name,
        ip_address: device.address.clone(),
        port: device.port,
        platform: Some(device.platform.clone()).filter(|platform| platform != jobs::plan::AUTO),
        status: DeviceStatus::Failed,
        failure_kind: Some(FailureKind::NotSupported),
        message: String::new(),
        hint: Some(FailureKind::NotSupported.hint()),
        attempt: 0,
        duration_ms: 0,
        captures: Vec::new(),
        skipped: Vec::new(),
        transcript: None,
        ssh: None,
    }
}

fn completed(
    device: usize,
    status: DeviceStatus,
    failure_kind: Option<FailureKind>,
    message: &str,
    duration_ms: u64,
) -> Progress<'_> {
    Progress::Completed {
        device,
        status: status.as_str(),
        failure_kind: failure_kind.map(FailureKind::as_str),
        message,
        duration_ms,
    }
}

fn take(
    event: Event,
    devices: &[usize],
    outcomes: &mut [DeviceOutcome],
    out: &Path,
    show: &mut impl FnMut(Progress<'_>),
) {
    let device_of = |job: usize| devices.get(job).copied().unwrap_or_default();
    match event {
        Event::DeviceStarted { job, attempt } => show(Progress::Started {
            device: device_of(job),
            attempt,
        }),
        Event::CaptureCompleted { job, capture } => show(Progress::Captured {
            device: device_of(job),
            capture_type: &capture.capture_type,
            verdict: capture.verdict.as_str(),
            bytes: capture.bytes,
        }),
        Event::DeviceCompleted { job, report } => {
            let device = device_of(job);
            let Some(outcome) = outcomes.get_mut(device) else {
                return;
            };
            fill(outcome, *report, out);
            show(completed(
                device,
                outcome.status,
                outcome.failure_kind,
                &outcome.message,
                outcome.duration_ms,
            ));
        }
    }
}

fn fill(outcome: &mut DeviceOutcome, report: DeviceReport, out: &Path) {
    if report.status != DeviceStatus::Succeeded && !report.transcript.is_empty() {
        match write_transcript(out, &outcome.device_name, &report.transcript) {
            Ok(place) => outcome.transcript = Some(place),
            Err(error) => tracing::warn!(device = outcome.device_name, %error, "the transcript was not written"),
        }
    }
    outcome.status = report.status;
    outcome.failure_kind = report.failure_kind;
    outcome.hint = report.failure_kind.map(FailureKind::hint);
    outcome.message = report.message;
    outcome.attempt = report.attempt;
    outcome.duration_ms = report.duration_ms;
    outcome.platform = report.platform.or_else(|| outcome.platform.take());
    outcome.ssh = report.negotiated;
    let name = sink::name(&outcome.device_name);
    outcome.captures = report
        .captures
        .into_iter()
        .map(|report| {
            let place = Path::new(&report.capture_type).join(&name);
            let file = match report.verdict {
                Verdict::Complete => Some(place),
                Verdict::NotRun => None,
                // There is none of what could not be stored.
                _ => Some(Path::new("incomplete").join(place)).filter(|place| out.join(place).is_file()),
            };
            CaptureOutcome { report, file }
        })
        .collect();
}

/// A transcript may hold what a device shows to nobody else, so only its owner may read it.
fn write_transcript(out: &Path, device: &str, transcript: &[u8]) -> io::Result<PathBuf> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let place = Path::new("transcripts").join(format!("{}.txt", file_name::encode(device)));
    let path = out.join(&place);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(transcript)?;
    Ok(place)
}

fn outcome(devices: Vec<DeviceOutcome>, time: Duration, cancel: &Cancel) -> Outcome {
    let succeeded = devices
        .iter()
        .filter(|device| device.status == DeviceStatus::Succeeded)
        .count();
    let mut captures_created: BTreeMap<String, usize> = BTreeMap::new();
    for capture in devices.iter().flat_map(|device| &device.captures) {
        if capture.report.verdict == Verdict::Complete {
            match captures_created.get_mut(&capture.report.capture_type) {
                Some(count) => *count += 1,
                None => {
                    captures_created.insert(capture.report.capture_type.clone(), 1);
                }
            }
        }
    }
    let status = match () {
        () if succeeded == devices.len() => "succeeded",
        () if cancel.is_asked() => "cancelled",
        () if captures_created.is_empty() => "failed",
        () => "partially_succeeded",
    };
    Outcome {
        status,
        success: succeeded == devices.len(),
        devices_succeeded: succeeded,
        devices_failed: devices.len() - succeeded,
        captures_created,
        execution_time_seconds: time.as_secs_f64(),
        devices,
    }
}

/// A platform as people and programs are shown it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct PlatformView {
    pub platform: String,
    pub title: String,
    pub vendor: String,
    pub aliases: Vec<String>,
    pub captures: Vec<TemplateView>,
}

/// How a capture type is collected on a platform.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct TemplateView {
    pub capture_type: String,
    pub commands: Vec<String>,
    pub evidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// All platforms, and what was wrong with any of the files.
///
/// # Errors
/// When the user's folder cannot be read.
pub fn platforms(platforms_dir: Option<&Path>) -> Result<(Vec<PlatformView>, Vec<String>), DirectError> {
    let (catalogue, warnings) = catalogue(platforms_dir)?;
    let template = |capture: &jobs::platform::Capture| TemplateView {
        capture_type: capture.capture_type.clone(),
        commands: capture.commands.clone(),
        evidence: capture.evidence.as_str(),
        source: capture.source.clone(),
    };
    let view = |platform: Arc<jobs::Platform>| PlatformView {
        platform: platform.slug.clone(),
        title: platform.title.clone(),
        vendor: platform.vendor.clone(),
        aliases: platform.aliases.clone(),
        captures: platform.captures.iter().map(template).collect(),
    };
    Ok((catalogue.platforms().map(view).collect(), warnings))
}
