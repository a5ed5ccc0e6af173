//! Who may come in: users, their sessions and their API tokens.
//!
//! What a request needs to be let in stands in memory and is changed together with the database, so that a request costs
//! no query and a logout, another role or a disabled user count at once. One server works on a database, so that what
//! stands here is all there is.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use entity::user::Role;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    Service,
    actor::{Actor, Caller, Proof},
    database::Database,
    error::Result,
    time::now_ms,
    vault::Vault,
};

mod api_tokens;
mod password;
mod sessions;
mod store;
mod throttle;
mod tickets;
mod tokens;
mod users;

#[cfg(test)]
mod tests;

pub use api_tokens::{ApiTokenChoice, ApiTokenView, NewApiToken};
pub use sessions::Login;
pub use tickets::Ticket;
pub use users::{FirstAdmin, NewUser, UserChange};

use tokens::refused;

/// A wait for something in the future is not longer than this, whatever the clock does.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The state of access in memory.
pub(crate) struct Access {
    known: RwLock<Known>,
    /// One change at a time: what is in memory follows the order of the database.
    changes: tokio::sync::Mutex<()>,
    /// Counts the changes; open connections look again whether they may stay.
    changed: watch::Sender<u64>,
    throttle: throttle::Throttle,
    passwords: password::Passwords,
    signer: tokens::Signer,
    tickets: tickets::Tickets,
}

#[derive(Default)]
struct Known {
    users: HashMap<Uuid, KnownUser>,
    sessions: HashMap<Uuid, KnownSession>,
    tokens: HashMap<[u8; 32], KnownToken>,
}

#[derive(Clone)]
struct KnownUser {
    name: String,
    role: Role,
    enabled: bool,
}

#[derive(Clone, Copy)]
struct KnownSession {
    user_id: Uuid,
    expires_at: i64,
}

#[derive(Clone)]
struct KnownToken {
    id: Uuid,
    user_id: Uuid,
    scope: Role,
    expires_at: Option<i64>,
    last_used_at: Arc<AtomicI64>,
}

impl Access {
    /// Reads who is known.
    pub(crate) async fn load(db: &Database, vault: &Vault) -> Result<Self> {
        let mut known = Known::default();
        for user in store::users(db.reader()).await? {
            known.users.insert(user.id, KnownUser::of(&user));
        }
        for session in store::open_sessions(db.reader(), now_ms()).await? {
            let (user_id, expires_at) = (session.user_id, session.expires_at);
            known.sessions.insert(session.id, KnownSession { user_id, expires_at });
        }
        for token in store::open_tokens(db.reader()).await? {
            if let Ok(hash) = token.hash.as_slice().try_into() {
                known.tokens.insert(hash, KnownToken::of(&token));
            }
        }
        Ok(Self {
            known: RwLock::new(known),
            changes: tokio::sync::Mutex::default(),
            changed: watch::Sender::new(0),
            throttle: throttle::Throttle::default(),
            passwords: password::Passwords::new().await?,
            signer: tokens::Signer::new(&vault.derive("access token")),
            tickets: tickets::Tickets::default(),
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is known and wakes who waits for it. After the commit, while `changes` is held.
    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// What somebody may do now, and until when that is known; `None`: nothing any more.
    fn standing(&self, user_id: Uuid, proof: Proof) -> Option<(Role, Option<i64>)> {
        let now = now_ms();
        self.read(|known| {
            let user = known.users.get(&user_id).filter(|user| user.enabled);
            match proof {
                Proof::Server => Some((Role::Admin, None)),
                Proof::Session(id) => {
                    let session = known.sessions.get(&id)?;
                    let good = session.user_id == user_id && session.expires_at > now;
                    Some((user.filter(|_| good)?.role, Some(session.expires_at)))
                }
                Proof::ApiToken(id) => {
                    let token = known.tokens.values().find(|token| token.id == id)?;
                    let good = token.user_id == user_id && token.is_good(now);
                    Some((user.filter(|_| good)?.role.min(token.scope), token.expires_at))
                }
            }
        })
    }
}

impl KnownUser {
    fn of(row: &entity::user::Model) -> Self {
        Self {
            name: row.name.clone(),
            role: row.role,
            enabled: row.enabled,
        }
    }
}

impl KnownToken {
    fn of(row: &entity::api_token::Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            scope: row.scope,
            expires_at: row.expires_at,
            last_used_at: Arc::new(AtomicI64::new(row.last_used_at.unwrap_or_default())),
        }
    }

    fn is_good(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

impl Service {
    /// Who comes with this token. Costs no query.
    ///
    /// # Errors
    /// `token_invalid`, `token_expired` or `session_ended`.
    pub fn auth_check(&self, caller: &Caller, token: &str) -> Result<Actor> {
        let access = self.access();
        let now = now_ms();
        if token.starts_with(tokens::API_TOKEN) {
            let hash = tokens::hash(token);
            return access
                .read(|known| {
                    let token = known.tokens.get(&hash).filter(|token| token.is_good(now))?;
                    let user = known.users.get(&token.user_id).filter(|user| user.enabled)?;
                    token.last_used_at.fetch_max(now, Ordering::Relaxed);
                    let role = user.role.min(token.scope);
                    Some(caller.actor(token.user_id, &user.name, role, Proof::ApiToken(token.id)))
                })
                .ok_or_else(|| {
                    refused(
                        "token_invalid",
                        "The API token is unknown, expired or revoked, or its owner is disabled",
                    )
                });
        }
        let claims = access.signer.check(token)?;
        access
            .read(|known| {
                let session = known.sessions.get(&claims.sid)?;
                let good = session.user_id == claims.sub && session.expires_at > now;
                let user = known.users.get(&claims.sub).filter(|user| good && user.enabled)?;
                Some(caller.actor(claims.sub, &user.name, user.role, Proof::Session(claims.sid)))
            })
            .ok_or_else(|| refused("session_ended", "This login has ended: log in again"))
    }

    /// Ends when somebody may no longer do what they might: logged out, expired, disabled, or with a lesser role. For
    /// connections that stay open.
    pub async fn auth_ended(&self, actor: &Actor) {
        let mut changed = self.access().changed.subscribe();
        loop {
            let Some((role, until)) = self.access().standing(actor.user_id, actor.proof) else {
                return;
            };
            if role < actor.role {
                return;
            }
            let wait = until.map_or(LONGEST_WAIT, |end| {
                Duration::from_millis(u64::try_from(end.saturating_sub(now_ms())).unwrap_or_default()).min(LONGEST_WAIT)
            });
            // Either way it is looked again; the sender lives as long as the service.
            let _ = tokio::time::timeout(wait + Duration::from_millis(1), changed.changed()).await;
        }
    }

    /// Writes down what is only in memory, and forgets what is long over. Called now and then, and at the end.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn auth_tidy(&self) -> Result<()> {
        let access = self.access();
        let _one = access.changes.lock().await;
        let used: Vec<(Uuid, i64)> = access.read(|known| {
            let used = known.tokens.values();
            used.map(|token| (token.id, token.last_used_at.load(Ordering::Relaxed)))
                .filter(|(_, at)| *at > 0)
                .collect()
        });
        let now = now_ms();
        let txn = self.db().begin().await?;
        store::tokens_used(&txn, &used).await?;
        store::forget(&txn, now).await?;
        txn.commit().await?;
        let over = |known: &Known| known.sessions.values().any(|session| session.expires_at <= now);
        if access.read(over) {
            access.change(|known| known.sessions.retain(|_, session| session.expires_at > now));
        }
        Ok(())
    }
}
