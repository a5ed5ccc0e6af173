//! Where the tests find what is not theirs: the checkout, the built binaries, the real routers' script, the corpus.

use std::{
    hash::{BuildHasher, RandomState},
    net::TcpListener,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// Ports that systems give to nobody by themselves: one that is free stays so until whoever it is for takes it.
const NOT_GIVEN: std::ops::Range<u16> = 10_000..32_768;

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The script that starts real routers: `frr-lab.sh` in `SHOWRUN_LAB_DIR`, else in `../shared/lab` beside the checkout.
/// `None` when it is not there.
#[must_use]
pub fn routers() -> Option<PathBuf> {
    existing(outside("SHOWRUN_LAB_DIR", "lab").join("frr-lab.sh"))
}

/// The folder of recorded sessions and outputs: `SHOWRUN_CORPUS_DIR`, else `../shared/corpus` beside the checkout.
/// `None` when it is not there.
#[must_use]
pub fn corpus() -> Option<PathBuf> {
    existing(outside("SHOWRUN_CORPUS_DIR", "corpus"))
}

/// A binary of the workspace (`showrun`, `showrun-lab`), built with the same profile as this test.
/// `None` when it was not built: `cargo build --workspace --bins` comes first, as in `make test`.
#[must_use]
pub fn binary(name: &str) -> Option<PathBuf> {
    // A test runs from <target>/<profile>/deps, the binaries are one folder up.
    let test = std::env::current_exe().ok()?;
    let profile = test
        .ancestors()
        .find(|folder| !folder.ends_with("deps") && folder.is_dir())?;
    existing(profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A port for a program that is told where to listen.
///
/// # Errors
/// When none is found that is free.
pub fn free_port() -> anyhow::Result<u16> {
    let chance = RandomState::new();
    let mut ports = (0..100u16).map(|number| {
        let many = u64::from(NOT_GIVEN.end - NOT_GIVEN.start);
        let at = u16::try_from(chance.hash_one(number) % many).unwrap_or_default();
        NOT_GIVEN.start + at
    });
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no port is free")
}

fn outside(variable: &str, folder: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| root().join("../shared").join(folder), PathBuf::from)
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.exists().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.toml").is_file());
        assert!(root().join("tests/src/places.rs").is_file());
    }

    #[test]
    fn a_binary_that_nobody_built_is_none() {
        assert_eq!(binary("no-such-binary"), None);
    }
}
