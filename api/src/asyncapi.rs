//! The AsyncAPI document of the WebSocket: its schemas are those of the OpenAPI document, so that both say the same of an
//! event.

use std::{collections::BTreeSet, process::ExitCode, sync::OnceLock};

use poem::{Response, handler, http::header};
use serde_json::{Map, Value, json};

use crate::{document, frame, listing};

/// All events, in the OpenAPI document.
const EVENTS: &str = "CollectionEvent";

const DESCRIPTION: &str = "The progress of a collection, live. The events have numbers without gaps: who lost the \
    connection connects again with `after`, the number of the last event that arrived, misses nothing and sees nothing \
    twice. The same events are pages of `GET /api/v1/collections/{id}/events` and, as `text/event-stream`, \
    `GET /api/v1/collections/{id}/event-stream`.";

const CHANNEL: &str = "One text frame for each event. The client sends nothing.\n\n\
    **Authentication**: programs send `Authorization: Bearer` with an access token or an API token. Browsers cannot; \
    they ask `POST /api/v1/collections/{id}/progress-ticket` and put the ticket into the address; it is good once and for \
    a short time.\n\n\
    **Refused** before the upgrade, as HTTP with a problem of RFC 9457: 401 without a good token or ticket, 403 from a page \
    of another origin, 404 without such a collection, 410 `events_expired` when the events after that number are no longer \
    kept (then read the collection and its devices), 429 with too many watchers.\n\n\
    **Closed** with 1000 after `collection_complete`; 1001 when the server stops (connect again with `after`); 1011 when \
    the events cannot be read (connect again with `after`); 4401 when the session or token was revoked or has expired.\n\n\
    A silent connection is pinged every 20 seconds.";

/// The document.
pub(crate) fn document() -> Value {
    let openapi = document::document();
    let all = openapi.pointer("/components/schemas").unwrap_or(&Value::Null);
    let kinds = all.pointer(&format!("/{EVENTS}/discriminator/mapping"));
    let kinds = kinds.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut names = BTreeSet::new();
    let (mut messages, mut references, mut listed) = (Map::new(), Map::new(), Vec::new());
    for (kind, schema) in &kinds {
        document::needed(schema, all, &mut names);
        let title = schema.as_str().and_then(|schema| schema.rsplit('_').next());
        let summary = title.and_then(|title| all.get(title)?.get("description").cloned());
        let message = json!({
            "name": kind, "title": title, "summary": summary,
            "contentType": "application/json", "payload": {"$ref": schema},
        });
        messages.insert(kind.clone(), message);
        references.insert(kind.clone(), json!({"$ref": format!("#/components/messages/{kind}")}));
        listed.push(json!({"$ref": format!("#/channels/collectionProgress/messages/{kind}")}));
    }
    let schemas = names
        .iter()
        .filter_map(|name| Some((name.clone(), plain(all.get(name)?.clone()))));
    let schemas: Map<String, Value> = schemas.collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Showrun", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"showrun": {
            "host": "localhost:8080", "protocol": "ws",
            "description": "`showrun serve`; with a certificate the protocol is `wss`.",
        }},
        "channels": {"collectionProgress": {
            "address": format!("{}/collections/{{id}}/progress", frame::PREFIX),
            "title": "Progress of a collection",
            "description": CHANNEL,
            "parameters": {"id": {"description": "Id of the collection."}},
            "messages": references,
            "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0", "query": {"type": "object", "properties": {
                "after": {
                    "type": "integer", "format": "int64", "minimum": 0, "default": 0,
                    "description": "Only events with a greater number.",
                },
                "ticket": {"type": "string", "description": "Instead of the header, for browsers."},
            }}}},
        }},
        "operations": {"collection_progress": {
            "action": "send",
            "title": "Watch a collection",
            "summary": "The stored events after a number, and each further one as soon as it is stored.",
            "channel": {"$ref": "#/channels/collectionProgress"},
            "messages": listed,
            "security": [
                {"$ref": "#/components/securitySchemes/bearer"},
                {"$ref": "#/components/securitySchemes/ticket"},
            ],
        }},
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API token."},
                "ticket": {
                    "type": "httpApiKey", "in": "query", "name": "ticket",
                    "description": "From `POST /api/v1/collections/{id}/progress-ticket`; good once.",
                },
            },
        },
    })
}

/// A schema of OpenAPI 3.0 in the words of JSON Schema.
fn plain(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            if let Some(example) = members.remove("example") {
                members.insert("examples".to_owned(), json!([example]));
            }
            if members.remove("nullable") == Some(Value::Bool(true))
                && let Some(kind) = members.get_mut("type")
            {
                *kind = json!([kind.take(), "null"]);
            }
            members.values_mut().for_each(|member| *member = plain(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = plain(item.take())),
        _ => {}
    }
    schema
}

fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// `showrun asyncapi`.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    listing::out(text().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The document, for programs.
#[handler]
pub(crate) fn asyncapi_json() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(TEXT.get_or_init(text).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Value, document: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                        let target = target.strip_prefix('#').unwrap();
                        assert!(document.pointer(target).is_some(), "{target} is not there");
                    }
                    members.values().for_each(|member| check(member, document));
                }
                Value::Array(items) => items.iter().for_each(|item| check(item, document)),
                _ => {}
            }
        }
        let document = document();
        check(&document, &document);
        assert_eq!(document["components"]["messages"].as_object().unwrap().len(), 6);
    }

    #[test]
    fn what_openapi_says_its_own_way_is_plain_json_schema() {
        let schema = json!({"properties": {"at": {"type": "string", "nullable": true, "example": "x"}}});
        let expected = json!({"properties": {"at": {"type": ["string", "null"], "examples": ["x"]}}});
        assert_eq!(plain(schema), expected);
    }
}
