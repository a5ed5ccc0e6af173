//! Queries for two collections beside each other.

use entity::{
    capture::{self, Verdict},
    collection_device::{self, DeviceStatus},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

type Answer<T> = std::result::Result<T, DbErr>;

/// What a comparison needs of a device of a collection.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Ran {
    pub(super) device_id: Uuid,
    pub(super) device_name: String,
    pub(super) status: DeviceStatus,
    pub(super) failure_kind: Option<String>,
    pub(super) message: String,
    pub(super) duration_ms: Option<i64>,
}

/// All devices of a collection, by position, without what was captured of them.
pub(super) async fn ran(db: &impl ConnectionTrait, id: Uuid) -> Answer<Vec<Ran>> {
    use collection_device::Column;
    collection_device::Entity::find()
        .select_only()
        .columns([
            Column::DeviceId,
            Column::DeviceName,
            Column::Status,
            Column::FailureKind,
            Column::Message,
            Column::DurationMs,
        ])
        .filter(Column::CollectionId.eq(id))
        .order_by_asc(Column::Position)
        .into_model()
        .all(db)
        .await
}

/// Which text a complete capture has.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Stored {
    pub(super) device_id: Uuid,
    pub(super) capture_type: String,
    pub(super) text_id: i64,
}

/// The texts of the complete captures of a collection, in the order of the captures. Equal texts are the same one.
pub(super) async fn stored(db: &impl ConnectionTrait, id: Uuid) -> Answer<Vec<Stored>> {
    use capture::Column;
    capture::Entity::find()
        .select_only()
        .columns([Column::DeviceId, Column::CaptureType, Column::TextId])
        .filter(Column::CollectionId.eq(id))
        .filter(Column::Verdict.eq(Verdict::Complete))
        .filter(Column::TextId.is_not_null())
        .order_by_asc(Column::Id)
        .into_model()
        .all(db)
        .await
}
