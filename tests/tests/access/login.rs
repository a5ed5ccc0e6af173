//! Logging in: the first admin, guessing, and what guessing takes.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use tests::server::{Client, PASSWORD, Server, Setup};

const LOGIN: &str = "/api/v1/auth/login";

async fn guess(client: &Client, name: &str) -> anyhow::Result<(u16, Duration)> {
    let started = Instant::now();
    let answer = client
        .post(LOGIN, &json!({"username": name, "password": "wrong"}))
        .await?;
    if answer.status == 429 {
        assert_eq!(answer.code(), "login_throttled");
        assert!(answer.header("retry-after").parse::<u64>()? > 0);
    } else {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "login_failed"),
            "{answer:?}"
        );
    }
    Ok((answer.status, started.elapsed()))
}

#[tokio::test]
async fn the_first_admin_has_the_password_that_was_given_or_one_that_is_printed_once() -> anyhow::Result<()> {
    let mut server = Server::start().await?;
    server.admin().await?;
    assert!(!server.log().contains(PASSWORD));
    // Given again, it changes nothing.
    assert!(server.stop().await?);
    drop(server);
    let mut made = Server::start_with(Setup::default().env("SHOWRUN_ADMIN_PASSWORD", "")).await?;
    let log = made.log();
    let printed = log
        .split("with the password ")
        .nth(1)
        .context("no password is printed")?;
    let password = printed.lines().next().unwrap_or_default().trim().to_owned();
    assert!(password.len() >= 20, "{log}");
    made.login("admin", &password).await?;
    assert!(made.stop().await?);
    made.again().await?;
    assert!(!made.log().contains("password "), "{}", made.log());
    made.login("ADMIN", &password).await?;
    Ok(())
}

#[tokio::test]
async fn fault_42_five_hundred_guesses_at_once_are_five() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let client = server.client();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let client = client.clone();
        guesses.spawn(async move { guess(&client, "admin").await });
    }
    let mut refused = 0;
    while let Some(answer) = guesses.join_next().await {
        refused += u32::from(answer??.0 == 401);
    }
    assert_eq!(refused, 5);
    // The right password has to wait, too, or a guess would show that it was right.
    let answer = client
        .post(LOGIN, &json!({"username": "admin", "password": PASSWORD}))
        .await?;
    assert_eq!((answer.status, answer.code().as_str()), (429, "login_throttled"));
    assert_eq!(client.get("/healthz").await?.status, 200);
    // From elsewhere the admin still gets in.
    Ok(())
}

#[tokio::test]
async fn fault_42_who_guesses_from_one_place_does_not_shut_out_the_admin_elsewhere() -> anyhow::Result<()> {
    let server = Server::start_with(Setup::default().arg("--trusted-proxies=127.0.0.1")).await?;
    let attacker = server.client().with_header("x-forwarded-for", "198.51.100.7");
    for turn in 0..8 {
        let (status, _) = guess(&attacker, "admin").await?;
        assert_eq!(status, if turn < 5 { 401 } else { 429 });
    }
    // What the attacker says of itself does not count: the rightmost address is the one that the proxy saw.
    let lying = server
        .client()
        .with_header("x-forwarded-for", "192.0.2.1, 198.51.100.7");
    assert_eq!(guess(&lying, "admin").await?.0, 429);
    let elsewhere = server.client().with_header("x-forwarded-for", "203.0.113.5");
    let answer = elsewhere
        .post(LOGIN, &json!({"username": "admin", "password": PASSWORD}))
        .await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let admin = elsewhere.with_token(answer.text_of("/access_token"));
    let events = admin.get("/api/v1/audit-events?action=auth.login_failed").await?;
    assert_eq!(events.body["items"].as_array().map(Vec::len), Some(5));
    assert_eq!(events.text_of("/items/0/remote_address"), "198.51.100.7");
    Ok(())
}

#[tokio::test]
async fn fault_42_an_unknown_user_takes_as_long_as_a_known_one() -> anyhow::Result<()> {
    let server = Server::start_with(Setup::default().arg("--trusted-proxies=127.0.0.1")).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for turn in 0..12 {
        let client = server
            .client()
            .with_header("x-forwarded-for", &format!("198.51.100.{turn}"));
        known.push(guess(&client, "admin").await?.1);
        unknown.push(guess(&client, &format!("nobody{turn}")).await?.1);
    }
    known.sort_unstable();
    unknown.sort_unstable();
    let (known, unknown) = (known[6], unknown[6]);
    // A hash is most of it; without one for unknown names they would be many times apart.
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "known {known:?}, unknown {unknown:?}");
    Ok(())
}
