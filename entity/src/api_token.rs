//! Table `api_token`.

use sea_orm::entity::prelude::*;

use crate::user::Role;

/// A token for programs.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Name.
    pub name: String,
    /// The beginning of the token, to tell it from others.
    pub prefix: String,
    /// SHA-256 of the token.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub hash: Vec<u8>,
    /// The most it may do; never more than its owner.
    pub scope: Role,
    /// When it was made.
    pub created_at: i64,
    /// Until when it is good.
    pub expires_at: Option<i64>,
    /// When it was last used.
    pub last_used_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
