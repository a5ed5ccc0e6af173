//! Rules about the workspace as cargo sees it: which crate of ours may import which, and whose lints hold.

use std::path::Path;

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::Breach;

/// Every import allowed between crates of ours; the picture is in `ARCHITECTURE.md`.
pub const ALLOWED: [(&str, &[&str]); 8] = [
    ("api", &["service", "entity", "lab"]),
    ("service", &["jobs", "parsers", "entity", "migration"]),
    ("jobs", &[]),
    ("parsers", &[]),
    ("entity", &[]),
    ("migration", &[]),
    ("lab", &[]),
    ("tests", &["lab"]),
];

/// What cargo says about the workspace at `root`. Asks no registry.
///
/// # Errors
/// When cargo cannot read the workspace.
pub fn workspace(root: &Path) -> anyhow::Result<Metadata> {
    let manifest = root.join("Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(&manifest).no_deps();
    command
        .exec()
        .with_context(|| format!("cargo metadata of {}", manifest.display()))
}

/// No import (normal, dev or build) crosses a border.
#[must_use]
pub fn imports(workspace: &Metadata) -> Vec<Breach> {
    let ours: Vec<&str> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in &workspace.packages {
        let manifest = manifest(workspace, package);
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name.as_str()) else {
            found.push(Breach::new(&manifest, 0, "a crate that the house does not know"));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if (dependency.path.is_some() || ours.contains(&name)) && !allowed.contains(&name) {
                let what = format!(
                    "{} must not import {name} ({} dependency)",
                    package.name, dependency.kind
                );
                found.push(Breach::new(&manifest, 0, what));
            }
        }
    }
    found
}

/// Every member takes the workspace's lints.
///
/// # Errors
/// When a manifest cannot be read.
pub fn lints(workspace: &Metadata) -> anyhow::Result<Vec<Breach>> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        let text = std::fs::read_to_string(&package.manifest_path)?;
        if !takes_lints(&text) {
            found.push(Breach::new(
                &manifest(workspace, package),
                0,
                "without `[lints] workspace = true`",
            ));
        }
    }
    Ok(found)
}

fn takes_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let key: String = line.split_whitespace().collect();
        (section == "[lints]" && key == "workspace=true") || (section.is_empty() && key == "lints.workspace=true")
    })
}

fn manifest(workspace: &Metadata, package: &Package) -> String {
    let path = &package.manifest_path;
    path.strip_prefix(&workspace.workspace_root).unwrap_or(path).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace on disk of crates with these manifest endings.
    fn synthetic(crates: &[(&str, &str)]) -> (tempfile::TempDir, Metadata) {
        let root = tempfile::tempdir().unwrap();
        let members: Vec<_> = crates.iter().map(|(name, _)| *name).collect();
        let top = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n[workspace.lints.rust]\n");
        std::fs::write(root.path().join("Cargo.toml"), top).unwrap();
        for (name, ending) in crates {
            let source = root.path().join(name).join("src");
            std::fs::create_dir_all(&source).unwrap();
            std::fs::write(source.join("lib.rs"), "").unwrap();
            let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{ending}");
            std::fs::write(root.path().join(name).join("Cargo.toml"), manifest).unwrap();
        }
        let workspace = workspace(root.path()).unwrap();
        (root, workspace)
    }

    #[test]
    fn an_import_across_a_border_is_found_whatever_its_kind() {
        let (_root, workspace) = synthetic(&[
            (
                "api",
                "[dependencies]\nservice = { path = \"../service\" }\nworker = { package = \"jobs\", path = \"../jobs\" }\n",
            ),
            (
                "service",
                "[dependencies]\njobs = { path = \"../jobs\" }\n[build-dependencies]\nlab = { path = \"../lab\" }\n",
            ),
            ("jobs", "[dev-dependencies]\nlab = { path = \"../lab\" }\n"),
            ("lab", ""),
            ("extra", ""),
        ]);
        let mut found: Vec<_> = imports(&workspace).iter().map(ToString::to_string).collect();
        found.sort();
        assert_eq!(
            found,
            [
                "api/Cargo.toml: api must not import jobs (normal dependency)",
                "extra/Cargo.toml: a crate that the house does not know",
                "jobs/Cargo.toml: jobs must not import lab (dev dependency)",
                "service/Cargo.toml: service must not import lab (build dependency)",
            ]
        );
    }

    #[test]
    fn a_member_without_the_workspace_lints_is_found() {
        let (_root, workspace) = synthetic(&[
            ("jobs", "[lints]\nworkspace = true\n"),
            ("lab", "[lints.rust]\n[dependencies]\n"),
            ("parsers", "[dependencies]\n"),
        ]);
        let mut found: Vec<_> = lints(&workspace)
            .unwrap()
            .iter()
            .map(|breach| breach.path.clone())
            .collect();
        found.sort();
        assert_eq!(found, ["lab/Cargo.toml", "parsers/Cargo.toml"]);
    }
}
