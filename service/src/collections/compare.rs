//! Two collections beside each other, device by device: what fails now, what works again, whose texts are others.

use std::collections::{BTreeMap, HashMap};

use entity::{collection::CollectionKind, collection_device::DeviceStatus, user::Role};
use uuid::Uuid;

use self::store::{Ran, Stored};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    page::{Page, PageRequest},
};

mod store;

/// What is different about a device, in the order in which people want to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// It succeeded before and does not any more.
    FailedNow,
    /// It succeeded neither before nor now.
    StillFailing,
    /// It succeeds again.
    Recovered,
    /// It succeeded both times, and at least one text is another one.
    Changed,
    /// It was not in the other collection.
    Added,
    /// It was in the other collection alone.
    Missing,
    /// It succeeded both times with the same texts.
    Same,
}

/// What came of a device in one of the collections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedRun {
    /// How it ended.
    pub status: DeviceStatus,
    /// The first thing that went wrong.
    pub failure_kind: Option<String>,
    /// A sentence for people.
    pub message: String,
    /// Time it took.
    pub duration_ms: Option<i64>,
}

/// A device in both collections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedDevice {
    /// The device.
    pub device_id: Uuid,
    /// Its name: that of the later one, where it is in both.
    pub device_name: String,
    /// What is different.
    pub difference: Difference,
    /// In the collection that is compared with.
    pub before: Option<ComparedRun>,
    /// In the collection itself.
    pub now: Option<ComparedRun>,
    /// Capture types that both have complete with different texts.
    pub changed: Vec<String>,
}

/// A page of a comparison, and what all of it adds up to.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Devices by what is different; a difference that none has is missing.
    pub counts: BTreeMap<Difference, u64>,
    /// Texts that are others, over all devices.
    pub texts_changed: u64,
    /// The devices, those that fail now first.
    pub page: Page<ComparedDevice>,
}

impl Service {
    /// Compares a collection with another one. Devices come by what is different about them, those that fail now first; with
    /// `only`, those with one of these differences alone.
    ///
    /// # Errors
    /// `not_found`; `collection_running` while one of them has not ended; a page token of another comparison.
    pub async fn collection_compare(
        &self,
        actor: &Actor,
        id: Uuid,
        with: Uuid,
        only: &[Difference],
        page: &PageRequest,
    ) -> Result<Comparison> {
        actor.needs(Role::Viewer)?;
        for one in [id, with] {
            if self
                .collection_row(one, CollectionKind::Collection)
                .await?
                .finished_at
                .is_none()
            {
                return Err(Error::conflict(
                    "collection_running",
                    format!("Collection {one} has not ended: compare it when it has"),
                ));
            }
        }
        let key = format!("comparison {id} {with} {only:?}");
        let from = page.cursor::<usize>(&key)?.unwrap_or_default();
        let db = self.db().reader();
        let before = (store::ran(db, with).await?, store::stored(db, with).await?);
        let now = (store::ran(db, id).await?, store::stored(db, id).await?);
        let all = compare(before, now);
        let mut counts = BTreeMap::new();
        for device in &all {
            *counts.entry(device.difference).or_default() += 1;
        }
        let texts_changed = all.iter().map(|device| device.changed.len() as u64).sum();
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let wanted = all
            .into_iter()
            .filter(|device| only.is_empty() || only.contains(&device.difference));
        let mut rows: Vec<ComparedDevice> = wanted.skip(from).take(limit.saturating_add(1)).collect();
        let next = (rows.len() > limit).then_some(from + limit);
        rows.truncate(limit);
        Ok(Comparison {
            counts,
            texts_changed,
            page: page.with_next(&key, rows, next),
        })
    }
}

/// Capture types that both have with different texts, by device, in the order in which they were captured.
fn changes(before: Vec<Stored>, now: Vec<Stored>) -> HashMap<Uuid, Vec<String>> {
    let known: HashMap<(Uuid, String), i64> = before
        .into_iter()
        .map(|one| ((one.device_id, one.capture_type), one.text_id))
        .collect();
    let mut changed: HashMap<Uuid, Vec<String>> = HashMap::new();
    for one in now {
        let key = (one.device_id, one.capture_type);
        if known.get(&key).is_some_and(|text| *text != one.text_id) {
            changed.entry(key.0).or_default().push(key.1);
        }
    }
    changed
}

/// All devices of both, those that fail now first; of the same difference in the order of the collection.
fn compare(before: (Vec<Ran>, Vec<Stored>), now: (Vec<Ran>, Vec<Stored>)) -> Vec<ComparedDevice> {
    let mut changed = changes(before.1, now.1);
    let place: HashMap<Uuid, usize> = before
        .0
        .iter()
        .enumerate()
        .map(|(place, row)| (row.device_id, place))
        .collect();
    let mut was: Vec<Option<Ran>> = before.0.into_iter().map(Some).collect();
    let mut all = Vec::with_capacity(now.0.len());
    for row in now.0 {
        let place = place.get(&row.device_id).copied();
        let before = place.and_then(|place| was.get_mut(place)?.take());
        let changed = changed.remove(&row.device_id).unwrap_or_default();
        all.push(compared(before, Some(row), changed));
    }
    all.extend(
        was.into_iter()
            .flatten()
            .map(|row| compared(Some(row), None, Vec::new())),
    );
    all.sort_by_key(|device| device.difference);
    all
}

fn compared(before: Option<Ran>, now: Option<Ran>, changed: Vec<String>) -> ComparedDevice {
    let good = |row: &Option<Ran>| row.as_ref().map(|row| row.status == DeviceStatus::Succeeded);
    let difference = match (good(&before), good(&now)) {
        (_, None) => Difference::Missing,
        (None, _) => Difference::Added,
        (Some(true), Some(false)) => Difference::FailedNow,
        (Some(false), Some(true)) => Difference::Recovered,
        (Some(false), Some(false)) => Difference::StillFailing,
        (Some(true), Some(true)) if changed.is_empty() => Difference::Same,
        (Some(true), Some(true)) => Difference::Changed,
    };
    let (device_id, device_name) = now
        .as_ref()
        .or(before.as_ref())
        .map(|row| (row.device_id, row.device_name.clone()))
        .unwrap_or_default();
    let run = |row: Ran| ComparedRun {
        status: row.status,
        failure_kind: row.failure_kind,
        message: row.message,
        duration_ms: row.duration_ms,
    };
    ComparedDevice {
        device_id,
        device_name,
        difference,
        before: before.map(run),
        now: now.map(run),
        changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(name: &str, status: DeviceStatus) -> Ran {
        Ran {
            device_id: id(name),
            device_name: name.to_owned(),
            status,
            failure_kind: None,
            message: String::new(),
            duration_ms: Some(10),
        }
    }

    fn id(name: &str) -> Uuid {
        Uuid::from_u128(name.bytes().fold(0, |all, byte| all << 8 | u128::from(byte)))
    }

    fn stored(name: &str, capture_type: &str, text_id: i64) -> Stored {
        Stored {
            device_id: id(name),
            capture_type: capture_type.to_owned(),
            text_id,
        }
    }

    #[test]
    fn what_fails_now_comes_first_and_what_is_the_same_last() {
        use DeviceStatus::{Failed, PartiallySucceeded, Succeeded};
        let before = vec![
            ran("same", Succeeded),
            ran("changed", Succeeded),
            ran("gone", Succeeded),
            ran("back", PartiallySucceeded),
            ran("bad", Failed),
            ran("down", Succeeded),
        ];
        let now = vec![
            ran("same", Succeeded),
            ran("new", Succeeded),
            ran("changed", Succeeded),
            ran("down", PartiallySucceeded),
            ran("bad", PartiallySucceeded),
            ran("back", Succeeded),
        ];
        let before_texts = vec![
            stored("same", "configs", 1),
            stored("same", "arp", 2),
            stored("changed", "configs", 3),
            stored("changed", "arp", 4),
        ];
        let now_texts = vec![
            stored("same", "configs", 1),
            stored("same", "version", 9),
            stored("changed", "configs", 5),
            stored("changed", "arp", 4),
            stored("new", "configs", 6),
        ];
        let all = compare((before, before_texts), (now, now_texts));
        let seen: Vec<(&str, Difference)> = all
            .iter()
            .map(|device| (device.device_name.as_str(), device.difference))
            .collect();
        assert_eq!(
            seen,
            [
                ("down", Difference::FailedNow),
                ("bad", Difference::StillFailing),
                ("back", Difference::Recovered),
                ("changed", Difference::Changed),
                ("new", Difference::Added),
                ("gone", Difference::Missing),
                ("same", Difference::Same),
            ]
        );
        assert_eq!(all[3].changed, ["configs"]);
        assert!(
            all.iter()
                .filter(|device| device.difference != Difference::Changed)
                .all(|device| device.changed.is_empty())
        );
    }

    #[test]
    fn what_fails_may_have_other_texts_too() {
        let before = (vec![ran("a", DeviceStatus::Succeeded)], vec![stored("a", "configs", 1)]);
        let now = (
            vec![ran("a", DeviceStatus::PartiallySucceeded)],
            vec![stored("a", "configs", 2)],
        );
        let all = compare(before, now);
        assert_eq!(all[0].difference, Difference::FailedNow);
        assert_eq!(all[0].changed, ["configs"]);
    }
}
