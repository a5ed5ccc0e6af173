//! Collections that are watched over a network and by a server that come and go.

use std::time::Duration;

use lab::FleetOptions;
use serde_json::Value;
use tests::server::Setup;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::desk::{Desk, Ran, Running};

fn slow(devices: usize) -> FleetOptions {
    FleetOptions {
        devices,
        think: Duration::from_millis(150),
        ..FleetOptions::default()
    }
}

fn each_once(desk: &Desk, ran: &Ran) {
    for device in desk.fleet.devices() {
        let lines = ran
            .err
            .lines()
            .filter(|line| line.starts_with(&format!("✔ {}: ", device.name)));
        assert_eq!(lines.count(), 1, "{}:\n{}", device.name, ran.err);
    }
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again_is_followed_to_the_end() -> anyhow::Result<()> {
    let mut desk = Desk::with(slow(24), Setup::on_one_port()?).await?.import().await?;
    let line = format!(
        "collect --all --types configs,arp --workers 4 --output json {}",
        desk.login()
    );
    let mut running = Running::new(desk.command(&line)?.spawn()?)?;
    for devices in [4, 6] {
        running.devices(devices).await?;
        desk.server.kill().await?;
        tokio::time::sleep(Duration::from_millis(700)).await;
        desk.server.again().await?;
    }
    let ran = desk.ended(running).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let outcome: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(outcome["devices_succeeded"], 24, "{outcome}");
    assert_eq!(ran.err.matches("Connecting again").count(), 2, "{}", ran.err);
    assert_eq!(
        ran.err.matches("Connected to the server again").count(),
        2,
        "{}",
        ran.err
    );
    each_once(&desk, &ran);
    Ok(())
}

/// Lets everything through but WebSockets, as some proxies do, one request on a connection.
async fn no_websockets(server: String) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server.clone()));
        }
    });
    Ok(format!("http://{address}"))
}

async fn pass(mut client: TcpStream, server: String) -> anyhow::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut some = [0; 4096];
        let read = client.read(&mut some).await?;
        anyhow::ensure!(read > 0);
        head.extend_from_slice(&some[..read]);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    if text.contains("upgrade: websocket") {
        client
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await?;
        return Ok(());
    }
    let mut server = TcpStream::connect(server.trim_start_matches("http://")).await?;
    let end = head.iter().position(|byte| *byte == b'\n').unwrap_or_default() + 1;
    server.write_all(&head[..end]).await?;
    server.write_all(b"connection: close\r\n").await?;
    server.write_all(&head[end..]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

#[tokio::test]
async fn where_no_websocket_gets_through_the_events_are_read_in_pages() -> anyhow::Result<()> {
    let desk = Desk::with(slow(6), Setup::default()).await?.import().await?;
    let proxy = no_websockets(desk.server.url().to_owned()).await?;
    let line = format!(
        "collect --all --types configs,arp --workers 3 --server {proxy} {}",
        desk.login()
    );
    let ran = desk.run(&line).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("No WebSocket gets through"), "{}", ran.err);
    each_once(&desk, &ran);
    Ok(())
}
