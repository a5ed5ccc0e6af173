//! Queries of rules of users, and of the versions that a rule is tried on.

use entity::{capture, current_capture, volatile_rule};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::ExprTrait,
};
use uuid::Uuid;

use crate::{
    config_changes::CONFIGS,
    devices::store::Connection,
    error::Result,
    page::{Page, PageRequest},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// All rules.
pub(crate) async fn all(db: &impl Connection) -> Answer<Vec<volatile_rule::Model>> {
    volatile_rule::Entity::find()
        .order_by_asc(volatile_rule::Column::Id)
        .all(db)
        .await
}

/// A page of rules.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    platforms: &[String],
    page: &PageRequest,
) -> Result<Page<volatile_rule::Model>> {
    use volatile_rule::Column;
    let key = format!("volatile rules {platforms:?}");
    let mut query = volatile_rule::Entity::find();
    if !platforms.is_empty() {
        query = query.filter(Column::Platform.is_in(platforms));
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(after) = page.cursor::<Uuid>(&key)? {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.order_by_asc(Column::Id).limit(page.limit() + 1).all(db).await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.id)
    })
}

/// One rule.
pub(super) async fn one(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<volatile_rule::Model>> {
    volatile_rule::Entity::find_by_id(id).one(db).await
}

/// Writes a rule.
pub(super) async fn insert(db: &impl ConnectionTrait, row: volatile_rule::Model) -> Answer<()> {
    volatile_rule::Entity::insert(volatile_rule::ActiveModel::from(row))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Takes a rule away.
pub(super) async fn delete(db: &impl ConnectionTrait, id: Uuid) -> Answer<()> {
    volatile_rule::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Devices that have a configuration, behind one, by id.
pub(super) async fn devices_with_configs(
    db: &impl ConnectionTrait,
    after: Option<Uuid>,
    limit: u64,
) -> Answer<Vec<Uuid>> {
    use current_capture::Column;
    let mut query = current_capture::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .filter(Column::CaptureType.eq(CONFIGS));
    if let Some(after) = after {
        query = query.filter(Column::DeviceId.gt(after));
    }
    query
        .order_by_asc(Column::DeviceId)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The good configurations of a device, the newest first.
pub(super) async fn versions(db: &impl ConnectionTrait, device: Uuid, limit: u64) -> Answer<Vec<capture::Model>> {
    use capture::Column;
    let good = Column::Verdict
        .eq(capture::Verdict::Complete)
        .or(Column::AcceptedBy.is_not_null());
    capture::Entity::find()
        .filter(Column::DeviceId.eq(device))
        .filter(Column::CaptureType.eq(CONFIGS))
        .filter(good)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}
