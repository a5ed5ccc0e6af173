//! Arista EOS: the commands of the usual capture types.

use super::{Kind, line, place, wider};
use crate::tables::Source;
use crate::view::{Use, VLANS, View};
use crate::when::{Date, parts};

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show running-config" | "show startup-config" => {
            running_config(view, out);
            return Some(Kind::Config);
        }
        "show ip arp" | "show arp" | "show ip arp vrf all" => arp(view, out),
        "show mac address-table" => mac(view, out),
        "show lldp neighbors detail" => lldp_detail(view, out),
        "show lldp neighbors" => lldp(view, out),
        "show interfaces" => interfaces(view, out),
        "show interfaces status" => status(view, out),
        "show ip interface brief" => brief(view, out),
        "show ip route" | "show ip route vrf all" => routes(view, out),
        "show version" => version(view, out),
        "show inventory" => inventory(view, out),
        _ => return super::eos_wider::show(view, command, out),
    }
    Some(Kind::Show)
}

fn running_config(view: &View<'_>, out: &mut String) {
    line!(out, "! Command: show running-config");
    line!(
        out,
        "! device: {} (DCS-7050SX3-48YC8, EOS-4.28.3M)\n!\n! boot system flash:/EOS64-4.28.3M.swi\n!",
        view.name()
    );
    line!(
        out,
        "no aaa root\n!\nusername lab privilege 15 role network-admin secret sha512 $6${:016x}${:016x}{:016x}\n!",
        view.number(1),
        view.number(2),
        view.number(3)
    );
    out.push_str("transceiver qsfp default-mode 4x10G\n!\nservice routing protocols model ribd\n!\nlldp timer 30\n!\n");
    line!(
        out,
        "hostname {}\nip domain lookup\ndns domain {}.example.net\n!",
        view.name(),
        view.site_name()
    );
    line!(
        out,
        "enable password sha512 $6${:016x}${:016x}\n!",
        view.number(4),
        view.number(6)
    );
    for server in view.ntp_servers() {
        line!(out, "ntp server {server}");
    }
    line!(
        out,
        "!\nsnmp-server location {}\nsnmp-server community c0{:08x} ro\n!\nspanning-tree mode rapid-pvst\n!",
        view.site_name(),
        view.number(5) as u32
    );
    for (vlan, name, _) in VLANS {
        line!(out, "vlan {vlan}\n   name {name}\n!");
    }
    for port in view.ports() {
        line!(out, "interface {}", port.name);
        if !port.description.is_empty() {
            line!(out, "   description {}", port.description);
        }
        match &port.usage {
            Use::Routed(address) => {
                line!(
                    out,
                    "   no switchport\n   ip address {}/{}\n   ip ospf network point-to-point\n   ip ospf area 0.0.0.0",
                    address.ip,
                    address.bits
                );
            }
            Use::Trunk => line!(
                out,
                "   switchport trunk allowed vlan 10,20,30,99\n   switchport mode trunk"
            ),
            Use::Access { vlan, .. } => line!(out, "   switchport access vlan {vlan}\n   spanning-tree portfast"),
            Use::Off => line!(out, "   shutdown"),
        }
        line!(out, "!");
    }
    line!(out, "interface Management1\n!");
    for svi in view.svis() {
        line!(
            out,
            "interface Vlan{}\n   description {}\n   ip address {}/{}\n!",
            svi.vlan,
            svi.name,
            svi.address.ip,
            svi.address.bits
        );
    }
    for (n, network) in view.padding(out.len() + 200, 42) {
        line!(
            out,
            "ip prefix-list LAB-{:03} seq {} permit {network}/24",
            n / 200,
            5 * (n % 200 + 1)
        );
    }
    line!(out, "ip routing\n!");
    for route in view.routes().iter().filter(|route| route.source == Source::Static) {
        if let Some(next_hop) = route.next_hop {
            line!(out, "ip route 0.0.0.0/0 {next_hop}");
        }
    }
    let peers = wider::bgp(view);
    if !peers.is_empty() {
        line!(out, "!\nrouter bgp {}\n   router-id {}", wider::AS, view.management());
    }
    for peer in peers {
        line!(out, "   neighbor {} remote-as {}", peer.ip, wider::AS);
    }
    line!(
        out,
        "!\nrouter ospf 1\n   router-id {}\n   max-lsa 12000\n!\nend",
        view.management()
    );
}

fn arp(view: &View<'_>, out: &mut String) {
    line!(out, "Address         Age (sec)  Hardware Addr   Interface");
    let macs = view.macs(46);
    for entry in view.arp(58).iter().filter(|entry| !entry.own) {
        let (_, _, hours, minutes, seconds) = parts(entry.age);
        let mut interface = place(view, "Vlan", entry.vlan, entry.port);
        if entry.vlan.is_some() {
            match macs.iter().find(|learned| learned.mac == entry.mac) {
                Some(learned) => interface.push_str(&format!(", {}", view.port_name(learned.port))),
                None => interface.push_str(", not learned"),
            }
        }
        line!(
            out,
            "{:<15} {:>9}  {}  {interface}",
            entry.ip.to_string(),
            format!("{hours}:{minutes:02}:{seconds:02}"),
            entry.mac.dotted()
        );
    }
}

fn mac(view: &View<'_>, out: &mut String) {
    out.push_str(
        "          Mac Address Table\n------------------------------------------------------------------\n\n\
         Vlan    Mac Address       Type        Ports      Moves   Last Move\n\
         ----    -----------       ----        -----      -----   ---------\n",
    );
    let table = view.macs(74);
    for entry in &table {
        line!(
            out,
            "{:>4}    {}    DYNAMIC     {:<10} 1       {} days, 4:12:07 ago",
            entry.vlan,
            entry.mac.dotted(),
            view.port_short(entry.port),
            1 + entry.mac.0 % 60
        );
    }
    line!(out, "Total Mac Addresses for this criterion: {}\n", table.len());
    out.push_str(
        "          Multicast Mac Address Table\n------------------------------------------------------------------\n\n\
         Vlan    Mac Address       Type        Ports\n----    -----------       ----        -----\n\
         Total Mac Addresses for this criterion: 0\n",
    );
}

fn lldp(view: &View<'_>, out: &mut String) {
    let neighbors = view.neighbors();
    line!(
        out,
        "Last table change time   : 5 days, 8:24:38 ago\nNumber of table inserts  : {}",
        neighbors.len()
    );
    line!(
        out,
        "Number of table deletes  : 0\nNumber of table drops    : 0\nNumber of table age-outs : 0\n"
    );
    line!(
        out,
        "Port          Neighbor Device ID       Neighbor Port ID    TTL\n---------- ------------------------ ---------------------- ---"
    );
    for neighbor in &neighbors {
        line!(
            out,
            "{:<13} {:<24} {:<19} 120",
            view.port_short(neighbor.port),
            neighbor.name,
            neighbor.remote_port
        );
    }
}

fn lldp_detail(view: &View<'_>, out: &mut String) {
    for neighbor in view.neighbors() {
        let capability = if neighbor.router { "Bridge, Router" } else { "Bridge" };
        let age = (view.number(40 + u64::from(neighbor.port)) + view.clock) % 29;
        line!(
            out,
            "Interface {} detected 1 LLDP neighbors:\n",
            view.port_name(neighbor.port)
        );
        line!(
            out,
            "  Neighbor {}/\"{}\", age {age} seconds",
            neighbor.chassis.dotted(),
            neighbor.remote_port
        );
        line!(
            out,
            "  Discovered 5 days, 8:24:38 ago; Last changed 5 days, 8:24:38 ago"
        );
        line!(
            out,
            "  - Chassis ID type: MAC address (4)\n    Chassis ID     : {}",
            neighbor.chassis.dotted()
        );
        line!(
            out,
            "  - Port ID type: Interface name (5)\n    Port ID     : \"{}\"",
            neighbor.remote_port
        );
        line!(
            out,
            "  - Time To Live: 120 seconds\n  - Port Description: \"{}\"",
            neighbor.remote_description
        );
        line!(
            out,
            "  - System Name: \"{}\"\n  - System Description: \"{}\"",
            neighbor.name,
            neighbor.system
        );
        line!(
            out,
            "  - System Capabilities : {capability}\n    Enabled Capabilities: {capability}"
        );
        line!(
            out,
            "  - Management Address Subtype: IPv4\n    Management Address        : {}",
            neighbor.management
        );
        line!(
            out,
            "    Interface Number Subtype  : ifIndex (2)\n    Interface Number          : 999999\n    OID String                : "
        );
        line!(
            out,
            "  - IEEE802.1 Port VLAN ID: 1\n  - IEEE802.3 Maximum Frame Size: 9236 bytes\n"
        );
    }
}

fn interfaces(view: &View<'_>, out: &mut String) {
    for port in view.interface_ports(1_150) {
        let state = match (&port.usage, port.up) {
            (Use::Off, _) => "administratively down, line protocol is notpresent (disabled)",
            (_, true) => "up, line protocol is up (connected)",
            _ => "down, line protocol is down (notconnect)",
        };
        line!(out, "{} is {state}", port.name);
        line!(
            out,
            "  Hardware is Ethernet, address is {} (bia {})",
            port.mac.dotted(),
            port.mac.dotted()
        );
        if !port.description.is_empty() {
            line!(out, "  Description: {}", port.description);
        }
        if let Use::Routed(address) = &port.usage {
            line!(
                out,
                "  Internet address is {}/{}\n  Broadcast address is 255.255.255.255\n  IP MTU 1500 bytes (default), BW 10000000 kbit",
                address.ip,
                address.bits
            );
        } else {
            line!(out, "  Ethernet MTU 9214 bytes, BW 10000000 kbit");
        }
        line!(
            out,
            "  {}",
            if port.up {
                "Full-duplex, 10Gb/s, auto negotiation: off, uni-link: disabled"
            } else {
                "Auto-duplex, Auto-speed, auto negotiation: off, uni-link: disabled"
            }
        );
        let packets = if port.up {
            view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40
        } else {
            0
        };
        let (_, _, hours, minutes, seconds) = parts(view.uptime());
        line!(
            out,
            "  {} {} days, {hours} hours, {minutes} minutes, {seconds} seconds",
            if port.up { "Up" } else { "Down" },
            view.uptime() / 86_400
        );
        line!(
            out,
            "  Loopback Mode : None\n  {} link status changes since last clear\n  Last clearing of \"show interface\" counters never",
            1 + packets % 5
        );
        line!(
            out,
            "  5 minutes input rate {} bps (0.0% with framing overhead), {} packets/sec",
            packets % 90_000,
            packets % 90
        );
        line!(
            out,
            "  5 minutes output rate {} bps (0.0% with framing overhead), {} packets/sec",
            packets % 70_000,
            packets % 70
        );
        line!(
            out,
            "     {packets} packets input, {} bytes\n     Received {} broadcasts, {} multicast",
            packets * 412,
            packets / 90,
            packets / 120
        );
        line!(
            out,
            "     0 runts, 0 giants\n     0 input errors, 0 CRC, 0 alignment, 0 symbol, 0 input discards\n     0 PAUSE input"
        );
        line!(
            out,
            "     {} packets output, {} bytes\n     Sent 0 broadcasts, {} multicast",
            packets / 2,
            packets * 300,
            packets / 140
        );
        line!(
            out,
            "     0 output errors, 0 collisions\n     0 late collision, 0 deferred, 0 output discards\n     0 PAUSE output"
        );
    }
    for svi in view.svis() {
        line!(out, "Vlan{} is up, line protocol is up (connected)", svi.vlan);
        line!(
            out,
            "  Hardware is Vlan, address is {} (bia {})\n  Description: {}",
            svi.mac.dotted(),
            svi.mac.dotted(),
            svi.name
        );
        line!(
            out,
            "  Internet address is {}/{}\n  Broadcast address is 255.255.255.255\n  IP MTU 1500 bytes (default)\n  Up {} days",
            svi.address.ip,
            svi.address.bits,
            view.uptime() / 86_400
        );
    }
}

fn status(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Port       Name                  Status       Vlan     Duplex Speed  Type            Flags Encapsulation"
    );
    for port in view.interface_ports(88) {
        let (status, duplex, speed) = match (&port.usage, port.up) {
            (Use::Off, _) => ("disabled", "full", "10G"),
            (_, true) => ("connected", "full", "10G"),
            _ => ("notconnect", "full", "10G"),
        };
        let vlan = match &port.usage {
            Use::Routed(_) => "routed".to_owned(),
            Use::Trunk => "trunk".to_owned(),
            Use::Access { vlan, .. } => vlan.to_string(),
            Use::Off => "1".to_owned(),
        };
        let name: String = port.description.chars().take(21).collect();
        line!(
            out,
            "{:<10} {name:<21} {status:<12} {vlan:<8} {duplex:<6} {speed:<6} 10GBASE-SR                         ",
            port.short
        );
    }
}

fn brief(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "                                                                           Address"
    );
    line!(
        out,
        "Interface       IP Address           Status     Protocol         MTU    Owner  "
    );
    line!(
        out,
        "--------------- -------------------- ---------- ------------ ---------- -------"
    );
    let mut row = |name: &str, address: String| {
        line!(
            out,
            "{name:<15} {address:<20} up         up                 1500           "
        )
    };
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            row(&port.name, format!("{}/{}", address.ip, address.bits));
        }
    }
    for svi in view.svis() {
        row(
            &format!("Vlan{}", svi.vlan),
            format!("{}/{}", svi.address.ip, svi.address.bits),
        );
    }
}

fn routes(view: &View<'_>, out: &mut String) {
    out.push_str(
        "\nVRF: default\nCodes: C - connected, S - static, K - kernel, \n       O - OSPF, IA - OSPF inter area, E1 - OSPF external type 1,\n       \
         E2 - OSPF external type 2, N1 - OSPF NSSA external type 1,\n       N2 - OSPF NSSA external type2, B - Other BGP Routes,\n       \
         B I - iBGP, B E - eBGP, R - RIP, I L1 - IS-IS level 1,\n       I L2 - IS-IS level 2, O3 - OSPFv3, A B - BGP Aggregate\n\n",
    );
    let routes = view.routes();
    if let Some(default) = routes.iter().find(|route| route.prefix.bits == 0) {
        let next_hop = default.next_hop.unwrap_or(default.prefix.ip);
        line!(
            out,
            "Gateway of last resort:\n S        0.0.0.0/0 [1/0] via {next_hop}, {}\n",
            place(view, "Vlan", default.vlan, default.port)
        );
    }
    for route in routes
        .iter()
        .filter(|route| route.prefix.bits > 0 && route.source != Source::Local)
    {
        let interface = place(view, "Vlan", route.vlan, route.port);
        let prefix = format!("{}/{}", route.prefix.ip, route.prefix.bits);
        match route.next_hop {
            None => line!(out, " C        {prefix} is directly connected, {interface}"),
            Some(next_hop) => line!(out, " O        {prefix} [110/20] via {next_hop}, {interface}"),
        }
    }
}

fn version(view: &View<'_>, out: &mut String) {
    let (weeks, days, hours, minutes, _) = parts(view.uptime());
    line!(
        out,
        "Arista DCS-7050SX3-48YC8-F\nHardware version: 11.01\nSerial number: {}",
        view.serial()
    );
    line!(
        out,
        "Hardware MAC address: {}\nSystem MAC address: {}\n",
        view.base_mac().dotted(),
        view.base_mac().dotted()
    );
    out.push_str(
        "Software image version: 4.28.3M\nArchitecture: x86_64\nInternal build version: 4.28.3M-28837868.4283M\n\
         Internal build ID: 9f8d3ab5-9ac4-4b4b-a5c0-d7f9a0d2f2e1\nImage format version: 3.0\nImage optimization: Strata-4GB\n\n",
    );
    line!(
        out,
        "Uptime: {weeks} weeks, {days} days, {hours} hours and {minutes} minutes"
    );
    line!(
        out,
        "Total memory: 8155932 kB\nFree memory: {} kB\n",
        5_000_000 + (view.number(8) + view.clock) % 900_000
    );
}

fn inventory(view: &View<'_>, out: &mut String) {
    let made = Date::new(view.now() - 86_400 * (900 + view.number(9) % 900));
    line!(out, "System information\n  Model                    Description");
    line!(
        out,
        "  ------------------------ ----------------------------------------------------"
    );
    line!(
        out,
        "  DCS-7050SX3-48YC8        48x25GbE (SFP) & 8x100GbE QSFP28 Switch\n"
    );
    line!(
        out,
        "  HW Version  Serial Number  Mfg Date   Epoch\n  ----------- -------------- ---------- -----"
    );
    line!(out, "  11.01       {:<14} {} 01.00\n", view.serial(), made.iso());
    line!(
        out,
        "System has 2 power supply slots\n  Slot Model            Serial Number   \n  ---- ---------------- ----------------"
    );
    line!(
        out,
        "  1    PWR-500AC-F      {:<16}\n  2    PWR-500AC-F      {:<16}\n",
        format!("EPL{:08}", view.number(6) % 100_000_000),
        format!("EPL{:08}", view.number(7) % 100_000_000)
    );
    line!(
        out,
        "System has 4 fan modules\n  Module  Number of Fans  Model            Serial Number   \n  ------- --------------- ---------------- ----------------"
    );
    for fan in 1..=4 {
        line!(out, "  {fan}       1               FAN-7000-F       N/A             ");
    }
    line!(
        out,
        "\nSystem has {} ports\n  Type               Count\n  ------------------ ----\n  Management         1   \n  Switched           {}  ",
        view.node.ports + 1,
        view.node.ports
    );
}
