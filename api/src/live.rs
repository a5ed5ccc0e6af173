//! What a person sees while a collection runs: on a terminal a bar and a line for each device at work, elsewhere a line
//! when a device ends.

use std::{collections::HashMap, io::IsTerminal, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use service::direct::Progress;

/// Lines for devices at work; more would not fit a screen.
const MOST_LINES: usize = 20;

/// Shows progress on standard error.
pub(crate) struct Live {
    names: Vec<String>,
    style: Style,
    counts: Counts,
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
    Lines,
    Terminal(Box<Screen>),
}

struct Screen {
    all: MultiProgress,
    total: ProgressBar,
    devices: HashMap<usize, ProgressBar>,
}

impl Live {
    /// For these devices; `quiet` shows nothing.
    pub(crate) fn new(names: Vec<String>, quiet: bool) -> Self {
        let style = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Style::Silent,
            (false, false) => Style::Lines,
            (false, true) => Style::Terminal(Box::new(Screen::new(names.len()))),
        };
        let names = names.iter().map(|name| printable(name)).collect();
        Self {
            names,
            style,
            counts: Counts::default(),
        }
    }

    /// Takes the next step.
    pub(crate) fn show(&mut self, progress: Progress) {
        match &progress {
            Progress::Started { attempt: 1, .. } => self.counts.running += 1,
            Progress::Completed { status, .. } => {
                self.counts.running = self.counts.running.saturating_sub(1);
                match *status {
                    "succeeded" => self.counts.succeeded += 1,
                    "partially_succeeded" => self.counts.partial += 1,
                    _ => self.counts.failed += 1,
                }
            }
            _ => {}
        }
        let name = |device: usize| self.names.get(device).map_or("", String::as_str);
        let progress = match progress {
            Progress::Completed {
                device,
                status,
                failure_kind,
                message,
                duration_ms,
            } => Progress::Completed {
                device,
                status,
                failure_kind,
                message: printable(&message),
                duration_ms,
            },
            progress => progress,
        };
        match &mut self.style {
            Style::Silent => {}
            Style::Lines => {
                if let Progress::Completed {
                    device,
                    status,
                    message,
                    duration_ms,
                    failure_kind,
                } = &progress
                {
                    let seconds = Duration::from_millis(*duration_ms).as_secs_f32();
                    let kind = failure_kind.map(|kind| format!(" [{kind}]")).unwrap_or_default();
                    eprintln!("{} {}: {message}{kind} ({seconds:.1} s)", mark(status), name(*device));
                }
            }
            Style::Terminal(screen) => {
                let device = match &progress {
                    Progress::Started { device, .. }
                    | Progress::Captured { device, .. }
                    | Progress::Completed { device, .. } => *device,
                };
                screen.show(&progress, name(device), &self.counts);
            }
        }
    }

    /// Leaves the screen to the results.
    pub(crate) fn finish(self) {
        if let Style::Terminal(screen) = self.style {
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

    fn show(&mut self, progress: &Progress, name: &str, counts: &Counts) {
        match progress {
            Progress::Started { device, attempt } => {
                if self.devices.len() < MOST_LINES {
                    let line = self.all.insert_before(&self.total, ProgressBar::new_spinner());
                    if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix:24!} {msg}") {
                        line.set_style(style);
                    }
                    line.set_prefix(name.to_owned());
                    line.set_message(match attempt {
                        1 => "connecting".to_owned(),
                        attempt => format!("connecting, attempt {attempt}"),
                    });
                    self.devices.insert(*device, line);
                }
            }
            Progress::Captured {
                device,
                capture_type,
                verdict,
                bytes,
            } => {
                if let Some(line) = self.devices.get(device) {
                    line.set_message(format!("{capture_type} {verdict}, {bytes} bytes"));
                    line.tick();
                }
            }
            Progress::Completed {
                device,
                status,
                message,
                ..
            } => {
                if let Some(line) = self.devices.remove(device) {
                    line.finish_and_clear();
                    self.all.remove(&line);
                }
                if *status != "succeeded" {
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
