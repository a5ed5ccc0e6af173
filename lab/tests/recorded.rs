//! Recorded sessions, played to a real SSH client.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use client::Terminal;
use lab::{DeviceInfo, Fleet, FleetOptions, RecordedDevice, Recording};

const SESSION: &str = r#"{"init_prompt":"Hello\nsw1# ","ordered":true,"newline":"\n","steps":[
    ["show one\n","show one\nfirst\nsw1# "],["show long\n","show long\npage one\n--More--"],[" ","\rpage two\nsw1# "],
    ["show one\n","show one\nsecond\nsw1# "],["exit\n","exit\n"]]}"#;

#[tokio::test]
async fn a_session_is_played_in_its_order() {
    let device = RecordedDevice::start(Recording::from_json(SESSION).unwrap(), "lab", "lab-Pass1")
        .await
        .unwrap();
    // Any device's description will do for the client; the address counts.
    let fleet = Fleet::start(FleetOptions {
        devices: 1,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let info = DeviceInfo {
        address: device.address(),
        ..fleet.devices()[0].clone()
    };
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
