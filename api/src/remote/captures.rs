//! `showrun captures`: the texts that a server keeps.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{client::Client, pick};
use crate::{
    config::ClientOptions,
    listing::{self, Column, column, further, people, text, time},
    live::printable,
    result::Output,
};

/// `showrun captures …`
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List captures, the newest first
    List {
        /// Only of this device; may be repeated
        #[arg(long, value_name = "NAME")]
        device: Vec<String>,
        /// Only of these types
        #[arg(long = "type", value_delimiter = ',', value_name = "TYPE,…")]
        types: Vec<String>,
        /// Only of this collection; `latest` is the newest one
        #[arg(long, value_name = "ID")]
        collection: Option<String>,
        /// Only what is complete, truncated, rejected, empty or suspicious
        #[arg(long, value_name = "VERDICT")]
        verdict: Vec<String>,
        /// Only the last good ones
        #[arg(long)]
        current: bool,
        /// Only so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Show what is known of a capture
    Show {
        /// Its id
        id: Uuid,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Print the text of a capture, or the last good text of a device and type
    Content {
        /// Id of a capture, or name of a device
        #[arg(value_name = "ID|DEVICE")]
        what: String,
        /// Capture type, after a device
        #[arg(value_name = "TYPE")]
        capture_type: Option<String>,
        /// Where it goes [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        server: ClientOptions,
    },
}

const COLUMNS: &[Column] = &[
    people("captured", |row| time(row, "captured_at")).whole(),
    further("captured at", |row| text(row, "captured_at")),
    column("device", |row| text(row, "device_name")),
    column("type", |row| text(row, "capture_type")),
    column("verdict", |row| text(row, "verdict")),
    further("lines", |row| text(row, "lines")),
    further("bytes", |row| text(row, "bytes")),
    further("current", |row| text(row, "current")),
    further("commands", |row| text(row, "commands")),
    further("sha256", |row| text(row, "sha256")),
    further("message", |row| text(row, "message")),
    further("accepted by", |row| text(row, "accepted_by")),
    further("device id", |row| text(row, "device_id")),
    further("collection id", |row| text(row, "collection_id")),
    column("id", |row| text(row, "id")).whole(),
];

/// Does what `showrun captures` was told.
///
/// # Errors
/// When the server cannot be asked, or refuses.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::List {
            device,
            types,
            collection,
            verdict,
            current,
            limit,
            output,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut query: Vec<(&str, String)> = Vec::new();
            query.extend(device.into_iter().map(|name| ("device", name)));
            query.extend(types.into_iter().map(|name| ("capture_type", name)));
            query.extend(verdict.into_iter().map(|name| ("verdict", name)));
            if let Some(collection) = collection {
                let id = pick::collection(&client, &collection).await?;
                query.push(("collection_id", id.to_string()));
            }
            if current {
                query.push(("current", "true".to_owned()));
            }
            let rows = client.list("/captures", &query, limit).await?;
            let none = match query.is_empty() {
                true => "There is no capture yet.",
                false => "No capture is like that.",
            };
            listing::print(&rows, COLUMNS, output, none)?;
        }
        Command::Show { id, output, server } => {
            let client = Client::of(&server)?;
            listing::print_one(&client.get(&format!("/captures/{id}"), &[]).await?, COLUMNS, output)?;
        }
        Command::Content {
            what,
            capture_type,
            out,
            server,
        } => {
            let client = Client::of(&server)?;
            let id = match (what.parse::<Uuid>(), capture_type) {
                (Ok(id), None) => id,
                (_, Some(capture_type)) => current(&client, &what, &capture_type).await?,
                (Err(_), None) => anyhow::bail!(
                    "'{what}' is no id of a capture. For the last good text of a device: showrun captures content \
                     DEVICE TYPE"
                ),
            };
            let content = client.read(&format!("/captures/{id}/content"), &[]).await?;
            match out {
                Some(file) => {
                    std::fs::write(&file, &content).with_context(|| format!("Cannot write {}", file.display()))?;
                }
                // Whatever a device sent: it must not work the terminal of who reads it.
                None if std::io::stdout().is_terminal() => {
                    let text = String::from_utf8_lossy(&content);
                    let lines = text.lines().map(|line| printable(&line.replace('\t', "        ")));
                    let text: String = lines.map(|line| line + "\n").collect();
                    listing::out(text.as_bytes())?;
                }
                None => listing::out(&content)?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The capture that the last good text of a device and type came from.
async fn current(client: &Client, device: &str, capture_type: &str) -> anyhow::Result<Uuid> {
    let device = pick::device(client, device).await?;
    let query = [
        ("device_id", text(&device, "id")),
        ("capture_type", capture_type.to_owned()),
        ("current", "true".to_owned()),
    ];
    let rows = client.list("/captures", &query, Some(1)).await?;
    let id = rows.first().and_then(|row| text(row, "id").parse().ok());
    id.with_context(|| {
        format!(
            "There is no good text of type '{capture_type}' of {} yet",
            printable(&text(&device, "name"))
        )
    })
}
