//! Every operation of the document, as everybody: nobody, somebody with a token that is no longer good, and each role.

use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Client, Server, Setup};

use crate::{forge::Forge, on_postgres};

const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// One operation, as it is asked.
struct Operation {
    id: String,
    method: Method,
    path: String,
    least: Option<String>,
    body: Option<(&'static str, Vec<u8>)>,
}

async fn operations(server: &Server) -> anyhow::Result<Vec<Operation>> {
    let document = server.client().get("/openapi.json").await?.body;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let kinds = operation["requestBody"]["content"].as_object();
            let json = kinds.is_some_and(|kinds| kinds.contains_key("application/json"));
            let body = match (kinds, json) {
                (None, _) => None,
                // Nothing can be made of it: what may be asked is refused for what it says.
                (Some(_), true) => Some(("application/json", b"[]".to_vec())),
                (Some(_), false) => Some(("text/plain", b"\0".to_vec())),
            };
            let parts = path.split('/').map(|part| match part.starts_with('{') {
                true => "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90",
                false => part,
            });
            let path = format!("/api/v1{}", parts.collect::<Vec<_>>().join("/"));
            let id = operation["operationId"].as_str().unwrap_or_default();
            // Looking what an import would do is for everybody, doing it is not.
            let query = if id == "device_import_create" {
                "?dry_run=true"
            } else {
                ""
            };
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse()?,
                path: format!("{path}{query}"),
                least: operation["x-least-role"].as_str().map(str::to_owned),
                body,
            });
        }
    }
    assert!(found.len() >= 18, "the document has {} operations", found.len());
    // Outside of the document: streams and files.
    let id = "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90";
    for (name, path, least) in [
        ("metrics", "/metrics".to_owned(), "viewer"),
        ("capture_content", format!("/api/v1/captures/{id}/content"), "viewer"),
        (
            "collection_event_stream",
            format!("/api/v1/collections/{id}/event-stream"),
            "viewer",
        ),
    ] {
        found.push(Operation {
            id: name.to_owned(),
            method: Method::GET,
            path,
            least: Some(least.to_owned()),
            body: None,
        });
    }
    Ok(found)
}

async fn ask(client: &Client, operation: &Operation) -> anyhow::Result<(u16, String)> {
    let body = operation.body.clone();
    let answer = client.send_raw(operation.method.clone(), &operation.path, body).await?;
    if answer.status >= 400 {
        assert!(!answer.code().is_empty(), "{} is no problem: {answer:?}", operation.id);
        assert_eq!(
            answer.text_of("/request_id"),
            answer.header("x-request-id"),
            "{}",
            operation.id
        );
    }
    Ok((answer.status, answer.code()))
}

async fn matrix(setup: Setup) -> anyhow::Result<()> {
    let server = Server::start_with(setup).await?;
    let admin = server.admin().await?;
    let forge = Forge::steal(server.data_dir())?;
    let mut people = Vec::new();
    for role in ROLES {
        people.push(server.user(&admin, &format!("a-{role}"), role).await?);
    }
    let claims = Forge::claims(people[2].token())?;
    let mut expired = claims.clone();
    expired["exp"] = json!(1_700_000_000);
    let mut later = claims.clone();
    later["exp"] = json!(9_999_999_999_u64);
    // Proves that the forger has the right key: only what the claims say is wrong in what follows.
    let good = server.client().with_token(forge.signed(&Forge::header(), &later));
    assert_eq!(good.get("/api/v1/auth/me").await?.status, 200);
    let revoked = server.login("admin", tests::server::PASSWORD).await?;
    assert_eq!(revoked.post("/api/v1/auth/logout", &json!({})).await?.status, 204);
    let strangers: Vec<(&str, Client)> = vec![
        ("nobody", server.client()),
        (
            "expired",
            server.client().with_token(forge.signed(&Forge::header(), &expired)),
        ),
        ("alg=none", server.client().with_token(Forge::none(&later))),
        (
            "another key",
            server.client().with_token(Forge::with_key(b"secret", &later)),
        ),
        ("revoked", revoked),
        ("rubbish", server.client().with_token("rubbish")),
        (
            "API token",
            server
                .client()
                .with_token("srt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
    ];
    for operation in operations(&server).await? {
        let name = format!("{} {} ({})", operation.method, operation.path, operation.id);
        let Some(least) = &operation.least else {
            for (who, client) in &strangers {
                let (status, code) = ask(client, &operation).await?;
                let own = matches!(code.as_str(), "login_failed" | "refresh_failed");
                assert!(
                    status != 401 || own,
                    "{name} is public, but not for {who}: {status} {code}"
                );
            }
            continue;
        };
        for (who, client) in &strangers {
            let (status, code) = ask(client, &operation).await?;
            assert_eq!(status, 401, "{name} as {who}: {code}");
        }
        let least = ROLES.iter().position(|role| role == least).unwrap();
        for (rank, client) in people.iter().enumerate() {
            let (status, code) = ask(client, &operation).await?;
            let who = ROLES[rank];
            match rank < least {
                true => assert_eq!((status, code.as_str()), (403, "forbidden"), "{name} as {who}"),
                false => assert!(
                    !matches!(status, 401 | 403 | 405 | 500..),
                    "{name} as {who}: {status} {code}"
                ),
            }
        }
    }
    // Nobody lost anything by being asked all that.
    for client in &people {
        assert_eq!(client.get("/api/v1/auth/me").await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn every_operation_as_everybody() -> anyhow::Result<()> {
    matrix(Setup::default()).await
}

#[tokio::test]
async fn every_operation_as_everybody_on_postgres() -> anyhow::Result<()> {
    let Some((setup, _postgres)) = on_postgres("access::every_operation_as_everybody_on_postgres").await? else {
        return Ok(());
    };
    matrix(setup).await
}

#[tokio::test]
async fn what_is_not_an_operation_is_not_found_whoever_asks() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/users",
        "/api/v1/users/",
    ] {
        for client in [&admin, &server.client()] {
            let answer = client.get(path).await?;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
        }
    }
    let answer = admin.send(Method::PUT, "/api/v1/users", Some(&Value::Null)).await?;
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "GET, POST");
    Ok(())
}
