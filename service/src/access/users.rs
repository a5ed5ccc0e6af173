//! Users: the persons who may log in, and what they may do.

use entity::user::{self, Role};
use secrecy::SecretString;
use uuid::Uuid;

use super::{KnownUser, password, sessions, store};
use crate::{
    Service,
    actor::Actor,
    audit::{self, Entry},
    database,
    error::{Error, Result},
    page::{Page, PageRequest},
    time::now_ms,
    version::Expected,
};

/// Most characters of a name.
const LONGEST_NAME: usize = 64;

/// A user who is to be made.
pub struct NewUser {
    /// Name to log in with.
    pub username: String,
    /// Password.
    pub password: SecretString,
    /// What the person may do.
    pub role: Role,
}

/// What is to be changed of a user.
#[derive(Default)]
pub struct UserChange {
    /// Another password; ends all sessions of the user.
    pub password: Option<SecretString>,
    /// Another role.
    pub role: Option<Role>,
    /// Whether the user may log in; `false` ends all sessions.
    pub enabled: Option<bool>,
}

/// The user that a new server begins with.
pub enum FirstAdmin {
    /// There are users already.
    NotNeeded,
    /// Made with the password that was given.
    Made,
    /// Made with this password, which is to be shown once.
    Generated(SecretString),
}

impl Service {
    /// Users by name.
    ///
    /// # Errors
    /// `forbidden` below admin.
    pub async fn user_list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<user::Model>> {
        actor.needs(Role::Admin)?;
        store::list_users(self.db().reader(), page).await
    }

    /// One user.
    ///
    /// # Errors
    /// `not_found`, `forbidden` below admin.
    pub async fn user_view(&self, actor: &Actor, id: Uuid) -> Result<user::Model> {
        actor.needs(Role::Admin)?;
        store::user(self.db().reader(), id)
            .await?
            .ok_or_else(|| Error::not_found("user", id))
    }

    /// The user of a name, ignoring case.
    ///
    /// # Errors
    /// `not_found`, `forbidden` below admin.
    pub async fn user_find(&self, actor: &Actor, username: &str) -> Result<user::Model> {
        actor.needs(Role::Admin)?;
        store::user_by_name(self.db().reader(), &name_key(username))
            .await?
            .ok_or_else(|| Error::not_found("user", username))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// `user_exists` when the name is taken, `validation_failed`, `forbidden` below admin.
    pub async fn user_create(&self, actor: &Actor, new: NewUser) -> Result<user::Model> {
        actor.needs(Role::Admin)?;
        let name = checked_name(&new.username)?;
        password::check("/password", &new.password)?;
        let hash = self.access().passwords.hash(new.password).await?;
        let now = now_ms();
        let row = user::Model {
            id: Uuid::now_v7(),
            name_key: name_key(&name),
            name,
            password_hash: hash,
            role: new.role,
            enabled: true,
            created_at: now,
            updated_at: now,
            last_login_at: None,
        };
        let _one = self.access().changes.lock().await;
        let txn = self.db().begin().await?;
        store::insert_user(&txn, &row).await.map_err(|error| {
            if database::is_taken(&error) {
                return Error::conflict("user_exists", format!("There is a user {} already", row.name));
            }
            error.into()
        })?;
        let summary = format!("Made the user {} with the role {}", row.name, row.role.as_str());
        audit::record(&txn, actor, entry("user.create", row.id, summary)).await?;
        txn.commit().await?;
        self.access().change(|known| {
            known.users.insert(row.id, KnownUser::of(&row));
        });
        Ok(row)
    }

    /// Changes a user. Another role counts from the next request on; another password and disabling end the sessions.
    ///
    /// # Errors
    /// `not_found`, `last_admin`, `changed_meanwhile`, `validation_failed`, `forbidden` below admin.
    pub async fn user_update(
        &self,
        actor: &Actor,
        id: Uuid,
        change: UserChange,
        expected: &Expected,
    ) -> Result<user::Model> {
        actor.needs(Role::Admin)?;
        let mut hash = None;
        if let Some(new) = change.password {
            password::check("/password", &new)?;
            hash = Some(self.access().passwords.hash(new).await?);
        }
        let access = self.access();
        let now = now_ms();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let before = store::user(&txn, id)
            .await?
            .ok_or_else(|| Error::not_found("user", id))?;
        expected.check(before.updated_at)?;
        let mut row = before.clone();
        row.role = change.role.unwrap_or(row.role);
        row.enabled = change.enabled.unwrap_or(row.enabled);
        let mut done = Vec::new();
        if row.role != before.role {
            done.push(format!("the role to {}", row.role.as_str()));
        }
        if row.enabled != before.enabled {
            done.push(if row.enabled { "to enabled" } else { "to disabled" }.to_owned());
        }
        if let Some(hash) = hash {
            row.password_hash = hash;
            done.push("the password".to_owned());
        }
        if done.is_empty() {
            return Ok(before);
        }
        row.updated_at = now.max(before.updated_at + 1);
        let was_admin = before.enabled && before.role == Role::Admin;
        let stays_admin = row.enabled && row.role == Role::Admin;
        if was_admin && !stays_admin {
            keep_an_admin(store::enabled_admins(&txn).await?)?;
        }
        store::update_user(&txn, &row).await?;
        let mut ended = Vec::new();
        if row.password_hash != before.password_hash || !row.enabled {
            ended = store::sessions_of(&txn, id, now).await?;
            store::revoke_sessions(&txn, &ended, now).await?;
        }
        let summary = format!("Changed of the user {}: {}", row.name, done.join(", "));
        audit::record(&txn, actor, entry("user.update", id, summary)).await?;
        txn.commit().await?;
        access.change(|known| {
            known.users.insert(id, KnownUser::of(&row));
        });
        sessions::end(access, &ended);
        Ok(row)
    }

    /// Removes a user with all sessions and API tokens.
    ///
    /// # Errors
    /// `not_found`, `last_admin`, `changed_meanwhile`, `forbidden` below admin.
    pub async fn user_delete(&self, actor: &Actor, id: Uuid, expected: &Expected) -> Result<()> {
        actor.needs(Role::Admin)?;
        let access = self.access();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let row = store::user(&txn, id)
            .await?
            .ok_or_else(|| Error::not_found("user", id))?;
        expected.check(row.updated_at)?;
        if row.enabled && row.role == Role::Admin {
            keep_an_admin(store::enabled_admins(&txn).await?)?;
        }
        store::delete_user(&txn, id).await?;
        let summary = format!("Removed the user {}", row.name);
        audit::record(&txn, actor, entry("user.delete", id, summary)).await?;
        txn.commit().await?;
        access.change(|known| {
            known.users.remove(&id);
            known.sessions.retain(|_, session| session.user_id != id);
            known.tokens.retain(|_, token| token.user_id != id);
        });
        Ok(())
    }

    /// Makes the user `admin` where there is no user at all.
    ///
    /// # Errors
    /// `validation_failed` when the given password is none.
    pub async fn user_first_admin(&self, given: Option<SecretString>) -> Result<FirstAdmin> {
        if self.access().read(|known| !known.users.is_empty()) {
            return Ok(FirstAdmin::NotNeeded);
        }
        let generated = given.is_none().then(password::random);
        let Some(password) = given.or_else(|| generated.clone()) else {
            return Ok(FirstAdmin::NotNeeded);
        };
        let new = NewUser {
            username: "admin".to_owned(),
            password,
            role: Role::Admin,
        };
        self.user_create(&Actor::server(), new).await?;
        Ok(generated.map_or(FirstAdmin::Made, FirstAdmin::Generated))
    }
}

fn keep_an_admin(admins: u64) -> Result<()> {
    match admins > 1 {
        true => Ok(()),
        false => Err(Error::conflict(
            "last_admin",
            "This is the last admin who can log in: make another one first",
        )),
    }
}

/// For comparing names, ignoring case.
pub(super) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(Error::field(
            "/username",
            format!("a user name has 1 to {LONGEST_NAME} letters, digits and . _ - @ +"),
        ));
    }
    Ok(name.to_owned())
}

fn entry(action: &'static str, id: Uuid, summary: String) -> Entry<'static> {
    Entry {
        action,
        target_type: "user",
        target_id: Some(id.to_string()),
        summary,
    }
}
