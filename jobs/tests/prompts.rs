//! Prompts of real devices, recorded with what they must and must not be taken for: the shipped platforms know theirs.
//!
//! The prompts are no part of this repository. They are read from `SHOWRUN_CORPUS_DIR`, else from `../shared/corpus`
//! beside the checkout; where they are not, the test says that it was skipped.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use jobs::{Catalogue, Platform, line::Lines};
use serde::Deserialize;

/// The prompts of one platform, under the name that their collectors use for it.
#[derive(Deserialize)]
struct Prompts {
    model: String,
    /// Must be recognised.
    pass: Vec<String>,
    /// Must be recognised once terminal control is carried out.
    #[serde(default)]
    pass_with_expect: Vec<String>,
    /// Must not be recognised.
    #[serde(default)]
    fail: Vec<String>,
}

fn file() -> PathBuf {
    let folder = std::env::var_os("SHOWRUN_CORPUS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    folder.join("prompts.jsonl")
}

/// Says that a test cannot run here, where `scripts/test-summary` counts it. With `REQUIRE_ALL=1` that is a failure.
fn skip(test: &str, reason: &str) -> Result<(), String> {
    let line = format!("SKIP {test}: {reason}\n");
    print!("{line}");
    if std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1") {
        return Err(format!("REQUIRE_ALL=1 and {test} cannot run: {reason}"));
    }
    let Some(file) = std::env::var_os("SHOWRUN_SKIP_FILE") else {
        return Ok(());
    };
    let open = std::fs::OpenOptions::new().create(true).append(true).open(&file);
    open.and_then(|mut open| open.write_all(line.as_bytes()))
        .map_err(|error| error.to_string())
}

/// The line as the engine looks at it.
fn shown(prompt: &str) -> Vec<u8> {
    let mut lines = Lines::default();
    let mut before = Vec::new();
    lines.take(prompt.as_bytes(), &mut before);
    let mut tail = Vec::new();
    lines.tail(&mut tail);
    tail
}

/// What is wrong with how the platform takes these prompts.
fn faults(platform: &Platform, prompts: &Prompts) -> Vec<String> {
    let knows = |prompt: &String| platform.prompt.is_match(&shown(prompt));
    let missed = prompts
        .pass
        .iter()
        .chain(&prompts.pass_with_expect)
        .filter(|prompt| !knows(prompt));
    let missed = missed.map(|prompt| format!("{}: {prompt:?} is its prompt, and is not recognised", prompts.model));
    let wrong = prompts.fail.iter().filter(|prompt| knows(prompt));
    let wrong = wrong.map(|prompt| format!("{}: {prompt:?} is no prompt, and is taken for one", prompts.model));
    missed.chain(wrong).collect()
}

#[test]
fn recorded_prompts_are_recognised_by_their_platform() -> Result<(), String> {
    let Ok(text) = std::fs::read_to_string(file()) else {
        let test = "prompts::recorded_prompts_are_recognised_by_their_platform";
        return skip(test, "the recorded prompts are not there (SHOWRUN_CORPUS_DIR)");
    };
    let catalogue = Catalogue::shipped();
    let mut found = Vec::new();
    let (mut known, mut others, mut checked) = (Vec::new(), Vec::new(), 0);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let prompts: Prompts = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Some(platform) = catalogue.platform(&prompts.model) else {
            others.push(prompts.model);
            continue;
        };
        checked += prompts.pass.len() + prompts.pass_with_expect.len() + prompts.fail.len();
        found.extend(faults(&platform, &prompts));
        known.push(format!("{} as {}", prompts.model, platform.slug));
    }
    println!(
        "{checked} prompts: {}; of other platforms: {}",
        known.join(", "),
        others.join(", ")
    );
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    assert!(checked > 0, "no prompt is of a platform of ours");
    Ok(())
}

/// The rule that the test above applies can fail in both ways.
#[test]
fn a_missed_and_a_wrong_prompt_are_found() {
    let catalogue = Catalogue::shipped();
    let platform = catalogue.platform("cisco_ios").unwrap();
    let prompts = Prompts {
        model: "made up".to_owned(),
        pass: vec![
            "r1#".to_owned(),
            "\x1b[1mr1>\x1b[m ".to_owned(),
            "no prompt at all".to_owned(),
        ],
        pass_with_expect: Vec::new(),
        fail: vec!["r2#".to_owned(), "r2".to_owned()],
    };
    let found = faults(&platform, &prompts);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("no prompt at all") && found[1].contains("r2#"),
        "{found:?}"
    );
}
