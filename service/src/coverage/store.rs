//! Queries for what is collected of which device.

use std::collections::BTreeMap;

use entity::{coverage, device};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::CoverageState;
use crate::devices::{Wanted, store as devices};

type Answer<T> = std::result::Result<T, DbErr>;

/// Rows of one statement.
const ROWS: usize = 2_000;

/// Notes what was tried. A type that worked once is known to have worked, whatever comes later.
pub(crate) async fn note(db: &impl devices::Connection, rows: Vec<coverage::Model>) -> Answer<()> {
    use coverage::Column;
    let mut rows = latest(rows);
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        let (good, bad): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.good_at.is_some());
        let tried = [Column::TriedAt, Column::Verdict, Column::FailureKind, Column::Message];
        for (rows, columns) in [
            (good, [Column::GoodAt, Column::GoodCaptureId].iter().chain(&tried).copied().collect::<Vec<_>>()),
            (bad, tried.to_vec()),
        ] {
            if rows.is_empty() {
                continue;
            }
            let replace = OnConflict::columns([Column::DeviceId, Column::CaptureType])
                .update_columns(columns)
                .to_owned();
            coverage::Entity::insert_many(rows.into_iter().map(coverage::ActiveModel::from))
                .on_conflict(replace)
                .exec_without_returning(db)
                .await?;
        }
        rows = rest;
    }
    Ok(())
}

/// One row for each device and type: a statement must not touch one twice.
fn latest(rows: Vec<coverage::Model>) -> Vec<coverage::Model> {
    let mut latest: BTreeMap<(Uuid, String), coverage::Model> = BTreeMap::new();
    for mut row in rows {
        let key = (row.device_id, row.capture_type.clone());
        if let Some(before) = latest.get(&key).filter(|_| row.good_at.is_none()) {
            (row.good_at, row.good_capture_id) = (before.good_at, before.good_capture_id);
        }
        latest.insert(key, row);
    }
    latest.into_values().collect()
}

/// A suspicious capture was made the last good one.
pub(crate) async fn accepted(
    db: &impl devices::Connection,
    device: Uuid,
    capture_type: &str,
    capture: Uuid,
    at: i64,
) -> Answer<()> {
    use coverage::Column;
    coverage::Entity::update_many()
        .col_expr(Column::GoodAt, Expr::value(at))
        .col_expr(Column::GoodCaptureId, Expr::value(capture))
        .col_expr(Column::Verdict, Expr::value("complete"))
        .col_expr(Column::Message, Expr::value(Option::<String>::None))
        .col_expr(Column::FailureKind, Expr::value(Option::<String>::None))
        .filter(Column::DeviceId.eq(device))
        .filter(Column::CaptureType.eq(capture_type))
        .filter(Column::TriedAt.lte(at))
        .exec(db)
        .await?;
    Ok(())
}

/// A device is taken away.
pub(crate) async fn forget_device(db: &impl devices::Connection, device: Uuid) -> Answer<()> {
    coverage::Entity::delete_many()
        .filter(coverage::Column::DeviceId.eq(device))
        .exec(db)
        .await?;
    Ok(())
}

/// What holds of a row in a state.
fn in_state(state: CoverageState, fresh_from: i64) -> Condition {
    use coverage::Column;
    let column = |column: Column| Expr::col((coverage::Entity, column));
    let failed = || column(Column::Verdict).ne("complete");
    match state {
        CoverageState::Failing => Condition::all().add(failed()),
        CoverageState::Fresh => Condition::all()
            .add(failed().not())
            .add(column(Column::GoodAt).gte(fresh_from)),
        CoverageState::Stale => Condition::all()
            .add(failed().not())
            .add(column(Column::GoodAt).lt(fresh_from)),
        // These have no row.
        CoverageState::Never | CoverageState::NotSupported => Condition::all().add(Expr::value(false)),
    }
}

/// How many devices of a site and platform there are.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Group {
    pub(super) site_key: String,
    pub(super) site: String,
    pub(super) platform: String,
    pub(super) devices: i64,
}

/// The devices of a filter by site and platform.
pub(super) async fn groups(db: &impl ConnectionTrait, wanted: &Wanted) -> Answer<Vec<Group>> {
    use device::Column;
    device::Entity::find()
        .select_only()
        .column(Column::SiteKey)
        .column_as(Column::Site.min(), "site")
        .column(Column::Platform)
        .column_as(Column::Id.count(), "devices")
        .filter(devices::condition(wanted))
        .group_by(Column::SiteKey)
        .group_by(Column::Platform)
        .into_model()
        .all(db)
        .await
}

/// How many pairs of device and type are in a state.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Counted {
    pub(super) site_key: String,
    pub(super) platform: String,
    pub(super) capture_type: String,
    pub(super) fresh: i64,
    pub(super) stale: i64,
    pub(super) failing: i64,
}

/// The rows of a filter by site, platform and type.
pub(super) async fn counts(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    capture_types: &[String],
    fresh_from: i64,
) -> Answer<Vec<Counted>> {
    let mut query = Query::select();
    query
        .column((device::Entity, device::Column::SiteKey))
        .column((device::Entity, device::Column::Platform))
        .column((coverage::Entity, coverage::Column::CaptureType))
        .from(coverage::Entity)
        .inner_join(
            device::Entity,
            Expr::col((device::Entity, device::Column::Id)).equals((coverage::Entity, coverage::Column::DeviceId)),
        )
        .and_where(Expr::col((coverage::Entity, coverage::Column::CaptureType)).is_in(capture_types))
        .cond_where(devices::condition(wanted))
        .group_by_col((device::Entity, device::Column::SiteKey))
        .group_by_col((device::Entity, device::Column::Platform))
        .group_by_col((coverage::Entity, coverage::Column::CaptureType));
    for (state, name) in [
        (CoverageState::Fresh, "fresh"),
        (CoverageState::Stale, "stale"),
        (CoverageState::Failing, "failing"),
    ] {
        let one = Expr::case(in_state(state, fresh_from), 1).finally(0);
        query.expr_as(Expr::expr(one).sum(), name);
    }
    let rows = db.query_all(&query).await?;
    rows.iter().map(|row| Counted::from_query_result(row, "")).collect()
}

/// A page of devices by name; with a state, those with at least one of the types in it. `supporting` are the platforms
/// that have each type.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    state: Option<(CoverageState, i64)>,
    supporting: &[(String, Vec<String>)],
    after: Option<String>,
    limit: u64,
) -> Answer<Vec<device::Model>> {
    use device::Column;
    let mut query = device::Entity::find().filter(devices::condition(wanted));
    if let Some((state, fresh_from)) = state {
        let mut any = Condition::any().add(Expr::value(false));
        for (capture_type, platforms) in supporting {
            let mut rows = Query::select();
            rows.expr(Expr::value(1))
                .from(coverage::Entity)
                .and_where(
                    Expr::col((coverage::Entity, coverage::Column::DeviceId)).equals((device::Entity, Column::Id)),
                )
                .and_where(Expr::col((coverage::Entity, coverage::Column::CaptureType)).eq(capture_type.as_str()));
            any = match state {
                CoverageState::Never => any.add(
                    Condition::all()
                        .add(Column::Platform.is_in(platforms))
                        .add(Expr::exists(rows.cond_where(has_good()).to_owned()).not())
                        .add(Expr::exists(failing(capture_type)).not()),
                ),
                CoverageState::NotSupported => any.add(
                    Condition::all()
                        .add(Column::Platform.is_not_in(platforms))
                        .add(Expr::exists(rows.to_owned()).not()),
                ),
                state => any.add(Expr::exists(rows.cond_where(in_state(state, fresh_from)).to_owned())),
            };
        }
        query = query.filter(any);
    }
    if let Some(after) = after {
        query = query.filter(Column::NameKey.gt(after));
    }
    query.order_by_asc(Column::NameKey).limit(limit).all(db).await
}

fn has_good() -> Condition {
    Condition::all().add(Expr::col((coverage::Entity, coverage::Column::GoodAt)).is_not_null())
}

/// A type that was tried and failed is failing, also where it never worked.
fn failing(capture_type: &str) -> sea_orm::sea_query::SelectStatement {
    let mut rows = Query::select();
    rows.expr(Expr::value(1))
        .from(coverage::Entity)
        .and_where(
            Expr::col((coverage::Entity, coverage::Column::DeviceId)).equals((device::Entity, device::Column::Id)),
        )
        .and_where(Expr::col((coverage::Entity, coverage::Column::CaptureType)).eq(capture_type))
        .cond_where(in_state(CoverageState::Failing, 0));
    rows
}

/// What is known of devices.
pub(super) async fn of_devices(db: &impl ConnectionTrait, devices: &[Uuid]) -> Answer<Vec<coverage::Model>> {
    coverage::Entity::find()
        .filter(coverage::Column::DeviceId.is_in(devices.iter().copied()))
        .all(db)
        .await
}
