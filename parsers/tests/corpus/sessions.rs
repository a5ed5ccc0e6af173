//! Recorded sessions of real devices: what must be masked, and what must and must not count as a change.
//!
//! The rules are those of the shipped platform files, read here as plain data: `parsers` does not know `jobs`.

use std::{collections::HashMap, path::Path};

use parsers::{ChangeOptions, LineKind, LineRule, Masker, SeverityRules, TagKey, common_secrets, compare};
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
struct Session {
    case: String,
    model: String,
    #[serde(default)]
    init_prompt: Option<String>,
    steps: Vec<(String, String)>,
    secrets: Option<Wanted>,
    significant: Option<Wanted>,
}

/// `fail`: texts that must be gone. `pass`: patterns that must be there.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    pass: Vec<String>,
    #[serde(default)]
    fail: Vec<String>,
}

/// What of a platform file is needed here.
#[derive(Deserialize)]
struct Platform {
    platform: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    volatile_lines: Vec<LineRule>,
    #[serde(default)]
    secrets: Vec<LineRule>,
}

/// The shipped platforms under each of their names.
fn platforms() -> HashMap<String, std::sync::Arc<Platform>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../jobs/platforms");
    let mut found = HashMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let platform: Platform = serde_yaml::from_str(&text).unwrap();
            let platform = std::sync::Arc::new(platform);
            for name in platform.aliases.iter().chain([&platform.platform]) {
                found.insert(name.clone(), std::sync::Arc::clone(&platform));
            }
        }
    }
    found
}

/// Everything the device sent, without the redrawing of a pager.
fn text(session: &Session) -> String {
    let mut text = session.init_prompt.clone().unwrap_or_default();
    for (_, received) in &session.steps {
        text.push_str(received);
    }
    let pager = Regex::new("(?:\r|\n)?--More--[ \r\u{8}]*|\u{1b}\\[[0-9;?]*[A-Za-z]|\u{8}").unwrap();
    pager
        .replace_all(&text.replace("\r\n", "\n").replace('\r', ""), "")
        .into_owned()
}

fn sessions(test: &str) -> Result<Option<Vec<Session>>, String> {
    let Some(lines) = crate::lines(test, "sessions.jsonl")? else {
        return Ok(None);
    };
    let sessions = lines
        .iter()
        .map(|line| serde_json::from_str(line).map_err(|error| error.to_string()));
    sessions.collect::<Result<Vec<_>, _>>().map(Some)
}

/// The other project writes `<secret removed>`, `<secret hidden>` and the like where ours has a tag.
fn as_ours(pattern: &str) -> String {
    let removed = Regex::new("<?(?:secret|configuration)? ?(?:removed|hidden)>").unwrap();
    removed.replace_all(pattern, "<secret [0-9a-f]{8}>").into_owned()
}

#[test]
fn recorded_secrets_are_masked_and_nothing_else() -> Result<(), String> {
    let test = "corpus::sessions::recorded_secrets_are_masked_and_nothing_else";
    let Some(sessions) = sessions(test)? else { return Ok(()) };
    let platforms = platforms();
    let (mut checked, mut others, mut faults) = (0, Vec::new(), Vec::new());
    for session in &sessions {
        let Some(wanted) = &session.secrets else { continue };
        // A platform without a file has the rules that fit most makes.
        let rules = platforms
            .get(&session.model)
            .map(|platform| platform.secrets.as_slice());
        if rules.is_none() {
            others.push(session.model.clone());
        }
        if session.model == "eatonnetwork" {
            // One line of JSON, of which that project takes the keys out with the values; we keep keys.
            continue;
        }
        let key = Some(TagKey::new([9; 32]));
        let masker = match rules {
            Some(rules) => Masker::new(rules, key).and_then(Masker::with_common),
            None => Masker::new(common_secrets(), key),
        };
        let masker = masker.unwrap();
        let text = text(session);
        let masked = masker.mask(&text);
        for secret in &wanted.fail {
            checked += 1;
            assert!(
                text.contains(secret.as_str()),
                "{}: {secret:?} was never in it",
                session.case
            );
            if let Some(line) = masked.lines().find(|line| line.contains(secret.as_str())) {
                faults.push(format!("{}: {secret:?} is still in {line:?}", session.case));
            }
        }
        for pattern in wanted.pass.iter().map(|pattern| as_ours(pattern)) {
            checked += 1;
            if !Regex::new(&pattern).unwrap().is_match(&masked) {
                faults.push(format!("{}: nothing is {pattern:?}", session.case));
            }
        }
        // The same text masks to the same, and masking what is masked changes no secret into another.
        assert_eq!(masker.mask(&text), masked, "{}", session.case);
    }
    println!(
        "{checked} texts in sessions of our platforms; of others: {}",
        others.join(", ")
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(checked > 0);
    Ok(())
}

#[test]
fn recorded_lines_that_change_by_themselves_are_no_change() -> Result<(), String> {
    let test = "corpus::sessions::recorded_lines_that_change_by_themselves_are_no_change";
    let Some(sessions) = sessions(test)? else { return Ok(()) };
    let platforms = platforms();
    let (mut checked, mut others, mut faults) = (0, Vec::new(), Vec::new());
    for session in &sessions {
        let Some(wanted) = &session.significant else { continue };
        let Some(platform) = platforms.get(&session.model) else {
            others.push(session.model.clone());
            continue;
        };
        let severity = SeverityRules::new(&[]).unwrap();
        let options = ChangeOptions::new(&platform.volatile_lines, "configs", severity, 0).unwrap();
        let text = text(session);
        // Compared with nothing, every line that counts is one that was added.
        let changes = compare("", &text, &options);
        let lines = changes.hunks.iter().flat_map(|hunk| &hunk.lines);
        let counted = lines
            .filter(|line| line.kind == LineKind::Added)
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>();
        for volatile in &wanted.fail {
            checked += 1;
            assert!(
                text.contains(volatile.as_str()),
                "{}: {volatile:?} was never in it",
                session.case
            );
            if let Some(line) = counted.iter().find(|line| line.contains(volatile.as_str())) {
                faults.push(format!("{}: {volatile:?} counts as a change: {line:?}", session.case));
            }
        }
        for lasting in &wanted.pass {
            checked += 1;
            if !text.contains(lasting.as_str()) {
                // Made by the other project from another output, so there is nothing to keep.
                println!("{}: {lasting:?} is in no output", session.case);
            } else if !counted.iter().any(|line| line.contains(lasting.as_str())) {
                faults.push(format!("{}: {lasting:?} does not count as a change", session.case));
            }
        }
        // The same capture with other values in every volatile line is no change.
        let renewed =
            text.lines().map(
                |line| match wanted.fail.iter().find(|volatile| line.contains(volatile.as_str())) {
                    Some(_) => format!("{}\n", renew(line)),
                    None => format!("{line}\n"),
                },
            );
        let renewed = renewed.collect::<String>();
        assert_ne!(renewed, text, "{}", session.case);
        let changes = compare(&text, &renewed, &options);
        if !changes.is_empty() {
            faults.push(format!(
                "{}: {}",
                session.case,
                parsers::unified(&changes, "before", "after")
            ));
        }
    }
    println!(
        "{checked} texts in sessions of our platforms; of others: {}",
        others.join(", ")
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(checked > 0);
    Ok(())
}

/// The line with other digits, and other letters in what a device encrypts anew.
fn renew(line: &str) -> String {
    let digits = |text: &str| {
        let turn = |char: char| {
            char.to_digit(10)
                .and_then(|digit| char::from_digit((digit + 1) % 10, 10))
                .unwrap_or(char)
        };
        text.chars().map(turn).collect::<String>()
    };
    match line.split_once("ENC ") {
        Some((before, secret)) => format!("{before}ENC {}", secret.replace('A', "Z").replace('B', "Y")),
        None => digits(line).replace("KEYXX", "KEYYY"),
    }
}
