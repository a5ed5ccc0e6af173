//! Queries of what was read from captures.

use std::{collections::HashSet, fmt::Write};

use entity::{
    arp_entry, capture, collection_device, component, device_version, interface, interface_address, load, mac_entry,
    neighbor, route,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityName, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Statement, StatementBuilder, Value,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, Order, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, Wanted, rows::NewRow};
use crate::{
    database::Database,
    devices::store::Connection,
    error::Result,
    page::{Page, PageRequest},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// Values that one statement takes; SQLite allows 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;
/// Loads, or devices, of which one transaction says that they were seen again.
const SEEN: usize = 1_000;
/// Values of one filter that are asked for one after the other.
const ALTERNATIVES: usize = 8;
/// Readings that one statement compares with.
const READINGS: usize = 100;
/// Interfaces that one question for addresses may mean: SQLite takes no deeper condition.
pub(super) const INTERFACES: usize = 300;

/// A row that is open, as far as the next capture is compared with it.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct OpenRow {
    pub(super) id: i64,
    pub(super) identity: Vec<u8>,
    pub(super) content: i64,
    pub(super) capture_id: Uuid,
}

/// What a load does to the rows of a device and type.
#[derive(Debug, Clone, Default)]
pub(super) struct Change<'a> {
    pub(super) opened: Vec<&'a NewRow>,
    pub(super) closed: Vec<i64>,
    pub(super) removed: Vec<i64>,
    /// When the rows that are closed were last there.
    pub(super) last_seen_at: i64,
}

impl Change<'_> {
    /// A row is no longer there; one that the same capture opened never was.
    pub(super) fn ends(&mut self, row: OpenRow, capture: Uuid) {
        match row.capture_id == capture {
            true => self.removed.push(row.id),
            false => self.closed.push(row.id),
        }
    }
}

/// In which order rows are listed: by what an index finds them by, so that a page costs what is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Id,
    Ip,
    Mac,
}

impl By {
    fn of(wanted: &Wanted) -> Self {
        let is_range = |(low, high): &(i64, i64)| low != high;
        match (wanted.devices.as_ref(), wanted.ip.as_slice(), wanted.mac.as_slice()) {
            (None, [(low, high)], []) if low != high => Self::Ip,
            (None, [], [one]) if is_range(one) => Self::Mac,
            _ => Self::Id,
        }
    }

    fn column(self) -> Option<&'static str> {
        match self {
            Self::Id => None,
            Self::Ip => Some("ip"),
            Self::Mac => Some("mac"),
        }
    }
}

/// Behind which row a part begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Behind {
    id: i64,
    ip: Option<Vec<u8>>,
    mac: Option<i64>,
}

impl Stored {
    /// What comes behind it.
    pub(super) fn behind(&self) -> Behind {
        Behind {
            id: self.id,
            ip: self.ip.clone(),
            mac: self.mac,
        }
    }
}

/// A row as it is shown.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) device_id: Uuid,
    pub(super) capture_id: Uuid,
    pub(super) record: String,
    pub(super) first_seen_at: i64,
    pub(super) last_seen_at: Option<i64>,
    pub(super) closed_at: Option<i64>,
    /// Where the list is in this order.
    #[sea_orm(skip)]
    ip: Option<Vec<u8>>,
    #[sea_orm(skip)]
    mac: Option<i64>,
}

fn table(kind: Kind) -> Alias {
    Alias::new(match kind {
        Kind::ArpEntry => arp_entry::Entity.table_name(),
        Kind::MacEntry => mac_entry::Entity.table_name(),
        Kind::Neighbor => neighbor::Entity.table_name(),
        Kind::Interface => interface::Entity.table_name(),
        Kind::Route => route::Entity.table_name(),
        Kind::Component => component::Entity.table_name(),
        Kind::DeviceVersion => device_version::Entity.table_name(),
    })
}

/// What the rows of a kind are found by.
pub(super) fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ArpEntry => &["ip", "mac", "interface", "vlan", "vrf"],
        Kind::MacEntry => &["mac", "interface", "vlan", "vrf"],
        Kind::Neighbor => &["ip", "mac", "interface", "name"],
        Kind::Interface => &["mac", "interface", "vlan", "vrf"],
        Kind::Route => &["prefix", "interface", "vrf", "protocol"],
        Kind::Component => &["name", "serial"],
        Kind::DeviceVersion => &["name", "serial", "os_version"],
    }
}

fn value(row: &NewRow, column: &str) -> Value {
    match column {
        "ip" => row.ip.clone().into(),
        "mac" => row.mac.into(),
        "prefix" => row.prefix.clone().into(),
        "interface" => row.interface.clone().into(),
        "vlan" => row.vlan.clone().into(),
        "vrf" => row.vrf.clone().into(),
        "protocol" => row.protocol.clone().into(),
        "name" => row.name.clone().into(),
        "serial" => row.serial.clone().into(),
        _ => row.os_version.clone().into(),
    }
}

async fn run(db: &impl ConnectionTrait, statement: &impl StatementBuilder) -> Answer<()> {
    db.execute(statement).await?;
    Ok(())
}

async fn all<T: FromQueryResult>(db: &impl ConnectionTrait, query: &SelectStatement) -> Answer<Vec<T>> {
    let rows = db.query_all(query).await?;
    rows.iter().map(|row| T::from_query_result(row, "")).collect()
}

/// The open rows of a device.
pub(super) async fn open_rows(db: &impl ConnectionTrait, kind: Kind, device: Uuid) -> Answer<Vec<OpenRow>> {
    let mut query = Query::select();
    query
        .columns(["id", "identity", "content", "capture_id"])
        .from(table(kind))
        .and_where(Expr::col("device_id").eq(device))
        .and_where(Expr::col("closed_at").is_null());
    all(db, &query).await
}

/// Closes what is gone and opens what is new.
pub(super) async fn write(
    db: &impl ConnectionTrait,
    kind: Kind,
    capture: &capture::Model,
    change: &Change<'_>,
) -> Answer<()> {
    for some in change.closed.chunks(VALUES - 2) {
        let mut close = Query::update();
        close
            .table(table(kind))
            .value("closed_at", capture.captured_at)
            .value("last_seen_at", change.last_seen_at)
            .and_where(Expr::col("id").is_in(some.iter().copied()));
        run(db, &close).await?;
    }
    for some in change.removed.chunks(VALUES) {
        let mut remove = Query::delete();
        remove
            .from_table(table(kind))
            .and_where(Expr::col("id").is_in(some.iter().copied()));
        run(db, &remove).await?;
    }
    const COMMON: [&str; 6] = [
        "device_id",
        "capture_id",
        "identity",
        "content",
        "record",
        "first_seen_at",
    ];
    let found_by = columns(kind);
    for some in change.opened.chunks(VALUES / (COMMON.len() + found_by.len())) {
        let mut insert = Query::insert();
        insert
            .into_table(table(kind))
            .columns(COMMON.into_iter().chain(found_by.iter().copied()));
        for row in some {
            let common: [Value; 6] = [
                capture.device_id.into(),
                capture.id.into(),
                row.identity.clone().into(),
                row.content.into(),
                row.record.clone().into(),
                capture.captured_at.into(),
            ];
            let found_by = found_by.iter().map(|column| value(row, column));
            insert.values_panic(common.into_iter().chain(found_by).map(Expr::value));
        }
        run(db, &insert).await?;
    }
    match kind {
        Kind::Interface => addresses(db, capture, change).await,
        _ => Ok(()),
    }
}

/// Notes by which addresses new interfaces are found.
async fn addresses(db: &impl ConnectionTrait, capture: &capture::Model, change: &Change<'_>) -> Answer<()> {
    use interface_address::Column;
    let name = |row: &NewRow| row.interface.clone().unwrap_or_default();
    if !change.removed.is_empty() {
        let names: Vec<String> = change.opened.iter().copied().map(name).collect();
        for some in names.chunks(VALUES - 2) {
            interface_address::Entity::delete_many()
                .filter(Column::DeviceId.eq(capture.device_id))
                .filter(Column::FirstSeenAt.eq(capture.captured_at))
                .filter(Column::Interface.is_in(some))
                .exec(db)
                .await?;
        }
    }
    let of_row = |row: &NewRow| {
        let name = name(row);
        row.addresses
            .iter()
            .map(move |ip| (ip.clone(), name.clone()))
            .collect::<Vec<_>>()
    };
    let notes: HashSet<(Vec<u8>, String)> = change.opened.iter().copied().flat_map(of_row).collect();
    let notes: Vec<(Vec<u8>, String)> = notes.into_iter().collect();
    for some in notes.chunks(VALUES / 4) {
        let rows = some.iter().map(|(ip, interface)| interface_address::ActiveModel {
            ip: Set(ip.clone()),
            device_id: Set(capture.device_id),
            interface: Set(interface.clone()),
            first_seen_at: Set(capture.captured_at),
        });
        interface_address::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// What is loaded of a type of a device.
pub(super) async fn load(db: &impl ConnectionTrait, device: Uuid, capture_type: &str) -> Answer<Option<load::Model>> {
    load::Entity::find_by_id((device, capture_type.to_owned()))
        .one(db)
        .await
}

/// The same for changing it: until the transaction ends nobody else does.
pub(super) async fn load_to_change(
    db: &impl ConnectionTrait,
    device: Uuid,
    capture_type: &str,
) -> Answer<Option<load::Model>> {
    load::Entity::find_by_id((device, capture_type.to_owned()))
        .lock_exclusive()
        .one(db)
        .await
}

/// What is loaded of devices.
pub(super) async fn loads(db: &impl ConnectionTrait, devices: &[Uuid]) -> Answer<Vec<load::Model>> {
    let mut found = Vec::new();
    for some in devices.chunks(VALUES) {
        let rows = load::Entity::find().filter(load::Column::DeviceId.is_in(some.iter().copied()));
        found.extend(rows.all(db).await?);
    }
    Ok(found)
}

fn load_key() -> OnConflict {
    OnConflict::columns([load::Column::DeviceId, load::Column::CaptureType])
}

/// Says what is loaded now.
pub(super) async fn save_load(db: &impl ConnectionTrait, row: load::Model) -> Answer<()> {
    use load::Column;
    let replace = load_key()
        .update_columns([
            Column::At,
            Column::CaptureId,
            Column::Sha256,
            Column::Templates,
            Column::Version,
            Column::Records,
            Column::Incomplete,
            Column::UnknownLines,
            Column::Warning,
            Column::FailedCaptureId,
            Column::Message,
            Column::FailedSha256,
            Column::FailedVersion,
            Column::TriedAt,
        ])
        .to_owned();
    load::Entity::insert(load::ActiveModel::from(row))
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Keeps why a capture could not be loaded, beside what is loaded.
pub(super) async fn save_failure(db: &Database, row: load::Model) -> Answer<()> {
    use load::Column;
    let replace = load_key()
        .update_columns([
            Column::FailedCaptureId,
            Column::Message,
            Column::FailedSha256,
            Column::FailedVersion,
            Column::TriedAt,
        ])
        .to_owned();
    let txn = db.begin().await?;
    load::Entity::insert(load::ActiveModel::from(row))
        .on_conflict(replace)
        .exec_without_returning(&txn)
        .await?;
    txn.commit().await
}

/// Says that the same texts were captured again. One that is loaded anew meanwhile stays as it is.
pub(super) async fn seen_again(db: &Database, rows: Vec<load::Model>, now: i64) -> Answer<()> {
    use load::Column;
    let mut rows = rows;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(SEEN));
        let some = rows.into_iter().map(|row| {
            let row = load::Model {
                failed_capture_id: None,
                message: None,
                failed_sha256: None,
                failed_version: None,
                tried_at: now,
                ..row
            };
            load::ActiveModel::from(row)
        });
        let excluded = |column: Column| Expr::col((Alias::new("excluded"), column));
        let own = |column: Column| Expr::col((load::Entity, column));
        let seen = load_key()
            .update_columns([
                Column::At,
                Column::CaptureId,
                Column::FailedCaptureId,
                Column::Message,
                Column::FailedSha256,
                Column::FailedVersion,
                Column::TriedAt,
            ])
            .action_and_where(own(Column::Sha256).eq(excluded(Column::Sha256)))
            .action_and_where(own(Column::Version).eq(excluded(Column::Version)))
            .action_and_where(own(Column::At).lte(excluded(Column::At)))
            .to_owned();
        let txn = db.begin().await?;
        load::Entity::insert_many(some)
            .on_conflict(seen)
            .exec_without_returning(&txn)
            .await?;
        txn.commit().await?;
        rows = rest;
    }
    Ok(())
}

/// What reads the texts of a platform and capture type now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) platform: String,
    pub(super) capture_type: String,
    /// As a capture has them.
    pub(super) commands: String,
    pub(super) version: String,
}

/// The text of the statement that says of the texts of a collection which are loaded already that they were captured again,
/// where so many readings are known. The tables are asked in this order, each by its key, whatever is guessed of their size;
/// what was captured last of a device stands in its coverage, so that the history before it costs nothing.
fn seeing_again(readings: usize) -> String {
    let mut rows = String::new();
    for row in 0..readings {
        let first = 5 + row * 4;
        let comma = if row == 0 { "" } else { ", " };
        let _ = write!(
            rows,
            "{comma}(${first}, ${}, ${}, ${})",
            first + 1,
            first + 2,
            first + 3
        );
    }
    format!(
        "WITH k (platform, capture_type, commands, version) AS (VALUES {rows}) \
         INSERT INTO load (device_id, capture_type, at, capture_id, sha256, templates, version, records, incomplete, \
         unknown_lines, warning, tried_at) \
         SELECT l.device_id, l.capture_type, c.captured_at, c.id, l.sha256, l.templates, l.version, l.records, \
         l.incomplete, l.unknown_lines, l.warning, $1 \
         FROM collection_device d CROSS JOIN coverage v CROSS JOIN capture c CROSS JOIN text t CROSS JOIN load l \
         CROSS JOIN k \
         WHERE d.collection_id = $2 AND d.position >= $3 AND d.position < $4 \
         AND v.device_id = d.device_id AND c.id = v.good_capture_id AND c.collection_id = d.collection_id \
         AND t.id = c.text_id \
         AND l.device_id = c.device_id AND l.capture_type = c.capture_type \
         AND l.sha256 = t.sha256 AND l.at <= c.captured_at \
         AND k.platform = d.platform AND k.capture_type = c.capture_type AND k.commands = c.commands \
         AND k.version = l.version \
         ON CONFLICT (device_id, capture_type) DO UPDATE SET at = excluded.at, capture_id = excluded.capture_id, \
         failed_capture_id = NULL, message = NULL, failed_sha256 = NULL, failed_version = NULL, \
         tried_at = excluded.tried_at \
         WHERE load.sha256 = excluded.sha256 AND load.version = excluded.version AND load.at <= excluded.at \
         RETURNING capture_id"
    )
}

/// Says of everything in a collection that is loaded already that it was captured again, and answers with these captures.
/// They never leave the database for that: nothing changed is what most collections find.
pub(super) async fn seen_again_in(
    db: &Database,
    collection: Uuid,
    readings: &[Reading],
    now: i64,
) -> Answer<HashSet<Uuid>> {
    let mut seen = HashSet::new();
    let last: Option<i32> = collection_device::Entity::find()
        .select_only()
        .column_as(collection_device::Column::Position.max(), "last")
        .filter(collection_device::Column::CollectionId.eq(collection))
        .into_tuple::<Option<i32>>()
        .one(db.reader())
        .await?
        .flatten();
    let (Some(last), false) = (last, readings.is_empty()) else {
        return Ok(seen);
    };
    for some in readings.chunks(READINGS) {
        let text = seeing_again(some.len());
        for first in (0..=last).step_by(SEEN) {
            let behind = first.saturating_add(i32::try_from(SEEN).unwrap_or(i32::MAX));
            let mut values: Vec<Value> = vec![now.into(), collection.into(), first.into(), behind.into()];
            for reading in some {
                let of = [
                    &reading.platform,
                    &reading.capture_type,
                    &reading.commands,
                    &reading.version,
                ];
                values.extend(of.map(|text| Value::from(text.clone())));
            }
            let txn = db.begin().await?;
            let statement = Statement::from_sql_and_values(txn.get_database_backend(), &text, values);
            let rows = txn.query_all_raw(statement).await?;
            for row in rows {
                seen.insert(row.try_get::<Uuid>("", "capture_id")?);
            }
            txn.commit().await?;
        }
    }
    Ok(seen)
}

/// Whether a device itself says its serial number.
pub(super) async fn has_serial(db: &impl ConnectionTrait, device: Uuid) -> Answer<bool> {
    let found = device_version::Entity::find()
        .filter(device_version::Column::DeviceId.eq(device))
        .filter(device_version::Column::ClosedAt.is_null())
        .filter(device_version::Column::Serial.is_not_null())
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// A device is taken away: what it said is no longer so, and what it will say under another id is new.
pub(crate) async fn forget_device(db: &impl Connection, device: Uuid, now: i64) -> Answer<()> {
    let loads = load::Entity::find()
        .filter(load::Column::DeviceId.eq(device))
        .all(db)
        .await?;
    for kind in Kind::ALL {
        let of_kind = loads.iter().find(|load| load.capture_type == kind.capture_type());
        let seen = of_kind.and_then(|load| load.at).unwrap_or(now);
        let mut close = Query::update();
        close
            .table(table(kind))
            .value("closed_at", now)
            .value("last_seen_at", seen)
            .and_where(Expr::col("device_id").eq(device))
            .and_where(Expr::col("closed_at").is_null());
        run(db, &close).await?;
    }
    load::Entity::delete_many()
        .filter(load::Column::DeviceId.eq(device))
        .exec(db)
        .await?;
    Ok(())
}

/// The platform that a device had in a collection.
pub(super) async fn platform_then(db: &impl ConnectionTrait, collection: Uuid, device: Uuid) -> Answer<Option<String>> {
    collection_device::Entity::find()
        .select_only()
        .column(collection_device::Column::Platform)
        .filter(collection_device::Column::CollectionId.eq(collection))
        .filter(collection_device::Column::DeviceId.eq(device))
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// The interfaces that have, or had, an address in one of the ranges: device, name, and when their row begins. One more
/// than may be asked for tells that there are too many.
pub(super) async fn interfaces_at(
    db: &impl ConnectionTrait,
    ranges: &[(Vec<u8>, Vec<u8>)],
) -> Answer<Vec<(Uuid, String, i64)>> {
    use interface_address::Column;
    let mut any = Condition::any();
    for (low, high) in ranges {
        any = any.add(Column::Ip.between(low.clone(), high.clone()));
    }
    interface_address::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::Interface)
        .column(Column::FirstSeenAt)
        .distinct()
        .filter(any)
        .limit(u64::try_from(INTERFACES).unwrap_or_default() + 1)
        .into_tuple()
        .all(db)
        .await
}

/// The interfaces that have, or had, an address.
pub(crate) async fn at_address(db: &impl Connection, ip: &[u8]) -> Answer<Vec<(Uuid, String, i64)>> {
    let mut found = interfaces_at(db, &[(ip.to_vec(), ip.to_vec())]).await?;
    found.truncate(INTERFACES);
    Ok(found)
}

impl Wanted {
    /// Whether something is asked for of which there are few rows.
    fn is_narrow(&self) -> bool {
        self.devices.is_some() || self.interfaces.is_some() || !self.ip.is_empty() || !self.mac.is_empty()
    }

    /// The values by which rows are found, where they are several and not many.
    fn alternatives(&self) -> Option<(&'static str, &[Option<String>])> {
        let (column, values) = self.equal.first()?;
        (!self.is_narrow() && (2..=ALTERNATIVES).contains(&values.len())).then_some((*column, values.as_slice()))
    }
}

fn condition(wanted: &Wanted) -> Condition {
    let mut every = Condition::all();
    if let Some(devices) = &wanted.devices {
        every = every.add(Expr::col("device_id").is_in(devices.iter().copied()));
    }
    if !wanted.ip.is_empty() {
        let mut any = Condition::any();
        for (low, high) in &wanted.ip {
            any = any.add(match low == high {
                true => Expr::col("ip").eq(low.clone()),
                false => Expr::col("ip").between(low.clone(), high.clone()),
            });
        }
        every = every.add(any);
    }
    if !wanted.mac.is_empty() {
        let mut any = Condition::any();
        for (low, high) in &wanted.mac {
            any = any.add(match low == high {
                true => Expr::col("mac").eq(*low),
                false => Expr::col("mac").between(*low, *high),
            });
        }
        every = every.add(any);
    }
    if let Some(interfaces) = &wanted.interfaces {
        let mut any = Condition::any().add(Expr::value(false));
        for (device, name, begins) in interfaces {
            let row = Condition::all()
                .add(Expr::col("device_id").eq(*device))
                .add(Expr::col("interface").eq(name.as_str()))
                .add(Expr::col("first_seen_at").eq(*begins));
            any = any.add(row);
        }
        every = every.add(any);
    }
    // SQLite knows nothing of how many rows a VLAN has. Only the first condition is one that it finds an index for: a
    // device or an address has fewer rows than a VLAN, and a port fewer than a VRF.
    let mut is_narrow = wanted.is_narrow();
    for (column, values) in &wanted.equal {
        let column = match std::mem::replace(&mut is_narrow, true) {
            false => Expr::col(*column),
            true => Expr::cust(format!("({column} || '')")),
        };
        let mut any = Condition::any().add(column.clone().is_in(values.iter().flatten()));
        if values.contains(&None) {
            any = any.add(column.is_null());
        }
        every = every.add(any);
    }
    match wanted.as_of {
        None => every.add(Expr::col("closed_at").is_null()),
        Some(at) => every.add(Expr::col("first_seen_at").lte(at)).add(
            Condition::any()
                .add(Expr::col("closed_at").is_null())
                .add(Expr::col("closed_at").gt(at)),
        ),
    }
}

/// Rows behind one, in the order of what they are found by.
pub(super) async fn next(
    db: &impl ConnectionTrait,
    kind: Kind,
    wanted: &Wanted,
    after: Option<Behind>,
    limit: u64,
) -> Answer<Vec<Stored>> {
    let by = By::of(wanted);
    // Several values together have no order in an index; each by itself has.
    if let Some((column, values)) = wanted.alternatives() {
        let mut rows = Vec::new();
        for value in values {
            let mut one = wanted.clone();
            if let Some(first) = one.equal.first_mut() {
                *first = (column, vec![value.clone()]);
            }
            rows.extend(Box::pin(next(db, kind, &one, after.clone(), limit)).await?);
        }
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        return Ok(rows);
    }
    let mut wanted = wanted.clone();
    let mut rest = Condition::all();
    if let Some(after) = after {
        // The range itself begins there, so that the index is entered at the right place.
        let further = match (by, wanted.ip.as_mut_slice(), wanted.mac.as_mut_slice()) {
            (By::Ip, [(low, _)], _) => after.ip.map(|ip| {
                *low = ip.clone();
                Expr::col("ip").gt(ip)
            }),
            (By::Mac, _, [(low, _)]) => after.mac.map(|mac| {
                *low = mac;
                Expr::col("mac").gt(mac)
            }),
            _ => None,
        };
        let behind = Condition::any().add(Expr::col("id").gt(after.id));
        rest = rest.add(match further {
            Some(further) => behind.add(further),
            None => behind,
        });
    }
    let mut query = Query::select();
    query
        .columns([
            "id",
            "device_id",
            "capture_id",
            "record",
            "first_seen_at",
            "last_seen_at",
            "closed_at",
        ])
        .from(table(kind))
        .cond_where(condition(&wanted))
        .cond_where(rest);
    if let Some(column) = by.column() {
        query.column(column).order_by(column, Order::Asc);
    }
    query.order_by("id", Order::Asc).limit(limit);
    let stored = |row: &QueryResult| {
        let mut stored = Stored::from_query_result(row, "")?;
        match by {
            By::Id => {}
            By::Ip => stored.ip = row.try_get("", "ip")?,
            By::Mac => stored.mac = row.try_get("", "mac")?,
        }
        Ok(stored)
    };
    db.query_all(&query).await?.iter().map(stored).collect()
}

/// A page of rows.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    kind: Kind,
    wanted: &Wanted,
    page: &PageRequest,
) -> Result<Page<Stored>> {
    let key = format!("{kind:?} {wanted:?}");
    let total = match page.include_total {
        true => {
            let mut query = Query::select();
            query
                .expr_as(Expr::col("id").count(), "rows")
                .from(table(kind))
                .cond_where(condition(wanted));
            let row = db.query_one(&query).await?;
            let rows: Option<i64> = row.map(|row| row.try_get("", "rows")).transpose()?;
            rows.and_then(|rows| u64::try_from(rows).ok())
        }
        false => None,
    };
    let after = page.cursor::<Behind>(&key)?;
    let rows = next(db, kind, wanted, after, page.limit() + 1).await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, Stored::behind)
    })
}

/// When what a device said was last loaded.
pub(super) async fn seen(db: &impl ConnectionTrait, kind: Kind, devices: &[Uuid]) -> Answer<Vec<(Uuid, Option<i64>)>> {
    load::Entity::find()
        .select_only()
        .column(load::Column::DeviceId)
        .column(load::Column::At)
        .filter(load::Column::CaptureType.eq(kind.capture_type()))
        .filter(load::Column::DeviceId.is_in(devices.iter().copied()))
        .order_by_asc(load::Column::DeviceId)
        .into_tuple()
        .all(db)
        .await
}
