//! Table `host_key`.

use sea_orm::entity::prelude::*;

/// The host key that a device is known by.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "host_key")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Address and port, `10.0.0.1:22`.
    pub place: String,
    /// Kind of the key; empty while none is accepted.
    pub algorithm: String,
    /// In the format of OpenSSH; empty while none is accepted.
    pub key: String,
    /// When it was first seen.
    pub first_seen_at: i64,
    /// When it was last seen.
    pub last_seen_at: i64,
    /// Another one that was shown since, and refused.
    pub offered_key: Option<String>,
    /// When that was.
    pub offered_at: Option<i64>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
