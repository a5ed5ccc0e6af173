//! Whatever a device, a user's template or a user's rule says: no panic, no endless work.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{sync::LazyLock, time::Duration};

use parsers::{
    Capture, ChangeOptions, Library, Limits, LineRule, Masker, SeverityRule, SeverityRules, TagKey,
    canonical_interface, canonical_ip, canonical_mac, canonical_prefix, canonical_protocol, common_secrets, compare,
    compare_masked, csv_cell, duration_seconds, parse, preview, question, speed_bps, unified,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Commands whose templates differ much: lists, filled-down values, several records in a row, our own.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("arista_eos", "arp", "show ip arp"),
    ("arista_eos", "routes", "show ip route"),
    ("aruba_aoscx", "routes", "show ip route all-vrfs"),
    ("cisco_asa", "interfaces", "show interface"),
    ("cisco_ios", "interfaces", "show interfaces"),
    ("cisco_ios", "interface_details", "show ip interface"),
    ("cisco_ios", "mac", "show mac address-table"),
    ("cisco_ios", "version", "show version"),
    ("cisco_nxos", "routes", "show ip route vrf all"),
    ("fortinet", "version", "get system status"),
    ("frr", "routes", "show ip route"),
    ("hp_comware", "interfaces", "display interface"),
    ("huawei_vrp", "lldp", "display lldp neighbor"),
    ("juniper_junos", "inventory", "show chassis hardware"),
    ("juniper_junos", "routes", "show route"),
    ("linux", "lldp", "lldpcli show neighbors details"),
    ("linux", "mac", "bridge fdb show"),
    ("linux", "routes", "ip route show"),
    ("mikrotik_routeros", "routes", "/ip route print detail"),
    ("no_such_platform", "arp", "show arp"),
];

/// Words and signs of which such outputs are made, with those among them that something could trip over.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\n",
    "\r",
    "\t",
    "\u{b}",
    ":",
    "/",
    ".",
    "-",
    "%",
    "*",
    ">",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "'",
    "0",
    "1",
    "10.0.0.1",
    "10.0.0.0/8",
    "255.255.255.0",
    "aabb.ccdd.eeff",
    "aa:bb:cc:dd:ee:ff",
    "fe80::1",
    "::",
    "/129",
    "99999999999999999999",
    "1d02h",
    "00:00:01",
    "is",
    "up",
    "down",
    "via",
    "dev",
    "directly",
    "connected",
    "Interface",
    "Vlan1",
    "GigabitEthernet1/0/1",
    "Hardware",
    "Internet",
    "address",
    "C",
    "S*",
    "O E2",
    "inet.0:",
    "nexthop",
    "MAC",
    "master",
    "Chassis",
    "\u{0}",
    "é",
    "\u{1f600}",
    "\u{feff}",
    "\u{202e}",
    ">>> show ip arp\n",
    "password",
    "secret",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "!",
    "#",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(select(PIECES), 0..200).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => "[ -~\\n]{0,400}",
    ]
}

fn limits() -> Limits {
    Limits {
        max_time: Duration::from_secs(5),
        max_records: 500,
        max_list_items: 50,
        ..Limits::default()
    }
}

static SEVERITY: LazyLock<SeverityRules> = LazyLock::new(|| SeverityRules::new(&[]).unwrap());

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_output_is_parsed(text in text(), which in 0..COMMANDS.len(), twice: bool) {
        let (platform, capture_type, command) = COMMANDS[which];
        let mut commands = vec![command.to_owned()];
        if twice {
            commands.push("show ip arp".to_owned());
        }
        let capture = Capture { platform, capture_type, commands: &commands, text: &text };
        if let Ok(parsed) = parse(Library::built_in(), &capture, &limits()) {
            let keyed = parsed.records.keyed().collect::<Vec<_>>();
            prop_assert_eq!(keyed.len(), parsed.records.len());
            let mut identities = keyed.iter().map(|record| &record.identity).collect::<Vec<_>>();
            identities.sort();
            identities.dedup();
            prop_assert_eq!(identities.len(), keyed.len());
            prop_assert!(parsed.unknown.count <= parsed.lines);
        }
    }

    #[test]
    fn any_file_of_a_user_is_read_or_refused(name in "[a-z]{1,8}\\.(textfsm|yaml)|index", file in text(), input in text()) {
        let index = ("index".to_owned(), "x.textfsm, .*, acme_os, show x\n".to_owned());
        if let Ok(library) = Library::with_files([index, (name, file)]) {
            let commands = ["show x".to_owned()];
            let capture = Capture { platform: "acme_os", capture_type: "arp", commands: &commands, text: &input };
            let _ = parse(&library, &capture, &limits());
        }
    }

    #[test]
    fn any_template_of_a_user_runs(pattern in "[ -~]{0,40}", option in select(&["", "List ", "Fillup ", "Filldown,List "][..]), input in text()) {
        let template = format!("Value {option}IP_ADDRESS ({pattern})\n\nStart\n  ^${{IP_ADDRESS}} -> Record\n");
        let index = ("index".to_owned(), "x.textfsm, .*, acme_os, show x\n".to_owned());
        if let Ok(library) = Library::with_files([index, ("x.textfsm".to_owned(), template)]) {
            let commands = ["show x".to_owned()];
            let capture = Capture { platform: "acme_os", capture_type: "other", commands: &commands, text: &input };
            let _ = parse(&library, &capture, &limits());
        }
    }

    #[test]
    fn any_two_texts_compare(old in text(), new in text(), rule in "[ -~]{0,20}", context in 0_usize..4) {
        let rules = [LineRule::new(rule.clone())];
        let options = ChangeOptions::new(&rules, "configs", SEVERITY.clone(), context)
            .or_else(|_| ChangeOptions::new(&[], "configs", SEVERITY.clone(), context)).unwrap();
        let changes = compare(&old, &new, &options);
        prop_assert!(compare(&new, &new, &options).is_empty());
        prop_assert_eq!(changes.is_empty(), changes.added + changes.removed == 0);
        let few = compare(&old, &new, &options.clone().with_most_lines(context * 3));
        prop_assert_eq!((few.added, few.removed, few.severity), (changes.added, changes.removed, changes.severity));
        prop_assert!(few.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>() <= context * 3);
        let back = compare(&new, &old, &options);
        prop_assert_eq!(changes.is_empty(), back.is_empty());
        let _ = unified(&changes, &old, &new);
        let _ = preview(&rules[0], &[], "configs", &[&old, &new, &old]);
    }

    #[test]
    fn what_is_shown_of_a_change_is_the_masked_text(old in text(), new in text(), context in 0_usize..4) {
        let masker = Masker::new(common_secrets(), Some(TagKey::new([3; 32]))).unwrap();
        let options = ChangeOptions::new(&[], "configs", SEVERITY.clone(), context).unwrap();
        let (clear, masked) = (compare(&old, &new, &options), compare_masked(&old, &new, &options, &masker));
        prop_assert_eq!((clear.added, clear.removed), (masked.added, masked.removed));
        let (old, new) = (masker.mask(&old), masker.mask(&new));
        let (old, new) = (old.lines().collect::<Vec<_>>(), new.lines().collect::<Vec<_>>());
        for line in masked.hunks.iter().flat_map(|hunk| &hunk.lines) {
            let expected = match (line.new_number, line.old_number) {
                (Some(number), _) => new[number - 1],
                (None, Some(number)) => old[number - 1],
                (None, None) => "a line of nowhere",
            };
            prop_assert_eq!(expected, line.text.as_str());
        }
    }

    #[test]
    fn any_text_is_masked(text in text(), rule in "[ -~]{0,20}", secret in "[a-zA-Z0-9]{8,16}") {
        let key = Some(TagKey::new([3; 32]));
        if let Ok(masker) = Masker::new(&[LineRule::new(rule)], key.clone()) {
            let _ = masker.mask(&text);
        }
        // What a rule names is gone, wherever it stands.
        let masker = Masker::new(common_secrets(), key).unwrap();
        let text = format!("{}\nusername x password 7 {secret}\n{text}", text.replace("-----BEGIN", ""));
        let masked = masker.mask(&text);
        let clear = format!("password 7 {secret}\n");
        prop_assert!(!masked.contains(&clear));
        prop_assert_eq!(masker.mask(&text), masked);
    }

    #[test]
    fn any_word_is_normalised(text in text()) {
        for mac in canonical_mac(&text).into_iter() {
            prop_assert_eq!(canonical_mac(&mac), Some(mac));
        }
        for ip in canonical_ip(&text).into_iter() {
            prop_assert_eq!(canonical_ip(&ip), Some(ip));
        }
        for prefix in canonical_prefix(&text, None).into_iter() {
            prop_assert_eq!(canonical_prefix(&prefix, None), Some(prefix));
        }
        for platform in [None, Some("cisco_ios"), Some("hp_comware"), Some("nobody")] {
            let once = canonical_interface(&text, platform);
            prop_assert_eq!(canonical_interface(&once, platform), once);
        }
        let _ = (canonical_prefix(&text, Some(&text)), canonical_protocol(&text), duration_seconds(&text), speed_bps(&text));
        let _ = question(&text);
        // Nothing that a spreadsheet would run stays in front.
        let cell = csv_cell(&text);
        let signs = ['=', '@', '\t', '\r', '\n'];
        prop_assert!(!cell.starts_with(signs));
    }

    #[test]
    fn any_severity_rule_is_used_or_refused(pattern in "[ -~]{0,30}", line in text()) {
        let rule = SeverityRule { pattern, severity: parsers::Severity::High };
        if let Ok(rules) = SeverityRules::new(&[rule]) {
            let _ = rules.of(std::slice::from_ref(&line), &line);
        }
    }
}
