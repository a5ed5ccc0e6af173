//! HPE Comware 7: the commands of the usual capture types.

use super::{Kind, line};
use crate::tables::Source;
use crate::view::{Use, VLANS, View};
use crate::when::{Date, parts};

pub(super) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match command {
        "display current-configuration" | "display saved-configuration" => {
            configuration(view, out);
            return Some(Kind::Config);
        }
        "display arp" | "display arp all" => arp(view, out),
        "display mac-address" => mac(view, out),
        "display lldp neighbor-information list" => lldp(view, out),
        "display lldp neighbor-information verbose" => lldp_verbose(view, out),
        "display interface" => interfaces(view, out),
        "display interface brief" => brief(view, out),
        "display ip routing-table" => routes(view, out),
        "display version" => version(view, out),
        "display device manuinfo" => manuinfo(view, out),
        "display clock" => {
            let now = Date::new(view.now());
            line!(
                out,
                "{} UTC {} {:02}/{:02}/{}",
                now.time(),
                now.weekday(),
                now.month,
                now.day,
                now.year
            );
        }
        "display device" => {
            line!(
                out,
                "Slot Type              State    Subslot  Soft Ver             Patch Ver"
            );
            line!(
                out,
                "1    5130-24G-4SFP+ EI Master   0        5130EI-3507P18       None     "
            );
        }
        _ => return None,
    }
    Some(Kind::Show)
}

fn place(view: &View<'_>, vlan: Option<u16>, port: Option<u16>) -> String {
    match vlan {
        Some(vlan) => format!("Vlan{vlan}"),
        None => view.port_short(port.unwrap_or(0)),
    }
}

fn configuration(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "#\n version 7.1.070, Release 3507P18\n#\n sysname {}\n#\n clock timezone UTC add 00:00:00\n#",
        view.name()
    );
    out.push_str(" irf mac-address persistent timer\n irf auto-update enable\n undo irf link-delay\n irf member 1 priority 1\n#\n lldp global enable\n#\n");
    line!(out, "ospf 1 router-id {}\n area 0.0.0.0", view.management());
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            line!(out, "  network {} 0.0.0.3", address.network());
        }
    }
    line!(out, "#\nvlan 1\n#");
    for (vlan, name, _) in VLANS {
        line!(out, "vlan {vlan}\n name {name}\n#");
    }
    line!(out, " stp mode rstp\n stp global enable\n#\ninterface NULL0\n#");
    for svi in view.svis() {
        line!(
            out,
            "interface Vlan-interface{}\n description {}\n ip address {} {}\n#",
            svi.vlan,
            svi.name,
            svi.address.ip,
            svi.address.mask()
        );
    }
    for port in view.ports() {
        line!(
            out,
            "interface {}\n port link-mode {}",
            port.name,
            if matches!(port.usage, Use::Routed(_)) {
                "route"
            } else {
                "bridge"
            }
        );
        if !port.description.is_empty() {
            line!(out, " description {}", port.description);
        }
        match &port.usage {
            Use::Routed(address) => line!(out, " ip address {} {}", address.ip, address.mask()),
            Use::Trunk => line!(out, " port link-type trunk\n port trunk permit vlan 1 10 20 30 99"),
            Use::Access { vlan, .. } => line!(out, " port access vlan {vlan}\n stp edged-port"),
            Use::Off => line!(out, " shutdown"),
        }
        line!(out, "#");
    }
    line!(
        out,
        " scheduler logfile size 16\n#\nline class aux\n user-role network-admin\n#\nline vty 0 63\n authentication-mode scheme\n user-role network-operator\n#"
    );
    for route in view.routes().iter().filter(|route| route.source == Source::Static) {
        if let Some(next_hop) = route.next_hop {
            line!(out, " ip route-static 0.0.0.0 0 {next_hop}\n#");
        }
    }
    line!(
        out,
        " snmp-agent\n snmp-agent community read cipher $c$3${:016x}\n snmp-agent sys-info location {}\n#\n ssh server enable\n#",
        view.number(5),
        view.site_name()
    );
    line!(out, " ntp-service enable");
    for server in view.ntp_servers() {
        line!(out, " ntp-service unicast-server {server}");
    }
    line!(out, "#");
    let padding: Vec<_> = view.padding(out.len() + 500, 52).collect();
    for (n, network) in &padding {
        line!(
            out,
            " ip prefix-list LAB-{:03} index {} permit {network} 24",
            n / 200,
            5 * (n % 200 + 1)
        );
    }
    line!(
        out,
        "#\n domain default enable system\n#\nrole name level-0\n description Predefined level-0 role\n#\nuser-group system\n#"
    );
    line!(
        out,
        "local-user lab class manage\n password hash $h$6${:016x}${:016x}\n service-type ssh\n authorization-attribute user-role network-admin\n#\nreturn",
        view.number(1),
        view.number(2)
    );
}

fn arp(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "  Type: S-Static   D-Dynamic   O-Openflow   R-Rule   M-Multiport  I-Invalid"
    );
    line!(
        out,
        "IP address      MAC address    VLAN/VSI name Interface                Aging Type"
    );
    let macs = view.macs(66);
    for entry in view.arp(80).iter().filter(|entry| !entry.own) {
        let learned = macs
            .iter()
            .find(|learned| learned.mac == entry.mac)
            .map(|learned| learned.port);
        let interface = view.port_short(
            entry
                .port
                .or(learned)
                .or_else(|| view.node.links.first().map(|l| l.port))
                .unwrap_or(0),
        );
        let vlan = entry.vlan.map_or("--".to_owned(), |vlan| vlan.to_string());
        line!(
            out,
            "{:<15} {} {vlan:<13} {interface:<24} {:<5} D",
            entry.ip.to_string(),
            entry.mac.dashed(),
            1 + entry.age % 20
        );
    }
}

fn mac(view: &View<'_>, out: &mut String) {
    line!(
        out,
        "MAC Address      VLAN ID    State            Port/Nickname            Aging"
    );
    for entry in view.macs(74) {
        line!(
            out,
            "{}   {:<10} Learned          {:<24} Y",
            entry.mac.dashed(),
            entry.vlan,
            view.port_short(entry.port)
        );
    }
}

fn lldp(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Chassis ID : * -- -- Nearest nontpmr bridge neighbor\n             # -- -- Nearest customer bridge neighbor\n             \
         Default -- -- Nearest bridge neighbor\n",
    );
    line!(
        out,
        "Local Interface Chassis ID      Port ID                    System Name               "
    );
    for neighbor in view.neighbors() {
        line!(
            out,
            "{:<15} {:<15} {:<26} {:<26}",
            view.port_short(neighbor.port),
            neighbor.chassis.dashed(),
            neighbor.remote_port,
            neighbor.name
        );
    }
}

fn lldp_verbose(view: &View<'_>, out: &mut String) {
    for neighbor in view.neighbors() {
        let capability = if neighbor.router { "Bridge, Router" } else { "Bridge" };
        line!(
            out,
            "LLDP neighbor-information of port {}[{}]:",
            neighbor.port + 1,
            view.port_name(neighbor.port)
        );
        line!(
            out,
            "LLDP agent nearest-bridge:\n LLDP neighbor index : 1\n Update time         : 5 days, 8 hours, 24 minutes, 38 seconds"
        );
        line!(
            out,
            " Chassis type        : MAC address\n Chassis ID          : {}",
            neighbor.chassis.dashed()
        );
        line!(
            out,
            " Port ID type        : Interface name\n Port ID             : {}\n Time to live        : 121",
            neighbor.remote_port
        );
        line!(
            out,
            " Port description    : {}\n System name         : {}\n System description  : {}",
            neighbor.remote_description,
            neighbor.name,
            neighbor.system
        );
        line!(
            out,
            " System capabilities supported : {capability}\n System capabilities enabled   : {capability}"
        );
        line!(
            out,
            " Management address type           : IPv4\n Management address                : {}",
            neighbor.management
        );
        line!(
            out,
            " Management address interface type : IfIndex\n Management address interface ID   : 634\n Management address OID            : 0"
        );
        line!(
            out,
            " Port VLAN ID(PVID)  : 1\n Link aggregation supported : Yes\n Link aggregation enabled   : No\n Maximum frame size         : 10000\n"
        );
    }
}

fn interfaces(view: &View<'_>, out: &mut String) {
    for svi in view.svis() {
        line!(
            out,
            "Vlan-interface{}\nCurrent state: UP\nLine protocol state: UP\nDescription: {}\nBandwidth: 1000000 kbps",
            svi.vlan,
            svi.name
        );
        line!(
            out,
            "Maximum transmission unit: 1500\nInternet address: {}/{} (primary)",
            svi.address.ip,
            svi.address.bits
        );
        line!(
            out,
            "IP packet frame type: Ethernet II, hardware address: {}\nIPv6 packet frame type: Ethernet II, hardware address: {}",
            svi.mac.dashed(),
            svi.mac.dashed()
        );
        line!(out, "Last clearing of counters: Never\n");
    }
    for port in view.interface_ports(1_350) {
        let state = match (&port.usage, port.up) {
            (Use::Off, _) => "Administratively DOWN",
            (_, true) => "UP",
            _ => "DOWN",
        };
        line!(
            out,
            "{}\nCurrent state: {state}\nLine protocol state: {}",
            port.name,
            if port.up { "UP" } else { "DOWN" }
        );
        line!(
            out,
            "IP packet frame type: Ethernet II, hardware address: {}",
            port.mac.dashed()
        );
        let description = if port.description.is_empty() {
            format!("{} Interface", port.name)
        } else {
            port.description.clone()
        };
        line!(
            out,
            "Description: {description}\nBandwidth: {} kbps\nLoopback is not set",
            if port.fast { 10_000_000 } else { 1_000_000 }
        );
        if let Use::Routed(address) = &port.usage {
            line!(out, "Internet address: {}/{} (primary)", address.ip, address.bits);
        }
        line!(out, "Media type is twisted pair, port hardware type is 1000_BASE_T");
        match (port.up, port.fast) {
            (true, true) => line!(out, "10Gbps-speed mode, full-duplex mode"),
            (true, false) => line!(out, "1000Mbps-speed mode, full-duplex mode"),
            _ => line!(out, "Unknown-speed mode, unknown-duplex mode"),
        }
        out.push_str(
            "Link speed type is autonegotiation, link duplex type is autonegotiation\nFlow-control is not enabled\nMaximum frame length: 10000\n\
             Allow jumbo frames to pass\nBroadcast max-ratio: 100%\nMulticast max-ratio: 100%\nUnicast max-ratio: 100%\n",
        );
        match &port.usage {
            Use::Trunk => line!(
                out,
                "PVID: 1\nMDI type: Automdix\nPort link-type: Trunk\n VLAN Passing:   1(default vlan), 10, 20, 30, 99\n VLAN permitted: 1(default vlan), 10, 20, 30, 99\n Trunk port encapsulation: IEEE 802.1q"
            ),
            Use::Access { vlan, .. } => line!(
                out,
                "PVID: {vlan}\nMDI type: Automdix\nPort link-type: Access\n Tagged VLANs:   None\n Untagged VLANs: {vlan}"
            ),
            _ => line!(out, "MDI type: Automdix"),
        }
        let (weeks, days, hours, minutes, _) = parts(view.uptime());
        line!(
            out,
            "Port priority: 0\nLast link flapping: {weeks} weeks {days} days {hours} hours {minutes} minutes\nLast clearing of counters: Never"
        );
        let packets = if port.up {
            view.number(0x2000 + u64::from(port.index)) % 900_000_000 + view.clock * 40
        } else {
            0
        };
        line!(
            out,
            " Last 300 seconds input:  {} packets/sec {} bytes/sec 0%",
            packets % 90,
            packets % 9_000
        );
        line!(
            out,
            " Last 300 seconds output:  {} packets/sec {} bytes/sec 0%",
            packets % 70,
            packets % 7_000
        );
        line!(
            out,
            " Input (total):  {packets} packets, {} bytes\n\t {} unicasts, {} broadcasts, {} multicasts, 0 pauses",
            packets * 412,
            packets / 2,
            packets / 90,
            packets / 120
        );
        line!(
            out,
            " Input:  0 input errors, 0 runts, 0 giants, 0 throttles\n\t 0 CRC, 0 frame, - overruns, 0 aborts\n\t - ignored, - parity errors"
        );
        line!(
            out,
            " Output (total): {} packets, {} bytes\n\t {} unicasts, 0 broadcasts, 0 multicasts, 0 pauses",
            packets / 2,
            packets * 300,
            packets / 2
        );
        line!(
            out,
            " Output: 0 output errors, - underruns, - buffer failures\n\t 0 aborts, 0 deferred, 0 collisions, 0 late collisions\n\t 0 lost carrier, - no carrier\n"
        );
    }
}

fn brief(view: &View<'_>, out: &mut String) {
    out.push_str(
        "Brief information on interfaces in route mode:\nLink: ADM - administratively down; Stby - standby\nProtocol: (s) - spoofing\n\
         Interface            Link Protocol Primary IP      Description                 \n",
    );
    line!(
        out,
        "InLoop0              UP   UP(s)    --                                          \nNULL0                UP   UP(s)    --                                          "
    );
    for svi in view.svis() {
        line!(
            out,
            "{:<20} UP   UP       {:<15} {}",
            format!("Vlan{}", svi.vlan),
            svi.address.ip.to_string(),
            svi.name
        );
    }
    for port in view.ports() {
        if let Use::Routed(address) = &port.usage {
            line!(
                out,
                "{:<20} UP   UP       {:<15} {:.27}",
                port.short,
                address.ip.to_string(),
                port.description
            );
        }
    }
    out.push_str(
        "\nBrief information on interfaces in bridge mode:\nLink: ADM - administratively down; Stby - standby\nSpeed: (a) - auto\n\
         Duplex: (a)/A - auto; H - half; F - full\nType: A - access; T - trunk; H - hybrid\n\
         Interface            Link Speed   Duplex Type PVID Description                 \n",
    );
    for port in view.interface_ports(70) {
        let (link, speed, duplex) = match (&port.usage, port.up, port.fast) {
            (Use::Off, ..) => ("ADM", "auto", "A"),
            (_, true, true) => ("UP", "10G(a)", "F(a)"),
            (_, true, false) => ("UP", "1G(a)", "F(a)"),
            _ => ("DOWN", "auto", "A"),
        };
        let (kind, pvid) = match &port.usage {
            Use::Routed(_) => continue,
            Use::Trunk => ("T", 1),
            Use::Access { vlan, .. } => ("A", *vlan),
            Use::Off => ("A", 1),
        };
        line!(
            out,
            "{:<20} {link:<4} {speed:<7} {duplex:<6} {kind:<4} {pvid:<4} {:.27}",
            port.short,
            port.description
        );
    }
}

fn routes(view: &View<'_>, out: &mut String) {
    let routes = view.routes();
    line!(
        out,
        "\nDestinations : {}        Routes : {}\n\nDestination/Mask   Proto   Pre Cost        NextHop         Interface",
        routes.len(),
        routes.len()
    );
    for route in &routes {
        let (protocol, preference, cost) = match route.source {
            Source::Connected | Source::Local => ("Direct", 0, 0),
            Source::Static => ("Static", 60, 0),
            Source::Ospf => ("O_INTRA", 10, 20),
        };
        let next_hop = route.next_hop.map_or_else(
            || {
                if route.source == Source::Local {
                    "127.0.0.1".to_owned()
                } else {
                    route.prefix.ip.to_string()
                }
            },
            |ip| ip.to_string(),
        );
        let interface = if route.source == Source::Local {
            "InLoop0".to_owned()
        } else {
            place(view, route.vlan, route.port)
        };
        line!(
            out,
            "{:<18} {protocol:<7} {preference:<3} {cost:<11} {next_hop:<15} {interface}",
            format!("{}/{}", route.prefix.ip, route.prefix.bits)
        );
    }
}

fn version(view: &View<'_>, out: &mut String) {
    let (weeks, days, hours, minutes, _) = parts(view.uptime());
    out.push_str(
        "HPE Comware Software, Version 7.1.070, Release 3507P18\nCopyright (c) 2010-2023 Hewlett Packard Enterprise Development LP\n",
    );
    line!(
        out,
        "HPE 5130 24G 4SFP+ EI uptime is {weeks} weeks, {days} days, {hours} hours, {minutes} minutes\nLast reboot reason : Cold reboot\n"
    );
    out.push_str(
        "Boot image: flash:/5130ei-cmw710-boot-r3507p18.bin\nBoot image version: 7.1.070, Release 3507P18\n  Compiled Mar 10 2023 11:00:00\n\
         System image: flash:/5130ei-cmw710-system-r3507p18.bin\nSystem image version: 7.1.070, Release 3507P18\n  Compiled Mar 10 2023 11:00:00\n\n\n",
    );
    line!(
        out,
        "Slot 1:\nUptime is {weeks} weeks,{days} days,{hours} hours,{minutes} minutes\n5130 24G 4SFP+ EI with 1 Processor"
    );
    out.push_str(
        "BOARD TYPE:         5130 24G 4SFP+ EI\nDRAM:               1024M bytes\nFLASH:              512M bytes\nPCB 1 Version:      VER.B\n\
         Bootrom Version:    157\nCPLD 1 Version:     002\nRelease Version:    HPE 5130 24G 4SFP+ EI JG932A-3507P18\nPatch Version  :    None\n\
         Reboot Cause  :     ColdReboot\n[SubSlot 0] 24GE+4SFP Plus\n",
    );
}

fn manuinfo(view: &View<'_>, out: &mut String) {
    let made = Date::new(view.now() - 86_400 * (900 + view.number(9) % 900));
    line!(
        out,
        "Slot 1 CPU 0:\nDEVICE_NAME          : 5130-24G-4SFP+ EI JG932A\nDEVICE_SERIAL_NUMBER : {}",
        view.serial()
    );
    line!(
        out,
        "MAC_ADDRESS          : {}\nMANUFACTURING_DATE   : {}\nVENDOR_NAME          : HPE",
        view.base_mac().dashed().to_uppercase(),
        made.iso()
    );
}
