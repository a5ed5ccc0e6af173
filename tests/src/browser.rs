//! The frontend's browser tests (`frontend/e2e`) against a server of ours: started, followed and answered.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::{
    places,
    server::{PASSWORD, Server},
};

/// All browser tests of one run together end within this.
const LONGEST: Duration = Duration::from_secs(1300);
const CHROMIUM: &str = "/usr/bin/chromium";

/// How the tests log in to the devices.
#[derive(Debug, Clone, Copy)]
pub struct DeviceLogin<'a> {
    /// Name of the user.
    pub username: &'a str,
    /// Their password.
    pub password: &'a str,
    /// Empty where there is none.
    pub enable_password: &'a str,
}

/// What is missing for browser tests on this machine.
#[must_use]
pub fn missing() -> Option<&'static str> {
    let modules = places::root().join("frontend/node_modules/playwright-core");
    (!Path::new(CHROMIUM).exists() || !modules.exists())
        .then_some("chromium or the frontend's modules are not installed")
}

/// Runs the tests of a suite (`frontend/e2e/run.mjs`) to their end. They can ask for two things while they run: `@restart`
/// kills the server and starts it again; whatever else follows an `@` is given to `wish`.
///
/// # Errors
/// When a test failed, or they do not end.
pub async fn run(
    suite: &str,
    server: &mut Server,
    login: DeviceLogin<'_>,
    wish: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut run = Command::new("node")
        .arg("e2e/run.mjs")
        .current_dir(places::root().join("frontend"))
        .env("E2E_SUITE", suite)
        .env("SHOWRUN_URL", server.url())
        .env("SHOWRUN_USER", "admin")
        .env("SHOWRUN_PASSWORD", PASSWORD)
        .env("DEVICE_USER", login.username)
        .env("DEVICE_PASSWORD", login.password)
        .env("DEVICE_ENABLE_PASSWORD", login.enable_password)
        .env("CHROMIUM", CHROMIUM)
        .env("CAN_ASK", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?;
    let followed = tokio::time::timeout(LONGEST, follow(&mut run, server, wish)).await;
    let said = followed.context("the browser tests do not end")??;
    let status = run.wait().await?;
    ensure!(status.success(), "{said}\n{}", server.log());
    Ok(())
}

/// What the tests print, to their end.
async fn follow(
    run: &mut Child,
    server: &mut Server,
    mut wish: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let mut lines = BufReader::new(run.stdout.take().context("no output")?).lines();
    let mut answers = run.stdin.take().context("no input")?;
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        match line.strip_prefix('@') {
            Some("restart") => {
                server.kill().await?;
                server.again().await?;
            }
            Some(other) => wish(other)?,
            None => {
                println!("{line}");
                said.push_str(&line);
                said.push('\n');
                continue;
            }
        }
        answers.write_all(b"@done\n").await?;
    }
    Ok(said)
}
