//! The secrets of one login: sealed as one text, opened for the moment of a login.

use std::{path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// The most bytes of a password.
const MAX_PASSWORD: usize = 1_024;
/// The most bytes of a private key.
const MAX_KEY: usize = 64 * 1_024;

/// What a login proves itself with.
#[derive(Default, Clone)]
pub struct LoginSecrets {
    /// Password.
    pub password: Option<SecretString>,
    /// For the privileged mode.
    pub enable_password: Option<SecretString>,
    /// Text of a private key.
    pub private_key: Option<SecretString>,
    /// Passphrase of the private key.
    pub passphrase: Option<SecretString>,
}

/// The same as it is written before it is sealed.
#[derive(Default, Serialize, Deserialize)]
struct Plain {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enable_password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.password.zeroize();
        self.enable_password.zeroize();
        self.private_key.zeroize();
        self.passphrase.zeroize();
    }
}

impl LoginSecrets {
    /// The secrets as one text, to be sealed.
    pub(crate) fn to_plain(&self) -> Result<Zeroizing<Vec<u8>>> {
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let plain = Plain {
            password: text(&self.password),
            enable_password: text(&self.enable_password),
            private_key: text(&self.private_key),
            passphrase: text(&self.passphrase),
        };
        let json = serde_json::to_vec(&plain).map_err(|_| Error::internal("secrets could not be written"))?;
        Ok(Zeroizing::new(json))
    }

    /// The secrets of an unsealed text.
    pub(crate) fn of_plain(plain: &SecretSlice<u8>) -> Result<Self> {
        // The cause would quote what it read.
        let mut plain: Plain = serde_json::from_slice(plain.expose_secret())
            .map_err(|_| Error::internal("a sealed secret is not what this version writes"))?;
        let secret = |text: &mut Option<String>| text.take().map(SecretString::from);
        Ok(Self {
            password: secret(&mut plain.password),
            enable_password: secret(&mut plain.enable_password),
            private_key: secret(&mut plain.private_key),
            passphrase: secret(&mut plain.passphrase),
        })
    }

    /// Checks sizes and characters; the pointer of a wrong one with the reason.
    pub(crate) fn check(&self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        let passwords = [
            ("/password", &self.password),
            ("/enable_password", &self.enable_password),
            ("/passphrase", &self.passphrase),
        ];
        for (pointer, secret) in passwords {
            let Some(secret) = secret.as_ref().map(ExposeSecret::expose_secret) else {
                continue;
            };
            if secret.is_empty() {
                wrong.push((pointer, "Is empty: leave it out".to_owned()));
            } else if secret.len() > MAX_PASSWORD {
                wrong.push((pointer, format!("Has more than {MAX_PASSWORD} bytes")));
            } else if secret.contains(['\0', '\r', '\n']) {
                wrong.push((pointer, "Holds a line end or a NUL, which nobody can type".to_owned()));
            }
        }
        match self.private_key.as_ref().map(ExposeSecret::expose_secret) {
            Some(key) if key.len() > MAX_KEY => {
                wrong.push(("/private_key", format!("Has more than {MAX_KEY} bytes")));
            }
            None if self.passphrase.is_some() => {
                wrong.push(("/passphrase", "There is no private key that it could be for".to_owned()));
            }
            _ => {}
        }
        wrong
    }

    /// What a session logs in with. Reads the private key, which with a passphrase takes a while.
    ///
    /// # Errors
    /// A field error about the private key, without any of it.
    pub(crate) async fn open(self, username: String, agent: Option<PathBuf>) -> Result<jobs::Credentials> {
        let private_key = match self.private_key {
            None => None,
            Some(key) => {
                let passphrase = self.passphrase;
                let reading = tokio::task::spawn_blocking(move || {
                    jobs::read_private_key(key.expose_secret(), passphrase.as_ref()).map(Arc::new)
                });
                let read = reading
                    .await
                    .map_err(|_| Error::internal("reading a private key ended early"))?;
                Some(read.map_err(|problem| Error::field("/private_key", problem))?)
            }
        };
        Ok(jobs::Credentials {
            username,
            password: self.password,
            enable_password: self.enable_password,
            private_key,
            agent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_back_as_they_were() {
        let secrets = LoginSecrets {
            password: Some("pä\"ss".to_owned().into()),
            passphrase: Some("x".to_owned().into()),
            ..LoginSecrets::default()
        };
        let plain = SecretSlice::from(secrets.to_plain().unwrap().to_vec());
        let back = LoginSecrets::of_plain(&plain).unwrap();
        assert_eq!(back.password.unwrap().expose_secret(), "pä\"ss");
        assert!(back.enable_password.is_none() && back.private_key.is_none());
        assert_eq!(secrets.check()[0].0, "/passphrase");
        let error = LoginSecrets::of_plain(&SecretSlice::from(b"{\"password\":secret}".to_vec()))
            .err()
            .unwrap();
        assert!(!error.to_string().contains("secret}"));
    }
}
