//! Every operation of the document, as everybody: nobody, somebody with a token that is no longer good, and each role.

use reqwest::Method;
use serde_json::{Value, json};
use tests::server::{Client, Server, Setup};

use crate::{forge::Forge, on_postgres};

const ROLES: [&str; 3] = ["viewer", "operator", "admin"];
const SOME_ID: &str = "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90";

/// Who may ask for what, written down by hand and from nothing that the program says. Everybody may log in and out and see
/// the version. A viewer reads everything but secrets and the business of admins, and posts what changes nothing for
/// others: the own password and tokens, dry runs, tickets. An operator works with devices, collections, captures and
/// texts as they are, and uses credentials. An admin has what is left: people, credentials, host keys, settings, the audit
/// log, rules for all, sessions as they were received, and what takes captures away for good.
const EVERYBODY: &[&str] = &["auth_login", "auth_logout", "auth_refresh", "version_view"];
const VIEWER: &[&str] = &[
    "api_token_create",
    "api_token_delete",
    "api_token_list",
    "api_token_view",
    "arp_entry_csv",
    "arp_entry_list",
    "auth_me",
    "auth_password",
    "capture_content",
    "capture_diff",
    "capture_diff_patch",
    "capture_list",
    "capture_records",
    "capture_type_list",
    "capture_view",
    "collection_capture_list",
    "collection_captures_zip",
    "collection_device_list",
    "collection_event_list",
    "collection_failure_list",
    "collection_list",
    "collection_plan",
    "collection_plan_view",
    "collection_progress_ticket",
    "collection_results_csv",
    "collection_results_json",
    "collection_view",
    "component_csv",
    "component_list",
    "config_change_list",
    "config_change_patch",
    "config_change_view",
    "collection_comparison_view",
    "coverage_device_list",
    "coverage_view",
    "device_collection_list",
    "failure_list",
    "device_export_view",
    "device_facets",
    // Trying an import; doing it is for operators, which `allowed.rs` asks.
    "device_import_create",
    "device_list",
    "device_version_csv",
    "device_version_list",
    "device_view",
    "host_key_list",
    "host_key_view",
    "interface_csv",
    "interface_list",
    "job_template_list",
    "location_view",
    "mac_entry_csv",
    "mac_entry_list",
    "neighbor_csv",
    "neighbor_list",
    "platform_list",
    "preflight_device_list",
    "preflight_view",
    "route_csv",
    "route_list",
    "search_view",
    "topology_drawio",
    "topology_graphml",
    "topology_view",
    "volatile_rule_list",
    "volatile_rule_view",
];
const OPERATOR: &[&str] = &[
    "capture_accept",
    "capture_reparse",
    "capture_reparse_all",
    "collection_cancel",
    "collection_create",
    "collection_delete",
    "collection_retry",
    "credential_list",
    "credential_release",
    "credential_view",
    "device_create",
    "device_delete",
    "device_update",
    "preflight_create",
    // Who may try patterns on texts can find out their secrets.
    "volatile_rule_preview",
];
const ADMIN: &[&str] = &[
    "audit_event_list",
    "capture_delete",
    "capture_purge",
    "capture_transcript",
    "collection_transcript",
    "credential_create",
    "credential_delete",
    "credential_update",
    "host_key_accept",
    "host_key_delete",
    "settings_update",
    "settings_view",
    "user_create",
    "user_delete",
    "user_list",
    "user_update",
    "user_view",
    "volatile_rule_create",
    "volatile_rule_delete",
];
/// What is not in the document: streams, the WebSocket, what stands beside the API. All by GET.
const PLAIN: &[(&str, &str, Option<&str>)] = &[
    ("metrics", "/metrics", Some("viewer")),
    (
        "collection_event_stream",
        "/api/v1/collections/{id}/event-stream",
        Some("viewer"),
    ),
    (
        "collection_progress",
        "/api/v1/collections/{id}/progress",
        Some("viewer"),
    ),
    ("healthz", "/healthz", None),
    ("readyz", "/readyz", None),
    ("docs", "/docs", None),
    ("docs_script", "/docs/scalar.js", None),
    ("openapi", "/openapi.json", None),
    ("asyncapi", "/api/asyncapi.json", None),
];

/// The least role that may ask for an operation of the document; `None`: nobody has to log in.
fn least_role(id: &str) -> Option<&'static str> {
    let lists = [
        (EVERYBODY, None),
        (VIEWER, Some("viewer")),
        (OPERATOR, Some("operator")),
        (ADMIN, Some("admin")),
    ];
    let mut found = lists.iter().filter(|(ids, _)| ids.contains(&id));
    let (_, role) = found
        .next()
        .unwrap_or_else(|| panic!("say in this table who may ask for {id}"));
    assert!(found.next().is_none(), "{id} stands twice in this table");
    *role
}

/// One operation, as it is asked.
struct Operation {
    id: String,
    method: Method,
    path: String,
    least: Option<&'static str>,
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
                true => SOME_ID,
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
            let least = least_role(id);
            assert_eq!(
                operation["x-least-role"].as_str(),
                least,
                "what the document says of {id}"
            );
            found.push(Operation {
                id: id.to_owned(),
                method: method.to_uppercase().parse()?,
                path: format!("{path}{query}"),
                least,
                body,
            });
        }
    }
    let written = EVERYBODY.len() + VIEWER.len() + OPERATOR.len() + ADMIN.len();
    assert_eq!(
        found.len(),
        written,
        "the table has operations that the document has not"
    );
    for (id, path, least) in PLAIN {
        found.push(Operation {
            id: (*id).to_owned(),
            method: Method::GET,
            path: path.replace("{id}", SOME_ID),
            least: *least,
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
        let Some(least) = operation.least else {
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
        let least = ROLES.iter().position(|role| *role == least).unwrap();
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
async fn fault_40_every_operation_as_everybody() -> anyhow::Result<()> {
    matrix(Setup::default()).await
}

#[tokio::test]
async fn fault_40_every_operation_as_everybody_on_postgres() -> anyhow::Result<()> {
    let Some((setup, _postgres)) = on_postgres("access::fault_40_every_operation_as_everybody_on_postgres").await?
    else {
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
