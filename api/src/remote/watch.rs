//! A collection on a server as a person sees it: its progress, and what came of it.

use std::{collections::HashMap, process::ExitCode};

use anyhow::Context;
use serde_json::{Map, Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use uuid::Uuid;

use super::{
    client::Client,
    follow::{Event, Follow, Heard},
    refusal::Answer,
};
use crate::{
    listing::{self, text},
    live::{Live, Step},
    result::{self, Device, Output, Reason, Shown},
};

/// The exit code of who leaves by Ctrl-C, as shells have it.
const LEFT: u8 = 130;

/// How watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The collection ended.
    Finished,
    /// The person left; the collection goes on.
    Left,
}

/// What Ctrl-C means to who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// First cancel the collection, then leave: who watches has started it.
    Cancels,
    /// Leave.
    Leaves,
}

/// Shows a collection from its first event to its last.
///
/// # Errors
/// When the server cannot be asked any longer.
pub(crate) async fn watch(
    client: &Client,
    collection: &Value,
    quiet: bool,
    interrupt: Interrupt,
) -> anyhow::Result<Ending> {
    let id = id_of(collection)?;
    let total = collection
        .pointer("/counts/total")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let mut screen = Screen {
        live: Live::new(usize::try_from(total).unwrap_or(usize::MAX), quiet),
        numbers: HashMap::new(),
    };
    let mut interrupts = signal(SignalKind::interrupt()).context("Cannot listen for Ctrl-C")?;
    let ending = follow(client, id, &mut screen, &mut interrupts, quiet, interrupt).await;
    screen.live.finish();
    ending
}

/// Says to who left how to come back.
pub(super) fn left(id: Uuid) -> ExitCode {
    eprintln!(
        "The collection goes on. Watch it with: showrun collections watch {id}\n\
         Cancel it with: showrun collections cancel {id}"
    );
    ExitCode::from(LEFT)
}

async fn follow(
    client: &Client,
    id: Uuid,
    screen: &mut Screen,
    interrupts: &mut Signal,
    quiet: bool,
    mut interrupt: Interrupt,
) -> anyhow::Result<Ending> {
    let mut follow = Follow::new(client, id, 0);
    let mut away = false;
    loop {
        let heard = tokio::select! {
            heard = follow.next() => heard,
            _ = interrupts.recv() => match interrupt {
                Interrupt::Leaves => return Ok(Ending::Left),
                Interrupt::Cancels => {
                    interrupt = Interrupt::Leaves;
                    cancel(client, id, screen).await;
                    continue;
                }
            },
        };
        match heard {
            Ok(Heard::Event(event)) if event.kind == "collection_complete" => return Ok(Ending::Finished),
            Ok(Heard::Event(event)) => screen.take(&event),
            Ok(Heard::Lost(why)) => {
                if !away {
                    away = true;
                    screen.live.note(&format!(
                        "{why}. Connecting again; the collection goes on when the server does."
                    ));
                }
            }
            Ok(Heard::Back) => {
                away = false;
                screen.live.note("Connected to the server again; nothing was missed.");
            }
            Ok(Heard::Pages) if quiet => {}
            Ok(Heard::Pages) => screen
                .live
                .note("No WebSocket gets through to the server: reading the events page by page."),
            // It ended long ago, and its devices stand for the events.
            Err(error) if error.code() == "events_expired" => return Ok(Ending::Finished),
            Err(error) => return Err(error.into()),
        }
    }
}

async fn cancel(client: &Client, id: Uuid, screen: &Screen) {
    screen.live.note(
        "Cancelling: commands that run now come to their end. Press Ctrl-C again to leave; the server finishes by itself.",
    );
    match client.post(&format!("/collections/{id}/cancel")).await {
        Err(error) if error.code() != "collection_finished" => {
            screen.live.note(&format!("It could not be cancelled: {error}"));
        }
        _ => {}
    }
}

struct Screen {
    live: Live,
    /// Numbers of the devices by their ids.
    numbers: HashMap<String, usize>,
}

impl Screen {
    fn take(&mut self, event: &Event) {
        let field = |name: &str| event.data.get(name).and_then(Value::as_str);
        let number = |name: &str| event.data.get(name).and_then(Value::as_u64).unwrap_or_default();
        let word = |name: &str| field(name).unwrap_or_default();
        let step = match event.kind.as_str() {
            "device_started" => Step::Started {
                attempt: u32::try_from(number("attempt")).unwrap_or(1),
            },
            "capture_completed" => Step::Captured {
                capture_type: word("capture_type"),
                verdict: word("verdict"),
                bytes: number("bytes"),
            },
            "device_completed" => Step::Completed {
                status: word("status"),
                failure_kind: field("failure_kind"),
                message: word("message"),
                duration_ms: number("duration_ms"),
            },
            "collection_error" => return self.live.note(&crate::live::printable(word("error"))),
            // The bar says the same; and a newer server may have events that this one knows nothing of.
            _ => return,
        };
        let Some(id) = field("device_id") else {
            return;
        };
        let device = match self.numbers.get(id) {
            Some(device) => *device,
            None => {
                let device = self.live.name(word("device_name"));
                self.numbers.insert(id.to_owned(), device);
                device
            }
        };
        self.live.show(device, step);
    }
}

/// The id of a collection.
///
/// # Errors
/// When the server gave none.
pub(crate) fn id_of(collection: &Value) -> anyhow::Result<Uuid> {
    let id = collection.get("id").and_then(Value::as_str);
    id.and_then(|id| id.parse().ok())
        .context("The server answered a collection without an id")
}

/// Prints what came of a collection; `last` are the last lines for people.
///
/// # Errors
/// When the server cannot be asked, or nothing can be printed.
pub(crate) async fn print(client: &Client, id: Uuid, output: Output, last: &[String]) -> anyhow::Result<ExitCode> {
    let of = format!("/collections/{id}");
    let (json, csv) = (format!("{of}/results.json"), format!("{of}/results.csv"));
    let failures = format!("{of}/failures");
    let collection = patiently(|| client.get(&of, &[])).await?;
    if output == Output::Csv {
        listing::out(&patiently(|| client.read(&csv, &[])).await?)?;
    } else {
        let results = patiently(|| client.get(&json, &[])).await?;
        let reasons = patiently(|| client.get(&failures, &[])).await?;
        if output == Output::Json {
            listing::json(&outcome(&results, &reasons))?;
        } else {
            let mut shown = shown(&results, &reasons);
            shown.last = last.to_vec();
            result::print_table(&shown)?;
        }
    }
    let none = collection
        .get("captures_created")
        .and_then(Value::as_object)
        .is_none_or(|created| created.values().all(|count| count == 0));
    Ok(result::exit_code(text(&collection, "status") == "succeeded", none))
}

/// Asks again for a while when the server is away: what it collected is worth waiting for.
async fn patiently<T, F: Future<Output = Answer<T>>>(ask: impl Fn() -> F) -> Answer<T> {
    let mut wait = std::time::Duration::from_millis(500);
    loop {
        match ask().await {
            Err(error) if error.may_pass() && wait < std::time::Duration::from_secs(30) => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            answer => return answer,
        }
    }
}

fn hints(reasons: &Value) -> Vec<Reason> {
    let items = reasons.get("items").and_then(Value::as_array);
    let reason = |item: &Value| Reason {
        kind: text(item, "failure_kind"),
        count: item.get("count").and_then(Value::as_u64).unwrap_or_default(),
        hint: text(item, "hint"),
    };
    items.into_iter().flatten().map(reason).collect()
}

/// The fields that a collection without a server has, and what only a server knows.
fn outcome(results: &Value, reasons: &Value) -> Value {
    let hints: HashMap<String, String> = hints(reasons)
        .into_iter()
        .map(|reason| (reason.kind, reason.hint))
        .collect();
    let null = Value::Null;
    let collection = results.get("collection").unwrap_or(&null);
    let mut devices = results.get("devices").cloned().unwrap_or_else(|| json!([]));
    for device in devices.as_array_mut().into_iter().flatten() {
        let hint = hints.get(&text(device, "failure_kind"));
        if let (Some(hint), Value::Object(fields)) = (hint, device) {
            fields.insert("hint".to_owned(), hint.clone().into());
        }
    }
    let mut outcome = Map::new();
    outcome.insert(
        "collection_id".to_owned(),
        collection.get("id").cloned().unwrap_or_default(),
    );
    let same = [
        "name",
        "status",
        "devices_succeeded",
        "devices_failed",
        "captures_created",
        "execution_time_seconds",
        "loaded_to_db",
        "message",
    ];
    for field in same {
        outcome.insert(field.to_owned(), collection.get(field).cloned().unwrap_or_default());
    }
    let success = text(collection, "status") == "succeeded";
    outcome.insert("success".to_owned(), success.into());
    outcome.insert("devices".to_owned(), devices);
    Value::Object(outcome)
}

fn shown(results: &Value, reasons: &Value) -> Shown {
    let null = Value::Null;
    let collection = results.get("collection").unwrap_or(&null);
    let number = |row: &Value, field: &str| row.get(field).and_then(Value::as_u64).unwrap_or_default();
    let device = |row: &Value| {
        let captures = row.get("captures").and_then(Value::as_array);
        let captures = captures.map(Vec::as_slice).unwrap_or_default();
        let address = text(row, "ip_address");
        let port = text(row, "port");
        Device {
            status: text(row, "status"),
            name: text(row, "device_name"),
            address: match port.is_empty() {
                true => address,
                false => format!("{address}:{port}"),
            },
            platform: text(row, "platform"),
            complete: captures.iter().filter(|one| text(one, "verdict") == "complete").count(),
            captures: captures.len(),
            duration_ms: number(row, "duration_ms"),
            failure_kind: Some(text(row, "failure_kind")).filter(|kind| !kind.is_empty()),
            message: text(row, "message"),
            skipped: Vec::new(),
        }
    };
    let devices = results.get("devices").and_then(Value::as_array);
    let created = collection.get("captures_created").and_then(Value::as_object);
    Shown {
        devices: devices.into_iter().flatten().map(device).collect(),
        succeeded: number(collection, "devices_succeeded"),
        failed: number(collection, "devices_failed"),
        seconds: collection
            .get("execution_time_seconds")
            .and_then(Value::as_f64)
            .unwrap_or_default(),
        created: created
            .into_iter()
            .flatten()
            .map(|(name, count)| (name.clone(), count.as_u64().unwrap_or_default()))
            .collect(),
        reasons: hints(reasons),
        last: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Value {
        json!({
            "collection": {
                "id": "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90", "name": "nightly", "status": "partially_succeeded",
                "devices_succeeded": 1, "devices_failed": 1, "captures_created": {"configs": 1},
                "execution_time_seconds": 2.5, "loaded_to_db": null, "message": "",
            },
            "devices": [
                {"device_name": "a", "ip_address": "10.0.0.1", "platform": "cisco_ios", "status": "succeeded",
                 "duration_ms": 1200, "captures": [{"capture_type": "configs", "verdict": "complete"}]},
                {"device_name": "b", "ip_address": "10.0.0.2", "platform": "auto", "status": "failed",
                 "failure_kind": "no_route", "message": "No route to host", "captures": []},
            ],
        })
    }

    fn reasons() -> Value {
        json!({"items": [{"failure_kind": "no_route", "count": 1, "hint": "Look at the routes."}]})
    }

    #[test]
    fn what_programs_get_has_the_fields_of_a_collection_without_a_server() {
        let outcome = outcome(&results(), &reasons());
        assert_eq!(outcome["success"], false);
        assert_eq!(outcome["devices_succeeded"], 1);
        assert_eq!(outcome["captures_created"]["configs"], 1);
        assert_eq!(outcome["loaded_to_db"], Value::Null);
        assert_eq!(outcome["devices"][1]["hint"], "Look at the routes.");
        assert!(outcome["devices"][0].get("hint").is_none());
    }

    #[test]
    fn what_people_get_counts_complete_captures_and_says_what_to_do() {
        let shown = shown(&results(), &reasons());
        assert_eq!((shown.succeeded, shown.failed), (1, 1));
        assert_eq!((shown.devices[0].complete, shown.devices[0].captures), (1, 1));
        assert_eq!(shown.devices[1].failure_kind.as_deref(), Some("no_route"));
        assert_eq!(shown.reasons[0].hint, "Look at the routes.");
    }
}
