//! Table `pending_change`.

use sea_orm::entity::prelude::*;

/// A new last good configuration that has not been compared with the one before.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_change")]
pub struct Model {
    /// The capture.
    #[sea_orm(primary_key, auto_increment = false)]
    pub capture_id: Uuid,
    /// The collection that made it.
    pub collection_id: Uuid,
    /// The last good capture before; `None`: it is the first.
    pub previous_capture_id: Option<Uuid>,
    /// Its text.
    pub previous_text_id: Option<i64>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
