//! The audit log: who did what.

use entity::audit_event;
use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service::audit::AuditFilter;
use uuid::Uuid;

use super::Tag;
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::Result,
    time::Time,
};

/// Who did what.
#[derive(Object)]
#[oai(example)]
struct AuditEvent {
    /// Id.
    id: Uuid,
    /// When.
    at: Time,
    /// Name of the person.
    actor: String,
    /// `user`, `api_token` or `server`.
    actor_kind: String,
    /// What was done, as `user.create`.
    action: String,
    /// Kind of what it was done to.
    target_type: String,
    /// Which.
    #[oai(skip_serializing_if_is_none)]
    target_id: Option<String>,
    /// A sentence.
    summary: String,
    /// Where the request came from; empty for the server itself.
    remote_address: String,
    /// The request; empty for the server itself.
    request_id: String,
}

impl Example for AuditEvent {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d92),
            at: Time(1_769_841_000_000),
            actor: "admin".to_owned(),
            actor_kind: "user".to_owned(),
            action: "user.create".to_owned(),
            target_type: "user".to_owned(),
            target_id: Some("0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90".to_owned()),
            summary: "Made the user maria with the role operator".to_owned(),
            remote_address: "192.0.2.17".to_owned(),
            request_id: "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d93".to_owned(),
        }
    }
}

impl From<audit_event::Model> for AuditEvent {
    fn from(row: audit_event::Model) -> Self {
        Self {
            id: row.id,
            at: Time(row.at),
            actor: row.actor,
            actor_kind: row.actor_kind,
            action: row.action,
            target_type: row.target_type,
            target_id: row.target_id,
            summary: row.summary,
            remote_address: row.remote_address,
            request_id: row.request_id,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::AuditEvent", prefix_path = "/audit-events")]
impl Api {
    /// List what was done, the newest first
    ///
    /// In filters `*` stands for any characters, and then upper and lower case are the same: `*maria*`, `user.*`.
    #[oai(path = "/", method = "get", operation_id = "audit_event_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn audit_event_list(
        &self,
        auth: Auth,
        /// Names of persons.
        actor: Query<Vec<String>>,
        /// Actions, as `user.create`.
        action: Query<Vec<String>>,
        /// Ids of what it was done to.
        target: Query<Vec<String>>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<AuditEvent>>> {
        let filter = AuditFilter {
            actor: actor.0,
            action: action.0,
            target: target.0,
        };
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let page = auth.service().audit_event_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, AuditEvent::from)))
    }
}
