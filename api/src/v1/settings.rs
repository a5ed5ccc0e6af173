//! Settings of the server that are changed while it runs.

use poem_openapi::{Object, OpenApi, param::Header, payload::Json, types::Example};
use service::{
    settings::{self, SettingsChange},
    version::Expected,
};

use super::Tag;
use crate::{
    auth::Auth,
    problem::{Result, Viewed},
};

/// How long captures of a type are kept.
#[derive(Object)]
#[oai(example)]
struct CaptureRetention {
    /// Capture type; `*`: every one that has no rule of its own.
    capture_type: String,
    /// Captures that are not older than this stay: 1 to 36500.
    #[oai(skip_serializing_if_is_none)]
    keep_days: Option<u32>,
    /// So many good captures of each device stay, however old: 1 to 100000.
    #[oai(skip_serializing_if_is_none)]
    keep_last: Option<u32>,
}

impl Example for CaptureRetention {
    fn example() -> Self {
        Self {
            capture_type: "mac".to_owned(),
            keep_days: Some(90),
            keep_last: Some(10),
        }
    }
}

impl From<settings::CaptureRetention> for CaptureRetention {
    fn from(rule: settings::CaptureRetention) -> Self {
        Self {
            capture_type: rule.capture_type,
            keep_days: rule.keep_days,
            keep_last: rule.keep_last,
        }
    }
}

impl From<CaptureRetention> for settings::CaptureRetention {
    fn from(rule: CaptureRetention) -> Self {
        Self {
            capture_type: rule.capture_type,
            keep_days: rule.keep_days,
            keep_last: rule.keep_last,
        }
    }
}

/// Settings of the server.
#[derive(Object)]
#[oai(example)]
struct Settings {
    /// Lifetime of access tokens, in minutes: 1 to 1440.
    access_token_minutes: u32,
    /// How long a login lasts that is not used, in days: 1 to 365.
    refresh_token_days: u32,
    /// How long secrets that came with a collection are kept after its end, in hours: 1 to 8760.
    secret_ttl_hours: u32,
    /// How long session transcripts are kept, in days: 1 to 3650.
    transcript_days: u32,
    /// How long the events of a collection are kept after its end, in days: 1 to 3650.
    event_days: u32,
    /// How long the audit log is kept, in days; 0 is forever.
    audit_days: u32,
    /// How long captures are kept, by type; types without a rule are kept for ever, and so is the last good capture of
    /// every device and type.
    capture_retention: Vec<CaptureRetention>,
}

impl Example for Settings {
    fn example() -> Self {
        Self {
            access_token_minutes: 15,
            refresh_token_days: 30,
            secret_ttl_hours: 24,
            transcript_days: 7,
            event_days: 7,
            audit_days: 365,
            capture_retention: vec![CaptureRetention::example()],
        }
    }
}

/// What is to be changed.
#[derive(Object)]
#[oai(example)]
struct SettingsUpdate {
    /// Lifetime of access tokens, in minutes: 1 to 1440.
    #[oai(skip_serializing_if_is_none)]
    access_token_minutes: Option<u32>,
    /// How long a login lasts that is not used, in days: 1 to 365.
    #[oai(skip_serializing_if_is_none)]
    refresh_token_days: Option<u32>,
    /// How long secrets that came with a collection are kept after its end, in hours: 1 to 8760.
    #[oai(skip_serializing_if_is_none)]
    secret_ttl_hours: Option<u32>,
    /// How long session transcripts are kept, in days: 1 to 3650.
    #[oai(skip_serializing_if_is_none)]
    transcript_days: Option<u32>,
    /// How long the events of a collection are kept after its end, in days: 1 to 3650.
    #[oai(skip_serializing_if_is_none)]
    event_days: Option<u32>,
    /// How long the audit log is kept, in days; 0 is forever.
    #[oai(skip_serializing_if_is_none)]
    audit_days: Option<u32>,
    /// All rules of how long captures are kept.
    #[oai(skip_serializing_if_is_none)]
    capture_retention: Option<Vec<CaptureRetention>>,
}

impl Example for SettingsUpdate {
    fn example() -> Self {
        Self {
            access_token_minutes: None,
            refresh_token_days: None,
            secret_ttl_hours: None,
            transcript_days: Some(14),
            event_days: None,
            audit_days: None,
            capture_retention: None,
        }
    }
}

fn viewed(now: &settings::Settings) -> Viewed<Settings> {
    let shown = Settings {
        access_token_minutes: now.access_token_minutes,
        refresh_token_days: now.refresh_token_days,
        secret_ttl_hours: now.secret_ttl_hours,
        transcript_days: now.transcript_days,
        event_days: now.event_days,
        audit_days: now.audit_days,
        capture_retention: now
            .capture_retention
            .iter()
            .cloned()
            .map(CaptureRetention::from)
            .collect(),
    };
    Viewed::Ok(Json(shown), settings::tag(now))
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Settings")]
impl Api {
    /// View the settings
    #[oai(path = "/settings", method = "get", operation_id = "settings_view")]
    async fn settings_view(&self, auth: Auth) -> Result<Viewed<Settings>> {
        Ok(viewed(&auth.service().settings_view(auth.actor())?))
    }

    /// Change settings
    ///
    /// They hold at once, and after a restart, too.
    #[oai(path = "/settings", method = "patch", operation_id = "settings_update")]
    async fn settings_update(
        &self,
        auth: Auth,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<SettingsUpdate>,
    ) -> Result<Viewed<Settings>> {
        let change = SettingsChange {
            access_token_minutes: body.0.access_token_minutes,
            refresh_token_days: body.0.refresh_token_days,
            secret_ttl_hours: body.0.secret_ttl_hours,
            transcript_days: body.0.transcript_days,
            event_days: body.0.event_days,
            audit_days: body.0.audit_days,
            capture_retention: body
                .0
                .capture_retention
                .map(|rules| rules.into_iter().map(Into::into).collect()),
        };
        let expected = Expected::new(if_match.0);
        let now = auth.service().settings_update(auth.actor(), change, &expected).await?;
        Ok(viewed(&now))
    }
}
