//! Runs one template over one text, line by line, so that it can be stopped and says which lines it did not understand.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use textfsm_core::{ListItem, Template as Compiled, Value, ValueOption};

/// What one parse may use. Reaching a limit ends the parse with what was understood until then.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A longer text is not parsed at all.
    pub max_bytes: usize,
    /// A longer line counts as not understood: the time for one line grows faster than its length.
    pub max_line_bytes: usize,
    /// No more rows of a template, and no more records than this: the largest tables of devices that are no core of the
    /// internet have fewer, and a device must not use up the memory.
    pub max_records: usize,
    /// No more bytes than this in all rows together, with what each cell of them takes besides its text.
    pub max_row_bytes: usize,
    /// No list in one row has more items than this. A template that keeps a list from row to row would otherwise make
    /// rows whose size grows with their number.
    pub max_list_items: usize,
    /// Checked between two lines.
    pub max_time: Duration,
    /// So many of the lines that were not understood are kept.
    pub max_examples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 32 << 20,
            max_line_bytes: 4 << 10,
            max_records: 300_000,
            max_row_bytes: 128 << 20,
            max_list_items: 4_000,
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
    /// More than `Limits::max_records` were found, or more than `Limits::max_row_bytes` in them.
    Records,
    /// A list was longer than `Limits::max_list_items`.
    Lists,
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

/// How a template got on with a text.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) lines: usize,
    pub(crate) unknown: UnknownLines,
    pub(crate) stopped: Option<Stopped>,
}

/// Runs the template and hands every row on as it is found, so that a large text never stands in memory twice. Whoever takes
/// a row says whether there is room for more.
/// `first_line` is the number of the text's first line in the capture it was cut from.
///
/// The engine is fed one line at a time. A line that a template answers with `Error` (its way to say "I do not know
/// this line") ends the whole parse in TextFSM; here it is counted, and the parse goes on as if it were not there.
pub(crate) fn run(
    template: &Compiled,
    text: &str,
    first_line: usize,
    limits: &Limits,
    until: Instant,
    row: &mut dyn FnMut(&[Value]) -> bool,
) -> Report {
    let mut parser = template.parser();
    let mut report = Report::default();
    let mut rows = Rows::new(template, limits, row);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        report.lines += 1;
        if Instant::now() >= until {
            report.stopped = Some(Stopped::Time);
            break;
        }
        if line.len() > limits.max_line_bytes {
            report.unknown.add(first_line + index, line, limits.max_examples);
            continue;
        }
        match parser.parse_text_with_eof(line, false) {
            Ok(new) => rows.take(new),
            Err(_) if line.trim().is_empty() => {}
            Err(_) => report.unknown.add(first_line + index, line, limits.max_examples),
        }
        if rows.stopped.is_some() {
            break;
        }
    }
    if rows.stopped.is_none()
        && let Ok(new) = parser.parse_text_with_eof("", true)
    {
        rows.take(new);
    }
    rows.end();
    report.stopped = report.stopped.or(rows.stopped);
    report
}

/// The rows on their way out. A `Fillup` value also fills the empty cells of the rows before it; the engine knows only
/// those of one call, so rows of such a template wait here until the end.
struct Rows<'a> {
    fillup: Vec<usize>,
    waiting: Vec<Vec<Value>>,
    count: usize,
    bytes: usize,
    limits: &'a Limits,
    stopped: Option<Stopped>,
    out: &'a mut dyn FnMut(&[Value]) -> bool,
}

/// What a row takes in memory, roughly.
fn size(row: &[Value]) -> usize {
    const CELL: usize = size_of::<Value>();
    let item = |item: &ListItem| match item {
        ListItem::String(text) => CELL + text.len(),
        ListItem::Dict(parts) => parts
            .iter()
            .map(|(name, text)| 2 * CELL + name.len() + text.len())
            .sum(),
    };
    let cell = |value: &Value| match value {
        Value::Empty => CELL,
        Value::Single(text) => CELL + text.len(),
        Value::List(items) => CELL + items.iter().map(item).sum::<usize>(),
    };
    row.iter().map(cell).sum()
}

impl<'a> Rows<'a> {
    fn new(template: &Compiled, limits: &'a Limits, out: &'a mut dyn FnMut(&[Value]) -> bool) -> Self {
        let values = template.values().iter().enumerate();
        let fillup = values
            .filter(|(_, value)| value.has_option(ValueOption::Fillup))
            .map(|(column, _)| column);
        Self {
            fillup: fillup.collect(),
            waiting: Vec::new(),
            count: 0,
            bytes: 0,
            limits,
            stopped: None,
            out,
        }
    }

    fn take(&mut self, new: Vec<Vec<Value>>) {
        for row in new {
            self.bytes = self.bytes.saturating_add(size(&row));
            if self.count >= self.limits.max_records || self.bytes > self.limits.max_row_bytes {
                self.stopped = Some(Stopped::Records);
                return;
            }
            let longest = row
                .iter()
                .map(|value| if let Value::List(items) = value { items.len() } else { 0 })
                .max();
            if longest.unwrap_or(0) > self.limits.max_list_items {
                self.stopped = Some(Stopped::Lists);
                return;
            }
            self.count += 1;
            if self.fillup.is_empty() {
                if !(self.out)(&row) {
                    self.stopped = Some(Stopped::Records);
                    return;
                }
                continue;
            }
            for &column in &self.fillup {
                let Some(value) = row.get(column).filter(|value| !value.is_empty()) else {
                    continue;
                };
                let above = self.waiting.iter_mut().rev().filter_map(|row| row.get_mut(column));
                for cell in above.take_while(|cell| cell.is_empty()) {
                    *cell = value.clone();
                }
            }
            self.waiting.push(row);
        }
    }

    fn end(&mut self) {
        for row in self.waiting.drain(..) {
            if !(self.out)(&row) {
                self.stopped = Some(Stopped::Records);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(template: &str, text: &str, limits: &Limits) -> (Vec<Vec<Value>>, Report) {
        let compiled = Compiled::parse_str(template).unwrap();
        let mut rows = Vec::new();
        let until = Instant::now() + limits.max_time;
        let report = run(&compiled, text, 1, limits, until, &mut |row| {
            rows.push(row.to_vec());
            true
        });
        (rows, report)
    }

    const PORTS: &str = "Value Required PORT (\\S+)\nValue STATE (up|down)\n\nStart\n  ^port ${PORT} is ${STATE} -> \
                         Record\n  ^\\s*$$\n  ^. -> Error\n";

    #[test]
    fn an_unknown_line_is_counted_and_the_rest_is_parsed() {
        let (rows, found) = table(PORTS, "port 1 is up\n\n% odd\nport 2 is down\n", &Limits::default());
        assert_eq!(rows.len(), 2);
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
        let (rows, found) = table(PORTS, &text, &few);
        assert_eq!((rows.len(), found.stopped), (3, Some(Stopped::Records)));
        let small = Limits {
            max_row_bytes: 500,
            ..Limits::default()
        };
        let (rows, found) = table(PORTS, &text, &small);
        assert!(!rows.is_empty() && rows.len() < 10);
        assert_eq!(found.stopped, Some(Stopped::Records));
        let none = Limits {
            max_time: Duration::ZERO,
            ..Limits::default()
        };
        assert_eq!(table(PORTS, &text, &none).1.stopped, Some(Stopped::Time));
        let grows = "Value Filldown,List X (\\d+)\n\nStart\n  ^port ${X} -> Record\n";
        let short = Limits {
            max_list_items: 4,
            ..Limits::default()
        };
        let (rows, found) = table(grows, &text, &short);
        assert_eq!((rows.len(), found.stopped), (4, Some(Stopped::Lists)));
    }

    #[test]
    fn a_line_that_is_too_long_is_not_tried() {
        let limits = Limits {
            max_line_bytes: 20,
            max_examples: 0,
            ..Limits::default()
        };
        let text = format!("port {} is up\nport 2 is up\n", "x".repeat(40));
        let (rows, found) = table(PORTS, &text, &limits);
        assert_eq!((rows.len(), found.unknown.count), (1, 1));
        assert!(found.unknown.examples.is_empty());
    }

    #[test]
    fn fillup_fills_the_cells_above() {
        let template = "Value NAME (\\S+)\nValue Fillup GROUP (\\S+)\n\nStart\n  ^group ${GROUP} ${NAME} -> Record\n  \
                        ^name ${NAME} -> Record\n";
        let (rows, _) = table(template, "name a\nname b\ngroup g c\n", &Limits::default());
        assert!(
            rows.iter().all(|row| row[1] == Value::Single("g".to_owned())),
            "{rows:?}"
        );
    }

    /// A pattern that goes wrong on a line is given up for that line, and the time for all lines is bounded.
    #[test]
    fn a_pattern_that_runs_away_is_stopped() {
        let template = "Value X ((?:a+)+b(?=c))\n\nStart\n  ^${X} -> Record\n";
        let text = format!("{}\n", "a".repeat(200)).repeat(5_000);
        let limits = Limits {
            max_time: Duration::from_millis(500),
            ..Limits::default()
        };
        let start = Instant::now();
        let (rows, found) = table(template, &text, &limits);
        assert_eq!((rows.len(), found.stopped), (0, Some(Stopped::Time)));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
