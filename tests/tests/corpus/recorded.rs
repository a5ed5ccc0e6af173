//! A recorded session, taken apart: which commands prepare it, which have an output and what that is, and which were
//! recorded in a way that does not tell.
//!
//! The recordings' own description defines the text of an output: what was received without echo, prompt, pager text
//! and terminal control. Here that is found from the recording alone, with nothing of what is tested:
//!
//! - The **echo** is the command on a line of its own at the start; some devices say it twice.
//! - The **prompt** is what stands behind the last line end, shows the name that the session's first prompt shows, and
//!   ends in one of the signs of a prompt.
//! - A **pager** is a line that the recording answers with a blank; the device then wipes it by a CR, blanks, and a CR.
//! - Each line is what the screen shows of it ([`screen`]), and ends in LF. Empty lines at the end do not count.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use lab::Recording;
use serde::Deserialize;

use crate::screen;

/// What the recordings call a platform, and our name for it.
pub(crate) const PLATFORMS: [(&str, &str); 8] = [
    ("eos", "arista_eos"),
    ("fortigate", "fortinet"),
    ("fortios", "fortinet"),
    ("h3c", "hp_comware"),
    ("ios", "cisco_ios"),
    ("junos", "juniper_junos"),
    ("nxos", "cisco_nxos"),
    ("vyos", "vyos"),
];

/// All sessions of a file.
pub(crate) struct Sessions {
    /// Those on platforms of ours, in the order of the file.
    pub ours: Vec<Session>,
    /// The platforms of the others, each once.
    pub foreign: Vec<String>,
}

/// One session on a platform of ours.
pub(crate) struct Session {
    /// Its place among ours.
    number: usize,
    /// What its recorder calls it.
    pub name: String,
    /// Our platform.
    pub platform: &'static str,
    pub recording: Recording,
    /// Commands at the start that have no output: they prepare the session.
    pub setup: Vec<String>,
    pub outputs: Vec<Output>,
    /// Steps with neither echo nor prompt: nothing tells where they end.
    pub excluded: Vec<Excluded>,
    /// The command that ends the session, where its echo was recorded. Without one the recorded device would hang up
    /// on it without a word, which no device does.
    pub leave: Option<String>,
}

/// A command whose output is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The step that holds the command, and the one that holds the prompt after it.
    steps: (usize, usize),
    pub command: String,
    /// What has to be captured.
    pub text: String,
}

/// A command whose output cannot be told from the recording.
pub(crate) struct Excluded {
    step: usize,
    pub command: String,
}

fn step_type(step: usize) -> String {
    format!("step_{:02}", step + 1)
}

impl Output {
    /// The capture type under which it is collected.
    pub(crate) fn capture_type(&self) -> String {
        step_type(self.steps.0)
    }
}

impl Excluded {
    /// The capture type under which it is collected.
    pub(crate) fn capture_type(&self) -> String {
        step_type(self.step)
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
    model: String,
}

/// Reads a file of recorded sessions, one a line.
pub(crate) fn read(file: &Path) -> anyhow::Result<Sessions> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut sessions = Sessions {
        ours: Vec::new(),
        foreign: Vec::new(),
    };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let named: Named = serde_json::from_str(line)?;
        if let Some((_, platform)) = PLATFORMS.iter().find(|(model, _)| *model == named.model) {
            let recording = Recording::from_json(line)?;
            let session = Session::new(sessions.ours.len(), &named.id, platform, recording);
            sessions.ours.push(session.with_context(|| named.id.clone())?);
        } else if !sessions.foreign.contains(&named.model) {
            sessions.foreign.push(named.model);
        }
    }
    Ok(sessions)
}

impl Session {
    fn new(number: usize, name: &str, platform: &'static str, recording: Recording) -> anyhow::Result<Session> {
        let mut session = Session {
            number,
            name: name.to_owned(),
            platform,
            setup: Vec::new(),
            outputs: Vec::new(),
            excluded: Vec::new(),
            leave: None,
            recording,
        };
        let device_name = device_name(&session.recording.init_prompt)?;
        let steps = std::mem::take(&mut session.recording.steps);
        let mut at = 0;
        while let Some((typed, received)) = steps.get(at) {
            let command = typed.trim_end_matches('\n').to_owned();
            let pages: Vec<&str> = steps
                .iter()
                .skip(at + 1)
                .take_while(|(typed, _)| typed == " ")
                .map(|(_, page)| page.as_str())
                .collect();
            let last = at + pages.len();
            let is_last = last + 1 == steps.len();
            if is_last && matches!(command.as_str(), "exit" | "quit" | "logout") {
                session.leave = received.starts_with(&command).then_some(command);
                break;
            }
            let answer = Answer::read(&command, &unpaged(received, &pages)?, device_name.as_deref());
            match answer.with_context(|| format!("step {}, {command}", at + 1))? {
                None => session.excluded.push(Excluded { step: at, command }),
                Some(text) if text.is_empty() && session.outputs.is_empty() => session.setup.push(command),
                Some(text) => session.outputs.push(Output {
                    steps: (at, last),
                    command,
                    text,
                }),
            }
            at = last + 1;
        }
        session.recording.steps = steps;
        Ok(session)
    }

    /// The name of its platform file and of its device.
    pub(crate) fn slug(&self) -> String {
        format!("recorded_{:02}", self.number + 1)
    }

    /// The commands to collect, in their order, with their capture types.
    pub(crate) fn commands(&self) -> Vec<(String, String)> {
        let outputs = self.outputs.iter().map(|output| (output.steps.0, &output.command));
        let excluded = self.excluded.iter().map(|excluded| (excluded.step, &excluded.command));
        let mut all: Vec<_> = outputs.chain(excluded).collect();
        all.sort_unstable();
        all.into_iter()
            .map(|(step, command)| (step_type(step), command.clone()))
            .collect()
    }

    /// The session as it would be on a terminal: every step gets the echo and the prompt that were not recorded. The
    /// texts stay those of a device; where they end is made up, so nothing of this counts as recorded.
    pub(crate) fn with_echo_and_prompt(&self) -> anyhow::Result<Session> {
        let prompt = "recorder@device> ";
        let mut recording = self.recording.clone();
        recording.init_prompt = format!("{}\r\n{prompt}", recording.init_prompt);
        for (typed, received) in &mut recording.steps {
            let end = if received.is_empty() { "" } else { "\n" };
            *received = format!("{typed}{received}{end}{prompt}").replace('\n', "\r\n");
        }
        Session::new(self.number, &self.name, self.platform, recording)
    }

    /// The recording without what follows the place in this output; `None` where the output has no such place.
    pub(crate) fn cut(&self, output: &Output, place: Place) -> Option<Recording> {
        let mut recording = self.recording.clone();
        let (_, received) = recording.steps.get_mut(output.steps.1)?;
        let kept = place.find(received)?;
        received.truncate(kept);
        Some(recording)
    }
}

/// Where a device stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    BehindTheEcho,
    AfterALine,
    InALine,
    BeforeThePrompt,
    InThePrompt,
}

impl Place {
    pub(crate) const ALL: [Place; 5] = [
        Place::BehindTheEcho,
        Place::AfterALine,
        Place::InALine,
        Place::BeforeThePrompt,
        Place::InThePrompt,
    ];

    /// How much of the received text comes before the place.
    fn find(self, received: &str) -> Option<usize> {
        let ends: Vec<usize> = received.match_indices('\n').map(|(at, _)| at + 1).collect();
        let (first, last) = (*ends.first()?, *ends.last()?);
        let middle = *ends.get(ends.len() / 2)?;
        let prompt = received.get(last..)?.trim_end().len();
        let place = match self {
            Place::BehindTheEcho => first,
            Place::AfterALine => middle,
            Place::InALine => {
                let line = received.get(middle..)?.lines().next()?.trim_end();
                middle + line.len() / 2
            }
            Place::BeforeThePrompt => last,
            Place::InThePrompt => last + prompt / 2,
        };
        // Each place once.
        let earlier = Place::ALL
            .iter()
            .take_while(|other| **other != self)
            .filter_map(|other| other.find(received));
        let known: Vec<usize> = earlier.collect();
        (received.is_char_boundary(place) && !known.contains(&place)).then_some(place)
    }
}

/// The name that every prompt of the session shows, from the line on which the device waits first.
fn device_name(start: &str) -> anyhow::Result<Option<String>> {
    let line = screen::shown(last_line(start))?;
    if !ends_in_a_sign(&line) {
        return Ok(None);
    }
    let name = line.trim_matches(|one: char| !one.is_alphanumeric());
    ensure!(!name.is_empty(), "the prompt {line:?} has no name");
    Ok(Some(name.to_owned()))
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

fn ends_in_a_sign(line: &str) -> bool {
    line.trim_end().ends_with(['#', '>', '$', '%', ']'])
}

/// The pages of an output as one text, as if there had been no pager.
fn unpaged(first: &str, others: &[&str]) -> anyhow::Result<String> {
    let mut text = first.to_owned();
    for page in others {
        let asks = last_line(&text).len();
        let wiped = page
            .strip_prefix('\r')
            .and_then(|rest| rest.trim_start_matches(' ').strip_prefix('\r'));
        let page = wiped.with_context(|| format!("the pager is wiped in an unknown way: {page:.20?}"))?;
        text.truncate(text.len() - asks);
        text.push_str(page);
    }
    Ok(text)
}

struct Answer;

impl Answer {
    /// The output in what was received for a command; `None` when neither an echo nor a prompt is in it.
    fn read(command: &str, received: &str, device_name: Option<&str>) -> anyhow::Result<Option<String>> {
        let mut lines: Vec<String> = received.split('\n').map(screen::shown).collect::<Result<_, _>>()?;
        let has_echo = lines.len() > 1 && lines.first().is_some_and(|line| line == command);
        let is_prompt = |line: &String| device_name.is_some_and(|name| line.contains(name)) && ends_in_a_sign(line);
        let has_prompt = lines.last().is_some_and(is_prompt);
        match (has_echo, has_prompt) {
            (true, true) => {}
            (false, false) => return Ok(None),
            (true, false) => bail!("it has an echo and no prompt"),
            (false, true) => bail!("it has a prompt and no echo"),
        }
        lines.pop();
        let echoes = lines.iter().take_while(|line| *line == command).count();
        let text: String = lines.into_iter().skip(echoes).map(|line| line + "\n").collect();
        // A stored text ends in one line end, however many empty lines stood before the prompt.
        let body = text.trim_end_matches('\n');
        Ok(Some(if body.is_empty() {
            String::new()
        } else {
            format!("{body}\n")
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(start: &str, steps: &[(&str, &str)]) -> anyhow::Result<Session> {
        let recording = Recording {
            model: String::new(),
            init_prompt: start.to_owned(),
            steps: steps
                .iter()
                .map(|(typed, received)| ((*typed).to_owned(), (*received).to_owned()))
                .collect(),
            ordered: true,
            newline: None,
        };
        Session::new(0, "made up", "cisco_ios", recording)
    }

    #[test]
    fn a_session_is_taken_apart() -> anyhow::Result<()> {
        let session = session(
            "Hello\n\nr1#",
            &[
                ("no paging\n", "no paging\nr1#"),
                ("show a\n", "show a\r\r\none \r\n--More-- "),
                (" ", "\r         \rtwo\r\n\r\n\rr1(lab)# "),
                ("show b\n", "show b\nshow b\n% Invalid\nr1#"),
                ("show c\n", "no echo, no prompt"),
                ("show d\n", "show d\n\x1b[?1h\x1b=\rx\x1b[m\n\r\x1b[K\x1b[?1l\x1b>r1#"),
                ("exit\n", "exit\r"),
            ],
        )?;
        assert_eq!(session.setup, ["no paging"]);
        let texts: Vec<&str> = session.outputs.iter().map(|output| output.text.as_str()).collect();
        assert_eq!(texts, ["one \ntwo\n", "% Invalid\n", "x\n"]);
        assert_eq!(session.excluded[0].command, "show c");
        assert_eq!(session.leave.as_deref(), Some("exit"));
        let commands = session.commands();
        assert_eq!(commands[0], ("step_02".to_owned(), "show a".to_owned()));
        assert_eq!(commands[2], ("step_05".to_owned(), "show c".to_owned()));
        Ok(())
    }

    #[test]
    fn a_recording_that_tells_half_is_an_error() {
        assert!(session("r1#", &[("show a\n", "show a\none\n")]).is_err());
        assert!(session("r1#", &[("show a\n", "one\nr1#")]).is_err());
        assert!(session("r1#", &[("show a\n", "show a\none\n--More--"), (" ", "two\nr1#")]).is_err());
    }

    #[test]
    fn an_output_is_cut_where_it_was_asked_for() -> anyhow::Result<()> {
        let session = session("r1#", &[("show a\n", "show a\none\ntwo\nthree\nr1#")])?;
        let cut = |place| {
            let recording = session.cut(&session.outputs[0], place)?;
            Some(recording.steps[0].1.clone())
        };
        assert_eq!(cut(Place::BehindTheEcho).as_deref(), Some("show a\n"));
        assert_eq!(cut(Place::AfterALine).as_deref(), Some("show a\none\ntwo\n"));
        assert_eq!(cut(Place::InALine).as_deref(), Some("show a\none\ntwo\nth"));
        assert_eq!(
            cut(Place::BeforeThePrompt).as_deref(),
            Some("show a\none\ntwo\nthree\n")
        );
        assert_eq!(cut(Place::InThePrompt).as_deref(), Some("show a\none\ntwo\nthree\nr"));
        Ok(())
    }
}
