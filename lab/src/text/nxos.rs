//! Cisco NX-OS: the commands of the usual capture types.

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
        "show ip arp" | "show ip arp vrf all" => arp(view, out),
        "show mac address-table" => mac(view, out),
        "show lldp neighbors detail" => lldp_detail(view, out),
        "show lldp neighbors" => lldp(view, out),
        "show interface" => interfaces(view, out),
        "show interface status" => status(view, out),
        "show ip interface brief" => brief(view, out),
        "show ip route" | "show ip route vrf all" => routes(view, out),
        "show version" => version(view, out),
        "show inventory" => inventory(view, out),
        _ => return super::nxos_wider::show(view, command, out),
    }
    Some(Kind::Show)
}

const CAPABILITIES: &str = "Capability codes:\n  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n  \
    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n\
    Device ID            Local Intf      Hold-time  Capability  Port ID  \n";

fn running_config(view: &View<'_>, out: &mut String) {
    line!(out, "\n!Command: show running-config");
    line!(
        out,
        "!Running configuration last done at: {}",
        Date::new(view.changed_at()).unix()
    );
    line!(out, "!Time: {}\n", Date::new(view.now()).unix());
    line!(out, "version 9.3(10) Bios:version 07.69 ");
    line!(
        out,
        "hostname {}\nvdc {} id 1\n  limit-resource vlan minimum 16 maximum 4094\n",
        view.name(),
        view.name()
    );
    out.push_str("feature ospf\nfeature bgp\nfeature interface-vlan\nfeature lldp\n\nno password strength-check\n");
    line!(
        out,
        "username lab password 5 $5${:014X}${:016x}  role network-admin",
        view.number(1) >> 8,
        view.number(2)
    );
    line!(out, "ip domain-lookup\nip domain-name {}.example.net", view.site_name());
    line!(
        out,
        "snmp-server user lab network-admin auth md5 0x{:016x} priv 0x{:016x} localizedkey",
        view.number(3),
        view.number(4)
    );
    line!(
        out,
        "snmp-server community c0{:08x} group network-operator",
        view.number(5) as u32
    );
    for server in view.ntp_servers() {
        line!(out, "ntp server {server} use-vrf default");
    }
    for (n, network) in view.padding(out.len() + 4_000, 45) {
        line!(
            out,
            "ip prefix-list LAB-{:03} seq {} permit {network}/24 ",
            n / 200,
            5 * (n % 200 + 1)
        );
    }
    for route in view.routes().iter().filter(|route| route.source == Source::Static) {
        if let Some(next_hop) = route.next_hop {
            line!(out, "ip route 0.0.0.0/0 {next_hop}");
        }
    }
    line!(
        out,
        "vlan 1,{}",
        VLANS
            .iter()
            .map(|(vlan, ..)| vlan.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
    for (vlan, name, _) in VLANS {
        line!(out, "vlan {vlan}\n  name {name}");
    }
    line!(out, "\nvrf context management\n");
    for svi in view.svis() {
        line!(
            out,
            "interface Vlan{}\n  description {}\n  no shutdown\n  ip address {}/{}\n",
            svi.vlan,
            svi.name,
            svi.address.ip,
            svi.address.bits
        );
    }
    for port in view.ports() {
        line!(out, "interface {}", port.name);
        if !port.description.is_empty() {
            line!(out, "  description {}", port.description);
        }
        match &port.usage {
            Use::Routed(address) => {
                line!(out, "  no switchport\n  ip address {}/{}", address.ip, address.bits);
                line!(
                    out,
                    "  ip ospf network point-to-point\n  ip router ospf 1 area 0.0.0.0\n  no shutdown\n"
                );
            }
            Use::Trunk => line!(
                out,
                "  switchport mode trunk\n  switchport trunk allowed vlan 10,20,30,99\n"
            ),
            Use::Access { vlan, .. } => line!(out, "  switchport access vlan {vlan}\n  spanning-tree port type edge\n"),
            Use::Off => line!(out, "  shutdown\n"),
        }
    }
    line!(out, "interface mgmt0\n  vrf member management");
    out.push_str("line console\nline vty\nboot nxos bootflash:/nxos.9.3.10.bin \n");
    line!(out, "router ospf 1\n  router-id {}", view.management());
    let peers = wider::bgp(view);
    if !peers.is_empty() {
        line!(out, "router bgp {}\n  router-id {}", wider::AS, view.management());
    }
    for peer in peers {
        line!(
            out,
            "  neighbor {}\n    remote-as {}\n    address-family ipv4 unicast",
            peer.ip,
            wider::AS
        );
    }
    line!(out, "  router-id {}\n\n", view.management());
}

fn arp(view: &View<'_>, out: &mut String) {
    let table: Vec<_> = view.arp(62).into_iter().filter(|entry| !entry.own).collect();
    out.push_str(
        "\nFlags: * - Adjacencies learnt on non-active FHRP router\n       + - Adjacencies synced via CFSoE\n       \
         # - Adjacencies Throttled for Glean\n       CP - Added via L2RIB, Control plane Adjacencies\n       \
         PS - Added via L2RIB, Peer Sync\n       RO - Re-Originated Peer Sync Entry\n       D - Static Adjacencies attached to down interface\n\n",
    );
    line!(
        out,
        "IP ARP Table for context default\nTotal number of entries: {}",
        table.len()
    );
    line!(out, "Address         Age       MAC Address     Interface       Flags");
    for entry in &table {
        let (_, _, hours, minutes, seconds) = parts(entry.age % 1_500);
        let age = format!("{hours:02}:{minutes:02}:{seconds:02}");
        line!(
            out,
            "{:<15} {age}  {}  {:<15}",
            entry.ip.to_string(),
            entry.mac.dotted(),
            place(view, "Vlan", entry.vlan, entry.port)
        );
    }
}

fn mac(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Legend: \n        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC\n        \
         age - seconds since last seen,+ - primary entry using vPC Peer-Link,\n        \
         (T) - True, (F) - False, C - ControlPlane MAC, ~ - vsan,\n        (NA)- Not Applicable\n   \
         VLAN     MAC Address      Type      age     Secure NTFY Ports\n\
         ---------+-----------------+--------+---------+------+----+------------------\n",
    );
    for entry in view.macs(75) {
        line!(
            out,
            "* {:>4}     {}   dynamic  0         F      F    {}",
            entry.vlan,
            entry.mac.dotted(),
            view.port_short(entry.port)
        );
    }
    line!(
        out,
        "G    -     {}   static   -         F      F    sup-eth1(R)",
        view.base_mac().dotted()
    );
}

fn lldp(view: &View<'_>, out: &mut String) {
    out.push_str(CAPABILITIES);
    let neighbors = view.neighbors();
    for neighbor in &neighbors {
        let capability = if neighbor.router { "BR" } else { "B" };
        if neighbor.name.len() > 20 {
            line!(out, "{}", neighbor.name);
            line!(
                out,
                "                     {:<15} {:<10} {capability:<11} {:<14}",
                view.port_short(neighbor.port),
                120,
                neighbor.remote_port
            );
        } else {
            line!(
                out,
                "{:<20} {:<15} {:<10} {capability:<11} {:<14}",
                neighbor.name,
                view.port_short(neighbor.port),
                120,
                neighbor.remote_port
            );
        }
    }
    line!(out, "Total entries displayed: {}", neighbors.len());
}

fn lldp_detail(view: &View<'_>, out: &mut String) {
    out.push_str(CAPABILITIES);
    line!(out);
    let neighbors = view.neighbors();
    for neighbor in &neighbors {
        let capability = if neighbor.router { "B, R" } else { "B" };
        line!(out, "Chassis id: {}", neighbor.chassis.dotted());
        line!(
            out,
            "Port id: {}\nLocal Port id: {}",
            neighbor.remote_port,
            view.port_short(neighbor.port)
        );
        line!(out, "Port Description: {}", neighbor.remote_description);
        line!(
            out,
            "System Name: {}\nSystem Description: {}",
            neighbor.name,
            neighbor.system
        );
        line!(
            out,
            "Time remaining: {} seconds",
            91 + (view.number(40 + u64::from(neighbor.port)) + view.clock) % 29
        );
        line!(
            out,
            "System Capabilities: {capability}\nEnabled Capabilities: {capability}"
        );
        line!(
            out,
            "Management Address: {}\nManagement Address IPV6: not advertised\nVlan ID: not advertised\n\n",
            neighbor.management
        );
    }
    line!(out, "Total entries displayed: {}", neighbors.len());
}

fn interfaces(view: &View<'_>, out: &mut String) {
    line!(out, "mgmt0 is up\nadmin state is up,");
    line!(
        out,
        "  Hardware: Ethernet, address: {} (bia {})",
        view.base_mac().dotted(),
        view.base_mac().dotted()
    );
    out.push_str("  MTU 1500 bytes, BW 1000000 Kbit , DLY 10 usec\n  reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, medium is broadcast\n");
    out.push_str("  full-duplex, 1000 Mb/s\n  Auto-Negotiation is turned on\n\n");
    for port in view.interface_ports(1_720) {
        let state = match (&port.usage, port.up) {
            (Use::Off, _) => "down (Administratively down)",
            (_, true) => "up",
            _ => "down (Link not connected)",
        };
        line!(
            out,
            "{} is {state}\nadmin state is {}, Dedicated Interface",
            port.name,
            if matches!(port.usage, Use::Off) { "down" } else { "up" }
        );
        line!(
            out,
            "  Hardware: 1000/10000 Ethernet, address: {} (bia {})",
            port.mac.dotted(),
            port.mac.dotted()
        );
        if !port.description.is_empty() {
            line!(out, "  Description: {}", port.description);
        }
        if let Use::Routed(address) = &port.usage {
            line!(out, "  Internet Address is {}/{}", address.ip, address.bits);
        }
        out.push_str("  MTU 1500 bytes, BW 10000000 Kbit , DLY 10 usec\n  reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, medium is broadcast\n");
        match &port.usage {
            Use::Routed(_) | Use::Off => {}
            Use::Trunk => line!(out, "  Port mode is trunk"),
            Use::Access { .. } => line!(out, "  Port mode is access"),
        }
        line!(
            out,
            "  {}-duplex, {}",
            if port.up { "full" } else { "auto" },
            if port.up {
                "10 Gb/s, media type is 10G"
            } else {
                "auto-speed, media type is 10G"
            }
        );
        let packets = if port.up {
            view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40
        } else {
            0
        };
        out.push_str(
            "  Beacon is turned off\n  Auto-Negotiation is turned on  FEC mode is Auto\n  Input flow-control is off, output flow-control is off\n  \
             Auto-mdix is turned off\n  Rate mode is dedicated\n  Switchport monitor is off \n  EtherType is 0x8100 \n  EEE (efficient-ethernet) : n/a\n",
        );
        line!(
            out,
            "  Last link flapped {}\n  Last clearing of \"show interface\" counters never\n  1 interface resets",
            if port.up { "5week(s) 2day(s)" } else { "never" }
        );
        line!(
            out,
            "  Load-Interval #1: 30 seconds\n    30 seconds input rate {} bits/sec, {} packets/sec",
            packets % 90_000,
            packets % 90
        );
        line!(
            out,
            "    30 seconds output rate {} bits/sec, {} packets/sec",
            packets % 70_000,
            packets % 70
        );
        line!(
            out,
            "  RX\n    {packets} unicast packets  {} multicast packets  {} broadcast packets",
            packets / 120,
            packets / 90
        );
        line!(
            out,
            "    {} input packets  {} bytes",
            packets + packets / 120 + packets / 90,
            packets * 412
        );
        out.push_str(
            "    0 jumbo packets  0 storm suppression bytes\n    0 runts  0 giants  0 CRC  0 no buffer\n    \
             0 input error  0 short frame  0 overrun   0 underrun  0 ignored\n    \
             0 watchdog  0 bad etype drop  0 bad proto drop  0 if down drop\n    0 input with dribble  0 input discard\n    0 Rx pause\n",
        );
        line!(
            out,
            "  TX\n    {} unicast packets  0 multicast packets  0 broadcast packets",
            packets / 2
        );
        line!(out, "    {} output packets  {} bytes", packets / 2, packets * 300);
        out.push_str(
            "    0 jumbo packets\n    0 output error  0 collision  0 deferred  0 late collision\n    \
             0 lost carrier  0 no carrier  0 babble  0 output discard\n    0 Tx pause\n\n",
        );
    }
    for svi in view.svis() {
        line!(out, "Vlan{} is up, line protocol is up, autostate enabled", svi.vlan);
        line!(
            out,
            "  Hardware is EtherSVI, address is  {}\n  Description: {}",
            svi.mac.dotted(),
            svi.name
        );
        line!(out, "  Internet Address is {}/{}", svi.address.ip, svi.address.bits);
        out.push_str("  MTU 1500 bytes, BW 1000000 Kbit , DLY 10 usec,\n   reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, loopback not set\n  Keepalive not supported\n  ARP type: ARPA\n  Last clearing of \"show interface\" counters never\n\n");
    }
}

fn status(view: &View<'_>, out: &mut String) {
    let rule = "--------------------------------------------------------------------------------";
    line!(
        out,
        "\n{rule}\nPort          Name               Status    Vlan      Duplex  Speed   Type\n{rule}"
    );
    for port in view.interface_ports(82) {
        let (status, duplex, speed) = match (&port.usage, port.up) {
            (Use::Off, _) => ("disabled", "auto", "auto"),
            (_, true) => ("connected", "full", "10G"),
            _ => ("notconnec", "auto", "auto"),
        };
        let vlan = match &port.usage {
            Use::Routed(_) => "routed".to_owned(),
            Use::Trunk => "trunk".to_owned(),
            Use::Access { vlan, .. } => vlan.to_string(),
            Use::Off => "1".to_owned(),
        };
        let name: String = if port.description.is_empty() {
            "--".to_owned()
        } else {
            port.description.chars().take(18).collect()
        };
        line!(
            out,
            "{:<13} {name:<18} {status:<9} {vlan:<9} {duplex:<7} {speed:<7} 10Gbase-SR",
            port.short
        );
    }
}

fn brief(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "\nIP Interface Status for VRF \"default\"(1)\nInterface            IP Address      Interface Status"
    );
    for svi in view.svis() {
        line!(
            out,
            "{:<20} {:<15} protocol-up/link-up/admin-up       ",
            format!("Vlan{}", svi.vlan),
            svi.address.ip.to_string()
        );
    }
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            line!(
                out,
                "{:<20} {:<15} protocol-up/link-up/admin-up       ",
                port.short,
                address.ip.to_string()
            );
        }
    }
}

fn routes(view: &View<'_>, out: &mut String) {
    out.push_str(
        "IP Route Table for VRF \"default\"\n'*' denotes best ucast next-hop\n'**' denotes best mcast next-hop\n\
         '[x/y]' denotes [preference/metric]\n'%<string>' in via output denotes VRF <string>\n\n",
    );
    for route in view.routes() {
        let interface = place(view, "Vlan", route.vlan, route.port).replace("Ethernet", "Eth");
        let prefix = format!("{}/{}", route.prefix.ip, route.prefix.bits);
        let attached = if route.next_hop.is_none() { ", attached" } else { "" };
        line!(out, "{prefix}, ubest/mbest: 1/0{attached}");
        match (route.source, route.next_hop) {
            (Source::Connected, _) => line!(out, "    *via {}, {interface}, [0/0], 5w2d, direct", route.prefix.ip),
            (Source::Local, _) => line!(out, "    *via {}, {interface}, [0/0], 5w2d, local", route.prefix.ip),
            (Source::Static, Some(next_hop)) => line!(out, "    *via {next_hop}, {interface}, [1/0], 5w2d, static"),
            (_, next_hop) => line!(
                out,
                "    *via {}, {interface}, [110/20], 5w2d, ospf-1, intra",
                next_hop.unwrap_or(route.prefix.ip)
            ),
        }
    }
}

fn version(view: &View<'_>, out: &mut String) {
    let (weeks, days, hours, minutes, seconds) = parts(view.uptime());
    out.push_str(
        "Cisco Nexus Operating System (NX-OS) Software\nTAC support: http://www.cisco.com/tac\n\
         Documents: http://www.cisco.com/en/US/products/ps9372/tsd_products_support_series_home.html\n\
         Copyright (c) 2002-2022, Cisco Systems, Inc. All rights reserved.\n\
         The copyrights to certain works contained herein are owned by\nother third parties and are used and distributed under license.\n\n\
         Software\n  BIOS: version 07.69\n  NXOS: version 9.3(10)\n  BIOS compile time:  04/08/2021\n  \
         NXOS image file is: bootflash:///nxos.9.3.10.bin\n  NXOS compile time:  6/23/2022 12:00:00 [06/23/2022 20:36:25]\n\n\n\
         Hardware\n  cisco Nexus9000 C93180YC-EX chassis \n  Intel(R) Xeon(R) CPU  @ 1.80GHz with 24571740 kB of memory.\n",
    );
    line!(
        out,
        "  Processor Board ID {}\n\n  Device name: {}\n  bootflash:   53298520 kB",
        view.serial(),
        view.name()
    );
    line!(
        out,
        "Kernel uptime is {} day(s), {hours} hour(s), {minutes} minute(s), {seconds} second(s)\n",
        weeks * 7 + days
    );
    out.push_str("Last reset \n  Reason: Unknown\n  System version: 9.3(10)\n  Service: \n\nplugin\n  Core Plugin, Ethernet Plugin\n\nActive Package(s):\n        \n");
}

fn inventory(view: &View<'_>, out: &mut String) {
    let mut item = |name: &str, description: &str, pid: &str, vid: &str, serial: &str| {
        line!(out, "NAME: \"{name}\",  DESCR: \"{description}\"");
        line!(out, "PID: {pid:<20},  VID: {vid},  SN: {serial:<20}\n");
    };
    let power = |n: u64| format!("LIT{:08}", view.number(n) % 100_000_000);
    item(
        "Chassis",
        "Nexus9000 C93180YC-EX chassis",
        "N9K-C93180YC-EX",
        "V02",
        &view.serial(),
    );
    item(
        "Slot 1",
        "48x10/25G/32G + 6x40/100G Ethernet/FC Module",
        "N9K-C93180YC-EX",
        "V02",
        &view.serial(),
    );
    item(
        "Power Supply 1",
        "Nexus9000 C93180YC-EX chassis Power Supply",
        "NXA-PAC-650W-PI",
        "V01",
        &power(6),
    );
    item(
        "Power Supply 2",
        "Nexus9000 C93180YC-EX chassis Power Supply",
        "NXA-PAC-650W-PI",
        "V01",
        &power(7),
    );
    item(
        "Fan 1",
        "Nexus9000 C93180YC-EX chassis Fan Module",
        "NXA-FAN-30CFM-F",
        "V01",
        "N/A",
    );
}
