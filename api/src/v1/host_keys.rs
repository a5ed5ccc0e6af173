//! Host keys: what devices are known by.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service::{
    host_keys::{self, HostKeyFilter, State},
    version::Expected,
};
use uuid::Uuid;

use super::Tag;
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Done, Result, Viewed},
    time::Time,
};

/// How a host key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum HostKeyState {
    /// Known, and the device shows it.
    Accepted,
    /// The device showed another one since: nobody logs in before a person decides.
    Changed,
    /// Shown to a server that takes no new keys by itself.
    Pending,
}

impl From<State> for HostKeyState {
    fn from(state: State) -> Self {
        match state {
            State::Accepted => Self::Accepted,
            State::Changed => Self::Changed,
            State::Pending => Self::Pending,
        }
    }
}

impl From<HostKeyState> for State {
    fn from(state: HostKeyState) -> Self {
        match state {
            HostKeyState::Accepted => Self::Accepted,
            HostKeyState::Changed => Self::Changed,
            HostKeyState::Pending => Self::Pending,
        }
    }
}

/// What a device is known by.
#[derive(Object)]
#[oai(example)]
struct HostKey {
    /// Id.
    id: Uuid,
    /// The device at this address.
    #[oai(skip_serializing_if_is_none)]
    device_id: Option<Uuid>,
    /// Its name.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// IP address, or behind a jump host the name that the jump host knows.
    address: String,
    /// TCP port.
    port: u16,
    /// Kind of the key; empty while none is accepted.
    algorithm: String,
    /// As `ssh-keygen -l` shows it; empty while none is accepted.
    fingerprint: String,
    /// How it stands.
    state: HostKeyState,
    /// When it was first seen.
    first_seen_at: Time,
    /// When it was last seen, to the hour.
    last_seen_at: Time,
    /// Kind of another key that was shown since.
    #[oai(skip_serializing_if_is_none)]
    offered_algorithm: Option<String>,
    /// Its fingerprint.
    #[oai(skip_serializing_if_is_none)]
    offered_fingerprint: Option<String>,
}

impl Example for HostKey {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d93),
            device_id: Some(Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d91)),
            device_name: Some("ams-core-1".to_owned()),
            address: "192.0.2.10".to_owned(),
            port: 22,
            algorithm: "ssh-ed25519".to_owned(),
            fingerprint: "SHA256:0ZKnAZa4qCvEYxNcTmWkjQwGkQO1vHrQ4tJ6cZzTq6I".to_owned(),
            state: HostKeyState::Accepted,
            first_seen_at: Time(1_769_841_000_000),
            last_seen_at: Time(1_769_844_600_000),
            offered_algorithm: None,
            offered_fingerprint: None,
        }
    }
}

impl From<host_keys::HostKey> for HostKey {
    fn from(key: host_keys::HostKey) -> Self {
        let (device_id, device_name) = key.device.unzip();
        let (offered_algorithm, offered_fingerprint) = key.offered.unzip();
        Self {
            id: key.id,
            device_id,
            device_name,
            address: key.address,
            port: key.port,
            algorithm: key.algorithm,
            fingerprint: key.fingerprint,
            state: key.state.into(),
            first_seen_at: Time(key.first_seen_at),
            last_seen_at: Time(key.last_seen_at),
            offered_algorithm,
            offered_fingerprint,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::HostKey", prefix_path = "/host-keys")]
impl Api {
    /// List host keys by address
    #[oai(path = "/", method = "get", operation_id = "host_key_list")]
    async fn host_key_list(
        &self,
        auth: Auth,
        /// Only those of this device.
        device_id: Query<Option<Uuid>>,
        /// Only those that stand like this.
        state: Query<Option<HostKeyState>>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<HostKey>>> {
        let filter = HostKeyFilter {
            device_id: device_id.0,
            state: state.0.map(State::from),
        };
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let page = auth.service().host_key_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, HostKey::from)))
    }

    /// View a host key
    #[oai(path = "/:id", method = "get", operation_id = "host_key_view")]
    async fn host_key_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<HostKey>> {
        let (key, tag) = auth.service().host_key_view(auth.actor(), id.0).await?;
        Ok(Viewed::Ok(Json(key.into()), tag))
    }

    /// Accept the key that was shown last
    ///
    /// With `If-Match` only the key that was looked at: when the device has shown another one since, nothing is accepted.
    #[oai(path = "/:id/accept", method = "post", operation_id = "host_key_accept")]
    async fn host_key_accept(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Json<HostKey>> {
        let expected = Expected::new(if_match.0);
        let key = auth.service().host_key_accept(auth.actor(), id.0, &expected).await?;
        Ok(Json(key.into()))
    }

    /// Forget a host key
    ///
    /// The next one that the device shows is new.
    #[oai(path = "/:id", method = "delete", operation_id = "host_key_delete")]
    async fn host_key_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let expected = Expected::new(if_match.0);
        auth.service().host_key_delete(auth.actor(), id.0, &expected).await?;
        Ok(Done::Ok)
    }
}
