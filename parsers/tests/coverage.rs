//! Which commands of the shipped platforms have a template.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, path::Path};

use parsers::{Library, Origin};
use serde::Deserialize;

/// What of a platform file is needed here.
#[derive(Deserialize)]
struct Platform {
    platform: String,
    captures: BTreeMap<String, Commands>,
}

#[derive(Deserialize)]
struct Commands {
    commands: Vec<String>,
}

/// Templates that the shipped platforms need are there, ours or the fetched ones, and each can be compiled with its
/// mapping. What has none is printed.
#[test]
fn commands_of_the_shipped_platforms_have_templates_that_can_be_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../jobs/platforms");
    let library = Library::built_in();
    let (mut ours, mut fetched, mut none) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let platform: Platform = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        // A configuration is compared and searched, never cut into rows.
        for command in platform
            .captures
            .get("configs")
            .into_iter()
            .flat_map(|configs| &configs.commands)
        {
            let found = library.find(&platform.platform, "configs", command);
            assert_eq!(found, None, "{}: {command}", platform.platform);
        }
        for (capture_type, commands) in platform.captures.iter().filter(|(name, _)| *name != "configs") {
            for command in &commands.commands {
                let found = library.template(&platform.platform, capture_type, command);
                match found.unwrap_or_else(|error| panic!("{} {capture_type}: {error}", platform.platform)) {
                    Some(template) if template.id.origin == Origin::Own => ours += 1,
                    Some(_) => fetched += 1,
                    None => none.push(format!("{} {capture_type}: {command}", platform.platform)),
                }
            }
        }
    }
    none.sort();
    println!(
        "{fetched} commands are read by ntc-templates, {ours} by ours; none reads:\n{}",
        none.join("\n")
    );
    assert!(ours > 20, "{ours}");
    if parsers::built_in_notice().is_none() {
        assert!(fetched > 100, "{fetched}");
    }
}
