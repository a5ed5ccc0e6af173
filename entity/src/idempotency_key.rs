//! Table `idempotency_key`.

use sea_orm::entity::prelude::*;

/// The answer that a key of a caller got.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// Who made the request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: Uuid,
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Keyed hash of the request.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub fingerprint: Vec<u8>,
    /// Sealed. `None`: still being made.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub answer: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
