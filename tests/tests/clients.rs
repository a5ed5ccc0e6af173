//! A generated client does what the document says: the Python example collects through a real server from simulated devices.

use std::path::Path;
use std::process::Output;

use anyhow::ensure;
use lab::{Fault, Fleet, FleetOptions};
use reqwest::Method;
use serde_json::json;
use tests::{places, server::Server, skip};
use tokio::process::Command;

/// What a script says that something is missing that it cannot work without.
const MISSING: i32 = 3;

/// The generated client and a Python that can run it; `None` where there is no Python, pip or network.
async fn generated(into: &Path) -> anyhow::Result<Option<String>> {
    let script = |name: &str| Command::new(places::root().join("scripts").join(name));
    let clients = script("clients").arg("--python").arg(into).output().await?;
    if clients.status.code() == Some(MISSING) {
        return Ok(None);
    }
    ensure!(
        clients.status.success(),
        "the client cannot be generated: {}",
        text(&clients)
    );
    let tools = script("python-tools").output().await?;
    ensure!(tools.status.success(), "{}", text(&tools));
    let folder = String::from_utf8(tools.stdout)?;
    Ok(Some(format!("{}/bin/python", folder.trim())))
}

fn text(output: &Output) -> String {
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", of(&output.stdout), of(&output.stderr))
}

/// Devices that the server knows, a token, and the files that the example reads.
async fn collect(
    python: &str,
    client: &Path,
    faults: Vec<(usize, Fault)>,
    token: Option<&str>,
) -> anyhow::Result<Output> {
    let login = FleetOptions::default();
    let fleet = Fleet::start(FleetOptions {
        devices: 3,
        faults,
        ..FleetOptions::default()
    })
    .await?;
    let server = Server::start().await?;
    let admin = server.admin().await?;
    // The credential of the inventory is the lab's own name for it.
    let csv = fleet.inventory_csv().replace(",lab,lab,", ",,lab,");
    let body = Some(("text/csv", csv.into_bytes()));
    let answer = admin
        .send_raw(Method::POST, "/api/v1/device-imports?format=csv", body)
        .await?;
    ensure!(answer.status == 200, "the import: {answer:?}");
    let made = admin
        .post("/api/v1/api-tokens", &json!({"name": "example", "scope": "operator"}))
        .await?;
    ensure!(made.status == 201, "the token: {made:?}");
    let files = tempfile::tempdir()?;
    let write = |name: &str, text: &str| -> anyhow::Result<_> {
        let file = files.path().join(name);
        std::fs::write(&file, format!("{text}\n"))?;
        Ok(file)
    };
    let output = Command::new(python)
        .arg(places::root().join("examples/python/collect.py"))
        .args([
            "--server",
            server.url(),
            "--types",
            "configs,arp",
            "--username",
            &login.username,
        ])
        .arg("--password-file")
        .arg(write("password", &login.password)?)
        .arg("--enable-password-file")
        .arg(write("enable", &login.enable_password)?)
        .env("PYTHONPATH", client)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env(
            "SHOWRUN_TOKEN",
            token.map_or_else(|| made.text_of("/token"), str::to_owned),
        )
        .output()
        .await?;
    Ok(output)
}

#[tokio::test]
async fn the_python_example_collects_and_says_what_failed() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(python) = generated(folder.path()).await? else {
        skip::skip(
            "clients::the_python_example_collects_and_says_what_failed",
            "Python, pip or the network is missing",
        );
        return Ok(());
    };
    let client = folder.path().join("python");

    let all = collect(&python, &client, Vec::new(), None).await?;
    assert_eq!(all.status.code(), Some(0), "{}", text(&all));
    assert!(text(&all).contains("3 succeeded, 0 failed"), "{}", text(&all));

    let some = collect(&python, &client, vec![(1, Fault::AuthRefused)], None).await?;
    assert_eq!(some.status.code(), Some(2), "{}", text(&some));
    assert!(text(&some).contains("2 succeeded, 1 failed"), "{}", text(&some));
    assert!(text(&some).contains("authentication_failed: "), "{}", text(&some));

    let refused = collect(&python, &client, Vec::new(), Some("srt_nobody")).await?;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("token_invalid"), "{}", text(&refused));
    Ok(())
}
