//! Keeps a wrong password from locking out a fleet: per login identity, few logins until one has succeeded, and none
//! after too many refusals in a row.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use tokio::sync::Notify;

use crate::{
    error::{DeviceError, FailureKind},
    transport::Credentials,
};

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// Refusals since the last success.
    failures: u32,
    in_flight: u32,
    succeeded: bool,
    closed: bool,
}

type Identity = [u8; 32];

/// Counts logins and their refusals for each login identity (user name and secret).
#[derive(Debug)]
pub struct Breaker {
    limit: u32,
    key: [u8; 32],
    states: Mutex<HashMap<Identity, State>>,
    changed: Notify,
}

/// The right to try one login. Dropped without a report, it counts as a login that came to no answer.
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    identity: Identity,
    reported: bool,
}

impl Breaker {
    /// At most `limit` refusals in a row; 0 counts nothing.
    pub fn new(limit: u32) -> Arc<Self> {
        let key = rand::random();
        Arc::new(Self {
            limit,
            key,
            states: Mutex::default(),
            changed: Notify::new(),
        })
    }

    fn identity(&self, credentials: &Credentials) -> Identity {
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

    fn with_state<T>(&self, identity: &Identity, change: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut states = self.states.lock().ok()?;
        Some(change(states.entry(*identity).or_default()))
    }

    /// Waits until a login with these credentials may be tried.
    ///
    /// # Errors
    /// `credential_paused` once too many were refused.
    pub async fn admit(self: &Arc<Self>, credentials: &Credentials) -> Result<Permit, DeviceError> {
        let identity = self.identity(credentials);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let admitted = self.with_state(&identity, |state| {
                if state.closed {
                    return Err(paused());
                }
                let open = self.limit == 0 || state.succeeded || state.in_flight + state.failures < self.limit;
                if open {
                    state.in_flight += 1;
                }
                Ok(open)
            });
            match admitted {
                Some(Err(error)) => return Err(error),
                Some(Ok(true)) => {
                    return Ok(Permit {
                        breaker: Arc::clone(self),
                        identity,
                        reported: false,
                    });
                }
                Some(Ok(false)) => changed.await,
                None => return Err(DeviceError::new(FailureKind::Internal, "The count of logins is lost")),
            }
        }
    }

    /// Whether these credentials are known to be refused.
    ///
    /// # Errors
    /// `credential_paused`.
    pub fn check(&self, credentials: &Credentials) -> Result<(), DeviceError> {
        let identity = self.identity(credentials);
        match self.with_state(&identity, |state| state.closed) {
            Some(true) => Err(paused()),
            _ => Ok(()),
        }
    }
}

fn paused() -> DeviceError {
    DeviceError::new(
        FailureKind::CredentialPaused,
        "Not tried: too many logins in a row were refused with this user name and secret",
    )
}

impl Permit {
    /// Says how the login ended: `None` is a success, and only a refusal counts against the secret.
    pub fn report(mut self, failure: Option<FailureKind>) {
        self.reported = true;
        let limit = self.breaker.limit;
        self.breaker.with_state(&self.identity, |state| {
            state.in_flight = state.in_flight.saturating_sub(1);
            match failure {
                None => {
                    state.succeeded = true;
                    state.failures = 0;
                }
                Some(FailureKind::AuthenticationFailed) => {
                    state.failures += 1;
                    state.closed = limit > 0 && state.failures >= limit;
                }
                Some(_) => {}
            }
        });
        self.breaker.changed.notify_waiters();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.with_state(&self.identity, |state| {
                state.in_flight = state.in_flight.saturating_sub(1)
            });
            self.breaker.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(password: &str) -> Credentials {
        Credentials {
            username: "ops".to_owned(),
            password: Some(password.to_owned().into()),
            ..Credentials::default()
        }
    }

    #[tokio::test]
    async fn no_more_than_the_limit_are_tried_until_one_succeeds() {
        let breaker = Breaker::new(3);
        let secret = credentials("right");
        let mut permits = Vec::new();
        for _ in 0..3 {
            permits.push(breaker.admit(&secret).await.unwrap());
        }
        let waiting = tokio::spawn({
            let (breaker, secret) = (Arc::clone(&breaker), secret.clone());
            async move { breaker.admit(&secret).await.map(|permit| permit.report(None)) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        permits.pop().unwrap().report(None);
        waiting.await.unwrap().unwrap();
        for _ in 0..50 {
            permits.push(breaker.admit(&secret).await.unwrap());
        }
    }

    #[tokio::test]
    async fn refusals_in_a_row_close_it_for_this_secret_alone() {
        let breaker = Breaker::new(3);
        for _ in 0..3 {
            breaker
                .admit(&credentials("wrong"))
                .await
                .unwrap()
                .report(Some(FailureKind::AuthenticationFailed));
        }
        let error = breaker.admit(&credentials("wrong")).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::CredentialPaused);
        breaker.admit(&credentials("other")).await.unwrap();
    }

    #[tokio::test]
    async fn a_dropped_permit_and_a_broken_line_count_as_no_refusal() {
        let breaker = Breaker::new(1);
        for _ in 0..5 {
            drop(breaker.admit(&credentials("x")).await.unwrap());
            breaker
                .admit(&credentials("x"))
                .await
                .unwrap()
                .report(Some(FailureKind::Disconnected));
        }
        breaker.check(&credentials("x")).unwrap();
    }

    #[tokio::test]
    async fn a_limit_of_zero_counts_nothing() {
        let breaker = Breaker::new(0);
        for _ in 0..20 {
            breaker
                .admit(&credentials("wrong"))
                .await
                .unwrap()
                .report(Some(FailureKind::AuthenticationFailed));
        }
        breaker.check(&credentials("wrong")).unwrap();
    }
}
