//! Table `search_chunk`.

use sea_orm::entity::prelude::*;

/// Some lines of a text that can be searched.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "search_chunk")]
pub struct Model {
    /// The id of the text in its upper bits, the place in it in the lower sixteen.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The number of its first line, from 1.
    pub first_line: i64,
    /// The lines that its first line stands under, without secrets.
    pub head: String,
    /// The lines without secrets.
    pub body: String,
    /// The lines with secrets, where there are any.
    pub raw: Option<String>,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
