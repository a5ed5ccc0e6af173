//! Rules about every file: its length, and that it speaks of the product alone.

use super::{Breach, File, Tree};

/// The most lines a source file may have.
pub const MOST_LINES: usize = 800;

/// No source file passes [`MOST_LINES`]; what a generator writes may.
#[must_use]
pub fn lengths(tree: &Tree) -> Vec<Breach> {
    const SOURCES: [&str; 8] = ["rs", "ts", "tsx", "py", "sh", "css", "yaml", "yml"];
    let mut found = Vec::new();
    for file in &tree.files {
        let script = file.extension().is_empty() && file.text.starts_with("#!");
        let lines = file.text.lines().count();
        if (script || SOURCES.contains(&file.extension())) && !is_generated(file) && lines > MOST_LINES {
            found.push(Breach::new(
                &file.path,
                0,
                format!("{lines} lines, {MOST_LINES} at most"),
            ));
        }
    }
    found
}

fn is_generated(file: &File) -> bool {
    file.path.split('/').any(|part| part == "generated") || file.name() == "schema.d.ts"
}

/// Words that speak of how the product is made and not of the product. Split, so that this file may hold them.
const FOREIGN: [&str; 8] = [
    concat!("/wo", "rk/"),
    concat!("/tmp", "/spec"),
    concat!("bash_", "jobs"),
    concat!("cla", "ude"),
    concat!("anth", "ropic"),
    concat!("chat", "gpt"),
    concat!("copi", "lot"),
    concat!("open", "ai"),
];

/// The repository speaks of the product alone: no path or word of the place where it is made, and no registry of that
/// place; `hosts` are names of such registries.
#[must_use]
pub fn product_alone(tree: &Tree, hosts: &[String]) -> Vec<Breach> {
    let mut found = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let mut breach = |what: String| found.push(Breach::new(&file.path, index + 1, what));
            for word in FOREIGN.iter().filter(|word| stands_alone(&lower, word)) {
                breach(format!("`{word}` is not of the product"));
            }
            for host in hosts.iter().filter(|host| lower.contains(&host.to_lowercase())) {
                breach(format!("`{host}` is a registry of this machine"));
            }
            if names_a_registry(file, line.trim()) {
                breach("names a registry: everybody has their own".to_owned());
            }
        }
    }
    found
}

/// The word with no letter or digit at its sides; a path (it begins with `/`) may follow anything that is not a letter.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(word).unwrap_or("");
        !before.ends_with(|c: char| c.is_alphanumeric())
            && (word.ends_with('/') || !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

fn names_a_registry(file: &File, line: &str) -> bool {
    match file.name() {
        "package-lock.json" => line.starts_with("\"resolved\": \"http"),
        ".npmrc" => line
            .split('=')
            .next()
            .is_some_and(|key| key.trim().ends_with("registry")),
        "Cargo.lock" => {
            line.starts_with("source = \"")
                && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
                && !line.starts_with("source = \"git+https://github.com/")
        }
        "config.toml" => line.starts_with("replace-with") || line.starts_with("registry ="),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::at;
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        let (long, fits) = ("x\n".repeat(801), "x\n".repeat(800));
        let script = format!("#!/bin/sh\n{fits}");
        let tree = Tree::of(&[
            ("jobs/src/a.rs", &long),
            ("jobs/src/b.rs", &fits),
            ("frontend/src/api/schema.d.ts", &long),
            ("frontend/src/generated/client.ts", &long),
            ("frontend/package-lock.json", &long),
            ("scripts/bench", &script),
            ("jobs/platforms/a.yaml", &long),
        ]);
        assert_eq!(
            at(&lengths(&tree)),
            ["jobs/src/a.rs:0", "scripts/bench:0", "jobs/platforms/a.yaml:0"]
        );
    }

    #[test]
    fn what_is_not_of_the_product_is_found() {
        let [path, .., word] = FOREIGN;
        let tree = Tree::of(&[
            (
                "README.md",
                &format!("fine\nin {path}shared\nnet{path}x is a path of the network\n"),
            ),
            ("docs/a.md", &format!("{}\nx{word}x\n", word.to_uppercase())),
            (
                "frontend/package-lock.json",
                "\"resolved\": \"https://registry.example/x.tgz\",",
            ),
            (
                "frontend/.npmrc",
                "fund=false\n@scope:registry=https://registry.example\nomit-lockfile-registry-resolved=true",
            ),
            (
                "Cargo.lock",
                "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"sparse+https://mirror.example/\"",
            ),
            ("docs/b.md", "see mirror.example"),
        ]);
        assert_eq!(
            at(&product_alone(&tree, &["mirror.example".to_owned()])),
            [
                "README.md:2",
                "docs/a.md:1",
                "frontend/package-lock.json:1",
                "frontend/.npmrc:2",
                "Cargo.lock:2",
                "Cargo.lock:2",
                "docs/b.md:1"
            ]
        );
    }
}
