//! Table `mirror_file`.

use sea_orm::entity::prelude::*;

/// A device whose configuration in the mirror is not the last good one.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mirror_file")]
pub struct Model {
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// The collection that found the newest change.
    pub collection_id: Uuid,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
