//! Cases 15 to 18 and 20 to 24: prompts, echoes, and what else is no output.

use lab::{Fault, Platform};

use crate::scene::{Scene, same};

/// Platforms whose log lines look as the lab prints them.
const CISCO_LIKE: &[Platform] = &[Platform::CiscoIos, Platform::CiscoNxos, Platform::AristaEos];

/// Devices of all platforms with the fault are collected as if they had none.
async fn survived(fault: Fault) -> anyhow::Result<()> {
    let scene = Scene::with(fault, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_15_no_prompt() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::NoPrompt, Platform::all()).await?;
    let run = scene
        .run(&scene.collect().flag("--prompt-timeout-seconds", "2"))
        .await?;
    for name in scene.faulty() {
        scene.failed_before_any_command(&run, name, &["prompt_not_found"])?;
    }
    assert!(run.elapsed.as_secs() < 6, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_16_late_prompt() -> anyhow::Result<()> {
    survived(Fault::LatePrompt(4_000)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_17_motd_hash() -> anyhow::Result<()> {
    survived(Fault::MotdHash).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_18_more_at_login() -> anyhow::Result<()> {
    survived(Fault::MoreAtLogin).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_20_prompt_changes() -> anyhow::Result<()> {
    survived(Fault::PromptChanges).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_21_syslog() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Syslog, CISCO_LIKE).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.is_whole_in_all_types(&run, scene.healthy())?;
    for name in scene.faulty() {
        let device = run.device(name)?;
        assert_eq!(device.status, "succeeded", "{name}: {}", device.message);
        for capture in &device.captures {
            let stored = run.read(capture.file.as_deref().unwrap())?;
            let stored = without_log_lines(&String::from_utf8(stored)?);
            let what = |error: anyhow::Error| error.context(format!("{name}, {}", capture.capture_type));
            same(stored.as_bytes(), &scene.expected(name, capture)?).map_err(what)?;
        }
    }
    Ok(())
}

/// A text without the log lines that a device wrote into it, and without the blank line that it writes before one.
/// Inside an output a log line is as good as any other line, so it may stay.
fn without_log_lines(text: &str) -> String {
    let is_log = |line: &str| line.starts_with('*') && line.contains(": %LINEPROTO-5-UPDOWN: ");
    let mut kept: Vec<&str> = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if is_log(line) {
            if number == 1 && kept == ["\n"] {
                kept.clear();
            }
            continue;
        }
        kept.push(line);
    }
    kept.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_22_no_echo() -> anyhow::Result<()> {
    survived(Fault::NoEcho).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_22_wrapped_echo() -> anyhow::Result<()> {
    survived(Fault::WrappedEcho).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_22_redrawn_echo() -> anyhow::Result<()> {
    survived(Fault::RedrawnEcho).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_22_doubled_echo() -> anyhow::Result<()> {
    survived(Fault::DoubledEcho).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_23_no_hostname_prompt() -> anyhow::Result<()> {
    survived(Fault::NoHostnamePrompt).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_23_a_line_over_the_prompt_is_no_output() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::LineOverPrompt, &[Platform::JuniperJunos; 3]).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_24_lookalike() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Lookalike(300), Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_24_lookalike_with_a_long_pause() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Lookalike(2_500), Platform::all()).await?;
    let run = scene.run(&scene.collect().types("configs,version")).await?;
    for name in scene.faulty() {
        scene.is_whole(&run, name)?;
    }
    Ok(())
}
