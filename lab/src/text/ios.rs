//! Cisco IOS XE: the commands of the usual capture types.

use super::{Kind, line, wider};
use crate::tables::Source;
use crate::view::{Port, Use, VLANS, View};
use crate::when::{Date, parts};

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show running-config" | "show startup-config" => {
            running_config(view, out);
            return Some(Kind::Config);
        }
        "show ip arp" | "show arp" => arp(view, out),
        "show mac address-table" | "show mac-address-table" => mac(view, out),
        "show lldp neighbors detail" => lldp_detail(view, out),
        "show lldp neighbors" => lldp(view, out),
        "show interfaces" => interfaces(view, out),
        "show interfaces status" => status(view, out),
        "show ip interface brief" => brief(view, out),
        "show ip route" => routes(view, out),
        "show version" => version(view, out),
        "show inventory" => inventory(view, out),
        _ => return super::ios_wider::show(view, command, out),
    }
    Some(Kind::Show)
}

fn running_config(view: &View<'_>, out: &mut String) {
    let mut body = String::with_capacity(view.config_bytes.unwrap_or(0) + 8_192);
    config_body(view, &mut body);
    line!(out, "Building configuration...");
    line!(out);
    line!(out, "Current configuration : {} bytes", body.len());
    out.push_str(&body);
}

fn config_body(view: &View<'_>, out: &mut String) {
    line!(out, "!");
    line!(
        out,
        "! Last configuration change at {} by lab",
        Date::new(view.changed_at()).cisco()
    );
    line!(out, "!");
    out.push_str(
        "version 17.9\nservice timestamps debug datetime msec\nservice timestamps log datetime msec\n\
         service password-encryption\nplatform punt-keepalive disable-kernel-core\n!\n",
    );
    line!(out, "hostname {}", view.name());
    out.push_str("!\nboot-start-marker\nboot-end-marker\n!\n");
    line!(
        out,
        "enable secret 9 $9${:014x}${:016x}",
        view.number(1) >> 8,
        view.number(2)
    );
    out.push_str("!\naaa new-model\naaa authentication login default local\naaa authorization exec default local\n!\n");
    line!(out, "ip domain name {}.example.net", view.site_name());
    out.push_str("!\nlldp run\n!\n");
    line!(
        out,
        "username lab privilege 15 secret 9 $9${:014x}${:016x}",
        view.number(3) >> 8,
        view.number(4)
    );
    out.push_str("!\nspanning-tree mode rapid-pvst\nspanning-tree extend system-id\n!\n");
    for (vlan, name, _) in VLANS {
        line!(out, "vlan {vlan}\n name {name}\n!");
    }
    for port in view.ports() {
        line!(out, "interface {}", port.name);
        if !port.description.is_empty() {
            line!(out, " description {}", port.description);
        }
        match &port.usage {
            Use::Routed(address) => {
                line!(out, " no switchport\n ip address {} {}", address.ip, address.mask());
                line!(out, " ip ospf network point-to-point\n ip ospf 1 area 0");
            }
            Use::Trunk => line!(
                out,
                " switchport trunk allowed vlan 10,20,30,99\n switchport mode trunk"
            ),
            Use::Access { vlan, .. } => {
                line!(
                    out,
                    " switchport access vlan {vlan}\n switchport mode access\n spanning-tree portfast"
                );
            }
            Use::Off => line!(out, " shutdown"),
        }
        line!(out, "!");
    }
    for svi in view.svis() {
        line!(
            out,
            "interface Vlan{}\n description {}\n ip address {} {}\n!",
            svi.vlan,
            svi.name,
            svi.address.ip,
            svi.address.mask()
        );
    }
    if !wider::ospf(view).is_empty() {
        line!(out, "router ospf 1\n router-id {}\n!", view.management());
    }
    let peers = wider::bgp(view);
    if !peers.is_empty() {
        line!(
            out,
            "router bgp {}\n bgp router-id {}\n bgp log-neighbor-changes",
            wider::AS,
            view.management()
        );
        for peer in peers {
            line!(out, " neighbor {} remote-as {}", peer.ip, wider::AS);
        }
        line!(out, "!");
    }
    for route in view.routes().iter().filter(|route| route.source == Source::Static) {
        if let Some(next_hop) = route.next_hop {
            line!(out, "ip route 0.0.0.0 0.0.0.0 {next_hop}");
        }
    }
    out.push_str("ip ssh version 2\n!\nip access-list standard MGMT\n 10 permit 10.0.0.0 0.255.255.255\n!\n");
    for (n, network) in view.padding(out.len(), 43) {
        line!(
            out,
            "ip prefix-list LAB-{:03} seq {} permit {network}/24",
            n / 200,
            5 * (n % 200 + 1)
        );
    }
    line!(out, "snmp-server community c0{:08x} RO MGMT", view.number(5) as u32);
    line!(
        out,
        "snmp-server location {}\nsnmp-server contact noc@example.net",
        view.site_name()
    );
    out.push_str("!\nbanner login ^C\nAuthorised access only #\n^C\n!\nline con 0\n stopbits 1\nline vty 0 15\n transport input ssh\n!\n");
    for server in view.ntp_servers() {
        line!(out, "ntp server {server}");
    }
    out.push_str("!\n!\nend\n");
}

fn arp(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Protocol  Address          Age (min)  Hardware Addr   Type   Interface"
    );
    for entry in view.arp(72) {
        let interface = match (entry.vlan, entry.port) {
            (Some(vlan), _) => format!("Vlan{vlan}"),
            (None, port) => view.port_name(port.unwrap_or(0)),
        };
        let age = if entry.own {
            "-".to_owned()
        } else {
            (entry.age / 60).to_string()
        };
        line!(
            out,
            "Internet  {:<15}{age:>10}   {}  ARPA   {interface}",
            entry.ip.to_string(),
            entry.mac.dotted()
        );
    }
}

fn mac(view: &View<'_>, out: &mut String) {
    out.push_str("          Mac Address Table\n-------------------------------------------\n\n");
    out.push_str("Vlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n");
    for n in 0..4 {
        line!(out, " All    0100.0ccc.ccc{:x}    STATIC      CPU", 0xc + n % 2);
        if n == 1 {
            break;
        }
    }
    let table = view.macs(46);
    for entry in &table {
        line!(
            out,
            "{:>4}    {}    DYNAMIC     {}",
            entry.vlan,
            entry.mac.dotted(),
            view.port_short(entry.port)
        );
    }
    line!(out, "Total Mac Addresses for this criterion: {}", table.len() + 2);
}

fn lldp(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Capability codes:\n    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n    \
         (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n\n",
    );
    line!(
        out,
        "Device ID           Local Intf     Hold-time  Capability      Port ID"
    );
    let neighbors = view.neighbors();
    for neighbor in &neighbors {
        let short: String = neighbor.name.chars().take(20).collect();
        let capability = if neighbor.router { "B,R" } else { "B" };
        line!(
            out,
            "{short:<20}{:<15}{:<11}{capability:<16}{}",
            view.port_short(neighbor.port),
            120,
            neighbor.remote_port
        );
    }
    line!(out, "\nTotal entries displayed: {}\n", neighbors.len());
}

fn lldp_detail(view: &View<'_>, out: &mut String) {
    let neighbors = view.neighbors();
    for neighbor in &neighbors {
        let capability = if neighbor.router { "B,R" } else { "B" };
        line!(out, "------------------------------------------------");
        line!(out, "Local Intf: {}", view.port_short(neighbor.port));
        line!(out, "Chassis id: {}", neighbor.chassis.dotted());
        line!(out, "Port id: {}", neighbor.remote_port);
        line!(out, "Port Description: {}", neighbor.remote_description);
        line!(out, "System Name: {}\n", neighbor.name);
        line!(out, "System Description: \n{}\n", neighbor.system);
        line!(
            out,
            "Time remaining: {} seconds",
            91 + (view.number(40 + u64::from(neighbor.port)) + view.clock) % 29
        );
        line!(
            out,
            "System Capabilities: {capability}\nEnabled Capabilities: {capability}"
        );
        line!(out, "Management Addresses:\n    IP: {}", neighbor.management);
        out.push_str(
            "Auto Negotiation - not supported\nPhysical media capabilities - not advertised\n\
             Media Attachment Unit type - not advertised\nVlan ID: - not advertised\n\n",
        );
    }
    line!(out, "\nTotal entries displayed: {}\n", neighbors.len());
}

fn interface_counters(view: &View<'_>, port: &Port, out: &mut String) {
    let salt = 0x2000 + u64::from(port.index) * 8;
    let packets = if port.up {
        view.number(salt) % 900_000_000 + view.clock * 40
    } else {
        0
    };
    let (rate_in, rate_out) = if port.up {
        (view.number(salt + 1) % 90_000, view.number(salt + 2) % 90_000)
    } else {
        (0, 0)
    };
    line!(
        out,
        "  5 minute input rate {} bits/sec, {} packets/sec",
        rate_in * 8,
        rate_in / 500
    );
    line!(
        out,
        "  5 minute output rate {} bits/sec, {} packets/sec",
        rate_out * 8,
        rate_out / 500
    );
    line!(
        out,
        "     {packets} packets input, {} bytes, 0 no buffer",
        packets * 412
    );
    line!(
        out,
        "     Received {} broadcasts ({} multicasts)",
        packets / 90,
        packets / 120
    );
    out.push_str("     0 runts, 0 giants, 0 throttles \n     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored\n");
    line!(out, "     0 watchdog, {} multicast, 0 pause input", packets / 120);
    out.push_str("     0 input packets with dribble condition detected\n");
    line!(
        out,
        "     {} packets output, {} bytes, 0 underruns",
        packets / 2,
        packets * 300
    );
    out.push_str(
        "     Output 0 broadcasts (0 multicasts)\n     0 output errors, 0 collisions, 1 interface resets\n     \
         0 unknown protocol drops\n     0 babbles, 0 late collision, 0 deferred\n     \
         0 lost carrier, 0 no carrier, 0 pause output\n     0 output buffer failures, 0 output buffers swapped out\n",
    );
}

fn interfaces(view: &View<'_>, out: &mut String) {
    for svi in view.svis() {
        line!(out, "Vlan{} is up, line protocol is up , Autostate Enabled", svi.vlan);
        line!(
            out,
            "  Hardware is Ethernet SVI, address is {} (bia {})",
            svi.mac.dotted(),
            svi.mac.dotted()
        );
        line!(
            out,
            "  Description: {}\n  Internet address is {}/{}",
            svi.name,
            svi.address.ip,
            svi.address.bits
        );
        out.push_str(
            "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n     reliability 255/255, txload 1/255, rxload 1/255\n  \
             Encapsulation ARPA, loopback not set\n  Keepalive not supported \n  ARP type: ARPA, ARP Timeout 04:00:00\n  \
             Last input 00:00:00, output 00:00:01, output hang never\n  Last clearing of \"show interface\" counters never\n  \
             Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 0\n  Queueing strategy: fifo\n  \
             Output queue: 0/40 (size/max)\n",
        );
        let port = Port {
            index: 900 + svi.vlan,
            ..view.port(0)
        };
        interface_counters(view, &port, out);
    }
    for port in view.interface_ports(1_560) {
        let (state, note) = match (&port.usage, port.up) {
            (Use::Off, _) => ("administratively down, line protocol is down", "disabled"),
            (_, true) => ("up, line protocol is up", "connected"),
            (_, false) => ("down, line protocol is down", "notconnect"),
        };
        line!(out, "{} is {state} ({note}) ", port.name);
        line!(
            out,
            "  Hardware is {} Ethernet, address is {} (bia {})",
            if port.fast { "Ten Gigabit" } else { "Gigabit" },
            port.mac.dotted(),
            port.mac.dotted()
        );
        if !port.description.is_empty() {
            line!(out, "  Description: {}", port.description);
        }
        if let Use::Routed(address) = &port.usage {
            line!(out, "  Internet address is {}/{}", address.ip, address.bits);
        }
        line!(
            out,
            "  MTU 1500 bytes, BW {} Kbit/sec, DLY 10 usec, ",
            if port.fast { 10_000_000 } else { 1_000_000 }
        );
        out.push_str("     reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, loopback not set\n  Keepalive set (10 sec)\n");
        match (port.up, port.fast) {
            (true, true) => out.push_str("  Full-duplex, 10Gb/s, link type is auto, media type is SFP-10GBase-SR\n"),
            (true, false) => out.push_str("  Full-duplex, 1000Mb/s, media type is 10/100/1000BaseTX\n"),
            (false, _) => out.push_str("  Auto-duplex, Auto-speed, media type is 10/100/1000BaseTX\n"),
        }
        out.push_str(
            "  input flow-control is on, output flow-control is unsupported \n  ARP type: ARPA, ARP Timeout 04:00:00\n  \
             Last input 00:00:03, output 00:00:00, output hang never\n  Last clearing of \"show interface\" counters never\n  \
             Input queue: 0/2000/0/0 (size/max/drops/flushes); Total output drops: 0\n  Queueing strategy: fifo\n  \
             Output queue: 0/40 (size/max)\n",
        );
        interface_counters(view, &port, out);
    }
}

fn status(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "\nPort         Name               Status       Vlan       Duplex  Speed Type"
    );
    for port in view.interface_ports(80) {
        let status = match (&port.usage, port.up) {
            (Use::Off, _) => "disabled",
            (_, true) => "connected",
            _ => "notconnect",
        };
        let vlan = match &port.usage {
            Use::Routed(_) => "routed".to_owned(),
            Use::Trunk => "trunk".to_owned(),
            Use::Access { vlan, .. } => vlan.to_string(),
            Use::Off => "1".to_owned(),
        };
        let name: String = port.description.chars().take(18).collect();
        let (duplex, speed) = match (port.up, port.fast) {
            (true, true) => ("full", "10G"),
            (true, false) => ("a-full", "a-1000"),
            _ => ("auto", "auto"),
        };
        let media = if port.fast {
            "SFP-10GBase-SR"
        } else {
            "10/100/1000BaseTX"
        };
        line!(
            out,
            "{:<12} {name:<18} {status:<12} {vlan:<10} {duplex:>6} {speed:>6} {media}",
            port.short
        );
    }
}

fn brief(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Interface              IP-Address      OK? Method Status                Protocol"
    );
    for svi in view.svis() {
        line!(
            out,
            "{:<22} {:<15} YES NVRAM  up                    up      ",
            format!("Vlan{}", svi.vlan),
            svi.address.ip.to_string()
        );
    }
    for port in view.ports() {
        let ip = match &port.usage {
            Use::Routed(address) => address.ip.to_string(),
            _ => "unassigned".to_owned(),
        };
        let (status, protocol) = match (&port.usage, port.up) {
            (Use::Off, _) => ("administratively down", "down"),
            (_, true) => ("up", "up"),
            _ => ("down", "down"),
        };
        line!(
            out,
            "{:<22} {ip:<15} YES {:<6} {status:<21} {protocol:<8}",
            port.name,
            if ip == "unassigned" { "unset" } else { "NVRAM" }
        );
    }
}

fn routes(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n       \
         D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n       \
         N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n       \
         E1 - OSPF external type 1, E2 - OSPF external type 2, m - OMP\n       \
         i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n       \
         * - candidate default, U - per-user static route\n\n",
    );
    let routes = view.routes();
    match routes
        .iter()
        .find(|route| route.prefix.bits == 0)
        .and_then(|route| route.next_hop)
    {
        Some(next_hop) => line!(out, "Gateway of last resort is {next_hop} to network 0.0.0.0\n"),
        None => line!(out, "Gateway of last resort is not set\n"),
    }
    for route in &routes {
        let interface = match (route.vlan, route.port) {
            (Some(vlan), _) => format!("Vlan{vlan}"),
            (None, port) => view.port_name(port.unwrap_or(0)),
        };
        let prefix = format!("{}/{}", route.prefix.ip, route.prefix.bits);
        match (route.source, route.next_hop) {
            (Source::Connected, _) => line!(out, "C        {prefix} is directly connected, {interface}"),
            (Source::Local, _) => line!(out, "L        {prefix} is directly connected, {interface}"),
            (Source::Static, Some(next_hop)) => line!(out, "S*    {prefix} [1/0] via {next_hop}"),
            (_, Some(next_hop)) => line!(out, "O        {prefix} [110/20] via {next_hop}, 5w2d, {interface}"),
            _ => {}
        }
    }
}

fn version(view: &View<'_>, out: &mut String) {
    let (weeks, days, hours, minutes, _) = parts(view.uptime());
    out.push_str(
        "Cisco IOS XE Software, Version 17.09.04a\nCisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), \
         Version 17.9.4a, RELEASE SOFTWARE (fc3)\nTechnical Support: http://www.cisco.com/techsupport\n\
         Copyright (c) 1986-2023 by Cisco Systems, Inc.\nCompiled Fri 20-Oct-23 10:44 by mcpre\n\n\n\
         ROM: IOS-XE ROMMON\nBOOTLDR: System Bootstrap, Version 17.8.1r[FC1], RELEASE SOFTWARE (P)\n\n",
    );
    line!(
        out,
        "{} uptime is {weeks} weeks, {days} days, {hours} hours, {minutes} minutes",
        view.name()
    );
    line!(
        out,
        "Uptime for this control processor is {weeks} weeks, {days} days, {hours} hours, {minutes} minutes"
    );
    line!(out, "System returned to ROM by Reload Command");
    line!(
        out,
        "System restarted at {}",
        Date::new(view.now() - view.uptime()).cisco()
    );
    out.push_str("System image file is \"flash:packages.conf\"\nLast reload reason: Reload Command\n\n\n\n");
    out.push_str(
        "Technology Package License Information: \n\n\
         ------------------------------------------------------------------------------\n\
         Technology-package                                     Technology-package\n\
         Current                        Type                       Next reboot  \n\
         ------------------------------------------------------------------------------\n\
         network-advantage   \tSmart License                 \t network-advantage   \n\
         dna-advantage       \tSubscription Smart License    \t dna-advantage       \n\n\n",
    );
    line!(
        out,
        "cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory."
    );
    line!(out, "Processor board ID {}", view.serial());
    line!(
        out,
        "{} Virtual Ethernet interfaces\n{} Gigabit Ethernet interfaces",
        view.svis().len(),
        view.node.ports
    );
    out.push_str(
        "2048K bytes of non-volatile configuration memory.\n8388608K bytes of physical memory.\n\
         1638400K bytes of Crash Files at crashinfo:.\n11264000K bytes of Flash at flash:.\n\n",
    );
    line!(out, "Base Ethernet MAC Address          : {}", view.base_mac().colon());
    line!(
        out,
        "Motherboard Assembly Number        : 73-17952-06\nMotherboard Serial Number          : {}",
        view.serial()
    );
    line!(
        out,
        "Model Revision Number              : A0\nModel Number                       : C9300-24T"
    );
    line!(out, "System Serial Number               : {}\n\n", view.serial());
    out.push_str("Switch Ports Model              SW Version        SW Image              Mode   \n");
    out.push_str("------ ----- -----              ----------        ----------            ----   \n");
    line!(
        out,
        "*    1 {:<5} C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL\n\n",
        view.node.ports
    );
    line!(out, "Configuration register is 0x102");
}

fn inventory(view: &View<'_>, out: &mut String) {
    let mut item = |name: &str, description: &str, pid: &str, vid: &str, serial: &str| {
        line!(out, "NAME: \"{name}\", DESCR: \"{description}\"");
        line!(out, "PID: {pid:<18}, VID: {vid:<5}, SN: {serial}\n");
    };
    item("c93xx Stack", "c93xx Stack", "C9300-24T", "V02", &view.serial());
    item("Switch 1", "C9300-24T", "C9300-24T", "V02", &view.serial());
    item(
        "Switch 1 - Power Supply A",
        "Switch 1 - Power Supply A",
        "PWR-C1-350WAC-P",
        "V01",
        &format!("ART{:08}", view.number(6) % 100_000_000),
    );
    item(
        "Switch 1 FRU Uplink Module 1",
        "4x10G Uplink Module",
        "C9300-NM-4G",
        "V01",
        &format!("FJZ{:08}", view.number(7) % 100_000_000),
    );
}
