//! Inventories as people bring them, and as people would who mean harm.

mod checks;
mod hostile;
mod lists;
mod sessions;
mod tables;
mod trips;

use super::{Inventory, InventoryDevice, RowProblem};

/// `row: field` of notes.
fn places(notes: &[RowProblem]) -> Vec<String> {
    notes
        .iter()
        .map(|note| format!("{}: {}", note.row, note.field.as_deref().unwrap_or("-")))
        .collect()
}

fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.devices.iter().map(|device| device.name.as_str()).collect()
}

/// The only device of a file that has nothing wrong.
fn only(inventory: Inventory) -> InventoryDevice {
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.devices.len(), 1);
    inventory.devices.into_iter().next().unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}
