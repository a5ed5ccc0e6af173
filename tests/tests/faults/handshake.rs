//! Cases 1 to 8: before anybody is logged in.

use std::time::Duration;

use lab::{Fault, Platform};

use crate::scene::Scene;

const IOS: &[Platform] = &[Platform::CiscoIos];
/// Far more than a collection needs whose limits are a second each.
const SOON: Duration = Duration::from_secs(6);
/// What a collection may take for devices that send as much as they can, in bytes.
const BOUNDED: u64 = 100 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_01_tcp_silent() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::TcpSilent, IOS).await?;
    let collect = scene
        .collect()
        .flag("--connect-timeout-seconds", "1")
        .flag("--handshake-timeout-seconds", "1");
    let run = scene.run(&collect).await?;
    scene.failed_before_any_command(&run, scene.first(), &["connect_timeout"])?;
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_02_banner_cut() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::BannerCut, IOS).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.failed_before_any_command(&run, scene.first(), &["ssh_negotiation_failed"])?;
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_03_banner_rst() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::BannerRst, IOS).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.failed_before_any_command(&run, scene.first(), &["disconnected"])?;
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_04_banner_garbage() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::BannerGarbage(1_000_000), &[Platform::CiscoIos; 4]).await?;
    let run = scene
        .run(&scene.collect().flag("--handshake-timeout-seconds", "3"))
        .await?;
    for name in scene.faulty() {
        scene.failed_before_any_command(&run, name, &["ssh_negotiation_failed"])?;
    }
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    assert!(run.peak_rss < BOUNDED, "{} bytes", run.peak_rss);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_05_banner_endless() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::BannerEndless(100), IOS).await?;
    let run = scene
        .run(&scene.collect().flag("--handshake-timeout-seconds", "1"))
        .await?;
    scene.failed_before_any_command(&run, scene.first(), &["ssh_negotiation_failed"])?;
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_06_ssh1_only() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Ssh1Only, IOS).await?;
    let run = scene
        .run(&scene.collect().flag("--handshake-timeout-seconds", "3"))
        .await?;
    let device = scene.failed_before_any_command(&run, scene.first(), &["ssh_negotiation_failed"])?;
    assert!(
        device.message.contains("version") && device.message.contains("1.5"),
        "{}",
        device.message
    );
    assert!(run.elapsed < SOON, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_07_hostkey_changes() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::HostkeyChanges, IOS).await?;
    let name = scene.first();
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;
    let remembered = std::fs::read_to_string(scene.station.folder().join("known_hosts"))?;
    assert_eq!(remembered.lines().count(), 2, "{remembered}");
    let before = scene.counted(name);
    assert_eq!(before.auth_attempts, 1);

    let run = scene.run(&scene.collect().out("second")).await?;
    scene.failed_wholly(&run, name, &["host_key_changed"])?;
    let after = scene.counted(name);
    assert_eq!(after.connections, before.connections + 1);
    assert_eq!(
        after.auth_attempts, before.auth_attempts,
        "a secret was sent to a device with another key"
    );
    let kept = std::fs::read_to_string(scene.station.folder().join("known_hosts"))?;
    assert_eq!(kept, remembered, "a changed key must not be remembered by itself");

    // A person accepts the new key by forgetting the old one.
    let port = format!(":{} ", run.device(name)?.port);
    let others: String = remembered
        .lines()
        .filter(|line| !line.contains(&port))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(others.lines().count(), 1);
    scene.station.write("known_hosts", others)?;
    let run = scene.run(&scene.collect().out("third")).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_07_hostkey_policies() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::HostkeyChanges, IOS).await?;
    let unchecked = scene.collect().flag("--host-key-policy", "off");
    scene.everything_is_whole(&scene.run(&unchecked).await?)?;
    assert!(
        !scene.station.folder().join("known_hosts").exists(),
        "what is not checked is not remembered"
    );

    let only_healthy = scene.collect().flag("--only", scene.healthy());
    scene.run(&only_healthy).await?;
    let strict = scene.collect().flag("--host-key-policy", "strict").out("strict");
    let run = scene.run(&strict).await?;
    let attempts = scene.counted(scene.first()).auth_attempts;
    scene.failed_wholly(&run, scene.first(), &["host_key_unknown"])?;
    assert_eq!(attempts, 1, "a secret was sent to a device whose key is not known");

    scene.everything_is_whole(&scene.run(&unchecked.out("unchecked")).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_08_legacy_only() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::LegacyOnly, IOS).await?;
    let run = scene.run(&scene.collect()).await?;
    let device = scene.failed_before_any_command(&run, scene.first(), &["ssh_negotiation_failed"])?;
    assert!(
        device.message.contains("diffie-hellman-group14-sha1"),
        "{}",
        device.message
    );

    let run = scene
        .run(&scene.collect().switch("--legacy-algorithms").out("legacy"))
        .await?;
    scene.everything_is_whole(&run)?;
    let agreed = run.device(scene.first())?.ssh.clone().unwrap_or_default();
    assert_eq!(agreed["kex"], "diffie-hellman-group14-sha1");
    assert_eq!(agreed["host_key"], "ssh-rsa");
    assert_eq!(agreed["cipher"], "aes128-cbc");
    assert_eq!(agreed["mac"], "hmac-sha1");
    let modern = run.device(scene.healthy())?.ssh.clone().unwrap_or_default();
    assert_eq!(
        modern["cipher"], "aes128-gcm@openssh.com",
        "legacy algorithms come last"
    );
    Ok(())
}
