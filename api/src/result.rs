//! The result of a collection as a table, as JSON or as CSV, and its exit code.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use service::direct::Outcome;

use crate::{
    listing,
    live::{mark, printable},
};

/// Devices in the table; of larger collections only those that did not succeed.
const MOST_ROWS: usize = 100;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// A device of the result.
#[derive(Debug, Default)]
pub(crate) struct Device {
    /// `succeeded`, …
    pub(crate) status: String,
    /// Its name.
    pub(crate) name: String,
    /// Address and port.
    pub(crate) address: String,
    /// Empty where it is not known.
    pub(crate) platform: String,
    /// Complete captures.
    pub(crate) complete: usize,
    /// All captures.
    pub(crate) captures: usize,
    /// How long it took.
    pub(crate) duration_ms: u64,
    /// Why it did not succeed.
    pub(crate) failure_kind: Option<String>,
    /// In words.
    pub(crate) message: String,
    /// Capture types that its platform does not have.
    pub(crate) skipped: Vec<String>,
}

/// A reason why devices did not succeed.
#[derive(Debug)]
pub(crate) struct Reason {
    /// The word.
    pub(crate) kind: String,
    /// Devices.
    pub(crate) count: u64,
    /// What a person can do.
    pub(crate) hint: String,
}

/// What people are shown of a result, wherever the collection ran.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// All devices.
    pub(crate) devices: Vec<Device>,
    /// Devices that succeeded.
    pub(crate) succeeded: u64,
    /// All others.
    pub(crate) failed: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Complete captures by type.
    pub(crate) created: Vec<(String, u64)>,
    /// Why devices did not succeed.
    pub(crate) reasons: Vec<Reason>,
    /// Where to look further.
    pub(crate) last: Vec<String>,
}

/// Prints the result of a collection that ran here.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn print(outcome: &Outcome, output: Output, out: &Path) -> anyhow::Result<()> {
    match output {
        Output::Json => listing::json(outcome),
        Output::Csv => Ok(listing::out(csv(outcome).as_bytes())?),
        Output::Table => print_table(&shown(outcome, out)),
    }
}

/// 0: every device succeeded. 2: some did not. 1: nothing was collected.
pub(crate) fn exit_code(success: bool, nothing: bool) -> ExitCode {
    match (success, nothing) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::from(2),
    }
}

fn shown(outcome: &Outcome, out: &Path) -> Shown {
    let mut reasons: Vec<Reason> = Vec::new();
    for device in &outcome.devices {
        let (Some(kind), Some(hint)) = (device.failure_kind, device.hint) else {
            continue;
        };
        match reasons.iter_mut().find(|reason| reason.kind == kind.as_str()) {
            Some(reason) => reason.count += 1,
            None => reasons.push(Reason {
                kind: kind.as_str().to_owned(),
                count: 1,
                hint: hint.to_owned(),
            }),
        }
    }
    reasons.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let device = |device: &service::direct::DeviceOutcome| Device {
        status: device.status.as_str().to_owned(),
        name: device.device_name.clone(),
        address: format!("{}:{}", device.ip_address, device.port),
        platform: device.platform.clone().unwrap_or_default(),
        complete: device
            .captures
            .iter()
            .filter(|capture| capture.report.verdict.as_str() == "complete")
            .count(),
        captures: device.captures.len(),
        duration_ms: device.duration_ms,
        failure_kind: device.failure_kind.map(|kind| kind.as_str().to_owned()),
        message: device.message.clone(),
        skipped: device.skipped.clone(),
    };
    Shown {
        devices: outcome.devices.iter().map(device).collect(),
        succeeded: count(outcome.devices_succeeded),
        failed: count(outcome.devices_failed),
        seconds: outcome.execution_time_seconds,
        created: outcome
            .captures_created
            .iter()
            .map(|(name, number)| (name.clone(), count(*number)))
            .collect(),
        reasons,
        last: vec![format!("Files: {}", out.display())],
    }
}

/// Prints what people are shown.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn print_table(shown: &Shown) -> anyhow::Result<()> {
    let all = shown.devices.len() <= MOST_ROWS;
    let mut table = listing::table(["", "device", "address", "platform", "captures", "seconds", "result"]);
    let (mut listed, mut left_out) = (0, 0);
    for device in &shown.devices {
        if device.status == "succeeded" && !all {
            left_out += 1;
            continue;
        }
        listed += 1;
        let mut result = match &device.failure_kind {
            None => device.status.replace('_', " "),
            Some(kind) => format!("{kind}: {}", device.message),
        };
        if !device.skipped.is_empty() {
            let _ = write!(result, " (not on this platform: {})", device.skipped.join(", "));
        }
        let platform = match device.platform.as_str() {
            "" | "auto" => "?",
            platform => platform,
        };
        let milliseconds = u32::try_from(device.duration_ms).unwrap_or(u32::MAX);
        table.add_row([
            mark(&device.status).to_owned(),
            printable(&device.name),
            printable(&device.address),
            printable(platform),
            format!("{}/{}", device.complete, device.captures),
            format!("{:.1}", f64::from(milliseconds) / 1000.0),
            printable(&result),
        ]);
    }
    let mut text = String::new();
    if listed > 0 {
        let _ = writeln!(text, "{table}");
    }
    if left_out > 0 {
        let _ = writeln!(text, "{left_out} devices that succeeded are not listed.");
    }
    let created: Vec<String> = shown
        .created
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let created = match created.is_empty() {
        true => "none".to_owned(),
        false => created.join(", "),
    };
    let _ = writeln!(
        text,
        "{} succeeded, {} failed in {:.1} s. Captures: {created}.",
        shown.succeeded, shown.failed, shown.seconds
    );
    for Reason { kind, count, hint } in &shown.reasons {
        let _ = writeln!(text, "  {count} × {}: {}", printable(kind), printable(hint));
    }
    for line in &shown.last {
        let _ = writeln!(text, "{line}");
    }
    Ok(listing::out(text.as_bytes())?)
}

/// One row for each device and capture type, with the columns that the server has for it.
fn csv(outcome: &Outcome) -> String {
    let header = [
        "device_name",
        "ip_address",
        "port",
        "platform",
        "status",
        "failure_kind",
        "message",
        "attempt",
        "duration_ms",
        "capture_type",
        "verdict",
        "bytes",
        "lines",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for device in &outcome.devices {
        let of_device = [
            device.device_name.clone(),
            device.ip_address.clone(),
            device.port.to_string(),
            device.platform.clone().unwrap_or_default(),
            device.status.as_str().to_owned(),
            device
                .failure_kind
                .map(|kind| kind.as_str().to_owned())
                .unwrap_or_default(),
            device.message.clone(),
            device.attempt.to_string(),
            device.duration_ms.to_string(),
        ];
        let mut captures: Vec<[String; 4]> = device
            .captures
            .iter()
            .map(|capture| {
                [
                    capture.report.capture_type.clone(),
                    capture.report.verdict.as_str().to_owned(),
                    capture.report.bytes.to_string(),
                    capture.report.lines.to_string(),
                ]
            })
            .collect();
        if captures.is_empty() {
            captures.push(Default::default());
        }
        for capture in captures {
            table.push(of_device.iter().cloned().chain(capture).collect());
        }
    }
    service::export::csv(&table)
}
