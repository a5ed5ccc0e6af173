//! A Debian server: files and commands of the usual capture types.

use super::{Kind, line};
use crate::tables::Source;
use crate::view::{Address, VLAN_BITS, View};
use crate::when::Date;

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "cat /etc/network/interfaces" => {
            configuration(view, out);
            return Some(Kind::Config);
        }
        // The usual way to print several configuration files, each under its name; this server has one of them.
        _ if command.starts_with("tail -v -n +1 /etc/network/interfaces") => {
            line!(out, "==> /etc/network/interfaces <==");
            configuration(view, out);
            return Some(Kind::Config);
        }
        "cat /etc/os-release" => os_release(out),
        "uname -a" => line!(
            out,
            "Linux {} 6.1.0-21-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.90-1 (2024-05-03) x86_64 GNU/Linux",
            view.name()
        ),
        "uname -r" => line!(out, "6.1.0-21-amd64"),
        "hostname" | "cat /etc/hostname" => line!(out, "{}", view.name()),
        "ip addr" | "ip addr show" | "ip address" | "ip address show" | "ip a" | "ip -d addr" => addresses(view, out),
        "ip link" | "ip link show" | "ip -d link" | "ip -d link show" => links(view, out, false),
        "ip -s link" | "ip -s link show" => links(view, out, true),
        "ip neigh" | "ip neigh show" | "ip neighbor" | "ip neighbor show" => neighbors(view, out),
        "arp -an" => {
            for entry in view.arp(60).iter().filter(|entry| !entry.own) {
                line!(out, "? ({}) at {} [ether] on eth0", entry.ip, entry.mac.colon());
            }
        }
        "bridge fdb show" | "bridge fdb" => {
            line!(
                out,
                "33:33:00:00:00:01 dev eth0 self permanent\n01:00:5e:00:00:01 dev eth0 self permanent"
            );
        }
        "ip route" | "ip route show" | "ip r" => routes(view, out, false),
        "ip route show table all" => routes(view, out, true),
        "lldpcli show neighbors" | "lldpcli show neighbors details" => lldp(view, out, command.ends_with("details")),
        "dmidecode -t system" | "sudo dmidecode -t system" => dmidecode(view, out),
        "uptime" => {
            let now = Date::new(view.now());
            line!(
                out,
                " {} up {} days, 10:07,  1 user,  load average: 0.03, 0.05, 0.01",
                now.time(),
                view.uptime() / 86_400
            );
        }
        "date" => {
            let now = Date::new(view.now());
            line!(
                out,
                "{} {} {:>2} {} UTC {}",
                now.weekday(),
                now.month_name(),
                now.day,
                now.time(),
                now.year
            );
        }
        "whoami" | "id -un" => line!(out, "lab"),
        "cat /etc/debian_version" => line!(out, "12.5"),
        "pwd" => line!(out, "/home/lab"),
        _ => return None,
    }
    Some(Kind::Show)
}

fn configuration(view: &View<'_>, out: &mut String) {
    let address = Address {
        ip: view.management(),
        bits: VLAN_BITS,
    };
    line!(
        out,
        "# This file describes the network interfaces available on your system\nsource /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n"
    );
    for port in view.ports() {
        if !port.description.is_empty() {
            line!(out, "# {}: {}", port.name, port.description);
        }
        line!(out, "auto {}", port.name);
        if port.index == 0 {
            line!(
                out,
                "iface eth0 inet static\n    address {}/{}\n    gateway {}\n    dns-search {}.example.net",
                address.ip,
                address.bits,
                view.gateway(30),
                view.site_name()
            );
            for server in view.ntp_servers().iter().skip(2) {
                line!(out, "    up ip route add {server}/32 via {}", view.gateway(30));
            }
            for (_, network) in view.padding(600, 56) {
                line!(out, "    up ip route add {network}/24 via {}", view.gateway(30));
            }
        } else {
            line!(out, "iface {} inet manual", port.name);
        }
        line!(out);
    }
}

fn os_release(out: &mut String) {
    out.push_str(
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\n\
         VERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\nSUPPORT_URL=\"https://www.debian.org/support\"\n\
         BUG_REPORT_URL=\"https://bugs.debian.org/\"\n",
    );
}

fn addresses(view: &View<'_>, out: &mut String) {
    out.push_str(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    \
         link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n",
    );
    for port in view.interface_ports(220) {
        link_head(&port, port.index + 2, out);
        if port.index == 0 {
            let last = u32::from(view.management()) | 0xfff;
            line!(
                out,
                "    inet {}/{VLAN_BITS} brd {} scope global eth0\n       valid_lft forever preferred_lft forever",
                view.management(),
                std::net::Ipv4Addr::from(last)
            );
        }
    }
}

fn link_head(port: &crate::view::Port, number: u16, out: &mut String) {
    let (flags, state) = if port.up {
        ("BROADCAST,MULTICAST,UP,LOWER_UP", "UP")
    } else {
        ("NO-CARRIER,BROADCAST,MULTICAST,UP", "DOWN")
    };
    line!(
        out,
        "{number}: {}: <{flags}> mtu 1500 qdisc mq state {state} group default qlen 1000",
        port.name
    );
    line!(out, "    link/ether {} brd ff:ff:ff:ff:ff:ff", port.mac.colon());
}

fn links(view: &View<'_>, out: &mut String, counters: bool) {
    out.push_str("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n");
    for port in view.ports() {
        link_head(&port, port.index + 2, out);
        if counters {
            let packets = if port.up {
                view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40
            } else {
                0
            };
            line!(
                out,
                "    RX:  bytes packets errors dropped  missed   mcast           \n    {} {packets}      0       0       0 {}",
                packets * 412,
                packets / 120
            );
            line!(
                out,
                "    TX:  bytes packets errors dropped carrier collsns           \n    {} {}      0       0       0       0",
                packets * 300,
                packets / 2
            );
        }
    }
}

fn neighbors(view: &View<'_>, out: &mut String) {
    for (n, entry) in view.arp(60).iter().filter(|entry| !entry.own).enumerate() {
        line!(
            out,
            "{} dev eth0 lladdr {} {}",
            entry.ip,
            entry.mac.colon(),
            if n % 2 == 0 { "REACHABLE" } else { "STALE" }
        );
    }
}

fn routes(view: &View<'_>, out: &mut String, all: bool) {
    for route in view.routes() {
        let (ip, bits) = (route.prefix.ip, route.prefix.bits);
        match (route.source, route.next_hop) {
            (Source::Static, Some(next_hop)) => line!(out, "default via {next_hop} dev eth0 onlink"),
            (Source::Connected, _) => line!(
                out,
                "{ip}/{bits} dev eth0 proto kernel scope link src {}",
                view.management()
            ),
            (Source::Local, _) if all => line!(out, "local {ip} dev eth0 table local proto kernel scope host src {ip}"),
            _ => {}
        }
    }
    if all {
        line!(
            out,
            "local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1"
        );
    }
}

fn lldp(view: &View<'_>, out: &mut String, details: bool) {
    let rule = "-------------------------------------------------------------------------------";
    line!(out, "{rule}\nLLDP neighbors:\n{rule}");
    for neighbor in view.neighbors() {
        line!(
            out,
            "Interface:    {}, via: LLDP, RID: 1, Time: 12 days, 04:11:09",
            view.port_name(neighbor.port)
        );
        line!(
            out,
            "  Chassis:     \n    ChassisID:    mac {}\n    SysName:      {}\n    SysDescr:     {}",
            neighbor.chassis.colon(),
            neighbor.name,
            neighbor.system
        );
        line!(
            out,
            "    MgmtIP:       {}\n    Capability:   Bridge, on\n    Capability:   Router, {}",
            neighbor.management,
            if neighbor.router { "on" } else { "off" }
        );
        line!(
            out,
            "  Port:        \n    PortID:       ifname {}\n    PortDescr:    {}\n    TTL:          120",
            neighbor.remote_port,
            neighbor.remote_description
        );
        if details {
            line!(out, "    MFS:          9236\n  VLAN:         30, pvid: yes");
        }
        line!(out, "{rule}");
    }
}

fn dmidecode(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2.0 present.\n"
    );
    line!(
        out,
        "Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Dell Inc.\n\tProduct Name: PowerEdge R640\n\tVersion: Not Specified"
    );
    line!(
        out,
        "\tSerial Number: {}\n\tUUID: 4c4c4544-{:04x}-{:04x}-{:04x}-{:012x}",
        view.serial(),
        view.number(10) & 0xffff,
        view.number(11) & 0xffff,
        view.number(12) & 0xffff,
        view.number(13) >> 16
    );
    line!(
        out,
        "\tWake-up Type: Power Switch\n\tSKU Number: SKU=NotProvided;ModelName=PowerEdge R640\n\tFamily: PowerEdge\n"
    );
}
