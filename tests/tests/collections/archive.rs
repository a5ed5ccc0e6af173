//! All texts of a collection in one file.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use anyhow::Context;
use lab::{Fault, FleetOptions};
use serde_json::json;
use tests::server::Setup;
use zip::ZipArchive;

use crate::scene::{Kind, Scene};

/// The files of an archive.
pub(crate) fn unzipped(bytes: Vec<u8>) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let name = file.name()?.into_owned();
        let before = files.insert(name.clone(), text);
        anyhow::ensure!(before.is_none(), "{name} is there twice");
    }
    Ok(files)
}

async fn zipped(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 8,
        // Some texts are larger than what stays in the database.
        config_bytes: Some(1_500_000),
        faults: vec![(2, Fault::CloseMid), (3, Fault::AuthRefused)],
        ..FleetOptions::default()
    };
    let Some(scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let id = scene
        .start(&scene.request(&["configs", "arp", "version"], json!({})))
        .await?;
    assert_eq!(scene.end(&id).await?["status"], "partially_succeeded");
    let path = format!("/api/v1/collections/{id}/captures.zip");
    let answer = scene.admin.get(&path).await?;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"captures-{id}.zip\"")
    );
    let mut files = unzipped(answer.bytes)?;
    let mut complete = 0;
    for capture in scene.captures(&id).await? {
        let (kind, device) = (
            capture["capture_type"].as_str().unwrap(),
            capture["device_name"].as_str().unwrap(),
        );
        let name = format!("{kind}/{device}.txt");
        if capture["verdict"] != "complete" {
            assert!(!files.contains_key(&name), "{name} is {}", capture["verdict"]);
            continue;
        }
        complete += 1;
        let content = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let content = scene.admin.get(&content).await?;
        let zipped = files
            .remove(&name)
            .with_context(|| format!("{name} is not in the archive"))?;
        assert!(zipped == content.bytes, "{name} is another text");
    }
    assert!(complete >= 18, "{complete}");
    assert!(files.is_empty(), "{:?}", files.keys());

    // As on a screen, for whoever reads such files today.
    let prompts = unzipped(scene.admin.get(&format!("{path}?prompts=true")).await?.bytes)?;
    assert_eq!(prompts.len(), complete);
    for capture in scene.captures(&id).await? {
        let (kind, device) = (&capture["capture_type"], capture["device_name"].as_str().unwrap());
        let Some(shown) = prompts.get(&format!("{}/{device}.txt", kind.as_str().unwrap())) else {
            continue;
        };
        let content = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let content = scene.admin.get(&content).await?.bytes;
        let commands: Vec<&str> = capture["commands"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one.as_str())
            .collect();
        let mut expected = String::from_utf8(content)?;
        match commands.as_slice() {
            [one] => expected.insert_str(0, &format!("{device}#{one}\n")),
            several => {
                for command in several {
                    expected = expected.replacen(&format!(">>> {command}\n"), &format!("{device}#{command}\n"), 1);
                }
            }
        }
        assert!(
            *shown == format!("{expected}{device}#\n").into_bytes(),
            "{device} {kind}"
        );
    }
    assert_eq!(
        scene.admin.get(&format!("{path}?prompts=perhaps")).await?.code(),
        "parameter_invalid"
    );

    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let masked = viewer.get(&path).await?;
    assert_eq!(masked.status, 200);
    let masked = unzipped(masked.bytes)?;
    assert_eq!(masked.len(), complete);
    assert_eq!(
        masked,
        unzipped(scene.admin.get(&format!("{path}?masked=true")).await?.bytes)?
    );
    for capture in scene.captures(&id).await? {
        let name = format!(
            "{}/{}.txt",
            capture["capture_type"].as_str().unwrap(),
            capture["device_name"].as_str().unwrap()
        );
        if let Some(zipped) = masked.get(&name) {
            let content = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
            assert!(viewer.get(&content).await?.bytes == *zipped, "{name} is another text");
        }
    }
    let tags = masked
        .values()
        .filter(|text| String::from_utf8_lossy(text).contains("<secret "));
    assert!(tags.count() > 0, "there are secrets to be masked");
    let unknown = "/api/v1/collections/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90/captures.zip";
    assert_eq!(scene.admin.get(unknown).await?.code(), "not_found");
    Ok(())
}

#[tokio::test]
async fn all_texts_of_a_collection_come_in_one_file() -> anyhow::Result<()> {
    zipped(Kind::Sqlite, "all_texts_of_a_collection_come_in_one_file").await
}

#[tokio::test]
async fn all_texts_of_a_collection_come_in_one_file_on_postgresql() -> anyhow::Result<()> {
    zipped(
        Kind::Postgres,
        "all_texts_of_a_collection_come_in_one_file_on_postgresql",
    )
    .await
}

/// Whoever goes away in the middle gets no archive that looks whole, and the server goes on.
#[tokio::test]
async fn an_archive_that_breaks_off_is_none() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 3,
        config_bytes: Some(3_000_000),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene.start(&scene.request(&["configs"], json!({}))).await?;
    assert_eq!(scene.end(&id).await?["status"], "succeeded");
    // One text goes while nobody looks: the archive cannot become whole.
    let blobs = scene.server.data_dir().join("blobs");
    let texts = walk(&blobs)?;
    std::fs::remove_file(texts.first().context("these texts are files")?)?;
    let answer = scene.admin.get(&format!("/api/v1/collections/{id}/captures.zip")).await;
    let whole = answer.is_ok_and(|answer| unzipped(answer.bytes).is_ok());
    assert!(!whole, "an archive without one of its texts looks whole");
    // On another connection: this one went with the archive.
    assert_eq!(scene.server.client().get("/healthz").await?.status, 200);
    Ok(())
}

/// All files under a folder.
pub(crate) fn walk(folder: &std::path::Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(walk(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}
