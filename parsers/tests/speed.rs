//! How long the large cases take. Prints figures; fails only where something grew beyond all measure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use parsers::{Capture, ChangeOptions, Library, Limits, LineRule, Masker, SeverityRules, TagKey, compare, parse};

fn timed(name: &str, platform: &str, capture_type: &str, command: &str, text: &str, records: usize) {
    let commands = [command.to_owned()];
    let capture = Capture {
        platform,
        capture_type,
        commands: &commands,
        text,
    };
    let Ok(_) = parse(
        Library::built_in(),
        &Capture { text: "", ..capture },
        &Limits::default(),
    ) else {
        // Without the fetched templates there is nothing to measure.
        println!("{name}: no template is built in");
        return;
    };
    let start = Instant::now();
    let parsed = parse(Library::built_in(), &capture, &Limits::default()).unwrap();
    let parse_time = start.elapsed();
    let start = Instant::now();
    let keyed = parsed.records.keyed().collect::<Vec<_>>();
    println!(
        "{name}: {} records of {} KB in {parse_time:?}, identities {:?}",
        keyed.len(),
        text.len() / 1024,
        start.elapsed()
    );
    assert_eq!(
        (parsed.records.len(), parsed.unknown.count, parsed.stopped),
        (records, 0, None),
        "{name}"
    );
    assert!(parse_time < Duration::from_secs(20), "{name}: {parse_time:?}");
}

#[test]
fn large_outputs() {
    let mut arp = String::from("Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n");
    let mut mac = String::from(
        "          Mac Address Table\n-------------------------------------------\n\nVlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n",
    );
    let mut routes = String::from("Codes: K - kernel route, C - connected, S - static, R - RIP,\n\n");
    let mut config = String::new();
    for index in 0..20_000_u32 {
        let [_, a, b, c] = index.to_be_bytes();
        writeln!(
            arp,
            "Internet  10.{a}.{b}.{c}       5   0200.00{a:02x}.{b:02x}{c:02x}  ARPA   Vlan10"
        )
        .unwrap();
        writeln!(
            mac,
            "  10    0200.00{a:02x}.{b:02x}{c:02x}    DYNAMIC     Gi1/0/{}",
            index % 48 + 1
        )
        .unwrap();
        writeln!(
            routes,
            "B>* 10.{a}.{b}.{c}/32 [20/0] via 192.0.2.1, eth1, weight 1, 01:02:03"
        )
        .unwrap();
        writeln!(
            config,
            "interface Gi1/0/{index}\n description port {index}\n snmp-server community x{index} ro"
        )
        .unwrap();
    }
    timed("arp", "cisco_ios", "arp", "show ip arp", &arp, 20_000);
    timed("mac", "cisco_ios", "mac", "show mac address-table", &mac, 20_000);
    timed("routes", "frr", "routes", "show ip route", &routes, 20_000);

    let rules = [
        "^enable secret (?P<secret>.+)",
        r"^\s*snmp-server community (?P<secret>\S+)",
        r"^username \S+ .*?secret (?P<secret>\S+)",
    ];
    let rules = rules.map(LineRule::new);
    let masker = Masker::new(&rules, Some(TagKey::new([1; 32]))).unwrap();
    let start = Instant::now();
    let masked = masker.mask(&config);
    println!(
        "masking: {} secrets in {} lines in {:?}",
        masked.matches("<secret ").count(),
        masked.lines().count(),
        start.elapsed()
    );
    let options = ChangeOptions::new(&[LineRule::new("^! ")], "configs", SeverityRules::new(&[]).unwrap(), 3).unwrap();
    let other = config.replace("port 1", "changed 1");
    let start = Instant::now();
    let changes = compare(&config, &other, &options);
    println!(
        "diff: {} lines changed of {} in {:?}",
        changes.added,
        config.lines().count(),
        start.elapsed()
    );
    let start = Instant::now();
    drop(Library::with_files([]).unwrap());
    println!("a library: {:?}", start.elapsed());
}
