//! Credentials: what devices are logged in with. Secrets are written and never read.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::{Example, MaybeUndefined},
};
use service::{
    credentials::{self, CredentialFields},
    version::{self, Expected},
};
use uuid::Uuid;

use super::{Tag, given};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Created, Done, Result, Viewed},
    time::Time,
};

/// Whether logins are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum CredentialState {
    /// They are.
    Open,
    /// Too many in a row were refused: none is tried until a person releases or corrects it.
    Closed,
}

/// What devices are logged in with. No secret is ever shown.
#[derive(Object)]
#[oai(example)]
struct Credential {
    /// Id.
    id: Uuid,
    /// Name, unique ignoring case.
    name: String,
    /// Name of the user on the devices.
    username: String,
    /// Whether there is a password.
    has_password: bool,
    /// Whether there is an enable password.
    has_enable_password: bool,
    /// Whether there is a private key.
    has_private_key: bool,
    /// Whether the SSH agent of the server is asked.
    use_agent: bool,
    /// Sites it is for.
    sites: Vec<String>,
    /// Labels of devices it is for.
    tags: Vec<String>,
    /// For devices that nothing else is for.
    is_default: bool,
    /// Of several that fit a device the lowest is used.
    order: i32,
    /// Whether logins are tried.
    state: CredentialState,
    /// Since when none is tried.
    #[oai(skip_serializing_if_is_none)]
    closed_at: Option<Time>,
    /// Refused logins in a row.
    consecutive_failures: u32,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
}

impl Example for Credential {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d92),
            name: "lab".to_owned(),
            username: "showrun".to_owned(),
            has_password: true,
            has_enable_password: false,
            has_private_key: false,
            use_agent: false,
            sites: vec!["ams".to_owned()],
            tags: Vec::new(),
            is_default: false,
            order: 0,
            state: CredentialState::Open,
            closed_at: None,
            consecutive_failures: 0,
            created_at: Time(1_769_841_000_000),
            updated_at: Time(1_769_841_000_000),
        }
    }
}

impl From<credentials::Credential> for Credential {
    fn from(row: credentials::Credential) -> Self {
        Self {
            id: row.id,
            name: row.name,
            username: row.username,
            has_password: row.has_password,
            has_enable_password: row.has_enable_password,
            has_private_key: row.has_private_key,
            use_agent: row.use_agent,
            sites: row.sites,
            tags: row.tags,
            is_default: row.is_default,
            order: row.order,
            state: match row.closed_at {
                Some(_) => CredentialState::Closed,
                None => CredentialState::Open,
            },
            closed_at: row.closed_at.map(Time),
            consecutive_failures: row.consecutive_failures,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
        }
    }
}

/// A credential that is to be made: a password, a private key, or the SSH agent of the server.
#[derive(Object)]
#[oai(example)]
struct CredentialCreate {
    /// Name, unique ignoring case.
    name: String,
    /// Name of the user on the devices.
    username: String,
    /// Password.
    #[oai(skip_serializing_if_is_none)]
    password: Option<String>,
    /// For the privileged mode.
    #[oai(skip_serializing_if_is_none)]
    enable_password: Option<String>,
    /// Text of a private key: OpenSSH, PEM or PuTTY.
    #[oai(skip_serializing_if_is_none)]
    private_key: Option<String>,
    /// Passphrase of the private key.
    #[oai(skip_serializing_if_is_none)]
    passphrase: Option<String>,
    /// Whether the SSH agent of the server is asked.
    #[oai(skip_serializing_if_is_none)]
    use_agent: Option<bool>,
    /// Sites it is for.
    #[oai(skip_serializing_if_is_none)]
    sites: Option<Vec<String>>,
    /// Labels of devices it is for.
    #[oai(skip_serializing_if_is_none)]
    tags: Option<Vec<String>>,
    /// For devices that nothing else is for.
    #[oai(skip_serializing_if_is_none)]
    is_default: Option<bool>,
    /// Of several that fit a device the lowest is used: 0 unless given.
    #[oai(skip_serializing_if_is_none)]
    order: Option<i32>,
}

impl Example for CredentialCreate {
    fn example() -> Self {
        Self {
            name: "lab".to_owned(),
            username: "showrun".to_owned(),
            password: Some("a password".to_owned()),
            enable_password: None,
            private_key: None,
            passphrase: None,
            use_agent: None,
            sites: Some(vec!["ams".to_owned()]),
            tags: None,
            is_default: None,
            order: None,
        }
    }
}

/// What is to be changed. `null` takes a secret away.
#[derive(Object)]
#[oai(example)]
struct CredentialUpdate {
    /// Name, unique ignoring case.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// Name of the user on the devices.
    #[oai(skip_serializing_if_is_none)]
    username: Option<String>,
    /// Password.
    #[oai(skip_serializing_if_is_none)]
    password: MaybeUndefined<String>,
    /// For the privileged mode.
    #[oai(skip_serializing_if_is_none)]
    enable_password: MaybeUndefined<String>,
    /// Text of a private key. The passphrase of the one before goes with it.
    #[oai(skip_serializing_if_is_none)]
    private_key: MaybeUndefined<String>,
    /// Passphrase of the private key.
    #[oai(skip_serializing_if_is_none)]
    passphrase: MaybeUndefined<String>,
    /// Whether the SSH agent of the server is asked.
    #[oai(skip_serializing_if_is_none)]
    use_agent: Option<bool>,
    /// All sites it is for.
    #[oai(skip_serializing_if_is_none)]
    sites: Option<Vec<String>>,
    /// All labels of devices it is for.
    #[oai(skip_serializing_if_is_none)]
    tags: Option<Vec<String>>,
    /// For devices that nothing else is for.
    #[oai(skip_serializing_if_is_none)]
    is_default: Option<bool>,
    /// Of several that fit a device the lowest is used.
    #[oai(skip_serializing_if_is_none)]
    order: Option<i32>,
}

impl Example for CredentialUpdate {
    fn example() -> Self {
        Self {
            name: None,
            username: None,
            password: MaybeUndefined::Value("another password".to_owned()),
            enable_password: MaybeUndefined::Undefined,
            private_key: MaybeUndefined::Undefined,
            passphrase: MaybeUndefined::Undefined,
            use_agent: None,
            sites: None,
            tags: None,
            is_default: None,
            order: None,
        }
    }
}

fn viewed(row: credentials::Credential) -> Viewed<Credential> {
    let tag = version::tag(row.updated_at);
    Viewed::Ok(Json(row.into()), tag)
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Credential", prefix_path = "/credentials")]
impl Api {
    /// List credentials in the order in which they are chosen
    #[oai(path = "/", method = "get", operation_id = "credential_list")]
    async fn credential_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<Credential>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let page = auth.service().credential_list(auth.actor(), &page).await?;
        Ok(Json(Page::of(page, Credential::from)))
    }

    /// Make a credential
    #[oai(path = "/", method = "post", operation_id = "credential_create")]
    async fn credential_create(&self, auth: Auth, body: Json<CredentialCreate>) -> Result<Created<Credential>> {
        let body = body.0;
        let secret = |text: Option<String>| text.map(|text| Some(text.into()));
        let fields = CredentialFields {
            name: Some(body.name),
            username: Some(body.username),
            password: secret(body.password),
            enable_password: secret(body.enable_password),
            private_key: secret(body.private_key),
            passphrase: secret(body.passphrase),
            use_agent: body.use_agent,
            sites: body.sites,
            tags: body.tags,
            is_default: body.is_default,
            order: body.order,
        };
        let row = auth.service().credential_create(auth.actor(), fields).await?;
        let location = format!("/api/v1/credentials/{}", row.id);
        let tag = version::tag(row.updated_at);
        Ok(Created::Ok(Json(row.into()), location, Some(tag)))
    }

    /// View a credential
    #[oai(path = "/:id", method = "get", operation_id = "credential_view")]
    async fn credential_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<Credential>> {
        Ok(viewed(auth.service().credential_view(auth.actor(), id.0).await?))
    }

    /// Change a credential
    ///
    /// Another user name or secret opens it, if it was closed.
    #[oai(path = "/:id", method = "patch", operation_id = "credential_update")]
    async fn credential_update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<CredentialUpdate>,
    ) -> Result<Viewed<Credential>> {
        let body = body.0;
        let secret = |text: MaybeUndefined<String>| given(text).map(|text| text.map(Into::into));
        let fields = CredentialFields {
            name: body.name,
            username: body.username,
            password: secret(body.password),
            enable_password: secret(body.enable_password),
            private_key: secret(body.private_key),
            passphrase: secret(body.passphrase),
            use_agent: body.use_agent,
            sites: body.sites,
            tags: body.tags,
            is_default: body.is_default,
            order: body.order,
        };
        let expected = Expected::new(if_match.0);
        let service = auth.service();
        Ok(viewed(
            service.credential_update(auth.actor(), id.0, fields, &expected).await?,
        ))
    }

    /// Remove a credential
    ///
    /// Devices that were bound to it are bound to none.
    #[oai(path = "/:id", method = "delete", operation_id = "credential_delete")]
    async fn credential_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let expected = Expected::new(if_match.0);
        auth.service().credential_delete(auth.actor(), id.0, &expected).await?;
        Ok(Done::Ok)
    }

    /// Let logins be tried again
    ///
    /// With a credential that was closed because too many in a row were refused.
    #[oai(path = "/:id/release", method = "post", operation_id = "credential_release")]
    async fn credential_release(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<Credential>> {
        Ok(viewed(auth.service().credential_release(auth.actor(), id.0).await?))
    }
}
