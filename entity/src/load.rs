//! Table `load`.

use sea_orm::entity::prelude::*;

/// What of a capture type of a device is in the tables, and what came of the last attempt to load it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "load")]
pub struct Model {
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// Slug of the capture type.
    #[sea_orm(primary_key, auto_increment = false)]
    pub capture_type: String,
    /// When what is loaded was captured; `None`: nothing ever was.
    pub at: Option<i64>,
    /// The capture that is loaded.
    pub capture_id: Option<Uuid>,
    /// SHA-256 of its text.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub sha256: Option<Vec<u8>>,
    /// Names of the templates that read it.
    pub templates: String,
    /// Their versions.
    pub version: String,
    /// Rows that are open.
    pub records: i64,
    /// Records that lack a field they need and were left out.
    pub incomplete: i64,
    /// Lines that no template understood.
    pub unknown_lines: i64,
    /// Something that a person should look at.
    pub warning: Option<String>,
    /// The capture that could not be loaded at last; `None`: the last attempt succeeded.
    pub failed_capture_id: Option<Uuid>,
    /// Why.
    pub message: Option<String>,
    /// SHA-256 of its text, where it was the text that could not be read.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub failed_sha256: Option<Vec<u8>>,
    /// The versions of the templates that could not read it.
    pub failed_version: Option<String>,
    /// When it was last tried.
    pub tried_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
