//! How much the simulated devices cost: memory when nothing happens, CPU time when something does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::path::Path;

use client::{Lab, Terminal, devices_of, prompt};

const DEVICES: usize = 2_000;
const SESSIONS: usize = 200;

fn start(arguments: &[&str]) -> Lab {
    Lab::start(Path::new(env!("CARGO_BIN_EXE_showrun-lab")), arguments)
}

#[test]
fn two_thousand_idle_devices_are_small() {
    let few = {
        let mut lab = start(&["--fleet", "1"]);
        let rss = lab.ask("rss")["rss_kb"].as_u64().unwrap();
        lab.quit();
        rss
    };
    let mut lab = start(&["--fleet", &DEVICES.to_string(), "--sites", "40"]);
    let many = lab.ask("rss")["rss_kb"].as_u64().unwrap();
    lab.quit();
    let each = (many.saturating_sub(few)) as f64 / DEVICES as f64;
    println!("{DEVICES} idle devices: {many} KB in all, {each:.1} KB each");
    assert!(each < 60.0);
}

#[tokio::test]
async fn a_session_costs_little() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("lab.csv");
    let mut lab = start(&[
        "--fleet",
        "20",
        "--platforms",
        "cisco_nxos",
        "--config-bytes",
        "38000",
        "--inventory",
        inventory.to_str().unwrap(),
    ]);
    let devices = devices_of(&inventory).await;
    let before = lab.cpu_ms();
    for n in 0..SESSIONS {
        let device = &devices[n % devices.len()];
        let mut terminal = Terminal::open(device, "lab", 24).await;
        terminal.until(&[&prompt(device)]).await;
        for command in ["terminal length 0", "show running-config"] {
            terminal.type_in(&format!("{command}\n")).await;
            terminal.until(&[&prompt(device)]).await;
        }
        terminal.type_in("exit\n").await;
        terminal.rest().await;
    }
    let each = (lab.cpu_ms() - before) as f64 / SESSIONS as f64;
    println!("a session with a configuration of 38 KB: {each:.2} ms of CPU time");
    assert_eq!(lab.ask("counters")["logins"], SESSIONS);
    assert!(each < 20.0);
    lab.quit();
}

#[test]
fn the_process_answers_on_its_standard_input() {
    let mut lab = start(&[
        "--fleet",
        "2",
        "--platforms",
        "linux,cisco_ios",
        "--fault",
        "1=late-prompt:10",
    ]);
    assert_eq!(lab.ask("counters")["connections"], 0);
    assert!(lab.ask("change nobody")["error"].is_string());
    assert!(lab.ask("fault nobody off")["error"].is_string());
    assert!(lab.ask("nonsense")["error"].is_string());
    lab.quit();
}
