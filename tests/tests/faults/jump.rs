//! Devices behind a jump host, and a jump host that does not let anybody in.

use std::time::Duration;

use lab::{Fault, FleetOptions, Platform};

use crate::scene::Scene;

/// A server to go through, and devices behind it that the inventory names alone.
async fn behind_a_server(devices: usize, fault: Option<Fault>) -> anyhow::Result<Scene> {
    let mut platforms = vec![Platform::Linux];
    platforms.extend(vec![Platform::CiscoIos; devices]);
    let scene = Scene::of(FleetOptions {
        devices: platforms.len(),
        faults: fault.into_iter().map(|fault| (0, fault)).collect(),
        platforms,
        ..FleetOptions::default()
    })
    .await?;
    let server = format!("{},", scene.fleet.devices()[0].name);
    let inventory = scene.fleet.inventory_csv();
    let rows = inventory.lines().filter(|line| !line.starts_with(&server));
    let inventory: String = rows.map(|line| format!("{line}\n")).collect();
    scene.station.write("inventory.csv", inventory)?;
    Ok(scene)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_behind_a_server_are_known_by_the_way_to_them() -> anyhow::Result<()> {
    let scene = behind_a_server(3, None).await?;
    let server = scene.fleet.devices()[0].address;
    let run = scene
        .run(&scene.collect().types("version,arp").flag("--jump", server.to_string()))
        .await?;
    for name in scene.faulty() {
        scene.is_whole(&run, name)?;
    }
    assert_eq!(
        scene.counted(scene.healthy()).logins,
        1,
        "one connection carries all devices"
    );
    let known = std::fs::read_to_string(scene.station.folder().join("known_hosts"))?;
    let way = format!("[{server}/127.0.0.1]:");
    assert_eq!(known.matches(&way).count(), 3, "{known}");
    assert!(
        known
            .lines()
            .any(|line| line.starts_with(&format!("[127.0.0.1]:{} ", server.port()))),
        "{known}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_host_is_not_asked_again_and_again_with_a_refused_password() -> anyhow::Result<()> {
    let scene = behind_a_server(40, Some(Fault::AuthRefused)).await?;
    let server = scene.fleet.devices()[0].address;
    let collect = scene
        .collect()
        .types("version")
        .flag("--workers", "4")
        .flag("--retries", "1")
        .flag("--jump", server.to_string());
    let run = scene.run(&collect).await?;
    let counted = scene.fleet.counters();
    assert!((1..=3).contains(&counted.auth_attempts), "{}", counted.auth_attempts);
    for name in scene.faulty() {
        let device = run.device(name)?;
        let kind = device.failure_kind.as_deref().unwrap_or("none");
        assert!(["authentication_failed", "credential_paused"].contains(&kind), "{kind}");
        assert!(device.message.starts_with("Jump host 127.0.0.1:"), "{}", device.message);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_host_that_says_nothing_is_waited_for_once() -> anyhow::Result<()> {
    let scene = behind_a_server(20, Some(Fault::TcpSilent)).await?;
    let server = scene.fleet.devices()[0].address;
    let collect = scene
        .collect()
        .types("version")
        .flag("--workers", "5")
        .flag("--handshake-timeout-seconds", "2")
        .flag("--jump", server.to_string());
    let run = scene.run(&collect).await?;
    assert_eq!(run.outcome()?.devices_failed, 20);
    assert!(run.elapsed < Duration::from_secs(10), "{:?}", run.elapsed);
    Ok(())
}
