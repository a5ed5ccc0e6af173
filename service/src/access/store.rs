//! Queries about users, sessions and tokens.

use entity::{
    api_token, auth_session, refresh_token,
    user::{self, Role},
};
use sea_orm::{
    ActiveValue::Set, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::*,
    sea_query::Query,
};
use uuid::Uuid;

use crate::{
    error::Result,
    page::{Page, PageRequest},
};

type Found<T> = std::result::Result<T, DbErr>;

/// Used refresh tokens are kept this long, to notice when one is used again.
const REMEMBER_USED: i64 = 7 * 24 * 3600 * 1000;

pub(super) async fn users(db: &impl ConnectionTrait) -> Found<Vec<user::Model>> {
    user::Entity::find().all(db).await
}

pub(super) async fn user(db: &impl ConnectionTrait, id: Uuid) -> Found<Option<user::Model>> {
    user::Entity::find_by_id(id).one(db).await
}

pub(super) async fn user_by_name(db: &impl ConnectionTrait, name_key: &str) -> Found<Option<user::Model>> {
    user::Entity::find()
        .filter(user::Column::NameKey.eq(name_key))
        .one(db)
        .await
}

pub(super) async fn insert_user(db: &impl ConnectionTrait, row: &user::Model) -> Found<()> {
    let row = user::ActiveModel::from(row.clone());
    user::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Writes everything of a user but the id.
pub(super) async fn update_user(db: &impl ConnectionTrait, row: &user::Model) -> Found<()> {
    let row = user::ActiveModel {
        id: Set(row.id),
        ..user::ActiveModel::from(row.clone()).reset_all()
    };
    user::Entity::update(row).exec(db).await?;
    Ok(())
}

pub(super) async fn delete_user(db: &impl ConnectionTrait, id: Uuid) -> Found<()> {
    api_token::Entity::delete_many()
        .filter(api_token::Column::UserId.eq(id))
        .exec(db)
        .await?;
    refresh_token::Entity::delete_many()
        .filter(
            refresh_token::Column::SessionId.in_subquery(
                Query::select()
                    .column(auth_session::Column::Id)
                    .from(auth_session::Entity)
                    .and_where(auth_session::Column::UserId.eq(id))
                    .to_owned(),
            ),
        )
        .exec(db)
        .await?;
    auth_session::Entity::delete_many()
        .filter(auth_session::Column::UserId.eq(id))
        .exec(db)
        .await?;
    user::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// How many admins may log in.
pub(super) async fn enabled_admins(db: &impl ConnectionTrait) -> Found<u64> {
    user::Entity::find()
        .filter(user::Column::Role.eq(Role::Admin))
        .filter(user::Column::Enabled.eq(true))
        .count(db)
        .await
}

/// A page of users by name.
pub(super) async fn list_users(db: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<user::Model>> {
    const KEY: &str = "users";
    let total = match page.include_total {
        true => Some(user::Entity::find().count(db).await?),
        false => None,
    };
    let mut query = user::Entity::find();
    if let Some(after) = page.cursor::<String>(KEY)? {
        query = query.filter(user::Column::NameKey.gt(after));
    }
    let rows = query
        .order_by_asc(user::Column::NameKey)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(KEY, rows, |row| row.name_key.clone())
    })
}

/// Sessions that are neither revoked nor over.
pub(super) async fn open_sessions(db: &impl ConnectionTrait, now: i64) -> Found<Vec<auth_session::Model>> {
    auth_session::Entity::find()
        .filter(auth_session::Column::RevokedAt.is_null())
        .filter(auth_session::Column::ExpiresAt.gt(now))
        .all(db)
        .await
}

/// Open sessions of a user, the oldest first.
pub(super) async fn sessions_of(db: &impl ConnectionTrait, user: Uuid, now: i64) -> Found<Vec<Uuid>> {
    auth_session::Entity::find()
        .select_only()
        .column(auth_session::Column::Id)
        .filter(auth_session::Column::UserId.eq(user))
        .filter(auth_session::Column::RevokedAt.is_null())
        .filter(auth_session::Column::ExpiresAt.gt(now))
        .order_by_asc(auth_session::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

pub(super) async fn session(db: &impl ConnectionTrait, id: Uuid) -> Found<Option<auth_session::Model>> {
    auth_session::Entity::find_by_id(id).one(db).await
}

pub(super) async fn insert_session(db: &impl ConnectionTrait, row: auth_session::Model) -> Found<()> {
    let row = auth_session::ActiveModel::from(row);
    auth_session::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn prolong_session(db: &impl ConnectionTrait, id: Uuid, until: i64) -> Found<()> {
    auth_session::Entity::update_many()
        .col_expr(auth_session::Column::ExpiresAt, Expr::value(until))
        .filter(auth_session::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn revoke_sessions(db: &impl ConnectionTrait, ids: &[Uuid], now: i64) -> Found<()> {
    if ids.is_empty() {
        return Ok(());
    }
    auth_session::Entity::update_many()
        .col_expr(auth_session::Column::RevokedAt, Expr::value(now))
        .filter(auth_session::Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn refresh_token(db: &impl ConnectionTrait, hash: &[u8]) -> Found<Option<refresh_token::Model>> {
    refresh_token::Entity::find_by_id(hash.to_vec()).one(db).await
}

pub(super) async fn insert_refresh_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
    session_id: Uuid,
    now: i64,
) -> Found<()> {
    let row = refresh_token::ActiveModel {
        hash: Set(hash.to_vec()),
        session_id: Set(session_id),
        created_at: Set(now),
        used_at: Set(None),
        successor: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Notes what replaced a token.
pub(super) async fn replace_refresh_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
    successor: Vec<u8>,
    now: i64,
) -> Found<()> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(now))
        .col_expr(refresh_token::Column::Successor, Expr::value(successor))
        .filter(refresh_token::Column::Hash.eq(hash.to_vec()))
        .exec(db)
        .await?;
    Ok(())
}

/// API tokens that are not revoked; those that are over are told so.
pub(super) async fn open_tokens(db: &impl ConnectionTrait) -> Found<Vec<api_token::Model>> {
    api_token::Entity::find()
        .filter(api_token::Column::RevokedAt.is_null())
        .all(db)
        .await
}

pub(super) async fn token(db: &impl ConnectionTrait, id: Uuid) -> Found<Option<api_token::Model>> {
    api_token::Entity::find_by_id(id)
        .filter(api_token::Column::RevokedAt.is_null())
        .one(db)
        .await
}

pub(super) async fn count_tokens(db: &impl ConnectionTrait, user: Uuid) -> Found<u64> {
    api_token::Entity::find()
        .filter(api_token::Column::UserId.eq(user))
        .filter(api_token::Column::RevokedAt.is_null())
        .count(db)
        .await
}

pub(super) async fn insert_token(db: &impl ConnectionTrait, row: &api_token::Model) -> Found<()> {
    let row = api_token::ActiveModel::from(row.clone());
    api_token::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn revoke_token(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Found<()> {
    api_token::Entity::update_many()
        .col_expr(api_token::Column::RevokedAt, Expr::value(now))
        .filter(api_token::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// A page of tokens, the newest first; of one user or of all.
pub(super) async fn list_tokens(
    db: &impl ConnectionTrait,
    user: Option<Uuid>,
    page: &PageRequest,
) -> Result<Page<api_token::Model>> {
    let key = format!("api tokens {user:?}");
    let mut query = api_token::Entity::find().filter(api_token::Column::RevokedAt.is_null());
    if let Some(user) = user {
        query = query.filter(api_token::Column::UserId.eq(user));
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(before) = page.cursor::<Uuid>(&key)? {
        query = query.filter(api_token::Column::Id.lt(before));
    }
    let rows = query
        .order_by_desc(api_token::Column::Id)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.id)
    })
}

/// Notes when tokens were last used.
pub(super) async fn tokens_used(db: &impl ConnectionTrait, used: &[(Uuid, i64)]) -> Found<()> {
    for (id, at) in used {
        api_token::Entity::update_many()
            .col_expr(api_token::Column::LastUsedAt, Expr::value(*at))
            .filter(api_token::Column::Id.eq(*id))
            .filter(
                Condition::any()
                    .add(api_token::Column::LastUsedAt.is_null())
                    .add(api_token::Column::LastUsedAt.lt(*at)),
            )
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Removes sessions that are over, and refresh tokens that nobody can use again.
pub(super) async fn forget(db: &impl ConnectionTrait, now: i64) -> Found<()> {
    let over = Condition::any()
        .add(auth_session::Column::ExpiresAt.lt(now))
        .add(auth_session::Column::RevokedAt.lt(now.saturating_sub(REMEMBER_USED)));
    refresh_token::Entity::delete_many()
        .filter(
            refresh_token::Column::SessionId.in_subquery(
                Query::select()
                    .column(auth_session::Column::Id)
                    .from(auth_session::Entity)
                    .cond_where(over.clone())
                    .to_owned(),
            ),
        )
        .exec(db)
        .await?;
    auth_session::Entity::delete_many().filter(over).exec(db).await?;
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::UsedAt.lt(now.saturating_sub(REMEMBER_USED)))
        .exec(db)
        .await?;
    Ok(())
}
