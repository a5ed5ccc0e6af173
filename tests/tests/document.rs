//! The document of the API in the repository is the one that the program prints.

use std::process::Command;

use anyhow::{Context, ensure};
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
