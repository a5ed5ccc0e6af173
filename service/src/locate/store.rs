//! Queries for where something is.

use entity::{arp_entry, device, interface, load, mac_entry, neighbor};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

type Answer<T> = std::result::Result<T, DbErr>;

/// Rows of one table that are true now and are looked at.
pub(super) const OPEN: u64 = 300;
/// Rows of one table that were true once and are looked at.
pub(super) const CLOSED: u64 = 50;
/// MAC addresses on a port that are counted.
pub(super) const COUNTED: i64 = 1_000;

/// A row that says where something was seen.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Seen {
    pub(super) device_id: Uuid,
    pub(super) mac: Option<i64>,
    pub(super) interface: Option<String>,
    pub(super) record: String,
    pub(super) first_seen_at: i64,
    pub(super) last_seen_at: Option<i64>,
    pub(super) closed_at: Option<i64>,
}

macro_rules! seen {
    ($db:expr, $table:ident, $condition:expr, $order:expr) => {{
        let query = $table::Entity::find()
            .select_only()
            .column($table::Column::DeviceId)
            .column($table::Column::Mac)
            .column($table::Column::Interface)
            .column($table::Column::Record)
            .column($table::Column::FirstSeenAt)
            .column($table::Column::LastSeenAt)
            .column($table::Column::ClosedAt)
            .filter($condition);
        // In the order of an index, so that the newest of many are found without looking at all.
        let ordered =
            |query: sea_orm::Select<$table::Entity>| query.order_by_desc($order).order_by_desc($table::Column::Id);
        let open = ordered(query.clone().filter($table::Column::ClosedAt.is_null())).limit(OPEN);
        let mut rows = open.into_model::<Seen>().all($db).await?;
        let closed = ordered(query.filter($table::Column::ClosedAt.is_not_null())).limit(CLOSED);
        rows.extend(closed.into_model::<Seen>().all($db).await?);
        Ok(rows)
    }};
}

/// ARP entries of a MAC address.
pub(super) async fn arp_of_mac(db: &impl ConnectionTrait, mac: (i64, i64)) -> Answer<Vec<Seen>> {
    use arp_entry::Column::Mac;
    seen!(db, arp_entry, range(Mac, mac), Mac)
}

/// ARP entries of an address.
pub(super) async fn arp_of_ip(db: &impl ConnectionTrait, ip: &[u8]) -> Answer<Vec<Seen>> {
    use arp_entry::Column::Ip;
    seen!(db, arp_entry, Ip.eq(ip.to_vec()), Ip)
}

/// MAC table entries of a MAC address.
pub(super) async fn macs(db: &impl ConnectionTrait, mac: (i64, i64)) -> Answer<Vec<Seen>> {
    use mac_entry::Column::Mac;
    seen!(db, mac_entry, range(Mac, mac), Mac)
}

/// Neighbours with this chassis.
pub(super) async fn neighbors_of_mac(db: &impl ConnectionTrait, mac: (i64, i64)) -> Answer<Vec<Seen>> {
    use neighbor::Column::Mac;
    seen!(db, neighbor, range(Mac, mac), Mac)
}

/// Neighbours that are managed by an address.
pub(super) async fn neighbors_of_ip(db: &impl ConnectionTrait, ip: &[u8]) -> Answer<Vec<Seen>> {
    use neighbor::Column::Ip;
    seen!(db, neighbor, Ip.eq(ip.to_vec()), Ip)
}

/// Neighbours of a name, or of one with a domain behind it.
pub(super) async fn neighbors_of_name(db: &impl ConnectionTrait, name: &str) -> Answer<Vec<Seen>> {
    use neighbor::Column::Name;
    seen!(db, neighbor, named(db.get_database_backend(), "name", name), Name)
}

/// Interfaces with this MAC address.
pub(super) async fn interfaces_of_mac(db: &impl ConnectionTrait, mac: (i64, i64)) -> Answer<Vec<Seen>> {
    use interface::Column::Mac;
    seen!(db, interface, range(Mac, mac), Mac)
}

/// Rows of interfaces by device, name and beginning.
pub(super) async fn interfaces(db: &impl ConnectionTrait, rows: &[(Uuid, String, i64)]) -> Answer<Vec<Seen>> {
    use interface::Column;
    let mut any = Condition::any().add(Expr::value(false));
    for (device, name, begins) in rows {
        any = any.add(
            Condition::all()
                .add(Column::DeviceId.eq(*device))
                .add(Column::Interface.eq(name.as_str()))
                .add(Column::FirstSeenAt.eq(*begins)),
        );
    }
    seen!(db, interface, any, Column::DeviceId)
}

fn range(column: impl ColumnTrait, (low, high): (i64, i64)) -> Condition {
    Condition::all().add(match low == high {
        true => column.eq(low),
        false => column.between(low, high),
    })
}

/// A name, or one that goes on with a domain. By bytes, so that an index serves whatever the language of the database.
fn named(backend: DbBackend, column: &'static str, name: &str) -> Condition {
    let column = || match backend {
        DbBackend::Postgres => Expr::cust(format!("{column} COLLATE \"C\"")),
        _ => Expr::col(column),
    };
    let domain = Condition::all()
        .add(column().gte(format!("{name}.")))
        .add(column().lt(format!("{name}/")));
    Condition::any().add(column().eq(name)).add(domain)
}

/// Devices of a name, or of one with a domain behind it.
pub(super) async fn devices_named(db: &impl ConnectionTrait, name: &str, limit: u64) -> Answer<Vec<device::Model>> {
    use device::Column;
    // A name is found by an index; a name with a domain by reading the names, which are as few as devices are.
    let exact = device::Entity::find().filter(Column::NameKey.eq(name)).all(db).await?;
    if !exact.is_empty() {
        return Ok(exact);
    }
    device::Entity::find()
        .filter(named(db.get_database_backend(), "name_key", name))
        .order_by_asc(Column::NameKey)
        .limit(limit)
        .all(db)
        .await
}

/// Those of the names that are devices, and which.
pub(super) async fn known_names(db: &impl ConnectionTrait, names: &[String]) -> Answer<Vec<(String, Uuid)>> {
    device::Entity::find()
        .select_only()
        .column(device::Column::NameKey)
        .column(device::Column::Id)
        .filter(device::Column::NameKey.is_in(names))
        .into_tuple()
        .all(db)
        .await
}

/// What is heard on ports of a device now.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Heard {
    pub(super) device_id: Uuid,
    pub(super) interface: Option<String>,
    pub(super) mac: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) record: String,
}

/// What is heard on these ports now.
pub(super) async fn heard(db: &impl ConnectionTrait, ports: &[(Uuid, String)]) -> Answer<Vec<Heard>> {
    use neighbor::Column;
    if ports.is_empty() {
        return Ok(Vec::new());
    }
    let ports = ports.iter().map(|(device, port)| (*device, port.as_str()));
    neighbor::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::Interface)
        .column(Column::Mac)
        .column(Column::Name)
        .column(Column::Record)
        .filter(Expr::tuple([Expr::col(Column::DeviceId), Expr::col(Column::Interface)]).in_tuples(ports))
        .filter(Column::ClosedAt.is_null())
        .into_model()
        .all(db)
        .await
}

/// What is heard on any port of these devices now.
pub(super) async fn heard_by(db: &impl ConnectionTrait, devices: &[Uuid]) -> Answer<Vec<Heard>> {
    use neighbor::Column;
    if devices.is_empty() {
        return Ok(Vec::new());
    }
    neighbor::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::Interface)
        .column(Column::Mac)
        .column(Column::Name)
        .column(Column::Record)
        .filter(Column::DeviceId.is_in(devices.iter().copied()))
        .filter(Column::ClosedAt.is_null())
        .into_model()
        .all(db)
        .await
}

/// The MAC addresses that interfaces of these devices have now.
pub(super) async fn macs_of_interfaces(
    db: &impl ConnectionTrait,
    devices: &[Uuid],
    limit: u64,
) -> Answer<Vec<(Uuid, i64)>> {
    use interface::Column;
    if devices.is_empty() {
        return Ok(Vec::new());
    }
    interface::Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column(Column::Mac)
        .distinct()
        .filter(Column::DeviceId.is_in(devices.iter().copied()))
        .filter(Column::ClosedAt.is_null())
        .filter(Column::Mac.is_not_null())
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Whether one of the addresses is learned on a port now.
pub(super) async fn learned(db: &impl ConnectionTrait, device: Uuid, port: &str, macs: Vec<i64>) -> Answer<bool> {
    use mac_entry::Column;
    if macs.is_empty() {
        return Ok(false);
    }
    // Only the index of devices is asked: what a core switch is known by, and the name of a port, stand on every switch.
    let found = mac_entry::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DeviceId.eq(device))
        .filter(Expr::cust("(interface || '')").eq(port))
        .filter(Column::ClosedAt.is_null())
        .filter(Expr::col(Column::Mac).add(0_i64).is_in(macs))
        .limit(1)
        .into_tuple::<i64>()
        .one(db)
        .await?;
    Ok(found.is_some())
}

#[derive(FromQueryResult)]
struct Counted {
    place: i32,
    macs: i64,
}

/// How many MAC addresses are behind ports now, up to [`COUNTED`], in the order of the ports. The index of devices is asked:
/// many devices have a port of the same name.
pub(super) async fn counts(db: &impl ConnectionTrait, ports: &[(Uuid, String)]) -> Answer<Vec<i64>> {
    /// Ports of one statement: SQLite joins no more than 500 queries.
    const PORTS: usize = 100;
    let backend = db.get_database_backend();
    let mut counts = Vec::with_capacity(ports.len());
    for some in ports.chunks(PORTS) {
        let parts = some.iter().enumerate().map(|(place, _)| {
            let (device, port) = (place * 2 + 1, place * 2 + 2);
            format!(
                "SELECT {place} AS place, COUNT(*) AS macs FROM (SELECT 1 AS one FROM mac_entry WHERE device_id = \
                 ${device} AND (interface || '') = ${port} AND closed_at IS NULL LIMIT {COUNTED}) AS p{place}"
            )
        });
        let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
        let values = some
            .iter()
            .flat_map(|(device, port)| [Value::from(*device), Value::from(port.as_str())]);
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let mut rows = Counted::find_by_statement(statement).all(db).await?;
        rows.sort_by_key(|row| row.place);
        counts.extend(rows.into_iter().map(|row| row.macs));
    }
    Ok(counts)
}

/// When the tables of devices were last loaded, by capture type.
pub(super) async fn loaded(db: &impl ConnectionTrait, devices: &[Uuid]) -> Answer<Vec<(Uuid, String, Option<i64>)>> {
    load::Entity::find()
        .select_only()
        .column(load::Column::DeviceId)
        .column(load::Column::CaptureType)
        .column(load::Column::At)
        .filter(load::Column::DeviceId.is_in(devices.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}
