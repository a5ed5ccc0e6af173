//! What the devices of one fleet say about each other fits together, whatever platform they are.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

use std::collections::{BTreeMap, BTreeSet};

use lab::{DeviceInfo, Fleet, FleetOptions, Platform};
use regex::Regex;

async fn fleet(seed: u64, devices: usize, sites: usize) -> Fleet {
    let options = FleetOptions {
        devices,
        seed,
        site_count: sites,
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}

/// The short form that all spellings of an interface share.
fn interface(name: &str) -> String {
    let names = [
        ("TenGigabitEthernet", "te"),
        ("Ten-GigabitEthernet", "te"),
        ("XGE", "te"),
        ("Te", "te"),
        ("GigabitEthernet", "gi"),
        ("GE", "gi"),
        ("Gi", "gi"),
        ("Ethernet", "et"),
        ("Eth", "et"),
        ("Et", "et"),
    ];
    let found = names.iter().find_map(|(long, short)| {
        let rest = name.strip_prefix(long)?;
        rest.starts_with(|first: char| first.is_ascii_digit())
            .then(|| format!("{short}{rest}"))
    });
    found.unwrap_or_else(|| name.to_owned())
}

/// Local interface, name of the neighbour, its interface.
fn neighbours(fleet: &Fleet, device: &DeviceInfo) -> Vec<(String, String, String)> {
    let (command, pattern) = match device.platform {
        Platform::CiscoIos => (
            "show lldp neighbors detail",
            r"(?s)Local Intf: (?<near>\S+).*?Port id: (?<far>\S+).*?System Name: (?<name>\S+)",
        ),
        Platform::CiscoNxos => (
            "show lldp neighbors detail",
            r"(?s)Port id: (?<far>\S+)\nLocal Port id: (?<near>\S+).*?System Name: (?<name>\S+)",
        ),
        Platform::AristaEos => (
            "show lldp neighbors detail",
            r#"(?s)Interface (?<near>\S+) detected 1 .*?Port ID     : "(?<far>\S+)".*?System Name: "(?<name>\S+)""#,
        ),
        Platform::JuniperJunos => (
            "show lldp neighbors",
            r"(?m)^(?<near>\S+) +- +\S+:\S+ +(?<far>\S+) +(?<name>\S+)",
        ),
        Platform::HpComware => (
            "display lldp neighbor-information list",
            r"(?m)^(?<near>\S+\d) +\S{4}-\S{4}-\S{4} +(?<far>\S+) +(?<name>\S+)",
        ),
        Platform::MikrotikRouteros => (
            "/ip neighbor print detail",
            r#"interface=(?<near>\S+) .*identity="(?<name>\S+)" .*interface-name="(?<far>\S+)""#,
        ),
        Platform::Linux => (
            "lldpcli show neighbors details",
            r"(?s)Interface: +(?<near>\S+),.*?SysName: +(?<name>\S+).*?PortID: +ifname (?<far>\S+)",
        ),
    };
    let text = fleet.expected(&device.name, command).unwrap();
    let rows = Regex::new(pattern).unwrap();
    rows.captures_iter(&text)
        .map(|row| (interface(&row["near"]), row["name"].to_owned(), interface(&row["far"])))
        .collect()
}

#[tokio::test]
async fn links_are_seen_from_both_ends() {
    for (seed, devices, sites) in [(7, 40, 2), (8, 25, 3), (9, 9, 4), (10, 3, 1)] {
        let fleet = fleet(seed, devices, sites).await;
        let mut links = BTreeSet::new();
        for device in fleet.devices() {
            for (near, name, far) in neighbours(&fleet, device) {
                assert_ne!(name, device.name);
                assert!(
                    links.insert((device.name.clone(), near.clone(), name, far)),
                    "{} {near}",
                    device.name
                );
            }
        }
        for (name, near, other, far) in &links {
            let back = (other.clone(), far.clone(), name.clone(), near.clone());
            assert!(links.contains(&back), "seed {seed}: {name} {near} -> {other} {far}");
        }
        assert!(links.len() >= devices, "seed {seed}: {} link ends", links.len());
    }
}

fn mac(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_hexdigit);
    digits.map(|digit| digit.to_ascii_lowercase()).collect()
}

const MAC: &str = r"(?i:\b(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4}\b|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b)";

#[tokio::test]
async fn hosts_in_arp_tables_are_learned_by_switches() {
    let macs = Regex::new(MAC).unwrap();
    let fleet = fleet(7, 40, 2).await;
    let (mut learned, mut resolved) = (BTreeSet::new(), BTreeSet::new());
    let read = |device: &DeviceInfo, command: &str| -> Vec<String> {
        let text = fleet.expected(&device.name, command).unwrap();
        macs.find_iter(&text).map(|found| mac(found.as_str())).collect()
    };
    for device in fleet.devices() {
        let (table, arp) = match device.platform {
            Platform::CiscoIos | Platform::AristaEos => ("show mac address-table", "show ip arp"),
            Platform::CiscoNxos => ("show mac address-table", "show ip arp vrf all"),
            Platform::JuniperJunos => ("show ethernet-switching table", "show arp no-resolve"),
            Platform::HpComware => ("display mac-address", "display arp"),
            Platform::MikrotikRouteros => ("/interface bridge host print", "/ip arp print without-paging"),
            Platform::Linux => continue,
        };
        learned.extend(read(device, table));
        resolved.extend(read(device, arp));
    }
    // The vendors of desks and phones.
    let hosts: Vec<&String> = resolved
        .iter()
        .filter(|mac| mac.starts_with("8c1645") || mac.starts_with("001ae8"))
        .collect();
    assert!(hosts.len() > 100, "{}", hosts.len());
    for host in hosts {
        assert!(learned.contains(host), "{host}");
    }
}

#[tokio::test]
async fn addresses_in_arp_tables_belong_to_interfaces_at_the_other_end() {
    let macs = Regex::new(MAC).unwrap();
    let address = Regex::new(r"\b\d+\.\d+\.\d+\.\d+\b").unwrap();
    let own_address = Regex::new(r"(?m)\baddress[ =](\d+\.\d+\.\d+\.\d+)").unwrap();
    for (seed, devices, sites) in [(7, 40, 2), (11, 25, 3)] {
        let fleet = fleet(seed, devices, sites).await;
        // Who has which address, and which hardware addresses its interfaces have.
        let (mut owners, mut hardware) = (BTreeMap::new(), BTreeMap::new());
        for device in fleet.devices() {
            let config = fleet.config_command(&device.name).unwrap();
            let config = fleet.expected(&device.name, config).unwrap();
            for found in own_address.captures_iter(&config) {
                if let Some(other) = owners.insert(found[1].to_owned(), device.name.clone()) {
                    panic!("seed {seed}: {other} and {} have {}", device.name, &found[1]);
                }
            }
            let command = match device.platform {
                Platform::CiscoIos | Platform::AristaEos | Platform::JuniperJunos => "show interfaces",
                Platform::CiscoNxos => "show interface",
                Platform::HpComware => "display interface",
                Platform::MikrotikRouteros => "/interface print detail",
                Platform::Linux => "ip addr show",
            };
            let text = fleet.expected(&device.name, command).unwrap();
            let own: BTreeSet<String> = macs.find_iter(&text).map(|found| mac(found.as_str())).collect();
            assert!(own.len() > 1, "{}", device.name);
            hardware.insert(device.name.clone(), own);
        }
        let mut checked = 0;
        for device in fleet.devices() {
            let command = match device.platform {
                Platform::CiscoIos | Platform::AristaEos => "show ip arp",
                Platform::CiscoNxos => "show ip arp vrf all",
                Platform::JuniperJunos => "show arp no-resolve",
                Platform::HpComware => "display arp",
                Platform::MikrotikRouteros => "/ip arp print without-paging",
                Platform::Linux => "ip neigh show",
            };
            for line in fleet.expected(&device.name, command).unwrap().lines() {
                let (Some(ip), Some(seen)) = (address.find(line), macs.find(line)) else {
                    continue;
                };
                let Some(owner) = owners.get(ip.as_str()) else {
                    // A host of a user; links between devices have no such thing.
                    assert!(!ip.as_str().starts_with("172.16."), "{}: {line}", device.name);
                    continue;
                };
                assert!(
                    hardware[owner].contains(&mac(seen.as_str())),
                    "seed {seed}: {} has {line}, which {owner} does not know",
                    device.name
                );
                checked += usize::from(*owner != device.name);
            }
        }
        assert!(checked > devices, "seed {seed}: {checked} entries");
    }
}
