//! Two collections beside each other.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service::collections as app;
use uuid::Uuid;

use super::view::example_id;
use crate::{auth::Auth, paging, problem::Result, v1::Tag};

/// What is different about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum Difference {
    /// It succeeded before and does not any more.
    FailedNow,
    /// It succeeded neither before nor now.
    StillFailing,
    /// It succeeds again.
    Recovered,
    /// It succeeded both times, and at least one text is another one.
    Changed,
    /// It was not in the other collection.
    Added,
    /// It was in the other collection alone.
    Missing,
    /// It succeeded both times with the same texts.
    Same,
}

impl From<app::Difference> for Difference {
    fn from(difference: app::Difference) -> Self {
        match difference {
            app::Difference::FailedNow => Self::FailedNow,
            app::Difference::StillFailing => Self::StillFailing,
            app::Difference::Recovered => Self::Recovered,
            app::Difference::Changed => Self::Changed,
            app::Difference::Added => Self::Added,
            app::Difference::Missing => Self::Missing,
            app::Difference::Same => Self::Same,
        }
    }
}

impl From<Difference> for app::Difference {
    fn from(difference: Difference) -> Self {
        match difference {
            Difference::FailedNow => Self::FailedNow,
            Difference::StillFailing => Self::StillFailing,
            Difference::Recovered => Self::Recovered,
            Difference::Changed => Self::Changed,
            Difference::Added => Self::Added,
            Difference::Missing => Self::Missing,
            Difference::Same => Self::Same,
        }
    }
}

/// What came of a device in one of two collections.
#[derive(Object)]
#[oai(example)]
struct ComparedRun {
    /// How it ended.
    status: String,
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

impl Example for ComparedRun {
    fn example() -> Self {
        Self {
            status: "succeeded".to_owned(),
            failure_kind: None,
            message: Some("8 captures".to_owned()),
            duration_ms: Some(1150),
        }
    }
}

impl From<app::ComparedRun> for ComparedRun {
    fn from(run: app::ComparedRun) -> Self {
        Self {
            status: run.status.as_str().to_owned(),
            failure_kind: run.failure_kind,
            message: Some(run.message).filter(|message| !message.is_empty()),
            duration_ms: run.duration_ms,
        }
    }
}

/// A device in two collections.
#[derive(Object)]
#[oai(example)]
struct ComparedDevice {
    /// The device.
    device_id: Uuid,
    /// Its name.
    device_name: String,
    /// What is different.
    difference: Difference,
    /// In the collection that is compared with; absent where it was not there.
    #[oai(skip_serializing_if_is_none)]
    before: Option<ComparedRun>,
    /// In the collection itself; absent where it was not there.
    #[oai(skip_serializing_if_is_none)]
    now: Option<ComparedRun>,
    /// Capture types that both have complete with different texts.
    changed: Vec<String>,
}

impl Example for ComparedDevice {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            difference: Difference::Changed,
            before: Some(ComparedRun::example()),
            now: Some(ComparedRun::example()),
            changed: vec!["configs".to_owned()],
        }
    }
}

impl From<app::ComparedDevice> for ComparedDevice {
    fn from(device: app::ComparedDevice) -> Self {
        Self {
            device_id: device.device_id,
            device_name: device.device_name,
            difference: device.difference.into(),
            before: device.before.map(Into::into),
            now: device.now.map(Into::into),
            changed: device.changed,
        }
    }
}

/// How many devices are different in which way.
#[derive(Object)]
#[oai(example)]
struct DifferenceCounts {
    /// Succeeded before and do not any more.
    failed_now: u64,
    /// Succeeded neither before nor now.
    still_failing: u64,
    /// Succeed again.
    recovered: u64,
    /// Succeeded both times, with another text.
    changed: u64,
    /// Were not in the other collection.
    added: u64,
    /// Were in the other collection alone.
    missing: u64,
    /// Succeeded both times with the same texts.
    same: u64,
}

impl Example for DifferenceCounts {
    fn example() -> Self {
        Self {
            failed_now: 0,
            still_failing: 1,
            recovered: 2,
            changed: 3,
            added: 0,
            missing: 0,
            same: 24,
        }
    }
}

/// Two collections beside each other.
#[derive(Object)]
#[oai(example)]
struct CollectionComparison {
    /// The collection that is compared with.
    with: Uuid,
    /// How many devices are different in which way, whatever page this is.
    counts: DifferenceCounts,
    /// Texts that are others, over all devices.
    texts_changed: u64,
    /// Devices, those that fail now first and those that are the same last.
    items: Vec<ComparedDevice>,
    /// Where the next page begins; absent at the end.
    #[oai(skip_serializing_if_is_none)]
    next_page_token: Option<String>,
}

impl Example for CollectionComparison {
    fn example() -> Self {
        Self {
            with: example_id(),
            counts: DifferenceCounts::example(),
            texts_changed: 3,
            items: vec![ComparedDevice::example()],
            next_page_token: None,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Collection", prefix_path = "/collections")]
impl Api {
    /// Compare a collection with another one
    ///
    /// Device by device: what fails now, what works again, whose texts are others. Both must have ended.
    #[oai(
        path = "/:id/comparison",
        method = "get",
        operation_id = "collection_comparison_view"
    )]
    async fn collection_comparison_view(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The collection that it is compared with.
        with: Query<Uuid>,
        /// Only devices with one of these differences.
        difference: Query<Vec<Difference>>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<CollectionComparison>> {
        let page = paging::wanted(limit.0, page_token.0, None);
        let only: Vec<app::Difference> = difference.0.into_iter().map(Into::into).collect();
        let service = auth.service();
        let found = service
            .collection_compare(auth.actor(), id.0, with.0, &only, &page)
            .await?;
        let number = |difference| found.counts.get(&difference).copied().unwrap_or_default();
        Ok(Json(CollectionComparison {
            with: with.0,
            counts: DifferenceCounts {
                failed_now: number(app::Difference::FailedNow),
                still_failing: number(app::Difference::StillFailing),
                recovered: number(app::Difference::Recovered),
                changed: number(app::Difference::Changed),
                added: number(app::Difference::Added),
                missing: number(app::Difference::Missing),
                same: number(app::Difference::Same),
            },
            texts_changed: found.texts_changed,
            items: found.page.items.into_iter().map(Into::into).collect(),
            next_page_token: found.page.next_page_token,
        }))
    }
}
