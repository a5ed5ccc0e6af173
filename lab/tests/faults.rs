//! Devices that do not work, seen by a real SSH client.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail in any way"
)]

mod client;

use std::sync::Arc;
use std::time::Duration;

use client::{Terminal, connect};
use lab::{DeviceInfo, Fault, Fleet, FleetOptions, Platform};
use russh::client::KeyboardInteractiveAuthResponse as Answer;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

async fn faulty(fault: &str) -> (Fleet, DeviceInfo) {
    let fault: Fault = fault.parse().unwrap();
    let options = FleetOptions {
        devices: 1,
        platforms: vec![Platform::CiscoIos],
        enable_password: "lab-Enable1".to_owned(),
        faults: vec![(0, fault)],
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let device = fleet.devices()[0].clone();
    (fleet, device)
}

/// Everything that comes before the other side closes.
async fn raw(device: &DeviceInfo, most: usize) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(device.address).await?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    while bytes.len() < most {
        match stream.read(&mut buffer).await? {
            0 => break,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(bytes)
}

/// A privileged shell at its prompt.
async fn shell(device: &DeviceInfo) -> Terminal {
    let mut terminal = Terminal::open(device, "lab", 24).await;
    let text = terminal.until(&["#", ">", "# ", "> ", "\x1b[0m"]).await;
    if text.ends_with('>') {
        terminal.type_in("enable\n").await;
        terminal.until(&["Password: "]).await;
        terminal.type_in(&format!("{}\n", device.enable_password)).await;
        terminal.until(&["#"]).await;
    }
    terminal.type_in("terminal length 0\n").await;
    terminal.until(&["#", "# ", "> ", "\x1b[0m"]).await;
    terminal
}

#[tokio::test]
async fn before_ssh() {
    let (_fleet, device) = faulty("tcp-silent").await;
    assert!(
        tokio::time::timeout(Duration::from_millis(50), raw(&device, 1))
            .await
            .is_err()
    );
    let (_fleet, device) = faulty("banner-cut").await;
    assert_eq!(raw(&device, 100).await.unwrap(), b"SSH-2.0-Cis");
    let (_fleet, device) = faulty("banner-rst").await;
    assert!(raw(&device, 100).await.is_err());
    let (_fleet, device) = faulty("banner-garbage:50000").await;
    assert_eq!(raw(&device, 50_000).await.unwrap().len(), 50_000);
    let (_fleet, device) = faulty("banner-endless:1").await;
    assert!(
        String::from_utf8(raw(&device, 500).await.unwrap())
            .unwrap()
            .matches('\n')
            .count()
            > 5
    );
    let (_fleet, device) = faulty("ssh1-only").await;
    assert!(raw(&device, 10).await.unwrap().starts_with(b"SSH-1.5-"));
}

#[tokio::test]
async fn keys_and_algorithms() {
    let (fleet, device) = faulty("hostkey-changes").await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let (_, seen) = connect(&device).await.unwrap();
        keys.push(seen.lock().unwrap()[0].clone());
    }
    assert!(keys[0] != keys[1] && keys[1] == keys[2]);
    fleet.set_fault(&device.name, None);
    fleet.set_host_key_generation(&device.name, 5);
    let (_, seen) = connect(&device).await.unwrap();
    assert!(!keys.contains(&seen.lock().unwrap()[0]));

    let (_fleet, mut device) = faulty("legacy-only").await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.until(&["#", ">"]).await;
    device.needs_legacy = false;
    assert!(connect(&device).await.is_err());
}

#[tokio::test]
async fn logins() {
    let (fleet, device) = faulty("auth-refused").await;
    let (mut session, _) = connect(&device).await.unwrap();
    assert!(
        !session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let counters = fleet.counters();
    assert_eq!(
        (counters.auth_attempts, counters.auth_failures, counters.logins),
        (1, 1, 0)
    );

    let (_fleet, device) = faulty("publickey-only").await;
    let (mut session, _) = connect(&device).await.unwrap();
    assert!(
        !session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let key = russh::keys::PrivateKey::from(russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[1; 32]));
    let key = russh::keys::PrivateKeyWithHashAlg::new(Arc::new(key), None);
    assert!(session.authenticate_publickey("lab", key).await.unwrap().success());

    let (fleet, device) = faulty("kbdint").await;
    let (mut session, _) = connect(&device).await.unwrap();
    let Answer::InfoRequest { prompts, .. } = session
        .authenticate_keyboard_interactive_start("lab", None)
        .await
        .unwrap()
    else {
        panic!("no question")
    };
    assert_eq!(prompts[0].prompt, "Password: ");
    let answer = session
        .authenticate_keyboard_interactive_respond(vec![device.password.clone()])
        .await
        .unwrap();
    assert!(matches!(answer, Answer::Success));
    assert_eq!(fleet.counters().auth_attempts, 1);

    let (fleet, device) = faulty("kbdint-2step").await;
    let (mut session, _) = connect(&device).await.unwrap();
    session
        .authenticate_keyboard_interactive_start("lab", None)
        .await
        .unwrap();
    let answer = session
        .authenticate_keyboard_interactive_respond(vec![device.password.clone()])
        .await
        .unwrap();
    let Answer::InfoRequest { prompts, .. } = answer else {
        panic!("no second question")
    };
    assert_eq!(prompts[0].prompt, "One-time password (OTP): ");
    let answer = session
        .authenticate_keyboard_interactive_respond(vec![device.password.clone()])
        .await
        .unwrap();
    assert!(matches!(answer, Answer::Failure { .. }));
    assert_eq!(fleet.counters().secrets_typed_at_prompt, 1);
}

#[tokio::test]
async fn sessions() {
    let (_fleet, device) = faulty("max-sessions-1").await;
    let first = shell(&device).await;
    assert!(connect(&device).await.is_err());
    drop(first);

    // Two that have not logged in: the second is dropped, and there is room again when the first is gone.
    let (fleet, device) = faulty("max-startups").await;
    let first = TcpStream::connect(device.address).await.unwrap();
    first.readable().await.unwrap();
    assert_eq!(raw(&device, 1).await.unwrap_or_default(), b"");
    drop(first);
    while connect(&device).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(fleet.counters().auth_attempts, 0);

    let (_fleet, device) = faulty("pty-refused").await;
    let (mut session, _) = connect(&device).await.unwrap();
    assert!(
        session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let mut channel = session.channel_open_session().await.unwrap();
    channel.request_pty(true, "vt100", 511, 24, 0, 0, &[]).await.unwrap();
    assert!(matches!(channel.wait().await, Some(russh::ChannelMsg::Failure)));

    let (_fleet, device) = faulty("shell-refused").await;
    let (mut session, _) = connect(&device).await.unwrap();
    assert!(
        session
            .authenticate_password("lab", device.password.as_str())
            .await
            .unwrap()
            .success()
    );
    let mut channel = session.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    assert!(matches!(channel.wait().await, Some(russh::ChannelMsg::Failure)));

    let (fleet, device) = faulty("password-expired").await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.until(&["New password: "]).await;
    terminal.type_in(&format!("{}\n", device.password)).await;
    terminal.until(&["New password: "]).await;
    assert_eq!(fleet.counters().secrets_typed_at_prompt, 1);

    let (_fleet, device) = faulty("password-age-warning").await;
    assert!(
        Terminal::open(&device, "lab", 24)
            .await
            .until(&["#", ">"])
            .await
            .contains("will expire")
    );

    let (_fleet, device) = faulty("late-prompt:30").await;
    let start = std::time::Instant::now();
    Terminal::open(&device, "lab", 24)
        .await
        .until(&[&format!("\n{}#", device.name), &format!("\n{}>", device.name)])
        .await;
    assert!(start.elapsed() >= Duration::from_millis(30));

    // Whatever is typed, nothing comes; the device is there all the same and ends with the client.
    let (fleet, device) = faulty("no-prompt").await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    terminal.type_in("\n\n").await;
    let said = tokio::time::timeout(Duration::from_millis(30), terminal.rest()).await;
    assert!(said.is_err() && !said.is_ok_and(|text| text.contains(&device.name)));
    assert_eq!(fleet.counters().open_sessions, 1);

    let (_fleet, device) = faulty("motd-hash").await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    let text = terminal.until(&["#", ">"]).await;
    assert!(text.contains(&format!("{0}#\r\n{0}>\r\n", device.name)));
    assert!(text.contains("Access #\r\n"));

    let (_fleet, device) = faulty("more-at-login").await;
    let mut terminal = Terminal::open(&device, "lab", 24).await;
    for _ in 0..2 {
        terminal.until(&[" --More-- "]).await;
        terminal.type_in(" ").await;
    }
    terminal.until(&["#", ">"]).await;
}

#[tokio::test]
async fn enable() {
    for (fault, answer) in [
        ("enable-ok", "#"),
        ("enable-wrong", "Password: "),
        ("enable-echoes-password", "#"),
    ] {
        let (fleet, device) = faulty(fault).await;
        assert!(device.needs_enable);
        let mut terminal = Terminal::open(&device, "lab", 24).await;
        terminal.until(&[">"]).await;
        terminal.type_in("show running-config\n").await;
        assert!(terminal.until(&[">"]).await.contains("% Invalid input"));
        terminal.type_in("enable\n").await;
        terminal.until(&["Password: "]).await;
        terminal.type_in("lab-Enable1\n").await;
        let text = terminal.until(&[answer]).await;
        assert_eq!(text.starts_with("lab-Enable1"), fault == "enable-echoes-password");
        assert_eq!(fleet.counters().secrets_typed_at_prompt, 0);
    }
}

#[tokio::test]
async fn echoes_and_prompts() {
    let (_fleet, device) = faulty("prompt-changes").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show clock\n").await;
    terminal.until(&["-standby#", "#"]).await;
    terminal.type_in("show clock\n").await;
    terminal.until(&["-standby#"]).await;

    let (_fleet, device) = faulty("no-hostname-prompt").await;
    shell(&device).await;

    let (_fleet, device) = faulty("no-echo").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show clock\n").await;
    assert!(!terminal.until(&["#"]).await.contains("show clock"));

    let (_fleet, device) = faulty("doubled-echo").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show clock\n").await;
    assert!(terminal.until(&["#"]).await.starts_with("show clock\r\nshow clock\r\n"));

    for (fault, sign) in [("wrapped-echo", "\r\n"), ("redrawn-echo", "$")] {
        let (_fleet, device) = faulty(fault).await;
        let mut terminal = shell(&device).await;
        terminal
            .type_in("show ip bgp vpnv4 all neighbors 192.0.2.1 advertised-routes")
            .await;
        assert!(
            terminal
                .until(&["routes", "outes", "utes", "tes", "es"])
                .await
                .contains(sign),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn output() {
    let (_fleet, device) = faulty("infinite").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show version\n").await;
    terminal.until(&["on and on\r\n"]).await;
    terminal.type_in("\x03").await;
    terminal.until(&[&format!("^C\r\n{}#", device.name)]).await;

    for (fault, least) in [("huge:3000000", 2_900_000), ("long-line:1000000", 990_000)] {
        let (_fleet, device) = faulty(fault).await;
        let mut terminal = shell(&device).await;
        terminal.type_in("show running-config\n").await;
        let text = terminal.until(&[&format!("\nend\r\n{}#", device.name)]).await;
        assert!((least..least + 200_000).contains(&text.len()), "{fault} {}", text.len());
    }

    let (fleet, device) = faulty("lookalike:1").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show running-config\n").await;
    let text = terminal.until(&[&format!("\nend\r\n{}#", device.name)]).await;
    assert_eq!(text.matches(&format!("\n{}#\r\n", device.name)).count(), 2);
    assert!(
        text.replace("\r\n", "\n")
            .contains(fleet.expected(&device.name, "show running-config").unwrap().as_str())
    );

    for (fault, sign) in [
        ("ansi", "\x1b[32m"),
        ("binary", "\0"),
        ("drip:0", "Register"),
        ("syslog", "%LINEPROTO-5-UPDOWN"),
        ("unknown-command", "% Invalid input"),
        ("hostile", "Cisco IOS XE"),
    ] {
        let (_fleet, device) = faulty(fault).await;
        let mut terminal = shell(&device).await;
        terminal.type_in("show version\n").await;
        let text = terminal.until(&[&format!("{}#", device.name), "#\x1b[0m"]).await;
        assert!(text.contains(sign) || fault == "drip:0", "{fault}");
    }

    let (_fleet, device) = faulty("empty").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show version\n").await;
    assert_eq!(
        terminal.until(&["#"]).await,
        format!("show version\r\n{}#", device.name)
    );

    let (_fleet, device) = faulty("stall-mid").await;
    let mut terminal = shell(&device).await;
    terminal.type_in("show running-config\n\x03\n").await;
    terminal.until_has("Building configuration...\r\n", 1).await;
    let rest = tokio::time::timeout(Duration::from_millis(100), terminal.rest()).await;
    assert!(rest.is_err(), "a device that stalls neither ends nor closes");

    let (_fleet, device) = faulty("drip:2").await;
    let mut terminal = shell(&device).await;
    let start = std::time::Instant::now();
    terminal.type_in("show clock\n").await;
    let text = terminal.until(&[&format!("\n{}#", device.name)]).await;
    assert!(start.elapsed() >= Duration::from_millis(2 * 30) && text.len() > 30);

    for fault in ["close-mid", "rst-mid"] {
        let (_fleet, device) = faulty(fault).await;
        let mut terminal = shell(&device).await;
        terminal.type_in("show running-config\n").await;
        let text = terminal.rest().await;
        assert!(
            text.contains("Building configuration") && !text.contains("\nend"),
            "{fault}"
        );
        let reset = match terminal.session.await {
            Err(russh::Error::IO(error)) => error.kind() == std::io::ErrorKind::ConnectionReset,
            _ => false,
        };
        assert_eq!(reset, fault == "rst-mid", "{fault}");
    }

    for (fault, pager) in [
        ("pager-stays", " --More-- "),
        ("pager-unknown-text", "<--- Press any key for more --->"),
    ] {
        let (_fleet, device) = faulty(fault).await;
        let mut terminal = shell(&device).await;
        terminal.type_in("show running-config\n").await;
        terminal.until(&[pager]).await;
    }
}

/// Log lines stand after the echo, in the output, and between the prompt and whatever is typed next.
#[tokio::test]
async fn log_lines() {
    let (fleet, device) = faulty("syslog").await;
    let mut terminal = shell(&device).await;
    for _ in 0..3 {
        terminal.type_in("show version\n").await;
        let text = terminal.until_has("changed state to up\r\n", 3).await;
        assert!(text.contains("show version\r\n\r\n*"), "{text:?}");
        assert!(text.contains(&format!("\n{}#\r\n*", device.name)), "{text:?}");
    }
    // What is expected of a capture is the text without them.
    assert!(
        !fleet
            .expected(&device.name, "show version")
            .unwrap()
            .contains("%LINEPROTO")
    );
}

/// The wire carries what the fault says, and `expected` the text that a capture of it has to hold.
#[tokio::test]
async fn hostile_names_are_in_the_tables() {
    let options = FleetOptions {
        devices: 4,
        site_count: 1,
        platforms: vec![Platform::CiscoIos],
        faults: (0..4).map(|index| (index, Fault::Hostile)).collect(),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    let all = |command: &str| -> String {
        let texts = fleet
            .devices()
            .iter()
            .map(|d| fleet.expected(&d.name, command).unwrap());
        texts.collect()
    };
    assert!(all("show running-config").contains("description <script>alert(1)</script>"));
    assert!(all("show interfaces").contains("=HYPERLINK("));
    assert!(all("show lldp neighbors detail").contains("System Name: <img src=x onerror=alert(1)>"));
    assert!(all("show lldp neighbors detail").contains("System Name: =HYPERLINK("));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_takes_the_fleet_down() {
    let faults = Fault::all();
    let options = FleetOptions {
        devices: faults.len() + 1,
        faults: faults.iter().copied().enumerate().collect(),
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    for device in fleet.devices() {
        let tried = async {
            let Ok((mut session, _)) = connect(device).await else {
                return;
            };
            let Ok(answer) = session.authenticate_password("lab", device.password.as_str()).await else {
                return;
            };
            if !answer.success() {
                return;
            }
            let Ok(channel) = session.channel_open_session().await else {
                return;
            };
            let _ = channel.request_pty(true, "vt100", 80, 24, 0, 0, &[]).await;
            let _ = channel.request_shell(true).await;
            let _ = channel.data_bytes(b"show version\n\x03\nexit\n".to_vec()).await;
        };
        let _ = tokio::time::timeout(Duration::from_millis(100), tried).await;
    }
    let healthy = fleet.devices().last().unwrap();
    shell_of_any(healthy).await;
    fleet.stop().await;
}

async fn shell_of_any(device: &DeviceInfo) {
    Terminal::open(device, "lab", 24)
        .await
        .until(&["#", "# ", ">", "> ", "$ "])
        .await;
}
