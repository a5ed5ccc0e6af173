//! Table `coverage`.

use sea_orm::entity::prelude::*;

use crate::capture::Verdict;

/// What is known of a capture type of a device: when it last worked, and what came of the last attempt.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "coverage")]
pub struct Model {
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// Slug of the capture type.
    #[sea_orm(primary_key, auto_increment = false)]
    pub capture_type: String,
    /// When a complete text was last captured; `None`: never.
    pub good_at: Option<i64>,
    /// The capture of it.
    pub good_capture_id: Option<Uuid>,
    /// When it was last tried.
    pub tried_at: i64,
    /// What came of that.
    pub verdict: Verdict,
    /// The first thing that went wrong with the device then.
    pub failure_kind: Option<String>,
    /// A sentence for people.
    pub message: Option<String>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
