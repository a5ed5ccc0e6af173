//! A copy that was taken while a server worked is a server again.

use std::path::Path;
use std::process::Output;

use lab::FleetOptions;
use serde_json::json;
use tests::places;
use tests::server::{Server, Setup};
use tokio::process::Command;

use crate::scene::Scene;

async fn showrun(args: &[&str], paths: &[(&str, &Path)]) -> anyhow::Result<Output> {
    let mut command = Command::new(places::binary("showrun").unwrap());
    command.args(args);
    for (option, path) in paths {
        if !option.is_empty() {
            command.arg(option);
        }
        command.arg(path);
    }
    Ok(command.output().await?)
}

fn text(output: &Output) -> String {
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", of(&output.stdout), of(&output.stderr))
}

#[tokio::test]
async fn a_copy_of_a_running_server_is_put_back_whole() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 6,
        // Above the size that stays in the database, so that there are files.
        config_bytes: Some(1_500_000),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "version"], json!({"max_workers": 6})))
        .await?;
    scene.end(&id).await?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("copy.tar.zst");
    let data = scene.server.data_dir();
    let without = folder.path().join("without-key.tar.zst");
    let made = showrun(&["backup"], &[("--out", &without), ("--data-dir", data)]).await?;
    assert!(made.status.success(), "{}", text(&made));
    let made = showrun(&["backup", "--with-key"], &[("--out", &file), ("--data-dir", data)]).await?;
    assert!(made.status.success(), "{}", text(&made));
    assert!(text(&made).contains("the database and 6 files"), "{}", text(&made));
    let again = showrun(&["backup"], &[("--out", &file), ("--data-dir", data)]).await?;
    assert!(
        !again.status.success() && text(&again).contains("is there already"),
        "{}",
        text(&again)
    );
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 2, "nothing else is left");

    let whole = showrun(&["restore", "--verify"], &[("", &file)]).await?;
    assert!(whole.status.success(), "{}", text(&whole));
    assert!(text(&whole).contains("the key of the secrets fits"), "{}", text(&whole));

    let restored = folder.path().join("data");
    let put = showrun(&["restore"], &[("", &file), ("--data-dir", &restored)]).await?;
    assert!(put.status.success(), "{}", text(&put));
    let twice = showrun(&["restore"], &[("", &file), ("--data-dir", &restored)]).await?;
    assert!(
        !twice.status.success() && text(&twice).contains("is not empty"),
        "{}",
        text(&twice)
    );

    let other = Server::start_with(Setup {
        data_dir: Some(restored),
        ..Setup::default()
    })
    .await?;
    let admin = other.admin().await?;
    let captures = scene.captures(&id).await?;
    assert_eq!(captures.len(), 12);
    for capture in captures {
        let path = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let (one, two) = (scene.admin.get(&path).await?, admin.get(&path).await?);
        assert_eq!((one.status, two.status), (200, 200), "{path}");
        assert!(one.bytes == two.bytes, "{path} is another text");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_copy_is_found() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("copy.tar.zst");
    let made = showrun(&["backup"], &[("--out", &file), ("--data-dir", server.data_dir())]).await?;
    assert!(made.status.success(), "{}", text(&made));
    let good = std::fs::read(&file)?;
    std::fs::write(&file, &good[..good.len() / 2])?;
    let cut = showrun(&["restore", "--verify"], &[("", &file)]).await?;
    assert!(!cut.status.success(), "{}", text(&cut));

    let postgres = ["backup", "--database-url", "postgres://nobody@127.0.0.1:1/none"];
    let other = folder.path().join("other");
    let refused = showrun(&postgres, &[("--out", &other), ("--data-dir", server.data_dir())]).await?;
    assert!(
        !refused.status.success() && text(&refused).contains("pg_dump"),
        "{}",
        text(&refused)
    );
    Ok(())
}
