//! Going through other hosts: one connection to each jump host carries all devices behind it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;

use super::{Connection, Credentials, HostKeys, SessionSettings};
use crate::error::{DeviceError, FailureKind};

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

type Shared = Arc<tokio::sync::Mutex<Option<Arc<Connection>>>>;

/// Connections to jump hosts, opened when first needed and again when they broke.
#[derive(Default)]
pub struct JumpHosts {
    open: Mutex<HashMap<String, Shared>>,
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
    ) -> Result<Option<Arc<Connection>>, DeviceError> {
        let mut previous: Option<Arc<Connection>> = None;
        for (index, host) in hosts.iter().enumerate() {
            let key = way(hosts.get(..=index).unwrap_or_default());
            let slot = {
                let mut open = self
                    .open
                    .lock()
                    .map_err(|_| DeviceError::new(FailureKind::Internal, "The list of jump hosts is lost"))?;
                Arc::clone(open.entry(key).or_default())
            };
            // Whoever comes first connects; the others wait here for the result.
            let mut slot = slot.lock().await;
            let usable = slot.as_ref().filter(|connection| !connection.is_closed()).cloned();
            let connection = match usable {
                Some(connection) => connection,
                None => {
                    let connection = Self::connect(host, previous.as_ref(), host_keys, settings)
                        .await
                        .map_err(|error| named(host, &error))?;
                    let connection = Arc::new(connection);
                    *slot = Some(Arc::clone(&connection));
                    connection
                }
            };
            previous = Some(connection);
        }
        Ok(previous)
    }

    async fn connect(
        host: &JumpHost,
        previous: Option<&Arc<Connection>>,
        host_keys: &Arc<dyn HostKeys>,
        settings: SessionSettings,
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
        connection
            .log_in(&host.credentials, &host.credentials.username, settings.login, None)
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
