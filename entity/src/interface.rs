//! Table `interface`.

use sea_orm::entity::prelude::*;

/// A port or logical interface, as long as it was the same.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "interface")]
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
    /// Its own address, as a number.
    pub mac: Option<i64>,
    /// Its name, in lower case.
    pub interface: Option<String>,
    /// The VLAN of an access port.
    pub vlan: Option<String>,
    /// The VRF; `None`: the default one.
    pub vrf: Option<String>,
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
