//! Starting collections: from a request, or from what another one left undone.

use entity::{
    capture::Verdict,
    collection::{self, CollectionKind, CollectionStage, CollectionStatus},
    collection_device::{self, DeviceStatus},
    device,
    user::Role,
};
use uuid::Uuid;

use super::{
    CaptureEntry, CollectionOptions, CollectionRequest, CredentialChoice, SkippedType, launch::secret_context, store,
};
use crate::{
    Service,
    actor::Actor,
    audit,
    credentials::{self, CredentialBindings},
    devices::DeviceFilter,
    error::{Error, ErrorKind, Result},
    measures,
    time::{now_ms, shown},
};

/// Which devices of a collection are tried again; several values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct RetryOnly {
    /// Those that failed for these reasons.
    pub failure_kinds: Vec<String>,
    /// Those with these ids.
    pub device_ids: Vec<Uuid>,
}

/// A retry that is asked for.
#[derive(Clone, Default)]
pub struct Retry {
    /// Not all failed devices, but these.
    pub only: RetryOnly,
    /// Whether cancelled devices are tried again, too.
    pub include_cancelled: bool,
    /// Other credentials; [`CredentialChoice::Bound`] means those of the first run.
    pub credentials: CredentialChoice,
    /// Other numbers and limits.
    pub options: Option<CollectionOptions>,
}

impl Service {
    /// Starts a collection. When it returns, the collection is stored and goes on whatever happens.
    ///
    /// # Errors
    /// What is wrong with the request, `no_devices` among it.
    pub async fn collection_create(&self, actor: &Actor, request: CollectionRequest) -> Result<collection::Model> {
        self.start(actor, request, CollectionKind::Collection).await
    }

    /// Starts a preflight: everything up to the login and its rights, no commands.
    ///
    /// # Errors
    /// As [`Self::collection_create`].
    pub async fn preflight_create(&self, actor: &Actor, mut request: CollectionRequest) -> Result<collection::Model> {
        request.capture_types.clear();
        self.start(actor, request, CollectionKind::Preflight).await
    }

    /// The devices of a request, those that are not enabled left out.
    pub(super) async fn chosen_devices(
        &self,
        request: &CollectionRequest,
        preflight: bool,
    ) -> Result<Vec<device::Model>> {
        request.check(&self.catalogue().capture_types(), preflight)?;
        self.device_select(
            request.filters.as_ref(),
            request.devices.as_deref(),
            &request.exclude_devices,
        )
        .await
    }

    async fn start(
        &self,
        actor: &Actor,
        request: CollectionRequest,
        kind: CollectionKind,
    ) -> Result<collection::Model> {
        actor.needs(Role::Operator)?;
        let devices = self.chosen_devices(&request, kind == CollectionKind::Preflight).await?;
        if let CredentialChoice::Saved(id) = &request.credentials {
            let found = self.credential_name(*id).await;
            found.map_err(|_| Error::field("/credentials/credential_id", "there is no such credential"))?;
        }
        let bindings = self.credential_bindings().await?;
        let mut row = self.new_row(actor, kind, &request)?;
        let planned = self.plan_devices(&devices, &request.capture_types);
        let mut rows = Vec::with_capacity(devices.len());
        for (index, (device, plan)) in devices.iter().zip(planned).enumerate() {
            let types: Vec<&str> = plan.capture_types.iter().map(|one| one.capture_type.as_str()).collect();
            rows.push(collection_device::Model {
                collection_id: row.id,
                position: i32::try_from(index).unwrap_or(i32::MAX),
                device_id: device.id,
                device_name: device.name.clone(),
                address: device.address.clone(),
                port: device.port,
                platform: device.platform.clone(),
                site: device.site.clone(),
                legacy_algorithms: device.legacy_algorithms,
                credential_id: bindings.for_device(device).first().copied(),
                status: DeviceStatus::Queued,
                failure_kind: None,
                message: plan
                    .unsupported
                    .filter(|_| kind == CollectionKind::Collection)
                    .unwrap_or_default(),
                attempt: 0,
                started_at: None,
                finished_at: None,
                duration_ms: None,
                capture_types: serde_json::json!(types),
                skipped: serde_json::to_value(&plan.skipped).unwrap_or_default(),
                captures: serde_json::json!([]),
                details: None,
            });
        }
        row.total = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let action = match kind {
            CollectionKind::Collection => "collection.create",
            CollectionKind::Preflight => "preflight.create",
        };
        self.store_and_launch(actor, action, row, rows).await
    }

    fn new_row(&self, actor: &Actor, kind: CollectionKind, request: &CollectionRequest) -> Result<collection::Model> {
        let (id, now) = (Uuid::now_v7(), now_ms());
        let sealed_secret = match &request.credentials {
            CredentialChoice::Inline(inline) => Some(self.vault().seal(&secret_context(id), &inline.to_json())?),
            _ => None,
        };
        let name = match request.name.trim() {
            "" => format!("Collection of {}", shown(now).format("%Y-%m-%d %H:%M:%S UTC")),
            name => name.to_owned(),
        };
        Ok(collection::Model {
            id,
            kind,
            name,
            status: CollectionStatus::Queued,
            stage: CollectionStage::Queued,
            capture_types: serde_json::json!(request.capture_types),
            options: serde_json::to_value(&request.options).unwrap_or_default(),
            filters: serde_json::to_value(&request.filters).unwrap_or_default(),
            retry_of: None,
            created_by_id: Some(actor.user_id),
            created_by: actor.name.clone(),
            created_at: now,
            started_at: None,
            finished_at: None,
            execution_ms: None,
            total: 0,
            running: 0,
            succeeded: 0,
            partially_succeeded: 0,
            failed: 0,
            cancelled: 0,
            captures_created: serde_json::json!({}),
            commands_executed: 0,
            loaded_to_db: None,
            message: "Queued".to_owned(),
            last_seq: 0,
            credential_id: match &request.credentials {
                CredentialChoice::Saved(id) => Some(*id),
                _ => None,
            },
            sealed_secret,
            secret_expires_at: None,
            events_expired: false,
        })
    }

    async fn store_and_launch(
        &self,
        actor: &Actor,
        action: &str,
        row: collection::Model,
        devices: Vec<collection_device::Model>,
    ) -> Result<collection::Model> {
        let summary = format!("Started {} on {} devices", row.name, row.total);
        let used: std::collections::BTreeSet<Uuid> = match (&row.sealed_secret, row.credential_id) {
            (Some(_), _) => std::collections::BTreeSet::new(),
            (None, Some(id)) => std::collections::BTreeSet::from([id]),
            (None, None) => devices.iter().filter_map(|device| device.credential_id).collect(),
        };
        let mut names = Vec::new();
        for id in used {
            names.push((id, self.credential_name(id).await?));
        }
        let txn = self.db().begin().await?;
        store::create(&txn, row.clone(), devices).await?;
        self.idempotency_made(&txn, row.id).await?;
        let entry = audit::Entry {
            action,
            target_type: "collection",
            target_id: Some(row.id.to_string()),
            summary,
        };
        audit::record(&txn, actor, entry).await?;
        for (id, name) in names {
            audit::record(&txn, actor, credentials::credential_use(id, &name, &row.name)).await?;
        }
        txn.commit().await?;
        measures::created(actor, action, &row);
        self.launch_surely(row.clone()).await;
        Ok(row)
    }

    /// Starts a new collection of the devices that another one did not succeed with, each with the types that it has no
    /// complete capture of. Devices that were removed since, or are not enabled any more, are left out as in any collection.
    ///
    /// # Errors
    /// `not_found`, `collection_running`, `nothing_to_retry`, `credentials_needed`.
    pub async fn collection_retry(&self, actor: &Actor, id: Uuid, retry: Retry) -> Result<collection::Model> {
        actor.needs(Role::Operator)?;
        let first = self.collection_row(id, CollectionKind::Collection).await?;
        if first.finished_at.is_none() {
            return Err(Error::conflict(
                "collection_running",
                "The collection still runs: wait for its end, or cancel it",
            ));
        }
        let credentials = self.retry_credentials(&first, &retry)?;
        let options = match retry.options {
            Some(options) => options,
            None => serde_json::from_value(first.options.clone()).unwrap_or_default(),
        };
        let request = CollectionRequest {
            name: retry_name(&first.name),
            devices: Some(Vec::new()),
            exclude_devices: Vec::new(),
            filters: None,
            capture_types: serde_json::from_value(first.capture_types.clone()).unwrap_or_default(),
            credentials,
            options,
        };
        request.check(&self.catalogue().capture_types(), false)?;
        let mut row = self.new_row(actor, CollectionKind::Collection, &request)?;
        row.retry_of = Some(first.id);
        row.filters = first.filters.clone();
        if matches!(retry.credentials, CredentialChoice::Bound) {
            row.credential_id = first.credential_id;
        }
        let bindings = self.credential_bindings().await?;
        // Who asked for devices that are not enabled meant them.
        let filters: Option<DeviceFilter> = serde_json::from_value(first.filters.clone()).unwrap_or_default();
        let disabled_too = filters.is_some_and(|filters| filters.enabled == Some(false));
        let mut rows = Vec::new();
        for device in store::devices(self.db().reader(), first.id).await? {
            if !chosen(&device, &retry.only, retry.include_cancelled) {
                continue;
            }
            let again = self.again(&device, &bindings, row.id, rows.len()).await?;
            rows.extend(
                again
                    .filter(|(_, enabled)| *enabled || disabled_too)
                    .map(|(again, _)| again),
            );
        }
        if rows.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                "nothing_to_retry",
                "No device of this collection is left to be tried again: those that were removed since, or are not enabled, \
                 are left out",
            ));
        }
        row.total = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        self.store_and_launch(actor, "collection.retry", row, rows).await
    }

    /// The credentials of a retry: other ones, or those of the first run if they are still there.
    fn retry_credentials(&self, first: &collection::Model, retry: &Retry) -> Result<CredentialChoice> {
        use secrecy::ExposeSecret;
        match &retry.credentials {
            CredentialChoice::Bound => {}
            other => return Ok(other.clone()),
        }
        if let Some(sealed) = &first.sealed_secret {
            let plain = self.vault().unseal(&secret_context(first.id), sealed)?;
            if let Some(inline) = super::InlineCredentials::from_json(plain.expose_secret()) {
                return Ok(CredentialChoice::Inline(inline));
            }
        }
        let inline_forgotten = first.sealed_secret.is_none() && first.secret_expires_at.is_some();
        if inline_forgotten {
            return Err(Error::new(
                ErrorKind::Invalid,
                "credentials_needed",
                "The credentials of the first run are no longer kept: give credentials with the retry",
            ));
        }
        Ok(match first.credential_id {
            Some(id) => CredentialChoice::Saved(id),
            None => CredentialChoice::Bound,
        })
    }

    /// The row of a device that is tried again, and whether it is enabled; `None` if it has everything, or was removed.
    async fn again(
        &self,
        before: &collection_device::Model,
        bindings: &CredentialBindings,
        collection: Uuid,
        position: usize,
    ) -> Result<Option<(collection_device::Model, bool)>> {
        let planned: Vec<String> = serde_json::from_value(before.capture_types.clone()).unwrap_or_default();
        let captures: Vec<CaptureEntry> = serde_json::from_value(before.captures.clone()).unwrap_or_default();
        let complete = |name: &String| {
            captures
                .iter()
                .any(|one| one.capture_type == *name && one.verdict == Verdict::Complete)
        };
        // What was left out then may be there on the platform of today.
        let skipped: Vec<SkippedType> = serde_json::from_value(before.skipped.clone()).unwrap_or_default();
        let asked = planned
            .into_iter()
            .chain(skipped.into_iter().map(|one| one.capture_type));
        let missing: Vec<String> = asked.filter(|name| !complete(name)).collect();
        // The device of today: its address or platform may have been what was wrong.
        let today = store::device_row(self.db().reader(), before.device_id).await?;
        let Some(today) = today else {
            return Ok(None);
        };
        let plan = self.plan_devices(std::slice::from_ref(&today), &missing).pop();
        let Some(plan) = plan.filter(|plan| !plan.capture_types.is_empty()) else {
            return Ok(None);
        };
        let types: Vec<&str> = plan.capture_types.iter().map(|one| one.capture_type.as_str()).collect();
        let mut again = before.clone();
        again.collection_id = collection;
        again.position = i32::try_from(position).unwrap_or(i32::MAX);
        again.credential_id = bindings.for_device(&today).first().copied();
        again.device_name = today.name;
        again.address = today.address;
        again.port = today.port;
        again.platform = today.platform;
        again.site = today.site;
        again.legacy_algorithms = today.legacy_algorithms;
        again.status = DeviceStatus::Queued;
        again.failure_kind = None;
        again.message = String::new();
        again.attempt = 0;
        again.started_at = None;
        again.finished_at = None;
        again.duration_ms = None;
        again.capture_types = serde_json::json!(types);
        again.skipped = serde_json::to_value(&plan.skipped).unwrap_or_default();
        again.captures = serde_json::json!([]);
        again.details = None;
        Ok(Some((again, today.enabled)))
    }
}

fn chosen(device: &collection_device::Model, only: &RetryOnly, include_cancelled: bool) -> bool {
    let ended = match device.status {
        DeviceStatus::Failed | DeviceStatus::PartiallySucceeded => true,
        DeviceStatus::Cancelled => include_cancelled,
        _ => false,
    };
    let kind = device.failure_kind.as_deref().unwrap_or_default();
    let kind_fits = only.failure_kinds.is_empty() || only.failure_kinds.iter().any(|one| one == kind);
    let id_fits = only.device_ids.is_empty() || only.device_ids.contains(&device.device_id);
    ended && kind_fits && id_fits
}

/// `nightly`, `nightly (retry)`, `nightly (retry 2)`, …
fn retry_name(name: &str) -> String {
    let numbered = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (retry"));
    match numbered {
        Some((base, "")) => format!("{base} (retry 2)"),
        Some((base, number)) => match number.trim().parse::<u32>() {
            Ok(number) => format!("{base} (retry {})", number.saturating_add(1)),
            Err(_) => format!("{name} (retry)"),
        },
        None => format!("{name} (retry)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_numbered() {
        assert_eq!(retry_name("nightly"), "nightly (retry)");
        assert_eq!(retry_name("nightly (retry)"), "nightly (retry 2)");
        assert_eq!(retry_name("nightly (retry 9)"), "nightly (retry 10)");
        assert_eq!(retry_name("a (retry x)"), "a (retry x) (retry)");
    }
}
