//! Credentials: what devices are logged in with. Secrets go in and never come out of an answer.

use std::collections::HashSet;

use entity::{credential, device, user::Role};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit::{self, Entry},
    database,
    devices::fields as device_fields,
    error::{Error, ErrorKind, FieldProblem, Result},
    inventory::{checks, name_key},
    page::{Page, PageRequest},
    time::now_ms,
    version::{self, Expected},
};

pub(crate) mod keeper;
mod secrets;
mod store;
#[cfg(test)]
mod tests;

pub use secrets::LoginSecrets;

/// The most credentials.
const MAX_CREDENTIALS: u64 = 1_000;
/// The most sites of a credential.
const MAX_SITES: usize = 1_000;

/// A credential as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its own id.
    pub id: Uuid,
    /// Name, unique ignoring case.
    pub name: String,
    /// Name of the user on the devices.
    pub username: String,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether there is an enable password.
    pub has_enable_password: bool,
    /// Whether there is a private key.
    pub has_private_key: bool,
    /// Whether the SSH agent of the server is asked.
    pub use_agent: bool,
    /// Sites it is for.
    pub sites: Vec<String>,
    /// Labels of devices it is for.
    pub tags: Vec<String>,
    /// For devices that nothing else is for.
    pub is_default: bool,
    /// Of several that fit a device the lowest is used.
    pub order: i32,
    /// Since when no login is tried with it.
    pub closed_at: Option<i64>,
    /// Refused logins in a row.
    pub consecutive_failures: u32,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// The fields of a credential that are given; the others stay as they are. `Some(None)` takes a secret away.
#[derive(Default, Clone)]
pub struct CredentialFields {
    /// Name, unique ignoring case.
    pub name: Option<String>,
    /// Name of the user on the devices.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Option<SecretString>>,
    /// For the privileged mode.
    pub enable_password: Option<Option<SecretString>>,
    /// Text of a private key.
    pub private_key: Option<Option<SecretString>>,
    /// Passphrase of the private key.
    pub passphrase: Option<Option<SecretString>>,
    /// Whether the SSH agent of the server is asked.
    pub use_agent: Option<bool>,
    /// Sites it is for.
    pub sites: Option<Vec<String>>,
    /// Labels of devices it is for.
    pub tags: Option<Vec<String>>,
    /// For devices that nothing else is for.
    pub is_default: Option<bool>,
    /// Of several that fit a device the lowest is used.
    pub order: Option<i32>,
}

/// Which credentials are for which devices, as it was at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct CredentialBindings(Vec<Binding>);

#[derive(Debug, Clone)]
struct Binding {
    id: Uuid,
    sites: HashSet<String>,
    tags: HashSet<String>,
    is_default: bool,
}

impl CredentialBindings {
    /// The credentials for a device, the one that is used in front: its own alone where it has one, else those of its
    /// site, of its tags, and the default ones, each in their order.
    pub(crate) fn for_device(&self, device: &device::Model) -> Vec<Uuid> {
        if let Some(own) = device.credential_id {
            return vec![own];
        }
        let tags = device_fields::tag_keys(device);
        let of_site = |binding: &&Binding| !device.site_key.is_empty() && binding.sites.contains(&device.site_key);
        let of_tag = |binding: &&Binding| tags.iter().any(|tag| binding.tags.contains(tag));
        let groups = self.0.iter().filter(of_site);
        let groups = groups.chain(self.0.iter().filter(of_tag));
        let groups = groups.chain(self.0.iter().filter(|binding| binding.is_default));
        let mut seen = HashSet::new();
        groups.map(|binding| binding.id).filter(|id| seen.insert(*id)).collect()
    }
}

fn strings(json: &serde_json::Value) -> Vec<String> {
    let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn keys(json: &serde_json::Value) -> HashSet<String> {
    strings(json).iter().map(|text| name_key(text)).collect()
}

impl Service {
    /// Credentials in the order in which they are chosen.
    ///
    /// # Errors
    /// `forbidden` below operator.
    pub async fn credential_list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Credential>> {
        actor.needs(Role::Operator)?;
        let rows = store::list(self.db().reader(), page).await?;
        Ok(rows.map(|row| self.shown(row)))
    }

    /// One credential.
    ///
    /// # Errors
    /// `not_found`; `forbidden` below operator.
    pub async fn credential_view(&self, actor: &Actor, id: Uuid) -> Result<Credential> {
        actor.needs(Role::Operator)?;
        Ok(self.shown(found(self.db().reader(), id).await?))
    }

    /// Makes a credential. An identity that was closed before is open again: a person says that it is right.
    ///
    /// # Errors
    /// What is wrong with which field; `credential_exists`.
    pub async fn credential_create(&self, actor: &Actor, fields: CredentialFields) -> Result<Credential> {
        actor.needs(Role::Admin)?;
        let now = now_ms();
        let blank = credential::Model {
            id: Uuid::now_v7(),
            name: String::new(),
            name_key: String::new(),
            username: String::new(),
            sealed: Vec::new(),
            identity: Vec::new(),
            has_password: false,
            has_enable_password: false,
            has_private_key: false,
            use_agent: false,
            sites: json!([]),
            tags: json!([]),
            is_default: false,
            position: 0,
            created_at: now,
            updated_at: now,
        };
        let row = self.with_fields(blank, LoginSecrets::default(), fields).await?;
        let txn = self.db().begin().await?;
        if store::count(&txn).await? >= MAX_CREDENTIALS {
            return Err(Error::conflict(
                "too_many_credentials",
                format!("There are {MAX_CREDENTIALS} credentials already: remove one that is not used"),
            ));
        }
        match store::insert(&txn, &row).await {
            Err(error) if database::is_taken(&error) => return Err(taken(&row)),
            done => done?,
        }
        store::forget(&txn, &row.identity).await?;
        let summary = format!("Added the credential {} for {}", row.name, row.username);
        audit::record(&txn, actor, entry("credential.create", &row, summary)).await?;
        txn.commit().await?;
        self.released(&row.identity);
        Ok(self.shown(row))
    }

    /// Changes the fields that are given. With another user name or secret the count of refused logins begins anew.
    ///
    /// # Errors
    /// `not_found`, `changed_meanwhile`, `credential_exists`, or what is wrong with which field.
    pub async fn credential_update(
        &self,
        actor: &Actor,
        id: Uuid,
        fields: CredentialFields,
        expected: &Expected,
    ) -> Result<Credential> {
        actor.needs(Role::Admin)?;
        let before = found(self.db().reader(), id).await?;
        expected.check(before.updated_at)?;
        let secrets = self.unsealed(&before)?;
        let is_login = fields.username.is_some()
            || fields.password.is_some()
            || fields.enable_password.is_some()
            || fields.private_key.is_some()
            || fields.passphrase.is_some();
        // Reading a key takes a while, so it is done before the transaction, which then looks again.
        let mut row = self.with_fields(before.clone(), secrets, fields).await?;
        row.updated_at = now_ms().max(before.updated_at + 1);
        let txn = self.db().begin().await?;
        Expected::new(Some(version::tag(before.updated_at))).check(found(&txn, id).await?.updated_at)?;
        match store::update(&txn, &row).await {
            Err(error) if database::is_taken(&error) => return Err(taken(&row)),
            done => done?,
        }
        if is_login {
            store::forget(&txn, &before.identity).await?;
            store::forget(&txn, &row.identity).await?;
        }
        let what = if is_login { ", its user name or a secret" } else { "" };
        let summary = format!("Changed the credential {}{what}", before.name);
        audit::record(&txn, actor, entry("credential.update", &row, summary)).await?;
        txn.commit().await?;
        if is_login {
            self.released(&before.identity);
            self.released(&row.identity);
        }
        Ok(self.shown(row))
    }

    /// Removes a credential. Devices that were bound to it are bound to none.
    ///
    /// # Errors
    /// `not_found`, `changed_meanwhile`.
    pub async fn credential_delete(&self, actor: &Actor, id: Uuid, expected: &Expected) -> Result<()> {
        actor.needs(Role::Admin)?;
        let txn = self.db().begin().await?;
        let row = found(&txn, id).await?;
        expected.check(row.updated_at)?;
        let bound = store::delete(&txn, id).await?;
        let summary = format!("Removed the credential {}; {bound} devices were bound to it", row.name);
        audit::record(&txn, actor, entry("credential.delete", &row, summary)).await?;
        txn.commit().await?;
        Ok(())
    }

    /// Lets logins be tried again with a credential that was closed.
    ///
    /// # Errors
    /// `not_found`; `forbidden` below operator.
    pub async fn credential_release(&self, actor: &Actor, id: Uuid) -> Result<Credential> {
        actor.needs(Role::Operator)?;
        let txn = self.db().begin().await?;
        let row = found(&txn, id).await?;
        store::forget(&txn, &row.identity).await?;
        let summary = format!("Released the credential {} for {}", row.name, row.username);
        audit::record(&txn, actor, entry("credential.release", &row, summary)).await?;
        txn.commit().await?;
        self.released(&row.identity);
        Ok(self.shown(row))
    }

    /// Which credentials are for which devices.
    pub(crate) async fn credential_bindings(&self) -> Result<CredentialBindings> {
        let rows = store::all(self.db().reader()).await?;
        let binding = |row: credential::Model| Binding {
            id: row.id,
            sites: keys(&row.sites),
            tags: keys(&row.tags),
            is_default: row.is_default,
        };
        Ok(CredentialBindings(rows.into_iter().map(binding).collect()))
    }

    /// What a session logs in with. Who asks writes [`credential_use`] into the audit log, once for a collection.
    ///
    /// # Errors
    /// `not_found`; `secret_unreadable`; `agent_missing`.
    pub(crate) async fn credential_open(&self, id: Uuid) -> Result<jobs::Credentials> {
        let row = found(self.db().reader(), id).await?;
        let agent = match row.use_agent {
            true => Some(self.config().ssh_agent.clone().ok_or_else(no_agent)?),
            false => None,
        };
        self.unsealed(&row)?.open(row.username, agent).await
    }

    /// Name of a credential, for what is told about its use.
    pub(crate) async fn credential_name(&self, id: Uuid) -> Result<String> {
        Ok(found(self.db().reader(), id).await?.name)
    }

    fn unsealed(&self, row: &credential::Model) -> Result<LoginSecrets> {
        LoginSecrets::of_plain(&self.vault().unseal(&context(row.id), &row.sealed)?)
    }

    fn released(&self, identity: &[u8]) {
        if let Ok(identity) = identity.try_into() {
            self.breaker().release(identity);
        }
    }

    fn shown(&self, row: credential::Model) -> Credential {
        let identity = row.identity.as_slice().try_into();
        let count = identity
            .map(|identity| self.breaker().count(identity))
            .unwrap_or_default();
        Credential {
            id: row.id,
            name: row.name,
            username: row.username,
            has_password: row.has_password,
            has_enable_password: row.has_enable_password,
            has_private_key: row.has_private_key,
            use_agent: row.use_agent,
            sites: strings(&row.sites),
            tags: strings(&row.tags),
            is_default: row.is_default,
            order: row.position,
            closed_at: count.closed_at.map(keeper::milliseconds),
            consecutive_failures: count.consecutive_failures,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    /// The row with the given fields, checked and sealed.
    async fn with_fields(
        &self,
        mut row: credential::Model,
        mut secrets: LoginSecrets,
        fields: CredentialFields,
    ) -> Result<credential::Model> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        let mut wrong = |pointer: &str, detail: String| {
            problems.push(FieldProblem {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        let texts = [
            ("/name", fields.name, &mut row.name),
            ("/username", fields.username, &mut row.username),
        ];
        for (pointer, given, field) in texts {
            match given.map(|text| checks::text(&text)) {
                Some(Ok(Some(text))) => *field = text,
                Some(Err(problem)) => wrong(pointer, problem),
                Some(Ok(None)) => wrong(pointer, "Is empty".to_owned()),
                None if field.is_empty() => wrong(pointer, "Is missing".to_owned()),
                None => {}
            }
        }
        row.name_key = name_key(&row.name);
        // A passphrase belongs to the key that it came with.
        if fields.private_key.is_some() {
            secrets.passphrase = None;
        }
        secrets.password = fields.password.unwrap_or(secrets.password);
        secrets.enable_password = fields.enable_password.unwrap_or(secrets.enable_password);
        secrets.private_key = fields.private_key.unwrap_or(secrets.private_key);
        secrets.passphrase = fields.passphrase.unwrap_or(secrets.passphrase);
        secrets
            .check()
            .into_iter()
            .for_each(|(pointer, problem)| wrong(pointer, problem));
        row.use_agent = fields.use_agent.unwrap_or(row.use_agent);
        if row.use_agent && self.config().ssh_agent.is_none() {
            wrong("/use_agent", no_agent().message);
        }
        if secrets.password.is_none() && secrets.private_key.is_none() && !row.use_agent {
            wrong(
                "/password",
                "A credential needs a password, a private key or the SSH agent of the server".to_owned(),
            );
        }
        if let Some(sites) = fields.sites {
            match self::sites(&sites) {
                Ok(sites) => row.sites = json!(sites),
                Err((index, problem)) => wrong(&format!("/sites/{index}"), problem),
            }
        }
        if let Some(tags) = fields.tags {
            match device_fields::tags(&tags) {
                Ok(tags) => row.tags = json!(tags),
                Err((index, problem)) => wrong(&format!("/tags/{index}"), problem),
            }
        }
        row.is_default = fields.is_default.unwrap_or(row.is_default);
        row.position = fields.order.unwrap_or(row.position);
        if !problems.is_empty() {
            return Err(Error::fields(problems));
        }
        row.has_password = secrets.password.is_some();
        row.has_enable_password = secrets.enable_password.is_some();
        row.has_private_key = secrets.private_key.is_some();
        row.sealed = self.vault().seal(&context(row.id), &secrets.to_plain()?)?;
        let opened = secrets.open(row.username.clone(), None).await?;
        row.identity = self.breaker().identity(&opened).to_vec();
        Ok(row)
    }
}

/// The audit entry of using a credential.
pub(crate) fn credential_use(id: Uuid, name: &str, what_for: &str) -> Entry<'static> {
    Entry {
        action: "credential.use",
        target_type: "credential",
        target_id: Some(id.to_string()),
        summary: format!("Used the credential {name} for {what_for}"),
    }
}

fn entry<'a>(action: &'a str, row: &credential::Model, summary: String) -> Entry<'a> {
    Entry {
        action,
        target_type: "credential",
        target_id: Some(row.id.to_string()),
        summary,
    }
}

fn context(id: Uuid) -> String {
    format!("credential {id}")
}

fn no_agent() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "agent_missing",
        "This server was started without an SSH agent; give it one with --ssh-agent",
    )
}

fn taken(row: &credential::Model) -> Error {
    Error::conflict(
        "credential_exists",
        format!(
            "There is a credential named {} already; names are unique ignoring case",
            row.name
        ),
    )
}

async fn found(db: &impl store::Connection, id: Uuid) -> Result<credential::Model> {
    let row = store::find(db, id).await?;
    row.ok_or_else(|| Error::not_found("credential", id))
}

fn sites(given: &[String]) -> std::result::Result<Vec<String>, (usize, String)> {
    let mut sites = Vec::new();
    for (index, site) in given.iter().enumerate() {
        match checks::text(site) {
            Ok(Some(_)) if sites.len() == MAX_SITES => {
                return Err((index, format!("A credential has {MAX_SITES} sites at most")));
            }
            Ok(Some(site)) if !sites.contains(&site) => sites.push(site),
            Ok(Some(_)) => {}
            Ok(None) => return Err((index, "A site is not empty".to_owned())),
            Err(problem) => return Err((index, problem)),
        }
    }
    Ok(sites)
}
