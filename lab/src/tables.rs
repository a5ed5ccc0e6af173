//! The tables of a device: ARP, MAC addresses, neighbours, routes.

use std::net::Ipv4Addr;

use crate::mac::Mac;
use crate::platform::Platform;
use crate::view::{Address, Host, VLAN_BITS, View, mix, server_host};
use crate::world::{LinkKind, Node, Role};

/// A line of the ARP table.
#[derive(Debug, Clone)]
pub(crate) struct Arp {
    pub(crate) ip: Ipv4Addr,
    pub(crate) mac: Mac,
    pub(crate) age: u64,
    /// The VLAN interface, or the port of a point-to-point link.
    pub(crate) vlan: Option<u16>,
    pub(crate) port: Option<u16>,
    pub(crate) own: bool,
}

/// A line of the MAC table.
#[derive(Debug, Clone)]
pub(crate) struct Learned {
    pub(crate) vlan: u16,
    pub(crate) mac: Mac,
    pub(crate) port: u16,
}

/// What LLDP says about the far end of a link.
#[derive(Debug, Clone)]
pub(crate) struct Neighbor {
    pub(crate) port: u16,
    pub(crate) name: String,
    pub(crate) chassis: Mac,
    pub(crate) remote_port: String,
    pub(crate) remote_description: String,
    pub(crate) system: String,
    pub(crate) management: Ipv4Addr,
    pub(crate) router: bool,
}

/// Where a route comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Connected,
    Local,
    Static,
    Ospf,
}

/// A line of the routing table.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) source: Source,
    pub(crate) prefix: Address,
    pub(crate) next_hop: Option<Ipv4Addr>,
    pub(crate) vlan: Option<u16>,
    pub(crate) port: Option<u16>,
}

impl<'a> View<'a> {
    fn age(&self, salt: u64) -> u64 {
        (self.number(0x9000 + salt) + self.clock) % 14_000
    }

    /// Devices of the site, with their addresses in the management VLAN.
    fn site_nodes(&self) -> impl Iterator<Item = (u32, &'a Node)> + use<'a> {
        let range = self.world.range_of(self.node.site as usize);
        let from = range.start as u32;
        let nodes = self.world.nodes.get(range).unwrap_or_default();
        (from..).zip(nodes)
    }

    /// Hosts of the site: those on access ports, and the servers.
    pub(crate) fn site_hosts(&self) -> Vec<Host> {
        let mut hosts = Vec::new();
        for index in self.world.access.get(self.node.site as usize).into_iter().flatten() {
            let Some(node) = self.world.nodes.get(*index as usize) else {
                continue;
            };
            let access = View {
                node,
                index: *index,
                ..*self
            };
            hosts.extend(
                (0..node.ports)
                    .filter(|port| access.link(*port).is_none())
                    .filter_map(|port| access.host(port)),
            );
        }
        hosts.extend(
            self.site_nodes()
                .filter(|(_, n)| n.role == Role::Server)
                .map(|(i, n)| server_host(self.world, i, n)),
        );
        hosts
    }

    /// More hosts than there are, for tables that shall be large.
    fn extra(&self, have: usize, bytes_each: usize) -> impl Iterator<Item = Host> + use<'a> {
        let wanted = self.table_bytes.map_or(0, |bytes| bytes / bytes_each.max(1));
        let (site, seed) = (self.node.site, self.number(96));
        (have..wanted.max(have)).map(move |n| Host {
            ip: Ipv4Addr::from(0x0a00_0000 + ((200 + u32::from(site) % 50) << 16) + n as u32 % 0xffff),
            mac: Mac(0x0050_5600_0000 | (mix(seed + n as u64) & 0xff_ffff)),
            vlan: 10,
        })
    }

    pub(crate) fn arp(&self, bytes_each: usize) -> Vec<Arp> {
        let mut table = Vec::new();
        let entry = |ip, mac, vlan, port, salt: u64, own| Arp {
            ip,
            mac,
            age: self.age(salt),
            vlan,
            port,
            own,
        };
        for link in &self.node.links {
            if let (LinkKind::Routed(net), Some(peer)) = (link.kind, self.peer(link)) {
                let port = Some(link.port);
                table.push(entry(
                    View::link_address(link, net, true).ip,
                    self.port_mac(link.port),
                    None,
                    port,
                    0,
                    true,
                ));
                table.push(entry(
                    View::link_address(link, net, false).ip,
                    peer.port_mac(link.peer_port),
                    None,
                    port,
                    1,
                    false,
                ));
            }
        }
        let svis = self.svis();
        for svi in &svis {
            table.push(entry(svi.address.ip, svi.mac, Some(svi.vlan), None, 2, true));
        }
        let router = svis.len() > 1;
        for (index, node) in self.site_nodes() {
            let worth = node.role != Role::Server && index != self.index && (router || node.role == Role::Distribution);
            let far = View { node, index, ..*self };
            // An access switch talks to the routers only; a router has everybody.
            if let Some(svi) = far.svis().iter().find(|svi| svi.vlan == 99).filter(|_| worth) {
                table.push(entry(
                    svi.address.ip,
                    svi.mac,
                    Some(99),
                    None,
                    10 + u64::from(index),
                    false,
                ));
            }
        }
        if self.node.role == Role::Server {
            if let Some(link) = self.node.links.first()
                && let Some(router) = self.site_router()
            {
                table.push(entry(
                    self.gateway(30),
                    router.base_mac(),
                    None,
                    Some(link.port),
                    3,
                    false,
                ));
            }
            for (index, node) in self
                .site_nodes()
                .filter(|(i, n)| n.role == Role::Server && *i != self.index)
            {
                let host = server_host(self.world, index, node);
                table.push(entry(host.ip, host.mac, None, Some(0), u64::from(index), false));
            }
        } else if router {
            for host in self.site_hosts() {
                table.push(entry(host.ip, host.mac, Some(host.vlan), None, host.mac.0, false));
            }
        }
        let have = table.len();
        let vlan = svis.first().map(|svi| svi.vlan);
        table.extend(self.extra(have, bytes_each).map(|h| {
            entry(
                h.ip,
                h.mac,
                vlan,
                if vlan.is_none() { Some(0) } else { None },
                h.mac.0,
                false,
            )
        }));
        table
    }

    fn site_router(&self) -> Option<View<'a>> {
        let router = |(index, node)| View { node, index, ..*self };
        self.site_nodes()
            .map(router)
            .find(|v| v.svis().iter().any(|svi| svi.address.ip == self.gateway(30)))
    }

    pub(crate) fn macs(&self, bytes_each: usize) -> Vec<Learned> {
        let mut table = Vec::new();
        let mut port_of_others = None;
        for link in self
            .node
            .links
            .iter()
            .filter(|l| !matches!(l.kind, LinkKind::Routed(_)))
        {
            let Some(peer) = self.peer(link) else { continue };
            match link.kind {
                LinkKind::Server => {
                    let host = server_host(self.world, link.peer, peer.node);
                    table.push(Learned {
                        vlan: 30,
                        mac: host.mac,
                        port: link.port,
                    });
                }
                _ => table.push(Learned {
                    vlan: 99,
                    mac: peer.base_mac(),
                    port: link.port,
                }),
            }
            if self.node.role != Role::Access && peer.node.role == Role::Access {
                for port in (0..peer.node.ports).filter(|port| peer.link(*port).is_none()) {
                    if let Some(host) = peer.host(port) {
                        table.push(Learned {
                            vlan: host.vlan,
                            mac: host.mac,
                            port: link.port,
                        });
                    }
                }
            }
            port_of_others.get_or_insert(link.port);
        }
        for port in 0..self.node.ports {
            if self.link(port).is_none()
                && let Some(host) = self.host(port)
            {
                table.push(Learned {
                    vlan: host.vlan,
                    mac: host.mac,
                    port,
                });
            }
        }
        let have = table.len();
        let port = port_of_others.unwrap_or(0);
        table.extend(self.extra(have, bytes_each).map(|host| Learned {
            vlan: host.vlan,
            mac: host.mac,
            port,
        }));
        table
    }

    pub(crate) fn neighbors(&self) -> Vec<Neighbor> {
        let mut list: Vec<Neighbor> = Vec::new();
        for link in &self.node.links {
            let Some(peer) = self.peer(link) else { continue };
            let name = match (self.hostile, link.port % 2) {
                (true, 0) => "<img src=x onerror=alert(1)>".to_owned(),
                (true, _) => "=HYPERLINK(\"http://198.51.100.7/\")".to_owned(),
                _ => peer.name().to_owned(),
            };
            list.push(Neighbor {
                port: link.port,
                name,
                chassis: peer.base_mac(),
                remote_port: match peer.platform() {
                    Platform::CiscoIos => peer.port_short(link.peer_port),
                    _ => peer.port_name(link.peer_port),
                },
                remote_description: peer.port(link.peer_port).description,
                system: system_description(peer.platform()),
                management: peer.management(),
                router: matches!(peer.node.role, Role::Core | Role::Distribution),
            });
        }
        list.sort_by_key(|neighbor| neighbor.port);
        list
    }

    pub(crate) fn routes(&self) -> Vec<Route> {
        let mut table = Vec::new();
        let mut own = |address: &Address, vlan, port| {
            let network = Address {
                ip: address.network(),
                bits: address.bits,
            };
            table.push(Route {
                source: Source::Connected,
                prefix: network,
                next_hop: None,
                vlan,
                port,
            });
            let local = Address {
                ip: address.ip,
                bits: 32,
            };
            table.push(Route {
                source: Source::Local,
                prefix: local,
                next_hop: None,
                vlan,
                port,
            });
        };
        for svi in self.svis() {
            own(&svi.address, Some(svi.vlan), None);
        }
        for link in &self.node.links {
            if let LinkKind::Routed(net) = link.kind {
                own(&View::link_address(link, net, true), None, Some(link.port));
            }
        }
        if self.node.role == Role::Server {
            own(
                &Address {
                    ip: self.management(),
                    bits: VLAN_BITS,
                },
                None,
                Some(0),
            );
        }
        let default = Address {
            ip: Ipv4Addr::UNSPECIFIED,
            bits: 0,
        };
        let up = self.node.links.iter().find_map(|link| match link.kind {
            LinkKind::Routed(net) => Some((View::link_address(link, net, false).ip, link)),
            _ => None,
        });
        let fixed = |next_hop, vlan, port| Route {
            source: Source::Static,
            prefix: default.clone(),
            next_hop: Some(next_hop),
            vlan,
            port,
        };
        match (self.node.role, up) {
            (Role::Access, _) | (Role::Core | Role::Distribution, None) => {
                table.push(fixed(self.gateway(99), Some(99), None))
            }
            (Role::Server, _) => table.push(fixed(self.gateway(30), None, Some(0))),
            (_, Some((next_hop, link))) => {
                table.push(fixed(next_hop, None, Some(link.port)));
                for site in (0..self.world.sites.len() as u16).filter(|site| *site != self.node.site) {
                    let prefix = Address {
                        ip: Ipv4Addr::new(10, site as u8, 0, 0),
                        bits: 16,
                    };
                    table.push(Route {
                        source: Source::Ospf,
                        prefix,
                        next_hop: Some(next_hop),
                        vlan: None,
                        port: Some(link.port),
                    });
                }
            }
        }
        table.sort_by_key(|route| (u32::from(route.prefix.ip), route.prefix.bits));
        table
    }
}

/// What a device says about itself by LLDP, in one line.
pub(crate) fn system_description(platform: Platform) -> String {
    match platform {
        Platform::CiscoIos => "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)".to_owned(),
        Platform::CiscoNxos => "Cisco Nexus Operating System (NX-OS) Software 9.3(10)".to_owned(),
        Platform::AristaEos => "Arista Networks EOS version 4.28.3M running on an Arista Networks DCS-7050SX3-48YC8".to_owned(),
        Platform::JuniperJunos => "Juniper Networks, Inc. ex4300-48t Ethernet Switch, kernel JUNOS 20.4R3.8".to_owned(),
        Platform::HpComware => "HPE Comware Platform Software, Software Version 7.1.070, Release 3507P18".to_owned(),
        Platform::MikrotikRouteros => "MikroTik RouterOS 6.49.7 (stable) RB4011iGS+".to_owned(),
        Platform::Linux => "Debian GNU/Linux 12 (bookworm) Linux 6.1.0-21-amd64 x86_64".to_owned(),
    }
}
