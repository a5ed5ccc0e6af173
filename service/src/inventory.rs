//! Inventories: lists of devices that people bring as files, read into [`InventoryDevice`]s, and written again.
//!
//! Three formats: our CSV, the `sessions.yaml` of VelocityCMDB, TerminalTelemetry and nterm, and a pasted list of hosts.
//! Everything in a file is hostile. A bad row costs only itself: it becomes a [`RowProblem`] and the others are read; a
//! file that cannot be read at all is one problem with row 0. No problem or warning repeats a secret.
//!
//! Must not know: the catalogue of platforms (a platform is kept as it is written), credentials (only their names pass
//! through here), the database. Reading uses the processor for up to some seconds at the size limits: call it off the
//! async threads.
//!
//! Names may look like paths (`node0/re0`, `../x`, `CON`): they are names, not paths, and are refused only where they
//! hold characters that cannot be seen. Who makes a file of one must encode it.

pub(crate) mod checks;
mod collector;
mod columns;
mod draft;
mod list;
mod sessions;
mod table;
mod text;
mod write;

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

pub use checks::name_key;
pub use list::read_pasted_list;
pub use sessions::read_sessions_yaml;
pub use table::read_csv;
pub use write::{write_csv, write_pasted_list, write_sessions_yaml};

/// The most bytes of a CSV file or a pasted list.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most bytes of a `sessions.yaml`.
pub const MAX_YAML_BYTES: usize = 5 * 1024 * 1024;
/// The most devices of one file.
pub const MAX_DEVICES: usize = 100_000;
/// The most problems that are listed, and the most warnings; one more says how many were left out.
pub const MAX_NOTES: usize = 10_000;
/// The port of a device that names none.
pub const DEFAULT_PORT: u16 = 22;

/// One device of an inventory before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryDevice {
    /// Its name, unique in the file ignoring case ([`name_key`]).
    pub name: String,
    /// An IP literal in its canonical form, or a host name.
    pub address: String,
    /// The port of SSH.
    pub port: u16,
    /// The platform as written, in lower case and not checked; `None`: to be detected.
    pub platform: Option<String>,
    /// The platform was not written but concluded from vendor, model and version.
    pub platform_guessed: bool,
    /// Who made it.
    pub vendor: Option<String>,
    /// Where it stands.
    pub site: Option<String>,
    /// What it is for.
    pub role: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The version of its software.
    pub os_version: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Labels, without repetition, in the order of the file.
    pub tags: Vec<String>,
    /// Whether it is collected.
    pub enabled: bool,
    /// The name of the credential it is bound to. A slot `n` of a `sessions.yaml` is named `slot-n`.
    pub credential: Option<String>,
    /// Whether old SSH algorithms may be used.
    pub legacy_algorithms: bool,
}

impl InventoryDevice {
    /// An enabled device on port 22 of which no more is known. Checks nothing.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            port: DEFAULT_PORT,
            platform: None,
            platform_guessed: false,
            vendor: None,
            site: None,
            role: None,
            model: None,
            os_version: None,
            serial: None,
            tags: Vec::new(),
            enabled: true,
            credential: None,
            legacy_algorithms: false,
        }
    }
}

/// What is wrong with, or to be known about, one row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The line of the file from 1; 0: the file as a whole.
    pub row: usize,
    /// The field of [`InventoryDevice`] that it is about.
    pub field: Option<String>,
    /// What happened, and what can be done about it. Safe to show: what cannot be seen is escaped, long values are cut.
    pub problem: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.row > 0 {
            write!(f, "line {}: ", self.row)?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.problem)
    }
}

/// Where a device stands in its file, and what was written there of the fields that are never empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InventoryRow {
    /// The line from 1.
    pub line: usize,
    /// The port was written.
    pub port: bool,
    /// Whether it is enabled was written.
    pub enabled: bool,
    /// Whether old algorithms may be used was written.
    pub legacy_algorithms: bool,
}

/// What a file held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The devices that can be stored, in the order of the file.
    pub devices: Vec<InventoryDevice>,
    /// Where each of them stands, in the same order.
    pub rows: Vec<InventoryRow>,
    /// Rows that gave no device.
    pub problems: Vec<RowProblem>,
    /// What a person should know though the row was read.
    pub warnings: Vec<RowProblem>,
}

impl Inventory {
    /// An inventory of a file that cannot be read at all.
    fn unreadable(problem: impl Into<String>) -> Self {
        let problem = RowProblem {
            row: 0,
            field: None,
            problem: problem.into(),
        };
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }
}

/// A format of inventories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A table with a header: `name,host,port,platform,site,role,vendor,model,credential,tags,enabled,…`.
    Csv,
    /// A list of folders with sessions.
    SessionsYaml,
    /// Hosts, one in a line or separated by `,` or `;`.
    PastedList,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Csv, Self::SessionsYaml, Self::PastedList];

    /// The name as the API and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::SessionsYaml => "sessions_yaml",
            Self::PastedList => "pasted_list",
        }
    }

    /// The format of a file, by its name where that is clear, else by how it begins.
    #[must_use]
    pub fn detect(bytes: &[u8], file_name: Option<&str>) -> Self {
        let extension = file_name
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("yaml" | "yml") => Self::SessionsYaml,
            Some("csv" | "tsv") => Self::Csv,
            _ => Self::detect_content(bytes),
        }
    }

    fn detect_content(bytes: &[u8]) -> Self {
        // The beginning tells; a cut in the middle of a character does no harm to it.
        let text = text::decode(bytes.get(..64 * 1024).unwrap_or(bytes));
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(first) = first else { return Self::PastedList };
        let yaml_start = ["---", "%YAML", "- ", "{", "[{", "folder_name:", "sessions:"];
        if first == "-" || yaml_start.iter().any(|start| first.starts_with(start)) {
            Self::SessionsYaml
        } else if first.to_ascii_lowercase().starts_with("sep=") || columns::is_header(first) {
            Self::Csv
        } else {
            Self::PastedList
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a format that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no inventory format {0}; the formats are csv, sessions_yaml and pasted_list")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match columns::normal(name).as_str() {
            "csv" => Ok(Self::Csv),
            "sessionsyaml" | "sessions" => Ok(Self::SessionsYaml),
            "pastedlist" | "pasted" | "list" => Ok(Self::PastedList),
            _ => Err(UnknownFormat(checks::quoted(name))),
        }
    }
}

/// Reads a file in the given format, or in the one that its name and its beginning show.
#[must_use]
pub fn read(bytes: &[u8], format: Option<Format>, file_name: Option<&str>) -> Inventory {
    match format.unwrap_or_else(|| Format::detect(bytes, file_name)) {
        Format::Csv => read_csv(bytes),
        Format::SessionsYaml => read_sessions_yaml(bytes),
        Format::PastedList => read_pasted_list(bytes),
    }
}
