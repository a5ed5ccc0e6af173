//! What our own templates read. The texts are written here, in the form of the command that each template is for.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use parsers::{
    ArpEntry, Capture, Component, DeviceVersion, Interface, Library, Limits, MacEntry, Neighbor, Origin, Parsed,
    Records, Route, parse,
};

fn parsed(platform: &str, capture_type: &str, commands: &[&str], text: &str) -> Parsed {
    let commands = commands.iter().map(|&command| command.to_owned()).collect::<Vec<_>>();
    let capture = Capture {
        platform,
        capture_type,
        commands: &commands,
        text,
    };
    let parsed = parse(Library::built_in(), &capture, &Limits::default()).unwrap();
    assert!(
        parsed.templates.iter().all(|template| template.origin == Origin::Own),
        "{:?}",
        parsed.templates
    );
    if parsed.knows_every_line {
        assert_eq!(parsed.unknown.count, 0, "{:?}", parsed.unknown);
    }
    parsed
}

macro_rules! records {
    ($kind:ident, $parsed:expr) => {
        match $parsed.records {
            Records::$kind(records) => records,
            other => panic!("{other:?}"),
        }
    };
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Prefix, protocol, next hop and interface of each route.
fn ways(routes: &[Route]) -> Vec<[&str; 4]> {
    let part = |part: &'_ Option<String>| part.clone().unwrap_or_default().leak() as &str;
    routes
        .iter()
        .map(|way| {
            [
                way.prefix.as_str(),
                part(&way.protocol),
                part(&way.next_hop),
                part(&way.interface),
            ]
        })
        .collect()
}

#[test]
fn frr_routes() {
    let routes = records!(
        Route,
        parsed(
            "frr",
            "routes",
            &["show ip route"],
            "Codes: K - kernel route, C - connected, S - static, R - RIP,\n       > - selected route, * - FIB route\n\n\
             VRF default:\n\
             S>* 10.1.0.0/16 [1/0] unreachable (blackhole), weight 1, 00:10:00\n\
             O   10.2.0.0/24 [110/10] is directly connected, eth1, weight 1, 01:00:00\n\
             O>* 10.3.0.0/24 [110/20] via 10.2.0.2, eth1, weight 1, 1d02h03m\n  *                      via 10.4.0.2, eth2, \
             weight 1, 1d02h03m\n\
             S>  10.5.0.0/24 [1/0] via 10.9.0.1 (recursive), weight 1, 00:00:01\n  *                    via 10.2.0.2, eth1 \
             onlink, weight 1, 00:00:01\nVRF RED:\nB>* 10.6.0.0/24 [20/0] via fe80::1, eth3 (vrf BLUE), weight 1, 00:00:09\n"
        )
    );
    assert_eq!(
        ways(&routes),
        [
            ["10.1.0.0/16", "static", "", "blackhole"],
            ["10.2.0.0/24", "ospf", "", "eth1"],
            ["10.3.0.0/24", "ospf", "10.2.0.2", "eth1"],
            ["10.3.0.0/24", "ospf", "10.4.0.2", "eth2"],
            ["10.5.0.0/24", "static", "10.9.0.1", ""],
            ["10.5.0.0/24", "static", "10.2.0.2", "eth1"],
            ["10.6.0.0/24", "bgp", "fe80::1", "eth3"],
        ]
    );
    assert_eq!((routes[1].active, routes[2].active), (Some(false), Some(true)));
    assert_eq!(
        (routes[2].distance, routes[2].metric, routes[2].age_seconds),
        (Some(110), Some(20), Some(93_780))
    );
    assert_eq!(
        (
            routes[0].vrf.clone(),
            routes[6].vrf.clone(),
            routes[6].next_hop_vrf.clone()
        ),
        (None, text("RED"), text("BLUE"))
    );
}

#[test]
fn linux_routes() {
    let routes = records!(
        Route,
        parsed(
            "linux",
            "routes",
            &["ip route show"],
            "default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.9 metric 100 \nblackhole 10.1.0.0/16 proto static metric \
             20 \n10.2.0.0/24 nhid 30 via 10.9.0.2 dev eth1 proto bgp metric 20 \n10.3.0.1 nhid 41 proto ospf metric 20 \n\
             \tnexthop via 10.9.0.2 dev eth1 weight 1 \n\tnexthop via 10.8.0.2 dev eth2 weight 1 \n192.0.2.0/24 dev eth0 \
             proto kernel scope link src 192.0.2.9 \n10.4.0.0/24 via 10.9.0.3 dev eth1 onlink \n"
        )
    );
    assert_eq!(
        ways(&routes),
        [
            ["0.0.0.0/0", "dhcp", "192.0.2.1", "eth0"],
            ["10.1.0.0/16", "static", "", "blackhole"],
            ["10.2.0.0/24", "bgp", "10.9.0.2", "eth1"],
            ["10.3.0.1/32", "ospf", "10.9.0.2", "eth1"],
            ["10.3.0.1/32", "ospf", "10.8.0.2", "eth2"],
            ["192.0.2.0/24", "kernel", "", "eth0"],
            ["10.4.0.0/24", "boot", "10.9.0.3", "eth1"],
        ]
    );
}

#[test]
fn junos_routes() {
    let routes = records!(
        Route,
        parsed(
            "juniper_junos",
            "routes",
            &["show route"],
            "\ninet.0: 4 destinations, 5 routes (4 active, 0 holddown, 0 hidden)\n+ = Active Route, - = Last Active, * = \
             Both\n\n0.0.0.0/0          *[Static/5] 1w2d 03:04:05\n                    >  to 10.0.0.1 via ge-0/0/0.0\n\
             10.1.0.0/16        *[BGP/170] 2d 01:02:03, localpref 100, from 10.9.9.9\n                      AS path: 65001 \
             I, validation-state: unverified\n                    > to 10.0.0.2 via ge-0/0/0.0\n                      to \
             10.0.0.3 via ge-0/0/1.0\n                    [OSPF/150] 1d 00:00:00, metric 20, tag 7\n                    > to \
             10.0.0.9 via ge-0/0/2.0\n10.2.0.0/24        *[Direct/0] 00:10:00\n                    > via ge-0/0/3.0\n\
             10.2.0.1/32        *[Local/0] 00:10:00\n                      Local via ge-0/0/3.0\n10.3.0.0/24        \
             *[Static/5] 00:10:00\n                      Discard\n\nRED.inet6.0: 1 destinations, 1 routes (1 active, 0 holddown, \
             0 hidden)\n\n2001:db8:1111:2222:3333::/80\n                   *[BGP/170] 00:00:10\n                    > to fe80::1 \
             via ae0.0\n"
        )
    );
    assert_eq!(
        ways(&routes),
        [
            ["0.0.0.0/0", "static", "10.0.0.1", "ge-0/0/0.0"],
            ["10.1.0.0/16", "bgp", "10.0.0.2", "ge-0/0/0.0"],
            ["10.1.0.0/16", "bgp", "10.0.0.3", "ge-0/0/1.0"],
            ["10.1.0.0/16", "ospf", "10.0.0.9", "ge-0/0/2.0"],
            ["10.2.0.0/24", "connected", "", "ge-0/0/3.0"],
            ["10.2.0.1/32", "local", "", "ge-0/0/3.0"],
            ["10.3.0.0/24", "static", "", "Discard"],
            ["2001:db8:1111:2222:3333::/80", "bgp", "fe80::1", "ae0.0"],
        ]
    );
    assert_eq!((routes[1].active, routes[3].active), (Some(true), Some(false)));
    assert_eq!(
        (routes[3].metric, routes[3].tag.clone(), routes[4].metric),
        (Some(20), text("7"), None)
    );
    assert_eq!((routes[6].vrf.clone(), routes[7].vrf.clone()), (None, text("RED")));
}

#[test]
fn neighbours_and_places_of_a_linux_system() {
    let arp = records!(
        Arp,
        parsed(
            "linux",
            "arp",
            &["ip neigh show"],
            "10.0.0.2 dev eth1 lladdr 02:00:00:00:00:01 REACHABLE proto zebra \nfe80::1 dev eth0 lladdr 02:00:00:00:00:02 \
             router STALE \n10.0.0.9 dev eth1  FAILED\n"
        )
    );
    let entry = |at: usize| {
        (
            arp[at].address.as_str(),
            arp[at].mac.as_deref(),
            arp[at].state.as_deref(),
        )
    };
    assert_eq!(entry(0), ("10.0.0.2", Some("02:00:00:00:00:01"), Some("reachable")));
    assert_eq!(entry(1), ("fe80::1", Some("02:00:00:00:00:02"), Some("stale")));
    assert_eq!(entry(2), ("10.0.0.9", None, Some("failed")));

    let mac = records!(
        Mac,
        parsed(
            "linux",
            "mac",
            &["bridge fdb show"],
            "33:33:00:00:00:01 dev eth0 self permanent\n02:00:00:00:00:03 dev p1 vlan 10 master br0 \n02:00:00:00:00:04 dev \
             p1 master br0 permanent\n"
        )
    );
    let here = |mac: &str, vlan: Option<&str>, kind: Option<&str>| MacEntry {
        domain: text("br0"),
        vlan: vlan.map(str::to_owned),
        mac: mac.to_owned(),
        interface: text("p1"),
        interface_raw: text("p1"),
        kind: kind.map(str::to_owned),
        age_seconds: None,
    };
    assert_eq!(
        mac,
        [
            here("02:00:00:00:00:03", Some("10"), None),
            here("02:00:00:00:00:04", None, Some("permanent"))
        ]
    );

    let lldp = records!(
        Neighbor,
        parsed(
            "linux",
            "lldp",
            &["lldpcli show neighbors details"],
            "-------------------------------------------------------------------------------\nLLDP neighbors:\n\
             -------------------------------------------------------------------------------\nInterface:    eth1, via: LLDP, \
             RID: 1, Time: 1 day, 02:00:00\n  Chassis:     \n    ChassisID:    mac 02:00:00:00:00:0a\n    SysName:      r2\n    \
             SysDescr:     a router\n    MgmtIP:       10.0.0.2\n    Capability:   Bridge, off\n    Capability:   Router, on\n  \
             Port:        \n    PortID:       mac 02:00:00:00:00:0b\n    PortDescr:    eth2\n    TTL:          120\n\
             -------------------------------------------------------------------------------\n"
        )
    );
    let Neighbor {
        neighbor_name,
        neighbor_interface,
        chassis_id,
        capabilities,
        age_seconds,
        ..
    } = &lldp[0];
    assert_eq!(lldp.len(), 1);
    assert_eq!((neighbor_name, neighbor_interface), (&text("r2"), &text("eth2")));
    assert_eq!(
        (chassis_id, capabilities, age_seconds),
        (&text("02:00:00:00:00:0a"), &text("Router"), &Some(93_600))
    );
}

#[test]
fn a_version_from_two_commands_is_one_record() {
    let version = records!(
        Version,
        parsed(
            "linux",
            "version",
            &["cat /etc/os-release", "uname -a"],
            ">>> cat /etc/os-release\nPRETTY_NAME=\"Example Linux 3 (tree)\"\nNAME=\"Example Linux\"\nVERSION_ID=\"3\"\n\
             ID=example\n>>> uname -a\nLinux web1 6.1.0-9-amd64 #1 SMP x86_64 GNU/Linux\n"
        )
    );
    let DeviceVersion {
        hostname,
        os,
        os_version,
        image,
        ..
    } = &version[0];
    assert_eq!(version.len(), 1);
    assert_eq!((hostname, os_version), (&text("web1"), &text("3")));
    assert_eq!((os, image), (&text("Example Linux 3 (tree)"), &text("6.1.0-9-amd64")));
}

#[test]
fn versions() {
    for (platform, command, printed, version, model) in [
        (
            "frr",
            "show version",
            "FRRouting 8.4.4 (r1) on Linux(6.1.0).\nCopyright 1996-2005 Kunihiro Ishiguro, et al.\n",
            "8.4.4",
            None,
        ),
        (
            "vyos",
            "show version",
            "Version:          VyOS 1.4.0\nRelease train:    sagitta\n\nHardware vendor:  QEMU\nHardware model:   Standard \
             PC\nHardware S/N:     \n\nCopyright:        VyOS maintainers\n",
            "1.4.0",
            Some("Standard PC"),
        ),
        (
            "hp_comware",
            "display version",
            "H3C Comware Software, Version 7.1.070, Release 3507P18\nCopyright (c) 2004-2022 H3C\nH3C S5560X-30C-EI uptime \
             is 1 week, 2 days, 3 hours, 4 minutes\nLast reboot reason : User reboot\n",
            "7.1.070 3507P18",
            Some("S5560X-30C-EI"),
        ),
        (
            "nokia_sros",
            "show version",
            "TiMOS-B-20.10.R5 both/x86_64 Nokia 7750 SR Copyright (c) 2000-2021 Nokia.\nAll rights reserved.\nBuilt on Wed\n",
            "B-20.10.R5",
            Some("7750 SR"),
        ),
        (
            "dell_os10",
            "show version",
            "Dell SmartFabric OS10 Enterprise\nCopyright (c) 1999-2021 by Dell Inc.\nOS Version: 10.5.2.3\nSystem Type: \
             S5248F-ON\nUp Time: 1 week 2 days 03:04:05\n",
            "10.5.2.3",
            Some("S5248F-ON"),
        ),
    ] {
        let found = records!(Version, parsed(platform, "version", &[command], printed));
        assert_eq!(found.len(), 1, "{platform}");
        assert_eq!(
            (found[0].os_version.as_deref(), found[0].model.as_deref()),
            (Some(version), model),
            "{platform}"
        );
    }
}

#[test]
fn tables_of_addresses() {
    for (platform, capture_type, command, printed) in [
        (
            "frr",
            "arp",
            "show ip neigh",
            "Interface            Neighbor                       MAC                #Rules\nPORT                 10.0.0.2     \
                  02:00:00:00:00:01  0\n",
        ),
        (
            "nokia_sros",
            "arp",
            "show router arp",
            "===============\nARP Table (Router: Base)\n===============\nIP Address      MAC Address       Expiry    Type   \
             Interface\n---------------\n10.0.0.2        02:00:00:00:00:01 03h59m59s Dyn[I] PORT\n---------------\nNo. of ARP \
             Entries: 1\n===============\n",
        ),
        (
            "dell_os10",
            "arp",
            "show ip arp",
            "Address        Hardware address    Interface     Egress Interface\n------------------\n10.0.0.2       \
             02:00:00:00:00:01   PORT      ethernet1/1/1\n",
        ),
        (
            "dell_os10",
            "mac",
            "show mac address-table",
            "VlanId   Mac Address         Type      Interface\n7        02:00:00:00:00:01   dynamic   PORT\n",
        ),
        (
            "mikrotik_routeros",
            "mac",
            "/interface bridge host print",
            "Flags: D - DYNAMIC; L - LOCAL\nColumns: MAC-ADDRESS, VID, ON-INTERFACE, BRIDGE\n # MAC-ADDRESS        VID  \
             ON-INTERFACE  BRIDGE\n0 D  02:00:00:00:00:01    7  PORT        bridge1\n",
        ),
        (
            "cisco_asa",
            "mac",
            "show mac-address-table",
            "interface                   mac  address          type      Age(min)    bridge-group\n-----------\nPORT             \
                0200.0000.0001  dynamic    3    1\n",
        ),
    ] {
        let found = parsed(platform, capture_type, &[command], printed);
        assert_eq!(
            (found.records.len(), found.incomplete),
            (1, 0),
            "{platform} {capture_type}"
        );
        match &found.records {
            Records::Arp(list) => {
                let ArpEntry {
                    address,
                    mac,
                    interface,
                    ..
                } = &list[0];
                assert_eq!(
                    (address.as_str(), mac, interface),
                    ("10.0.0.2", &text("02:00:00:00:00:01"), &text("PORT")),
                    "{platform}"
                );
            }
            Records::Mac(list) => {
                assert_eq!(
                    (list[0].mac.as_str(), &list[0].interface),
                    ("02:00:00:00:00:01", &text("PORT")),
                    "{platform}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn interfaces_of_frr() {
    let found = records!(
        Interface,
        parsed(
            "frr",
            "interfaces",
            &["show interface"],
            "Interface eth0 is up, line protocol is down\n  Link ups:       0    last: (never)\n  Link downs:     0    last: \
             (never)\n  vrf: RED\n  Description: to the \"core\"\n  index 2 metric 0 mtu 9000 speed 1000 \n  flags: \
             <UP,BROADCAST>\n  Type: Ethernet\n  HWaddr: 02:00:00:00:00:01\n  inet 10.0.0.1/24\n  inet6 fe80::1/64\n  \
             Interface Type Other\n  protodown: off \nInterface dummy0 is down\n  vrf: default\n  index 3 metric 0 mtu 1500 \
             speed 0 \n"
        )
    );
    let Interface {
        admin_up,
        link_up,
        vrf,
        mtu,
        speed_bps,
        addresses,
        description,
        ..
    } = &found[0];
    assert_eq!(
        (admin_up, link_up, vrf, mtu),
        (&Some(true), &Some(false), &text("RED"), &Some(9000))
    );
    assert_eq!(
        (speed_bps, description),
        (&Some(1_000_000_000), &text("to the \"core\""))
    );
    assert_eq!(addresses, &["10.0.0.1/24", "fe80::1/64"]);
    assert_eq!(
        (found[1].name.as_str(), found[1].admin_up, found[1].vrf.as_deref()),
        ("dummy0", Some(false), None)
    );
}

#[test]
fn dell_and_nokia() {
    let lldp = records!(
        Neighbor,
        parsed(
            "dell_os10",
            "lldp",
            &["show lldp neighbors detail"],
            "Remote Chassis ID Subtype: Mac address (4)\nRemote Chassis ID: 02:00:00:00:00:01\nRemote Port Subtype: Interface \
             name (5)\nRemote Port ID: ethernet1/1/32\nLocal Port ID: ethernet1/1/3\nRemote TTL: 120\nRemote System Name: \
             sw2\n------\nRemote Chassis ID Subtype: Mac address (4)\nRemote Chassis ID: 02:00:00:00:00:02\nRemote Port ID: \
             eth0\nLocal Port ID: ethernet1/1/4\n"
        )
    );
    let end = |at: usize| {
        (
            lldp[at].local_interface.as_deref(),
            lldp[at].neighbor_interface.as_deref(),
        )
    };
    assert_eq!(
        (end(0), end(1)),
        (
            (Some("ethernet1/1/3"), Some("ethernet1/1/32")),
            (Some("ethernet1/1/4"), Some("eth0"))
        )
    );

    let routes = records!(
        Route,
        parsed(
            "dell_os10",
            "routes",
            &["show ip route"],
            "Codes: C - connected\n       S - static\nGateway of last resort is not set\n  Destination       Gateway          \
             Dist/Metric   Last Change\n--------\n  C     10.1.1.0/24      via 10.1.1.1      ethernet1/1/1   0/0     00:01:01\n  \
             B EX  10.8.8.0/24      via 10.1.1.9                      20/0    01:00:00\n"
        )
    );
    assert_eq!(
        ways(&routes),
        [
            ["10.1.1.0/24", "connected", "10.1.1.1", "ethernet1/1/1"],
            ["10.8.8.0/24", "bgp", "10.1.1.9", ""]
        ]
    );

    let ports = records!(
        Interface,
        parsed(
            "dell_os10",
            "interfaces",
            &["show interface"],
            "Ethernet 1/1/1 is up, line protocol is down\nDescription: to spine\nHardware is Eth, address is \
             02:00:00:00:00:03\nInternet address is 10.1.1.1/24\nMTU 1532 bytes\nLineSpeed 100G, Auto-Negotiation on\nVlan 10 is \
             up, line protocol is up\n"
        )
    );
    assert_eq!(
        (ports[0].name.as_str(), ports[0].speed_bps, ports[0].mtu),
        ("ethernet1/1/1", Some(100_000_000_000), Some(1532))
    );
    assert_eq!(
        (ports[0].addresses.join(" "), ports[1].name.as_str()),
        ("10.1.1.1/24".to_owned(), "vlan10")
    );

    let parts = records!(
        Component,
        parsed(
            "dell_os10",
            "inventory",
            &["show inventory"],
            "Product               : S4148F-ON\n\nUnit Type                Part Number  Rev  Piece Part ID             Svc Tag  \
             Exprs Svc Code\n-----\n* 1  S4148F-ON           09XXXX       X01  TW-09XXXX-00000-000-0001  ABC1234  100 200 300 40\n  \
             1  S4148F-ON-PWR-1-AC  06XXXX       A00  CN-06XXXX-00000-000-0002\n"
        )
    );
    assert_eq!(
        (parts[0].serial.clone(), parts[1].serial.clone()),
        (text("ABC1234"), text("CN-06XXXX-00000-000-0002"))
    );

    let mac = records!(
        Mac,
        parsed(
            "nokia_sros",
            "mac",
            &["show service fdb-mac"],
            "===\nService Forwarding Database\n===\nServId     MAC               Source-Identifier       Type     Last Change\n            \
             Transport:Tnl-Id                         Age\n---\n10         02:00:00:00:00:01 sap:1/1/1:100           L/0      \
             05/01/21 12:00:00\n10         02:00:00:00:00:02 sdp:12:1                L/30     05/01/21 12:00:00\n---\nNo. of Entries: \
             2\n===\n"
        )
    );
    let place = |at: usize| {
        (
            mac[at].domain.as_deref(),
            mac[at].interface.as_deref(),
            mac[at].vlan.as_deref(),
        )
    };
    assert_eq!(
        (place(0), place(1)),
        (
            (Some("10"), Some("1/1/1"), Some("100")),
            (Some("10"), Some("sdp:12:1"), None)
        )
    );

    let lldp = records!(
        Neighbor,
        parsed(
            "nokia_sros",
            "lldp",
            &["show system lldp neighbor"],
            "===\nLink Layer Discovery Protocol (LLDP) System Information\n===\nNB = nearest-bridge   NTPMR = nearest-non-tpmr\n===\n\
             Lcl Port      Scope Remote Chassis ID  Index  Remote Port            Remote Sys*\n---\n1/1/1         NB    \
             02:00:00:00:00:09  1      1/1/2                  router2\n===\n"
        )
    );
    assert_eq!(
        (&lldp[0].neighbor_name, &lldp[0].neighbor_interface),
        (&text("router2"), &text("1/1/2"))
    );

    let parts = records!(
        Component,
        parsed(
            "nokia_sros",
            "inventory",
            &["show chassis"],
            "===\nChassis Information\n===\n    Name                              : r1\n    Type                              : 7750 \
             SR-7\n        Part number                   : 3HE00000AA\n        Serial number                 : NS000000001\n"
        )
    );
    assert_eq!(
        (parts[0].description.clone(), parts[0].serial.clone()),
        (text("7750 SR-7"), text("NS000000001"))
    );
}

#[test]
fn parts_and_other_routes() {
    let found = records!(
        Component,
        parsed(
            "hp_procurve",
            "inventory",
            &["show modules"],
            " Status and Counters - Module Information\n\n  Chassis: 5406Rzl2 J9850A         Serial Number:   SG00000001\n\n  \
             Slot  Module Description                      Serial Number  Status\n  ----- --------------------------------------- \
             -------------- --------\n  A     HP J9987A 24p 10/100/1000BASE-T v3zl    SG00000002     Up\n"
        )
    );
    let part = |part: &Component| (part.name.clone(), part.part_number.clone(), part.serial.clone());
    assert_eq!(part(&found[0]), (None, None, text("SG00000001")));
    assert_eq!(part(&found[1]), (text("A"), text("J9987A"), text("SG00000002")));

    let routes = records!(
        Route,
        parsed(
            "nokia_sros",
            "routes",
            &["show router route-table"],
            "===============\nRoute Table (Router: Base)\n===============\nDest Prefix[Flags]       Type    Proto     Age        \
             Pref\n      Next Hop[Interface Name]                 Metric   \n---------------\n10.10.0.1/32             Local   \
             Local     01d02h03m  0\n       system                                  0\n10.10.0.2/32             Remote  OSPF      \
             00h05m04s  10\n       10.1.2.2                                100\n---------------\nNo. of Routes: 2\n"
        )
    );
    assert_eq!(
        ways(&routes),
        [
            ["10.10.0.1/32", "local", "", "system"],
            ["10.10.0.2/32", "ospf", "10.1.2.2", ""]
        ]
    );
}

/// The template is not ours; that its column is taken is.
#[test]
fn the_aggregate_of_a_link_is_known() {
    if parsers::built_in_notice().is_some() {
        println!("the templates were not there at build time (make templates)");
        return;
    }
    let commands = ["show lldp neighbors".to_owned()];
    let capture = Capture {
        platform: "juniper_junos",
        capture_type: "lldp",
        commands: &commands,
        text: "Local Interface    Parent Interface    Chassis Id          Port info          System Name\n\
               xe-0/0/1           ae0                 02:00:00:00:00:0a   xe-0/0/7           sw2\n\
               ge-0/0/2           -                   02:00:00:00:00:0b   ge-0/0/8           sw3\n",
    };
    let lldp = records!(
        Neighbor,
        parse(Library::built_in(), &capture, &Limits::default()).unwrap()
    );
    let parents: Vec<_> = lldp
        .iter()
        .map(|one| (&one.local_interface, &one.parent_interface))
        .collect();
    assert_eq!(parents, [(&text("xe-0/0/1"), &text("ae0")), (&text("ge-0/0/2"), &None)]);
}
