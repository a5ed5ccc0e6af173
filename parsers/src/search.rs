//! Texts cut into pieces that can be searched, and finding something in their lines.

use std::{borrow::Cow, ops::Range};

use regex::{Regex, RegexBuilder};

use crate::diff::section::Sections;

/// Lines above a piece that are kept with it, and their letters.
const HEAD: (usize, usize) = (16, 200);

/// Some lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The number of its first line, from 1.
    pub first_line: usize,
    /// The lines that its first line stands under, the outermost first, as they are.
    pub head: Vec<String>,
    /// Where it is in the text.
    pub range: Range<usize>,
    /// How many lines it has.
    pub lines: usize,
}

/// Cuts a text into pieces by its sections: what belongs together stays together as far as a piece does not get more than
/// `most` bytes. A single line may have more.
#[must_use]
pub fn pieces(text: &str, most: usize) -> Vec<Piece> {
    // From here on a piece ends before the next line that stands for itself.
    let enough = most / 2;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let sections = Sections::new(&lines);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    for (at, line) in lines.iter().enumerate() {
        let end = start + line.len();
        match pieces.last_mut().filter(|piece| {
            let bytes = piece.range.len();
            bytes + line.len() <= most && (bytes < enough || !sections.is_outermost(at))
        }) {
            Some(piece) => {
                piece.range.end = end;
                piece.lines += 1;
            }
            None => pieces.push(Piece {
                first_line: at + 1,
                head: head(&sections, &lines, at),
                range: start..end,
                lines: 1,
            }),
        }
        start = end;
    }
    pieces
}

fn head(sections: &Sections, lines: &[&str], at: usize) -> Vec<String> {
    let above = sections.above(at, HEAD.0).into_iter();
    let lines = above.filter_map(|at| lines.get(at));
    lines
        .map(|line| line.trim_end().chars().take(HEAD.1).collect())
        .collect()
}

/// What a line of a piece stands under, the outermost first; `head` are the lines above the piece.
#[must_use]
pub fn section_of(head: &[&str], lines: &[&str], at: usize) -> Vec<String> {
    let all: Vec<&str> = head.iter().chain(lines).copied().collect();
    Sections::new(&all).of(head.len() + at, |at| {
        Cow::Borrowed(all.get(at).copied().unwrap_or_default())
    })
}

/// What is looked for: a text as it is, ignoring case.
#[derive(Debug, Clone)]
pub struct Finder(Regex);

impl Finder {
    /// Takes what is looked for. `None` where that is too long.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build();
        pattern.ok().map(Self)
    }

    /// Where it stands in a line: the first places, in bytes.
    #[must_use]
    pub fn places(&self, line: &str) -> Vec<Range<usize>> {
        /// Places in one line that anybody looks at.
        const PLACES: usize = 50;
        let found = self.0.find_iter(line).filter(|found| !found.is_empty());
        found.take(PLACES).map(|found| found.range()).collect()
    }

    /// Whether it stands anywhere in a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1_500;

    fn text() -> String {
        let interface = |number: usize| {
            format!(
                "interface GigabitEthernet1/0/{number}\n description access port {number}\n ip address 10.0.{number}.1 255.255.255.0\n!\n"
            )
        };
        let mut text: String = (1..80).map(interface).collect();
        text.push_str("router bgp 65000\n address-family ipv4\n");
        text.extend((0..200).map(|number| format!("  network 10.{number}.0.0 mask 255.255.0.0\n")));
        text
    }

    #[test]
    fn pieces_are_the_whole_text_and_begin_where_something_begins() {
        let text = text();
        let pieces = pieces(&text, MOST);
        assert!(pieces.len() > 5);
        let (mut end, mut line) = (0, 1);
        for piece in &pieces {
            assert_eq!((piece.range.start, piece.first_line), (end, line));
            assert!(piece.range.len() <= MOST, "{piece:?}");
            let body = &text[piece.range.clone()];
            assert_eq!(body.lines().count(), piece.lines);
            if piece.head.is_empty() {
                assert!(body.starts_with("interface ") || body.starts_with("!") || body.starts_with("router "));
            } else {
                assert_eq!(piece.head, ["router bgp 65000", " address-family ipv4"]);
            }
            (end, line) = (piece.range.end, line + piece.lines);
        }
        assert_eq!(end, text.len());
    }

    #[test]
    fn a_line_is_under_the_same_section_in_its_piece_as_in_the_text() {
        let text = text();
        let last = pieces(&text, MOST).pop().unwrap();
        let lines: Vec<&str> = text[last.range.clone()].lines().collect();
        let head: Vec<&str> = last.head.iter().map(String::as_str).collect();
        assert_eq!(
            section_of(&head, &lines, lines.len() - 1),
            ["router bgp 65000", "address-family ipv4"]
        );
    }

    #[test]
    fn signs_stand_for_themselves_and_case_does_not_matter() {
        let places = |text: &str, line: &str| Finder::new(text).unwrap().places(line);
        assert_eq!(places("10.0.0.", "ip 10.0.0.1 10x0y0z 10.0.0.2"), [3..10, 20..27]);
        assert_eq!(places("gi1/0/1", "interface Gi1/0/1").first(), Some(&(10..17)));
        assert_eq!(places("(", "a(b").first(), Some(&(1..2)));
        assert!(places("^", "abc").is_empty());
        assert!(Finder::new("KÖRPER").unwrap().is_in("Körper"));
    }

    #[test]
    fn a_text_without_lines_has_no_pieces_and_a_long_line_is_one() {
        assert!(pieces("", MOST).is_empty());
        let long = "x".repeat(100_000);
        assert_eq!(pieces(&long, MOST).len(), 1);
    }
}
