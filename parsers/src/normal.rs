//! One spelling for what devices print in many: MAC and IP addresses, interfaces, durations, protocols, speeds.

mod address;
mod duration;

pub use address::{canonical_ip, canonical_mac, canonical_prefix};
pub(crate) use address::{interface_address, is_ip};
pub(crate) use duration::duration_with_unit;
pub use duration::{duration_seconds, speed_bps};

use crate::library::Library;

/// The canonical name of an interface: the spelling of the platform's own configuration, `Gi1/0/1` becomes
/// `GigabitEthernet1/0/1`. Without a platform (the far end of a link) only spellings that mean one thing everywhere are
/// expanded. A name that is not known stays as it is, without blanks around it.
#[must_use]
pub fn canonical_interface(name: &str, platform: Option<&str>) -> String {
    Library::built_in().names().canonical(name, platform)
}

/// A routing protocol from what a device prints for it: `B E`, `O*E2`, `Static`, `S`. Words stay words in lower case;
/// single letters are those that Cisco's way of printing a routing table has in common with its many relatives.
#[must_use]
pub fn canonical_protocol(text: &str) -> Option<String> {
    let text = text.trim();
    let word = text.trim_start_matches(|char: char| !char.is_ascii_alphanumeric());
    let end = word.find(|char: char| !(char.is_ascii_alphanumeric() || char == '-' || char == '_'));
    let word = word.get(..end.unwrap_or(word.len())).filter(|word| !word.is_empty())?;
    let name = match word {
        "C" | "Direct" | "direct" => "connected",
        "L" => "local",
        "S" | "SI" => "static",
        "B" | "EBGP" | "IBGP" | "BGP4" => "bgp",
        "O" | "IA" | "OIA" | "E1" | "E2" | "N1" | "N2" | "OSPFv2" | "OSPFv3" => "ospf",
        "O3" => "ospf3",
        "R" => "rip",
        "D" | "EX" => "eigrp",
        "i" | "I" | "L1" | "L2" | "ia" | "su" => "isis",
        "K" => "kernel",
        "M" => "mobile",
        "V" => "vpn",
        "U" => "per_user_static",
        "H" => "nhrp",
        "A" | "AB" => "babel",
        "T" => "table",
        other => {
            let lower = other.to_lowercase();
            let known = [
                "ospf",
                "bgp",
                "isis",
                "is-is",
                "eigrp",
                "rip",
                "static",
                "connected",
                "local",
            ];
            // `bgp-65000`, `OSPFv2-1`, `O_ASE`: the process or the kind of route stands behind the name.
            let family = known.iter().find(|known| {
                lower
                    .strip_prefix(**known)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
            });
            return Some(match family.copied() {
                Some("is-is") => "isis".to_owned(),
                Some(family) => family.to_owned(),
                None if lower.starts_with("o_") => "ospf".to_owned(),
                None => lower,
            });
        }
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_have_one_spelling_per_platform() {
        for (raw, platform, canonical) in [
            ("Gi1/0/1", "cisco_ios", "GigabitEthernet1/0/1"),
            ("GigabitEthernet 1/0/1", "cisco_ios", "GigabitEthernet1/0/1"),
            ("Te0/0/0/1", "cisco_xr", "TenGigE0/0/0/1"),
            ("Eth1/6", "cisco_nxos", "Ethernet1/6"),
            ("Po10", "cisco_nxos", "port-channel10"),
            ("Po10", "arista_eos", "Port-Channel10"),
            ("BAGG1", "hp_comware", "Bridge-Aggregation1"),
            ("XGE0/0/1", "huawei_vrp", "XGigabitEthernet0/0/1"),
            ("ge-0/0/0.0", "juniper_junos", "ge-0/0/0.0"),
            ("eth0", "linux", "eth0"),
        ] {
            assert_eq!(canonical_interface(raw, Some(platform)), canonical);
        }
        assert_eq!(canonical_interface(" Gi1/0/1 ", None), "GigabitEthernet1/0/1");
        assert_eq!(canonical_interface("eth0", None), "eth0");
        assert_eq!(canonical_interface("Et1", None), "Et1");
    }

    #[test]
    fn protocols_have_one_name() {
        for (text, name) in [
            ("B E", "bgp"),
            ("O*E2", "ospf"),
            ("S*", "static"),
            ("*C", "connected"),
            ("i L1", "isis"),
            ("Direct", "connected"),
            ("bgp-65000", "bgp"),
            ("O_ASE", "ospf"),
            ("kernel", "kernel"),
            ("IS-IS", "isis"),
            ("Access-internal", "access-internal"),
        ] {
            assert_eq!(canonical_protocol(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(canonical_protocol(" * "), None);
    }
}
