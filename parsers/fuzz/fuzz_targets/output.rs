//! Any text as the output of a command: the first byte says which.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use parsers::{Capture, Library, Limits, parse};

const COMMANDS: &[(&str, &str, &str)] = &[
    ("arista_eos", "routes", "show ip route"),
    ("cisco_ios", "interfaces", "show interfaces"),
    ("cisco_ios", "mac", "show mac address-table"),
    ("cisco_ios", "version", "show version"),
    ("cisco_nxos", "routes", "show ip route vrf all"),
    ("frr", "routes", "show ip route"),
    ("hp_comware", "interfaces", "display interface"),
    ("huawei_vrp", "lldp", "display lldp neighbor"),
    ("juniper_junos", "inventory", "show chassis hardware"),
    ("juniper_junos", "routes", "show route"),
    ("linux", "lldp", "lldpcli show neighbors details"),
    ("linux", "mac", "bridge fdb show"),
    ("linux", "routes", "ip route show"),
    ("mikrotik_routeros", "routes", "/ip route print detail"),
    ("paloalto_panos", "routes", "show routing route"),
];

fuzz_target!(|data: &[u8]| {
    let Some((which, text)) = data.split_first() else { return };
    let (platform, capture_type, command) = COMMANDS[usize::from(*which) % COMMANDS.len()];
    let text = String::from_utf8_lossy(text);
    let commands = [command.to_owned(), "show ip arp".to_owned()];
    let capture = Capture { platform, capture_type, commands: &commands[..1 + usize::from(*which) / 128], text: &text };
    let limits = Limits { max_time: Duration::from_secs(2), ..Limits::default() };
    if let Ok(parsed) = parse(Library::built_in(), &capture, &limits) {
        assert_eq!(parsed.records.keyed().count(), parsed.records.len());
    }
});
