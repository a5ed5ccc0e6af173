//! Queries of host keys.

use entity::{device, host_key};
use sea_orm::{ActiveValue::Set, DbErr, IntoActiveModel, QueryOrder, QuerySelect, prelude::*, sea_query::OnConflict};

use super::{HostKeyFilter, State};
use crate::{
    error::Result,
    page::{Page, PageRequest},
};

/// How many rows are read or written at once.
const CHUNK: u64 = 1_000;

/// A page by place.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &HostKeyFilter,
    places: Option<Vec<String>>,
    page: &PageRequest,
) -> Result<Page<host_key::Model>> {
    let key = format!("host_key {filter:?}");
    let mut query = host_key::Entity::find();
    if let Some(places) = places {
        query = query.filter(host_key::Column::Place.is_in(places));
    }
    query = match filter.state {
        None => query,
        Some(State::Accepted) => query.filter(host_key::Column::OfferedKey.is_null()),
        Some(State::Changed) => query
            .filter(host_key::Column::OfferedKey.is_not_null())
            .filter(host_key::Column::Key.ne("")),
        Some(State::Pending) => query
            .filter(host_key::Column::OfferedKey.is_not_null())
            .filter(host_key::Column::Key.eq("")),
    };
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(after) = page.cursor::<String>(&key)? {
        query = query.filter(host_key::Column::Place.gt(after));
    }
    let rows = query
        .order_by_asc(host_key::Column::Place)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.place.clone())
    })
}

/// Rows in the order of their places, for reading all.
pub(super) async fn next(
    db: &impl ConnectionTrait,
    after: Option<&str>,
) -> std::result::Result<Vec<host_key::Model>, DbErr> {
    let mut query = host_key::Entity::find();
    if let Some(after) = after {
        query = query.filter(host_key::Column::Place.gt(after));
    }
    query.order_by_asc(host_key::Column::Place).limit(CHUNK).all(db).await
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<Option<host_key::Model>, DbErr> {
    host_key::Entity::find_by_id(id).one(db).await
}

/// Writes a key that was met for the first time. Where a key is known for the place already, that one stays.
pub(super) async fn insert(db: &impl ConnectionTrait, row: host_key::Model) -> std::result::Result<(), DbErr> {
    let known = OnConflict::column(host_key::Column::Place)
        .do_nothing_on([host_key::Column::Place])
        .to_owned();
    host_key::Entity::insert(row.into_active_model())
        .on_conflict(known)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Notes that the known key was shown again.
pub(super) async fn seen(db: &impl ConnectionTrait, id: Uuid, at: i64) -> std::result::Result<(), DbErr> {
    host_key::Entity::update_many()
        .col_expr(host_key::Column::LastSeenAt, Expr::value(at))
        .filter(host_key::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes that another key was shown.
pub(super) async fn offered(db: &impl ConnectionTrait, id: Uuid, key: &str, at: i64) -> std::result::Result<(), DbErr> {
    host_key::Entity::update_many()
        .col_expr(host_key::Column::OfferedKey, Expr::value(key))
        .col_expr(host_key::Column::OfferedAt, Expr::value(at))
        .filter(host_key::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Makes another key the known one, if it is still the one that was offered. `false`: it is not.
pub(super) async fn accept(
    db: &impl ConnectionTrait,
    row: &host_key::Model,
    offered: &str,
) -> std::result::Result<bool, DbErr> {
    let change = host_key::ActiveModel {
        algorithm: Set(row.algorithm.clone()),
        key: Set(row.key.clone()),
        offered_key: Set(None),
        offered_at: Set(None),
        ..Default::default()
    };
    let done = host_key::Entity::update_many()
        .set(change)
        .filter(host_key::Column::Id.eq(row.id))
        .filter(host_key::Column::OfferedKey.eq(offered))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

pub(super) async fn delete(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<(), DbErr> {
    host_key::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// The devices at these addresses: id, name, address and port.
pub(super) async fn devices(
    db: &impl ConnectionTrait,
    addresses: Vec<String>,
) -> std::result::Result<Vec<(Uuid, String, String, i32)>, DbErr> {
    device::Entity::find()
        .filter(device::Column::Address.is_in(addresses))
        .order_by_asc(device::Column::NameKey)
        .select_only()
        .column(device::Column::Id)
        .column(device::Column::Name)
        .column(device::Column::Address)
        .column(device::Column::Port)
        .into_tuple()
        .all(db)
        .await
}

/// Where a device is.
pub(super) async fn device(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<Option<device::Model>, DbErr> {
    device::Entity::find_by_id(id).one(db).await
}
