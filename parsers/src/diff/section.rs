//! What a line of a configuration stands under: the lines above it that are less indented.

use std::borrow::Cow;

/// For each line the line it stands under.
pub(crate) struct Sections {
    parents: Vec<Option<usize>>,
}

/// How far in a line stands. Headings of texts that do not indent what is under them count as further out: a command of
/// several (`>>> …`), a file of several (`==> … <==`), a menu of RouterOS (`/ip address`), a part of an INI file (`[…]`).
pub(crate) fn depth(line: &str) -> i64 {
    if line.starts_with(">>> ") {
        return -3;
    }
    if line.starts_with("==> ") {
        return -2;
    }
    if line.starts_with('/') || (line.starts_with('[') && line.trim_end().ends_with(']')) {
        return -1;
    }
    let columns = line
        .chars()
        .take_while(|char| matches!(char, ' ' | '\t'))
        .map(|char| if char == '\t' { 8 } else { 1 });
    columns.sum()
}

impl Sections {
    pub(crate) fn new(lines: &[&str]) -> Self {
        let mut open = Vec::<(i64, usize)>::new();
        let mut parents = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                parents.push(open.last().map(|(_, at)| *at));
                continue;
            }
            let depth = depth(line);
            while open.last().is_some_and(|(above, _)| *above >= depth) {
                open.pop();
            }
            parents.push(open.last().map(|(_, at)| *at));
            // What only separates (`!`, and `#` on Comware and VRP) ends a section and begins none.
            if !matches!(line.trim(), "!" | "#") {
                open.push((depth, at));
            }
        }
        Self { parents }
    }

    /// The line that a line stands under.
    pub(crate) fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// Whether a line stands under none.
    pub(crate) fn is_outermost(&self, at: usize) -> bool {
        self.parent(at).is_none()
    }

    /// The lines that a line stands under, from the outermost; no more than the `most` nearest.
    pub(crate) fn above(&self, at: usize, most: usize) -> Vec<usize> {
        let next = |at: &usize| self.parents.get(*at).copied().flatten();
        let mut found: Vec<usize> = std::iter::successors(next(&at), next).take(most).collect();
        found.reverse();
        found
    }

    /// From the outermost, without indentation. At most 16 deep and 200 characters each: a hostile text that indents
    /// every line further must not make the answer quadratic.
    pub(crate) fn of<'a>(&self, at: usize, line: impl Fn(usize) -> Cow<'a, str>) -> Vec<String> {
        let mut found = Vec::new();
        let mut above = self.parents.get(at).copied().flatten();
        while let Some(at) = above.filter(|_| found.len() < 16) {
            found.push(line(at).trim().chars().take(200).collect());
            above = self.parents.get(at).copied().flatten();
        }
        found.reverse();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_under_what_is_less_indented() {
        let text = "interface Gi1\n ip address 10.0.0.1\n!\nrouter bgp 1\n address-family ipv4\n  network 10.0.0.0\n";
        let lines = text.lines().collect::<Vec<_>>();
        let of = |at| Sections::new(&lines).of(at, |at| lines[at].into());
        assert_eq!(of(1), ["interface Gi1"]);
        assert_eq!(of(2), Vec::<String>::new());
        assert_eq!(of(5), ["router bgp 1", "address-family ipv4"]);
    }

    #[test]
    fn a_separator_is_no_section() {
        let lines = [
            "#",
            " version 7.1.070",
            "#",
            "interface Vlan1",
            " ip address 10.0.0.1 24",
            "#",
        ];
        let of = |at| Sections::new(&lines).of(at, |at| lines[at].into());
        assert_eq!(of(1), Vec::<String>::new());
        assert_eq!(of(4), ["interface Vlan1"]);
    }

    #[test]
    fn headings_without_indentation_count() {
        let text = "==> /etc/a <==\n[part]\nkey=1\n==> /etc/b <==\nx\n/ip address\nadd address=10.0.0.1/24\n";
        let lines = text.lines().collect::<Vec<_>>();
        let of = |at| Sections::new(&lines).of(at, |at| lines[at].into());
        assert_eq!(of(2), ["==> /etc/a <==", "[part]"]);
        assert_eq!(of(4), ["==> /etc/b <=="]);
        assert_eq!(of(6), ["==> /etc/b <==", "/ip address"]);
    }
}
