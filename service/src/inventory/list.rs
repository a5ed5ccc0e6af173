//! The pasted list: hosts, one in a line or several separated by `,` or `;`.

use super::collector::Collector;
use super::draft::Draft;
use super::{DEFAULT_PORT, Inventory, MAX_BYTES, text};

/// Reads a list such as `10.0.0.1, sw1.example; [2001:db8::1]:2222`, of up to 16 MiB.
///
/// A `#` begins a comment. A device is named after its address, with the port behind it when that is not 22. A user
/// before an `@` is not used (logins come from credentials), which is warned of. Networks and ranges are problems.
#[must_use]
pub fn read_pasted_list(bytes: &[u8]) -> Inventory {
    let text = match text::open(bytes, MAX_BYTES, "a list") {
        Ok(text) => text,
        Err(inventory) => return inventory,
    };
    let mut collector = Collector::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("");
        for entry in line.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            if collector.is_full(index + 1) {
                return collector.finish();
            }
            add(entry, index + 1, &mut collector);
        }
    }
    collector.finish()
}

fn add(entry: &str, row: usize, into: &mut Collector) {
    let host = entry.rsplit_once('@').map_or(entry, |(_, host)| host);
    if host.split_whitespace().nth(1).is_some() {
        let problem = "There is a blank inside the entry. Write one device in a line, or separate them by commas.";
        return into.problem(row, Some("address"), problem);
    }
    let draft = Draft {
        address: entry,
        ..Draft::default()
    };
    if let Some(mut device) = draft.check(row, into) {
        if device.port != DEFAULT_PORT {
            device.name = place(&device.address, device.port);
        }
        into.add(draft.place(row, &device), device);
    }
}

/// Address and port as one text.
pub(super) fn place(address: &str, port: u16) -> String {
    match (port, address.contains(':')) {
        (DEFAULT_PORT, _) => address.to_owned(),
        (_, true) => format!("[{address}]:{port}"),
        (_, false) => format!("{address}:{port}"),
    }
}
