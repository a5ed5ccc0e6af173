//! Lists the platform files so that they travel inside the binary, with what is needed to find the right one without
//! reading any of the others.

use std::{collections::BTreeMap, env, error::Error, fmt::Write, fs, path::Path};

use serde_yaml::Value;

fn names(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_sequence);
    list.into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// The capture types of a platform, those of the platform it extends among them.
fn captures(slug: &str, all: &BTreeMap<String, Value>) -> Vec<String> {
    let Some(file) = all.get(slug) else { return Vec::new() };
    let base = file.get("extends").and_then(Value::as_str).filter(|base| *base != slug);
    let mut found = base.map(|base| captures(base, all)).unwrap_or_default();
    for name in file
        .get("captures")
        .and_then(Value::as_mapping)
        .into_iter()
        .flat_map(|own| own.keys())
    {
        match name.as_str() {
            Some(name) if !found.iter().any(|known| known == name) => found.push(name.to_owned()),
            _ => {}
        }
    }
    found
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("platforms");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths = BTreeMap::new();
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let value: Value = serde_yaml::from_str(&fs::read_to_string(&path)?)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let slug = value.get("platform").and_then(Value::as_str);
            let slug = slug
                .ok_or_else(|| format!("{}: names no platform", path.display()))?
                .to_owned();
            paths.insert(slug.clone(), path);
            all.insert(slug, value);
        }
    }
    let mut list = String::from("const SHIPPED: &[Shipped] = &[\n");
    for (slug, path) in &paths {
        let file = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let aliases = names(all.get(slug).and_then(|value| value.get("aliases")));
        writeln!(
            list,
            "    Shipped {{ slug: {slug:?}, file: {file:?}, aliases: &{aliases:?}, captures: &{:?}, text: include_str!({:?}) }},",
            captures(slug, &all),
            path
        )?;
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("shipped.rs"), list)?;
    Ok(())
}
