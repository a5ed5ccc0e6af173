//! Queries of the files of the mirror that are behind.

use entity::{collection, current_capture, device, mirror_file};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use uuid::Uuid;

use crate::{config_changes::CONFIGS, devices::store::Connection};

type Answer<T> = std::result::Result<T, DbErr>;

/// Collections whose files are behind, the oldest first, but for those that run.
pub(super) async fn collections(db: &impl ConnectionTrait, running: &[Uuid]) -> Answer<Vec<Uuid>> {
    mirror_file::Entity::find()
        .select_only()
        .column(mirror_file::Column::CollectionId)
        .distinct()
        .filter(mirror_file::Column::CollectionId.is_not_in(running.iter().copied()))
        .order_by_asc(mirror_file::Column::CollectionId)
        .into_tuple()
        .all(db)
        .await
}

/// Devices whose files are behind since a collection.
pub(super) async fn devices(db: &impl ConnectionTrait, collection: Uuid) -> Answer<Vec<Uuid>> {
    mirror_file::Entity::find()
        .select_only()
        .column(mirror_file::Column::DeviceId)
        .filter(mirror_file::Column::CollectionId.eq(collection))
        .order_by_asc(mirror_file::Column::DeviceId)
        .into_tuple()
        .all(db)
        .await
}

/// Every file is behind.
pub(super) async fn all_are_behind(db: &impl Connection) -> Answer<()> {
    mirror_file::Entity::delete_many().exec(db).await?;
    let backend = db.get_database_backend();
    let (first, second) = match backend {
        sea_orm::DbBackend::Postgres => ("$1", "$2"),
        _ => ("?", "?"),
    };
    let sql = format!(
        "INSERT INTO mirror_file (device_id, collection_id) \
         SELECT device_id, {first} FROM current_capture WHERE capture_type = {second}"
    );
    let values = [Uuid::nil().into(), CONFIGS.into()];
    db.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(())
}

/// The file of a device is as its configuration was at the end of a collection.
pub(super) async fn is_done(db: &impl Connection, device: Uuid, collection: Uuid) -> Answer<()> {
    mirror_file::Entity::delete_many()
        .filter(mirror_file::Column::DeviceId.eq(device))
        .filter(mirror_file::Column::CollectionId.eq(collection))
        .exec(db)
        .await?;
    Ok(())
}

/// Name of a device today, and its last good configuration; `None`: there is no such device any more.
pub(super) async fn current(
    db: &impl ConnectionTrait,
    device: Uuid,
) -> Answer<Option<(String, current_capture::Model)>> {
    let row = device::Entity::find_by_id(device).one(db).await?;
    let current = current_capture::Entity::find_by_id((device, CONFIGS.to_owned()))
        .one(db)
        .await?;
    Ok(row.map(|row| row.name).zip(current))
}

/// Name of a collection.
pub(super) async fn collection_name(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<String>> {
    let row = collection::Entity::find_by_id(id).one(db).await?;
    Ok(row.map(|row| row.name))
}
