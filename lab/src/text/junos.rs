//! Juniper Junos: the commands of the usual capture types.

use super::{Kind, line, wider};
use crate::tables::Source;
use crate::view::{Use, VLANS, View};
use crate::when::{Date, parts};

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show configuration" | "show configuration | display omit" | "show configuration | display inheritance" => {
            configuration(view, out);
            return Some(Kind::Config);
        }
        "show configuration | display set" => {
            let mut braces = String::new();
            configuration(view, &mut braces);
            as_set(&braces, out);
            return Some(Kind::Config);
        }
        "show arp no-resolve" => arp(view, out, false),
        "show arp" => arp(view, out, true),
        "show ethernet-switching table" => mac(view, out),
        "show lldp neighbors" => lldp(view, out),
        "show interfaces" => interfaces(view, out),
        "show interfaces terse" => terse(view, out),
        "show route" => routes(view, out),
        "show version" => version(view, out),
        "show chassis hardware" => hardware(view, out),
        _ => return super::junos_wider::show(view, command, out),
    }
    Some(Kind::Show)
}

/// The interface and its unit, or `irb.VLAN`.
fn unit(view: &View<'_>, vlan: Option<u16>, port: Option<u16>) -> String {
    match vlan {
        Some(vlan) => format!("irb.{vlan}"),
        None => format!("{}.0", view.port_name(port.unwrap_or(0))),
    }
}

fn configuration(view: &View<'_>, out: &mut String) {
    let changed = Date::new(view.changed_at());
    line!(
        out,
        "## Last commit: {} {} UTC by lab\nversion 20.4R3.8;",
        changed.iso(),
        changed.time()
    );
    line!(out, "system {{\n    host-name {};", view.name());
    line!(
        out,
        "    root-authentication {{\n        encrypted-password \"$6${:016x}${:016x}\"; ## SECRET-DATA\n    }}",
        view.number(1),
        view.number(2)
    );
    line!(
        out,
        "    login {{\n        user lab {{\n            uid 2000;\n            class super-user;\n            authentication {{"
    );
    line!(
        out,
        "                encrypted-password \"$6${:016x}${:016x}\"; ## SECRET-DATA\n            }}\n        }}\n    }}",
        view.number(3),
        view.number(4)
    );
    line!(
        out,
        "    services {{\n        ssh;\n        netconf {{\n            ssh;\n        }}\n    }}\n    domain-name {}.example.net;",
        view.site_name()
    );
    line!(
        out,
        "    syslog {{\n        user * {{\n            any emergency;\n        }}\n        file messages {{\n            any notice;\n            authorization info;\n        }}\n    }}"
    );
    line!(out, "    ntp {{");
    for server in view.ntp_servers() {
        line!(out, "        server {server};");
    }
    line!(out, "    }}\n}}\ninterfaces {{");
    for port in view
        .ports()
        .filter(|port| !matches!(port.usage, Use::Off) || !port.description.is_empty())
    {
        line!(out, "    {} {{", port.name);
        if !port.description.is_empty() {
            line!(out, "        description \"{}\";", port.description.replace('"', "'"));
        }
        match &port.usage {
            Use::Routed(address) => {
                line!(
                    out,
                    "        unit 0 {{\n            family inet {{\n                address {}/{};\n            }}\n        }}",
                    address.ip,
                    address.bits
                );
            }
            Use::Trunk => line!(
                out,
                "        unit 0 {{\n            family ethernet-switching {{\n                interface-mode trunk;\n                vlan {{\n                    \
                 members [ Vlan10 Vlan20 Vlan30 Vlan99 ];\n                }}\n            }}\n        }}"
            ),
            Use::Access { vlan, .. } => {
                line!(
                    out,
                    "        unit 0 {{\n            family ethernet-switching {{\n                vlan {{\n                    members Vlan{vlan};\n                }}\n            }}\n        }}"
                );
            }
            Use::Off => {}
        }
        line!(out, "    }}");
    }
    line!(out, "    irb {{");
    for svi in view.svis() {
        line!(
            out,
            "        unit {} {{\n            family inet {{\n                address {}/{};\n            }}\n        }}",
            svi.vlan,
            svi.address.ip,
            svi.address.bits
        );
    }
    line!(
        out,
        "    }}\n}}\nsnmp {{\n    location {};\n    community c0{:08x} {{\n        authorization read-only;\n    }}\n}}",
        view.site_name(),
        view.number(5) as u32
    );
    line!(out, "routing-options {{\n    static {{");
    for route in view.routes().iter().filter(|route| route.source == Source::Static) {
        if let Some(next_hop) = route.next_hop {
            line!(out, "        route 0.0.0.0/0 next-hop {next_hop};");
        }
    }
    line!(
        out,
        "    }}\n    router-id {};\n    autonomous-system {};\n}}\nprotocols {{",
        view.management(),
        wider::AS
    );
    let peers = wider::bgp(view);
    if !peers.is_empty() {
        line!(out, "    bgp {{\n        group INTERNAL {{\n            type internal;");
        for peer in peers {
            line!(out, "            neighbor {};", peer.ip);
        }
        line!(out, "        }}\n    }}");
    }
    line!(out, "    ospf {{\n        area 0.0.0.0 {{");
    for port in view.ports().filter(|port| matches!(port.usage, Use::Routed(_))) {
        line!(
            out,
            "            interface {}.0 {{\n                interface-type p2p;\n            }}",
            port.name
        );
    }
    line!(
        out,
        "        }}\n    }}\n    lldp {{\n        port-id-subtype interface-name;\n        interface all;\n    }}\n    rstp {{\n        interface all;\n    }}\n}}"
    );
    let padding: Vec<_> = view.padding(out.len() + 600, 28).collect();
    if !padding.is_empty() {
        line!(out, "policy-options {{\n    prefix-list LAB {{");
        for (n, network) in padding {
            line!(
                out,
                "        {network}/24;{}",
                if n % 1_000 == 999 { " ## thousand" } else { "" }
            );
        }
        line!(out, "    }}\n}}");
    }
    line!(out, "vlans {{");
    for (vlan, name, _) in VLANS {
        line!(
            out,
            "    Vlan{vlan} {{\n        description {name};\n        vlan-id {vlan};\n        l3-interface irb.{vlan};\n    }}"
        );
    }
    line!(out, "}}");
}

/// The same configuration as `set` commands.
fn as_set(braces: &str, out: &mut String) {
    let mut path: Vec<&str> = Vec::new();
    for text in braces.lines() {
        let text = text.split(" ##").next().unwrap_or_default().trim();
        if let Some(word) = text.strip_suffix('{') {
            path.push(word.trim());
        } else if text == "}" {
            path.pop();
        } else if let Some(statement) = text.strip_suffix(';') {
            let (name, members) = statement.split_once(" [ ").unwrap_or((statement, ""));
            let mut set = |value: &str| {
                out.push_str("set");
                for word in path
                    .iter()
                    .copied()
                    .chain([name, value])
                    .filter(|word| !word.is_empty())
                {
                    out.push(' ');
                    out.push_str(word);
                }
                out.push('\n');
            };
            if members.is_empty() {
                set("");
            }
            for member in members.trim_end_matches(']').split_whitespace() {
                set(member);
            }
        }
    }
}

fn arp(view: &View<'_>, out: &mut String, resolve: bool) {
    if resolve {
        line!(
            out,
            "MAC Address       Address         Name                      Interface               Flags"
        );
    } else {
        line!(out, "MAC Address       Address         Interface         Flags");
    }
    let table: Vec<_> = view.arp(60).into_iter().filter(|entry| !entry.own).collect();
    for entry in &table {
        let (mac, ip, unit) = (
            entry.mac.colon(),
            entry.ip.to_string(),
            unit(view, entry.vlan, entry.port),
        );
        if resolve {
            line!(out, "{mac} {ip:<15} {ip:<25} {unit:<23} none");
        } else {
            line!(out, "{mac} {ip:<15} {unit:<17} none");
        }
    }
    line!(out, "Total entries: {}", table.len());
}

fn mac(view: &View<'_>, out: &mut String) {
    let table = view.macs(92);
    out.push_str(
        "\nMAC flags (S - static MAC, D - dynamic MAC, L - locally learned, P - Persistent static\n           \
         SE - statistics enabled, NM - non configured MAC, R - remote PE MAC, O - ovsdb MAC)\n\n\n",
    );
    line!(
        out,
        "Ethernet switching table : {} entries, {} learned\nRouting instance : default-switch",
        table.len(),
        table.len()
    );
    out.push_str(
        "    Vlan                MAC                 MAC         Age    Logical                NH        RTR \n    \
         name                address             flags              interface              Index     ID\n",
    );
    for entry in &table {
        line!(
            out,
            "    {:<19} {}   D             -   {:<20}   0         0       ",
            format!("Vlan{}", entry.vlan),
            entry.mac.colon(),
            format!("{}.0", view.port_name(entry.port))
        );
    }
}

fn lldp(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Local Interface    Parent Interface    Chassis Id          Port info          System Name"
    );
    for neighbor in view.neighbors() {
        line!(
            out,
            "{:<19}-                   {:<19} {:<18} {:<19}",
            view.port_name(neighbor.port),
            neighbor.chassis.colon(),
            neighbor.remote_port,
            neighbor.name
        );
    }
}

fn interfaces(view: &View<'_>, out: &mut String) {
    for port in view.interface_ports(1_500) {
        let up = if port.up { "Up" } else { "Down" };
        line!(out, "Physical interface: {}, Enabled, Physical link is {up}", port.name);
        line!(
            out,
            "  Interface index: {}, SNMP ifIndex: {}",
            640 + port.index,
            500 + port.index
        );
        if !port.description.is_empty() {
            line!(out, "  Description: {}", port.description);
        }
        let speed = if port.fast { "10Gbps" } else { "1000mbps" };
        line!(
            out,
            "  Link-level type: Ethernet, MTU: 1514, LAN-PHY mode, Speed: {speed}, Duplex: Full-Duplex, BPDU Error: None, Loop Detect PDU Error: None,"
        );
        line!(
            out,
            "  MAC-REWRITE Error: None, Loopback: Disabled, Source filtering: Disabled, Flow control: Disabled, Auto-negotiation: Enabled, Remote fault: Online, Media type: Copper"
        );
        line!(
            out,
            "  Device flags   : Present Running{}\n  Interface flags: SNMP-Traps Internal: 0x4000\n  Link flags     : None\n  CoS queues     : 12 supported, 12 maximum usable queues",
            if port.up { "" } else { " Down" }
        );
        line!(
            out,
            "  Current address: {}, Hardware address: {}",
            port.mac.colon(),
            port.mac.colon()
        );
        let flapped = Date::new(view.now() - view.uptime());
        let (weeks, days, hours, minutes, _) = parts(view.uptime());
        line!(
            out,
            "  Last flapped   : {} {} UTC ({weeks}w{days}d {hours:02}:{minutes:02} ago)",
            flapped.iso(),
            flapped.time()
        );
        let packets = if port.up {
            view.number(0x2000 + u64::from(port.index)) % 90_000
        } else {
            0
        };
        line!(
            out,
            "  Input rate     : {} bps ({} pps)\n  Output rate    : {} bps ({} pps)",
            packets * 8,
            packets / 50,
            packets * 6,
            packets / 70
        );
        line!(
            out,
            "  Active alarms  : {}\n  Active defects : {}",
            if port.up { "None" } else { "LINK" },
            if port.up { "None" } else { "LINK" }
        );
        out.push_str("  PCS statistics                      Seconds\n    Bit errors                             0\n    Errored blocks                         0\n  Interface transmit statistics: Disabled\n\n");
        match &port.usage {
            Use::Routed(address) => {
                line!(
                    out,
                    "  Logical interface {}.0 (Index {}) (SNMP ifIndex {})",
                    port.name,
                    550 + port.index,
                    600 + port.index
                );
                line!(
                    out,
                    "    Flags: Up SNMP-Traps 0x0 Encapsulation: ENET2\n    Input packets : {}\n    Output packets: {}",
                    packets * 900,
                    packets * 700
                );
                line!(
                    out,
                    "    Protocol inet, MTU: 1500\n      Flags: Sendbcast-pkt-to-re\n      Addresses, Flags: Is-Preferred Is-Primary"
                );
                line!(
                    out,
                    "        Destination: {}/{}, Local: {}, Broadcast: {}\n",
                    address.network(),
                    address.bits,
                    address.ip,
                    std::net::Ipv4Addr::from(u32::from(address.network()) + 3)
                );
            }
            Use::Off => {}
            _ => {
                line!(
                    out,
                    "  Logical interface {}.0 (Index {}) (SNMP ifIndex {})",
                    port.name,
                    550 + port.index,
                    600 + port.index
                );
                line!(
                    out,
                    "    Flags: Up SNMP-Traps 0x24024000 Encapsulation: Ethernet-Bridge\n    Input packets : {}\n    Output packets: {}",
                    packets * 900,
                    packets * 700
                );
                line!(out, "    Protocol eth-switch, MTU: 1514\n      Flags: Is-Primary\n");
            }
        }
    }
    routing_and_bridging(view, out);
}

/// The interface that all VLAN interfaces are units of.
fn routing_and_bridging(view: &View<'_>, out: &mut String) {
    let mac = view.base_mac().colon();
    line!(
        out,
        "Physical interface: irb, Enabled, Physical link is Up\n  Interface index: 636, SNMP ifIndex: 503\n  \
         Type: Ethernet, Link-level type: Ethernet, MTU: 1514\n  \
         Device flags   : Present Running\n  Interface flags: SNMP-Traps\n  Link type      : Full-Duplex\n  \
         Link flags     : None\n  Current address: {mac}, Hardware address: {mac}\n  Last flapped   : Never\n    \
         Input packets : 0\n    Output packets: 0\n"
    );
    for svi in view.svis() {
        let packets = view.number(0x2400 + u64::from(svi.vlan)) % 90_000_000 + view.clock;
        line!(
            out,
            "  Logical interface irb.{0} (Index {1}) (SNMP ifIndex {2})\n    Description: {3}\n    \
             Flags: Up SNMP-Traps 0x4004000 Encapsulation: ENET2\n    Bandwidth: 1Gbps\n    Routing Instance: None \
             Bridging Domain: Vlan{0}\n    Input packets : {packets}\n    Output packets: {4}\n    Protocol inet, MTU: 1500\n      \
             Flags: Sendbcast-pkt-to-re\n      Addresses, Flags: Is-Preferred Is-Primary",
            svi.vlan,
            500 + svi.vlan,
            700 + svi.vlan,
            svi.name,
            packets / 3
        );
        let network = svi.address.network();
        let broadcast = u32::from(network) | !u32::from(svi.address.mask());
        line!(
            out,
            "        Destination: {network}/{}, Local: {}, Broadcast: {}\n",
            svi.address.bits,
            svi.address.ip,
            std::net::Ipv4Addr::from(broadcast)
        );
    }
}

fn terse(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Interface               Admin Link Proto    Local                 Remote"
    );
    for port in view.interface_ports(90) {
        let (admin, link) = ("up", if port.up { "up" } else { "down" });
        line!(out, "{:<23} {admin:<5} {link}", port.name);
        match &port.usage {
            Use::Routed(address) => line!(
                out,
                "{:<23} {admin:<5} {link:<4} inet     {}/{}",
                format!("{}.0", port.name),
                address.ip,
                address.bits
            ),
            Use::Off => {}
            _ => line!(
                out,
                "{:<23} {admin:<5} {link:<4} eth-switch",
                format!("{}.0", port.name)
            ),
        }
    }
    line!(out, "irb                     up    up");
    for svi in view.svis() {
        line!(
            out,
            "{:<23} up    up   inet     {}/{}",
            format!("irb.{}", svi.vlan),
            svi.address.ip,
            svi.address.bits
        );
    }
}

fn routes(view: &View<'_>, out: &mut String) {
    let routes = view.routes();
    let count = routes.len();
    line!(
        out,
        "\ninet.0: {count} destinations, {count} routes ({count} active, 0 holddown, 0 hidden)\n+ = Active Route, - = Last Active, * = Both\n"
    );
    for route in &routes {
        let prefix = format!("{}/{}", route.prefix.ip, route.prefix.bits);
        let unit = unit(view, route.vlan, route.port);
        match (route.source, route.next_hop) {
            (Source::Connected, _) => line!(
                out,
                "{prefix:<18} *[Direct/0] 5w2d 10:22:07\n                    >  via {unit}"
            ),
            (Source::Local, _) => line!(
                out,
                "{prefix:<18} *[Local/0] 5w2d 10:22:07\n                       Local via {unit}"
            ),
            (Source::Static, Some(next_hop)) => line!(
                out,
                "{prefix:<18} *[Static/5] 5w2d 10:22:07\n                    >  to {next_hop} via {unit}"
            ),
            (_, Some(next_hop)) => line!(
                out,
                "{prefix:<18} *[OSPF/10] 5w2d 10:22:07, metric 20\n                    >  to {next_hop} via {unit}"
            ),
            _ => {}
        }
    }
}

fn version(view: &View<'_>, out: &mut String) {
    line!(out, "Hostname: {}\nModel: ex4300-48t\nJunos: 20.4R3.8", view.name());
    for package in [
        "EX  Software Suite",
        "FIPS mode utilities",
        "Online Documentation",
        "EX 4300 Software Suite",
        "Web Management Platform Package",
    ] {
        line!(out, "JUNOS {package} [20.4R3.8]");
    }
}

fn hardware(view: &View<'_>, out: &mut String) {
    let power = |n: u64| format!("1EDP{:08}", view.number(n) % 100_000_000);
    line!(
        out,
        "Hardware inventory:\nItem             Version  Part number  Serial number     Description"
    );
    line!(
        out,
        "Chassis                                {:<17} EX4300-48T",
        view.serial()
    );
    line!(
        out,
        "Routing Engine 0 REV 11   650-044931   {:<17} EX4300-48T",
        view.serial()
    );
    line!(
        out,
        "FPC 0            REV 11   650-044931   {:<17} EX4300-48T\n  CPU                     BUILTIN      BUILTIN           FPC CPU",
        view.serial()
    );
    line!(
        out,
        "  PIC 0          REV 11   BUILTIN      BUILTIN           48x 10/100/1000 Base-T\n  PIC 1          REV 11   BUILTIN      BUILTIN           4x 40GE QSFP+"
    );
    line!(
        out,
        "  Power Supply 0 REV 01   740-046873   {:<17} JPSU-350-AC-AFO-A\n  Power Supply 1 REV 01   740-046873   {:<17} JPSU-350-AC-AFO-A",
        power(6),
        power(7)
    );
    line!(
        out,
        "  Fan Tray 0                                             Fan Module, Airflow Out (AFO)\n  Fan Tray 1                                             Fan Module, Airflow Out (AFO)"
    );
}
