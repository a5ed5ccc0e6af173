//! Capture types: what can be collected, in words for people.

use std::collections::BTreeMap;

use entity::user::Role;
use jobs::catalogue::CAPTURE_TYPES;

use crate::{Service, actor::Actor, error::Result};

/// What can be collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureType {
    /// Its slug.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it shows.
    pub description: String,
    /// Whether it is chosen unless somebody says otherwise.
    pub default: bool,
    /// Whether it is one of the eight that everybody is offered first.
    pub wizard: bool,
    /// Slugs of the platforms that have it.
    pub platforms: Vec<String>,
}

/// Slug, title and description.
const WORDS: [(&str, &str, &str); 24] = [
    ("configs", "Configuration", "The running configuration"),
    (
        "arp",
        "ARP Table",
        "IP addresses and the hardware addresses they belong to",
    ),
    (
        "mac",
        "MAC Table",
        "Hardware addresses and the ports they are learned on",
    ),
    ("lldp", "LLDP Neighbors", "Which device is connected to which port"),
    (
        "interfaces",
        "Interfaces",
        "Interfaces, their addresses and whether they are up",
    ),
    ("routes", "Routes", "The routing table"),
    ("version", "Version", "Software, model and uptime"),
    (
        "inventory",
        "Inventory",
        "Chassis, modules and transceivers with their serial numbers",
    ),
    (
        "aaa",
        "AAA",
        "How logins are checked: servers for authentication and accounting",
    ),
    ("bgp_neighbors", "BGP Neighbors", "BGP sessions in detail"),
    (
        "bgp_summary",
        "BGP Summary",
        "BGP sessions, their states and numbers of prefixes",
    ),
    ("clock", "Clock", "The time of the device"),
    ("environment", "Environment", "Temperatures, fans and power supplies"),
    (
        "interface_counters",
        "Interface Counters",
        "Traffic and errors of each interface",
    ),
    (
        "interface_details",
        "Interface Details",
        "All there is to know about each interface",
    ),
    ("license", "Licenses", "Licenses and what they allow"),
    ("ntp", "NTP", "Time servers and whether the clock follows them"),
    ("ospf_neighbors", "OSPF Neighbors", "OSPF adjacencies and their states"),
    ("port_channels", "Port Channels", "Bundled links and their members"),
    ("snmp", "SNMP", "How SNMP is set up and used"),
    (
        "spanning_tree",
        "Spanning Tree",
        "Roots, roles and states of spanning tree",
    ),
    ("syslog", "Log", "The messages that the device has kept"),
    ("users", "Users", "Who is logged in"),
    ("vlans", "VLANs", "VLANs and their ports"),
];

/// A slug of a file of the user in words: `my_type` is `My type`.
fn words_of(slug: &str) -> String {
    let mut words = slug.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl Service {
    /// All capture types, the eight of the wizard first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn capture_type_list(&self, actor: &Actor) -> Result<Vec<CaptureType>> {
        actor.needs(Role::Viewer)?;
        let mut platforms: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for platform in self.platform_list(actor).await? {
            for template in platform.templates {
                platforms
                    .entry(template.capture_type)
                    .or_default()
                    .push(template.platform);
            }
        }
        let place = |name: &str| CAPTURE_TYPES.iter().position(|known| *known == name);
        let mut types: Vec<CaptureType> = platforms
            .into_iter()
            .map(|(name, platforms)| {
                let words = WORDS.iter().find(|(slug, ..)| *slug == name);
                CaptureType {
                    title: words.map_or_else(|| words_of(&name), |(_, title, _)| (*title).to_owned()),
                    description: words.map_or_else(
                        || "A capture type of a platform file of this server".to_owned(),
                        |(.., description)| (*description).to_owned(),
                    ),
                    default: name == "configs",
                    wizard: place(&name).is_some(),
                    platforms,
                    name,
                }
            })
            .collect();
        types.sort_by_key(|each| place(&each.name).unwrap_or(CAPTURE_TYPES.len()));
        Ok(types)
    }
}
