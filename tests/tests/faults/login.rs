//! Cases 9 to 14 and 19: logging in, and becoming privileged.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use lab::{Fault, FleetOptions, Platform};
use tokio::net::TcpStream;

use crate::scene::{Scene, until};

const IOS: &[Platform] = &[Platform::CiscoIos];
/// Platforms with an enable password.
const ENABLE: &[Platform] = &[Platform::CiscoIos, Platform::AristaEos];
/// A passphrase, and a password that no device has.
const OTHER_SECRET: &str = "unlike-Any0ther";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_09_auth_refused() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::AuthRefused, IOS).await?;
    let run = scene.run(&scene.collect().flag("--retries", "2")).await?;
    let device = scene.failed_before_any_command(&run, scene.first(), &["authentication_failed"])?;
    assert_eq!(device.attempt, 1, "a refused login is not retried");
    let counted = scene.counted(scene.first());
    assert_eq!((counted.auth_attempts, counted.auth_failures), (1, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_kbdint() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Kbdint, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;
    for name in scene.faulty() {
        assert_eq!(scene.counted(name).auth_attempts, 1, "{name}");
    }
    Ok(())
}

/// A private key as `ssh-keygen` makes it, with the passphrase [`OTHER_SECRET`] where it is to have one.
fn keygen(scene: &Scene, name: &str, options: &str, passphrase: bool) -> anyhow::Result<PathBuf> {
    let file = scene.station.folder().join(name);
    let output = Command::new("ssh-keygen")
        .args(options.split_whitespace())
        .args(["-q", "-C", "", "-N", if passphrase { OTHER_SECRET } else { "" }, "-f"])
        .arg(&file)
        .output()
        .context("ssh-keygen")?;
    ensure!(
        output.status.success(),
        "ssh-keygen {options}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_publickey_only() -> anyhow::Result<()> {
    let mut scene = Scene::with(Fault::PublickeyOnly, IOS).await?;
    let passphrase = scene.station.write_secret("passphrase", OTHER_SECRET)?;
    let kinds = [
        ("ed25519", "-t ed25519"),
        ("ecdsa-256", "-t ecdsa -b 256"),
        ("ecdsa-384-pem", "-t ecdsa -b 384 -m PEM"),
        ("ecdsa-521-pkcs8", "-t ecdsa -b 521 -m PKCS8"),
        ("rsa", "-t rsa -b 2048"),
        ("rsa-pem", "-t rsa -b 2048 -m PEM"),
        ("rsa-pkcs8", "-t rsa -b 3072 -m PKCS8"),
    ];
    let mut wrong = Vec::new();
    let mut logins = 0;
    for (name, options) in kinds {
        for with_passphrase in [false, true] {
            let name = if with_passphrase {
                format!("{name}-locked")
            } else {
                name.to_owned()
            };
            let key = keygen(&scene, &name, options, with_passphrase)?;
            let only = scene.first().to_owned();
            let mut collect = scene
                .collect()
                .types("version")
                .flag("--only", only)
                .flag("--key", key)
                .out(&format!("out-{name}"));
            if with_passphrase {
                collect = collect.flag("--passphrase-file", &passphrase);
            }
            match scene
                .run(&collect)
                .await
                .and_then(|run| scene.is_whole(&run, scene.first()))
            {
                Ok(()) => logins += 1,
                Err(error) => wrong.push(format!("{name}: {error:#}")),
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(
        scene.counted(scene.first()).auth_attempts,
        logins,
        "one signature a login"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_publickey_only_and_what_is_given_does_not_fit() -> anyhow::Result<()> {
    let mut scene = Scene::with(Fault::PublickeyOnly, IOS).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.failed_before_any_command(&run, scene.first(), &["authentication_failed"])?;
    assert_eq!(
        scene.counted(scene.first()).auth_attempts,
        0,
        "a password was sent where only keys are taken"
    );

    let wrong = scene.station.write_secret("passphrase", "n0t-the-passphrase")?;
    let key = keygen(&scene, "key", "-t ed25519", true)?;
    let locked = scene
        .collect()
        .flag("--key", key)
        .flag("--output", "table")
        .out("locked");
    for collect in [locked.clone(), locked.flag("--passphrase-file", wrong)] {
        let run = collect.run().await?;
        assert_eq!(run.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&run.stderr).contains("key"),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        assert_eq!(run.leaks()?, Vec::<String>::new());
    }
    assert_eq!(
        scene.counted(scene.first()).connections,
        1,
        "a key that cannot be read is found before anybody is asked"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_10_publickey_only_and_an_agent() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::PublickeyOnly, IOS).await?;
    let socket = scene.station.folder().join("agent");
    let _agent = tokio::process::Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("ssh-agent")?;
    until("the socket of the agent", || socket.exists()).await;
    let run_with_agent = scene
        .collect()
        .switch("--agent")
        .variable("SSH_AUTH_SOCK", &socket)
        .flag("--only", scene.first());

    let run = run_with_agent.run().await?;
    let kind = run.device(scene.first())?.failure_kind.as_deref();
    assert_eq!(kind, Some("authentication_failed"), "an agent without keys");

    let key = keygen(&scene, "key", "-t rsa -b 2048", false)?;
    let added = Command::new("ssh-add")
        .env("SSH_AUTH_SOCK", &socket)
        .arg(key)
        .output()?;
    ensure!(
        added.status.success(),
        "ssh-add: {}",
        String::from_utf8_lossy(&added.stderr)
    );
    let run = scene
        .run(&run_with_agent.without("--password-file").out("agent-out"))
        .await?;
    scene.is_whole_in_all_types(&run, scene.first())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_11_kbdint_2step() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Kbdint2step, IOS).await?;
    let run = scene.run(&scene.collect().flag("--retries", "2")).await?;
    scene.failed_before_any_command(&run, scene.first(), &["interaction_required"])?;
    let counted = scene.counted(scene.first());
    assert_eq!(counted.auth_attempts, 1, "only the password prompt is answered");
    assert_eq!(
        counted.secrets_typed_at_prompt, 0,
        "the password was typed into the prompt for a one-time password"
    );
    Ok(())
}

/// The inventory of a fleet with a second name for its second device.
fn twice(scene: &Scene) -> String {
    let inventory = scene.fleet.inventory_csv();
    let row = inventory.lines().find(|line| line.starts_with(scene.first())).unwrap();
    format!("{inventory}{}\n", row.replacen(scene.first(), "another-name", 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_12_max_sessions_1() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::MaxSessions1, IOS).await?;
    scene.station.write("inventory.csv", twice(&scene))?;
    let run = scene.run(&scene.collect().flag("--retries", "2")).await?;
    scene.everything_is_whole(&run)?;
    assert_eq!(
        run.device("another-name")?.status,
        "succeeded",
        "{}",
        run.device("another-name")?.message
    );
    let counted = scene.counted(scene.first());
    assert_eq!((counted.logins, counted.max_concurrent_sessions), (2, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_12_one_session_a_device_also_where_it_would_take_more() -> anyhow::Result<()> {
    let scene = Scene::of(FleetOptions {
        devices: 2,
        platforms: IOS.to_vec(),
        think: Duration::from_millis(30),
        ..FleetOptions::default()
    })
    .await?;
    scene.station.write("inventory.csv", twice(&scene))?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;
    assert_eq!(scene.counted(scene.first()).logins, 2);
    // The first session's end may reach the lab after the second one's begin, but never while it still works.
    let (first, second) = (run.device(scene.first())?, run.device("another-name")?);
    let both = Duration::from_millis(first.duration_ms + second.duration_ms);
    let longest = Duration::from_millis(first.duration_ms.max(second.duration_ms));
    assert!(
        longest < both && run.elapsed + Duration::from_millis(50) > both,
        "{both:?} of work in {:?}",
        run.elapsed
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_12_max_startups() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::MaxStartups, IOS).await?;
    let slow_login = TcpStream::connect(scene.fleet.devices()[1].address).await?;
    until("the connection of somebody else", || {
        scene.counted(scene.first()).connections == 1
    })
    .await;

    let running = scene.collect().flag("--retries", "2").start()?;
    until("the first attempt", || scene.counted(scene.first()).connections == 2).await;
    drop(slow_login);
    let run = running.finish().await?;
    scene.holds_for_every_run(&run, &[])?;
    scene.everything_is_whole(&run)?;
    assert_eq!(run.device(scene.first())?.attempt, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_13_shell_refused() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::ShellRefused, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    for name in scene.faulty() {
        scene.failed_before_any_command(&run, name, &["shell_refused"])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_13_pty_refused() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::PtyRefused, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    for name in scene.faulty() {
        let device = scene.failed_before_any_command(&run, name, &["shell_refused"])?;
        assert!(device.message.contains("terminal"), "{}", device.message);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_14_password_expired() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::PasswordExpired, Platform::all()).await?;
    let run = scene
        .run(&scene.collect().flag("--prompt-timeout-seconds", "4"))
        .await?;
    for name in scene.faulty() {
        scene.failed_before_any_command(&run, name, &["interaction_required"])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_14_password_age_warning() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::PasswordAgeWarning, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_14_a_question_is_not_answered_as_if_it_were_a_pager() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::AsksYesNo, Platform::all()).await?;
    let run = scene.run(&scene.collect().types("version")).await?;
    for name in scene.faulty() {
        scene.failed_wholly(&run, name, &["interaction_required"])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_19_enable_ok() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::EnableOk, ENABLE).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

/// How often a device was asked for its privileged mode.
fn enabled(scene: &Scene, name: &str) -> usize {
    scene
        .counted(name)
        .commands_seen
        .iter()
        .filter(|line| line.starts_with("en"))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_19_enable_wrong() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::EnableWrong, ENABLE).await?;
    let run = scene.run(&scene.collect().flag("--retries", "2")).await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &["privilege_failed"])?;
        assert_eq!((device.attempt, enabled(&scene, name)), (1, 1), "{name}");
        let sent = run.transcript(device).matches("(secret)").count();
        assert_eq!(sent, 1, "{name}: {}", run.transcript(device));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_19_enable_with_another_password() -> anyhow::Result<()> {
    let mut scene = Scene::with(Fault::EnableEchoesPassword, ENABLE).await?;
    // The healthy device wants no enable password here.
    let other = scene.station.write_secret("other-enable", OTHER_SECRET)?;
    let run = scene
        .run(&scene.collect().flag("--enable-password-file", other))
        .await?;
    for name in scene.faulty() {
        scene.failed_wholly(&run, name, &["privilege_failed"])?;
        assert_eq!(enabled(&scene, name), 1, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_19_enable_echoes_password() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::EnableEchoesPassword, ENABLE).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;

    // A session that fails later keeps its transcript, and the secret is not in there either.
    scene.fleet.devices()[1..]
        .iter()
        .for_each(|info| assert!(info.needs_enable));
    let too_large = scene
        .collect()
        .types("interfaces")
        .flag("--max-output-mib", "0")
        .out("failed");
    let run = scene.run(&too_large).await?;
    for name in scene.faulty() {
        let transcript = run.transcript(run.device(name)?);
        assert!(transcript.contains("(secret)"), "{name}: {transcript}");
    }
    Ok(())
}
