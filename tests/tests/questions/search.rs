//! What stands where.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::server::{Client, Setup};

use crate::{
    DATABASES, ask, collect, collected, collected_with, escaped, list,
    scene::{Kind, Scene},
    until,
};

/// Where something was found: device, type and number of the line.
type Place = (String, String, u64);

fn place(hit: &Value) -> Place {
    let text = |name: &str| hit[name].as_str().unwrap().to_owned();
    (
        text("device_name"),
        text("capture_type"),
        hit["line"]["number"].as_u64().unwrap(),
    )
}

/// All last good texts.
async fn texts(admin: &Client) -> anyhow::Result<Vec<(String, String, String)>> {
    let mut texts = Vec::new();
    for capture in list(admin, "captures?current=true&limit=500").await? {
        let path = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let content = admin.get(&path).await?;
        assert_eq!(content.status, 200);
        let text = |name: &str| capture[name].as_str().unwrap().to_owned();
        texts.push((
            text("device_name"),
            text("capture_type"),
            String::from_utf8(content.bytes)?,
        ));
    }
    Ok(texts)
}

/// What reading all of them finds.
fn expected(texts: &[(String, String, String)], needle: &str) -> BTreeSet<Place> {
    let needle = needle.to_lowercase();
    let mut places = BTreeSet::new();
    for (device, capture_type, text) in texts {
        for (number, line) in (1..).zip(text.lines()) {
            if line.to_lowercase().contains(&needle) {
                places.insert((device.clone(), capture_type.clone(), number));
            }
        }
    }
    places
}

/// Waits until everything that was captured can be found.
async fn ready(client: &Client) -> anyhow::Result<()> {
    let is_ready = |answer: &Value| answer["texts_pending"] == 0 && answer["message"].is_null();
    until(client, "search?q=no+such+text+at+all", is_ready).await.map(drop)
}

#[tokio::test]
async fn every_line_is_found_whatever_signs_it_has() -> anyhow::Result<()> {
    for kind in DATABASES {
        let types = ["configs", "arp", "interfaces", "version"];
        let Some(scene) = collected(kind, "search", 10, &types).await? else {
            continue;
        };
        let admin = &scene.admin;
        ready(admin).await?;
        let texts = texts(admin).await?;
        assert_eq!(texts.len(), 40);
        for needle in [
            "10.0.0.",
            "Gi1/0/1",
            "GI0/1",
            "interface",
            "1/0/",
            "snmp-server community",
            "%",
            "_",
            "\"",
            "'",
            "*",
            "(",
            "!",
            " ip address ",
            "a",
            "10",
            "set interfaces ge-0/0/0",
            "body : x",
            "no such text at all",
        ] {
            let path = format!("search?limit=37&q={}", escaped(needle));
            let hits = list(admin, &path).await?;
            let found: Vec<Place> = hits.iter().map(place).collect();
            let unique: BTreeSet<Place> = found.iter().cloned().collect();
            assert_eq!(
                unique.len(),
                found.len(),
                "{kind:?} {needle:?}: something is found twice"
            );
            let expected = expected(&texts, needle);
            assert_eq!(unique, expected, "{kind:?} {needle:?}");
            for hit in &hits {
                let line: Vec<char> = hit["line"]["text"].as_str().unwrap().chars().collect();
                let ranges = hit["ranges"].as_array().unwrap();
                assert!(!ranges.is_empty(), "{hit}");
                for range in ranges {
                    let at = |name: &str| range[name].as_u64().unwrap() as usize;
                    let marked: String = line[at("start")..at("end")].iter().collect();
                    assert_eq!(marked.to_lowercase(), needle.to_lowercase(), "{hit}");
                }
                let (device, capture_type, number) = place(hit);
                let text = &texts
                    .iter()
                    .find(|one| one.0 == device && one.1 == capture_type)
                    .unwrap()
                    .2;
                let lines: Vec<&str> = text.lines().collect();
                for (lines_of, numbers) in [
                    (&hit["before"], number.saturating_sub(2).max(1)..number),
                    (&hit["after"], number + 1..(number + 3).min(lines.len() as u64 + 1)),
                ] {
                    let shown: Vec<u64> = lines_of
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|line| line["number"].as_u64().unwrap())
                        .collect();
                    assert_eq!(shown, numbers.collect::<Vec<u64>>(), "{kind:?} {needle:?}: {hit}");
                    for line in lines_of.as_array().unwrap() {
                        let whole = lines[line["number"].as_u64().unwrap() as usize - 1];
                        assert!(whole.starts_with(line["text"].as_str().unwrap()), "{hit}");
                    }
                }
            }
        }
        sections_and_filters(&scene, kind).await?;
    }
    Ok(())
}

async fn sections_and_filters(scene: &Scene, kind: Kind) -> anyhow::Result<()> {
    let admin = &scene.admin;
    let path = format!(
        "search?capture_type=configs&platform=cisco_ios&q={}",
        escaped(" ip address 10.")
    );
    let hits = list(admin, &path).await?;
    assert!(!hits.is_empty());
    for hit in &hits {
        let section = hit["section"][0].as_str().unwrap_or_default();
        assert!(section.starts_with("interface "), "{kind:?}: {hit}");
    }
    let indexed = ask(admin, "search?q=interface&limit=1").await?;
    assert_eq!(
        (&indexed["indexed"], indexed["items"].as_array().unwrap().len()),
        (&json!(true), 1)
    );
    let short = ask(admin, "search?q=in").await?;
    assert_eq!(short["indexed"], false);
    assert!(short["message"].as_str().unwrap().contains("3 characters"));
    let everywhere = list(admin, "search?q=interface&limit=500").await?;
    let device = everywhere[0]["device_name"].as_str().unwrap();
    let id = everywhere[0]["device_id"].as_str().unwrap();
    let of_device: Vec<Place> = everywhere.iter().map(place).filter(|place| place.0 == device).collect();
    for filter in [
        format!("device={device}"),
        format!("device_id={id}"),
        format!("device_id={id}&device={device}"),
    ] {
        let found = list(admin, &format!("search?q=interface&limit=500&{filter}")).await?;
        assert_eq!(
            found.iter().map(place).collect::<Vec<_>>(),
            of_device,
            "{kind:?} {filter}"
        );
    }
    let other = list(
        admin,
        &format!("search?q=interface&device_id={id}&device=no-such-device"),
    )
    .await?;
    assert!(other.is_empty());
    for bad in [
        "q=",
        "q=%0A",
        "q=%20",
        &format!("q={}", "x".repeat(201)),
        "q=abc&page_token=rubbish",
    ] {
        let answer = admin.get(&format!("/api/v1/search?{bad}")).await?;
        assert_eq!(answer.status, 400, "{bad}: {answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn who_may_not_see_secrets_finds_nothing_in_them() -> anyhow::Result<()> {
    for kind in DATABASES {
        let Some(scene) = collected(kind, "search", 10, &["configs"]).await? else {
            continue;
        };
        let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
        ready(&viewer).await?;
        let path = format!("search?q={}", escaped("snmp-server community"));
        let open = list(&scene.admin, &path).await?;
        let masked = list(&viewer, &path).await?;
        assert!(!open.is_empty());
        assert_eq!(
            open.iter().map(place).collect::<Vec<_>>(),
            masked.iter().map(place).collect::<Vec<_>>()
        );
        let mut looked = 0;
        for (open, masked) in open.iter().zip(&masked) {
            let line = open["line"]["text"].as_str().unwrap();
            let shown = masked["line"]["text"].as_str().unwrap();
            let Some(secret) = line.split_whitespace().nth(2) else {
                continue;
            };
            assert!(
                shown.contains("<secret ") && !shown.contains(secret),
                "{kind:?}: {shown}"
            );
            for part in [secret, &secret[..4], &format!("community {}", &secret[..3])] {
                for history in ["", "&history=true"] {
                    let path = format!("search?limit=500&q={}{history}", escaped(part));
                    let by_operator = list(&scene.admin, &path).await?;
                    assert!(
                        by_operator.iter().any(|hit| place(hit) == place(open)),
                        "{kind:?} {part}{history}"
                    );
                    let by_viewer = list(&viewer, &path).await?;
                    assert!(
                        !by_viewer.iter().any(|hit| place(hit) == place(open)),
                        "{kind:?} {part}{history}: {by_viewer:?}"
                    );
                    assert!(!json!(by_viewer).to_string().contains(secret));
                }
            }
            looked += 1;
        }
        assert!(looked > 0);
        // Around a line nothing is shown either that may not be seen.
        let around = list(&viewer, &format!("search?limit=500&context=5&q={}", escaped("mgmt"))).await?;
        let secret = open[0]["line"]["text"]
            .as_str()
            .unwrap()
            .split_whitespace()
            .nth(2)
            .unwrap();
        assert!(!json!(around).to_string().contains(secret));
    }
    Ok(())
}

#[tokio::test]
async fn what_can_be_found_keeps_in_step_with_the_last_good_texts() -> anyhow::Result<()> {
    for kind in DATABASES {
        let Some(mut scene) = collected(kind, "search", 4, &["configs"]).await? else {
            continue;
        };
        ready(&scene.admin).await?;
        let name = scene.fleet.devices()[0].name.clone();
        let change = scene.fleet.change_config(&name).unwrap();
        let added = change
            .added
            .iter()
            .find(|line| line.trim().len() > 8)
            .unwrap()
            .trim()
            .to_owned();
        let count = |hits: &[Value]| hits.iter().filter(|hit| hit["device_name"] == name).count();
        let path = format!("search?limit=500&device={name}&q={}", escaped(&added));
        let everywhere = format!("search?limit=500&q={}", escaped(&added));
        let before = count(&list(&scene.admin, &everywhere).await?);
        let collection = collect(&scene, &["configs"]).await?;
        // Killed at this moment, the server finds after its start what it had not made searchable.
        scene.server.kill().await?;
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
        ready(&scene.admin).await?;
        let texts = texts(&scene.admin).await?;
        for path in [&path, &everywhere] {
            let hits = list(&scene.admin, path).await?;
            assert!(count(&hits) > before, "{kind:?} {added}: {collection}");
            let found: BTreeSet<Place> = hits.iter().map(place).filter(|place| place.0 == name).collect();
            let expected: BTreeSet<Place> = expected(&texts, &added)
                .into_iter()
                .filter(|place| place.0 == name)
                .collect();
            assert_eq!(found, expected);
        }
        // What was there before is found in the history alone, with the capture that it stood in.
        if let Some(removed) = change.removed.iter().find(|line| line.trim().len() > 8) {
            let removed = removed.trim();
            let path = format!("search?limit=500&device={name}&q={}", escaped(removed));
            let now = list(&scene.admin, &path).await?.len();
            let then = list(&scene.admin, &format!("{path}&history=true")).await?;
            assert!(then.len() > now, "{kind:?} {removed}");
        }
        let path = format!("search?device={name}&history=true&limit=500&q={}", escaped(&added));
        let answer = ask(&scene.admin, &path).await?;
        assert_eq!(
            (&answer["history"]["complete"], &answer["history"]["versions_read"]),
            (&json!(true), &json!(2)),
            "{answer}"
        );
        let in_pages = list(&scene.admin, &format!("{path}&limit=1").replace("limit=500&", "")).await?;
        assert_eq!(&json!(in_pages), &answer["items"]);
        // A device that is taken away is not found any more.
        let id = texts_of(&scene.admin, &name).await?;
        assert_eq!(scene.admin.delete(&format!("/api/v1/devices/{id}")).await?.status, 204);
        let hits = list(&scene.admin, &everywhere).await?;
        assert_eq!(count(&hits), 0);
    }
    Ok(())
}

async fn texts_of(admin: &Client, name: &str) -> anyhow::Result<String> {
    let devices = list(admin, &format!("devices?name={name}")).await?;
    Ok(devices[0]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn without_an_index_all_texts_are_read() -> anyhow::Result<()> {
    for kind in DATABASES {
        let setup = Setup::default().arg("--search-index").arg("false");
        let Some(scene) = collected_with(setup, kind, "search", 6, &["configs", "arp"]).await? else {
            continue;
        };
        // Once more, so that the newest captures are not those that the texts came from.
        collect(&scene, &["configs", "arp"]).await?;
        let texts = texts(&scene.admin).await?;
        assert_eq!(texts.len(), 12);
        for needle in ["10.0.0.", "GI0/1", "interface", "a", "no such text at all"] {
            let path = format!("search?limit=37&q={}", escaped(needle));
            let found: Vec<Place> = list(&scene.admin, &path).await?.iter().map(place).collect();
            let unique: BTreeSet<Place> = found.iter().cloned().collect();
            assert_eq!(
                unique.len(),
                found.len(),
                "{kind:?} {needle:?}: something is found twice"
            );
            assert_eq!(unique, expected(&texts, needle), "{kind:?} {needle:?}");
        }
        let answer = ask(&scene.admin, "search?q=no+such+text+at+all").await?;
        assert_eq!(
            (&answer["indexed"], &answer["texts_pending"]),
            (&json!(false), &json!(0))
        );
        assert!(answer["message"].as_str().unwrap().contains("search_index"), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn without_the_extension_the_search_reads_and_says_so() -> anyhow::Result<()> {
    let Some(postgres) = tests::postgres::Postgres::fresh().await? else {
        tests::skip::skip("search", "PostgreSQL is not installed");
        return Ok(());
    };
    // A user who owns nothing and may not make extensions.
    let Some(url) = postgres.url_of_a_stranger().await? else {
        tests::skip::skip("search", "psql is not installed");
        return Ok(());
    };
    let setup = Setup {
        database_url: Some(url),
        ..Setup::default()
    };
    let fleet = lab::FleetOptions {
        devices: 3,
        ..lab::FleetOptions::default()
    };
    let scene = Scene::with(fleet, setup).await?;
    collect(&scene, &["configs"]).await?;
    let answer = until(&scene.admin, "search?q=interface&limit=500", |answer| {
        answer["texts_pending"] == 0 && !answer["items"].as_array().unwrap().is_empty()
    })
    .await?;
    assert_eq!(answer["indexed"], false);
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.contains("pg_trgm") && message.contains("CREATE EXTENSION"),
        "{message}"
    );
    assert!(scene.server.log().contains("pg_trgm"));
    let texts = texts(&scene.admin).await?;
    let found: BTreeSet<Place> = list(&scene.admin, "search?q=interface&limit=50")
        .await?
        .iter()
        .map(place)
        .collect();
    assert_eq!(found, expected(&texts, "interface"));
    Ok(())
}
