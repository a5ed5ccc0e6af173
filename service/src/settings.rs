//! Settings that are changed while the server runs. What was never changed is as the server was started.

use std::sync::{PoisonError, RwLock};

use data_encoding::{BASE64, HEXLOWER};
use entity::user::Role;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ServerConfig, Service,
    actor::Actor,
    audit::{self, Entry},
    database::Database,
    error::{Error, ErrorKind, FieldProblem, Result},
    vault::Vault,
    version::Expected,
};

mod store;

/// Stands for every capture type without a rule of its own.
pub(crate) const ANY_TYPE: &str = "*";

/// The row of what was changed.
const CHANGED: &str = "settings";
/// The row that proves the key of the vault.
const KEY_CHECK: &str = "secret_key_check";
const KEY_CHECK_TEXT: &[u8] = b"showrun";

/// How long captures of a type are kept. One that is new enough, or among the last ones, stays; the last good one of a
/// device and type always does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureRetention {
    /// Slug of the capture type; `*`: every one that has no rule of its own.
    pub capture_type: String,
    /// Days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// Good captures of each device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Lifetime of access tokens, in minutes.
    pub access_token_minutes: u32,
    /// How long a login lasts that is not used, in days.
    pub refresh_token_days: u32,
    /// How long secrets that came with a collection are kept after its end, in hours.
    pub secret_ttl_hours: u32,
    /// How long session transcripts are kept, in days.
    pub transcript_days: u32,
    /// How long the events of a collection are kept after its end, in days.
    pub event_days: u32,
    /// How long the audit log is kept, in days; 0 is forever.
    pub audit_days: u32,
    /// How long captures are kept; those of types without a rule are kept for ever.
    pub capture_retention: Vec<CaptureRetention>,
}

/// What is to be changed, or was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsChange {
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_minutes: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_days: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ttl_hours: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript_days: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_days: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_days: Option<u32>,
    /// See [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_retention: Option<Vec<CaptureRetention>>,
}

/// Smallest and largest value of a setting.
type Range = (u32, u32);

impl SettingsChange {
    fn fields(&mut self) -> [(&'static str, &mut Option<u32>, Range); 6] {
        [
            ("access_token_minutes", &mut self.access_token_minutes, (1, 1440)),
            ("refresh_token_days", &mut self.refresh_token_days, (1, 365)),
            ("secret_ttl_hours", &mut self.secret_ttl_hours, (1, 8760)),
            ("transcript_days", &mut self.transcript_days, (1, 3650)),
            ("event_days", &mut self.event_days, (1, 3650)),
            ("audit_days", &mut self.audit_days, (0, 36500)),
        ]
    }
}

/// The settings in memory.
pub(crate) struct Current {
    changed: RwLock<SettingsChange>,
    /// One change at a time.
    changes: tokio::sync::Mutex<()>,
}

impl Current {
    /// Reads what was changed, and proves that the key is the one that the secrets of this database are sealed with.
    pub(crate) async fn load(db: &Database, vault: &Vault) -> Result<Self> {
        prove_key(db, vault).await?;
        let changed = store::read(db.reader(), CHANGED).await?;
        let changed = changed.map(serde_json::from_value).transpose();
        let changed = changed.map_err(|error| Error::internal(format!("stored settings: {error}")))?;
        Ok(Self {
            changed: RwLock::new(changed.unwrap_or_default()),
            changes: tokio::sync::Mutex::default(),
        })
    }

    /// How long transcripts are kept, `usual` where nobody has changed it.
    pub(crate) fn transcript_days(&self, usual: u32) -> u32 {
        let changed = self.changed.read().unwrap_or_else(PoisonError::into_inner);
        changed.transcript_days.unwrap_or(usual)
    }

    fn changed(&self) -> SettingsChange {
        self.changed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn prove_key(db: &Database, vault: &Vault) -> Result<()> {
    if let Some(value) = store::read(db.reader(), KEY_CHECK).await? {
        let sealed = value.as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let plain = sealed.and_then(|sealed| vault.unseal(KEY_CHECK, &sealed).ok());
        return match plain.is_some_and(|plain| plain.expose_secret() == KEY_CHECK_TEXT) {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Unavailable,
                "secret_key_wrong",
                "The secret key is not the one that the secrets in this database are sealed with: bring back the \
                 secret.key of this data directory, or set SHOWRUN_SECRET_KEY to its text",
            )),
        };
    }
    let sealed = vault.seal(KEY_CHECK, KEY_CHECK_TEXT)?;
    let txn = db.begin().await?;
    store::write(&txn, KEY_CHECK, BASE64.encode(&sealed).into()).await?;
    txn.commit().await?;
    Ok(())
}

fn merged(config: &ServerConfig, changed: SettingsChange) -> Settings {
    Settings {
        access_token_minutes: changed.access_token_minutes.unwrap_or(config.access_token_minutes),
        refresh_token_days: changed.refresh_token_days.unwrap_or(config.refresh_token_days),
        secret_ttl_hours: changed.secret_ttl_hours.unwrap_or(config.secret_ttl_hours),
        transcript_days: changed.transcript_days.unwrap_or(config.transcript_days),
        event_days: changed.event_days.unwrap_or(7),
        audit_days: changed.audit_days.unwrap_or(365),
        capture_retention: changed.capture_retention.unwrap_or_default(),
    }
}

fn retention_words(rules: &[CaptureRetention]) -> String {
    let words = rules.iter().map(|rule| {
        let days = rule.keep_days.map(|days| format!("{days} days"));
        let last = rule.keep_last.map(|last| format!("the last {last}"));
        let kept: Vec<String> = days.into_iter().chain(last).collect();
        format!("{} {}", rule.capture_type, kept.join(" or "))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The version of settings, for `ETag`.
#[must_use]
pub fn tag(settings: &Settings) -> String {
    let digest = Sha256::digest(format!("{settings:?}").as_bytes());
    let hex = HEXLOWER.encode(&digest);
    format!("\"{}\"", hex.get(..16).unwrap_or_default())
}

impl Service {
    /// The settings that hold now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        merged(self.config(), self.current_settings().changed())
    }

    /// The settings, for people.
    ///
    /// # Errors
    /// `forbidden` below admin.
    pub fn settings_view(&self, actor: &Actor) -> Result<Settings> {
        actor.needs(Role::Admin)?;
        Ok(self.settings())
    }

    /// Changes settings; they hold at once.
    ///
    /// # Errors
    /// `validation_failed`, `changed_meanwhile`, `forbidden` below admin.
    pub async fn settings_update(
        &self,
        actor: &Actor,
        mut change: SettingsChange,
        expected: &Expected,
    ) -> Result<Settings> {
        actor.needs(Role::Admin)?;
        let mut problems: Vec<FieldProblem> = change
            .fields()
            .into_iter()
            .filter(|(_, value, (least, most))| value.is_some_and(|value| !(*least..=*most).contains(&value)))
            .map(|(name, _, (least, most))| FieldProblem {
                pointer: format!("/{name}"),
                detail: format!("must be {least} to {most}"),
            })
            .collect();
        if let Some(rules) = &change.capture_retention {
            problems.extend(self.retention_problems(rules));
        }
        if !problems.is_empty() {
            return Err(Error::fields(problems));
        }
        let _one = self.current_settings().changes.lock().await;
        let txn = self.db().begin().await?;
        expected.check_tag(&tag(&self.settings()))?;
        let mut changed = self.current_settings().changed();
        let mut done = Vec::new();
        for ((name, new, _), (_, old, _)) in change.fields().into_iter().zip(changed.fields()) {
            if let Some(new) = new.filter(|new| Some(*new) != *old) {
                *old = Some(new);
                done.push(format!("{name} to {new}"));
            }
        }
        if let Some(rules) = change.capture_retention
            && changed.capture_retention.as_ref() != Some(&rules)
        {
            done.push(match rules.is_empty() {
                true => "captures are kept for ever".to_owned(),
                false => format!("capture_retention to {}", retention_words(&rules)),
            });
            changed.capture_retention = Some(rules);
        }
        if done.is_empty() {
            return Ok(self.settings());
        }
        let value = serde_json::to_value(&changed).map_err(|error| Error::internal(format!("settings: {error}")))?;
        store::write(&txn, CHANGED, value).await?;
        let entry = Entry {
            action: "settings.update",
            target_type: "settings",
            target_id: None,
            summary: format!("Set {}", done.join(", ")),
        };
        audit::record(&txn, actor, entry).await?;
        txn.commit().await?;
        *self
            .current_settings()
            .changed
            .write()
            .unwrap_or_else(PoisonError::into_inner) = changed;
        Ok(self.settings())
    }

    fn retention_problems(&self, rules: &[CaptureRetention]) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        let mut wrong = |place: String, detail: String| {
            problems.push(FieldProblem {
                pointer: format!("/capture_retention/{place}"),
                detail,
            });
        };
        for (at, rule) in rules.iter().enumerate() {
            let name = rule.capture_type.as_str();
            if name != ANY_TYPE && !self.catalogue().capture_types().iter().any(|known| known == name) {
                wrong(
                    format!("{at}/capture_type"),
                    format!("there is no capture type {name:?}"),
                );
            }
            if rules.iter().take(at).any(|before| before.capture_type == name) {
                wrong(format!("{at}/capture_type"), "stands here twice".to_owned());
            }
            if rule.keep_days.is_none() && rule.keep_last.is_none() {
                wrong(at.to_string(), "needs keep_days or keep_last".to_owned());
            }
            if rule.keep_days.is_some_and(|days| !(1..=36_500).contains(&days)) {
                wrong(format!("{at}/keep_days"), "must be 1 to 36500".to_owned());
            }
            if rule.keep_last.is_some_and(|last| !(1..=100_000).contains(&last)) {
                wrong(format!("{at}/keep_last"), "must be 1 to 100000".to_owned());
            }
        }
        problems
    }
}
