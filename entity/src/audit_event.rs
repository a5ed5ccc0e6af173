//! Table `audit_event`.

use sea_orm::entity::prelude::*;

/// Who did what.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When.
    pub at: i64,
    /// The person.
    pub actor_id: Option<Uuid>,
    /// Name of the person.
    pub actor: String,
    /// `user`, `api_token` or `server`.
    pub actor_kind: String,
    /// `credential.use`, `user.create`, …
    pub action: String,
    /// Kind of what it was done to.
    pub target_type: String,
    /// Which.
    pub target_id: Option<String>,
    /// A sentence.
    pub summary: String,
    /// Where the request came from.
    pub remote_address: String,
    /// The request.
    pub request_id: String,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
