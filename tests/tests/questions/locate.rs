//! Where something is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{DATABASES, ask, collected, escaped, list};

type Port = (String, String);

fn port(row: &Value, interface: &str) -> Port {
    (
        row["device_name"].as_str().unwrap().to_owned(),
        without_unit(row[interface].as_str().unwrap_or_default()).to_owned(),
    )
}

/// Junos learns addresses on a unit and hears neighbours on its port.
fn without_unit(port: &str) -> &str {
    match port.rsplit_once('.') {
        Some((port, unit)) if unit.parse::<u32>().is_ok() => port,
        _ => port,
    }
}

#[tokio::test]
async fn a_host_is_behind_the_port_at_the_edge_however_it_is_asked_for() -> anyhow::Result<()> {
    for kind in DATABASES {
        let types = ["arp", "mac", "lldp", "interfaces"];
        let Some(scene) = collected(kind, "locate", 12, &types).await? else {
            continue;
        };
        let admin = &scene.admin;
        let macs = list(admin, "mac-entries?limit=500").await?;
        let arps = list(admin, "arp-entries?limit=500").await?;
        let heard = list(admin, "neighbors?limit=500").await?;
        let uplinks: BTreeSet<Port> = heard.iter().map(|row| port(row, "local_interface")).collect();
        // Every address that a switch at the edge and another one have learned.
        let mut places: BTreeMap<&str, Vec<Port>> = BTreeMap::new();
        for row in &macs {
            places
                .entry(row["mac"].as_str().unwrap())
                .or_default()
                .push(port(row, "interface"));
        }
        let hosts: Vec<_> = places
            .iter()
            .filter(|(mac, _)| !heard.iter().any(|row| row["chassis_id"] == ***mac))
            .filter(|(_, ports)| ports.len() > 1 && ports.iter().filter(|port| !uplinks.contains(port)).count() == 1)
            .collect();
        assert!(hosts.len() >= 5, "{kind:?}: {} hosts", hosts.len());
        for (mac, ports) in &hosts {
            let mac: &str = mac;
            let edge = ports.iter().find(|port| !uplinks.contains(port)).unwrap();
            let digits: String = mac.split(':').collect();
            let dotted = format!("{}.{}.{}", &digits[..4], &digits[4..8], &digits[8..]);
            let mut answers = Vec::new();
            for spelled in [mac.to_owned(), dotted, digits.to_uppercase(), mac.replace(':', "-")] {
                answers.push(ask(admin, &format!("locate?q={spelled}")).await?);
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]));
            let answer = &answers[0];
            assert_eq!(
                (&answer["kind"], &answer["query"], &answer["mac"]),
                (&"mac".into(), &mac.into(), &mac.into())
            );
            let sightings = answer["sightings"].as_array().unwrap();
            assert_eq!(&port(&sightings[0], "interface"), edge, "{kind:?}: {answer}");
            assert_eq!(
                (&sightings[0]["edge"], &sightings[0]["source"], &sightings[0]["current"]),
                (&true.into(), &"mac_table".into(), &true.into())
            );
            let learned = |one: &&Value| one["source"] == "mac_table";
            assert_eq!(sightings.iter().filter(learned).count(), ports.len());
            for one in sightings.iter().filter(learned) {
                assert_eq!(one["edge"], !uplinks.contains(&port(one, "interface")), "{one}");
            }
            let behind = macs.iter().filter(|row| port(row, "interface") == *edge).count();
            assert_eq!(sightings[0]["macs_on_port"], behind, "{answer}");
            assert!(sightings[0]["first_seen_at"].as_str() <= sightings[0]["last_seen_at"].as_str());
        }
        // By its address it is at the same place, which the ARP tables of the routers led to.
        let mut asked = 0;
        for (mac, _) in &hosts {
            let mac: &str = mac;
            for arp in arps.iter().filter(|row| row["mac"] == mac).take(1) {
                let address = arp["address"].as_str().unwrap();
                let by_address = ask(admin, &format!("locate?q={address}")).await?;
                let by_mac = ask(admin, &format!("locate?q={mac}")).await?;
                assert_eq!(by_address["kind"], "ip");
                assert_eq!(by_address["mac"], mac);
                assert_eq!(by_address["addresses"][0], address);
                assert_eq!(by_address["sightings"][0], by_mac["sightings"][0]);
                assert!(by_mac["addresses"].as_array().unwrap().contains(&address.into()));
                let routers = by_address["sightings"].as_array().unwrap().iter();
                let routers = routers.filter(|one| one["source"] == "arp").count();
                assert_eq!(routers, arps.iter().filter(|row| row["address"] == address).count());
                asked += 1;
            }
        }
        assert!(asked > 0, "{kind:?}: no host has an address");
    }
    Ok(())
}

#[tokio::test]
async fn a_device_is_found_by_its_name_and_nonsense_is_refused_or_nowhere() -> anyhow::Result<()> {
    for kind in DATABASES {
        let Some(scene) = collected(kind, "locate", 8, &["arp", "mac", "lldp", "interfaces"]).await? else {
            continue;
        };
        let admin = &scene.admin;
        let neighbors = list(admin, "neighbors?limit=500").await?;
        let interfaces = list(admin, "interfaces?limit=500").await?;
        let mut heard = 0;
        for device in list(admin, "devices?limit=500").await? {
            let name = device["name"].as_str().unwrap();
            let answer = ask(admin, &format!("locate?q={}", escaped(&name.to_uppercase()))).await?;
            assert_eq!(
                (&answer["kind"], &answer["devices"][0]["id"]),
                (&"name".into(), &device["id"])
            );
            // Where the others hear it is where it is attached.
            let expected: BTreeSet<Port> = neighbors
                .iter()
                .filter(|row| row["neighbor_name"] == name)
                .map(|row| port(row, "local_interface"))
                .collect();
            let sightings = answer["sightings"].as_array().unwrap();
            let found: BTreeSet<Port> = sightings
                .iter()
                .filter(|one| one["source"] == "neighbor" && one["current"] == true && one["edge"] == true)
                .map(|one| port(one, "interface"))
                .collect();
            assert!(found.is_superset(&expected), "{kind:?} {name}: {found:?} {expected:?}");
            heard += expected.len();
        }
        assert!(heard > 0);
        // An address of an interface is at this interface.
        let own = interfaces.iter().find(|row| row["addresses"][0].is_string()).unwrap();
        let address = own["addresses"][0].as_str().unwrap().split('/').next().unwrap();
        let answer = ask(admin, &format!("locate?q={}", escaped(address))).await?;
        let at = answer["sightings"].as_array().unwrap().iter();
        assert!(
            at.clone()
                .any(|one| one["source"] == "interface" && port(one, "interface") == port(own, "name")),
            "{answer}"
        );
        for unknown in [
            "02:00:00:00:00:01",
            "203.0.113.77",
            "2001:db8::77",
            "no-such-thing",
            "%",
            "' OR 1=1 --",
        ] {
            let answer = ask(admin, &format!("locate?q={}", escaped(unknown))).await?;
            assert_eq!(answer["sightings"].as_array().unwrap().len(), 0, "{answer}");
            assert_eq!(answer["truncated"], false);
        }
        for bad in ["", "   ", "10.0.0.0/8", &"x".repeat(300)] {
            let answer = admin.get(&format!("/api/v1/locate?q={}", escaped(bad))).await?;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, "parameter_invalid"),
                "{bad:?}"
            );
        }
    }
    Ok(())
}
