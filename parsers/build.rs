//! Builds again when a template or a mapping was added or taken away: what is embedded are whole folders.

use std::path::Path;

fn main() {
    for folder in ["templates", "templates-ntc", "mappings"] {
        println!("cargo:rerun-if-changed={}", Path::new(folder).display());
    }
}
