//! Expected rows in the words of our records: which column is which field, and when two texts say the same. Written
//! apart from the mappings, so that a fault in a mapping is one here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A cell of an expected row.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    None,
    Text(String),
    List(Vec<Value>),
}

pub(crate) type Row = BTreeMap<String, Cell>;
pub(crate) type Wanted = BTreeMap<&'static str, String>;

fn filled(text: &str) -> bool {
    let nothing = [
        "",
        "n/a",
        "na",
        "none",
        "unknown",
        "[n/a]",
        "incomplete",
        "<incomplete>",
    ];
    !text.trim().chars().all(|char| char == '-') && !nothing.contains(&text.trim().to_lowercase().as_str())
}

/// The text of the first column that has something in it; of a list the item at a place.
fn text(row: &Row, columns: &[&str], at: usize) -> Option<String> {
    columns.iter().find_map(|column| {
        let text = match row.get(*column)? {
            Cell::None => return None,
            Cell::Text(text) => text.clone(),
            Cell::List(items) => items.get(at)?.as_str()?.to_owned(),
        };
        filled(&text).then(|| text.trim().to_owned())
    })
}

fn all(row: &Row, columns: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for column in columns {
        match row.get(*column) {
            Some(Cell::Text(text)) => found.push(text.clone()),
            Some(Cell::List(items)) => found.extend(items.iter().filter_map(|item| item.as_str().map(str::to_owned))),
            _ => {}
        }
    }
    found.retain(|text| filled(text));
    found
}

fn longest(row: &Row, columns: &[&str]) -> usize {
    let length = |column: &&str| match row.get(*column) {
        Some(Cell::List(items)) => items.len(),
        _ => 0,
    };
    columns.iter().map(length).max().unwrap_or(0).max(1)
}

/// The expected rows as records of ours, with the fields that both sides have.
pub(crate) fn rows(capture_type: &str, platform: &str, rows: &[Row]) -> Vec<Wanted> {
    let mut found = Vec::new();
    for row in rows {
        match capture_type {
            "arp" => found.push(arp(row, platform)),
            "mac" => {
                let ports = ["destination_port", "interface", "ports", "port", "logical_interface"];
                found.extend((0..longest(row, &ports)).map(|at| mac(row, &ports, at)));
            }
            "lldp" => found.push(lldp(row)),
            "interfaces" => found.push(interface(row)),
            "routes" => {
                let hops = [
                    "nexthop_ip",
                    "next_hop",
                    "nexthopip",
                    "gateway",
                    "interface",
                    "nexthop_if",
                    "nexthopif",
                ];
                found.extend((0..longest(row, &hops)).map(|at| route(row, platform, at)));
            }
            "version" => found.push(version(row, platform)),
            "inventory" => found.extend(parts(row)),
            other => panic!("{other} is not compared"),
        }
    }
    // One chassis is one record, whatever the rows of its members say.
    if capture_type == "version" && found.len() > 1 {
        found.truncate(1);
    }
    if platform == "juniper_junos" && capture_type == "inventory" {
        found.sort();
        found.dedup();
    }
    found
}

/// Puts what is filled under the names of our fields.
fn pick(fields: Vec<(&'static str, Option<String>)>) -> Wanted {
    fields
        .into_iter()
        .filter_map(|(field, text)| Some((field, text?)))
        .collect()
}

fn vrf(row: &Row) -> Option<String> {
    text(row, &["vrf", "vpn_instance", "vrf_name"], 0).filter(|vrf| !["default", "master"].contains(&vrf.as_str()))
}

fn arp(row: &Row, platform: &str) -> Wanted {
    let mut interface = text(row, &["interface", "port"], 0);
    if platform == "arista_eos" {
        interface = interface.and_then(|interface| interface.split(',').next().map(str::to_owned));
    }
    pick(vec![
        ("address", text(row, &["ip_address"], 0)),
        ("mac", text(row, &["mac_address"], 0)),
        ("interface", interface),
        ("port", text(row, &["physical_interface"], 0)),
        ("vlan", text(row, &["vlan_id"], 0)),
        ("vrf", vrf(row)),
    ])
}

fn mac(row: &Row, ports: &[&str], at: usize) -> Wanted {
    // A flag of the port stands in brackets behind its name.
    let interface = text(row, ports, at).map(|port| port.split('(').next().unwrap_or_default().to_owned());
    pick(vec![
        ("mac", text(row, &["mac_address", "destination_address"], 0)),
        ("vlan", text(row, &["vlan_id"], 0)),
        ("interface", interface),
        ("kind", text(row, &["type", "state", "mac_flag"], 0)),
    ])
}

fn lldp(row: &Row) -> Wanted {
    let id = text(row, &["neighbor_port_id"], 0);
    let described = text(row, &["neighbor_interface_description", "neighbor_port_description"], 0);
    let mut far = text(row, &["neighbor_interface", "interface_name"], 0);
    let id = id.or_else(|| far.take_if(|_| described.is_some()));
    let description = far.clone().or_else(|| described.clone());
    let mut fields = vec![
        ("local_interface", text(row, &["local_interface", "interface"], 0)),
        (
            "neighbor_name",
            text(row, &["neighbor_name", "neighbor", "identity"], 0),
        ),
        ("chassis_id", text(row, &["chassis_id", "mac_address"], 0)),
        (
            "description",
            Some(all(row, &["neighbor_description", "system_description"]).join(", ")),
        ),
        ("vlan", text(row, &["vlan_id"], 0)),
        (
            "management_addresses",
            text(row, &["mgmt_address", "management_ip", "ip_address"], 0),
        ),
    ];
    fields.retain(|(_, text)| text.as_deref() != Some(""));
    // Where both are there, ours is one of them: which one is decided by what looks like an interface.
    let sent = id.clone().or_else(|| far.clone());
    match (id, description) {
        (Some(id), Some(other)) => fields.push(("neighbor_interface", Some(format!("{id}\n{other}")))),
        (Some(one), None) | (None, Some(one)) => fields.push(("neighbor_interface", Some(one))),
        (None, None) => {}
    }
    // What was sent as the id of the port is kept as it is, whatever the far interface is taken to be.
    fields.push(("neighbor_port_id", sent));
    pick(fields)
}

fn interface(row: &Row) -> Wanted {
    let name = text(row, &["interface", "port", "name"], 0);
    let addresses = all(row, &["ip_address", "main_ip", "secondary_ip_address", "local"]);
    let mut lengths = all(row, &["prefix_length", "netmask"]);
    // Junos prints the network of an address beside it.
    lengths.extend(text(row, &["destination"], 0).and_then(|network| Some(network.split_once('/')?.1.to_owned())));
    let address = addresses
        .first()
        .filter(|address| !address.starts_with("0.0.0.0"))
        .filter(|_| true)
        .map(|address| {
            let length = lengths.first().filter(|_| !address.contains('/'));
            length.map_or_else(|| address.clone(), |length| format!("{address}/{length}"))
        });
    let address = address.filter(|address| address.starts_with(|char: char| char.is_ascii_digit()));
    pick(vec![
        ("name", name.clone()),
        (
            "description",
            text(
                row,
                &[
                    "description",
                    "interface_desc",
                    "interface_description",
                    "comment",
                    "name",
                ],
                0,
            )
            .filter(|text| Some(text) != name.as_ref()),
        ),
        (
            "link_status",
            text(row, &["link_status", "line_status", "phy", "state"], 0),
        ),
        ("protocol_status", text(row, &["protocol_status"], 0)),
        ("mac", text(row, &["mac_address", "hw_address"], 0)),
        ("addresses", address),
        ("mtu", text(row, &["mtu"], 0)),
        ("speed", text(row, &["speed"], 0)),
        ("duplex", text(row, &["duplex"], 0)),
        ("vlan", text(row, &["vlan_id"], 0)),
        ("vrf", vrf(row)),
    ])
}

fn route(row: &Row, platform: &str, at: usize) -> Wanted {
    let network = text(row, &["network", "destination", "dst_address"], 0);
    let length = text(row, &["prefix_length", "netmask", "mask"], 0);
    let prefix = network.map(|network| match length {
        Some(length) if !network.contains('/') => format!("{network}/{length}"),
        _ => network,
    });
    let hop = text(row, &["nexthop_ip", "next_hop", "nexthopip", "gateway"], at)
        .filter(|hop| hop.parse::<core::net::IpAddr>().is_ok_and(|hop| !hop.is_unspecified()));
    let printed = text(row, &["protocol"], 0).or_else(|| text(row, &["type"], 0).filter(|_| platform == "fortinet"));
    let flags = text(row, &["flags"], 0).filter(|_| ["mikrotik_routeros", "paloalto_panos"].contains(&platform));
    pick(vec![
        ("prefix", prefix),
        ("protocol", printed.as_deref().or(flags.as_deref()).and_then(protocol)),
        ("protocol_raw", printed),
        ("next_hop", hop),
        ("interface", text(row, &["interface", "nexthop_if", "nexthopif"], at)),
        ("distance", text(row, &["distance", "preference"], 0)),
        ("metric", text(row, &["metric", "cost"], 0)),
        ("vrf", vrf(row)),
    ])
}

/// The protocol in our words, from the first word that is printed for it: `bgp-65000`, `O*E2`, or a letter behind those that
/// say that a route is active or dynamic.
fn protocol(printed: &str) -> Option<String> {
    let mut words = printed.split(|letter: char| !letter.is_ascii_alphanumeric());
    let name = match words.find(|word| !["", "A"].contains(word))? {
        "C" | "ADC" | "DAc" | "direct" | "Direct" => "connected",
        "S" | "DS" | "static" | "Static" => "static",
        "B" | "Db" | "bgp" | "EBGP" => "bgp",
        "O" | "ospf" => "ospf",
        "D" | "eigrp" => "eigrp",
        "L" | "H" | "local" => "local",
        "V" | "DAv" => "vpn",
        other => panic!("{other:?} of {printed:?} is no protocol that is known here"),
    };
    Some(name.to_owned())
}

fn version(row: &Row, platform: &str) -> Wanted {
    let version = match platform {
        "arista_eos" => text(row, &["image"], 0),
        "cisco_nxos" | "paloalto_panos" => text(row, &["os"], 0),
        "juniper_junos" => text(row, &["junos_version", "kernel_software_suite"], 0),
        // `CX600 V800R007C10SPC100`, `FortiGate-600E v6.2.5,build1175`: the part behind the model.
        "huawei_vrp" => text(row, &["product_version"], 0)
            .and_then(|text| text.split_whitespace().last().map(str::to_owned))
            .or_else(|| text(row, &["vrp_version"], 0)),
        "fortinet" => {
            text(row, &["version"], 0).and_then(|text| Some(text.split_once(" v")?.1.split(',').next()?.to_owned()))
        }
        "mikrotik_routeros" => text(row, &["version"], 0).and_then(|text| text.split(' ').next().map(str::to_owned)),
        _ => text(row, &["version", "software_version"], 0),
    };
    let model = match platform {
        "fortinet" => text(row, &["version"], 0).and_then(|text| text.split(' ').next().map(str::to_owned)),
        "mikrotik_routeros" => text(row, &["board_name"], 0),
        "cisco_asa" => text(row, &["model"], 0),
        _ => text(row, &["model", "hardware", "platform", "product"], 0),
    };
    let hostname = if platform == "hp_procurve" { "name" } else { "hostname" };
    pick(vec![
        ("hostname", text(row, &[hostname], 0)),
        ("os_version", version),
        ("model", model),
        ("serial", text(row, &["serial", "serial_number"], 0)),
        ("reload_reason", text(row, &["reload_reason", "last_reboot_reason"], 0)),
    ])
}

/// A row of `show chassis hardware` has the parts of a chassis side by side; every other one is a part.
fn parts(row: &Row) -> Vec<Wanted> {
    if row.contains_key("xcvr_serial_number") {
        let kinds = [
            "chassis", "mid", "fpm", "ps", "re", "tfeb", "qxm", "afeb", "cb", "fpc", "cpu", "mic", "pic", "xcvr", "fan",
        ];
        let part = |kind: &str| {
            let column = |name: &str| text(row, &[&format!("{kind}_{name}")], 0);
            // A part inside another has the numbers of both.
            let inside: &[&str] = match kind {
                "cpu" => &["fpc"],
                "mic" => &["fpc", "mic"],
                "pic" => &["fpc", "mic", "pic"],
                "xcvr" => &["fpc", "mic", "pic", "xcvr"],
                _ => &[],
            };
            let numbers = inside
                .iter()
                .filter_map(|kind| text(row, &[&format!("{kind}_number")], 0));
            let place = numbers.collect::<Vec<_>>().join("/");
            pick(vec![
                ("description", column("description")),
                ("part_number", column("part")),
                ("serial", column("serial_number")),
                ("hardware_version", column("version")),
                (
                    "slot",
                    if inside.is_empty() {
                        column("number")
                    } else {
                        Some(place).filter(|place| !place.is_empty())
                    },
                ),
            ])
        };
        // A place alone is no part.
        let parts = kinds.iter().map(|kind| part(kind));
        return parts.filter(|part| part.keys().any(|field| *field != "slot")).collect();
    }
    let stack = row.contains_key("vsf_link_1");
    vec![pick(vec![
        (
            "name",
            text(
                row,
                if stack {
                    &["name"]
                } else {
                    &["name", "port", "device_name", "board_name"]
                },
                0,
            ),
        ),
        (
            "description",
            text(row, if stack { &["model"] } else { &["descr", "cardtype"] }, 0),
        ),
        (
            "part_number",
            text(
                row,
                if stack {
                    &["type"]
                } else {
                    &["pid", "hardware_model", "model"]
                },
                0,
            ),
        ),
        (
            "serial",
            text(row, &["sn", "serial", "serial_number", "device_serial_number"], 0),
        ),
        ("hardware_version", text(row, &["vid", "revision"], 0)),
        ("slot", text(row, &["slot", "module", "member_id", "slot_id"], 0)),
    ])]
}

/// The value of a field of ours as text.
pub(crate) fn ours(record: &Map<String, Value>, field: &str) -> Option<String> {
    match record.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")),
        other => Some(other.to_string()),
    }
}

/// Whether both texts say the same, after both were normalised.
pub(crate) fn same(field: &str, wanted: &str, ours: &str) -> bool {
    let hex = |text: &str| {
        text.chars()
            .filter(char::is_ascii_hexdigit)
            .collect::<String>()
            .to_lowercase()
    };
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let mac = |text: &str| (hex(text).len() == 12).then(|| hex(text));
    // Only the letters that an abbreviation keeps, and the number.
    let port = |text: &str| {
        let text = text.replace(' ', "").to_lowercase();
        let at = text.find(|char: char| char.is_ascii_digit()).unwrap_or(text.len());
        (text[..at].to_owned(), text[at..].to_owned())
    };
    let interface = |wanted: &str| {
        if let (Some(one), Some(other)) = (mac(wanted), mac(ours)) {
            return one == other;
        }
        let ((short, number), (long, ours)) = (port(wanted), port(ours));
        number == ours && abbreviates(&short, &long)
    };
    match field {
        "mac" | "chassis_id" if mac(wanted).is_some() => mac(wanted) == mac(ours),
        "interface" | "local_interface" | "name" | "port" => interface(wanted) || plain(wanted) == plain(ours),
        "neighbor_interface" => wanted
            .split('\n')
            .any(|one| interface(one) || plain(one) == plain(ours)),
        "address" | "next_hop" => wanted.parse::<core::net::IpAddr>().ok() == ours.parse::<core::net::IpAddr>().ok(),
        "prefix" => network(wanted).is_some() && network(wanted) == network(ours),
        "addresses" => ours
            .split('\n')
            .any(|ours| network(ours) == network(wanted) && ours.split('/').next() == wanted.split('/').next()),
        "management_addresses" => ours.split('\n').any(|ours| plain(ours) == plain(wanted)),
        "slot" => ours == wanted || ours.split('/').next_back() == Some(wanted),
        "mtu" | "distance" | "metric" => wanted.trim().split(' ').next() == Some(ours),
        _ => plain(wanted.trim_matches('"')) == plain(ours),
    }
}

/// `gi` for `gigabitethernet`, `bagg` for `bridge-aggregation`: the letters of the short name in their order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.chars();
    short.chars().next() == long.chars().next() && short.chars().all(|char| letters.any(|letter| letter == char))
        || long.ends_with("gigabitethernet") && short == "xge"
        || short == "xge" && long == "ten-gigabitethernet"
        || short == long
}

/// A network as its first address in bits and its length.
fn network(text: &str) -> Option<(u128, u32)> {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let (bits, width) = match address.trim().parse::<core::net::IpAddr>().ok()? {
        core::net::IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        core::net::IpAddr::V6(address) => (u128::from(address), 128),
    };
    let length = match length.parse::<u32>() {
        Ok(length) => length,
        Err(_) if length.is_empty() => width,
        Err(_) => u32::from(length.parse::<core::net::Ipv4Addr>().ok()?).count_ones(),
    };
    let host = width.checked_sub(length)?;
    Some((if host == 128 { 0 } else { bits >> host << host }, length))
}
