//! Builds again when a template or a mapping was added or taken away: what is embedded are whole folders.

use std::path::Path;

fn main() {
    for folder in ["templates", "mappings"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    // Cargo takes a folder that is missing for one that changed, each time; the one above it changes when it comes.
    let fetched = "templates-ntc";
    let watched = if Path::new(fetched).exists() { fetched } else { "." };
    println!("cargo:rerun-if-changed={watched}");
}
