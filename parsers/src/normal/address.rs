//! MAC and IP addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// A MAC address in any notation as `aa:bb:cc:dd:ee:ff`: `aabb.ccdd.eeff`, `aabb-ccdd-eeff`, `aabbcc-ddeeff`,
/// `AA-BB-CC-DD-EE-FF`, `aa bb cc dd ee ff`, `0:1a:2b:3:4:5`, `aabbccddeeff`. `None` for everything else.
#[must_use]
pub fn canonical_mac(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 24 {
        return None;
    }
    let parts = text.split([':', '-', '.', ' ']).collect::<Vec<_>>();
    let width = match parts.len() {
        1 => 12,
        2 => 6,
        3 => 4,
        6 => 2,
        _ => return None,
    };
    let mut digits = String::with_capacity(12);
    for part in &parts {
        // Some systems leave the zero out in front of one digit; other notations have no short groups.
        let short = width == 2 && part.len() == 1;
        if !(part.len() == width || short) || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        if short {
            digits.push('0');
        }
        digits.push_str(part);
    }
    let mut mac = String::with_capacity(17);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            mac.push(':');
        }
        mac.push(digit.to_ascii_lowercase());
    }
    Some(mac)
}

/// An IP address in its shortest form; a zone (`%eth0`) and a length of a prefix behind it are left out.
#[must_use]
pub fn canonical_ip(text: &str) -> Option<String> {
    address(text).map(|address| address.to_string())
}

pub(crate) fn is_ip(text: &str) -> bool {
    address(text).is_some()
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.split(['/', '%']).next().unwrap_or(text);
    text.parse().ok()
}

/// A network in its canonical form, `10.1.0.0/16`. The length stands in the text (`10.1.2.3/16`,
/// `10.1.2.3 255.255.0.0`) or in `length`, which is a number or a mask; a bare address is a host. `default` is `0.0.0.0/0`.
#[must_use]
pub fn canonical_prefix(network: &str, length: Option<&str>) -> Option<String> {
    network_of(network, length).map(|network| network.trunc().to_string())
}

/// An address of an interface with the length of its network, `10.1.2.3/16`; a bare address stays one.
pub(crate) fn interface_address(address: &str, length: Option<&str>) -> Option<String> {
    let length = length.map(str::trim).filter(|length| !length.is_empty());
    if length.is_none() && !address.contains(['/', ' ']) {
        return canonical_ip(address);
    }
    network_of(address, length).map(|network| network.to_string())
}

fn network_of(network: &str, length: Option<&str>) -> Option<IpNet> {
    let network = network.trim();
    match network.to_ascii_lowercase().as_str() {
        "default" | "0/0" => return IpNet::new(Ipv4Addr::UNSPECIFIED.into(), 0).ok(),
        "default6" => return IpNet::new(Ipv6Addr::UNSPECIFIED.into(), 0).ok(),
        _ => {}
    }
    let (text, inner) = match network.split_once(['/', ' ']) {
        Some((text, inner)) => (text, Some(inner.trim())),
        None => (network, None),
    };
    let address = address(text)?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let Some(length) = inner.or(length).map(str::trim).filter(|length| !length.is_empty()) else {
        return IpNet::new(address, whole).ok();
    };
    let length = length.trim_start_matches('/');
    match length.parse::<u8>() {
        Ok(length) => IpNet::new(address, length).ok(),
        Err(_) => IpNet::with_netmask(address, length.parse().ok()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_of_a_mac_is_read() {
        for text in [
            "aabb.ccdd.0e0f",
            "AABB-CCDD-0E0F",
            "aabbcc-dd0e0f",
            "AA-BB-CC-DD-0E-0F",
            "aa:bb:cc:dd:e:f",
            "aabbccdd0e0f",
            " aa bb cc dd 0e 0f ",
        ] {
            assert_eq!(canonical_mac(text).as_deref(), Some("aa:bb:cc:dd:0e:0f"), "{text}");
        }
        for text in [
            "",
            "Incomplete",
            "10.0.0.1",
            "aabb.ccdd.0e0",
            "aabb.ccdd.0e0g",
            "::1",
            "aa:bb:cc:dd:ee:ff:00:11",
        ] {
            assert_eq!(canonical_mac(text), None, "{text}");
        }
    }

    #[test]
    fn prefixes_are_canonical() {
        for (network, length, prefix) in [
            ("10.1.2.3", Some("16"), "10.1.0.0/16"),
            ("10.1.2.3/16", None, "10.1.0.0/16"),
            ("10.1.2.3", Some("255.255.0.0"), "10.1.0.0/16"),
            ("10.1.2.3 255.255.0.0", None, "10.1.0.0/16"),
            ("10.1.2.3", None, "10.1.2.3/32"),
            ("default", None, "0.0.0.0/0"),
            ("2001:DB8::1/64", None, "2001:db8::/64"),
        ] {
            assert_eq!(canonical_prefix(network, length).as_deref(), Some(prefix), "{network}");
        }
        for (network, length) in [
            ("10.1.2.3", Some("33")),
            ("10.1.2.3", Some("255.0.255.0")),
            ("10.1", None),
            ("", None),
        ] {
            assert_eq!(canonical_prefix(network, length), None, "{network}");
        }
        assert_eq!(
            interface_address("10.1.2.3", Some("255.255.0.0")).as_deref(),
            Some("10.1.2.3/16")
        );
        assert_eq!(interface_address("10.1.2.3", None).as_deref(), Some("10.1.2.3"));
        assert_eq!(canonical_ip("FE80:0:0::1%eth0").as_deref(), Some("fe80::1"));
    }
}
