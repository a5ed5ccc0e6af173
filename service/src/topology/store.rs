//! Queries for the graph of devices.

use entity::{device, interface};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

type Answer<T> = std::result::Result<T, DbErr>;

/// Values of one statement.
const VALUES: usize = 1_000;

/// What the graph shows of a device.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Known {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) name_key: String,
    pub(super) address: String,
    pub(super) platform: String,
    pub(super) vendor: String,
    pub(super) site: String,
    pub(super) role: String,
    pub(super) model: String,
}

/// All devices, by name.
pub(super) async fn devices(db: &impl ConnectionTrait) -> Answer<Vec<Known>> {
    use device::Column;
    device::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Name,
            Column::NameKey,
            Column::Address,
            Column::Platform,
            Column::Vendor,
            Column::Site,
            Column::Role,
            Column::Model,
        ])
        .order_by_asc(Column::NameKey)
        .into_model()
        .all(db)
        .await
}

/// The devices that have an interface with one of these MAC addresses.
pub(super) async fn of_macs(db: &impl ConnectionTrait, macs: &[i64]) -> Answer<Vec<(i64, Uuid)>> {
    use interface::Column;
    let mut found = Vec::new();
    for some in macs.chunks(VALUES) {
        let rows: Vec<(i64, Uuid)> = interface::Entity::find()
            .select_only()
            .column(Column::Mac)
            .column(Column::DeviceId)
            .filter(Column::Mac.is_in(some.iter().copied()))
            .filter(Column::ClosedAt.is_null())
            .distinct()
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}
