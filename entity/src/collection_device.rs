//! Table `collection_device`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a device of a collection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum DeviceStatus {
    Queued,
    Running,
    Succeeded,
    PartiallySucceeded,
    Failed,
    Cancelled,
}

impl DeviceStatus {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::PartiallySucceeded => "partially_succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A device as it was when a collection began, and what came of it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection_device")]
pub struct Model {
    /// The collection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collection_id: Uuid,
    /// Place in the collection, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The device.
    pub device_id: Uuid,
    /// Name of the device at that time.
    pub device_name: String,
    /// IP address or host name.
    pub address: String,
    /// TCP port.
    pub port: i32,
    /// As known so far.
    pub platform: String,
    /// Where it stands.
    pub site: String,
    /// Whether old SSH algorithms are offered.
    pub legacy_algorithms: bool,
    /// The saved credential.
    pub credential_id: Option<Uuid>,
    /// Where it stands.
    pub status: DeviceStatus,
    /// The first thing that went wrong.
    pub failure_kind: Option<String>,
    /// A sentence for people.
    pub message: String,
    /// 0: not begun.
    pub attempt: i32,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Time it took.
    pub duration_ms: Option<i64>,
    /// What is to run.
    pub capture_types: Json,
    /// What is not, and why.
    pub skipped: Json,
    /// What came of each type.
    pub captures: Json,
    /// What SSH agreed on; the steps of a preflight.
    pub details: Option<Json>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
