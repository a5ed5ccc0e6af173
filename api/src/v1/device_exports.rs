//! Exporting devices as files.

use poem_openapi::{OpenApi, param::Query, payload::Binary};
use service::devices::DeviceFilter;

use super::{Tag, device_imports::InventoryFormat};
use crate::{
    auth::Auth,
    parts,
    problem::{File, Result},
};

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Device", prefix_path = "/device-exports")]
impl Api {
    /// Export devices as a file
    ///
    /// The import reads it back. In CSV a cell that a spreadsheet would calculate begins with a `'`.
    #[oai(path = "/", method = "get", operation_id = "device_export_view")]
    async fn device_export_view(
        &self,
        auth: Auth,
        /// CSV unless given.
        format: Query<Option<InventoryFormat>>,
        /// Who made it.
        vendor: Query<Vec<String>>,
        /// Slug or alias of the platform.
        platform: Query<Vec<String>>,
        /// Where it stands.
        site: Query<Vec<String>>,
        /// What it is for.
        role: Query<Vec<String>>,
        /// A label.
        tag: Query<Vec<String>>,
        /// Its name.
        name: Query<Vec<String>>,
        /// Words that all stand somewhere in its texts.
        q: Query<Option<String>>,
        /// Whether it is collected.
        enabled: Query<Option<bool>>,
    ) -> Result<File> {
        let filter = DeviceFilter {
            vendor: vendor.0,
            platform: platform.0,
            site: site.0,
            role: role.0,
            tag: tag.0,
            name: name.0,
            q: q.0,
            enabled: enabled.0,
        };
        let format = format.0.unwrap_or(InventoryFormat::Csv);
        let file = match format {
            InventoryFormat::Csv => "devices.csv",
            InventoryFormat::List => "devices.txt",
            InventoryFormat::SessionsYaml => "sessions.yaml",
        };
        let service = auth.service();
        let parts = service.device_export(auth.actor(), format.into(), &filter).await?;
        Ok(File::Ok(
            Binary(parts::body(parts)),
            format!("attachment; filename=\"{file}\""),
        ))
    }
}
