//! Keeps a wrong password from locking out a fleet: per login identity, few logins until one has succeeded, and none
//! after too many refusals in a row.
//!
//! A [`Breaker`] counts for everything that a program runs; [`Logins`] is its gate for one run. Refusals and the closing
//! belong to all runs, the freedom that a success gives to the run in which it happened. A program that outlives its
//! process keeps the counts: each [`Change`] is sent to it, and after a refusal no login with that identity is let
//! through before [`Breaker::saved`] says that the count would survive. It keeps the logins that are under way, too, until
//! one has succeeded: a process that is killed meanwhile never learns how they ended, and the next one counts them as refused.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use tokio::sync::{Notify, mpsc};

use crate::{
    error::{DeviceError, FailureKind},
    transport::Credentials,
};

#[cfg(test)]
mod tests;

/// The limit where nobody says another one.
pub const AUTH_FAILURE_LIMIT: u32 = 3;

/// A user name and its secret, as a keyed hash.
pub type Identity = [u8; 32];

/// What is known about an identity over all runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Refusals since the last success.
    pub consecutive_failures: u32,
    /// Since when no login is tried.
    pub closed_at: Option<SystemTime>,
    /// Logins under way in runs in which none has succeeded yet.
    pub in_flight: u32,
}

impl Count {
    /// What is known after the process ended without a word: logins that were under way may have been refused.
    #[must_use]
    fn after_a_kill(self) -> Self {
        Self {
            consecutive_failures: self.consecutive_failures.saturating_add(self.in_flight),
            in_flight: 0,
            ..self
        }
    }
}

/// A count that is new, to be kept. Those of one identity come in the order in which they happened.
#[derive(Debug, Clone)]
pub struct Change {
    /// Whose.
    pub identity: Identity,
    /// Name of the user.
    pub username: String,
    /// What holds from now on.
    pub count: Count,
    version: u64,
}

#[derive(Debug, Default)]
struct State {
    count: Count,
    /// Number of the last change.
    version: u64,
    /// The change that must be kept before the next login.
    needed: u64,
    /// The last one that was kept.
    saved: u64,
}

/// Counts logins and their refusals for each login identity (user name and secret).
#[derive(Debug)]
pub struct Breaker {
    limit: u32,
    key: [u8; 32],
    states: Mutex<HashMap<Identity, State>>,
    changed: Notify,
    keeper: Option<mpsc::UnboundedSender<Change>>,
}

/// The gate of one run.
#[derive(Debug)]
pub struct Logins {
    breaker: Arc<Breaker>,
    limit: u32,
    /// Identities that a login of this run succeeded with.
    proven: Mutex<HashSet<Identity>>,
}

/// The right to try one login. Dropped without a report, it counts as a login that came to no answer.
#[derive(Debug)]
pub struct Permit {
    logins: Arc<Logins>,
    identity: Identity,
    username: String,
    in_flight: bool,
    reported: bool,
}

enum Answer {
    /// `after`: once this change is kept.
    Go {
        in_flight: bool,
        after: u64,
    },
    Wait,
    Paused,
    Lost,
}

impl Breaker {
    /// One that remembers as long as it lives. At most `limit` refusals in a row; 0 counts nothing.
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self {
            limit,
            key: rand::random(),
            states: Mutex::default(),
            changed: Notify::new(),
            keeper: None,
        })
    }

    /// One that goes on from the counts of an earlier process. `key` must be that process's; who receives the changes
    /// keeps each and then calls [`Breaker::saved`].
    pub fn kept(
        key: [u8; 32],
        counts: impl IntoIterator<Item = (Identity, Count)>,
        keeper: mpsc::UnboundedSender<Change>,
    ) -> Arc<Self> {
        let state = |(identity, count): (Identity, Count)| {
            let state = State {
                count: count.after_a_kill(),
                ..State::default()
            };
            (identity, state)
        };
        Arc::new(Self {
            limit: AUTH_FAILURE_LIMIT,
            key,
            states: Mutex::new(counts.into_iter().map(state).collect()),
            changed: Notify::new(),
            keeper: Some(keeper),
        })
    }

    /// The gate of a new run; `None`: with the limit of the breaker.
    pub fn logins(self: &Arc<Self>, limit: Option<u32>) -> Arc<Logins> {
        self.logins_after(limit, None)
    }

    /// The gate of a run that goes on, in which logins have succeeded before.
    pub fn logins_after(self: &Arc<Self>, limit: Option<u32>, proven: Option<Identity>) -> Arc<Logins> {
        Arc::new(Logins {
            breaker: Arc::clone(self),
            limit: limit.unwrap_or(self.limit),
            proven: Mutex::new(proven.into_iter().collect()),
        })
    }

    /// The identity that credentials make.
    pub fn identity(&self, credentials: &Credentials) -> Identity {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return [0; 32];
        };
        mac.update(credentials.username.as_bytes());
        mac.update(&[0]);
        if let Some(password) = &credentials.password {
            mac.update(password.expose_secret().as_bytes());
        }
        mac.update(&[0]);
        if let Some(key) = &credentials.private_key {
            mac.update(key.fingerprint(russh::keys::HashAlg::Sha256).as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// What is known about an identity.
    pub fn count(&self, identity: &Identity) -> Count {
        let states = self.states.lock().ok();
        states
            .and_then(|states| states.get(identity).map(|state| state.count))
            .unwrap_or_default()
    }

    /// How many identities no login is tried with until a person says so.
    pub fn paused(&self) -> usize {
        let states = self.states.lock().ok();
        states.map_or(0, |states| {
            states.values().filter(|state| state.count.closed_at.is_some()).count()
        })
    }

    /// Forgets the refusals of an identity, because a person said so.
    pub fn release(&self, identity: &Identity) {
        self.with_state(identity, |state| {
            let released = Count {
                in_flight: state.count.in_flight,
                ..Count::default()
            };
            if state.count != released {
                state.count = released;
                self.tell(state, *identity, "", false);
            }
        });
        self.changed.notify_waiters();
    }

    /// A change has been kept, and all before it with the same identity.
    pub fn saved(&self, change: &Change) {
        self.with_state(&change.identity, |state| state.saved = state.saved.max(change.version));
        self.changed.notify_waiters();
    }

    /// Waits until no login is under way.
    pub async fn idle(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let busy = match self.states.lock() {
                Ok(states) => states.values().any(|state| state.count.in_flight > 0),
                Err(_) => false,
            };
            if !busy {
                return;
            }
            changed.await;
        }
    }

    /// Waits until every change so far is kept.
    pub async fn settled(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let behind = match self.states.lock() {
                Ok(states) => states.values().any(|state| state.saved < state.version),
                Err(_) => false,
            };
            if !behind || self.is_keeper_gone() {
                return;
            }
            changed.await;
        }
    }

    /// Waits until a change of an identity is kept.
    async fn kept_up_to(&self, identity: &Identity, version: u64) -> Result<(), DeviceError> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.keeper.is_none() || self.with_state(identity, |state| state.saved >= version) == Some(true) {
                return Ok(());
            }
            if self.is_keeper_gone() {
                return Err(lost());
            }
            changed.await;
        }
    }

    fn with_state<T>(&self, identity: &Identity, change: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut states = self.states.lock().ok()?;
        Some(change(states.entry(*identity).or_default()))
    }

    /// Sends the count to who keeps it. `first`: no login goes before it is kept.
    fn tell(&self, state: &mut State, identity: Identity, username: &str, first: bool) {
        let Some(keeper) = &self.keeper else { return };
        state.version += 1;
        if first {
            state.needed = state.version;
        }
        // Where nobody keeps it any more, `admit` refuses.
        let _ = keeper.send(Change {
            identity,
            username: username.to_owned(),
            count: state.count,
            version: state.version,
        });
    }

    fn is_keeper_gone(&self) -> bool {
        self.keeper.as_ref().is_some_and(mpsc::UnboundedSender::is_closed)
    }
}

fn lost() -> DeviceError {
    DeviceError::new(FailureKind::Internal, "The count of logins is lost")
}

fn paused() -> DeviceError {
    DeviceError::new(
        FailureKind::CredentialPaused,
        "Not tried: too many logins in a row were refused with this user name and secret",
    )
}

impl Logins {
    /// Waits until a login with these credentials may be tried.
    ///
    /// # Errors
    /// `credential_paused` once too many were refused.
    pub async fn admit(self: &Arc<Self>, credentials: &Credentials) -> Result<Permit, DeviceError> {
        let breaker = &self.breaker;
        let identity = breaker.identity(credentials);
        loop {
            let changed = breaker.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match breaker.with_state(&identity, |state| self.answer(state, credentials, identity)) {
                Some(Answer::Go { in_flight, after }) => {
                    let permit = Permit {
                        logins: Arc::clone(self),
                        identity,
                        username: credentials.username.clone(),
                        in_flight,
                        reported: false,
                    };
                    // Dropped while it waits, it was no login.
                    breaker.kept_up_to(&identity, after).await?;
                    return Ok(permit);
                }
                Some(Answer::Paused) => return Err(paused()),
                Some(Answer::Wait) => changed.await,
                Some(Answer::Lost) | None => return Err(lost()),
            }
        }
    }

    fn answer(&self, state: &mut State, credentials: &Credentials, identity: Identity) -> Answer {
        let go = |in_flight, after| Answer::Go { in_flight, after };
        let failures = state.count.consecutive_failures;
        if state.count.closed_at.is_some() {
            return Answer::Paused;
        }
        if self.limit == 0 {
            return go(false, 0);
        }
        if state.saved < state.needed {
            return match self.breaker.is_keeper_gone() {
                true => Answer::Lost,
                false => Answer::Wait,
            };
        }
        if self.is_proven(&identity) {
            return go(false, 0);
        }
        if state.count.in_flight < self.room(failures) {
            state.count.in_flight += 1;
            self.breaker.tell(state, identity, &credentials.username, false);
            return go(true, state.version);
        }
        // A run with a higher limit may have left more refusals than this one allows: nothing would ever wake it.
        if state.count.in_flight > 0 {
            return Answer::Wait;
        }
        // What a kill left open is closed here, for everybody to see; a stricter limit of one run is its own affair.
        if self.breaker.limit > 0 && failures >= self.breaker.limit {
            state.count.closed_at = Some(SystemTime::now());
            self.breaker.tell(state, identity, &credentials.username, false);
        }
        Answer::Paused
    }

    /// Logins that may be under way before one has succeeded. Where counts outlive the process it is one less than could be
    /// refused, if there is more than one: a kill in that moment leaves a good secret its next try.
    fn room(&self, failures: u32) -> u32 {
        let left = self.limit.saturating_sub(failures);
        match self.breaker.keeper {
            Some(_) if left > 1 => left - 1,
            _ => left,
        }
    }

    fn is_proven(&self, identity: &Identity) -> bool {
        self.proven.lock().is_ok_and(|proven| proven.contains(identity))
    }

    /// The identity that credentials make.
    pub(crate) fn identity(&self, credentials: &Credentials) -> Identity {
        self.breaker.identity(credentials)
    }

    /// Whether these credentials are known to be refused.
    ///
    /// # Errors
    /// `credential_paused`.
    pub fn check(&self, credentials: &Credentials) -> Result<(), DeviceError> {
        let identity = self.breaker.identity(credentials);
        match self.breaker.count(&identity).closed_at {
            Some(_) => Err(paused()),
            None => Ok(()),
        }
    }
}

impl Permit {
    /// Says how the login ended: `None` is a success, and only a refusal counts against the secret.
    pub fn report(mut self, failure: Option<FailureKind>) {
        self.reported = true;
        let breaker = &self.logins.breaker;
        if failure.is_none()
            && let Ok(mut proven) = self.logins.proven.lock()
        {
            proven.insert(self.identity);
        }
        breaker.with_state(&self.identity, |state| {
            state.count.in_flight = state.count.in_flight.saturating_sub(u32::from(self.in_flight));
            match failure {
                None if state.count.consecutive_failures > 0 => {
                    state.count.consecutive_failures = 0;
                    breaker.tell(state, self.identity, &self.username, false);
                }
                Some(FailureKind::AuthenticationFailed) if self.logins.limit > 0 => {
                    state.count.consecutive_failures += 1;
                    if state.count.consecutive_failures >= self.logins.limit {
                        state.count.closed_at.get_or_insert_with(SystemTime::now);
                    }
                    breaker.tell(state, self.identity, &self.username, true);
                }
                _ if self.in_flight => breaker.tell(state, self.identity, &self.username, false),
                _ => {}
            }
        });
        breaker.changed.notify_waiters();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.reported {
            let breaker = &self.logins.breaker;
            breaker.with_state(&self.identity, |state| {
                if self.in_flight {
                    state.count.in_flight = state.count.in_flight.saturating_sub(1);
                    breaker.tell(state, self.identity, &self.username, false);
                }
            });
            breaker.changed.notify_waiters();
        }
    }
}
