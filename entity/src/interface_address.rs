//! Table `interface_address`.

use sea_orm::entity::prelude::*;

/// An address of an interface: what the row of the interface is looked up by.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "interface_address")]
pub struct Model {
    /// The address: 16 bytes, an IPv4 address as IPv6 writes it.
    #[sea_orm(primary_key, auto_increment = false, column_type = "VarBinary(StringLen::None)")]
    pub ip: Vec<u8>,
    /// The device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: Uuid,
    /// Its name, in lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub interface: String,
    /// When the row of the interface begins.
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_seen_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
