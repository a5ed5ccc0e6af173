//! Sessions: going on with refresh tokens, in programs and in browsers, and their end.

use std::time::Duration;

use serde_json::json;
use tests::server::{Answer, Client, PASSWORD, Server, Setup};

use crate::on_postgres;

const REFRESH: &str = "/api/v1/auth/refresh";

async fn login(server: &Server) -> anyhow::Result<Answer> {
    let body = json!({"username": "admin", "password": PASSWORD});
    server.client().post("/api/v1/auth/login", &body).await
}

async fn refresh(client: &Client, token: &str) -> anyhow::Result<Answer> {
    client.post(REFRESH, &json!({"refresh_token": token})).await
}

async fn rotation(setup: Setup) -> anyhow::Result<()> {
    let mut server = Server::start_with(setup).await?;
    let first = login(&server).await?;
    let (a, client) = (first.text_of("/refresh_token"), server.client());
    let other = login(&server).await?;
    let second = refresh(&client, &a).await?;
    assert_eq!(second.status, 200, "{second:?}");
    let b = second.text_of("/refresh_token");
    assert_ne!(a, b);
    // Two tabs: the same token again gives the same successor.
    let again = refresh(&client, &a).await?;
    assert_eq!((again.status, again.text_of("/refresh_token")), (200, b.clone()));
    // It outlives a restart of the server.
    server.kill().await?;
    server.again().await?;
    let client = server.client();
    let third = refresh(&client, &b).await?;
    assert_eq!(third.status, 200, "{third:?}");
    let access = client.with_token(third.text_of("/access_token"));
    assert_eq!(access.get("/api/v1/auth/me").await?.status, 200);
    // Later, the first token is one that somebody else may have: the session ends.
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    let reused = refresh(&client, &a).await?;
    assert_eq!((reused.status, reused.code().as_str()), (401, "refresh_failed"));
    let answer = access.get("/api/v1/auth/me").await?;
    assert_eq!((answer.status, answer.code().as_str()), (401, "session_ended"));
    let last = refresh(&client, &third.text_of("/refresh_token")).await?;
    assert_eq!((last.status, last.code().as_str()), (401, "refresh_failed"));
    // The other session goes on.
    let other = refresh(&client, &other.text_of("/refresh_token")).await?;
    let admin = client.with_token(other.text_of("/access_token"));
    let events = admin.get("/api/v1/audit-events?action=auth.refresh_reused").await?;
    assert_eq!(events.body["items"].as_array().map(Vec::len), Some(1), "{events:?}");
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_reuse_ends_the_session() -> anyhow::Result<()> {
    rotation(Setup::default()).await
}

#[tokio::test]
async fn a_refresh_token_is_good_once_on_postgres() -> anyhow::Result<()> {
    let Some((setup, _postgres)) = on_postgres("access::a_refresh_token_is_good_once_on_postgres").await? else {
        return Ok(());
    };
    rotation(setup).await
}

#[tokio::test]
async fn twenty_refreshes_at_once_have_one_successor() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let token = login(&server).await?.text_of("/refresh_token");
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, token) = (server.client(), token.clone());
        all.spawn(async move { refresh(&client, &token).await });
    }
    let mut successors = Vec::new();
    while let Some(answer) = all.join_next().await {
        let answer = answer??;
        assert_eq!(answer.status, 200, "{answer:?}");
        successors.push(answer.text_of("/refresh_token"));
    }
    successors.sort_unstable();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_browser_goes_on_by_its_cookie_from_our_pages_alone() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let body = json!({"username": "admin", "password": PASSWORD});
    let page = server.client().with_header("origin", server.url());
    let answer = page.post("/api/v1/auth/login", &body).await?;
    assert_eq!(answer.body.get("refresh_token"), None, "scripts see no refresh token");
    let cookie = answer.header("set-cookie").to_owned();
    for part in [
        "showrun_refresh=srr_",
        "; Path=/api/v1/auth",
        "; HttpOnly",
        "; SameSite=Strict",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("; Secure"), "{cookie}");
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    let browser = server.client().with_header("cookie", &format!("other=1; {pair}"));
    for origin in [None, Some("https://evil.example"), Some("null")] {
        let browser = origin.map_or_else(|| browser.clone(), |origin| browser.with_header("origin", origin));
        for path in [REFRESH, "/api/v1/auth/logout"] {
            let answer = browser.post(path, &json!({})).await?;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "forbidden"),
                "{path} from {origin:?}"
            );
        }
    }
    let ours = browser.with_header("origin", server.url());
    let answer = ours.post(REFRESH, &json!({})).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let next = answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    assert_ne!(next, pair);
    assert_eq!(answer.body.get("refresh_token"), None, "nor the next one");
    let in_the_cookie = next.split('=').nth(1).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&answer.bytes).contains(in_the_cookie));
    // A program has no cookies, and gets none.
    let program = login(&server).await?;
    assert_eq!(program.header("set-cookie"), "");
    let gone_on = refresh(&server.client(), &program.text_of("/refresh_token")).await?;
    assert!(gone_on.text_of("/refresh_token").starts_with("srr_"), "{gone_on:?}");
    assert_eq!(gone_on.header("set-cookie"), "");
    // Who has the token in a page gets its successor as a cookie alone.
    let in_a_page = refresh(&page, &gone_on.text_of("/refresh_token")).await?;
    assert_eq!((in_a_page.status, in_a_page.body.get("refresh_token")), (200, None));
    assert!(in_a_page.header("set-cookie").contains("; HttpOnly"), "{in_a_page:?}");
    let ours = server
        .client()
        .with_header("cookie", &next)
        .with_header("origin", server.url());
    let out = ours.post("/api/v1/auth/logout", &json!({})).await?;
    assert_eq!(out.status, 204, "{out:?}");
    assert!(out.header("set-cookie").contains("showrun_refresh=;"), "{out:?}");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let answer = server
        .client()
        .with_token(answer.text_of("/access_token"))
        .get("/api/v1/auth/me")
        .await?;
    assert_eq!((answer.status, answer.code().as_str()), (401, "session_ended"));
    let answer = server.client().post(REFRESH, &json!({})).await?;
    assert_eq!((answer.status, answer.code().as_str()), (401, "refresh_failed"));
    Ok(())
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let (here, there) = (server.admin().await?, server.admin().await?);
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let path = "/api/v1/auth/password";
    let answer = here.post(path, &change("wrong one", "another password")).await?;
    assert_eq!(
        (answer.status, answer.text_of("/errors/0/pointer")),
        (422, "/current_password".to_owned())
    );
    let answer = here.post(path, &change(PASSWORD, "short")).await?;
    assert_eq!(
        (answer.status, answer.text_of("/errors/0/pointer")),
        (422, "/new_password".to_owned())
    );
    let answer = here.post(path, &change(PASSWORD, "another password")).await?;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(here.get("/api/v1/auth/me").await?.status, 200);
    assert_eq!(there.get("/api/v1/auth/me").await?.status, 401);
    assert!(server.admin().await.is_err());
    server.login("admin", "another password").await?;
    Ok(())
}
