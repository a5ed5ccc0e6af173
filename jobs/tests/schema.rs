//! The JSON Schema that editors use holds for every shipped platform file, and refuses what the loader refuses.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{fs, path::Path};

use serde_json::{Value, json};

fn schema() -> jsonschema::Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms/schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn problems(schema: &jsonschema::Validator, file: &Value) -> Vec<String> {
    schema
        .iter_errors(file)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn every_shipped_file_follows_the_schema() {
    let schema = schema();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let file: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(problems(&schema, &file), Vec::<String>::new(), "{}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 18);
}

#[test]
fn what_the_loader_refuses_the_schema_refuses() {
    let schema = schema();
    let good = json!({
        "platform": "acme",
        "title": "Acme OS",
        "vendor": "Acme",
        "prompt": {"pattern": "^x#$", "evidence": "simulated"},
        "captures": {"arp": {"commands": ["show arp"], "evidence": "simulated"}},
    });
    assert_eq!(problems(&schema, &good), Vec::<String>::new());
    for (key, value) in [
        ("platform", json!("Acme OS")),
        ("no_such_key", json!(1)),
        ("confirm", json!("hope")),
        ("captures", json!({"arp": {"commands": [], "evidence": "real"}})),
        (
            "captures",
            json!({"arp": {"commands": ["show arp"], "evidence": "guessed"}}),
        ),
        ("captures", json!({"arp": {"commands": ["show arp"]}})),
    ] {
        let mut bad = good.clone();
        bad[key] = value.clone();
        assert!(!problems(&schema, &bad).is_empty(), "{key}: {value}");
    }
}
