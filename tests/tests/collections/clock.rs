//! A clock that jumps while a collection runs: durations, order, tokens and texts are as if it had not.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use lab::FleetOptions;
use serde_json::json;
use tests::server::Setup;

use crate::scene::{Scene, check_events, next};

/// The library that gives one process another time than the machine's.
fn another_clock() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let mut places = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    places.find(|place| place.is_file())
}

#[tokio::test]
async fn fault_47_a_clock_that_jumps_changes_no_duration_and_no_order() -> anyhow::Result<()> {
    const DEVICES: usize = 20;
    let test = "fault_47_a_clock_that_jumps_changes_no_duration_and_no_order";
    let Some(library) = another_clock() else {
        tests::skip::skip(test, "libfaketime is not installed");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    std::fs::write(&clock, "+0")?;
    let setup = Setup::default()
        .env("LD_PRELOAD", &library.display().to_string())
        .env("FAKETIME_TIMESTAMP_FILE", &clock.display().to_string())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut scene = Scene::with(
        FleetOptions {
            devices: DEVICES,
            think: Duration::from_millis(30),
            ..FleetOptions::default()
        },
        setup,
    )
    .await?;
    let mut ids: Vec<String> = Vec::new();
    let changed = scene.fleet.devices()[0].name.clone();
    for jump in ["+1d", "+0", "-1d", "+0", "+5500d"] {
        scene.admin = scene.server.admin().await?;
        scene.fleet.change_config(&changed);
        let body = scene.request(&["configs", "version"], json!({"max_workers": 4}));
        let started = Instant::now();
        let id = scene.start(&body).await?;
        let mut socket = scene.socket(&id, 0).await?;
        let mut seen = Vec::new();
        while let Some(event) = next(&mut socket).await? {
            seen.push(event);
            if seen.last().is_some_and(|event| event["type"] == "device_completed") {
                break;
            }
        }
        std::fs::write(&clock, jump)?;
        // The watcher stays, whatever its token says now.
        while let Some(event) = next(&mut socket).await? {
            seen.push(event);
        }
        let took = started.elapsed();
        check_events(&seen, DEVICES);
        // A token ends with its time, and nobody is shut out: whoever logs in again goes on.
        let old = scene.admin.get("/api/v1/auth/me").await?;
        match jump {
            "+1d" | "+5500d" => assert_eq!((old.status, old.code()), (401, "token_expired".to_owned()), "{jump}"),
            _ => assert!(matches!(old.status, 200 | 401), "{jump}: {old:?}"),
        }
        scene.admin = scene.server.admin().await?;
        assert_eq!(scene.admin.get("/api/v1/auth/me").await?.status, 200, "{jump}");

        let ended = scene.view(&id).await?;
        assert_eq!(ended["status"], "succeeded", "{jump}: {ended}");
        let seconds = ended["execution_time_seconds"].as_f64().unwrap();
        assert!(
            seconds > 0.0 && seconds <= took.as_secs_f64() + 0.5,
            "{jump}: {seconds} s of {took:?}"
        );
        for device in scene.devices(&id).await? {
            let ms = device["duration_ms"].as_u64().unwrap();
            assert!(u128::from(ms) <= took.as_millis() + 500, "{jump}: {device}");
        }
        assert_eq!(scene.check_texts(&id).await?, DEVICES * 2, "{jump}");
        // The newest text is the last good one, and the newest collection stands first.
        let last_good = std::fs::read(scene.server.data_dir().join(format!("capture/configs/{changed}.txt")))?;
        let command = scene.fleet.config_command(&changed).unwrap();
        assert!(
            last_good == scene.fleet.expected(&changed, command).unwrap().as_bytes(),
            "{jump}"
        );
        ids.insert(0, id);
        let listed = scene.admin.get("/api/v1/collections").await?;
        let listed: Vec<&str> = listed.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["id"].as_str())
            .collect();
        assert_eq!(listed, ids, "{jump}");
    }
    // What is told of times is told in years that are there.
    let year = scene.view(&ids[0]).await?["finished_at"].as_str().unwrap()[..4].parse::<u32>()?;
    assert!((2039..2060).contains(&year), "{year}");
    Ok(())
}
