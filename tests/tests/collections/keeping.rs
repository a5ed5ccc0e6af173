//! What is kept of collections, and what people take away: captures that look wrong, old ones, whole collections, events
//! and transcripts.

use std::time::Duration;

use anyhow::{Context, ensure};
use lab::{Fault, Fleet, FleetOptions, Platform};
use serde_json::{Value, json};

use crate::on_both;
use crate::scene::Scene;

on_both!(
    a_suspicious_capture_is_accepted_and_an_old_one_deleted,
    old_captures_are_purged_and_a_collection_goes_with_its_own,
);

async fn scene(devices: usize, faults: Vec<(usize, Fault)>) -> anyhow::Result<Scene> {
    Scene::new(FleetOptions {
        devices,
        platforms: vec![Platform::CiscoIos],
        faults,
        ..FleetOptions::default()
    })
    .await
}

fn name(fleet: &Fleet, index: usize) -> String {
    fleet.devices()[index].name.clone()
}

impl Scene {
    /// Collects the configurations of all devices, and gives the collection's id.
    async fn configs(&self) -> anyhow::Result<String> {
        let id = self.start(&self.request(&["configs"], json!({}))).await?;
        self.end(&id).await?;
        Ok(id)
    }

    async fn only_capture(&self, collection: &str) -> anyhow::Result<Value> {
        let mut captures = self.captures(collection).await?;
        ensure!(captures.len() == 1, "{captures:?}");
        captures.pop().context("no capture")
    }

    /// What the audit log tells of an action, the newest first.
    async fn told(&self, action: &str) -> anyhow::Result<Vec<Value>> {
        let log = self.admin.get(&format!("/api/v1/audit-events?action={action}")).await?;
        Ok(log.body["items"].as_array().cloned().unwrap_or_default())
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

async fn a_suspicious_capture_is_accepted_and_an_old_one_deleted() -> anyhow::Result<()> {
    let scene = scene(1, vec![(0, Fault::Huge(200_000))]).await?;
    let operator = scene.server.user(&scene.admin, "olga", "operator").await?;
    let name = name(&scene.fleet, 0);
    let file = scene.server.data_dir().join(format!("capture/configs/{name}.txt"));
    let first = scene.configs().await?;
    let large = scene.only_capture(&first).await?;
    assert_eq!(
        (&large["verdict"], &large["current"]),
        (&json!("complete"), &json!(true))
    );
    scene.fleet.set_fault(&name, None);
    let second = scene.configs().await?;
    let view = scene.view(&second).await?;
    assert_eq!(view["status"], "failed", "{view}");
    let small = scene.only_capture(&second).await?;
    assert_eq!(
        (&small["verdict"], &small["current"]),
        (&json!("suspicious"), &json!(false))
    );
    assert_eq!(std::fs::metadata(&file)?.len(), large["bytes"].as_u64().unwrap());
    // What came of it can be looked into.
    let device = &scene.devices(&second).await?[0];
    let transcript = format!(
        "/api/v1/collections/{second}/devices/{}/transcript",
        device["device_id"].as_str().unwrap()
    );
    let transcript = scene.admin.get(&transcript).await?;
    assert_eq!(transcript.status, 200, "{transcript:?}");

    let accept = format!("/api/v1/captures/{}/accept", id(&small));
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    assert_eq!(viewer.post(&accept, &json!({})).await?.status, 403);
    let accepted = operator.post(&accept, &json!({})).await?;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(
        (&accepted.body["current"], &accepted.body["accepted_by"]),
        (&json!(true), &json!("olga"))
    );
    let command = scene.fleet.config_command(&name).unwrap();
    assert!(std::fs::read_to_string(&file)? == scene.fleet.expected(&name, command).unwrap());
    assert_eq!(operator.post(&accept, &json!({})).await?.status, 200);
    let complete = format!("/api/v1/captures/{}/accept", id(&large));
    let refused = operator.post(&complete, &json!({})).await?;
    assert_eq!((refused.status, refused.code()), (409, "not_suspicious".to_owned()));
    let told = scene.told("capture.accept").await?;
    assert_eq!((told.len(), &told[0]["target_id"]), (1, &small["id"]));

    let [old, current] = [&large, &small].map(|one| format!("/api/v1/captures/{}", id(one)));
    assert_eq!(operator.delete(&old).await?.status, 403);
    let refused = scene.admin.delete(&current).await?;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "capture_is_last_good".to_owned())
    );
    assert_eq!(scene.admin.delete(&old).await?.status, 204);
    assert_eq!(scene.admin.get(&old).await?.status, 404);
    assert_eq!(scene.admin.get(&format!("{old}/content")).await?.status, 404);
    assert_eq!(scene.admin.get(&format!("{current}/content")).await?.status, 200);
    let told = scene.told("capture.delete").await?;
    assert_eq!((told.len(), &told[0]["target_id"]), (1, &large["id"]));
    Ok(())
}

async fn old_captures_are_purged_and_a_collection_goes_with_its_own() -> anyhow::Result<()> {
    let scene = scene(2, Vec::new()).await?;
    let mut collections = Vec::new();
    for _ in 0..4 {
        collections.push(scene.configs().await?);
        for index in 0..2 {
            scene.fleet.change_config(&name(&scene.fleet, index));
        }
    }
    let listed = || async {
        let all = scene.admin.get("/api/v1/captures?limit=500").await?;
        anyhow::Ok(all.body["items"].as_array().cloned().unwrap_or_default())
    };
    assert_eq!(listed().await?.len(), 8);
    // A collection that is deleted takes its captures along, though not the last good ones.
    let path = |at: usize| format!("/api/v1/collections/{}", collections[at]);
    let first = scene.captures(&collections[0]).await?;
    assert_eq!(scene.admin.delete(&path(0)).await?.status, 204);
    assert_eq!(scene.admin.get(&path(0)).await?.status, 404);
    for capture in &first {
        let gone = scene.admin.get(&format!("/api/v1/captures/{}", id(capture))).await?;
        assert_eq!(gone.status, 404);
    }
    assert_eq!(scene.admin.delete(&path(3)).await?.status, 204);
    let left = listed().await?;
    assert_eq!(left.len(), 6);
    assert_eq!(left.iter().filter(|one| one["current"] == true).count(), 2);
    assert_eq!(scene.told("collection.delete").await?.len(), 2);

    let purge = |dry_run: bool| json!({"keep_last": 2, "dry_run": dry_run});
    for dry_run in [true, false] {
        let purged = scene.admin.post("/api/v1/capture-purges", &purge(dry_run)).await?;
        assert_eq!(purged.status, 200, "{purged:?}");
        assert_eq!(purged.body["captures_deleted"], 2);
        assert_eq!(listed().await?.len(), if dry_run { 6 } else { 4 });
    }
    let told = scene.told("capture.purge").await?;
    assert_eq!(told.len(), 1);
    assert!(
        told[0]["summary"].as_str().unwrap().starts_with("Purged 2 captures"),
        "{told:?}"
    );
    for capture in listed().await? {
        let text = scene
            .admin
            .get(&format!("/api/v1/captures/{}/content", id(&capture)))
            .await?;
        assert_eq!(
            (text.status, text.bytes.len()),
            (200, capture["bytes"].as_u64().unwrap() as usize)
        );
    }
    Ok(())
}

#[tokio::test]
async fn events_and_secrets_of_a_collection_of_last_week_are_gone() -> anyhow::Result<()> {
    let mut scene = scene(2, vec![(1, Fault::AuthRefused)]).await?;
    let id = scene.configs().await?;
    let last = scene.view(&id).await?["last_seq"].as_i64().unwrap();
    assert!(scene.server.stop().await?);
    let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n\
                  db.execute('UPDATE collection SET finished_at = finished_at - 8 * 24 * 3600000')\ndb.commit()\n\
                  print(db.execute('SELECT count(*) FROM collection WHERE sealed_secret IS NOT NULL').fetchone()[0])";
    let file = scene.server.data_dir().join("showrun.db");
    let aged = tokio::process::Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .output()
        .await?;
    assert_eq!(String::from_utf8_lossy(&aged.stdout).trim(), "1", "{aged:?}");
    scene.server.again().await?;
    scene.admin = scene.server.admin().await?;
    let events = |after: i64| format!("/api/v1/collections/{id}/events?after={after}");
    let gone = async {
        loop {
            let answer = scene.admin.get(&events(0)).await?;
            if answer.status != 200 {
                return anyhow::Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(20), gone).await??;
    assert_eq!((gone.status, gone.code()), (410, "events_expired".to_owned()));
    assert_eq!(scene.admin.get(&events(last)).await?.status, 200);
    assert_eq!(scene.devices(&id).await?.len(), 2);
    let again = scene
        .admin
        .post(&format!("/api/v1/collections/{id}/retry"), &json!({}))
        .await?;
    assert_eq!((again.status, again.code()), (422, "credentials_needed".to_owned()));
    Ok(())
}

#[tokio::test]
async fn an_admin_reads_the_session_of_a_device_that_gave_no_capture() -> anyhow::Result<()> {
    let scene = scene(2, vec![(1, Fault::NoPrompt)]).await?;
    let asked = scene.request(
        &["configs"],
        json!({"command_timeout_seconds": 2, "connect_timeout_seconds": 5}),
    );
    let collection = scene.start(&asked).await?;
    scene.end(&collection).await?;
    let devices = scene.devices(&collection).await?;
    let path = |device: &Value| {
        let device = device["device_id"].as_str().unwrap();
        format!("/api/v1/collections/{collection}/devices/{device}/transcript")
    };
    let (good, bad): (Vec<&Value>, Vec<&Value>) = devices.iter().partition(|one| one["status"] == "succeeded");
    assert_eq!((good.len(), bad.len()), (1, 1), "{devices:?}");
    assert!(
        scene
            .captures(&collection)
            .await?
            .iter()
            .all(|one| one["device_id"] != bad[0]["device_id"])
    );
    let read = scene.admin.get(&path(bad[0])).await?;
    assert_eq!(read.status, 200, "{read:?}");
    let text = String::from_utf8(read.bytes.clone())?;
    assert!(!text.is_empty());
    for secret in [
        &FleetOptions::default().password,
        &FleetOptions::default().enable_password,
    ] {
        assert!(!text.contains(secret.as_str()), "{text}");
    }
    let operator = scene.server.user(&scene.admin, "olga", "operator").await?;
    assert_eq!(operator.get(&path(bad[0])).await?.status, 403);
    let none = scene.admin.get(&path(good[0])).await?;
    assert_eq!((none.status, none.code()), (404, "no_transcript".to_owned()));
    let told = scene.told("transcript.view").await?;
    assert_eq!((told.len(), &told[0]["target_id"]), (1, &json!(collection)));

    // Of those that succeed it is kept where that is asked for, and for as long as the settings say.
    let days = json!({"transcript_days": 30});
    assert_eq!(scene.admin.patch("/api/v1/settings", &days).await?.status, 200);
    scene.fleet.set_fault(&name(&scene.fleet, 1), None);
    let collection = scene
        .start(&scene.request(&["configs"], json!({"keep_transcripts": true})))
        .await?;
    scene.end(&collection).await?;
    for device in scene.devices(&collection).await? {
        let device = device["device_id"].as_str().unwrap();
        let path = format!("/api/v1/collections/{collection}/devices/{device}/transcript");
        let read = scene.admin.get(&path).await?;
        assert_eq!(read.status, 200, "{read:?}");
    }
    let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n\
                  print(db.execute('SELECT DISTINCT (expires_at - created_at) / 86400000 FROM transcript ORDER BY 1').fetchall())";
    let file = scene.server.data_dir().join("showrun.db");
    let kept = tokio::process::Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .output()
        .await?;
    assert_eq!(
        String::from_utf8_lossy(&kept.stdout).trim(),
        "[(7,), (30,)]",
        "{kept:?}"
    );
    Ok(())
}
