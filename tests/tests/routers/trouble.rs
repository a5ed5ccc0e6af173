//! What happens to a collection when a real router or its cable goes wrong in the middle of a command.

use std::time::Duration;

use anyhow::ensure;
use tests::collect::{Run, files_in};

use crate::lab::{self, Lab};

/// Waits until a router is in the middle of printing its configuration: so much has been written to the terminal that
/// the slow line still holds most of it.
pub(crate) async fn in_the_middle(lab: &Lab, router: usize) -> anyhow::Result<()> {
    for _ in 0..600 {
        let written = lab.inside(
            router,
            "awk '/wchar/ {print $2}' /proc/$(pgrep -n -u admin vtysh)/io 2>/dev/null || true",
        )?;
        if written.trim().parse::<u32>().unwrap_or(0) > 6000 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("nobody asks r{router} for anything")
}

/// Only r1 failed, in this way, and nothing partial stands among the good files.
fn only_the_first_failed(run: &Run, kinds: &[&str]) -> anyhow::Result<()> {
    for device in &run.outcome()?.devices {
        if device.device_name != "r1" {
            let said = run.transcript(device);
            ensure!(
                device.status == "succeeded",
                "{} in {:?}: {}\n{said}",
                device.device_name,
                run.out,
                device.message
            );
            continue;
        }
        let kind = device.failure_kind.as_deref().unwrap_or_default();
        ensure!(
            kinds.contains(&kind),
            "{kind}: {}\n{}",
            device.message,
            run.transcript(device)
        );
        for capture in &device.captures {
            let stored = run.out.join(&capture.capture_type).join("r1.txt").exists();
            ensure!(
                stored == (capture.verdict == "complete"),
                "{}: {}",
                capture.capture_type,
                capture.verdict
            );
        }
        ensure!(device.captures.iter().any(|capture| capture.verdict != "complete"));
    }
    let parts = files_in(&run.out.join(".parts"))?;
    ensure!(parts.is_empty(), "left behind: {parts:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_daemon_a_cut_cable_and_a_reset() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::trouble") else {
        return Ok(());
    };
    let station = lab::station("admin", "frr", "")?;
    let collect = station
        .collect()
        .types("configs,routes,version")
        .flag("--command-timeout-seconds", "2")
        .flag("--prompt-timeout-seconds", "5");

    // A slow line: all of it comes, in its time.
    lab.trouble("slow", 1, &["20", "60000"])?;
    lab::all_succeed(&collect.clone().out("slow")).await?;

    // The connection is reset in the middle. This comes before what leaves half-open connections behind in the forwarder.
    lab.trouble("slow", 1, &["20", "8000"])?;
    let running = collect.clone().out("reset").start()?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("rst", 1, &[])?;
    let run = running.finish().await?;
    only_the_first_failed(&run, &["disconnected"])?;
    assert_eq!(run.device("r1")?.verdict("configs"), "truncated");

    // Slower than the limit of the whole command allows.
    let run = collect
        .clone()
        .flag("--command-total-seconds", "2")
        .out("slower")
        .run()
        .await?;
    only_the_first_failed(&run, &["command_timeout"])?;

    // A daemon stands still: the configuration had been printed, the next command hangs, and the session with it.
    let running = collect.clone().out("frozen").start()?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("freeze", 1, &[])?;
    let run = running.finish().await?;
    lab.trouble("thaw", 1, &[])?;
    only_the_first_failed(&run, &["command_timeout"])?;
    assert_eq!(run.device("r1")?.verdict("configs"), "complete");
    assert_ne!(run.device("r1")?.verdict("routes"), "complete");

    // The cable is pulled in the middle: silence, not an end.
    let running = collect.clone().out("cut").start()?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("cut", 1, &[])?;
    let run = running.finish().await?;
    lab.trouble("uncut", 1, &[])?;
    only_the_first_failed(&run, &["command_timeout"])?;
    assert_eq!(run.device("r1")?.verdict("configs"), "truncated");
    Ok(())
}
