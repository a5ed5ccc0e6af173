//! What failed lately, over all collections.

use poem_openapi::{Enum, Object, OpenApi, param::Query, payload::Json, types::Example};
use service::failures::{self as app, FailureFilter};
use uuid::Uuid;

use super::{
    Tag,
    collections::view::{example_id, failure_words},
};
use crate::{auth::Auth, problem::Result, time::Time};

/// By what failures are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum FailureBy {
    /// The first thing that went wrong.
    FailureKind,
    /// The device.
    Device,
    /// The site that the device stood at.
    Site,
}

impl From<FailureBy> for app::FailureBy {
    fn from(by: FailureBy) -> Self {
        match by {
            FailureBy::FailureKind => Self::Kind,
            FailureBy::Device => Self::Device,
            FailureBy::Site => Self::Site,
        }
    }
}

/// How often something went wrong.
#[derive(Object)]
#[oai(example)]
struct FailureCount {
    /// The cause.
    failure_kind: String,
    /// The cause in words.
    title: String,
    /// What a person can do.
    hint: String,
    /// How often.
    failures: u64,
}

impl Example for FailureCount {
    fn example() -> Self {
        Self {
            failure_kind: "connect_timeout".to_owned(),
            title: "Connect timeout".to_owned(),
            hint: "Check that the device is up and that no firewall drops the connection.".to_owned(),
            failures: 4,
        }
    }
}

impl From<(String, u64)> for FailureCount {
    fn from((failure_kind, failures): (String, u64)) -> Self {
        let (title, hint) = failure_words(&failure_kind);
        Self {
            failure_kind,
            title,
            hint: hint.to_owned(),
            failures,
        }
    }
}

/// A device that failed.
#[derive(Object)]
#[oai(example)]
struct FailingDevice {
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// The site that it stood at.
    site: String,
    /// The last collection in which it failed.
    collection_id: Uuid,
    /// What was said then.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for FailingDevice {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            site: "ams".to_owned(),
            collection_id: example_id(),
            message: Some("No answer within 10 seconds".to_owned()),
        }
    }
}

impl From<app::FailedDevice> for FailingDevice {
    fn from(device: app::FailedDevice) -> Self {
        Self {
            device_id: device.device_id,
            device_name: device.device_name,
            site: device.site,
            collection_id: device.collection_id,
            message: Some(device.message).filter(|message| !message.is_empty()),
        }
    }
}

/// Failures that have something in common: the cause, the device, or the site.
#[derive(Object)]
#[oai(example)]
struct Failures {
    /// How many: each device of each collection counts.
    failures: u64,
    /// How many devices.
    devices: u64,
    /// When the first one happened.
    first_at: Time,
    /// When the last one happened.
    last_at: Time,
    /// The causes, the most frequent first.
    causes: Vec<FailureCount>,
    /// The devices, the one that failed last first: a hundred of them at most.
    sample: Vec<FailingDevice>,
}

impl Example for Failures {
    fn example() -> Self {
        Self {
            failures: 4,
            devices: 1,
            first_at: Time(1_769_841_000_900),
            last_at: Time(1_769_927_400_900),
            causes: vec![FailureCount::example()],
            sample: vec![FailingDevice::example()],
        }
    }
}

impl From<app::Failures> for Failures {
    fn from(group: app::Failures) -> Self {
        Self {
            failures: group.failures,
            devices: group.devices,
            first_at: Time(group.first_at),
            last_at: Time(group.last_at),
            causes: group.kinds.into_iter().map(Into::into).collect(),
            sample: group.sample.into_iter().map(Into::into).collect(),
        }
    }
}

/// What failed lately.
#[derive(Object)]
#[oai(example)]
struct FailureSummary {
    /// From here on collections were looked at.
    since: Time,
    /// Collections that were started since.
    collections: u64,
    /// Devices of them that succeeded, whatever is filtered; a device counts in each collection that has it.
    devices_succeeded: u64,
    /// Devices of them that ended otherwise, whatever is filtered.
    devices_failed: u64,
    /// Groups of failures, those with the most first.
    items: Vec<Failures>,
    /// Groups in all.
    total: u64,
}

impl Example for FailureSummary {
    fn example() -> Self {
        Self {
            since: Time(1_769_841_000_000),
            collections: 4,
            devices_succeeded: 96,
            devices_failed: 4,
            items: vec![Failures::example()],
            total: 1,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Question")]
impl Api {
    /// View what failed lately
    ///
    /// Over all collections that were started since then, by cause, device or site.
    #[oai(path = "/failures", method = "get", operation_id = "failure_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn failure_list(
        &self,
        auth: Auth,
        /// Collections that were started at this time or later: in the last 24 hours unless given.
        since: Query<Option<Time>>,
        /// What failures have in common in a group: the cause unless given.
        by: Query<Option<FailureBy>>,
        /// Only these causes.
        failure_kind: Query<Vec<String>>,
        /// Only these devices, by their ids.
        device_id: Query<Vec<Uuid>>,
        /// Only these sites.
        site: Query<Vec<String>>,
        /// Groups: 100, at most 1000.
        limit: Query<Option<u64>>,
    ) -> Result<Json<FailureSummary>> {
        let filter = FailureFilter {
            since: since.0.map(|time| time.0),
            by: by.0.map(Into::into).unwrap_or_default(),
            failure_kind: failure_kind.0,
            device_id: device_id.0,
            site: site.0,
            limit: limit.0,
        };
        let summary = auth.service().failures(auth.actor(), &filter).await?;
        Ok(Json(FailureSummary {
            since: Time(summary.since),
            collections: summary.outcomes.collections,
            devices_succeeded: summary.outcomes.succeeded,
            devices_failed: summary.outcomes.failed,
            items: summary.groups.into_iter().map(Into::into).collect(),
            total: summary.total,
        }))
    }
}
