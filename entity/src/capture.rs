//! Table `capture`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a text is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum Verdict {
    Complete,
    Truncated,
    Rejected,
    Empty,
    NotRun,
    Suspicious,
}

impl Verdict {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Rejected => "rejected",
            Self::Empty => "empty",
            Self::NotRun => "not_run",
            Self::Suspicious => "suspicious",
        }
    }
}

/// The text of one capture type of one device at one time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "capture")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The device.
    pub device_id: Uuid,
    /// Name of the device at that time.
    pub device_name: String,
    /// The collection.
    pub collection_id: Uuid,
    /// Slug of the capture type.
    pub capture_type: String,
    /// One a line.
    pub commands: String,
    /// What the text is worth.
    pub verdict: Verdict,
    /// Size of the text.
    pub bytes: i64,
    /// Lines of the text.
    pub lines: i64,
    /// `None`: nothing was kept.
    pub text_id: Option<i64>,
    /// When it was captured.
    pub captured_at: i64,
    /// Why it is not complete.
    pub message: Option<String>,
    /// Who made a suspicious one the last good one.
    pub accepted_by: Option<String>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
