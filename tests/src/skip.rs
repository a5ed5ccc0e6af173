//! How a test says that it could not run here.

use std::io::Write;

/// Says that `test` does not run here, and why; the test returns straight after.
///
/// Prints `SKIP <test>: <reason>` and appends the line to the file named by `SHOWRUN_SKIP_FILE`, from which
/// `scripts/test-summary` takes it out of the number of passed tests.
///
/// # Panics
/// When `REQUIRE_ALL=1`: there every test has what it needs, and a skip is a failure.
pub fn skip(test: &str, reason: &str) {
    let line = format!("SKIP {test}: {}\n", reason.replace(['\n', '\r'], " "));
    print!("{line}");
    let required = std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "REQUIRE_ALL=1 and {test} cannot run: {reason}");
    let Some(file) = std::env::var_os("SHOWRUN_SKIP_FILE") else {
        return;
    };
    // One write of one line: tests append at the same time from processes of their own.
    let appended = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .and_then(|mut open| open.write_all(line.as_bytes()));
    assert!(appended.is_ok(), "cannot append to {}: {appended:?}", file.display());
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::places;

    /// What `scripts/test-summary` prints for these files, and whether it exits 0.
    fn summary(files: &[(&str, &str)], require_all: &str) -> (String, bool) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let output = Command::new(places::root().join("scripts/test-summary"))
            .arg(dir.path())
            .env("REQUIRE_ALL", require_all)
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }

    #[test]
    fn the_summary_adds_up_and_takes_skips_out_of_passed() {
        let (text, good) = summary(
            &[
                ("rust.tally", "10 0 0\n"),
                ("vitest.tally", "3 0 1\n"),
                (
                    "skips",
                    "SKIP real::routers: no lab\nSKIP corpus: no corpus\nSKIP real::hosts: no lab\nSKIP corpus: no corpus\n",
                ),
                ("ignored", "SKIP 1 tests of vitest: ignored in the source\n"),
            ],
            "",
        );
        assert!(good, "{text}");
        assert_eq!(
            text,
            "\nSkipped, by reason:\n  ignored in the source: 1 tests of vitest\n  no corpus: corpus\n  \
             no lab: real::hosts, real::routers\n10 passed, 0 failed, 4 skipped\n"
        );
    }

    #[test]
    fn the_summary_fails_with_a_failure_and_with_a_skip_where_all_are_required() {
        let (text, good) = summary(&[("rust.tally", "10 2 0\n")], "");
        assert_eq!((text.as_str(), good), ("10 passed, 2 failed, 0 skipped\n", false));
        let (text, good) = summary(&[("rust.tally", "10 0 1\n"), ("ignored", "SKIP one: ignored\n")], "1");
        assert!(text.ends_with("\n10 passed, 1 failed, 0 skipped\n"), "{text}");
        assert!(!good);
    }
}
