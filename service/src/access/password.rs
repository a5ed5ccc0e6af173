//! Passwords of people: argon2id, on threads of their own, a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, ErrorKind, Result};

/// Hashes at the same time; each takes 19 MiB.
const AT_ONCE: usize = 2;
/// Requests that may wait for their turn; more would wait longer than people do.
const MOST_WAITING: usize = 64;
/// Fewest characters of a new password.
pub(super) const SHORTEST: usize = 8;
/// Most bytes of a password.
pub(super) const LONGEST: usize = 1024;

/// Hashes and verifies.
pub(crate) struct Passwords {
    permits: Semaphore,
    waiting: AtomicUsize,
    /// What passwords of unknown persons are compared with, so that they take as long as those of known ones.
    nobody: Arc<str>,
}

impl Passwords {
    pub(super) async fn new() -> Result<Self> {
        let made = blocking(|| hash(random().expose_secret())).await??;
        Ok(Self {
            permits: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
            nobody: made.into(),
        })
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// `login_busy` when too many are in line.
    pub(super) async fn hash(&self, password: SecretString) -> Result<String> {
        let _permit = self.turn().await?;
        blocking(move || hash(password.expose_secret())).await?
    }

    /// Whether a password is the one of this hash; `None` is nobody's and takes the same time.
    ///
    /// # Errors
    /// `login_busy` when too many are in line.
    pub(super) async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool> {
        let _permit = self.turn().await?;
        let nobody = self.nobody.clone();
        blocking(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| nobody.to_string());
            let password = password.expose_secret().as_bytes();
            Argon2::default().verify_password(password, stored.as_str()).is_ok() && known
        })
        .await
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        let busy = || {
            let mut error = Error::new(
                ErrorKind::Throttled,
                "login_busy",
                "Too many passwords are being checked: try again in a few seconds",
            );
            error.retry_after = Some(3);
            error
        };
        let _place = Place::take(&self.waiting).ok_or_else(busy)?;
        self.permits.acquire().await.map_err(|_| busy())
    }
}

/// A place in the line, given back however the waiting ends.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < MOST_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(format!("argon2: {error}")))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::internal("hashing a password ended badly"))
}

/// Whether this may become a password.
///
/// # Errors
/// `validation_failed`, without the password.
pub(super) fn check(pointer: &str, password: &SecretString) -> Result<()> {
    let text = password.expose_secret();
    if text.chars().count() < SHORTEST {
        return Err(Error::field(
            pointer,
            format!("a password has at least {SHORTEST} characters"),
        ));
    }
    if text.len() > LONGEST {
        return Err(Error::field(pointer, format!("a password has at most {LONGEST} bytes")));
    }
    Ok(())
}

/// A password that nobody thought of.
pub(super) fn random() -> SecretString {
    let bytes: [u8; 15] = rand::random();
    BASE32_NOPAD.encode(&bytes).to_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_fits_and_nobody_has_one() {
        let passwords = Passwords::new().await.unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            passwords
                .verify("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
        assert!(!passwords.verify("x".into(), Some("no hash".to_owned())).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check("/password", &"12345678".into()).is_ok());
        assert!(check("/password", &"1234567".into()).is_err());
        assert!(check("/password", &"x".repeat(1025).into()).is_err());
        assert_eq!(random().expose_secret().len(), 24);
        assert_ne!(random().expose_secret(), random().expose_secret());
    }
}
