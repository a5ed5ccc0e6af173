//! Table `component`.

use sea_orm::entity::prelude::*;

/// A part of a device, as long as it was there.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "component")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The device that said it.
    pub device_id: Uuid,
    /// The capture that it was first read from.
    pub capture_id: Uuid,
    /// What it is about: a hash of its key fields.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub identity: Vec<u8>,
    /// A hash of everything that counts as a change.
    pub content: i64,
    /// What the device calls it, in lower case.
    pub name: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// All its fields: a JSON object.
    pub record: String,
    /// When it was captured for the first time.
    pub first_seen_at: i64,
    /// When it was captured for the last time; `None` as long as it is there: then the last load says so.
    pub last_seen_at: Option<i64>,
    /// When it was found to be gone; `None`: it is there.
    pub closed_at: Option<i64>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
