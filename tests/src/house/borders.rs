//! The borders between crates, as their sources show them: what each must not name.

use super::source::{code, imports, is_or_in};
use super::{Breach, File, Tree};

/// Crates and modules that a crate of ours must not name: who, what (a path), where it is allowed all the same, why.
const BORDERS: [(&str, &[&str], &str, &str); 8] = [
    ("service/", &["poem", "poem_openapi"], "", "service knows no HTTP"),
    (
        "jobs/",
        &["poem", "poem_openapi", "hyper", "reqwest"],
        "",
        "jobs knows no HTTP",
    ),
    (
        "entity/",
        &["poem", "poem_openapi", "tokio"],
        "",
        "entity is rows alone",
    ),
    (
        "migration/",
        &["poem", "poem_openapi"],
        "",
        "migration is schema history alone",
    ),
    (
        "lab/",
        &["poem", "poem_openapi"],
        "",
        "lab plays devices, not the server",
    ),
    (
        "parsers/",
        &["tokio", "std::fs", "std::net", "std::process", "std::os"],
        "parsers/tests/",
        "parsers does no I/O",
    ),
    ("api/", &["lab"], "api/src/demo", "lab is there for the demo alone"),
    (
        "",
        &["serde_yaml"],
        "jobs/src/",
        "YAML of our own is read in jobs/src/catalogue, jobs/src/platform and parsers/src/library",
    ),
];

/// No crate names what lies behind its border.
#[must_use]
pub fn borders(tree: &Tree) -> Vec<Breach> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let code = code(&file.text);
        for (prefix, paths, allowed, why) in BORDERS {
            if !file.path.starts_with(prefix) || allowed_at(file, allowed) {
                continue;
            }
            for path in paths {
                let brought = imports(&code).into_iter().filter(|(_, import)| is_or_in(import, path));
                let mut lines: Vec<usize> = brought.map(|(line, _)| line).chain(inline(&code, path)).collect();
                lines.sort_unstable();
                lines.dedup();
                found.extend(
                    lines
                        .iter()
                        .map(|line| Breach::new(&file.path, *line, format!("{path}: {why}"))),
                );
            }
        }
    }
    found
}

fn allowed_at(file: &File, allowed: &str) -> bool {
    match allowed {
        "" => false,
        "jobs/src/" => {
            let homes = [
                "jobs/src/catalogue",
                "jobs/src/platform",
                "jobs/build.rs",
                "parsers/src/library",
            ];
            file.is_test() || homes.iter().any(|start| file.path.starts_with(start))
        }
        other => file.path.starts_with(other),
    }
}

/// Lines in which `path::` stands in the code itself.
fn inline(code: &str, path: &str) -> Vec<usize> {
    let needle = format!("{path}::");
    let mut lines = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for (at, _) in line.match_indices(&needle) {
            let before = line.split_at(at).0;
            // `::tokio::` is the crate all the same; `my::tokio::` and `_tokio::` are something else.
            let outer = before.strip_suffix("::").unwrap_or(before);
            if !outer.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                lines.push(index + 1);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::at;
    use super::*;

    #[test]
    fn a_name_from_behind_a_border_is_found() {
        let tree = Tree::of(&[
            ("service/src/a.rs", "// poem\nuse poem::Route;"),
            (
                "jobs/src/b.rs",
                "fn f() { reqwest::get(\"\"); my_reqwest::get(); }\nserde_yaml::from_str(\"\");",
            ),
            ("jobs/src/catalogue.rs", "serde_yaml::from_str(\"\");"),
            ("jobs/src/platform/load.rs", "use serde_yaml as yaml;"),
            (
                "parsers/src/arp.rs",
                "use std::{collections::HashMap, net::IpAddr};\nuse std::fmt;\n#[tokio::main]",
            ),
            ("api/src/demo.rs", "use lab::Fleet;"),
            ("api/src/collect.rs", "use lab::Fleet;\nlet lab = 1;"),
        ]);
        assert_eq!(
            at(&borders(&tree)),
            [
                "service/src/a.rs:2",
                "jobs/src/b.rs:1",
                "jobs/src/b.rs:2",
                "parsers/src/arp.rs:3",
                "parsers/src/arp.rs:1",
                "api/src/collect.rs:1"
            ]
        );
    }
}
