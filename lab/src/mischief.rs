//! Faults in the output of show commands.

use std::time::Duration;

use bytes::Bytes;

use crate::act::{Act, PIECE, Pieces, crlf};
use crate::fault::Fault;
use crate::shell::{Mode, Shell};
use crate::text::Kind;

/// So long after the last byte the connection breaks, for that byte to arrive before.
const BEFORE_BREAK: Duration = Duration::from_millis(50);

/// Sends the text if the shell's fault has its own way of doing that; false: send it as usual.
pub(crate) fn deliver(shell: &mut Shell, text: &str, kind: Kind) -> bool {
    let Some(fault) = shell.fault else { return false };
    let config = kind == Kind::Config;
    let mut bytes = Vec::new();
    match fault {
        Fault::StallMid | Fault::CloseMid | Fault::RstMid if config => {
            crlf(text, &mut bytes);
            bytes.truncate(bytes.len() / 2);
            shell.push(bytes);
            shell.mode = Mode::Deaf;
            shell.queue.push_back(Act::Pause(BEFORE_BREAK));
            shell.queue.push_back(match fault {
                Fault::StallMid => Act::Stall,
                Fault::CloseMid => Act::Cut,
                _ => Act::Reset,
            });
        }
        Fault::Infinite => {
            let line = Bytes::from("counter 0000000000 packets, still going on and on and on\r\n".repeat(PIECE / 60));
            stream(shell, Box::new(std::iter::repeat(line)), Duration::ZERO);
        }
        Fault::BlankLines => {
            crlf(text, &mut bytes);
            bytes.extend_from_slice(format!("{}\r\n", shell.bare_prompt()).as_bytes());
            shell.push(bytes);
            let lines = Bytes::from("\r\n".repeat(PIECE / 2));
            stream(shell, Box::new(std::iter::repeat(lines)), Duration::ZERO);
        }
        Fault::AsksYesNo => {
            shell
                .out
                .extend_from_slice(b"The output is long. Press Enter to continue? [Y/N]: ");
            shell.mode = Mode::Pager;
            shell.pager = None;
        }
        Fault::Huge(size) if config => {
            crlf(text, &mut bytes);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let (start, rest) = middle(&bytes);
            let line = Bytes::from("ip prefix-list HUGE seq 5 permit 100.64.0.0/24\r\n".repeat(PIECE / 48));
            let pieces = std::iter::repeat_n(line.clone(), size.saturating_sub(bytes.len()) / line.len());
            let around = |part: &[u8]| std::iter::once(Bytes::copy_from_slice(part));
            stream(
                shell,
                Box::new(around(start).chain(pieces).chain(around(rest))),
                Duration::ZERO,
            );
            shell.prompt();
        }
        Fault::LongLine(size) if config => {
            crlf(text, &mut bytes);
            let (start, rest) = middle(&bytes);
            let piece = Bytes::from("x".repeat(PIECE));
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let last = piece.slice(..size % PIECE);
            let pieces = std::iter::repeat_n(piece, size / PIECE).chain(std::iter::once(last));
            let around = |part: Vec<u8>| std::iter::once(Bytes::from(part));
            let end = [b"\r\n", rest].concat();
            let start = [start, b"! "].concat();
            stream(
                shell,
                Box::new(around(start).chain(pieces).chain(around(end))),
                Duration::ZERO,
            );
            shell.prompt();
        }
        Fault::Drip(ms) => {
            crlf(text, &mut bytes);
            let bytes = Bytes::from(bytes);
            let pieces = (0..bytes.len()).map(move |at| bytes.slice(at..at + 1));
            stream(shell, Box::new(pieces), Duration::from_millis(ms));
            shell.prompt();
        }
        Fault::Lookalike(ms) if config => lookalike(shell, text, Duration::from_millis(ms)),
        Fault::Binary => {
            crlf(text, &mut bytes);
            let (start, rest) = middle(&bytes);
            shell.out.extend_from_slice(start);
            shell
                .out
                .extend_from_slice(b"raw \x00\x01\x02 \xff\xfe\xc3\x28 \xf0\x9f\x92 \xed\xa0\x80 end\r\n");
            shell.out.extend_from_slice(rest);
            shell.prompt();
        }
        Fault::Ansi => {
            for (number, line) in text.lines().enumerate() {
                match number % 4 {
                    0 => shell.print(&format!("\x1b[32m{line}\x1b[0m\x1b[K\n")),
                    1 => shell.print(&format!("{line}X\x08 \x08\n")),
                    2 => shell.print(&format!("\x1b]2;line {number}\x1b\\{line}\n")),
                    _ => shell.print(&format!("{line}\n")),
                }
            }
            shell.prompt();
        }
        Fault::Syslog => {
            crlf(text, &mut bytes);
            let (start, rest) = middle(&bytes);
            shell.out.extend_from_slice(start);
            let log = shell.log_line();
            // The log line takes a line of its own in the middle of the output.
            shell.out.extend_from_slice(log.get(2..).unwrap_or_default());
            shell.out.extend_from_slice(rest);
            shell.prompt();
            shell.flush();
            shell.queue.push_back(Act::Pause(Duration::from_millis(20)));
            shell.out.extend_from_slice(&log);
            // With `logging synchronous` the prompt is printed again; every third time it is not.
            if shell.commands % 3 != 2 {
                shell.prompt();
            }
        }
        _ => return false,
    }
    true
}

/// Answers with a line that never ends.
pub(crate) fn endless_line(shell: &mut Shell) {
    let piece = Bytes::from("x".repeat(PIECE));
    stream(shell, Box::new(std::iter::repeat(piece)), Duration::ZERO);
}

fn stream(shell: &mut Shell, pieces: Pieces, every: Duration) {
    shell.flush();
    shell.mode = Mode::Prompt;
    shell.queue.push_back(Act::Stream(pieces, every));
}

/// Both halves, parted at the end of a line.
fn middle(bytes: &[u8]) -> (&[u8], &[u8]) {
    let half = bytes.len() / 2;
    let end = bytes
        .iter()
        .skip(half)
        .position(|byte| *byte == b'\n')
        .map_or(half, |at| half + at + 1);
    bytes.split_at(end.min(bytes.len()))
}

fn lookalike(shell: &mut Shell, text: &str, pause: Duration) {
    let prompt = shell.bare_prompt();
    for line in text.lines() {
        shell.out.extend_from_slice(line.as_bytes());
        if line == prompt {
            shell.flush();
            shell.queue.push_back(Act::Pause(pause));
        }
        shell.out.extend_from_slice(b"\r\n");
    }
    shell.prompt();
}
