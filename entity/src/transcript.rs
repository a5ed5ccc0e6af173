//! Table `transcript`.

use sea_orm::entity::prelude::*;

/// A session as it was received.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transcript")]
pub struct Model {
    /// The collection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collection_id: Uuid,
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// zstd, then sealed.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
