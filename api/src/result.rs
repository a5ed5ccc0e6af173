//! The result of a collection as a table or as JSON, and its exit code.

use std::{path::Path, process::ExitCode};

use comfy_table::{ContentArrangement, Table, presets};
use service::direct::Outcome;

use crate::live::{mark, printable};

/// Devices in the table; of larger collections only those that did not succeed.
const MOST_ROWS: usize = 100;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Prints the result on standard output.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn print(outcome: &Outcome, output: Output, out: &Path) -> anyhow::Result<()> {
    match output {
        Output::Json => println!("{}", serde_json::to_string_pretty(outcome)?),
        Output::Table => print_table(outcome, out),
    }
    Ok(())
}

/// 0: every device succeeded. 2: some did not. 1: nothing was collected.
pub(crate) fn exit_code(outcome: &Outcome) -> ExitCode {
    match (outcome.success, outcome.captures_created.is_empty()) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::from(2),
    }
}

fn print_table(outcome: &Outcome, out: &Path) {
    let all = outcome.devices.len() <= MOST_ROWS;
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !table.is_tty() {
        table.set_width(140);
    }
    table.set_header(["", "device", "address", "platform", "captures", "seconds", "result"]);
    let mut left_out = 0;
    for device in &outcome.devices {
        let succeeded = device.failure_kind.is_none();
        if succeeded && !all {
            left_out += 1;
            continue;
        }
        let complete = device
            .captures
            .iter()
            .filter(|capture| capture.report.verdict.as_str() == "complete")
            .count();
        let mut result = match device.failure_kind {
            None => "succeeded".to_owned(),
            Some(kind) => format!("{}: {}", kind.as_str(), device.message),
        };
        if !device.skipped.is_empty() {
            result.push_str(&format!(" (not on this platform: {})", device.skipped.join(", ")));
        }
        table.add_row([
            mark(device.status.as_str()).to_owned(),
            printable(&device.device_name),
            format!("{}:{}", device.ip_address, device.port),
            device.platform.clone().unwrap_or_else(|| "?".to_owned()),
            format!("{complete}/{}", device.captures.len()),
            format!(
                "{:.1}",
                f64::from(u32::try_from(device.duration_ms).unwrap_or(u32::MAX)) / 1000.0
            ),
            printable(&result),
        ]);
    }
    println!("{table}");
    if left_out > 0 {
        println!("{left_out} devices that succeeded are not listed.");
    }
    let created: Vec<String> = outcome
        .captures_created
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    println!(
        "{} succeeded, {} failed in {:.1} s. Captures: {}.",
        outcome.devices_succeeded,
        outcome.devices_failed,
        outcome.execution_time_seconds,
        if created.is_empty() {
            "none".to_owned()
        } else {
            created.join(", ")
        }
    );
    let mut hints: Vec<(&str, &str)> = outcome
        .devices
        .iter()
        .filter_map(|device| Some((device.failure_kind?.as_str(), device.hint?)))
        .collect();
    hints.sort_unstable();
    hints.dedup();
    for (kind, hint) in hints {
        let count = outcome
            .devices
            .iter()
            .filter(|device| device.failure_kind.is_some_and(|k| k.as_str() == kind))
            .count();
        println!("  {count} × {kind}: {hint}");
    }
    println!("Files: {}", out.display());
}
