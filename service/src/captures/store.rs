//! Queries of captures and their texts.

use std::collections::{HashMap, HashSet};

use entity::{capture, current_capture, pending_change, text};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::{CaptureFilter, codec, codec::Sha};
use crate::{
    error::Result,
    page::{Page, PageRequest},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// Values that one statement takes; SQLite allows 32,766, PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// A text as it is stored.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct StoredText {
    pub(super) sha256: Vec<u8>,
    pub(super) base_id: Option<i64>,
    pub(super) bytes: i64,
    pub(super) data: Option<Vec<u8>>,
}

/// The last good text of a capture type of a device.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct LastGood {
    pub(crate) device_id: Uuid,
    pub(crate) capture_type: String,
    pub(crate) text_id: i64,
    pub(crate) sha256: Vec<u8>,
    pub(crate) bytes: i64,
    pub(crate) depth: i32,
}

/// A text and all that it is a patch on, itself first.
pub(super) async fn chain(db: &impl ConnectionTrait, id: i64) -> Answer<Vec<StoredText>> {
    let (mark, backend) = match db.get_database_backend() {
        DbBackend::Postgres => ("$1", DbBackend::Postgres),
        other => ("?", other),
    };
    let sql = format!(
        "WITH RECURSIVE chain(id, sha256, base_id, bytes, data, n) AS ( \
           SELECT id, sha256, base_id, bytes, data, 0 FROM text WHERE id = {mark} \
           UNION ALL SELECT t.id, t.sha256, t.base_id, t.bytes, t.data, chain.n + 1 \
           FROM text t JOIN chain ON t.id = chain.base_id) \
         SELECT sha256, base_id, bytes, data FROM chain ORDER BY n"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [id.into()]);
    StoredText::find_by_statement(statement).all(db).await
}

/// The last good texts of devices.
pub(crate) async fn last_good(db: &impl ConnectionTrait, devices: &[Uuid]) -> Answer<Vec<LastGood>> {
    let mut found = Vec::new();
    for some in devices.chunks(VALUES) {
        let rows = current_capture::Entity::find()
            .select_only()
            .column(current_capture::Column::DeviceId)
            .column(current_capture::Column::CaptureType)
            .column(current_capture::Column::TextId)
            .column(text::Column::Sha256)
            .column(text::Column::Bytes)
            .column(text::Column::Depth)
            .join(
                sea_orm::JoinType::InnerJoin,
                current_capture::Entity::belongs_to(text::Entity)
                    .from(current_capture::Column::TextId)
                    .to(text::Column::Id)
                    .into(),
            )
            .filter(current_capture::Column::DeviceId.is_in(some.iter().copied()))
            .into_model::<LastGood>()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The ids of texts that are stored already, by their hash.
pub(crate) async fn known_texts(db: &impl ConnectionTrait, shas: &[Sha]) -> Answer<HashMap<Vec<u8>, i64>> {
    let mut known = HashMap::new();
    for some in shas.chunks(VALUES) {
        let rows: Vec<(i64, Vec<u8>)> = text::Entity::find()
            .select_only()
            .column(text::Column::Id)
            .column(text::Column::Sha256)
            .filter(text::Column::ShaKey.is_in(some.iter().map(|sha| codec::sha_key(sha))))
            .into_tuple()
            .all(db)
            .await?;
        known.extend(rows.into_iter().map(|(id, sha)| (sha, id)));
    }
    Ok(known)
}

/// The highest id of any text.
pub(super) async fn last_text_id(db: &impl ConnectionTrait) -> Answer<i64> {
    let highest: Option<i64> = text::Entity::find()
        .select_only()
        .column(text::Column::Id)
        .order_by_desc(text::Column::Id)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(highest.unwrap_or_default())
}

/// The row of a new text; `base` is the text it is a patch on, with its own depth.
pub(crate) fn text_row(
    id: i64,
    sha: &Sha,
    base: Option<(i64, i32)>,
    bytes: i64,
    data: Option<Vec<u8>>,
) -> text::ActiveModel {
    text::ActiveModel {
        id: Set(id),
        sha_key: Set(codec::sha_key(sha)),
        sha256: Set(sha.to_vec()),
        base_id: Set(base.map(|(id, _)| id)),
        depth: Set(base.map_or(0, |(_, depth)| depth)),
        bytes: Set(bytes),
        data: Set(data),
    }
}

/// Complete captures of a collection behind one of them.
pub(super) async fn complete(
    db: &impl ConnectionTrait,
    collection: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Answer<Vec<capture::Model>> {
    let mut query = capture::Entity::find()
        .filter(capture::Column::CollectionId.eq(collection))
        .filter(capture::Column::Verdict.eq(capture::Verdict::Complete));
    if let Some(after) = after {
        query = query.filter(capture::Column::Id.gt(after));
    }
    query.order_by_asc(capture::Column::Id).limit(limit).all(db).await
}

/// What was sent for the captures of a collection, by device and capture type: commands, one in a line.
pub(crate) async fn commands_sent(
    db: &impl ConnectionTrait,
    collection: Uuid,
    devices: &[Uuid],
) -> Answer<HashMap<(Uuid, String), String>> {
    let mut sent = HashMap::new();
    for some in devices.chunks(VALUES) {
        let rows: Vec<(Uuid, String, String)> = capture::Entity::find()
            .select_only()
            .column(capture::Column::DeviceId)
            .column(capture::Column::CaptureType)
            .column(capture::Column::Commands)
            .filter(capture::Column::CollectionId.eq(collection))
            .filter(capture::Column::DeviceId.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        sent.extend(
            rows.into_iter()
                .map(|(device, kind, commands)| ((device, kind), commands)),
        );
    }
    Ok(sent)
}

/// Writes texts.
pub(crate) async fn insert_texts(db: &impl ConnectionTrait, rows: Vec<text::ActiveModel>) -> Answer<()> {
    let mut rows = rows;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(VALUES / 7));
        text::Entity::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}

/// Writes captures.
pub(crate) async fn insert_captures(db: &impl ConnectionTrait, rows: Vec<capture::ActiveModel>) -> Answer<()> {
    let mut rows = rows;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(VALUES / 13));
        capture::Entity::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}

/// Makes captures the last good ones of their type and device.
pub(crate) async fn set_current(db: &impl ConnectionTrait, rows: Vec<current_capture::Model>) -> Answer<()> {
    let mut rows = rows;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(VALUES / 4));
        let some = rows.into_iter().map(|row| current_capture::ActiveModel {
            device_id: Set(row.device_id),
            capture_type: Set(row.capture_type),
            capture_id: Set(row.capture_id),
            text_id: Set(row.text_id),
        });
        let replace = OnConflict::columns([current_capture::Column::DeviceId, current_capture::Column::CaptureType])
            .update_columns([current_capture::Column::CaptureId, current_capture::Column::TextId])
            .to_owned();
        current_capture::Entity::insert_many(some)
            .on_conflict(replace)
            .exec_without_returning(db)
            .await?;
        rows = rest;
    }
    Ok(())
}

/// Texts that are files.
pub(super) async fn blob_hashes(db: &impl ConnectionTrait) -> Answer<HashSet<Vec<u8>>> {
    let rows: Vec<Vec<u8>> = text::Entity::find()
        .select_only()
        .column(text::Column::Sha256)
        .filter(text::Column::Data.is_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// One capture.
pub(super) async fn capture(db: &impl ConnectionTrait, id: Uuid) -> Answer<Option<capture::Model>> {
    capture::Entity::find_by_id(id).one(db).await
}

/// The hash of a text.
pub(crate) async fn hashes(db: &impl ConnectionTrait, ids: &[i64]) -> Answer<HashMap<i64, Vec<u8>>> {
    let mut hashes = HashMap::new();
    for some in ids.chunks(VALUES) {
        let rows: Vec<(i64, Vec<u8>)> = text::Entity::find()
            .select_only()
            .column(text::Column::Id)
            .column(text::Column::Sha256)
            .filter(text::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        hashes.extend(rows);
    }
    Ok(hashes)
}

/// The size of the largest of some texts.
pub(crate) async fn largest(db: &impl ConnectionTrait, ids: &[i64]) -> Answer<i64> {
    let sizes: Vec<i64> = text::Entity::find()
        .select_only()
        .column(text::Column::Bytes)
        .filter(text::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(sizes.into_iter().max().unwrap_or_default())
}

/// Several captures.
pub(crate) async fn by_ids(db: &impl ConnectionTrait, ids: &[Uuid]) -> Answer<Vec<capture::Model>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(VALUES) {
        let rows = capture::Entity::find().filter(capture::Column::Id.is_in(some.iter().copied()));
        found.extend(rows.all(db).await?);
    }
    Ok(found)
}

/// The text that is the last good one.
pub(crate) async fn current(
    db: &impl ConnectionTrait,
    device: Uuid,
    capture_type: &str,
) -> Answer<Option<current_capture::Model>> {
    current_capture::Entity::find_by_id((device, capture_type.to_owned()))
        .one(db)
        .await
}

/// The newest complete capture, or suspicious one that was accepted, of a type of a device.
pub(crate) async fn newest_good(
    db: &impl ConnectionTrait,
    device: Uuid,
    capture_type: &str,
) -> Answer<Option<capture::Model>> {
    let good = capture::Column::Verdict
        .eq(capture::Verdict::Complete)
        .or(capture::Column::AcceptedBy.is_not_null());
    capture::Entity::find()
        .filter(capture::Column::DeviceId.eq(device))
        .filter(capture::Column::CaptureType.eq(capture_type))
        .filter(good)
        .order_by_desc(capture::Column::Id)
        .limit(1)
        .one(db)
        .await
}

/// A page of captures of some devices, or of all, the newest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    filter: &CaptureFilter,
    devices: Option<&[Uuid]>,
    page: &PageRequest,
) -> Result<Page<capture::Model>> {
    use capture::Column;
    let key = format!("captures {filter:?}");
    let mut query = capture::Entity::find();
    if let Some(devices) = devices {
        query = query.filter(Column::DeviceId.is_in(devices.iter().copied()));
    }
    if !filter.capture_type.is_empty() {
        query = query.filter(Column::CaptureType.is_in(&filter.capture_type));
    }
    if !filter.collection_id.is_empty() {
        query = query.filter(Column::CollectionId.is_in(filter.collection_id.iter().copied()));
    }
    if !filter.verdict.is_empty() {
        query = query.filter(Column::Verdict.is_in(filter.verdict.iter().copied()));
        if !filter.verdict.contains(&capture::Verdict::Complete) {
            // In the words of the index of what is not complete.
            query = query.filter(Expr::cust("capture.verdict <> 'complete'"));
        }
    }
    if filter.current {
        let current = Query::select()
            .column(current_capture::Column::CaptureId)
            .from(current_capture::Entity)
            .to_owned();
        query = query.filter(Column::Id.in_subquery(current));
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

/// The person who says that a suspicious capture is right. `false`: it is no longer there.
pub(super) async fn set_accepted(db: &impl ConnectionTrait, id: Uuid, by: &str) -> Answer<bool> {
    let done = capture::Entity::update_many()
        .col_expr(capture::Column::AcceptedBy, Expr::value(by))
        .filter(capture::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Takes the captures of a collection away, but for those that last good texts came from. Gives the ids of their texts.
pub(crate) async fn delete_of_collection(db: &impl ConnectionTrait, collection: Uuid) -> Answer<Vec<i64>> {
    use capture::Column;
    let last_good = Query::select()
        .column(current_capture::Column::CaptureId)
        .from(current_capture::Entity)
        .and_where(
            Expr::col((current_capture::Entity, current_capture::Column::CaptureId))
                .equals((capture::Entity, Column::Id)),
        )
        .to_owned();
    let go = Column::CollectionId.eq(collection).and(Expr::exists(last_good).not());
    let texts: Vec<Option<i64>> = capture::Entity::find()
        .select_only()
        .column(Column::TextId)
        .distinct()
        .filter(go.clone())
        .into_tuple()
        .all(db)
        .await?;
    capture::Entity::delete_many().filter(go).exec(db).await?;
    Ok(texts.into_iter().flatten().collect())
}

/// Which captures may go.
pub(super) struct Among<'a> {
    /// Made before this.
    pub(super) before: i64,
    /// Of these types; empty: of all.
    pub(super) capture_types: &'a [String],
    /// But of these.
    pub(super) left_out: &'a [String],
    /// Not the last so many good ones of each device and type, and nothing that is newer than these.
    pub(super) keep_last: Option<u32>,
}

/// Captures that may go, the oldest first.
pub(super) async fn older_than(
    db: &impl ConnectionTrait,
    among: &Among<'_>,
    limit: u64,
    after: Option<Uuid>,
) -> Answer<Vec<capture::Model>> {
    use capture::Column;
    let mut query = capture::Entity::find();
    if among.before < i64::MAX {
        query = query.filter(Column::CapturedAt.lt(among.before));
    }
    if !among.capture_types.is_empty() {
        query = query.filter(Column::CaptureType.is_in(among.capture_types));
    }
    if !among.left_out.is_empty() {
        query = query.filter(Column::CaptureType.is_not_in(among.left_out));
    }
    if let Some(keep) = among.keep_last {
        // So many good ones are as new or newer, found by the index of device, type and id.
        let other = Alias::new("other");
        let of = |column: Column| Expr::col((other.clone(), column));
        let mine = |column: Column| Expr::col((capture::Entity, column));
        let good = of(Column::Verdict)
            .eq(capture::Verdict::Complete)
            .or(of(Column::AcceptedBy).is_not_null());
        let newer = Query::select()
            .column((other.clone(), Column::Id))
            .from_as(capture::Entity, other.clone())
            .and_where(of(Column::DeviceId).equals((capture::Entity, Column::DeviceId)))
            .and_where(of(Column::CaptureType).equals((capture::Entity, Column::CaptureType)))
            .and_where(of(Column::Id).gt(mine(Column::Id)))
            .and_where(good)
            .offset(u64::from(keep.saturating_sub(1)))
            .limit(1)
            .to_owned();
        query = query.filter(Expr::exists(newer));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Takes captures away.
pub(super) async fn delete_captures(db: &impl ConnectionTrait, ids: &[Uuid]) -> Answer<()> {
    for some in ids.chunks(VALUES) {
        capture::Entity::delete_many()
            .filter(capture::Column::Id.is_in(some.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Those of the texts that neither a capture, nor a last good text, nor a comparison that is due refers to.
pub(super) async fn unreferred(db: &impl ConnectionTrait, texts: &[i64]) -> Answer<Vec<i64>> {
    let mut referred: HashSet<i64> = HashSet::new();
    for some in texts.chunks(VALUES) {
        let of_captures: Vec<Option<i64>> = capture::Entity::find()
            .select_only()
            .column(capture::Column::TextId)
            .distinct()
            .filter(capture::Column::TextId.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        referred.extend(of_captures.into_iter().flatten());
        let of_current: Vec<i64> = current_capture::Entity::find()
            .select_only()
            .column(current_capture::Column::TextId)
            .distinct()
            .filter(current_capture::Column::TextId.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        referred.extend(of_current);
        // What is still to be compared must be there then.
        let of_pending: Vec<Option<i64>> = pending_change::Entity::find()
            .select_only()
            .column(pending_change::Column::PreviousTextId)
            .filter(pending_change::Column::PreviousTextId.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        referred.extend(of_pending.into_iter().flatten());
    }
    Ok(texts.iter().copied().filter(|id| !referred.contains(id)).collect())
}

/// Ids of texts behind one, in order.
pub(super) async fn texts_after(db: &impl ConnectionTrait, after: i64, limit: u64) -> Answer<Vec<i64>> {
    text::Entity::find()
        .select_only()
        .column(text::Column::Id)
        .filter(text::Column::Id.gt(after))
        .order_by_asc(text::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// What is a patch on a text.
pub(super) async fn patched_on(db: &impl ConnectionTrait, base: i64) -> Answer<Vec<text::Model>> {
    text::Entity::find().filter(text::Column::BaseId.eq(base)).all(db).await
}

/// Those of the captures that last good texts came from.
pub(super) async fn last_good_among(db: &impl ConnectionTrait, ids: &[Uuid]) -> Answer<HashSet<Uuid>> {
    let rows: Vec<Uuid> = current_capture::Entity::find()
        .select_only()
        .column(current_capture::Column::CaptureId)
        .filter(current_capture::Column::CaptureId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// One text.
pub(super) async fn text(db: &impl ConnectionTrait, id: i64) -> Answer<Option<text::Model>> {
    text::Entity::find_by_id(id).one(db).await
}

/// Packs a text anew.
pub(super) async fn repack(
    db: &impl ConnectionTrait,
    id: i64,
    base: Option<i64>,
    depth: i32,
    data: Vec<u8>,
) -> Answer<()> {
    let row = text::ActiveModel {
        id: Set(id),
        base_id: Set(base),
        depth: Set(depth),
        data: Set(Some(data)),
        ..Default::default()
    };
    text::Entity::update(row).exec(db).await?;
    Ok(())
}

/// Takes a text away.
pub(super) async fn delete_text(db: &impl ConnectionTrait, id: i64) -> Answer<()> {
    text::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Devices and types that have a last good text, behind one, by device and type.
pub(crate) async fn good_keys(
    db: &impl ConnectionTrait,
    devices: &[Uuid],
    capture_types: &[String],
    after: Option<(Uuid, String)>,
    limit: u64,
) -> Answer<Vec<current_capture::Model>> {
    use current_capture::Column;
    let mut query = current_capture::Entity::find().filter(Column::CaptureType.is_in(capture_types));
    if !devices.is_empty() {
        query = query.filter(Column::DeviceId.is_in(devices.iter().copied()));
    }
    if let Some((device, capture_type)) = after {
        let later = Column::DeviceId
            .gt(device)
            .or(Column::DeviceId.eq(device).and(Column::CaptureType.gt(capture_type)));
        query = query.filter(Column::DeviceId.gte(device)).filter(later);
    }
    query
        .order_by_asc(Column::DeviceId)
        .order_by_asc(Column::CaptureType)
        .limit(limit)
        .all(db)
        .await
}

/// Every last good text, for putting the tree right; the next `limit` rows behind a key.
pub(super) async fn all_current(
    db: &impl ConnectionTrait,
    after: Option<(Uuid, String)>,
    limit: u64,
) -> Answer<Vec<(Uuid, String, Vec<u8>)>> {
    use current_capture::Column;
    let mut query = current_capture::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::CaptureType)
        .column(text::Column::Sha256)
        .join(
            sea_orm::JoinType::InnerJoin,
            current_capture::Entity::belongs_to(text::Entity)
                .from(Column::TextId)
                .to(text::Column::Id)
                .into(),
        );
    if let Some((device, capture_type)) = after {
        let later = Column::DeviceId
            .gt(device)
            .or(Column::DeviceId.eq(device).and(Column::CaptureType.gt(capture_type)));
        query = query.filter(later);
    }
    query
        .order_by_asc(Column::DeviceId)
        .order_by_asc(Column::CaptureType)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}
