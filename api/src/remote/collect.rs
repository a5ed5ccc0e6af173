//! Starting a collection on a server and seeing it through.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::{
    client::Client,
    pick::{self, Filters},
    watch::{self, Ending, Interrupt},
};
use crate::{
    listing::{self, text},
    result::Output,
};

/// What devices are logged in with.
pub(crate) enum Login {
    /// Each with what it is bound to.
    Bound,
    /// A saved credential, by its name or id.
    Saved(String),
    /// This one, as a field of the request.
    Inline(Value),
}

/// A collection that is wanted.
pub(crate) struct Wanted {
    /// What people call it.
    pub(crate) name: Option<String>,
    /// Capture types.
    pub(crate) types: Vec<String>,
    /// Which devices.
    pub(crate) filters: Filters,
    /// Every device, if nothing narrows them.
    pub(crate) all: bool,
    /// What devices are logged in with.
    pub(crate) login: Login,
    /// Numbers and limits that are not as usual.
    pub(crate) options: Map<String, Value>,
}

/// How much of it is seen.
#[derive(Clone, Copy)]
pub(crate) struct Showing {
    /// How results are printed.
    pub(crate) output: Output,
    /// Without progress.
    pub(crate) quiet: bool,
    /// Only start it.
    pub(crate) detach: bool,
}

/// Starts a collection.
///
/// # Errors
/// When it cannot be started; the sentence says why.
pub(crate) async fn start(client: &Client, wanted: Wanted) -> anyhow::Result<Value> {
    anyhow::ensure!(
        wanted.all || !wanted.filters.is_empty(),
        "Say which devices: NAME…, --site, --platform, --vendor, --role, --tag, or --all for every one"
    );
    pick::all_there(client, &wanted.filters.name).await?;
    let mut body = json!({
        "filters": wanted.filters.json(), "capture_types": wanted.types, "options": wanted.options,
    });
    if let Value::Object(fields) = &mut body {
        if let Some(name) = wanted.name {
            fields.insert("name".to_owned(), name.into());
        }
        let credentials = match wanted.login {
            Login::Bound => None,
            Login::Saved(name) => Some(json!({"credential_id": pick::credential(client, &name).await?})),
            Login::Inline(login) => Some(login),
        };
        fields.extend(credentials.map(|credentials| ("credentials".to_owned(), credentials)));
    }
    Ok(client.create("/collections", body).await?)
}

/// Shows a collection that was started to its end, and prints what came of it.
///
/// # Errors
/// When the server cannot be asked any longer.
pub(crate) async fn see(client: &Client, collection: &Value, showing: Showing) -> anyhow::Result<ExitCode> {
    let id = watch::id_of(collection)?;
    if showing.detach {
        match showing.output {
            Output::Table => listing::out(format!("{id}\n").as_bytes())?,
            output => super::collections::print_started(collection, output)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !showing.quiet {
        let devices = collection
            .pointer("/counts/total")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let devices = match devices {
            1 => "1 device".to_owned(),
            devices => format!("{devices} devices"),
        };
        eprintln!(
            "{}: {devices}. Ctrl-C cancels it.\n{}",
            crate::live::printable(&text(collection, "name")),
            client.page(&format!("/collections/{id}/run"))
        );
    }
    match watch::watch(client, collection, showing.quiet, Interrupt::Cancels).await? {
        Ending::Left => Ok(watch::left(id)),
        Ending::Finished => watch::print(client, id, showing.output, &further(id)).await,
    }
}

/// Where people look further.
pub(super) fn further(id: uuid::Uuid) -> Vec<String> {
    vec![format!("Texts: showrun captures list --collection {id}")]
}
