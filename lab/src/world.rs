//! The network that a fleet is: sites, devices with a role each, and the links between them.
//!
//! Only what cannot be computed is kept (names, roles, links); addresses, MACs, descriptions and tables are derived
//! from it by [`crate::view::View`] when a command asks for them, so that thousands of devices cost little memory.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::platform::Platform;

/// What a device does in its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Core,
    Distribution,
    Access,
    Server,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Core => "core",
            Role::Distribution => "distribution",
            Role::Access => "access",
            Role::Server => "server",
        }
    }

    fn short(self) -> &'static str {
        match self {
            Role::Core => "core",
            Role::Distribution => "dist",
            Role::Access => "acc",
            Role::Server => "srv",
        }
    }
}

/// How a link is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// A point-to-point subnet of its own; the number says which.
    Routed(u32),
    /// All VLANs of the site.
    Trunk,
    /// The server VLAN.
    Server,
}

/// One end of a link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) port: u16,
    pub(crate) peer: u32,
    pub(crate) peer_port: u16,
    pub(crate) kind: LinkKind,
    /// The first end has the lower address of a point-to-point subnet.
    pub(crate) first: bool,
}

/// One device.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Box<str>,
    pub(crate) platform: Platform,
    pub(crate) role: Role,
    pub(crate) site: u16,
    /// Counted within the site, all devices.
    pub(crate) number: u16,
    /// Counted within the site and the role, from 1.
    pub(crate) ordinal: u16,
    pub(crate) ports: u16,
    pub(crate) links: Vec<Link>,
}

/// All devices and how they are connected.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) sites: Vec<Box<str>>,
    /// Indices of the access devices of each site.
    pub(crate) access: Vec<Vec<u32>>,
    routed: u32,
}

const SITE_NAMES: &[&str] = &[
    "ams", "lon", "fra", "par", "mad", "mil", "vie", "zrh", "cph", "osl", "sto", "hel", "waw", "prg", "bud", "ath",
    "lis", "dub", "bru", "lux", "nyc", "bos", "atl", "mia", "chi", "dfw", "den", "sea", "sfo", "lax", "tor", "mex",
    "gru", "scl", "bog", "jnb", "dxb", "bom", "sin", "hkg", "nrt", "icn", "syd", "akl",
];

/// Devices are spread over the sites in order.
fn range_of(site: usize, devices: usize, sites: usize) -> Range<usize> {
    site * devices / sites.max(1)..(site + 1) * devices / sites.max(1)
}

/// The most sites that the address plan has room for.
pub(crate) const MAX_SITES: usize = 200;

impl World {
    /// `most_ports`: devices have no more ports than that, except those that their links need.
    pub(crate) fn new(
        seed: u64,
        devices: usize,
        site_count: usize,
        platforms: &[Platform],
        most_ports: Option<u16>,
    ) -> World {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let site_count = site_count.clamp(1, MAX_SITES).min(devices.max(1));
        let offset = rng.random_range(0..SITE_NAMES.len());
        let sites: Vec<Box<str>> = (0..site_count)
            .map(|site| {
                match SITE_NAMES.get((site + if site < SITE_NAMES.len() { offset } else { 0 }) % SITE_NAMES.len()) {
                    Some(name) if site < SITE_NAMES.len() => (*name).into(),
                    _ => format!("s{:03}", site + 1).into(),
                }
            })
            .collect();
        let mut world = World {
            seed,
            nodes: Vec::with_capacity(devices),
            sites,
            access: vec![Vec::new(); site_count],
            routed: 0,
        };
        for site in 0..site_count {
            let range = range_of(site, devices, site_count);
            world.add_site(site, range.start, range.end, platforms);
        }
        for site in 0..site_count {
            world.connect_site(site, &mut rng);
        }
        world.connect_sites();
        for node in &mut world.nodes {
            let used = node.links.len() as u16;
            let usual: u16 = match (node.role, node.platform) {
                (Role::Server, _) => 2,
                (_, Platform::MikrotikRouteros) => 10,
                (Role::Access, _) => 28,
                _ => 32,
            };
            let spare = match (node.role, most_ports) {
                (Role::Server, _) => 0,
                (Role::Access, Some(_)) => 2,
                (_, Some(_)) => 0,
                (_, None) => 4,
            };
            node.ports = usual.min(most_ports.unwrap_or(usual)).max(used + spare);
            if node.role == Role::Access {
                // Access switches have their uplinks after the ports of the hosts.
                let last = node.ports - 1;
                for link in &mut node.links {
                    link.port = last - link.port;
                }
            }
        }
        // The far ends learn of the ports that moved.
        let moved: Vec<u16> = world
            .nodes
            .iter()
            .map(|n| if n.role == Role::Access { n.ports - 1 } else { 0 })
            .collect();
        for node in &mut world.nodes {
            for link in &mut node.links {
                if let Some(last) = moved.get(link.peer as usize).filter(|last| **last > 0) {
                    link.peer_port = last - link.peer_port;
                }
            }
        }
        world
    }

    fn add_site(&mut self, site: usize, from: usize, to: usize, platforms: &[Platform]) {
        let platform_of = |index: usize| -> Platform {
            platforms
                .get(index % platforms.len().max(1))
                .copied()
                .unwrap_or(Platform::CiscoIos)
        };
        let network = (from..to)
            .filter(|index| platform_of(*index) != Platform::Linux)
            .count();
        let cores = if network >= 8 { 2 } else { 1 };
        let distribution = match network {
            0..=3 => 0,
            4..=7 => 1,
            more => (more / 8).max(2),
        };
        let mut place = 0;
        let mut counts = [0u16; 4];
        for index in from..to {
            let platform = platform_of(index);
            let role = if platform == Platform::Linux {
                Role::Server
            } else {
                place += 1;
                match place {
                    p if p <= cores => Role::Core,
                    p if p <= cores + distribution => Role::Distribution,
                    _ => Role::Access,
                }
            };
            let ordinal = match counts.get_mut(role as usize) {
                Some(count) => {
                    *count += 1;
                    *count
                }
                None => 1,
            };
            let site_name = self.sites.get(site).map_or("site", |name| name);
            let name = format!("{site_name}-{}-{ordinal:02}", role.short()).into();
            if role == Role::Access
                && let Some(list) = self.access.get_mut(site)
            {
                list.push(index as u32);
            }
            self.nodes.push(Node {
                name,
                platform,
                role,
                site: site as u16,
                number: (index - from) as u16,
                ordinal,
                ports: 0,
                links: Vec::new(),
            });
        }
    }

    /// The indices of the devices of a site.
    pub(crate) fn range_of(&self, site: usize) -> Range<usize> {
        range_of(site, self.nodes.len(), self.sites.len())
    }

    fn in_role(&self, site: usize, role: Role) -> Vec<u32> {
        let has_role = |index: &usize| self.nodes.get(*index).is_some_and(|node| node.role == role);
        let found = self.range_of(site).filter(has_role);
        found.map(|index| index as u32).collect()
    }

    fn connect_site(&mut self, site: usize, rng: &mut ChaCha8Rng) {
        let (cores, distribution) = (self.in_role(site, Role::Core), self.in_role(site, Role::Distribution));
        let access = self.in_role(site, Role::Access);
        if let [one, two, ..] = cores.as_slice() {
            self.connect(*one, *two, true, LinkKind::Trunk);
        }
        for dist in &distribution {
            for core in &cores {
                self.connect(*core, *dist, true, LinkKind::Trunk);
            }
        }
        let above = if distribution.is_empty() { &cores } else { &distribution };
        for (place, switch) in access.iter().enumerate() {
            let pick = |step: usize| above.get((place + step) % above.len().max(1)).copied();
            if let Some(first) = pick(0) {
                self.connect(first, *switch, false, LinkKind::Trunk);
            }
            if let Some(second) = pick(1).filter(|_| above.len() > 1) {
                self.connect(second, *switch, false, LinkKind::Trunk);
            }
        }
        let homes = if access.is_empty() { above } else { &access };
        for server in self.in_role(site, Role::Server) {
            if homes.is_empty() {
                break;
            }
            if let Some(home) = homes.get(rng.random_range(0..homes.len())) {
                self.connect(*home, server, false, LinkKind::Server);
            }
        }
    }

    fn connect_sites(&mut self) {
        let heads: Vec<u32> = (0..self.sites.len())
            .filter_map(|site| self.in_role(site, Role::Core).first().copied())
            .collect();
        for (place, head) in heads.iter().enumerate() {
            let next = (place + 1) % heads.len();
            if let Some(other) = heads.get(next).filter(|_| next > place || heads.len() > 2) {
                self.connect(*head, *other, true, LinkKind::Trunk);
            }
        }
    }

    fn connect(&mut self, one: u32, two: u32, routed: bool, otherwise: LinkKind) {
        let kind = if routed {
            LinkKind::Routed(self.routed)
        } else {
            otherwise
        };
        self.routed += u32::from(routed);
        let port_of = |node: Option<&Node>| node.map_or(0, |n| n.links.len() as u16);
        let (port_one, port_two) = (
            port_of(self.nodes.get(one as usize)),
            port_of(self.nodes.get(two as usize)),
        );
        if let Some(node) = self.nodes.get_mut(one as usize) {
            node.links.push(Link {
                port: port_one,
                peer: two,
                peer_port: port_two,
                kind,
                first: true,
            });
        }
        if let Some(node) = self.nodes.get_mut(two as usize) {
            node.links.push(Link {
                port: port_two,
                peer: one,
                peer_port: port_one,
                kind,
                first: false,
            });
        }
    }
}
