//! A device as texts, before the checks.

use super::checks;
use super::collector::Collector;
use super::{DEFAULT_PORT, InventoryDevice, InventoryRow};

/// The texts of one row; empty where the row has none.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    pub(super) address: &'a str,
    pub(super) port: &'a str,
    pub(super) platform: &'a str,
    pub(super) vendor: &'a str,
    pub(super) site: &'a str,
    pub(super) role: &'a str,
    pub(super) model: &'a str,
    pub(super) os_version: &'a str,
    pub(super) serial: &'a str,
    pub(super) tags: &'a str,
    pub(super) enabled: &'a str,
    pub(super) credential: &'a str,
    pub(super) legacy_algorithms: &'a str,
}

impl Draft<'_> {
    /// Where the device of this row stands, and what is written there.
    pub(super) fn place(&self, line: usize, device: &InventoryDevice) -> InventoryRow {
        let is_written = |text: &str| !text.trim().is_empty();
        InventoryRow {
            line,
            port: is_written(self.port) || device.port != DEFAULT_PORT,
            enabled: is_written(self.enabled),
            legacy_algorithms: is_written(self.legacy_algorithms),
        }
    }

    /// The device, or `None` when a value is wrong; every wrong value is noted.
    pub(super) fn check(&self, row: usize, into: &mut Collector) -> Option<InventoryDevice> {
        let mut all = true;
        macro_rules! checked {
            ($field:ident, $check:expr) => {
                match $check(self.$field) {
                    Ok(value) => value,
                    Err(problem) => {
                        all = false;
                        into.problem(row, Some(stringify!($field)), problem);
                        Default::default()
                    }
                }
            };
        }
        let host: Option<checks::Host> = checked!(address, |address| checks::host(address).map(Some));
        let mut port = checked!(port, checks::port);
        let name: Option<String> = checked!(name, checks::text);
        let device = InventoryDevice {
            platform: checked!(platform, checks::platform),
            vendor: checked!(vendor, checks::text),
            site: checked!(site, checks::text),
            role: checked!(role, checks::text),
            model: checked!(model, checks::text),
            os_version: checked!(os_version, checks::text),
            serial: checked!(serial, checks::text),
            tags: checked!(tags, checks::tags),
            enabled: checked!(enabled, checks::flag).unwrap_or(true),
            credential: checked!(credential, checks::text),
            legacy_algorithms: checked!(legacy_algorithms, checks::flag).unwrap_or(false),
            ..InventoryDevice::new("", "")
        };
        let host = host?;
        if let (Some(own), Some(behind)) = (port, host.port)
            && own != behind
        {
            all = false;
            into.problem(
                row,
                Some("port"),
                format!("The port is {own}, and {behind} behind the address. Remove one."),
            );
        }
        port = port.or(host.port);
        if host.user {
            into.warn(
                row,
                Some("address"),
                "What stands before the @ is not used: logins come from the credentials.",
            );
        }
        if host.prefix {
            let warning = format!("Of the address with its length only {} is used.", host.address);
            into.warn(row, Some("address"), warning);
        }
        let name = name.unwrap_or_else(|| host.address.clone());
        all.then(|| InventoryDevice {
            name,
            address: host.address,
            port: port.unwrap_or(DEFAULT_PORT),
            ..device
        })
    }
}
