//! The unified form of changes.

use std::fmt::Write;

use super::{Changes, Hunk, LineKind};

/// The changes as `diff -u` prints them, with what a hunk stands under behind its numbers. The numbers are those of the
/// stored texts; lines that were left aside are not shown, so a hunk may skip a number. Empty where nothing changed.
#[must_use]
pub fn unified(changes: &Changes, old_name: &str, new_name: &str) -> String {
    if changes.is_empty() {
        return String::new();
    }
    // A name with a line break could look like a changed line.
    let plain = |name: &str| name.replace(char::is_control, " ");
    let mut text = format!("--- {}\n+++ {}\n", plain(old_name), plain(new_name));
    for hunk in &changes.hunks {
        write_hunk(&mut text, hunk);
    }
    text
}

fn write_hunk(text: &mut String, hunk: &Hunk) {
    let lines_of = |other: LineKind| hunk.lines.iter().filter(move |line| line.kind != other);
    let old = lines_of(LineKind::Added).find_map(|line| line.old_number).unwrap_or(0);
    let new = lines_of(LineKind::Removed)
        .find_map(|line| line.new_number)
        .unwrap_or(0);
    let (old_count, new_count) = (lines_of(LineKind::Added).count(), lines_of(LineKind::Removed).count());
    let section = hunk.section.join(" / ");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "@@ -{old},{old_count} +{new},{new_count} @@ {section}");
    for line in &hunk.lines {
        text.push(match line.kind {
            LineKind::Context => ' ',
            LineKind::Added => '+',
            LineKind::Removed => '-',
        });
        text.push_str(&line.text);
        text.push('\n');
    }
}
