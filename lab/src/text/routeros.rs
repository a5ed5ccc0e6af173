//! MikroTik RouterOS 6: the commands of the usual capture types.

use super::{Kind, line};
use crate::tables::Source;
use crate::view::{Port, Use, View};
use crate::when::{Date, parts};

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    // `print without-paging detail` and `print detail without-paging` are the same; so is a path with blanks or slashes.
    let mut words: Vec<&str> = command
        .split([' ', '/'])
        .filter(|word| !word.is_empty() && *word != "without-paging")
        .collect();
    let last = words.last().copied().unwrap_or_default();
    let style = if matches!(last, "detail" | "terse" | "brief") {
        last
    } else {
        ""
    };
    if !style.is_empty() {
        words.pop();
    }
    match words.join(" ").as_str() {
        "export" | "export hide-sensitive" | "export compact" | "export verbose" => {
            export(view, out, style == "terse");
            return Some(Kind::Config);
        }
        "ip arp print" => arp(view, out, style),
        "interface bridge host print" => hosts(view, out, style),
        "ip neighbor print" => neighbors(view, out, style),
        "interface print" => interfaces(view, out, style),
        "ip route print" => routes(view, out, style),
        "ip address print" => addresses(view, out),
        "system resource print" => resource(view, out),
        "system routerboard print" => routerboard(view, out),
        "system package print" => packages(out),
        "system identity print" => line!(out, "  name: {}", view.name()),
        "system clock print" => {
            let now = Date::new(view.now());
            line!(
                out,
                "                  time: {}\n                  date: {}",
                now.time(),
                date(&now)
            );
            line!(
                out,
                "  time-zone-autodetect: yes\n        time-zone-name: UTC\n            gmt-offset: +00:00\n            dst-active: no"
            );
        }
        _ => return None,
    }
    Some(Kind::Show)
}

fn date(date: &Date) -> String {
    format!("{}/{:02}/{}", date.month_name().to_lowercase(), date.day, date.year)
}

/// A value in a print or an export, quoted where it holds more than letters and digits.
fn quoted(value: &str) -> String {
    if value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/+".contains(c)) {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "\\\""))
    }
}

fn bridged(port: &Port) -> bool {
    !matches!(port.usage, Use::Routed(_))
}

fn export(view: &View<'_>, out: &mut String, terse: bool) {
    let changed = Date::new(view.now());
    line!(
        out,
        "# {} {} by RouterOS 6.49.7\n# software id = {}-{}\n#\n# model = RB4011iGS+\n# serial number = {}",
        date(&changed),
        changed.time(),
        view.serial().get(..4).unwrap_or("LABX"),
        view.serial().get(4..8).unwrap_or("0001"),
        view.serial()
    );
    let mut section = |path: &str, lines: Vec<String>| {
        if terse {
            for text in &lines {
                line!(out, "{path} {text}");
            }
        } else if !lines.is_empty() {
            line!(out, "{path}");
            for text in &lines {
                line!(out, "{text}");
            }
        }
    };
    section("/interface bridge", vec!["add name=bridge1".to_owned()]);
    let named = view.ports().filter(|port| !port.description.is_empty());
    section(
        "/interface ethernet",
        named
            .map(|port| {
                format!(
                    "set [ find default-name={} ] comment={}",
                    port.name,
                    quoted(&port.description)
                )
            })
            .collect(),
    );
    section(
        "/interface vlan",
        view.svis()
            .iter()
            .map(|svi| format!("add interface=bridge1 name=vlan{} vlan-id={}", svi.vlan, svi.vlan))
            .collect(),
    );
    section(
        "/interface bridge port",
        view.ports()
            .filter(bridged)
            .map(|port| format!("add bridge=bridge1 interface={}", port.name))
            .collect(),
    );
    section(
        "/ip neighbor discovery-settings",
        vec!["set discover-interface-list=all protocol=lldp".to_owned()],
    );
    let mut addresses: Vec<String> = Vec::new();
    for svi in view.svis() {
        addresses.push(format!(
            "add address={}/{} interface=vlan{} network={}",
            svi.address.ip,
            svi.address.bits,
            svi.vlan,
            svi.address.network()
        ));
    }
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            addresses.push(format!(
                "add address={}/{} interface={} network={}",
                address.ip,
                address.bits,
                port.name,
                address.network()
            ));
        }
    }
    section("/ip address", addresses);
    let size = view
        .padding(4_000, 42)
        .map(|(n, network)| format!("add address={network}/24 list=lab-{:03}", n / 200))
        .collect();
    section("/ip firewall address-list", size);
    let statics = view
        .routes()
        .into_iter()
        .filter(|route| route.source == Source::Static)
        .filter_map(|route| route.next_hop);
    section(
        "/ip route",
        statics
            .map(|next_hop| format!("add distance=1 gateway={next_hop}"))
            .collect(),
    );
    section("/snmp", vec![format!("set enabled=yes location={}", view.site_name())]);
    section("/system identity", vec![format!("set name={}", view.name())]);
    let servers: Vec<String> = view.ntp_servers().iter().map(|server| server.to_string()).collect();
    section(
        "/system ntp client",
        vec![format!("set enabled=yes server-dns-names={}", servers.join(","))],
    );
}

fn interface(view: &View<'_>, vlan: Option<u16>, port: Option<u16>) -> String {
    match vlan {
        Some(vlan) => format!("vlan{vlan}"),
        None => view.port_name(port.unwrap_or(0)),
    }
}

fn arp(view: &View<'_>, out: &mut String, style: &str) {
    if style != "terse" {
        line!(
            out,
            "Flags: X - disabled, I - invalid, H - DHCP, D - dynamic, P - published, C - complete "
        );
    }
    if style.is_empty() || style == "brief" {
        line!(
            out,
            " #    ADDRESS         MAC-ADDRESS       INTERFACE                                                                       "
        );
    }
    let table = view.arp(62);
    for (n, entry) in table.iter().filter(|entry| !entry.own).enumerate() {
        let (ip, mac, interface) = (
            entry.ip.to_string(),
            entry.mac.upper(),
            interface(view, entry.vlan, entry.port),
        );
        if style.is_empty() || style == "brief" {
            line!(out, "{n:>2} DC {ip:<15} {mac} {interface:<20}");
        } else {
            line!(
                out,
                "{n:>2} DC address={ip} mac-address={mac} interface={interface} published=no "
            );
        }
    }
}

fn hosts(view: &View<'_>, out: &mut String, style: &str) {
    if style != "terse" {
        line!(
            out,
            "Flags: X - disabled, I - invalid, D - dynamic, L - local, E - external "
        );
        line!(
            out,
            " #       MAC-ADDRESS        VID ON-INTERFACE               BRIDGE               AGE                 "
        );
    }
    for (n, entry) in view.macs(80).iter().enumerate() {
        let (mac, port) = (entry.mac.upper(), view.port_name(entry.port));
        if style == "terse" {
            line!(
                out,
                "{n:>2}   D  mac-address={mac} vid={} interface={port} bridge=bridge1 on-interface={port} ",
                entry.vlan
            );
        } else {
            line!(
                out,
                "{n:>2}   D   {mac} {:>4} {port:<26} bridge1              {}s",
                entry.vlan,
                entry.mac.0 % 59
            );
        }
    }
}

fn neighbors(view: &View<'_>, out: &mut String, style: &str) {
    if style.is_empty() || style == "brief" {
        line!(
            out,
            " # INTERFACE ADDRESS         MAC-ADDRESS       IDENTITY   VERSION    BOARD      "
        );
    }
    for (n, neighbor) in view.neighbors().iter().enumerate() {
        let (port, ip, mac) = (
            view.port_name(neighbor.port),
            neighbor.management,
            neighbor.chassis.upper(),
        );
        if style.is_empty() || style == "brief" {
            line!(out, "{n:>2} {port:<9} {:<15} {mac} {}", ip.to_string(), neighbor.name);
        } else {
            let capability = if neighbor.router { "bridge,router" } else { "bridge" };
            line!(
                out,
                "{n:>2} interface={port} address={ip} address4={ip} mac-address={mac} identity=\"{}\" platform=\"\" version=\"\" unpack=none \
                 age={}s interface-name=\"{}\" system-description=\"{}\" system-caps={capability} system-caps-enabled={capability} ",
                neighbor.name.replace('"', "\\\""),
                (view.number(40 + u64::from(neighbor.port)) + view.clock) % 59,
                neighbor.remote_port,
                neighbor.system
            );
            if style == "detail" {
                line!(out);
            }
        }
    }
}

fn interfaces(view: &View<'_>, out: &mut String, style: &str) {
    if style != "terse" {
        line!(out, "Flags: D - dynamic, X - disabled, R - running, S - slave ");
    }
    if style.is_empty() || style == "brief" {
        line!(
            out,
            " #     NAME                                TYPE       ACTUAL-MTU L2MTU  MAX-L2MTU MAC-ADDRESS      "
        );
    }
    let up_at = Date::new(view.now() - view.uptime());
    let up_at = format!("{} {}", date(&up_at), up_at.time());
    let mut n = 0;
    let mut row = |flags: &str, name: &str, kind: &str, mac: String, comment: &str, up: bool| {
        match style {
            "" | "brief" => {
                if !comment.is_empty() {
                    line!(out, "{n:>2} {flags} ;;; {comment}");
                    line!(out, "       {name:<35} {kind:<16} 1500  1592       9578 {mac}");
                } else {
                    line!(out, "{n:>2} {flags} {name:<35} {kind:<16} 1500  1592       9578 {mac}");
                }
            }
            _ => {
                let comment = if comment.is_empty() {
                    String::new()
                } else if style == "terse" {
                    format!("comment={comment} ")
                } else {
                    format!(";;; {comment}\n        ")
                };
                let last = if up {
                    format!("last-link-up-time={up_at} link-downs=0 ")
                } else {
                    "link-downs=0 ".to_owned()
                };
                // Only the detailed form has quotes.
                let quote = if style == "detail" { "\"" } else { "" };
                line!(
                    out,
                    "{n:>2} {flags} {comment}name={quote}{name}{quote} default-name={quote}{name}{quote} type={quote}{kind}{quote} mtu=1500 \
                     actual-mtu=1500 l2mtu=1592 max-l2mtu=9578 mac-address={mac} {last}"
                );
                if style == "detail" {
                    line!(out);
                }
            }
        }
        n += 1;
    };
    for port in view.interface_ports(90) {
        let flags = match (port.up, bridged(&port)) {
            (true, true) => " RS",
            (true, false) => " R ",
            (false, true) => "  S",
            (false, false) => "   ",
        };
        row(flags, &port.name, "ether", port.mac.upper(), &port.description, port.up);
    }
    row(" R ", "bridge1", "bridge", view.base_mac().upper(), "", true);
    for svi in view.svis() {
        row(" R ", &format!("vlan{}", svi.vlan), "vlan", svi.mac.upper(), "", true);
    }
}

fn routes(view: &View<'_>, out: &mut String, style: &str) {
    if style != "terse" {
        line!(
            out,
            "Flags: X - disabled, A - active, D - dynamic, C - connect, S - static, r - rip, b - bgp, o - ospf, m - mme, B - blackhole, U - unreachable, P - prohibit "
        );
    }
    if style.is_empty() || style == "brief" {
        line!(
            out,
            " #      DST-ADDRESS        PREF-SRC        GATEWAY            DISTANCE"
        );
    }
    let own = view.routes();
    let routes: Vec<_> = own.iter().filter(|route| route.source != Source::Local).collect();
    for (n, route) in routes.iter().enumerate() {
        let prefix = format!("{}/{}", route.prefix.ip, route.prefix.bits);
        let interface = interface(view, route.vlan, route.port);
        let (flags, distance) = match route.source {
            Source::Static => ("A S ", 1),
            Source::Ospf => ("ADo ", 110),
            _ => ("ADC ", 0),
        };
        if style.is_empty() || style == "brief" {
            let gateway = route.next_hop.map_or(interface, |ip| ip.to_string());
            line!(
                out,
                "{n:>2} {flags} {prefix:<18} {:<15} {gateway:<18} {distance:>8}",
                ""
            );
        } else {
            match route.next_hop {
                Some(ip) => line!(
                    out,
                    "{n:>2} {flags} dst-address={prefix} gateway={ip} gateway-status={ip} reachable via  {interface} distance={distance} scope=30 target-scope=10 "
                ),
                None => {
                    let local = own
                        .iter()
                        .find(|r| r.source == Source::Local && r.vlan == route.vlan && r.port == route.port);
                    let local = local.map_or(route.prefix.ip, |r| r.prefix.ip);
                    line!(
                        out,
                        "{n:>2} {flags} dst-address={prefix} pref-src={local} gateway={interface} gateway-status={interface} reachable distance=0 scope=10 "
                    );
                }
            }
            if style == "detail" {
                line!(out);
            }
        }
    }
}

fn addresses(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "Flags: X - disabled, I - invalid, D - dynamic \n #   ADDRESS            NETWORK         INTERFACE                                                                       "
    );
    let mut n = 0;
    let mut row = |address: &crate::view::Address, name: &str| {
        line!(
            out,
            "{n:>2}   {:<18} {:<15} {name}",
            format!("{}/{}", address.ip, address.bits),
            address.network().to_string()
        );
        n += 1;
    };
    for svi in view.svis() {
        row(&svi.address, &format!("vlan{}", svi.vlan));
    }
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            row(address, &port.name);
        }
    }
}

fn resource(view: &View<'_>, out: &mut String) {
    let (weeks, days, hours, minutes, seconds) = parts(view.uptime());
    line!(
        out,
        "                   uptime: {weeks}w{days}d{hours}h{minutes}m{seconds}s\n                  version: 6.49.7 (stable)\n               build-time: Oct/11/2022 14:37:24"
    );
    out.push_str(
        "         factory-software: 6.44.6\n              free-memory: 943.5MiB\n             total-memory: 1024.0MiB\n                      cpu: ARMv7\n                \
         cpu-count: 4\n            cpu-frequency: 1400MHz\n                 cpu-load: 1%\n           free-hdd-space: 486.2MiB\n          total-hdd-space: 512.2MiB\n  \
         write-sect-since-reboot: 2214\n         write-sect-total: 88123\n               bad-blocks: 0%\n        architecture-name: arm\n               \
         board-name: RB4011iGS+\n                 platform: MikroTik\n",
    );
}

fn routerboard(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "       routerboard: yes\n        board-name: RB4011iGS+\n             model: RB4011iGS+\n          revision: r2\n     serial-number: {}",
        view.serial()
    );
    line!(
        out,
        "     firmware-type: al2\n  factory-firmware: 6.44.6\n  current-firmware: 6.49.7\n  upgrade-firmware: 6.49.7"
    );
}

fn packages(out: &mut String) {
    line!(
        out,
        "Flags: X - disabled \n #   NAME                                    VERSION                                    SCHEDULED              "
    );
    for (n, name) in [
        "routeros-arm",
        "system",
        "ipv6",
        "ppp",
        "dhcp",
        "security",
        "advanced-tools",
        "routing",
        "mpls",
        "hotspot",
    ]
    .iter()
    .enumerate()
    {
        line!(
            out,
            "{n:>2}   {name:<39} 6.49.7                                                            "
        );
    }
}
