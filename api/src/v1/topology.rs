//! The graph of devices.

use poem::Body;
use poem_openapi::{
    Object, OpenApi,
    param::Query,
    payload::{Binary, Json},
    types::Example,
};
use service::{
    devices::DeviceFilter,
    topology::{self, TopologyFilter},
};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{
    auth::Auth,
    problem::{File, Result},
    time::Time,
};

/// A device, or a neighbour that is none.
#[derive(Object)]
#[oai(example)]
struct TopologyNode {
    /// The id of the device, or `neighbor:` and what it calls itself.
    id: String,
    /// Whether it is a device of ours.
    managed: bool,
    /// The device; absent where it is none.
    #[oai(skip_serializing_if_is_none)]
    device_id: Option<Uuid>,
    /// Its name, or what it calls itself.
    name: String,
    /// The address it is managed by.
    #[oai(skip_serializing_if_is_none)]
    address: Option<String>,
    /// Slug of its platform.
    #[oai(skip_serializing_if_is_none)]
    platform: Option<String>,
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    vendor: Option<String>,
    /// Where it stands.
    #[oai(skip_serializing_if_is_none)]
    site: Option<String>,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    role: Option<String>,
    /// Its model.
    #[oai(skip_serializing_if_is_none)]
    model: Option<String>,
    /// What it says it is; of neighbours that are no devices.
    #[oai(skip_serializing_if_is_none)]
    description: Option<String>,
}

impl Example for TopologyNode {
    fn example() -> Self {
        Self {
            id: example_id().to_string(),
            managed: true,
            device_id: Some(example_id()),
            name: "ams-sw-01".to_owned(),
            address: Some("10.20.0.1".to_owned()),
            platform: Some("cisco_ios".to_owned()),
            vendor: Some("Cisco".to_owned()),
            site: Some("ams".to_owned()),
            role: Some("access".to_owned()),
            model: Some("WS-C3850-48P".to_owned()),
            description: None,
        }
    }
}

impl From<topology::Node> for TopologyNode {
    fn from(node: topology::Node) -> Self {
        Self {
            id: node.id,
            managed: node.device_id.is_some(),
            device_id: node.device_id,
            name: node.name,
            address: node.address,
            platform: node.platform,
            vendor: node.vendor,
            site: node.site,
            role: node.role,
            model: node.model,
            description: node.description,
        }
    }
}

/// One end of a link.
#[derive(Object)]
#[oai(example)]
struct TopologyEnd {
    /// Id of the node.
    node: String,
    /// The port: as its own device calls it where that says so, otherwise as it is heard.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
}

impl Example for TopologyEnd {
    fn example() -> Self {
        Self {
            node: example_id().to_string(),
            interface: Some("GigabitEthernet1/0/1".to_owned()),
        }
    }
}

impl From<topology::End> for TopologyEnd {
    fn from(end: topology::End) -> Self {
        Self {
            node: end.node,
            interface: end.interface,
        }
    }
}

/// A link between two nodes.
#[derive(Object)]
#[oai(example)]
struct TopologyLink {
    /// The end that says so.
    a: TopologyEnd,
    /// The other end.
    b: TopologyEnd,
    /// Only the device at `a` says so: the other is no device, was not asked, or does not hear it.
    one_sided: bool,
    /// When it was captured for the first time.
    first_seen_at: Time,
    /// When it was captured for the last time.
    last_seen_at: Time,
}

impl Example for TopologyLink {
    fn example() -> Self {
        Self {
            a: TopologyEnd::example(),
            b: TopologyEnd {
                node: "neighbor:00:1b:54:aa:bb:cc".to_owned(),
                interface: Some("Port 1".to_owned()),
            },
            one_sided: true,
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
        }
    }
}

impl From<topology::Link> for TopologyLink {
    fn from(link: topology::Link) -> Self {
        Self {
            a: link.a.into(),
            b: link.b.into(),
            one_sided: link.one_sided,
            first_seen_at: Time(link.first_seen_at),
            last_seen_at: Time(link.last_seen_at),
        }
    }
}

/// The graph of devices, or a part of it.
#[derive(Object)]
#[oai(example)]
struct Topology {
    /// Devices by name, then neighbours that are none.
    nodes: Vec<TopologyNode>,
    /// Links between them.
    links: Vec<TopologyLink>,
    /// There are more links than were asked for: narrow the question by site, platform or device.
    truncated: bool,
}

impl Example for Topology {
    fn example() -> Self {
        Self {
            nodes: vec![TopologyNode::example()],
            links: vec![TopologyLink::example()],
            truncated: false,
        }
    }
}

/// Parameters of all three.
struct Parameters {
    device: Vec<String>,
    site: Vec<String>,
    platform: Vec<String>,
    role: Vec<String>,
    tag: Vec<String>,
    unlinked: Option<bool>,
    limit: Option<i64>,
}

async fn graph(auth: &Auth, given: Parameters) -> Result<topology::Topology> {
    let filter = TopologyFilter {
        devices: DeviceFilter {
            name: given.device,
            site: given.site,
            platform: given.platform,
            role: given.role,
            tag: given.tag,
            ..DeviceFilter::default()
        },
        unlinked: given.unlinked.unwrap_or_default(),
        limit: given.limit.map(|limit| u64::try_from(limit).unwrap_or_default()),
    };
    Ok(auth.service().topology(auth.actor(), &filter).await?)
}

fn file(text: String, name: &str) -> File {
    File::Ok(
        Binary(Body::from_string(text)),
        format!("attachment; filename=\"{name}\""),
    )
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Question")]
impl Api {
    /// View the topology
    ///
    /// Devices and their links as LLDP tells them now; both ends of a link are one.
    #[oai(path = "/topology", method = "get", operation_id = "topology_view")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn topology_view(
        &self,
        auth: Auth,
        /// Names of devices whose links are shown; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Their sites.
        site: Query<Vec<String>>,
        /// Slugs or aliases of their platforms.
        platform: Query<Vec<String>>,
        /// Their roles.
        role: Query<Vec<String>>,
        /// Their labels.
        tag: Query<Vec<String>>,
        /// Whether devices without links are shown.
        unlinked: Query<Option<bool>>,
        /// Links: 2,000, at most 20,000.
        limit: Query<Option<i64>>,
    ) -> Result<Json<Topology>> {
        let given = Parameters {
            device: device.0,
            site: site.0,
            platform: platform.0,
            role: role.0,
            tag: tag.0,
            unlinked: unlinked.0,
            limit: limit.0,
        };
        let graph = graph(&auth, given).await?;
        Ok(Json(Topology {
            nodes: graph.nodes.into_iter().map(TopologyNode::from).collect(),
            links: graph.links.into_iter().map(TopologyLink::from).collect(),
            truncated: graph.truncated,
        }))
    }

    /// Export the topology as GraphML
    ///
    /// For Gephi, yEd, NetworkX and the like.
    #[oai(path = "/topology.graphml", method = "get", operation_id = "topology_graphml")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn topology_graphml(
        &self,
        auth: Auth,
        /// Names of devices whose links are shown; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Their sites.
        site: Query<Vec<String>>,
        /// Slugs or aliases of their platforms.
        platform: Query<Vec<String>>,
        /// Their roles.
        role: Query<Vec<String>>,
        /// Their labels.
        tag: Query<Vec<String>>,
        /// Whether devices without links are shown.
        unlinked: Query<Option<bool>>,
        /// Links: 2,000, at most 20,000.
        limit: Query<Option<i64>>,
    ) -> Result<File> {
        let given = Parameters {
            device: device.0,
            site: site.0,
            platform: platform.0,
            role: role.0,
            tag: tag.0,
            unlinked: unlinked.0,
            limit: limit.0,
        };
        let graph = graph(&auth, given).await?;
        Ok(file(topology::graphml(&graph), "topology.graphml"))
    }

    /// Export the topology as a drawing
    ///
    /// For draw.io (diagrams.net): boxes in a grid with their links, to be arranged there.
    #[oai(path = "/topology.drawio", method = "get", operation_id = "topology_drawio")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn topology_drawio(
        &self,
        auth: Auth,
        /// Names of devices whose links are shown; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Their sites.
        site: Query<Vec<String>>,
        /// Slugs or aliases of their platforms.
        platform: Query<Vec<String>>,
        /// Their roles.
        role: Query<Vec<String>>,
        /// Their labels.
        tag: Query<Vec<String>>,
        /// Whether devices without links are shown.
        unlinked: Query<Option<bool>>,
        /// Links: 2,000, at most 20,000.
        limit: Query<Option<i64>>,
    ) -> Result<File> {
        let given = Parameters {
            device: device.0,
            site: site.0,
            platform: platform.0,
            role: role.0,
            tag: tag.0,
            unlinked: unlinked.0,
            limit: limit.0,
        };
        let graph = graph(&auth, given).await?;
        Ok(file(topology::drawio(&graph), "topology.drawio"))
    }
}
