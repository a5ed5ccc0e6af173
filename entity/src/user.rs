//! Table `user`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a person may do. Each may do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub enum Role {
    Viewer,
    Operator,
    Admin,
}

impl Role {
    /// The word in answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// A person who may log in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As it was written.
    pub name: String,
    /// For comparing, ignoring case.
    pub name_key: String,
    /// argon2id, in PHC format.
    pub password_hash: String,
    /// What the person may do.
    pub role: Role,
    /// Whether the person may log in.
    pub enabled: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
    /// When the person last logged in.
    pub last_login_at: Option<i64>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
