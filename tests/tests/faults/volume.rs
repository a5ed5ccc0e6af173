//! Cases 25 to 27: outputs that are large or have no end, and the memory they take.

use std::time::Duration;

use anyhow::{Context, ensure};
use lab::{Fault, FleetOptions, Platform};

use crate::output::with_middle;
use crate::scene::{Scene, same};

const IOS: &[Platform] = &[Platform::CiscoIos];
const MIB: u64 = 1024 * 1024;
/// The most memory of a collection from a handful of devices.
const FEW: u64 = 100 * MIB;
/// The most memory of a collection from 200 devices.
const MANY: u64 = 320 * MIB;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_25_infinite_in_time() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Infinite, IOS).await?;
    let collect = scene
        .collect()
        .types("version,inventory")
        .flag("--command-total-seconds", "2");
    let run = scene.run(&collect).await?;
    let device = scene.failed_wholly(&run, scene.first(), &["command_timeout", "output_too_large"])?;
    assert_eq!(device.captures[0].verdict, "truncated");
    assert!(
        ["truncated", "not_run"].contains(&device.captures[1].verdict.as_str()),
        "{:?}",
        device.captures[1]
    );
    assert!(run.elapsed < Duration::from_secs(12), "{:?}", run.elapsed);
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_25_infinite_in_size() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Infinite, Platform::all()).await?;
    let run = scene.run(&scene.collect().flag("--max-output-mib", "1")).await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &["output_too_large"])?;
        let (first, later) = device.captures.split_first().context("captures")?;
        assert_eq!(
            (first.capture_type.as_str(), first.verdict.as_str()),
            ("configs", "truncated")
        );
        assert!(
            later.iter().all(|capture| capture.verdict == "not_run"),
            "{name}: the session is closed"
        );
        assert_eq!(scene.counted(name).logins, 1);
    }
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_25_two_hundred_infinite_at_once() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Infinite, &[Platform::CiscoIos; 200]).await?;
    let collect = scene
        .collect()
        .types("version")
        .flag("--workers", "201")
        .flag("--command-total-seconds", "6")
        .flag("--max-output-mib", "4")
        .flag("--handshake-timeout-seconds", "60");
    let running = collect.start()?;
    let all_at_once = crate::scene::until("200 sessions at once", || scene.fleet.counters().open_sessions >= 200);
    let (run, ()) = tokio::join!(running.finish(), all_at_once);
    let run = run?;
    scene.holds_for_every_run(&run, &[])?;
    for name in scene.faulty() {
        scene.failed_wholly(&run, name, &["command_timeout", "output_too_large"])?;
    }
    assert!(run.peak_rss < MANY, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

/// What comes while a prompt is looked for is bounded like all output, whatever it is.
async fn is_bounded(fault: Fault, platforms: &[Platform]) -> anyhow::Result<()> {
    let scene = Scene::with(fault, platforms).await?;
    let collect = scene
        .collect()
        .types("version")
        .flag("--max-output-mib", "2")
        .flag("--command-total-seconds", "30");
    let run = scene.run(&collect).await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &["output_too_large"])?;
        assert_eq!(device.verdict("version"), "truncated");
    }
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_25_endless_line_after_an_empty_one() -> anyhow::Result<()> {
    is_bounded(Fault::EndlessLine, &[Platform::CiscoIos, Platform::Linux]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_25_blank_lines_after_what_looks_like_a_prompt() -> anyhow::Result<()> {
    is_bounded(Fault::BlankLines, &[Platform::CiscoIos, Platform::Linux]).await
}

/// The line of which a device with the fault `huge` puts many into its configuration.
const HUGE_LINE: &[u8] = b"ip prefix-list HUGE seq 5 permit 100.64.0.0/24\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_26_huge() -> anyhow::Result<()> {
    let size = 8_000_000;
    let scene = Scene::with(Fault::Huge(size), &[Platform::CiscoIos; 5]).await?;
    let run = scene.run(&scene.collect().types("configs,version")).await?;
    for name in scene.faulty() {
        let device = run.device(name)?;
        assert_eq!(device.status, "succeeded", "{}", device.message);
        let configs = device.capture("configs").context("configs")?;
        let stored = run.read(configs.file.as_deref().context("a file")?)?;
        let usual = scene.expected(name, configs)?;
        let lines = (stored.len() - usual.len()) / HUGE_LINE.len();
        same(&stored, &with_middle(&usual, &HUGE_LINE.repeat(lines)))?;
        let on_terminal = (stored.len() as u64) + configs.lines;
        ensure!(
            on_terminal <= size && on_terminal + 64_000 > size,
            "{on_terminal} of {size} bytes"
        );
        let version = device.capture("version").context("version")?;
        same(
            &run.read(version.file.as_deref().context("a file")?)?,
            &scene.expected(name, version)?,
        )?;
    }
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_26_huge_over_the_limit() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Huge(8_000_000), Platform::all()).await?;
    let run = scene
        .run(&scene.collect().flag("--max-output-mib", "2").flag("--retries", "1"))
        .await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &["output_too_large"])?;
        assert!(device.message.contains("2 MiB"), "{}", device.message);
        assert_eq!(device.verdict("configs"), "truncated");
        assert_eq!(device.attempt, 1, "what is too large now is too large again");
    }
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_27_long_line() -> anyhow::Result<()> {
    let size = 5_000_000;
    let scene = Scene::of(FleetOptions {
        devices: 3,
        platforms: vec![Platform::CiscoIos, Platform::CiscoIos, Platform::AristaEos],
        faults: vec![(1, Fault::LongLine(size as u64)), (2, Fault::LongLine(size as u64))],
        ..FleetOptions::default()
    })
    .await?;
    let run = scene.run(&scene.collect().types("configs,version")).await?;
    let line = [b"! ".as_slice(), &b"x".repeat(size), b"\n"].concat();
    for name in scene.faulty() {
        let device = run.device(name)?;
        assert_eq!(device.status, "succeeded", "{}", device.message);
        let configs = device.capture("configs").context("configs")?;
        let stored = run.read(configs.file.as_deref().context("a file")?)?;
        same(&stored, &with_middle(&scene.expected(name, configs)?, &line))?;
        let version = device.capture("version").context("version")?;
        same(
            &run.read(version.file.as_deref().context("a file")?)?,
            &scene.expected(name, version)?,
        )?;
    }
    assert!(run.peak_rss < FEW, "{} MiB", run.peak_rss / MIB);
    Ok(())
}
