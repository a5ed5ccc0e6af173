//! Table `text`.

use sea_orm::entity::prelude::*;

/// A text that captures refer to, whole or as a patch on another.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "text")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The first eight bytes of the hash, which is what texts are found by.
    pub sha_key: i64,
    /// SHA-256 of the whole text.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub sha256: Vec<u8>,
    /// The text it is a patch on.
    pub base_id: Option<i64>,
    /// Patches down to a whole text.
    pub depth: i32,
    /// Size of the whole text.
    pub bytes: i64,
    /// zstd; `None`: a file under `blobs/`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub data: Option<Vec<u8>>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
