//! Whatever a device prints, there is a verdict on it, and it does not depend on how the output came in parts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::sync::{Arc, LazyLock};

use jobs::{
    Catalogue, Platform,
    verdict::{Judge, Verdict},
};
use proptest::{collection::vec, prelude::*, sample::select};

static PLATFORMS: LazyLock<Vec<Arc<Platform>>> = LazyLock::new(|| Catalogue::shipped().platforms().collect());

/// Lines that the rules of some platform look for, and lines that only look like them.
const LINES: &[&str] = &[
    "",
    "   ",
    "end",
    "return",
    "! end",
    "# end of configuration",
    "% Invalid input detected at '^' marker.",
    "            ^",
    "% Incomplete command.",
    "Error: Unrecognized command found at '^' position.",
    "syntax error, expecting <command>.",
    "unknown command.",
    "Command fail. Return code -61",
    "bad command name show (line 1 column 1)",
    "hostname r1",
    "interface Ethernet1",
    "Permission denied",
    "\u{feff}end\r",
    "\u{0}",
];

fn output() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let line = prop_oneof![
        4 => select(LINES).prop_map(|line| line.as_bytes().to_vec()),
        1 => vec(any::<u8>().prop_filter("no end of a line", |byte| *byte != b'\n'), 0..80),
        1 => Just(vec![b'x'; 5_000]),
    ];
    vec(line, 0..60)
}

proptest! {
    #[test]
    fn any_output_has_one_verdict(which: prop::sample::Index, of: prop::sample::Index, lines in output(), size in 1_usize..9) {
        let platform = which.get(&PLATFORMS);
        let capture = of.get(&platform.captures);
        let lines: Vec<Vec<u8>> = lines.into_iter().map(|mut line| { line.push(b'\n'); line }).collect();
        let judged = |size: usize| {
            let mut judge = Judge::default();
            for part in lines.chunks(size) {
                judge.take(&part.concat(), platform, capture);
            }
            judge.decide(platform, capture)
        };
        let (verdict, message) = judged(size);
        prop_assert_eq!(&judged(1), &(verdict, message.clone()));
        prop_assert_eq!(verdict == Verdict::Complete, message.is_none());
        if lines.iter().all(|line| line.iter().all(u8::is_ascii_whitespace)) {
            prop_assert!(matches!(verdict, Verdict::Empty | Verdict::Complete));
        }
    }
}
