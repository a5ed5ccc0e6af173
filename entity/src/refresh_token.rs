//! Table `refresh_token`.

use sea_orm::entity::prelude::*;

/// A token that continues a session once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false, column_type = "VarBinary(StringLen::None)")]
    pub hash: Vec<u8>,
    /// The session.
    pub session_id: Uuid,
    /// When it was made.
    pub created_at: i64,
    /// When it was replaced.
    pub used_at: Option<i64>,
    /// The token that replaced it, sealed.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub successor: Option<Vec<u8>>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
