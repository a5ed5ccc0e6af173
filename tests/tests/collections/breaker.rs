//! A wrong password stays within its limit over collections and over a kill of the server.

use std::time::Duration;

use anyhow::Context;
use lab::{Fault, FleetOptions};
use serde_json::json;

use crate::on_both;
use crate::scene::Scene;

on_both!(
    a_wrong_password_is_tried_three_times_and_never_again,
    a_login_that_a_kill_cut_short_may_have_been_refused,
    a_login_that_an_orderly_end_cut_short_was_not_refused,
);

const LIMIT: u64 = 3;

async fn a_wrong_password_is_tried_three_times_and_never_again() -> anyhow::Result<()> {
    let mut scene = Scene::new(FleetOptions {
        devices: 40,
        ..FleetOptions::default()
    })
    .await?;
    let mut body = scene.request(&["version"], json!({"max_workers": 40}));
    body["credentials"]["password"] = json!("certainly-wrong");
    let first = scene.start(&body).await?;
    scene.end(&first).await?;
    assert!(scene.fleet.counters().auth_failures <= LIMIT);
    scene.server.kill().await?;
    scene.server.again().await?;
    scene.admin = scene.server.admin().await?;
    let second = scene.start(&body).await?;
    let ended = scene.end(&second).await?;
    assert_eq!(ended["status"], "failed");
    assert!(
        scene.fleet.counters().auth_failures <= LIMIT,
        "{:?}",
        scene.fleet.counters()
    );
    let paused = scene.devices(&second).await?;
    assert!(
        paused
            .iter()
            .all(|device| device["failure_kind"] == "credential_paused"),
        "{paused:?}"
    );
    // The right password of the same user is another identity.
    let third = scene
        .start(&scene.request(&["version"], json!({"max_workers": 40})))
        .await?;
    assert_eq!(scene.end(&third).await?["status"], "succeeded");
    Ok(())
}

async fn a_login_that_a_kill_cut_short_may_have_been_refused() -> anyhow::Result<()> {
    const DEVICES: usize = 20;
    let mut scene = Scene::new(FleetOptions {
        devices: DEVICES,
        faults: (0..DEVICES).map(|index| (index, Fault::AuthSilent)).collect(),
        ..FleetOptions::default()
    })
    .await?;
    let tried = |scene: &Scene| scene.fleet.counters().auth_attempts;
    let id = scene
        .start(&scene.request(&["version"], json!({"max_workers": DEVICES})))
        .await?;
    // Two are under way and one is left for after a kill; after that none is.
    for under_way in [LIMIT - 1, LIMIT] {
        let all_asked = async {
            while tried(&scene) < under_way {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all_asked).await?;
        scene.server.kill().await?;
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
    }
    let ended = scene.end(&id).await?;
    assert_eq!(ended["status"], "failed", "{ended}");
    assert_eq!(tried(&scene), LIMIT, "{:?}", scene.fleet.counters());
    for device in scene.devices(&id).await? {
        assert_eq!(device["failure_kind"], "credential_paused", "{device}");
    }
    // Written beside the collection, maybe a moment later.
    let told = async {
        loop {
            let log = scene.admin.get("/api/v1/audit-events?action=credential.close").await?;
            if log.text_of("/items/0/summary").contains("3 in a row") {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told).await?
}

async fn a_login_that_an_orderly_end_cut_short_was_not_refused() -> anyhow::Result<()> {
    const DEVICES: usize = 20;
    let mut scene = Scene::new(FleetOptions {
        devices: DEVICES,
        faults: (0..DEVICES).map(|index| (index, Fault::AuthSilent)).collect(),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["version"], json!({"max_workers": DEVICES})))
        .await?;
    // As many are let through each time.
    for round in 1..=3 {
        let all_asked = async {
            while scene.fleet.counters().auth_attempts < (LIMIT - 1) * round {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(30), all_asked).await;
        asked.with_context(|| format!("round {round}: {:?}", scene.fleet.counters()))?;
        assert!(scene.server.stop().await?, "{}", scene.server.log());
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
    }
    for _ in 0..2 {
        let cancel = format!("/api/v1/collections/{id}/cancel");
        assert_eq!(scene.admin.post(&cancel, &json!({})).await?.status, 202);
    }
    assert_eq!(scene.end(&id).await?["status"], "cancelled");
    Ok(())
}
