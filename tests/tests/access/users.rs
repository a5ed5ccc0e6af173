//! Users: made, changed and removed, with what holds for every noun: versions, keys of requests, pages.

use serde_json::{Value, json};
use tests::server::{PASSWORD, Server, Setup};

use crate::on_postgres;

const USERS: &str = "/api/v1/users";
const ME: &str = "/api/v1/auth/me";

fn maria() -> Value {
    json!({"username": "maria", "password": PASSWORD, "role": "admin"})
}

async fn life(setup: Setup) -> anyhow::Result<()> {
    let server = Server::start_with(setup).await?;
    let admin = server.admin().await?;
    let made = admin.post(USERS, &maria()).await?;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!String::from_utf8_lossy(&made.bytes).contains("argon2"));
    let path = format!("{USERS}/{}", made.text_of("/id"));
    assert_eq!(made.header("location"), path);
    let taken = json!({"username": "MARIA", "password": PASSWORD, "role": "viewer"});
    let taken = admin.post(USERS, &taken).await?;
    assert_eq!((taken.status, taken.code().as_str()), (409, "user_exists"));
    let maria = server.login("Maria", PASSWORD).await?;
    assert_eq!(maria.get(USERS).await?.status, 200);

    // Another role counts with the next request.
    let viewed = admin.get(&path).await?;
    assert_eq!(viewed.header("etag"), made.header("etag"));
    let changed = admin
        .with_header("if-match", viewed.header("etag"))
        .patch(&path, &json!({"role": "viewer"}))
        .await?;
    assert_eq!(
        (changed.status, changed.text_of("/role")),
        (200, "viewer".to_owned()),
        "{changed:?}"
    );
    assert_eq!(maria.get(USERS).await?.status, 403);
    assert_eq!(maria.get(ME).await?.text_of("/role"), "viewer");

    // A version that was changed meanwhile is not changed.
    let stale = admin.with_header("if-match", viewed.header("etag"));
    let answer = stale.patch(&path, &json!({"role": "admin"})).await?;
    assert_eq!((answer.status, answer.code().as_str()), (412, "changed_meanwhile"));
    assert_eq!(stale.delete(&path).await?.status, 412);

    // Disabled: out at once, and back only with the password.
    assert_eq!(admin.patch(&path, &json!({"enabled": false})).await?.status, 200);
    assert_eq!(maria.get(ME).await?.status, 401);
    assert!(server.login("maria", PASSWORD).await.is_err());
    assert_eq!(admin.patch(&path, &json!({"enabled": true})).await?.status, 200);
    assert_eq!(maria.get(ME).await?.status, 401);
    let maria = server.login("maria", PASSWORD).await?;

    // Another password: the same.
    let change = json!({"password": "another password"});
    assert_eq!(admin.patch(&path, &change).await?.status, 200);
    assert_eq!(maria.get(ME).await?.status, 401);
    let maria = server.login("maria", "another password").await?;
    assert_eq!(admin.delete(&path).await?.status, 204);
    assert_eq!(maria.get(ME).await?.status, 401);
    assert_eq!(admin.get(&path).await?.status, 404);

    // The last admin stays.
    let own = format!("{USERS}/{}", admin.get(ME).await?.text_of("/id"));
    for change in [json!({"role": "viewer"}), json!({"enabled": false})] {
        let answer = admin.patch(&own, &change).await?;
        assert_eq!((answer.status, answer.code().as_str()), (409, "last_admin"));
    }
    assert_eq!(admin.delete(&own).await?.code(), "last_admin");

    let events = admin.get("/api/v1/audit-events?limit=500&include_total=true").await?;
    let actions: Vec<&str> = events.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["action"].as_str())
        .collect();
    for action in [
        "user.create",
        "user.update",
        "user.delete",
        "auth.login",
        "auth.login_failed",
    ] {
        assert!(actions.contains(&action), "{action} is not in {actions:?}");
    }
    let all = String::from_utf8_lossy(&events.bytes).into_owned() + &server.log();
    for secret in [PASSWORD, "another password", "argon2id", admin.token()] {
        assert!(!all.contains(secret), "a secret is in the audit log or the log");
    }
    Ok(())
}

#[tokio::test]
async fn a_user_from_first_to_last() -> anyhow::Result<()> {
    life(Setup::default()).await
}

#[tokio::test]
async fn a_user_from_first_to_last_on_postgres() -> anyhow::Result<()> {
    let Some((setup, _postgres)) = on_postgres("access::a_user_from_first_to_last_on_postgres").await? else {
        return Ok(());
    };
    life(setup).await
}

async fn once(setup: Setup) -> anyhow::Result<()> {
    let mut server = Server::start_with(setup).await?;
    let admin = server.admin().await?;
    let keyed = admin.with_header("idempotency-key", "ci-1");
    let first = keyed.post(USERS, &maria()).await?;
    assert_eq!(first.status, 201, "{first:?}");
    let again = keyed.post(USERS, &maria()).await?;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.body, first.body);
    for name in ["location", "etag"] {
        assert_eq!(again.header(name), first.header(name));
    }
    let other = json!({"username": "paul", "password": PASSWORD, "role": "viewer"});
    let answer = keyed.post(USERS, &other).await?;
    assert_eq!((answer.status, answer.code().as_str()), (422, "idempotency_key_reused"));
    // Another caller has keys of its own; a refused request may be repeated with its key.
    let maria_client = server.login("maria", PASSWORD).await?;
    let keyed = maria_client.with_header("idempotency-key", "ci-1");
    assert_eq!(keyed.post(USERS, &maria()).await?.code(), "user_exists");
    assert_eq!(keyed.post(USERS, &other).await?.status, 201);
    // At the same time: one is done, the others are told to wait or get its answer.
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let client = admin.with_header("idempotency-key", "ci-2");
        let body = json!({"username": "peter", "password": PASSWORD, "role": "viewer"});
        all.spawn(async move { client.post(USERS, &body).await });
    }
    while let Some(answer) = all.join_next().await {
        let answer = answer??;
        let code = answer.code();
        assert!(answer.status == 201 || code == "idempotency_in_flight", "{answer:?}");
    }
    // An answer that holds a secret is kept, too, and outlives a restart.
    let tokens = "/api/v1/api-tokens";
    let body = json!({"name": "ci", "scope": "viewer"});
    let made = admin.with_header("idempotency-key", "t").post(tokens, &body).await?;
    server.kill().await?;
    server.again().await?;
    let admin = server.client().with_token(admin.token());
    let again = admin.with_header("idempotency-key", "t").post(tokens, &body).await?;
    assert_eq!(again.body, made.body);
    let bad = admin
        .with_header("idempotency-key", &"x".repeat(300))
        .post(tokens, &body)
        .await?;
    assert_eq!((bad.status, bad.code().as_str()), (422, "validation_failed"));
    Ok(())
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once() -> anyhow::Result<()> {
    once(Setup::default()).await
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once_on_postgres() -> anyhow::Result<()> {
    let Some((setup, _postgres)) = on_postgres("access::a_request_with_a_key_is_done_once_on_postgres").await? else {
        return Ok(());
    };
    once(setup).await
}

#[tokio::test]
async fn the_audit_log_is_asked_with_stars() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let maria = server.user(&admin, "Maria.K_1", "admin").await?;
    assert_eq!(
        maria
            .post(
                USERS,
                &json!({"username": "other", "password": PASSWORD, "role": "viewer"})
            )
            .await?
            .status,
        201
    );
    let id = admin.get(USERS).await?.body["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = async |query: &str| -> anyhow::Result<Vec<String>> {
        let answer = admin.get(&format!("/api/v1/audit-events?{query}")).await?;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        Ok(items
            .iter()
            .map(|item| item["action"].as_str().unwrap().to_owned())
            .collect())
    };
    assert_eq!(ask("actor=*ARIA*").await?, ["user.create", "auth.login"]);
    assert_eq!(ask("actor=Maria.K_1").await?, ["user.create", "auth.login"]);
    assert_eq!(ask("actor=*K%25*").await?, Vec::<String>::new());
    assert_eq!(ask("actor=*kx1").await?, Vec::<String>::new());
    assert_eq!(ask("actor=*_1&action=USER.*").await?, ["user.create"]);
    assert_eq!(
        ask("actor=*_1&action=user.*&action=auth.login").await?,
        ["user.create", "auth.login"]
    );
    let target = format!("target={}*", &id[..20]);
    assert_eq!(ask(&target).await?, ask(&format!("target={id}")).await?);
    Ok(())
}

#[tokio::test]
async fn a_list_comes_in_pages() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    for n in 0..7 {
        let body = json!({"username": format!("u{n}"), "password": PASSWORD, "role": "viewer"});
        assert_eq!(admin.post(USERS, &body).await?.status, 201);
    }
    let (mut names, mut path) = (Vec::new(), format!("{USERS}?limit=3&include_total=true"));
    loop {
        let page = admin.get(&path).await?;
        assert_eq!(page.body["total"], 8, "{page:?}");
        for user in page.body["items"].as_array().unwrap() {
            names.push(user["username"].as_str().unwrap().to_owned());
        }
        let next = page.text_of("/next_page_token");
        if next.is_empty() {
            assert!(page.body.get("next_page_token").is_none());
            break;
        }
        path = format!("{USERS}?limit=3&include_total=true&page_token={next}");
    }
    assert_eq!(names, ["admin", "u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    for (query, count) in [("limit=0", 1), ("limit=-5", 1), ("limit=100000", 8)] {
        let page = admin.get(&format!("{USERS}?{query}")).await?;
        assert_eq!(page.body["items"].as_array().map(Vec::len), Some(count), "{query}");
    }
    let foreign = admin
        .get(&format!("{USERS}?limit=1"))
        .await?
        .text_of("/next_page_token");
    for token in ["x", "eyJ", foreign.as_str()] {
        let answer = admin.get(&format!("/api/v1/api-tokens?page_token={token}")).await?;
        assert_eq!((answer.status, answer.code().as_str()), (400, "page_token_invalid"));
    }
    let answer = admin.get(&format!("{USERS}?limit=many")).await?;
    assert_eq!((answer.status, answer.code().as_str()), (400, "parameter_invalid"));
    Ok(())
}

#[tokio::test]
async fn names_and_passwords_from_outside_are_checked() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    for name in [
        "",
        " ",
        "a b",
        "a/b",
        "../x",
        "<script>",
        "a\u{0}b",
        "a\nb",
        "'; drop table user; --",
        &"x".repeat(65),
    ] {
        let body = json!({"username": name, "password": PASSWORD, "role": "viewer"});
        let answer = admin.post(USERS, &body).await?;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "validation_failed"),
            "{name:?}"
        );
    }
    for password in ["", "1234567", &"x".repeat(1025)] {
        let body = json!({"username": "x", "password": password, "role": "viewer"});
        let answer = admin.post(USERS, &body).await?;
        assert_eq!(answer.status, 422, "{password:?}");
        assert!(password.is_empty() || !String::from_utf8_lossy(&answer.bytes).contains(password));
    }
    let answer = admin
        .post(
            USERS,
            &json!({"username": "x", "password": {"p": "hunter2hunter2"}, "role": "viewer"}),
        )
        .await?;
    assert_eq!(answer.status, 422);
    assert!(
        !String::from_utf8_lossy(&answer.bytes).contains("hunter2"),
        "{answer:?}"
    );
    assert_eq!(admin.get(USERS).await?.body["items"].as_array().map(Vec::len), Some(1));
    // Filters are plain data.
    for text in ["'; drop table audit_event; --", "%", "_", "\\", "\" or 1=1"] {
        let answer = admin
            .get(&format!("/api/v1/audit-events?actor={}", encoded(text)))
            .await?;
        assert_eq!(
            (answer.status, answer.body["items"].as_array().map(Vec::len)),
            (200, Some(0)),
            "{text}"
        );
    }
    assert!(
        admin.get("/api/v1/audit-events").await?.body["items"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
    Ok(())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
