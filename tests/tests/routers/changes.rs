//! A change on a real router is found as exactly one, with exactly its lines.

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Client, Server};

use crate::lab::{FIRST_PORT, Lab, PASSWORD, ROUTERS};

async fn ask(admin: &Client, path: &str) -> anyhow::Result<Value> {
    let answer = admin.get(&format!("/api/v1/{path}")).await?;
    ensure!(answer.status == 200, "{path}: {answer:?}");
    Ok(answer.body)
}

async fn collect(admin: &Client) -> anyhow::Result<String> {
    let body = json!({
        "filters": {}, "capture_types": ["configs"], "credentials": {"username": "admin", "password": PASSWORD},
    });
    let made = admin.post("/api/v1/collections", &body).await?;
    ensure!(made.status == 202, "{made:?}");
    let id = made.text_of("/id");
    // The stream ends with the collection.
    let events = admin
        .get(&format!("/api/v1/collections/{id}/event-stream?after=0"))
        .await?;
    ensure!(events.status == 200, "{events:?}");
    let collection = ask(admin, &format!("collections/{id}")).await?;
    ensure!(collection["status"] == "succeeded", "{collection}");
    Ok(id)
}

async fn changes(admin: &Client, collection: &str) -> anyhow::Result<Vec<Value>> {
    let page = ask(admin, &format!("config-changes?collection_id={collection}")).await?;
    Ok(page["items"].as_array().cloned().unwrap_or_default())
}

fn lines(view: &Value) -> Vec<String> {
    let hunks = view["hunks"].as_array().into_iter().flatten();
    let lines = hunks.flat_map(|hunk| hunk["lines"].as_array().into_iter().flatten());
    let sign = |line: &Value| match line["op"].as_str() {
        Some("added") => Some('+'),
        Some("removed") => Some('-'),
        _ => None,
    };
    lines
        .filter_map(|line| Some(format!("{}{}", sign(line)?, line["text"].as_str()?)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_a_router_is_found_once_with_its_lines() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::changes") else {
        return Ok(());
    };
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let mut inventory = String::from("name,ip,port,platform,legacy_algorithms\n");
    for router in ROUTERS {
        let port = usize::from(FIRST_PORT) + router;
        inventory.push_str(&format!("r{router},127.0.0.1,{port},frr,{}\n", router == 3));
    }
    let kind = ("text/csv", inventory.into_bytes());
    let made = admin
        .send_raw(Method::POST, "/api/v1/device-imports?format=csv", Some(kind))
        .await?;
    ensure!(made.status == 200, "{made:?}");
    for _ in 0..2 {
        let none = collect(&admin).await?;
        ensure!(changes(&admin, &none).await?.is_empty(), "nothing was changed yet");
    }
    lab.trouble("change", 1, &[])?;
    let changed = collect(&admin).await?;
    let found = changes(&admin, &changed).await?;
    ensure!(found.len() == 1 && found[0]["device_name"] == "r1", "{found:?}");
    let view = ask(
        &admin,
        &format!("config-changes/{}", found[0]["id"].as_str().unwrap_or_default()),
    )
    .await?;
    let mut found = lines(&view);
    found.sort();
    let mut expected = vec![
        "+ip route 203.0.113.128/25 blackhole".to_owned(),
        "- description users of r1: \"quoted\", comma; semi".to_owned(),
        "+ description changed by change test".to_owned(),
    ];
    expected.sort();
    ensure!(found == expected, "{found:?}");
    let again = collect(&admin).await?;
    ensure!(changes(&admin, &again).await?.is_empty(), "the same again is no change");
    lab.trouble("unchange", 1, &[])?;
    let back = collect(&admin).await?;
    ensure!(changes(&admin, &back).await?.len() == 1, "taking it back is a change");
    Ok(())
}
