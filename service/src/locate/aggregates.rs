//! Ports that lead on though nothing is heard on them: LLDP is heard on the links of an aggregate, MAC addresses are learned on
//! the aggregate itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Sought, neighbour, store};
use crate::{Service, error::Result};

/// Ports that are looked at.
const PORTS: usize = 100;
/// Interfaces of neighbours whose addresses are looked for.
const INTERFACES: u64 = 2_000;

/// Neighbours that lead on.
pub(super) struct Leading {
    /// What is heard of them.
    pub(super) heard: Vec<store::Heard>,
    /// Those that are devices here, by the names they have here.
    devices: HashMap<String, Uuid>,
}

impl Leading {
    /// The device that a neighbour is.
    fn device(&self, heard: &store::Heard) -> Option<Uuid> {
        let mut names = heard.name.as_deref().into_iter().flat_map(neighbour::spellings);
        names.find_map(|name| self.devices.get(&name).copied())
    }
}

/// The aggregate that a link is part of, where the device says so; as ports are stored.
fn parent(heard: &store::Heard) -> Option<String> {
    let record: Map<String, Value> = serde_json::from_str(&heard.record).ok()?;
    Some(record.get("parent_interface")?.as_str()?.to_lowercase())
}

impl Service {
    /// Of what is heard, the switches and routers other than what is sought itself.
    pub(super) async fn leading(&self, heard: Vec<store::Heard>, sought: &Sought) -> Result<Leading> {
        let names = heard.iter().filter_map(|heard| heard.name.as_deref());
        let names: BTreeSet<String> = names.flat_map(neighbour::spellings).collect();
        let names: Vec<String> = names.into_iter().collect();
        let devices = store::known_names(self.db().reader(), &names).await?;
        let mut leading = Leading {
            heard: Vec::new(),
            devices: devices.into_iter().collect(),
        };
        for one in heard {
            if !sought.is(&one) && (leading.device(&one).is_some() || neighbour::passes_on(&one.record)) {
                leading.heard.push(one);
            }
        }
        Ok(leading)
    }

    /// Those of the ports that are an aggregate of links on which a neighbour is heard that leads on: the device says so, or an
    /// address of the neighbour is learned there.
    pub(super) async fn aggregates(
        &self,
        ports: BTreeSet<(Uuid, String)>,
        sought: &Sought,
    ) -> Result<HashSet<(Uuid, String)>> {
        let mut found = HashSet::new();
        let db = self.db().reader();
        let devices: BTreeSet<Uuid> = ports.iter().map(|(device, _)| *device).collect();
        let devices: Vec<Uuid> = devices.into_iter().collect();
        let leading = self.leading(store::heard_by(db, &devices).await?, sought).await?;
        if leading.heard.is_empty() {
            return Ok(found);
        }
        let neighbours: BTreeSet<Uuid> = leading.heard.iter().filter_map(|one| leading.device(one)).collect();
        let neighbours: Vec<Uuid> = neighbours.into_iter().collect();
        let mut own: HashMap<Uuid, Vec<i64>> = HashMap::new();
        for (device, mac) in store::macs_of_interfaces(db, &neighbours, INTERFACES).await? {
            own.entry(device).or_default().push(mac);
        }
        let mut parents: HashSet<(Uuid, String)> = HashSet::new();
        let mut macs: HashMap<Uuid, BTreeSet<i64>> = HashMap::new();
        for one in &leading.heard {
            parents.extend(parent(one).map(|parent| (one.device_id, neighbour::without_unit(&parent).to_owned())));
            let of_device = leading.device(one).and_then(|device| own.get(&device));
            let known = one.mac.iter().chain(of_device.into_iter().flatten());
            macs.entry(one.device_id).or_default().extend(known.copied());
        }
        for (device, port) in ports.into_iter().take(PORTS) {
            let known = macs.get(&device).into_iter().flatten().copied();
            let known: Vec<i64> = known.filter(|mac| !sought.is_mac(*mac)).collect();
            let is_parent = parents.contains(&(device, neighbour::without_unit(&port).to_owned()));
            if is_parent || store::learned(db, device, &port, known).await? {
                found.insert((device, port));
            }
        }
        Ok(found)
    }
}
