//! What whoever watches the server sees of a collection: numbers and lines of the log.

use std::time::Duration;

use anyhow::Context;
use lab::{Fault, FleetOptions, Platform};
use serde_json::{Value, json};
use tests::server::Setup;

use crate::scene::Scene;

/// The value of a number with these labels; `None`: there is no such number.
fn number(metrics: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let line = metrics.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels
                .iter()
                .all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Waits until the log has a line with this message, and gives all lines that are JSON.
async fn lines(scene: &Scene, message: &str) -> anyhow::Result<Vec<Value>> {
    let waited = async {
        loop {
            let log = scene.server.log();
            let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if lines.iter().any(|line| line["message"] == message) {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), waited).await;
    waited.with_context(|| format!("no line says {message:?}:\n{}", scene.server.log()))
}

#[tokio::test]
async fn a_collection_moves_the_numbers_and_writes_lines_that_lead_to_it() -> anyhow::Result<()> {
    let scene = Scene::with(
        FleetOptions {
            devices: 3,
            platforms: vec![Platform::CiscoIos, Platform::AristaEos, Platform::CiscoIos],
            faults: vec![(1, Fault::AuthRefused)],
            password: "a-secret-of-the-lab".to_owned(),
            ..FleetOptions::default()
        },
        Setup::default().arg("--log-format=json"),
    )
    .await?;
    let mut body = scene.request(&["version", "arp"], json!({}));
    body["credentials"]["password"] = json!("a-secret-of-the-lab");
    let asked = scene
        .admin
        .with_header("x-request-id", "the-request-1")
        .post("/api/v1/collections", &body)
        .await?;
    let id = asked.text_of("/id");
    assert_eq!(scene.end(&id).await?["devices_succeeded"], 2);

    let metrics = scene.admin.get("/metrics").await?;
    let metrics = String::from_utf8_lossy(&metrics.bytes).into_owned();
    let is = |name: &str, labels: &[(&str, &str)], wanted: f64| {
        assert_eq!(
            number(&metrics, name, labels),
            Some(wanted),
            "{name} {labels:?} in\n{metrics}"
        );
    };
    let (good, bad) = (("outcome", "succeeded"), ("outcome", "failed"));
    let collected = "showrun_devices_collected_total";
    is(
        collected,
        &[("platform", "cisco_ios"), good, ("failure_kind", "none")],
        2.0,
    );
    is(
        collected,
        &[
            ("platform", "arista_eos"),
            bad,
            ("failure_kind", "authentication_failed"),
        ],
        1.0,
    );
    is(
        "showrun_device_duration_seconds_count",
        &[("platform", "cisco_ios")],
        2.0,
    );
    is(
        "showrun_device_duration_seconds_bucket",
        &[("platform", "cisco_ios"), ("le", "600")],
        2.0,
    );
    for capture_type in ["version", "arp"] {
        is(
            "showrun_captures_total",
            &[("capture_type", capture_type), ("verdict", "complete")],
            2.0,
        );
    }
    is("showrun_device_logins_refused_total", &[], 1.0);
    is("showrun_login_identities_paused", &[], 0.0);
    is(
        "showrun_collections_finished_total",
        &[("status", "partially_succeeded")],
        1.0,
    );
    for idle in [
        "showrun_ssh_sessions_active",
        "showrun_collections_queued",
        "showrun_collections_running",
        "showrun_collection_devices_queued",
        "showrun_collection_devices_running",
    ] {
        is(idle, &[], 0.0);
    }
    for busy in [
        "showrun_recorder_commit_duration_seconds_count",
        "showrun_recorder_batch_entries_sum",
        "showrun_disk_free_bytes",
    ] {
        assert!(
            number(&metrics, busy, &[]).is_some_and(|value| value > 0.0),
            "{busy} in\n{metrics}"
        );
    }
    for device in scene.fleet.devices() {
        assert!(!metrics.contains(&device.name), "a number for {} alone", device.name);
    }

    let lines = lines(&scene, "the collection has ended").await?;
    let one = |message: &str| {
        let found: Vec<&Value> = lines.iter().filter(|line| line["message"] == message).collect();
        assert_eq!(found.len(), 1, "{message}: {found:?}");
        found[0]
    };
    let created = one("a collection was created");
    assert_eq!(created["collection_id"], id.as_str(), "{created}");
    assert_eq!(created["request_id"], "the-request-1", "{created}");
    assert_eq!(one("the collection begins")["collection_id"], id.as_str());
    let failed = one("the device failed");
    assert_eq!(failed["level"], "WARN", "{failed}");
    assert_eq!(failed["collection_id"], id.as_str(), "{failed}");
    assert_eq!(failed["failure_kind"], "authentication_failed", "{failed}");
    let devices = scene.devices(&id).await?;
    let device = devices.iter().find(|device| device["status"] == "failed").unwrap();
    assert_eq!(failed["device_id"], device["device_id"], "{failed}");
    let ended = one("the collection has ended");
    assert_eq!(ended["collection_id"], id.as_str(), "{ended}");
    assert_eq!(
        (&ended["status"], &ended["devices_succeeded"], &ended["devices_failed"]),
        (&json!("partially_succeeded"), &json!(2), &json!(1))
    );
    let answered = lines
        .iter()
        .find(|line| line["operation"] == "collection_create" && line["span"]["request_id"] == "the-request-1");
    assert!(answered.is_some(), "the access log names the request: {lines:?}");
    assert!(!scene.server.log().contains("a-secret-of-the-lab"));
    Ok(())
}
