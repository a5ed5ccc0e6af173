//! Tokens: what forgers make of access tokens, and API tokens with their scope and their end.

use std::time::Duration;

use serde_json::{Value, json};
use tests::server::{Client, Server};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::forge::Forge;

const ME: &str = "/api/v1/auth/me";
const PROGRESS: &str = "/api/v1/collections/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90/progress";
const TOKENS: &str = "/api/v1/api-tokens";

async fn refused(server: &Server, what: &str, token: &str) -> anyhow::Result<()> {
    let answer = server.client().with_token(token).get(ME).await?;
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    assert!(!answer.code().is_empty(), "{what}: {answer:?}");
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
    // No WebSocket opens with it either, whatever collection it asks for.
    let url = format!("{}{PROGRESS}", server.url().replacen("http", "ws", 1));
    let mut request = url.into_client_request()?;
    if let Ok(bearer) = format!("Bearer {token}").parse() {
        request.headers_mut().insert("authorization", bearer);
    }
    match tokio_tungstenite::connect_async(request).await {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 401, "{what}"),
        other => panic!("{what}: {other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn fault_39_a_forged_access_token_is_refused_even_with_the_right_key() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let viewer = server.user(&admin, "viewer", "viewer").await?;
    let forge = Forge::steal(server.data_dir())?;
    let (mut claims, header) = (Forge::claims(admin.token())?, Forge::header());
    claims["exp"] = json!(9_999_999_999_u64);
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        match value {
            Value::Null => {
                changed.as_object_mut().unwrap().remove(name);
            }
            value => changed[name] = value,
        }
        forge.signed(&header, &changed)
    };
    let own = server
        .client()
        .with_token(forge.signed(&header, &claims))
        .get(ME)
        .await?;
    assert_eq!(own.status, 200, "the forger has not the right key: {own:?}");
    let viewers = Forge::claims(viewer.token())?;
    for (what, token) in [
        ("expired", with("exp", json!(1_700_000_000))),
        ("without an end", with("exp", Value::Null)),
        ("another issuer", with("iss", json!("showrun2"))),
        ("without issuer", with("iss", Value::Null)),
        ("another audience", with("aud", json!("other"))),
        ("without audience", with("aud", Value::Null)),
        ("a session of somebody else", with("sid", viewers["sid"].clone())),
        (
            "a session that never was",
            with("sid", json!("0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90")),
        ),
        ("somebody else", with("sub", viewers["sub"].clone())),
        ("a path for a session", with("sid", json!("../../../etc/passwd"))),
        ("alg none", Forge::none(&claims)),
        ("alg None", forge.signed(&json!({"alg": "None"}), &claims)),
        ("HS512", forge.signed(&json!({"alg": "HS512", "typ": "JWT"}), &claims)),
        (
            "RS256 signed by HMAC",
            forge.signed(&json!({"alg": "RS256", "typ": "JWT"}), &claims),
        ),
        ("an empty key", Forge::with_key(b"", &claims)),
        ("no token", String::new()),
        ("dots", "..".to_owned()),
        ("a megabyte", "a".repeat(8_000)),
    ] {
        refused(&server, what, &token).await?;
    }
    // A name of a key is not looked at.
    let kid = json!({"alg": "HS256", "typ": "JWT", "kid": "../../../../dev/null"});
    refused(&server, "kid with a path and an empty key", &{
        let token = Forge::with_key(b"", &claims);
        let body = token.split('.').nth(1).unwrap_or_default();
        let signed = forge.signed(&kid, &claims);
        let head = signed.split('.').next().unwrap_or_default();
        format!("{head}.{body}.{}", token.split('.').nth(2).unwrap_or_default())
    })
    .await?;
    // In an address no token counts.
    let answer = server
        .client()
        .get(&format!("{ME}?access_token={}", admin.token()))
        .await?;
    assert_eq!(answer.status, 401);
    Ok(())
}

async fn make(client: &Client, body: Value) -> anyhow::Result<(String, String)> {
    let answer = client.post(TOKENS, &body).await?;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("location"), format!("{TOKENS}/{}", answer.text_of("/id")));
    let token = answer.text_of("/token");
    assert!(
        token.starts_with("srt_") && token.starts_with(&answer.text_of("/prefix")),
        "{answer:?}"
    );
    Ok((answer.text_of("/id"), token))
}

#[tokio::test]
async fn an_api_token_does_what_its_scope_and_its_owner_may() -> anyhow::Result<()> {
    let mut server = Server::start().await?;
    let admin = server.admin().await?;
    let (id, token) = make(&admin, json!({"name": "ci", "scope": "viewer", "expires_in_days": 1})).await?;
    let program = server.client().with_token(&token);
    let me = program.get(ME).await?;
    assert_eq!(
        (me.text_of("/via"), me.text_of("/role"), me.text_of("/scope")),
        ("api_token".to_owned(), "viewer".to_owned(), "viewer".to_owned())
    );
    assert_eq!(program.get("/api/v1/users").await?.status, 403);
    // It makes no further token, and changes no password.
    let more = json!({"name": "more", "scope": "viewer"});
    assert_eq!(program.post(TOKENS, &more).await?.status, 403);
    // Shown once, and never again; not on the disk either.
    let listed = admin.get(TOKENS).await?;
    assert!(!String::from_utf8_lossy(&listed.bytes).contains(&token));
    assert_eq!(listed.text_of("/items/0/username"), "admin");
    assert!(!listed.text_of("/items/0/last_used_at").is_empty(), "{listed:?}");
    assert!(server.stop().await?);
    for entry in std::fs::read_dir(server.data_dir())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            let found = bytes.windows(token.len()).any(|part| part == token.as_bytes());
            assert!(!found, "the token stands in {}", path.display());
        }
    }
    server.again().await?;
    let (program, admin) = (
        server.client().with_token(&token),
        server.client().with_token(admin.token()),
    );
    assert_eq!(program.get(ME).await?.status, 200, "tokens outlive a restart");
    assert_eq!(admin.get(ME).await?.status, 200, "sessions outlive a restart");
    assert!(
        !admin
            .get(&format!("{TOKENS}/{id}"))
            .await?
            .text_of("/last_used_at")
            .is_empty()
    );
    assert_eq!(admin.delete(&format!("{TOKENS}/{id}")).await?.status, 204);
    refused(&server, "revoked", &token).await?;
    assert_eq!(admin.delete(&format!("{TOKENS}/{id}")).await?.status, 404);
    Ok(())
}

/// Tokens are all that belongs to one person; who may do what with the rest is in the matrix of roles.
#[tokio::test]
async fn fault_40_what_belongs_to_somebody_else_is_not_there() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let maria = server.user(&admin, "maria", "operator").await?;
    let paul = server.user(&admin, "paul", "operator").await?;
    let (id, token) = make(&maria, json!({"name": "ci", "scope": "operator"})).await?;
    make(&maria, json!({"name": "other", "scope": "viewer"})).await?;
    let path = format!("{TOKENS}/{id}");
    let as_paul = make(&paul, json!({"name": "pauls", "scope": "operator"})).await?.1;
    for somebody in [&paul, &server.client().with_token(as_paul)] {
        assert_eq!(somebody.get(&path).await?.code(), "not_found");
        assert_eq!(somebody.delete(&path).await?.code(), "not_found");
    }
    assert_eq!(paul.get(TOKENS).await?.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(admin.get(TOKENS).await?.body["items"].as_array().map(Vec::len), Some(3));
    // Nothing happened to it, and nobody becomes somebody else by writing a name into a request.
    assert_eq!(
        server.client().with_token(&token).get(ME).await?.text_of("/username"),
        "maria"
    );
    let claimed = json!({"name": "x", "scope": "viewer", "user_id": id, "username": "admin"});
    let made = paul.post(TOKENS, &claimed).await?;
    assert!(made.status == 422 || made.text_of("/username") == "paul", "{made:?}");
    Ok(())
}

#[tokio::test]
async fn an_api_token_ends_with_its_time_and_its_owner() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let maria = server.user(&admin, "maria", "operator").await?;
    let scope = maria.post(TOKENS, &json!({"name": "x", "scope": "admin"})).await?;
    assert_eq!((scope.status, scope.code().as_str()), (403, "forbidden"));
    let end = std::time::SystemTime::now() + Duration::from_secs(2);
    let end = end.duration_since(std::time::SystemTime::UNIX_EPOCH)?.as_secs();
    let soon = format!("{}Z", timestamp(end));
    let (_, short) = make(&maria, json!({"name": "short", "scope": "viewer", "expires_at": soon})).await?;
    let (_, long) = make(&maria, json!({"name": "long", "scope": "operator"})).await?;
    assert_eq!(server.client().with_token(&short).get(ME).await?.status, 200);
    for bad in [
        json!({"name": "x", "scope": "viewer", "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"name": "x", "scope": "viewer", "expires_at": "soon"}),
        json!({"name": "x", "scope": "viewer", "expires_in_days": 0}),
        json!({"name": "x", "scope": "viewer", "expires_in_days": 1, "expires_at": "2099-01-01T00:00:00Z"}),
        json!({"name": "", "scope": "viewer"}),
        json!({"name": "x", "scope": "root"}),
        json!({"scope": "viewer"}),
    ] {
        let answer = maria.post(TOKENS, &bad).await?;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "validation_failed"),
            "{bad}"
        );
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    refused(&server, "over", &short).await?;
    // With a lesser role of its owner the token does less, at once.
    let users = admin.get("/api/v1/users").await?;
    let users = users.body["items"].as_array().cloned().unwrap_or_default();
    let maria_id = users.iter().find(|user| user["username"] == "maria").unwrap()["id"].clone();
    let path = format!("/api/v1/users/{}", maria_id.as_str().unwrap_or_default());
    assert_eq!(admin.patch(&path, &json!({"role": "viewer"})).await?.status, 200);
    let me = server.client().with_token(&long).get(ME).await?;
    assert_eq!(me.text_of("/role"), "viewer");
    assert_eq!(admin.patch(&path, &json!({"enabled": false})).await?.status, 200);
    refused(&server, "its owner is disabled", &long).await?;
    assert_eq!(admin.patch(&path, &json!({"enabled": true})).await?.status, 200);
    assert_eq!(server.client().with_token(&long).get(ME).await?.status, 200);
    assert_eq!(admin.delete(&path).await?.status, 204);
    refused(&server, "its owner is removed", &long).await?;
    Ok(())
}

/// Seconds since 1970 as `YYYY-MM-DDTHH:MM:SS`.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days to a date, by Howard Hinnant's algorithm.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}
