//! Preflights: whether devices can be reached and logged in to, without any command.

use entity::{collection, collection_device, collection_device::DeviceStatus};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service::collections::Counts as AppCounts;
use uuid::Uuid;

use super::{
    Tag,
    collections::{
        device_filter,
        request::CollectionCreate,
        view::{Counts, example_id},
    },
};
use crate::{
    auth::Auth,
    paging,
    problem::{Accepted, Result, Viewed},
    time::Time,
};

/// A look at whether devices can be reached and logged in to.
#[derive(Object)]
#[oai(example)]
struct Preflight {
    /// Id; its events are those of a collection of this id.
    id: Uuid,
    /// `running`, `finished` or `cancelled`.
    status: String,
    /// How many devices stand where.
    counts: Counts,
    /// When it was asked for.
    created_at: Time,
    /// When it ended.
    #[oai(skip_serializing_if_is_none)]
    finished_at: Option<Time>,
    /// Number of the last event that this takes in.
    last_seq: i64,
}

impl Example for Preflight {
    fn example() -> Self {
        Self {
            id: example_id(),
            status: "finished".to_owned(),
            counts: Counts::example(),
            created_at: Time(1_769_841_000_000),
            finished_at: Some(Time(1_769_841_001_000)),
            last_seq: 9,
        }
    }
}

impl From<collection::Model> for Preflight {
    fn from(row: collection::Model) -> Self {
        let status = match (row.status, row.finished_at) {
            (collection::CollectionStatus::Cancelled, _) => "cancelled",
            (_, Some(_)) => "finished",
            (_, None) => "running",
        };
        Self {
            id: row.id,
            status: status.to_owned(),
            counts: AppCounts::stored(&row).into(),
            created_at: Time(row.created_at),
            finished_at: row.finished_at.map(Time),
            last_seq: row.last_seq,
        }
    }
}

/// One step of a device.
#[derive(Object)]
#[oai(example)]
struct PreflightStep {
    /// `dns tcp host_key login platform privilege`.
    step: String,
    /// `ok`, `failed` or `skipped`.
    status: String,
    /// What went wrong.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for PreflightStep {
    fn example() -> Self {
        Self {
            step: "tcp".to_owned(),
            status: "ok".to_owned(),
            message: None,
        }
    }
}

/// What came of one device.
#[derive(Object)]
#[oai(example)]
struct PreflightDevice {
    /// The device.
    device_id: Uuid,
    /// Its name.
    device_name: String,
    /// Its address.
    ip_address: String,
    /// Its platform, given or found out.
    platform: String,
    /// Where it stands.
    status: String,
    /// Whether everything answered.
    ok: bool,
    /// Every step, in order.
    steps: Vec<PreflightStep>,
    /// The first thing that went wrong.
    #[oai(skip_serializing_if_is_none)]
    failure_kind: Option<String>,
    /// A sentence for people.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// Time it took.
    #[oai(skip_serializing_if_is_none)]
    duration_ms: Option<i64>,
}

impl Example for PreflightDevice {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            ip_address: "10.20.0.11".to_owned(),
            platform: "cisco_ios".to_owned(),
            status: "succeeded".to_owned(),
            ok: true,
            steps: vec![PreflightStep::example()],
            failure_kind: None,
            message: Some("Everything answered".to_owned()),
            duration_ms: Some(310),
        }
    }
}

impl From<collection_device::Model> for PreflightDevice {
    fn from(row: collection_device::Model) -> Self {
        let ok = row.status == DeviceStatus::Succeeded;
        let ended = row.finished_at.is_some();
        let steps = match ended {
            true => service::collections::preflight_steps(row.failure_kind.as_deref()),
            false => Vec::new(),
        };
        let message = Some(row.message).filter(|message| !message.is_empty());
        Self {
            device_id: row.device_id,
            device_name: row.device_name,
            ip_address: row.address,
            platform: row.platform,
            status: row.status.as_str().to_owned(),
            ok,
            steps: steps
                .into_iter()
                .map(|(step, status)| PreflightStep {
                    step: step.to_owned(),
                    status: status.to_owned(),
                    message: message.clone().filter(|_| status == "failed"),
                })
                .collect(),
            failure_kind: row.failure_kind,
            message,
            duration_ms: row.duration_ms,
        }
    }
}

/// Devices of a preflight.
#[derive(Object)]
#[oai(example)]
struct PreflightDevicePage {
    /// The devices.
    items: Vec<PreflightDevice>,
    /// Where the next page begins; absent at the end.
    #[oai(skip_serializing_if_is_none)]
    next_page_token: Option<String>,
    /// All devices, if asked for.
    #[oai(skip_serializing_if_is_none)]
    total: Option<u64>,
    /// Number of the last event that these take in.
    last_seq: i64,
}

impl Example for PreflightDevicePage {
    fn example() -> Self {
        Self {
            items: vec![PreflightDevice::example()],
            next_page_token: None,
            total: None,
            last_seq: 9,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Collection", prefix_path = "/preflights")]
impl Api {
    /// Start a preflight
    ///
    /// Name, port, host key, login, platform and rights of each device, and no command. Takes what a collection takes.
    #[oai(path = "/", method = "post", operation_id = "preflight_create")]
    async fn preflight_create(&self, auth: Auth, body: Json<CollectionCreate>) -> Result<Accepted<Preflight>> {
        let request = body.0.into_request()?;
        let row = auth.service().preflight_create(auth.actor(), request).await?;
        let location = format!("/api/v1/preflights/{}", row.id);
        Ok(Accepted::Ok(Json(row.into()), location))
    }

    /// View a preflight
    #[oai(path = "/:id", method = "get", operation_id = "preflight_view")]
    async fn preflight_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<Preflight>> {
        let row = auth.service().preflight_view(auth.actor(), id.0).await?;
        Ok(Viewed::of(row.into()))
    }

    /// List the devices of a preflight
    #[oai(path = "/:id/devices", method = "get", operation_id = "preflight_device_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn preflight_device_list(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// Where they stand.
        status: Query<Vec<String>>,
        /// Why they failed.
        failure_kind: Query<Vec<String>>,
        /// A part of the name.
        q: Query<Option<String>>,
    ) -> Result<Json<PreflightDevicePage>> {
        let service = auth.service();
        service.preflight_view(auth.actor(), id.0).await?;
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = device_filter(device_id.0, &status.0, failure_kind.0, q.0)?;
        let (page, last_seq) = service
            .collection_device_list(auth.actor(), id.0, &filter, &page)
            .await?;
        Ok(Json(PreflightDevicePage {
            items: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total: page.total,
            last_seq,
        }))
    }
}
