//! Recorded sessions as devices of a collection: platform files that hold their commands, and the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::{Map, Value, json};
use tests::collect::{Collect, Station};
use tests::places;

use crate::recorded::Session;

pub(crate) const USER: &str = "recorder";
pub(crate) const PASSWORD: &str = "a secret of the recorder";
/// Sessions at the same time.
const WORKERS: &str = "100";

/// A device of a collection that plays a session, or a part of one.
#[derive(Clone)]
pub(crate) struct Member<'s> {
    pub name: String,
    pub session: &'s Session,
    address: SocketAddr,
}

impl<'s> Member<'s> {
    pub(crate) fn new(name: &str, session: &'s Session, address: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            session,
            address,
        }
    }
}

/// A collection from all of them: every recorded command of each, in its order.
pub(crate) fn collect(cast: &[Member<'_>]) -> anyhow::Result<(Station, Collect)> {
    let mut inventory = String::from("name,host,port,platform\n");
    for Member { name, session, address } in cast {
        inventory.push_str(&format!(
            "{name},{},{},{}\n",
            address.ip(),
            address.port(),
            session.slug()
        ));
    }
    let station = Station::new(&inventory, USER, PASSWORD, "")?;
    let platforms = station.folder().join("platforms");
    std::fs::create_dir(&platforms)?;
    let sessions: BTreeMap<String, &Session> = cast
        .iter()
        .map(|member| (member.session.slug(), member.session))
        .collect();
    for (slug, session) in &sessions {
        std::fs::write(platforms.join(format!("{slug}.yaml")), platform_file(session))?;
    }
    let commands = sessions.values().flat_map(|session| session.commands());
    let types: BTreeSet<String> = commands.map(|(capture_type, _)| capture_type).collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let collect = station
        .collect()
        .flag("--platforms-dir", &platforms)
        .flag("--workers", WORKERS)
        .types(&types.join(","));
    Ok((station, collect))
}

/// The platform file of a session: our platform, with the session's commands. JSON is YAML too.
fn platform_file(session: &Session) -> String {
    let mut captures = Map::new();
    for (capture_type, command) in session.commands() {
        let capture = json!({"commands": [command], "evidence": "recorded", "may_be_empty": true});
        captures.insert(capture_type, capture);
    }
    let leave: Vec<&String> = session.leave.iter().collect();
    let file: Value = json!({
        "platform": session.slug(),
        "extends": session.platform,
        "on_open": session.setup,
        "on_close": leave,
        "captures": captures,
    });
    format!("{file:#}\n")
}

/// Whether a platform of this slug is shipped.
pub(crate) fn shipped(slug: &str) -> anyhow::Result<bool> {
    Ok(platform_files()?.contains_key(slug))
}

/// Whether a shipped platform has this name, or lists it among its aliases.
pub(crate) fn named_by_a_platform(name: &str) -> anyhow::Result<bool> {
    let files = platform_files()?;
    let aliases = |text: &String| {
        let list = text
            .lines()
            .find_map(|line| line.strip_prefix("aliases: ["))
            .unwrap_or_default();
        list.trim_end_matches(']').split(", ").any(|alias| alias == name)
    };
    Ok(files.contains_key(name) || files.values().any(aliases))
}

/// The shipped platform files by slug.
fn platform_files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(places::root().join("jobs/platforms"))? {
        let path = entry?.path();
        let slug = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.insert(slug, std::fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}
