//! What the wider set of commands (routing neighbours, VLANs, spanning tree, …) needs of a device, on any platform.

use std::net::Ipv4Addr;

use crate::view::{Use, VLANS, View};
use crate::world::{LinkKind, Role};

/// The AS number of the network.
pub(super) const AS: u32 = 65_010;

/// The far end of a point-to-point link.
pub(super) struct Adjacent {
    pub(super) id: Ipv4Addr,
    pub(super) ip: Ipv4Addr,
    pub(super) own: Ipv4Addr,
    pub(super) port: u16,
    pub(super) prefixes: usize,
}

/// All neighbours of the routing protocol.
pub(super) fn ospf(view: &View<'_>) -> Vec<Adjacent> {
    adjacent(view, false)
}

/// Neighbours in other sites, and between core switches: those speak BGP too.
pub(super) fn bgp(view: &View<'_>) -> Vec<Adjacent> {
    adjacent(view, true)
}

fn adjacent(view: &View<'_>, cores_only: bool) -> Vec<Adjacent> {
    let mut list = Vec::new();
    for link in &view.node.links {
        let LinkKind::Routed(net) = link.kind else { continue };
        let Some(node) = view.world.nodes.get(link.peer as usize) else {
            continue;
        };
        if cores_only && (node.role != Role::Core || view.node.role != Role::Core) {
            continue;
        }
        let far = View {
            node,
            index: link.peer,
            ..*view
        };
        list.push(Adjacent {
            id: far.management(),
            ip: View::link_address(link, net, false).ip,
            own: View::link_address(link, net, true).ip,
            port: link.port,
            prefixes: view.world.sites.len(),
        });
    }
    list
}

/// Access ports of each VLAN, by their short names.
pub(super) fn vlan_ports(view: &View<'_>, vlan: u16) -> Vec<String> {
    let member = |usage: &Use| matches!(usage, Use::Access { vlan: own, .. } if *own == vlan);
    view.ports()
        .filter(|port| member(&port.usage))
        .map(|port| port.short)
        .collect()
}

/// Number and name of the VLANs, the default one first.
pub(super) fn vlans() -> impl Iterator<Item = (u16, &'static str)> {
    std::iter::once((1, "default")).chain(VLANS.iter().map(|(vlan, name, _)| (*vlan, *name)))
}

/// Ports that forward frames: role in the spanning tree, port number.
pub(super) fn bridged(view: &View<'_>) -> Vec<(String, &'static str, u16, bool)> {
    let mut root_seen = view.node.role != Role::Access;
    let mut list = Vec::new();
    for port in view.ports().filter(|port| port.up) {
        match port.usage {
            Use::Trunk => {
                let role = if root_seen && view.node.role == Role::Access {
                    "Altn"
                } else if root_seen {
                    "Desg"
                } else {
                    "Root"
                };
                root_seen = true;
                list.push((port.short, role, port.index + 1, false));
            }
            Use::Access { .. } => list.push((port.short, "Desg", port.index + 1, true)),
            _ => {}
        }
    }
    list
}

/// A list of names in lines of so many, as VLAN tables wrap them.
pub(super) fn wrapped(names: &[String], each: usize, indent: usize) -> String {
    let lines: Vec<String> = names.chunks(each).map(|chunk| chunk.join(", ")).collect();
    lines.join(&format!(",\n{}", " ".repeat(indent)))
}
