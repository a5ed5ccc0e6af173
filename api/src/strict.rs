//! Texts are texts: the library that reads bodies takes a number or a boolean for a text, the document does not.

use std::collections::HashMap;

use serde_json::Value;
use service::error::{Error, FieldProblem};

/// How deep bodies are looked into; JSON that is deeper is not read at all.
const DEPTH: usize = 128;

/// The bodies of all operations, as the document says.
pub(crate) struct Bodies {
    document: Value,
    /// Schemas by the id of their operation.
    schemas: HashMap<String, Value>,
}

impl Bodies {
    /// Takes the bodies out of the document.
    pub(crate) fn new(document: Value) -> Self {
        let mut schemas = HashMap::new();
        let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
        for (_, item) in paths {
            for (_, operation) in item.as_object().into_iter().flatten() {
                let id = operation.get("operationId").and_then(Value::as_str);
                let schema = operation.pointer("/requestBody/content/application~1json/schema");
                if let (Some(id), Some(schema)) = (id, schema) {
                    schemas.insert(id.to_owned(), schema.clone());
                }
            }
        }
        Self { document, schemas }
    }

    /// Refuses a body with something else where a text belongs. What else is wrong is found later.
    ///
    /// # Errors
    /// `validation_failed`, naming each of them.
    pub(crate) fn check(&self, operation: &str, body: &Value) -> Result<(), Error> {
        let mut problems = Vec::new();
        if let Some(schema) = self.schemas.get(operation) {
            self.walk(schema, body, "", 0, &mut problems);
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Error::fields(problems)),
        }
    }

    fn walk(&self, schema: &Value, value: &Value, pointer: &str, depth: usize, problems: &mut Vec<FieldProblem>) {
        if depth > DEPTH {
            return;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(schema) = self.document.pointer(target.trim_start_matches('#')) {
                self.walk(schema, value, pointer, depth + 1, problems);
            }
            return;
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.walk(part, value, pointer, depth + 1, problems);
        }
        let is_text = schema.get("type").and_then(Value::as_str) == Some("string");
        match value {
            Value::Number(_) | Value::Bool(_) if is_text => problems.push(FieldProblem {
                pointer: pointer.to_owned(),
                detail: "must be a text".to_owned(),
            }),
            Value::Array(items) => {
                let Some(of_items) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    self.walk(of_items, item, &format!("{pointer}/{index}"), depth + 1, problems);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let known = schema.get("properties").and_then(|properties| properties.get(name));
                    let other = || schema.get("additionalProperties").filter(|schema| schema.is_object());
                    if let Some(schema) = known.or_else(other) {
                        let name = name.replace('~', "~0").replace('/', "~1");
                        self.walk(schema, member, &format!("{pointer}/{name}"), depth + 1, problems);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(operation: &str, body: &Value) -> Vec<String> {
        let bodies = Bodies::new(crate::document::document());
        match bodies.check(operation, body) {
            Ok(()) => Vec::new(),
            Err(error) => error.fields.into_iter().map(|problem| problem.pointer).collect(),
        }
    }

    #[test]
    fn numbers_and_booleans_are_no_texts() {
        for (operation, body, wrong) in [
            (
                "device_update",
                json!({"vendor": 5, "port": 22, "tags": ["a", true]}),
                vec!["/tags/1", "/vendor"],
            ),
            ("auth_logout", json!({"refresh_token": 1}), vec!["/refresh_token"]),
            (
                "capture_purge",
                json!({"older_than_days": 1, "capture_types": [false]}),
                vec!["/capture_types/0"],
            ),
            (
                "collection_create",
                json!({"capture_types": ["configs"], "credentials": {"username": 7}, "options": {"max_workers": 5}}),
                vec!["/credentials/username"],
            ),
        ] {
            let mut found = pointers(operation, &body);
            found.sort();
            assert_eq!(found, wrong, "{operation}");
        }
    }

    #[test]
    fn what_the_document_allows_is_let_through() {
        for (operation, body) in [
            (
                "device_update",
                json!({"vendor": null, "site": "ams", "enabled": true, "port": 22}),
            ),
            (
                "collection_create",
                json!({"filters": {"site": ["a", "b"], "vendor": "Cisco"}, "capture_types": ["arp"]}),
            ),
            ("no_such_operation", json!({"a": 1})),
            ("device_create", json!([1, 2])),
        ] {
            assert_eq!(pointers(operation, &body), Vec::<String>::new(), "{operation}");
        }
    }
}
