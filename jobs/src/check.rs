//! What a platform file must keep to beyond its shape, and where in the file a problem stands.

use crate::{
    platform::{CaptureEntry, DetectOn, Evidence, Pattern, PlatformFile},
    readonly,
};

/// What is wrong with a key of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Dotted, `captures.arp.end_mark`; `[2]` is the third of a list.
    pub(crate) key: String,
    /// A sentence.
    pub(crate) problem: String,
    /// A text of the file that the problem is about.
    about: Option<String>,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
            about: None,
        }
    }

    fn about(self, text: &str) -> Self {
        Self {
            about: Some(text.to_owned()),
            ..self
        }
    }

    /// The line of a file in which it stands, the first being 1; nothing where the key is not written as one.
    pub(crate) fn line_in(&self, text: &str) -> Option<usize> {
        let mut at = None;
        for part in self.key.split('.') {
            let name = part.split('[').next().unwrap_or_default();
            let Some(next) = position_of_key(text, name, at.unwrap_or_default()) else {
                break;
            };
            at = Some(next);
        }
        let at = at?;
        let about = self.about.as_deref().and_then(|about| text.get(at..)?.find(about));
        let before = text.get(..at + about.unwrap_or_default())?;
        Some(before.matches('\n').count() + 1)
    }
}

/// Where `name:` stands as a key, behind a place.
fn position_of_key(text: &str, name: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_key = |at: &usize| {
        let before = rest.get(..*at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let after = rest.get(at + name.len()..).unwrap_or_default();
        let after = after.trim_start_matches(['"', '\'']).trim_start_matches(' ');
        after.starts_with(':') && !before.ends_with(part_of_a_word) && !line.trim_start().starts_with('#')
    };
    let found = rest.match_indices(name).map(|(at, _)| at).find(is_key)?;
    Some(from + found)
}

/// Everything that is checked once the shape of a file is right.
///
/// # Errors
/// The first problem.
pub(crate) fn check(file: &PlatformFile) -> Result<(), Problem> {
    is_slug("platform", &file.platform)?;
    let prompt = file
        .prompt
        .as_ref()
        .ok_or_else(|| Problem::new("prompt", "is missing"))?;
    is_pattern("prompt", &prompt.pattern)?;
    is_anchored("prompt", &prompt.pattern)?;
    if let Some(above) = &file.above_prompt {
        is_pattern("above_prompt", &above.pattern)?;
        is_anchored("above_prompt", &above.pattern)?;
    }
    for (number, mode) in file.modes.iter().flatten().enumerate() {
        is_pattern(&format!("modes[{number}].prompt"), &mode.prompt)?;
        if let Some(secret_prompt) = &mode.secret_prompt {
            is_pattern(&format!("modes[{number}].secret_prompt"), secret_prompt)?;
        }
        if mode.secret_prompt.is_some() && mode.enter.is_none() {
            let problem = Problem::new(
                format!("modes[{number}]"),
                "has a 'secret_prompt' and no 'enter' that leads to it",
            );
            return Err(problem.about(&mode.prompt));
        }
        if let Some(enter) = &mode.enter {
            only_shows(&format!("modes[{number}].enter"), enter)?;
        }
    }
    for (key, lines) in [("on_open", &file.on_open), ("on_close", &file.on_close)] {
        for (number, line) in lines.iter().flatten().enumerate() {
            only_shows(&format!("{key}[{number}]"), line)?;
        }
    }
    for (number, pager) in file.pagers.iter().flatten().enumerate() {
        is_pattern(&format!("pagers[{number}]"), &pager.pattern)?;
    }
    for (number, question) in file.questions.iter().flatten().enumerate() {
        is_pattern(&format!("questions[{number}]"), &question.pattern)?;
    }
    for (number, indicator) in file.failure_indicators.iter().flatten().enumerate() {
        let key = format!("failure_indicators[{number}]");
        is_pattern(&key, &indicator.pattern)?;
        has_evidence(&key, indicator.evidence, &indicator.pattern)?;
    }
    for (number, rule) in file.volatile_lines.iter().flatten().enumerate() {
        is_pattern(&format!("volatile_lines[{number}]"), &rule.pattern)?;
    }
    for (number, secret) in file.secrets.iter().flatten().enumerate() {
        let key = format!("secrets[{number}]");
        is_pattern(&key, &secret.pattern)?;
        // Without it the line would be shown as it is.
        if !secret.pattern.contains("(?P<secret>") && !secret.pattern.contains("(?<secret>") {
            return Err(Problem::new(key, "needs a group named 'secret': (?P<secret>…)").about(&secret.pattern));
        }
        if let Some(under) = &secret.under {
            is_pattern(&format!("secrets[{number}].under"), under)?;
        }
    }
    for (number, rule) in file.detect.iter().flatten().enumerate() {
        is_pattern(&format!("detect[{number}]"), &rule.pattern)?;
        match (&rule.command, rule.on) {
            (Some(command), _) => only_shows(&format!("detect[{number}].command"), command)?,
            (None, DetectOn::Output) => {
                let problem = Problem::new(
                    format!("detect[{number}]"),
                    "needs the command whose output it looks at",
                );
                return Err(problem.about(&rule.pattern));
            }
            (None, _) => {}
        }
    }
    Ok(())
}

/// What is checked of a capture.
///
/// # Errors
/// The first problem.
pub(crate) fn check_capture(name: &str, entry: &CaptureEntry) -> Result<(), Problem> {
    // Names become those of folders.
    is_slug("captures", name)
        .map_err(|problem| Problem::new("captures", format!("'{name}': {}", problem.problem)).about(name))?;
    let key = format!("captures.{name}");
    let commands = format!("{key}.commands");
    if entry.commands.is_empty() {
        return Err(Problem::new(commands, "needs one or more commands"));
    }
    for (number, command) in entry.commands.iter().enumerate() {
        only_shows(&format!("{commands}[{number}]"), command)?;
    }
    if entry.evidence == Evidence::Documented && entry.source.is_none() {
        return Err(Problem::new(
            format!("{key}.evidence"),
            "'documented' needs the document in 'source'",
        ));
    }
    if let Some(mark) = &entry.end_mark {
        let key = format!("{key}.end_mark");
        is_pattern(&key, &mark.pattern)?;
        has_evidence(&key, mark.evidence, &mark.pattern)?;
    }
    Ok(())
}

fn is_slug(key: &str, name: &str) -> Result<(), Problem> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !name.is_empty() && name.chars().all(plain) {
        true => Ok(()),
        false => Err(Problem::new(key, "use lower case letters, digits and _ only")),
    }
}

fn is_pattern(key: &str, pattern: &str) -> Result<(), Problem> {
    Pattern::new(pattern)
        .check()
        .map_err(|problem| Problem::new(key, problem).about(pattern))
}

fn is_anchored(key: &str, pattern: &str) -> Result<(), Problem> {
    match pattern.starts_with('^') && pattern.ends_with('$') {
        true => Ok(()),
        false => Err(Problem::new(key, "must be anchored with ^ and $").about(pattern)),
    }
}

/// What nobody has seen calls good captures bad.
fn has_evidence(key: &str, evidence: Option<Evidence>, pattern: &str) -> Result<(), Problem> {
    match evidence {
        Some(_) => Ok(()),
        None => Err(Problem::new(key, "needs evidence").about(pattern)),
    }
}

fn only_shows(key: &str, command: &str) -> Result<(), Problem> {
    if command.trim().is_empty() || command.chars().any(char::is_control) {
        return Err(Problem::new(key, "a command is one line with something on it"));
    }
    match readonly::objection(command) {
        Some(problem) => Err(Problem::new(key, problem).about(command)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_stands_where_its_key_stands_and_not_where_another_one_has_that_name() {
        let text = "platform: acme\n\
                    # arp: is collected below\n\
                    aliases: [arp_box]\n\
                    captures:\n\
                    \x20 version: {commands: [show version], evidence: real}\n\
                    \x20 arp:\n\
                    \x20   commands: [show arp]\n\
                    \x20   end_mark: {pattern: '^x'}\n\
                    on_open:\n\
                    \x20 - terminal length 0\n\
                    \x20 - reload\n";
        let line = |key: &str| Problem::new(key, "").line_in(text);
        assert_eq!(line("captures.arp"), Some(6));
        assert_eq!(line("captures.arp.commands[0]"), Some(7));
        assert_eq!(line("captures.arp.end_mark"), Some(8));
        assert_eq!(line("captures.version.commands"), Some(5));
        assert_eq!(line("on_open[1]"), Some(9));
        assert_eq!(Problem::new("on_open[1]", "").about("reload").line_in(text), Some(11));
        assert_eq!(line("prompt"), None);
    }
}
