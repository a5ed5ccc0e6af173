//! Cisco IOS XE: the wider set of commands.

use super::wider::{AS, bgp, bridged, ospf, vlan_ports, vlans, wrapped};
use super::{Kind, line};
use crate::view::{Use, View};
use crate::when::Date;

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "show ip bgp summary" => bgp_summary(view, out),
        "show ip bgp neighbors" => bgp_neighbors(view, out),
        "show ip ospf neighbor" => {
            line!(out, "\nNeighbor ID     Pri   State           Dead Time   Address         Interface");
            for far in ospf(view) {
                line!(out, "{:<15}   0   FULL/  -        00:00:3{}    {:<15} {}", far.id.to_string(), (view.clock + u64::from(far.port)) % 10, far.ip.to_string(), view.port_name(far.port));
            }
        }
        "show etherchannel summary" => etherchannel(out),
        "show ntp status" => {
            let now = Date::new(view.now());
            line!(out, "Clock is synchronized, stratum 3, reference is {}    ", "10.255.0.1");
            line!(out, "nominal freq is 250.0000 Hz, actual freq is 249.9985 Hz, precision is 2**10\nntp uptime is {}00 (1/100 of seconds), resolution is 4016", view.uptime());
            line!(out, "reference time is EA7F6C3B.4ED91760 ({}.308 UTC {} {} {} {})", now.time(), now.weekday(), now.month_name(), now.day, now.year);
            line!(out, "clock offset is -0.5000 msec, root delay is 12.81 msec\nroot dispersion is 10.31 msec, peer dispersion is 2.25 msec");
            line!(out, "loopfilter state is 'CTRL' (Normal Controlled Loop), drift is 0.000005812 s/s\nsystem poll interval is 1024, last update was 612 sec ago.");
        }
        "show ntp associations" => {
            line!(out, "\n  address         ref clock       st   when   poll reach  delay  offset   disp");
            for (n, server) in view.ntp_servers().iter().enumerate() {
                line!(out, "{}~{:<15} 192.0.2.1        2     {:>2}     64   377  1.000  -0.500  2.250", if n == 0 { '*' } else { '+' }, server.to_string(), 11 + n);
            }
            line!(out, " * sys.peer, # selected, + candidate, - outlyer, x falseticker, ~ configured");
        }
        "show vlan" | "show vlan brief" => vlan(view, out, command == "show vlan"),
        "show spanning-tree" => spanning_tree(view, out),
        "show ip interface" => ip_interface(view, out),
        "show interfaces counters" => counters(view, out),
        "show interfaces description" => {
            line!(out, "Interface                      Status         Protocol Description");
            for port in view.ports() {
                let (status, protocol) = match (&port.usage, port.up) {
                    (Use::Off, _) => ("admin down", "down"),
                    (_, true) => ("up", "up"),
                    _ => ("down", "down"),
                };
                line!(out, "{:<30} {status:<14} {protocol:<8} {}", port.short, port.description);
            }
        }
        "show users" => {
            line!(out, "    Line       User       Host(s)              Idle       Location\n*  2 vty 0     lab        idle                 00:00:00 10.255.0.9");
            line!(out, "\n  Interface    User               Mode         Idle     Peer Address\n");
        }
        "show snmp" => {
            line!(out, "Chassis: {}\nContact: noc@example.net\nLocation: {}", view.serial(), view.site_name());
            out.push_str(
                "0 SNMP packets input\n    0 Bad SNMP version errors\n    0 Unknown community name\n    0 Illegal operation for community name supplied\n    \
                 0 Encoding errors\n    0 Number of requested variables\n    0 Number of altered variables\n    0 Get-request PDUs\n    0 Get-next PDUs\n    \
                 0 Set-request PDUs\n    0 Input queue packet drops (Maximum queue size 1000)\n0 SNMP packets output\n    0 Too big errors (Maximum packet size 1500)\n    \
                 0 No such name errors\n    0 Bad values errors\n    0 General errors\n    0 Response PDUs\n    0 Trap PDUs\n\nSNMP logging: disabled\n",
            );
        }
        "show logging" => logging(view, out),
        "show aaa servers" => line!(out, "\nRADIUS: id 1, priority 1, host 10.255.0.21, auth-port 1812, acct-port 1813, hostname AAA-1\n     State: current UP, duration {}s, previous duration 0s\n     Dead: total time 0s, count 0\n     Platform State from SMD: current UNKNOWN, duration {}s, previous duration 0s\n     Authen: request 12, timeouts 0, failover 0, retransmission 0\n             Response: accept 12, reject 0, challenge 0\n             Response: unexpected 0, server error 0, incorrect 0, time 21ms\n             Transaction: success 12, failure 0", view.uptime(), view.uptime()),
        "show clock" => {
            let now = Date::new(view.now());
            line!(out, "*{}.117 UTC {} {} {} {}", now.time(), now.weekday(), now.month_name(), now.day, now.year);
        }
        "show environment" | "show environment all" => {
            out.push_str("Switch   FAN     Speed   State   Airflow direction\n---------------------------------------------------\n  1       1     14160      OK     Front to Back\n  1       2     14160      OK     Front to Back\n  1       3     14160      OK     Front to Back\n");
            line!(out, "FAN PS-1 is OK\nFAN PS-2 is NOT PRESENT\nSwitch 1: SYSTEM TEMPERATURE is OK\nSystem Temperature Value: {} Degree Celsius\nSystem Temperature State: GREEN\nYellow Threshold : 46 Degree Celsius\nRed Threshold    : 56 Degree Celsius", 24 + view.number(20) % 8);
            line!(out, "SW  PID                 Serial#     Status           Sys Pwr  PoE Pwr  Watts\n--  ------------------  ----------  ---------------  -------  -------  -----\n1A  PWR-C1-350WAC-P     ART{:08} OK              Good     n/a      350  \n1B  Not Present", view.number(6) % 100_000_000);
        }
        "show license" => out.push_str(
            "Index 1 Feature: network-advantage \n\tPeriod left: Life time\n\tLicense Type: Permanent\n\tLicense State: Active, In Use\n\tLicense Count: Non-Counted\n\tLicense Priority: Medium\n\
             Index 2 Feature: dna-advantage \n\tPeriod left: Life time\n\tLicense Type: Permanent\n\tLicense State: Active, In Use\n\tLicense Count: Non-Counted\n\tLicense Priority: Medium\n",
        ),
        _ => return None,
    }
    Some(Kind::Show)
}

fn bgp_summary(view: &View<'_>, out: &mut String) {
    let neighbors = bgp(view);
    if neighbors.is_empty() {
        return line!(out, "% BGP not active\n");
    }
    line!(
        out,
        "BGP router identifier {}, local AS number {AS}\nBGP table version is 118, main routing table version 118",
        view.management()
    );
    line!(
        out,
        "\nNeighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd"
    );
    for far in neighbors {
        line!(
            out,
            "{:<15} 4        {AS:>5}   {:>5}   {:>5}      118    0    0 5w2d     {:>8}",
            far.ip.to_string(),
            52_113 + far.port,
            52_098 + far.port,
            far.prefixes
        );
    }
}

fn bgp_neighbors(view: &View<'_>, out: &mut String) {
    let neighbors = bgp(view);
    if neighbors.is_empty() {
        return line!(out, "% BGP not active\n");
    }
    for far in neighbors {
        line!(
            out,
            "BGP neighbor is {},  remote AS {AS}, internal link\n  BGP version 4, remote router ID {}\n  BGP state = Established, up for 5w2d",
            far.ip,
            far.id
        );
        line!(
            out,
            "  Last read 00:00:21, last write 00:00:04, hold time is 180, keepalive interval is 60 seconds\n  Neighbor sessions:\n    1 active, is not multisession capable (disabled)"
        );
        line!(
            out,
            "  Neighbor capabilities:\n    Route refresh: advertised and received(new)\n    Four-octets ASN Capability: advertised and received\n    Address family IPv4 Unicast: advertised and received"
        );
        line!(
            out,
            "  Message statistics:\n    InQ depth is 0\n    OutQ depth is 0\n\n                         Sent       Rcvd\n    Opens:                  1          1\n    Notifications:          0          0\n    Updates:               14         12\n    Keepalives:         52084      52101\n    Total:              52099      52114"
        );
        line!(
            out,
            "  Do log neighbor state changes (via global configuration)\n\n For address family: IPv4 Unicast\n  Session: {}\n  BGP table version 118, neighbor version 118/0",
            far.ip
        );
        line!(
            out,
            "  Connections established 1; dropped 0\n  Last reset never\nConnection state is ESTAB, I/O status: 1, unread input bytes: 0\nLocal host: {}, Local port: 179\nForeign host: {}, Foreign port: {}\n",
            far.own,
            far.ip,
            20_000 + far.port
        );
    }
}

fn etherchannel(out: &mut String) {
    out.push_str(
        "Flags:  D - down        P - bundled in port-channel\n        I - stand-alone s - suspended\n        H - Hot-standby (LACP only)\n        R - Layer3      S - Layer2\n        \
         U - in use      f - failed to allocate aggregator\n\n        M - not in use, minimum links not met\n        u - unsuitable for bundling\n        w - waiting to be aggregated\n        d - default port\n\n        A - formed by Auto LAG\n\n\n\
         Number of channel-groups in use: 1\nNumber of aggregators:           1\n\nGroup  Port-channel  Protocol    Ports\n\
         ------+-------------+-----------+-----------------------------------------------\n1      Po1(SD)         LACP        Te1/1/3(D)      Te1/1/4(D)      \n\n",
    );
}

fn vlan(view: &View<'_>, out: &mut String, full: bool) {
    line!(
        out,
        "\nVLAN Name                             Status    Ports\n---- -------------------------------- --------- -------------------------------"
    );
    for (vlan, name) in vlans() {
        line!(
            out,
            "{vlan:<4} {name:<32} active    {}",
            wrapped(&vlan_ports(view, vlan), 4, 48)
        );
    }
    line!(
        out,
        "1002 fddi-default                     act/unsup \n1003 token-ring-default               act/unsup \n1004 fddinet-default                  act/unsup \n1005 trnet-default                    act/unsup "
    );
    if full {
        line!(
            out,
            "\nVLAN Type  SAID       MTU   Parent RingNo BridgeNo Stp  BrdgMode Trans1 Trans2\n---- ----- ---------- ----- ------ ------ -------- ---- -------- ------ ------"
        );
        for (vlan, _) in vlans() {
            line!(
                out,
                "{vlan:<4} enet  {:<10} 1500  -      -      -        -    -        0      0   ",
                100_000 + u32::from(vlan)
            );
        }
        line!(
            out,
            "\nRemote SPAN VLANs\n------------------------------------------------------------------------------\n\n\nPrimary Secondary Type              Ports\n------- --------- ----------------- ------------------------------------------"
        );
    }
}

fn spanning_tree(view: &View<'_>, out: &mut String) {
    for (vlan, _) in vlans().filter(|(vlan, _)| *vlan > 1) {
        line!(
            out,
            "\nVLAN{vlan:04}\n  Spanning tree enabled protocol rstp\n  Root ID    Priority    {}\n             Address     {}",
            24_576 + u32::from(vlan),
            view.base_mac().dotted()
        );
        line!(
            out,
            "             Hello Time   2 sec  Max Age 20 sec  Forward Delay 15 sec\n\n  Bridge ID  Priority    {}  (priority 32768 sys-id-ext {vlan})",
            32_768 + u32::from(vlan)
        );
        line!(
            out,
            "             Address     {}\n             Hello Time   2 sec  Max Age 20 sec  Forward Delay 15 sec\n             Aging Time  300 sec\n",
            view.base_mac().dotted()
        );
        line!(
            out,
            "Interface           Role Sts Cost      Prio.Nbr Type\n------------------- ---- --- --------- -------- --------------------------------"
        );
        for (name, role, number, edge) in bridged(view) {
            line!(
                out,
                "{name:<19} {role} {} 4         128.{number:<4} {}",
                if role == "Altn" { "BLK" } else { "FWD" },
                if edge { "P2p Edge " } else { "P2p " }
            );
        }
        line!(out);
    }
}

fn ip_interface(view: &View<'_>, out: &mut String) {
    let mut one = |name: &str, address: Option<(std::net::Ipv4Addr, u8)>| {
        line!(out, "{name} is up, line protocol is up");
        match address {
            Some((ip, bits)) => line!(
                out,
                "  Internet address is {ip}/{bits}\n  Broadcast address is 255.255.255.255\n  Address determined by non-volatile memory\n  MTU is 1500 bytes\n  Helper address is not set\n  Directed broadcast forwarding is disabled\n  Outgoing Common access list is not set\n  Outgoing access list is not set\n  Inbound Common access list is not set\n  Inbound  access list is not set\n  Proxy ARP is enabled\n  Local Proxy ARP is disabled"
            ),
            None => line!(out, "  Inbound  access list is not set"),
        }
    };
    for svi in view.svis() {
        one(&format!("Vlan{}", svi.vlan), Some((svi.address.ip, svi.address.bits)));
    }
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            one(&port.name, Some((address.ip, address.bits)));
        }
    }
}

fn counters(view: &View<'_>, out: &mut String) {
    let packets = |index: u16, up: bool| {
        if up {
            view.number(0x2000 + u64::from(index) * 8) % 900_000_000 + view.clock * 40
        } else {
            0
        }
    };
    line!(
        out,
        "\nPort            InOctets    InUcastPkts    InMcastPkts    InBcastPkts "
    );
    for port in view.ports() {
        let n = packets(port.index, port.up);
        line!(
            out,
            "{:<10} {:>13} {n:>14} {:>14} {:>14} ",
            port.short,
            n * 412,
            n / 120,
            n / 90
        );
    }
    line!(
        out,
        "\nPort           OutOctets   OutUcastPkts   OutMcastPkts   OutBcastPkts "
    );
    for port in view.ports() {
        let n = packets(port.index, port.up);
        line!(
            out,
            "{:<10} {:>13} {:>14} {:>14} {:>14} ",
            port.short,
            n * 300,
            n / 2,
            0,
            0
        );
    }
}

fn logging(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Syslog logging: enabled (0 messages dropped, 2 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n\n\
         No Active Message Discriminator.\n\n\n\nNo Inactive Message Discriminator.\n\n\n    Console logging: level debugging, 112 messages logged, xml disabled,\n                     filtering disabled\n    \
         Monitor logging: level debugging, 0 messages logged, xml disabled,\n                     filtering disabled\n    Buffer logging:  level debugging, 112 messages logged, xml disabled,\n                    filtering disabled\n\nLog Buffer (4096 bytes):\n\n",
    );
    for (n, neighbor) in view.neighbors().iter().enumerate() {
        let at = Date::new(view.now() - 3_600 * (n as u64 + 1));
        line!(
            out,
            "*{} {:>2} {}.201: %LINK-3-UPDOWN: Interface {}, changed state to up",
            at.month_name(),
            at.day,
            at.time(),
            view.port_name(neighbor.port)
        );
    }
}
