//! Cisco NX-OS: the wider set of commands.

use super::wider::{AS, bgp, bridged, ospf, vlan_ports, vlans, wrapped};
use super::{Kind, line};
use crate::view::{Use, View};
use crate::when::Date;

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command.strip_suffix(" vrf all").unwrap_or(command) {
        "show ip bgp summary" | "show bgp ipv4 unicast summary" => {
            line!(out, "BGP summary information for VRF default, address family IPv4 Unicast\nBGP router identifier {}, local AS number {AS}", view.management());
            line!(out, "BGP table version is 118, IPv4 Unicast config peers {0}, capable peers {0}\n12 network entries and 14 paths using 2952 bytes of memory", bgp(view).len());
            line!(out, "BGP attribute entries [3/492], BGP AS path entries [0/0]\nBGP community entries [0/0], BGP clusterlist entries [0/0]\n");
            line!(out, "Neighbor        V    AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd");
            for far in bgp(view) {
                line!(out, "{:<15} 4 {AS:>5} {:>7} {:>7}      118    0    0     5w2d {}         ", far.ip.to_string(), 52_113 + far.port, 52_098 + far.port, far.prefixes);
            }
        }
        "show ip bgp neighbors" => {
            for far in bgp(view) {
                line!(out, "BGP neighbor is {}, remote AS {AS}, ibgp link, Peer index 3\n  BGP version 4, remote router ID {}\n  Neighbor previous state = OpenConfirm\n  BGP state = Established, up for 5w2d", far.ip, far.id);
                line!(out, "  Neighbor vrf: default\n  Last read 00:00:21, hold time = 180, keepalive interval is 60 seconds\n  Received 52114 messages, 0 notifications, 0 bytes in queue\n  Sent 52099 messages, 0 notifications, 0(0) bytes in queue");
                line!(out, "  Connections established 1, dropped 0\n  Local host: {}, Local port: 179\n  Foreign host: {}, Foreign port: {}\n", far.own, far.ip, 20_000 + far.port);
            }
        }
        "show ip ospf neighbors" | "show ip ospf neighbor" => {
            let neighbors = ospf(view);
            line!(out, " OSPF Process ID 1 VRF default\n Total number of neighbors: {}\n Neighbor ID     Pri State            Up Time  Address         Interface", neighbors.len());
            for far in neighbors {
                line!(out, " {:<15}   1 FULL/ -          5w2d     {:<15} {} ", far.id.to_string(), far.ip.to_string(), view.port_short(far.port));
            }
        }
        "show port-channel summary" => out.push_str(
            "Flags:  D - Down        P - Up in port-channel (members)\n        I - Individual  H - Hot-standby (LACP only)\n        s - Suspended   r - Module-removed\n        \
             b - BFD Session Wait\n        S - Switched    R - Routed\n        U - Up (port-channel)\n        p - Up in delay-lacp mode (member)\n        M - Not in use. Min-links not met\n\
             --------------------------------------------------------------------------------\nGroup Port-       Type     Protocol  Member Ports\n      Channel\n\
             --------------------------------------------------------------------------------\n1     Po1(SD)     Eth      LACP      Eth1/47(D)   Eth1/48(D)   \n",
        ),
        "show ntp peer-status" => {
            let servers = view.ntp_servers();
            line!(out, "Total peers : {}\n* - selected for sync, + -  peer mode(active), \n- - peer mode(passive), = - polled in client mode ", servers.len());
            line!(out, "    remote                                 local                                   st   poll   reach delay   vrf\n-----------------------------------------------------------------------------------------------------------------------");
            for (n, server) in servers.iter().enumerate() {
                line!(out, "{}{:<38} {:<38}   2   64     377   0.00{:>3}  default", if n == 0 { '*' } else { '=' }, server.to_string(), "0.0.0.0", 142 + n);
            }
        }
        "show ntp status" => line!(out, "Distribution : Disabled\nLast operational state: No session"),
        "show vlan" | "show vlan brief" => {
            line!(out, "\nVLAN Name                             Status    Ports\n---- -------------------------------- --------- -------------------------------");
            for (vlan, name) in vlans() {
                line!(out, "{vlan:<4} {name:<32} active    {}", wrapped(&vlan_ports(view, vlan), 4, 48));
            }
            if command == "show vlan" {
                line!(out, "\nVLAN Type         Vlan-mode\n---- -----        ----------");
                for (vlan, _) in vlans() {
                    line!(out, "{vlan:<4} enet         CE     ");
                }
                line!(out, "\nRemote SPAN VLANs\n-------------------------------------------------------------------------------\n\nPrimary  Secondary  Type             Ports\n-------  ---------  ---------------  -------------------------------------------");
            }
        }
        "show spanning-tree" => {
            for (vlan, _) in vlans() {
                line!(out, "\nVLAN{vlan:04}\n  Spanning tree enabled protocol rstp\n  Root ID    Priority    {}\n             Address     {}", 24_576 + u32::from(vlan), view.base_mac().dotted());
                line!(out, "             Hello Time  2  sec  Max Age 20 sec  Forward Delay 15 sec\n\n  Bridge ID  Priority    {}  (priority 32768 sys-id-ext {vlan})\n             Address     {}", 32_768 + u32::from(vlan), view.base_mac().dotted());
                line!(out, "             Hello Time  2  sec  Max Age 20 sec  Forward Delay 15 sec\n\nInterface        Role Sts Cost      Prio.Nbr Type\n---------------- ---- --- --------- -------- --------------------------------");
                for (name, role, number, edge) in bridged(view) {
                    line!(out, "{name:<16} {role} {} 2         128.{number:<4} {}", if role == "Altn" { "BLK" } else { "FWD" }, if edge { "Edge P2p " } else { "P2p " });
                }
                line!(out);
            }
        }
        "show ip interface" => {
            line!(out, "IP Interface Status for VRF \"default\"(1)");
            for svi in view.svis() {
                line!(out, "Vlan{}, Interface status: protocol-up/link-up/admin-up, iod: {}, mode: l3-vlan\n  IP address: {}, IP subnet: {}/{} route-preference: 0, tag: 0\n  IP broadcast address: 255.255.255.255\n  IP multicast groups locally joined: none\n  IP MTU: 1500 bytes (using link MTU)", svi.vlan, svi.vlan + 40, svi.address.ip, svi.address.network(), svi.address.bits);
            }
            for port in view.ports() {
                if let Use::Routed(address) = &port.usage {
                    line!(out, "{}, Interface status: protocol-up/link-up/admin-up, iod: {}, mode: l3\n  IP address: {}, IP subnet: {}/{} route-preference: 0, tag: 0\n  IP broadcast address: 255.255.255.255\n  IP multicast groups locally joined: 224.0.0.5\n  IP MTU: 1500 bytes (using link MTU)", port.name, 5 + port.index, address.ip, address.network(), address.bits);
                }
            }
        }
        "show interface counters" => {
            let rule = "--------------------------------------------------------------------------------";
            for (octets, packets, factor) in [("InOctets", "InUcastPkts", 412), ("OutOctets", "OutUcastPkts", 300)] {
                line!(out, "\n{rule}\nPort                                     {octets:>13}      {packets:>13}\n{rule}");
                for port in view.ports() {
                    let n = if port.up { view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40 } else { 0 };
                    line!(out, "{:<40} {:>13}      {n:>13}", port.short, n * factor);
                }
            }
        }
        "show users" => line!(out, "NAME     LINE         TIME         IDLE          PID COMMENT\nlab      pts/0        Jun  1 07:41   .          {} (10.255.0.9) session=ssh *", 20_000 + view.number(21) % 9_000),
        "show snmp" => line!(out, "sys contact: \nsys location: {}\n\n0 SNMP packets input\n        0 Bad SNMP versions\n        0 Unknown community name\n0 SNMP packets output\n        0 Too big errors\n        0 No such name errors\n\nCommunity                      Group / Access      context    acl_filter\n---------                      --------------      -------    ----------\nc0{:08x}                     network-operator                            ", view.site_name(), view.number(5) as u32),
        "show logging logfile" | "show logging" => {
            for (n, neighbor) in view.neighbors().iter().enumerate() {
                let at = Date::new(view.now() - 3_600 * (n as u64 + 1));
                line!(out, "{} {} {:>2} {} {} %ETHPORT-5-IF_UP: Interface {} is up in mode trunk ", at.year, at.month_name(), at.day, at.time(), view.name(), view.port_name(neighbor.port));
            }
            line!(out, "{} Jun  1 07:41:00 {} %AUTHPRIV-6-SYSTEM_MSG: pam_unix(sshd:session): session opened for user lab", Date::new(view.now()).year, view.name());
        }
        "show aaa authentication" => line!(out, "         default: local \n         console: local "),
        "show clock" => {
            let now = Date::new(view.now());
            line!(out, "{}.117 UTC {} {} {} {}\nTime source is NTP", now.time(), now.weekday(), now.month_name(), now.day, now.year);
        }
        "show environment" => {
            line!(out, "Fan:\n---------------------------------------------------------------------------\nFan             Model                Hw     Direction      Status\n---------------------------------------------------------------------------");
            for fan in 1..=4 {
                line!(out, "Fan{fan}(sys_fan{fan})  NXA-FAN-30CFM-F      --     front-to-back  Ok          ");
            }
            line!(out, "\nPower Supply:\nVoltage: 12 Volts\nPower                              Actual             Actual        Total\nSupply    Model                    Output             Input      Capacity     Status\n                                   (Watts )           (Watts )    (Watts )\n-------  -------------------  ----------------  ---------------- ---------- --------------------");
            line!(out, "1        NXA-PAC-650W-PI                   {} W               {} W      650 W        Ok              ", 80 + view.number(22) % 30, 95 + view.number(22) % 30);
            line!(out, "\nTemperature:\n--------------------------------------------------------------------\nModule   Sensor        MajorThresh   MinorThres   CurTemp     Status\n                       (Celsius)     (Celsius)    (Celsius)\n--------------------------------------------------------------------");
            line!(out, "1        FRONT           80              70          {}         Ok             \n1        CPU             90              80          {}         Ok             ", 22 + view.number(20) % 8, 36 + view.number(20) % 8);
        }
        "show license usage" => line!(out, "Feature                      Ins  Lic   Status Expiry Date Comments\n                                 Count\n--------------------------------------------------------------------------------\nLAN_ENTERPRISE_SERVICES_PKG   Yes   -   In use Never       -\nNETWORK_SERVICES_PKG          No    -   Unused             -\n--------------------------------------------------------------------------------"),
        _ => return None,
    }
    Some(Kind::Show)
}
