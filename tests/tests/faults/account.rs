//! What a login may cost the account that it is made with: one secret a login, and only what was refused counts.

use lab::{Fault, FleetOptions, Platform};

use crate::scene::Scene;

const IOS: &[Platform] = &[Platform::CiscoIos];

/// Devices of which the first ones have the fault, and the last one is healthy, one after the other.
async fn then_a_healthy_one(fault: Fault, faulty: usize) -> anyhow::Result<Scene> {
    Scene::of(FleetOptions {
        devices: faulty + 1,
        platforms: IOS.to_vec(),
        faults: (0..faulty).map(|index| (index, fault)).collect(),
        ..FleetOptions::default()
    })
    .await
}

fn name(scene: &Scene, index: usize) -> &str {
    &scene.fleet.devices()[index].name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_goes_out_once_also_where_the_methods_are_remembered() -> anyhow::Result<()> {
    let devices = 18;
    let scene = Scene::of(FleetOptions {
        devices,
        platforms: IOS.to_vec(),
        faults: vec![(devices - 1, Fault::AuthRefused)],
        ..FleetOptions::default()
    })
    .await?;
    let run = scene
        .run(&scene.collect().types("version").flag("--workers", "1"))
        .await?;
    assert_eq!(run.outcome()?.devices_succeeded, devices - 1);
    let refused = name(&scene, devices - 1);
    assert_eq!(
        run.device(refused)?.failure_kind.as_deref(),
        Some("authentication_failed")
    );
    assert_eq!(scene.counted(refused).auth_attempts, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_unlike_the_others_of_its_kind_gets_the_password_once_a_login() -> anyhow::Result<()> {
    let devices = 19;
    let scene = Scene::of(FleetOptions {
        devices,
        platforms: IOS.to_vec(),
        faults: vec![(devices - 2, Fault::Kbdint), (devices - 1, Fault::Kbdint)],
        ..FleetOptions::default()
    })
    .await?;
    let run = scene
        .run(&scene.collect().types("version").flag("--workers", "1"))
        .await?;
    // The first of them was taken for one of the others; after that all are asked.
    let (first, second) = (name(&scene, devices - 2), name(&scene, devices - 1));
    assert_eq!(scene.counted(first).auth_attempts, 1);
    assert_eq!(
        run.device(first)?.failure_kind.as_deref(),
        Some("authentication_failed")
    );
    scene.is_whole(&run, second)?;
    assert_eq!(scene.counted(second).auth_attempts, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_before_the_password_was_sent_is_no_refusal() -> anyhow::Result<()> {
    let scene = then_a_healthy_one(Fault::LoginCut, 5).await?;
    let run = scene
        .run(&scene.collect().types("version").flag("--workers", "1"))
        .await?;
    for index in 0..5 {
        let device = run.device(name(&scene, index))?;
        assert_eq!(
            device.failure_kind.as_deref(),
            Some("disconnected"),
            "{}",
            device.message
        );
        assert_eq!(scene.counted(name(&scene, index)).auth_attempts, 0);
    }
    scene.is_whole(&run, name(&scene, 5))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_closed_on_the_password_counts_as_refused() -> anyhow::Result<()> {
    let scene = then_a_healthy_one(Fault::AuthCut, 5).await?;
    let collect = scene.collect().types("version").flag("--workers", "1");
    let run = scene.run(&collect.flag("--retries", "2")).await?;
    let kinds: Vec<&str> = (0..6)
        .map(|index| run.device(name(&scene, index)))
        .map(|device| device.map(|device| device.failure_kind.as_deref().unwrap_or("none")))
        .collect::<anyhow::Result<_>>()?;
    let (failed, paused) = ("authentication_failed", "credential_paused");
    assert_eq!(kinds, [failed, failed, failed, paused, paused, paused]);
    assert_eq!(scene.fleet.counters().auth_attempts, 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_no_answer_comes_to_counts_as_refused() -> anyhow::Result<()> {
    let scene = then_a_healthy_one(Fault::AuthSilent, 5).await?;
    let collect = scene
        .collect()
        .types("version")
        .flag("--workers", "5")
        .flag("--login-timeout-seconds", "1");
    let run = scene.run(&collect.flag("--retries", "2")).await?;
    let mut refused = 0;
    for index in 0..5 {
        let device = run.device(name(&scene, index))?;
        match device.failure_kind.as_deref() {
            Some("authentication_failed") => {
                refused += 1;
                assert!(device.message.contains("did not answer"), "{}", device.message);
                assert_eq!(device.attempt, 1, "tried again with a secret that may be wrong");
            }
            kind => assert_eq!(kind, Some("credential_paused"), "{}", device.message),
        }
    }
    assert_eq!((refused, scene.fleet.counters().auth_attempts), (3, 3));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_that_take_no_password_do_not_pause_it_for_the_others() -> anyhow::Result<()> {
    let scene = then_a_healthy_one(Fault::PublickeyOnly, 5).await?;
    let run = scene
        .run(&scene.collect().types("version").flag("--workers", "1"))
        .await?;
    for index in 0..5 {
        let device = run.device(name(&scene, index))?;
        assert_eq!(device.failure_kind.as_deref(), Some("authentication_failed"));
    }
    scene.is_whole(&run, name(&scene, 5))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_does_not_answer_keeps_no_password_from_being_tried() -> anyhow::Result<()> {
    let scene = then_a_healthy_one(Fault::PublickeyOnly, 5).await?;
    let collect = scene
        .collect()
        .types("version")
        .flag("--workers", "1")
        .switch("--agent")
        .variable("SSH_AUTH_SOCK", scene.station.folder().join("nobody-listens"));
    let run = scene.run(&collect).await?;
    let device = run.device(name(&scene, 0))?;
    assert_eq!(device.failure_kind.as_deref(), Some("authentication_failed"));
    assert!(device.message.contains("agent"), "{}", device.message);
    scene.is_whole(&run, name(&scene, 5))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_kbdint_with_a_user_name_and_a_question_without_prompts() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::KbdintUsername, &[Platform::CiscoIos, Platform::JuniperJunos]).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;
    for name in scene.faulty() {
        assert_eq!(scene.counted(name).auth_attempts, 1, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_kbdint_that_asks_again_has_refused() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::KbdintAgain, &[Platform::CiscoIos; 5]).await?;
    let run = scene
        .run(&scene.collect().flag("--retries", "2").flag("--workers", "1"))
        .await?;
    let all: Vec<&str> = scene.faulty().collect();
    for name in &all[..3] {
        scene.failed_before_any_command(&run, name, &["authentication_failed"])?;
        assert_eq!(scene.counted(name).auth_attempts, 1, "{name}");
    }
    for name in &all[3..] {
        scene.failed_before_any_command(&run, name, &["credential_paused"])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_ends_a_run_with_a_limit_per_site() -> anyhow::Result<()> {
    let mut scene = then_a_healthy_one(Fault::AuthRefused, 9).await?;
    let site = &scene.fleet.devices()[0].site;
    let inventory: String = scene
        .fleet
        .devices()
        .iter()
        .map(|info| {
            format!(
                "{},{},{},cisco_ios,{site}\n",
                info.name,
                info.address.ip(),
                info.address.port()
            )
        })
        .collect();
    let inventory = format!("name,host,port,platform,site\n{inventory}");
    let wrong = scene.station.write_secret("wrong", "n0t-the-password")?;
    scene.station.write("inventory.csv", inventory)?;
    let collect = scene
        .collect()
        .types("version")
        .flag("--password-file", wrong)
        .flag("--max-per-site", "1");
    let run = scene.run(&collect).await?;
    assert_eq!(run.outcome()?.devices_failed, 10);
    assert_eq!(scene.fleet.counters().auth_attempts, 3);
    Ok(())
}
