//! Holds this repository to the rules of the house, one test per rule. That each rule can fail is tested beside it,
//! in `tests/src/house/`.

use tests::house::{Breach, Tree, arrows, borders, code, text};
use tests::places;

fn tree() -> anyhow::Result<Tree> {
    Ok(Tree::read(&places::root())?)
}

/// Fails with every breach on a line of its own.
fn none(breaches: &[Breach]) {
    let list: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}

#[test]
fn imports_follow_the_arrows() -> anyhow::Result<()> {
    none(&arrows::imports(&arrows::workspace(&places::root())?));
    Ok(())
}

#[test]
fn every_member_takes_the_workspace_lints() -> anyhow::Result<()> {
    none(&arrows::lints(&arrows::workspace(&places::root())?)?);
    Ok(())
}

#[test]
fn status_codes_stand_in_problem_alone() -> anyhow::Result<()> {
    none(&code::status_codes(&tree()?));
    Ok(())
}

#[test]
fn queries_stand_in_stores_alone() -> anyhow::Result<()> {
    none(&code::queries(&tree()?));
    Ok(())
}

#[test]
fn the_environment_is_read_in_the_configuration_alone() -> anyhow::Result<()> {
    none(&code::environment(&tree()?));
    Ok(())
}

#[test]
fn no_crate_names_what_lies_behind_its_border() -> anyhow::Result<()> {
    none(&borders::borders(&tree()?));
    Ok(())
}

#[test]
fn unsafe_code_is_nowhere() -> anyhow::Result<()> {
    none(&code::no_unsafe(&tree()?));
    Ok(())
}

#[test]
fn every_crate_opens_with_its_docs() -> anyhow::Result<()> {
    none(&code::opening_docs(&tree()?));
    Ok(())
}

#[test]
fn no_source_file_is_too_long() -> anyhow::Result<()> {
    none(&text::lengths(&tree()?));
    Ok(())
}

#[test]
fn the_repository_speaks_of_the_product_alone() -> anyhow::Result<()> {
    none(&text::product_alone(&tree()?, &registry_hosts()));
    Ok(())
}

/// The registry that npm uses on this machine, when it is one of its own.
fn registry_hosts() -> Vec<String> {
    let asked = std::process::Command::new("npm")
        .args(["config", "get", "registry"])
        .output();
    let answer = asked
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let host = answer
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', ':']).next())
        .unwrap_or_default();
    if host.is_empty() || host.ends_with("npmjs.org") {
        Vec::new()
    } else {
        vec![host.to_owned()]
    }
}
