//! Output of real devices, and recorded sessions, with what they must be taken for.
//!
//! Neither is part of this repository. They are read from `SHOWRUN_CORPUS_DIR`, else from `../shared/corpus` beside the
//! checkout; where they are not, a test says that it was skipped. So it does when the templates were not fetched.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod expected;
mod records;
mod sessions;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Where a file of the corpus is.
fn file(name: &str) -> PathBuf {
    let folder = std::env::var_os("SHOWRUN_CORPUS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    folder.join(name)
}

/// The lines of a file of the corpus, or nothing and a word about it.
fn lines(test: &str, name: &str) -> Result<Option<Vec<String>>, String> {
    let Ok(text) = std::fs::read_to_string(file(name)) else {
        return skip(test, "the corpus is not there (SHOWRUN_CORPUS_DIR)").map(|()| None);
    };
    Ok(Some(
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
    ))
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
