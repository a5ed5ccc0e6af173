//! Table `credential`.

use sea_orm::entity::prelude::*;

/// What devices are logged in with.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// For comparing, ignoring case.
    pub name_key: String,
    /// Name of the user on the devices.
    pub username: String,
    /// The secrets, sealed with the id as associated data.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub sealed: Vec<u8>,
    /// The login identity that these secrets make: a keyed hash, see table `login_identity`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub identity: Vec<u8>,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether there is an enable password.
    pub has_enable_password: bool,
    /// Whether there is a private key.
    pub has_private_key: bool,
    /// Whether the SSH agent of the server is asked.
    pub use_agent: bool,
    /// Sites it is for: an array of strings.
    pub sites: Json,
    /// Labels of devices it is for: an array of strings.
    pub tags: Json,
    /// For devices that nothing else is for.
    pub is_default: bool,
    /// Lower ones are tried first.
    pub position: i32,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
