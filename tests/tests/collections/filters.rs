//! Every filter of every list takes every text as plain data.

use std::collections::BTreeMap;

use lab::FleetOptions;
use serde_json::{Value, json};
use tests::server::Setup;

use crate::scene::{Kind, Scene};

/// Texts that mean something to a database, and nothing here. No stored text holds one of them.
const HOSTILE: [&str; 9] = [
    "'; DROP TABLE collection;--",
    "' OR '1'='1",
    "\" OR 1=1--",
    "x') UNION SELECT password_hash FROM \"user\"--",
    "%",
    "__",
    "\\",
    "%%' ESCAPE '!",
    "$1); SELECT pg_sleep(9);--",
];

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The filters of the lists: path, name of the filter. Those that are no texts or say where a page begins are none.
fn filters(document: &Value, ids: &BTreeMap<&str, String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let mut place = format!("/api/v1{path}");
        if let Some((_, id)) = ids.iter().find(|(noun, _)| path.starts_with(&format!("/{noun}/{{"))) {
            let (before, rest) = place.split_once('{').unwrap();
            place = format!("{before}{id}{}", rest.split_once('}').unwrap().1);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let text = schema["type"] == "string" || schema["items"]["type"] == "string";
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "query" && text && name != "page_token" && !place.contains('{') {
                found.push((place.clone(), name.to_owned()));
            }
        }
    }
    found
}

async fn every_filter(kind: Kind, test: &str) -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 3,
        ..FleetOptions::default()
    };
    let Some(scene) = Scene::on(kind, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let mut body = scene.request(&["arp", "version"], json!({"auto_load_db": true}));
    body["name"] = json!("plain");
    let id = scene.start(&body).await?;
    scene.end(&id).await?;
    let capture = scene.captures(&id).await?[0]["id"].as_str().unwrap().to_owned();
    let preflight = scene
        .admin
        .post("/api/v1/preflights", &scene.request(&[], json!({})))
        .await?
        .text_of("/id");
    scene.events(&preflight).await?;
    let ids = BTreeMap::from([
        ("collections", id.clone()),
        ("captures", capture),
        ("preflights", preflight),
    ]);
    let document = scene.server.client().get("/openapi.json").await?.body;
    let filters = filters(&document, &ids);
    assert!(filters.len() >= 40, "{} filters", filters.len());
    for (path, name) in &filters {
        for text in HOSTILE {
            let asked = format!("{path}?{name}={}", escaped(text));
            let answer = scene.admin.get(&asked).await?;
            match answer.status {
                // A filter that knows its words says so.
                400 | 404 | 422 => assert!(!answer.code().is_empty(), "{asked}: {answer:?}"),
                200 if path.ends_with(".csv") => {
                    assert_eq!(
                        String::from_utf8_lossy(&answer.bytes).lines().count(),
                        1,
                        "{asked}: {answer:?}"
                    );
                }
                200 => {
                    let items = answer.body["items"].as_array().map_or(0, Vec::len);
                    assert_eq!(items, 0, "{path}: {name}={text} finds something: {answer:?}");
                }
                other => panic!("{path}: {name}={text}: {other} {answer:?}"),
            }
        }
    }
    // What does hold such a text is found by it, and by nothing that only looks like it.
    body["name"] = json!("100% '; DROP_TABLE x\\y");
    let other = scene.start(&body).await?;
    scene.end(&other).await?;
    for (part, finds) in [
        ("100%", 1),
        ("'; drop_table", 1),
        ("x\\y", 1),
        ("DROP_TABLE", 1),
        ("1%x", 0),
        ("DROP%TABLE", 0),
        ("d_op", 0),
    ] {
        let answer = scene
            .admin
            .get(&format!("/api/v1/collections?q={}", escaped(part)))
            .await?;
        assert_eq!(
            answer.body["items"].as_array().map(Vec::len),
            Some(finds),
            "{part}: {answer:?}"
        );
    }
    let all = scene.admin.get("/api/v1/collections?include_total=true").await?;
    assert_eq!(all.body["total"], 2);
    assert_eq!(scene.check_texts(&id).await?, 6);
    Ok(())
}

#[tokio::test]
async fn fault_38_nothing_is_sql_in_any_filter_of_any_list() -> anyhow::Result<()> {
    every_filter(Kind::Sqlite, "fault_38_nothing_is_sql_in_any_filter_of_any_list").await
}

#[tokio::test]
async fn fault_38_nothing_is_sql_in_any_filter_of_any_list_on_postgresql() -> anyhow::Result<()> {
    let test = "fault_38_nothing_is_sql_in_any_filter_of_any_list_on_postgresql";
    every_filter(Kind::Postgres, test).await
}
