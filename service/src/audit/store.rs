//! Queries of the audit log.

use entity::audit_event;
use sea_orm::{
    ActiveValue::Set,
    Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{ExprTrait, Func, LikeExpr},
};
use uuid::Uuid;

use super::AuditFilter;
use crate::{
    actor::{Actor, Proof},
    error::Result,
    page::{Page, PageRequest},
    time::now_ms,
};

/// What was done to what.
pub(crate) struct Entry<'a> {
    /// `credential.use`, `user.create`, …
    pub(crate) action: &'a str,
    /// `credential`, `user`, …
    pub(crate) target_type: &'a str,
    /// Which.
    pub(crate) target_id: Option<String>,
    /// A sentence without secrets.
    pub(crate) summary: String,
}

/// Writes an entry; call it in the transaction of what it tells.
pub(crate) async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    entry: Entry<'_>,
) -> std::result::Result<Uuid, DbErr> {
    let id = Uuid::now_v7();
    let row = audit_event::ActiveModel {
        id: Set(id),
        at: Set(now_ms()),
        actor_id: Set((actor.proof != Proof::Server).then_some(actor.user_id)),
        actor: Set(actor.name.clone()),
        actor_kind: Set(actor.kind().to_owned()),
        action: Set(entry.action.to_owned()),
        target_type: Set(entry.target_type.to_owned()),
        target_id: Set(entry.target_id),
        summary: Set(entry.summary),
        remote_address: Set(actor.remote_address.clone()),
        request_id: Set(actor.request_id.clone()),
    };
    audit_event::Entity::insert(row).exec_without_returning(db).await?;
    Ok(id)
}

/// Says anew what an entry tells, for what is done in several transactions: call it in each of them.
pub(crate) async fn amend(db: &impl ConnectionTrait, id: Uuid, summary: &str) -> std::result::Result<(), DbErr> {
    audit_event::Entity::update_many()
        .col_expr(audit_event::Column::Summary, Expr::value(summary))
        .filter(audit_event::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether a text is one of these; with `*` for any characters upper and lower case are the same.
fn one_of(column: audit_event::Column, values: &[String]) -> Condition {
    let (patterns, plain): (Vec<&String>, Vec<&String>) = values.iter().partition(|value| value.contains('*'));
    let mut any = Condition::any();
    if !plain.is_empty() {
        any = any.add(column.is_in(plain));
    }
    for pattern in patterns {
        let mut like = String::new();
        for letter in pattern.to_lowercase().chars() {
            match letter {
                '*' => like.push('%'),
                '%' | '_' | '\\' => like.extend(['\\', letter]),
                letter => like.push(letter),
            }
        }
        let lower = Expr::from(Func::lower(Expr::col(column)));
        any = any.add(lower.like(LikeExpr::new(like).escape('\\')));
    }
    any
}

/// A page, the newest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<audit_event::Model>> {
    let key = format!("audit {filter:?}");
    let mut query = audit_event::Entity::find();
    for (column, values) in [
        (audit_event::Column::Actor, &filter.actor),
        (audit_event::Column::Action, &filter.action),
        (audit_event::Column::TargetId, &filter.target),
    ] {
        if !values.is_empty() {
            query = query.filter(one_of(column, values));
        }
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(before) = page.cursor::<Uuid>(&key)? {
        query = query.filter(audit_event::Column::Id.lt(before));
    }
    let rows = query
        .order_by_desc(audit_event::Column::Id)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.id)
    })
}

/// Removes what was written before a time. Ids begin with their time, so that their index finds it.
pub(super) async fn forget(db: &impl ConnectionTrait, before: i64) -> std::result::Result<(), DbErr> {
    let Ok(before) = u64::try_from(before) else {
        return Ok(());
    };
    let first = uuid::Builder::from_unix_timestamp_millis(before, &[0; 10]).into_uuid();
    audit_event::Entity::delete_many()
        .filter(audit_event::Column::Id.lt(first))
        .exec(db)
        .await?;
    Ok(())
}
