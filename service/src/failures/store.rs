//! Queries for what failed lately.

use std::collections::HashMap;

use entity::{
    collection::{self, CollectionKind},
    collection_device::{self, DeviceStatus},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, Query},
};
use uuid::{Builder, Uuid};

use super::Outcomes;

type Answer<T> = std::result::Result<T, DbErr>;

/// Rows of one statement.
const ROWS: usize = 200;

/// How often a device failed for one cause.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Failed {
    pub(super) device_id: Uuid,
    pub(super) device_name: String,
    pub(super) site: String,
    pub(super) failure_kind: String,
    pub(super) failures: i64,
    pub(super) first_at: i64,
    pub(super) last_at: i64,
    /// The last one of them.
    pub(super) collection_id: Uuid,
}

/// The least id that a collection of this time or later has: ids begin with the time (RFC 9562, version 7).
fn first_of(since: i64) -> Uuid {
    Builder::from_unix_timestamp_millis(u64::try_from(since).unwrap_or_default(), &[0; 10]).into_uuid()
}

/// What came of the devices of the collections since then.
pub(super) async fn outcomes(db: &impl ConnectionTrait, since: i64) -> Answer<Outcomes> {
    use collection::Column;
    let row: Option<(i64, Option<i64>, Option<i64>)> = collection::Entity::find()
        .select_only()
        .column_as(Column::Id.count(), "collections")
        .column_as(Column::Succeeded.sum(), "succeeded")
        .column_as(
            Column::PartiallySucceeded
                .sum()
                .add(Column::Failed.sum())
                .add(Column::Cancelled.sum()),
            "failed",
        )
        .filter(Column::Id.gte(first_of(since)))
        .filter(Column::Kind.eq(CollectionKind::Collection))
        .into_tuple()
        .one(db)
        .await?;
    let (collections, succeeded, failed) = row.unwrap_or_default();
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Outcomes {
        collections: number(collections),
        succeeded: number(succeeded.unwrap_or_default()),
        failed: number(failed.unwrap_or_default()),
    })
}

/// How often which device failed for which cause in the collections since then. Each collection is asked by its index of
/// statuses, so that what succeeded is not read.
pub(super) async fn failed(
    db: &impl ConnectionTrait,
    since: i64,
    kinds: &[String],
    devices: &[Uuid],
) -> Answer<Vec<Failed>> {
    use collection_device::Column;
    let of = |column: Column| Expr::col((collection_device::Entity, column));
    let began = Expr::col((collection::Entity, collection::Column::CreatedAt));
    // Said in the statement itself: PostgreSQL does not know a given value for the same in what it selects and groups by.
    let kind = || Func::coalesce([of(Column::FailureKind), Expr::cust("'internal'")]);
    let at = || Func::coalesce([of(Column::FinishedAt), began.clone()]);
    // PostgreSQL compares ids but knows no greatest one; their texts are in the same order.
    let (last, as_text) = match db.get_database_backend() {
        DbBackend::Postgres => (of(Column::CollectionId).cast_as("text").max(), true),
        _ => (of(Column::CollectionId).max(), false),
    };
    let last = if as_text { last.cast_as("uuid") } else { last };
    let mut query = Query::select();
    query
        .column((collection_device::Entity, Column::DeviceId))
        .column((collection_device::Entity, Column::Site))
        .expr_as(of(Column::DeviceName).max(), "device_name")
        .expr_as(kind(), "failure_kind")
        .expr_as(Expr::val(1).count(), "failures")
        .expr_as(Expr::expr(at()).min(), "first_at")
        .expr_as(Expr::expr(at()).max(), "last_at")
        .expr_as(last, "collection_id")
        .from(collection::Entity)
        .inner_join(
            collection_device::Entity,
            of(Column::CollectionId).equals((collection::Entity, collection::Column::Id)),
        )
        .and_where(Expr::col((collection::Entity, collection::Column::Id)).gte(first_of(since)))
        .and_where(Expr::col((collection::Entity, collection::Column::Kind)).eq(CollectionKind::Collection.as_str()))
        .and_where(
            of(Column::Status).is_in(
                [
                    DeviceStatus::PartiallySucceeded,
                    DeviceStatus::Failed,
                    DeviceStatus::Cancelled,
                ]
                .map(DeviceStatus::as_str),
            ),
        )
        .group_by_col((collection_device::Entity, Column::DeviceId))
        .group_by_col((collection_device::Entity, Column::Site))
        .add_group_by([Expr::expr(kind())]);
    if !kinds.is_empty() {
        query.and_where(Expr::expr(kind()).is_in(kinds));
    }
    if !devices.is_empty() {
        query.and_where(of(Column::DeviceId).is_in(devices.iter().copied()));
    }
    let rows = db.query_all(&query).await?;
    rows.iter().map(|row| Failed::from_query_result(row, "")).collect()
}

/// What was said of devices in collections.
pub(super) async fn messages(
    db: &impl ConnectionTrait,
    named: &[(Uuid, Uuid)],
) -> Answer<HashMap<(Uuid, Uuid), String>> {
    use collection_device::Column;
    let mut said = HashMap::with_capacity(named.len());
    for some in named.chunks(ROWS) {
        let one = |(collection, device): &(Uuid, Uuid)| {
            Condition::all()
                .add(Column::CollectionId.eq(*collection))
                .add(Column::DeviceId.eq(*device))
        };
        let any = some.iter().map(one).fold(Condition::any(), Condition::add);
        let rows: Vec<(Uuid, Uuid, String)> = collection_device::Entity::find()
            .select_only()
            .column(Column::CollectionId)
            .column(Column::DeviceId)
            .column(Column::Message)
            .filter(any)
            .into_tuple()
            .all(db)
            .await?;
        said.extend(
            rows.into_iter()
                .map(|(collection, device, message)| ((collection, device), message)),
        );
    }
    Ok(said)
}
