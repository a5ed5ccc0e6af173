//! Sessions: logging in, going on with a refresh token, logging out.

use entity::{auth_session, user};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Access, KnownSession, KnownUser, password, store, tokens, tokens::refused, users::name_key};
use crate::{
    Service,
    actor::{Actor, Caller, Proof},
    audit::{self, Entry},
    error::{Error, Result},
    time::now_ms,
};

/// A refresh token that was replaced less than this ago answers with its successor: two tabs, or an answer that was lost.
const GRACE_MS: i64 = 10_000;
/// Open sessions of one user; a further login ends the oldest.
const MOST_SESSIONS: usize = 200;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What somebody gets who logged in.
pub struct Login {
    /// Says who it is, for some minutes.
    pub access_token: SecretString,
    /// Seconds that the access token is good.
    pub expires_in: u64,
    /// Gets the next access token.
    pub refresh_token: SecretString,
    /// Seconds that the refresh token is good.
    pub refresh_expires_in: u64,
}

impl Service {
    /// Opens a session for who knows the password.
    ///
    /// # Errors
    /// `login_failed` whatever was wrong, `login_throttled` after too many failures.
    pub async fn auth_login(&self, caller: &Caller, username: &str, password: SecretString) -> Result<Login> {
        let access = self.access();
        let key = name_key(username);
        let tried = access.throttle.take(&key, &caller.remote_address)?;
        let found = store::user_by_name(self.db().reader(), &key).await?;
        let stored = found.as_ref().map(|user| user.password_hash.clone());
        let fits = access.passwords.verify(password, stored).await?;
        let Some(user) = found.as_ref().filter(|user| fits && user.enabled) else {
            self.login_failed(caller, found.as_ref()).await?;
            return Err(login_refused());
        };
        access.throttle.give_back(tried);
        self.open_session(caller, user.id, &user.password_hash).await
    }

    /// Both ways take the same steps: who measures learns nothing about which names there are.
    async fn login_failed(&self, caller: &Caller, user: Option<&user::Model>) -> Result<()> {
        let nobody = Actor {
            user_id: user.map_or(Uuid::nil(), |user| user.id),
            name: user.map_or_else(|| "unknown".to_owned(), |user| user.name.clone()),
            remote_address: caller.remote_address.clone(),
            request_id: caller.request_id.clone(),
            ..Actor::server()
        };
        let entry = Entry {
            action: "auth.login_failed",
            target_type: "user",
            target_id: user.map(|user| user.id.to_string()),
            summary: match user {
                Some(user) if !user.enabled => "A login was refused: the user is disabled or the password was wrong",
                Some(_) => "A login was refused: the password was wrong",
                None => "A login was refused: there is no user of this name",
            }
            .to_owned(),
        };
        let txn = self.db().begin().await?;
        audit::record(&txn, &nobody, entry).await?;
        txn.commit().await?;
        Ok(())
    }

    pub(super) async fn open_session(&self, caller: &Caller, user_id: Uuid, verified: &str) -> Result<Login> {
        let access = self.access();
        let (now, session_id) = (now_ms(), Uuid::now_v7());
        let refresh = tokens::random(tokens::REFRESH_TOKEN);
        let expires_at = now.saturating_add(self.refresh_ms());
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        // Read again: the user may have been changed while the password was checked.
        let current = store::user(&txn, user_id).await?;
        let Some(mut user) = current.filter(|user| user.enabled && user.password_hash == verified) else {
            return Err(login_refused());
        };
        let mut open = store::sessions_of(&txn, user.id, now).await?;
        open.truncate((open.len() + 1).saturating_sub(MOST_SESSIONS));
        store::revoke_sessions(&txn, &open, now).await?;
        let session = auth_session::Model {
            id: session_id,
            user_id: user.id,
            created_at: now,
            expires_at,
            revoked_at: None,
            remote_address: caller.remote_address.clone(),
        };
        store::insert_session(&txn, session).await?;
        store::insert_refresh_token(&txn, &tokens::hash_of(&refresh), session_id, now).await?;
        user.last_login_at = Some(now);
        store::update_user(&txn, &user).await?;
        let actor = caller.actor(user.id, &user.name, user.role, Proof::Session(session_id));
        let summary = format!("{} logged in", user.name);
        audit::record(&txn, &actor, entry("auth.login", user.id, summary)).await?;
        txn.commit().await?;
        access.change(|known| {
            known.sessions.retain(|id, _| !open.contains(id));
            let user_id = user.id;
            known.sessions.insert(session_id, KnownSession { user_id, expires_at });
            known.users.insert(user.id, KnownUser::of(&user));
        });
        self.login(user.id, session_id, refresh)
    }

    /// Goes on with a session: a new access token, and a refresh token in place of this one.
    ///
    /// # Errors
    /// `refresh_failed`. A token that was replaced before ends its session: somebody else may have it.
    pub async fn auth_refresh(&self, caller: &Caller, token: &str) -> Result<Login> {
        let access = self.access();
        let now = now_ms();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let mut hash = tokens::hash(token);
        let mut row = store::refresh_token(&txn, &hash).await?.ok_or_else(refresh_refused)?;
        let session_id = row.session_id;
        let session = store::session(&txn, session_id)
            .await?
            .filter(|session| session.revoked_at.is_none() && session.expires_at > now)
            .ok_or_else(refresh_refused)?;
        let user = store::user(&txn, session.user_id)
            .await?
            .filter(|user| user.enabled)
            .ok_or_else(refresh_refused)?;
        let mut successor = None;
        while let Some(used_at) = row.used_at {
            // A clock that was set back makes an age negative: then it is not trusted either.
            if !(0..GRACE_MS).contains(&now.saturating_sub(used_at)) {
                let actor = caller.actor(user.id, &user.name, user.role, Proof::Session(session_id));
                store::revoke_sessions(&txn, &[session_id], now).await?;
                let summary = "A refresh token was used again after it was replaced: the session was ended".to_owned();
                audit::record(&txn, &actor, entry("auth.refresh_reused", user.id, summary)).await?;
                txn.commit().await?;
                end(access, &[session_id]);
                return Err(refresh_refused());
            }
            let sealed = row.successor.as_deref().ok_or_else(refresh_refused)?;
            let next = self.vault().unseal(&successor_of(session_id), sealed)?;
            let next = String::from_utf8(next.expose_secret().to_vec()).map_err(|_| refresh_refused())?;
            hash = tokens::hash(&next);
            row = store::refresh_token(&txn, &hash).await?.ok_or_else(refresh_refused)?;
            successor = Some(SecretString::from(next));
        }
        let expires_at = now.saturating_add(self.refresh_ms());
        let refresh = match successor {
            Some(successor) => successor,
            None => {
                let next = tokens::random(tokens::REFRESH_TOKEN);
                let sealed = self
                    .vault()
                    .seal(&successor_of(session_id), next.expose_secret().as_bytes())?;
                store::insert_refresh_token(&txn, &tokens::hash_of(&next), session_id, now).await?;
                store::replace_refresh_token(&txn, &hash, sealed, now).await?;
                next
            }
        };
        store::prolong_session(&txn, session_id, expires_at).await?;
        txn.commit().await?;
        access.change(|known| {
            let user_id = user.id;
            known.sessions.insert(session_id, KnownSession { user_id, expires_at });
        });
        self.login(user.id, session_id, refresh)
    }

    /// Ends the session of who asks, or of a refresh token. It does not matter whether there is one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn auth_logout(&self, caller: &Caller, actor: Option<&Actor>, refresh: Option<&str>) -> Result<()> {
        let access = self.access();
        let now = now_ms();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let mut ids = Vec::new();
        if let Some(Proof::Session(id)) = actor.map(|actor| actor.proof) {
            ids.push(id);
        }
        if let Some(refresh) = refresh
            && let Some(row) = store::refresh_token(&txn, &tokens::hash(refresh)).await?
        {
            ids.push(row.session_id);
        }
        ids.sort_unstable();
        ids.dedup();
        for id in &ids {
            let Some(session) = store::session(&txn, *id).await?.filter(|row| row.revoked_at.is_none()) else {
                continue;
            };
            let known = access.read(|known| known.users.get(&session.user_id).cloned());
            if let Some(user) = known {
                let actor = caller.actor(session.user_id, &user.name, user.role, Proof::Session(*id));
                let summary = format!("{} logged out", user.name);
                audit::record(&txn, &actor, entry("auth.logout", session.user_id, summary)).await?;
            }
        }
        store::revoke_sessions(&txn, &ids, now).await?;
        txn.commit().await?;
        end(access, &ids);
        Ok(())
    }

    /// Sets another password for who asks, and ends all other sessions of theirs.
    ///
    /// # Errors
    /// `login_failed` when the current password is wrong, `validation_failed` when the new one is none.
    pub async fn auth_password(&self, actor: &Actor, current: SecretString, new: SecretString) -> Result<()> {
        let Proof::Session(own) = actor.proof else {
            return Err(Error::forbidden(
                "A password is changed by who logged in with it, not with an API token",
            ));
        };
        password::check("/new_password", &new)?;
        let access = self.access();
        let tried = access.throttle.take(&name_key(&actor.name), &actor.remote_address)?;
        let user = store::user(self.db().reader(), actor.user_id)
            .await?
            .ok_or_else(|| Error::not_found("user", actor.user_id))?;
        let verified = user.password_hash.clone();
        if !access.passwords.verify(current, Some(verified.clone())).await? {
            return Err(Error::field("/current_password", "this is not your password"));
        }
        access.throttle.give_back(tried);
        let hash = access.passwords.hash(new).await?;
        let now = now_ms();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let mut user = store::user(&txn, actor.user_id)
            .await?
            .filter(|user| user.password_hash == verified)
            .ok_or_else(|| Error::conflict("user_changed", "The user was changed meanwhile: try again"))?;
        user.password_hash = hash;
        user.updated_at = now.max(user.updated_at + 1);
        store::update_user(&txn, &user).await?;
        let mut ids = store::sessions_of(&txn, user.id, now).await?;
        ids.retain(|id| *id != own);
        store::revoke_sessions(&txn, &ids, now).await?;
        let summary = format!("{} changed the own password", user.name);
        audit::record(&txn, actor, entry("user.password", user.id, summary)).await?;
        txn.commit().await?;
        end(access, &ids);
        Ok(())
    }

    fn login(&self, user: Uuid, session: Uuid, refresh_token: SecretString) -> Result<Login> {
        let expires_in = u64::from(self.settings().access_token_minutes) * 60;
        Ok(Login {
            access_token: self.access().signer.sign(user, session, now_ms(), expires_in)?,
            expires_in,
            refresh_token,
            refresh_expires_in: u64::try_from(self.refresh_ms() / 1000).unwrap_or_default(),
        })
    }

    fn refresh_ms(&self) -> i64 {
        i64::from(self.settings().refresh_token_days) * DAY_MS
    }
}

/// Forgets sessions that were revoked.
pub(super) fn end(access: &Access, ids: &[Uuid]) {
    access.change(|known| known.sessions.retain(|id, _| !ids.contains(id)));
}

fn entry(action: &'static str, user: Uuid, summary: String) -> Entry<'static> {
    Entry {
        action,
        target_type: "user",
        target_id: Some(user.to_string()),
        summary,
    }
}

fn successor_of(session: Uuid) -> String {
    format!("refresh token {session}")
}

fn login_refused() -> Error {
    refused("login_failed", "The user name or the password is wrong")
}

fn refresh_refused() -> Error {
    refused("refresh_failed", "The refresh token is no longer good: log in again")
}
