//! The events of a collection: in pages of the API with their types, and as they are over WebSockets and event streams.

use std::collections::BTreeMap;

use poem_openapi::{
    Object, Union,
    types::{Example, ParseFromJSON},
};
use service::collections::StoredEvent;
use uuid::Uuid;

use super::view::{Counts, example_id};
use crate::time::Time;

macro_rules! event {
    ($(#[$doc:meta])* $name:ident, $data:ident) => {
        $(#[$doc])*
        #[derive(Object)]
        pub(crate) struct $name {
            /// Number of the event in its collection, from 1, without gaps.
            seq: i64,
            /// When it happened.
            at: Time,
            /// The collection.
            collection_id: Uuid,
            /// What happened.
            data: $data,
        }
    };
}

event!(
    /// How far the collection is; at most four a second.
    CollectionProgressEvent, CollectionProgress
);
event!(
    /// A session to a device begins.
    DeviceStartedEvent, DeviceStarted
);
event!(
    /// A capture type of a device ended.
    CaptureCompletedEvent, CaptureCompleted
);
event!(
    /// A device ended.
    DeviceCompletedEvent, DeviceCompleted
);
event!(
    /// Something went wrong with the collection as a whole.
    CollectionErrorEvent, CollectionError
);
event!(
    /// The collection ended; there is no further event.
    CollectionCompleteEvent, CollectionComplete
);

/// How far the collection is.
#[derive(Object)]
pub(crate) struct CollectionProgress {
    stage: String,
    /// Percent of the devices that have ended.
    progress: u32,
    message: String,
    /// Devices that have ended.
    completed: u32,
    total: u32,
    counts: Counts,
}

/// A session begins.
#[derive(Object)]
pub(crate) struct DeviceStarted {
    device_id: Uuid,
    device_name: String,
    ip_address: String,
    /// 1 for the first try.
    attempt: i32,
}

/// A capture type ended.
#[derive(Object)]
pub(crate) struct CaptureCompleted {
    device_id: Uuid,
    device_name: String,
    capture_id: Uuid,
    capture_type: String,
    verdict: String,
    bytes: u64,
}

/// A device ended.
#[derive(Object)]
pub(crate) struct DeviceCompleted {
    device_id: Uuid,
    device_name: String,
    success: bool,
    message: String,
    status: String,
    #[oai(skip_serializing_if_is_none)]
    failure_kind: Option<String>,
    duration_ms: i64,
}

/// Something went wrong.
#[derive(Object)]
pub(crate) struct CollectionError {
    error: String,
}

/// A device that did not succeed.
#[derive(Object)]
pub(crate) struct FailedDevice {
    device_name: String,
    #[oai(skip_serializing_if_is_none)]
    failure_kind: Option<String>,
    message: String,
}

/// The collection ended.
#[derive(Object)]
pub(crate) struct CollectionComplete {
    success: bool,
    status: String,
    devices_succeeded: u32,
    devices_failed: u32,
    /// Complete captures by type.
    captures_created: BTreeMap<String, u64>,
    /// Whether every complete capture was loaded into the tables; null when that was not asked for or is not known yet.
    loaded_to_db: Option<bool>,
    /// Seconds.
    execution_time: f64,
    /// The first hundred.
    failed_devices: Vec<FailedDevice>,
    failed_devices_truncated: bool,
}

/// Something that happened in a collection.
#[derive(Union)]
#[oai(discriminator_name = "type", one_of)]
pub(crate) enum CollectionEvent {
    #[oai(mapping = "collection_progress")]
    Progress(CollectionProgressEvent),
    #[oai(mapping = "device_started")]
    Started(DeviceStartedEvent),
    #[oai(mapping = "capture_completed")]
    Captured(CaptureCompletedEvent),
    #[oai(mapping = "device_completed")]
    Completed(DeviceCompletedEvent),
    #[oai(mapping = "collection_error")]
    Trouble(CollectionErrorEvent),
    #[oai(mapping = "collection_complete")]
    Ended(CollectionCompleteEvent),
}

impl CollectionEvent {
    /// A stored event with its type; `None` for one that a newer version wrote.
    pub(crate) fn read(stored: &StoredEvent) -> Option<Self> {
        Self::parse_from_json(serde_json::from_str(&stored.json).ok()?).ok()
    }
}

/// Events after a number.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CollectionEventPage {
    /// The events, in order.
    pub(crate) items: Vec<CollectionEvent>,
    /// Number of the last event that is stored.
    pub(crate) last_seq: i64,
    /// Whether there will be no more.
    pub(crate) finished: bool,
}

impl Example for CollectionEventPage {
    fn example() -> Self {
        let data = DeviceStarted {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            ip_address: "10.20.0.11".to_owned(),
            attempt: 1,
        };
        let event = DeviceStartedEvent {
            seq: 17,
            at: Time(1_769_841_000_050),
            collection_id: example_id(),
            data,
        };
        Self {
            items: vec![CollectionEvent::Started(event)],
            last_seq: 17,
            finished: false,
        }
    }
}
