//! `showrun platforms`: what can be collected, with which commands, and how well that is known.

use std::process::ExitCode;

use serde_json::Value;
use service::direct;

use crate::{
    config,
    listing::{self, column, further, text},
    result::Output,
};

/// Options of `showrun platforms`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Show only this platform, with its commands
    platform: Option<String>,
    #[command(flatten)]
    own: config::PlatformOptions,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// Prints the platforms.
///
/// # Errors
/// When the folder of platform files cannot be read.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let (platforms, warnings) = direct::platforms(options.own.platforms_dir.as_deref())?;
    for warning in warnings {
        eprintln!("showrun: {warning}");
    }
    let wanted = |platform: &&direct::PlatformView| match &options.platform {
        Some(name) => platform.platform == *name || platform.aliases.contains(name),
        None => true,
    };
    let shown: Vec<&direct::PlatformView> = platforms.iter().filter(wanted).collect();
    if let (Some(name), true) = (&options.platform, shown.is_empty()) {
        anyhow::bail!("There is no platform '{name}'; `showrun platforms` lists them");
    }
    if options.output == Output::Json {
        listing::json(&shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    // With one platform a row is a capture type; programs get these rows of all platforms.
    if options.platform.is_some() || options.output == Output::Csv {
        let rows = shown.iter().flat_map(|platform| {
            platform.captures.iter().map(|capture| {
                let mut row = serde_json::to_value(capture).unwrap_or_default();
                if let Value::Object(fields) = &mut row {
                    fields.insert("platform".to_owned(), platform.platform.clone().into());
                    fields.insert("commands".to_owned(), capture.commands.join("\n").into());
                }
                row
            })
        });
        let columns = [
            further("platform", |row| text(row, "platform")),
            column("capture type", |row| text(row, "capture_type")),
            column("commands", |row| text(row, "commands")),
            column("evidence", |row| text(row, "evidence")),
            further("source", |row| text(row, "source")),
        ];
        listing::print(
            &rows.collect::<Vec<_>>(),
            &columns,
            options.output,
            "Nothing can be collected.",
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = shown.iter().map(|platform| {
        let types: Vec<&str> = platform
            .captures
            .iter()
            .map(|capture| capture.capture_type.as_str())
            .collect();
        serde_json::json!({
            "platform": platform.platform, "title": platform.title, "types": types, "aliases": platform.aliases,
        })
    });
    let columns = [
        column("platform", |row| text(row, "platform")),
        column("title", |row| text(row, "title")),
        column("capture types", |row| text(row, "types")),
        column("also known as", |row| text(row, "aliases")),
    ];
    listing::print(
        &rows.collect::<Vec<_>>(),
        &columns,
        options.output,
        "There is no platform.",
    )?;
    Ok(ExitCode::SUCCESS)
}
