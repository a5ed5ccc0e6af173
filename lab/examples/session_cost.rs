//! What one session costs the lab: starts `showrun-lab` from the same build, collects from it, prints its CPU time.
//!
//! `cargo build --release -p lab --bins --examples`, then
//! `target/release/examples/session_cost [SESSIONS] [PLATFORM] [DEVICES] [AT ONCE] [MORE FLAGS]`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement may fail in any way"
)]

#[path = "../tests/client/mod.rs"]
mod client;

use std::time::Instant;

use client::{Lab, Terminal, prompt};
use lab::{DeviceInfo, Platform};

/// Logins before anything is measured, so that what is made once is made.
const WARM_UP: usize = 50;

fn commands(platform: Platform) -> [&'static str; 6] {
    match platform {
        Platform::CiscoNxos => [
            "terminal length 0",
            "show running-config",
            "show version",
            "show ip arp vrf all",
            "show mac address-table",
            "show interface",
        ],
        Platform::JuniperJunos => [
            "set cli screen-length 0",
            "show configuration",
            "show version",
            "show arp no-resolve",
            "show ethernet-switching table",
            "show interfaces",
        ],
        _ => [
            "terminal length 0",
            "show running-config",
            "show version",
            "show ip arp",
            "show mac address-table",
            "show interfaces",
        ],
    }
}

/// One login with all commands; how many bytes came.
async fn session(device: DeviceInfo) -> usize {
    let prompt = prompt(&device);
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.until(&[&prompt]).await;
    let mut bytes = 0;
    for command in commands(device.platform) {
        terminal.type_in(&format!("{command}\n")).await;
        bytes += terminal.until(&[&prompt]).await.len();
    }
    terminal.type_in("exit\n").await;
    terminal.rest().await;
    bytes
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut given = std::env::args().skip(1);
    let sessions: usize = given.next().map_or(1_000, |text| text.parse().unwrap());
    let platform: Platform = given.next().map_or(Platform::CiscoNxos, |text| text.parse().unwrap());
    let devices = given.next().unwrap_or_else(|| "50".to_owned());
    let at_once: usize = given.next().map_or(1, |text| text.parse().unwrap());
    let more: Vec<String> = given.collect();
    let binary = std::env::current_exe().unwrap();
    let binary = binary.parent().unwrap().parent().unwrap().join("showrun-lab");

    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("lab.csv");
    let mut arguments = vec![
        "--fleet",
        &devices,
        "--platforms",
        platform.slug(),
        "--config-bytes",
        "20000",
        "--table-bytes",
        "4000",
        "--enable-password",
        "",
        "--inventory",
        inventory.to_str().unwrap(),
    ];
    arguments.extend(more.iter().map(String::as_str));
    let mut lab = Lab::start(&binary, &arguments);
    let devices = client::devices_of(&inventory).await;
    let run = async |count: usize| {
        let (mut bytes, mut next) = (0, 0);
        let mut running = tokio::task::JoinSet::new();
        while next < count || !running.is_empty() {
            while next < count && running.len() < at_once.max(1) {
                running.spawn(session(devices[next % devices.len()].clone()));
                next += 1;
            }
            bytes += running.join_next().await.unwrap().unwrap();
        }
        bytes / count.max(1)
    };
    run(WARM_UP).await;
    let idle = lab.ask("rss")["rss_kb"].as_u64().unwrap();
    let (before, start) = (lab.cpu_ms(), Instant::now());
    let bytes = run(sessions).await;
    let (spent, elapsed) = (lab.cpu_ms() - before, start.elapsed());
    println!(
        "{sessions} sessions of {bytes} bytes in {:.2} s, {:.3} ms of CPU time in the lab each",
        elapsed.as_secs_f64(),
        spent as f64 / sessions as f64
    );
    let counters = lab.ask("counters");
    let later = lab.ask("rss");
    println!("memory: {idle} KB before, {later} after, {counters}");
    lab.quit();
}
