//! A small SSH client that types and reads, for tests.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use lab::DeviceInfo;
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
        let mut text = String::new();
        let read = async {
            while !ends.iter().any(|end| text.ends_with(end)) {
                match self.channel.wait().await {
                    Some(ChannelMsg::Data { data }) => text.push_str(&String::from_utf8_lossy(&data)),
                    Some(_) => {}
                    None => break,
                }
            }
        };
        if tokio::time::timeout(Duration::from_secs(10), read).await.is_err() {
            panic!(
                "waited for {ends:?}, have {:?}",
                &text[text.len().saturating_sub(300)..]
            );
        }
        text
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
