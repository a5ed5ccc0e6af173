//! One SSH connection to one device: connecting, the handshake, host key, login, and the shell.

use std::{net::SocketAddr, sync::Arc, sync::Mutex, time::Duration};

use russh::{
    Channel, Disconnect,
    client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse, Msg},
    keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::net::TcpStream;

use crate::error::{DeviceError, FailureKind};

mod algorithms;
pub use algorithms::client_config;

/// What a device is logged in with. Secrets are dropped with it.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Name of the user.
    pub username: String,
    /// For the methods password and keyboard-interactive.
    pub password: Option<SecretString>,
    /// For the privileged mode.
    pub enable_password: Option<SecretString>,
    /// For the method publickey.
    pub private_key: Option<Arc<PrivateKey>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What the caller says about a host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeyDecision {
    /// Known, or not checked.
    Accept,
    /// Not known, and the policy does not take new ones.
    Unknown,
    /// Another one is known for this device.
    Changed,
}

/// Known host keys; kept by the caller.
pub trait HostKeys: Send + Sync + 'static {
    /// Decides on the key that a device shows; `key` is in OpenSSH's format (`ssh-ed25519 AAAA…`). Called before any
    /// secret is sent.
    fn check(&self, address: SocketAddr, key: &str) -> HostKeyDecision;
}

/// What the two sides agreed on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Negotiated {
    /// The peer's version string.
    pub peer_version: String,
    /// Key exchange.
    pub kex: String,
    /// Host key algorithm.
    pub host_key: String,
    /// Cipher.
    pub cipher: String,
    /// MAC towards us.
    pub mac: String,
}

#[derive(Debug, Default)]
struct Seen {
    negotiated: Negotiated,
    decision: Option<HostKeyDecision>,
}

struct Peer {
    address: SocketAddr,
    host_keys: Arc<dyn HostKeys>,
    seen: Arc<Mutex<Seen>>,
}

impl Peer {
    fn note(&self, change: impl FnOnce(&mut Seen)) {
        if let Ok(mut seen) = self.seen.lock() {
            change(&mut seen);
        }
    }
}

impl client::Handler for Peer {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let text = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.to_openssh(),
            PublicKeyOrCertificate::Certificate(certificate) => certificate.to_openssh(),
        };
        let decision = match text {
            Ok(text) => self.host_keys.check(self.address, &text),
            Err(_) => HostKeyDecision::Unknown,
        };
        self.note(|seen| seen.decision = Some(decision));
        Ok(decision == HostKeyDecision::Accept)
    }

    async fn kex_done(
        &mut self,
        _secret: Option<&[u8]>,
        names: &russh::Names,
        session: &mut client::Session,
    ) -> Result<(), Self::Error> {
        let peer_version = String::from_utf8_lossy(session.remote_sshid()).into_owned();
        self.note(|seen| {
            seen.negotiated = Negotiated {
                peer_version,
                kex: names.kex.as_ref().to_owned(),
                host_key: names.key.to_string(),
                cipher: names.cipher.as_ref().to_owned(),
                mac: names.server_mac.as_ref().to_owned(),
            };
        });
        Ok(())
    }
}

/// A connection whose handshake is over.
pub struct Connection {
    handle: Handle<Peer>,
    seen: Arc<Mutex<Seen>>,
}

/// Time limits of a connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectLimits {
    /// For TCP.
    pub connect: Duration,
    /// For everything from the version string to the agreed keys.
    pub handshake: Duration,
    /// For the login.
    pub login: Duration,
}

impl Connection {
    /// Connects and agrees on keys; no secret has been sent when it returns.
    ///
    /// # Errors
    /// With the kind that says how far it came.
    pub async fn open(
        address: SocketAddr,
        config: Arc<client::Config>,
        host_keys: Arc<dyn HostKeys>,
        limits: ConnectLimits,
    ) -> Result<Self, DeviceError> {
        let stream = tokio::time::timeout(limits.connect, TcpStream::connect(address))
            .await
            .map_err(|_| {
                let seconds = limits.connect.as_secs_f32();
                DeviceError::new(FailureKind::ConnectTimeout, format!("No answer from {address} within {seconds} seconds"))
            })?
            .map_err(|error| connect_error(address, &error))?;
        stream.set_nodelay(true).map_err(|error| connect_error(address, &error))?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let peer = Peer { address, host_keys, seen: Arc::clone(&seen) };
        let handshake = client::connect_stream(config, stream, peer);
        match tokio::time::timeout(limits.handshake, handshake).await {
            Ok(Ok(handle)) => Ok(Self { handle, seen }),
            Ok(Err(error)) => Err(handshake_error(&error, &seen)),
            Err(_) => {
                let seconds = limits.handshake.as_secs_f32();
                Err(DeviceError::new(
                    FailureKind::SshNegotiationFailed,
                    format!("The SSH handshake did not end within {seconds} seconds"),
                ))
            }
        }
    }

    /// What was agreed on.
    pub fn negotiated(&self) -> Negotiated {
        self.seen.lock().map(|seen| seen.negotiated.clone()).unwrap_or_default()
    }

    /// Logs in with at most one attempt that carries the password.
    ///
    /// # Errors
    /// `authentication_failed`, or what broke the connection.
    pub async fn log_in(&mut self, credentials: &Credentials, username: &str, limit: Duration) -> Result<(), DeviceError> {
        match tokio::time::timeout(limit, self.authenticate(credentials, username)).await {
            Ok(result) => result,
            Err(_) => Err(DeviceError::new(
                FailureKind::ConnectTimeout,
                format!("The login did not end within {} seconds", limit.as_secs_f32()),
            )),
        }
    }

    async fn authenticate(&mut self, credentials: &Credentials, username: &str) -> Result<(), DeviceError> {
        let broken = |error: russh::Error| login_error(&error);
        // Asking with the method `none` names the methods without spending an attempt with a secret.
        let mut methods = match self.handle.authenticate_none(username).await.map_err(broken)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => remaining_methods,
        };
        let offered: Vec<String> = methods.iter().map(|method| <&str>::from(method).to_owned()).collect();
        if let Some(key) = &credentials.private_key
            && methods.contains(&russh::MethodKind::PublicKey)
        {
            let hash = self.handle.best_supported_rsa_hash().await.map_err(broken)?.flatten();
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            match self.handle.authenticate_publickey(username, key).await.map_err(broken)? {
                AuthResult::Success => return Ok(()),
                AuthResult::Failure { remaining_methods, .. } => methods = remaining_methods,
            }
        }
        if let Some(password) = &credentials.password {
            if methods.contains(&russh::MethodKind::Password) {
                let result = self.handle.authenticate_password(username, password.expose_secret()).await.map_err(broken)?;
                match result {
                    AuthResult::Success => return Ok(()),
                    AuthResult::Failure { partial_success: true, remaining_methods } => methods = remaining_methods,
                    AuthResult::Failure { .. } => return Err(refused(username)),
                }
                if methods.contains(&russh::MethodKind::KeyboardInteractive) {
                    return Err(DeviceError::new(
                        FailureKind::InteractionRequired,
                        "The device asks for a second factor after the password",
                    ));
                }
                return Err(refused(username));
            }
            if methods.contains(&russh::MethodKind::KeyboardInteractive) {
                return self.keyboard_interactive(username, password).await;
            }
        }
        Err(DeviceError::new(
            FailureKind::AuthenticationFailed,
            format!("Authentication failed: the device offers {} and none fits what is given", offered.join(", ")),
        ))
    }

    async fn keyboard_interactive(&mut self, username: &str, password: &SecretString) -> Result<(), DeviceError> {
        let broken = |error: russh::Error| login_error(&error);
        let mut answer =
            self.handle.authenticate_keyboard_interactive_start(username, None).await.map_err(broken)?;
        let mut password_sent = false;
        loop {
            match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(()),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Err(refused(username)),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let mut answers = Vec::with_capacity(prompts.len());
                    for prompt in &prompts {
                        let text = prompt.prompt.to_ascii_lowercase();
                        let asks_password = text.contains("password") && !asks_for_code(&text) && !prompt.echo;
                        if asks_password && !password_sent {
                            password_sent = true;
                            answers.push(password.expose_secret().to_owned());
                        } else {
                            return Err(DeviceError::new(
                                FailureKind::InteractionRequired,
                                "The login asks for something that is neither user name nor password",
                            ));
                        }
                    }
                    answer =
                        self.handle.authenticate_keyboard_interactive_respond(answers).await.map_err(broken)?;
                }
            }
        }
    }

    /// Opens the shell. The requests for terminal and shell go out together; both answers are awaited.
    ///
    /// # Errors
    /// `shell_refused`, or what broke the connection.
    pub async fn open_shell(&self, columns: u32, rows: u32) -> Result<Channel<Msg>, DeviceError> {
        let refused = |what: &str| DeviceError::new(FailureKind::ShellRefused, format!("The device refused {what}"));
        let mut channel = self.handle.channel_open_session().await.map_err(|error| match error {
            russh::Error::ChannelOpenFailure(_) => refused("a session"),
            error => disconnected(&error),
        })?;
        let broken = |error: russh::Error| disconnected(&error);
        channel.request_pty(true, "vt100", columns, rows, 0, 0, &[]).await.map_err(broken)?;
        channel.request_shell(true).await.map_err(broken)?;
        for what in ["a terminal", "a shell"] {
            match channel.wait().await {
                Some(russh::ChannelMsg::Success) => {}
                Some(russh::ChannelMsg::Failure) => return Err(refused(what)),
                Some(russh::ChannelMsg::WindowAdjusted { .. }) => {}
                _ => return Err(refused(what)),
            }
        }
        Ok(channel)
    }

    /// Says good-bye; nobody waits for the answer.
    pub async fn close(self) {
        let _ = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

fn asks_for_code(prompt: &str) -> bool {
    ["one-time", "otp", "code", "token", "passcode", "new password", "expired"].iter().any(|word| prompt.contains(word))
}

fn refused(username: &str) -> DeviceError {
    DeviceError::new(FailureKind::AuthenticationFailed, format!("Authentication failed for user {username}"))
}

fn disconnected(error: &russh::Error) -> DeviceError {
    DeviceError::new(FailureKind::Disconnected, format!("The device closed the connection ({error})"))
}

fn login_error(error: &russh::Error) -> DeviceError {
    DeviceError::new(FailureKind::Disconnected, format!("The device closed the connection during login ({error})"))
}

fn connect_error(address: SocketAddr, error: &std::io::Error) -> DeviceError {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => {
            DeviceError::new(FailureKind::ConnectionRefused, format!("Connection refused by {address}"))
        }
        Io::TimedOut => DeviceError::new(FailureKind::ConnectTimeout, format!("No answer from {address}")),
        Io::ConnectionReset | Io::ConnectionAborted => {
            DeviceError::new(FailureKind::Disconnected, format!("{address} reset the connection"))
        }
        Io::HostUnreachable | Io::NetworkUnreachable => {
            DeviceError::new(FailureKind::NoRoute, format!("No route to host {address}"))
        }
        _ => DeviceError::new(FailureKind::Internal, format!("Cannot connect to {address}: {error}")),
    }
}

fn handshake_error(error: &russh::Error, seen: &Mutex<Seen>) -> DeviceError {
    match seen.lock().ok().and_then(|seen| seen.decision) {
        Some(HostKeyDecision::Changed) => {
            return DeviceError::new(FailureKind::HostKeyChanged, "The host key is not the one known for this device");
        }
        Some(HostKeyDecision::Unknown) => {
            return DeviceError::new(FailureKind::HostKeyUnknown, "The host key of the device is not known");
        }
        _ => {}
    }
    let message = match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            format!("No common {kind:?} algorithm; the device offers {}", theirs.join(", "))
        }
        russh::Error::Version => "The device does not speak SSH version 2".to_owned(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
            return DeviceError::new(FailureKind::Disconnected, "The device reset the connection before the login");
        }
        russh::Error::Disconnect | russh::Error::IO(_) | russh::Error::HUP => {
            return DeviceError::new(FailureKind::Disconnected, "The device closed the connection during the handshake");
        }
        error => format!("The SSH handshake failed: {error}"),
    };
    DeviceError::new(FailureKind::SshNegotiationFailed, message)
}
