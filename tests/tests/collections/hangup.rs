//! Clients that go away and databases that do: what was begun comes to its end, and the server to its own.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use lab::FleetOptions;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::scene::{Scene, check_events, next};

/// Another program that has the database for itself. Dropping it ends it.
struct Holder(Child);

impl Holder {
    async fn new(scene: &Scene, how: &str) -> anyhow::Result<Self> {
        let script = format!(
            "import sqlite3, sys\n\
             db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n\
             db.execute('BEGIN {how}')\nprint('held', flush=True)\nsys.stdin.readline()\ndb.execute('ROLLBACK')\n"
        );
        let mut child = Command::new("python3")
            .args(["-c", &script])
            .arg(scene.server.data_dir().join("showrun.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("no output")?).lines();
        ensure!(said.next_line().await?.as_deref() == Some("held"));
        Ok(Self(child))
    }

    async fn release(mut self) -> anyhow::Result<()> {
        drop(self.0.stdin.take());
        ensure!(self.0.wait().await?.success());
        Ok(())
    }
}

/// Sends a request and gives the connection on which nobody has answered yet.
async fn asked(scene: &Scene, method: Method, path: &str, body: &Value) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(scene.server.url().trim_start_matches("http://")).await?;
    let body = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        scene.admin.token(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    // When it has answered as many others it has taken this one up.
    for _ in 0..30 {
        ensure!(scene.admin.get("/api/v1/auth/me").await?.status == 200);
    }
    Ok(stream)
}

/// What a path answers once it says what is expected.
async fn until(scene: &Scene, path: &str, right: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let asking = async {
        loop {
            let answer = scene.admin.get(path).await?;
            if right(&answer.body) {
                return anyhow::Ok(answer.body);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking)
        .await
        .with_context(|| format!("{path} does not become what it should"))?
}

#[tokio::test]
async fn what_a_client_began_comes_to_its_end_though_it_hangs_up() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 6,
        think: Duration::from_millis(300),
        ..FleetOptions::default()
    })
    .await?;
    let request = scene.request(&["configs", "arp"], json!({"max_workers": 1}));
    let held = Holder::new(&scene, "IMMEDIATE").await?;
    let stream = asked(&scene, Method::POST, "/api/v1/collections", &request).await?;
    drop(stream);
    for _ in 0..30 {
        scene.admin.get("/api/v1/auth/me").await?;
    }
    held.release().await?;
    let list = until(&scene, "/api/v1/collections", |body| body["items"][0]["id"].is_string()).await?;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    // It runs, and so can be cancelled; that is done, too, though nobody waits for it.
    let path = format!("/api/v1/collections/{id}");
    until(&scene, &path, |body| body["status"] == "running").await?;
    let held = Holder::new(&scene, "IMMEDIATE").await?;
    drop(asked(&scene, Method::POST, &format!("{path}/cancel"), &json!({})).await?);
    for _ in 0..30 {
        scene.admin.get("/api/v1/auth/me").await?;
    }
    held.release().await?;
    check_events(&scene.events(&id).await?, 6);
    assert_eq!(scene.view(&id).await?["status"], "cancelled");
    // What holds in memory holds as it is stored.
    let user = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let user_id = user.get("/api/v1/auth/me").await?.text_of("/id");
    let held = Holder::new(&scene, "IMMEDIATE").await?;
    let disable = json!({"enabled": false});
    drop(asked(&scene, Method::PATCH, &format!("/api/v1/users/{user_id}"), &disable).await?);
    for _ in 0..30 {
        scene.admin.get("/api/v1/auth/me").await?;
    }
    held.release().await?;
    until(&scene, &format!("/api/v1/users/{user_id}"), |body| {
        body["enabled"] == false
    })
    .await?;
    let refused = async {
        while user.get("/api/v1/auth/me").await?.status != 401 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await??;
    Ok(())
}

#[tokio::test]
async fn a_server_stops_though_its_database_is_away_and_goes_on_with_what_was_reported() -> anyhow::Result<()> {
    let mut scene = Scene::new(FleetOptions {
        devices: 20,
        think: Duration::from_millis(50),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 4})))
        .await?;
    let mut socket = scene.socket(&id, 0).await?;
    let mut seen = Vec::new();
    while let Some(event) = next(&mut socket).await? {
        let enough = event["type"] == "device_completed";
        seen.push(event);
        if enough {
            break;
        }
    }
    let held = Holder::new(&scene, "EXCLUSIVE").await?;
    assert!(scene.server.stop().await?, "{}", scene.server.log());
    held.release().await?;
    scene.server.again().await?;
    scene.admin = scene.server.admin().await?;
    let events = scene.events(&id).await?;
    check_events(&events, 20);
    assert_eq!(events[..seen.len()], seen);
    assert_eq!(scene.view(&id).await?["status"], "succeeded");
    assert_eq!(scene.check_texts(&id).await?, 40);
    Ok(())
}
