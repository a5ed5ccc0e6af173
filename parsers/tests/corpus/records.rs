//! Our records against those that the templates' own project expects.

use std::collections::BTreeMap;

use parsers::{Capture, Library, Limits, parse};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::expected::{self, Row};

#[derive(Deserialize)]
struct Case {
    id: String,
    platform: String,
    #[serde(rename = "type")]
    capture_type: String,
    command: String,
    raw: String,
    expected: Vec<Row>,
}

/// Why a case does not pass; nothing when it does.
fn faults(case: &Case) -> Vec<String> {
    let command = case.command.replace('_', " ");
    let capture = Capture {
        platform: &case.platform,
        capture_type: &case.capture_type,
        commands: std::slice::from_ref(&command),
        text: &case.raw,
    };
    let parsed = match parse(Library::built_in(), &capture, &Limits::default()) {
        Ok(parsed) => parsed,
        Err(error) => return vec![error.to_string()],
    };
    if let Some(stopped) = parsed.stopped {
        return vec![format!("stopped: {stopped:?}")];
    }
    let ours = parsed.records.keyed().map(|keyed| keyed.fields).collect::<Vec<_>>();
    let wanted = expected::rows(&case.capture_type, &case.platform, &case.expected);
    let mut found = Vec::new();
    if ours.len() != wanted.len() {
        found.push(format!("{} records, {} are expected", ours.len(), wanted.len()));
    }
    let required = required(&case.capture_type);
    let mut left = ours.iter().map(Some).collect::<Vec<_>>();
    for (place, wanted) in wanted.iter().enumerate() {
        // The same place first: most outputs keep their order. Then any record that is still free.
        let order = std::iter::once(place).chain((0..left.len()).filter(|other| *other != place));
        let mut best = Vec::new();
        let mut taken = false;
        for other in order {
            let Some(Some(record)) = left.get(other) else { continue };
            let wrong = compare(wanted, record, required);
            if wrong.is_empty() {
                left[other] = None;
                taken = true;
                break;
            }
            if best.is_empty() || wrong.len() < best.len() {
                best = wrong;
            }
        }
        if !taken {
            found.push(format!("no record is {wanted:?}; the nearest: {best:?}"));
        }
    }
    found
}

/// The fields that must be there when they are expected.
fn required(capture_type: &str) -> &'static [&'static str] {
    match capture_type {
        "arp" => &["address", "mac", "interface"],
        "mac" => &["mac", "vlan", "interface"],
        "lldp" => &["local_interface", "neighbor_name", "neighbor_interface"],
        "interfaces" => &["name"],
        "routes" => &["prefix", "protocol", "next_hop", "interface"],
        "version" => &["model", "os_version", "serial", "hostname"],
        "inventory" => &["name", "part_number", "serial", "description"],
        other => panic!("{other} has no list of required fields"),
    }
}

fn compare(wanted: &BTreeMap<&'static str, String>, record: &Map<String, Value>, required: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (field, wanted) in wanted {
        match expected::ours(record, field) {
            Some(ours) if expected::same(field, wanted, &ours) => {}
            Some(ours) => wrong.push(format!("{field} is {ours:?}, not {wanted:?}")),
            None if required.contains(field) => wrong.push(format!("{field} is missing ({wanted:?})")),
            None => {}
        }
    }
    wrong
}

#[test]
fn recorded_output_gives_the_expected_records() -> Result<(), String> {
    let test = "corpus::records::recorded_output_gives_the_expected_records";
    let Some(lines) = crate::lines(test, "records.jsonl")? else {
        return Ok(());
    };
    if parsers::built_in_notice().is_some() {
        return crate::skip(test, "the templates were not there at build time (make templates)");
    }
    let start = std::time::Instant::now();
    let mut table = BTreeMap::<(String, String), (usize, usize)>::new();
    let mut failed = Vec::new();
    let (mut cases, mut passed) = (0, 0);
    for line in &lines {
        let case: Case = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let faults = faults(&case);
        let row = table
            .entry((case.platform.clone(), case.capture_type.clone()))
            .or_default();
        row.1 += 1;
        cases += 1;
        if faults.is_empty() {
            row.0 += 1;
            passed += 1;
        } else {
            let shown = faults
                .iter()
                .take(3)
                .map(|fault| fault.chars().take(600).collect::<String>());
            failed.push(format!(
                "{}:\n    {}",
                case.id,
                shown.collect::<Vec<_>>().join("\n    ")
            ));
        }
    }
    println!("{:20} {:12} passed", "platform", "type");
    for ((platform, capture_type), (passed, all)) in &table {
        println!("{platform:20} {capture_type:12} {passed} of {all}");
    }
    let percent = f64::from(passed) * 100.0 / f64::from(cases);
    println!("{passed} of {cases} cases, {percent:.1} %, in {:?}", start.elapsed());
    println!("not passed:\n{}", failed.join("\n"));
    assert!(percent >= 97.0, "{percent:.1} %");
    Ok(())
}
