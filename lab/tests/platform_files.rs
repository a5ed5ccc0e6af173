//! Every command of the collector's platform files, typed at the devices by a real SSH client.
//!
//! The platform files are data here; nothing of the collector's code is used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::path::Path;

use client::{Terminal, prompt};
use lab::{DeviceInfo, Fleet, FleetOptions, Platform};
use regex::{Regex, RegexBuilder};
use serde_yaml::Value;

fn platform_file(platform: Platform) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../jobs/platforms/{platform}.yaml"));
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_sequence().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// For searching lines of a text.
fn by_line(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).multi_line(true).build().unwrap()
}

fn patterns(list: &Value) -> Vec<Regex> {
    let items = list.as_sequence().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|item| by_line(item["pattern"].as_str().unwrap()))
        .collect()
}

/// All capture types with their entries.
fn captures(file: &Value) -> Vec<(String, &Value)> {
    let captures = file["captures"].as_mapping().unwrap();
    captures
        .iter()
        .map(|(name, capture)| (name.as_str().unwrap().to_owned(), capture))
        .collect()
}

async fn fleet(platform: Platform) -> Fleet {
    // Three of a kind in two sites of other devices, so that there are routers, switches and links to all of them.
    let mut platforms = vec![platform; 3];
    platforms.extend(Platform::all());
    let options = FleetOptions {
        devices: 24,
        platforms,
        site_count: 2,
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}

/// Logs in as the collector does, up to a privileged prompt.
async fn open(file: &Value, device: &DeviceInfo) -> Terminal {
    let suffix = file["username_suffix"].as_str().unwrap_or_default();
    // RouterOS pages by the height of the window and nothing turns that off for all commands; here it has a tall one.
    let rows = if strings(&file["on_open"]).is_empty() {
        10_000
    } else {
        24
    };
    let mut terminal = Terminal::open(device, &format!("{}{suffix}", device.username), rows).await;
    if device.needs_enable {
        terminal.until(&[&format!("{}>", device.name)]).await;
        let modes = file["modes"].as_sequence().unwrap();
        let enable = modes.iter().find_map(|mode| mode["enter"].as_str()).unwrap();
        terminal.type_in(&format!("{enable}\n")).await;
        let asked = terminal.until(&["Password: "]).await;
        let secret_prompt = modes.iter().find_map(|mode| mode["secret_prompt"].as_str()).unwrap();
        assert!(
            by_line(secret_prompt).is_match(asked.lines().last().unwrap()),
            "{asked:?}"
        );
        terminal.type_in(&format!("{}\n", device.enable_password)).await;
    }
    terminal.until(&[&prompt(device)]).await;
    terminal
}

async fn answer(terminal: &mut Terminal, device: &DeviceInfo, enter: &str, command: &str) -> String {
    terminal.type_in(&format!("{command}{enter}")).await;
    let text = terminal.until(&[&prompt(device)]).await;
    let body = text.strip_prefix(&format!("{command}\r\n")).unwrap();
    let body = body.strip_suffix(prompt(device).trim_start_matches('\n')).unwrap();
    body.replace("\r\n", "\n")
}

async fn plays_its_platform_file(platform: Platform) {
    let file = platform_file(platform);
    let enter = file["enter"].as_str().unwrap_or("\n");
    let errors = patterns(&file["failure_indicators"]);
    let prompts = by_line(file["prompt"]["pattern"].as_str().unwrap());
    let fleet = fleet(platform).await;
    let devices: Vec<&DeviceInfo> = fleet.devices().iter().filter(|d| d.platform == platform).collect();
    assert!(devices.len() >= 3);
    let mut filled = std::collections::BTreeSet::new();
    for device in devices {
        assert!(prompts.is_match(prompt(device).trim()), "{}", device.name);
        let mut terminal = open(&file, device).await;
        for command in strings(&file["on_open"]) {
            let said = answer(&mut terminal, device, enter, &command).await;
            assert!(!errors.iter().any(|error| error.is_match(&said)), "{command}: {said}");
        }
        for (name, capture) in captures(&file) {
            for command in strings(&capture["commands"]) {
                let text = answer(&mut terminal, device, enter, &command).await;
                let what = format!("{platform} {} {}: {command}\n{text}", device.name, device.role);
                assert!(!errors.iter().any(|error| error.is_match(&text)), "{what}");
                let Some(expected) = fleet.expected(&device.name, &command) else {
                    panic!("not expected: {what}")
                };
                assert_eq!(text.trim_end_matches('\n'), expected.trim_end_matches('\n'), "{what}");
                if !expected.trim().is_empty() {
                    filled.insert(name.clone());
                } else {
                    assert_eq!(capture["may_be_empty"].as_bool(), Some(true), "empty: {what}");
                }
                if let Some(end) = capture["end_mark"]["pattern"].as_str() {
                    let last = expected.lines().rfind(|line| !line.trim().is_empty()).unwrap();
                    assert!(Regex::new(end).unwrap().is_match(last), "no end mark: {what}");
                }
            }
        }
        for command in strings(&file["on_close"]) {
            terminal.type_in(&format!("{command}{enter}")).await;
        }
        terminal.rest().await;
    }
    // What may be empty on one device is not on all of them.
    for (name, _) in captures(&file) {
        assert!(filled.contains(&name), "{platform}: nobody has {name}");
    }
    let counters = fleet.counters();
    assert_eq!((counters.auth_failures, counters.secrets_typed_at_prompt), (0, 0));
    fleet.stop().await;
}

macro_rules! one_test_each {
    ($($name:ident $platform:ident),*) => { $(
        #[tokio::test]
        async fn $name() {
            plays_its_platform_file(Platform::$platform).await;
        }
    )* };
}
one_test_each!(
    ios CiscoIos,
    nxos CiscoNxos,
    eos AristaEos,
    junos JuniperJunos,
    comware HpComware,
    routeros MikrotikRouteros,
    debian Linux
);

/// What the files recognise a platform by is there, and only on that platform.
#[tokio::test]
async fn devices_are_recognised_by_what_they_print() {
    let fleet = fleet(Platform::Linux).await;
    for platform in Platform::all() {
        let file = platform_file(*platform);
        let mut found = 0;
        for detect in file["detect"].as_sequence().unwrap() {
            let pattern = by_line(detect["pattern"].as_str().unwrap());
            let Some(command) = detect["command"].as_str() else {
                continue;
            };
            for device in fleet.devices() {
                let text = fleet.expected(&device.name, command);
                let hit = text.is_some_and(|text| pattern.is_match(&text));
                assert!(!hit || device.platform == *platform, "{} {command}", device.name);
                found += usize::from(hit);
            }
        }
        assert!(found > 0, "{platform}");
    }
}

/// What a device does not know is an error to the collector.
#[tokio::test]
async fn unknown_commands_are_refused_in_the_words_of_the_platform() {
    for platform in Platform::all() {
        let file = platform_file(*platform);
        let errors = patterns(&file["failure_indicators"]);
        let fleet = fleet(*platform).await;
        let device = fleet.devices().iter().find(|d| d.platform == *platform).unwrap();
        let mut terminal = open(&file, device).await;
        let show = match platform {
            Platform::HpComware => "display nonsense",
            Platform::MikrotikRouteros => "/ip nonsense print",
            Platform::Linux => "cat /etc/nonsense",
            _ => "show nonsense",
        };
        let enter = file["enter"].as_str().unwrap_or("\n");
        let alone = if *platform == Platform::HpComware {
            "display"
        } else {
            "show"
        };
        // IOS has a friendlier word for that, which is no error.
        let alone = if *platform == Platform::CiscoIos {
            "nonsense 1"
        } else {
            alone
        };
        for command in [show, "nonsense", "show vlan | nonsense", alone] {
            let said = answer(&mut terminal, device, enter, command).await;
            assert!(
                errors.iter().any(|error| error.is_match(&said)),
                "{platform} {command}: {said}"
            );
            assert_eq!(fleet.expected(&device.name, command), None);
        }
        fleet.stop().await;
    }
}
