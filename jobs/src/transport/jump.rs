//! Going through other hosts: one connection to each jump host carries all devices behind it.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{Connection, Credentials, HostKeys, SessionSettings};
use crate::{
    breaker::{Identity, Logins, Permit},
    error::{DeviceError, FailureKind, cancelled},
};

/// So long a jump host that could not be reached is not tried again: devices that are next in the queue share its failure,
/// and one that is tried again after a pause finds out for itself.
const FAILURE_KEPT: Duration = Duration::from_secs(1);

/// Lets logins pass, those to jump hosts and those to devices alike.
#[derive(Clone, Copy)]
pub(crate) struct Gate<'r> {
    /// Counts refusals.
    pub(crate) logins: &'r Arc<Logins>,
    /// Ends waiting.
    pub(crate) stop: &'r CancellationToken,
}

impl Gate<'_> {
    /// Waits until a login may be tried.
    pub(crate) async fn admit(&self, credentials: &Credentials) -> Result<Permit, DeviceError> {
        tokio::select! {
            permit = self.logins.admit(credentials) => permit,
            () = self.stop.cancelled() => Err(cancelled()),
        }
    }
}

/// A host to go through.
#[derive(Debug, Clone)]
pub struct JumpHost {
    /// IP address or host name, as the host before it knows it.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// What it is logged in with.
    pub credentials: Arc<Credentials>,
}

/// A way through hosts with what each is logged in with: who has another secret does not ride on what somebody else opened.
type Way = (String, Vec<(Identity, Option<PathBuf>)>);

#[derive(Default)]
struct Slot {
    connection: Option<Arc<Connection>>,
    failed: Option<(Instant, DeviceError)>,
}

type Shared = Arc<tokio::sync::Mutex<Slot>>;

/// Connections to jump hosts, opened when first needed and again when they broke.
#[derive(Default)]
pub struct JumpHosts {
    open: Mutex<HashMap<Way, Shared>>,
}

/// The name of a way through hosts, for locks and messages.
pub fn way(hosts: &[Arc<JumpHost>]) -> String {
    let name = |host: &Arc<JumpHost>| format!("{}@{}:{}", host.credentials.username, host.address, host.port);
    hosts.iter().map(name).collect::<Vec<_>>().join(",")
}

impl JumpHosts {
    /// A connection to the last of `hosts`, through all the others.
    ///
    /// # Errors
    /// What went wrong with which host.
    pub(super) async fn reach(
        &self,
        hosts: &[Arc<JumpHost>],
        host_keys: &Arc<dyn HostKeys>,
        settings: SessionSettings,
        gate: Gate<'_>,
    ) -> Result<Option<Arc<Connection>>, DeviceError> {
        let mut previous: Option<Arc<Connection>> = None;
        let mut secrets = Vec::with_capacity(hosts.len());
        for (index, host) in hosts.iter().enumerate() {
            secrets.push((gate.logins.identity(&host.credentials), host.credentials.agent.clone()));
            let key = (way(hosts.get(..=index).unwrap_or_default()), secrets.clone());
            let slot = {
                let mut open = self
                    .open
                    .lock()
                    .map_err(|_| DeviceError::new(FailureKind::Internal, "The list of jump hosts is lost"))?;
                Arc::clone(open.entry(key).or_default())
            };
            let came = Instant::now();
            // Whoever comes first connects; the others wait here for the result.
            let mut slot = slot.lock().await;
            let usable = slot.connection.as_ref().filter(|connection| !connection.is_closed());
            previous = Some(match usable {
                Some(connection) => Arc::clone(connection),
                None => {
                    if let Some((at, error)) = &slot.failed
                        && (*at >= came || at.elapsed() < FAILURE_KEPT)
                    {
                        return Err(error.clone());
                    }
                    slot.connection = None;
                    match Self::connect(host, previous.as_ref(), host_keys, settings, gate).await {
                        Ok(connection) => {
                            slot.failed = None;
                            Arc::clone(slot.connection.insert(Arc::new(connection)))
                        }
                        Err(error) if error.kind == FailureKind::Cancelled => return Err(error),
                        Err(error) => {
                            let error = named(host, &error);
                            slot.failed = Some((Instant::now(), error.clone()));
                            return Err(error);
                        }
                    }
                }
            });
        }
        Ok(previous)
    }

    async fn connect(
        host: &JumpHost,
        previous: Option<&Arc<Connection>>,
        host_keys: &Arc<dyn HostKeys>,
        settings: SessionSettings,
        gate: Gate<'_>,
    ) -> Result<Connection, DeviceError> {
        // Other devices go through it too: it ends with the last of them, not with one run.
        let own = CancellationToken::new();
        let mut connection = match previous {
            Some(previous) => {
                Connection::through(
                    previous,
                    &host.address,
                    host.port,
                    Arc::clone(host_keys),
                    settings,
                    &own,
                )
                .await?
            }
            None => {
                let address = super::resolve(&host.address, host.port).await?;
                Connection::open(address, Arc::clone(host_keys), settings, &own).await?
            }
        };
        let credentials = &host.credentials;
        let permit = gate.admit(credentials).await?;
        connection
            .log_in(permit, credentials, &credentials.username, settings.login, None, &own)
            .await?;
        Ok(connection)
    }
}

fn named(host: &JumpHost, error: &DeviceError) -> DeviceError {
    DeviceError::new(
        error.kind,
        format!("Jump host {}:{}: {}", host.address, host.port, error.message),
    )
}
