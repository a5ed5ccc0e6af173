//! A collection as its users run it: the real `showrun collect --direct` as a process, started from a folder of its own.
//!
//! [`Station`] writes inventory and secrets into that folder, [`Collect`] is the command line, [`Running`] the process,
//! [`Run`] what is left of it: the result, what was printed, the files, the memory it took, and whether a secret is in
//! any of that.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use lab::Fleet;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::places;

/// The eight capture types that every platform of the lab has.
pub const TYPES: [&str; 8] = [
    "configs",
    "arp",
    "mac",
    "lldp",
    "interfaces",
    "routes",
    "version",
    "inventory",
];
/// A collection that takes longer has failed, whatever it was for.
const HARD_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at the memory of the process.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The result that `--output json` prints.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct Outcome {
    pub status: String,
    pub success: bool,
    pub devices_succeeded: usize,
    pub devices_failed: usize,
    pub captures_created: BTreeMap<String, usize>,
    pub execution_time_seconds: f64,
    pub devices: Vec<DeviceOutcome>,
}

/// One device of the result.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct DeviceOutcome {
    pub device_name: String,
    pub ip_address: String,
    pub port: u16,
    pub platform: Option<String>,
    pub status: String,
    pub failure_kind: Option<String>,
    #[serde(default)]
    pub message: String,
    pub hint: Option<String>,
    pub attempt: u32,
    pub duration_ms: u64,
    #[serde(default)]
    pub captures: Vec<CaptureOutcome>,
    #[serde(default)]
    pub skipped: Vec<String>,
    pub transcript: Option<PathBuf>,
    pub ssh: Option<serde_json::Value>,
}

impl DeviceOutcome {
    /// Its capture of this type.
    pub fn capture(&self, capture_type: &str) -> Option<&CaptureOutcome> {
        self.captures
            .iter()
            .find(|capture| capture.capture_type == capture_type)
    }

    /// The verdict on its capture of this type, `""` where it has none.
    pub fn verdict(&self, capture_type: &str) -> &str {
        self.capture(capture_type).map_or("", |capture| &capture.verdict)
    }
}

/// One capture of the result.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the fields are the words of the public API")]
pub struct CaptureOutcome {
    pub capture_type: String,
    pub commands: Vec<String>,
    pub verdict: String,
    pub bytes: u64,
    pub lines: u64,
    #[serde(default)]
    pub sha256: String,
    pub message: Option<String>,
    pub file: Option<PathBuf>,
}

/// A folder with everything that collections from some devices need. It goes away with this.
#[derive(Debug)]
pub struct Station {
    folder: TempDir,
    username: String,
    /// Everything that must not be found anywhere.
    secrets: Vec<String>,
}

impl Station {
    /// For all devices of a fleet, with the login it takes.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn of(fleet: &Fleet) -> anyhow::Result<Self> {
        let any = fleet.devices().first().context("a fleet without devices")?;
        Self::new(
            &fleet.inventory_csv(),
            &any.username,
            &any.password,
            &any.enable_password,
        )
    }

    /// For the devices of an inventory (CSV). An empty enable password is not given to the collector.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new(inventory: &str, username: &str, password: &str, enable_password: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("showrun-collect.").tempdir()?;
        let mut station = Self {
            folder,
            username: username.to_owned(),
            secrets: Vec::new(),
        };
        station.write("inventory.csv", inventory)?;
        station.write_secret("password", password)?;
        if !enable_password.is_empty() {
            station.write_secret("enable", enable_password)?;
        }
        Ok(station)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> anyhow::Result<PathBuf> {
        let path = self.folder().join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Writes a file that holds a secret; every later run is searched for it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_secret(&mut self, name: &str, secret: &str) -> anyhow::Result<PathBuf> {
        self.secrets.push(secret.to_owned());
        self.write(name, format!("{secret}\n"))
    }

    /// A collection of all eight types from all devices, its result as JSON, its files in `out` of the folder.
    pub fn collect(&self) -> Collect {
        let mut collect = Collect {
            folder: self.folder().to_owned(),
            flags: BTreeMap::new(),
            variables: BTreeMap::new(),
            limit: HARD_LIMIT,
            secrets: self.secrets.clone(),
        };
        collect = collect
            .switch("--direct")
            .flag("--inventory", self.folder().join("inventory.csv"))
            .flag("--user", &self.username)
            .flag("--password-file", self.folder().join("password"))
            .flag("--known-hosts", self.folder().join("known_hosts"))
            .flag("--types", TYPES.join(","))
            .flag("--output", "json")
            .out("out");
        let enable = self.folder().join("enable");
        if enable.exists() {
            collect = collect.flag("--enable-password-file", enable);
        }
        collect
    }
}

/// The command line of a collection. A flag that is given again replaces the one before.
#[derive(Debug, Clone)]
pub struct Collect {
    folder: PathBuf,
    flags: BTreeMap<String, Option<OsString>>,
    variables: BTreeMap<String, OsString>,
    limit: Duration,
    secrets: Vec<String>,
}

impl Collect {
    /// A flag with its value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.flags.insert(name.to_owned(), Some(value.as_ref().to_owned()));
        self
    }

    /// A flag without a value.
    #[must_use]
    pub fn switch(mut self, name: &str) -> Self {
        self.flags.insert(name.to_owned(), None);
        self
    }

    /// Without a flag that is usually given.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.flags.remove(name);
        self
    }

    /// Only these capture types, parted by commas.
    #[must_use]
    pub fn types(self, types: &str) -> Self {
        self.flag("--types", types)
    }

    /// Files go into this subfolder of the station's folder.
    #[must_use]
    pub fn out(self, name: &str) -> Self {
        let out = self.folder.join(name);
        self.flag("--out", out)
    }

    /// A variable of the process's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    /// Longest time of the process; usually a minute.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the process.
    ///
    /// # Errors
    /// When `showrun` was not built or does not start.
    pub fn start(&self) -> anyhow::Result<Running> {
        let program = places::binary("showrun").context("showrun is not built: cargo build --workspace --bins")?;
        let mut command = Command::new(program);
        command
            .arg("collect")
            .current_dir(&self.folder)
            .env("HOME", &self.folder);
        for variable in [
            "SHOWRUN_USER",
            "SHOWRUN_PASSWORD",
            "SHOWRUN_PLATFORMS_DIR",
            "SSH_AUTH_SOCK",
        ] {
            command.env_remove(variable);
        }
        command.envs(&self.variables);
        for (name, value) in &self.flags {
            command.arg(name).args(value);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().context("showrun does not start")?;
        Ok(Running {
            started: Instant::now(),
            stdout: child.stdout.take().map(read_all).context("no standard output")?,
            stderr: child.stderr.take().map(read_all).context("no standard error")?,
            child,
            collect: self.clone(),
        })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it does not start, does not end in time, or its result cannot be read.
    pub async fn run(&self) -> anyhow::Result<Run> {
        self.start()?.finish().await
    }

    /// Where its files go.
    pub fn out_folder(&self) -> PathBuf {
        let out = self.flags.get("--out").cloned().flatten().unwrap_or_default();
        self.folder.join(out)
    }
}

fn read_all(mut from: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<std::io::Result<Vec<u8>>> {
    tokio::spawn(async move {
        let mut all = Vec::new();
        from.read_to_end(&mut all).await?;
        Ok(all)
    })
}

/// A collection that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    started: Instant,
    stdout: JoinHandle<std::io::Result<Vec<u8>>>,
    stderr: JoinHandle<std::io::Result<Vec<u8>>>,
    collect: Collect,
}

impl Running {
    /// Sends a signal (`INT`, `TERM`) to the process.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.child.id().context("showrun has ended already")?;
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(id.to_string())
            .status()
            .await?;
        ensure!(status.success(), "cannot send {name} to {id}: {status}");
        Ok(())
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When it does not end in time, or its result cannot be read.
    pub async fn finish(mut self) -> anyhow::Result<Run> {
        let mut peak_rss = 0;
        let limit = self.collect.limit;
        let id = self.child.id();
        let waiting = async {
            loop {
                tokio::select! {
                    ended = self.child.wait() => return ended,
                    () = tokio::time::sleep(LOOK_AGAIN) => {
                        peak_rss = peak_rss.max(id.and_then(high_water_mark).unwrap_or_default());
                    }
                }
            }
        };
        let ended = tokio::time::timeout(limit, waiting).await;
        let elapsed = self.started.elapsed();
        if ended.is_err() {
            let _ = self.child.kill().await;
        }
        let (stdout, stderr) = (self.stdout.await??, self.stderr.await??);
        let Ok(status) = ended else {
            bail!(
                "showrun did not end within {limit:?}; it said: {}",
                String::from_utf8_lossy(&stderr)
            );
        };
        let json = self
            .collect
            .flags
            .get("--output")
            .is_some_and(|value| value.as_deref() == Some(OsStr::new("json")));
        let outcome = match json {
            false => None,
            true => Some(serde_json::from_slice(&stdout).with_context(|| {
                let (said, wrong) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
                format!("showrun printed no result:\n{said}\n{wrong}")
            })?),
        };
        let out = self.collect.out_folder();
        let secrets = self.collect.secrets;
        Ok(Run {
            status: status?,
            outcome,
            stdout,
            stderr,
            elapsed,
            peak_rss,
            out,
            secrets,
        })
    }
}

/// The most memory that a process had so far, in bytes.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// A collection that has ended.
#[derive(Debug)]
pub struct Run {
    /// How the process ended.
    pub status: ExitStatus,
    /// Everything on standard output.
    pub stdout: Vec<u8>,
    /// Everything on standard error.
    pub stderr: Vec<u8>,
    /// From the start of the process to its end.
    pub elapsed: Duration,
    /// The most memory it had, in bytes.
    pub peak_rss: u64,
    /// The folder of its files.
    pub out: PathBuf,
    outcome: Option<Outcome>,
    secrets: Vec<String>,
}

impl Run {
    /// The result.
    ///
    /// # Errors
    /// When it was not asked for as JSON.
    pub fn outcome(&self) -> anyhow::Result<&Outcome> {
        self.outcome.as_ref().context("the result was not asked for as JSON")
    }

    /// What came of one device.
    ///
    /// # Errors
    /// When the result does not have it.
    pub fn device(&self, name: &str) -> anyhow::Result<&DeviceOutcome> {
        let mut devices = self.outcome()?.devices.iter();
        devices
            .find(|device| device.device_name == name)
            .with_context(|| format!("{name} is not in the result"))
    }

    /// The bytes of a file under the folder of the collection.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&self, file: &Path) -> anyhow::Result<Vec<u8>> {
        let path = self.out.join(file);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The session of a device as it was received; empty for a device without one.
    pub fn transcript(&self, device: &DeviceOutcome) -> String {
        let bytes = device.transcript.as_deref().and_then(|file| self.read(file).ok());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    }

    /// Where a secret of the station is found: in what was printed, in the name of a file, in a file.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn leaks(&self) -> anyhow::Result<Vec<String>> {
        let holds = |text: &[u8]| {
            let mut secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
            secrets.any(|secret| memchr::memmem::find(text, secret.as_bytes()).is_some())
        };
        let mut found = Vec::new();
        for (place, text) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            if holds(text) {
                found.push(place.to_owned());
            }
        }
        for file in files_in(&self.out)? {
            if holds(file.as_os_str().as_encoded_bytes()) || holds(&self.read(&file)?) {
                found.push(file.display().to_string());
            }
        }
        Ok(found)
    }
}

/// All files under a folder, as paths in it, sorted; none when there is no such folder.
///
/// # Errors
/// When it cannot be read.
pub fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    folders.retain(|folder| folder.is_dir());
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path().strip_prefix(folder)?.to_owned()),
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_given_again_replaces_the_one_before() {
        let station = Station::new("name,host\n", "lab", "secret", "").unwrap();
        let collect = station.collect().types("arp").without("--user");
        assert_eq!(collect.flags.get("--types"), Some(&Some(OsString::from("arp"))));
        assert!(!collect.flags.contains_key("--user"));
        assert!(!collect.flags.contains_key("--enable-password-file"));
    }

    #[test]
    fn a_secret_is_found_wherever_it_is() {
        let out = tempfile::tempdir().unwrap();
        std::fs::create_dir(out.path().join("arp")).unwrap();
        for (name, text) in [
            ("arp/r1.txt", "x hunter2 y"),
            ("arp/hunter2.txt", ""),
            ("arp/r2.txt", "hunter 2"),
        ] {
            std::fs::write(out.path().join(name), text).unwrap();
        }
        let run = Run {
            status: ExitStatus::default(),
            stdout: b"fine".to_vec(),
            stderr: b"password hunter2 refused".to_vec(),
            elapsed: Duration::ZERO,
            peak_rss: 0,
            out: out.path().to_owned(),
            outcome: None,
            secrets: vec!["hunter2".to_owned()],
        };
        assert_eq!(
            run.leaks().unwrap(),
            ["standard error", "arp/hunter2.txt", "arp/r1.txt"]
        );
    }

    #[test]
    fn the_memory_of_a_process_is_known() {
        assert!(high_water_mark(std::process::id()).is_some_and(|bytes| bytes > 500_000));
    }
}
