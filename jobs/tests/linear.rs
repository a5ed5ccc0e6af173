//! What an output costs grows with its length and no faster, whatever stands in it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jobs::{Catalogue, Platform, replay::replay};

const SMALL: usize = 128 * 1024;
const TIMES: usize = 16;

/// A session on IOS in which one command answers this.
fn session(answer: &str) -> Vec<u8> {
    format!(
        "\r\nr1#\n<<< terminal length 0\n\n<<< terminal width 511\nterminal length 0\r\nr1#terminal width 511\r\nr1#\
         \n<<< show running-config\nshow running-config\r\n{answer}\r\nend\r\nr1#\n<<< \n\n<<< exit\n\r\nr1#exit\r\n"
    )
    .into_bytes()
}

async fn cleaned(answer: &str, platform: &Arc<Platform>) -> (Duration, usize) {
    let session = session(answer);
    let mut best = Duration::MAX;
    let mut bytes = 0;
    for _ in 0..3 {
        let started = Instant::now();
        let replayed = replay(&session, platform).await;
        best = best.min(started.elapsed());
        bytes = replayed.answers.iter().map(|answer| answer.text.len()).sum();
        let ended = replayed.ended.map(|error| error.to_string());
        assert_eq!(ended, None, "the session was not understood");
        let last = replayed.answers.last().unwrap();
        assert!(last.text.ends_with(b"\nend\n"), "the end of the output is missing");
    }
    (best, bytes)
}

#[tokio::test]
async fn what_an_output_costs_grows_with_its_length_alone() {
    let platform = Catalogue::shipped().platform("cisco_ios").unwrap();
    let kinds = [
        ("lines", " description link to the core\r\n"),
        ("the prompt", "r1#\r\n"),
        ("lines that begin with the prompt", "r1#show version\r\n"),
        ("the prompt and log lines", "r1#\r\n%SYS-5-CONFIG_I: Configured\r\n"),
        ("blank lines", "\r\n"),
        ("log lines", "*Mar  1 00:00:01.003: %LINK-3-UPDOWN: Interface up\r\n"),
        ("colours and redraws", "\x1b[1mab\x1b[0mX\x08 \x08c\rabc\r\n"),
        ("what looks like a pager", " --More-- or less\r\n"),
        ("one line", "x"),
        ("one line of redraws", "x\x08y"),
        ("one line of prompts", "r1#"),
    ];
    let mut slow = Vec::new();
    for (kind, unit) in kinds {
        let (small, bytes) = cleaned(&unit.repeat(SMALL / unit.len()), &platform).await;
        let (large, more_bytes) = cleaned(&unit.repeat(TIMES * SMALL / unit.len()), &platform).await;
        assert!(more_bytes > 8 * bytes, "{kind}: {bytes} and {more_bytes} bytes");
        // Four times over for what else the machine does; something quadratic takes sixteen times more.
        let limit = small.saturating_mul(4 * u32::try_from(TIMES).unwrap()) + Duration::from_millis(50);
        if large > limit {
            slow.push(format!(
                "{kind}: {small:?} for {bytes} bytes, {large:?} for {more_bytes}"
            ));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
