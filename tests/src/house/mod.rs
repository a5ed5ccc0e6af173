//! The rules of the house, as functions from a tree of files to what breaks them.
//!
//! [`arrows`] reads what cargo says about the workspace; [`borders`] and [`code`] hold the rules about Rust sources, [`text`] those about
//! every file. [`source`] shows Rust sources without comments, strings and tests. Must not know: what the code does.
//! Each rule has a test beside it in which it fails; `tests/tests/house.rs` holds this repository to them.

pub mod arrows;
pub mod borders;
pub mod code;
pub mod source;
pub mod text;

use std::fmt;
use std::path::Path;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// The file, from the root of the tree, with `/`.
    pub path: String,
    /// The line, from 1; 0 when it is the file as a whole.
    pub line: usize,
    /// What is wrong, in words.
    pub what: String,
}

impl Breach {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// A text file of the tree.
#[derive(Debug, Clone)]
pub struct File {
    /// From the root of the tree, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl File {
    fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Test code as a whole: the `tests` crate, a crate's `tests/` folder, a `tests.rs` beside what it tests.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// The text files of a checkout: what is built, installed or downloaded is not among them.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Sorted by path.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the files under `root`.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub fn read(root: &Path) -> std::io::Result<Self> {
        let mut files = Vec::new();
        collect(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.extension() == "rs")
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File {
                path: (*path).into(),
                text: (*text).into(),
            })
            .collect();
        Self { files }
    }
}

const NOT_OURS: [&str; 5] = [".git", "target", "node_modules", "dist", "out"];

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> std::io::Result<()> {
    // A cargo target folder under any name carries this file.
    if folder.join("CACHEDIR.TAG").exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(std::fs::read(entry.path())?)
        {
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// The places of breaches, `path:line`.
#[cfg(test)]
fn at(breaches: &[Breach]) -> Vec<String> {
    breaches
        .iter()
        .map(|breach| format!("{}:{}", breach.path, breach.line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_the_text_files_that_people_write() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "src/a.rs",
            "frontend/node_modules/x/index.js",
            "target/debug/x.rs",
            "build/CACHEDIR.TAG",
            "build/b.rs",
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x\n").unwrap();
        }
        std::fs::write(root.path().join("picture.png"), [0xff, 0xd8]).unwrap();
        let tree = Tree::read(root.path()).unwrap();
        assert_eq!(
            tree.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["src/a.rs"]
        );
    }
}
