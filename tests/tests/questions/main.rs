//! Questions over everything that was collected, on the real binary, simulated devices and both databases. What the answers
//! must be is worked out here from the tables and texts themselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod coverage;
mod locate;
#[path = "../collections/scene.rs"]
#[allow(dead_code, reason = "what it can do is not all needed here")]
mod scene;
mod search;
mod topology;

use std::time::{Duration, Instant};

use lab::FleetOptions;
use scene::{Kind, Scene};
use serde_json::{Value, json};
use tests::server::{Client, Setup};

const DATABASES: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// A network at one site, collected once. `None` where the database cannot be here, or nothing reads the tables.
async fn collected(kind: Kind, test: &str, devices: usize, types: &[&str]) -> anyhow::Result<Option<Scene>> {
    collected_with(Setup::default(), kind, test, devices, types).await
}

/// The same with a server that is set up another way.
async fn collected_with(
    setup: Setup,
    kind: Kind,
    test: &str,
    devices: usize,
    types: &[&str],
) -> anyhow::Result<Option<Scene>> {
    let fleet = FleetOptions {
        devices,
        site_count: 1,
        ..FleetOptions::default()
    };
    let Some(scene) = Scene::on(kind, test, fleet, setup).await? else {
        return Ok(None);
    };
    if scene.server.log().contains("no parsing templates of ntc-templates") {
        tests::skip::skip(test, "the templates of ntc-templates are not built in");
        return Ok(None);
    }
    collect(&scene, types).await?;
    Ok(Some(scene))
}

/// Collects from all devices and waits for the end.
async fn collect(scene: &Scene, types: &[&str]) -> anyhow::Result<Value> {
    let id = scene.start(&scene.request(types, json!({}))).await?;
    scene.end(&id).await
}

/// All rows of a list.
async fn list(client: &Client, path: &str) -> anyhow::Result<Vec<Value>> {
    let (mut items, mut token) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = client.get(&format!("/api/v1/{path}{sign}page_token={token}")).await?;
        anyhow::ensure!(answer.status == 200, "{path}: {answer:?}");
        items.extend(answer.body["items"].as_array().unwrap().iter().cloned());
        match answer.body["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => return Ok(items),
        }
    }
}

async fn ask(client: &Client, path: &str) -> anyhow::Result<Value> {
    let answer = client.get(&format!("/api/v1/{path}")).await?;
    anyhow::ensure!(answer.status == 200, "{path}: {answer:?}");
    Ok(answer.body)
}

/// A text in a URL.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Asks again until an answer is as it must become.
async fn until(client: &Client, path: &str, good: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let began = Instant::now();
    loop {
        let answer = ask(client, path).await?;
        if good(&answer) {
            return Ok(answer);
        }
        anyhow::ensure!(
            began.elapsed() < Duration::from_secs(60),
            "{path} does not become good: {answer}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
