//! What failed lately, over all collections: by the cause, by the device, by the site.

use std::collections::BTreeMap;

use entity::user::Role;
use uuid::Uuid;

use crate::{Service, actor::Actor, error::Result, time::now_ms};

mod store;

/// Groups when nobody says how many, and the most of them.
const GROUPS: (u64, u64) = (100, 1_000);
/// Devices that a group names.
const DEVICES: usize = 100;
/// How far back is looked unless somebody says it.
const LATELY_MS: i64 = 24 * 3_600_000;

/// By what failures are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FailureBy {
    /// The first thing that went wrong.
    #[default]
    Kind,
    /// The device.
    Device,
    /// The site that the device stood at.
    Site,
}

/// Which failures are asked for; several values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct FailureFilter {
    /// Of collections that were started at this time or later; in the last 24 hours unless given.
    pub since: Option<i64>,
    /// By what they are grouped.
    pub by: FailureBy,
    /// Causes.
    pub failure_kind: Vec<String>,
    /// Ids of devices.
    pub device_id: Vec<Uuid>,
    /// Sites, ignoring case.
    pub site: Vec<String>,
    /// The most groups.
    pub limit: Option<u64>,
}

/// A device of a group of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDevice {
    /// The device.
    pub device_id: Uuid,
    /// Its name then.
    pub device_name: String,
    /// The site that it stood at.
    pub site: String,
    /// The last collection in which it failed like this.
    pub collection_id: Uuid,
    /// What was said then.
    pub message: String,
}

/// Failures that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// How many: each device of each collection counts.
    pub failures: u64,
    /// How many devices.
    pub devices: u64,
    /// When the first one happened.
    pub first_at: i64,
    /// When the last one happened.
    pub last_at: i64,
    /// How many for which cause, the most frequent first.
    pub kinds: Vec<(String, u64)>,
    /// The devices, the one that failed last first; a hundred of them, and one where the group is a device.
    pub sample: Vec<FailedDevice>,
}

/// What came of the devices of several collections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Collections.
    pub collections: u64,
    /// Devices that succeeded; each collection that has a device counts it.
    pub succeeded: u64,
    /// Devices that ended otherwise.
    pub failed: u64,
}

/// What failed lately.
#[derive(Debug, Clone)]
pub struct FailureSummary {
    /// From here on collections were looked at.
    pub since: i64,
    /// What came of all of their devices, whatever is filtered.
    pub outcomes: Outcomes,
    /// The groups, those with the most failures first.
    pub groups: Vec<Failures>,
    /// Groups in all.
    pub total: u64,
}

impl Service {
    /// What failed in the collections that were started lately, in groups.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn failures(&self, actor: &Actor, filter: &FailureFilter) -> Result<FailureSummary> {
        actor.needs(Role::Viewer)?;
        let since = filter.since.unwrap_or_else(|| now_ms() - LATELY_MS);
        let db = self.db().reader();
        let outcomes = store::outcomes(db, since).await?;
        let sites: Vec<String> = filter.site.iter().map(|site| site.to_lowercase()).collect();
        let mut rows = store::failed(db, since, &filter.failure_kind, &filter.device_id).await?;
        rows.retain(|row| sites.is_empty() || sites.contains(&row.site.to_lowercase()));
        let mut groups = grouped(rows, filter.by);
        let total = groups.len() as u64;
        let (usual, most) = GROUPS;
        let limit = filter.limit.unwrap_or(usual).clamp(1, most);
        groups.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let named: Vec<(Uuid, Uuid)> = groups
            .iter()
            .flat_map(|group| &group.sample)
            .map(|device| (device.collection_id, device.device_id))
            .collect();
        let said = store::messages(db, &named).await?;
        for device in groups.iter_mut().flat_map(|group| &mut group.sample) {
            if let Some(message) = said.get(&(device.collection_id, device.device_id)) {
                device.message.clone_from(message);
            }
        }
        Ok(FailureSummary {
            since,
            outcomes,
            groups,
            total,
        })
    }
}

/// Groups, those with the most failures first, of as many the one that failed last.
fn grouped(mut rows: Vec<store::Failed>, by: FailureBy) -> Vec<Failures> {
    rows.sort_by_key(|row| std::cmp::Reverse(row.last_at));
    let mut groups: BTreeMap<String, Vec<store::Failed>> = BTreeMap::new();
    for row in rows {
        let key = match by {
            FailureBy::Kind => row.failure_kind.clone(),
            FailureBy::Device => row.device_id.to_string(),
            FailureBy::Site => row.site.clone(),
        };
        groups.entry(key).or_default().push(row);
    }
    let mut groups: Vec<Failures> = groups.into_values().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.failures, group.last_at)));
    groups
}

/// One group of rows, of which the latest comes first.
fn group(rows: Vec<store::Failed>) -> Failures {
    let count = |row: &store::Failed| u64::try_from(row.failures).unwrap_or_default();
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *kinds.entry(row.failure_kind.as_str()).or_default() += count(row);
    }
    let mut kinds: Vec<(String, u64)> = kinds
        .into_iter()
        .map(|(kind, count)| (kind.to_owned(), count))
        .collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let (failures, first_at, last_at) = (
        rows.iter().map(count).sum(),
        rows.iter().map(|row| row.first_at).min().unwrap_or_default(),
        rows.iter().map(|row| row.last_at).max().unwrap_or_default(),
    );
    let mut devices = std::collections::HashSet::new();
    let mut sample = Vec::new();
    for row in rows {
        if devices.insert(row.device_id) && sample.len() < DEVICES {
            sample.push(FailedDevice {
                device_id: row.device_id,
                device_name: row.device_name,
                site: row.site,
                collection_id: row.collection_id,
                message: String::new(),
            });
        }
    }
    Failures {
        failures,
        devices: devices.len() as u64,
        first_at,
        last_at,
        kinds,
        sample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(device: u128, site: &str, kind: &str, failures: i64, last_at: i64) -> store::Failed {
        store::Failed {
            device_id: Uuid::from_u128(device),
            device_name: format!("device-{device}"),
            site: site.to_owned(),
            failure_kind: kind.to_owned(),
            failures,
            first_at: last_at - 5,
            last_at,
            collection_id: Uuid::from_u128(1_000 + u128::from(last_at.unsigned_abs())),
        }
    }

    fn rows() -> Vec<store::Failed> {
        vec![
            failed(1, "ams", "connect_timeout", 2, 100),
            failed(2, "ams", "connect_timeout", 1, 300),
            failed(1, "ams", "authentication_failed", 5, 200),
            failed(3, "", "connect_timeout", 1, 50),
        ]
    }

    #[test]
    fn by_cause_the_most_frequent_comes_first() {
        let groups = grouped(rows(), FailureBy::Kind);
        let seen: Vec<(&str, u64, u64)> = groups
            .iter()
            .map(|group| (group.kinds[0].0.as_str(), group.failures, group.devices))
            .collect();
        assert_eq!(seen, [("authentication_failed", 5, 1), ("connect_timeout", 4, 3)]);
        let names: Vec<&str> = groups[1]
            .sample
            .iter()
            .map(|device| device.device_name.as_str())
            .collect();
        assert_eq!(names, ["device-2", "device-1", "device-3"]);
        assert_eq!((groups[1].first_at, groups[1].last_at), (45, 300));
    }

    #[test]
    fn a_device_has_all_its_causes_and_its_last_collection() {
        let groups = grouped(rows(), FailureBy::Device);
        assert_eq!(groups.len(), 3);
        assert_eq!(groups[0].failures, 7);
        assert_eq!(groups[0].devices, 1);
        assert_eq!(
            groups[0].kinds,
            [
                ("authentication_failed".to_owned(), 5),
                ("connect_timeout".to_owned(), 2)
            ]
        );
        assert_eq!(groups[0].sample.len(), 1);
        assert_eq!(groups[0].sample[0].collection_id, Uuid::from_u128(1_200));
        // As many failures: the later one comes first.
        assert_eq!(groups[1].last_at, 300);
    }

    #[test]
    fn devices_of_no_site_are_a_group_of_their_own() {
        let groups = grouped(rows(), FailureBy::Site);
        let seen: Vec<(&str, u64, u64)> = groups
            .iter()
            .map(|group| (group.sample[0].site.as_str(), group.failures, group.devices))
            .collect();
        assert_eq!(seen, [("ams", 8, 2), ("", 1, 1)]);
    }
}
