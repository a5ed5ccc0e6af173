//! Importing devices from files.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::Query,
    payload::{Binary, Json},
    types::Example,
};
use service::{
    device_imports::{self, ImportOptions, ImportReport},
    inventory::Format,
};

use super::Tag;
use crate::{auth::Auth, problem::Result};

/// A format of files with devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum InventoryFormat {
    /// A table with a header: `name,host,port,platform,site,role,vendor,model,credential,tags,enabled`.
    Csv,
    /// Hosts, one in a line or separated by `,` or `;`.
    List,
    /// Folders with sessions.
    SessionsYaml,
}

impl From<InventoryFormat> for Format {
    fn from(format: InventoryFormat) -> Self {
        match format {
            InventoryFormat::Csv => Self::Csv,
            InventoryFormat::List => Self::PastedList,
            InventoryFormat::SessionsYaml => Self::SessionsYaml,
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum DeviceImportAction {
    /// It is a new device.
    Created,
    /// It changed a device.
    Updated,
    /// The device was there, just as the row says.
    Unchanged,
    /// It could not be stored.
    Failed,
}

/// The answer to one row.
#[derive(Object)]
struct DeviceImportRow {
    /// The line of the file from 1.
    row: u64,
    /// Name of the device; empty where the row has none that can be used.
    name: String,
    /// Its address.
    address: String,
    /// What became of it.
    action: DeviceImportAction,
    /// Why it failed.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// What a person should know though it was stored.
    warnings: Vec<String>,
}

impl From<device_imports::ImportRow> for DeviceImportRow {
    fn from(row: device_imports::ImportRow) -> Self {
        Self {
            row: u64::try_from(row.row).unwrap_or_default(),
            name: row.name,
            address: row.address,
            action: match row.action {
                device_imports::ImportAction::Created => DeviceImportAction::Created,
                device_imports::ImportAction::Updated => DeviceImportAction::Updated,
                device_imports::ImportAction::Unchanged => DeviceImportAction::Unchanged,
                device_imports::ImportAction::Failed => DeviceImportAction::Failed,
            },
            message: row.message,
            warnings: row.warnings,
        }
    }
}

/// The answer to a file.
#[derive(Object)]
#[oai(example)]
struct DeviceImport {
    /// Nothing was stored.
    dry_run: bool,
    /// New devices.
    created: u64,
    /// Changed devices.
    updated: u64,
    /// Devices that were there, just as the file says.
    unchanged: u64,
    /// Rows that could not be stored.
    failed: u64,
    /// Every row, in the order of the file.
    rows: Vec<DeviceImportRow>,
    /// What is to be known about the file as a whole.
    warnings: Vec<String>,
}

impl Example for DeviceImport {
    fn example() -> Self {
        let row = |row, name: &str, address: &str, action, message: Option<&str>| DeviceImportRow {
            row,
            name: name.to_owned(),
            address: address.to_owned(),
            action,
            message: message.map(str::to_owned),
            warnings: Vec::new(),
        };
        let wrong = "port: '99999' is not a port. Write a number from 1 to 65535, or leave it empty for 22.";
        Self {
            dry_run: false,
            created: 1,
            updated: 0,
            unchanged: 0,
            failed: 1,
            rows: vec![
                row(2, "ams-core-1", "192.0.2.10", DeviceImportAction::Created, None),
                row(3, "", "", DeviceImportAction::Failed, Some(wrong)),
            ],
            warnings: Vec::new(),
        }
    }
}

impl From<ImportReport> for DeviceImport {
    fn from(report: ImportReport) -> Self {
        use device_imports::ImportAction::{Created, Failed, Unchanged, Updated};
        Self {
            dry_run: report.dry_run,
            created: report.count(Created),
            updated: report.count(Updated),
            unchanged: report.count(Unchanged),
            failed: report.count(Failed),
            rows: report.rows.into_iter().map(DeviceImportRow::from).collect(),
            warnings: report.warnings,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Device", prefix_path = "/device-imports")]
impl Api {
    /// Import devices from a file
    ///
    /// The body is the file itself, whatever its `Content-Type`. A row that is wrong costs only itself. Devices are known
    /// again by their names, ignoring case.
    #[oai(path = "/", method = "post", operation_id = "device_import_create")]
    async fn device_import_create(
        &self,
        auth: Auth,
        /// Only say what would happen; this takes no more than the role viewer.
        dry_run: Query<Option<bool>>,
        /// Without one, as the file begins.
        format: Query<Option<InventoryFormat>>,
        /// Change devices that are there already; what the file does not say stays.
        update: Query<Option<bool>>,
        file: Binary<Vec<u8>>,
    ) -> Result<Json<DeviceImport>> {
        let options = ImportOptions {
            format: format.0.map(Format::from),
            dry_run: dry_run.0.unwrap_or_default(),
            update: update.0.unwrap_or_default(),
        };
        let report = auth.service().device_import(auth.actor(), file.0, options).await?;
        Ok(Json(report.into()))
    }
}
