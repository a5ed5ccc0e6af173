//! What no single device shows: a wrong password and a whole fleet, and stopping in the middle.

use std::time::{Duration, Instant};

use anyhow::ensure;
use lab::{Fault, FleetOptions, Platform};

use crate::scene::{Scene, until};

/// What a person waits after Ctrl-C.
const SECONDS: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_locks_nobody_out() -> anyhow::Result<()> {
    let mut scene = Scene::of(FleetOptions {
        devices: 200,
        ..FleetOptions::default()
    })
    .await?;
    let wrong = scene.station.write_secret("wrong", "n0t-the-password")?;
    let collect = scene
        .collect()
        .flag("--password-file", wrong)
        .flag("--workers", "200")
        .flag("--retries", "2");
    let run = scene.run(&collect.types("version")).await?;
    let counted = scene.fleet.counters();
    ensure!(
        (1..=3).contains(&counted.auth_attempts),
        "{} logins were tried",
        counted.auth_attempts
    );
    assert_eq!(counted.logins, 0);
    let outcome = run.outcome()?;
    let of_kind = |kind: &str| {
        outcome
            .devices
            .iter()
            .filter(|device| device.failure_kind.as_deref() == Some(kind))
            .count()
    };
    assert_eq!(of_kind("authentication_failed") as u64, counted.auth_attempts);
    assert_eq!(of_kind("credential_paused"), 200 - counted.auth_attempts as usize);
    assert_eq!((outcome.status.as_str(), outcome.devices_failed), ("failed", 200));
    for device in &outcome.devices {
        assert!(
            !device.message.is_empty() && device.hint.is_some(),
            "{}",
            device.device_name
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_interrupt_lets_commands_end_and_keeps_what_is_complete() -> anyhow::Result<()> {
    let scene = Scene::of(FleetOptions {
        devices: 40,
        think: Duration::from_millis(200),
        ..FleetOptions::default()
    })
    .await?;
    let collect = scene.collect().flag("--workers", "10");
    let running = collect.start()?;
    let first_captures = || tests::collect::files_in(&collect.out_folder()).is_ok_and(|files| files.len() >= 20);
    until("the first captures", first_captures).await;
    running.signal("INT").await?;
    let asked = Instant::now();
    let run = running.finish().await?;
    ensure!(asked.elapsed() < SECONDS, "it went on for {:?}", asked.elapsed());

    scene.holds_for_every_run(&run, &[])?;
    let outcome = run.outcome()?;
    assert_eq!((outcome.status.as_str(), run.status.code()), ("cancelled", Some(2)));
    assert_eq!(outcome.devices.len(), 40);
    let mut complete = 0;
    for device in &outcome.devices {
        let name = &device.device_name;
        match device.status.as_str() {
            "succeeded" => scene.is_whole_in_all_types(&run, name)?,
            "cancelled" => assert_eq!(device.failure_kind.as_deref(), Some("cancelled"), "{name}"),
            other => anyhow::bail!("{name} is {other}: {}", device.message),
        }
        for capture in &device.captures {
            let verdict = capture.verdict.as_str();
            ensure!(
                ["complete", "not_run"].contains(&verdict),
                "{name}, {}: {verdict}",
                capture.capture_type
            );
            if verdict == "complete" {
                let file = capture.file.as_deref().unwrap();
                crate::scene::same(&run.read(file)?, &scene.expected(name, capture)?)?;
                complete += 1;
            }
        }
    }
    assert_eq!(complete, outcome.captures_created.values().sum::<usize>());
    ensure!((20..40 * 8).contains(&complete), "{complete} captures");
    let never_begun = outcome
        .devices
        .iter()
        .filter(|device| scene.counted(&device.device_name).connections == 0);
    ensure!(
        never_begun.count() >= 20,
        "queued devices were begun after the interrupt"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_interrupt_ends_sessions_that_hang() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::StallMid, &[Platform::CiscoIos, Platform::AristaEos]).await?;
    let running = scene.collect().start()?;
    let healthy_is_done = || {
        let counted = scene.counted(scene.healthy());
        counted.logins == 1 && counted.open_sessions == 0
    };
    until("the end of the healthy device", healthy_is_done).await;
    running.signal("INT").await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.signal("INT").await?;
    let asked = Instant::now();
    let run = running.finish().await?;
    ensure!(asked.elapsed() < SECONDS, "it went on for {:?}", asked.elapsed());

    scene.holds_for_every_run(&run, &[])?;
    scene.is_whole_in_all_types(&run, scene.healthy())?;
    assert_eq!(
        (run.outcome()?.status.as_str(), run.status.code()),
        ("cancelled", Some(2))
    );
    for name in scene.faulty() {
        let device = run.device(name)?;
        assert_eq!(
            (device.status.as_str(), device.failure_kind.as_deref()),
            ("cancelled", Some("cancelled"))
        );
        ensure!(
            device.captures.iter().all(|capture| capture.verdict != "complete"),
            "{:?}",
            device.captures
        );
    }
    until("the end of all sessions", || scene.fleet.counters().open_sessions == 0).await;
    Ok(())
}
