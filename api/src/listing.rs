//! Rows on standard output: as a table for people, as JSON or CSV for programs.

use std::io::{self, Write};

use chrono::{DateTime, Local};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::{live::printable, result::Output};

/// Columns of a table that nobody looks at on a terminal.
const WIDTH: u16 = 140;

/// One column of a list of JSON objects.
pub(crate) struct Column {
    head: &'static str,
    people: bool,
    programs: bool,
    whole: bool,
    cell: fn(&Value) -> String,
}

impl Column {
    /// Its cells are never broken into lines, so that they can be copied.
    pub(crate) const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }
}

/// A column that everybody gets.
pub(crate) const fn column(head: &'static str, cell: fn(&Value) -> String) -> Column {
    Column {
        head,
        people: true,
        programs: true,
        whole: false,
        cell,
    }
}

/// A column of the tables that people read.
pub(crate) const fn people(head: &'static str, cell: fn(&Value) -> String) -> Column {
    Column {
        programs: false,
        ..column(head, cell)
    }
}

/// A column for programs, and for people who look at one thing.
pub(crate) const fn further(head: &'static str, cell: fn(&Value) -> String) -> Column {
    Column {
        people: false,
        ..column(head, cell)
    }
}

/// A field of a JSON object as the text of a cell: lists with blanks between, nothing where there is nothing.
pub(crate) fn text(row: &Value, field: &str) -> String {
    match row.get(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(several)) => {
            let texts: Vec<String> = several
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            texts.join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// A time of a JSON object as people here read it.
pub(crate) fn time(row: &Value, field: &str) -> String {
    let time = text(row, field);
    match DateTime::parse_from_rfc3339(&time) {
        Ok(time) => time.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time,
    }
}

/// What a cell says, safe to show, in lines of its own.
fn lines(cell: &str) -> Vec<String> {
    cell.lines().map(printable).collect()
}

/// An empty table with a head, as wide as the terminal.
pub(crate) fn table<'a>(heads: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(heads);
    if !table.is_tty() {
        table.set_width(WIDTH);
    }
    table
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no error.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes JSON for people and programs.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(out(text.as_bytes())?)
}

/// Prints JSON objects; `none` is what people are told where there are none.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn print(rows: &[Value], columns: &[Column], output: Output, none: &str) -> anyhow::Result<()> {
    match output {
        Output::Json => json(&rows)?,
        Output::Csv => {
            let columns = || columns.iter().filter(|column| column.programs);
            let mut cells: Vec<Vec<String>> = vec![columns().map(|column| column.head.replace(' ', "_")).collect()];
            cells.extend(
                rows.iter()
                    .map(|row| columns().map(|column| (column.cell)(row)).collect()),
            );
            out(service::export::csv(&cells).as_bytes())?;
        }
        Output::Table if rows.is_empty() => eprintln!("{none}"),
        Output::Table => {
            let columns = || columns.iter().filter(|column| column.people);
            let mut table = table(columns().map(|column| column.head));
            for (index, column) in columns().enumerate() {
                if let (true, Some(column)) = (column.whole, table.column_mut(index)) {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
            }
            for row in rows {
                table.add_row(columns().map(|column| lines(&(column.cell)(row)).join("\n")));
            }
            out(format!("{table}\n").as_bytes())?;
        }
    }
    Ok(())
}

/// Prints one thing: for people a line for each field, for programs as a list of one.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn print_one(row: &Value, columns: &[Column], output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => json(row),
        Output::Csv => print(std::slice::from_ref(row), columns, output, ""),
        Output::Table => {
            let filled = columns
                .iter()
                .filter(|column| column.programs)
                .map(|column| (column.head, lines(&(column.cell)(row))))
                .filter(|(_, cell)| cell.iter().any(|line| !line.is_empty()));
            let filled: Vec<_> = filled.collect();
            let width = filled.iter().map(|(head, _)| head.len()).max().unwrap_or_default();
            let next = format!("\n{:width$}  ", "");
            let lines: String = filled
                .iter()
                .map(|(head, cell)| format!("{head:width$}  {}\n", cell.join(&next)))
                .collect();
            Ok(out(lines.as_bytes())?)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_a_text_whatever_it_is() {
        let row = json!({"tags": ["a", "b"], "port": 22, "site": null, "at": "2026-01-31T08:00:00.123Z", "x": [1]});
        assert_eq!(text(&row, "tags"), "a b");
        assert_eq!(text(&row, "port"), "22");
        assert_eq!(text(&row, "site"), "");
        assert_eq!(text(&row, "none"), "");
        assert_eq!(text(&row, "x"), "1");
        assert_eq!(time(&row, "at").len(), "2026-01-31 08:00".len());
        assert_eq!(time(&row, "none"), "");
    }
}
