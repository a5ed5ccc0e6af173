//! Watching: whoever loses the connection, and however often, sees every event once and in order.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lab::FleetOptions;
use serde_json::{Value, json};
use tests::server::Setup;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::on_both;
use crate::scene::{Chance, Scene, Socket, check_events, next};

on_both!(
    a_watcher_who_drops_the_connection_misses_nothing,
    the_event_stream_carries_the_same_events,
    fault_41_a_slow_watcher_holds_nobody_up_and_misses_nothing,
    fault_39_a_socket_closes_when_its_session_is_revoked,
);

const DEVICES: usize = 200;
const DROPS: usize = 20;
/// Events of its collection, about: a start, two captures and an end of each device.
const EVENTS: u64 = DEVICES as u64 * 4;

async fn a_watcher_who_drops_the_connection_misses_nothing() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: DEVICES,
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 50})))
        .await?;
    let mut chance = Chance::new();
    println!("{chance:?}");
    let mut seen: Vec<Value> = Vec::new();
    let mut while_it_ran = 0;
    for _ in 0..DROPS {
        let mut socket = scene.socket(&id, i64::try_from(seen.len())?).await?;
        // So that the last ends about where the collection does.
        for _ in 0..chance.below(EVENTS / DROPS as u64 * 2) + 1 {
            match next(&mut socket).await? {
                Some(event) => seen.push(event),
                None => break,
            }
        }
        while_it_ran += usize::from(seen.last().is_some_and(|event| event["type"] != "collection_complete"));
        drop(socket);
    }
    assert!(
        while_it_ran * 2 >= DROPS,
        "{while_it_ran} of {DROPS} drops came while it ran"
    );
    let mut socket = scene.socket(&id, i64::try_from(seen.len())?).await?;
    while let Some(event) = next(&mut socket).await? {
        seen.push(event);
    }
    check_events(&seen, DEVICES);
    let page = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/events?limit=5000"))
        .await?
        .body;
    assert_eq!(page["items"].as_array().unwrap().len(), seen.len().min(5000));
    assert_eq!(page["items"][0], seen[0]);
    assert_eq!(page["finished"], true);
    Ok(())
}

async fn the_event_stream_carries_the_same_events() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 5,
        ..FleetOptions::default()
    })
    .await?;
    let id = scene.start(&scene.request(&["version"], json!({}))).await?;
    let events = scene.events(&id).await?;
    let stream = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/event-stream?after=3"))
        .await?;
    assert_eq!(stream.status, 200);
    let text = String::from_utf8(stream.bytes.clone())?;
    let data: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: ").or_else(|| line.strip_prefix("data:")))
        .map(|json| serde_json::from_str(json).unwrap())
        .collect();
    assert_eq!(data, events[3..]);
    Ok(())
}

/// What the handshake of a WebSocket is answered with.
async fn refused(scene: &Scene, url: &str, headers: &[(&'static str, String)]) -> u16 {
    let mut request = format!("{}{url}", scene.server.url().replacen("http", "ws", 1))
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Ok(_) => 101,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn fault_41_who_may_not_watch_is_told_before_the_upgrade() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 5,
        think: Duration::from_millis(200),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs"], json!({"max_workers": 1})))
        .await?;
    let path = format!("/api/v1/collections/{id}/progress");
    let bearer = |client: &tests::server::Client| ("authorization", format!("Bearer {}", client.token()));
    assert_eq!(refused(&scene, &path, &[]).await, 401);
    assert_eq!(refused(&scene, &format!("{path}?ticket=no-such"), &[]).await, 401);
    let foreign = [bearer(&scene.admin), ("origin", "https://evil.example".to_owned())];
    assert_eq!(refused(&scene, &path, &foreign).await, 403);
    let unknown = "/api/v1/collections/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90/progress";
    assert_eq!(refused(&scene, unknown, &[bearer(&scene.admin)]).await, 404);
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let ticket = viewer
        .post(&format!("/api/v1/collections/{id}/progress-ticket"), &json!({}))
        .await?;
    assert_eq!(ticket.status, 200, "{ticket:?}");
    let with_ticket = format!("{path}?ticket={}", ticket.text_of("/ticket"));
    assert_eq!(refused(&scene, &with_ticket, &[]).await, 101);
    assert_eq!(refused(&scene, &with_ticket, &[]).await, 401, "a ticket is good once");
    Ok(())
}

/// Waits for the end of a connection and gives its code.
async fn closed(socket: &mut Socket) -> u16 {
    let closing = async {
        loop {
            match socket.next().await {
                Some(Ok(tungstenite::Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(2), closing)
        .await
        .unwrap_or_default()
}

async fn fault_39_a_socket_closes_when_its_session_is_revoked() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 10,
        think: Duration::from_secs(1),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 1})))
        .await?;
    for how in ["logout", "role", "disabled", "removed"] {
        let viewer = scene.server.user(&scene.admin, how, "operator").await?;
        let ticket = format!("/api/v1/collections/{id}/progress-ticket");
        let ticket = viewer.post(&ticket, &json!({})).await?;
        let url = format!(
            "{}/api/v1/collections/{id}/progress?ticket={}",
            scene.server.url().replacen("http", "ws", 1),
            ticket.text_of("/ticket")
        );
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
        next(&mut socket).await?;
        let me = viewer.get("/api/v1/auth/me").await?.text_of("/id");
        let path = format!("/api/v1/users/{me}");
        let (done, status) = match how {
            "logout" => (viewer.post("/api/v1/auth/logout", &json!({})).await?, 204),
            "role" => (scene.admin.patch(&path, &json!({"role": "viewer"})).await?, 200),
            "disabled" => (scene.admin.patch(&path, &json!({"enabled": false})).await?, 200),
            _ => (scene.admin.delete(&path).await?, 204),
        };
        assert_eq!(done.status, status, "{how}: {done:?}");
        assert_eq!(closed(&mut socket).await, 4401, "{how}");
    }
    Ok(())
}

#[tokio::test]
async fn fault_41_watchers_are_limited() -> anyhow::Result<()> {
    const MOST: usize = 6;
    let fleet = FleetOptions {
        devices: 10,
        think: Duration::from_secs(1),
        ..FleetOptions::default()
    };
    let scene = Scene::with(fleet, Setup::default().arg("--max-watchers").arg(MOST.to_string())).await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 1})))
        .await?;
    let bearer = [("authorization", format!("Bearer {}", scene.admin.token()))];
    let path = format!("/api/v1/collections/{id}/progress");
    let mut watchers = Vec::new();
    for _ in 0..MOST {
        watchers.push(scene.socket(&id, 0).await?);
    }
    for _ in 0..20 {
        assert_eq!(refused(&scene, &path, &bearer).await, 429);
    }
    let stream = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/event-stream"))
        .await?;
    assert_eq!((stream.status, stream.code()), (429, "too_many_watchers".to_owned()));
    assert!(stream.header("retry-after").parse::<u64>()? > 0);
    // Everything else goes on, and so does who has a place.
    assert_eq!(scene.admin.get("/api/v1/collections").await?.status, 200);
    assert!(next(&mut watchers[0]).await?.is_some());
    watchers.pop();
    let free = async {
        while refused(&scene, &path, &bearer).await == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free).await?;
    Ok(())
}

async fn fault_41_a_slow_watcher_holds_nobody_up_and_misses_nothing() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 200,
        ..FleetOptions::default()
    })
    .await?;
    let request = scene.request(&["configs", "arp", "version"], json!({"max_workers": 50}));
    let alone = Instant::now();
    let first = scene.start(&request).await?;
    scene.end(&first).await?;
    let alone = alone.elapsed();
    let watched = Instant::now();
    let id = scene.start(&request).await?;
    let mut slow = Vec::new();
    for _ in 0..10 {
        slow.push(small_socket(&scene, &id).await?);
    }
    let events = scene.events(&id).await?;
    let watched = watched.elapsed();
    check_events(&events, 200);
    assert!(
        watched < alone * 3 + Duration::from_secs(2),
        "{watched:?}, alone {alone:?}"
    );
    for mut late in slow {
        let mut seen = Vec::new();
        while let Some(event) = next(&mut late).await? {
            seen.push(event);
        }
        assert!(seen == events, "{} of {} events", seen.len(), events.len());
    }
    Ok(())
}

/// A connection that takes hardly anything as long as nobody reads from it.
async fn small_socket(scene: &Scene, id: &str) -> anyhow::Result<Socket> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(2048)?;
    let place = scene.server.url().trim_start_matches("http://").to_owned();
    let stream = socket.connect(place.parse()?).await?;
    let mut request = format!("ws://{place}/api/v1/collections/{id}/progress").into_client_request()?;
    let bearer = format!("Bearer {}", scene.admin.token());
    request.headers_mut().insert("authorization", bearer.parse()?);
    let stream = tokio_tungstenite::MaybeTlsStream::Plain(stream);
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}
