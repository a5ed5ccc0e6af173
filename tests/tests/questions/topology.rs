//! Who is connected to whom.

use std::collections::BTreeSet;

use lab::{Fault, FleetOptions};
use serde_json::{Value, json};
use tests::server::Setup;

use crate::{
    DATABASES, ask, collect, collected, list,
    scene::{Kind, Scene},
};

type End = (String, String);

fn end(graph: &Value, end: &Value) -> End {
    let nodes = graph["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"] == end["node"]).unwrap();
    (
        node["name"].as_str().unwrap().to_owned(),
        end["interface"].as_str().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn both_ends_of_a_link_are_one_and_every_neighbour_is_in_it() -> anyhow::Result<()> {
    for kind in DATABASES {
        let Some(scene) = collected(kind, "topology", 12, &["lldp"]).await? else {
            continue;
        };
        let admin = &scene.admin;
        let heard = list(admin, "neighbors?limit=500").await?;
        let graph = ask(admin, "topology").await?;
        assert_eq!(graph["truncated"], false);
        let links = graph["links"].as_array().unwrap();
        let both: Vec<&Value> = links.iter().filter(|link| link["one_sided"] == false).collect();
        assert!(!both.is_empty());
        assert_eq!(
            both.len() + links.len(),
            heard.len(),
            "{kind:?}: each row is an end of a link"
        );
        let said: BTreeSet<End> = heard
            .iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                (text("device_name"), text("local_interface"))
            })
            .collect();
        let mut ends = BTreeSet::new();
        for link in links {
            let (a, b) = (end(&graph, &link["a"]), end(&graph, &link["b"]));
            assert!(said.contains(&a), "{link}");
            assert_eq!(said.contains(&b), link["one_sided"] == false, "{link}");
            assert!(
                ends.insert(a) && ends.insert(b),
                "{kind:?}: a port stands in two links: {link}"
            );
        }
        let devices = list(admin, "devices?limit=500").await?;
        for node in graph["nodes"].as_array().unwrap() {
            let device = devices.iter().find(|device| device["id"] == node["id"]);
            assert_eq!(device.is_some(), node["managed"] == true, "{node}");
        }

        // One device, with what is around it: both ends are still known.
        let name = heard[0]["device_name"].as_str().unwrap();
        let one = ask(admin, &format!("topology?device={name}")).await?;
        let own = |link: &&Value| {
            let ends = [end(&graph, &link["a"]), end(&graph, &link["b"])];
            ends.iter().any(|end| end.0 == name)
        };
        let expected = links.iter().filter(own).count();
        let of_one = one["links"].as_array().unwrap();
        assert_eq!(of_one.len(), expected, "{one}");
        let sided = |links: &[Value]| links.iter().filter(|link| link["one_sided"] == true).count();
        assert_eq!(
            sided(of_one),
            links
                .iter()
                .filter(own)
                .filter(|link| link["one_sided"] == true)
                .count()
        );
        let none = ask(admin, "topology?site=nowhere").await?;
        assert_eq!(none, json!({"nodes": [], "links": [], "truncated": false}));
        let some = ask(admin, "topology?limit=2").await?;
        assert_eq!(
            (some["links"].as_array().unwrap().len(), &some["truncated"]),
            (2, &json!(true))
        );
        let all = ask(admin, "topology?unlinked=true").await?;
        let managed = all["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|node| node["managed"] == true);
        assert_eq!(managed.count(), devices.len());
    }
    Ok(())
}

#[tokio::test]
async fn hostile_names_stay_text_in_the_files() -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 6,
        site_count: 1,
        faults: (0..6).map(|device| (device, Fault::Hostile)).collect(),
        ..FleetOptions::default()
    };
    let Some(scene) = Scene::on(Kind::Sqlite, "topology", fleet, Setup::default()).await? else {
        return Ok(());
    };
    collect(&scene, &["lldp"]).await?;
    let graph = ask(&scene.admin, "topology").await?;
    if graph["links"].as_array().unwrap().is_empty() {
        tests::skip::skip("topology", "the templates of ntc-templates are not built in");
        return Ok(());
    }
    for (path, node) in [("graphml", "<node "), ("drawio", "id=\"node-")] {
        let file = scene.admin.get(&format!("/api/v1/topology.{path}")).await?;
        assert_eq!(file.status, 200);
        assert!(file.header("content-disposition").contains(&format!("topology.{path}")));
        let text = String::from_utf8(file.bytes.clone())?;
        assert!(
            !text.contains("<img") && text.contains("=HYPERLINK(&quot;http://"),
            "{text}"
        );
        assert_eq!(text.matches(node).count(), graph["nodes"].as_array().unwrap().len());
    }
    Ok(())
}
