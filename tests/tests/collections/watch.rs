//! Watching: whoever loses the connection, and however often, sees every event once and in order.

use std::time::Duration;

use lab::FleetOptions;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::scene::{Scene, check_events, next};

const DEVICES: usize = 200;
const DROPS: usize = 20;

#[tokio::test]
async fn a_watcher_who_drops_the_connection_misses_nothing() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: DEVICES,
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 50})))
        .await?;
    let mut seen: Vec<Value> = Vec::new();
    for drop_number in 0..DROPS {
        let mut socket = scene.socket(&id, i64::try_from(seen.len())?).await?;
        // Uneven, so that connections end in the middle of what was stored together.
        for _ in 0..(drop_number * 7) % 23 + 1 {
            match next(&mut socket).await? {
                Some(event) => seen.push(event),
                None => break,
            }
        }
        drop(socket);
    }
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

#[tokio::test]
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
async fn who_may_not_watch_is_told_before_the_upgrade() -> anyhow::Result<()> {
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

#[tokio::test]
async fn a_socket_closes_when_its_session_is_revoked() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 10,
        think: Duration::from_secs(1),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp"], json!({"max_workers": 1})))
        .await?;
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let ticket = viewer
        .post(&format!("/api/v1/collections/{id}/progress-ticket"), &json!({}))
        .await?;
    let url = format!(
        "{}/api/v1/collections/{id}/progress?ticket={}",
        scene.server.url().replacen("http", "ws", 1),
        ticket.text_of("/ticket")
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    next(&mut socket).await?;
    let out = viewer.post("/api/v1/auth/logout", &json!({})).await?;
    assert_eq!(out.status, 204, "{out:?}");
    let closing = async {
        use futures_util::StreamExt;
        loop {
            match socket.next().await {
                Some(Ok(tungstenite::Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    };
    let code = tokio::time::timeout(Duration::from_secs(2), closing).await?;
    assert_eq!(code, 4401);
    Ok(())
}
