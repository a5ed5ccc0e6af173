//! Many clients at once, clients that vanish, and whether what the devices counted is true.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Terminal, connect};
use lab::{Counters, DeviceInfo, Fault, Fleet, FleetOptions, Platform};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg};
use tokio::net::TcpStream;

const CLIENTS: usize = 200;

async fn one(fault: Option<Fault>) -> (Fleet, DeviceInfo) {
    let options = FleetOptions {
        devices: 1,
        platforms: vec![Platform::HpComware],
        faults: fault.map(|fault| (0, fault)).into_iter().collect(),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let device = fleet.devices()[0].clone();
    (fleet, device)
}

/// Waits until the counters are as wanted. They follow what a client does, a moment later.
async fn settled(fleet: &Fleet, wanted: impl Fn(&Counters) -> bool) -> Counters {
    let start = Instant::now();
    loop {
        let counters = fleet.counters();
        if wanted(&counters) {
            return counters;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{counters:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Connections of this device that a process still holds, as the kernel counts them.
fn held(device: &DeviceInfo) -> usize {
    let port = format!(":{:04X}", device.address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    // The local address, the state (0A: listens), the inode (0: no process has it any more).
    rows.filter(|row| row[1].ends_with(&port) && row[3] != "0A" && row[9] != "0")
        .count()
}

/// The kernel's table is not read in one moment: while other connections come and go it may leave one out.
async fn holds(device: &DeviceInfo, count: usize) {
    let start = Instant::now();
    while held(device) != count {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{} connections",
            held(device)
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn let_go(device: &DeviceInfo) {
    let start = Instant::now();
    while held(device) > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{} connections",
            held(device)
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_at_once() {
    let (fleet, device) = one(None).await;
    let terminals: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let device = device.clone();
            tokio::spawn(async move {
                let mut terminal = Terminal::open(&device, "lab", 24).await;
                terminal.until(&[&format!("<{}>", device.name)]).await;
                terminal
            })
        })
        .collect();
    let mut open = Vec::new();
    for terminal in terminals {
        open.push(terminal.await.unwrap());
    }
    let counters = fleet.counters();
    let clients = CLIENTS as u64;
    assert_eq!(
        (counters.connections, counters.logins, counters.shells),
        (clients, clients, clients)
    );
    assert_eq!((counters.auth_attempts, counters.auth_failures), (clients, 0));
    assert_eq!(
        (counters.open_sessions, counters.max_concurrent_sessions),
        (clients, clients)
    );
    holds(&device, CLIENTS).await;
    // They vanish without a word, and nothing of them stays.
    drop(open);
    settled(&fleet, |counters| counters.open_sessions == 0).await;
    let_go(&device).await;
    assert_eq!(fleet.counters().max_concurrent_sessions, clients);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_never_speak_cost_nothing_but_a_socket() {
    let (fleet, device) = one(None).await;
    let mut silent = Vec::new();
    for _ in 0..CLIENTS {
        silent.push(TcpStream::connect(device.address).await.unwrap());
    }
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.until(&[&format!("<{}>", device.name)]).await;
    drop(silent);
    let counters = settled(&fleet, |c| c.connections == CLIENTS as u64 + 1).await;
    assert_eq!((counters.max_concurrent_sessions, counters.auth_attempts), (1, 1));
    fleet.stop().await;
}

/// A client that stops reading in the middle of endless output: the device waits, and ends with the fleet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_does_not_hold_the_fleet() {
    let (fleet, device) = one(Some(Fault::Infinite)).await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.until(&[&format!("<{}>", device.name)]).await;
    terminal.type_in("display version\n").await;
    terminal.until(&["on and on\r\n"]).await;
    holds(&device, 1).await;
    fleet.stop().await;
    let_go(&device).await;
    drop(terminal);
}

#[tokio::test]
async fn only_secrets_are_attempts() {
    let (fleet, device) = one(None).await;
    let (mut session, _) = connect(&device).await.unwrap();
    // Neither asking what there is nor a key that the device does not know carries a secret.
    assert!(!session.authenticate_none("lab").await.unwrap().success());
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[1; 32]));
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    assert!(!session.authenticate_publickey("lab", key).await.unwrap().success());
    session
        .authenticate_keyboard_interactive_start("lab", None)
        .await
        .unwrap();
    session
        .authenticate_keyboard_interactive_respond(vec![String::new()])
        .await
        .unwrap();
    assert_eq!((fleet.counters().auth_attempts, fleet.counters().auth_failures), (0, 0));
    assert!(!session.authenticate_password("lab", "wrong").await.unwrap().success());
    assert_eq!((fleet.counters().auth_attempts, fleet.counters().auth_failures), (1, 1));
    assert!(
        session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let counters = fleet.counters();
    assert_eq!(
        (counters.auth_attempts, counters.auth_failures, counters.logins),
        (2, 1, 1)
    );
    drop(session);
    settled(&fleet, |counters| counters.open_sessions == 0).await;
    fleet.stop().await;
}
