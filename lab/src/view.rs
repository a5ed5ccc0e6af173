//! One device as its commands show it: everything that can be computed from the [`World`].

use std::net::Ipv4Addr;

use crate::mac::Mac;
use crate::platform::Platform;
use crate::world::{Link, LinkKind, Node, Role, World};

/// The VLANs of every site: number, name, third byte of its first subnet (a /20).
pub(crate) const VLANS: &[(u16, &str, u8)] = &[
    (10, "USERS", 16),
    (20, "VOICE", 32),
    (30, "SERVERS", 48),
    (99, "MGMT", 96),
];

/// Length of the prefixes of the VLANs.
pub(crate) const VLAN_BITS: u8 = 20;

/// Ports that have an address of their device's block. Those after them only fill tables.
const PORT_MACS: u16 = 250;

/// When the network was, in seconds since 1970, before anybody advanced its clock.
const EPOCH: u64 = 1_780_300_000;

/// An end device on an access port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host {
    pub(crate) mac: Mac,
    pub(crate) ip: Ipv4Addr,
    pub(crate) vlan: u16,
}

/// A layer 3 interface.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) ip: Ipv4Addr,
    pub(crate) bits: u8,
}

impl Address {
    pub(crate) fn network(&self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.ip) & mask_bits(self.bits))
    }

    pub(crate) fn mask(&self) -> Ipv4Addr {
        Ipv4Addr::from(mask_bits(self.bits))
    }
}

fn mask_bits(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

/// What a port is for.
#[derive(Debug, Clone)]
pub(crate) enum Use {
    Routed(Address),
    Trunk,
    Access { vlan: u16, host: Option<Host> },
    Off,
}

/// A physical port.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) index: u16,
    pub(crate) name: String,
    pub(crate) short: String,
    pub(crate) mac: Mac,
    pub(crate) usage: Use,
    pub(crate) up: bool,
    pub(crate) description: String,
    pub(crate) fast: bool,
}

/// A VLAN interface.
#[derive(Debug, Clone)]
pub(crate) struct Svi {
    pub(crate) vlan: u16,
    pub(crate) name: &'static str,
    pub(crate) address: Address,
    pub(crate) mac: Mac,
}

/// One device at one moment.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) node: &'a Node,
    pub(crate) index: u32,
    /// How many configuration changes were made.
    pub(crate) revision: u32,
    /// Seconds that the clock was advanced.
    pub(crate) clock: u64,
    /// Names and descriptions attack whoever shows them.
    pub(crate) hostile: bool,
    pub(crate) config_bytes: Option<usize>,
    pub(crate) table_bytes: Option<usize>,
}

impl<'a> View<'a> {
    /// A number that depends on the seed, the device and what it is for, and on nothing else.
    pub(crate) fn number(&self, salt: u64) -> u64 {
        mix(self.world.seed ^ mix(u64::from(self.index) << 20 ^ salt))
    }

    pub(crate) fn platform(&self) -> Platform {
        self.node.platform
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.node.name
    }

    pub(crate) fn site_name(&self) -> &'a str {
        self.world
            .sites
            .get(self.node.site as usize)
            .map_or("site", |name| name)
    }

    pub(crate) fn now(&self) -> u64 {
        EPOCH + self.clock
    }

    /// When the configuration was changed last.
    pub(crate) fn changed_at(&self) -> u64 {
        EPOCH - 86_400 * (1 + self.number(90) % 90) + 3_600 * u64::from(self.revision)
    }

    /// Seconds since the device started.
    pub(crate) fn uptime(&self) -> u64 {
        86_400 * (20 + self.number(91) % 500) + self.number(92) % 86_400 + self.clock
    }

    pub(crate) fn serial(&self) -> String {
        serial(self.number(93))
    }

    pub(crate) fn base_mac(&self) -> Mac {
        base_mac(self.node.platform, self.world.seed, self.index)
    }

    /// The address in the management VLAN of the site.
    pub(crate) fn management(&self) -> Ipv4Addr {
        management(self.node)
    }

    /// The router of the site's VLANs, as hosts and access switches know it.
    pub(crate) fn gateway(&self, vlan: u16) -> Ipv4Addr {
        site_address(self.node.site, vlan, 1)
    }

    pub(crate) fn peer(&self, link: &Link) -> Option<View<'a>> {
        let node = self.world.nodes.get(link.peer as usize)?;
        Some(View {
            node,
            index: link.peer,
            revision: 0,
            ..*self
        })
    }

    pub(crate) fn link(&self, port: u16) -> Option<&'a Link> {
        self.node.links.iter().find(|link| link.port == port)
    }

    pub(crate) fn link_address(link: &Link, net: u32, near: bool) -> Address {
        let low = 0xac10_0000 + net * 4 + 1;
        let ip = if link.first == near { low } else { low + 1 };
        Address {
            ip: Ipv4Addr::from(ip),
            bits: 30,
        }
    }

    pub(crate) fn port_name(&self, port: u16) -> String {
        port_name(self.node, port)
    }

    pub(crate) fn port_short(&self, port: u16) -> String {
        port_short(self.node, port)
    }

    pub(crate) fn port_mac(&self, port: u16) -> Mac {
        if port < PORT_MACS {
            return self.base_mac().plus(u64::from(port) + 1);
        }
        Mac(0x02 << 40 | u64::from(self.index) << 16 | u64::from(port))
    }

    pub(crate) fn host(&self, port: u16) -> Option<Host> {
        if self.node.role != Role::Access || self.number(0x1000 + u64::from(port)).is_multiple_of(4) {
            return None;
        }
        Some(host(self.world, self.node, port))
    }

    pub(crate) fn port(&self, index: u16) -> Port {
        let link = self.link(index);
        let usage = match link {
            Some(Link {
                kind: LinkKind::Routed(net),
                ..
            }) => match link {
                Some(link) => Use::Routed(View::link_address(link, *net, true)),
                None => Use::Off,
            },
            Some(Link {
                kind: LinkKind::Trunk, ..
            }) => Use::Trunk,
            Some(Link {
                kind: LinkKind::Server, ..
            }) => Use::Access { vlan: 30, host: None },
            None if self.node.role == Role::Access => Use::Access {
                vlan: vlan_of_port(index),
                host: self.host(index),
            },
            None => Use::Off,
        };
        let up = link.is_some() || matches!(usage, Use::Access { host: Some(_), .. });
        Port {
            index,
            name: self.port_name(index),
            short: self.port_short(index),
            mac: self.port_mac(index),
            up,
            description: self.description(index, link, &usage),
            fast: is_fast(self.node),
            usage,
        }
    }

    fn description(&self, index: u16, link: Option<&Link>, usage: &Use) -> String {
        if self.hostile && index.is_multiple_of(3) {
            return "<script>alert(1)</script>".to_owned();
        }
        if self.hostile && index % 3 == 1 {
            return "=HYPERLINK(\"http://198.51.100.7/\",\"open\")".to_owned();
        }
        // Odd changes describe a port anew; the last one that hit this port counts.
        let ports = u64::from(self.node.ports.max(1));
        let mut changed = 0;
        for revision in (1..=self.revision).filter(|r| r % 2 == 1) {
            if mix(self.number(95) + u64::from(revision)) % ports == u64::from(index) {
                changed = revision;
            }
        }
        if changed > 0 {
            return format!("changed by ticket CHG{:05}", changed);
        }
        match (link.and_then(|link| self.peer(link).map(|peer| (link, peer))), usage) {
            (Some((link, peer)), _) => format!("to {} {}", peer.name(), peer.port_short(link.peer_port)),
            (
                None,
                Use::Access {
                    vlan: 20,
                    host: Some(_),
                },
            ) => "phone".to_owned(),
            (None, Use::Access { host: Some(_), .. }) => format!("desk {}", 100 + self.number(u64::from(index)) % 900),
            _ => String::new(),
        }
    }

    pub(crate) fn ports(&self) -> impl Iterator<Item = Port> + 'a {
        let view = *self;
        (0..self.node.ports).map(move |index| view.port(index))
    }

    /// The ports, and so many more unused ones that the table of interfaces gets the size asked for.
    pub(crate) fn interface_ports(&self, bytes_each: usize) -> impl Iterator<Item = Port> + 'a {
        let view = *self;
        let wanted = self
            .table_bytes
            .map_or(0, |bytes| (bytes / bytes_each.max(1)).min(60_000) as u16);
        (0..self.node.ports.max(wanted)).map(move |index| view.port(index))
    }

    pub(crate) fn svis(&self) -> Vec<Svi> {
        let own = match self.node.role {
            Role::Distribution => u32::from(self.node.ordinal),
            // Without distribution switches the first core switch is the router of the site.
            Role::Core if self.routes_the_site() => 1,
            Role::Core | Role::Access => 0,
            Role::Server => return Vec::new(),
        };
        VLANS
            .iter()
            .filter(|(vlan, ..)| own > 0 || *vlan == 99)
            .map(|(vlan, name, _)| Svi {
                vlan: *vlan,
                name,
                address: Address {
                    ip: if *vlan == 99 && own != 1 {
                        self.management()
                    } else {
                        site_address(self.node.site, *vlan, own)
                    },
                    bits: VLAN_BITS,
                },
                mac: self.base_mac(),
            })
            .collect()
    }

    fn routes_the_site(&self) -> bool {
        self.node.role == Role::Core
            && self.node.ordinal == 1
            && !self.node.links.iter().any(|l| {
                self.world
                    .nodes
                    .get(l.peer as usize)
                    .is_some_and(|n| n.role == Role::Distribution)
            })
    }

    /// Time servers: even changes add one.
    pub(crate) fn ntp_servers(&self) -> Vec<Ipv4Addr> {
        let extra = (1..=self.revision).filter(|r| r % 2 == 0);
        let extra = extra.map(|r| Ipv4Addr::new(10, 255, 1 + (r / 250) as u8, (r % 250) as u8 + 1));
        [Ipv4Addr::new(10, 255, 0, 1), Ipv4Addr::new(10, 255, 0, 2)]
            .into_iter()
            .chain(extra)
            .collect()
    }

    /// Lines that bring a configuration to the size asked for: the n-th network of a list of prefixes.
    pub(crate) fn padding(&self, have: usize, line_bytes: usize) -> impl Iterator<Item = (u32, Ipv4Addr)> + use<'a> {
        let missing = self.config_bytes.unwrap_or(0).saturating_sub(have);
        let seed = self.number(97);
        (0..(missing / line_bytes.max(1)) as u32).map(move |n| {
            (
                n,
                Ipv4Addr::from(0x6400_0000 | (mix(seed + u64::from(n)) as u32 & 0x003f_ff00)),
            )
        })
    }
}

pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn serial(number: u64) -> String {
    let letter = |shift: u32| char::from(b'A' + (number >> shift & 0xff) as u8 % 26);
    format!(
        "F{}{}{:04}{}{:03}",
        letter(0),
        letter(8),
        (number >> 16) % 10_000,
        letter(40),
        (number >> 48) % 1_000
    )
}

fn base_mac(platform: Platform, seed: u64, index: u32) -> Mac {
    let vendor: u64 = match platform {
        Platform::CiscoIos => 0x70_1f53,
        Platform::CiscoNxos => 0x00_de_fb,
        Platform::AristaEos => 0x00_1c73,
        Platform::JuniperJunos => 0x3c_8ab0,
        Platform::HpComware => 0x5c_8a38,
        Platform::MikrotikRouteros => 0x48_8f5a,
        Platform::Linux => 0x00_1b21,
    };
    // Eight bits for the ports of a device, sixteen for the device: no two devices share an address.
    Mac(vendor << 24 | ((u64::from(index) ^ seed) & 0xffff) << 8)
}

fn site_address(site: u16, vlan: u16, host: u32) -> Ipv4Addr {
    let third = VLANS
        .iter()
        .find(|(number, ..)| *number == vlan)
        .map_or(0, |(.., third)| *third);
    Ipv4Addr::from(0x0a00_0000 | u32::from(site) << 16 | u32::from(third) << 8 | (host & 0xfff))
}

fn management(node: &Node) -> Ipv4Addr {
    match node.role {
        Role::Server => site_address(node.site, 30, 10 + u32::from(node.ordinal)),
        _ => site_address(node.site, 99, 20 + u32::from(node.number)),
    }
}

fn vlan_of_port(port: u16) -> u16 {
    if port % 5 == 4 { 20 } else { 10 }
}

fn host(world: &World, node: &Node, port: u16) -> Host {
    let number = u32::from(node.ordinal) * 32 + u32::from(port % 32);
    let vlan = vlan_of_port(port);
    let vendor = if vlan == 20 { 0x00_1a_e8 } else { 0x8c_16_45 };
    let place = u64::from(node.site) << 16 | u64::from(number) & 0xffff;
    Host {
        mac: Mac(vendor << 24 | (place ^ world.seed) & 0xff_ffff),
        ip: site_address(node.site, vlan, 100 + number % 3_900),
        vlan,
    }
}

pub(crate) fn server_host(world: &World, index: u32, node: &Node) -> Host {
    Host {
        mac: base_mac(node.platform, world.seed, index).plus(1),
        ip: management(node),
        vlan: 30,
    }
}

fn is_fast(node: &Node) -> bool {
    matches!(node.role, Role::Core | Role::Distribution)
}

fn port_name(node: &Node, port: u16) -> String {
    let (slot, place) = (port / 48, port % 48);
    match (node.platform, is_fast(node)) {
        (Platform::CiscoIos, true) => format!("TenGigabitEthernet{}/0/{}", slot + 1, place + 1),
        (Platform::CiscoIos, false) => format!("GigabitEthernet{}/0/{}", slot + 1, place + 1),
        (Platform::CiscoNxos, _) => format!("Ethernet{}/{}", slot + 1, place + 1),
        (Platform::AristaEos, _) => format!("Ethernet{}", port + 1),
        (Platform::JuniperJunos, true) => format!("xe-{slot}/0/{place}"),
        (Platform::JuniperJunos, false) => format!("ge-{slot}/0/{place}"),
        (Platform::HpComware, true) => format!("Ten-GigabitEthernet{}/0/{}", slot + 1, place + 1),
        (Platform::HpComware, false) => format!("GigabitEthernet{}/0/{}", slot + 1, place + 1),
        (Platform::MikrotikRouteros, _) => format!("ether{}", port + 1),
        (Platform::Linux, _) => format!("eth{port}"),
    }
}

fn port_short(node: &Node, port: u16) -> String {
    let name = port_name(node, port);
    for (long, short) in [
        ("TenGigabitEthernet", "Te"),
        ("Ten-GigabitEthernet", "XGE"),
        ("GigabitEthernet", "Gi"),
        ("Ethernet", "Et"),
    ] {
        if let Some(rest) = name.strip_prefix(long) {
            let short = match (node.platform, short) {
                (Platform::HpComware, "Gi") => "GE",
                (Platform::CiscoNxos, "Et") => "Eth",
                (_, short) => short,
            };
            return format!("{short}{rest}");
        }
    }
    name
}
