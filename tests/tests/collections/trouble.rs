//! Trouble of the server itself: a second one, a database that is locked or gone, a disk that is full.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use lab::{Fault, FleetOptions};
use serde_json::{Value, json};
use tests::server::{Server, Setup};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::scene::{Kind, Scene, check_events, next};

#[tokio::test]
async fn a_second_server_on_the_same_data_refuses_to_start() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let again = Setup {
        data_dir: Some(server.data_dir().to_owned()),
        ..Setup::default()
    };
    let refused = Server::start_with(again).await.err().context("it started")?;
    let said = format!("{refused:#}");
    ensure!(said.contains("Another server works in"), "{said}");
    ensure!(
        said.contains(&format!("process {}", server.pid().unwrap_or_default())),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn a_second_server_on_the_same_database_file_refuses_to_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // The same file by two names, and the same key, so that nothing else keeps the second away.
    std::os::unix::fs::symlink(folder.path(), folder.path().join("link"))?;
    let key = folder.path().join("key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")?;
    let on = |file: &str| Setup {
        database_url: Some(format!("sqlite://{}", folder.path().join(file).display())),
        ..Setup::default()
    };
    let key = key.to_string_lossy().into_owned();
    let setup = |file: &str| on(file).arg("--secret-key-file").arg(key.clone());
    let first = Server::start_with(setup("shared.db")).await?;
    let refused = Server::start_with(setup("link/shared.db")).await.err();
    let said = format!("{:#}", refused.context("it started")?);
    ensure!(said.contains("Another server works in"), "{said}");
    ensure!(said.contains("shared.db"), "{said}");
    drop(first);
    Ok(())
}

#[tokio::test]
async fn a_credential_may_be_the_agent_of_the_server() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (socket, key) = (folder.path().join("agent"), folder.path().join("key"));
    let _agent = tokio::process::Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("ssh-agent")?;
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status()?;
    ensure!(made.success(), "ssh-keygen");
    while !socket.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let added = Command::new("ssh-add")
        .env("SSH_AUTH_SOCK", &socket)
        .arg(&key)
        .output()?;
    ensure!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let setup = Setup::default().arg("--ssh-agent").arg(socket.to_string_lossy());
    let fleet = FleetOptions {
        devices: 2,
        faults: vec![(0, Fault::PublickeyOnly), (1, Fault::PublickeyOnly)],
        ..FleetOptions::default()
    };
    let scene = Scene::with(fleet, setup).await?;
    let login = FleetOptions::default();
    let made = scene
        .admin
        .post(
            "/api/v1/credentials",
            &json!({"name": "agent", "username": login.username, "use_agent": true, "enable_password": login.enable_password}),
        )
        .await?;
    ensure!(made.status == 201, "{made:?}");
    let mut request = scene.request(&["configs"], json!({}));
    request["credentials"] = json!({"credential_id": made.text_of("/id")});
    let id = scene.start(&request).await?;
    let collection = scene.end(&id).await?;
    ensure!(collection["status"] == "succeeded", "{collection}");
    Ok(())
}

#[tokio::test]
async fn fault_46_a_locked_database_holds_the_collection_up_and_loses_nothing() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 30,
        think: Duration::from_millis(50),
        ..FleetOptions::default()
    })
    .await?;
    // Another program, which is ready to take the lock at once and then holds it for longer than a statement waits for it.
    let file = scene.server.data_dir().join("showrun.db");
    let script = "import sqlite3, sys, time\n\
                  db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)\n\
                  db.execute('SELECT count(*) FROM sqlite_schema').fetchall()\n\
                  print('ready', flush=True)\nsys.stdin.readline()\n\
                  db.execute('BEGIN EXCLUSIVE')\ntime.sleep(8)\ndb.execute('ROLLBACK')\n";
    // Not on this thread: the devices live on it.
    let mut other = tokio::process::Command::new("python3")
        .args(["-c", script])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(other.stdout.take().context("its output")?).lines();
    ensure!(said.next_line().await?.as_deref() == Some("ready"));

    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 5})))
        .await?;
    let mut socket = scene.socket(&id, 0).await?;
    while let Some(event) = next(&mut socket).await? {
        if event["type"] == "device_completed" {
            break;
        }
    }
    other.stdin.take().context("its input")?.write_all(b"\n").await?;
    ensure!(other.wait().await?.success());
    let events = scene.events(&id).await?;
    check_events(&events, 30);
    errors(&events, "nothing could be stored");
    assert_eq!(scene.view(&id).await?["status"], "succeeded");
    assert_eq!(scene.check_texts(&id).await?, 60);
    Ok(())
}

/// What went wrong for the whole collection is told before its end.
fn errors(events: &[Value], words: &str) {
    let mut errors = events.iter().filter(|event| event["type"] == "collection_error");
    let told = errors.any(|event| {
        event["data"]["error"]
            .as_str()
            .is_some_and(|error| error.contains(words))
    });
    assert!(told, "no event says '{words}'");
}

/// A small disk that is mounted for as long as this lives.
struct SmallDisk {
    at: std::path::PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl SmallDisk {
    fn new(megabytes: u32) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .status()?;
        ensure!(mounted.success(), "no disk could be mounted");
        Ok(Self {
            at: folder.path().to_owned(),
            _folder: Some(folder),
        })
    }

    /// An empty one on which nobody can write, in the place of a folder.
    fn read_only_over(folder: &std::path::Path) -> anyhow::Result<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "ro", "tmpfs"])
            .arg(folder)
            .status()?;
        ensure!(mounted.success(), "no disk could be mounted");
        Ok(Self {
            at: folder.to_owned(),
            _folder: None,
        })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

#[tokio::test]
async fn fault_46_a_full_disk_holds_the_collection_up_until_there_is_room() -> anyhow::Result<()> {
    let user = Command::new("id").arg("-u").output()?;
    if user.stdout.trim_ascii() != b"0" {
        tests::skip::skip(
            "fault_46_a_full_disk_holds_the_collection_up_until_there_is_room",
            "it takes root to mount a disk",
        );
        return Ok(());
    }
    let disk = SmallDisk::new(64)?;
    let setup = Setup {
        data_dir: Some(disk.at.join("data")),
        ..Setup::default()
    }
    .arg("--min-free-bytes")
    .arg((8 * 1024 * 1024).to_string());
    let scene = Scene::with(
        FleetOptions {
            devices: 40,
            think: Duration::from_millis(50),
            ..FleetOptions::default()
        },
        setup,
    )
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 4})))
        .await?;
    let mut socket = scene.socket(&id, 0).await?;
    while let Some(event) = next(&mut socket).await? {
        if event["type"] == "device_completed" {
            break;
        }
    }
    let filler = disk.at.join("filler");
    let filled = Command::new("sh")
        .args(["-c", "cat /dev/zero > \"$0\" 2>/dev/null"])
        .arg(&filler)
        .status()?;
    ensure!(!filled.success(), "the disk is not full");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let held = scene.view(&id).await?;
    assert_eq!(held["status"], "running", "{held}");
    std::fs::remove_file(&filler)?;
    let events = scene.events(&id).await.with_context(|| scene.server.log())?;
    check_events(&events, 40);
    errors(&events, "MiB free");
    assert_eq!(scene.view(&id).await?["status"], "succeeded");
    assert_eq!(scene.check_texts(&id).await?, 80);
    Ok(())
}

#[tokio::test]
async fn fault_46_texts_that_cannot_be_written_for_people_are_written_when_they_can() -> anyhow::Result<()> {
    let user = Command::new("id").arg("-u").output()?;
    if user.stdout.trim_ascii() != b"0" {
        tests::skip::skip(
            "fault_46_texts_that_cannot_be_written_for_people_are_written_when_they_can",
            "it takes root to mount a disk",
        );
        return Ok(());
    }
    let scene = Scene::new(FleetOptions {
        devices: 5,
        ..FleetOptions::default()
    })
    .await?;
    let configs = scene.request(&["configs"], json!({}));
    let first = scene.start(&configs).await?;
    scene.end(&first).await?;
    let tree = scene.server.data_dir().join("capture/configs");
    let read_only = SmallDisk::read_only_over(&tree)?;
    for device in scene.fleet.devices() {
        scene.fleet.change_config(&device.name);
    }
    let second = scene.start(&configs).await?;
    let collection = scene.end(&second).await?;
    ensure!(collection["status"] == "succeeded", "{collection}");
    ensure!(scene.check_texts(&second).await? == 5);
    ensure!(
        scene.server.log().contains("written into the tree later"),
        "nobody is told"
    );
    drop(read_only);
    // Without a restart, and without another collection.
    for capture in scene.captures(&second).await? {
        let name = capture["device_name"].as_str().unwrap_or_default();
        let expected = scene.expected(name, &capture["commands"])?;
        let file = tree.join(format!("{name}.txt"));
        let written = async {
            while std::fs::read(&file).ok().as_deref() != Some(expected.as_bytes()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let written = tokio::time::timeout(Duration::from_secs(30), written).await;
        written.with_context(|| format!("{}: {}", file.display(), scene.server.log()))?;
    }
    Ok(())
}

#[tokio::test]
async fn fault_46_a_database_that_was_stopped_is_waited_for() -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 40,
        think: Duration::from_millis(100),
        ..FleetOptions::default()
    };
    let test = "fault_46_a_database_that_was_stopped_is_waited_for";
    let Some(mut scene) = Scene::on(Kind::Postgres, test, fleet, Setup::default()).await? else {
        return Ok(());
    };
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 4})))
        .await?;
    let mut socket = scene.socket(&id, 0).await?;
    while let Some(event) = next(&mut socket).await? {
        if event["type"] == "device_completed" {
            break;
        }
    }
    drop(socket);
    let database = scene.database.as_mut().context("no database")?;
    if !database.stop().await? {
        tests::skip::skip(test, "the PostgreSQL of these tests is somebody else's");
        return Ok(());
    }
    let answer = scene.admin.get(&format!("/api/v1/collections/{id}")).await?;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.code(), "database_unavailable");
    tokio::time::sleep(Duration::from_secs(4)).await;
    scene.database.as_mut().context("no database")?.again().await?;
    let ended = async {
        loop {
            // Until the server has its connections back, watching is refused.
            match scene.events(&id).await {
                Ok(events) => return events,
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    };
    let events = tokio::time::timeout(Duration::from_secs(90), ended)
        .await
        .with_context(|| scene.server.log())?;
    check_events(&events, 40);
    errors(&events, "nothing could be stored");
    assert_eq!(scene.view(&id).await?["status"], "succeeded");
    assert_eq!(scene.check_texts(&id).await?, 80);
    Ok(())
}
