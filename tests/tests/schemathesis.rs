//! The server answers as its document says, whatever it is asked: `scripts/schemathesis`, with few examples.

use std::process::Command;

use anyhow::{Context, ensure};
use tests::{places, skip};

/// What the script says when it has not what it needs.
const MISSING: i32 = 3;

#[test]
fn the_server_answers_as_its_document_says() -> anyhow::Result<()> {
    let binary = places::binary("showrun").context("showrun was not built: cargo build --workspace --bins")?;
    let output = Command::new(places::root().join("scripts/schemathesis"))
        .args(["40", "3"])
        .env("SHOWRUN_BINARY", binary)
        .output()?;
    if output.status.code() == Some(MISSING) {
        skip::skip(
            "schemathesis::the_server_answers_as_its_document_says",
            "Python, pip or the network is missing",
        );
        return Ok(());
    }
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "{}\n{}",
        of(&output.stdout),
        of(&output.stderr)
    );
    Ok(())
}
