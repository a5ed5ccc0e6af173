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

/// A certificate of one's own authority, for a server on this machine.
async fn certificates(desk: &Desk) -> anyhow::Result<bool> {
    std::fs::write(
        desk.file("extensions"),
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
    )?;
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for line in [
        format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"),
        format!("req {key} -keyout server.key -out server.csr -subj /CN=server"),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile extensions"
            .to_owned(),
    ] {
        let made = tokio::process::Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(desk.folder.path())
            .output()
            .await;
        if !made.is_ok_and(|output| output.status.success()) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_when_it_is_named() -> anyhow::Result<()> {
    let mut desk = Desk::new(2).await?;
    if !certificates(&desk).await? {
        tests::skip::skip(
            "access::an_authority_of_ones_own_is_believed_when_it_is_named",
            "openssl is not installed",
        );
        return Ok(());
    }
    let setup = tests::server::Setup::default()
        .arg(format!("--tls-cert={}", desk.file("server.pem")))
        .arg(format!("--tls-key={}", desk.file("server.key")));
    desk.server = tests::server::Server::start_with(setup).await?;
    assert!(desk.server.url().starts_with("https://"), "{}", desk.server.url());
    desk.admin = desk.server.admin().await?;
    let desk = desk.import().await?;
    let ran = desk.run("devices list").await?;
    assert!(ran.code == 1 && ran.err.contains("--ca-cert FILE"), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    let collect = format!("collect --all --ca-cert ca.pem {}", desk.login());
    let ran = desk.run(&collect).await?;
    assert!(ran.code == 0 && !ran.err.contains("No WebSocket"), "{ran:?}");
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
