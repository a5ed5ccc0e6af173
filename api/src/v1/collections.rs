//! Collections: one run over many devices.

use std::time::Duration;

use entity::{collection::CollectionStatus, collection_device::DeviceStatus};
use futures_util::stream;
use poem::Body;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::{Binary, Json, PlainText},
    types::Example,
};
use secrecy::ExposeSecret;
use service::{
    captures::ArchiveForm,
    collections::{CollectionDeviceFilter, CollectionFilter},
    error::Error,
};
use uuid::Uuid;

use super::Tag;
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Accepted, Archive, Done, Result, Viewed},
};

pub(crate) mod compared;
mod event;
pub(crate) mod of_device;
pub(crate) mod progress;
pub(crate) mod request;
mod results;
pub(crate) mod view;

use event::{CollectionEvent, CollectionEventPage};
use request::{CollectionCreate, CollectionRetry, words};
use view::{Collection, CollectionDevicePage, CollectionPlan, FailureGroups};

/// Events of a page when nobody says how many, and the most of them.
const EVENTS: (usize, usize) = (500, 5000);

/// Where a collection may stand.
const STATUSES: [(&str, CollectionStatus); 7] = [
    ("queued", CollectionStatus::Queued),
    ("running", CollectionStatus::Running),
    ("cancelling", CollectionStatus::Cancelling),
    ("succeeded", CollectionStatus::Succeeded),
    ("partially_succeeded", CollectionStatus::PartiallySucceeded),
    ("failed", CollectionStatus::Failed),
    ("cancelled", CollectionStatus::Cancelled),
];

/// Where a device of a collection may stand.
const DEVICE_STATUSES: [(&str, DeviceStatus); 6] = [
    ("queued", DeviceStatus::Queued),
    ("running", DeviceStatus::Running),
    ("succeeded", DeviceStatus::Succeeded),
    ("partially_succeeded", DeviceStatus::PartiallySucceeded),
    ("failed", DeviceStatus::Failed),
    ("cancelled", DeviceStatus::Cancelled),
];

/// A pass for one WebSocket, for browsers: tokens never stand in a URL.
#[derive(Object)]
#[oai(example)]
struct ProgressTicket {
    /// Give it as `?ticket=`; it is good once.
    ticket: String,
    /// Seconds for which it is good.
    expires_in: u64,
}

impl Example for ProgressTicket {
    fn example() -> Self {
        Self {
            ticket: "4vJ9s8Xb2Qm1".to_owned(),
            expires_in: 30,
        }
    }
}

/// What a device filter of a collection says.
pub(crate) fn device_filter(
    device_id: Vec<Uuid>,
    status: &[String],
    failure_kind: Vec<String>,
    q: Option<String>,
) -> std::result::Result<CollectionDeviceFilter, service::error::Error> {
    Ok(CollectionDeviceFilter {
        device_id,
        status: words("status", status, &DEVICE_STATUSES)?,
        failure_kind,
        q,
    })
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Collection", prefix_path = "/collections")]
impl Api {
    /// List collections, the newest first
    #[oai(path = "/", method = "get", operation_id = "collection_list")]
    async fn collection_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Where they stand.
        status: Query<Vec<String>>,
        /// Names of persons who started them.
        created_by: Query<Vec<String>>,
        /// Collections that they retry.
        retry_of: Query<Vec<Uuid>>,
        /// A part of the name.
        q: Query<Option<String>>,
    ) -> Result<Json<Page<Collection>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = CollectionFilter {
            status: words("status", &status.0, &STATUSES)?,
            created_by: created_by.0,
            retry_of: retry_of.0,
            q: q.0,
            ..CollectionFilter::default()
        };
        let page = auth.service().collection_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, Collection::from)))
    }

    /// Start a collection
    ///
    /// When this answers, the collection is stored and goes on whatever happens to the server. With `dry_run=true`
    /// nothing is stored: the answer is that of `POST /collection-plans`.
    #[oai(path = "/", method = "post", operation_id = "collection_create")]
    async fn collection_create(
        &self,
        auth: Auth,
        /// Only say what would be done.
        dry_run: Query<Option<bool>>,
        body: Json<CollectionCreate>,
    ) -> Result<Accepted<Collection>> {
        // The frame leads dry runs to the plan; one that it did not know for one starts nothing.
        if dry_run.0 == Some(true) {
            return Err(Error::parameter("dry_run", "true or false, once").into());
        }
        let request = body.0.into_request()?;
        let row = auth.service().collection_create(auth.actor(), request).await?;
        let location = format!("/api/v1/collections/{}", row.id);
        Ok(Accepted::Ok(Json(row.into()), location))
    }

    /// View a collection
    ///
    /// With `wait` the answer comes when the collection has ended, or when so many seconds are over: scripts ask again until
    /// `stage` is `finished`.
    #[oai(path = "/:id", method = "get", operation_id = "collection_view")]
    async fn collection_view(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Seconds to wait for its end.
        #[oai(validator(minimum(value = "0"), maximum(value = "60")))]
        wait: Query<Option<u32>>,
    ) -> Result<Viewed<Collection>> {
        let (service, actor) = (auth.service(), auth.actor());
        let row = match wait.0 {
            None | Some(0) => service.collection_view(actor, id.0).await?,
            Some(seconds) => {
                let longest = Duration::from_secs(u64::from(seconds));
                service.collection_wait(actor, id.0, longest).await?
            }
        };
        Ok(Viewed::of(row.into()))
    }

    /// Remove a collection that has ended
    ///
    /// With its events, devices and captures; the last good text of each device and type stays.
    #[oai(path = "/:id", method = "delete", operation_id = "collection_delete")]
    async fn collection_delete(&self, auth: Auth, id: Path<Uuid>) -> Result<Done> {
        auth.service().collection_delete(auth.actor(), id.0).await?;
        Ok(Done::Ok)
    }

    /// Cancel a collection
    ///
    /// Queued devices end at once, running ones after their command. A second time ends these, too.
    #[oai(path = "/:id/cancel", method = "post", operation_id = "collection_cancel")]
    async fn collection_cancel(&self, auth: Auth, id: Path<Uuid>) -> Result<Accepted<Collection>> {
        let row = auth.service().collection_cancel(auth.actor(), id.0).await?;
        let location = format!("/api/v1/collections/{}", row.id);
        Ok(Accepted::Ok(Json(row.into()), location))
    }

    /// Retry what failed, as a new collection
    ///
    /// Takes the devices that failed or succeeded in part, each with the types it has no complete capture of. Devices that
    /// were removed since, or are not enabled any more, are left out.
    #[oai(path = "/:id/retry", method = "post", operation_id = "collection_retry")]
    async fn collection_retry(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        body: Json<CollectionRetry>,
    ) -> Result<Accepted<Collection>> {
        let retry = body.0.into_retry()?;
        let row = auth.service().collection_retry(auth.actor(), id.0, retry).await?;
        let location = format!("/api/v1/collections/{}", row.id);
        Ok(Accepted::Ok(Json(row.into()), location))
    }

    /// List the devices of a collection
    #[oai(path = "/:id/devices", method = "get", operation_id = "collection_device_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn collection_device_list(
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
    ) -> Result<Json<CollectionDevicePage>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = device_filter(device_id.0, &status.0, failure_kind.0, q.0)?;
        let service = auth.service();
        let (page, last_seq) = service
            .collection_device_list(auth.actor(), id.0, &filter, &page)
            .await?;
        Ok(Json(CollectionDevicePage {
            items: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total: page.total,
            last_seq,
        }))
    }

    /// Read the session with a device, as it was received
    ///
    /// Kept for some days, of devices that did not succeed, and of all where `keep_transcripts` was asked for. What was sent
    /// is marked, and the secrets in it are replaced.
    #[oai(
        path = "/:id/devices/:device_id/transcript",
        method = "get",
        operation_id = "collection_transcript"
    )]
    async fn collection_transcript(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        device_id: Path<Uuid>,
    ) -> Result<PlainText<String>> {
        let text = auth
            .service()
            .collection_transcript(auth.actor(), id.0, device_id.0)
            .await?;
        Ok(PlainText(String::from_utf8_lossy(&text).into_owned()))
    }

    /// List failures by reason, the most frequent first
    #[oai(path = "/:id/failures", method = "get", operation_id = "collection_failure_list")]
    async fn collection_failure_list(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<FailureGroups>> {
        let groups = auth.service().collection_failures(auth.actor(), id.0).await?;
        Ok(Json(FailureGroups {
            items: groups.into_iter().map(Into::into).collect(),
        }))
    }

    /// List the events of a collection
    ///
    /// The same objects come over the WebSocket `/collections/{id}/progress?after=` and, as `text/event-stream`, from
    /// `/collections/{id}/event-stream?after=`.
    #[oai(path = "/:id/events", method = "get", operation_id = "collection_event_list")]
    async fn collection_event_list(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Number of the last event that is known.
        after: Query<Option<i64>>,
        /// Events of a page: 500, at most 5000.
        limit: Query<Option<i64>>,
    ) -> Result<Json<CollectionEventPage>> {
        let (usual, most) = EVENTS;
        let limit = limit
            .0
            .map_or(usual, |limit| usize::try_from(limit).unwrap_or(1).clamp(1, most));
        let after = after.0.unwrap_or_default();
        let (events, head) = auth
            .service()
            .collection_events(auth.actor(), id.0, after, limit)
            .await?;
        Ok(Json(CollectionEventPage {
            items: events.iter().filter_map(CollectionEvent::read).collect(),
            last_seq: head.last_seq,
            finished: head.finished,
        }))
    }

    /// View what a collection does or did
    ///
    /// For what was captured these are the commands that were sent, for the rest those of today.
    #[oai(path = "/:id/plan", method = "get", operation_id = "collection_plan_view")]
    async fn collection_plan_view(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Devices of a page: 500, and at most so many.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<CollectionPlan>> {
        let page = paging::wanted(limit.0, page_token.0, None);
        let plan = auth.service().collection_plan_view(auth.actor(), id.0, &page).await?;
        Ok(Json(plan.into()))
    }

    /// Get a pass for one WebSocket
    #[oai(
        path = "/:id/progress-ticket",
        method = "post",
        operation_id = "collection_progress_ticket"
    )]
    async fn collection_progress_ticket(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<ProgressTicket>> {
        let service = auth.service();
        service.collection_events(auth.actor(), id.0, i64::MAX, 1).await?;
        let ticket = service.ticket_issue(auth.actor(), &progress::purpose(id.0))?;
        Ok(Json(ProgressTicket {
            ticket: ticket.ticket.expose_secret().to_owned(),
            expires_in: ticket.expires_in,
        }))
    }

    /// Export the results as CSV
    #[oai(path = "/:id/results.csv", method = "get", operation_id = "collection_results_csv")]
    async fn collection_results_csv(&self, auth: Auth, id: Path<Uuid>) -> Result<PlainText<String>> {
        let rows = auth.service().collection_results(auth.actor(), id.0).await?;
        Ok(PlainText(results::csv(rows)))
    }

    /// Export the results as JSON
    #[oai(path = "/:id/results.json", method = "get", operation_id = "collection_results_json")]
    async fn collection_results_json(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<results::CollectionResults>> {
        let service = auth.service();
        let collection = service.collection_view(auth.actor(), id.0).await?;
        let rows = service.collection_results(auth.actor(), id.0).await?;
        Ok(Json(results::CollectionResults::of(collection, rows)))
    }

    /// Download all texts of a collection
    ///
    /// Its complete captures in one archive, as `<capture type>/<device>.txt`. Below operator secrets are shown as tags. With
    /// `prompts` each command stands before its output behind a prompt, and a prompt ends the text, as on a screen; the prompt
    /// is `<device>#`, whatever the device itself prints.
    #[oai(path = "/:id/captures.zip", method = "get", operation_id = "collection_captures_zip")]
    async fn collection_captures_zip(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// Whether prompts and commands stand around the outputs.
        prompts: Query<Option<bool>>,
    ) -> Result<Archive> {
        let form = ArchiveForm {
            masked: masked.0.unwrap_or_default(),
            prompts: prompts.0.unwrap_or_default(),
        };
        let pieces = auth.service().collection_archive(auth.actor(), id.0, form).await?;
        let pieces = stream::unfold(pieces, |mut pieces| async move {
            let piece = pieces.recv().await?;
            Some((piece, pieces))
        });
        Ok(Archive::Ok(
            Binary(Body::from_bytes_stream(pieces)),
            format!("attachment; filename=\"captures-{}.zip\"", id.0),
        ))
    }
}

/// What a collection would do.
pub(crate) struct PlanApi;

#[OpenApi(tag = "Tag::Collection", prefix_path = "/collection-plans")]
impl PlanApi {
    /// Plan a collection
    ///
    /// Says which commands would be sent to which device, and what would be left out and why. Nothing is stored or
    /// connected.
    #[oai(path = "/", method = "post", operation_id = "collection_plan")]
    async fn collection_plan(&self, auth: Auth, body: Json<CollectionCreate>) -> Result<Json<CollectionPlan>> {
        let request = body.0.into_request()?;
        let plan = auth.service().collection_plan(auth.actor(), &request).await?;
        Ok(Json(plan.into()))
    }
}
