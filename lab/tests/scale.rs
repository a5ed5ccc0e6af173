//! How much the simulated devices cost: memory when nothing happens, CPU time when something does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use client::Terminal;
use lab::{DeviceInfo, Fleet, FleetOptions, Platform};

const DEVICES: usize = 2_000;
const SESSIONS: usize = 200;

/// The lab as a process of its own, so that nothing of the client is counted.
struct Lab {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Lab {
    fn start(arguments: &[&str]) -> Lab {
        let mut command = Command::new(env!("CARGO_BIN_EXE_showrun-lab"));
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (
            child.stdin.take().unwrap(),
            BufReader::new(child.stdout.take().unwrap()),
        );
        let mut lab = Lab { child, input, output };
        assert!(lab.read().starts_with("ready "));
        lab
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, question: &str) -> serde_json::Value {
        writeln!(self.input, "{question}").unwrap();
        serde_json::from_str(&self.read()).unwrap()
    }

    fn quit(mut self) {
        writeln!(self.input, "quit").unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn two_thousand_idle_devices_are_small() {
    let few = {
        let mut lab = Lab::start(&["--fleet", "1"]);
        let rss = lab.ask("rss")["rss_kb"].as_u64().unwrap();
        lab.quit();
        rss
    };
    let mut lab = Lab::start(&["--fleet", &DEVICES.to_string(), "--sites", "40"]);
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
    let mut lab = Lab::start(&[
        "--fleet",
        "20",
        "--platforms",
        "cisco_nxos",
        "--config-bytes",
        "38000",
        "--inventory",
        inventory.to_str().unwrap(),
    ]);
    let csv = std::fs::read_to_string(&inventory).unwrap();
    // A description of any such device will do for the client; name and port are the other process's.
    let like = Fleet::start(FleetOptions {
        devices: 1,
        platforms: vec![Platform::CiscoNxos],
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let devices: Vec<DeviceInfo> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let address = format!("{}:{}", fields[1], fields[2]).parse().unwrap();
            DeviceInfo {
                name: fields[0].to_owned(),
                address,
                ..like.devices()[0].clone()
            }
        })
        .collect();
    let before = lab.ask("cpu");
    for n in 0..SESSIONS {
        let device = &devices[n % devices.len()];
        let mut terminal = Terminal::open(device, "lab", 24).await;
        let prompt = format!("{}# ", device.name);
        terminal.until(&[&prompt]).await;
        for command in ["terminal length 0", "show running-config"] {
            terminal.type_in(&format!("{command}\n")).await;
            terminal.until(&[&prompt]).await;
        }
        terminal.type_in("exit\n").await;
        terminal.rest().await;
    }
    let after = lab.ask("cpu");
    let spent = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    let each = (spent("user_ms") + spent("system_ms")) as f64 / SESSIONS as f64;
    println!("a session with a configuration of 38 KB: {each:.2} ms of CPU time");
    assert_eq!(lab.ask("counters")["logins"], SESSIONS);
    assert!(each < 20.0);
    lab.quit();
}

#[test]
fn the_process_answers_on_its_standard_input() {
    let mut lab = Lab::start(&[
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
