//! A server that is killed while it loads goes on by itself; every capture is in the tables once.

use std::collections::BTreeSet;

use lab::FleetOptions;
use serde_json::{Value, json};
use tests::server::Setup;

use crate::{
    Kind, LISTS, Scene, TYPES, list, on_both,
    scene::{check_events, next},
};

const DEVICES: usize = 60;
const KILLS: usize = 3;

on_both!(
    killed_while_loading,
    loading_survives_kills_on_sqlite,
    loading_survives_kills_on_postgresql
);

async fn killed_while_loading(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: DEVICES,
        ..FleetOptions::default()
    };
    let Some(mut scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let id = scene.start(&scene.request(&TYPES, json!({"max_workers": 60}))).await?;
    let (mut seen, mut killed) = (0, 0);
    while killed < KILLS {
        let mut socket = scene.socket(&id, seen).await?;
        let loading = loop {
            let Ok(Some(event)) = next(&mut socket).await else {
                break false;
            };
            seen = event["seq"].as_i64().unwrap();
            if event["type"] == "collection_progress" && event["data"]["stage"] == "loading" {
                break true;
            }
        };
        if !loading {
            break;
        }
        scene.server.kill().await?;
        killed += 1;
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
    }
    assert!(killed > 0, "it never loaded");
    let events = scene.events(&id).await?;
    check_events(&events, DEVICES);
    let collection = scene.view(&id).await?;
    assert_eq!(collection["status"], "succeeded", "{collection}");
    if scene.server.log().contains("no parsing templates of ntc-templates") {
        tests::skip::skip(test, "the templates of ntc-templates are not built in");
        return Ok(());
    }
    assert_eq!(collection["loaded_to_db"], true, "{collection}");
    let captures = scene.captures(&id).await?;
    assert_eq!(captures.len(), DEVICES * TYPES.len());
    for (capture_type, path) in LISTS {
        let rows = list(&scene, path).await?;
        let mut expected = 0;
        for capture in captures.iter().filter(|one| one["capture_type"] == capture_type) {
            let read = format!("/api/v1/captures/{}/records?limit=1", capture["id"].as_str().unwrap());
            let read = scene.admin.get(&read).await?.body;
            assert_eq!(read["loaded"], true, "{read}");
            expected += read["records_total"].as_u64().unwrap() - read["incomplete"].as_u64().unwrap();
        }
        assert_eq!(rows.len() as u64, expected, "{path}");
        assert!(rows.iter().all(|row: &Value| row.get("closed_at").is_none()), "{path}");
        let from: BTreeSet<&str> = rows.iter().map(|row| row["capture_id"].as_str().unwrap()).collect();
        let made: BTreeSet<&str> = captures.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(from.is_subset(&made), "{path}");
    }
    println!("{test}: killed {killed} times while loading");
    Ok(())
}
