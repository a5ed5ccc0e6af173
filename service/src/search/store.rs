//! Queries for texts that can be searched.

use entity::{capture, collection_device, current_capture, device, search_chunk, search_text};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement, TransactionTrait,
    sea_query::{Alias, BinOper, Expr, ExprTrait, JoinType, LikeExpr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    PIECES, Versions,
    rarity::{Alphabet, Rarity},
};
use crate::{
    database::Database,
    devices::{Wanted, store as devices},
};

type Answer<T> = std::result::Result<T, DbErr>;

/// Texts that are looked at for how often trigrams are.
const SAMPLED_TEXTS: u64 = 256;
/// The most pieces of each of them.
const SAMPLED_PIECES: i64 = 6;
/// Rows of one statement.
const ROWS: usize = 500;
/// How long PostgreSQL works on one question.
const LONGEST: &str = "SET LOCAL statement_timeout = '10s'";

/// What PostgreSQL's index is made of: its trigrams are of letters and digits alone, so the signs that addresses and
/// ports are written with become letters, in `body_key` and `raw_key` as in what is looked for.
const SIGNS: (&str, &str) = (" ./:-_", "yqxzjw");

/// Makes the index, where the database lets us. Says why not.
pub(super) async fn prepare(db: &Database) -> Answer<Option<String>> {
    if db.reader().get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let txn = db.begin().await?;
    if let Err(error) = txn.execute_unprepared("CREATE EXTENSION IF NOT EXISTS pg_trgm").await {
        let _ = txn.rollback().await;
        return Ok(Some(format!(
            "the extension pg_trgm is not there and cannot be made ({error}): ask who owns the database for CREATE \
             EXTENSION pg_trgm, and start the server again"
        )));
    }
    txn.commit().await?;
    let txn = db.begin().await?;
    for (column, which) in [("body_key", ""), ("raw_key", " WHERE raw_key IS NOT NULL")] {
        let sql = format!(
            "CREATE INDEX IF NOT EXISTS search_chunk_{column} ON search_chunk USING gin ({column} gin_trgm_ops) \
             WITH (gin_pending_list_limit = 1024){which}"
        );
        txn.execute_unprepared(&sql).await?;
    }
    txn.commit().await?;
    Ok(None)
}

/// A last good text, and what of it can be searched so far.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Current {
    pub(super) device_id: Uuid,
    pub(super) capture_type: String,
    pub(super) capture_id: Uuid,
    pub(super) text_id: i64,
    pub(super) platform: Option<String>,
    pub(super) platform_now: String,
    pub(super) known_text_id: Option<i64>,
    pub(super) known_rules: Option<i64>,
}

fn current() -> sea_orm::Select<current_capture::Entity> {
    use current_capture::Column;
    current_capture::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::CaptureType)
        .column(Column::CaptureId)
        .column(Column::TextId)
        .column(collection_device::Column::Platform)
        .column_as(device::Column::Platform, "platform_now")
        .column_as(search_text::Column::TextId, "known_text_id")
        .column_as(search_text::Column::Rules, "known_rules")
        .join(
            JoinType::InnerJoin,
            current_capture::Entity::belongs_to(device::Entity)
                .from(Column::DeviceId)
                .to(device::Column::Id)
                .into(),
        )
        .join(
            JoinType::LeftJoin,
            current_capture::Entity::belongs_to(capture::Entity)
                .from(Column::CaptureId)
                .to(capture::Column::Id)
                .into(),
        )
        .join(
            JoinType::LeftJoin,
            capture::Entity::belongs_to(collection_device::Entity)
                .from((capture::Column::CollectionId, capture::Column::DeviceId))
                .to((
                    collection_device::Column::CollectionId,
                    collection_device::Column::DeviceId,
                ))
                .into(),
        )
        .join(
            JoinType::LeftJoin,
            current_capture::Entity::belongs_to(search_text::Entity)
                .from((Column::DeviceId, Column::CaptureType))
                .to((search_text::Column::DeviceId, search_text::Column::CaptureType))
                .into(),
        )
}

/// The next last good texts behind a key, for looking through all of them.
pub(super) async fn all_current(
    db: &impl ConnectionTrait,
    after: Option<&(Uuid, String)>,
    limit: u64,
) -> Answer<Vec<Current>> {
    use current_capture::Column;
    let mut query = current();
    if let Some((device, capture_type)) = after {
        let same = Column::DeviceId
            .eq(*device)
            .and(Column::CaptureType.gt(capture_type.as_str()));
        query = query.filter(Column::DeviceId.gt(*device).or(same));
    }
    query
        .order_by_asc(Column::DeviceId)
        .order_by_asc(Column::CaptureType)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}

/// The last good texts of devices and types.
pub(super) async fn current_of(db: &impl ConnectionTrait, keys: &[(Uuid, String)]) -> Answer<Vec<Current>> {
    use current_capture::Column;
    let pairs = keys
        .iter()
        .map(|(device, capture_type)| (*device, capture_type.as_str()));
    let columns = [Column::DeviceId, Column::CaptureType].map(|column| Expr::col((current_capture::Entity, column)));
    current()
        .filter(Expr::tuple(columns).in_tuples(pairs))
        .into_model()
        .all(db)
        .await
}

/// Writes what of a text can be searched; of what was there before, what stayed the same is not written again.
pub(super) async fn write(
    txn: &DatabaseTransaction,
    text: &search_text::Model,
    pieces: &[search_chunk::Model],
) -> Answer<()> {
    use search_chunk::Column;
    let row = search_text::ActiveModel {
        id: NotSet,
        device_id: Set(text.device_id),
        capture_type: Set(text.capture_type.clone()),
        capture_id: Set(text.capture_id),
        text_id: Set(text.text_id),
        rules: Set(text.rules),
        partial: Set(text.partial),
    };
    let known = search_text::Entity::find()
        .filter(search_text::Column::DeviceId.eq(text.device_id))
        .filter(search_text::Column::CaptureType.eq(text.capture_type.as_str()))
        .one(txn)
        .await?;
    let id = match known {
        Some(known) => {
            let row = search_text::ActiveModel {
                id: Set(known.id),
                ..row
            };
            search_text::Entity::update(row).exec(txn).await?;
            known.id
        }
        None => search_text::Entity::insert(row).exec(txn).await?.last_insert_id,
    };
    let first = id * PIECES;
    let before = search_chunk::Entity::find()
        .filter(Column::Id.gte(first))
        .filter(Column::Id.lt(first + PIECES))
        .order_by_asc(Column::Id)
        .all(txn)
        .await?;
    let mut new = Vec::new();
    for (piece, place) in pieces.iter().zip(0..PIECES) {
        let piece = search_chunk::Model {
            id: first + place,
            ..piece.clone()
        };
        let old = usize::try_from(place).ok().and_then(|place| before.get(place));
        match old {
            Some(old) if *old == piece => {}
            Some(old) => {
                let same = old.body == piece.body && old.raw == piece.raw;
                let row = search_chunk::ActiveModel {
                    id: Set(piece.id),
                    first_line: Set(piece.first_line),
                    head: Set(piece.head),
                    body: if same { NotSet } else { Set(piece.body) },
                    raw: if same { NotSet } else { Set(piece.raw) },
                };
                search_chunk::Entity::update(row).exec(txn).await?;
            }
            None => new.push(search_chunk::ActiveModel::from(piece)),
        }
    }
    let kept = i64::try_from(pieces.len()).unwrap_or(PIECES);
    if before.len() > pieces.len() {
        search_chunk::Entity::delete_many()
            .filter(Column::Id.gte(first + kept))
            .filter(Column::Id.lt(first + PIECES))
            .exec(txn)
            .await?;
    }
    while !new.is_empty() {
        let rest = new.split_off(new.len().min(ROWS));
        search_chunk::Entity::insert_many(new)
            .exec_without_returning(txn)
            .await?;
        new = rest;
    }
    Ok(())
}

/// A device is taken away: its texts stay, and are no longer found.
pub(crate) async fn forget_device(db: &impl devices::Connection, device: Uuid) -> Answer<()> {
    let ids: Vec<i64> = search_text::Entity::find()
        .select_only()
        .column(search_text::Column::Id)
        .filter(search_text::Column::DeviceId.eq(device))
        .into_tuple()
        .all(db)
        .await?;
    for id in &ids {
        search_chunk::Entity::delete_many()
            .filter(search_chunk::Column::Id.gte(id * PIECES))
            .filter(search_chunk::Column::Id.lt((id + 1) * PIECES))
            .exec(db)
            .await?;
    }
    search_text::Entity::delete_many()
        .filter(search_text::Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// A piece in which something may stand.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) first_line: i64,
    pub(super) head: String,
    pub(super) body: String,
    pub(super) raw: Option<String>,
    pub(super) device_id: Uuid,
    pub(super) device_name: String,
    pub(super) capture_type: String,
    pub(super) capture_id: Uuid,
}

/// Which pieces are looked at.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// Of these devices.
    pub(super) wanted: Wanted,
    /// Of exactly these, where they are few.
    pub(super) devices: Option<Vec<Uuid>>,
    /// Of these types; empty: of all.
    pub(super) capture_types: Vec<String>,
    /// Whether secrets may be seen.
    pub(super) secrets: bool,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    pub(super) text: String,
    /// The part of it that the index is asked for.
    pub(super) part: String,
}

impl Needle {
    /// As FTS5 takes it.
    fn fts(&self, secrets: bool) -> String {
        let columns = if secrets { "{body raw}" } else { "body" };
        format!("{columns} : \"{}\"", self.part.replace('"', "\"\""))
    }

    /// As LIKE takes it. Letters beyond ASCII have no case there, so they are left open and looked at afterwards.
    fn like(&self) -> String {
        Self::pattern(&self.text)
    }

    fn pattern(text: &str) -> String {
        let mut pattern = String::from("%");
        for letter in text.chars() {
            match letter {
                '%' | '_' | '\\' => pattern.extend(['\\', letter]),
                letter if letter.is_ascii() => pattern.push(letter.to_ascii_lowercase()),
                _ if pattern.ends_with('%') && !pattern.ends_with("\\%") => {}
                _ => pattern.push('%'),
            }
        }
        if !pattern.ends_with('%') || pattern.ends_with("\\%") {
            pattern.push('%');
        }
        pattern
    }

    /// The same for what PostgreSQL's index is made of.
    fn key(&self) -> String {
        Self::key_pattern(&self.part)
    }

    /// All of what is looked for, the same way.
    fn whole_key(&self) -> String {
        Self::key_pattern(&self.text)
    }

    fn key_pattern(text: &str) -> String {
        // A sign that is escaped in the pattern is a letter in the index.
        key_of(&Self::pattern(text).replace("\\_", "_"))
    }
}

/// A text with the signs that PostgreSQL's index has as letters.
fn key_of(text: &str) -> String {
    let letter = |letter: char| {
        let place = SIGNS.0.chars().position(|sign| sign == letter);
        place.and_then(|place| SIGNS.1.chars().nth(place)).unwrap_or(letter)
    };
    text.chars().map(letter).collect()
}

/// What the index sees as letters.
fn alphabet(db: &impl ConnectionTrait) -> Alphabet {
    match db.get_database_backend() {
        DbBackend::Postgres => Alphabet::Words,
        _ => Alphabet::All,
    }
}

/// The part of what is looked for that the index is asked for.
pub(super) fn part(db: &impl ConnectionTrait, rarity: &Rarity, text: &str) -> String {
    match alphabet(db) {
        Alphabet::All => rarity.part(text, Alphabet::All),
        // The same letters, so that the part is found in what was written.
        Alphabet::Words => rarity.part(&key_of(text), Alphabet::Words),
    }
}

/// Looks at some pieces of all texts alike.
pub(super) async fn rarity(db: &impl ConnectionTrait) -> Answer<Rarity> {
    use search_chunk::Column;
    let texts: Vec<i64> = search_text::Entity::find()
        .select_only()
        .column(search_text::Column::Id)
        .order_by(Expr::cust("random()"), Order::Asc)
        .limit(SAMPLED_TEXTS)
        .into_tuple()
        .all(db)
        .await?;
    let first = Expr::col((search_text::Entity, search_text::Column::Id)).mul(PIECES);
    let mut highest = Query::select();
    highest
        .expr(Expr::col(chunk(Column::Id)).max())
        .from(search_chunk::Entity)
        .and_where(Expr::col(chunk(Column::Id)).gte(first.clone()))
        .and_where(Expr::col(chunk(Column::Id)).lt(first.add(PIECES)));
    let ranges: Vec<(i64, Option<i64>)> = search_text::Entity::find()
        .select_only()
        .column(search_text::Column::Id)
        .expr_as(Expr::SubQuery(None, Box::new(highest.into())), "highest")
        .filter(search_text::Column::Id.is_in(texts))
        .into_tuple()
        .all(db)
        .await?;
    let evenly = |(text, highest): (i64, Option<i64>)| {
        let first = text * PIECES;
        let many = highest.unwrap_or(first) - first;
        (0..SAMPLED_PIECES).map(move |part| first + many * part / (SAMPLED_PIECES - 1))
    };
    let mut ids: Vec<i64> = ranges.into_iter().flat_map(evenly).collect();
    ids.sort_unstable();
    ids.dedup();
    let bodies: Vec<String> = search_chunk::Entity::find()
        .select_only()
        .column(Column::Body)
        .filter(Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let alphabet = alphabet(db);
    let seen = tokio::task::spawn_blocking(move || match alphabet {
        Alphabet::All => Rarity::of(&bodies, Alphabet::All),
        Alphabet::Words => {
            let keys: Vec<String> = bodies.iter().map(|body| key_of(&body.to_lowercase())).collect();
            Rarity::of(&keys, Alphabet::Words)
        }
    });
    Ok(seen.await.unwrap_or_default())
}

fn chunk(column: search_chunk::Column) -> (search_chunk::Entity, search_chunk::Column) {
    (search_chunk::Entity, column)
}

/// The pieces of a scope with what they belong to, in the order of their ids.
fn pieces(scope: &Scope, from: i64, limit: u64) -> SelectStatement {
    use search_chunk::Column;
    let text = |column: search_text::Column| Expr::col((search_text::Entity, column));
    let mut query = Query::select();
    query
        .columns([
            chunk(Column::Id),
            chunk(Column::FirstLine),
            chunk(Column::Head),
            chunk(Column::Body),
            chunk(Column::Raw),
        ])
        .expr_as(text(search_text::Column::DeviceId), "device_id")
        .expr_as(text(search_text::Column::CaptureType), "capture_type")
        .expr_as(text(search_text::Column::CaptureId), "capture_id")
        .expr_as(Expr::col((device::Entity, device::Column::Name)), "device_name")
        .and_where(Expr::col(chunk(Column::Id)).gte(from))
        .order_by(chunk(Column::Id), Order::Asc)
        .limit(limit);
    if let Some(devices) = &scope.devices {
        query.and_where(text(search_text::Column::DeviceId).is_in(devices.iter().copied()));
    } else {
        query.cond_where(devices::condition(&scope.wanted));
    }
    if !scope.capture_types.is_empty() {
        query.and_where(text(search_text::Column::CaptureType).is_in(&scope.capture_types));
    }
    query
}

/// Joins pieces with their text and device.
fn joined(query: &mut SelectStatement) {
    let text = |column: search_text::Column| Expr::col((search_text::Entity, column));
    let of_piece = Expr::col(chunk(search_chunk::Column::Id)).right_shift(16);
    query
        .join(
            JoinType::InnerJoin,
            search_text::Entity,
            text(search_text::Column::Id).eq(of_piece),
        )
        .join(
            JoinType::InnerJoin,
            device::Entity,
            Expr::col((device::Entity, device::Column::Id)).eq(text(search_text::Column::DeviceId)),
        );
}

async fn all<T: FromQueryResult>(db: &impl ConnectionTrait, query: &SelectStatement) -> Answer<Vec<T>> {
    let rows = db.query_all(query).await?;
    rows.iter().map(|row| T::from_query_result(row, "")).collect()
}

/// Pieces from an id on in which something may stand, by the index.
pub(super) async fn indexed(
    db: &Database,
    scope: &Scope,
    needle: &Needle,
    from: i64,
    limit: u64,
) -> Answer<Vec<Found>> {
    let mut query = pieces(scope, from, limit);
    if db.reader().get_database_backend() != DbBackend::Postgres {
        let index = Alias::new("search_index");
        query
            .from(index.clone())
            .join(
                JoinType::InnerJoin,
                search_chunk::Entity,
                Expr::col(chunk(search_chunk::Column::Id)).equals((index.clone(), Alias::new("rowid"))),
            )
            .and_where(Expr::col((index.clone(), Alias::new("rowid"))).gte(from))
            .and_where(Expr::col(index).binary(BinOper::Custom("MATCH"), Expr::value(needle.fts(scope.secrets))));
        joined(&mut query);
        // The index gives its rows in the order of their ids; only then it need not give all of them.
        query
            .clear_order_by()
            .order_by((Alias::new("search_index"), Alias::new("rowid")), Order::Asc);
        return all(db.reader(), &query).await;
    }
    // The index is asked for the part alone; what is appended keeps the whole away from it.
    let like = |column: &'static str| {
        let part = Expr::col(column).like(LikeExpr::new(needle.key()).escape('\\'));
        let appended = Expr::col(column).binary(BinOper::Custom("||"), Expr::value(""));
        let whole = appended.like(LikeExpr::new(needle.whole_key()).escape('\\'));
        Condition::all().add(part).add(whole)
    };
    let mut any = Condition::any().add(like("body_key"));
    if scope.secrets {
        any = any.add(like("raw_key").add(Expr::col("raw_key").is_not_null()));
    }
    query.from(search_chunk::Entity).cond_where(any);
    joined(&mut query);
    let txn = db.reader().begin().await?;
    // With a LIMIT the planner may hope to meet enough rows on the way, and read the whole table where there are few.
    for statement in [
        LONGEST,
        "SET LOCAL enable_seqscan = off",
        "SET LOCAL enable_indexscan = off",
    ] {
        txn.execute_unprepared(statement).await?;
    }
    let found = all(&txn, &query).await?;
    txn.commit().await?;
    Ok(found)
}

/// Pieces of a scope from an id on, whatever stands in them.
pub(super) async fn scanned(db: &impl ConnectionTrait, scope: &Scope, from: i64, limit: u64) -> Answer<Vec<Found>> {
    let mut query = pieces(scope, from, limit);
    match &scope.devices {
        None => {
            query.from(search_chunk::Entity);
            joined(&mut query);
        }
        Some(_) => {
            // From the few texts to their pieces.
            let id = || Expr::col((search_text::Entity, search_text::Column::Id));
            let piece = || Expr::col(chunk(search_chunk::Column::Id));
            query
                .from(search_text::Entity)
                .join(
                    JoinType::InnerJoin,
                    search_chunk::Entity,
                    piece().gte(id().mul(PIECES)).and(piece().lt(id().add(1).mul(PIECES))),
                )
                .join(
                    JoinType::InnerJoin,
                    device::Entity,
                    Expr::col((device::Entity, device::Column::Id))
                        .eq(Expr::col((search_text::Entity, search_text::Column::DeviceId))),
                );
        }
    }
    all(db, &query).await
}

/// What stands in the next pieces from an id on, however many there are; and where to go on.
pub(super) async fn window(
    db: &impl ConnectionTrait,
    scope: &Scope,
    needle: &Needle,
    from: i64,
    many: u64,
) -> Answer<(Vec<Found>, Option<i64>)> {
    use search_chunk::Column;
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT id FROM search_chunk WHERE id >= $1 ORDER BY id OFFSET $2 LIMIT 1",
        [from.into(), i64::try_from(many).unwrap_or(i64::MAX).into()],
    );
    let next: Option<i64> = match db.query_one_raw(statement).await? {
        Some(row) => Some(row.try_get("", "id")?),
        None => None,
    };
    let like = |column: Column| {
        let lower = sea_orm::sea_query::Func::lower(Expr::col(chunk(column)));
        Expr::expr(lower).like(LikeExpr::new(needle.like()).escape('\\'))
    };
    let mut query = pieces(scope, from, many);
    query.from(search_chunk::Entity);
    joined(&mut query);
    if let Some(next) = next {
        query.and_where(Expr::col(chunk(Column::Id)).lt(next));
    }
    let mut any = Condition::any().add(like(Column::Body));
    if scope.secrets {
        any = any.add(like(Column::Raw));
    }
    query.cond_where(any);
    Ok((all(db, &query).await?, next))
}

/// How many texts can be searched.
pub(super) async fn texts(db: &impl ConnectionTrait) -> Answer<u64> {
    search_text::Entity::find().count(db).await
}

/// Pieces by their ids.
pub(super) async fn by_ids(db: &impl ConnectionTrait, ids: &[i64]) -> Answer<Vec<search_chunk::Model>> {
    search_chunk::Entity::find()
        .filter(search_chunk::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await
}

/// When captures were made.
pub(super) async fn captured_at(db: &impl ConnectionTrait, ids: &[Uuid]) -> Answer<Vec<(Uuid, i64)>> {
    capture::Entity::find()
        .select_only()
        .column(capture::Column::Id)
        .column(capture::Column::CapturedAt)
        .filter(capture::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// Ids of the devices of a filter, where they are no more than `most`.
pub(super) async fn few_devices(db: &impl ConnectionTrait, wanted: &Wanted, most: u64) -> Answer<Option<Vec<Uuid>>> {
    let ids: Vec<Uuid> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(devices::condition(wanted))
        .limit(most + 1)
        .into_tuple()
        .all(db)
        .await?;
    Ok(Some(ids).filter(|ids| ids.len() as u64 <= most))
}

/// How many texts of a scope are larger than what can be searched of them.
pub(super) async fn partial(db: &impl ConnectionTrait) -> Answer<Vec<(Uuid, String)>> {
    search_text::Entity::find()
        .select_only()
        .column(search_text::Column::DeviceId)
        .column(search_text::Column::CaptureType)
        .filter(Expr::col((search_text::Entity, search_text::Column::Partial)))
        .limit(100)
        .into_tuple()
        .all(db)
        .await
}

/// A stored version of a text.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Version {
    pub(super) id: Uuid,
    pub(super) device_id: Uuid,
    pub(super) device_name: String,
    pub(super) capture_type: String,
    pub(super) collection_id: Uuid,
    pub(super) captured_at: i64,
    pub(super) bytes: i64,
    pub(super) text_id: i64,
    /// The text of the next capture of the device and type, where there is one.
    pub(super) next_text_id: Option<i64>,
}

/// Captures before one, the newest first.
pub(super) async fn versions(
    db: &impl ConnectionTrait,
    scope: &Scope,
    which: Versions,
    before: Option<Uuid>,
    limit: u64,
) -> Answer<Vec<Version>> {
    use capture::Column;
    let newer = Alias::new("newer");
    let mut next = Query::select();
    next.column((newer.clone(), Column::TextId))
        .from_as(capture::Entity, newer.clone())
        .and_where(Expr::col((newer.clone(), Column::DeviceId)).equals((capture::Entity, Column::DeviceId)))
        .and_where(Expr::col((newer.clone(), Column::CaptureType)).equals((capture::Entity, Column::CaptureType)))
        .and_where(Expr::col((newer.clone(), Column::Id)).gt(Expr::col((capture::Entity, Column::Id))))
        .and_where(Expr::col((newer.clone(), Column::TextId)).is_not_null())
        .order_by((newer, Column::Id), Order::Asc)
        .limit(1);
    let mut query = capture::Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::DeviceId)
        .column_as(device::Column::Name, "device_name")
        .column(Column::CaptureType)
        .column(Column::CollectionId)
        .column(Column::CapturedAt)
        .column(Column::Bytes)
        .column(Column::TextId)
        .expr_as(Expr::SubQuery(None, Box::new(next.into())), "next_text_id")
        .join(
            JoinType::InnerJoin,
            capture::Entity::belongs_to(device::Entity)
                .from(Column::DeviceId)
                .to(device::Column::Id)
                .into(),
        )
        .filter(Column::TextId.is_not_null());
    if which == Versions::LastGood {
        let current = Query::select()
            .column(current_capture::Column::CaptureId)
            .from(current_capture::Entity)
            .to_owned();
        query = query.filter(Column::Id.in_subquery(current));
    }
    query = match &scope.devices {
        Some(devices) => query.filter(Column::DeviceId.is_in(devices.iter().copied())),
        None => query.filter(devices::condition(&scope.wanted)),
    };
    if !scope.capture_types.is_empty() {
        query = query.filter(Column::CaptureType.is_in(&scope.capture_types));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).into_model().all(db).await
}

/// The platforms that devices had in collections.
pub(super) async fn platforms_then(
    db: &impl ConnectionTrait,
    collections: &[Uuid],
    devices: &[Uuid],
) -> Answer<Vec<(Uuid, Uuid, String)>> {
    use collection_device::Column;
    collection_device::Entity::find()
        .select_only()
        .column(Column::CollectionId)
        .column(Column::DeviceId)
        .column(Column::Platform)
        .filter(Column::DeviceId.is_in(devices.iter().copied()))
        .filter(Column::CollectionId.is_in(collections.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needle(text: &str) -> Needle {
        Needle {
            text: text.to_owned(),
            part: text.to_owned(),
        }
    }

    #[test]
    fn signs_are_letters_in_the_index_and_stand_for_themselves_in_patterns() {
        assert_eq!(needle("Gi1/0/1").key(), "%gi1x0x1%");
        assert_eq!(needle("10.0.0.").key(), "%10q0q0q%");
        assert_eq!(needle("a_b%").like(), "%a\\_b\\%%");
        assert_eq!(needle("a_b%").key(), "%awb\\%%");
        assert_eq!(needle("Größe").like(), "%gr%e%");
        assert_eq!(needle("ä").like(), "%");
    }

    #[test]
    fn what_is_looked_for_is_no_expression_of_fts() {
        assert_eq!(needle("a\" OR \"b").fts(false), "body : \"a\"\" OR \"\"b\"");
        assert!(needle("x").fts(true).starts_with("{body raw} :"));
    }
}
