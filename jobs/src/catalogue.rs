//! All platforms: those shipped with the binary and those of the user, who may replace or extend ours.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};

use regex::bytes::{Regex, RegexBuilder};

use crate::platform::{
    Capture, CaptureEntry, Detect, Evidence, LineRule, Mode, Pager, PatternEntry, Platform, PlatformFile, Terminal,
};

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The order in which capture types run; types that are not listed come after these.
pub const CAPTURE_TYPES: [&str; 8] =
    ["configs", "arp", "mac", "lldp", "interfaces", "routes", "version", "inventory"];

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

/// The platforms that can be collected.
#[derive(Debug)]
pub struct Catalogue {
    platforms: BTreeMap<String, Arc<Platform>>,
    names: HashMap<String, String>,
    any: Option<Arc<Platform>>,
}

/// What is used with a device until its platform is known: prompts of every common shape and the usual pagers. It
/// collects nothing.
const ANY: &str = r#"
platform: any
title: any device
prompt: {pattern: '^(?:[^\s#>$%\]]|\[)[^
]{0,100}[#>$%\]] ?$|^[#>$%] ?$'}
pagers:
  - {pattern: '(?i)-- ?\(?more\)? ?--|<--- more --->|\(more\)|press any key', answer: ' '}
questions:
  - {pattern: '(?i)(?:new|old|current|retype|confirm)[a-z0-9_ ]{0,30}password: ?$'}
  - {pattern: '(?:\[confirm\]|\[yes/no\]:?|\[y/n\]:?) ?$'}
captures: {}
"#;

impl Default for Catalogue {
    fn default() -> Self {
        let any = serde_yaml::from_str::<PlatformFile>(ANY).ok().and_then(|file| compile(&file).ok());
        Self { platforms: BTreeMap::new(), names: HashMap::new(), any: any.map(Arc::new) }
    }
}

impl Catalogue {
    /// The platforms shipped with the binary, and the files that could not be used: a broken file costs only itself.
    pub fn shipped() -> (Self, Vec<TemplateError>) {
        Self::from_files(SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// The shipped platforms overlaid by every `*.yaml` of a folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn with_user_files(folder: &Path) -> std::io::Result<(Self, Vec<TemplateError>)> {
        let mut files: Vec<(String, String)> =
            SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut own = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                own.push((name, std::fs::read_to_string(&path)?));
            }
        }
        own.sort();
        files.extend(own);
        Ok(Self::from_files(files))
    }

    fn from_files(files: Vec<(String, String)>) -> (Self, Vec<TemplateError>) {
        let mut errors = Vec::new();
        let mut parsed: BTreeMap<String, (String, String, PlatformFile)> = BTreeMap::new();
        for (name, text) in files {
            match serde_yaml::from_str::<PlatformFile>(&text) {
                Ok(file) => {
                    parsed.insert(file.platform.clone(), (name, text, file));
                }
                Err(error) => errors.push(TemplateError {
                    file: name,
                    line: error.location().map(|location| location.line()),
                    key: "file".to_owned(),
                    problem: error.to_string(),
                }),
            }
        }
        let mut catalogue = Self::default();
        for (slug, (name, text, file)) in &parsed {
            let resolved = resolve(file, &parsed, 0);
            match resolved.and_then(|file| compile(&file)) {
                Ok(platform) => catalogue.add(platform),
                Err((key, problem)) => {
                    let last = key.rsplit('.').next().unwrap_or(slug);
                    let line = text.lines().position(|line| line.trim_start().starts_with(last)).map(|line| line + 1);
                    errors.push(TemplateError { file: name.clone(), line, key, problem });
                }
            }
        }
        (catalogue, errors)
    }

    fn add(&mut self, platform: Platform) {
        for alias in &platform.aliases {
            self.names.entry(normal(alias)).or_insert_with(|| platform.slug.clone());
        }
        self.names.insert(normal(&platform.slug), platform.slug.clone());
        self.platforms.insert(platform.slug.clone(), Arc::new(platform));
    }

    /// The platform of this slug or alias, whatever its case and dashes.
    pub fn platform(&self, name: &str) -> Option<Arc<Platform>> {
        let slug = self.names.get(&normal(name))?;
        self.platforms.get(slug).cloned()
    }

    /// What to speak with a device whose platform is not known yet.
    pub fn any(&self) -> Option<&Arc<Platform>> {
        self.any.as_ref()
    }

    /// All platforms by slug.
    pub fn platforms(&self) -> impl Iterator<Item = &Arc<Platform>> {
        self.platforms.values()
    }

    /// Every capture type that some platform has: the eight of the wizard first.
    pub fn capture_types(&self) -> Vec<String> {
        let mut types: Vec<String> = CAPTURE_TYPES.iter().map(|name| (*name).to_owned()).collect();
        for platform in self.platforms.values() {
            for capture in &platform.captures {
                if !types.contains(&capture.capture_type) {
                    types.push(capture.capture_type.clone());
                }
            }
        }
        types
    }
}

fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('-', "_")
}

type Parsed = BTreeMap<String, (String, String, PlatformFile)>;
type Problem = (String, String);

/// Fills every key that the file leaves out from the platform it extends.
fn resolve(file: &PlatformFile, all: &Parsed, depth: usize) -> Result<PlatformFile, Problem> {
    let Some(base_slug) = &file.extends else { return Ok(file.clone()) };
    if depth > 4 || *base_slug == file.platform {
        return Err(("extends".to_owned(), format!("'{base_slug}' extends itself")));
    }
    let (_, _, base) = all
        .get(base_slug)
        .ok_or_else(|| ("extends".to_owned(), format!("there is no platform '{base_slug}'")))?;
    let base = resolve(base, all, depth + 1)?;
    let mut captures = base.captures.unwrap_or_default();
    captures.extend(file.captures.clone().unwrap_or_default());
    let own = file.clone();
    Ok(PlatformFile {
        platform: own.platform,
        extends: None,
        aliases: Some(own.aliases.unwrap_or_default()),
        title: own.title.or(base.title),
        vendor: own.vendor.or(base.vendor),
        legacy_algorithms: own.legacy_algorithms.or(base.legacy_algorithms),
        username_suffix: own.username_suffix.or(base.username_suffix),
        enter: own.enter.or(base.enter),
        interrupt: own.interrupt.or(base.interrupt),
        terminal: own.terminal.or(base.terminal),
        prompt: own.prompt.or(base.prompt),
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
    })
}

fn pattern(key: &str, text: &str) -> Result<Regex, Problem> {
    RegexBuilder::new(text)
        .size_limit(4 << 20)
        .build()
        .map_err(|error| (key.to_owned(), format!("'{text}' is no valid pattern: {error}")))
}

/// One pattern for several, which is one pass over a line instead of many.
fn any_of<'r>(key: &str, patterns: impl Iterator<Item = &'r Regex>) -> Result<Option<Regex>, Problem> {
    let all: Vec<String> = patterns.map(|pattern| format!("(?:{})", pattern.as_str())).collect();
    match all.is_empty() {
        true => Ok(None),
        false => pattern(key, &all.join("|")).map(Some),
    }
}

fn line_rules(key: &str, entries: Option<&Vec<PatternEntry>>) -> Result<Vec<LineRule>, Problem> {
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            let capture_types = entry.capture_types.clone().unwrap_or_default();
            Ok(LineRule { pattern: pattern(key, &entry.pattern)?, capture_types })
        })
        .collect()
}

fn compile(file: &PlatformFile) -> Result<Platform, Problem> {
    let slug_is_plain = !file.platform.is_empty()
        && file.platform.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !slug_is_plain {
        return Err(("platform".to_owned(), "use lower case letters, digits and _ only".to_owned()));
    }
    let prompt = file.prompt.as_ref().ok_or_else(|| ("prompt".to_owned(), "is missing".to_owned()))?;
    if !prompt.pattern.starts_with('^') || !prompt.pattern.ends_with('$') {
        return Err(("prompt".to_owned(), "must be anchored with ^ and $".to_owned()));
    }
    let mut modes = Vec::new();
    for mode in file.modes.iter().flatten() {
        let secret_prompt =
            mode.secret_prompt.as_ref().map(|text| pattern("modes.secret_prompt", text)).transpose()?;
        let prompt = pattern("modes.prompt", &mode.prompt)?;
        modes.push(Mode { name: mode.name.clone(), prompt, enter: mode.enter.clone(), secret_prompt });
    }
    let mut pagers = Vec::new();
    for pager in file.pagers.iter().flatten() {
        pagers.push(Pager { pattern: pattern("pagers", &pager.pattern)?, answer: pager.answer.clone() });
    }
    let mut detect = Vec::new();
    for rule in file.detect.iter().flatten() {
        let pattern = pattern("detect", &rule.pattern)?;
        detect.push(Detect { on: rule.on, pattern, command: rule.command.clone(), priority: rule.priority });
    }
    let mut captures = Vec::new();
    for (name, value) in file.captures.iter().flatten() {
        captures.push(compile_capture(name.as_str().unwrap_or_default(), value)?);
    }
    captures.sort_by_key(|capture| {
        CAPTURE_TYPES.iter().position(|name| *name == capture.capture_type).unwrap_or(CAPTURE_TYPES.len())
    });
    let questions: Vec<Regex> = file
        .questions
        .iter()
        .flatten()
        .map(|question| pattern("questions", &question.pattern))
        .collect::<Result<_, _>>()?;
    let failures: Vec<Regex> = file
        .failure_indicators
        .iter()
        .flatten()
        .map(|entry| pattern("failure_indicators", &entry.pattern))
        .collect::<Result<_, _>>()?;
    let secret_prompts = modes.iter().filter_map(|mode: &Mode| mode.secret_prompt.as_ref());
    let asking = pagers.iter().map(|pager| &pager.pattern).chain(&questions).chain(secret_prompts);
    let asking = any_of("pagers", asking)?;
    let failure = any_of("failure_indicators", failures.iter())?;
    Ok(Platform {
        slug: file.platform.clone(),
        title: file.title.clone().unwrap_or_else(|| file.platform.clone()),
        vendor: file.vendor.clone().unwrap_or_default(),
        aliases: file.aliases.clone().unwrap_or_default(),
        legacy_algorithms: file.legacy_algorithms.unwrap_or(false),
        username_suffix: file.username_suffix.clone().unwrap_or_default(),
        enter: file.enter.clone().unwrap_or_else(|| "\n".to_owned()),
        interrupt: file.interrupt.clone().unwrap_or_else(|| "\x03".to_owned()),
        terminal: file.terminal.unwrap_or(Terminal { columns: 511, rows: 0 }),
        prompt: pattern("prompt", &prompt.pattern)?,
        modes,
        on_open: file.on_open.clone().unwrap_or_default(),
        on_close: file.on_close.clone().unwrap_or_default(),
        pagers,
        questions,
        failure,
        asking,
        volatile_lines: line_rules("volatile_lines", file.volatile_lines.as_ref())?,
        secrets: line_rules("secrets", file.secrets.as_ref())?,
        detect,
        captures,
    })
}

fn compile_capture(name: &str, value: &serde_yaml::Value) -> Result<Capture, Problem> {
    let key = format!("captures.{name}");
    let entry: CaptureEntry =
        serde_yaml::from_value(value.clone()).map_err(|error| (key.clone(), error.to_string()))?;
    if entry.commands.is_empty() || entry.commands.iter().any(|command| command.chars().any(char::is_control)) {
        return Err((key, "needs one or more commands, each on one line".to_owned()));
    }
    if entry.evidence == Evidence::Documented && entry.source.is_none() {
        return Err((key, "evidence 'documented' needs the document in 'source'".to_owned()));
    }
    let end_mark = match &entry.end_mark {
        Some(mark) if mark.evidence.is_none() => {
            return Err((format!("{key}.end_mark"), "needs evidence".to_owned()));
        }
        Some(mark) => Some(pattern(&format!("{key}.end_mark"), &mark.pattern)?),
        None => None,
    };
    Ok(Capture {
        capture_type: name.to_owned(),
        commands: entry.commands,
        evidence: entry.evidence,
        source: entry.source,
        end_mark,
        command_total: entry.command_total_seconds.map(Duration::from_secs),
        may_be_empty: entry.may_be_empty,
        privileged: entry.privileged,
    })
}
