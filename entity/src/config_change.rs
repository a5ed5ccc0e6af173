//! Table `config_change`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How much a change deserves to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A configuration that was another one than the last good one before it. What it says of lines holds no secret.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "config_change")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The device.
    pub device_id: Uuid,
    /// Name of the device at that time.
    pub device_name: String,
    /// The platform that it was collected as.
    pub platform: String,
    /// Slug of the capture type.
    pub capture_type: String,
    /// The collection that found it.
    pub collection_id: Uuid,
    /// The last good capture before.
    pub previous_capture_id: Uuid,
    /// The capture that is different.
    pub capture_id: Uuid,
    /// Text before. Ids are given again when the newest text goes, so the hash is what tells.
    pub previous_text_id: i64,
    /// SHA-256 of the text before.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub previous_sha256: Vec<u8>,
    /// Text after.
    pub text_id: i64,
    /// SHA-256 of the text after.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub sha256: Vec<u8>,
    /// When the text before was captured.
    pub previous_captured_at: i64,
    /// When the text after was captured.
    pub changed_at: i64,
    /// Lines that are new.
    pub lines_added: i64,
    /// Lines that are gone.
    pub lines_removed: i64,
    /// The highest of its lines.
    pub severity: Severity,
    /// What the lines stand under: an array of strings.
    pub sections: Json,
    /// What it is found by, in small letters.
    pub search: String,
    /// Why the lines are not known.
    pub message: Option<String>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
