//! Queries of devices.

use entity::{credential, device, device_tag};
use sea_orm::{
    ActiveValue, Condition, DbErr, FromQueryResult, IntoActiveModel, QueryOrder, QuerySelect, Statement,
    prelude::*,
    sea_query::{ExprTrait, LikeExpr, Query},
};

use super::{
    Facet, Field,
    fields::tag_keys,
    filter::{Values, Wanted},
};
use crate::{
    error::Result,
    page::{Page, PageRequest},
};

/// What queries are asked of: a connection or a transaction.
pub(crate) trait Connection: ConnectionTrait {}

impl<C: ConnectionTrait> Connection for C {}

/// How many values one query compares with.
const CHUNK: usize = 1_000;
/// The most parameters of one statement: SQLite takes 32,766.
const INSERT: usize = 1_000;

/// Which page of the list, and its order.
pub(super) struct Listing<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) page: &'a PageRequest,
    /// The last name first.
    pub(super) descending: bool,
}

fn matches(column: device::Column, values: &Values) -> Option<Condition> {
    if values.is_any() {
        return None;
    }
    let mut any = Condition::any();
    if !values.equal.is_empty() {
        any = any.add(column.is_in(&values.equal));
    }
    for pattern in &values.like {
        any = any.add(Expr::col(column).like(LikeExpr::new(pattern).escape('\\')));
    }
    Some(any)
}

/// More devices than this with a label, and each device is asked for its labels instead of each label for its devices.
const COMMON: u64 = 5_000;

fn labels(values: &Values) -> Condition {
    let mut any = Condition::any();
    if !values.equal.is_empty() {
        any = any.add(device_tag::Column::Tag.is_in(&values.equal));
    }
    for pattern in &values.like {
        any = any.add(Expr::col(device_tag::Column::Tag).like(LikeExpr::new(pattern).escape('\\')));
    }
    any
}

/// Whether many devices have one of these labels.
async fn is_common(db: &impl ConnectionTrait, values: &Values) -> std::result::Result<bool, DbErr> {
    if values.is_any() {
        return Ok(false);
    }
    let found = device_tag::Entity::find().filter(labels(values)).limit(COMMON + 1);
    Ok(found.count(db).await? > COMMON)
}

fn tagged(values: &Values, common: bool) -> Option<Condition> {
    if values.is_any() {
        return None;
    }
    let mut devices = Query::select();
    devices
        .column(device_tag::Column::DeviceId)
        .from(device_tag::Entity)
        .cond_where(labels(values));
    let own =
        Expr::col((device_tag::Entity, device_tag::Column::DeviceId)).equals((device::Entity, device::Column::Id));
    Some(match common {
        true => Condition::all().add(Expr::exists(devices.and_where(own).to_owned())),
        false => Condition::all().add(device::Column::Id.in_subquery(devices.to_owned())),
    })
}

/// What a filter asks of a device.
pub(crate) fn condition(wanted: &Wanted) -> Condition {
    condition_with(wanted, false)
}

fn condition_with(wanted: &Wanted, common_tag: bool) -> Condition {
    let mut all = Condition::all();
    let fields = [
        (device::Column::VendorKey, &wanted.vendor),
        (device::Column::Platform, &wanted.platform),
        (device::Column::SiteKey, &wanted.site),
        (device::Column::RoleKey, &wanted.role),
        (device::Column::NameKey, &wanted.name),
    ];
    for (column, values) in fields {
        if let Some(condition) = matches(column, values) {
            all = all.add(condition);
        }
    }
    if let Some(condition) = tagged(&wanted.tag, common_tag) {
        all = all.add(condition);
    }
    for pattern in &wanted.words {
        all = all.add(Expr::col(device::Column::Search).like(LikeExpr::new(pattern).escape('\\')));
    }
    if let Some(enabled) = wanted.enabled {
        all = all.add(device::Column::Enabled.eq(enabled));
    }
    all
}

/// A page by name. The names are found first, from the indexes alone where they suffice, and the rows of one page then.
pub(super) async fn list(db: &impl ConnectionTrait, listing: &Listing<'_>) -> Result<Page<device::Model>> {
    let Listing {
        wanted,
        page,
        descending,
    } = *listing;
    let key = format!("device {wanted:?} {descending}");
    let common_tag = is_common(db, &wanted.tag).await?;
    let found = device::Entity::find().filter(condition_with(wanted, common_tag));
    let total = match page.include_total {
        true => Some(found.clone().count(db).await?),
        false => None,
    };
    let mut names = found
        .select_only()
        .column(device::Column::NameKey)
        .limit(page.limit() + 1);
    let from = page.cursor::<String>(&key)?;
    names = match descending {
        true => names.order_by_desc(device::Column::NameKey),
        false => names.order_by_asc(device::Column::NameKey),
    };
    if let Some(from) = from {
        names = names.filter(match descending {
            true => device::Column::NameKey.lt(from),
            false => device::Column::NameKey.gt(from),
        });
    }
    let names: Vec<String> = names.into_tuple().all(db).await?;
    let rows = device::Entity::find().filter(device::Column::NameKey.is_in(names));
    let rows = match descending {
        true => rows.order_by_desc(device::Column::NameKey),
        false => rows.order_by_asc(device::Column::NameKey),
    };
    let rows = rows.all(db).await?;
    Ok(Page {
        total,
        ..page.page(&key, rows, |row| row.name_key.clone())
    })
}

/// The next devices behind `after` by site and name, for reading all of them in parts.
pub(crate) async fn next(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    after: Option<&(String, String)>,
    limit: u64,
) -> std::result::Result<Vec<device::Model>, DbErr> {
    let mut query = device::Entity::find().filter(condition(wanted));
    if let Some((site, name)) = after {
        let columns = [device::Column::SiteKey, device::Column::NameKey].map(Expr::col);
        let values = [site, name].map(|text| Expr::value(text.as_str()));
        query = query.filter(Expr::tuple(columns).gt(Expr::tuple(values)));
    }
    query
        .order_by_asc(device::Column::SiteKey)
        .order_by_asc(device::Column::NameKey)
        .limit(limit)
        .all(db)
        .await
}

/// All devices of a filter, by name.
pub(super) async fn all(db: &impl ConnectionTrait, wanted: &Wanted) -> std::result::Result<Vec<device::Model>, DbErr> {
    device::Entity::find()
        .filter(condition(wanted))
        .order_by_asc(device::Column::NameKey)
        .all(db)
        .await
}

/// The ids of all devices of a filter.
pub(crate) async fn ids(db: &impl Connection, wanted: &Wanted) -> std::result::Result<Vec<Uuid>, DbErr> {
    let found = device::Entity::find().filter(condition(wanted)).select_only();
    found.column(device::Column::Id).into_tuple().all(db).await
}

/// Those of the ids that a filter lets through.
pub(crate) async fn ids_among(
    db: &impl Connection,
    wanted: &Wanted,
    ids: &[Uuid],
) -> std::result::Result<Vec<Uuid>, DbErr> {
    let among = device::Column::Id.is_in(ids.iter().copied());
    let found = device::Entity::find().filter(condition(wanted)).filter(among).select_only();
    found.column(device::Column::Id).into_tuple().all(db).await
}

/// Those of the ids that are devices, and of these the ones that the filter lets through.
pub(super) async fn of_ids(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
    wanted: &Wanted,
) -> std::result::Result<(Vec<Uuid>, Vec<device::Model>), DbErr> {
    let mut known = Vec::with_capacity(ids.len());
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let chunk = device::Entity::find().filter(device::Column::Id.is_in(chunk.iter().copied()));
        let found: Vec<Uuid> = chunk
            .clone()
            .select_only()
            .column(device::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        known.extend(found);
        rows.extend(chunk.filter(condition(wanted)).all(db).await?);
    }
    Ok((known, rows))
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<Option<device::Model>, DbErr> {
    device::Entity::find_by_id(id).one(db).await
}

/// The same for changing it: until the transaction ends nobody else does.
pub(super) async fn find_to_change(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> std::result::Result<Option<device::Model>, DbErr> {
    device::Entity::find_by_id(id).lock_exclusive().one(db).await
}

/// The devices that have one of these names.
pub(crate) async fn named(
    db: &impl ConnectionTrait,
    keys: &[String],
) -> std::result::Result<Vec<device::Model>, DbErr> {
    device::Entity::find()
        .filter(device::Column::NameKey.is_in(keys))
        .all(db)
        .await
}

/// Names, addresses and ports of the devices at one of these addresses.
pub(crate) async fn at_addresses(
    db: &impl ConnectionTrait,
    addresses: &[String],
) -> std::result::Result<Vec<(Uuid, String, String, i32)>, DbErr> {
    device::Entity::find()
        .filter(device::Column::Address.is_in(addresses))
        .select_only()
        .column(device::Column::Id)
        .column(device::Column::Name)
        .column(device::Column::Address)
        .column(device::Column::Port)
        .into_tuple()
        .all(db)
        .await
}

/// Whether there is a credential of this id.
pub(super) async fn has_credential(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<bool, DbErr> {
    Ok(credential::Entity::find_by_id(id).count(db).await? > 0)
}

/// Ids of the credentials, by their names for comparing.
pub(crate) async fn credential_names(
    db: &impl ConnectionTrait,
) -> std::result::Result<Vec<(Uuid, String, String)>, DbErr> {
    credential::Entity::find()
        .select_only()
        .column(credential::Column::Id)
        .column(credential::Column::NameKey)
        .column(credential::Column::Name)
        .into_tuple()
        .all(db)
        .await
}

/// Writes new devices with their labels.
pub(crate) async fn insert(db: &impl ConnectionTrait, devices: &[device::Model]) -> std::result::Result<(), DbErr> {
    for chunk in devices.chunks(INSERT) {
        let rows = chunk.iter().map(|device| device.clone().into_active_model());
        device::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    insert_tags(db, devices).await
}

async fn insert_tags(db: &impl ConnectionTrait, devices: &[device::Model]) -> std::result::Result<(), DbErr> {
    let labels = |device: &device::Model| {
        let device_id = device.id;
        let label = move |tag| device_tag::Model { tag, device_id };
        tag_keys(device).into_iter().map(label)
    };
    let labels: Vec<device_tag::Model> = devices.iter().flat_map(labels).collect();
    for chunk in labels.chunks(INSERT) {
        let rows = chunk.iter().map(|label| label.clone().into_active_model());
        device_tag::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes a changed device.
pub(crate) async fn update(db: &impl ConnectionTrait, device: &device::Model) -> std::result::Result<(), DbErr> {
    let mut row = device.clone().into_active_model().reset_all();
    // Collections write this one, perhaps at this moment.
    row.last_collected_at = ActiveValue::NotSet;
    device::Entity::update(row).exec(db).await?;
    remove_tags(db, device.id).await?;
    insert_tags(db, std::slice::from_ref(device)).await
}

async fn remove_tags(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<(), DbErr> {
    device_tag::Entity::delete_many()
        .filter(device_tag::Column::DeviceId.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes a device. What was collected from it stays.
pub(super) async fn delete(db: &impl ConnectionTrait, id: Uuid) -> std::result::Result<(), DbErr> {
    remove_tags(db, id).await?;
    device::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Counted {
    shown: String,
    devices: i64,
}

/// The most values of a field that are counted.
const MAX_FACETS: usize = 5_000;

/// Every value of a field with the number of its devices; a value is shown as one of the devices writes it.
pub(super) async fn facets(db: &impl ConnectionTrait, field: Field) -> std::result::Result<Vec<Facet>, DbErr> {
    // No text from outside stands in these.
    let of_device = |key: &str, shown: &str| {
        format!(
            "SELECT (SELECT d.{shown} FROM device AS d WHERE d.{key} = device.{key} LIMIT 1) AS shown, \
             COUNT(*) AS devices FROM device WHERE {key} <> '' GROUP BY {key} ORDER BY {key} LIMIT {MAX_FACETS}"
        )
    };
    let sql = match field {
        Field::Vendor => of_device("vendor_key", "vendor"),
        Field::Platform => of_device("platform", "platform"),
        Field::Site => of_device("site_key", "site"),
        Field::Role => of_device("role_key", "role"),
        Field::Tag => format!(
            "SELECT tag AS shown, COUNT(*) AS devices FROM device_tag GROUP BY tag ORDER BY tag LIMIT {MAX_FACETS}"
        ),
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let counted = Counted::find_by_statement(statement).all(db).await?;
    let facet = |counted: Counted| Facet {
        value: counted.shown,
        count: u64::try_from(counted.devices).unwrap_or_default(),
    };
    Ok(counted.into_iter().map(facet).collect())
}

/// How many devices there are.
pub(super) async fn count(db: &impl ConnectionTrait) -> std::result::Result<u64, DbErr> {
    device::Entity::find().count(db).await
}
