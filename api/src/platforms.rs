//! `showrun platforms`: what can be collected, with which commands, and how well that is known.

use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use service::direct;

use crate::{config, result::Output};

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
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !table.is_tty() {
        table.set_width(140);
    }
    if options.platform.is_some() {
        table.set_header(["capture type", "commands", "evidence"]);
        for capture in shown.iter().flat_map(|platform| &platform.captures) {
            table.add_row([&capture.capture_type, &capture.commands.join("\n"), capture.evidence]);
        }
    } else {
        table.set_header(["platform", "title", "capture types", "also known as"]);
        for platform in &shown {
            let types: Vec<&str> = platform
                .captures
                .iter()
                .map(|capture| capture.capture_type.as_str())
                .collect();
            table.add_row([
                &platform.platform,
                &platform.title,
                &types.join(" "),
                &platform.aliases.join(" "),
            ]);
        }
    }
    println!("{table}");
    Ok(ExitCode::SUCCESS)
}
