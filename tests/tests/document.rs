//! The documents of the API in the repository are those that the program prints, and they agree with each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tests::places;

#[test]
fn the_document_in_the_repository_is_that_of_the_program() -> anyhow::Result<()> {
    let binary = places::binary("showrun").context("showrun was not built: cargo build --workspace --bins")?;
    let printed = Command::new(binary).arg("openapi").output()?;
    ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let kept = std::fs::read(places::root().join("openapi/openapi.json"))?;
    ensure!(
        printed.stdout == kept,
        "openapi/openapi.json is another: run `showrun openapi > openapi/openapi.json`, then `npm run generate` in frontend"
    );
    Ok(())
}

fn kept(name: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(
        places::root().join("openapi").join(name),
    )?)?)
}

#[test]
fn the_document_of_the_websocket_is_that_of_the_program() -> anyhow::Result<()> {
    let binary = places::binary("showrun").context("showrun was not built: cargo build --workspace --bins")?;
    let printed = Command::new(binary).arg("asyncapi").output()?;
    ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let kept = std::fs::read(places::root().join("openapi/asyncapi.json"))?;
    ensure!(
        printed.stdout == kept,
        "openapi/asyncapi.json is another: run `showrun asyncapi > openapi/asyncapi.json`"
    );
    Ok(())
}

/// What a schema says of its fields, wherever they stand: names, types and what must be there.
fn fields(schema: &Value, all: &Value, found: &mut BTreeMap<String, BTreeSet<String>>, path: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return fields(&all[name], all, found, path);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields(part, all, found, path);
    }
    fields_of(&schema["items"], all, found, &format!("{path}[]"));
    for name in schema["required"].as_array().into_iter().flatten() {
        found
            .entry(format!("{path}/{name}"))
            .or_default()
            .insert("required".to_owned());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/\"{name}\"");
        let kinds = found.entry(path.clone()).or_default();
        match &field["type"] {
            Value::Array(types) => kinds.extend(types.iter().map(Value::to_string)),
            kind => {
                kinds.insert(kind.to_string());
            }
        }
        if field["nullable"] == true {
            kinds.insert("\"null\"".to_owned());
        }
        kinds.extend(field["format"].as_str().map(str::to_owned));
        fields(field, all, found, &path);
    }
}

fn fields_of(schema: &Value, all: &Value, found: &mut BTreeMap<String, BTreeSet<String>>, path: &str) {
    if schema.is_object() {
        fields(schema, all, found, path);
    }
}

#[test]
fn both_documents_say_the_same_of_every_event() -> anyhow::Result<()> {
    let (openapi, asyncapi) = (kept("openapi.json")?, kept("asyncapi.json")?);
    let (rest, socket) = (&openapi["components"]["schemas"], &asyncapi["components"]["schemas"]);
    let kinds = rest["CollectionEvent"]["discriminator"]["mapping"].as_object();
    let kinds = kinds.context("the OpenAPI document has no events")?;
    let messages = asyncapi["components"]["messages"].as_object();
    let messages = messages.context("the AsyncAPI document has no messages")?;
    assert_eq!(
        kinds.keys().collect::<Vec<_>>(),
        messages.keys().collect::<Vec<_>>(),
        "the sorts of events"
    );
    for (kind, schema) in kinds {
        let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
        fields(&json!({ "$ref": schema }), rest, &mut one, "");
        fields(&messages[kind]["payload"], socket, &mut other, "");
        for name in ["\"seq\"", "\"at\"", "\"collection_id\"", "\"type\"", "\"data\""] {
            assert!(one.contains_key(&format!("/{name}")), "{kind} has no {name}");
        }
        assert!(one.len() > 5, "{kind} says nothing: {one:?}");
        assert_eq!(one, other, "{kind}");
    }
    Ok(())
}
