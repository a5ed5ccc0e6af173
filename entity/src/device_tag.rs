//! Table `device_tag`.

use sea_orm::entity::prelude::*;

/// A label of a device, for finding devices by it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_tag")]
pub struct Model {
    /// In lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: String,
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
