//! From a command line to the text that the device has for it, before any terminal handling.

use crate::device::Device;
use crate::dialect;
use crate::fault::Fault;
use crate::text::{self, Kind};
use crate::view::View;

/// Spaces squeezed, as every platform's parser reads a line.
pub(crate) fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the device has for a show command, pipes applied. `None`: it is no show command of the platform.
pub(crate) fn shown(device: &Device, host: &str, command: &str, privileged: bool) -> Option<(String, Kind)> {
    let view = device.view()?;
    // A shell's errors go where its output goes.
    let command = command.replace(" 2>&1", "").replace(" 2>/dev/null", "");
    let mut parts = command.split(" | ");
    let base = parts.next().unwrap_or_default();
    let mut pipes: Vec<&str> = parts.collect();
    // Junos chooses the form of its configuration by a pipe, so that is part of the command.
    let display = pipes.iter().position(|pipe| pipe.starts_with("display "));
    let base = match display {
        Some(at) => format!("{base} | {}", pipes.remove(at)),
        None => base.to_owned(),
    };
    let mut out = String::with_capacity(16_384);
    let kind = text::show(&view, &base, &mut out)?;
    if kind == Kind::Config && !privileged && dialect::has_enable(view.platform()) {
        return None;
    }
    for pipe in pipes {
        out = piped(&out, pipe)?;
    }
    if kind == Kind::Config {
        out = content_fault(device, &view, host, out, privileged);
    }
    match device.fault() {
        Some(Fault::Empty) => out.clear(),
        Some(Fault::UnknownCommand) => return None,
        _ => {}
    }
    Some((out, kind))
}

fn piped(text: &str, pipe: &str) -> Option<String> {
    let (name, word) = match pipe.strip_prefix("grep -v ") {
        Some(word) => ("exclude", word),
        None => pipe.split_once(' ').unwrap_or((pipe, "")),
    };
    let word = word.trim_matches(['"', '\'']).trim_end_matches('$');
    let keep = |lines: &mut dyn Iterator<Item = &str>| {
        let mut kept = String::new();
        for line in lines {
            kept.push_str(line);
            kept.push('\n');
        }
        Some(kept)
    };
    match name {
        "no-more" | "cat" | "without-paging" => Some(text.to_owned()),
        "include" | "match" | "grep" => keep(&mut text.lines().filter(|line| line.contains(word))),
        "exclude" | "except" => keep(&mut text.lines().filter(|line| !line.contains(word))),
        "begin" | "find" => keep(&mut text.lines().skip_while(|line| !line.contains(word))),
        "count" => Some(format!("Count: {} lines\n", text.lines().count())),
        _ => None,
    }
}

/// Faults that are in the text itself, so that they belong to what is expected of a capture.
fn content_fault(device: &Device, view: &View<'_>, host: &str, text: String, privileged: bool) -> String {
    let Some(Fault::Lookalike(_)) = device.fault() else {
        return text;
    };
    let prompt = dialect::prompt(view.platform(), &device.shared.username, host, privileged);
    let prompt = prompt.trim();
    let half = text.lines().count() / 2;
    let mut out = String::with_capacity(text.len() + 200);
    for (number, line) in text.lines().enumerate() {
        if number == half || number == half + half / 2 {
            out.push_str(prompt);
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The text as a capture of it should read: one LF at the end.
pub(crate) fn expected(device: &Device, line: &str) -> Option<String> {
    let view = device.view()?;
    let command = squeeze(line);
    let (mut text, _) = shown(device, view.name(), &command, true)?;
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    if text.len() == 1 {
        text.clear();
    }
    Some(text)
}
