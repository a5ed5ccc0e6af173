//! Table `volatile_rule`.

use sea_orm::entity::prelude::*;

/// Lines of configurations of a platform that change by themselves, as a user says.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "volatile_rule")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Slug of the platform; empty: all.
    pub platform: String,
    /// A regular expression for one line.
    pub pattern: String,
    /// What it is for.
    pub note: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: i64,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
