//! What came of a device in the collections that had it.

use entity::collection_device;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;

use super::{
    DEVICE_STATUSES,
    request::words,
    view::{CollectionDevice, example_id},
};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::Result,
    v1::Tag,
};

/// What came of a device in a collection.
#[derive(Object)]
#[oai(example)]
struct DeviceCollection {
    /// The collection.
    collection_id: Uuid,
    /// Its name.
    collection_name: String,
    /// The device in it.
    device: CollectionDevice,
}

impl Example for DeviceCollection {
    fn example() -> Self {
        Self {
            collection_id: example_id(),
            collection_name: "nightly".to_owned(),
            device: CollectionDevice::example(),
        }
    }
}

impl From<(collection_device::Model, String)> for DeviceCollection {
    fn from((row, collection_name): (collection_device::Model, String)) -> Self {
        Self {
            collection_id: row.collection_id,
            collection_name,
            device: row.into(),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Device", prefix_path = "/devices")]
impl Api {
    /// List the collections of a device, the newest first
    ///
    /// Also those in which no session came about.
    #[oai(path = "/:id/collections", method = "get", operation_id = "device_collection_list")]
    async fn device_collection_list(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// How it ended, or where it stands.
        status: Query<Vec<String>>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<DeviceCollection>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let status = words("status", &status.0, &DEVICE_STATUSES)?;
        let service = auth.service();
        let page = service
            .device_collection_list(auth.actor(), id.0, &status, &page)
            .await?;
        Ok(Json(Page::of(page, DeviceCollection::from)))
    }
}
