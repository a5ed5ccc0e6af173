//! Table `collection`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum CollectionKind {
    Collection,
    Preflight,
}

impl CollectionKind {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Preflight => "preflight",
        }
    }
}

/// Where a collection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum CollectionStatus {
    Queued,
    Running,
    Cancelling,
    Succeeded,
    PartiallySucceeded,
    Failed,
    Cancelled,
}

impl CollectionStatus {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::PartiallySucceeded => "partially_succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a collection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum CollectionStage {
    Queued,
    Collecting,
    Loading,
    Finished,
}

impl CollectionStage {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Collecting => "collecting",
            Self::Loading => "loading",
            Self::Finished => "finished",
        }
    }
}

/// One run over many devices.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub kind: CollectionKind,
    /// Name.
    pub name: String,
    /// Where it stands.
    pub status: CollectionStatus,
    /// What it is at.
    pub stage: CollectionStage,
    /// An array of slugs.
    pub capture_types: Json,
    /// As the request gave them, with defaults.
    pub options: Json,
    /// As the request gave them.
    pub filters: Json,
    /// The collection whose failed devices these are.
    pub retry_of: Option<Uuid>,
    /// The person who started it.
    pub created_by_id: Option<Uuid>,
    /// Name of the person.
    pub created_by: String,
    /// When it was made.
    pub created_at: i64,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// By the monotonic clock.
    pub execution_ms: Option<i64>,
    /// Devices.
    pub total: i32,
    /// Devices with a session.
    pub running: i32,
    /// Devices that succeeded.
    pub succeeded: i32,
    /// Devices that succeeded in part.
    pub partially_succeeded: i32,
    /// Devices that failed.
    pub failed: i32,
    /// Devices that were stopped.
    pub cancelled: i32,
    /// Complete captures by type.
    pub captures_created: Json,
    /// Commands that devices answered.
    pub commands_executed: i64,
    /// `None`: not asked for, or not known yet.
    pub loaded_to_db: Option<bool>,
    /// A sentence for people.
    pub message: String,
    /// Number of the last event.
    pub last_seq: i64,
    /// The saved credential.
    pub credential_id: Option<Uuid>,
    /// Credentials that came with the request.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub sealed_secret: Option<Vec<u8>>,
    /// When the credentials that came with the request were forgotten.
    pub secret_expires_at: Option<i64>,
    /// Whether its events were replaced by its device rows.
    pub events_expired: bool,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
