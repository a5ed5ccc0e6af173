//! Collections, their devices, failures and plans, as answers show them.

use std::collections::BTreeMap;

use entity::{collection, collection_device};
use poem_openapi::{
    Object,
    types::{Any, Example},
};
use service::collections::{self as app, CaptureEntry, Counts as AppCounts};
use uuid::Uuid;

use super::request::Options;
use crate::time::Time;

/// An id for examples.
pub(crate) fn example_id() -> Uuid {
    Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d90)
}

/// How many devices stand where. They add up to `total`.
#[derive(Object, Clone)]
#[oai(rename = "CollectionCounts", example)]
pub(crate) struct Counts {
    total: u32,
    queued: u32,
    running: u32,
    succeeded: u32,
    partially_succeeded: u32,
    failed: u32,
    cancelled: u32,
}

impl Example for Counts {
    fn example() -> Self {
        AppCounts {
            total: 3,
            succeeded: 2,
            failed: 1,
            ..AppCounts::default()
        }
        .into()
    }
}

impl From<AppCounts> for Counts {
    fn from(counts: AppCounts) -> Self {
        Self {
            total: counts.total,
            queued: counts.queued,
            running: counts.running,
            succeeded: counts.succeeded,
            partially_succeeded: counts.partially_succeeded,
            failed: counts.failed,
            cancelled: counts.cancelled,
        }
    }
}

/// One run over many devices.
#[derive(Object)]
#[oai(example)]
pub(crate) struct Collection {
    /// Id.
    pub(crate) id: Uuid,
    /// What people call it.
    name: String,
    /// `queued running cancelling succeeded partially_succeeded failed cancelled`.
    status: String,
    /// `queued collecting loading finished`.
    stage: String,
    /// Percent of the devices that have ended.
    progress: u32,
    /// How many devices stand where.
    counts: Counts,
    /// What is captured.
    capture_types: Vec<String>,
    /// Numbers and limits.
    options: Options,
    /// Filters that chose the devices.
    #[oai(skip_serializing_if_is_none)]
    filters: Option<Any<serde_json::Value>>,
    /// The collection whose failed devices these are.
    #[oai(skip_serializing_if_is_none)]
    retry_of: Option<Uuid>,
    /// Who started it.
    created_by: String,
    /// When it was asked for.
    created_at: Time,
    /// When the first device began.
    #[oai(skip_serializing_if_is_none)]
    started_at: Option<Time>,
    /// When it ended.
    #[oai(skip_serializing_if_is_none)]
    finished_at: Option<Time>,
    /// Time it took.
    #[oai(skip_serializing_if_is_none)]
    execution_time_seconds: Option<f64>,
    /// Devices that succeeded.
    devices_succeeded: u32,
    /// All other devices that have ended.
    devices_failed: u32,
    /// Complete captures by type.
    captures_created: BTreeMap<String, u64>,
    /// Commands that devices answered.
    commands_executed: i64,
    /// Whether every complete capture was loaded into the tables; null when that was not asked for or is not known yet.
    loaded_to_db: Option<bool>,
    /// A sentence for people.
    message: String,
    /// Number of the last event that this takes in.
    last_seq: i64,
    /// What may be done with it now.
    actions: Vec<String>,
}

impl Example for Collection {
    fn example() -> Self {
        Self {
            id: example_id(),
            name: "nightly".to_owned(),
            status: "partially_succeeded".to_owned(),
            stage: "finished".to_owned(),
            progress: 100,
            counts: Counts::example(),
            capture_types: vec!["configs".to_owned()],
            options: Options::example(),
            filters: None,
            retry_of: None,
            created_by: "maria".to_owned(),
            created_at: Time(1_769_841_000_000),
            started_at: Some(Time(1_769_841_000_050)),
            finished_at: Some(Time(1_769_841_002_400)),
            execution_time_seconds: Some(2.35),
            devices_succeeded: 2,
            devices_failed: 1,
            captures_created: BTreeMap::from([("configs".to_owned(), 2)]),
            commands_executed: 3,
            loaded_to_db: None,
            message: "Collection complete! 2 succeeded, 1 failed".to_owned(),
            last_seq: 12,
            actions: vec!["retry".to_owned(), "delete".to_owned()],
        }
    }
}

impl From<collection::Model> for Collection {
    fn from(row: collection::Model) -> Self {
        let counts = AppCounts::stored(&row);
        let mut actions = Vec::new();
        match row.finished_at {
            None => actions.push("cancel"),
            Some(_) => {
                if counts.succeeded < counts.total {
                    actions.push("retry");
                }
                actions.push("delete");
            }
        }
        let options: app::CollectionOptions = serde_json::from_value(row.options).unwrap_or_default();
        Self {
            id: row.id,
            name: row.name,
            status: row.status.as_str().to_owned(),
            stage: row.stage.as_str().to_owned(),
            progress: counts.progress(),
            counts: counts.into(),
            capture_types: serde_json::from_value(row.capture_types).unwrap_or_default(),
            options: options.into(),
            filters: (!row.filters.is_null()).then_some(Any(row.filters)),
            retry_of: row.retry_of,
            created_by: row.created_by,
            created_at: Time(row.created_at),
            started_at: row.started_at.map(Time),
            finished_at: row.finished_at.map(Time),
            execution_time_seconds: row.execution_ms.map(app::seconds),
            devices_succeeded: counts.succeeded,
            devices_failed: counts.done().saturating_sub(counts.succeeded),
            captures_created: serde_json::from_value(row.captures_created).unwrap_or_default(),
            commands_executed: row.commands_executed,
            loaded_to_db: row.loaded_to_db,
            message: row.message,
            last_seq: row.last_seq,
            actions: actions.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// What came of one capture type of a device.
#[derive(Object)]
#[oai(example)]
pub(crate) struct DeviceCapture {
    /// The capture; absent when the type never ran.
    #[oai(skip_serializing_if_is_none)]
    id: Option<Uuid>,
    /// Capture type.
    capture_type: String,
    /// `complete truncated rejected empty not_run suspicious`.
    verdict: String,
    /// Size of the text.
    bytes: u64,
    /// Lines of the text.
    lines: u64,
    /// Why it is not complete.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for DeviceCapture {
    fn example() -> Self {
        Self {
            id: Some(example_id()),
            capture_type: "configs".to_owned(),
            verdict: "complete".to_owned(),
            bytes: 14_120,
            lines: 430,
            message: None,
        }
    }
}

impl From<CaptureEntry> for DeviceCapture {
    fn from(entry: CaptureEntry) -> Self {
        Self {
            id: entry.id,
            capture_type: entry.capture_type,
            verdict: entry.verdict.as_str().to_owned(),
            bytes: entry.bytes,
            lines: entry.lines,
            message: entry.message,
        }
    }
}

/// A device of a collection.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CollectionDevice {
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// Its address then.
    ip_address: String,
    /// Its platform, given or found out.
    platform: String,
    /// Where it stands.
    site: String,
    /// `queued running succeeded partially_succeeded failed cancelled`.
    status: String,
    /// The first thing that went wrong.
    #[oai(skip_serializing_if_is_none)]
    failure_kind: Option<String>,
    /// A sentence for people.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// Tries so far; 0: not begun.
    attempt: i32,
    /// When the last try began.
    #[oai(skip_serializing_if_is_none)]
    started_at: Option<Time>,
    /// When it ended.
    #[oai(skip_serializing_if_is_none)]
    finished_at: Option<Time>,
    /// Time it took.
    #[oai(skip_serializing_if_is_none)]
    duration_ms: Option<i64>,
    /// What came of each type.
    captures: Vec<DeviceCapture>,
}

impl Example for CollectionDevice {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            ip_address: "10.20.0.11".to_owned(),
            platform: "cisco_ios".to_owned(),
            site: "ams".to_owned(),
            status: "succeeded".to_owned(),
            failure_kind: None,
            message: Some("1 capture".to_owned()),
            attempt: 1,
            started_at: Some(Time(1_769_841_000_050)),
            finished_at: Some(Time(1_769_841_001_200)),
            duration_ms: Some(1150),
            captures: vec![DeviceCapture::example()],
        }
    }
}

impl From<collection_device::Model> for CollectionDevice {
    fn from(row: collection_device::Model) -> Self {
        let captures: Vec<CaptureEntry> = serde_json::from_value(row.captures).unwrap_or_default();
        Self {
            device_id: row.device_id,
            device_name: row.device_name,
            ip_address: row.address,
            platform: row.platform,
            site: row.site,
            status: row.status.as_str().to_owned(),
            failure_kind: row.failure_kind,
            message: Some(row.message).filter(|message| !message.is_empty()),
            attempt: row.attempt,
            started_at: row.started_at.map(Time),
            finished_at: row.finished_at.map(Time),
            duration_ms: row.duration_ms,
            captures: captures.into_iter().map(Into::into).collect(),
        }
    }
}

/// Devices of a collection, and the number of the last event that they take in.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CollectionDevicePage {
    /// The devices.
    pub(crate) items: Vec<CollectionDevice>,
    /// Where the next page begins; absent at the end.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) next_page_token: Option<String>,
    /// All devices, if asked for.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) total: Option<u64>,
    /// Number of the last event that these take in.
    pub(crate) last_seq: i64,
}

impl Example for CollectionDevicePage {
    fn example() -> Self {
        Self {
            items: vec![CollectionDevice::example()],
            next_page_token: None,
            total: None,
            last_seq: 12,
        }
    }
}

/// Devices that failed for the same reason.
#[derive(Object)]
#[oai(example)]
pub(crate) struct FailureGroup {
    /// The reason.
    failure_kind: String,
    /// The reason in words.
    title: String,
    /// What a person can do.
    hint: String,
    /// How many devices.
    count: u64,
    /// Their ids, the first thousand.
    device_ids: Vec<Uuid>,
    /// Their names, the first twenty.
    device_names: Vec<String>,
}

impl Example for FailureGroup {
    fn example() -> Self {
        Self {
            failure_kind: "connect_timeout".to_owned(),
            title: "Connect timeout".to_owned(),
            hint: "Check that the device is up and that no firewall drops the connection.".to_owned(),
            count: 1,
            device_ids: vec![example_id()],
            device_names: vec!["ams-sw-01".to_owned()],
        }
    }
}

/// A reason in words, and what a person can do about it.
pub(crate) fn failure_words(failure_kind: &str) -> (String, &'static str) {
    let words = failure_kind.replace('_', " ");
    let mut letters = words.chars();
    let title = letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str());
    (title.unwrap_or_default(), app::failure_hint(failure_kind))
}

impl From<app::FailureGroup> for FailureGroup {
    fn from(group: app::FailureGroup) -> Self {
        Self {
            title: failure_words(&group.failure_kind).0,
            failure_kind: group.failure_kind,
            hint: group.hint.to_owned(),
            count: group.count,
            device_ids: group.device_ids,
            device_names: group.device_names,
        }
    }
}

/// Failed devices by reason, the most frequent first.
#[derive(Object)]
#[oai(example)]
pub(crate) struct FailureGroups {
    /// The reasons.
    pub(crate) items: Vec<FailureGroup>,
}

impl Example for FailureGroups {
    fn example() -> Self {
        Self {
            items: vec![FailureGroup::example()],
        }
    }
}

/// One capture type with its exact commands.
#[derive(Object)]
#[oai(example)]
pub(crate) struct PlannedCapture {
    /// Capture type.
    capture_type: String,
    /// The commands; none are known before a platform is found out.
    commands: Vec<String>,
}

impl Example for PlannedCapture {
    fn example() -> Self {
        Self {
            capture_type: "arp".to_owned(),
            commands: vec!["show ip arp".to_owned()],
        }
    }
}

impl From<app::PlannedType> for PlannedCapture {
    fn from(planned: app::PlannedType) -> Self {
        Self {
            capture_type: planned.capture_type,
            commands: planned.commands,
        }
    }
}

/// One capture type that is left out.
#[derive(Object)]
#[oai(example)]
pub(crate) struct SkippedCapture {
    /// Capture type.
    capture_type: String,
    /// Why.
    reason: String,
}

impl Example for SkippedCapture {
    fn example() -> Self {
        Self {
            capture_type: "mac".to_owned(),
            reason: "Linux has no template for mac".to_owned(),
        }
    }
}

/// What is done on one device.
#[derive(Object)]
#[oai(example)]
pub(crate) struct PlannedDevice {
    /// The device.
    device_id: Uuid,
    /// Its name.
    device_name: String,
    /// Its address.
    ip_address: String,
    /// Its platform.
    platform: String,
    /// What runs.
    capture_types: Vec<PlannedCapture>,
    /// What is left out.
    skipped: Vec<SkippedCapture>,
}

impl Example for PlannedDevice {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            ip_address: "10.20.0.11".to_owned(),
            platform: "cisco_ios".to_owned(),
            capture_types: vec![PlannedCapture::example()],
            skipped: Vec::new(),
        }
    }
}

/// How many devices run a capture type.
#[derive(Object)]
#[oai(example)]
pub(crate) struct PlannedType {
    /// Capture type.
    capture_type: String,
    /// Devices that run it.
    devices: u64,
    /// Devices that leave it out.
    skipped: u64,
}

impl Example for PlannedType {
    fn example() -> Self {
        Self {
            capture_type: "arp".to_owned(),
            devices: 1,
            skipped: 0,
        }
    }
}

/// The commands on devices of one platform.
#[derive(Object)]
#[oai(example)]
pub(crate) struct PlannedPlatform {
    /// Platform.
    platform: String,
    /// Devices.
    devices: u64,
    /// What runs on them.
    captures: Vec<PlannedCapture>,
}

impl Example for PlannedPlatform {
    fn example() -> Self {
        Self {
            platform: "cisco_ios".to_owned(),
            devices: 1,
            captures: vec![PlannedCapture::example()],
        }
    }
}

/// What a collection does: the exact commands, and what is left out and why.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CollectionPlan {
    /// Devices.
    devices_total: u64,
    /// Devices times their capture types.
    operations_total: u64,
    /// Commands that are sent.
    commands_total: u64,
    /// The first 500 devices, or a page of them.
    devices: Vec<PlannedDevice>,
    /// Whether there are more.
    devices_truncated: bool,
    /// Where the next page of devices begins; absent at the end, and for a collection that is only planned.
    #[oai(skip_serializing_if_is_none)]
    next_page_token: Option<String>,
    /// How many devices run each type.
    capture_types: Vec<PlannedType>,
    /// The commands on each platform.
    platforms: Vec<PlannedPlatform>,
    /// Devices that would be tried without any login; of a collection that was started, none.
    devices_without_credential: u64,
    /// What a person should know.
    warnings: Vec<String>,
}

impl Example for CollectionPlan {
    fn example() -> Self {
        Self {
            devices_total: 1,
            operations_total: 1,
            commands_total: 1,
            devices: vec![PlannedDevice::example()],
            devices_truncated: false,
            next_page_token: None,
            capture_types: vec![PlannedType::example()],
            platforms: vec![PlannedPlatform::example()],
            devices_without_credential: 0,
            warnings: Vec::new(),
        }
    }
}

impl From<app::CollectionPlan> for CollectionPlan {
    fn from(plan: app::CollectionPlan) -> Self {
        let device = |device: app::PlannedDevice| PlannedDevice {
            device_id: device.device_id,
            device_name: device.device_name,
            ip_address: device.ip_address,
            platform: device.platform,
            capture_types: device.capture_types.into_iter().map(Into::into).collect(),
            skipped: device
                .skipped
                .into_iter()
                .map(|one| SkippedCapture {
                    capture_type: one.capture_type,
                    reason: one.reason,
                })
                .collect(),
        };
        Self {
            devices_total: plan.devices_total,
            operations_total: plan.operations_total,
            commands_total: plan.commands_total,
            devices: plan.devices.into_iter().map(device).collect(),
            devices_truncated: plan.devices_truncated,
            next_page_token: plan.next_page_token,
            capture_types: plan
                .capture_types
                .into_iter()
                .map(|one| PlannedType {
                    capture_type: one.capture_type,
                    devices: one.devices,
                    skipped: one.skipped,
                })
                .collect(),
            platforms: plan
                .platforms
                .into_iter()
                .map(|one| PlannedPlatform {
                    platform: one.platform,
                    devices: one.devices,
                    captures: one.captures.into_iter().map(Into::into).collect(),
                })
                .collect(),
            devices_without_credential: plan.devices_without_credential,
            warnings: plan.warnings,
        }
    }
}
