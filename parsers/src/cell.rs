//! Cells of CSV files that a spreadsheet must not run.

use std::borrow::Cow;

/// Makes a text safe to be opened in a spreadsheet: one that would be taken for a formula gets an apostrophe in front.
/// Numbers with a sign stay numbers. Quoting is the CSV writer's work.
///
/// Formulas begin with `=`, `+`, `-` or `@`; a tab, a carriage return or a line feed in front is skipped by some programs,
/// and full-width forms of the signs are taken by others (OWASP, "CSV Injection").
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let dangerous = |char: char| matches!(char, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let first = text.trim_start_matches(|char: char| char.is_whitespace() || char.is_control() || char == '\u{feff}');
    let skips = matches!(text.chars().next(), Some('\t' | '\r' | '\n'));
    let formula = first.starts_with(dangerous) && !is_number(text);
    if formula || skips {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut points = 0;
    !digits.is_empty()
        && digits.starts_with(|char: char| char.is_ascii_digit())
        && digits.chars().all(|char| {
            points += usize::from(char == '.');
            char.is_ascii_digit() || (char == '.' && points == 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_the_rest_is_left_alone() {
        for text in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\tx",
            "\u{feff}=1",
            "＝1",
            "-",
        ] {
            assert_eq!(csv_cell(text), format!("'{text}"));
        }
        for text in [
            "",
            "10.0.0.1",
            "-12",
            "-1.5",
            "+49",
            "Gi1/0/1",
            "a=b",
            "00:11:22:33:44:55",
        ] {
            assert!(matches!(csv_cell(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
