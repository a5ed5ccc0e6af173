//! Table `event_batch`.

use sea_orm::entity::prelude::*;

/// Events of a collection that were stored together.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_batch")]
pub struct Model {
    /// The collection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collection_id: Uuid,
    /// Number of the last of them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub last_seq: i64,
    /// Number of the first of them.
    pub first_seq: i64,
    /// zstd of one JSON object a line.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub events: Vec<u8>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
