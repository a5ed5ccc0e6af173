//! Where something is: from a MAC address, an IP address or a name to the ports behind which it is or was.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::user::Role;
use parsers::{Question, canonical_ip, question};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    records::{Kind, at_address, rows},
};

mod aggregates;
mod neighbour;
mod store;

pub(crate) use neighbour::spellings;

/// MAC addresses that one answer follows.
const MOST_MACS: usize = 16;
/// Devices that one name may mean.
const MOST_DEVICES: u64 = 16;
/// Sightings of an answer.
const MOST_SIGHTINGS: usize = 500;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoughtKind {
    /// A MAC address.
    Mac,
    /// The first bytes of MAC addresses.
    MacPrefix,
    /// An IP address.
    Ip,
    /// The name of a device or neighbour.
    Name,
}

/// What says that something is somewhere. In the order of how much it says about the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// It sends LLDP to this port.
    Neighbor,
    /// It is an interface of the device.
    Interface,
    /// Its MAC address is learned on this port.
    MacTable,
    /// The device has its address in its ARP table.
    Arp,
}

/// Something that was seen somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The device that saw it.
    pub device_id: Uuid,
    /// Its name today; empty when it was taken away.
    pub device_name: String,
    /// Where: the port, or the interface of the ARP table.
    pub interface: Option<String>,
    /// The VLAN.
    pub vlan: Option<String>,
    /// The VRF, or the bridge domain.
    pub vrf: Option<String>,
    /// What says so.
    pub source: Source,
    /// The MAC address that was seen.
    pub mac: Option<String>,
    /// The IP address that was seen.
    pub address: Option<String>,
    /// Whether it is attached here: the port is not known to lead to another switch or router.
    pub edge: bool,
    /// MAC addresses behind the port now, counted up to 1,000; of a MAC table alone.
    pub macs_on_port: Option<u32>,
    /// When it was captured for the first time.
    pub first_seen_at: i64,
    /// When it was captured for the last time.
    pub last_seen_at: i64,
    /// Whether it was still there then.
    pub current: bool,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Located {
    /// What was asked, in the spelling that records have.
    pub query: String,
    /// What that is.
    pub kind: SoughtKind,
    /// The MAC addresses it has or had, those of now first.
    pub macs: Vec<String>,
    /// The IP addresses it has or had, those of now first.
    pub addresses: Vec<String>,
    /// The devices that it is, or that it is an address of.
    pub devices: Vec<(Uuid, String)>,
    /// Where it was seen, the most likely place first.
    pub sightings: Vec<Sighting>,
    /// Whether there is more than is shown.
    pub truncated: bool,
}

/// A row with what says so, before it is shown.
struct Found {
    source: Source,
    row: store::Seen,
    record: Map<String, Value>,
}

impl Found {
    fn text(&self, name: &str) -> Option<String> {
        self.record.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn is_current(&self) -> bool {
        self.row.closed_at.is_none()
    }
}

/// What is known of what is sought while looking.
#[derive(Default)]
struct Sought {
    /// As numbers, lowest and highest.
    macs: Vec<(i64, i64)>,
    ips: Vec<Vec<u8>>,
    names: Vec<String>,
    found: Vec<Found>,
    truncated: bool,
}

impl Sought {
    fn add(&mut self, source: Source, rows: Vec<store::Seen>) {
        self.truncated |= rows.len() as u64 >= store::OPEN;
        for row in rows {
            let record = serde_json::from_str(&row.record).unwrap_or_default();
            self.found.push(Found { source, row, record });
        }
    }

    fn is_mac(&self, mac: i64) -> bool {
        self.macs.iter().any(|(low, high)| (*low..=*high).contains(&mac))
    }

    /// Whether a neighbour is what is sought.
    fn is(&self, heard: &store::Heard) -> bool {
        let by_name = |name: &str| neighbour::spellings(name).any(|name| self.names.contains(&name));
        heard.mac.is_some_and(|mac| self.is_mac(mac)) || heard.name.as_deref().is_some_and(by_name)
    }

    /// MAC addresses that ARP tables and neighbours tell, those of now first.
    fn learn_macs(&mut self) {
        let mut told: Vec<(bool, i64)> = Vec::new();
        for found in &self.found {
            let tells = matches!(found.source, Source::Arp | Source::Neighbor);
            if let (true, Some(mac)) = (tells, found.row.mac) {
                told.push((!found.is_current(), mac));
            }
        }
        told.sort_unstable();
        for (_, mac) in told {
            if self.macs.len() == MOST_MACS {
                self.truncated = true;
                return;
            }
            if !self.macs.contains(&(mac, mac)) {
                self.macs.push((mac, mac));
            }
        }
    }
}

impl Service {
    /// Where a MAC address, an IP address or a name is and was.
    ///
    /// # Errors
    /// `parameter_invalid` where the question is none of these.
    pub async fn locate(&self, actor: &Actor, text: &str) -> Result<Located> {
        actor.needs(Role::Viewer)?;
        let asked = question(text).ok_or_else(|| {
            Error::parameter(
                "q",
                "a MAC address in any notation, an IP address or a name, up to 255 characters",
            )
        })?;
        let db = self.db().reader();
        let mut sought = Sought::default();
        let mut devices = Vec::new();
        let (kind, query) = match asked {
            Question::Mac(mac) => {
                sought.macs.extend(rows::mac_number(&mac).map(|mac| (mac, mac)));
                (SoughtKind::Mac, mac)
            }
            Question::Ip(ip) => {
                self.follow_ip(&mut sought, &ip).await?;
                devices = self.devices_at(&ip).await?;
                (SoughtKind::Ip, ip)
            }
            Question::Prefix(_) => {
                let detail = "a network is no place: ask for one address, or GET /arp-entries?prefix= for all in it";
                return Err(Error::parameter("q", detail));
            }
            // `cafe-beef` is the beginning of an address and may be a name.
            Question::MacPrefix(beginning) => match self.follow_name(&mut sought, &text.trim().to_lowercase()).await? {
                found if found.is_empty() && sought.found.is_empty() => {
                    sought.macs.extend(rows::mac_range(&beginning));
                    (SoughtKind::MacPrefix, beginning)
                }
                found => {
                    devices = found;
                    (SoughtKind::Name, text.trim().to_lowercase())
                }
            },
            Question::Name(name) => {
                devices = self.follow_name(&mut sought, &name).await?;
                (SoughtKind::Name, name)
            }
        };
        sought.learn_macs();
        for mac in sought.macs.clone() {
            if matches!(kind, SoughtKind::Mac | SoughtKind::MacPrefix) {
                sought.add(Source::Arp, store::arp_of_mac(db, mac).await?);
            }
            sought.add(Source::MacTable, store::macs(db, mac).await?);
            sought.add(Source::Neighbor, store::neighbors_of_mac(db, mac).await?);
            sought.add(Source::Interface, store::interfaces_of_mac(db, mac).await?);
        }
        let sightings = self.sightings(&sought).await?;
        let more = sightings.len() > MOST_SIGHTINGS;
        let mut located = Located {
            macs: spelled(&sought, |found| found.row.mac.map(mac_text)),
            addresses: spelled(&sought, |found| match found.source {
                Source::Arp => found.text("address"),
                _ => None,
            }),
            truncated: sought.truncated || more,
            query,
            kind,
            devices,
            sightings,
        };
        located.sightings.truncate(MOST_SIGHTINGS);
        match located.kind {
            SoughtKind::Mac => first(&mut located.macs, &located.query),
            SoughtKind::Ip => first(&mut located.addresses, &located.query),
            SoughtKind::MacPrefix | SoughtKind::Name => {}
        }
        Ok(located)
    }

    async fn follow_ip(&self, sought: &mut Sought, ip: &str) -> Result<()> {
        let Some(key) = rows::ip_key(ip) else { return Ok(()) };
        let db = self.db().reader();
        sought.add(Source::Arp, store::arp_of_ip(db, &key).await?);
        sought.add(Source::Neighbor, store::neighbors_of_ip(db, &key).await?);
        let own = at_address(db, &key).await?;
        if !own.is_empty() {
            sought.add(Source::Interface, store::interfaces(db, &own).await?);
        }
        sought.ips.push(key);
        Ok(())
    }

    /// The devices of a name, by their addresses, and what calls itself so.
    async fn follow_name(&self, sought: &mut Sought, name: &str) -> Result<Vec<(Uuid, String)>> {
        let db = self.db().reader();
        let devices = store::devices_named(db, name, MOST_DEVICES).await?;
        sought.add(Source::Neighbor, store::neighbors_of_name(db, name).await?);
        sought.names.push(name.to_owned());
        for device in &devices {
            if device.name_key != name {
                sought.names.push(device.name_key.clone());
                sought.add(Source::Neighbor, store::neighbors_of_name(db, &device.name_key).await?);
            }
            if let Some(ip) = canonical_ip(&device.address) {
                self.follow_ip(sought, &ip).await?;
            }
        }
        Ok(devices.into_iter().map(|device| (device.id, device.name)).collect())
    }

    async fn devices_at(&self, ip: &str) -> Result<Vec<(Uuid, String)>> {
        let found = crate::devices::store::at_addresses(self.db().reader(), &[ip.to_owned()]).await?;
        Ok(found.into_iter().map(|(id, name, ..)| (id, name)).collect())
    }

    /// What was found as it is shown, each once and in order.
    async fn sightings(&self, sought: &Sought) -> Result<Vec<Sighting>> {
        let db = self.db().reader();
        let devices: BTreeSet<Uuid> = sought.found.iter().map(|found| found.row.device_id).collect();
        let devices: Vec<Uuid> = devices.into_iter().collect();
        let names = self.device_names(&devices).await?;
        let loaded: HashMap<(Uuid, String), Option<i64>> = store::loaded(db, &devices)
            .await?
            .into_iter()
            .map(|(device, kind, at)| ((device, kind), at))
            .collect();
        let uplinks = self.uplinks(sought).await?;
        let mut sightings: Vec<Sighting> = Vec::with_capacity(sought.found.len());
        let mut seen = HashSet::new();
        for found in &sought.found {
            let row = &found.row;
            let place = (row.device_id, found.source as u8, row.record.clone(), row.first_seen_at);
            if !seen.insert(place) {
                continue;
            }
            let kind = match found.source {
                Source::Neighbor => Kind::Neighbor,
                Source::Interface => Kind::Interface,
                Source::MacTable => Kind::MacEntry,
                Source::Arp => Kind::ArpEntry,
            };
            let last_load = || {
                let key = (row.device_id, kind.capture_type().to_owned());
                loaded.get(&key).copied().flatten()
            };
            let (interface, vrf) = match found.source {
                Source::Neighbor => ("local_interface", "vrf"),
                Source::Interface => ("name", "vrf"),
                Source::MacTable => ("interface", "domain"),
                Source::Arp => ("interface", "vrf"),
            };
            let port = (row.device_id, row.interface.clone().unwrap_or_default());
            sightings.push(Sighting {
                device_id: row.device_id,
                device_name: names.get(&row.device_id).cloned().unwrap_or_default(),
                // Where the table of a router names the port behind the VLAN, that is the place.
                interface: found.text("port").or_else(|| found.text(interface)),
                vlan: found.text("vlan"),
                vrf: found.text(vrf),
                source: found.source,
                mac: row.mac.map(mac_text),
                address: found.text("address"),
                edge: match found.source {
                    Source::Neighbor | Source::Interface => true,
                    Source::MacTable => !uplinks.contains(&port),
                    Source::Arp => false,
                },
                macs_on_port: None,
                first_seen_at: row.first_seen_at,
                last_seen_at: row.last_seen_at.or_else(last_load).unwrap_or(row.first_seen_at),
                current: found.is_current(),
            });
        }
        self.count(&mut sightings, sought).await?;
        sightings.sort_by_cached_key(|one| {
            let macs = one.macs_on_port.unwrap_or(u32::MAX);
            let is_place = matches!(one.source, Source::MacTable | Source::Neighbor | Source::Interface);
            let order = match one.source {
                // The one place where it is surely attached; a port with many addresses only leads there.
                Source::Neighbor | Source::Interface => 0,
                _ => macs,
            };
            (
                !one.current,
                !(one.edge && is_place),
                order,
                one.source,
                -one.last_seen_at,
                one.device_name.clone(),
                one.interface.clone(),
            )
        });
        Ok(sightings)
    }

    /// The ports of what was found in MAC tables that lead on to another switch or router, not to what is sought itself.
    async fn uplinks(&self, sought: &Sought) -> Result<HashSet<(Uuid, String)>> {
        let db = self.db().reader();
        let mut ports: BTreeSet<(Uuid, String)> = BTreeSet::new();
        for found in sought.found.iter().filter(|found| found.source == Source::MacTable) {
            if let Some(port) = &found.row.interface {
                ports.insert((found.row.device_id, port.clone()));
                ports.insert((found.row.device_id, neighbour::without_unit(port).to_owned()));
            }
        }
        let ports: Vec<(Uuid, String)> = ports.into_iter().collect();
        let heard = store::heard(db, &ports).await?;
        let leading = self.leading(heard, sought).await?;
        let mut uplinks: HashSet<(Uuid, String)> = HashSet::new();
        for heard in leading.heard {
            uplinks.insert((heard.device_id, heard.interface.unwrap_or_default()));
        }
        // A port of a VLAN leads where the port it is on leads.
        for (device, port) in &ports {
            if uplinks.contains(&(*device, neighbour::without_unit(port).to_owned())) {
                uplinks.insert((*device, port.clone()));
            }
        }
        Ok(uplinks)
    }

    /// Counts what is behind the ports on which it is learned now.
    async fn count(&self, sightings: &mut [Sighting], sought: &Sought) -> Result<()> {
        let counted = |one: &Sighting| one.source == Source::MacTable && one.current && one.edge;
        let mut stored: HashMap<(Uuid, String), String> = HashMap::new();
        for found in sought.found.iter().filter(|found| found.source == Source::MacTable) {
            if let (Some(shown), Some(port)) = (found.text("interface"), &found.row.interface) {
                stored.insert((found.row.device_id, shown), port.clone());
            }
        }
        let port = |one: &Sighting| {
            let shown = (one.device_id, one.interface.clone()?);
            stored.get(&shown).map(|port| (one.device_id, port.clone()))
        };
        let ports: BTreeSet<(Uuid, String)> = sightings.iter().filter(|one| counted(one)).filter_map(port).collect();
        let ports: Vec<(Uuid, String)> = ports.into_iter().collect();
        let counts = store::counts(self.db().reader(), &ports).await?;
        let counts: HashMap<(Uuid, String), i64> = ports.into_iter().zip(counts).collect();
        // Where only what is sought is learned, nothing leads on.
        let several = counts.iter().filter(|(_, count)| **count > 1).map(|(port, _)| port);
        let uplinks = self.aggregates(several.cloned().collect(), sought).await?;
        for one in sightings.iter_mut().filter(|one| counted(one)) {
            let Some(port) = port(one) else { continue };
            one.edge = !uplinks.contains(&port);
            let count = counts.get(&port).filter(|_| one.edge);
            one.macs_on_port = count.and_then(|count| u32::try_from(*count).ok());
        }
        Ok(())
    }
}

/// What rows say of something, each once, what is so now first.
fn spelled(sought: &Sought, text: impl Fn(&Found) -> Option<String>) -> Vec<String> {
    const MOST: usize = 200;
    let mut texts: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for current in [true, false] {
        for found in sought.found.iter().filter(|found| found.is_current() == current) {
            if let Some(text) = text(found).filter(|text| texts.len() < MOST && known.insert(text.clone())) {
                texts.push(text);
            }
        }
    }
    texts
}

/// What was asked for stands first, also where nothing is known of it.
fn first(texts: &mut Vec<String>, asked: &str) {
    texts.retain(|text| text != asked);
    texts.insert(0, asked.to_owned());
}

/// A number as `aa:bb:cc:dd:ee:ff`.
fn mac_text(number: i64) -> String {
    let digits = format!("{number:012x}");
    let pairs: Vec<&str> = (0..6).filter_map(|at| digits.get(at * 2..at * 2 + 2)).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_spelled_as_records_spell_it() {
        let mac = "00:1b:54:aa:bb:cc";
        assert_eq!(mac_text(rows::mac_number(mac).unwrap()), mac);
    }

    #[test]
    fn what_was_asked_for_stands_first() {
        let mut texts = vec!["a".to_owned(), "b".to_owned()];
        first(&mut texts, "b");
        assert_eq!(texts, ["b", "a"]);
        first(&mut texts, "c");
        assert_eq!(texts, ["c", "b", "a"]);
    }
}
