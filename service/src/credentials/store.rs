//! Queries of credentials and of the counts of their logins.

use entity::{credential, device, login_identity};
use sea_orm::{
    ActiveValue::Set, Condition, DbErr, IntoActiveModel, QueryOrder, QuerySelect, prelude::*, sea_query::OnConflict,
};

use super::keeper::Kept;
use crate::{
    error::Result,
    page::{Page, PageRequest},
    time::now_ms,
};

/// What queries are asked of: a connection or a transaction.
pub(crate) trait Connection: ConnectionTrait {}

impl<C: ConnectionTrait> Connection for C {}

/// A page in the order in which they are tried.
pub(super) async fn list(db: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<credential::Model>> {
    const KEY: &str = "credential";
    let mut query = credential::Entity::find();
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some((position, name)) = page.cursor::<(i32, String)>(KEY)? {
        let same = Condition::all()
            .add(credential::Column::Position.eq(position))
            .add(credential::Column::NameKey.gt(name));
        query = query.filter(
            Condition::any()
                .add(credential::Column::Position.gt(position))
                .add(same),
        );
    }
    let rows = query
        .order_by_asc(credential::Column::Position)
        .order_by_asc(credential::Column::NameKey)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(KEY, rows, |row| (row.position, row.name_key.clone()))
    })
}

/// All of them, in the order in which they are tried.
pub(super) async fn all(db: &impl ConnectionTrait) -> std::result::Result<Vec<credential::Model>, DbErr> {
    credential::Entity::find()
        .order_by_asc(credential::Column::Position)
        .order_by_asc(credential::Column::NameKey)
        .all(db)
        .await
}

pub(super) async fn count(db: &impl ConnectionTrait) -> std::result::Result<u64, DbErr> {
    credential::Entity::find().count(db).await
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<Option<credential::Model>, DbErr> {
    credential::Entity::find_by_id(id).one(db).await
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    credential: &credential::Model,
) -> std::result::Result<(), DbErr> {
    let row = credential.clone().into_active_model();
    credential::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn update(
    db: &impl ConnectionTrait,
    credential: &credential::Model,
) -> std::result::Result<(), DbErr> {
    let row = credential.clone().into_active_model().reset_all();
    credential::Entity::update(row).exec(db).await?;
    Ok(())
}

/// Removes a credential and says how many devices were bound to it.
pub(super) async fn delete(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<u64, DbErr> {
    let bound = device::Entity::update_many()
        .col_expr(device::Column::CredentialId, Expr::value(Option::<Uuid>::None))
        .col_expr(device::Column::UpdatedAt, Expr::value(now_ms()))
        .filter(device::Column::CredentialId.eq(id))
        .exec(db)
        .await?;
    credential::Entity::delete_by_id(id).exec(db).await?;
    Ok(bound.rows_affected)
}

/// The credentials that make an identity.
pub(super) async fn of_identity(
    db: &impl ConnectionTrait,
    identity: &[u8],
) -> std::result::Result<Vec<credential::Model>, DbErr> {
    credential::Entity::find()
        .filter(credential::Column::Identity.eq(identity))
        .all(db)
        .await
}

/// All counts that are not zero.
pub(super) async fn counts(db: &impl ConnectionTrait) -> std::result::Result<Vec<login_identity::Model>, DbErr> {
    login_identity::Entity::find().all(db).await
}

/// Forgets the refusals of an identity.
pub(super) async fn forget(db: &impl ConnectionTrait, identity: &[u8]) -> std::result::Result<(), DbErr> {
    login_identity::Entity::delete_by_id(identity.to_vec()).exec(db).await?;
    Ok(())
}

/// Keeps a count. `true`: it closes an identity that was open.
pub(super) async fn keep(db: &impl ConnectionTrait, kept: &Kept) -> std::result::Result<bool, DbErr> {
    let was_closed = match kept.closed_at {
        None => true,
        Some(_) => login_identity::Entity::find_by_id(kept.identity.clone())
            .one(db)
            .await?
            .is_some_and(|row| row.closed_at.is_some()),
    };
    let row = login_identity::ActiveModel {
        identity: Set(kept.identity.clone()),
        username: Set(kept.username.clone()),
        consecutive_failures: Set(kept.consecutive_failures),
        closed_at: Set(kept.closed_at),
        in_flight: Set(kept.in_flight),
        updated_at: Set(now_ms()),
    };
    let over = OnConflict::column(login_identity::Column::Identity)
        .update_columns([
            login_identity::Column::ConsecutiveFailures,
            login_identity::Column::ClosedAt,
            login_identity::Column::InFlight,
            login_identity::Column::UpdatedAt,
        ])
        .to_owned();
    login_identity::Entity::insert(row)
        .on_conflict(over)
        .exec_without_returning(db)
        .await?;
    Ok(!was_closed)
}
