//! Table `login_identity`.

use sea_orm::entity::prelude::*;

/// How logins with one user name and secret went, over all collections.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "login_identity")]
pub struct Model {
    /// Keyed hash of user name and secret.
    #[sea_orm(primary_key, auto_increment = false, column_type = "VarBinary(StringLen::None)")]
    pub identity: Vec<u8>,
    /// Name of the user on the devices.
    pub username: String,
    /// Refusals since the last success.
    pub consecutive_failures: i32,
    /// Since when no login is tried.
    pub closed_at: Option<i64>,
    /// Logins under way of which it is not known how they end.
    pub in_flight: i32,
    /// When it was last changed.
    pub updated_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
