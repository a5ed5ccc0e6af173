//! The binary is built without the browser interface, too: then the folder that is embedded is empty.

use std::{fs, path::Path};

fn main() {
    let dist = Path::new("../frontend/dist");
    if let Err(error) = fs::create_dir_all(dist) {
        println!("cargo:warning=cannot make {}: {error}", dist.display());
    }
    println!("cargo:rerun-if-changed=../frontend/dist");
}
