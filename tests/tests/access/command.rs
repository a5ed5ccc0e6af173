//! The commands on a data directory, and servers that must not start.

use std::process::Output;

use serde_json::Value;
use tests::places;
use tests::server::{PASSWORD, Server, Setup};

async fn showrun(args: &[&str], data_dir: &std::path::Path) -> anyhow::Result<(Output, String)> {
    let output = tokio::process::Command::new(places::binary("showrun").unwrap())
        .args(args)
        .arg("--data-dir")
        .arg(data_dir)
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output, text))
}

#[tokio::test]
async fn users_and_tokens_are_made_while_no_server_runs() -> anyhow::Result<()> {
    let mut server = Server::start().await?;
    let data = server.data_dir().to_path_buf();
    let (output, error) = showrun(&["user", "list"], &data).await?;
    assert!(!output.status.success());
    assert!(
        error.contains("Another server works in") && error.contains("process"),
        "{error}"
    );
    assert!(server.stop().await?, "{}", server.log());

    let file = data.join("password");
    std::fs::write(&file, "maria's password\n")?;
    let password = format!("--password-file={}", file.display());
    let (output, error) = showrun(&["user", "create", "maria", "--role=operator", &password], &data).await?;
    assert!(output.status.success(), "{error}");
    let (output, error) = showrun(
        &["token", "create", "maria", "--scope=operator", "--expires-in-days=1"],
        &data,
    )
    .await?;
    assert!(output.status.success(), "{error}");
    let token = String::from_utf8(output.stdout)?.trim().to_owned();
    let (output, _) = showrun(&["user", "list", "--output=json"], &data).await?;
    let users: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(users[1]["username"], "maria");
    let (output, error) = showrun(&["user", "disable", "admin"], &data).await?;
    assert!(!output.status.success() && error.contains("last admin"), "{error}");
    let (output, error) = showrun(&["user", "password", "admin", &password], &data).await?;
    assert!(output.status.success(), "{error}");

    server.again().await?;
    let me = server.client().with_token(token).get("/api/v1/auth/me").await?;
    assert_eq!(
        (me.text_of("/username"), me.text_of("/role")),
        ("maria".to_owned(), "operator".to_owned())
    );
    server.login("maria", "maria's password").await?;
    server.login("admin", "maria's password").await?;
    assert!(server.login("admin", PASSWORD).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_configuration_is_checked_before_it_is_used() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("showrun.toml");
    let config = format!("--config={}", file.display());
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:0\"\naccess_token_minutes = 5\ndatabase_url = \"postgres://app:hunter2@db/showrun\"\n",
    )?;
    let (output, error) = showrun(&["config", "check", &config], folder.path()).await?;
    let shown = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{error}");
    assert!(
        shown.contains("access_token_minutes = 5") && shown.contains("postgres://app@db/showrun"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    std::fs::write(&file, "lisen = \"127.0.0.1:0\"\n")?;
    let (output, error) = showrun(&["config", "check", &config], folder.path()).await?;
    assert!(!output.status.success() && error.contains("lisen"), "{error}");
    // Everything that is a file is read, and none is made.
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let check = async |args: &[&str]| {
        let all = [&["config", "check"], args].concat();
        let (output, error) = showrun(&all, &data).await?;
        anyhow::Ok((output.status.success(), error))
    };
    let (good, error) = check(&[]).await?;
    assert!(good && !data.exists(), "{error}");
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join("secret.key"), "no key")?;
    let (good, error) = check(&[]).await?;
    assert!(!good && error.contains("secret.key is no key"), "{error}");
    std::fs::remove_file(data.join("secret.key"))?;
    for option in ["--platforms-dir", "--templates-dir"] {
        let (good, error) = check(&[option, &path("not-there")]).await?;
        assert!(!good && error.contains("not-there"), "{option}: {error}");
    }
    std::fs::create_dir(folder.path().join("platforms"))?;
    std::fs::write(folder.path().join("platforms/mine.yaml"), "platform: [")?;
    let (good, error) = check(&["--platforms-dir", &path("platforms")]).await?;
    assert!(
        good && error.contains("Platform file not used") && error.contains("mine.yaml"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_second_server_and_a_wrong_key_are_refused() -> anyhow::Result<()> {
    let mut server = Server::start().await?;
    let data = server.data_dir().to_path_buf();
    let same = || Setup {
        data_dir: Some(data.clone()),
        ..Setup::default()
    };
    let error = Server::start_with(same())
        .await
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains("Another server works in"), "{error}");
    assert!(server.stop().await?);
    let wrong = same().env("SHOWRUN_SECRET_KEY", &"a".repeat(64));
    let error = Server::start_with(wrong)
        .await
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains("secret key is not the one"), "{error}");
    server.again().await?;
    let database = crate::on_postgres("access::a_second_server_and_a_wrong_key_are_refused").await?;
    if let Some((setup, postgres)) = database {
        let first = Server::start_with(setup).await?;
        let second = Setup {
            database_url: Some(postgres.url().to_owned()),
            ..Setup::default()
        };
        let error = Server::start_with(second)
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(error.contains("Another server works on this database"), "{error}");
        drop(first);
    }
    Ok(())
}
