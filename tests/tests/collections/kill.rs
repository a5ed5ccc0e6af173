//! A server that is killed at any moment goes on by itself, and nothing is collected twice or half.

use std::time::Duration;

use lab::FleetOptions;
use serde_json::json;
use tests::server::Setup;

use crate::scene::{Kind, Scene, check_events, next};

const DEVICES: usize = 200;
const KILLS: usize = 5;

async fn killed_again_and_again(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: DEVICES,
        think: Duration::from_millis(20),
        ..FleetOptions::default()
    };
    let Some(mut scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let id = scene
        .start(&scene.request(&["configs", "arp", "version"], json!({"max_workers": 20})))
        .await?;
    let mut seen = 0;
    for number in 0..KILLS {
        // After another number of events each time, and so in another state each time.
        let mut socket = scene.socket(&id, seen).await?;
        for _ in 0..number * 37 + 3 {
            match next(&mut socket).await {
                Ok(Some(event)) => seen = event["seq"].as_i64().unwrap(),
                _ => break,
            }
        }
        scene.server.kill().await?;
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
    }
    let events = scene.events(&id).await?;
    check_events(&events, DEVICES);
    let collection = scene.view(&id).await?;
    assert_eq!(collection["status"], "succeeded", "{collection}");
    assert_eq!(collection["counts"]["succeeded"], DEVICES);
    assert_eq!(scene.check_texts(&id).await?, DEVICES * 3);
    Ok(())
}

#[tokio::test]
async fn a_collection_survives_kills_on_sqlite() -> anyhow::Result<()> {
    killed_again_and_again(Kind::Sqlite, "a_collection_survives_kills_on_sqlite").await
}

#[tokio::test]
async fn a_collection_survives_kills_on_postgresql() -> anyhow::Result<()> {
    killed_again_and_again(Kind::Postgres, "a_collection_survives_kills_on_postgresql").await
}
