//! The wizard in a real browser, on the real binary and simulated devices: `frontend/e2e` does the clicking.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use lab::{Fault, Fleet, FleetOptions};
use reqwest::Method;
use serde_json::json;
use tests::{
    places,
    server::{PASSWORD, Server, Setup},
    skip,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

/// All browser tests together end within this.
const LONGEST: Duration = Duration::from_secs(600);
const CHROMIUM: &str = "/usr/bin/chromium";

/// Lines of an inventory that put a fleet's devices into a site.
fn rows(fleet: &Fleet, site: &str) -> String {
    fleet
        .devices()
        .iter()
        .map(|device| {
            let address = device.address;
            format!(
                "{site}-{},{},{},{},{site}\n",
                device.name,
                address.ip(),
                address.port(),
                device.platform
            )
        })
        .collect()
}

async fn fleet(devices: usize, seed: u64, think: Duration, faults: Vec<(usize, Fault)>) -> anyhow::Result<Fleet> {
    Fleet::start(FleetOptions {
        devices,
        seed,
        think,
        faults,
        ..FleetOptions::default()
    })
    .await
}

#[tokio::test]
async fn the_wizard_works_in_a_browser() -> anyhow::Result<()> {
    const TEST: &str = "the_wizard_works_in_a_browser";
    let frontend = places::root().join("frontend");
    if !Path::new(CHROMIUM).exists() || !frontend.join("node_modules/playwright-core").exists() {
        skip::skip(TEST, "chromium or the frontend's modules are not installed");
        return Ok(());
    }
    let good = fleet(3, 1, Duration::ZERO, Vec::new()).await?;
    let bad = fleet(3, 2, Duration::ZERO, vec![(1, Fault::AuthRefused)]).await?;
    let slow = fleet(5, 3, Duration::from_millis(1200), Vec::new()).await?;
    let mut server = Server::start_with(Setup::on_one_port()?).await?;
    let admin = server.admin().await?;
    let inventory = format!(
        "name,host,port,platform,site\n{}{}{}",
        rows(&good, "good"),
        rows(&bad, "bad"),
        rows(&slow, "slow")
    );
    let imported = admin
        .send_raw(
            Method::POST,
            "/api/v1/device-imports?format=csv",
            Some(("text/csv", inventory.into_bytes())),
        )
        .await?;
    ensure!(imported.status == 200, "the import: {imported:?}");
    let hostile = json!({
        "name": "<img src=x onerror=alert(1)>", "address": "127.0.0.1", "port": 1, "platform": "cisco_ios", "site": "hostile",
    });
    let made = admin.post("/api/v1/devices", &hostile).await?;
    ensure!(made.status == 201, "the hostile device: {made:?}");
    let login = FleetOptions::default();
    let mut run = Command::new("node")
        .arg("e2e/run.mjs")
        .current_dir(&frontend)
        .env("SHOWRUN_URL", server.url())
        .env("SHOWRUN_USER", "admin")
        .env("SHOWRUN_PASSWORD", PASSWORD)
        .env("DEVICE_USER", &login.username)
        .env("DEVICE_PASSWORD", &login.password)
        .env("DEVICE_ENABLE_PASSWORD", &login.enable_password)
        .env("CHROMIUM", CHROMIUM)
        .env("CAN_RESTART", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?;
    let followed = tokio::time::timeout(LONGEST, follow(&mut run, &mut server)).await;
    let said = followed.context("the browser tests do not end")??;
    let status = run.wait().await?;
    ensure!(status.success(), "{said}\n{}", server.log());
    Ok(())
}

/// What the tests print, to their end. A line `@restart` asks for the server to be killed and started again.
async fn follow(run: &mut Child, server: &mut Server) -> anyhow::Result<String> {
    let mut lines = BufReader::new(run.stdout.take().context("no output")?).lines();
    let mut answers = run.stdin.take().context("no input")?;
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        if line == "@restart" {
            server.kill().await?;
            server.again().await?;
            answers.write_all(b"@restarted\n").await?;
            continue;
        }
        println!("{line}");
        said.push_str(&line);
        said.push('\n');
    }
    Ok(said)
}
