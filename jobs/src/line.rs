//! From terminal bytes to clean lines: CR LF becomes LF; escape sequences, backspaces and redraws are carried out on
//! one line at a time; everything else passes byte for byte.

use memchr::{memchr, memchr3, memrchr};

/// A longer line passes as it is, without redraw handling, so that a device cannot make us hold it.
pub const LONGEST_LINE: usize = 64 * 1024;
/// A longer unfinished line, with all that draws it, is no prompt: it is not drawn anew with each piece that comes.
const LONGEST_TAIL: usize = 16 * 1024;

/// Assembles lines from chunks. Holds at most one unfinished line of [`LONGEST_LINE`] bytes.
#[derive(Debug, Default)]
pub struct Lines {
    current: Vec<u8>,
    /// A part of the current line has passed already.
    overlong: bool,
    /// The current line begins with this many bytes of pager text.
    pager: usize,
}

impl Lines {
    /// Takes a chunk and appends every line it completes to `out`, cleaned, each ended by LF.
    pub fn take(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let mut rest = data;
        if (!self.current.is_empty() || self.overlong)
            && let Some(end) = memchr(b'\n', rest)
        {
            let (head, tail) = rest.split_at(end);
            self.current.extend_from_slice(head);
            rest = tail.get(1..).unwrap_or_default();
            self.finish_line(out);
        }
        if self.current.is_empty()
            && !self.overlong
            && let Some(end) = memrchr(b'\n', rest)
        {
            let (whole, tail) = rest.split_at(end + 1);
            if memchr3(0x1b, 0x08, 0x07, whole).is_none() {
                strip_carriage_returns(whole, out);
            } else {
                for line in whole.split_inclusive(|byte| *byte == b'\n') {
                    render(line.strip_suffix(b"\n").unwrap_or(line), 0, out);
                    out.push(b'\n');
                }
            }
            rest = tail;
        }
        self.current.extend_from_slice(rest);
        if self.current.len() > LONGEST_LINE {
            out.append(&mut self.current);
            self.overlong = true;
            self.pager = 0;
        }
    }

    fn finish_line(&mut self, out: &mut Vec<u8>) {
        if self.overlong {
            let end = self.current.len() - usize::from(self.current.last() == Some(&b'\r'));
            out.extend_from_slice(self.current.get(..end).unwrap_or_default());
            out.push(b'\n');
        } else {
            let before = out.len();
            render(&self.current, self.pager, out);
            // A pager text that the device left on a line of its own was never part of the output; an empty line after
            // the text was wiped is.
            let behind = self.current.get(self.pager..).unwrap_or_default();
            if self.pager == 0 || out.len() > before || behind.iter().any(|byte| *byte != b'\r') {
                out.push(b'\n');
            }
        }
        self.current.clear();
        self.overlong = false;
        self.pager = 0;
    }

    /// The unfinished line as it would look on the screen; nothing of a very long one.
    pub fn tail(&self, out: &mut Vec<u8>) {
        out.clear();
        if !self.overlong && self.current.len() <= LONGEST_TAIL {
            render(&self.current, self.pager, out);
        }
    }

    /// Whether anything of an unfinished line is there.
    pub fn has_tail(&self) -> bool {
        self.overlong || self.current.len() > self.pager
    }

    /// The unfinished line is a pager's text: none of it belongs to the output.
    pub fn mark_pager(&mut self) {
        self.pager = self.current.len();
    }

    /// Forgets the unfinished line.
    pub fn clear(&mut self) {
        self.current.clear();
        self.overlong = false;
        self.pager = 0;
    }
}

/// Copies whole lines, dropping the CRs before each LF. A CR elsewhere redraws its line.
fn strip_carriage_returns(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\r', rest) {
        if rest.get(at + 1) == Some(&b'\n') {
            // The line with its CR in one piece, and then the CR is the LF.
            out.extend_from_slice(rest.get(..=at).unwrap_or_default());
            if let Some(last) = out.last_mut() {
                *last = b'\n';
            }
            rest = rest.get(at + 2..).unwrap_or_default();
            continue;
        }
        let starts = memrchr(b'\n', rest.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
        let ends = memchr(b'\n', rest.get(at..).unwrap_or_default()).map_or(rest.len(), |end| at + end);
        out.extend_from_slice(rest.get(..starts).unwrap_or_default());
        render(rest.get(starts..ends).unwrap_or_default(), 0, out);
        out.push(b'\n');
        rest = rest.get(ends + 1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[derive(Clone, Copy, PartialEq)]
enum Cell {
    /// Nothing was written here, or it was wiped.
    Void,
    /// A blank written over something: wiping, unless text follows it before the cursor jumps.
    Soft,
    Byte(u8),
}

/// Carries out the line's control bytes and appends what is left on the screen. The first `pager` bytes are a pager's
/// text that the device is going to wipe.
fn render(line: &[u8], pager: usize, out: &mut Vec<u8>) {
    let mut line = line;
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    let is_plain = |bytes: &[u8]| !bytes.iter().any(|byte| matches!(byte, 0x07 | 0x08 | b'\r' | 0x1b));
    if pager == 0 && is_plain(line) {
        out.extend_from_slice(line);
        return;
    }
    let mut cells: Vec<Cell> = Vec::with_capacity(line.len());
    let mut column = 0_usize;
    let mut stroke = 0_usize;
    // Blanks behind text of the same stroke are text; a stroke of blanks alone wipes.
    let mut stroke_says = false;
    let mut bytes = line.iter().copied().enumerate().peekable();
    let mut pager_over = false;
    while let Some((at, byte)) = bytes.next() {
        if !pager_over && at >= pager {
            pager_over = true;
            if pager > 0 {
                cells.fill(Cell::Void);
                stroke = column;
                stroke_says = false;
                // Text that follows without any wiping starts the line anew.
                if !matches!(byte, 0x08 | b'\r' | 0x1b) {
                    cells.clear();
                    column = 0;
                    stroke = 0;
                }
            }
        }
        match byte {
            b'\r' => {
                column = 0;
                stroke = 0;
                stroke_says = false;
            }
            0x08 => {
                column = column.saturating_sub(1);
                stroke = column;
                stroke_says = false;
            }
            0x07 => {}
            0x1b => {
                let mut sequence = Vec::new();
                read_escape(&mut bytes, &mut sequence);
                apply_escape(&sequence, &mut cells, &mut column);
                stroke = column;
                stroke_says = false;
            }
            _ => {
                let wipes = byte == b' ' && !stroke_says;
                if cells.len() <= column {
                    cells.resize(column, Cell::Void);
                    cells.push(if wipes && pager > 0 {
                        Cell::Soft
                    } else {
                        Cell::Byte(byte)
                    });
                } else if let Some(cell) = cells.get_mut(column) {
                    *cell = if wipes { Cell::Soft } else { Cell::Byte(byte) };
                }
                if byte != b' ' {
                    stroke_says = true;
                    for cell in cells.iter_mut().take(column).skip(stroke) {
                        if *cell == Cell::Soft {
                            *cell = Cell::Byte(b' ');
                        }
                    }
                }
                column += 1;
            }
        }
    }
    if pager > 0 && !pager_over {
        return;
    }
    let end = cells
        .iter()
        .rposition(|cell| matches!(cell, Cell::Byte(_)))
        .map_or(0, |last| last + 1);
    out.extend(cells.iter().take(end).map(|cell| match cell {
        Cell::Byte(byte) => *byte,
        Cell::Void | Cell::Soft => b' ',
    }));
}

type Bytes<'a> = std::iter::Peekable<std::iter::Enumerate<std::iter::Copied<std::slice::Iter<'a, u8>>>>;

/// Reads one escape sequence after its ESC (ECMA-48 §5.4 and the OSC of xterm); only CSI is returned.
fn read_escape(bytes: &mut Bytes<'_>, sequence: &mut Vec<u8>) {
    match bytes.next().map(|(_, byte)| byte) {
        Some(b'[') => {
            for (_, byte) in bytes.by_ref() {
                sequence.push(byte);
                if (0x40..=0x7e).contains(&byte) {
                    return;
                }
            }
        }
        Some(b']') => {
            while let Some((_, byte)) = bytes.next() {
                if byte == 0x07 {
                    return;
                }
                if byte == 0x1b && bytes.peek().is_some_and(|(_, next)| *next == b'\\') {
                    bytes.next();
                    return;
                }
            }
        }
        Some(b'(' | b')' | b'#' | b' ' | b'%') => {
            bytes.next();
        }
        _ => {}
    }
}

fn apply_escape(sequence: &[u8], cells: &mut Vec<Cell>, column: &mut usize) {
    let Some((action, parameters)) = sequence.split_last() else {
        return;
    };
    let number = std::str::from_utf8(parameters)
        .ok()
        .and_then(|text| text.parse::<usize>().ok());
    let count = number.unwrap_or(1).clamp(1, 4096);
    match action {
        b'K' if number.unwrap_or(0) == 0 => cells.truncate(*column),
        b'K' | b'J' if number.unwrap_or(0) >= 1 => cells.fill(Cell::Void),
        b'J' => cells.truncate(*column),
        b'C' => *column = (*column + count).min(LONGEST_LINE),
        b'D' => *column = column.saturating_sub(count),
        b'G' => *column = count - 1,
        b'H' | b'f' => {
            let place = std::str::from_utf8(parameters)
                .ok()
                .and_then(|text| text.split_once(';'));
            let place = place.and_then(|(_, column)| column.parse::<usize>().ok()).unwrap_or(1);
            *column = place.clamp(1, 4096) - 1;
        }
        b'P' => {
            let end = (*column + count).min(cells.len());
            if *column < end {
                cells.drain(*column..end);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(chunks: &[&str]) -> String {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for chunk in chunks {
            lines.take(chunk.as_bytes(), &mut out);
        }
        let mut tail = Vec::new();
        lines.tail(&mut tail);
        out.extend_from_slice(&tail);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn line_ends_become_lf_and_trailing_blanks_stay() {
        assert_eq!(clean(&["a  \r\nb\r\r\n", "c\nd"]), "a  \nb\nc\nd");
        assert_eq!(clean(&["a\r", "\nb"]), "a\nb");
    }

    #[test]
    fn colours_titles_and_redraws_leave_what_the_screen_shows() {
        assert_eq!(clean(&["\x1b]0;title\x07\x1b[1;32mr1\x1b[0m# "]), "r1# ");
        assert_eq!(clean(&["\x1b[4m\rLAB#\x1b[m "]), "LAB# ");
        assert_eq!(clean(&["shov\x08w ver\r\n"]), "show ver\n");
        assert_eq!(clean(&["endX\x08 \x08\r\n"]), "end\n");
        assert_eq!(clean(&["end  X\x08 \x08\r\n"]), "end  \n");
        assert_eq!(clean(&["\r\x1b[K\x1b[?1l\x1b>me@fw:~$ "]), "me@fw:~$ ");
    }

    #[test]
    fn a_wiped_pager_leaves_nothing_behind() {
        for wipe in [
            "\r        \r",
            "\r                            \r",
            "\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08",
            "\r\x1b[K",
            "\x1b[8D        \x1b[8D",
            "",
        ] {
            let mut lines = Lines::default();
            let mut out = Vec::new();
            lines.take(b"one\r\n--More--", &mut out);
            lines.mark_pager();
            lines.take(wipe.as_bytes(), &mut out);
            lines.take(b"  two \r\nthree\r\n", &mut out);
            assert_eq!(String::from_utf8_lossy(&out), "one\n  two \nthree\n", "{wipe:?}");
            let mut lines = Lines::default();
            out.clear();
            lines.take(b"one\r\n--More--", &mut out);
            lines.mark_pager();
            lines.take(wipe.as_bytes(), &mut out);
            lines.take(b"\r\nthree\r\n", &mut out);
            let blank = if wipe.is_empty() { "" } else { "\n" };
            assert_eq!(
                String::from_utf8_lossy(&out),
                format!("one\n{blank}three\n"),
                "{wipe:?} and an empty line"
            );
        }
    }

    #[test]
    fn a_long_line_passes_in_parts() {
        let long = "x".repeat(3 * LONGEST_LINE);
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for chunk in long.as_bytes().chunks(1000) {
            lines.take(chunk, &mut out);
            assert!(lines.current.len() <= LONGEST_LINE + 1000);
        }
        lines.take(b"\r\nshort\r\n", &mut out);
        assert_eq!(out.len(), long.len() + 1 + 6);
    }
}
