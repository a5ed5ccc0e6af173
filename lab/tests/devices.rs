//! Devices that work, seen by a real SSH client.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use client::{Terminal, connect, prompt};
use lab::{DeviceInfo, Fleet, FleetOptions, Platform};
use russh::ChannelMsg;

async fn fleet(platforms: &[Platform]) -> Fleet {
    let options = FleetOptions {
        devices: 12,
        platforms: platforms.to_vec(),
        site_count: 1,
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}

fn paging_off(platform: Platform) -> &'static str {
    match platform {
        Platform::JuniperJunos => "set cli screen-length 0",
        Platform::HpComware => "screen-length disable",
        Platform::MikrotikRouteros | Platform::Linux => "",
        _ => "terminal length 0",
    }
}

fn commands(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::CiscoIos => &[
            "show running-config",
            "show ip arp",
            "show mac address-table",
            "show lldp neighbors detail",
            "show interfaces",
            "show ip route",
            "show version",
            "show inventory",
            "show vlan",
            "show spanning-tree",
        ],
        Platform::CiscoNxos => &[
            "show running-config",
            "show ip arp vrf all",
            "show mac address-table",
            "show lldp neighbors detail",
            "show interface",
            "show ip route vrf all",
            "show version",
            "show inventory",
            "show environment",
        ],
        Platform::AristaEos => &[
            "show running-config",
            "show ip arp",
            "show mac address-table",
            "show lldp neighbors detail",
            "show interfaces",
            "show ip route",
            "show version",
            "show inventory | no-more",
        ],
        Platform::JuniperJunos => &[
            "show configuration",
            "show configuration | display set",
            "show arp no-resolve",
            "show ethernet-switching table",
            "show lldp neighbors",
            "show interfaces",
            "show route | no-more",
            "show version",
            "show chassis hardware",
        ],
        Platform::HpComware => &[
            "display current-configuration",
            "display arp",
            "display mac-address",
            "display lldp neighbor-information list",
            "display interface",
            "display ip routing-table",
            "display version",
            "display device manuinfo",
        ],
        Platform::MikrotikRouteros => &[
            "/export",
            "/ip arp print without-paging",
            "/interface bridge host print without-paging",
            "/ip neighbor print detail without-paging",
            "/system resource print",
        ],
        Platform::Linux => &[
            "cat /etc/network/interfaces",
            "ip neigh show",
            "bridge fdb show",
            "lldpcli show neighbors details",
            "ip addr show",
            "ip route show",
            "cat /etc/os-release",
            "dmidecode -t system",
        ],
    }
}

async fn open(device: &DeviceInfo, rows: u32) -> Terminal {
    let user = if device.platform == Platform::MikrotikRouteros {
        "lab+cte511w"
    } else {
        "lab"
    };
    let mut terminal = Terminal::open(device, user, rows).await;
    if device.needs_enable {
        terminal.until(&[&format!("{}>", device.name)]).await;
        terminal.type_in("enable\n").await;
        terminal.until(&["Password: "]).await;
        terminal.type_in(&format!("{}\n", device.enable_password)).await;
    }
    terminal.until(&[&prompt(device)]).await;
    terminal
}

#[tokio::test(flavor = "multi_thread")]
async fn every_platform_prints_what_is_expected() {
    let fleet = fleet(Platform::all()).await;
    for device in fleet.devices() {
        let mut terminal = open(device, 24).await;
        if !paging_off(device.platform).is_empty() {
            terminal.type_in(&format!("{}\n", paging_off(device.platform))).await;
            terminal.until(&[&prompt(device)]).await;
        }
        for command in commands(device.platform) {
            terminal.type_in(&format!("{command}\r")).await;
            let text = terminal.until(&[&prompt(device)]).await;
            let body = text.strip_prefix(&format!("{command}\r\n")).unwrap();
            let body = body.strip_suffix(prompt(device).trim_start_matches('\n')).unwrap();
            let expected = fleet.expected(&device.name, command).unwrap();
            assert_eq!(
                body.replace("\r\n", "\n").trim_end_matches('\n'),
                expected.trim_end_matches('\n'),
                "{command}"
            );
        }
        assert!(fleet.expected(&device.name, "show nonsense").is_none());
        terminal.type_in("exit\n").await;
        terminal.rest().await;
    }
    let counters = fleet.counters();
    assert_eq!((counters.logins, counters.shells, counters.auth_failures), (12, 12, 0));
    assert_eq!(counters.secrets_typed_at_prompt, 0);
    assert_eq!(counters.max_concurrent_sessions, 1);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_the_height_of_the_window() {
    let fleet = fleet(Platform::all()).await;
    for device in fleet
        .devices()
        .iter()
        .filter(|device| device.platform != Platform::Linux)
    {
        let mut terminal = open(device, 10).await;
        let (command, pager) = match device.platform {
            Platform::JuniperJunos => ("show interfaces", "%)---"),
            Platform::HpComware => ("display interface", "  ---- More ----"),
            Platform::MikrotikRouteros => ("/interface print detail", "-- [Q quit|D dump|down]"),
            Platform::CiscoIos => ("show interfaces", " --More-- "),
            Platform::CiscoNxos => ("show interface", "--More--\x1b[27m"),
            _ => ("show interfaces", " --More-- \x1b[0m"),
        };
        terminal.type_in(&format!("{command}\n")).await;
        assert_eq!(terminal.until(&[pager]).await.matches('\n').count(), 1 + 9);
        terminal.type_in(" ").await;
        assert_eq!(terminal.until(&[pager]).await.matches('\n').count(), 9);
        terminal.type_in("\n").await;
        assert_eq!(terminal.until(&[pager]).await.matches('\n').count(), 1);
        terminal.type_in("q").await;
        terminal.until(&[prompt(device).trim_start_matches('\n')]).await;
    }
    fleet.stop().await;
}

#[tokio::test]
async fn echoes_what_it_reads_at_the_prompt_only() {
    let fleet = fleet(&[Platform::CiscoNxos]).await;
    let device = &fleet.devices()[0];
    let mut terminal = open(device, 0).await;
    terminal.type_in("terminal length 0\nshow clock\nshow xyz\n").await;
    let text = terminal.until(&[&format!("marker.\r\n\r{}# ", device.name)]).await;
    let clock = text.find("show clock\r\n").unwrap();
    assert!(text.find("Time source is NTP").unwrap() > clock);
    assert!(text.find("show xyz\r\n").unwrap() > text.find("Time source is NTP").unwrap());
    // Line editing: a wrong letter taken back, a line thrown away.
    terminal.type_in("show clocc\x7fk\n").await;
    assert!(terminal.until(&[&prompt(device)]).await.contains("clocc\x08 \x08k"));
    terminal.type_in("show run\x03").await;
    terminal.until(&[&prompt(device)]).await;
    let seen = fleet.device_counters(&device.name).unwrap().commands_seen;
    assert_eq!(seen, ["terminal length 0", "show clock", "show xyz", "show clock"]);
    fleet.stop().await;
}

#[tokio::test]
async fn a_server_without_a_terminal_neither_echoes_nor_prompts() {
    let fleet = fleet(&[Platform::Linux]).await;
    let device = &fleet.devices()[0];
    let (mut session, _) = connect(device).await.unwrap();
    assert!(
        session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let mut channel = session.channel_open_session().await.unwrap();
    channel.exec(true, "cat /etc/os-release").await.unwrap();
    let (mut text, mut status) = (String::new(), None);
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => text.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    assert_eq!(text, fleet.expected(&device.name, "cat /etc/os-release").unwrap());
    assert_eq!(status, Some(0));
    fleet.stop().await;
}

#[tokio::test]
async fn a_slow_device_echoes_at_once_and_can_be_interrupted() {
    let options = FleetOptions {
        devices: 1,
        platforms: vec![Platform::JuniperJunos],
        think: std::time::Duration::from_secs(3_600),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let device = &fleet.devices()[0];
    let mut terminal = open(device, 0).await;
    terminal.type_in("set cli screen-length 0\n").await;
    terminal.until(&[&prompt(device)]).await;
    terminal.type_in("show version\n").await;
    assert_eq!(terminal.until(&["\n"]).await, "show version\r\n");
    terminal.type_in("\x03").await;
    terminal.until(&[&prompt(device)]).await;
    fleet.stop().await;
}

#[tokio::test]
async fn small_packets_hold_the_same_text() {
    let options = FleetOptions {
        devices: 1,
        platforms: vec![Platform::HpComware],
        packet_size: 100,
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let device = &fleet.devices()[0];
    let mut terminal = open(device, 0).await;
    terminal.type_in("screen-length disable\ndisplay version\n").await;
    let text = terminal.until(&[&format!("Plus\r\n<{}>", device.name)]).await;
    assert!(
        text.replace("\r\n", "\n")
            .contains(fleet.expected(&device.name, "display version").unwrap().trim_end())
    );
    fleet.stop().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_network_and_a_change_is_a_change() {
    let (one, two) = (fleet(Platform::all()).await, fleet(Platform::all()).await);
    for device in one.devices() {
        for command in commands(device.platform) {
            assert_eq!(one.expected(&device.name, command), two.expected(&device.name, command));
        }
        let command = one.config_command(&device.name).unwrap();
        for _ in 0..4 {
            let before = one.expected(&device.name, command).unwrap();
            let change = one.change_config(&device.name).unwrap();
            let after = one.expected(&device.name, command).unwrap();
            assert!(!change.added.is_empty(), "{}", device.name);
            for line in &change.added {
                assert!(after.matches(line.as_str()).count() > before.matches(line.as_str()).count());
            }
        }
    }
    let before = one.expected(&one.devices()[0].name, "show version");
    one.advance_clock(std::time::Duration::from_secs(100_000));
    assert_ne!(one.expected(&one.devices()[0].name, "show version"), before);
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn both_ends_of_a_link_agree() {
    let fleet = fleet(&[Platform::AristaEos]).await;
    let mut links = std::collections::BTreeSet::new();
    for device in fleet.devices() {
        let table = fleet.expected(&device.name, "show lldp neighbors").unwrap();
        for row in table.lines().filter(|line| line.starts_with("Et")) {
            let words: Vec<&str> = row.split_whitespace().collect();
            links.insert((
                device.name.clone(),
                words[0].replace("Et", "Ethernet"),
                words[1].to_owned(),
                words[2].to_owned(),
            ));
        }
    }
    assert!(links.len() > 20);
    for (near, near_port, far, far_port) in &links {
        assert!(
            links.contains(&(far.clone(), far_port.clone(), near.clone(), near_port.clone())),
            "{near} {near_port}"
        );
    }
}

#[tokio::test]
async fn sizes_are_about_what_was_asked_for() {
    let options = FleetOptions {
        devices: 10,
        config_bytes: Some(38_000),
        table_bytes: Some(60_000),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    for device in fleet.devices() {
        let config = fleet
            .expected(&device.name, fleet.config_command(&device.name).unwrap())
            .unwrap();
        assert!(
            (30_000..50_000).contains(&config.len()),
            "{} {}",
            device.platform,
            config.len()
        );
        for command in &commands(device.platform)[1..] {
            if command.contains("arp") || command.contains("mac") || command.contains("interface") {
                let size = fleet.expected(&device.name, command).unwrap().len();
                let aimed = !command.contains("display set") && !command.contains("interfaces/");
                assert!(
                    !aimed || (40_000..95_000).contains(&size),
                    "{} {command} {size}",
                    device.platform
                );
            }
        }
    }
}

#[tokio::test]
async fn inventories_name_every_device() {
    let fleet = fleet(Platform::all()).await;
    let (csv, yaml) = (fleet.inventory_csv(), fleet.sessions_yaml());
    assert_eq!(csv.lines().count(), 1 + fleet.devices().len());
    for device in fleet.devices() {
        assert!(csv.contains(&format!(
            "{},127.0.0.1,{},{}",
            device.name,
            device.address.port(),
            device.platform
        )));
        assert!(yaml.contains(&format!("display_name: {}\n", device.name)));
    }
}
