//! The graph of devices, as LLDP tells it: both ends of a link are one link.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::user::Role;
use parsers::canonical_ip;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    devices::{DeviceFilter, store as devices},
    error::Result,
    locate::spellings,
    records::{Neighbor, Row, rows},
};

mod export;
mod merge;
mod store;

pub use export::{drawio, graphml};
use merge::Heard;

/// Links of an answer when nobody says how many.
const DEFAULT_LINKS: usize = 2_000;
/// The most links of an answer.
const MOST_LINKS: usize = 20_000;

/// Something at the end of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The id of the device, or `neighbor:` and what it calls itself.
    pub id: String,
    /// The device; `None`: none that is known here.
    pub device_id: Option<Uuid>,
    /// Its name, or what it calls itself.
    pub name: String,
    /// The address it is managed by.
    pub address: Option<String>,
    /// Slug of its platform.
    pub platform: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
    /// Where it stands.
    pub site: Option<String>,
    /// What it is for.
    pub role: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// What it says it is, where it is no device.
    pub description: Option<String>,
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Id of the node.
    pub node: String,
    /// The port, as far as anybody said.
    pub interface: Option<String>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The end that says so; of two that do, the one whose device was asked first.
    pub a: End,
    /// The other end.
    pub b: End,
    /// Only one end says so: the other is no device, was not asked, or does not hear it.
    pub one_sided: bool,
    /// When it was captured for the first time.
    pub first_seen_at: i64,
    /// When it was captured for the last time.
    pub last_seen_at: i64,
}

/// The graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// Devices, and neighbours that are none.
    pub nodes: Vec<Node>,
    /// Links between them.
    pub links: Vec<Link>,
    /// There are more links than were asked for: filter by site or device.
    pub truncated: bool,
}

/// Which part of the graph is asked for.
#[derive(Debug, Clone, Default)]
pub struct TopologyFilter {
    /// The devices whose links are shown, with what is at the other end.
    pub devices: DeviceFilter,
    /// Devices without links are shown, too.
    pub unlinked: bool,
    /// Links; 2,000 unless given, at most 20,000.
    pub limit: Option<u64>,
}

/// The devices, by what neighbours call them.
struct Directory {
    known: Vec<store::Known>,
    by_id: HashMap<Uuid, usize>,
    by_name: HashMap<String, usize>,
    /// Without the domain; `None`: several have it.
    by_short_name: HashMap<String, Option<usize>>,
    by_address: HashMap<String, Option<usize>>,
    by_mac: HashMap<i64, Option<usize>>,
}

impl Directory {
    fn new(known: Vec<store::Known>) -> Self {
        let mut directory = Self {
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            by_short_name: HashMap::new(),
            by_address: HashMap::new(),
            by_mac: HashMap::new(),
            known: Vec::new(),
        };
        for (at, device) in known.iter().enumerate() {
            directory.by_id.insert(device.id, at);
            directory.by_name.insert(device.name_key.clone(), at);
            if let Some(short) = spellings(&device.name_key).nth(1) {
                once(&mut directory.by_short_name, short, at);
            }
            let address = canonical_ip(&device.address).unwrap_or_else(|| device.address.to_lowercase());
            once(&mut directory.by_address, address, at);
        }
        directory.known = known;
        directory
    }

    /// The device that a neighbour is: by its name, its address or its MAC address.
    fn find(&self, neighbor: &Neighbor) -> Option<&store::Known> {
        let name = neighbor.neighbor_name.as_deref().unwrap_or_default();
        let named = || spellings(name).find_map(|name| self.by_name.get(&name).copied());
        let short = || spellings(name).find_map(|name| self.by_short_name.get(&name).copied().flatten());
        let addressed = || {
            let mut addresses = neighbor
                .management_addresses
                .iter()
                .filter_map(|text| canonical_ip(text));
            addresses.find_map(|address| self.by_address.get(&address).copied().flatten())
        };
        let chassis = || self.by_mac.get(&chassis(neighbor)?).copied().flatten();
        let found = named().or_else(short).or_else(addressed).or_else(chassis);
        found.and_then(|at| self.known.get(at))
    }

    fn id(&self, id: Uuid) -> Option<&store::Known> {
        self.by_id.get(&id).and_then(|at| self.known.get(*at))
    }
}

/// Notes where something is, unless it is in several places.
fn once<K: std::hash::Hash + Eq>(places: &mut HashMap<K, Option<usize>>, key: K, at: usize) {
    places
        .entry(key)
        .and_modify(|place| {
            if *place != Some(at) {
                *place = None;
            }
        })
        .or_insert(Some(at));
}

fn chassis(neighbor: &Neighbor) -> Option<i64> {
    neighbor.chassis_id.as_deref().and_then(rows::mac_number)
}

impl Service {
    /// The graph, or a part of it.
    ///
    /// # Errors
    /// What is wrong with a filter.
    pub async fn topology(&self, actor: &Actor, filter: &TopologyFilter) -> Result<Topology> {
        actor.needs(Role::Viewer)?;
        let wanted = filter.devices.wanted(self, "")?;
        let db = self.db().reader();
        let limit = filter.limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.unwrap_or(DEFAULT_LINKS).clamp(1, MOST_LINKS);
        let mut directory = Directory::new(store::devices(db).await?);
        let chosen: Option<HashSet<Uuid>> = match filter.devices.is_empty() {
            true => None,
            false => Some(devices::ids(db, &wanted).await?.into_iter().collect()),
        };
        let asked: Option<Vec<Uuid>> = chosen.as_ref().map(|chosen| {
            let known = directory.known.iter().map(|device| device.id);
            known.filter(|id| chosen.contains(id)).collect()
        });
        // Both ends of a link are a row each.
        let most = limit * 2 + 1;
        let mut heard = self.heard_by(actor, asked.as_deref(), most).await?;
        let mut truncated = heard.len() >= most;
        self.learn_macs(&mut directory, &heard).await?;
        if let Some(chosen) = &chosen {
            let beyond: BTreeSet<Uuid> = heard
                .iter()
                .filter_map(|row| directory.find(&row.record))
                .map(|device| device.id)
                .filter(|id| !chosen.contains(id))
                .collect();
            let beyond: Vec<Uuid> = beyond.into_iter().collect();
            let back = self.heard_by(actor, Some(&beyond), MOST_LINKS * 2).await?;
            self.learn_macs(&mut directory, &back).await?;
            let points_back = |row: &Row<Neighbor>| {
                let device = directory.find(&row.record);
                device.is_some_and(|device| chosen.contains(&device.id))
            };
            heard.extend(back.into_iter().filter(points_back));
        }
        let mut nodes: HashMap<String, Node> = HashMap::new();
        let mut said = Vec::with_capacity(heard.len());
        for row in &heard {
            // A device that was taken away says nothing any more.
            let Some(own) = directory.id(row.device_id) else {
                continue;
            };
            let other = match directory.find(&row.record) {
                Some(device) => of_device(device),
                None => of_neighbor(&row.record),
            };
            if other.id == own.id.to_string() {
                continue;
            }
            said.push(Heard {
                own: End {
                    node: own.id.to_string(),
                    interface: row.record.local_interface.clone(),
                },
                other: End {
                    node: other.id.clone(),
                    interface: row.record.neighbor_interface.clone(),
                },
                first_seen_at: row.first_seen_at,
                last_seen_at: row.last_seen_at,
            });
            nodes.entry(other.id.clone()).or_insert(other);
            nodes.entry(own.id.to_string()).or_insert_with(|| of_device(own));
        }
        let mut links = merge::links(said);
        truncated |= links.len() > limit;
        links.truncate(limit);
        if truncated {
            let shown: HashSet<&str> = links
                .iter()
                .flat_map(|link| [link.a.node.as_str(), link.b.node.as_str()])
                .collect();
            nodes.retain(|id, _| shown.contains(id.as_str()));
        }
        if filter.unlinked {
            let devices = directory.known.iter();
            let devices = devices.filter(|device| chosen.as_ref().is_none_or(|chosen| chosen.contains(&device.id)));
            for device in devices {
                if nodes.len() >= MOST_LINKS {
                    truncated = true;
                    break;
                }
                nodes.entry(device.id.to_string()).or_insert_with(|| of_device(device));
            }
        }
        let mut nodes: Vec<Node> = nodes.into_values().collect();
        nodes.sort_by(|one, other| {
            let key = |node: &Node| (node.device_id.is_none(), node.name.to_lowercase(), node.id.clone());
            key(one).cmp(&key(other))
        });
        Ok(Topology {
            nodes,
            links,
            truncated,
        })
    }

    /// Looks up whose MAC addresses are those of neighbours that are known by nothing else.
    async fn learn_macs(&self, directory: &mut Directory, heard: &[Row<Neighbor>]) -> Result<()> {
        let unknown = heard.iter().filter(|row| directory.find(&row.record).is_none());
        let macs: BTreeSet<i64> = unknown.filter_map(|row| chassis(&row.record)).collect();
        let macs: Vec<i64> = macs.into_iter().collect();
        for (mac, device) in store::of_macs(self.db().reader(), &macs).await? {
            if let Some(at) = directory.by_id.get(&device).copied() {
                once(&mut directory.by_mac, mac, at);
            }
        }
        Ok(())
    }
}

fn of_device(device: &store::Known) -> Node {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Node {
        id: device.id.to_string(),
        device_id: Some(device.id),
        name: device.name.clone(),
        address: text(&device.address),
        platform: text(&device.platform),
        vendor: text(&device.vendor),
        site: text(&device.site),
        role: text(&device.role),
        model: text(&device.model),
        description: None,
    }
}

fn of_neighbor(neighbor: &Neighbor) -> Node {
    // The chassis is one thing whatever it is called; a name alone may be a default that many have, which are then one.
    let name = neighbor.neighbor_name.clone();
    let key = neighbor.chassis_id.clone().or_else(|| name.clone()).unwrap_or_default();
    Node {
        id: format!("neighbor:{}", key.to_lowercase()),
        device_id: None,
        name: name.or_else(|| neighbor.chassis_id.clone()).unwrap_or_default(),
        address: neighbor.management_addresses.first().cloned(),
        description: neighbor.description.clone(),
        ..Node::default()
    }
}
