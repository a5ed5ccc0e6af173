//! A server that is killed at any moment goes on by itself, and nothing is collected twice or half.

use std::time::Duration;

use lab::FleetOptions;
use serde_json::json;
use tests::server::Setup;

use crate::scene::{Chance, Kind, Scene, check_events, next};

const DEVICES: usize = 200;
/// Kills of one collection.
const KILLS: usize = 5;
/// How many kills there are altogether; the soak asks for more.
const ASKED: &str = "SHOWRUN_TEST_KILLS";
/// Events of a collection, about.
const EVENTS: u64 = 1000;

/// Reads so many events, and on to the first capture if one is wanted; how many came.
async fn watched(scene: &Scene, id: &str, seen: i64, events: u64, to_a_capture: bool) -> anyhow::Result<(i64, bool)> {
    let mut socket = scene.socket(id, seen).await?;
    let (mut last, mut read, mut captured) = (seen, 0, !to_a_capture);
    while read < events || !captured {
        match next(&mut socket).await {
            Ok(Some(event)) => {
                last = event["seq"].as_i64().unwrap();
                captured |= event["type"] == "capture_completed";
                read += 1;
            }
            _ => break,
        }
    }
    Ok((last, captured))
}

async fn killed_again_and_again(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: DEVICES,
        think: Duration::from_millis(20),
        ..FleetOptions::default()
    };
    let Some(mut scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let asked = std::env::var(ASKED).ok().and_then(|number| number.parse().ok());
    let kills: usize = asked.unwrap_or(KILLS);
    let mut chance = Chance::new();
    println!("{kind:?}: {kills} kills, {chance:?}");
    // Those that came while it ran; the others are no news of this.
    let (mut done, mut texts, mut tries) = (0, 0, 0);
    while done < kills {
        let id = scene
            .start(&scene.request(&["configs", "arp", "version"], json!({"max_workers": 20})))
            .await?;
        let mut seen = 0;
        for number in 0..KILLS.min(kills - done) {
            // The first kill may come before anybody has logged in. Two of these in a row may have cost a wrong password all
            // its tries, and a person is asked then; so the others come when the password is known to be right.
            let events = chance.below(EVENTS / KILLS as u64 * 2);
            (seen, _) = watched(&scene, &id, seen, events, number > 0).await?;
            // Not only when something was just stored.
            tokio::time::sleep(Duration::from_micros(chance.below(60_000))).await;
            done += usize::from(scene.view(&id).await?.get("finished_at").is_none());
            tries += 1;
            scene.server.kill().await?;
            scene.server.again().await?;
            scene.admin = scene.server.admin().await?;
        }
        let events = scene.events(&id).await?;
        check_events(&events, DEVICES);
        let collection = scene.view(&id).await?;
        assert_eq!(collection["status"], "succeeded", "{collection}");
        assert_eq!(collection["counts"]["succeeded"], DEVICES);
        let checked = scene.check_texts(&id).await?;
        assert_eq!(checked, DEVICES * 3);
        texts += checked;
        // Nothing half is left of what was under way.
        let shown = scene.view(&id).await?;
        assert_eq!(shown["last_seq"], events.len());
    }
    println!("{kind:?}: killed {tries} times, {done} of them while it ran; {texts} texts read back as they were");
    assert!(tries < kills * 4, "{done} of {tries} kills came while a collection ran");
    Ok(())
}

/// Who asks for a collection and loses the server while it answers asks again with the same key, and there is one.
async fn asked_again_after_a_kill(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 3,
        ..FleetOptions::default()
    };
    let Some(mut scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let mut chance = Chance::new();
    let (mut made, mut unknown) = (0, 0);
    for number in 0..KILLS {
        let name = format!("asked for twice {number}");
        let mut request = scene.request(&["version"], json!({}));
        request["name"] = json!(name);
        let asked = scene.admin.with_header("Idempotency-Key", &name);
        let first = {
            let request = request.clone();
            tokio::spawn(async move { asked.post("/api/v1/collections", &request).await })
        };
        tokio::time::sleep(Duration::from_micros(chance.below(8_000))).await;
        scene.server.kill().await?;
        // It may have been answered before the kill.
        let first = first.await?.ok().filter(|answer| answer.status == 202);
        let first = first.map(|answer| answer.text_of("/id"));
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
        let again = scene.admin.with_header("Idempotency-Key", &name);
        let answer = again.post("/api/v1/collections", &request).await?;
        let collections = scene.pages("/api/v1/collections?limit=100").await?;
        let of_name = collections.iter().filter(|collection| collection["name"] == name);
        let of_name: Vec<&str> = of_name.filter_map(|collection| collection["id"].as_str()).collect();
        if answer.status == 202 {
            made += 1;
            assert_eq!(of_name, [answer.text_of("/id").as_str()], "{chance:?}");
            assert_eq!(answer.header("location"), format!("/api/v1/collections/{}", of_name[0]));
            if let Some(first) = first {
                assert_eq!(first, of_name[0]);
            }
        } else {
            // The kill came between the note of the key and the collection: nothing was made, and that is said.
            assert_eq!(answer.code(), "idempotency_outcome_unknown", "{chance:?}");
            assert!(of_name.is_empty() && first.is_none(), "{chance:?}");
            unknown += 1;
        }
    }
    println!("{kind:?}: {made} made once, {unknown} not known");
    Ok(())
}

#[tokio::test]
async fn a_request_that_a_kill_cut_off_makes_one_collection_on_sqlite() -> anyhow::Result<()> {
    asked_again_after_a_kill(
        Kind::Sqlite,
        "a_request_that_a_kill_cut_off_makes_one_collection_on_sqlite",
    )
    .await
}

#[tokio::test]
async fn a_request_that_a_kill_cut_off_makes_one_collection_on_postgresql() -> anyhow::Result<()> {
    let test = "a_request_that_a_kill_cut_off_makes_one_collection_on_postgresql";
    asked_again_after_a_kill(Kind::Postgres, test).await
}

#[tokio::test]
async fn fault_45_a_collection_survives_kills_on_sqlite() -> anyhow::Result<()> {
    killed_again_and_again(Kind::Sqlite, "fault_45_a_collection_survives_kills_on_sqlite").await
}

#[tokio::test]
async fn fault_45_a_collection_survives_kills_on_postgresql() -> anyhow::Result<()> {
    killed_again_and_again(Kind::Postgres, "fault_45_a_collection_survives_kills_on_postgresql").await
}
