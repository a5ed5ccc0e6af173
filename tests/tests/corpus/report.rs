//! How captures compare with what was recorded: a table for people, and the first difference of each that differs.

use std::fmt::Write;

use tests::collect::DeviceOutcome;

use crate::recorded::{Output, Session};

/// Characters of a line that are shown.
const SHOWN: usize = 110;

/// One session in the table.
pub(crate) struct Row {
    platform: &'static str,
    session: String,
    pub outputs: usize,
    pub equal: usize,
    excluded: Vec<String>,
    device: String,
    /// What to say of single outputs.
    notes: Vec<String>,
}

impl Row {
    pub(crate) fn new(session: &Session, device: &DeviceOutcome) -> Row {
        let failure = device
            .failure_kind
            .as_ref()
            .map(|kind| format!(" ({kind}: {})", device.message));
        Row {
            platform: session.platform,
            session: session.name.clone(),
            outputs: 0,
            equal: 0,
            excluded: session
                .excluded
                .iter()
                .map(|excluded| excluded.command.clone())
                .collect(),
            device: format!("{}{}", device.status, failure.unwrap_or_default()),
            notes: Vec::new(),
        }
    }

    /// Takes one output. Its text must be the recorded one, and known to be whole: `complete`, or `rejected` where the
    /// device answered with an error.
    pub(crate) fn take(&mut self, output: &Output, verdict: &str, got: &str) {
        self.outputs += 1;
        let equal = got == output.text && matches!(verdict, "complete" | "rejected");
        self.equal += usize::from(equal);
        match verdict {
            "complete" if equal => {}
            _ if equal => self
                .notes
                .push(format!("    {verdict}, and equal: {}\n", output.command)),
            _ if got == output.text => self
                .notes
                .push(format!("    {verdict}, though equal: {}\n", output.command)),
            _ => {
                let difference = first_difference(&output.text, got);
                self.notes
                    .push(format!("    {verdict}, and differs: {}\n{difference}", output.command));
            }
        }
    }

    /// What the table has no room for; empty where there is nothing to say.
    pub(crate) fn details(&self) -> String {
        let mut text = String::new();
        if !self.notes.is_empty() || !self.excluded.is_empty() {
            let _ = writeln!(text, "{}: {}", self.session, self.device);
        }
        if !self.excluded.is_empty() {
            let _ = writeln!(
                text,
                "    recorded without echo and prompt: {}",
                self.excluded.join("; ")
            );
        }
        text + &self.notes.concat()
    }
}

/// The table of all sessions.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "\n{:<14} {:<40} {:>7} {:>6} {:>9} {:>8}\n",
        "platform", "session", "outputs", "equal", "different", "excluded"
    );
    let mut line = |platform: &str, session: &str, outputs: usize, equal: usize, excluded: usize| {
        let different = outputs - equal;
        let _ = writeln!(
            text,
            "{platform:<14} {session:<40} {outputs:>7} {equal:>6} {different:>9} {excluded:>8}"
        );
    };
    for row in rows {
        line(row.platform, &row.session, row.outputs, row.equal, row.excluded.len());
    }
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let sessions = format!("{} sessions", rows.len());
    line(
        "all",
        &sessions,
        sum(|row| row.outputs),
        sum(|row| row.equal),
        sum(|row| row.excluded.len()),
    );
    text
}

/// Whether the text lacks a line of the whole.
pub(crate) fn is_cut(got: &str, whole: &str) -> bool {
    let mut lines = got.split_inclusive('\n');
    !whole.split_inclusive('\n').all(|line| lines.any(|other| other == line))
}

/// The first lines in which the texts differ, with one line before, as a unified diff shows them.
fn first_difference(recorded: &str, got: &str) -> String {
    let (recorded, got): (Vec<&str>, Vec<&str>) = (
        recorded.split_inclusive('\n').collect(),
        got.split_inclusive('\n').collect(),
    );
    let same = recorded
        .iter()
        .zip(&got)
        .take_while(|(one, other)| one == other)
        .count();
    let mut text = format!(
        "    @@ line {} of {} recorded, {} captured @@\n",
        same + 1,
        recorded.len(),
        got.len()
    );
    let mut show = |sign: char, line: &str| {
        let _ = writeln!(
            text,
            "    {sign}{}",
            line.escape_debug().take(SHOWN).collect::<String>()
        );
    };
    for line in recorded.iter().take(same).skip(same.saturating_sub(1)) {
        show(' ', line);
    }
    for line in recorded.iter().skip(same).take(3) {
        show('-', line);
    }
    for line in got.iter().skip(same).take(3) {
        show('+', line);
    }
    text
}

#[test]
fn a_text_is_cut_when_a_line_is_missing() {
    assert!(!is_cut("a\nb\n", "a\nb\n"));
    assert!(!is_cut("log\na\nb\n", "a\nb\n"));
    assert!(is_cut("a\n", "a\nb\n"));
    assert!(is_cut("a\nb", "a\nb\n"));
    assert!(is_cut("b\n", "a\nb\n"));
}

#[test]
fn the_first_difference_is_shown_with_the_line_before() {
    let shown = first_difference("a\nb\nc\n", "a\nb\nx\n");
    assert_eq!(
        shown,
        "    @@ line 3 of 3 recorded, 3 captured @@\n     b\\n\n    -c\\n\n    +x\\n\n"
    );
}
