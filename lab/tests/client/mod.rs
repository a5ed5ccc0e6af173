//! A small SSH client that types and reads, for tests.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lab::{DeviceInfo, Fleet, FleetOptions, Platform};
use russh::client::{self, Handle, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg};

pub(crate) struct Trusting {
    pub(crate) keys: Arc<std::sync::Mutex<Vec<String>>>,
}

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        self.keys.lock().unwrap().push(format!("{key:?}"));
        Ok(true)
    }
}

pub(crate) struct Terminal {
    pub(crate) session: Handle<Trusting>,
    pub(crate) channel: Channel<Msg>,
    pub(crate) keys: Arc<std::sync::Mutex<Vec<String>>>,
}

pub(crate) async fn connect(
    device: &DeviceInfo,
) -> Result<(Handle<Trusting>, Arc<std::sync::Mutex<Vec<String>>>), russh::Error> {
    let keys = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut config = client::Config {
        nodelay: true,
        ..Default::default()
    };
    config.preferred.cipher = std::borrow::Cow::Borrowed(&[russh::cipher::AES_128_GCM, russh::cipher::AES_256_GCM]);
    if device.needs_legacy {
        config.preferred.kex = std::borrow::Cow::Borrowed(&[russh::kex::DH_G14_SHA1]);
        config.preferred.cipher = std::borrow::Cow::Borrowed(&[russh::cipher::AES_128_CBC]);
        config.preferred.mac = std::borrow::Cow::Borrowed(&[russh::mac::HMAC_SHA1]);
    }
    let session = client::connect(
        Arc::new(config),
        device.address,
        Trusting {
            keys: Arc::clone(&keys),
        },
    )
    .await?;
    Ok((session, keys))
}

impl Terminal {
    /// Logs in and opens a shell on a terminal with so many rows.
    pub(crate) async fn open(device: &DeviceInfo, user: &str, rows: u32) -> Terminal {
        let (mut session, keys) = connect(device).await.unwrap();
        assert!(
            session
                .authenticate_password(user, device.password.as_str())
                .await
                .unwrap()
                .success()
        );
        let channel = session.channel_open_session().await.unwrap();
        channel.request_pty(true, "vt100", 511, rows, 0, 0, &[]).await.unwrap();
        channel.request_shell(true).await.unwrap();
        Terminal { session, channel, keys }
    }

    pub(crate) async fn type_in(&self, text: &str) {
        self.channel.data_bytes(text.as_bytes().to_vec()).await.unwrap();
    }

    /// Reads until the text ends in one of these.
    pub(crate) async fn until(&mut self, ends: &[&str]) -> String {
        self.until_true(&format!("{ends:?}"), |text| ends.iter().any(|end| text.ends_with(end)))
            .await
    }

    /// Reads until the text holds this so many times.
    pub(crate) async fn until_has(&mut self, part: &str, times: usize) -> String {
        self.until_true(part, |text| text.matches(part).count() >= times).await
    }

    async fn until_true(&mut self, what: &str, done: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        let read = async {
            while !done(&text) {
                match self.channel.wait().await {
                    Some(ChannelMsg::Data { data }) => text.push_str(&String::from_utf8_lossy(&data)),
                    Some(_) => {}
                    None => break,
                }
            }
        };
        if tokio::time::timeout(Duration::from_secs(10), read).await.is_err() {
            panic!("waited for {what}, have {:?}", &text[text.len().saturating_sub(300)..]);
        }
        text
    }

    /// Reads as many lines and characters as this text has, carriage returns not counted.
    pub(crate) async fn exactly(&mut self, like: &str) -> String {
        let size = |text: &str| text.bytes().filter(|byte| *byte != b'\r').count();
        let (wanted, mut bytes) = (size(like), Vec::new());
        let read = async {
            while size(&String::from_utf8_lossy(&bytes)) < wanted {
                match self.channel.wait().await {
                    Some(ChannelMsg::Data { data }) => bytes.extend_from_slice(&data),
                    Some(_) => {}
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(10), read).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads until the channel is closed.
    pub(crate) async fn rest(&mut self) -> String {
        let mut text = String::new();
        while let Some(message) = self.channel.wait().await {
            if let ChannelMsg::Data { data } = message {
                text.push_str(&String::from_utf8_lossy(&data));
            }
        }
        text
    }
}

/// The prompt of a privileged session, as it stands at the end of what the device sent.
pub(crate) fn prompt(device: &DeviceInfo) -> String {
    let name = &device.name;
    match device.platform {
        Platform::CiscoIos | Platform::AristaEos => format!("\n{name}#"),
        Platform::CiscoNxos => format!("\r{name}# "),
        Platform::JuniperJunos => format!("\r\nlab@{name}> "),
        Platform::HpComware => format!("\n<{name}>"),
        Platform::MikrotikRouteros => format!("[lab@{name}] > "),
        Platform::Linux => format!("\nlab@{name}:~$ "),
    }
}

/// The devices of another process, from the inventory that it wrote; names, platforms and addresses are right.
pub(crate) async fn devices_of(inventory: &Path) -> Vec<DeviceInfo> {
    // A description of any device will do for the rest.
    let like = Fleet::start(FleetOptions {
        devices: 1,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let csv = std::fs::read_to_string(inventory).unwrap();
    csv.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            DeviceInfo {
                name: fields[0].to_owned(),
                address: format!("{}:{}", fields[1], fields[2]).parse().unwrap(),
                platform: fields[3].parse().unwrap(),
                needs_enable: false,
                ..like.devices()[0].clone()
            }
        })
        .collect()
}

/// The lab as a process of its own, so that nothing of the client is counted.
pub(crate) struct Lab {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Lab {
    pub(crate) fn start(binary: &Path, arguments: &[&str]) -> Lab {
        let mut child = Command::new(binary)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (
            child.stdin.take().unwrap(),
            BufReader::new(child.stdout.take().unwrap()),
        );
        let mut lab = Lab { child, input, output };
        assert!(lab.read().starts_with("ready "));
        lab
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn ask(&mut self, question: &str) -> serde_json::Value {
        writeln!(self.input, "{question}").unwrap();
        serde_json::from_str(&self.read()).unwrap()
    }

    pub(crate) fn cpu_ms(&mut self) -> u64 {
        let cpu = self.ask("cpu");
        cpu["user_ms"].as_u64().unwrap() + cpu["system_ms"].as_u64().unwrap()
    }

    pub(crate) fn quit(mut self) {
        writeln!(self.input, "quit").unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // After `quit` there is nothing left to kill; after a failed test there is.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
