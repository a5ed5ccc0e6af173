//! What each role may do it can do: the same requests, with bodies that are right, as each of them.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Client, Server};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

/// From the least to the most.
const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// A request, who may make it, and the status where it is made.
type Case = (&'static str, Method, String, Option<Value>, u16);

fn cases(role: &str, device: &str, own: &str, collection: &str) -> Vec<Case> {
    let get = |least, path: &str| (least, Method::GET, path.to_owned(), None, 200);
    let post = |least, path: &str, body: Value, status| (least, Method::POST, path.to_owned(), Some(body), status);
    let patch = |least, path: &str, body: Value| (least, Method::PATCH, path.to_owned(), Some(body), 200);
    let run = json!({
        "devices": [device],
        "capture_types": ["version"],
        "credentials": {"username": "nobody", "password": "nothing"},
    });
    let preflight = json!({"devices": [device], "credentials": {"username": "nobody", "password": "nothing"}});
    let new_device = |name: &str| json!({"name": format!("{name}-{role}"), "address": "127.0.0.1", "port": 1});
    let rule = json!({"pattern": format!("^! {role} at"), "note": "A clock"});
    vec![
        get("viewer", "/auth/me"),
        get("viewer", "/devices"),
        get("viewer", &format!("/devices/{device}")),
        get("viewer", "/device-exports"),
        get("viewer", "/platforms"),
        get("viewer", "/collections"),
        get("viewer", &format!("/collections/{collection}")),
        get("viewer", &format!("/collections/{collection}/results.csv")),
        get("viewer", &format!("/collections/{collection}/captures.zip")),
        get("viewer", "/captures"),
        get("viewer", "/config-changes"),
        get("viewer", "/host-keys"),
        get("viewer", "/search?q=hostname"),
        get("viewer", "/topology"),
        get("viewer", "/coverage"),
        post("viewer", "/api-tokens", json!({"name": "own", "scope": "viewer"}), 201),
        post("viewer", "/collection-plans", run.clone(), 200),
        post("viewer", "/collections?dry_run=true", run.clone(), 200),
        post("viewer", "/collections?dry%5Frun=%74rue", run.clone(), 200),
        post("viewer", "/collections?dry_run=true&dry_run=false", run.clone(), 200),
        (
            "viewer",
            Method::POST,
            format!("/collections/{collection}/progress-ticket"),
            None,
            200,
        ),
        get("operator", "/credentials"),
        post("operator", "/devices", new_device("made"), 201),
        patch("operator", &format!("/devices/{own}"), json!({"site": role})),
        ("operator", Method::DELETE, format!("/devices/{own}"), None, 204),
        post("operator", "/preflights", preflight, 202),
        post("operator", "/collections", run, 202),
        post("operator", &format!("/collections/{collection}/retry"), json!({}), 202),
        post("operator", "/volatile-rule-previews", rule.clone(), 200),
        get("admin", "/users"),
        get("admin", "/settings"),
        get("admin", "/audit-events"),
        post(
            "admin",
            "/users",
            json!({"username": format!("by-{role}"), "password": "a long password", "role": "viewer"}),
            201,
        ),
        post(
            "admin",
            "/credentials",
            json!({"name": format!("by-{role}"), "username": "netops", "password": "secret"}),
            201,
        ),
        post("admin", "/volatile-rules", rule, 201),
        post(
            "admin",
            "/capture-purges",
            json!({"older_than_days": 365, "dry_run": true}),
            200,
        ),
        patch("admin", "/settings", json!({"transcript_days": 14})),
    ]
}

/// A device on which nothing listens.
async fn device(admin: &Client, name: &str) -> anyhow::Result<String> {
    let body = json!({"name": name, "address": "127.0.0.1", "port": 1, "platform": "cisco_ios"});
    let made = admin.post("/api/v1/devices", &body).await?;
    ensure!(made.status == 201, "{made:?}");
    Ok(made.text_of("/id"))
}

/// A collection that has failed.
async fn failed(admin: &Client, device: &str) -> anyhow::Result<String> {
    let body = json!({
        "devices": [device],
        "capture_types": ["version"],
        "credentials": {"username": "nobody", "password": "nothing"},
    });
    let started = admin.post("/api/v1/collections", &body).await?;
    ensure!(started.status == 202, "{started:?}");
    let path = format!("/api/v1/collections/{}", started.text_of("/id"));
    let ended = async {
        while admin.get(&path).await?.body["finished_at"].is_null() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(30), ended)
        .await
        .context("the collection does not end")??;
    Ok(started.text_of("/id"))
}

#[tokio::test]
async fn what_a_role_may_do_it_can_do() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let known = device(&admin, "known").await?;
    let collection = failed(&admin, &known).await?;
    for (rank, role) in ROLES.into_iter().enumerate() {
        let client = server.user(&admin, &format!("a-{role}"), role).await?;
        let own = device(&admin, &format!("own-{role}")).await?;
        for (least, method, path, body, status) in cases(role, &known, &own, &collection) {
            let answer = client
                .send(method.clone(), &format!("/api/v1{path}"), body.as_ref())
                .await?;
            let least = ROLES.iter().position(|one| *one == least).unwrap();
            match rank < least {
                true => assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (403, "forbidden"),
                    "{method} {path} as {role}"
                ),
                false => assert_eq!(answer.status, status, "{method} {path} as {role}: {answer:?}"),
            }
        }
        // One operation for two roles: trying an import, and doing it.
        let list = |query: &str| {
            let path = format!("/api/v1/device-imports?format=list{query}");
            let body = Some(("text/plain", format!("127.0.0.{}", rank + 2).into_bytes()));
            let client = client.clone();
            async move { client.send_raw(Method::POST, &path, body).await }
        };
        assert_eq!(list("&dry_run=true").await?.status, 200, "a trial as {role}");
        assert_eq!(
            list("").await?.status,
            if rank == 0 { 403 } else { 200 },
            "an import as {role}"
        );
        assert_eq!(
            watch(&server, &collection, Some(client.token())).await?,
            101,
            "watching as {role}"
        );
        assert_eq!(client.post("/api/v1/auth/logout", &json!({})).await?.status, 204);
        assert_eq!(
            watch(&server, &collection, Some(client.token())).await?,
            401,
            "{role}, logged out"
        );
    }
    assert_eq!(watch(&server, &collection, None).await?, 401);
    Ok(())
}

/// What the WebSocket of a collection answers.
async fn watch(server: &Server, collection: &str, token: Option<&str>) -> anyhow::Result<u16> {
    let url = server.url().replacen("http", "ws", 1);
    let mut request = format!("{url}/api/v1/collections/{collection}/progress?after=0").into_client_request()?;
    if let Some(token) = token {
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {token}").parse()?);
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((_, response)) => Ok(response.status().as_u16()),
        Err(tungstenite::Error::Http(response)) => Ok(response.status().as_u16()),
        Err(error) => Err(error.into()),
    }
}
