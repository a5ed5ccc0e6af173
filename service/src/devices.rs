//! Devices: what is collected from.

use std::{collections::HashSet, net::IpAddr};

use entity::{device, user::Role};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit::{self, Entry},
    coverage, database,
    error::{Error, FieldProblem, Result},
    inventory,
    page::{Page, PageRequest},
    records, search,
    time::now_ms,
    version::Expected,
};

mod address;
pub(crate) mod fields;
mod filter;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use address::AddressPolicy;
pub use fields::{DeviceFields, device_tags};
pub use filter::DeviceFilter;
pub(crate) use filter::Wanted;

/// The most problems of one kind that an answer lists.
const MAX_PROBLEMS: usize = 100;
/// The most ids that may be given at once.
pub(crate) const MAX_IDS: usize = 100_000;

/// A value of a field and how many devices have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// Devices.
    pub count: u64,
}

/// The values that devices can be filtered by.
#[derive(Debug, Clone, Default)]
pub struct Facets {
    /// Who made them.
    pub vendors: Vec<Facet>,
    /// What they speak.
    pub platforms: Vec<Facet>,
    /// Where they stand.
    pub sites: Vec<Facet>,
    /// What they are for.
    pub roles: Vec<Facet>,
    /// Their labels.
    pub tags: Vec<Facet>,
    /// All devices.
    pub total: u64,
}

/// A field whose values are counted.
#[derive(Debug, Clone, Copy)]
enum Field {
    Vendor,
    Platform,
    Site,
    Role,
    Tag,
}

impl Service {
    /// Devices by name. `sort` is `name` or `-name`.
    ///
    /// # Errors
    /// What is wrong with a filter, the order or the page.
    pub async fn device_list(
        &self,
        actor: &Actor,
        filter: &DeviceFilter,
        sort: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<device::Model>> {
        actor.needs(Role::Viewer)?;
        let descending = match sort.map(str::trim) {
            None | Some("" | "name") => false,
            Some("-name") => true,
            Some(_) => return Err(Error::parameter("sort", "Devices are sorted by name or -name")),
        };
        let listing = store::Listing {
            wanted: &filter.wanted(self, "")?,
            page,
            descending,
        };
        store::list(self.db().reader(), &listing).await
    }

    /// One device.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn device_view(&self, actor: &Actor, id: Uuid) -> Result<device::Model> {
        actor.needs(Role::Viewer)?;
        let found = store::find(self.db().reader(), id).await?;
        found.ok_or_else(|| Error::not_found("device", id))
    }

    /// Makes a device.
    ///
    /// # Errors
    /// What is wrong with which field; `device_exists`.
    pub async fn device_create(&self, actor: &Actor, fields: DeviceFields) -> Result<device::Model> {
        actor.needs(Role::Operator)?;
        let mut problems = Vec::new();
        for (pointer, given) in [("/name", fields.name.is_some()), ("/address", fields.address.is_some())] {
            if !given {
                problems.push(FieldProblem {
                    pointer: pointer.to_owned(),
                    detail: "Is missing".to_owned(),
                });
            }
        }
        if !problems.is_empty() {
            return Err(Error::fields(problems));
        }
        let mut device = fields::blank();
        fields.apply(&self.device_rules(), &mut device)?;
        let txn = self.db().begin().await?;
        credential_exists(&txn, &device).await?;
        match store::insert(&txn, std::slice::from_ref(&device)).await {
            Err(error) if database::is_taken(&error) => return Err(taken(&device)),
            done => done?,
        }
        let summary = format!(
            "Added the device {} at {} port {}",
            device.name, device.address, device.port
        );
        audit::record(&txn, actor, entry("device.create", &device, summary)).await?;
        txn.commit().await?;
        Ok(device)
    }

    /// Changes the fields of a device that are given. `expected` is the version that was read, for who must not
    /// overwrite what somebody else wrote since.
    ///
    /// # Errors
    /// `not_found`, `changed_meanwhile`, `device_exists`, or what is wrong with which field.
    pub async fn device_update(
        &self,
        actor: &Actor,
        id: Uuid,
        fields: DeviceFields,
        expected: &Expected,
    ) -> Result<device::Model> {
        actor.needs(Role::Operator)?;
        let txn = self.db().begin().await?;
        let mut device = current(&txn, id, expected).await?;
        let before = device.clone();
        fields.apply(&self.device_rules(), &mut device)?;
        if device == before {
            return Ok(device);
        }
        device.updated_at = now_ms().max(before.updated_at + 1);
        if device.credential_id != before.credential_id {
            credential_exists(&txn, &device).await?;
        }
        match store::update(&txn, &device).await {
            Err(error) if database::is_taken(&error) => return Err(taken(&device)),
            done => done?,
        }
        let summary = format!(
            "Changed the device {}: {}",
            before.name,
            changes(&before, &device).join(", ")
        );
        audit::record(&txn, actor, entry("device.update", &device, summary)).await?;
        txn.commit().await?;
        if device.name != before.name {
            self.tree_renamed(id, &before.name, Some(&device.name)).await;
        }
        Ok(device)
    }

    /// Removes a device. Its captures and what collections say of it stay.
    ///
    /// # Errors
    /// `not_found`, `changed_meanwhile`.
    pub async fn device_delete(&self, actor: &Actor, id: Uuid, expected: &Expected) -> Result<()> {
        actor.needs(Role::Operator)?;
        let txn = self.db().begin().await?;
        let device = current(&txn, id, expected).await?;
        store::delete(&txn, id).await?;
        records::forget_device(&txn, id, now_ms()).await?;
        coverage::store::forget_device(&txn, id).await?;
        search::store::forget_device(&txn, id).await?;
        let summary = format!(
            "Removed the device {} at {} port {}",
            device.name, device.address, device.port
        );
        audit::record(&txn, actor, entry("device.delete", &device, summary)).await?;
        txn.commit().await?;
        self.tree_renamed(id, &device.name, None).await;
        Ok(())
    }

    /// The values that devices can be filtered by.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn device_facets(&self, actor: &Actor) -> Result<Facets> {
        actor.needs(Role::Viewer)?;
        let db = self.db().reader();
        Ok(Facets {
            vendors: store::facets(db, Field::Vendor).await?,
            platforms: store::facets(db, Field::Platform).await?,
            sites: store::facets(db, Field::Site).await?,
            roles: store::facets(db, Field::Role).await?,
            tags: store::facets(db, Field::Tag).await?,
            total: store::count(db).await?,
        })
    }

    /// The devices of a collection, by name. `ids` and `filter` narrow each other, `exclude` takes away from both. One
    /// that is not enabled is left out, unless the filter asks for such devices. Problems point into a body with the
    /// members `devices`, `filters` and `exclude_devices`.
    ///
    /// # Errors
    /// Neither ids nor a filter, ids of no devices, or no device left (`no_devices`).
    pub(crate) async fn device_select(
        &self,
        filter: Option<&DeviceFilter>,
        ids: Option<&[Uuid]>,
        exclude: &[Uuid],
    ) -> Result<Vec<device::Model>> {
        if filter.is_none() && ids.is_none() {
            return Err(Error::field(
                "/filters",
                "Say which devices: `devices` with their ids, `filters`, or both; an empty `filters` means all devices",
            ));
        }
        if ids.is_some_and(|ids| ids.len() > MAX_IDS) {
            return Err(Error::field("/devices", format!("Has more than {MAX_IDS} ids")));
        }
        let none = DeviceFilter::default();
        let wanted = filter.unwrap_or(&none).wanted(self, "/filters/")?;
        let db = self.db().reader();
        let mut devices = match ids {
            None => store::all(db, &wanted).await?,
            Some(ids) => {
                let mut seen = HashSet::with_capacity(ids.len());
                let unique: Vec<Uuid> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
                let (known, mut devices) = store::of_ids(db, &unique, &wanted).await?;
                if known.len() < unique.len() {
                    return Err(unknown(ids, &known.into_iter().collect()));
                }
                devices.sort_by(|a, b| a.name_key.cmp(&b.name_key));
                devices
            }
        };
        let exclude: HashSet<Uuid> = exclude.iter().copied().collect();
        devices.retain(|device| !exclude.contains(&device.id));
        let found = devices.len();
        if wanted.enabled != Some(false) {
            devices.retain(|device| device.enabled);
        }
        if !devices.is_empty() {
            return Ok(devices);
        }
        let mut error = match found {
            0 => Error::field("/filters", "No device matches"),
            found => Error::field(
                "/filters",
                format!("{found} devices match, and none of them is enabled"),
            ),
        };
        error.code = "no_devices";
        Err(error)
    }

    /// Whether this server may connect to an address.
    #[must_use]
    pub fn address_allowed(&self, ip: IpAddr) -> bool {
        self.addresses().allows(ip)
    }

    pub(crate) fn device_rules(&self) -> fields::Rules<'_> {
        fields::Rules {
            catalogue: self.catalogue(),
            addresses: self.addresses(),
        }
    }
}

fn entry<'a>(action: &'a str, device: &device::Model, summary: String) -> Entry<'a> {
    Entry {
        action,
        target_type: "device",
        target_id: Some(device.id.to_string()),
        summary,
    }
}

fn taken(device: &device::Model) -> Error {
    let mut error = Error::conflict(
        "device_exists",
        format!(
            "There is a device named {} already; names are unique ignoring case",
            device.name
        ),
    );
    error.fields.push(FieldProblem {
        pointer: "/name".to_owned(),
        detail: "Is taken".to_owned(),
    });
    error
}

fn unknown(ids: &[Uuid], known: &HashSet<Uuid>) -> Error {
    let unknown = ids.iter().enumerate().filter(|(_, id)| !known.contains(id));
    let problem = |(index, id): (usize, &Uuid)| FieldProblem {
        pointer: format!("/devices/{index}"),
        detail: format!("There is no device {id}"),
    };
    Error::fields(unknown.take(MAX_PROBLEMS).map(problem).collect())
}

async fn current(db: &impl store::Connection, id: Uuid, expected: &Expected) -> Result<device::Model> {
    let device = store::find_to_change(db, id).await?;
    let device = device.ok_or_else(|| Error::not_found("device", id))?;
    expected.check(device.updated_at)?;
    Ok(device)
}

async fn credential_exists(db: &impl store::Connection, device: &device::Model) -> Result<()> {
    let Some(id) = device.credential_id else { return Ok(()) };
    match store::has_credential(db, id).await? {
        true => Ok(()),
        false => Err(Error::field("/credential_id", format!("There is no credential {id}"))),
    }
}

/// What is different, in words for the audit log.
pub(crate) fn changes(before: &device::Model, after: &device::Model) -> Vec<String> {
    let texts = [
        ("name", &before.name, &after.name),
        ("address", &before.address, &after.address),
        ("platform", &before.platform, &after.platform),
        ("vendor", &before.vendor, &after.vendor),
        ("site", &before.site, &after.site),
        ("role", &before.role, &after.role),
        ("model", &before.model, &after.model),
        ("os_version", &before.os_version, &after.os_version),
        ("serial", &before.serial, &after.serial),
    ];
    let texts = texts.iter().filter(|(_, before, after)| before != after);
    let mut changes: Vec<String> = texts
        .map(|(name, before, after)| format!("{name} from '{before}' to '{after}'"))
        .collect();
    let others = [
        ("port", before.port != after.port),
        ("tags", before.tags != after.tags),
        ("enabled", before.enabled != after.enabled),
        ("credential", before.credential_id != after.credential_id),
        ("legacy_algorithms", before.legacy_algorithms != after.legacy_algorithms),
    ];
    changes.extend(
        others
            .iter()
            .filter(|(_, changed)| *changed)
            .map(|(name, _)| (*name).to_owned()),
    );
    changes
}

/// What a device said about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) vendor: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) os_version: Option<String>,
    pub(crate) serial: Option<String>,
}

/// Takes in what a device said about itself: its own word counts more than what a person wrote, but for the vendor, by
/// which people sort their devices. Says whether the device is there.
///
/// # Errors
/// When the database cannot be written.
pub(crate) async fn learn(db: &impl store::Connection, id: Uuid, learned: Learned) -> Result<bool> {
    let Some(before) = store::find_to_change(db, id).await? else {
        return Ok(false);
    };
    let mut device = before.clone();
    let word = |text: Option<String>| text.and_then(|text| inventory::checks::text(&text).ok()?);
    let vendor = word(learned.vendor).filter(|_| device.vendor.is_empty());
    let said = [
        (vendor, &mut device.vendor),
        (word(learned.model), &mut device.model),
        (word(learned.os_version), &mut device.os_version),
        (word(learned.serial), &mut device.serial),
    ];
    for (said, field) in said {
        if let Some(said) = said {
            *field = said;
        }
    }
    if device != before {
        fields::index(&mut device);
        device.updated_at = now_ms().max(before.updated_at + 1);
        store::update(db, &device).await?;
    }
    Ok(true)
}
