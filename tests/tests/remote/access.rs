//! Who may use the command, and how it is told who one is.

use serde_json::json;

use crate::desk::{Desk, Running};

#[tokio::test]
async fn a_token_is_enough_and_never_more_than_it_may_do() -> anyhow::Result<()> {
    let mut desk = Desk::new(2).await?.import().await?;
    let mut tokens = Vec::new();
    for scope in ["viewer", "operator"] {
        let body = json!({"name": scope, "scope": scope});
        let answer = desk.admin.post("/api/v1/api-tokens", &body).await?;
        let token = answer.text_of("/token");
        assert!(token.starts_with("srt_"), "{answer:?}");
        std::fs::write(desk.file(scope), format!("{token}\n"))?;
        desk.secrets.push(token.clone());
        tokens.push(token);
    }
    let mut list = desk.nobody("devices list --output json")?;
    list.env("SHOWRUN_TOKEN", &tokens[0]);
    assert_eq!(desk.finish(list).await?.code, 0);

    let collect = format!("collect --all --types version {}", desk.login());
    let ran = desk
        .finish(desk.nobody(&format!("{collect} --token-file viewer"))?)
        .await?;
    assert!(ran.code == 1 && ran.err.contains("[forbidden, request "), "{ran:?}");
    let ran = desk
        .finish(desk.nobody(&format!("{collect} --token-file operator"))?)
        .await?;
    assert_eq!(ran.code, 0, "{ran:?}");

    let mut wrong = desk.nobody("devices list")?;
    desk.secrets.push("srt_hunter2hunter2".to_owned());
    wrong.env("SHOWRUN_TOKEN", "srt_hunter2hunter2");
    let ran = desk.finish(wrong).await?;
    assert!(ran.code == 1 && ran.err.contains("[token_invalid, request "), "{ran:?}");
    let ran = desk.finish(desk.nobody("devices list")?).await?;
    assert!(ran.code == 1 && ran.err.contains("--token-file FILE"), "{ran:?}");
    let ran = desk.finish(desk.nobody("devices list --login admin")?).await?;
    assert!(ran.code == 1 && ran.err.contains("--login-password-file"), "{ran:?}");
    std::fs::write(desk.file("wrong"), "hunter2\n")?;
    let ran = desk
        .finish(desk.nobody("devices list --login admin --login-password-file wrong")?)
        .await?;
    assert!(ran.code == 1 && ran.err.contains("[login_failed, request "), "{ran:?}");
    Ok(())
}

/// A password that is set again ends all sessions, and with them the WebSocket; who knows it comes back.
#[tokio::test]
async fn a_session_that_ends_is_renewed_and_nothing_is_missed() -> anyhow::Result<()> {
    let fleet = lab::FleetOptions {
        devices: 10,
        think: std::time::Duration::from_millis(200),
        ..lab::FleetOptions::default()
    };
    let desk = Desk::with(fleet, tests::server::Setup::default())
        .await?
        .import()
        .await?;
    let maria = json!({"username": "maria", "password": tests::server::PASSWORD, "role": "operator"});
    let made = desk.admin.post("/api/v1/users", &maria).await?;
    let line = format!(
        "collect --all --types configs,arp --workers 2 --login maria {}",
        desk.login()
    );
    let mut command = desk.nobody(&line)?;
    command.env("SHOWRUN_PASSWORD_FILE", desk.file("login"));
    let mut running = Running::new(command.spawn()?)?;
    running.devices(2).await?;
    let body = json!({"password": tests::server::PASSWORD});
    let answer = desk
        .admin
        .patch(&format!("/api/v1/users/{}", made.text_of("/id")), &body)
        .await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let ran = desk.ended(running).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("The session has ended"), "{ran:?}");
    for device in desk.fleet.devices() {
        let lines = ran
            .err
            .lines()
            .filter(|line| line.starts_with(&format!("✔ {}: ", device.name)));
        assert_eq!(lines.count(), 1, "{}", ran.err);
    }
    Ok(())
}

#[tokio::test]
async fn shells_learn_the_commands() -> anyhow::Result<()> {
    let desk = Desk::new(1).await?;
    for shell in ["bash", "zsh", "fish"] {
        let ran = desk.finish(desk.nobody(&format!("completions {shell}"))?).await?;
        assert_eq!(ran.code, 0, "{ran:?}");
        for word in ["collections", "captures", "token-file"] {
            assert!(ran.out.contains(word), "{shell} does not learn {word}");
        }
    }
    Ok(())
}
