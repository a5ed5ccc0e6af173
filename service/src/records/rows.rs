//! From the records of a capture to rows: what they are about, what counts as a change, what they are found by.

use std::net::{IpAddr, Ipv6Addr};

use parsers::{Keyed, Records};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Kind;

/// A record as it is stored, without where and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct NewRow {
    pub(super) identity: Vec<u8>,
    pub(super) content: i64,
    pub(super) record: String,
    pub(super) ip: Option<Vec<u8>>,
    pub(super) mac: Option<i64>,
    pub(super) prefix: Option<String>,
    pub(super) interface: Option<String>,
    pub(super) vlan: Option<String>,
    pub(super) vrf: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) name: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) os_version: Option<String>,
    /// All addresses of an interface.
    pub(super) addresses: Vec<Vec<u8>>,
}

/// The records that have all they need, as rows.
pub(super) fn rows(kind: Kind, records: Records) -> Vec<NewRow> {
    let whole = records.into_keyed().filter(|one| one.missing.is_empty());
    whole.map(|one| row(kind, one)).collect()
}

fn row(kind: Kind, one: Keyed) -> NewRow {
    let text = |name: &str| one.fields.get(name).and_then(Value::as_str).map(stored);
    let lower = |name: &str| text(name).map(|text| text.to_lowercase());
    let mac = |name: &str| text(name).and_then(|text| mac_number(&text));
    let ip = |name: &str| text(name).and_then(|text| ip_key(&text));
    let list = |name: &str| {
        let items = one.fields.get(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.filter_map(address_key).collect::<Vec<_>>()
    };
    let mut row = NewRow {
        identity: hash(one.identity.as_bytes()).to_vec(),
        content: content(&one.comparable),
        ..NewRow::default()
    };
    match kind {
        Kind::ArpEntry => {
            row.ip = ip("address");
            row.mac = mac("mac");
            row.interface = lower("interface");
            row.vlan = text("vlan");
            row.vrf = text("vrf");
        }
        Kind::MacEntry => {
            row.mac = mac("mac");
            row.interface = lower("interface");
            row.vlan = text("vlan");
            row.vrf = text("domain");
        }
        Kind::Neighbor => {
            row.ip = list("management_addresses").into_iter().next();
            row.mac = mac("chassis_id");
            row.interface = lower("local_interface");
            row.name = lower("neighbor_name");
        }
        Kind::Interface => {
            row.mac = mac("mac");
            row.interface = lower("name");
            row.vlan = text("vlan");
            row.vrf = text("vrf");
            row.addresses = list("addresses");
        }
        Kind::Route => {
            row.prefix = text("prefix");
            row.interface = lower("interface");
            row.vrf = text("vrf");
            row.protocol = text("protocol");
        }
        Kind::Component => {
            row.name = lower("name");
            row.serial = text("serial");
        }
        Kind::DeviceVersion => {
            row.name = lower("model");
            row.serial = text("serial");
            row.os_version = text("os_version");
        }
    }
    row.record = Value::Object(one.fields).to_string();
    row
}

/// A text without what a database does not take in one.
fn stored(text: &str) -> String {
    text.replace('\0', "")
}

/// 128 bits, so that no two things of a device are ever taken for one.
fn hash(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(bytes)) {
        *to = from;
    }
    short
}

/// A number that is another one when anything that counts as a change is. Whether the map keeps an order must not matter.
fn content(fields: &Map<String, Value>) -> i64 {
    let mut parts: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}\u{1f}{value}"))
        .collect();
    parts.sort_unstable();
    let digest = hash(parts.join("\u{1e}").as_bytes());
    let mut number = [0; 8];
    for (to, from) in number.iter_mut().zip(digest) {
        *to = from;
    }
    i64::from_be_bytes(number)
}

/// `aa:bb:cc:dd:ee:ff` as a number.
pub(crate) fn mac_number(mac: &str) -> Option<i64> {
    let digits: String = mac.split(':').collect();
    (digits.len() == 12).then(|| i64::from_str_radix(&digits, 16).ok())?
}

/// The numbers of all addresses that begin with some bytes, `aa:bb:cc`.
pub(crate) fn mac_range(beginning: &str) -> Option<(i64, i64)> {
    let digits: String = beginning.split(':').collect();
    let missing = 12_usize.checked_sub(digits.len())?;
    let low = i64::from_str_radix(&format!("{digits}{}", "0".repeat(missing)), 16).ok()?;
    let high = i64::from_str_radix(&format!("{digits}{}", "f".repeat(missing)), 16).ok()?;
    Some((low, high))
}

fn key_of(ip: IpAddr) -> Vec<u8> {
    let ip: Ipv6Addr = match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    ip.octets().to_vec()
}

/// An address in a form that sorts.
pub(crate) fn ip_key(ip: &str) -> Option<Vec<u8>> {
    ip.parse().ok().map(key_of)
}

/// The same of an address with the length of its network.
fn address_key(address: &str) -> Option<Vec<u8>> {
    ip_key(address.split('/').next().unwrap_or(address))
}

/// The first and the last address of a network.
pub(super) fn ip_range(prefix: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let network: ipnet::IpNet = prefix.parse().ok()?;
    Some((key_of(network.network()), key_of(network.broadcast())))
}

/// Every network that an address may be in.
pub(super) fn networks_around(ip: &str) -> Vec<String> {
    let Ok(ip) = ip.parse::<IpAddr>() else {
        return Vec::new();
    };
    let longest = if ip.is_ipv4() { 32 } else { 128 };
    (0..=longest)
        .filter_map(|length| ipnet::IpNet::new(ip, length).ok())
        .map(|network| network.trunc().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use parsers::ArpEntry;

    use super::*;

    fn entry(mac: &str, age: u64) -> ArpEntry {
        ArpEntry {
            address: "10.0.0.1".to_owned(),
            mac: Some(mac.to_owned()),
            interface: Some("Vlan10".to_owned()),
            age_seconds: Some(age),
            ..ArpEntry::default()
        }
    }

    #[test]
    fn an_age_is_no_change_and_another_mac_is_one() {
        let of = |entry| rows(Kind::ArpEntry, Records::Arp(vec![entry])).remove(0);
        let (one, older, other) = (
            of(entry("00:11:22:33:44:55", 5)),
            of(entry("00:11:22:33:44:55", 65)),
            of(entry("00:11:22:33:44:66", 5)),
        );
        assert_eq!((&one.identity, one.content), (&older.identity, older.content));
        assert_eq!(one.identity, other.identity);
        assert_ne!(one.content, other.content);
        assert_eq!(one.mac, Some(0x0011_2233_4455));
        assert_eq!(one.interface.as_deref(), Some("vlan10"));
        assert_eq!(one.ip, ip_key("10.0.0.1"));
    }

    #[test]
    fn an_entry_that_lacks_what_it_needs_is_left_out() {
        let unresolved = ArpEntry {
            mac: None,
            ..entry("", 0)
        };
        assert!(rows(Kind::ArpEntry, Records::Arp(vec![unresolved])).is_empty());
    }

    #[test]
    fn addresses_sort_and_networks_hold_them() {
        let (low, high) = ip_range("10.0.0.0/24").unwrap();
        let key = ip_key("10.0.0.77").unwrap();
        assert!(low <= key && key <= high);
        assert!(ip_key("10.0.1.0").unwrap() > high);
        assert_eq!(mac_range("00:11:22"), Some((0x0011_2200_0000, 0x0011_22ff_ffff)));
        let around = networks_around("10.1.2.3");
        assert_eq!(around.len(), 33);
        assert!(around.contains(&"10.1.0.0/16".to_owned()) && around.contains(&"0.0.0.0/0".to_owned()));
    }
}
