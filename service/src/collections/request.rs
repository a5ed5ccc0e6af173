//! What a person asks for when they start a collection.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    devices::DeviceFilter,
    error::{Error, FieldProblem, Result},
};

/// The most workers of a collection.
pub const MAX_WORKERS: u32 = 1000;
const DAY_SECONDS: u32 = 24 * 3600;

/// Credentials that come with a request and are forgotten after it.
#[derive(Clone, Default)]
pub struct InlineCredentials {
    /// Name of the user.
    pub username: String,
    /// Password.
    pub password: Option<SecretString>,
    /// Enable password.
    pub enable_password: Option<SecretString>,
    /// Text of a private key.
    pub private_key: Option<SecretString>,
    /// Passphrase of the private key.
    pub passphrase: Option<SecretString>,
}

/// What devices are logged in with.
#[derive(Clone, Default)]
pub enum CredentialChoice {
    /// Each device's own binding.
    #[default]
    Bound,
    /// A saved one, for all devices.
    Saved(Uuid),
    /// One that comes with the request.
    Inline(InlineCredentials),
}

/// Numbers and limits of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectionOptions {
    /// Devices at the same time.
    pub max_workers: u32,
    /// Whether what was collected is loaded into the tables.
    pub auto_load_db: bool,
    /// Longest silence of a command.
    pub command_timeout_seconds: u32,
    /// Longest time of a command; `None`: as the platform file says, else 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_total_seconds: Option<u32>,
    /// For TCP.
    pub connect_timeout_seconds: u32,
    /// Devices of one site at the same time; 0: no limit.
    pub max_per_site: u32,
    /// Refused logins in a row that close a credential; 0 turns this off.
    pub auth_failure_limit: u32,
    /// Further attempts after failures that may pass by themselves.
    pub retries: u32,
    /// Whether transcripts are kept of devices that succeeded, too.
    pub keep_transcripts: bool,
}

impl Default for CollectionOptions {
    fn default() -> Self {
        Self {
            max_workers: 5,
            auto_load_db: true,
            command_timeout_seconds: 15,
            command_total_seconds: None,
            connect_timeout_seconds: 10,
            max_per_site: 0,
            auth_failure_limit: 3,
            retries: 0,
            keep_transcripts: false,
        }
    }
}

impl CollectionOptions {
    fn check(&self, problems: &mut Vec<FieldProblem>) {
        let mut within = |name: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                problems.push(FieldProblem {
                    pointer: format!("/options/{name}"),
                    detail: format!("must be {least} to {most}"),
                });
            }
        };
        within("max_workers", self.max_workers, 1, MAX_WORKERS);
        within("command_timeout_seconds", self.command_timeout_seconds, 1, DAY_SECONDS);
        if let Some(total) = self.command_total_seconds {
            within("command_total_seconds", total, 1, DAY_SECONDS);
        }
        within("connect_timeout_seconds", self.connect_timeout_seconds, 1, 600);
        within("max_per_site", self.max_per_site, 0, MAX_WORKERS);
        within("auth_failure_limit", self.auth_failure_limit, 0, 1000);
        within("retries", self.retries, 0, 10);
    }

    /// What the engine makes of them.
    pub(super) fn run_options(&self) -> jobs::RunOptions {
        let usual = jobs::RunOptions::default();
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let seconds = |number: u32| Duration::from_secs(u64::from(number));
        jobs::RunOptions {
            max_workers: size(self.max_workers),
            max_per_site: size(self.max_per_site),
            retries: self.retries,
            auth_failure_limit: Some(self.auth_failure_limit),
            limits: jobs::SessionLimits {
                connect: seconds(self.connect_timeout_seconds),
                silence: seconds(self.command_timeout_seconds),
                command_total: self.command_total_seconds.map(seconds),
                ..usual.limits
            },
            ..usual
        }
    }
}

/// A collection that is asked for.
#[derive(Clone, Default)]
pub struct CollectionRequest {
    /// What people call it; empty: named after its time.
    pub name: String,
    /// Ids of devices; `None`: all that the filters match.
    pub devices: Option<Vec<Uuid>>,
    /// Ids of devices that are left out.
    pub exclude_devices: Vec<Uuid>,
    /// Narrows the devices.
    pub filters: Option<DeviceFilter>,
    /// Slugs of the capture types.
    pub capture_types: Vec<String>,
    /// What devices are logged in with.
    pub credentials: CredentialChoice,
    /// Numbers and limits.
    pub options: CollectionOptions,
}

impl CollectionRequest {
    /// Says everything that is wrong with it at once.
    ///
    /// # Errors
    /// `validation_failed`.
    pub(super) fn check(&self, known_types: &[String], preflight: bool) -> Result<()> {
        let mut problems = Vec::new();
        let mut problem = |pointer: String, detail: String| problems.push(FieldProblem { pointer, detail });
        if self.devices.is_none() && self.filters.is_none() {
            problem("/devices".to_owned(), "give devices, filters, or both".to_owned());
        }
        if self.capture_types.is_empty() && !preflight {
            problem(
                "/capture_types".to_owned(),
                "choose at least one capture type".to_owned(),
            );
        }
        for (index, name) in self.capture_types.iter().enumerate() {
            if !known_types.contains(name) {
                let shown: String = name.chars().take(64).collect();
                problem(
                    format!("/capture_types/{index}"),
                    format!(
                        "there is no capture type '{shown}'; there are {}",
                        known_types.join(", ")
                    ),
                );
            }
        }
        if self.name.chars().count() > 200 || self.name.chars().any(char::is_control) {
            problem(
                "/name".to_owned(),
                "at most 200 characters, none of them a control character".to_owned(),
            );
        }
        if let CredentialChoice::Inline(inline) = &self.credentials {
            inline.check(&mut problem);
        }
        self.options.check(&mut problems);
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Error::fields(problems)),
        }
    }
}

impl InlineCredentials {
    fn check(&self, problem: &mut impl FnMut(String, String)) {
        if self.username.trim().is_empty() {
            problem("/credentials/username".to_owned(), "must not be empty".to_owned());
        }
        if self.password.is_none() && self.private_key.is_none() {
            problem(
                "/credentials/password".to_owned(),
                "give a password or a private key".to_owned(),
            );
        }
        if let Err(error) = self.open() {
            problem("/credentials/private_key".to_owned(), error);
        }
    }

    /// As the engine takes them.
    ///
    /// # Errors
    /// Why the private key cannot be used; never a part of it.
    pub(super) fn open(&self) -> std::result::Result<jobs::Credentials, String> {
        use secrecy::ExposeSecret;
        let key = self
            .private_key
            .as_ref()
            .map(|key| jobs::read_private_key(key.expose_secret(), self.passphrase.as_ref()).map(std::sync::Arc::new));
        Ok(jobs::Credentials {
            username: self.username.clone(),
            password: self.password.clone(),
            enable_password: self.enable_password.clone(),
            private_key: key.transpose()?,
            agent: None,
        })
    }

    /// For sealing.
    pub(super) fn to_json(&self) -> zeroize::Zeroizing<Vec<u8>> {
        use secrecy::ExposeSecret;
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let plain = Plain {
            username: self.username.clone(),
            password: text(&self.password),
            enable_password: text(&self.enable_password),
            private_key: text(&self.private_key),
            passphrase: text(&self.passphrase),
        };
        zeroize::Zeroizing::new(serde_json::to_vec(&plain).unwrap_or_default())
    }

    /// What was sealed.
    pub(super) fn from_json(json: &[u8]) -> Option<Self> {
        let mut plain: Plain = serde_json::from_slice(json).ok()?;
        let secret = |text: &mut Option<String>| text.take().map(SecretString::from);
        Some(Self {
            username: std::mem::take(&mut plain.username),
            password: secret(&mut plain.password),
            enable_password: secret(&mut plain.enable_password),
            private_key: secret(&mut plain.private_key),
            passphrase: secret(&mut plain.passphrase),
        })
    }
}

#[derive(Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
struct Plain {
    username: String,
    password: Option<String>,
    enable_password: Option<String>,
    private_key: Option<String>,
    passphrase: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let request = CollectionRequest {
            capture_types: vec!["arp".to_owned(), "nonsense".to_owned()],
            options: CollectionOptions {
                max_workers: 0,
                retries: 99,
                ..CollectionOptions::default()
            },
            credentials: CredentialChoice::Inline(InlineCredentials::default()),
            ..CollectionRequest::default()
        };
        let error = request.check(&["arp".to_owned()], false).unwrap_err();
        let pointers: Vec<&str> = error.fields.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/devices",
                "/capture_types/1",
                "/credentials/username",
                "/credentials/password",
                "/options/max_workers",
                "/options/retries"
            ]
        );
    }

    #[test]
    fn inline_credentials_come_back_from_their_json() {
        let inline = InlineCredentials {
            username: "cisco".to_owned(),
            password: Some("s3cret".to_owned().into()),
            ..InlineCredentials::default()
        };
        let back = InlineCredentials::from_json(&inline.to_json()).unwrap().open().unwrap();
        assert_eq!(back.username, "cisco");
        assert!(back.enable_password.is_none());
        assert!(!format!("{back:?}").contains("s3cret"));
    }
}
