//! Queries of collections, their devices and events.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    sync::OnceLock,
};

use entity::{
    capture::Verdict,
    collection,
    collection::CollectionKind,
    collection_device::{self, DeviceStatus},
    coverage, device, event_batch, transcript,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement, Value,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, OnConflict},
};
use uuid::Uuid;

use super::{
    CollectionDeviceFilter, CollectionFilter,
    event::{self, StoredEvent},
    ledger::{CaptureEntry, DeviceLine, Ledger, Written},
    recorder,
};
use crate::{
    captures::{codec::Sha, store as texts},
    config_changes,
    coverage::store as covered,
    database::Database,
    error::{Error, Result},
    page::{Page, PageRequest},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// Rows of one statement.
const ROWS: usize = 1000;

/// A text of a batch, or one that was stored before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextRef(pub(super) i64);

/// A new text.
#[derive(Debug, Clone)]
pub(super) struct NewText {
    pub(super) id: i64,
    pub(super) sha: Sha,
    pub(super) base: Option<(i64, i32)>,
    pub(super) bytes: i64,
    pub(super) data: Option<Vec<u8>>,
}

/// A capture that is to be stored.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are those of the table")]
pub(super) struct CaptureRow {
    pub(super) id: Uuid,
    pub(super) device_id: Uuid,
    pub(super) device_name: String,
    pub(super) collection_id: Uuid,
    pub(super) capture_type: String,
    pub(super) commands: String,
    pub(super) verdict: Verdict,
    pub(super) bytes: i64,
    pub(super) lines: i64,
    pub(super) text: Option<TextRef>,
    pub(super) captured_at: i64,
    pub(super) message: Option<String>,
}

/// A transcript that is to be stored.
#[derive(Debug, Clone)]
pub(super) struct NewTranscript {
    pub(super) collection_id: Uuid,
    pub(super) device_id: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
}

/// What a transcript is sealed for.
pub(super) fn transcript_context(collection: Uuid, device: Uuid) -> String {
    format!("transcript {collection} {device}")
}

#[derive(Debug, Clone)]
struct DeviceChange {
    collection_id: Uuid,
    position: i32,
    platform: String,
    status: DeviceStatus,
    failure_kind: Option<String>,
    message: String,
    attempt: i32,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    duration_ms: Option<i64>,
    captures: String,
    details: Option<String>,
}

/// Everything that one transaction of the recorder writes.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) texts: Vec<NewText>,
    pub(super) captures: Vec<CaptureRow>,
    pub(super) currents: Vec<(Uuid, String, Uuid, TextRef)>,
    pub(super) transcripts: Vec<NewTranscript>,
    /// Devices that gave a complete capture.
    pub(super) collected: Vec<Uuid>,
    devices: Vec<DeviceChange>,
    tried: Vec<coverage::Model>,
    events: Vec<event_batch::ActiveModel>,
    collections: Vec<collection::ActiveModel>,
}

impl Batch {
    /// Takes in what a ledger has to write.
    pub(super) fn collection(&mut self, ledger: &Ledger, written: Written) {
        for position in written.devices {
            let Some(device) = usize::try_from(position)
                .ok()
                .and_then(|index| ledger.devices.get(index))
            else {
                continue;
            };
            if ledger.kind == CollectionKind::Collection {
                self.tried.extend(tried(device));
            }
            self.devices.push(DeviceChange {
                collection_id: ledger.id,
                position: i32::try_from(position).unwrap_or(i32::MAX),
                platform: device.platform.clone(),
                status: device.status,
                failure_kind: device.failure_kind.clone(),
                message: device.message.clone(),
                attempt: device.attempt,
                started_at: device.started_at,
                finished_at: device.finished_at,
                duration_ms: device.duration_ms,
                captures: serde_json::to_string(&device.captures).unwrap_or_else(|_| "[]".to_owned()),
                details: device.details.as_ref().map(ToString::to_string),
            });
        }
        let Some((first_seq, last_seq, lines)) = written.events else {
            return;
        };
        self.events.push(event_batch::ActiveModel {
            collection_id: Set(ledger.id),
            last_seq: Set(last_seq),
            first_seq: Set(first_seq),
            events: Set(event::pack(&lines).unwrap_or_default()),
        });
        let counts = ledger.counts;
        let number = |count: u32| Set(i32::try_from(count).unwrap_or(i32::MAX));
        self.collections.push(collection::ActiveModel {
            id: Set(ledger.id),
            status: Set(ledger.status),
            stage: Set(ledger.stage),
            message: Set(ledger.message.clone()),
            started_at: Set(ledger.started_at),
            finished_at: Set(ledger.finished_at),
            execution_ms: Set(ledger.execution_ms),
            running: number(counts.running),
            succeeded: number(counts.succeeded),
            partially_succeeded: number(counts.partially_succeeded),
            failed: number(counts.failed),
            cancelled: number(counts.cancelled),
            commands_executed: Set(ledger.commands_executed),
            loaded_to_db: Set(ledger.loaded_to_db),
            captures_created: Set(serde_json::to_value(&ledger.captures_created).unwrap_or_default()),
            last_seq: Set(last_seq),
            ..Default::default()
        });
    }
}

/// What was tried of a device that has ended. One that was never begun was not tried.
fn tried(device: &DeviceLine) -> Vec<coverage::Model> {
    let (Some(at), true) = (device.finished_at, device.attempt > 0) else {
        return Vec::new();
    };
    // That a person cancelled says nothing about the device.
    let cancelled = device.status == DeviceStatus::Cancelled;
    let entries = device
        .captures
        .iter()
        .filter(|entry| !cancelled || entry.verdict == Verdict::Complete);
    let row = |entry: &CaptureEntry| {
        let good = entry.verdict == Verdict::Complete;
        coverage::Model {
            device_id: device.device_id,
            capture_type: entry.capture_type.clone(),
            good_at: good.then_some(at),
            good_capture_id: entry.id.filter(|_| good),
            tried_at: at,
            verdict: entry.verdict,
            failure_kind: device.failure_kind.clone().filter(|_| !good),
            message: match good {
                true => None,
                false => entry.message.clone().or_else(|| Some(device.message.clone())),
            },
        }
    };
    entries.map(row).collect()
}

/// Writes a batch in one transaction.
pub(super) async fn write(db: &Database, batch: &Batch) -> Answer<()> {
    let txn = db.begin().await?;
    let shas: Vec<Sha> = batch.texts.iter().map(|text| text.sha).collect();
    let known = texts::known_texts(&txn, &shas).await?;
    let mut instead: BTreeMap<i64, i64> = BTreeMap::new();
    let mut new = Vec::with_capacity(batch.texts.len());
    for text in &batch.texts {
        match known.get(text.sha.as_slice()) {
            Some(id) => {
                instead.insert(text.id, *id);
            }
            None => new.push(texts::text_row(
                text.id,
                &text.sha,
                text.base,
                text.bytes,
                text.data.clone(),
            )),
        }
    }
    let of = |text: TextRef| instead.get(&text.0).copied().unwrap_or(text.0);
    texts::insert_texts(&txn, new).await?;
    let captures = batch
        .captures
        .iter()
        .map(|row| recorder::capture_row(row, row.text.map(of)).into());
    texts::insert_captures(&txn, captures.collect()).await?;
    // The last one holds where a device was collected twice in one batch: a statement takes each row once.
    let mut currents: BTreeMap<(Uuid, &str), (Uuid, TextRef)> = BTreeMap::new();
    for (device, kind, capture, text) in &batch.currents {
        currents.insert((*device, kind), (*capture, *text));
    }
    let collections: BTreeMap<Uuid, Uuid> = batch.captures.iter().map(|row| (row.id, row.collection_id)).collect();
    let of_configs = currents
        .iter()
        .filter(|((_, kind), _)| *kind == config_changes::CONFIGS);
    let new: Vec<config_changes::store::NewGood> = of_configs
        .filter_map(|((device, _), (capture, _))| Some((*device, *capture, *collections.get(capture)?)))
        .collect();
    config_changes::store::mark(&txn, &new).await?;
    let currents = currents
        .into_iter()
        .map(|((device, kind), (capture, text))| recorder::current_row(device, kind, capture, of(text)));
    texts::set_current(&txn, currents.collect()).await?;
    change_devices(&txn, &batch.devices).await?;
    covered::note(&txn, batch.tried.clone()).await?;
    let events = batch.events.clone();
    if !events.is_empty() {
        event_batch::Entity::insert_many(events)
            .exec_without_returning(&txn)
            .await?;
    }
    for row in &batch.collections {
        collection::Entity::update(row.clone()).exec(&txn).await?;
    }
    for row in &batch.transcripts {
        insert_transcript(&txn, row).await?;
    }
    let collected: HashSet<Uuid> = batch.collected.iter().copied().collect();
    if !collected.is_empty() {
        let last = batch.captures.iter().map(|row| row.captured_at).max();
        device::Entity::update_many()
            .col_expr(device::Column::LastCollectedAt, Expr::value(last))
            .filter(device::Column::Id.is_in(collected))
            .exec(&txn)
            .await?;
    }
    txn.commit().await
}

/// Whether a batch has been written, by the rows that only it can have made.
pub(super) async fn is_written(db: &impl ConnectionTrait, batch: &Batch) -> Answer<bool> {
    let of_events =
        |row: &event_batch::ActiveModel| Some((*row.collection_id.try_as_ref()?, *row.last_seq.try_as_ref()?));
    if let Some(key) = batch.events.first().and_then(of_events) {
        return Ok(event_batch::Entity::find_by_id(key).one(db).await?.is_some());
    }
    let ids: Vec<Uuid> = batch.captures.iter().take(1).map(|row| row.id).collect();
    Ok(!ids.is_empty() && !texts::by_ids(db, &ids).await?.is_empty())
}

/// Rows that one statement changes. Few numbers, so that each text is prepared once and then known; large ones, since every
/// statement is a walk to the database's own thread and back.
const CHANGED_AT_ONCE: [usize; 4] = [64, 16, 4, 1];

/// The columns that change, with what a value needs to be of the type of its column on PostgreSQL.
const CHANGED: [(&str, &str); 12] = [
    ("platform", ""),
    ("status", ""),
    ("failure_kind", ""),
    ("message", ""),
    ("attempt", ""),
    ("started_at", ""),
    ("finished_at", ""),
    ("duration_ms", ""),
    ("captures", "::jsonb"),
    ("details", "::jsonb"),
    ("collection_id", ""),
    ("position", ""),
];

/// The text of the statement that changes so many rows.
fn changing(backend: DbBackend, rows: usize) -> String {
    let names: Vec<&str> = CHANGED.iter().map(|(name, _)| *name).collect();
    let mut text = format!("WITH v ({}) AS (VALUES ", names.join(", "));
    let mut number = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for (column, (_, cast)) in CHANGED.iter().enumerate() {
            number += 1;
            let cast = if backend == DbBackend::Postgres { *cast } else { "" };
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}${number}{cast}");
        }
        text.push(')');
    }
    text.push_str(") UPDATE collection_device SET ");
    let changed = names
        .iter()
        .filter(|name| !["collection_id", "position"].contains(name));
    let set: Vec<String> = changed.map(|name| format!("{name} = v.{name}")).collect();
    text.push_str(&set.join(", "));
    text.push_str(
        " FROM v WHERE collection_device.collection_id = v.collection_id AND collection_device.position = v.position",
    );
    text
}

/// Writes what changed of devices.
async fn change_devices(txn: &DatabaseTransaction, changes: &[DeviceChange]) -> Answer<()> {
    static SQLITE: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
    static POSTGRES: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
    let backend = txn.get_database_backend();
    let texts = match backend {
        DbBackend::Postgres => &POSTGRES,
        _ => &SQLITE,
    };
    let mut rest = changes;
    for (at_once, text) in CHANGED_AT_ONCE.into_iter().zip(texts) {
        while let Some((some, others)) = rest.split_at_checked(at_once) {
            rest = others;
            let text = text.get_or_init(|| changing(backend, at_once));
            let values = some.iter().flat_map(|change| -> [Value; 12] {
                [
                    change.platform.clone().into(),
                    change.status.as_str().into(),
                    change.failure_kind.clone().into(),
                    change.message.clone().into(),
                    change.attempt.into(),
                    change.started_at.into(),
                    change.finished_at.into(),
                    change.duration_ms.into(),
                    change.captures.clone().into(),
                    change.details.clone().into(),
                    change.collection_id.into(),
                    change.position.into(),
                ]
            });
            txn.execute_raw(Statement::from_sql_and_values(backend, text, values))
                .await?;
        }
    }
    Ok(())
}

async fn insert_transcript(txn: &DatabaseTransaction, row: &NewTranscript) -> Answer<()> {
    let replace = OnConflict::columns([transcript::Column::CollectionId, transcript::Column::DeviceId])
        .update_columns([
            transcript::Column::Sealed,
            transcript::Column::CreatedAt,
            transcript::Column::ExpiresAt,
        ])
        .to_owned();
    let row = transcript::ActiveModel {
        collection_id: Set(row.collection_id),
        device_id: Set(row.device_id),
        sealed: Set(row.sealed.clone()),
        created_at: Set(row.created_at),
        expires_at: Set(row.expires_at),
    };
    transcript::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Writes a new collection with its devices.
pub(super) async fn create(
    txn: &DatabaseTransaction,
    row: collection::Model,
    devices: Vec<collection_device::Model>,
) -> Answer<()> {
    let row: collection::ActiveModel = row.into();
    collection::Entity::insert(row).exec_without_returning(txn).await?;
    let mut devices: Vec<collection_device::ActiveModel> = devices.into_iter().map(Into::into).collect();
    while !devices.is_empty() {
        let rest = devices.split_off(devices.len().min(ROWS));
        collection_device::Entity::insert_many(devices)
            .exec_without_returning(txn)
            .await?;
        devices = rest;
    }
    Ok(())
}

/// One collection.
pub(super) async fn one(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<collection::Model>> {
    collection::Entity::find_by_id(id).one(db).await
}

/// The collections that have not ended.
pub(super) async fn unfinished(db: &impl ConnectionTrait) -> Answer<Vec<collection::Model>> {
    use collection::CollectionStatus::{Cancelling, Queued, Running};
    collection::Entity::find()
        .filter(collection::Column::Status.is_in([Queued, Running, Cancelling]))
        .order_by_asc(collection::Column::Id)
        .all(db)
        .await
}

/// All devices of a collection, by position.
pub(super) async fn devices(db: &impl ConnectionTrait, id: Uuid) -> Answer<Vec<collection_device::Model>> {
    collection_device::Entity::find()
        .filter(collection_device::Column::CollectionId.eq(id))
        .order_by_asc(collection_device::Column::Position)
        .all(db)
        .await
}

/// A page of collections, the newest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &CollectionFilter,
    page: &PageRequest,
) -> Result<Page<collection::Model>> {
    use collection::Column;
    let key = format!("collections {filter:?}");
    let mut query = collection::Entity::find().filter(Column::Kind.eq(filter.kind));
    if !filter.status.is_empty() {
        query = query.filter(Column::Status.is_in(filter.status.iter().copied()));
    }
    if !filter.created_by.is_empty() {
        query = query.filter(Column::CreatedBy.is_in(&filter.created_by));
    }
    if !filter.retry_of.is_empty() {
        query = query.filter(Column::RetryOf.is_in(filter.retry_of.iter().copied()));
    }
    if let Some(part) = filter.q.as_deref().filter(|part| !part.is_empty()) {
        query = query.filter(holds(Column::Name, part));
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(before) = page.cursor::<Uuid>(&key)? {
        query = query.filter(Column::Id.lt(before));
    }
    let rows = query.order_by_desc(Column::Id).limit(page.limit() + 1).all(db).await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.id)
    })
}

/// Whether a column holds a text somewhere, ignoring case.
fn holds(column: impl sea_orm::sea_query::IntoColumnRef, part: &str) -> Expr {
    let like = LikeExpr::new(format!("%{}%", escaped(&part.to_lowercase()))).escape('\\');
    Expr::from(Func::lower(Expr::col(column))).like(like)
}

/// A text for LIKE in which everything stands for itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A page of the devices of a collection, by position.
pub(super) async fn device_page(
    db: &impl ConnectionTrait,
    id: Uuid,
    filter: &CollectionDeviceFilter,
    page: &PageRequest,
) -> Result<Page<collection_device::Model>> {
    use collection_device::Column;
    let key = format!("collection devices {id} {filter:?}");
    let mut query = collection_device::Entity::find().filter(Column::CollectionId.eq(id));
    if !filter.status.is_empty() {
        query = query.filter(Column::Status.is_in(filter.status.iter().copied()));
    }
    if !filter.device_id.is_empty() {
        query = query.filter(Column::DeviceId.is_in(filter.device_id.iter().copied()));
    }
    if !filter.failure_kind.is_empty() {
        query = query.filter(Column::FailureKind.is_in(&filter.failure_kind));
    }
    if let Some(part) = filter.q.as_deref().filter(|part| !part.is_empty()) {
        query = query.filter(holds(Column::DeviceName, part));
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(after) = page.cursor::<i32>(&key)? {
        query = query.filter(Column::Position.gt(after));
    }
    let rows = query
        .order_by_asc(Column::Position)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.position)
    })
}

/// A page of the collections that had a device, the newest first, each with the name of the collection.
pub(super) async fn of_device(
    db: &impl ConnectionTrait,
    device: Uuid,
    status: &[DeviceStatus],
    page: &PageRequest,
) -> Result<Page<(collection_device::Model, String)>> {
    use collection_device::Column;
    let key = format!("collections of device {device} {status:?}");
    let collections = collection_device::Entity::belongs_to(collection::Entity)
        .from(Column::CollectionId)
        .to(collection::Column::Id);
    let mut query = collection_device::Entity::find()
        .join(JoinType::InnerJoin, collections.into())
        .filter(Column::DeviceId.eq(device))
        .filter(collection::Column::Kind.eq(CollectionKind::Collection));
    if !status.is_empty() {
        query = query.filter(Column::Status.is_in(status.iter().copied()));
    }
    let total = match page.include_total {
        true => Some(query.clone().count(db).await?),
        false => None,
    };
    if let Some(before) = page.cursor::<Uuid>(&key)? {
        query = query.filter(Column::CollectionId.lt(before));
    }
    let rows: Vec<(collection_device::Model, Option<collection::Model>)> = query
        .select_also(collection::Entity)
        .order_by_desc(Column::CollectionId)
        .limit(page.limit() + 1)
        .all(db)
        .await?;
    let named = |(row, collection): (collection_device::Model, Option<collection::Model>)| {
        (row, collection.map(|collection| collection.name).unwrap_or_default())
    };
    let rows = rows.into_iter().map(named).collect();
    Ok(Page {
        total,
        ..page.page(&key, rows, |(row, _)| row.collection_id)
    })
}

/// Events after a number, up to `limit` of them.
pub(super) async fn events(db: &impl ConnectionTrait, id: Uuid, after: i64, limit: usize) -> Result<Vec<StoredEvent>> {
    /// Batches read at once.
    const BATCHES: u64 = 16;
    let mut found: Vec<StoredEvent> = Vec::new();
    let mut from = after;
    while found.len() < limit {
        let batches = event_batch::Entity::find()
            .filter(event_batch::Column::CollectionId.eq(id))
            .filter(event_batch::Column::LastSeq.gt(from))
            .order_by_asc(event_batch::Column::LastSeq)
            .limit(BATCHES)
            .all(db)
            .await?;
        let Some(last) = batches.last() else { break };
        from = last.last_seq;
        for batch in &batches {
            let events = event::unpack(&batch.events, batch.first_seq, after)
                .map_err(|error| Error::internal(format!("events of collection {id}: {error}")))?;
            found.extend(events);
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// The transcript of a device.
pub(super) async fn transcript(db: &impl ConnectionTrait, id: Uuid, device: Uuid) -> Answer<Option<transcript::Model>> {
    transcript::Entity::find_by_id((id, device)).one(db).await
}

/// Takes a collection away: its events, devices, transcripts and itself.
pub(super) async fn delete(txn: &DatabaseTransaction, id: Uuid) -> Answer<()> {
    event_batch::Entity::delete_many()
        .filter(event_batch::Column::CollectionId.eq(id))
        .exec(txn)
        .await?;
    transcript::Entity::delete_many()
        .filter(transcript::Column::CollectionId.eq(id))
        .exec(txn)
        .await?;
    collection_device::Entity::delete_many()
        .filter(collection_device::Column::CollectionId.eq(id))
        .exec(txn)
        .await?;
    collection::Entity::delete_by_id(id).exec(txn).await?;
    Ok(())
}

/// Forgets the secrets of collections that ended before `secrets_before`, transcripts whose time is over, and the events
/// of collections that ended before `events_before`.
pub(super) async fn expire(db: &Database, now: i64, secrets_before: i64, events_before: i64) -> Answer<()> {
    /// Collections whose events go in one transaction.
    const COLLECTIONS: u64 = 50;
    let txn = db.begin().await?;
    collection::Entity::update_many()
        .col_expr(collection::Column::SealedSecret, Expr::value(Option::<Vec<u8>>::None))
        .col_expr(collection::Column::SecretExpiresAt, Expr::value(Some(now)))
        .filter(collection::Column::SealedSecret.is_not_null())
        .filter(collection::Column::FinishedAt.lte(secrets_before))
        .exec(&txn)
        .await?;
    transcript::Entity::delete_many()
        .filter(transcript::Column::ExpiresAt.lte(now))
        .exec(&txn)
        .await?;
    let old: Vec<Uuid> = collection::Entity::find()
        .select_only()
        .column(collection::Column::Id)
        .filter(collection::Column::FinishedAt.lte(events_before))
        .filter(collection::Column::EventsExpired.eq(false))
        .order_by_asc(collection::Column::Id)
        .limit(COLLECTIONS)
        .into_tuple()
        .all(&txn)
        .await?;
    if !old.is_empty() {
        event_batch::Entity::delete_many()
            .filter(event_batch::Column::CollectionId.is_in(old.iter().copied()))
            .exec(&txn)
            .await?;
        collection::Entity::update_many()
            .col_expr(collection::Column::EventsExpired, Expr::value(true))
            .filter(collection::Column::Id.is_in(old))
            .exec(&txn)
            .await?;
    }
    txn.commit().await
}

/// How many devices failed for which reason, the most frequent first.
pub(super) async fn failures(db: &impl ConnectionTrait, id: Uuid) -> Answer<Vec<(Option<String>, Uuid, String)>> {
    use collection_device::Column;
    collection_device::Entity::find()
        .select_only()
        .column(Column::FailureKind)
        .column(Column::DeviceId)
        .column(Column::DeviceName)
        .filter(Column::CollectionId.eq(id))
        .filter(Column::Status.is_in([
            DeviceStatus::PartiallySucceeded,
            DeviceStatus::Failed,
            DeviceStatus::Cancelled,
        ]))
        .order_by_asc(Column::Position)
        .into_tuple()
        .all(db)
        .await
}

/// The names of devices today.
pub(super) async fn device_names(db: &impl ConnectionTrait, ids: &[Uuid]) -> Answer<Vec<(Uuid, String)>> {
    device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .column(device::Column::Name)
        .filter(device::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// A device today.
pub(super) async fn device_row(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<device::Model>> {
    device::Entity::find_by_id(id).one(db).await
}

/// Takes a table away for a while.
#[cfg(test)]
pub(super) async fn rename_table(db: &Database, from: &str, to: &str) -> Answer<()> {
    let txn = db.begin().await?;
    txn.execute_unprepared(&format!("ALTER TABLE {from} RENAME TO {to}"))
        .await?;
    txn.commit().await
}
