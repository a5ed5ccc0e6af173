//! A healthy device and faulty ones, and what every test says about a run over them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use lab::{Counters, Fault, Fleet, FleetOptions, Platform};
use tests::collect::{CaptureOutcome, Collect, DeviceOutcome, Run, Station, TYPES, files_in};

/// Longest wait for something that happens by itself in a moment.
const MOMENT: Duration = Duration::from_secs(20);

/// Devices that listen, and a folder to collect from.
pub(crate) struct Scene {
    pub(crate) fleet: Fleet,
    pub(crate) station: Station,
}

impl Scene {
    /// A healthy cisco_ios device, then one device with the fault for each of the platforms.
    pub(crate) async fn with(fault: Fault, platforms: &[Platform]) -> anyhow::Result<Scene> {
        let all: Vec<Platform> = std::iter::once(Platform::CiscoIos)
            .chain(platforms.iter().copied())
            .collect();
        Scene::of(FleetOptions {
            devices: all.len(),
            faults: (1..all.len()).map(|index| (index, fault)).collect(),
            platforms: all,
            ..FleetOptions::default()
        })
        .await
    }

    /// The fleet of these options.
    pub(crate) async fn of(options: FleetOptions) -> anyhow::Result<Scene> {
        let fleet = Fleet::start(options).await?;
        let station = Station::of(&fleet)?;
        Ok(Scene { fleet, station })
    }

    /// The healthy device.
    pub(crate) fn healthy(&self) -> &str {
        &self.fleet.devices()[0].name
    }

    /// The devices with the fault.
    pub(crate) fn faulty(&self) -> impl Iterator<Item = &str> {
        self.fleet.devices()[1..].iter().map(|info| info.name.as_str())
    }

    /// The first device with the fault.
    pub(crate) fn first(&self) -> &str {
        &self.fleet.devices()[1].name
    }

    /// What the lab counted for a device.
    pub(crate) fn counted(&self, device: &str) -> Counters {
        self.fleet.device_counters(device).expect("a device of the fleet")
    }

    /// All eight types from all devices.
    pub(crate) fn collect(&self) -> Collect {
        self.station.collect()
    }

    /// Runs a collection to its end and checks what holds for every one.
    pub(crate) async fn run(&self, collect: &Collect) -> anyhow::Result<Run> {
        let before = files_in(&collect.out_folder())?;
        let run = collect.run().await?;
        self.holds_for_every_run(&run, &before)?;
        Ok(run)
    }

    /// No secret anywhere, none typed where it is seen, counts that add up, an exit code that says what happened, and no
    /// file that neither was there before nor belongs to a device.
    pub(crate) fn holds_for_every_run(&self, run: &Run, before: &[PathBuf]) -> anyhow::Result<()> {
        let leaks = run.leaks()?;
        ensure!(leaks.is_empty(), "a secret is in {leaks:?}");
        let typed = self.fleet.counters().secrets_typed_at_prompt;
        ensure!(typed == 0, "a secret was typed {typed} times where everybody sees it");
        let outcome = run.outcome()?;
        let succeeded = outcome
            .devices
            .iter()
            .filter(|device| device.status == "succeeded")
            .count();
        assert_eq!(outcome.devices_succeeded, succeeded);
        assert_eq!(outcome.devices_failed, outcome.devices.len() - succeeded);
        assert_eq!(outcome.success, succeeded == outcome.devices.len());
        let expected_code = match (outcome.success, outcome.captures_created.is_empty()) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        assert_eq!(run.status.code(), Some(expected_code), "the exit code");
        for file in files_in(&run.out)?.into_iter().filter(|file| !before.contains(file)) {
            let known = outcome.devices.iter().any(|device| {
                let captures = device.captures.iter().filter_map(|capture| capture.file.as_ref());
                captures.chain(&device.transcript).any(|place| *place == file)
            });
            ensure!(known, "{} belongs to no device of the result", file.display());
        }
        for device in &outcome.devices {
            device
                .captures
                .iter()
                .try_for_each(|capture| is_where_it_belongs(run, device, capture))?;
        }
        Ok(())
    }

    /// The device succeeded, and each of its files is what the device prints, byte for byte.
    pub(crate) fn is_whole(&self, run: &Run, name: &str) -> anyhow::Result<()> {
        let device = run.device(name)?;
        let platform = device.platform.as_deref().unwrap_or("?");
        ensure!(
            device.status == "succeeded" && device.failure_kind.is_none(),
            "{name} ({platform}) {}: {:?} {}\n{}",
            device.status,
            device.failure_kind,
            device.message,
            ending(&run.transcript(device))
        );
        for capture in &device.captures {
            let file = capture.file.as_deref().context("a capture without a file")?;
            let context = || format!("{name} ({platform}), {}", capture.capture_type);
            same(&run.read(file)?, &self.expected(name, capture)?).with_context(context)?;
        }
        Ok(())
    }

    /// All eight types of the device were collected, each equal to what the device prints.
    pub(crate) fn is_whole_in_all_types(&self, run: &Run, name: &str) -> anyhow::Result<()> {
        self.is_whole(run, name)?;
        let device = run.device(name)?;
        let mut types: Vec<&str> = device
            .captures
            .iter()
            .map(|capture| capture.capture_type.as_str())
            .collect();
        types.sort_unstable();
        let mut all = TYPES;
        all.sort_unstable();
        assert_eq!(types, all, "{name}");
        Ok(())
    }

    /// Everything was collected from everybody, whatever is wrong with them.
    pub(crate) fn everything_is_whole(&self, run: &Run) -> anyhow::Result<()> {
        let names = std::iter::once(self.healthy()).chain(self.faulty());
        let wrong: Vec<String> = names
            .filter_map(|name| self.is_whole_in_all_types(run, name).err())
            .map(|error| format!("{error:#}"))
            .collect();
        ensure!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        Ok(())
    }

    /// The device did not succeed, for this reason and in words; the healthy one is not touched by that.
    pub(crate) fn failed<'r>(&self, run: &'r Run, name: &str, kinds: &[&str]) -> anyhow::Result<&'r DeviceOutcome> {
        self.is_whole(run, self.healthy()).context("the healthy device")?;
        let device = run.device(name)?;
        let kind = device.failure_kind.as_deref().unwrap_or("none");
        let platform = device.platform.as_deref().unwrap_or("?");
        ensure!(
            kinds.contains(&kind),
            "{name} ({platform}) {}: {kind} instead of {}: {}\n{}",
            device.status,
            kinds.join(" or "),
            device.message,
            ending(&run.transcript(device))
        );
        assert!(
            ["failed", "partially_succeeded"].contains(&device.status.as_str()),
            "{}",
            device.status
        );
        assert!(device.message.len() > 8, "{name}: no sentence but {:?}", device.message);
        assert!(
            !device.message.chars().any(char::is_control),
            "{name}: {:?}",
            device.message
        );
        assert!(
            device.hint.as_deref().is_some_and(|hint| !hint.is_empty()),
            "{name}: no hint"
        );
        for capture in device.captures.iter().filter(|capture| capture.verdict == "complete") {
            let file = capture.file.as_deref().context("a capture without a file")?;
            same(&run.read(file)?, &self.expected(name, capture)?).with_context(|| capture.capture_type.clone())?;
        }
        Ok(device)
    }

    /// As [`Scene::failed`], and not one of its captures is complete.
    pub(crate) fn failed_wholly<'r>(
        &self,
        run: &'r Run,
        name: &str,
        kinds: &[&str],
    ) -> anyhow::Result<&'r DeviceOutcome> {
        let device = self.failed(run, name, kinds)?;
        assert_eq!(device.status, "failed", "{name}");
        Ok(device)
    }

    /// As [`Scene::failed_wholly`], and no command was sent.
    pub(crate) fn failed_before_any_command<'r>(
        &self,
        run: &'r Run,
        name: &str,
        kinds: &[&str],
    ) -> anyhow::Result<&'r DeviceOutcome> {
        let device = self.failed_wholly(run, name, kinds)?;
        let verdicts: Vec<&str> = device.captures.iter().map(|capture| capture.verdict.as_str()).collect();
        assert!(
            verdicts.iter().all(|verdict| *verdict == "not_run"),
            "{name}: {verdicts:?}"
        );
        assert_eq!(self.counted(name).commands_seen, Vec::<String>::new(), "{name}");
        Ok(device)
    }

    /// What a capture has to hold: the output of its command, or of several, each under its head line.
    pub(crate) fn expected(&self, name: &str, capture: &CaptureOutcome) -> anyhow::Result<Vec<u8>> {
        let mut all = String::new();
        for command in &capture.commands {
            if capture.commands.len() > 1 {
                all.push_str(&format!(">>> {command}\n"));
            }
            let text = self.fleet.expected(name, command);
            all.push_str(&text.with_context(|| format!("{name} does not know {command:?}"))?);
        }
        Ok(all.into_bytes())
    }
}

/// Only what is complete is under `<type>/`; the rest is elsewhere or nowhere, and the numbers are those of the file.
fn is_where_it_belongs(run: &Run, device: &DeviceOutcome, capture: &CaptureOutcome) -> anyhow::Result<()> {
    let name = &device.device_name;
    let good = PathBuf::from(&capture.capture_type).join(format!("{name}.txt"));
    match capture.verdict.as_str() {
        "complete" => ensure!(capture.file.is_some(), "{name}: no file for {}", capture.capture_type),
        "not_run" => ensure!(
            capture.file.is_none(),
            "{name}: a file for {}, which did not run",
            capture.capture_type
        ),
        "truncated" | "rejected" | "empty" => {
            ensure!(
                capture.file.as_ref() != Some(&good),
                "{name}: {} is {}",
                good.display(),
                capture.verdict
            );
        }
        other => anyhow::bail!("{name}: there is no verdict {other}"),
    }
    if let Some(file) = &capture.file {
        let bytes = run.read(file)?;
        assert_eq!(bytes.len() as u64, capture.bytes, "{}", file.display());
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        assert_eq!(lines, capture.lines, "{}", file.display());
    }
    Ok(())
}

/// Two texts are the same; else the first line in which they differ.
pub(crate) fn same(stored: &[u8], printed: &[u8]) -> anyhow::Result<()> {
    if stored == printed {
        return Ok(());
    }
    let lines = |text: &[u8]| -> Vec<String> {
        text.split(|byte| *byte == b'\n')
            .map(|line| line.escape_ascii().to_string())
            .collect()
    };
    let (stored, printed) = (lines(stored), lines(printed));
    let at = stored
        .iter()
        .zip(&printed)
        .take_while(|(left, right)| left == right)
        .count();
    let around = |lines: &[String]| -> String {
        let part = lines.iter().skip(at.saturating_sub(2)).take(6);
        part.map(|line| format!("    {}\n", line.chars().take(160).collect::<String>()))
            .collect()
    };
    anyhow::bail!(
        "differs from line {} on ({} lines stored, {} printed)\n  stored:\n{}  printed:\n{}",
        at + 1,
        stored.len(),
        printed.len(),
        around(&stored),
        around(&printed)
    )
}

/// The end of a session, for people who read why a test failed.
fn ending(transcript: &str) -> String {
    let from = transcript.char_indices().rev().nth(600).map_or(0, |(at, _)| at);
    transcript[from..].escape_debug().to_string().replace("\\n", "\n")
}

/// Waits until something has happened.
pub(crate) async fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < MOMENT, "{what} did not happen within {MOMENT:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
