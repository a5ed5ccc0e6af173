//! All platforms: those shipped with the binary and those of the user, who may replace or extend ours.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::{
    check::{self, Problem},
    platform::{
        Capture, CaptureEntry, Confirm, Detect, DetectEntry, LineRule, Mode, ModeEntry, Pager, PagerEntry, Pattern,
        PatternEntry, Platform, PlatformFile, SecretEntry, Terminal,
    },
};

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The order in which capture types run; types that are not listed come after these.
pub const CAPTURE_TYPES: [&str; 8] = [
    "configs",
    "arp",
    "mac",
    "lldp",
    "interfaces",
    "routes",
    "version",
    "inventory",
];

/// What is wrong with a platform file.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{file}{}: {key}: {problem}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct TemplateError {
    /// The file's name.
    pub file: String,
    /// The line, where it is known.
    pub line: Option<usize>,
    /// The key, dotted.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A platform file that travels in the binary.
struct Shipped {
    slug: &'static str,
    file: &'static str,
    aliases: &'static [&'static str],
    captures: &'static [&'static str],
    text: &'static str,
}

/// A platform of the catalogue. Its patterns are compiled when it is first used: a run needs few of the platforms.
#[derive(Debug)]
struct Entry {
    file: String,
    text: Cow<'static, str>,
    captures: Vec<String>,
    platform: OnceLock<Option<Arc<Platform>>>,
}

impl Entry {
    /// A problem with a key of the file, with the line where it stands if it can be found.
    fn error(&self, problem: Problem) -> TemplateError {
        error_in(&self.file, &self.text, problem)
    }
}

fn error_in(file: &str, text: &str, problem: Problem) -> TemplateError {
    TemplateError {
        file: file.to_owned(),
        line: problem.line_in(text),
        key: problem.key,
        problem: problem.problem,
    }
}

/// The platforms that can be collected.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
    names: HashMap<String, String>,
    any: OnceLock<Option<Arc<Platform>>>,
}

/// What is used with a device until its platform is known: prompts of every common shape and the usual pagers. It
/// collects nothing.
const ANY: &str = r#"
platform: any
title: any device
prompt: {pattern: '^(?:[^\s#>$%\]]|\[)[^\r\n]{0,100}[#>$%\]] ?$|^[#>$%] ?$'}
pagers:
  - {pattern: '(?i)-- ?\(?more\)? ?--|<--- more --->|\(more\)|press any key', answer: ' '}
questions:
  - {pattern: '(?i)(?:new|old|current|retype|confirm)[a-z0-9_ ]{0,30}password: ?$'}
  - {pattern: '(?i)(?:\[confirm\]|[\[(](?:yes/no|y/n)[\])])[?:]* ?$'}
captures: {}
"#;

impl Catalogue {
    /// The platforms shipped with the binary.
    pub fn shipped() -> Self {
        let mut catalogue = Self::default();
        for shipped in SHIPPED {
            let entry = Entry {
                file: shipped.file.to_owned(),
                text: Cow::Borrowed(shipped.text),
                captures: shipped.captures.iter().map(|name| (*name).to_owned()).collect(),
                platform: OnceLock::new(),
            };
            catalogue.entries.insert(shipped.slug.to_owned(), entry);
            for alias in shipped.aliases {
                catalogue
                    .names
                    .entry(normal(alias))
                    .or_insert_with(|| shipped.slug.to_owned());
            }
        }
        for shipped in SHIPPED {
            catalogue.names.insert(normal(shipped.slug), shipped.slug.to_owned());
        }
        catalogue
    }

    /// The shipped platforms overlaid by every `*.yaml` of a folder, and the files that could not be used: a broken file
    /// costs only itself.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn with_user_files(folder: &Path) -> std::io::Result<(Self, Vec<TemplateError>)> {
        let mut own = Vec::new();
        let mut errors = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                let name = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                match std::fs::read_to_string(&path) {
                    Ok(text) => own.push((name, text)),
                    Err(error) => errors.push(TemplateError {
                        file: name,
                        line: None,
                        key: "file".to_owned(),
                        problem: error.to_string(),
                    }),
                }
            }
        }
        own.sort();
        let mut catalogue = Self::shipped();
        errors.extend(catalogue.overlay(own));
        Ok((catalogue, errors))
    }

    /// Adds files of the user, each replacing the platform of the same slug.
    fn overlay(&mut self, files: Vec<(String, String)>) -> Vec<TemplateError> {
        let mut errors = Vec::new();
        let mut added: Vec<(String, Option<Entry>)> = Vec::new();
        for (name, text) in files {
            let parsed = match parse(&name, &text) {
                Ok(parsed) => parsed,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            let slug = parsed.platform.clone();
            let twice = added.iter().any(|(other, _)| *other == slug);
            let twice = twice.then(|| Problem::new("platform", format!("'{slug}' is in another of these files, too")));
            if let Some(problem) = twice.or_else(|| self.taken(&parsed)) {
                errors.push(error_in(&name, &text, problem));
                continue;
            }
            for alias in parsed.aliases.iter().flatten() {
                self.names.insert(normal(alias), slug.clone());
            }
            let entry = Entry {
                file: name,
                text: Cow::Owned(text),
                captures: Vec::new(),
                platform: OnceLock::new(),
            };
            added.push((slug.clone(), self.entries.insert(slug, entry)));
        }
        // Compiled when all are there, since they may extend each other; what is broken makes room for what was there.
        let mut broken = Vec::new();
        for (slug, before) in added {
            match self.load_checked(&slug) {
                Ok(platform) => {
                    self.names.insert(normal(&slug), slug.clone());
                    if let Some(entry) = self.entries.get_mut(&slug) {
                        entry.captures = platform
                            .captures
                            .iter()
                            .map(|capture| capture.capture_type.clone())
                            .collect();
                        let _ = entry.platform.set(Some(Arc::new(platform)));
                    }
                }
                Err(error) => {
                    errors.push(error);
                    broken.push((slug, before));
                }
            }
        }
        for (slug, before) in broken {
            match before {
                Some(before) => {
                    self.entries.insert(slug, before);
                }
                None => {
                    self.entries.remove(&slug);
                    self.names.retain(|_, named| *named != slug);
                }
            }
        }
        errors
    }

    /// Why a file cannot have one of its aliases: two meanings of a name would make one of them a silent mistake.
    fn taken(&self, file: &PlatformFile) -> Option<Problem> {
        let mut aliases = file.aliases.iter().flatten().enumerate();
        aliases.find_map(|(number, alias)| {
            let owner = self.names.get(&normal(alias))?;
            (*owner != file.platform).then(|| {
                Problem::new(
                    format!("aliases[{number}]"),
                    format!("'{alias}' means the platform '{owner}' already"),
                )
            })
        })
    }

    fn load(&self, slug: &str) -> Result<Platform, TemplateError> {
        let unknown = || TemplateError {
            file: slug.to_owned(),
            line: None,
            key: "platform".to_owned(),
            problem: format!("there is no platform '{slug}'"),
        };
        let entry = self.entries.get(slug).ok_or_else(unknown)?;
        let file = parse(&entry.file, &entry.text)?;
        self.resolve(&file, 0)
            .and_then(|file| compile(&file))
            .map_err(|problem| entry.error(problem))
    }

    /// As [`Catalogue::load`], with everything checked that a mistake could be made in.
    fn load_checked(&self, slug: &str) -> Result<Platform, TemplateError> {
        let platform = self.load(slug)?;
        if let Some(entry) = self.entries.get(slug) {
            let file = parse(&entry.file, &entry.text)?;
            let file = self.resolve(&file, 0).map_err(|problem| entry.error(problem))?;
            check::check(&file).map_err(|problem| entry.error(problem))?;
        }
        Ok(platform)
    }

    /// Fills every key that the file leaves out from the platform it extends.
    fn resolve(&self, file: &PlatformFile, depth: usize) -> Result<PlatformFile, Problem> {
        let Some(base_slug) = &file.extends else {
            return Ok(file.clone());
        };
        let failed = |problem: String| Problem::new("extends", problem);
        if depth > 4 {
            return Err(failed(format!("'{base_slug}' extends itself over others")));
        }
        let unusable = |error: TemplateError| failed(format!("'{base_slug}' cannot be used: {error}"));
        let base = if *base_slug == file.platform {
            // A user's file may build on the shipped one that it replaces.
            let shipped = SHIPPED.iter().find(|shipped| shipped.slug == base_slug);
            let shipped = shipped.ok_or_else(|| failed(format!("'{base_slug}' extends itself")))?;
            parse(shipped.file, shipped.text).map_err(unusable)?
        } else {
            let base = self
                .entries
                .get(base_slug)
                .ok_or_else(|| failed(format!("there is no platform '{base_slug}'")))?;
            parse(&base.file, &base.text).map_err(unusable)?
        };
        Ok(extend(file.clone(), self.resolve(&base, depth + 1)?))
    }

    /// The platform of this slug or alias, whatever its case and dashes.
    pub fn platform(&self, name: &str) -> Option<Arc<Platform>> {
        self.compiled(self.names.get(&normal(name))?)
    }

    fn compiled(&self, slug: &str) -> Option<Arc<Platform>> {
        let entry = self.entries.get(slug)?;
        let platform = entry.platform.get_or_init(|| match self.load(slug) {
            Ok(platform) => Some(Arc::new(platform)),
            Err(error) => {
                tracing::error!(%error, "a platform that is part of the program cannot be used");
                None
            }
        });
        platform.clone()
    }

    /// What to speak with a device whose platform is not known yet.
    pub fn any(&self) -> Option<&Arc<Platform>> {
        let any = self.any.get_or_init(|| {
            let file = parse("any", ANY).ok()?;
            compile(&file).ok().map(Arc::new)
        });
        any.as_ref()
    }

    /// All platforms by slug. Compiles those that have not been used yet.
    pub fn platforms(&self) -> impl Iterator<Item = Arc<Platform>> {
        self.entries.keys().filter_map(|slug| self.compiled(slug))
    }

    /// The slug of a platform by that or by an alias of it, whatever its case and dashes.
    pub fn slug(&self, name: &str) -> Option<&str> {
        self.names.get(&normal(name)).map(String::as_str)
    }

    /// The slugs of all platforms.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Every capture type that some platform has: the eight of the wizard first.
    pub fn capture_types(&self) -> Vec<String> {
        let mut types: Vec<String> = CAPTURE_TYPES.iter().map(|name| (*name).to_owned()).collect();
        for name in self.entries.values().flat_map(|entry| &entry.captures) {
            if !types.contains(name) {
                types.push(name.clone());
            }
        }
        types
    }
}

fn parse(name: &str, text: &str) -> Result<PlatformFile, TemplateError> {
    serde_yaml::from_str(text).map_err(|error| TemplateError {
        file: name.to_owned(),
        line: error.location().map(|location| location.line()),
        key: key_of(&error.to_string()).unwrap_or_else(|| "file".to_owned()),
        problem: error.to_string(),
    })
}

/// The key that a message of the YAML reader is about: it begins with the path to it, `modes[0].prompt: …`, or names what it
/// does not know.
fn key_of(message: &str) -> Option<String> {
    let path = message.split_once(": ").map(|(path, _)| path);
    let path = path.filter(|path| !path.contains([' ', '`', '\'']));
    let unknown = message
        .split_once("unknown field `")
        .and_then(|(_, rest)| rest.split('`').next());
    match (path, unknown) {
        (Some(path), Some(unknown)) => Some(format!("{path}.{unknown}")),
        (path, unknown) => path.or(unknown).map(str::to_owned),
    }
}

fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('-', "_")
}

fn extend(own: PlatformFile, base: PlatformFile) -> PlatformFile {
    let mut captures = base.captures.unwrap_or_default();
    captures.extend(own.captures.unwrap_or_default());
    PlatformFile {
        platform: own.platform,
        extends: None,
        aliases: Some(own.aliases.unwrap_or_default()),
        title: own.title.or(base.title),
        vendor: own.vendor.or(base.vendor),
        legacy_algorithms: own.legacy_algorithms.or(base.legacy_algorithms),
        username_suffix: own.username_suffix.or(base.username_suffix),
        enter: own.enter.or(base.enter),
        interrupt: own.interrupt.or(base.interrupt),
        confirm: own.confirm.or(base.confirm),
        terminal: own.terminal.or(base.terminal),
        prompt: own.prompt.or(base.prompt),
        above_prompt: own.above_prompt.or(base.above_prompt),
        modes: own.modes.or(base.modes),
        on_open: own.on_open.or(base.on_open),
        on_close: own.on_close.or(base.on_close),
        pagers: own.pagers.or(base.pagers),
        questions: own.questions.or(base.questions),
        failure_indicators: own.failure_indicators.or(base.failure_indicators),
        volatile_lines: own.volatile_lines.or(base.volatile_lines),
        secrets: own.secrets.or(base.secrets),
        detect: own.detect,
        captures: Some(captures),
    }
}

/// One pattern for several, which is one pass over a line instead of many.
fn any_of<'r>(patterns: impl Iterator<Item = &'r str>) -> Option<Pattern> {
    let all: Vec<String> = patterns.map(|pattern| format!("(?:{pattern})")).collect();
    (!all.is_empty()).then(|| Pattern::new(&all.join("|")))
}

fn secret_rules(entries: Option<&Vec<SecretEntry>>) -> Vec<LineRule> {
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let rule = |entry: &SecretEntry| LineRule {
        pattern: Pattern::new(&entry.pattern),
        capture_types: entry.capture_types.clone().unwrap_or_default(),
        under: entry.under.as_deref().map(Pattern::new),
    };
    entries.iter().map(rule).collect()
}

fn line_rules(entries: Option<&Vec<PatternEntry>>) -> Vec<LineRule> {
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let rule = |entry: &PatternEntry| LineRule {
        pattern: Pattern::new(&entry.pattern),
        capture_types: entry.capture_types.clone().unwrap_or_default(),
        under: None,
    };
    entries.iter().map(rule).collect()
}

fn compile(file: &PlatformFile) -> Result<Platform, Problem> {
    let prompt = file
        .prompt
        .as_ref()
        .ok_or_else(|| Problem::new("prompt", "is missing"))?;
    let mode = |mode: &ModeEntry| Mode {
        name: mode.name.clone(),
        prompt: Pattern::new(&mode.prompt),
        enter: mode.enter.clone(),
        secret_prompt: mode.secret_prompt.as_deref().map(Pattern::new),
    };
    let modes: Vec<Mode> = file.modes.iter().flatten().map(mode).collect();
    let pager = |pager: &PagerEntry| Pager {
        pattern: Pattern::new(&pager.pattern),
        answer: pager.answer.clone(),
    };
    let pagers: Vec<Pager> = file.pagers.iter().flatten().map(pager).collect();
    let detect = |rule: &DetectEntry| Detect {
        on: rule.on,
        pattern: Pattern::new(&rule.pattern),
        command: rule.command.clone(),
        priority: rule.priority,
    };
    let mut captures = Vec::new();
    for (name, value) in file.captures.iter().flatten() {
        captures.push(compile_capture(name.as_str().unwrap_or_default(), value)?);
    }
    captures.sort_by_key(|capture| {
        CAPTURE_TYPES
            .iter()
            .position(|name| *name == capture.capture_type)
            .unwrap_or(CAPTURE_TYPES.len())
    });
    let questions: Vec<Pattern> = file
        .questions
        .iter()
        .flatten()
        .map(|question| Pattern::new(&question.pattern))
        .collect();
    let secret_prompts = modes.iter().filter_map(|mode| mode.secret_prompt.as_ref());
    let asking = pagers
        .iter()
        .map(|pager| &pager.pattern)
        .chain(&questions)
        .chain(secret_prompts);
    let asking = any_of(asking.map(Pattern::as_str));
    let failure = any_of(
        file.failure_indicators
            .iter()
            .flatten()
            .map(|entry| entry.pattern.as_str()),
    );
    Ok(Platform {
        slug: file.platform.clone(),
        title: file.title.clone().unwrap_or_else(|| file.platform.clone()),
        vendor: file.vendor.clone().unwrap_or_default(),
        aliases: file.aliases.clone().unwrap_or_default(),
        legacy_algorithms: file.legacy_algorithms.unwrap_or(false),
        username_suffix: file.username_suffix.clone().unwrap_or_default(),
        enter: file.enter.clone().unwrap_or_else(|| "\n".to_owned()),
        confirm_by_enter: file.confirm == Some(Confirm::Enter),
        interrupt: file.interrupt.clone().unwrap_or_else(|| "\x03".to_owned()),
        terminal: file.terminal.unwrap_or(Terminal { columns: 511, rows: 0 }),
        prompt: Pattern::new(&prompt.pattern),
        above_prompt: file.above_prompt.as_ref().map(|entry| Pattern::new(&entry.pattern)),
        modes,
        on_open: file.on_open.clone().unwrap_or_default(),
        on_close: file.on_close.clone().unwrap_or_default(),
        pagers,
        questions,
        failure,
        asking,
        volatile_lines: line_rules(file.volatile_lines.as_ref()),
        secrets: secret_rules(file.secrets.as_ref()),
        detect: file.detect.iter().flatten().map(detect).collect(),
        captures,
    })
}

fn compile_capture(name: &str, value: &serde_yaml::Value) -> Result<Capture, Problem> {
    let entry: CaptureEntry = serde_yaml::from_value(value.clone()).map_err(|error| {
        let message = error.to_string();
        let below = key_of(&message).map(|key| format!(".{key}")).unwrap_or_default();
        Problem::new(format!("captures.{name}{below}"), message)
    })?;
    check::check_capture(name, &entry)?;
    Ok(Capture {
        capture_type: name.to_owned(),
        commands: entry.commands,
        evidence: entry.evidence,
        source: entry.source,
        end_mark: entry.end_mark.as_ref().map(|mark| Pattern::new(&mark.pattern)),
        command_total: entry.command_total_seconds.map(Duration::from_secs),
        may_be_empty: entry.may_be_empty,
        privileged: entry.privileged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_platform_can_be_used() {
        let catalogue = Catalogue::shipped();
        assert!(catalogue.any().is_some());
        for slug in catalogue.slugs() {
            let platform = catalogue.load_checked(slug).unwrap();
            let mut listed = catalogue.entries[slug].captures.clone();
            let mut loaded: Vec<String> = platform
                .captures
                .iter()
                .map(|capture| capture.capture_type.clone())
                .collect();
            listed.sort();
            loaded.sort();
            assert_eq!(listed, loaded, "{slug}");
            for alias in &platform.aliases {
                assert_eq!(catalogue.platform(alias).unwrap().slug, slug, "alias {alias}");
            }
        }
    }

    #[test]
    fn a_broken_file_costs_only_itself() {
        let mut catalogue = Catalogue::shipped();
        let files = [
            (
                "a.yaml",
                "platform: acme\nextends: cisco_ios\ncaptures:\n  arp: {commands: [show arp], evidence: simulated}\n",
            ),
            (
                "b.yaml",
                "platform: broken\nprompt: {pattern: '^(x$'}\naliases: [brk]\n",
            ),
            ("c.yaml", "platform: [\n"),
            ("d.yaml", "platform: d\nextends: d\n"),
            ("g.yaml", "platform: cisco_ios\nextends: cisco_ios\ntitle: ours\n"),
            ("e.yaml", "platform: e\nextends: cisco_ios\nno_such_key: 1\n"),
            (
                "f.yaml",
                "platform: f\nextends: cisco_ios\ncaptures:\n  arp: {commands: [\"show\\narp\"], evidence: real}\n",
            ),
            ("h.yaml", "platform: own\nextends: cisco_ios\naliases: [mine, IOS]\n"),
            (
                "i.yaml",
                "platform: i\nextends: cisco_ios\non_open:\n  - terminal length 0\n  - configure terminal\n",
            ),
            (
                "j.yaml",
                "platform: j\nextends: cisco_ios\nfailure_indicators:\n  - {pattern: '^% No'}\n",
            ),
            (
                "k.yaml",
                "platform: k\nextends: cisco_ios\ncaptures:\n  arp: {commands: [show arp], evidence: real,\n    end_mrk: x}\n",
            ),
            (
                "l.yaml",
                "platform: l\nextends: cisco_ios\ncaptures:\n  ../arp: {commands: [show arp], evidence: real}\n",
            ),
            (
                "m.yaml",
                "platform: m\nextends: cisco_ios\nmodes:\n  - {name: x, prompt: '#$', enter: conf t}\n",
            ),
        ];
        let errors = catalogue.overlay(files.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec());
        let named: Vec<String> = errors
            .iter()
            .map(|error| format!("{}:{}", error.file, error.key))
            .collect();
        assert_eq!(
            named,
            [
                "c.yaml:platform",
                "e.yaml:no_such_key",
                "h.yaml:aliases[1]",
                "b.yaml:prompt",
                "d.yaml:extends",
                "f.yaml:captures.arp.commands[0]",
                "i.yaml:on_open[1]",
                "j.yaml:failure_indicators[0]",
                "k.yaml:captures.arp.end_mrk",
                "l.yaml:captures",
                "m.yaml:modes[0].enter",
            ]
        );
        let lines: Vec<Option<usize>> = errors.iter().map(|error| error.line).collect();
        let expected = [1, 3, 3, 2, 2, 4, 5, 4, 5, 4, 4];
        assert_eq!(lines, expected.map(Some));
        assert_eq!(catalogue.slug("ios"), Some("cisco_ios"), "an alias is not taken over");
        assert!(catalogue.platform("own").is_none());
        assert_eq!(catalogue.slug("brk"), None, "an alias of a broken file leads nowhere");
        assert_eq!(
            catalogue.platform("acme").unwrap().capture("arp").unwrap().commands,
            ["show arp"]
        );
        assert_eq!(
            catalogue.platform("acme").unwrap().capture("configs").unwrap().commands,
            ["show running-config"]
        );
        assert_eq!(catalogue.platform("ios").unwrap().title, "ours");
        assert!(catalogue.platform("broken").is_none());
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        let catalogue = Catalogue::shipped();
        assert_eq!(catalogue.platform("IOS").unwrap().slug, "cisco_ios");
        assert_eq!(catalogue.platform("Cisco-IOS").unwrap().slug, "cisco_ios");
        assert!(catalogue.platform("windows").is_none());
        assert_eq!(catalogue.slug("Cisco-XE"), Some("cisco_ios"));
        assert_eq!(catalogue.slug("windows"), None);
    }
}
