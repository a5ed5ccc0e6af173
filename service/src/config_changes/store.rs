//! Queries of what changed in configurations.

use std::collections::HashMap;

use entity::{capture, config_change, current_capture, device, mirror_file, pending_change};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr, OnConflict, Query},
};
use uuid::Uuid;

use super::{CONFIGS, ChangeFilter, Which};
use crate::{
    devices::store::Connection,
    error::Result,
    page::{Page, PageRequest},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// Values that one statement takes; SQLite allows 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// A configuration that becomes the last good one: device, capture, collection.
pub(crate) type NewGood = (Uuid, Uuid, Uuid);

/// Notes that configurations are to be compared with the last good ones before them. Asked for before they take their
/// places, in the same transaction.
pub(crate) async fn mark(db: &impl Connection, new: &[NewGood]) -> Answer<()> {
    if new.is_empty() {
        return Ok(());
    }
    let mut before: HashMap<Uuid, current_capture::Model> = HashMap::new();
    for some in new.chunks(VALUES) {
        let rows = current_capture::Entity::find()
            .filter(current_capture::Column::CaptureType.eq(CONFIGS))
            .filter(current_capture::Column::DeviceId.is_in(some.iter().map(|(device, ..)| *device)))
            .all(db)
            .await?;
        before.extend(rows.into_iter().map(|row| (row.device_id, row)));
    }
    let rows: Vec<pending_change::ActiveModel> = new
        .iter()
        .map(|(device, capture, collection)| {
            let before = before.get(device);
            pending_change::ActiveModel {
                capture_id: Set(*capture),
                collection_id: Set(*collection),
                previous_capture_id: Set(before.map(|row| row.capture_id)),
                previous_text_id: Set(before.map(|row| row.text_id)),
            }
        })
        .collect();
    for some in rows.chunks(VALUES / 4) {
        pending_change::Entity::insert_many(some.to_vec())
            .on_conflict(
                OnConflict::column(pending_change::Column::CaptureId)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// What is to be compared, the oldest first.
pub(super) async fn pending(
    db: &impl ConnectionTrait,
    which: &Which,
    limit: u64,
) -> Answer<Vec<pending_change::Model>> {
    use pending_change::Column;
    let query = pending_change::Entity::find();
    let query = match which {
        Which::Collection(id) => query.filter(Column::CollectionId.eq(*id)),
        Which::Capture(id) => query.filter(Column::CaptureId.eq(*id)),
        Which::Others(running) => query.filter(Column::CollectionId.is_not_in(running.iter().copied())),
    };
    query.order_by_asc(Column::CaptureId).limit(limit).all(db).await
}

/// Takes a note away; whether it was there.
pub(super) async fn take(db: &impl Connection, capture: Uuid) -> Answer<bool> {
    let taken = pending_change::Entity::delete_by_id(capture).exec(db).await?;
    Ok(taken.rows_affected > 0)
}

/// Writes a change.
pub(super) async fn insert(db: &impl Connection, row: config_change::Model) -> Answer<()> {
    config_change::Entity::insert(config_change::ActiveModel::from(row))
        .on_conflict(
            OnConflict::column(config_change::Column::CaptureId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Notes that the file of a device in the mirror is behind.
pub(super) async fn mirror_is_behind(db: &impl Connection, device_id: Uuid, collection_id: Uuid) -> Answer<()> {
    mirror_file::Entity::insert(mirror_file::ActiveModel {
        device_id: Set(device_id),
        collection_id: Set(collection_id),
    })
    .on_conflict(
        OnConflict::column(mirror_file::Column::DeviceId)
            .update_column(mirror_file::Column::CollectionId)
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// One change.
pub(super) async fn one(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<config_change::Model>> {
    config_change::Entity::find_by_id(id).one(db).await
}

/// The newest good capture of a type of a device before another one.
pub(crate) async fn good_before(db: &impl ConnectionTrait, of: &capture::Model) -> Answer<Option<capture::Model>> {
    use capture::Column;
    let good = Column::Verdict
        .eq(capture::Verdict::Complete)
        .or(Column::AcceptedBy.is_not_null());
    capture::Entity::find()
        .filter(Column::DeviceId.eq(of.device_id))
        .filter(Column::CaptureType.eq(of.capture_type.as_str()))
        .filter(Column::Id.lt(of.id))
        .filter(Column::TextId.is_not_null())
        .filter(good)
        .order_by_desc(Column::Id)
        .limit(1)
        .one(db)
        .await
}

/// A page of changes, the newest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &ChangeFilter,
    page: &PageRequest,
) -> Result<Page<config_change::Model>> {
    use config_change::Column;
    let key = format!("config changes {filter:?}");
    let mut every = Condition::all();
    if let Some(devices) = &filter.devices {
        every = every.add(Column::DeviceId.is_in(devices.iter().copied()));
    }
    if !filter.site.is_empty() {
        let sites: Vec<String> = filter.site.iter().map(|site| site.trim().to_lowercase()).collect();
        let of_site = Query::select()
            .column(device::Column::Id)
            .from(device::Entity)
            .and_where(device::Column::SiteKey.is_in(sites))
            .to_owned();
        every = every.add(Column::DeviceId.in_subquery(of_site));
    }
    if !filter.platform.is_empty() {
        every = every.add(Column::Platform.is_in(&filter.platform));
    }
    if !filter.severity.is_empty() {
        every = every.add(Column::Severity.is_in(filter.severity.iter().copied()));
    }
    if !filter.collection_id.is_empty() {
        every = every.add(Column::CollectionId.is_in(filter.collection_id.iter().copied()));
    }
    if let Some(since) = filter.since {
        every = every.add(Column::ChangedAt.gte(since));
    }
    if let Some(until) = filter.until {
        every = every.add(Column::ChangedAt.lt(until));
    }
    for word in &filter.words {
        let mut pattern = String::from("%");
        for letter in word.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        every = every.add(Expr::col(Column::Search).like(LikeExpr::new(pattern).escape('\\')));
    }
    let mut query = config_change::Entity::find().filter(every);
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some((at, id)) = page.cursor::<(i64, Uuid)>(&key)? {
        let before = Column::ChangedAt
            .lt(at)
            .or(Column::ChangedAt.eq(at).and(Column::Id.lt(id)));
        query = query.filter(Column::ChangedAt.lte(at)).filter(before);
    }
    let rows = query
        .order_by_desc(Column::ChangedAt)
        .order_by_desc(Column::Id)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| (row.changed_at, row.id))
    })
}

/// A collection found a device to be of a platform.
#[cfg(test)]
pub(super) async fn was_of(db: &impl Connection, collection: Uuid, device: Uuid, platform: &str) -> Answer<()> {
    use entity::collection_device::{DeviceStatus, Entity, Model};
    let row = Model {
        collection_id: collection,
        position: 0,
        device_id: device,
        device_name: "r1".to_owned(),
        address: String::new(),
        port: 22,
        platform: platform.to_owned(),
        site: String::new(),
        legacy_algorithms: false,
        credential_id: None,
        status: DeviceStatus::Succeeded,
        failure_kind: None,
        message: String::new(),
        attempt: 1,
        started_at: None,
        finished_at: None,
        duration_ms: None,
        capture_types: serde_json::json!([]),
        skipped: serde_json::json!([]),
        captures: serde_json::json!([]),
        details: None,
    };
    Entity::insert(entity::collection_device::ActiveModel::from(row))
        .exec_without_returning(db)
        .await?;
    Ok(())
}
