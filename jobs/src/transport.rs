//! One SSH connection to one device: connecting, the handshake, host key, login, and the shell.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, sync::Mutex, time::Duration};

use russh::{
    Channel, Disconnect,
    client::{self, Handle, Msg},
    keys::{PrivateKey, PublicKeyOrCertificate},
};
use secrecy::SecretString;
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{DeviceError, FailureKind};

mod algorithms;
mod errors;
mod jump;
mod key;
mod login;
mod wire;
use algorithms::client_config;
pub(crate) use jump::Gate;
pub use jump::{JumpHost, JumpHosts, way};
pub use key::read_private_key;
pub use login::KnownMethods;

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
    /// Socket of an SSH agent, for the same method.
    pub agent: Option<PathBuf>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
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
    /// Decides on the key that a device shows. `host` is its address and port, `10.0.0.1:22`; behind jump hosts those stand
    /// before it, each as the one before knows it, `192.0.2.1:22/10.0.0.1:22`, for behind another one the same address is
    /// another device. `key` is in OpenSSH's format (`ssh-ed25519 AAAA…`). Called before any secret is sent.
    fn check(&self, host: &str, key: &str) -> HostKeyDecision;
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
    host: String,
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
            Ok(text) => self.host_keys.check(&self.host, &text),
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

/// How a connection is made.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Limit for TCP.
    pub connect: Duration,
    /// Limit for everything from the version string to the agreed keys.
    pub handshake: Duration,
    /// Limit for the login.
    pub login: Duration,
    /// Time without a word from the device after which it is asked whether it is still there.
    pub keepalive: Option<Duration>,
    /// Whether old algorithms are offered.
    pub legacy: bool,
}

/// A connection whose handshake is over.
pub struct Connection {
    handle: Handle<Peer>,
    /// By which its host key is known.
    host: String,
    seen: Arc<Mutex<Seen>>,
    legacy: bool,
    /// The device was shown a key or given a password in the login that runs.
    presented: bool,
    /// Ends the connection's own task with it, wherever that task waits.
    guard: Option<DropGuard>,
    /// What carries it.
    _jump: Option<Arc<Connection>>,
}

/// The addresses of a host name, the first of them.
///
/// # Errors
/// `dns_failed`.
pub async fn resolve(address: &str, port: u16) -> Result<SocketAddr, DeviceError> {
    if let Ok(ip) = address.parse() {
        return Ok(SocketAddr::new(ip, port));
    }
    let failed = |why: String| DeviceError::new(FailureKind::DnsFailed, format!("Cannot resolve {address}: {why}"));
    let mut found = tokio::net::lookup_host((address, port))
        .await
        .map_err(|error| failed(error.to_string()))?;
    found.next().ok_or_else(|| failed("the name has no address".to_owned()))
}

impl Connection {
    /// Connects and agrees on keys; no secret has been sent when it returns.
    ///
    /// # Errors
    /// With the kind that says how far it came.
    pub async fn open(
        address: SocketAddr,
        host_keys: Arc<dyn HostKeys>,
        settings: SessionSettings,
        abort: &CancellationToken,
    ) -> Result<Self, DeviceError> {
        let stream = tokio::time::timeout(settings.connect, TcpStream::connect(address))
            .await
            .map_err(|_| {
                let seconds = settings.connect.as_secs_f32();
                DeviceError::new(
                    FailureKind::ConnectTimeout,
                    format!("No answer from {address} within {seconds} seconds"),
                )
            })?
            .map_err(|error| errors::connecting(address, &error))?;
        stream
            .set_nodelay(true)
            .map_err(|error| errors::connecting(address, &error))?;
        Self::on(stream, address.to_string(), host_keys, settings, None, abort).await
    }

    /// Like [`Connection::open`], carried by another connection.
    async fn through(
        jump: &Arc<Connection>,
        address: &str,
        port: u16,
        host_keys: Arc<dyn HostKeys>,
        settings: SessionSettings,
        abort: &CancellationToken,
    ) -> Result<Self, DeviceError> {
        let opening = jump
            .handle
            .channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0);
        let channel = match tokio::time::timeout(settings.connect, opening).await {
            Ok(Ok(channel)) => channel,
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
                let message = format!("The jump host cannot reach {address}:{port} ({reason:?})");
                return Err(DeviceError::new(FailureKind::ConnectTimeout, message));
            }
            Ok(Err(error)) => return Err(errors::disconnected(&error)),
            Err(_) => {
                let message = format!("The jump host did not reach {address}:{port} in time");
                return Err(DeviceError::new(FailureKind::ConnectTimeout, message));
            }
        };
        let host = format!("{}/{address}:{port}", jump.host);
        Self::on(
            channel.into_stream(),
            host,
            host_keys,
            settings,
            Some(Arc::clone(jump)),
            abort,
        )
        .await
    }

    async fn on<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        stream: S,
        host: String,
        host_keys: Arc<dyn HostKeys>,
        settings: SessionSettings,
        jump: Option<Arc<Connection>>,
        abort: &CancellationToken,
    ) -> Result<Self, DeviceError> {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let peer = Peer {
            host: host.clone(),
            host_keys,
            seen: Arc::clone(&seen),
        };
        let ended = abort.child_token();
        let guard = ended.clone().drop_guard();
        let wire = wire::Wire::new(stream, ended);
        let opening = wire.opening();
        let handshake = client::connect_stream(client_config(settings.legacy, settings.keepalive), wire, peer);
        match tokio::time::timeout(settings.handshake, handshake).await {
            Ok(Ok(handle)) => Ok(Self {
                handle,
                host,
                seen,
                legacy: settings.legacy,
                presented: false,
                guard: Some(guard),
                _jump: jump,
            }),
            Ok(Err(error)) => Err(errors::handshake(&error, &seen, &opening)),
            Err(_) => {
                let seconds = settings.handshake.as_secs_f32();
                let (kind, what) = match opening.bytes().is_empty() {
                    true => (
                        FailureKind::ConnectTimeout,
                        "The device accepted the connection and said nothing",
                    ),
                    false => (FailureKind::SshNegotiationFailed, "The SSH handshake did not end"),
                };
                Err(DeviceError::new(kind, format!("{what} within {seconds} seconds")))
            }
        }
    }

    /// Connects to a device, through jump hosts where it has any. `abort` breaks the connection whatever it is at.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub(crate) async fn reach(
        target: &Target,
        jumps: &JumpHosts,
        host_keys: &Arc<dyn HostKeys>,
        settings: SessionSettings,
        gate: Gate<'_>,
        abort: &CancellationToken,
    ) -> Result<Self, DeviceError> {
        let keys = Arc::clone(host_keys);
        match target {
            Target::Direct(address) => Self::open(*address, keys, settings, abort).await,
            Target::Behind { hosts, address, port } => {
                let modern = SessionSettings {
                    legacy: false,
                    ..settings
                };
                match jumps.reach(hosts, host_keys, modern, gate).await? {
                    Some(jump) => Self::through(&jump, address, *port, keys, settings, abort).await,
                    None => Self::open(resolve(address, *port).await?, keys, settings, abort).await,
                }
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    fn peer_version(&self) -> String {
        self.seen
            .lock()
            .map(|seen| seen.negotiated.peer_version.clone())
            .unwrap_or_default()
    }

    /// What was agreed on.
    pub fn negotiated(&self) -> Negotiated {
        self.seen.lock().map(|seen| seen.negotiated.clone()).unwrap_or_default()
    }

    /// Opens the shell. The requests for terminal and shell go out together; both answers are awaited.
    ///
    /// # Errors
    /// `shell_refused`, or what broke the connection.
    pub async fn open_shell(&self, columns: u32, rows: u32, limit: Duration) -> Result<Channel<Msg>, DeviceError> {
        match tokio::time::timeout(limit, self.shell(columns, rows)).await {
            Ok(result) => result,
            Err(_) => Err(DeviceError::new(
                FailureKind::ShellRefused,
                "The device did not answer to the request for a shell",
            )),
        }
    }

    async fn shell(&self, columns: u32, rows: u32) -> Result<Channel<Msg>, DeviceError> {
        let refused = |what: &str| DeviceError::new(FailureKind::ShellRefused, format!("The device refused {what}"));
        let broken = |error: russh::Error| errors::disconnected(&error);
        let mut channel = self.handle.channel_open_session().await.map_err(|error| match error {
            russh::Error::ChannelOpenFailure(_) => refused("a session"),
            error => broken(error),
        })?;
        channel
            .request_pty(true, "vt100", columns, rows, 0, 0, &[])
            .await
            .map_err(broken)?;
        channel.request_shell(true).await.map_err(broken)?;
        for what in ["a terminal", "a shell"] {
            loop {
                match channel.wait().await {
                    Some(russh::ChannelMsg::Success) => break,
                    Some(russh::ChannelMsg::WindowAdjusted { .. }) => {}
                    Some(russh::ChannelMsg::Failure) | Some(russh::ChannelMsg::Close) => return Err(refused(what)),
                    None => return Err(broken(russh::Error::Disconnect)),
                    Some(_) => return Err(refused(what)),
                }
            }
        }
        Ok(channel)
    }

    /// Says good-bye, unless that was `said` in the session already; nobody waits for the answer.
    pub async fn close(mut self, said: bool) {
        if let Some(guard) = self.guard.take() {
            guard.disarm();
        }
        if said {
            return;
        }
        let _ = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

/// Where a device is.
#[derive(Debug, Clone)]
pub enum Target {
    /// Reached by TCP.
    Direct(SocketAddr),
    /// Reached through other hosts, which resolve its name.
    Behind {
        /// The hosts, the nearest first.
        hosts: Vec<Arc<JumpHost>>,
        /// IP address or host name.
        address: String,
        /// TCP port.
        port: u16,
    },
}

impl Target {
    /// Two devices with the same key are the same device.
    pub fn key(&self) -> String {
        match self {
            Self::Direct(address) => address.to_string(),
            Self::Behind { hosts, address, port } => format!("{address}:{port} via {}", way(hosts)),
        }
    }
}
