//! One device while it runs: what can change about it, and what is counted.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::fault::Fault;
use crate::platform::Platform;
use crate::view::View;
use crate::world::{Role, World};

/// How many of the last command lines a device remembers.
const COMMANDS_KEPT: usize = 250;

/// What was counted, for a device or for a whole fleet.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counters {
    /// TCP connections accepted.
    pub connections: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Requests that carried a secret: a password, or an answer to keyboard-interactive, or a signature.
    pub auth_attempts: u64,
    /// Those of them that were refused.
    pub auth_failures: u64,
    /// Shells opened.
    pub shells: u64,
    /// Command lines read at a prompt, empty ones left out.
    pub commands: u64,
    /// Logins whose connection is still open.
    pub open_sessions: u64,
    /// The most of them that were open at once (of a fleet: on any one device).
    pub max_concurrent_sessions: u64,
    /// Lines read at a prompt that shows what is typed, and that were a secret of this device.
    pub secrets_typed_at_prompt: u64,
    /// The last command lines (of a fleet: none).
    pub commands_seen: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) connections: AtomicU64,
    pub(crate) connected: AtomicU64,
    /// Connections whose other end spoke SSH.
    pub(crate) handshakes: AtomicU64,
    pub(crate) logging_in: AtomicU64,
    pub(crate) logins: AtomicU64,
    pub(crate) auth_attempts: AtomicU64,
    pub(crate) auth_failures: AtomicU64,
    pub(crate) shells: AtomicU64,
    commands: AtomicU64,
    open_sessions: AtomicU64,
    max_sessions: AtomicU64,
    pub(crate) secrets_typed: AtomicU64,
    seen: Mutex<VecDeque<Box<str>>>,
}

impl Tally {
    pub(crate) fn session_opened(&self) {
        let open = self.open_sessions.fetch_add(1, Ordering::Relaxed) + 1;
        self.max_sessions.fetch_max(open, Ordering::Relaxed);
    }

    pub(crate) fn session_closed(&self) {
        self.open_sessions.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn command(&self, line: &str) {
        self.commands.fetch_add(1, Ordering::Relaxed);
        let mut seen = lock(&self.seen);
        if seen.len() == COMMANDS_KEPT {
            seen.pop_front();
        }
        seen.push_back(line.into());
    }

    pub(crate) fn read(&self) -> Counters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            connections: get(&self.connections),
            logins: get(&self.logins),
            auth_attempts: get(&self.auth_attempts),
            auth_failures: get(&self.auth_failures),
            shells: get(&self.shells),
            commands: get(&self.commands),
            open_sessions: get(&self.open_sessions),
            max_concurrent_sessions: get(&self.max_sessions),
            secrets_typed_at_prompt: get(&self.secrets_typed),
            commands_seen: Vec::new(),
        }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        lock(&self.seen).iter().map(|line| line.to_string()).collect()
    }
}

/// A lock that a panic elsewhere does not take away.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What all devices of a fleet share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) enable_password: String,
    pub(crate) think: Duration,
    pub(crate) packet_size: usize,
    pub(crate) config_bytes: Option<usize>,
    pub(crate) config_bytes_most: Option<usize>,
    pub(crate) table_bytes: Option<usize>,
    /// Seconds that the clock of the network was advanced.
    pub(crate) clock: AtomicU64,
}

impl Shared {
    fn config_bytes(&self, index: u32) -> Option<usize> {
        let least = self.config_bytes?;
        let Some(most) = self.config_bytes_most else {
            return Some(least);
        };
        let last = self.world.nodes.len().saturating_sub(1).max(1);
        Some(least + most.saturating_sub(least) * index as usize / last)
    }
}

/// A simulated device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: u32,
    pub(crate) revision: AtomicU32,
    pub(crate) key_generation: AtomicU32,
    pub(crate) fault: Mutex<Option<Fault>>,
    pub(crate) tally: Tally,
    pub(crate) ssh: OnceLock<Arc<russh::server::Config>>,
}

impl Device {
    pub(crate) fn new(shared: Arc<Shared>, index: u32, fault: Option<Fault>) -> Device {
        Device {
            shared,
            index,
            revision: AtomicU32::new(0),
            key_generation: AtomicU32::new(0),
            fault: Mutex::new(fault),
            tally: Tally::default(),
            ssh: OnceLock::new(),
        }
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        *lock(&self.fault)
    }

    /// The device as its commands show it now. `None` only if the index is not of this world.
    pub(crate) fn view(&self) -> Option<View<'_>> {
        let shared = &self.shared;
        Some(View {
            world: &shared.world,
            node: shared.world.nodes.get(self.index as usize)?,
            index: self.index,
            revision: self.revision.load(Ordering::Relaxed),
            clock: shared.clock.load(Ordering::Relaxed),
            hostile: self.fault() == Some(Fault::Hostile),
            config_bytes: shared.config_bytes(self.index),
            table_bytes: shared.table_bytes,
        })
    }

    pub(crate) fn platform(&self) -> Platform {
        self.view().map_or(Platform::CiscoIos, |view| view.platform())
    }

    /// Whether a login starts without privileges: every third device that can.
    pub(crate) fn starts_unprivileged(&self) -> bool {
        let Some(view) = self.view() else { return false };
        if !crate::dialect::has_enable(view.platform()) {
            return false;
        }
        match self.fault() {
            Some(Fault::EnableOk | Fault::EnableWrong | Fault::EnableEchoesPassword) => true,
            _ => !self.shared.enable_password.is_empty() && view.number(63) % 3 == 0,
        }
    }
}

/// What a caller may know about a device.
#[derive(Debug, Clone)]
pub struct DeviceInfo {
    /// Its name, which is also its host name.
    pub name: String,
    /// Where its SSH server listens.
    pub address: SocketAddr,
    /// What it is.
    pub platform: Platform,
    /// Who makes it.
    pub vendor: &'static str,
    /// Its model.
    pub model: &'static str,
    /// The site it belongs to.
    pub site: String,
    /// `core`, `distribution`, `access` or `server`.
    pub role: &'static str,
    /// Who may log in.
    pub username: String,
    /// With what.
    pub password: String,
    /// What `enable` wants.
    pub enable_password: String,
    /// Whether a login starts without privileges, so that `enable` is needed for the configuration.
    pub needs_enable: bool,
    /// What goes wrong with it, as it was when the fleet started.
    pub fault: Option<Fault>,
    /// Whether it speaks legacy algorithms only, as it was when the fleet started.
    pub needs_legacy: bool,
}

impl DeviceInfo {
    pub(crate) fn new(device: &Device, address: SocketAddr) -> Option<DeviceInfo> {
        let view = device.view()?;
        let shared = &device.shared;
        let fault = device.fault();
        Some(DeviceInfo {
            name: view.name().to_owned(),
            address,
            platform: view.platform(),
            vendor: view.platform().vendor(),
            model: view.platform().model(),
            site: view.site_name().to_owned(),
            role: if view.node.role == Role::Server {
                "server"
            } else {
                view.node.role.name()
            },
            username: shared.username.clone(),
            password: shared.password.clone(),
            enable_password: shared.enable_password.clone(),
            needs_enable: device.starts_unprivileged(),
            fault,
            needs_legacy: fault == Some(Fault::LegacyOnly),
        })
    }
}
