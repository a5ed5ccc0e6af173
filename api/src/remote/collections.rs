//! `showrun collections`: what ran and runs on a server.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{
    client::Client,
    collect::{self, Showing},
    devices::agreed,
    pick,
    watch::{self, Ending, Interrupt},
};
use crate::{
    config::ClientOptions,
    listing::{self, Column, column, further, people, text, time},
    result::Output,
};

/// `showrun collections …`
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

/// Which collection, at which server.
#[derive(Args)]
struct One {
    /// Its id; `latest` is the newest one
    id: String,
    #[command(flatten)]
    server: ClientOptions,
}

impl One {
    async fn find(&self) -> anyhow::Result<(Client, uuid::Uuid)> {
        let client = Client::of(&self.server)?;
        let id = pick::collection(&client, &self.id).await?;
        Ok((client, id))
    }
}

#[derive(Subcommand)]
enum Command {
    /// List collections, the newest first
    List {
        /// Only those that are queued, running, cancelling, succeeded, partially_succeeded, failed or cancelled
        #[arg(long, value_delimiter = ',', value_name = "STATUS,…")]
        status: Vec<String>,
        /// Only those that this person started
        #[arg(long, value_name = "USER")]
        created_by: Vec<String>,
        /// Only those with this in their name
        #[arg(long, value_name = "TEXT")]
        q: Option<String>,
        /// Only so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Show a collection and what came of it so far
    Show {
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        one: One,
    },
    /// List why devices failed, and what can be done
    Failures {
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        one: One,
    },
    /// Cancel a collection: commands that run come to their end. A second time ends these, too
    Cancel {
        #[command(flatten)]
        one: One,
    },
    /// Collect again from the devices that failed, as a new collection
    Retry {
        /// Only devices that failed for these reasons
        #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
        failure_kind: Vec<String>,
        /// Only this device; may be repeated
        #[arg(long, value_name = "NAME")]
        device: Vec<String>,
        /// Cancelled devices, too
        #[arg(long)]
        include_cancelled: bool,
        /// Log in with this saved credential instead
        #[arg(long, value_name = "NAME")]
        credential: Option<String>,
        /// Print the id of the new collection and leave
        #[arg(long)]
        detach: bool,
        /// Show no progress
        #[arg(long, short)]
        quiet: bool,
        /// How to print the result
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        one: One,
    },
    /// Remove a collection that has ended; the last good texts stay
    Delete {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        #[command(flatten)]
        one: One,
    },
    /// Watch a collection to its end; Ctrl-C leaves, and the collection goes on
    Watch {
        /// Show no progress
        #[arg(long, short)]
        quiet: bool,
        /// How to print the result
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        one: One,
    },
}

fn count(row: &Value, field: &str) -> String {
    row.get("counts").map(|counts| text(counts, field)).unwrap_or_default()
}

const COLUMNS: &[Column] = &[
    column("id", |row| text(row, "id")).whole(),
    column("name", |row| text(row, "name")),
    people("status", |row| text(row, "status").replace('_', " ")),
    further("status", |row| text(row, "status")),
    further("stage", |row| text(row, "stage")),
    further("progress", |row| text(row, "progress")),
    people("failed", |row| {
        format!("{} of {}", text(row, "devices_failed"), count(row, "total"))
    })
    .whole(),
    further("devices total", |row| count(row, "total")),
    further("devices succeeded", |row| text(row, "devices_succeeded")),
    further("devices failed", |row| text(row, "devices_failed")),
    further("capture types", |row| text(row, "capture_types")),
    further("created by", |row| text(row, "created_by")),
    people("created", |row| time(row, "created_at")).whole(),
    further("created at", |row| text(row, "created_at")),
    further("started at", |row| text(row, "started_at")),
    further("finished at", |row| text(row, "finished_at")),
    further("execution time seconds", |row| text(row, "execution_time_seconds")),
    further("retry of", |row| text(row, "retry_of")),
    further("message", |row| text(row, "message")),
];

/// Does what `showrun collections` was told.
///
/// # Errors
/// When the server cannot be asked, or refuses.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::List {
            status,
            created_by,
            q,
            limit,
            output,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut query: Vec<(&str, String)> = Vec::new();
            query.extend(status.into_iter().map(|word| ("status", word)));
            query.extend(created_by.into_iter().map(|name| ("created_by", name)));
            query.extend(q.map(|part| ("q", part)));
            let rows = client.list("/collections", &query, limit).await?;
            let none = match query.is_empty() {
                true => "There is no collection yet: showrun collect --server URL …",
                false => "No collection is like that.",
            };
            listing::print(&rows, COLUMNS, output, none)?;
        }
        Command::Show { output, one } => {
            let (client, id) = one.find().await?;
            if output == Output::Table {
                let collection = client.get(&format!("/collections/{id}"), &[]).await?;
                listing::print_one(&collection, COLUMNS, output)?;
            }
            watch::print(&client, id, output, &collect::further(id)).await?;
        }
        Command::Failures { output, one } => {
            let (client, id) = one.find().await?;
            let reasons = client.get(&format!("/collections/{id}/failures"), &[]).await?;
            let rows = reasons.get("items").and_then(Value::as_array);
            let columns = [
                column("devices", |row| text(row, "count")),
                column("reason", |row| text(row, "failure_kind")),
                column("what to do", |row| text(row, "hint")),
                column("which", |row| text(row, "device_names")),
            ];
            let rows = rows.map(Vec::as_slice).unwrap_or_default();
            listing::print(rows, &columns, output, "No device failed.")?;
        }
        Command::Cancel { one } => {
            let (client, id) = one.find().await?;
            let collection = client.post(&format!("/collections/{id}/cancel")).await?;
            println!("The collection is {}", text(&collection, "status").replace('_', " "));
        }
        Command::Retry {
            failure_kind,
            device,
            include_cancelled,
            credential,
            detach,
            quiet,
            output,
            one,
        } => {
            let (client, id) = one.find().await?;
            let mut only = Map::new();
            if !failure_kind.is_empty() {
                only.insert("failure_kinds".to_owned(), failure_kind.into());
            }
            if !device.is_empty() {
                let mut ids = Vec::new();
                for name in &device {
                    ids.push(text(&pick::device(&client, name).await?, "id"));
                }
                only.insert("device_ids".to_owned(), ids.into());
            }
            let mut body = json!({"only": only, "include_cancelled": include_cancelled});
            if let (Some(name), Value::Object(fields)) = (credential, &mut body) {
                let id = pick::credential(&client, &name).await?;
                fields.insert("credentials".to_owned(), json!({"credential_id": id}));
            }
            let collection = client.create(&format!("/collections/{id}/retry"), body).await?;
            let showing = Showing { output, quiet, detach };
            return collect::see(&client, &collection, showing).await;
        }
        Command::Delete { yes, one } => {
            let (client, id) = one.find().await?;
            let collection = client.get(&format!("/collections/{id}"), &[]).await?;
            let name = crate::live::printable(&text(&collection, "name"));
            agreed(&format!("Remove the collection {name} ({id})?"), yes)?;
            client.delete(&format!("/collections/{id}")).await?;
            println!("Removed {name} ({id})");
        }
        Command::Watch { quiet, output, one } => {
            let (client, id) = one.find().await?;
            let collection = client.get(&format!("/collections/{id}"), &[]).await?;
            return match watch::watch(&client, &collection, quiet, Interrupt::Leaves).await? {
                Ending::Left => Ok(watch::left(id)),
                Ending::Finished => watch::print(&client, id, output, &collect::further(id)).await,
            };
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What programs get of a collection that was started and left.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print_started(collection: &Value, output: Output) -> anyhow::Result<()> {
    listing::print_one(collection, COLUMNS, output)
}
