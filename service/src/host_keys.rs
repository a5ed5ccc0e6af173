//! Host keys: what devices are known by. A new one is remembered, a changed one stops its device until a person accepts
//! it.

use std::collections::HashMap;

use data_encoding::{BASE64, BASE64_NOPAD};
use entity::{host_key, user::Role};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit::{self, Entry},
    error::{Error, Result},
    page::{Page, PageRequest},
    time::now_ms,
    version::{Expected, tag_of},
};

pub(crate) mod book;
mod store;
#[cfg(test)]
mod tests;

/// How a host key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Known and shown.
    Accepted,
    /// Another one was shown since; nobody logs in before a person decides.
    Changed,
    /// Shown under the policy `strict`, which takes none by itself.
    Pending,
}

impl State {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Changed => "changed",
            Self::Pending => "pending",
        }
    }
}

/// Which host keys are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostKeyFilter {
    /// Of this device.
    pub device_id: Option<Uuid>,
    /// In this state.
    pub state: Option<State>,
}

/// A host key as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Its own id.
    pub id: Uuid,
    /// The device at this place, where it is known by an IP address.
    pub device: Option<(Uuid, String)>,
    /// IP address, or behind a jump host the name that the jump host knows.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// Kind of the key; empty while none is accepted.
    pub algorithm: String,
    /// `SHA256:…`; empty while none is accepted.
    pub fingerprint: String,
    /// How it stands.
    pub state: State,
    /// When it was first seen.
    pub first_seen_at: i64,
    /// When it was last seen, to the hour.
    pub last_seen_at: i64,
    /// Kind and fingerprint of another key that was shown since.
    pub offered: Option<(String, String)>,
}

/// The fingerprint of a key in OpenSSH's format, as `ssh-keygen -l` shows it.
pub(crate) fn shown_fingerprint(key: &str) -> String {
    let body = key.split_whitespace().nth(1).unwrap_or_default();
    let bytes = BASE64
        .decode(body.as_bytes())
        .or_else(|_| BASE64_NOPAD.decode(body.as_bytes()))
        .unwrap_or_else(|_| body.as_bytes().to_vec());
    format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(bytes)))
}

fn kind(key: &str) -> String {
    key.split_whitespace().next().unwrap_or_default().to_owned()
}

/// Address and port of `10.0.0.1:22` or `[2001:db8::1]:22`.
fn address_and_port(place: &str) -> (String, u16) {
    let (address, port) = place.rsplit_once(':').unwrap_or((place, ""));
    (
        address.trim_matches(['[', ']']).to_owned(),
        port.parse().unwrap_or_default(),
    )
}

/// The place that a device at this address has, if it is an IP address.
fn place(address: &str, port: i32) -> Option<String> {
    let port = u16::try_from(port).ok()?;
    Some(std::net::SocketAddr::new(address.parse().ok()?, port).to_string())
}

impl Service {
    /// Host keys by place.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn host_key_list(
        &self,
        actor: &Actor,
        filter: &HostKeyFilter,
        page: &PageRequest,
    ) -> Result<Page<HostKey>> {
        actor.needs(Role::Viewer)?;
        let db = self.db().reader();
        let device = match filter.device_id {
            None => None,
            Some(id) => store::device(db, id).await?,
        };
        let places = filter.device_id.map(|_| {
            let places = device.iter().flat_map(|device| {
                let named = format!("{}:{}", device.address, device.port);
                place(&device.address, device.port).into_iter().chain([named])
            });
            places.collect()
        });
        let rows = store::list(db, filter, places, page).await?;
        let mut shown = Page {
            items: self.host_keys_shown(rows.items).await?,
            next_page_token: rows.next_page_token,
            total: rows.total,
        };
        if let Some(device) = device {
            // Two devices may have one address; asked for is this one.
            let device = Some((device.id, device.name));
            shown.items.iter_mut().for_each(|key| key.device.clone_from(&device));
        }
        Ok(shown)
    }

    /// One host key, and its version.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn host_key_view(&self, actor: &Actor, id: Uuid) -> Result<(HostKey, String)> {
        actor.needs(Role::Viewer)?;
        let row = store::find(self.db().reader(), id)
            .await?
            .ok_or_else(|| Error::not_found("host key", id))?;
        let version = version_of(&row);
        let shown = self.host_keys_shown(vec![row]).await?.into_iter().next();
        Ok((shown.ok_or_else(|| Error::not_found("host key", id))?, version))
    }

    /// Makes the key that was shown last the known one.
    ///
    /// # Errors
    /// `not_found`; `host_key_not_changed` when there is nothing to accept; `changed_meanwhile` when it showed another one
    /// than the one that is meant; `forbidden` below admin.
    pub async fn host_key_accept(&self, actor: &Actor, id: Uuid, expected: &Expected) -> Result<HostKey> {
        actor.needs(Role::Admin)?;
        let txn = self.db().begin().await?;
        let before = store::find(&txn, id)
            .await?
            .ok_or_else(|| Error::not_found("host key", id))?;
        expected.check_tag(&version_of(&before))?;
        let Some(offered) = before.offered_key.clone() else {
            return Err(Error::conflict(
                "host_key_not_changed",
                format!(
                    "{} showed no other key than the known one: there is nothing to accept",
                    before.place
                ),
            ));
        };
        let row = host_key::Model {
            algorithm: kind(&offered),
            key: offered.clone(),
            offered_key: None,
            offered_at: None,
            last_seen_at: before.offered_at.unwrap_or_else(now_ms),
            ..before.clone()
        };
        if !store::accept(&txn, &row, &offered).await? {
            return Err(Error::conflict(
                "host_key_changed_again",
                format!(
                    "{} showed yet another key in this moment: look at it again",
                    before.place
                ),
            ));
        }
        let was = match before.key.as_str() {
            "" => "none".to_owned(),
            key => shown_fingerprint(key),
        };
        let summary = format!(
            "Accepted the host key {} of {}; before it was {was}",
            shown_fingerprint(&row.key),
            row.place
        );
        audit::record(&txn, actor, entry("host_key.accept", id, summary)).await?;
        txn.commit().await?;
        self.host_keys().accepted(&row);
        let shown = self.host_keys_shown(vec![row]).await?;
        shown.into_iter().next().ok_or_else(|| Error::not_found("host key", id))
    }

    /// Forgets a host key: the next one that the device shows is new.
    ///
    /// # Errors
    /// `not_found`; `changed_meanwhile`; `forbidden` below admin.
    pub async fn host_key_delete(&self, actor: &Actor, id: Uuid, expected: &Expected) -> Result<()> {
        actor.needs(Role::Admin)?;
        let txn = self.db().begin().await?;
        let row = store::find(&txn, id)
            .await?
            .ok_or_else(|| Error::not_found("host key", id))?;
        expected.check_tag(&version_of(&row))?;
        store::delete(&txn, id).await?;
        let summary = format!("Forgot the host key of {}", row.place);
        audit::record(&txn, actor, entry("host_key.delete", id, summary)).await?;
        txn.commit().await?;
        self.host_keys().forgotten(&row);
        Ok(())
    }

    async fn host_keys_shown(&self, rows: Vec<host_key::Model>) -> Result<Vec<HostKey>> {
        let addresses = rows.iter().map(|row| address_and_port(&row.place).0).collect();
        let mut devices: HashMap<(String, u16), (Uuid, String)> = HashMap::new();
        for (id, name, address, port) in store::devices(self.db().reader(), addresses).await? {
            let port = u16::try_from(port).unwrap_or_default();
            devices.entry((address, port)).or_insert((id, name));
        }
        let shown = |row: host_key::Model| {
            let at = address_and_port(&row.place);
            let state = match (&row.offered_key, row.key.is_empty()) {
                (None, _) => State::Accepted,
                (Some(_), false) => State::Changed,
                (Some(_), true) => State::Pending,
            };
            HostKey {
                id: row.id,
                device: devices.get(&at).cloned(),
                address: at.0,
                port: at.1,
                algorithm: row.algorithm,
                fingerprint: match row.key.as_str() {
                    "" => String::new(),
                    key => shown_fingerprint(key),
                },
                state,
                first_seen_at: row.first_seen_at,
                last_seen_at: row.last_seen_at,
                offered: row.offered_key.map(|key| (kind(&key), shown_fingerprint(&key))),
            }
        };
        Ok(rows.into_iter().map(shown).collect())
    }
}

/// Another one whenever another key is known or was shown; not when the same one is seen again.
fn version_of(row: &host_key::Model) -> String {
    tag_of(&format!(
        "{}\n{}",
        row.key,
        row.offered_key.as_deref().unwrap_or_default()
    ))
}

fn entry(action: &'static str, id: Uuid, summary: String) -> Entry<'static> {
    Entry {
        action,
        target_type: "host_key",
        target_id: Some(id.to_string()),
        summary,
    }
}
