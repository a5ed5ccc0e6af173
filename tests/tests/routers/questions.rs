//! What the server has in its tables of real routers is what these say in JSON, and what it answers about them is true.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tests::server::{Client, Server};

use crate::lab::{FIRST_PORT, Lab, PASSWORD, ROUTERS};

/// Tables of a kernel change while one looks: attempts until both sides of a comparison are of the same moment.
const LOOKS: usize = 5;

type Facts = BTreeSet<Vec<String>>;

struct Desk {
    lab: Lab,
    _server: Server,
    admin: Client,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Desk {
    async fn new(lab: Lab) -> anyhow::Result<Self> {
        let server = Server::start().await?;
        let admin = server.admin().await?;
        let mut inventory = String::from("name,ip,port,platform,site,legacy_algorithms\n");
        for router in ROUTERS {
            let port = usize::from(FIRST_PORT) + router;
            inventory.push_str(&format!("r{router},127.0.0.1,{port},linux,lab,{}\n", router == 3));
        }
        let kind = ("text/csv", inventory.into_bytes());
        let made = admin
            .send_raw(reqwest::Method::POST, "/api/v1/device-imports?format=csv", Some(kind))
            .await?;
        ensure!(made.status == 200, "{made:?}");
        Ok(Self {
            lab,
            _server: server,
            admin,
        })
    }

    async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.admin.get(&format!("/api/v1/{path}")).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.body)
    }

    /// All routers become devices of another platform: the same boxes have several command lines.
    async fn become_platform(&self, platform: &str) -> anyhow::Result<()> {
        for device in rows(&self.ask("devices").await?["items"]) {
            let path = format!("/api/v1/devices/{}", text(&device["id"]));
            let changed = self.admin.patch(&path, &json!({"platform": platform})).await?;
            ensure!(changed.status == 200, "{changed:?}");
        }
        Ok(())
    }

    async fn collect(&self, user: &str, types: &[&str]) -> anyhow::Result<()> {
        let body = json!({
            "filters": {}, "capture_types": types,
            "credentials": {"username": user, "password": PASSWORD},
        });
        let made = self.admin.post("/api/v1/collections", &body).await?;
        ensure!(made.status == 202, "{made:?}");
        let path = format!("collections/{}?wait=30", made.text_of("/id"));
        loop {
            let collection = self.ask(&path).await?;
            if !collection["finished_at"].is_null() {
                ensure!(collection["status"] == "succeeded", "{collection}");
                ensure!(collection["loaded_to_db"] == true, "{collection}");
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// The rows of a table of a router, as facts.
    async fn table(&self, path: &str, router: usize, fact: impl Fn(&Value) -> Vec<String>) -> anyhow::Result<Facts> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let mut facts = Facts::new();
        let mut token = String::new();
        loop {
            let page = self
                .ask(&format!("{path}{sign}device=r{router}&limit=500&page_token={token}"))
                .await?;
            facts.extend(rows(&page["items"]).map(&fact));
            match page["next_page_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => return Ok(facts),
            }
        }
    }

    fn json(&self, router: usize, command: &str) -> anyhow::Result<Value> {
        let printed = self.lab.inside(router, command)?;
        serde_json::from_str(&printed).with_context(|| format!("r{router}: {command}: {printed}"))
    }

    /// Collects and compares one table of all routers until it is the same on both sides.
    async fn compare(
        &self,
        (user, capture_type, path): (&str, &str, &str),
        ours: impl Fn(&Value) -> Vec<String>,
        theirs: impl Fn(usize) -> anyhow::Result<Facts>,
    ) -> anyhow::Result<usize> {
        for look in 1.. {
            self.collect(user, &[capture_type]).await?;
            let mut wrong = None;
            let mut facts = 0;
            for router in ROUTERS {
                let (ours, theirs) = (self.table(path, router, &ours).await?, theirs(router)?);
                facts += ours.len();
                if ours != theirs {
                    let only: Vec<_> = ours.symmetric_difference(&theirs).take(6).cloned().collect();
                    wrong = Some(format!("r{router} {path}: only on one side: {only:?}"));
                }
            }
            match wrong {
                None => return Ok(facts),
                Some(wrong) if look == LOOKS => anyhow::bail!(wrong),
                Some(_) => {}
            }
        }
        Ok(0)
    }
}

/// Routes as `show ip route json` tells them: network, who put it there, next hop or interface.
fn routes(json: &Value) -> Facts {
    let mut facts = Facts::new();
    for (prefix, ways) in json.as_object().into_iter().flatten() {
        for way in rows(ways) {
            for hop in rows(&way["nexthops"]) {
                let named = hop["ip"].as_str().or(hop["interfaceName"].as_str());
                // What leads nowhere is no address and no interface.
                let to = named.unwrap_or("blackhole");
                facts.insert(vec![prefix.clone(), text(&way["protocol"]), to.to_owned()]);
            }
        }
    }
    facts
}

/// Neighbours as `lldpcli -f json` tells them, which writes one of something otherwise than several.
fn neighbors(json: &Value) -> Facts {
    let interfaces = &json["lldp"]["interface"];
    let several: Vec<&Value> = match interfaces.as_array() {
        Some(list) => list.iter().collect(),
        None => vec![interfaces],
    };
    let mut facts = Facts::new();
    for (port, heard) in several.into_iter().filter_map(Value::as_object).flatten() {
        for (name, chassis) in heard["chassis"].as_object().into_iter().flatten() {
            facts.insert(vec![port.clone(), name.clone(), text(&chassis["id"]["value"])]);
        }
    }
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_what_the_routers_say_in_json_and_hosts_are_located() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::questions") else {
        return Ok(());
    };
    let desk = Desk::new(lab).await?;

    let arp = desk
        .compare(
            ("ops", "arp", "arp-entries"),
            |row| vec![text(&row["address"]), text(&row["interface"]), text(&row["mac"])],
            |router| {
                let table = desk.json(router, "ip -j neigh show")?;
                let known = rows(&table).filter(|row| row["lladdr"].is_string());
                Ok(known
                    .map(|row| vec![text(&row["dst"]), text(&row["dev"]), text(&row["lladdr"])])
                    .collect())
            },
        )
        .await?;
    let interfaces = desk
        .compare(
            ("ops", "interfaces", "interfaces"),
            |row| {
                let mut fact = vec![text(&row["name"]), text(&row["mac"])];
                let mut addresses: Vec<String> = rows(&row["addresses"]).map(text).collect();
                addresses.sort_unstable();
                fact.extend(addresses);
                fact
            },
            |router| {
                let table = desk.json(router, "ip -j addr show")?;
                let fact = |row: &Value| {
                    let mut fact = vec![text(&row["ifname"]), text(&row["address"])];
                    let mut addresses: Vec<String> = rows(&row["addr_info"])
                        .map(|one| format!("{}/{}", text(&one["local"]), one["prefixlen"]))
                        .collect();
                    addresses.sort_unstable();
                    fact.extend(addresses);
                    fact
                };
                Ok(rows(&table).map(fact).collect())
            },
        )
        .await?;
    let lldp = desk
        .compare(
            ("ops", "lldp", "neighbors"),
            |row| {
                vec![
                    text(&row["local_interface"]),
                    text(&row["neighbor_name"]),
                    text(&row["chassis_id"]),
                ]
            },
            |router| Ok(neighbors(&desk.json(router, "lldpcli -f json show neighbors")?)),
        )
        .await?;
    ensure!(lldp == 2 * ROUTERS.len(), "{lldp} neighbours in a ring");

    // The ring, each link once with both ends.
    let graph = desk.ask("topology").await?;
    let links: Vec<&Value> = rows(&graph["links"]).collect();
    ensure!(links.len() == ROUTERS.len(), "{graph}");
    ensure!(links.iter().all(|link| link["one_sided"] == false), "{graph}");
    ensure!(rows(&graph["nodes"]).count() == ROUTERS.len(), "{graph}");

    // Every host of the lab is behind the one port of the bridge of its router.
    let mut hosts = Vec::new();
    for router in ROUTERS {
        let host = |arguments: &[&str]| {
            let place = format!("frrlab-h{router}");
            Command::new("ip")
                .args(["netns", "exec", &place])
                .args(arguments)
                .output()
        };
        // Something that it says, whatever becomes of it: the bridge learns where it is.
        let say = format!("echo x > /dev/udp/198.51.100.{}/9", router * 4 + 1);
        ensure!(host(&["bash", "-c", &say])?.status.success(), "h{router} cannot speak");
        let mac = host(&["cat", "/sys/class/net/eth0/address"])?.stdout;
        hosts.push((router, String::from_utf8(mac)?.trim().to_owned()));
    }
    desk.collect("ops", &["mac", "arp"]).await?;
    for (router, mac) in &hosts {
        let dotted = mac.replace(':', "");
        let address = format!("198.51.100.{}", router * 4 + 2);
        for asked in [
            mac.clone(),
            format!("{}.{}.{}", &dotted[..4], &dotted[4..8], &dotted[8..]),
            address,
        ] {
            let answer = desk.ask(&format!("locate?q={asked}")).await?;
            let place = &answer["sightings"][0];
            ensure!(
                place["device_name"] == format!("r{router}")
                    && place["interface"] == "lan0p1"
                    && place["source"] == "mac_table"
                    && place["edge"] == true
                    && place["current"] == true,
                "{asked} is no host at lan0p1 of r{router}: {answer}"
            );
            ensure!(answer["mac"] == mac.as_str(), "{answer}");
        }
    }

    // The same routers by the command line of FRRouting, where their routes are.
    desk.become_platform("frr").await?;
    let routes = desk
        .compare(
            ("admin", "routes", "routes"),
            |row| {
                let hop = row["next_hop"]
                    .as_str()
                    .or(row["interface"].as_str())
                    .unwrap_or_default();
                vec![text(&row["prefix"]), text(&row["protocol"]), hop.to_owned()]
            },
            |router| Ok(routes(&desk.json(router, "vtysh -c 'show ip route json'")?)),
        )
        .await?;
    ensure!(arp > 0 && interfaces > 0 && routes > 300, "{arp} {interfaces} {routes}");
    println!(
        "{arp} ARP entries, {interfaces} interfaces, {lldp} neighbours, {routes} routes of {} routers",
        ROUTERS.len()
    );
    Ok(())
}
