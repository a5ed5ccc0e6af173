//! What the header of a table means: which column holds which field, and what separates the cells.

use super::checks::quoted;
use super::collector::Collector;

/// A field that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Address,
    /// `hostname`: in some tools the address, in others the name. It is whichever of the two has no column of its own;
    /// both, when neither has.
    Host,
    Port,
    Platform,
    Vendor,
    Site,
    Role,
    Model,
    OsVersion,
    Serial,
    Tags,
    Enabled,
    Credential,
    LegacyAlgorithms,
}

/// What the columns are called, in the form of [`normal`]; of two columns for one field the name that comes first here
/// wins. Tools whose exports people bring: ours, NetBox, LibreNMS, Nornir, Ansible, nterm.
const NAMES: [(Field, &[&str]); 15] = [
    (
        Field::Name,
        &[
            "name",
            "displayname",
            "device",
            "devicename",
            "sessionname",
            "sysname",
            "node",
        ],
    ),
    (
        Field::Address,
        &[
            "address",
            "ip",
            "ipaddress",
            "ipaddr",
            "mgmtip",
            "managementip",
            "mgmtaddress",
            "managementaddress",
            "mgmtipaddress",
            "managementipaddress",
            "primaryip",
            "primaryip4",
            "ipv4",
            "ansiblehost",
            "primaryip6",
            "ipv6",
        ],
    ),
    (Field::Host, &["host", "hostname", "fqdn", "dnsname"]),
    (Field::Port, &["port", "sshport", "ansibleport"]),
    (
        Field::Platform,
        &[
            "platform",
            "devicetype",
            "os",
            "networkos",
            "ansiblenetworkos",
            "platformslug",
        ],
    ),
    (Field::Vendor, &["vendor", "manufacturer", "make"]),
    (
        Field::Site,
        &[
            "site",
            "sitename",
            "siteslug",
            "location",
            "folder",
            "foldername",
            "group",
        ],
    ),
    (Field::Role, &["role", "devicerole", "function"]),
    (Field::Model, &["model", "devicemodel", "hardware"]),
    (
        Field::OsVersion,
        &["osversion", "softwareversion", "swversion", "version"],
    ),
    (Field::Serial, &["serial", "serialnumber", "serialno"]),
    (Field::Tags, &["tags", "tag", "labels"]),
    (Field::Enabled, &["enabled", "active"]),
    (Field::Credential, &["credential", "credentials", "credentialname"]),
    (Field::LegacyAlgorithms, &["legacyalgorithms", "legacyssh", "legacy"]),
];

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// More columns than that are no inventory.
const MAX_COLUMNS: usize = 1_000;

/// A name of a column or key as it is compared: lower case, letters and digits only.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a column or key of this [`normal`] name holds what belongs into a credential.
pub(super) fn is_secret(normal: &str) -> bool {
    const WHOLE: [&str; 9] = [
        "user",
        "username",
        "login",
        "ansibleuser",
        "pass",
        "pwd",
        "enable",
        "community",
        "apikey",
    ];
    const PART: [&str; 7] = [
        "password",
        "secret",
        "passphrase",
        "privatekey",
        "token",
        "sshpass",
        "becomepass",
    ];
    WHOLE.contains(&normal) || PART.iter().any(|part| normal.contains(part))
}

/// The text of the warning about such a column or key.
pub(super) fn secret_warning(what: &str, name: &str) -> String {
    format!(
        "The {what} {} is not read: logins are kept as credentials. Remove it from the file and name a credential instead.",
        quoted(name)
    )
}

/// Where the fields are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    places: Vec<(Field, usize)>,
    /// How many cells the header has.
    pub(super) width: usize,
}

impl Columns {
    /// The columns of a header, or what is wrong with it.
    pub(super) fn of(header: &csv::StringRecord) -> Result<Self, String> {
        if header.len() > MAX_COLUMNS {
            return Err(format!(
                "The header has {} columns, {MAX_COLUMNS} are allowed.",
                header.len()
            ));
        }
        let names: Vec<String> = header.iter().map(normal).collect();
        let mut places = Vec::new();
        for (field, known) in NAMES {
            let found = known
                .iter()
                .find_map(|known| names.iter().position(|name| name == known));
            places.extend(found.map(|index| (field, index)));
        }
        let columns = Self {
            places,
            width: header.len(),
        };
        if columns.place(Field::Address).or(columns.place(Field::Host)).is_none() {
            let first: Vec<String> = header.iter().take(5).map(|name| quoted(name.trim())).collect();
            return Err(format!(
                "The first line names no column for the address; it begins with {}. Write a header like name,host,port,platform,site; the address may also be called ip, ip_address, mgmt_ip or hostname.",
                first.join(", ")
            ));
        }
        Ok(columns)
    }

    fn place(&self, field: Field) -> Option<usize> {
        self.places
            .iter()
            .find(|(known, _)| *known == field)
            .map(|(_, index)| *index)
    }

    /// The field that a column holds.
    pub(super) fn uses(&self, column: usize) -> bool {
        self.places.iter().any(|(_, index)| *index == column)
    }

    /// The text of a field in a row, empty where there is none.
    pub(super) fn cell<'a>(&self, field: Field, row: &'a csv::StringRecord) -> &'a str {
        let own = self.place(field).and_then(|index| row.get(index)).unwrap_or("").trim();
        let host = || {
            self.place(Field::Host)
                .and_then(|index| row.get(index))
                .unwrap_or("")
                .trim()
        };
        match field {
            Field::Address if own.is_empty() => host(),
            Field::Name if self.place(Field::Name).is_none() && self.place(Field::Address).is_some() => host(),
            _ => own,
        }
    }

    /// Warns of every column that is not used.
    pub(super) fn warn_of_others(&self, header: &csv::StringRecord, row: usize, into: &mut Collector) {
        for (_, name) in header.iter().enumerate().filter(|(index, _)| !self.uses(*index)) {
            let (name, normal) = (name.trim(), normal(name));
            if is_secret(&normal) {
                into.warn(row, None, secret_warning("column", name));
            } else if let Some((field, _)) = NAMES.iter().find(|(_, known)| known.contains(&normal.as_str())) {
                let used = self
                    .place(*field)
                    .and_then(|index| header.get(index))
                    .unwrap_or("")
                    .trim();
                into.warn(
                    row,
                    None,
                    format!("The column {} is not used: {} is.", quoted(name), quoted(used)),
                );
            } else if !normal.is_empty() {
                into.warn(
                    row,
                    None,
                    format!("The column {} is not known and not used.", quoted(name)),
                );
            }
        }
    }
}

/// The cells of one line.
pub(super) fn cells(line: &str, delimiter: u8) -> csv::StringRecord {
    let mut record = csv::StringRecord::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line.as_bytes());
    // Reading from memory, of text: there is nothing that could fail but the end.
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        record.clear();
    }
    record
}

/// How many cells of a header name a field.
fn known_names(header: &csv::StringRecord) -> usize {
    let is_known = |cell: &str| {
        let name = normal(cell);
        NAMES.iter().any(|(_, known)| known.contains(&name.as_str()))
    };
    header.iter().take(MAX_COLUMNS).filter(|cell| is_known(cell)).count()
}

/// What separates the cells: that with which most of the header makes sense.
pub(super) fn delimiter(header: &str) -> u8 {
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let known = known_names(&cells(header, delimiter));
        if known > best.0 {
            best = (known, delimiter);
        }
    }
    best.1
}

/// Whether a line is the header of a table with an address, rather than a list of hosts.
pub(super) fn is_header(line: &str) -> bool {
    let header = cells(line, delimiter(line));
    // A single word such as `node` is a host's name as well; a table says more, or names its only column plainly.
    let plain = ["address", "ip", "ipaddress", "host", "hostname", "mgmtip"];
    Columns::of(&header).is_ok()
        && (known_names(&header) > 1 || header.len() == 1 && plain.contains(&normal(line).as_str()))
}
