//! Importing devices from files: every row is answered, and no row is stored by half.

use std::collections::HashMap;

use entity::{device, user::Role};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit::{self, Entry},
    database,
    devices::{DeviceFields, fields, store},
    error::{Error, ErrorKind, Result},
    inventory::{self, Format, Inventory, InventoryDevice, InventoryRow, RowProblem, checks, name_key},
    time::now_ms,
};

#[cfg(test)]
mod tests;

/// Rows of one transaction.
const BATCH: usize = 1_000;
/// How often a batch is tried when somebody else makes devices of the same names in that moment.
const TRIES: u32 = 3;

/// How a file is imported.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// `None`: as the file begins.
    pub format: Option<Format>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Change devices that are there already; fields that the file does not have stay.
    pub update: bool,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportAction {
    /// It is a new device.
    Created,
    /// It changed a device.
    Updated,
    /// The device was there, just as the row says.
    Unchanged,
    /// It could not be stored.
    Failed,
}

impl ImportAction {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

/// The answer to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The line of the file from 1.
    pub row: usize,
    /// Name of the device; empty where the row has none that can be used.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What became of it.
    pub action: ImportAction,
    /// Why it failed.
    pub message: Option<String>,
    /// What a person should know though it was stored.
    pub warnings: Vec<String>,
}

/// The answer to a file.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Nothing was stored.
    pub dry_run: bool,
    /// In the order of the file.
    pub rows: Vec<ImportRow>,
    /// What is to be known about the file as a whole.
    pub warnings: Vec<String>,
}

impl ImportReport {
    /// How many rows ended like this.
    #[must_use]
    pub fn count(&self, action: ImportAction) -> u64 {
        let rows = self.rows.iter().filter(|row| row.action == action);
        u64::try_from(rows.count()).unwrap_or(u64::MAX)
    }
}

/// What a batch comes to.
#[derive(Default)]
struct Planned {
    rows: Vec<ImportRow>,
    create: Vec<device::Model>,
    update: Vec<device::Model>,
    /// Ids, names before and now.
    renamed: Vec<(Uuid, String, String)>,
}

/// What all batches of an import know.
struct Import<'a> {
    service: &'a Service,
    options: ImportOptions,
    format: Format,
    /// Ids of the credentials by their names for comparing.
    credentials: HashMap<String, Uuid>,
}

type Row = (InventoryRow, InventoryDevice);

impl Service {
    /// Imports devices from a file. Devices are known again by their names, ignoring case.
    ///
    /// # Errors
    /// `import_unreadable` for a file without a single row that can be read; what is wrong with a row is in its answer.
    pub async fn device_import(&self, actor: &Actor, file: Vec<u8>, options: ImportOptions) -> Result<ImportReport> {
        actor.needs(if options.dry_run { Role::Viewer } else { Role::Operator })?;
        let reading = tokio::task::spawn_blocking(move || {
            let format = options.format.unwrap_or_else(|| Format::detect(&file, None));
            (format, inventory::read(&file, Some(format), None))
        });
        let (format, inventory) = reading
            .await
            .map_err(|_| Error::internal("reading a file ended early"))?;
        let whole_file = |problem: &&RowProblem| problem.row == 0;
        if inventory.devices.is_empty()
            && let Some(problem) = inventory.problems.iter().find(whole_file)
        {
            return Err(Error::new(
                ErrorKind::Invalid,
                "import_unreadable",
                problem.problem.clone(),
            ));
        }
        let credentials = store::credential_names(self.db().reader()).await?;
        let import = Import {
            service: self,
            options,
            format,
            credentials: credentials.into_iter().map(|(id, key, _)| (key, id)).collect(),
        };
        let Inventory {
            devices,
            rows,
            problems,
            warnings,
        } = inventory;
        let all: Vec<Row> = rows.into_iter().zip(devices).collect();
        let mut report = ImportReport {
            dry_run: options.dry_run,
            ..ImportReport::default()
        };
        for batch in all.chunks(BATCH) {
            match import.batch(actor, batch).await {
                Ok(rows) => report.rows.extend(rows),
                // What is stored is stored: its rows must be answered.
                Err(error) if !report.rows.is_empty() => {
                    let rest = all.get(report.rows.len()..).unwrap_or_default();
                    report.rows.extend(rest.iter().map(|(place, device)| ImportRow {
                        message: Some(format!("Was not stored: {error}")),
                        ..answer(place.line, device, ImportAction::Failed)
                    }));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        failed(&mut report, format, problems);
        warn(&mut report, warnings);
        Ok(report)
    }
}

impl Import<'_> {
    async fn batch(&self, actor: &Actor, rows: &[Row]) -> Result<Vec<ImportRow>> {
        if self.options.dry_run {
            return Ok(self.plan(self.service.db().reader(), rows).await?.rows);
        }
        let mut tries = 1;
        loop {
            let txn = self.service.db().begin().await?;
            let planned = self.plan(&txn, rows).await?;
            if planned.create.is_empty() && planned.update.is_empty() {
                return Ok(planned.rows);
            }
            match store::insert(&txn, &planned.create).await {
                Err(error) if database::is_taken(&error) && tries < TRIES => {
                    tries += 1;
                    continue;
                }
                done => done?,
            }
            for device in &planned.update {
                store::update(&txn, device).await?;
            }
            let entry = Entry {
                action: "device.import",
                target_type: "device",
                target_id: None,
                summary: format!(
                    "Imported devices from {}: {} added, {} changed",
                    self.format,
                    planned.create.len(),
                    planned.update.len()
                ),
            };
            audit::record(&txn, actor, entry).await?;
            txn.commit().await?;
            for (id, before, now) in &planned.renamed {
                self.service.tree_renamed(*id, before, Some(now)).await;
            }
            return Ok(planned.rows);
        }
    }

    /// What the rows come to with the devices that are there now.
    async fn plan(&self, db: &impl store::Connection, rows: &[Row]) -> Result<Planned> {
        let keys: Vec<String> = rows.iter().map(|(_, device)| name_key(&device.name)).collect();
        let there = store::named(db, &keys).await?;
        let mut there: HashMap<String, device::Model> = there
            .into_iter()
            .map(|device| (device.name_key.clone(), device))
            .collect();
        let addresses: Vec<String> = rows.iter().map(|(_, device)| device.address.clone()).collect();
        let mut neighbours: HashMap<(String, i32), (Uuid, String)> = HashMap::new();
        for (id, name, address, port) in store::at_addresses(db, &addresses).await? {
            neighbours.entry((address, port)).or_insert((id, name));
        }
        let mut planned = Planned::default();
        for ((place, device), key) in rows.iter().zip(keys) {
            let mut row = answer(place.line, device, ImportAction::Failed);
            let before = there.remove(&key);
            let name = before.as_ref().map(|device| device.name.clone());
            match self.row(place, device, before, &mut row) {
                Ok((ImportAction::Created, made)) => {
                    row.action = ImportAction::Created;
                    let at = (made.address.clone(), made.port);
                    if let Some((_, name)) = neighbours.get(&at) {
                        row.warnings
                            .push(format!("The device {name} has the same address and port"));
                    }
                    planned.create.push(made);
                }
                Ok((action, made)) => {
                    row.action = action;
                    if action == ImportAction::Updated {
                        // A name is the same in any case, a file is not.
                        let other = name.filter(|name| *name != made.name);
                        planned
                            .renamed
                            .extend(other.map(|before| (made.id, before, made.name.clone())));
                        planned.update.push(made);
                    }
                }
                Err(message) => row.message = Some(message),
            }
            planned.rows.push(row);
        }
        Ok(planned)
    }

    /// What one row comes to, with the device as it will be.
    fn row(
        &self,
        place: &InventoryRow,
        given: &InventoryDevice,
        there: Option<device::Model>,
        row: &mut ImportRow,
    ) -> std::result::Result<(ImportAction, device::Model), String> {
        let platform = given.platform.clone().filter(|name| {
            let is_known = fields::platform(name, self.service.catalogue()).is_some();
            if !is_known {
                let name = checks::quoted(name);
                row.warnings.push(format!(
                    "There is no platform {name}: it is found out at the first connection"
                ));
            }
            is_known
        });
        let credential_id = given.credential.as_deref().and_then(|name| {
            let id = self.credentials.get(&name_key(name)).copied();
            if id.is_none() {
                let name = checks::quoted(name);
                row.warnings
                    .push(format!("There is no credential {name}: the device is bound to none"));
            }
            id
        });
        let change = DeviceFields {
            name: Some(given.name.clone()),
            address: Some(given.address.clone()),
            port: place.port.then_some(given.port),
            platform,
            vendor: given.vendor.clone(),
            site: given.site.clone(),
            role: given.role.clone(),
            model: given.model.clone(),
            os_version: given.os_version.clone(),
            serial: given.serial.clone(),
            tags: (!given.tags.is_empty()).then(|| given.tags.clone()),
            enabled: place.enabled.then_some(given.enabled),
            credential_id: credential_id.map(Some),
            legacy_algorithms: place.legacy_algorithms.then_some(given.legacy_algorithms),
        };
        let (is_new, before) = match there {
            Some(device) => (false, device),
            None => (true, fields::blank()),
        };
        let mut device = before.clone();
        change
            .apply(&self.service.device_rules(), &mut device)
            .map_err(|error| in_words(&error))?;
        if is_new {
            return Ok((ImportAction::Created, device));
        }
        if device == before {
            return Ok((ImportAction::Unchanged, device));
        }
        if !self.options.update {
            let changes = crate::devices::changes(&before, &device).join(", ");
            return Err(format!(
                "Is there already, and the file has other values ({changes}): import it with `update` to change it"
            ));
        }
        device.updated_at = now_ms().max(before.updated_at + 1);
        Ok((ImportAction::Updated, device))
    }
}

fn in_words(error: &Error) -> String {
    let problem =
        |field: &crate::error::FieldProblem| format!("{}: {}", field.pointer.trim_start_matches('/'), field.detail);
    error.fields.iter().map(problem).collect::<Vec<_>>().join(" ")
}

fn answer(row: usize, device: &InventoryDevice, action: ImportAction) -> ImportRow {
    ImportRow {
        row,
        name: device.name.clone(),
        address: device.address.clone(),
        action,
        message: None,
        warnings: Vec::new(),
    }
}

/// Adds the rows that gave no device, and puts all in the order of the file.
fn failed(report: &mut ImportReport, format: Format, problems: Vec<RowProblem>) {
    // A line of a list holds several devices, each with one problem at most; of a table, one device with several.
    let joins = format != Format::PastedList;
    let mut failed: Vec<ImportRow> = Vec::new();
    for RowProblem { row, field, problem } in problems {
        if row == 0 {
            report.warnings.push(problem);
            continue;
        }
        let text = field.map_or_else(|| problem.clone(), |field| format!("{field}: {problem}"));
        match failed.last_mut().filter(|last| joins && last.row == row) {
            Some(last) => {
                let before = last.message.take().unwrap_or_default();
                last.message = Some(format!("{before} {text}"));
            }
            None => failed.push(ImportRow {
                row,
                name: String::new(),
                address: String::new(),
                action: ImportAction::Failed,
                message: Some(text),
                warnings: Vec::new(),
            }),
        }
    }
    report.rows.extend(failed);
    report.rows.sort_by_key(|row| row.row);
}

/// Puts each warning to its row, and those of no row to the file.
fn warn(report: &mut ImportReport, warnings: Vec<RowProblem>) {
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (index, row) in report.rows.iter().enumerate() {
        places.entry(row.row).or_insert(index);
    }
    for warning in warnings {
        let row = places.get(&warning.row).and_then(|index| report.rows.get_mut(*index));
        match row {
            Some(row) => row.warnings.push(match &warning.field {
                Some(field) => format!("{field}: {}", warning.problem),
                None => warning.problem,
            }),
            None => report.warnings.push(warning.to_string()),
        }
    }
}
