//! Collections: one run over many devices, from the request to its last event, whatever happens to the server meanwhile.

use std::{collections::HashMap, time::Duration};

use entity::{
    collection::{self, CollectionKind, CollectionStatus},
    collection_device::{self, DeviceStatus},
    user::Role,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit,
    captures::store as texts,
    error::{Error, ErrorKind, Result},
    page::{Page, PageRequest},
};

mod compare;
mod create;
mod engine;
mod event;
mod hub;
mod launch;
mod ledger;
mod plan;
mod recorder;
mod request;
pub(crate) mod run;
mod store;
#[cfg(test)]
mod tests;

pub use compare::{ComparedDevice, ComparedRun, Comparison, Difference};
pub use create::{Retry, RetryOnly};
pub(crate) use engine::{Engine, HoldSource, Parts};
pub use event::StoredEvent;
pub use hub::Head;
pub use ledger::{CaptureEntry, seconds};
pub(crate) use ledger::{DeviceLine, Ledger};
pub use plan::{CollectionPlan, PlannedDevice, PlannedPlatform, PlannedType, SkippedType, TypeCount};
pub use request::{CollectionOptions, CollectionRequest, CredentialChoice, InlineCredentials, MAX_WORKERS};

/// Devices that one group of failures names by their ids.
const FAILURE_IDS: usize = 1000;
/// Pause before a collection that nobody works on yet is looked at again.
const NOT_YET: Duration = Duration::from_millis(250);
/// Names that are asked for at once.
const NAMES: usize = 1000;
/// Devices that one group of failures names by their names.
const FAILURE_NAMES: usize = 20;

/// How many devices of a collection stand where. They always add up to `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the words of the public API")]
pub struct Counts {
    pub total: u32,
    pub queued: u32,
    pub running: u32,
    pub succeeded: u32,
    pub partially_succeeded: u32,
    pub failed: u32,
    pub cancelled: u32,
}

impl Counts {
    fn of(&mut self, status: DeviceStatus) -> &mut u32 {
        match status {
            DeviceStatus::Queued => &mut self.queued,
            DeviceStatus::Running => &mut self.running,
            DeviceStatus::Succeeded => &mut self.succeeded,
            DeviceStatus::PartiallySucceeded => &mut self.partially_succeeded,
            DeviceStatus::Failed => &mut self.failed,
            DeviceStatus::Cancelled => &mut self.cancelled,
        }
    }

    /// The counts of a stored collection.
    #[must_use]
    pub fn stored(row: &collection::Model) -> Self {
        let number = |count: i32| u32::try_from(count).unwrap_or_default();
        let mut counts = Self {
            total: number(row.total),
            queued: 0,
            running: number(row.running),
            succeeded: number(row.succeeded),
            partially_succeeded: number(row.partially_succeeded),
            failed: number(row.failed),
            cancelled: number(row.cancelled),
        };
        let known = counts.running + counts.succeeded + counts.partially_succeeded + counts.failed + counts.cancelled;
        counts.queued = counts.total.saturating_sub(known);
        counts
    }

    /// Devices that have ended.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.total.saturating_sub(self.queued).saturating_sub(self.running)
    }

    /// Devices that have ended, in percent, rounded down.
    #[must_use]
    pub fn progress(&self) -> u32 {
        match self.total {
            0 => 100,
            total => u32::try_from(u64::from(self.done()) * 100 / u64::from(total)).unwrap_or(100),
        }
    }
}

/// Which collections are asked for; several values of one filter are alternatives.
#[derive(Debug, Clone)]
pub struct CollectionFilter {
    /// Collections or preflights.
    pub kind: CollectionKind,
    /// Where they stand.
    pub status: Vec<CollectionStatus>,
    /// Names of persons.
    pub created_by: Vec<String>,
    /// Ids of the collections they retry.
    pub retry_of: Vec<Uuid>,
    /// A part of the name.
    pub q: Option<String>,
}

impl Default for CollectionFilter {
    fn default() -> Self {
        Self {
            kind: CollectionKind::Collection,
            status: Vec::new(),
            created_by: Vec::new(),
            retry_of: Vec::new(),
            q: None,
        }
    }
}

/// Which devices of a collection are asked for; several values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct CollectionDeviceFilter {
    /// Ids of devices.
    pub device_id: Vec<Uuid>,
    /// Where they stand.
    pub status: Vec<DeviceStatus>,
    /// Why they failed.
    pub failure_kind: Vec<String>,
    /// A part of the name.
    pub q: Option<String>,
}

/// Devices that failed for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// The reason.
    pub failure_kind: String,
    /// What a person can do about it.
    pub hint: &'static str,
    /// How many.
    pub count: u64,
    /// Their ids, the first thousand.
    pub device_ids: Vec<Uuid>,
    /// Their names, the first twenty.
    pub device_names: Vec<String>,
}

/// What a person can do about a cause.
#[must_use]
pub fn failure_hint(failure_kind: &str) -> &'static str {
    jobs::FailureKind::named(failure_kind)
        .unwrap_or(jobs::FailureKind::Internal)
        .hint()
}

/// The steps of a device of a preflight, in order, each `ok`, `failed` or `skipped`, from what went wrong first.
#[must_use]
pub fn preflight_steps(failure_kind: Option<&str>) -> Vec<(&'static str, &'static str)> {
    const STEPS: [&str; 6] = ["dns", "tcp", "host_key", "login", "platform", "privilege"];
    let failed = failure_kind.map(|kind| match kind {
        "dns_failed" | "address_forbidden" => 0,
        "connection_refused" | "connect_timeout" | "no_route" => 1,
        "ssh_negotiation_failed" | "host_key_unknown" | "host_key_changed" => 2,
        "authentication_failed" | "interaction_required" | "credential_paused" => 3,
        "privilege_failed" => 5,
        _ => 4,
    });
    // Nothing was tried for these: neither what comes before is known to be right, nor what comes after to be wrong.
    let untried = matches!(failure_kind, Some("credential_paused" | "cancelled"));
    let status = |index: usize| match failed {
        Some(failed) if untried && (index != failed || failure_kind == Some("cancelled")) => "skipped",
        None => "ok",
        Some(failed) if index < failed => "ok",
        Some(failed) if index == failed => "failed",
        Some(_) => "skipped",
    };
    STEPS
        .iter()
        .enumerate()
        .map(|(index, step)| (*step, status(index)))
        .collect()
}

impl Service {
    /// The names of devices today; those that are gone are missing.
    pub(crate) async fn device_names(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        let mut names = HashMap::with_capacity(ids.len());
        for some in ids.chunks(NAMES) {
            names.extend(store::device_names(self.db().reader(), some).await?);
        }
        Ok(names)
    }

    /// The platform of a device today.
    pub(crate) async fn device_platform(&self, id: Uuid) -> Result<Option<String>> {
        let row = store::device_row(self.db().reader(), id).await?;
        Ok(row.map(|device| device.platform))
    }

    pub(crate) async fn texts_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.engine().turn.lock().await
    }

    pub(crate) async fn collection_row(&self, id: Uuid, kind: CollectionKind) -> Result<collection::Model> {
        let row = store::one(self.db().reader(), id).await?;
        let what = match kind {
            CollectionKind::Collection => "collection",
            CollectionKind::Preflight => "preflight",
        };
        row.filter(|row| row.kind == kind)
            .ok_or_else(|| Error::not_found(what, id))
    }

    /// Collections, the newest first.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn collection_list(
        &self,
        actor: &Actor,
        filter: &CollectionFilter,
        page: &PageRequest,
    ) -> Result<Page<collection::Model>> {
        actor.needs(Role::Viewer)?;
        store::list(self.db().reader(), filter, page).await
    }

    /// One collection.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn collection_view(&self, actor: &Actor, id: Uuid) -> Result<collection::Model> {
        actor.needs(Role::Viewer)?;
        self.collection_row(id, CollectionKind::Collection).await
    }

    /// One collection, once it has ended, or as it is when the time is up, the login has ended or the server stops.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn collection_wait(&self, actor: &Actor, id: Uuid, longest: Duration) -> Result<collection::Model> {
        let ended = async {
            loop {
                // Looked for before the row is: what ends after that wakes it up.
                let follow = self.collection_follow(id);
                if self.collection_view(actor, id).await?.finished_at.is_some() {
                    return Ok::<(), Error>(());
                }
                if let Some(mut follow) = follow
                    && follow.wait_for(|head| head.finished).await.is_ok()
                {
                    return Ok(());
                }
                tokio::time::sleep(NOT_YET).await;
            }
        };
        tokio::select! {
            ended = ended => ended?,
            () = tokio::time::sleep(longest) => {}
            () = self.auth_ended(actor) => {}
            () = self.stopping().cancelled() => {}
        }
        self.collection_view(actor, id).await
    }

    /// One preflight.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn preflight_view(&self, actor: &Actor, id: Uuid) -> Result<collection::Model> {
        actor.needs(Role::Viewer)?;
        self.collection_row(id, CollectionKind::Preflight).await
    }

    /// A page of the devices of a collection or preflight, and the number of the last event that it takes in.
    ///
    /// # Errors
    /// `not_found`, or a page token of another list.
    pub async fn collection_device_list(
        &self,
        actor: &Actor,
        id: Uuid,
        filter: &CollectionDeviceFilter,
        page: &PageRequest,
    ) -> Result<(Page<collection_device::Model>, i64)> {
        actor.needs(Role::Viewer)?;
        let snapshot = self.db().snapshot().await?;
        let row = store::one(&snapshot, id)
            .await?
            .ok_or_else(|| Error::not_found("collection", id))?;
        let devices = store::device_page(&snapshot, id, filter, page).await?;
        snapshot.commit().await?;
        Ok((devices, row.last_seq))
    }

    /// A page of what came of a device in the collections that had it, the newest first, each with the collection's name.
    ///
    /// # Errors
    /// `not_found`, or a page token of another list.
    pub async fn device_collection_list(
        &self,
        actor: &Actor,
        device: Uuid,
        status: &[DeviceStatus],
        page: &PageRequest,
    ) -> Result<Page<(collection_device::Model, String)>> {
        self.device_view(actor, device).await?;
        store::of_device(self.db().reader(), device, status, page).await
    }

    /// Every device of a collection, for exports.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn collection_results(&self, actor: &Actor, id: Uuid) -> Result<Vec<collection_device::Model>> {
        actor.needs(Role::Viewer)?;
        self.collection_row(id, CollectionKind::Collection).await?;
        Ok(store::devices(self.db().reader(), id).await?)
    }

    /// Failed devices by reason, the most frequent first.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn collection_failures(&self, actor: &Actor, id: Uuid) -> Result<Vec<FailureGroup>> {
        actor.needs(Role::Viewer)?;
        store::one(self.db().reader(), id)
            .await?
            .ok_or_else(|| Error::not_found("collection", id))?;
        let mut groups: Vec<FailureGroup> = Vec::new();
        for (kind, device, name) in store::failures(self.db().reader(), id).await? {
            let kind = kind.unwrap_or_else(|| "internal".to_owned());
            let index = groups
                .iter()
                .position(|group| group.failure_kind == kind)
                .unwrap_or_else(|| {
                    groups.push(FailureGroup {
                        hint: failure_hint(&kind),
                        failure_kind: kind,
                        count: 0,
                        device_ids: Vec::new(),
                        device_names: Vec::new(),
                    });
                    groups.len() - 1
                });
            if let Some(group) = groups.get_mut(index) {
                group.count += 1;
                if group.device_ids.len() < FAILURE_IDS {
                    group.device_ids.push(device);
                }
                if group.device_names.len() < FAILURE_NAMES {
                    group.device_names.push(name);
                }
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        Ok(groups)
    }

    /// Events after a number, and how far the collection is.
    ///
    /// # Errors
    /// `not_found`; `events_expired` when they were replaced by the device rows.
    pub async fn collection_events(
        &self,
        actor: &Actor,
        id: Uuid,
        after: i64,
        limit: usize,
    ) -> Result<(Vec<StoredEvent>, Head)> {
        actor.needs(Role::Viewer)?;
        let snapshot = self.db().snapshot().await?;
        let row = store::one(&snapshot, id)
            .await?
            .ok_or_else(|| Error::not_found("collection", id))?;
        if row.events_expired && after < row.last_seq {
            return Err(Error::new(
                ErrorKind::Gone,
                "events_expired",
                "The events of this collection are no longer kept: read the collection and its devices",
            ));
        }
        let events = store::events(&snapshot, id, after.max(0), limit).await?;
        snapshot.commit().await?;
        let head = Head {
            last_seq: row.last_seq,
            finished: row.finished_at.is_some(),
        };
        Ok((events, head))
    }

    /// Wakes up whenever events of a collection are stored; `None` when it does not run.
    #[must_use]
    pub fn collection_follow(&self, id: Uuid) -> Option<watch::Receiver<Head>> {
        self.engine().hub.follow(id)
    }

    /// Asks a collection to end: queued devices at once, running ones after their command; all of them by force when it
    /// is asked a second time.
    ///
    /// # Errors
    /// `not_found`, `collection_finished`.
    pub async fn collection_cancel(&self, actor: &Actor, id: Uuid) -> Result<collection::Model> {
        actor.needs(Role::Operator)?;
        let row = store::one(self.db().reader(), id)
            .await?
            .ok_or_else(|| Error::not_found("collection", id))?;
        let finished = || {
            Error::conflict(
                "collection_finished",
                format!("Collection {id} has ended already: there is nothing to cancel"),
            )
        };
        if row.finished_at.is_some() {
            return Err(finished());
        }
        let Some(run) = self.engine().runs.get(id) else {
            // It has ended since it was read, or was stored a moment ago and is about to begin.
            let again = self.collection_row(id, row.kind).await?;
            if again.finished_at.is_some() {
                return Err(finished());
            }
            let mut error = Error::new(
                ErrorKind::Unavailable,
                "collection_starting",
                format!("Collection {id} is about to begin: cancel it again in a moment"),
            );
            error.retry_after = Some(1);
            return Err(error);
        };
        self.audit_now(
            actor,
            "collection.cancel",
            "collection",
            Some(id.to_string()),
            format!("Cancelled {}", row.name),
        )
        .await?;
        let (answer, answered) = oneshot::channel();
        let _ = self.engine().entries.send(recorder::Entry::Cancel(id, answer)).await;
        if !answered.await.unwrap_or(false) {
            return Err(finished());
        }
        if run.cancel.is_asked() {
            run.cancel.now();
        } else {
            run.cancel.gracefully();
        }
        self.collection_row(id, row.kind).await
    }

    /// Takes a collection away with its events, devices and captures. The last good text of each device stays.
    ///
    /// # Errors
    /// `not_found`, `collection_running`.
    pub async fn collection_delete(&self, actor: &Actor, id: Uuid) -> Result<()> {
        actor.needs(Role::Operator)?;
        let row = store::one(self.db().reader(), id)
            .await?
            .ok_or_else(|| Error::not_found("collection", id))?;
        if row.finished_at.is_none() {
            return Err(Error::conflict(
                "collection_running",
                "A collection that runs cannot be deleted: cancel it first",
            ));
        }
        let turn = self.texts_turn().await;
        let txn = self.db().begin().await?;
        store::delete(&txn, id).await?;
        let texts = texts::delete_of_collection(&txn, id).await?;
        let entry = audit::Entry {
            action: "collection.delete",
            target_type: "collection",
            target_id: Some(id.to_string()),
            summary: format!("Deleted {}", row.name),
        };
        audit::record(&txn, actor, entry).await?;
        txn.commit().await?;
        drop(turn);
        self.forget_texts(texts).await;
        Ok(())
    }

    /// A session as it was received. Admin only: it may hold what a device shows to nobody else.
    ///
    /// # Errors
    /// `not_found`, `forbidden`.
    pub async fn collection_transcript(&self, actor: &Actor, id: Uuid, device: Uuid) -> Result<Vec<u8>> {
        actor.needs(Role::Admin)?;
        let row = store::transcript(self.db().reader(), id, device).await?;
        let row = row.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "no_transcript",
                "No transcript is kept of this device: they are kept for some days, of devices that did not succeed, or of all \
                 where `keep_transcripts` was asked for",
            )
        })?;
        let packed = self
            .vault()
            .unseal(&store::transcript_context(id, device), &row.sealed)?;
        let text = zstd::decode_all(packed.expose_secret())
            .map_err(|error| Error::internal(format!("transcript of {device} in {id}: {error}")))?;
        self.audit_now(
            actor,
            "transcript.view",
            "collection",
            Some(id.to_string()),
            format!("Read the transcript of device {device}"),
        )
        .await?;
        Ok(text)
    }

    /// Why no new session starts at the moment, if so.
    #[must_use]
    pub fn held_back(&self) -> Option<String> {
        self.engine().holds.reason()
    }

    /// Begins what puts right after a start, beside everything else: the tree of the last good texts.
    pub fn upkeep_start(&self) {
        let service = self.clone();
        self.engine().spawn(async move {
            match service.repair_tree().await {
                Ok(0) => {}
                Ok(repaired) => tracing::info!(repaired, "last good texts were written into the tree again"),
                Err(error) => tracing::warn!(%error, "the tree of last good texts could not be looked through"),
            }
            match service.sweep_texts().await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "stored texts that nothing refers to were removed"),
                Err(error) => tracing::warn!(%error, "stored texts could not be looked through"),
            }
        });
        self.engine().spawn(self.clone().tree_follow());
        self.engine().spawn(self.clone().index_texts());
    }

    /// Forgets secrets, transcripts and events whose time is over.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn expire(&self) -> Result<()> {
        const HOUR_MS: i64 = 3_600_000;
        let (now, settings) = (crate::time::now_ms(), self.settings());
        let secrets_before = now - i64::from(settings.secret_ttl_hours) * HOUR_MS;
        let events_before = now - i64::from(settings.event_days) * 24 * HOUR_MS;
        Ok(store::expire(self.db(), now, secrets_before, events_before).await?)
    }
}
