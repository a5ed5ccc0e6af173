//! Recorded sessions, played to a real SSH client.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::path::{Path, PathBuf};

use client::Terminal;
use lab::{DeviceInfo, Fleet, FleetOptions, RecordedDevice, Recording};

const SESSION: &str = r#"{"init_prompt":"Hello\nsw1# ","ordered":true,"newline":"\n","steps":[
    ["show one\n","show one\nfirst\nsw1# "],["show long\n","show long\npage one\n--More--"],[" ","\rpage two\nsw1# "],
    ["show one\n","show one\nsecond\nsw1# "],["exit\n","exit\n"]]}"#;

/// How the client of these tests reaches a recorded device.
async fn info(device: &RecordedDevice) -> DeviceInfo {
    // Any device's description will do; the address counts.
    let fleet = Fleet::start(FleetOptions {
        devices: 1,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    DeviceInfo {
        address: device.address(),
        ..fleet.devices()[0].clone()
    }
}

/// The folder of recordings of real devices, where there is one.
fn corpus() -> Option<PathBuf> {
    let folder = match std::env::var_os("SHOWRUN_CORPUS_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
    };
    folder.join("sessions.jsonl").is_file().then_some(folder)
}

#[tokio::test]
async fn a_session_is_played_in_its_order() {
    let device = RecordedDevice::start(Recording::from_json(SESSION).unwrap(), "lab", "lab-Pass1")
        .await
        .unwrap();
    let info = info(&device).await;
    let mut terminal = Terminal::open(&info, "lab", 24).await;
    assert_eq!(terminal.until(&["# "]).await, "Hello\r\nsw1# ");
    terminal.type_in("show one\n").await;
    assert_eq!(terminal.until(&["# "]).await, "show one\r\nfirst\r\nsw1# ");
    terminal.type_in("\n").await;
    assert_eq!(terminal.until(&["# "]).await, "\r\nsw1# ");
    terminal.type_in("show long\n").await;
    terminal.until(&["--More--"]).await;
    terminal.type_in(" ").await;
    assert_eq!(terminal.until(&["# "]).await, "\rpage two\r\nsw1# ");
    terminal.type_in("show one\n").await;
    assert!(terminal.until(&["# "]).await.contains("second"));
    terminal.type_in("bogus\n").await;
    assert_eq!(terminal.until(&["# "]).await, "bogus\r\n% Unknown command\r\nsw1# ");
    terminal.type_in("exit\n").await;
    assert_eq!(terminal.rest().await, "exit\r\n");
    assert_eq!(device.unknown_inputs(), ["bogus"]);
    device.stop().await;
}

#[tokio::test]
async fn steps_that_were_passed_over_can_be_had_later() {
    let text =
        r#"{"init_prompt":"sw1# ","ordered":true,"steps":[["one\n","one\n1\nsw1# "],["two\n","two\n2\nsw2# "]]}"#;
    let device = RecordedDevice::start(Recording::from_json(text).unwrap(), "lab", "lab-Pass1")
        .await
        .unwrap();
    let mut terminal = Terminal::open(&info(&device).await, "lab", 24).await;
    terminal.until(&["# "]).await;
    terminal.type_in("two\n").await;
    assert_eq!(terminal.until(&["# "]).await, "two\r\n2\r\nsw2# ");
    // The prompt that holds now, not the one that the session began with.
    terminal.type_in("\n").await;
    assert_eq!(terminal.until(&["# "]).await, "\r\nsw2# ");
    terminal.type_in("one\n").await;
    assert_eq!(terminal.until(&["# "]).await, "one\r\n1\r\nsw1# ");
    assert!(device.unknown_inputs().is_empty());
    device.stop().await;
}

#[tokio::test]
async fn every_recording_of_the_corpus_is_played() {
    let Some(folder) = corpus() else {
        println!("no corpus here, nothing to play");
        return;
    };
    let recordings = Recording::all_from_file(&folder.join("sessions.jsonl")).unwrap();
    assert!(recordings.len() >= 30);
    for recording in recordings {
        let wire = |text: &str| -> String { text.replace("\r\n", "\n").replace('\n', "\r\n") };
        let device = RecordedDevice::start(recording.clone(), "lab", "lab-Pass1")
            .await
            .unwrap();
        let mut terminal = Terminal::open(&info(&device).await, "lab", 24).await;
        let what = &recording.model;
        let got = terminal.exactly(&recording.init_prompt).await;
        assert_eq!(wire(&got), wire(&recording.init_prompt), "{what}");
        let (last, others) = recording.steps.split_last().unwrap();
        for (typed, received) in others {
            terminal.type_in(typed).await;
            let got = terminal.exactly(received).await;
            assert_eq!(wire(&got), wire(received), "{what}: {typed:?}");
        }
        terminal.type_in(&last.0).await;
        let got = match last.0.trim() {
            "exit" | "quit" | "logout" => terminal.rest().await,
            _ => terminal.exactly(&last.1).await,
        };
        assert_eq!(wire(&got), wire(&last.1), "{what}: {:?}", last.0);
        assert_eq!(device.unknown_inputs(), [""; 0], "{what}");
        device.stop().await;
    }
}
