//! The OpenAPI document: what the operations say of themselves, with what they have in common added, and the page that
//! shows it.

use std::{collections::BTreeSet, process::ExitCode, sync::OnceLock};

use poem::{Response, handler, http::header};
use poem_openapi::OpenApiService;
use serde_json::{Map, Value, json};

use crate::{
    examples, frame,
    problem::{self, Input},
    roles::{self, Access},
    v1,
};

const DESCRIPTION: &str = "Collects operational data from network devices over SSH.\n\n\
    **Authentication**: `Authorization: Bearer` with an access token (`auth_login`) or an API token (`srt_…`). \
    **Lists** are pages: `limit` (50, at most 500) and `page_token`, which comes with the page before; no \
    `next_page_token` is the end. Repeated values of a filter are alternatives, different filters must all hold. \
    **Problems** are RFC 9457 with a stable `code`. **Creating** operations take an `Idempotency-Key`: the same request \
    with the same key is done once in 24 hours. **Changing** takes `If-Match` with the `ETag` that was read, \
    and reading again `If-None-Match`. \
    Every answer carries `x-request-id`.";

/// Where a schema is, in a reference.
const SCHEMAS: &str = "#/components/schemas/";
/// What does not change what a schema takes.
const TEXTS: [&str; 4] = ["title", "description", "default", "example"];
/// Fields that are written as `null` where others are left out: "not known" is an answer there.
const NULLABLE: [&str; 2] = [
    "/components/schemas/Collection/properties/loaded_to_db",
    "/components/schemas/CollectionComplete/properties/loaded_to_db",
];

/// The operations under `/api/v1`.
pub(crate) fn operations() -> OpenApiService<impl poem_openapi::OpenApi, ()> {
    OpenApiService::new(v1::operations(), "Showrun", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .server(frame::PREFIX)
}

/// The document.
pub(crate) fn document() -> Value {
    let mut document: Value = serde_json::from_str(&operations().spec()).unwrap_or_default();
    plain_references(&mut document);
    let schemas = document
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_else(|| json!({}));
    for place in NULLABLE {
        if let Some(field) = document.pointer_mut(place).and_then(Value::as_object_mut) {
            field.insert("nullable".to_owned(), true.into());
        }
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let mut sent = BTreeSet::new();
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(path, method, operation, &schemas);
            needed(
                operation.get("requestBody").unwrap_or(&Value::Null),
                &schemas,
                &mut sent,
            );
        }
    }
    for name in sent {
        let place = format!("/components/schemas/{name}");
        document.pointer_mut(&place).into_iter().for_each(null_is_left_out);
    }
    document
}

/// The library writes what a field says of itself as a second schema beside the one it refers to, which generators take
/// for a schema without a type. It stands on the field already.
fn plain_references(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let parts = members.get_mut("allOf").and_then(Value::as_array_mut);
            let mut texts = Vec::new();
            if let Some(parts) = parts.filter(|parts| parts.first().is_some_and(|first| first.get("$ref").is_some())) {
                parts.retain_mut(|part| match part.as_object_mut() {
                    Some(part) if part.keys().all(|name| TEXTS.contains(&name.as_str())) => {
                        texts.push(std::mem::take(part));
                        false
                    }
                    _ => true,
                });
            }
            for (name, text) in texts.into_iter().flatten() {
                members.entry(name).or_insert(text);
            }
            members.values_mut().for_each(plain_references);
        }
        Value::Array(items) => items.iter_mut().for_each(plain_references),
        _ => {}
    }
}

/// The names of the schemas that a value refers to, and of those that these refer to.
pub(crate) fn needed(value: &Value, all: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix(SCHEMAS);
            if let Some((name, schema)) = name.and_then(|name| Some((name, all.get(name)?)))
                && names.insert(name.to_owned())
            {
                needed(schema, all, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| needed(item, all, names)),
        Value::Object(members) => members.values().for_each(|member| needed(member, all, names)),
        _ => {}
    }
}

/// In what is sent, `null` is taken for a field that may be left out; in a change it takes the value away.
fn null_is_left_out(schema: &mut Value) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        let optional = required.as_array().is_none_or(|names| !names.contains(&json!(name)));
        // OpenAPI 3.0 knows `nullable` beside a type alone.
        if let (true, Some(field)) = (optional && field.get("type").is_some(), field.as_object_mut()) {
            field.insert("nullable".to_owned(), true.into());
        }
    }
}

/// The document as text, the same every time.
pub(crate) fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// `showrun openapi`.
///
/// # Errors
/// None.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    print!("{}", text());
    Ok(ExitCode::SUCCESS)
}

fn complete(path: &str, method: &str, operation: &mut Value, schemas: &Value) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let id = id.as_str();
    let known = roles::operation(id);
    let public = known.is_none_or(|known| known.access == Access::Public);
    let changes = method != "get";
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let mut parameters = parameters.into_iter().flatten();
    let input = match operation.get("requestBody") {
        Some(_) => Input::Body,
        None if parameters.any(|parameter| parameter.get("in").is_some_and(|place| place == "query")) => Input::Query,
        None => Input::None,
    };
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        responses.retain(|status, _| problem::can_happen(status, public, path.contains('{'), changes, input));
        for response in responses.values_mut() {
            plain_media_types(response, schemas, examples::answer(id));
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        plain_media_types(body, schemas, examples::request(id));
    }
    let Some(operation) = operation.as_object_mut() else {
        return;
    };
    optional_lists(operation);
    if let Some(Access::Least(role)) = known.map(|known| known.access) {
        operation.insert("x-least-role".to_owned(), role.as_str().into());
    }
    if known.is_some_and(|known| known.creates) {
        let key = json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same request with the same key is done once in 24 hours.",
            "schema": {"type": "string", "maxLength": 255, "example": "ci-1234"},
        });
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(key);
        }
    }
}

/// The library calls repeated parameters required, which they are not.
fn optional_lists(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let is_list = parameter.pointer("/schema/type").is_some_and(|kind| kind == "array");
        if let (true, Some(parameter)) = (is_list, parameter.as_object_mut()) {
            parameter.insert("required".to_owned(), false.into());
        }
    }
}

/// Media types without a character set, as generators of clients look for them, each with an example: `text`, where it is
/// no JSON.
fn plain_media_types(holder: &mut Value, schemas: &Value, text: Option<&str>) {
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    let old = std::mem::take(content);
    for (media_type, mut entry) in old {
        let name = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let is_json = name.ends_with("json");
        if let (Some(schema), Some(entry)) = (entry.get("schema").cloned(), entry.as_object_mut())
            && !entry.contains_key("example")
            && let Some(example) = match is_json {
                true => example(&schema, schemas, 0),
                false => text.map(Value::from),
            }
        {
            entry.insert("example".to_owned(), example);
        }
        content.insert(name, entry);
    }
}

/// The example of a schema: its own, or put together from those of its parts.
fn example(schema: &Value, schemas: &Value, depth: usize) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return example(schemas.get(name)?, schemas, depth + 1);
    }
    for many in ["allOf", "oneOf", "anyOf"] {
        if let Some(first) = schema.get(many).and_then(Value::as_array).and_then(|all| all.first()) {
            return example(first, schemas, depth + 1);
        }
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|all| all.first()) {
        return Some(first.clone());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => Some(Value::Array(
            example(schema.get("items")?, schemas, depth + 1).into_iter().collect(),
        )),
        Some("object") => {
            let fields = schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            let fields = fields.filter_map(|(name, field)| Some((name.clone(), example(field, schemas, depth + 1)?)));
            Some(Value::Object(fields.collect::<Map<_, _>>()))
        }
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("uuid") => Some("0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90".into()),
            Some("date-time") => Some("2026-01-31T06:30:00Z".into()),
            _ => None,
        },
        Some("integer" | "number") => Some(1.into()),
        Some("boolean") => Some(true.into()),
        _ => None,
    }
}

/// The document, for programs.
#[handler]
pub(crate) fn openapi_json() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(TEXT.get_or_init(text).clone())
}

/// The document, for people.
#[handler]
pub(crate) fn docs_page() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Showrun API</title>\n</head>\n<body>\n\
        <script id=\"api-reference\" data-url=\"/openapi.json\" \
        data-configuration='{\"withDefaultFonts\":false,\"telemetry\":false}'></script>\n\
        <script src=\"/docs/scalar.js\"></script>\n</body>\n</html>\n";
    // The page makes style elements of its own, without a nonce; scripts come from here alone all the same.
    const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
        img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .body(PAGE)
}

/// The script of that page, out of the page that the library makes.
#[handler]
pub(crate) fn docs_script() -> Response {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    let script = SCRIPT.get_or_init(|| {
        let page = OpenApiService::new((), "", "").scalar_html();
        let script = page.split_once("<script charset=\"UTF-8\">").map(|(_, rest)| rest);
        let script = script.and_then(|rest| rest.rsplit_once("</script>"));
        script.map(|(script, _)| script.to_owned()).unwrap_or_default()
    });
    Response::builder()
        .content_type("text/javascript; charset=utf-8")
        .header(header::CACHE_CONTROL, "max-age=86400")
        .body(script.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_complete() {
        let document = document();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(operation["summary"].is_string(), "{name} has no summary");
                assert_eq!(
                    operation["tags"].as_array().map(Vec::len),
                    Some(1),
                    "{name} has one tag"
                );
                let responses = operation["responses"].as_object().unwrap();
                let good: Vec<_> = responses.keys().filter(|status| status.starts_with('2')).collect();
                assert_eq!(good.len(), 1, "{name} has one success: {good:?}");
                for (status, response) in responses {
                    for (media_type, entry) in response["content"].as_object().into_iter().flatten() {
                        assert_no_gap(&format!("{name} {status}"), media_type, entry);
                    }
                }
                assert!(
                    responses
                        .values()
                        .any(|response| !response["content"]["application/problem+json"].is_null()),
                    "{name} has no problem"
                );
                for (media_type, entry) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                    assert_no_gap(&format!("the body of {name}"), media_type, entry);
                }
                let takes = |header: &str| {
                    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                    parameters.any(|parameter| parameter["name"] == header && parameter["in"] == "header")
                };
                // What is made, or goes on now, is made once.
                let makes = method == "post" && ["201", "202"].iter().any(|status| responses.contains_key(*status));
                if makes || path == "/device-imports" {
                    assert!(takes("Idempotency-Key"), "{name} takes no Idempotency-Key");
                }
                if path.ends_with("{id}") && method == "get" {
                    let headers = responses["200"]["headers"].as_object();
                    let has =
                        headers.is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case("etag")));
                    assert!(has, "{name} has no ETag");
                }
                // A collection and a capture are what they are, so that nobody's change can be lost.
                let fixed = ["/collections/{id}", "/captures/{id}"].contains(&path.as_str());
                if matches!(method.as_str(), "patch" | "delete") && !fixed {
                    assert!(takes("If-Match"), "{name} takes no If-Match");
                }
            }
        }
    }

    fn assert_no_gap(place: &str, media_type: &str, entry: &Value) {
        // An archive cannot be shown in JSON.
        if media_type != "application/zip" {
            assert!(!entry["example"].is_null(), "{place} has no example");
        }
        match media_type.ends_with("json") {
            true => assert!(entry["schema"]["$ref"].is_string(), "{place}: name the schema"),
            false => assert_eq!(entry["schema"]["type"], "string", "{place}"),
        }
    }

    #[test]
    fn the_library_still_gives_its_script() {
        assert!(
            OpenApiService::new((), "", "")
                .scalar_html()
                .contains("<script charset=\"UTF-8\">")
        );
    }
}
