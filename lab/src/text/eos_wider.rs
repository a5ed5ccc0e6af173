//! Arista EOS: the wider set of commands.

use super::wider::{AS, bgp, bridged, ospf, vlan_ports, vlans, wrapped};
use super::{Kind, line};
use crate::view::{Use, View};
use crate::when::Date;

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show ip bgp summary" => {
            line!(out, "BGP summary information for VRF default\nRouter identifier {}, local AS number {AS}\nNeighbor Status Codes: m - Under maintenance", view.management());
            line!(out, "  Neighbor         V  AS           MsgRcvd   MsgSent  InQ OutQ  Up/Down State   PfxRcd PfxAcc");
            for far in bgp(view) {
                line!(out, "  {:<16} 4  {AS:<12}   {:>5}     {:>5}    0    0   36d10h Estab   {:<6} {}", far.ip.to_string(), 52_113 + far.port, 52_098 + far.port, far.prefixes, far.prefixes);
            }
        }
        "show ip bgp neighbors" => {
            for far in bgp(view) {
                line!(out, "BGP neighbor is {}, remote AS {AS}, internal link\n  BGP version 4, remote router ID {}, VRF default\n  Last read 00:00:21, last write 00:00:04", far.ip, far.id);
                line!(out, "  Hold time is 180, keepalive interval is 60 seconds\n  BGP state is Established, up for 36d10h\n  Number of transitions to established: 1\n  Last state was OpenConfirm");
                line!(out, "Local AS is {AS}, local router ID {}\nLocal TCP address is {}, local port is 179\nRemote TCP address is {}, remote port is {}\n", view.management(), far.own, far.ip, 20_000 + far.port);
            }
        }
        "show ip ospf neighbor" => {
            line!(out, "Neighbor ID     Instance VRF      Pri State                  Dead Time   Address         Interface");
            for far in ospf(view) {
                line!(out, "{:<15} 1        default  0   FULL                   00:00:3{}    {:<15} {}", far.id.to_string(), (view.clock + u64::from(far.port)) % 10, far.ip.to_string(), view.port_name(far.port));
            }
        }
        "show port-channel summary" => out.push_str(
            "                 Flags\n------------------------ ---------------------------- -------------------------\n   a - LACP Active          p - LACP Passive           * - static fallback     \n   \
             F - Fallback enabled     f - Fallback configured    ^ - individual fallback \n   U - In Use               D - Down                                              \n   \
             + - In-Sync              - - Out-of-Sync            i - incompatible with agg\n   P - bundled in Po        s - suspended              G - Aggregable          \n   \
             I - Individual           S - ShortTimeout           w - wait for agg        \n   E - Inactive. The number of configured port channels exceeds the config limit\n   M - Exceeds maximum weight                                                     \n\n\
             Number of channels in use: 1\nNumber of aggregators: 1\n\n   Port-Channel       Protocol    Ports               \n------------------ -------------- --------------------\n   Po1(U)             LACP(a)     Et47(PG+) Et48(PG+) \n",
        ),
        "show ntp status" => line!(out, "synchronised to NTP server ({}) at stratum 3\n   time correct to within 21 ms\n   polling server every 1024 s", "10.255.0.1"),
        "show ntp associations" => {
            line!(out, "     remote           refid      st t when poll reach   delay   offset  jitter\n==============================================================================");
            for (n, server) in view.ntp_servers().iter().enumerate() {
                line!(out, "{}{:<15} 192.0.2.1        2 u  {:>3}   64  377    0.412   -0.021   0.014", if n == 0 { '*' } else { '+' }, server.to_string(), 11 + n);
            }
        }
        "show vlan" | "show vlan brief" => {
            line!(out, "VLAN  Name                             Status    Ports\n----- -------------------------------- --------- -------------------------------");
            for (vlan, name) in vlans() {
                line!(out, "{vlan:<5} {name:<32} active    {}", wrapped(&vlan_ports(view, vlan), 5, 49));
            }
            line!(out);
        }
        "show spanning-tree" => {
            for (vlan, _) in vlans() {
                line!(out, "VL{vlan}\n  Spanning tree enabled protocol rapid-pvst\n  Root ID    Priority    {}\n             Address     {}", 24_576 + u32::from(vlan), view.base_mac().colon());
                line!(out, "             Hello Time  2.000 sec  Max Age 20 sec  Forward Delay 15 sec\n\n  Bridge ID  Priority    {}  (priority 32768 sys-id-ext {vlan})\n             Address     {}", 32_768 + u32::from(vlan), view.base_mac().colon());
                line!(out, "             Hello Time  2.000 sec  Max Age 20 sec  Forward Delay 15 sec\n\nInterface        Role       State      Cost      Prio.Nbr Type\n---------------- ---------- ---------- --------- -------- --------------------");
                for (name, role, number, edge) in bridged(view) {
                    let (role, state) = match role {
                        "Root" => ("root", "forwarding"),
                        "Altn" => ("alternate", "discarding"),
                        _ => ("designated", "forwarding"),
                    };
                    line!(out, "{name:<16} {role:<10} {state:<10} 2000      128.{number:<4} P2p{}", if edge { " Edge" } else { "" });
                }
                line!(out);
            }
        }
        "show ip interface" => {
            let mut one = |name: &str, ip: String| {
                line!(out, "{name} is up, line protocol is up (connected)\n  Internet address is {ip}\n  Broadcast address is 255.255.255.255\n  IPv6 Interface Forwarding : None\n  Proxy-ARP is disabled\n  Local Proxy-ARP is disabled\n  Gratuitous ARP is ignored\n  IP MTU 1500 bytes\n  VPN Routing/Forwarding (VRF) is default");
            };
            for port in view.ports() {
                if let Use::Routed(address) = &port.usage {
                    one(&port.name, format!("{}/{}", address.ip, address.bits));
                }
            }
            for svi in view.svis() {
                one(&format!("Vlan{}", svi.vlan), format!("{}/{}", svi.address.ip, svi.address.bits));
            }
        }
        "show interfaces counters" => {
            for (head, factor) in [("InOctets  InUcastPkts  InMcastPkts  InBcastPkts", 412), ("OutOctets OutUcastPkts OutMcastPkts OutBcastPkts", 300)] {
                line!(out, "Port            {head}");
                for port in view.ports() {
                    let n = if port.up { view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40 } else { 0 };
                    line!(out, "{:<8} {:>15} {n:>12} {:>12} {:>12}", port.short, n * factor, n / 120, n / 90);
                }
                line!(out);
            }
        }
        "show users" => line!(out, "    Line      User        Host(s)       Idle        Location\n*   1 vty 6   lab         idle          00:00:00    10.255.0.9"),
        "show snmp" => line!(out, "Chassis: {}\nLocation: {}\n0 SNMP packets input\n    0 Bad SNMP version errors\n    0 Unknown community name\n    0 Illegal operation for community name supplied\n    0 Encoding errors\n0 SNMP packets output\n    0 Too big errors\n    0 No such name errors\nAccess Control\n    0 Users\n    2 Groups\nSNMP logging: disabled\nSNMP agent enabled in VRFs: default", view.serial(), view.site_name()),
        "show logging" => {
            line!(out, "Syslog logging: enabled\n    Buffer logging: level debugging\n    Console logging: level errors\n    Persistent logging: disabled\n    Monitor logging: level errors\n    Synchronous logging: disabled\n    Trap logging: level informational\n\nLog Buffer:");
            for (n, neighbor) in view.neighbors().iter().enumerate() {
                let at = Date::new(view.now() - 3_600 * (n as u64 + 1));
                line!(out, "{} {:>2} {} {} Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface {} changed state to up", at.month_name(), at.day, at.time(), view.name(), view.port_name(neighbor.port));
            }
        }
        "show aaa methods all" => line!(out, "Authentication method lists for LOGIN:\n  name=default methods=local\nAuthentication method list for ENABLE:\n  name=default methods=local\nAuthorization method list for EXEC:\n  name=exec methods=local\nAccounting method lists for EXEC:\n  name=exec default-action=none console-action=none"),
        "show clock" => {
            let now = Date::new(view.now());
            line!(out, "{}\nTimezone: UTC\nClock source: NTP server (10.255.0.1)", now.unix());
        }
        "show environment all" | "show system environment all" => {
            line!(out, "System temperature status is: Ok\n                                                     Alert  Critical\nSensor  Description                     Temperature  Threshold  Threshold\n------- ------------------------------- -----------  ---------  ---------\n1       Cpu temp sensor                      {}.0C        95C       100C", 36 + view.number(20) % 8);
            line!(out, "\nSystem cooling status is: Ok\nAmbient temperature: {}C\nAirflow: front-to-back\n\nPower  Input   Output   Output\nSupply  Model                Capacity Current Current  Power        Status\n------- -------------------- -------- ------- -------- ------------ -------\n1       PWR-500AC-F              500W   0.52A    9.21A       112.0W Ok\n2       PWR-500AC-F              500W   0.50A    9.07A       110.0W Ok", 22 + view.number(20) % 8);
        }
        "show license" => line!(out, "System Serial Number: {}\nSystem MAC Address: {}\nDomain name: Unknown\n\nNo license found", view.serial(), view.base_mac().dotted()),
        _ => return None,
    }
    Some(Kind::Show)
}
