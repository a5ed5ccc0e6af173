//! What a person sees while a collection runs: on a terminal a bar and a line for each device at work, elsewhere a line
//! when a device ends.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use service::direct::Progress;

/// Lines for devices at work; more would not fit a screen.
const MOST_LINES: usize = 20;

/// What a device did, wherever the collection runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A session begins.
    Started {
        /// 1 for the first try.
        attempt: u32,
    },
    /// A capture type ended.
    Captured {
        /// Slug of the capture type.
        capture_type: &'a str,
        /// `complete`, `truncated`, …
        verdict: &'a str,
        /// Size of the text.
        bytes: u64,
    },
    /// The device ended.
    Completed {
        /// `succeeded`, `partially_succeeded`, `failed` or `cancelled`.
        status: &'a str,
        /// Why, unless it succeeded.
        failure_kind: Option<&'a str>,
        /// A sentence.
        message: &'a str,
        /// How long it took.
        duration_ms: u64,
    },
}

/// Shows progress on standard error.
pub(crate) struct Live {
    names: Vec<String>,
    style: Style,
    counts: Counts,
    running: HashSet<usize>,
}

#[derive(Default)]
struct Counts {
    succeeded: usize,
    partial: usize,
    failed: usize,
    running: usize,
}

enum Style {
    Silent,
    /// With what is not written yet: standard error has no buffer.
    Lines(String),
    Terminal(Box<Screen>),
}

struct Screen {
    all: MultiProgress,
    total: ProgressBar,
    devices: HashMap<usize, ProgressBar>,
}

impl Live {
    /// For so many devices; `quiet` shows nothing.
    pub(crate) fn new(devices: usize, quiet: bool) -> Self {
        let style = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Style::Silent,
            (false, false) => Style::Lines(String::new()),
            (false, true) => Style::Terminal(Box::new(Screen::new(devices))),
        };
        Self {
            names: Vec::new(),
            style,
            counts: Counts::default(),
            running: HashSet::new(),
        }
    }

    /// Names the next device and says by which number it is spoken of.
    pub(crate) fn name(&mut self, name: &str) -> usize {
        self.names.push(printable(name));
        self.names.len() - 1
    }

    /// A line that stays, above what moves.
    pub(crate) fn note(&self, text: &str) {
        match &self.style {
            Style::Silent | Style::Lines(_) => eprintln!("{text}"),
            Style::Terminal(screen) => screen.total.suspend(|| eprintln!("{text}")),
        }
    }

    /// Takes the next step of a collection that runs in this process. It is shown with the next tick at the latest.
    pub(crate) fn progress(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Tick => self.flush(),
            Progress::Started { device, attempt } => self.take(*device, Step::Started { attempt: *attempt }),
            Progress::Captured {
                device,
                capture_type,
                verdict,
                bytes,
            } => self.take(
                *device,
                Step::Captured {
                    capture_type,
                    verdict,
                    bytes: *bytes,
                },
            ),
            Progress::Completed {
                device,
                status,
                failure_kind,
                message,
                duration_ms,
            } => self.take(
                *device,
                Step::Completed {
                    status,
                    failure_kind: *failure_kind,
                    message,
                    duration_ms: *duration_ms,
                },
            ),
        }
    }

    /// Takes the next step and shows it.
    pub(crate) fn show(&mut self, device: usize, step: Step<'_>) {
        self.take(device, step);
        self.flush();
    }

    fn flush(&mut self) {
        if let Style::Lines(lines) = &mut self.style
            && !lines.is_empty()
        {
            let _ = std::io::stderr().write_all(lines.as_bytes());
            lines.clear();
        }
    }

    fn take(&mut self, device: usize, step: Step<'_>) {
        match step {
            Step::Started { .. } => {
                self.running.insert(device);
            }
            Step::Completed { status, .. } => {
                self.running.remove(&device);
                match status {
                    "succeeded" => self.counts.succeeded += 1,
                    "partially_succeeded" => self.counts.partial += 1,
                    _ => self.counts.failed += 1,
                }
            }
            Step::Captured { .. } => {}
        }
        self.counts.running = self.running.len();
        let name = self.names.get(device).map_or("", String::as_str);
        match (&mut self.style, step) {
            (
                Style::Lines(lines),
                Step::Completed {
                    status,
                    message,
                    duration_ms,
                    failure_kind,
                },
            ) => {
                let seconds = Duration::from_millis(duration_ms).as_secs_f32();
                let kind = failure_kind.map(|kind| format!(" [{kind}]")).unwrap_or_default();
                let message = printable(message);
                let _ = writeln!(lines, "{} {name}: {message}{kind} ({seconds:.1} s)", mark(status));
            }
            (Style::Terminal(screen), step) => screen.show(device, step, name, &self.counts),
            (Style::Silent | Style::Lines(_), _) => {}
        }
    }

    /// Leaves the screen to the results.
    pub(crate) fn finish(mut self) {
        self.flush();
        if let Style::Terminal(screen) = self.style {
            for line in screen.devices.values() {
                line.finish_and_clear();
            }
            screen.total.finish_and_clear();
        }
    }
}

/// The mark of a status: never told by colour alone.
pub(crate) fn mark(status: &str) -> &'static str {
    match status {
        "succeeded" => "✔",
        "partially_succeeded" => "◐",
        "cancelled" => "■",
        "queued" => "·",
        "running" => "▶",
        _ => "✘",
    }
}

/// Names and messages may hold what a device or a file said: nothing of it may move the cursor or turn the text.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c })
        .collect()
}

impl Screen {
    fn new(devices: usize) -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(devices as u64));
        if let Ok(style) = ProgressStyle::with_template("[{bar:30}] {pos}/{len} devices  {msg}  {elapsed}") {
            total.set_style(style.progress_chars("█▌░"));
        }
        total.enable_steady_tick(Duration::from_millis(250));
        Self {
            all,
            total,
            devices: HashMap::new(),
        }
    }

    fn show(&mut self, device: usize, step: Step<'_>, name: &str, counts: &Counts) {
        match step {
            Step::Started { attempt } => {
                if self.devices.len() < MOST_LINES || self.devices.contains_key(&device) {
                    let (all, total) = (&self.all, &self.total);
                    let line = self.devices.entry(device).or_insert_with(|| {
                        let line = all.insert_before(total, ProgressBar::new_spinner());
                        if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix:24!} {msg}") {
                            line.set_style(style);
                        }
                        line.set_prefix(name.to_owned());
                        line
                    });
                    line.set_message(match attempt {
                        1 => "connecting".to_owned(),
                        attempt => format!("connecting, attempt {attempt}"),
                    });
                }
            }
            Step::Captured {
                capture_type,
                verdict,
                bytes,
            } => {
                if let Some(line) = self.devices.get(&device) {
                    line.set_message(printable(&format!("{capture_type} {verdict}, {bytes} bytes")));
                    line.tick();
                }
            }
            Step::Completed { status, message, .. } => {
                if let Some(line) = self.devices.remove(&device) {
                    line.finish_and_clear();
                    self.all.remove(&line);
                }
                if status != "succeeded" {
                    let message = printable(message);
                    self.total.suspend(|| eprintln!("{} {name}: {message}", mark(status)));
                }
                self.total.inc(1);
            }
        }
        let Counts {
            succeeded,
            partial,
            failed,
            running,
        } = counts;
        self.total
            .set_message(format!("✔ {succeeded}  ◐ {partial}  ✘ {failed}  at work {running}"));
    }
}
