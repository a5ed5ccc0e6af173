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
use crate::{auth::Auth, problem::Result};

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
    /// The first of them; operators see them.
    unknown_examples: Vec<UnknownLine>,
    /// Whether the templates claim to know every line.
    knows_every_line: bool,
    /// Why not all of the text was read: `time`, `records` or `lists`.
    #[oai(skip_serializing_if_is_none)]
    stopped: Option<String>,
    /// Whether the tables hold what this capture says.
    loaded: bool,
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

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Capture", prefix_path = "/captures")]
impl Api {
    /// Read what a capture says
    ///
    /// The text is read anew. Types other than those that have a table of their own need an operator.
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
