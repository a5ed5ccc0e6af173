//! Juniper Junos: the wider set of commands.

use super::wider::{AS, bgp, ospf, vlans};
use super::{Kind, line};
use crate::view::{Use, View};
use crate::when::Date;

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show bgp summary" => {
            let neighbors = bgp(view);
            if neighbors.is_empty() {
                line!(out, "BGP is not running");
            } else {
                line!(
                    out,
                    "Groups: 1 Peers: {} Down peers: 0\nTable          Tot Paths  Act Paths Suppressed    History Damp State    Pending\ninet.0               \n                       {}         {}          0          0          0          0",
                    neighbors.len(),
                    neighbors.len(),
                    neighbors.len()
                );
                line!(
                    out,
                    "Peer                     AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn State|#Active/Received/Accepted/Damped..."
                );
                for far in neighbors {
                    line!(
                        out,
                        "{:<21} {AS:>5}      {:>5}      {:>5}       0       0 5w2d 10:22:07 Establ\n  inet.0: {n}/{n}/{n}/0",
                        far.ip.to_string(),
                        52_113 + far.port,
                        52_098 + far.port,
                        n = far.prefixes
                    );
                }
            }
        }
        "show bgp neighbor" => {
            for far in bgp(view) {
                line!(
                    out,
                    "Peer: {}+179 AS {AS}  Local: {}+{} AS {AS}   \n  Group: core                   Routing-Instance: master\n  Forwarding routing-instance: master  \n  Type: Internal    State: Established    Flags: <Sync>",
                    far.ip,
                    far.own,
                    50_000 + far.port
                );
                line!(
                    out,
                    "  Last State: OpenConfirm   Last Event: RecvKeepAlive\n  Last Error: None\n  Peer ID: {}    Local ID: {}       Active Holdtime: 90\n  Keepalive Interval: 30         Group index: 0    Peer index: 0\n  Table inet.0 Bit: 10000\n    Active prefixes:              {n}\n    Received prefixes:            {n}\n    Accepted prefixes:            {n}\n",
                    far.id,
                    view.management(),
                    n = far.prefixes
                );
            }
        }
        "show ospf neighbor" => {
            line!(
                out,
                "Address          Interface              State           ID               Pri  Dead"
            );
            for far in ospf(view) {
                line!(
                    out,
                    "{:<16} {:<22} Full            {:<16} 128    3{}",
                    far.ip.to_string(),
                    format!("{}.0", view.port_name(far.port)),
                    far.id.to_string(),
                    (view.clock + u64::from(far.port)) % 10
                );
            }
        }
        "show lacp interfaces" => {
            line!(
                out,
                "Aggregated interface: ae0\n    LACP state:       Role   Exp   Def  Dist  Col  Syn  Aggr  Timeout  Activity"
            );
            for n in 0..2 {
                line!(
                    out,
                    "      xe-0/2/{n}       Actor    No    No   Yes  Yes  Yes   Yes     Fast    Active\n      xe-0/2/{n}     Partner    No    No   Yes  Yes  Yes   Yes     Fast    Active"
                );
            }
            line!(
                out,
                "    LACP protocol:        Receive State  Transmit State          Mux State "
            );
            for n in 0..2 {
                line!(
                    out,
                    "      xe-0/2/{n}                  Current   Fast periodic Collecting distributing"
                );
            }
        }
        "show ntp associations" => {
            line!(
                out,
                "     remote           refid      st t when poll reach   delay   offset  jitter\n=============================================================================="
            );
            for (n, server) in view.ntp_servers().iter().enumerate() {
                line!(
                    out,
                    "{}{:<15} 192.0.2.1        2 -  {:>3}   64  377    0.412   -0.021   0.014",
                    if n == 0 { '*' } else { '+' },
                    server.to_string(),
                    11 + n
                );
            }
        }
        "show vlans" => {
            line!(
                out,
                "\nRouting instance        VLAN name             Tag          Interfaces"
            );
            for (vlan, name) in vlans() {
                let name = if vlan == 1 {
                    name.to_owned()
                } else {
                    format!("Vlan{vlan}")
                };
                line!(out, "default-switch          {name:<21} {vlan:<13}");
                let member = |usage: &Use| match usage {
                    Use::Trunk => vlan > 1,
                    Use::Access { vlan: own, .. } => *own == vlan,
                    _ => false,
                };
                let ports: Vec<_> = view.ports().filter(|port| member(&port.usage)).collect();
                for port in &ports {
                    line!(
                        out,
                        "                                                             {}.0{}",
                        port.name,
                        if port.up { "*" } else { "" }
                    );
                }
            }
        }
        "show spanning-tree interface" => {
            line!(
                out,
                "\nSpanning tree interface parameters for instance 0\n\nInterface                  Port ID    Designated      Designated         Port    State  Role\n                                       port ID        bridge ID          Cost"
            );
            for port in view
                .ports()
                .filter(|port| port.up && !matches!(port.usage, Use::Routed(_) | Use::Off))
            {
                line!(
                    out,
                    "{:<27} 128:{:<7} 128:{:<6} 32768.{}     20000    FWD    DESG",
                    port.name,
                    port.index + 1,
                    port.index + 1,
                    view.base_mac().dotted().replace('.', "")
                );
            }
        }
        "show interfaces extensive" => return super::junos::show(view, "show interfaces", out),
        "show interfaces statistics" => {
            for port in view.ports() {
                let n = if port.up {
                    view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40
                } else {
                    0
                };
                line!(
                    out,
                    "Physical interface: {}, Enabled, Physical link is {}",
                    port.name,
                    if port.up { "Up" } else { "Down" }
                );
                line!(
                    out,
                    "  Interface index: {}, SNMP ifIndex: {}\n  Statistics last cleared: Never\n  Traffic statistics:\n   Input  bytes  : {:>20} {:>20} bps\n   Output bytes  : {:>20} {:>20} bps\n   Input  packets: {n:>20} {:>20} pps\n   Output packets: {:>20} {:>20} pps\n",
                    640 + port.index,
                    500 + port.index,
                    n * 412,
                    n % 90_000,
                    n * 300,
                    n % 70_000,
                    n % 90,
                    n / 2,
                    n % 70
                );
            }
        }
        "show system users" => {
            let now = Date::new(view.now());
            line!(
                out,
                " {:>2}:{:02}AM  up {} days, 10:22, 1 user, load averages: 0.31, 0.28, 0.25\nUSER     TTY      FROM                              LOGIN@  IDLE WHAT\nlab      pts/0    10.255.0.9                        7:41AM      - -cli (cli)   ",
                now.hour % 12,
                now.minute,
                view.uptime() / 86_400
            );
        }
        "show snmp statistics" => line!(
            out,
            "SNMP statistics:\n  Input:\n    Packets: 0, Bad versions: 0, Bad community names: 0,\n    Bad community uses: 0, ASN parse errors: 0,\n    Too bigs: 0, No such names: 0, Bad values: 0,\n    Read onlys: 0, General errors: 0,\n    Total request varbinds: 0, Total set varbinds: 0,\n    Get requests: 0, Get nexts: 0, Set requests: 0,\n    Get responses: 0, Traps: 0\n  Output:\n    Packets: 0, Too bigs: 0, No such names: 0,\n    Bad values: 0, General errors: 0,\n    Get requests: 0, Get nexts: 0, Set requests: 0,\n    Get responses: 0, Traps: 0"
        ),
        "show log messages" => {
            for (n, neighbor) in view.neighbors().iter().enumerate() {
                let at = Date::new(view.now() - 3_600 * (n as u64 + 1));
                line!(
                    out,
                    "{} {:>2} {}  {} mib2d[4321]: SNMP_TRAP_LINK_UP: ifIndex {}, ifAdminStatus up(1), ifOperStatus up(1), ifName {}",
                    at.month_name(),
                    at.day,
                    at.time(),
                    view.name(),
                    500 + neighbor.port,
                    view.port_name(neighbor.port)
                );
            }
        }
        "show configuration system authentication-order" => line!(out, "authentication-order [ password radius ];"),
        "show system uptime" => {
            let (now, booted) = (Date::new(view.now()), Date::new(view.now() - view.uptime()));
            let changed = Date::new(view.changed_at());
            line!(
                out,
                "Current time: {} {} UTC\nTime Source:  NTP CLOCK \nSystem booted: {} {} UTC\nProtocols started: {} {} UTC\nLast configured: {} {} UTC by lab",
                now.iso(),
                now.time(),
                booted.iso(),
                booted.time(),
                booted.iso(),
                booted.time(),
                changed.iso(),
                changed.time()
            );
        }
        "show chassis environment" => {
            line!(
                out,
                "Class Item                           Status     Measurement\nPower FPC 0 Power Supply 0           OK        \n      FPC 0 Power Supply 1           OK        \nTemp  FPC 0 CPU Die Temp Sensor      OK         {} degrees C / 96 degrees F\n      FPC 0 Front Panel1 Temp Sensor OK         {} degrees C / 78 degrees F\nFans  FPC 0 Fan Tray 0 Fan 0         OK         Spinning at normal speed\n      FPC 0 Fan Tray 1 Fan 0         OK         Spinning at normal speed",
                36 + view.number(20) % 8,
                22 + view.number(20) % 8
            );
        }
        "show system license" => line!(
            out,
            "License usage: \n                                 Licenses     Licenses    Licenses    Expiry\n  Feature name                       used    installed      needed \n  bgp                                   1            1           0    permanent\n  ospf2                                 1            1           0    permanent\n\nLicenses installed: none"
        ),
        _ => return None,
    }
    Some(Kind::Show)
}
