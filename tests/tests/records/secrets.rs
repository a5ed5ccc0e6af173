//! The secrets of the simulated devices, and that a viewer gets none of them, whatever is asked.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tests::server::Client;
use zip::ZipArchive;

use crate::{LISTS, TYPES, list, on_both, scene, scene::Kind};

/// What the devices print as hashes, keys and communities. Known by its form and not by the rules that are tested.
fn secrets(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || "\"';{}".contains(letter));
    let is_secret = |word: &&str| {
        let community = word.strip_prefix("c0").unwrap_or_default();
        (word.starts_with('$') && word.len() > 12)
            || (community.len() == 8 && community.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    words.filter(is_secret).map(str::to_owned).collect()
}

fn none_in(text: &str, secrets: &BTreeSet<String>, what: &str) {
    let found: Vec<&String> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
    assert!(found.is_empty(), "{what} shows {found:?}");
}

/// What a viewer gets has none of the secrets, and is no refusal.
async fn open(viewer: &Client, path: &str, secrets: &BTreeSet<String>) -> anyhow::Result<Vec<u8>> {
    let answer = viewer.get(&format!("/api/v1/{path}")).await?;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    none_in(&String::from_utf8_lossy(&answer.bytes), secrets, path);
    Ok(answer.bytes)
}

on_both!(
    a_viewer_gets_no_secret,
    no_answer_to_a_viewer_shows_a_secret_on_sqlite,
    no_answer_to_a_viewer_shows_a_secret_on_postgresql
);

async fn a_viewer_gets_no_secret(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    // What a device is may be found out only while its texts are stored already.
    for device in list(&scene, "devices").await?.iter().take(5) {
        let path = format!("/api/v1/devices/{}", device["id"].as_str().unwrap());
        let changed = scene.admin.patch(&path, &json!({"platform": "auto"})).await?;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let types: Vec<&str> = TYPES.iter().copied().chain(["configs", "snmp"]).collect();
    let mut collections = Vec::new();
    for round in 0..2 {
        if round > 0 {
            for device in scene.fleet.devices() {
                scene.fleet.change_config(&device.name);
            }
        }
        let id = scene.start(&scene.request(&types, json!({}))).await?;
        let status = scene.end(&id).await?["status"].clone();
        assert!(status == "succeeded" || status == "partially_succeeded", "{status}");
        collections.push(id);
    }
    let captures = list(&scene, "captures").await?;
    let mut known = BTreeSet::new();
    for capture in &captures {
        let content = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let found = secrets(&String::from_utf8(scene.admin.get(&content).await?.bytes)?);
        // The files of a Linux machine hold none, and what RouterOS exports neither.
        let command = capture["commands"][0].as_str().unwrap();
        let none = command.contains("/etc/") || command == "/export";
        let is_config = capture["capture_type"] == "configs" && !none;
        assert!(!is_config || !found.is_empty(), "{capture} holds no secret");
        known.extend(found);
    }
    assert!(known.len() > 10, "{known:?}");

    for capture in &captures {
        let path = format!("captures/{}", capture["id"].as_str().unwrap());
        open(&viewer, &format!("{path}/content"), &known).await?;
        open(&viewer, &format!("{path}/records?limit=10000"), &known).await?;
    }
    for configs in captures.iter().filter(|one| one["capture_type"] == "configs") {
        // Also of two devices, and of two types.
        for other in captures.iter().step_by(7) {
            let (id, against) = (configs["id"].as_str().unwrap(), other["id"].as_str().unwrap());
            let path = format!("captures/{id}/diff?against={against}&context=1000&all_lines=true");
            open(&viewer, &path, &known).await?;
        }
    }
    for id in &collections {
        let zip = open(&viewer, &format!("collections/{id}/captures.zip"), &known).await?;
        let mut zip = ZipArchive::new(Cursor::new(zip))?;
        assert!(zip.len() > types.len());
        for index in 0..zip.len() {
            let (mut file, mut text) = (zip.by_index(index)?, Vec::new());
            file.read_to_end(&mut text)?;
            none_in(&String::from_utf8_lossy(&text), &known, &file.name()?);
        }
        for path in ["results.csv", "results.json", "events", "devices"] {
            open(&viewer, &format!("collections/{id}/{path}"), &known).await?;
        }
    }
    let changes = list(&scene, "config-changes").await?;
    assert!(!changes.is_empty());
    for change in &changes {
        let path = format!("config-changes/{}", change["id"].as_str().unwrap());
        open(&viewer, &format!("{path}?context=1000&all_lines=true"), &known).await?;
        open(&viewer, &format!("{path}/diff.patch?context=1000"), &known).await?;
    }
    open(&viewer, "config-changes?limit=500", &known).await?;
    for (_, path) in LISTS {
        open(&viewer, &format!("{path}?limit=500"), &known).await?;
        open(&viewer, &format!("{path}.csv"), &known).await?;
    }
    // What operators find by a secret, others do not, now and in the past.
    let began = Instant::now();
    loop {
        let answer = scene.admin.get("/api/v1/search?q=no+such+text+at+all").await?;
        if answer.body["texts_pending"] == 0 && answer.body["message"].is_null() {
            break;
        }
        anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for words in ["community", "secret", "password", "snmp", "hash"] {
        open(&viewer, &format!("search?limit=500&q={words}"), &known).await?;
        open(&viewer, &format!("search?limit=500&history=true&q={words}"), &known).await?;
    }
    for secret in known.iter().step_by(known.len().div_ceil(6)) {
        let path = format!("/api/v1/search?q={}", secret.replace('$', "%24"));
        let hits = |answer: &Value| answer["items"].as_array().map_or(0, Vec::len);
        assert!(hits(&scene.admin.get(&path).await?.body) > 0, "{secret}");
        for history in ["", "&history=true"] {
            assert_eq!(
                hits(&viewer.get(&format!("{path}{history}")).await?.body),
                0,
                "{secret}"
            );
        }
    }
    Ok(())
}
