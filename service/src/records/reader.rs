//! The templates, and reading texts with them: processor work, so that only some at a time.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use parsers::{Capture, Library, Limits, ParseError, Parsed};
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, Result};

/// Texts that are read at the same time, at most.
const AT_ONCE: usize = 4;

/// What reads the texts of captures.
pub(crate) struct Reader {
    library: Arc<Library>,
    turns: Semaphore,
    at_once: usize,
}

/// A text with what is needed to read it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) platform: String,
    pub(super) capture_type: String,
    pub(super) commands: Vec<String>,
}

impl Reader {
    /// The templates that are built in, with a user's own on top.
    ///
    /// # Errors
    /// `templates_unreadable` names the file.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let files = match folder {
            Some(folder) => files(folder)?,
            None => Vec::new(),
        };
        let library = Library::with_files(files).map_err(|error| {
            let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
            unreadable(format!("Cannot use the templates in {folder}: {error}"))
        })?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let at_once = cores.clamp(1, AT_ONCE);
        Ok(Self {
            library: Arc::new(library),
            turns: Semaphore::new(at_once),
            at_once,
        })
    }

    /// How many texts are read at the same time.
    pub(crate) fn at_once(&self) -> usize {
        self.at_once
    }

    /// Names and versions of the templates that read what the commands print; `None`: there are none.
    pub(super) fn version(&self, source: &Source) -> Option<(String, String)> {
        let found = source
            .commands
            .iter()
            .filter_map(|command| self.library.find(&source.platform, &source.capture_type, command));
        let (names, versions): (BTreeSet<String>, BTreeSet<String>) = found.map(|id| (id.name, id.version)).unzip();
        let joined = |parts: BTreeSet<String>| parts.into_iter().collect::<Vec<_>>().join(" ");
        (!names.is_empty()).then(|| (joined(names), joined(versions)))
    }

    /// Reads a text and makes something of the records, where that blocks nobody.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        source: Source,
        text: Vec<u8>,
        then: impl FnOnce(Parsed) -> T + Send + 'static,
    ) -> Result<std::result::Result<T, ParseError>> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let library = Arc::clone(&self.library);
        let reading = tokio::task::spawn_blocking(move || {
            let text = String::from_utf8_lossy(&text);
            let capture = Capture {
                platform: &source.platform,
                capture_type: &source.capture_type,
                commands: &source.commands,
                text: &text,
            };
            parsers::parse(&library, &capture, &Limits::default()).map(then)
        });
        reading.await.map_err(Error::internal)
    }
}

fn unreadable(message: String) -> Error {
    Error::new(ErrorKind::Unavailable, "templates_unreadable", message)
}

fn files(folder: &Path) -> Result<Vec<(String, String)>> {
    let failed =
        |error: std::io::Error| unreadable(format!("Cannot read the templates in {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_ours = name == "index" || name.ends_with(".textfsm") || name.ends_with(".yaml");
        if is_ours && entry.path().is_file() {
            let text = std::fs::read_to_string(entry.path())
                .map_err(|error| unreadable(format!("Cannot read {}: {error}", entry.path().display())))?;
            files.push((name, text));
        }
    }
    Ok(files)
}
