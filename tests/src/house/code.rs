//! Rules about Rust sources: what may be named where.

use super::source::{code, imports, is_or_in, product_code, words};
use super::{Breach, File, Tree};

/// HTTP status codes stand in `api/src/problem.rs` and nowhere else.
#[must_use]
pub fn status_codes(tree: &Tree) -> Vec<Breach> {
    let mut found = Vec::new();
    for file in tree
        .rust()
        .filter(|file| !file.is_test() && file.path != "api/src/problem.rs")
    {
        for (line, word, before) in words(&product_code(&file.text)) {
            if word == "StatusCode" || (is_status_number(word) && (named_status(before) || plain_in_api(file, word))) {
                found.push(Breach::new(&file.path, line, format!("HTTP status code ({word})")));
            }
        }
    }
    found
}

fn is_status_number(word: &str) -> bool {
    word.len() == 3 && word.parse::<u16>().is_ok_and(|number| (100..600).contains(&number))
}

/// `status = 404`, `with_status(404`, `status() == 404`, `from_u16(404`, `status.as_u16() != 404`.
fn named_status(before: &str) -> bool {
    let name = before.trim_end_matches([' ', '=', '!', '<', '>', ':', '(', ')']);
    let name = name
        .strip_suffix(".as_u16")
        .unwrap_or(name)
        .trim_end_matches(['(', ')']);
    let word = name
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or("")
        .to_lowercase();
    ["status", "status_code", "from_u16"]
        .iter()
        .any(|known| word.ends_with(known))
}

/// Numbers that are hardly anything but a status code in a crate that speaks HTTP.
fn plain_in_api(file: &File, word: &str) -> bool {
    const PLAIN: [&str; 15] = [
        "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428", "429", "502", "503", "504",
    ];
    file.path.starts_with("api/") && PLAIN.contains(&word)
}

/// Queries stand in a noun's `store.rs`; rows, schema history and the connection name the ORM too, nobody else.
#[must_use]
pub fn queries(tree: &Tree) -> Vec<Breach> {
    named(
        tree,
        &["sea_orm", "sea_query", "sqlx"],
        "the database is named outside a store.rs",
        |file| {
            (file.path.starts_with("service/src/") && file.name() == "store.rs")
                || file.path == "service/src/database.rs"
                || file.path.starts_with("entity/")
                || file.path.starts_with("migration/")
        },
    )
}

/// The environment is read in `api/src/config.rs`; tests may read it, build scripts must.
#[must_use]
pub fn environment(tree: &Tree) -> Vec<Breach> {
    // Functions of our dependencies that read it on their own.
    const READERS: [&str; 3] = ["connect_env", "from_default_env", "try_from_default_env"];
    let mut found = Vec::new();
    for file in tree.rust() {
        if file.is_test() || file.path == "api/src/config.rs" || file.name() == "build.rs" {
            continue;
        }
        let code = product_code(&file.text);
        let paths = imports(&code)
            .into_iter()
            .filter(|(_, path)| is_or_in(path, "std::env"));
        let mut lines: Vec<usize> = paths
            .filter(|(_, path)| !is_or_in(path, "std::env::consts"))
            .map(|(line, _)| line)
            .collect();
        for (index, line) in code.lines().enumerate() {
            let line = line.replace("std::env::consts", "");
            if line.contains("std::env") || line.contains("env::var") {
                lines.push(index + 1);
            }
        }
        lines.extend(
            words(&code)
                .filter(|(_, word, _)| READERS.contains(word))
                .map(|(line, _, _)| line),
        );
        lines.extend(clap_env(&code));
        lines.sort_unstable();
        lines.dedup();
        found.extend(
            lines
                .iter()
                .map(|line| Breach::new(&file.path, *line, "reads the environment")),
        );
    }
    found
}

/// Lines of `#[arg(…)]` attributes with the key `env`.
fn clap_env(code: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for start in ["#[arg(", "#[clap("] {
        for (at, _) in code.match_indices(start) {
            let (before, attribute) = code.split_at(at);
            let attribute = attribute.split_once(")]").map_or(attribute, |(inside, _)| inside);
            let is_key = |before: &str| before.trim_end().ends_with(['(', ',']) || before.trim().is_empty();
            if words(attribute).any(|(_, word, before)| word == "env" && is_key(before)) {
                lines.push(before.matches('\n').count() + 1);
            }
        }
    }
    lines
}

/// Unsafe code is nowhere.
#[must_use]
pub fn no_unsafe(tree: &Tree) -> Vec<Breach> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let code = code(&file.text);
        let unsafe_words = words(&code).filter(|(_, word, _)| *word == "unsafe");
        found.extend(unsafe_words.map(|(line, _, _)| Breach::new(&file.path, line, "unsafe code")));
    }
    found
}

/// Every crate opens with at least three lines of `//!`: what it owns, what it must not know.
#[must_use]
pub fn opening_docs(tree: &Tree) -> Vec<Breach> {
    let crates = tree.rust().filter(|file| {
        let parts: Vec<&str> = file.path.split('/').collect();
        matches!(parts.as_slice(), [_, "src", "lib.rs" | "main.rs"])
    });
    let few = crates.filter(|file| file.text.lines().take_while(|line| line.starts_with("//!")).count() < 3);
    few.map(|file| Breach::new(&file.path, 1, "opens with fewer than three lines of //!"))
        .collect()
}

/// Files outside `allowed` in whose code a word of `names` stands, or a word that begins with one and an underscore.
fn named(tree: &Tree, names: &[&str], what: &str, allowed: impl Fn(&File) -> bool) -> Vec<Breach> {
    let is_name = |word: &str| {
        names.iter().any(|name| {
            word.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    };
    let mut found = Vec::new();
    for file in tree.rust().filter(|file| !allowed(file)) {
        let code = code(&file.text);
        let hits = words(&code).filter(|(_, word, _)| is_name(word));
        found.extend(hits.map(|(line, word, _)| Breach::new(&file.path, line, format!("{word}: {what}"))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::at;
    use super::*;

    #[test]
    fn a_status_code_outside_problem_is_found() {
        let tree = Tree::of(&[
            ("api/src/problem.rs", "StatusCode::NOT_FOUND; status = 404;"),
            (
                "api/src/a.rs",
                "use poem::http::StatusCode;\n#[oai(status = 201)]\n// 404\nlet page = \"404\"; let limit = 500;\n",
            ),
            (
                "api/src/b.rs",
                "match code { 404 => 1 }\nif answer.status().as_u16() == 200 {}\n#[cfg(test)]\nmod t { fn a() { status = 404; } }",
            ),
            ("service/src/c.rs", "with_status(409);\nlet window = 409;"),
            ("tests/tests/api.rs", "assert_eq!(answer.status(), 404);"),
        ]);
        assert_eq!(
            at(&status_codes(&tree)),
            [
                "api/src/a.rs:1",
                "api/src/a.rs:2",
                "api/src/b.rs:1",
                "api/src/b.rs:2",
                "service/src/c.rs:1"
            ]
        );
    }

    #[test]
    fn a_query_outside_a_store_is_found() {
        let tree = Tree::of(&[
            ("service/src/captures/store.rs", "use sea_orm::EntityTrait;"),
            ("service/src/database.rs", "use sea_orm::Database;"),
            ("entity/src/capture.rs", "use sea_orm::entity::prelude::*;"),
            ("migration/src/lib.rs", "use sea_orm_migration::prelude::*;"),
            (
                "service/src/captures/mod.rs",
                "use crate::x;\nuse sea_orm::EntityTrait; // sea_orm\n",
            ),
            ("api/src/store.rs", "sqlx::query(\"\");"),
            ("tests/tests/a.rs", "// sea_orm\nlet a = \"sea_orm\";"),
        ]);
        assert_eq!(
            at(&queries(&tree)),
            ["service/src/captures/mod.rs:2", "api/src/store.rs:1"]
        );
    }

    #[test]
    fn a_read_of_the_environment_is_found() {
        let tree = Tree::of(&[
            ("api/src/config.rs", "std::env::var(\"X\"); #[arg(long, env = \"X\")]"),
            (
                "api/src/main.rs",
                "use std::{env, fs};\nfn a() { env::var(\"X\"); }\nlet sep = std::env::consts::OS;\nlet v = env!(\"CARGO_PKG_VERSION\");",
            ),
            (
                "api/src/collect.rs",
                "#[arg(\n    long,\n    env,\n)]\na: u8,\n#[arg(long, default_value = env)]\n",
            ),
            (
                "jobs/src/transport.rs",
                "AgentClient::connect_env();\n#[cfg(test)]\nmod tests { fn a() { std::env::temp_dir(); } }",
            ),
            ("lab/src/main.rs", "#[arg(long, env = \"SEED\")]"),
            ("tests/src/places.rs", "std::env::var(\"X\");"),
            ("api/build.rs", "std::env::var(\"OUT_DIR\");"),
        ]);
        assert_eq!(
            at(&environment(&tree)),
            [
                "api/src/main.rs:1",
                "api/src/main.rs:2",
                "api/src/collect.rs:1",
                "jobs/src/transport.rs:1",
                "lab/src/main.rs:1"
            ]
        );
    }

    #[test]
    fn unsafe_code_is_found() {
        let tree = Tree::of(&[(
            "jobs/src/a.rs",
            "// unsafe\n#![forbid(unsafe_code)]\nlet a = \"unsafe\";\nunsafe { b() }",
        )]);
        assert_eq!(at(&no_unsafe(&tree)), ["jobs/src/a.rs:4"]);
    }

    #[test]
    fn a_crate_without_opening_docs_is_found() {
        let tree = Tree::of(&[
            ("jobs/src/lib.rs", "//! Jobs.\n//!\n//! Owns.\nmod a;"),
            ("api/src/main.rs", "//! One line.\nfn main() {}"),
            ("lab/src/lib.rs", "\n//! a\n//! b\n//! c\n"),
            ("lab/src/inner/lib.rs", "mod a;"),
        ]);
        assert_eq!(at(&opening_docs(&tree)), ["api/src/main.rs:1", "lab/src/lib.rs:1"]);
    }
}
