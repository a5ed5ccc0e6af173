//! What captures say: their records, read anew whenever somebody asks.

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use serde_json::{Value, json};
use service::records;
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{auth::Auth, problem::Result, time::Time};

/// Records of an answer when nobody says how many, and at most.
const RECORDS: u64 = 1_000;
const MOST_RECORDS: u64 = 10_000;

/// A template that read a part of the text.
#[derive(Object)]
#[oai(example)]
struct RecordTemplate {
    /// Name.
    name: String,
    /// `user`, `own` or `ntc`.
    origin: String,
    /// Changes with everything that decides on the records.
    version: String,
}

impl Example for RecordTemplate {
    fn example() -> Self {
        Self {
            name: "cisco_ios_show_ip_arp".to_owned(),
            origin: "ntc".to_owned(),
            version: "9f86d081884c7d65".to_owned(),
        }
    }
}

/// A line that no template understood.
#[derive(Object)]
#[oai(example)]
struct UnknownLine {
    /// From 1.
    number: u64,
    /// The line, cut after 200 characters.
    text: String,
}

impl Example for UnknownLine {
    fn example() -> Self {
        Self {
            number: 17,
            text: "Legend: * - active entry".to_owned(),
        }
    }
}

/// What the tables hold of a capture type of a device, and what made it.
#[derive(Object)]
#[oai(example)]
struct CaptureLoad {
    /// The capture that is loaded.
    #[oai(skip_serializing_if_is_none)]
    capture_id: Option<Uuid>,
    /// When it was captured.
    #[oai(skip_serializing_if_is_none)]
    captured_at: Option<Time>,
    /// Templates that read it.
    templates: Vec<String>,
    /// Their versions; each changes with everything that decides on the records.
    versions: Vec<String>,
    /// Rows that it has in the tables.
    records: i64,
    /// Records that lack a field they need and were left out.
    incomplete: i64,
    /// Lines that were not understood.
    unknown_lines: i64,
    /// Something that a person should look at, such as a table that lost most of its rows.
    #[oai(skip_serializing_if_is_none)]
    warning: Option<String>,
    /// When loading was last tried.
    tried_at: Time,
}

impl Example for CaptureLoad {
    fn example() -> Self {
        Self {
            capture_id: Some(example_id()),
            captured_at: Some(Time(1_769_841_000_900)),
            templates: vec!["cisco_ios_show_ip_arp".to_owned()],
            versions: vec!["9f86d081884c7d65".to_owned()],
            records: 1,
            incomplete: 0,
            unknown_lines: 0,
            warning: None,
            tried_at: Time(1_769_841_004_200),
        }
    }
}

impl From<records::LoadRow> for CaptureLoad {
    fn from(row: records::LoadRow) -> Self {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Self {
            capture_id: row.capture_id,
            captured_at: row.at.map(Time),
            templates: words(&row.templates),
            versions: words(&row.version),
            records: row.records,
            incomplete: row.incomplete,
            unknown_lines: row.unknown_lines,
            warning: row.warning,
            tried_at: Time(row.tried_at),
        }
    }
}

/// What a capture says.
#[derive(Object)]
#[oai(example)]
struct CaptureRecords {
    /// The capture.
    capture_id: Uuid,
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// Capture type.
    capture_type: String,
    /// Templates that read it; none where there are none.
    templates: Vec<RecordTemplate>,
    /// Records from the offset on, their fields by name; empty fields are left out.
    records: Vec<Value>,
    /// All records.
    records_total: u64,
    /// Records that lack a field they need.
    incomplete: u64,
    /// Lines of the text that were looked at.
    lines: u64,
    /// Lines that were not understood.
    unknown_lines: u64,
    /// The first of them.
    unknown_examples: Vec<UnknownLine>,
    /// Whether the templates claim to know every line.
    knows_every_line: bool,
    /// Why not all of the text was read: `time`, `records` or `lists`.
    #[oai(skip_serializing_if_is_none)]
    stopped: Option<String>,
    /// Whether the tables hold what this capture says.
    loaded: bool,
    /// What the tables hold of its device and type, of whatever capture; absent where nothing was ever loaded.
    #[oai(skip_serializing_if_is_none)]
    load: Option<CaptureLoad>,
    /// Why it cannot be read or was not loaded, or what to look at.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for CaptureRecords {
    fn example() -> Self {
        Self {
            capture_id: example_id(),
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            capture_type: "arp".to_owned(),
            templates: vec![RecordTemplate::example()],
            records: vec![json!({
                "address": "10.20.30.40", "mac": "00:1b:54:aa:bb:cc", "interface": "Vlan30"
            })],
            records_total: 1,
            incomplete: 0,
            lines: 2,
            unknown_lines: 0,
            unknown_examples: Vec::new(),
            knows_every_line: true,
            stopped: None,
            loaded: true,
            load: Some(CaptureLoad::example()),
            message: None,
        }
    }
}

/// A word of a small enumeration, as it is serialised.
fn word(value: impl serde::Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    Some(value.as_str()?.to_lowercase())
}

impl From<records::CaptureRecords> for CaptureRecords {
    fn from(read: records::CaptureRecords) -> Self {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let capture = read.capture;
        let mut view = Self {
            capture_id: capture.id,
            device_id: capture.device_id,
            device_name: capture.device_name,
            capture_type: capture.capture_type,
            templates: Vec::new(),
            records: read.records.into_iter().map(Value::Object).collect(),
            records_total: 0,
            incomplete: 0,
            lines: 0,
            unknown_lines: 0,
            unknown_examples: Vec::new(),
            knows_every_line: false,
            stopped: None,
            loaded: read.loaded,
            load: read.load.map(CaptureLoad::from),
            message: read.message,
        };
        match read.parsed {
            Err(reason) => view.message = Some(reason),
            Ok(parsed) => {
                let template = |id: records::TemplateId| RecordTemplate {
                    origin: word(id.origin).unwrap_or_default(),
                    name: id.name,
                    version: id.version,
                };
                view.templates = parsed.templates.into_iter().map(template).collect();
                view.records_total = count(parsed.records.len());
                view.incomplete = count(parsed.incomplete);
                view.lines = count(parsed.lines);
                view.unknown_lines = count(parsed.unknown.count);
                let line = |line: records::UnknownLine| UnknownLine {
                    number: count(line.number),
                    text: line.text,
                };
                view.unknown_examples = parsed.unknown.examples.into_iter().map(line).collect();
                view.knows_every_line = parsed.knows_every_line;
                view.stopped = parsed.stopped.and_then(word);
            }
        }
        view
    }
}

/// What is to be read anew.
#[derive(Object)]
#[oai(example)]
struct CaptureReparse {
    /// Only of these devices.
    #[oai(skip_serializing_if_is_none)]
    device_ids: Option<Vec<Uuid>>,
    /// Only of these types, of those that have a table.
    #[oai(skip_serializing_if_is_none)]
    capture_types: Option<Vec<String>>,
    /// Also what neither the templates nor the text of changed since it was read.
    #[oai(skip_serializing_if_is_none)]
    everything: Option<bool>,
    /// Where this part begins, from the answer before.
    #[oai(skip_serializing_if_is_none)]
    page_token: Option<String>,
}

impl Example for CaptureReparse {
    fn example() -> Self {
        Self {
            device_ids: None,
            capture_types: Some(vec!["arp".to_owned()]),
            everything: None,
            page_token: None,
        }
    }
}

/// What came of one part.
#[derive(Object)]
#[oai(example)]
struct CaptureReparsed {
    /// Captures of this part.
    captures: u64,
    /// Of these, those that are in the tables now.
    loaded: u64,
    /// Of these, those that were read; others were read with the same templates before.
    read: u64,
    /// Captures that no template reads.
    without_template: u64,
    /// Captures that could not be loaded.
    failed: u64,
    /// Why the first of them could not.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// Where the next part begins; absent at the end.
    #[oai(skip_serializing_if_is_none)]
    next_page_token: Option<String>,
}

impl Example for CaptureReparsed {
    fn example() -> Self {
        Self {
            captures: 200,
            loaded: 198,
            read: 40,
            without_template: 2,
            failed: 0,
            message: None,
            next_page_token: Some("eyJhZnRlciI6Ii4uLiJ9".to_owned()),
        }
    }
}

pub(crate) struct ReparseApi;

#[OpenApi(tag = "Tag::Capture")]
impl ReparseApi {
    /// Read the last good captures anew and load them
    ///
    /// After templates have changed. It goes in parts: send the same request with `page_token` until there is none.
    #[oai(path = "/capture-reparses", method = "post", operation_id = "capture_reparse_all")]
    async fn capture_reparse_all(&self, auth: Auth, body: Json<CaptureReparse>) -> Result<Json<CaptureReparsed>> {
        let wish = records::Reparse {
            device_ids: body.0.device_ids.unwrap_or_default(),
            capture_types: body.0.capture_types.unwrap_or_default(),
            everything: body.0.everything.unwrap_or_default(),
            page_token: body.0.page_token,
        };
        let done = auth.service().capture_reparse_all(auth.actor(), &wish).await?;
        Ok(Json(CaptureReparsed {
            captures: done.captures,
            loaded: done.loaded,
            read: done.read,
            without_template: done.without_template,
            failed: done.failed,
            message: done.message,
            next_page_token: done.next_page_token,
        }))
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Capture", prefix_path = "/captures")]
impl Api {
    /// Read what a capture says
    ///
    /// The text is read anew; below operator without its secrets.
    #[oai(path = "/:id/records", method = "get", operation_id = "capture_records")]
    async fn capture_records(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Records before the first of the answer.
        offset: Query<Option<u64>>,
        /// Records of the answer: 1000, at most 10000.
        limit: Query<Option<u64>>,
    ) -> Result<Json<CaptureRecords>> {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let offset = number(offset.0.unwrap_or_default());
        let limit = number(limit.0.unwrap_or(RECORDS).min(MOST_RECORDS));
        let service = auth.service();
        let read = service.capture_records(auth.actor(), id.0, offset, limit).await?;
        Ok(Json(read.into()))
    }

    /// Read a capture anew and load it
    ///
    /// Only the last good one of a device and type is loaded; of others the answer says what they hold.
    #[oai(path = "/:id/reparse", method = "post", operation_id = "capture_reparse")]
    async fn capture_reparse(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<CaptureRecords>> {
        let read = auth.service().capture_reparse(auth.actor(), id.0).await?;
        Ok(Json(read.into()))
    }
}
