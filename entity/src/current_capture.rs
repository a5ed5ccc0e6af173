//! Table `current_capture`.

use sea_orm::entity::prelude::*;

/// The last good capture of each type of a device.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "current_capture")]
pub struct Model {
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// Slug of the capture type.
    #[sea_orm(primary_key, auto_increment = false)]
    pub capture_type: String,
    /// The capture.
    pub capture_id: Uuid,
    /// Its text.
    pub text_id: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
