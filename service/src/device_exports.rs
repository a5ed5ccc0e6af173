//! Exporting devices as files that the import reads back. However many there are, few are in memory at a time.

use std::collections::HashMap;

use entity::{device, user::Role};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    database::Database,
    devices::{DeviceFilter, Wanted, device_tags, fields::AUTO, store},
    error::Result,
    inventory::{Format, InventoryDevice, write_csv, write_pasted_list, write_sessions_yaml},
};

/// Devices that are read at once.
const CHUNK: u64 = 1_000;
/// Parts that wait for a slow reader.
const WAITING: usize = 2;

impl Service {
    /// The devices of a filter as a file, in parts, by site and name. An error in the middle is the last part.
    ///
    /// # Errors
    /// What is wrong with the filter.
    pub async fn device_export(
        &self,
        actor: &Actor,
        format: Format,
        filter: &DeviceFilter,
    ) -> Result<mpsc::Receiver<Result<String>>> {
        actor.needs(Role::Viewer)?;
        let wanted = filter.wanted(self, "")?;
        let credentials = store::credential_names(self.db().reader()).await?;
        let export = Export {
            db: self.db().clone(),
            wanted,
            format,
            credentials: credentials.into_iter().map(|(id, _, name)| (id, name)).collect(),
        };
        let (parts, read) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            if let Err(error) = export.write(&parts).await {
                let _ = parts.send(Err(error)).await;
            }
        });
        Ok(read)
    }
}

struct Export {
    db: Database,
    wanted: Wanted,
    format: Format,
    credentials: HashMap<Uuid, String>,
}

impl Export {
    async fn write(&self, parts: &mpsc::Sender<Result<String>>) -> Result<()> {
        let mut after = None;
        let mut first = true;
        let mut waiting: Vec<device::Model> = Vec::new();
        loop {
            let rows = store::next(self.db.reader(), &self.wanted, after.as_ref(), CHUNK).await?;
            let last = rows.last().map(|row| (row.site_key.clone(), row.name_key.clone()));
            let is_end = last.is_none();
            waiting.extend(rows);
            let ready = match (&last, self.format) {
                // A folder is a site, and must be whole.
                (Some((site, _)), Format::SessionsYaml) => {
                    let rest = waiting.partition_point(|device| device.site_key < *site);
                    let rest = waiting.split_off(rest);
                    std::mem::replace(&mut waiting, rest)
                }
                _ => std::mem::take(&mut waiting),
            };
            if (!ready.is_empty() || first && is_end) && parts.send(Ok(self.part(&ready, first))).await.is_err() {
                // Nobody reads any more.
                return Ok(());
            }
            first &= ready.is_empty();
            if is_end {
                return Ok(());
            }
            after = last;
        }
    }

    fn part(&self, devices: &[device::Model], is_first: bool) -> String {
        let devices: Vec<InventoryDevice> = devices.iter().map(|device| self.of(device)).collect();
        match self.format {
            Format::PastedList => write_pasted_list(&devices),
            Format::SessionsYaml => write_sessions_yaml(&devices),
            Format::Csv => {
                let csv = write_csv(&devices);
                match csv.split_once('\n') {
                    Some((_, rows)) if !is_first => rows.to_owned(),
                    _ => csv,
                }
            }
        }
    }

    fn of(&self, device: &device::Model) -> InventoryDevice {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        InventoryDevice {
            name: device.name.clone(),
            address: device.address.clone(),
            port: u16::try_from(device.port).unwrap_or_default(),
            platform: text(&device.platform).filter(|platform| platform != AUTO),
            platform_guessed: false,
            vendor: text(&device.vendor),
            site: text(&device.site),
            role: text(&device.role),
            model: text(&device.model),
            os_version: text(&device.os_version),
            serial: text(&device.serial),
            tags: device_tags(device),
            enabled: device.enabled,
            credential: device.credential_id.and_then(|id| self.credentials.get(&id).cloned()),
            legacy_algorithms: device.legacy_algorithms,
        }
    }
}
