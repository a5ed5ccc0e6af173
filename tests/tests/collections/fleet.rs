//! A fleet of which half is dead: what it costs, what stays behind, how soon it can be ended, and two collections at once.

use std::time::{Duration, Instant};

use lab::{Fault, FleetOptions};
use serde_json::json;

use crate::on_both;
use crate::scene::{Scene, check_events, next};

on_both!(fault_48_two_collections_never_have_two_sessions_to_a_device,);

const DEVICES: usize = 60;
const WORKERS: usize = 15;
const CONNECT_SECONDS: usize = 1;
const ROUNDS: usize = 5;

/// A place where nobody answers who wants to connect: its queue is full, and it takes nobody out of it.
struct Dead {
    _listener: tokio::net::TcpListener,
    _queued: tokio::net::TcpStream,
    port: u16,
}

impl Dead {
    async fn new() -> anyhow::Result<Self> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind("127.0.0.1:0".parse()?)?;
        let listener = socket.listen(0)?;
        let place = listener.local_addr()?;
        Ok(Self {
            _queued: tokio::net::TcpStream::connect(place).await?,
            _listener: listener,
            port: place.port(),
        })
    }
}

/// As many devices again as the lab has, and all of these are dead.
async fn add_dead(scene: &Scene, count: usize) -> anyhow::Result<Vec<Dead>> {
    let mut dead = Vec::new();
    let mut rows = String::from("name,host,port,platform\n");
    for number in 0..count {
        let one = Dead::new().await?;
        rows.push_str(&format!("dead-{number:03},127.0.0.1,{},cisco_ios\n", one.port));
        dead.push(one);
    }
    let body = Some(("text/csv", rows.into_bytes()));
    let answer = scene
        .admin
        .send_raw(reqwest::Method::POST, "/api/v1/device-imports?format=csv", body)
        .await?;
    assert_eq!(answer.body["created"], count, "{answer:?}");
    Ok(dead)
}

/// Files and sockets that the server has open.
fn open_files(scene: &Scene) -> anyhow::Result<usize> {
    let pid = scene.server.pid().unwrap();
    Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

fn threads(scene: &Scene) -> anyhow::Result<usize> {
    let pid = scene.server.pid().unwrap();
    Ok(std::fs::read_dir(format!("/proc/{pid}/task"))?.count())
}

#[tokio::test]
async fn fault_48_a_half_dead_fleet_costs_its_time_and_nothing_stays() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: DEVICES / 2,
        ..FleetOptions::default()
    })
    .await?;
    let _dead = add_dead(&scene, DEVICES / 2).await?;
    let options = json!({"max_workers": WORKERS, "connect_timeout_seconds": CONNECT_SECONDS});
    let at_best = (DEVICES / 2 * CONNECT_SECONDS) as f64 / WORKERS as f64;
    let (mut files, mut running) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let id = scene.start(&scene.request(&["version"], options.clone())).await?;
        let ended = scene.end(&id).await?;
        let took = started.elapsed().as_secs_f64();
        assert_eq!(ended["devices_succeeded"], DEVICES / 2, "{ended}");
        assert_eq!(ended["devices_failed"], DEVICES / 2);
        for device in scene.devices(&id).await? {
            let dead = device["device_name"].as_str().unwrap().starts_with("dead-");
            let kind = device["failure_kind"].as_str();
            assert_eq!(kind, dead.then_some("connect_timeout"), "{device}");
        }
        // A dead one costs a worker its limit, and no more.
        assert!(took < at_best * 1.5 + 4.0, "{took:.1} s, at best {at_best:.1} s");
        files.push(open_files(&scene)?);
        running.push(threads(&scene)?);
    }
    // Connections of the database and of this test may come and go; one for each device would be thirty a round.
    assert!(
        files[ROUNDS - 1] <= files[0] + 8,
        "files open after each round: {files:?}"
    );
    assert!(
        running[ROUNDS - 1] <= running[0] + 8,
        "threads after each round: {running:?}"
    );
    let counted = scene.fleet.counters();
    assert_eq!((counted.open_sessions, counted.max_concurrent_sessions), (0, 1));
    assert_eq!(counted.logins, (DEVICES / 2 * ROUNDS) as u64);
    Ok(())
}

#[tokio::test]
async fn fault_48_a_cancel_ends_within_seconds() -> anyhow::Result<()> {
    // They take the connection and say nothing.
    let scene = Scene::new(FleetOptions {
        devices: DEVICES,
        faults: (0..DEVICES).step_by(2).map(|index| (index, Fault::TcpSilent)).collect(),
        ..FleetOptions::default()
    })
    .await?;
    let options = json!({"max_workers": 10, "connect_timeout_seconds": 60});
    let id = scene.start(&scene.request(&["version"], options)).await?;
    let mut socket = scene.socket(&id, 0).await?;
    let mut started = 0;
    while let Some(event) = next(&mut socket).await? {
        started += usize::from(event["type"] == "device_started");
        if started == 12 {
            break;
        }
    }
    let asked = Instant::now();
    let path = format!("/api/v1/collections/{id}/cancel");
    assert_eq!(scene.admin.post(&path, &json!({})).await?.status, 202);
    // Asked twice, it does not wait for those who say nothing.
    let again = scene.admin.post(&path, &json!({})).await?;
    assert!(matches!(again.status, 202 | 409), "{again:?}");
    let events = scene.events(&id).await?;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    check_events(&events, DEVICES);
    assert_eq!(scene.view(&id).await?["status"], "cancelled");
    Ok(())
}

async fn fault_48_two_collections_never_have_two_sessions_to_a_device() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 12,
        think: Duration::from_millis(40),
        ..FleetOptions::default()
    })
    .await?;
    let body = scene.request(&["configs", "arp", "version"], json!({"max_workers": 12}));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(scene.start(&body).await?);
    }
    for id in &ids {
        let ended = scene.end(id).await?;
        assert_eq!(ended["devices_succeeded"], 12, "{ended}");
    }
    let counted = scene.fleet.counters();
    assert_eq!(counted.logins, 36);
    assert_eq!(counted.max_concurrent_sessions, 1, "two sessions at once to one device");
    Ok(())
}
