//! The templates: those built in, ours, and a user's on top of both. Compiled when first needed, then kept.

mod embedded;
mod index;
mod names;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use data_encoding::HEXLOWER;
use regex::Regex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::embedded::{built_in_notice, ntc_licence};
pub(crate) use self::names::InterfaceNames;
use crate::{
    mapping::{MappingFile, Plan},
    record::RecordType,
    rules::{LineRule, SeverityRule},
};

/// Raised when the code that makes records out of rows changes its answer: stored text is then parsed again.
const REVISION: &str = "1";

/// Where a template is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The user's templates directory.
    User,
    /// Showrun's own, where ntc-templates has none.
    Own,
    /// ntc-templates.
    Ntc,
}

/// Which template made a record set. Records made under another version are parsed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateId {
    /// Its file name without the ending.
    pub name: String,
    /// Where it is from.
    pub origin: Origin,
    /// Changes with the template, with its mapping, and with the code that normalises.
    pub version: String,
}

/// A template that is ready to be used.
#[derive(Debug)]
pub struct Template {
    /// What it is.
    pub id: TemplateId,
    /// Whether the template claims to know every line. Where it does not, a line that is not understood may be one that
    /// its author leaves aside on purpose.
    pub knows_every_line: bool,
    pub(crate) compiled: textfsm_core::Template,
    pub(crate) plan: Plan,
}

/// A file of the user's, or one of ours, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct LibraryError {
    /// The file's name as it was given.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A template compiled for a capture type.
type TemplateKey = (String, String);

/// All templates and mappings. Shared between threads; making one is cheap, since nothing is compiled yet.
pub struct Library {
    user: BTreeMap<String, String>,
    mappings: BTreeMap<String, MappingFile>,
    /// Over the text of each mapping file.
    digests: BTreeMap<String, String>,
    accepts: BTreeMap<String, Regex>,
    platforms: BTreeMap<String, Vec<String>>,
    names: InterfaceNames,
    rows: RwLock<HashMap<String, Arc<Vec<index::Row>>>>,
    templates: RwLock<HashMap<TemplateKey, Result<Arc<Template>, LibraryError>>>,
}

static SEVERITY: LazyLock<Vec<SeverityRule>> = LazyLock::new(|| {
    let file = embedded::mappings().find(|(file, _)| file == "names/severity.yaml");
    file.and_then(|(_, text)| serde_yaml::from_str(&text).ok())
        .unwrap_or_default()
});

static SECRETS: LazyLock<Vec<LineRule>> = LazyLock::new(|| {
    let file = embedded::mappings().find(|(file, _)| file == "names/secrets.yaml");
    file.and_then(|(_, text)| serde_yaml::from_str(&text).ok())
        .unwrap_or_default()
});

/// Rules for secrets by the words in front of them, whatever the make. For platforms without rules of their own: they
/// mask too much rather than too little.
#[must_use]
pub fn common_secrets() -> &'static [LineRule] {
    &SECRETS
}

/// The severity rules that are built in.
pub(crate) fn severity_rules() -> &'static [SeverityRule] {
    &SEVERITY
}

static BUILT_IN: LazyLock<Library> =
    LazyLock::new(|| Library::read(BTreeMap::new()).unwrap_or_else(|_| Library::empty()));

impl Library {
    /// What is built in, without a user's templates.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// With a user's files on top, each a name and its text. `NAME.textfsm` is a template and replaces the one of that
    /// name; `index` has lines as in ntc-templates, and they come before all others; `NAME.yaml` is a mapping as in
    /// `mappings/`, whose entries replace ours. Other files are left alone.
    ///
    /// # Errors
    /// The first file that cannot be read. Every template given is compiled once for that.
    pub fn with_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LibraryError> {
        let library = Self::read(files.into_iter().collect())?;
        for (file, text) in library.user.iter().filter(|(file, _)| file.ends_with(".textfsm")) {
            let compiled = textfsm_core::Template::parse_str(text);
            compiled.map_err(|error| LibraryError {
                file: file.clone(),
                problem: error.to_string(),
            })?;
        }
        Ok(library)
    }

    fn empty() -> Self {
        Self {
            user: BTreeMap::new(),
            mappings: BTreeMap::new(),
            digests: BTreeMap::new(),
            accepts: BTreeMap::new(),
            platforms: BTreeMap::new(),
            names: InterfaceNames::default(),
            rows: RwLock::default(),
            templates: RwLock::default(),
        }
    }

    fn read(user: BTreeMap<String, String>) -> Result<Self, LibraryError> {
        let mut library = Self::empty();
        for (file, text) in embedded::mappings() {
            match file.as_str() {
                "names/interfaces.yaml" => library.names = InterfaceNames::read(&text).map_err(|p| fault(&file, p))?,
                "names/platforms.yaml" => {
                    library.platforms = serde_yaml::from_str(&text).map_err(|error| fault(&file, error))?;
                }
                "names/secrets.yaml" | "names/severity.yaml" => {}
                _ => library.map(&file, &text)?,
            }
        }
        for (file, text) in user.iter().filter(|(file, _)| file.ends_with(".yaml")) {
            library.map(file, text)?;
        }
        library.user = user;
        Ok(library)
    }

    /// Takes a mapping file in; what it names replaces what was there.
    fn map(&mut self, file: &str, text: &str) -> Result<(), LibraryError> {
        let new: MappingFile = serde_yaml::from_str(text).map_err(|error| fault(file, error))?;
        if let Some(pattern) = &new.accept {
            let accept = Regex::new(pattern).map_err(|error| fault(file, error))?;
            self.accepts.insert(new.capture_type.clone(), accept);
        }
        let digest = self.digests.entry(new.capture_type.clone()).or_default();
        *digest = hash(&[digest, text]);
        match self.mappings.get_mut(&new.capture_type) {
            None => {
                self.mappings.insert(new.capture_type.clone(), new);
            }
            Some(known) => {
                known.record = new.record;
                known.fields.extend(new.fields);
                known.values.extend(new.values);
                known.templates.extend(new.templates);
                for (list, new) in [(&mut known.explode, new.explode), (&mut known.key, new.key)] {
                    if !new.is_empty() {
                        *list = new;
                    }
                }
                known.volatile.extend(new.volatile);
            }
        }
        Ok(())
    }

    /// The record type of a capture type; a plain table where it has none of its own.
    #[must_use]
    pub fn record_type(&self, capture_type: &str) -> RecordType {
        self.mappings
            .get(capture_type)
            .map_or(RecordType::Table, |mapping| mapping.record)
    }

    /// Which template reads a command, without compiling it: to know whether there is one, and whether records that were
    /// made before are still of its version.
    #[must_use]
    pub fn find(&self, platform: &str, capture_type: &str, command: &str) -> Option<TemplateId> {
        let accept = self.accepts.get(capture_type);
        let rows = self.rows(platform);
        let name = index::find(&rows, command, accept).map(|row| row.template.clone())?;
        let (origin, text) = self.file(&name)?;
        Some(self.id(name, origin, &text, capture_type))
    }

    /// The template for a command, compiled.
    ///
    /// # Errors
    /// A template or a mapping that cannot be used.
    pub fn template(
        &self,
        platform: &str,
        capture_type: &str,
        command: &str,
    ) -> Result<Option<Arc<Template>>, LibraryError> {
        let Some(id) = self.find(platform, capture_type, command) else {
            return Ok(None);
        };
        let key = (capture_type.to_owned(), id.name.clone());
        if let Some(known) = self.templates.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone().map(Some);
        }
        let made = self.compile(id, capture_type).map(Arc::new);
        let mut templates = self.templates.write().unwrap_or_else(PoisonError::into_inner);
        templates.entry(key).or_insert(made).clone().map(Some)
    }

    pub(crate) fn names(&self) -> &InterfaceNames {
        &self.names
    }

    fn compile(&self, id: TemplateId, capture_type: &str) -> Result<Template, LibraryError> {
        let text = self.file(&id.name).map(|(_, text)| text).unwrap_or_default();
        let knows_every_line = text.contains("-> Error");
        let whole = if knows_every_line {
            text
        } else {
            Cow::Owned(names_unknown_lines(&text))
        };
        let compiled = textfsm_core::Template::parse_str(&whole).map_err(|error| fault(&id.name, error))?;
        let columns = compiled
            .header()
            .iter()
            .map(|name| name.to_lowercase())
            .collect::<Vec<_>>();
        let table = MappingFile::table(capture_type);
        let mapping = self.mappings.get(capture_type).unwrap_or(&table);
        let plan = Plan::new(mapping, &id.name, &columns).map_err(|problem| fault(&id.name, problem))?;
        Ok(Template {
            id,
            knows_every_line,
            compiled,
            plan,
        })
    }

    /// The template's text: the user's before ours before what was fetched.
    fn file(&self, name: &str) -> Option<(Origin, Cow<'_, str>)> {
        let file = format!("{name}.textfsm");
        if let Some(text) = self.user.get(&file) {
            return Some((Origin::User, Cow::Borrowed(text)));
        }
        let own = embedded::own(&file).map(|text| (Origin::Own, text));
        own.or_else(|| embedded::fetched(&file).map(|text| (Origin::Ntc, text)))
    }

    fn id(&self, name: String, origin: Origin, text: &str, capture_type: &str) -> TemplateId {
        let mapping = self.digests.get(capture_type).map_or("", String::as_str);
        let mut version = hash(&[REVISION, text, mapping, self.names.digest()]);
        version.truncate(16);
        TemplateId { name, origin, version }
    }

    fn rows(&self, platform: &str) -> Arc<Vec<index::Row>> {
        if let Some(rows) = self.rows.read().unwrap_or_else(PoisonError::into_inner).get(platform) {
            return Arc::clone(rows);
        }
        let mut names = vec![Cow::Borrowed(platform)];
        names.extend(
            self.platforms
                .get(platform)
                .into_iter()
                .flatten()
                .map(|name| Cow::Borrowed(name.as_str())),
        );
        let mut rows = Vec::new();
        if let Some(text) = self.user.get("index") {
            rows.extend(index::rows(text, &names, true));
        }
        let built_in = [(embedded::own("index"), true), (embedded::fetched("index"), false)];
        for (text, chosen) in built_in {
            rows.extend(index::rows(&text.unwrap_or_default(), &names, chosen));
        }
        let rows = Arc::new(rows);
        let mut known = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        // Platforms are few; a caller that makes names up must not fill the memory.
        if known.len() < 1_000 {
            known.insert(platform.to_owned(), Arc::clone(&rows));
        }
        rows
    }
}

fn fault(file: &str, problem: impl ToString) -> LibraryError {
    LibraryError {
        file: file.to_owned(),
        problem: problem.to_string(),
    }
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// Ends every state with a rule that names what no other rule took, as most templates do by themselves. Not where a rule
/// goes on to the next one (`Continue`): such a line was understood and would still be named.
fn names_unknown_lines(template: &str) -> String {
    let mut made = String::with_capacity(template.len() + 64);
    let (mut values, mut state) = (true, String::new());
    let close = |made: &mut String, state: &mut String| {
        if state.contains('^') && !state.contains("Continue") {
            state.push_str("  ^\\s*\\S -> Error\n");
        }
        made.push_str(state);
        state.clear();
    };
    for line in template.lines() {
        let opens = !line.starts_with([' ', '\t', '#']) && !line.trim().is_empty();
        if values {
            values = !line.trim().is_empty();
        } else if line.trim().is_empty() || opens {
            close(&mut made, &mut state);
        }
        let target = if values || line.trim().is_empty() {
            &mut made
        } else {
            &mut state
        };
        target.push_str(line);
        target.push('\n');
    }
    close(&mut made, &mut state);
    made
}

#[cfg(test)]
mod tests;
