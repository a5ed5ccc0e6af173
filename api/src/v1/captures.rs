//! Captures: the stored texts.

use entity::capture::Verdict;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Json, PlainText},
    types::Example,
};
use service::{
    captures::{CaptureFilter, CaptureView, Purge, Purged},
    version,
};
use uuid::Uuid;

use super::{
    Tag,
    collections::{request::words, view::example_id},
};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Done, Result, Text, Viewed},
    time::Time,
};

/// Whatever a device sends: no browser is to see a page in it.
const SANDBOX: &str = "sandbox; default-src 'none'";
/// What a text may be worth.
const VERDICTS: [(&str, Verdict); 6] = [
    ("complete", Verdict::Complete),
    ("truncated", Verdict::Truncated),
    ("rejected", Verdict::Rejected),
    ("empty", Verdict::Empty),
    ("not_run", Verdict::NotRun),
    ("suspicious", Verdict::Suspicious),
];

/// The text of one capture type of one device at one time.
#[derive(Object)]
#[oai(example)]
struct Capture {
    /// Id.
    id: Uuid,
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// The collection that made it.
    collection_id: Uuid,
    /// Capture type.
    capture_type: String,
    /// The commands that were sent.
    commands: Vec<String>,
    /// `complete truncated rejected empty suspicious`.
    verdict: String,
    /// Size of the text.
    bytes: i64,
    /// Lines of the text.
    lines: i64,
    /// SHA-256 of the text, in hexadecimal digits. Below operator another value in its place, which is the same for the
    /// same text: from a hash of what is masked a weak secret could be guessed.
    #[oai(skip_serializing_if_is_none)]
    sha256: Option<String>,
    /// When it was captured.
    captured_at: Time,
    /// Whether its text is the last good one of the device and type.
    current: bool,
    /// Why it is not complete.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// Who made it the last good one though it looked wrong.
    #[oai(skip_serializing_if_is_none)]
    accepted_by: Option<String>,
}

impl Example for Capture {
    fn example() -> Self {
        Self {
            id: example_id(),
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            collection_id: example_id(),
            capture_type: "configs".to_owned(),
            commands: vec!["show running-config".to_owned()],
            verdict: "complete".to_owned(),
            bytes: 14_120,
            lines: 430,
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
            captured_at: Time(1_769_841_000_900),
            current: true,
            message: None,
            accepted_by: None,
        }
    }
}

impl From<CaptureView> for Capture {
    fn from(view: CaptureView) -> Self {
        let row = view.row;
        Self {
            id: row.id,
            device_id: row.device_id,
            device_name: row.device_name,
            collection_id: row.collection_id,
            capture_type: row.capture_type,
            commands: row.commands.lines().map(str::to_owned).collect(),
            verdict: row.verdict.as_str().to_owned(),
            bytes: row.bytes,
            lines: row.lines,
            sha256: view.sha256,
            captured_at: Time(row.captured_at),
            current: view.current,
            message: row.message,
            accepted_by: row.accepted_by,
        }
    }
}

/// What is to be purged.
#[derive(Object)]
#[oai(example)]
struct CapturePurge {
    /// Captures older than this; this or `keep_last` is needed, and of both each keeps what it names.
    #[oai(skip_serializing_if_is_none)]
    older_than_days: Option<u32>,
    /// Not the last so many good ones of each device and type, and nothing newer.
    #[oai(skip_serializing_if_is_none)]
    keep_last: Option<u32>,
    /// Only of these types.
    #[oai(skip_serializing_if_is_none)]
    capture_types: Option<Vec<String>>,
    /// Only say what would go.
    #[oai(skip_serializing_if_is_none)]
    dry_run: Option<bool>,
}

impl Example for CapturePurge {
    fn example() -> Self {
        Self {
            older_than_days: Some(365),
            keep_last: Some(10),
            capture_types: Some(vec!["mac".to_owned()]),
            dry_run: Some(true),
        }
    }
}

/// What was purged.
#[derive(Object)]
#[oai(example)]
struct CapturePurged {
    /// Captures taken away.
    captures_deleted: u64,
    /// Size of their texts.
    bytes_freed: u64,
    /// Old captures that stay, since they are the last good ones.
    kept_last_good: u64,
}

impl Example for CapturePurged {
    fn example() -> Self {
        Purged {
            captures_deleted: 1200,
            bytes_freed: 18_000_000,
            kept_last_good: 40,
        }
        .into()
    }
}

impl From<Purged> for CapturePurged {
    fn from(purged: Purged) -> Self {
        Self {
            captures_deleted: purged.captures_deleted,
            bytes_freed: purged.bytes_freed,
            kept_last_good: purged.kept_last_good,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Capture")]
impl Api {
    /// List captures, the newest first
    #[oai(path = "/captures", method = "get", operation_id = "capture_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn capture_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// Names of devices today, in any case.
        device: Query<Vec<String>>,
        /// Capture types.
        capture_type: Query<Vec<String>>,
        /// Collections that made them.
        collection_id: Query<Vec<Uuid>>,
        /// What the texts are worth.
        verdict: Query<Vec<String>>,
        /// Only those that the last good texts came from.
        current: Query<Option<bool>>,
    ) -> Result<Json<Page<Capture>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = CaptureFilter {
            device_id: device_id.0,
            device: device.0,
            capture_type: capture_type.0,
            collection_id: collection_id.0,
            verdict: words("verdict", &verdict.0, &VERDICTS)?,
            current: current.0.unwrap_or_default(),
        };
        let page = auth.service().capture_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, Capture::from)))
    }

    /// List the captures of a collection
    ///
    /// The complete texts of all of them come together from `collection_captures_zip`, with prompts and commands around
    /// them if asked for.
    #[oai(
        path = "/collections/:id/captures",
        method = "get",
        operation_id = "collection_capture_list"
    )]
    async fn collection_capture_list(
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
    ) -> Result<Json<Page<Capture>>> {
        auth.service().collection_view(auth.actor(), id.0).await?;
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = CaptureFilter {
            collection_id: vec![id.0],
            device_id: device_id.0,
            ..CaptureFilter::default()
        };
        let page = auth.service().capture_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, Capture::from)))
    }

    /// View a capture
    #[oai(path = "/captures/:id", method = "get", operation_id = "capture_view")]
    async fn capture_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<Capture>> {
        let view = auth.service().capture_view(auth.actor(), id.0).await?;
        Ok(Viewed::of(view.into()))
    }

    /// Read the text of a capture
    ///
    /// Byte for byte as it is stored; it need not be UTF-8. Below operator secrets are shown as tags.
    #[oai(path = "/captures/:id/content", method = "get", operation_id = "capture_content")]
    async fn capture_content(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// The `ETag` of a text that is known already: the same one is not sent again.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Text> {
        let (service, actor) = (auth.service(), auth.actor());
        let wanted = masked.0.unwrap_or_default();
        let known = service.capture_content_version(actor, id.0, wanted).await?;
        let etag = format!("\"{}\"", known.version);
        if version::is_known(if_none_match.0.as_deref(), &etag) {
            return Ok(Text::NotModified(etag));
        }
        let text = service.capture_content(actor, id.0, known.masked).await?;
        Ok(Text::Ok(Binary(text), etag, SANDBOX.to_owned()))
    }

    /// Make a suspicious capture the last good one
    #[oai(path = "/captures/:id/accept", method = "post", operation_id = "capture_accept")]
    async fn capture_accept(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<Capture>> {
        let view = auth.service().capture_accept(auth.actor(), id.0).await?;
        Ok(Json(view.into()))
    }

    /// Read the session in which a capture was made, as it was received
    ///
    /// Kept for some days, of devices that did not succeed.
    #[oai(
        path = "/captures/:id/transcript",
        method = "get",
        operation_id = "capture_transcript"
    )]
    async fn capture_transcript(&self, auth: Auth, id: Path<Uuid>) -> Result<PlainText<String>> {
        let service = auth.service();
        let row = service.capture_view(auth.actor(), id.0).await?.row;
        let text = service
            .collection_transcript(auth.actor(), row.collection_id, row.device_id)
            .await?;
        Ok(PlainText(String::from_utf8_lossy(&text).into_owned()))
    }

    /// Remove a capture
    ///
    /// The last good one of a device and type stays.
    #[oai(path = "/captures/:id", method = "delete", operation_id = "capture_delete")]
    async fn capture_delete(&self, auth: Auth, id: Path<Uuid>) -> Result<Done> {
        auth.service().capture_delete(auth.actor(), id.0).await?;
        Ok(Done::Ok)
    }

    /// Remove old captures
    ///
    /// The last good ones stay.
    #[oai(path = "/capture-purges", method = "post", operation_id = "capture_purge")]
    async fn capture_purge(&self, auth: Auth, body: Json<CapturePurge>) -> Result<Json<CapturePurged>> {
        let purge = Purge {
            older_than_days: body.0.older_than_days,
            keep_last: body.0.keep_last,
            capture_types: body.0.capture_types.unwrap_or_default(),
            dry_run: body.0.dry_run.unwrap_or_default(),
        };
        let purged = auth.service().capture_purge(auth.actor(), &purge).await?;
        Ok(Json(purged.into()))
    }
}
