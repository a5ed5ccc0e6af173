//! `showrun devices`: the devices that a server knows.

use std::{
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::{
    client::Client,
    pick::{self, Filters},
};
use crate::{
    config::ClientOptions,
    listing::{self, Column, column, further, people, text, time},
    live::printable,
    result::{self, Output},
};

/// Rows of an import that are listed for people.
const MOST_ROWS: usize = 50;

/// `showrun devices …`
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the devices
    List {
        /// Only so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Only devices that are collected (true) or are not (false)
        #[arg(long)]
        enabled: Option<bool>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        filters: Filters,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Show a device
    Show {
        /// Name or id
        device: String,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Import devices from a CSV file, a sessions.yaml, or a list of hosts
    Import {
        /// The file; `-` reads standard input
        file: PathBuf,
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
        /// Change devices that are there already; what the file does not say stays
        #[arg(long)]
        update: bool,
        /// What the file is [default: as it begins]
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Export devices as a file that can be imported again
    Export {
        /// What the file is
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// Where it goes [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        filters: Filters,
        #[command(flatten)]
        server: ClientOptions,
    },
    /// Remove devices
    Delete {
        /// Names or ids
        #[arg(required = true)]
        devices: Vec<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        #[command(flatten)]
        server: ClientOptions,
    },
}

/// A format of files with devices.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table with a header
    Csv,
    /// Hosts, one in a line
    List,
    /// Folders with sessions
    #[value(name = "sessions_yaml", alias = "sessions-yaml")]
    SessionsYaml,
}

impl Format {
    fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::List => "list",
            Self::SessionsYaml => "sessions_yaml",
        }
    }
}

/// Address and, where it is another than usual, port.
fn reached(row: &Value) -> String {
    let (address, port) = (text(row, "address"), text(row, "port"));
    match (port.as_str(), address.contains(':')) {
        ("22", _) => address,
        (_, true) => format!("[{address}]:{port}"),
        (_, false) => format!("{address}:{port}"),
    }
}

const COLUMNS: &[Column] = &[
    further("id", |row| text(row, "id")),
    column("name", |row| text(row, "name")),
    people("address", reached),
    further("address", |row| text(row, "address")),
    further("port", |row| text(row, "port")),
    column("platform", |row| text(row, "platform")).whole(),
    further("vendor", |row| text(row, "vendor")),
    column("site", |row| text(row, "site")),
    column("role", |row| text(row, "role")),
    further("model", |row| text(row, "model")),
    further("os version", |row| text(row, "os_version")),
    further("serial", |row| text(row, "serial")),
    column("tags", |row| text(row, "tags")),
    further("enabled", |row| text(row, "enabled")),
    further("legacy algorithms", |row| text(row, "legacy_algorithms")),
    further("credential id", |row| text(row, "credential_id")),
    people("last collected", |row| time(row, "last_collected_at")).whole(),
    further("last collected at", |row| text(row, "last_collected_at")),
    further("created at", |row| text(row, "created_at")),
    further("updated at", |row| text(row, "updated_at")),
];

/// Does what `showrun devices` was told.
///
/// # Errors
/// When the server cannot be asked, or refuses.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::List {
            limit,
            enabled,
            output,
            filters,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut query = filters.query();
            query.extend(enabled.map(|enabled| ("enabled", enabled.to_string())));
            let rows = client.list("/devices", &query, limit).await?;
            let none = match query.is_empty() {
                true => "There is no device yet: showrun devices import FILE",
                false => "No device is like that.",
            };
            listing::print(&rows, COLUMNS, output, none)?;
        }
        Command::Show { device, output, server } => {
            let client = Client::of(&server)?;
            listing::print_one(&pick::device(&client, &device).await?, COLUMNS, output)?;
        }
        Command::Import {
            file,
            dry_run,
            update,
            format,
            output,
            server,
        } => {
            let client = Client::of(&server)?;
            let bytes = match file == Path::new("-") {
                true => {
                    let mut bytes = Vec::new();
                    let read = std::io::stdin().read_to_end(&mut bytes);
                    read.context("Cannot read standard input")?;
                    bytes
                }
                false => std::fs::read(&file).with_context(|| format!("Cannot read {}", file.display()))?,
            };
            let mut query = vec![("dry_run", dry_run.to_string()), ("update", update.to_string())];
            query.extend(format.map(|format| ("format", format.word().to_owned())));
            let report = client
                .upload("/device-imports", &query, "application/octet-stream", bytes.into())
                .await?;
            return print_import(&report, output);
        }
        Command::Export {
            format,
            out,
            filters,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut query = filters.query();
            query.push(("format", format.word().to_owned()));
            let text = client.read("/device-exports", &query).await?;
            match out {
                None => listing::out(&text)?,
                Some(file) => {
                    std::fs::write(&file, &text).with_context(|| format!("Cannot write {}", file.display()))?;
                }
            }
        }
        Command::Delete { devices, yes, server } => {
            let client = Client::of(&server)?;
            let mut rows = Vec::new();
            for device in &devices {
                rows.push(pick::device(&client, device).await?);
            }
            let names: Vec<String> = rows.iter().map(|row| printable(&text(row, "name"))).collect();
            agreed(&format!("Remove {}?", names.join(", ")), yes)?;
            for (row, name) in rows.iter().zip(&names) {
                client.delete(&format!("/devices/{}", text(row, "id"))).await?;
                println!("Removed {name}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes sure that a person wants it.
///
/// # Errors
/// When nobody can be asked, or the answer is no.
pub(super) fn agreed(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    anyhow::ensure!(
        std::io::stdin().is_terminal(),
        "{question} Nobody can be asked here: say --yes"
    );
    let answer = dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()?;
    anyhow::ensure!(answer, "Nothing was removed");
    Ok(())
}

/// 0: all rows are stored. 2: some are not. 1: none is.
fn print_import(report: &Value, output: Output) -> anyhow::Result<ExitCode> {
    let number = |field: &str| report.get(field).and_then(Value::as_u64).unwrap_or_default();
    let rows = report.get("rows").and_then(Value::as_array);
    let rows = rows.map(Vec::as_slice).unwrap_or_default();
    let columns = [
        column("row", |row| text(row, "row")),
        column("action", |row| text(row, "action")),
        column("name", |row| text(row, "name")),
        column("address", |row| text(row, "address")),
        column("note", |row| {
            let mut notes = vec![text(row, "message")];
            let warnings = row.get("warnings").and_then(Value::as_array);
            let warnings = warnings.into_iter().flatten().filter_map(Value::as_str);
            notes.extend(warnings.map(str::to_owned));
            notes.retain(|note| !note.is_empty());
            notes.join("\n")
        }),
    ];
    match output {
        Output::Json => listing::json(report)?,
        Output::Csv => listing::print(rows, &columns, output, "")?,
        Output::Table => {
            let noted = |row: &&Value| {
                let warned = row.get("warnings").and_then(Value::as_array);
                text(row, "action") == "failed" || warned.is_some_and(|warnings| !warnings.is_empty())
            };
            let noted: Vec<Value> = rows.iter().filter(noted).cloned().collect();
            let listed = noted.get(..noted.len().min(MOST_ROWS)).unwrap_or_default();
            if !listed.is_empty() {
                listing::print(listed, &columns, output, "")?;
            }
            if noted.len() > listed.len() {
                println!(
                    "{} more rows have notes; --output csv has all.",
                    noted.len() - listed.len()
                );
            }
            for warning in report.get("warnings").and_then(Value::as_array).into_iter().flatten() {
                println!("{}", printable(warning.as_str().unwrap_or_default()));
            }
            let begin = match report.get("dry_run").and_then(Value::as_bool) {
                Some(true) => "Nothing was stored; it would be: ",
                _ => "",
            };
            println!(
                "{begin}{} created, {} updated, {} unchanged, {} failed.",
                number("created"),
                number("updated"),
                number("unchanged"),
                number("failed")
            );
        }
    }
    let stored = number("created") + number("updated") + number("unchanged");
    Ok(result::exit_code(number("failed") == 0, stored == 0))
}
