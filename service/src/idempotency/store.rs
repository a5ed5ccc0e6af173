//! Queries of the kept answers.

use entity::idempotency_key as row;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, QueryFilter, prelude::*};
use uuid::Uuid;

pub(super) async fn find(db: &impl ConnectionTrait, caller: Uuid, key: &str) -> Result<Option<row::Model>, DbErr> {
    row::Entity::find_by_id((caller, key.to_owned())).one(db).await
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    caller: Uuid,
    key: &str,
    fingerprint: &[u8],
    now: i64,
) -> Result<(), DbErr> {
    let new = row::ActiveModel {
        caller: Set(caller),
        key: Set(key.to_owned()),
        fingerprint: Set(fingerprint.to_vec()),
        answer: Set(None),
        created_at: Set(now),
    };
    row::Entity::insert(new).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn answer(db: &impl ConnectionTrait, caller: Uuid, key: &str, sealed: Vec<u8>) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::Answer, Expr::value(sealed))
        .filter(row::Column::Caller.eq(caller))
        .filter(row::Column::Key.eq(key))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn remove_unanswered(db: &impl ConnectionTrait, caller: Uuid, key: &str) -> Result<(), DbErr> {
    row::Entity::delete_by_id((caller, key.to_owned()))
        .filter(row::Column::Answer.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Removes what is older.
pub(super) async fn forget(db: &impl ConnectionTrait, before: i64) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::CreatedAt.lt(before))
        .exec(db)
        .await?;
    Ok(())
}
