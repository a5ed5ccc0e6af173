//! Runs one template over one text, line by line, so that it can be stopped and says which lines it did not understand.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use textfsm_core::{Template as Compiled, Value, ValueOption};

/// What one parse may use. Reaching a limit ends the parse with what was understood until then.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A longer text is not parsed at all.
    pub max_bytes: usize,
    /// A longer line counts as not understood: the time for one line grows faster than its length.
    pub max_line_bytes: usize,
    /// No more records than this are kept.
    pub max_records: usize,
    /// Checked between two lines.
    pub max_time: Duration,
    /// So many of the lines that were not understood are kept.
    pub max_examples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_line_bytes: 4 << 10,
            max_records: 2_000_000,
            max_time: Duration::from_secs(20),
            max_examples: 20,
        }
    }
}

/// Why a parse ended before its text did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// `Limits::max_time` was used up.
    Time,
    /// `Limits::max_records` were found.
    Records,
}

/// A line that no rule of the template expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownLine {
    /// Counted from 1, in the stored text.
    pub number: usize,
    /// The line, cut after 200 characters.
    pub text: String,
}

/// The lines that were not understood: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownLines {
    /// All of them.
    pub count: usize,
    /// The first ones, up to `Limits::max_examples`.
    pub examples: Vec<UnknownLine>,
}

impl UnknownLines {
    /// Counts a line, and keeps it while there is room for it.
    pub(crate) fn add(&mut self, number: usize, text: &str, room: usize) {
        self.count += 1;
        if self.examples.len() < room {
            let text = text.trim_end_matches(['\n', '\r']).chars().take(200).collect();
            self.examples.push(UnknownLine { number, text });
        }
    }
}

/// What a template made of a text.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) lines: usize,
    pub(crate) unknown: UnknownLines,
    pub(crate) stopped: Option<Stopped>,
}

/// Runs the template. `first_line` is the number of the text's first line in the capture it was cut from.
///
/// The engine is fed one line at a time. A line that a template answers with `Error` (its way to say "I do not know
/// this line") ends the whole parse in TextFSM; here it is counted, and the parse goes on as if it were not there.
pub(crate) fn run(template: &Compiled, text: &str, first_line: usize, limits: &Limits, until: Instant) -> Table {
    let fillup = template
        .values()
        .iter()
        .enumerate()
        .filter(|(_, value)| value.has_option(ValueOption::Fillup))
        .map(|(column, _)| column)
        .collect::<Vec<_>>();
    let mut parser = template.parser();
    let mut table = Table::default();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        table.lines += 1;
        if Instant::now() >= until {
            table.stopped = Some(Stopped::Time);
            break;
        }
        if table.rows.len() >= limits.max_records {
            table.rows.truncate(limits.max_records);
            table.stopped = Some(Stopped::Records);
            break;
        }
        if line.len() > limits.max_line_bytes {
            table.unknown.add(first_line + index, line, limits.max_examples);
            continue;
        }
        match parser.parse_text_with_eof(line, false) {
            Ok(rows) => take(&mut table.rows, rows, &fillup),
            Err(_) if line.trim().is_empty() => {}
            Err(_) => table.unknown.add(first_line + index, line, limits.max_examples),
        }
    }
    if let Ok(rows) = parser.parse_text_with_eof("", true) {
        take(&mut table.rows, rows, &fillup);
    }
    table
}

/// Adds new rows. A `Fillup` value also fills the empty cells above it; the engine knows only the rows of one call, so
/// that is done here.
fn take(rows: &mut Vec<Vec<Value>>, new: Vec<Vec<Value>>, fillup: &[usize]) {
    for row in new {
        for &column in fillup {
            let Some(value) = row.get(column).filter(|value| !value.is_empty()) else {
                continue;
            };
            let above = rows.iter_mut().rev().filter_map(|row| row.get_mut(column));
            for cell in above.take_while(|cell| cell.is_empty()) {
                *cell = value.clone();
            }
        }
        rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(template: &str, text: &str, limits: &Limits) -> Table {
        let compiled = Compiled::parse_str(template).unwrap();
        run(&compiled, text, 1, limits, Instant::now() + limits.max_time)
    }

    const PORTS: &str = "Value Required PORT (\\S+)\nValue STATE (up|down)\n\nStart\n  ^port ${PORT} is ${STATE} -> \
                         Record\n  ^\\s*$$\n  ^. -> Error\n";

    #[test]
    fn an_unknown_line_is_counted_and_the_rest_is_parsed() {
        let found = table(PORTS, "port 1 is up\n\n% odd\nport 2 is down\n", &Limits::default());
        assert_eq!(found.rows.len(), 2);
        assert_eq!(found.lines, 4);
        let odd = UnknownLine {
            number: 3,
            text: "% odd".to_owned(),
        };
        assert_eq!(
            found.unknown,
            UnknownLines {
                count: 1,
                examples: vec![odd]
            }
        );
    }

    #[test]
    fn limits_end_a_parse_and_are_named() {
        let text = "port 1 is up\n".repeat(10);
        let few = Limits {
            max_records: 3,
            ..Limits::default()
        };
        let found = table(PORTS, &text, &few);
        assert_eq!((found.rows.len(), found.stopped), (3, Some(Stopped::Records)));
        let none = Limits {
            max_time: Duration::ZERO,
            ..Limits::default()
        };
        assert_eq!(table(PORTS, &text, &none).stopped, Some(Stopped::Time));
    }

    #[test]
    fn a_line_that_is_too_long_is_not_tried() {
        let limits = Limits {
            max_line_bytes: 20,
            max_examples: 0,
            ..Limits::default()
        };
        let text = format!("port {} is up\nport 2 is up\n", "x".repeat(40));
        let found = table(PORTS, &text, &limits);
        assert_eq!((found.rows.len(), found.unknown.count), (1, 1));
        assert!(found.unknown.examples.is_empty());
    }

    #[test]
    fn fillup_fills_the_cells_above() {
        let template = "Value NAME (\\S+)\nValue Fillup GROUP (\\S+)\n\nStart\n  ^group ${GROUP} ${NAME} -> Record\n  \
                        ^name ${NAME} -> Record\n";
        let found = table(template, "name a\nname b\ngroup g c\n", &Limits::default());
        assert!(
            found.rows.iter().all(|row| row[1] == Value::Single("g".to_owned())),
            "{:?}",
            found.rows
        );
    }
}
