//! The CSV reader: a header that is understood rather than prescribed, then one device in a row.

use super::checks::quoted;
use super::collector::Collector;
use super::columns::{self, Columns, Field};
use super::draft::Draft;
use super::{Inventory, InventoryDevice, InventoryRow, MAX_BYTES, text};

/// No cell of an inventory is longer; one that is began with a quote that never closes.
const MAX_CELL: usize = 32 * 1024;
/// How often reading goes on behind a broken quote. Each time costs another way through the rest of the file.
const MAX_BROKEN_QUOTES: usize = 20;
/// What a spreadsheet begins a formula with, some of them only in East Asian settings.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Reads a CSV file of up to 16 MiB: UTF-8 with or without byte order mark, or UTF-16 with one.
///
/// The first line names the columns; see `name,host,port,platform,site,role,vendor,model,credential,tags,enabled`, and
/// also `os_version`, `serial`, `legacy_algorithms`, in any order and case, and under the names of other tools
/// (`hostname`, `ip`, `mgmt_ip`, `device_type`, …). The delimiter (`,` `;` tab `|`) is found by what makes sense of that
/// line; a first line `sep=;` is honoured. Empty lines and lines that begin with `#` are passed over. A `'` before a
/// formula character, as [`super::write_csv`] writes it, is removed.
#[must_use]
pub fn read_csv(bytes: &[u8]) -> Inventory {
    let text = match text::open(bytes, MAX_BYTES, "a CSV file") {
        Ok(text) => text,
        Err(inventory) => return inventory,
    };
    let mut lines = Lines::new(&text);
    let mut header = lines.skip_to_content();
    let mut delimiter = None;
    if let Some(given) = header.and_then(separator) {
        delimiter = Some(given);
        lines.pass(header.unwrap_or("").len() + 1);
        header = lines.skip_to_content();
    }
    let Some(header_line) = header else {
        return Inventory::unreadable("There is no line in the file but comments.");
    };
    let delimiter = delimiter.unwrap_or_else(|| columns::delimiter(header_line));
    let header = columns::cells(header_line, delimiter);
    let mut collector = Collector::default();
    let columns = match Columns::of(&header) {
        Ok(columns) => columns,
        Err(problem) => {
            collector.problem(lines.line, None, problem);
            return collector.finish();
        }
    };
    columns.warn_of_others(&header, lines.line, &mut collector);
    lines.pass(header_line.len() + 1);
    rows(lines, delimiter, &columns, &mut collector);
    collector.finish()
}

/// The delimiter of a line `sep=;`, which spreadsheets write and read.
fn separator(line: &str) -> Option<u8> {
    let (key, value) = line.trim_end_matches(' ').split_once('=')?;
    match value.as_bytes() {
        [delimiter @ (b',' | b';' | b'\t' | b'|' | b':')] if key.eq_ignore_ascii_case("sep") => Some(*delimiter),
        _ => None,
    }
}

fn rows(mut lines: Lines<'_>, delimiter: u8, columns: &Columns, into: &mut Collector) {
    let mut broken = 0;
    'text: loop {
        let start = lines.at;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .delimiter(delimiter)
            .from_reader(lines.rest().as_bytes());
        let mut row = csv::StringRecord::new();
        // Reading from memory, of text: there is nothing that could fail but the end.
        while matches!(reader.read_record(&mut row), Ok(true)) {
            let Some(first) = lines.skip_to_content() else { return };
            let line = lines.line;
            let end = start + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let inside = lines
                .text
                .get(lines.at..end)
                .unwrap_or("")
                .trim_end_matches('\n')
                .matches('\n')
                .count();
            if inside > 0 && is_broken(&row, columns) {
                broken += 1;
                into.problem(
                    line,
                    None,
                    "A quote opens in this line and does not close. Add the closing quote or remove the opening one.",
                );
                if broken == MAX_BROKEN_QUOTES {
                    into.problem(line, None, "After so many open quotes the lines from here on were not read. Correct them and import again.");
                    return;
                }
                lines.pass(first.len() + 1);
                continue 'text;
            }
            if inside > 0 {
                let last = line + inside;
                into.warn(line, None, format!("This row goes on to line {last}, inside quotes. If that is not meant, a quote is missing in line {line}."));
            }
            if row.iter().any(|cell| !cell.trim().is_empty()) {
                if into.is_full(line) {
                    return;
                }
                if let Some((place, device)) = device(&row, line, columns, into) {
                    into.add(place, device);
                }
            }
            lines.pass(end.saturating_sub(lines.at));
        }
        return;
    }
}

/// Whether a row of several lines is one that a quote made so by mistake: no field of ours has a line break.
fn is_broken(row: &csv::StringRecord, columns: &Columns) -> bool {
    row.iter().enumerate().any(|(index, cell)| {
        cell.len() > MAX_CELL || cell.contains('\n') && (columns.uses(index) || index >= columns.width)
    })
}

fn device(
    row: &csv::StringRecord,
    line: usize,
    columns: &Columns,
    into: &mut Collector,
) -> Option<(InventoryRow, InventoryDevice)> {
    if let Some(extra) = row.iter().skip(columns.width).find(|cell| !cell.trim().is_empty()) {
        into.problem(
            line,
            None,
            format!(
                "The row has more cells than the header, among them {}. Put quotes around a value that holds the delimiter.",
                quoted(extra.trim())
            ),
        );
        return None;
    }
    let cell = |field| unguarded(columns.cell(field, row));
    let draft = Draft {
        name: cell(Field::Name),
        address: cell(Field::Address),
        port: cell(Field::Port),
        platform: cell(Field::Platform),
        vendor: cell(Field::Vendor),
        site: cell(Field::Site),
        role: cell(Field::Role),
        model: cell(Field::Model),
        os_version: cell(Field::OsVersion),
        serial: cell(Field::Serial),
        tags: cell(Field::Tags),
        enabled: cell(Field::Enabled),
        credential: cell(Field::Credential),
        legacy_algorithms: cell(Field::LegacyAlgorithms),
    };
    let device = draft.check(line, into)?;
    Some((draft.place(line, &device), device))
}

/// Whether a spreadsheet could take a cell for a formula. Some trim before they look; and what looks guarded already
/// counts too, or the guard could not be told from a `'` of the value.
pub(super) fn is_formula(cell: &str) -> bool {
    let skipped = |c: char| c == '\'' || c.is_whitespace();
    cell.starts_with(['\t', '\r']) || cell.trim_start_matches(skipped).starts_with(FORMULA)
}

/// A cell without the `'` that guards a spreadsheet from a formula.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// A place in a text that knows its line.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Goes on by so many bytes.
    fn pass(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        self.line += self.text.get(self.at..end).unwrap_or("").matches('\n').count();
        self.at = end;
    }

    /// Goes on to the next line that is neither empty nor a comment, as the reader of rows does, and shows it.
    fn skip_to_content(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.rest();
            let line = rest.split('\n').next().filter(|_| !rest.is_empty())?;
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
            self.pass(line.len() + 1);
        }
    }
}
