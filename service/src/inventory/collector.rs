//! What all readers gather in: devices that are not there twice, problems and warnings up to their limits.

use std::collections::HashMap;

use super::checks::{name_key, quoted};
use super::{Inventory, InventoryDevice, InventoryRow, MAX_DEVICES, MAX_NOTES, RowProblem};

/// An inventory in the making.
#[derive(Default)]
pub(super) struct Collector {
    inventory: Inventory,
    names: HashMap<String, usize>,
    addresses: HashMap<(String, u16), usize>,
    problems_left_out: usize,
    warnings_left_out: usize,
}

impl Collector {
    /// Notes why a row gives no device.
    pub(super) fn problem(&mut self, row: usize, field: Option<&str>, problem: impl Into<String>) {
        note(
            &mut self.inventory.problems,
            &mut self.problems_left_out,
            row,
            field,
            problem.into(),
        );
    }

    /// Notes what a person should know about a row that is read all the same.
    pub(super) fn warn(&mut self, row: usize, field: Option<&str>, warning: impl Into<String>) {
        note(
            &mut self.inventory.warnings,
            &mut self.warnings_left_out,
            row,
            field,
            warning.into(),
        );
    }

    /// Takes a device unless its name is taken.
    pub(super) fn add(&mut self, place: InventoryRow, device: InventoryDevice) {
        let row = place.line;
        let key = name_key(&device.name);
        if let Some(first) = self.names.get(&key) {
            let name = quoted(&device.name);
            let problem = if *first == row {
                format!("The name {name} stands twice in line {row}. Names are unique ignoring case: rename one.")
            } else {
                format!(
                    "The name {name} of line {row} is that of line {first} already. Names are unique ignoring case: rename one or remove it."
                )
            };
            return self.problem(row, Some("name"), problem);
        }
        self.names.insert(key, row);
        let address = (device.address.to_lowercase(), device.port);
        if let Some(first) = self.addresses.get(&address) {
            let address = format!("{} port {}", quoted(&device.address), device.port);
            let warning =
                format!("Line {row} has the address of line {first}, {address}: it would be collected twice.");
            self.warn(row, Some("address"), warning);
        } else {
            self.addresses.insert(address, row);
        }
        self.inventory.devices.push(device);
        self.inventory.rows.push(place);
    }

    /// Whether no more devices fit. The first time, this is noted as a problem of the file.
    pub(super) fn is_full(&mut self, row: usize) -> bool {
        let full = self.inventory.devices.len() >= MAX_DEVICES;
        if full {
            self.problem(
                row,
                None,
                format!("The file has more than {MAX_DEVICES} devices: from here on it was not read. Split it and import the parts."),
            );
        }
        full
    }

    /// How many devices there are so far whose platform was guessed.
    pub(super) fn guessed(&self) -> usize {
        self.inventory
            .devices
            .iter()
            .filter(|device| device.platform_guessed)
            .count()
    }

    /// What was gathered. A file without a device says so, unless its problems do.
    pub(super) fn finish(mut self) -> Inventory {
        let left_out = |count: usize, what: &str| RowProblem {
            row: 0,
            field: None,
            problem: format!("{count} more {what} are not listed. Correct these first."),
        };
        if self.problems_left_out > 0 {
            self.inventory
                .problems
                .push(left_out(self.problems_left_out, "problems"));
        }
        if self.warnings_left_out > 0 {
            self.inventory
                .warnings
                .push(left_out(self.warnings_left_out, "warnings"));
        }
        if self.inventory.devices.is_empty() && self.inventory.problems.is_empty() {
            let problem = "There is no device in the file.".to_owned();
            self.inventory.problems.push(RowProblem {
                row: 0,
                field: None,
                problem,
            });
        }
        self.inventory
    }
}

fn note(notes: &mut Vec<RowProblem>, left_out: &mut usize, row: usize, field: Option<&str>, problem: String) {
    if notes.len() < MAX_NOTES {
        notes.push(RowProblem {
            row,
            field: field.map(str::to_owned),
            problem,
        });
    } else {
        *left_out += 1;
    }
}
