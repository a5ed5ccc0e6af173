//! Table `search_text`.

use sea_orm::entity::prelude::*;

/// A last good text that can be searched: which one of a device and type it is, and how it was masked.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "search_text")]
pub struct Model {
    /// Its own id. It stays when another text takes the place.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The device.
    pub device_id: Uuid,
    /// Slug of the capture type.
    pub capture_type: String,
    /// The capture.
    pub capture_id: Uuid,
    /// Its text.
    pub text_id: i64,
    /// A hash of the rules that it was masked and cut by.
    pub rules: i64,
    /// Whether only its beginning can be searched, since it is too large.
    pub partial: bool,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
