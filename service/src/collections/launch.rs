//! From rows to sessions: a collection begins, or goes on where a server that ended left it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use entity::{
    capture::Verdict,
    collection::{self, CollectionKind, CollectionStatus},
    collection_device::{self, DeviceStatus},
};
use jobs::{DeviceJob, FailureKind, breaker::Identity};
use secrecy::ExposeSecret;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    ledger::{CaptureEntry, DeviceLine, Ledger},
    recorder::{Ended, Entry},
    request::{CollectionOptions, InlineCredentials},
    run::{Run, Slot, job_id},
    store,
};
use crate::{
    Service,
    captures::store as texts,
    config_changes::Which,
    error::Result,
    records::{Loaded, Wish},
    time::now_ms,
};

/// Reports of the engine that may wait for the recorder.
const QUEUED_EVENTS: usize = 256;
/// Pause before a collection that could not be started is tried again.
const LAUNCH_AGAIN: Duration = Duration::from_secs(1);

/// What the sealed credentials of a collection are sealed for.
pub(super) fn secret_context(collection: Uuid) -> String {
    format!("collection {collection}")
}

/// What a device is logged in with, or why it cannot be.
type Login = std::result::Result<Arc<jobs::Credentials>, String>;

impl Service {
    /// Goes on with every collection that has not ended. Called once, at start.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn resume(&self) -> Result<usize> {
        let unfinished = store::unfinished(self.db().reader()).await?;
        let count = unfinished.len();
        for row in unfinished {
            self.names_of_today(row.id).await?;
            tracing::info!(collection_id = %row.id, "the collection goes on");
            self.launch_surely(row).await;
        }
        Ok(count)
    }

    /// Devices may have been renamed or removed since a collection that goes on was made.
    async fn names_of_today(&self, collection: Uuid) -> Result<()> {
        let rows = store::devices(self.db().reader(), collection).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.device_id).collect();
        let today = self.device_names(&ids).await?;
        let mut names = self.shelf().lately.names.write().await;
        for row in rows {
            let name = today.get(&row.device_id);
            if name != Some(&row.device_name) {
                names.insert(row.device_id, name.cloned());
            }
        }
        Ok(())
    }

    /// Starts what is left of a collection that is stored: now, or as soon as the database answers again.
    pub(super) async fn launch_surely(&self, row: collection::Model) {
        let Err(error) = self.launch(row.clone()).await else {
            return;
        };
        tracing::warn!(%error, collection_id = %row.id, "the collection is stored and starts later");
        let service = self.clone();
        self.engine().spawn(async move {
            while !service.stopping().is_cancelled() {
                tokio::time::sleep(LAUNCH_AGAIN).await;
                match service.launch(row.clone()).await {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, collection_id = %row.id, "the collection starts later"),
                }
            }
        });
    }

    /// Starts what is left of a collection.
    async fn launch(&self, row: collection::Model) -> Result<()> {
        let rows = store::devices(self.db().reader(), row.id).await?;
        let options: CollectionOptions = serde_json::from_value(row.options.clone()).unwrap_or_default();
        let preflight = row.kind == CollectionKind::Preflight;
        let logins = self.logins(&row, &rows).await?;
        let (mut lines, mut slots, mut jobs, mut positions) = (vec![], vec![], vec![], vec![]);
        let (mut ended, mut requeued) = (vec![], vec![]);
        for device in &rows {
            let position = u32::try_from(device.position).unwrap_or_default();
            if device.status == DeviceStatus::Running {
                requeued.push(position);
            }
            let line = line(device);
            slots.push(Slot::new(device.device_id, device.device_name.clone()));
            if line.finished_at.is_none() {
                let missing = missing(device, &line.captures);
                let stop = stop_reason(&row, device, &missing, preflight, &logins);
                match (stop, logins.get(&device.device_id)) {
                    (Some(failure), _) => ended.push(Ended {
                        position,
                        failure,
                        not_run: missing,
                    }),
                    (None, Some(Ok(credentials))) => {
                        positions.push(position);
                        jobs.push(self.job(row.id, device, missing, Arc::clone(credentials)));
                    }
                    (None, _) => {}
                }
            }
            lines.push(line);
        }
        let nobody = jobs.is_empty().then(|| all_without_login(&ended, &lines)).flatten();
        // The secret of a request never changes: who got in with it before the server ended has proven it.
        let got_in = lines
            .iter()
            .find(|line| line.captures.iter().any(|one| one.verdict == Verdict::Complete));
        let proven = match (&row.sealed_secret, got_in.and_then(|line| logins.get(&line.device_id))) {
            (Some(_), Some(Ok(credentials))) => Some(self.breaker().identity(credentials)),
            _ => None,
        };
        let ran_before = row.started_at.map_or(0, |started| (now_ms() - started).max(0));
        let mut ledger = Ledger::new(row.id, row.kind, row.last_seq, lines);
        ledger.started_at = row.started_at;
        ledger.commands_executed = row.commands_executed;
        for position in requeued {
            ledger.requeued(position);
        }
        if row.status == CollectionStatus::Cancelling {
            ledger.status = CollectionStatus::Cancelling;
        }
        if let Some(reason) = nobody {
            ledger.trouble(now_ms(), &format!("No device can be logged in to. {reason}"));
        }
        let run = Arc::new(Run::new(
            row.id,
            slots,
            positions,
            ran_before,
            options.keep_transcripts,
            self.db().clone(),
            Arc::clone(self.shelf()),
        ));
        if preflight {
            self.engine().runs.add(&run);
        } else {
            let devices: Vec<Uuid> = rows.iter().map(|device| device.device_id).collect();
            // Added in the same turn: from here on it is told of what others store.
            let _turn = self.texts_turn().await;
            run.set_last_good(texts::last_good(self.db().reader(), &devices).await?);
            self.engine().runs.add(&run);
        }
        let head = super::Head {
            last_seq: row.last_seq,
            finished: false,
        };
        self.engine().hub.publish(run.id, head);
        let sent = self
            .engine()
            .entries
            .send(Entry::Begin(Arc::clone(&run), Box::new(ledger), ended))
            .await;
        if sent.is_err() {
            return Err(crate::error::Error::internal("the recorder has ended"));
        }
        let (service, kind) = (self.clone(), row.kind);
        self.engine()
            .spawn(async move { service.drive(run, jobs, kind, &options, proven).await });
        Ok(())
    }

    /// Runs the sessions and hands on what they report.
    async fn drive(
        self,
        run: Arc<Run>,
        jobs: Vec<DeviceJob>,
        kind: CollectionKind,
        options: &CollectionOptions,
        proven: Option<Identity>,
    ) {
        let engine = self.engine();
        let (sender, mut events) = mpsc::channel(QUEUED_EVENTS);
        let limits = jobs::RunOptions {
            proven,
            // Whether a device that answered everything did succeed, the recorder decides: it keeps the others' alone.
            keep_transcripts: true,
            whole_transcripts: options.keep_transcripts,
            ..options.run_options()
        };
        let running = engine.runner.run(jobs, limits, sender, run.cancel.clone());
        let handing = async {
            while let Some(event) = events.recv().await {
                let _ = engine.entries.send(Entry::Event(Arc::clone(&run), event)).await;
            }
        };
        tokio::join!(running, handing);
        let loaded = match kind {
            CollectionKind::Collection => self.understand(&run, options.auto_load_db).await,
            CollectionKind::Preflight => Loaded::default(),
        };
        let _ = engine.entries.send(Entry::End(Arc::clone(&run), loaded)).await;
        // Behind the end: nobody waits for what a hook of the repository does.
        if let Err(error) = self.mirror_collection(run.id).await {
            tracing::warn!(%error, collection_id = %run.id, "the git mirror is written later");
        }
    }

    /// Compares configurations with the ones before, and loads what was captured if that is asked for. What goes wrong is
    /// told with the end, and takes nothing away from what was collected.
    async fn understand(&self, run: &Arc<Run>, loads: bool) -> Loaded {
        let entries = &self.engine().entries;
        let (answer, wishes) = oneshot::channel();
        let asked = entries.send(Entry::Collected(Arc::clone(run), answer)).await;
        let (Ok(()), Ok(wishes)) = (asked, wishes.await) else {
            // The recorder has ended, and the server with it: the next start goes on here.
            return Loaded::default();
        };
        if let Err(error) = self.changes_find(Which::Collection(run.id)).await {
            tracing::warn!(%error, collection_id = %run.id, "configurations are compared later");
        }
        match wishes {
            _ if !loads => Loaded::default(),
            Some(wishes) => self.load(run, wishes).await,
            None => Loaded::broken("the collection was cancelled"),
        }
    }

    async fn load(&self, run: &Arc<Run>, wishes: Vec<Wish>) -> Loaded {
        let entries = &self.engine().entries;
        let told = |done, total| {
            // How far it is may be left out when there is much to record.
            let _ = entries.try_send(Entry::Loading(Arc::clone(run), done, total));
            !run.cancel.is_asked()
        };
        match self.records_load(run.id, wishes, told).await {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(%error, collection_id = %run.id, "captures could not be loaded");
                Loaded::broken(&error.message)
            }
        }
    }

    fn job(
        &self,
        collection: Uuid,
        device: &collection_device::Model,
        capture_types: Vec<String>,
        credentials: Arc<jobs::Credentials>,
    ) -> DeviceJob {
        let platform = match device.platform.as_str() {
            jobs::plan::AUTO => None,
            slug => self.catalogue().platform(slug),
        };
        DeviceJob {
            device: jobs::Device {
                id: job_id(collection, u32::try_from(device.position).unwrap_or_default()),
                name: device.device_name.clone(),
                address: device.address.clone(),
                port: u16::try_from(device.port).unwrap_or(22),
                platform: device.platform.clone(),
                site: device.site.clone(),
                legacy_algorithms: device.legacy_algorithms,
                jump: Vec::new(),
            },
            platform,
            capture_types,
            credentials,
        }
    }

    /// What each device is logged in with.
    async fn logins(
        &self,
        row: &collection::Model,
        devices: &[collection_device::Model],
    ) -> Result<HashMap<Uuid, Login>> {
        let for_all = match (&row.sealed_secret, row.credential_id) {
            (Some(sealed), _) => Some(self.inline_login(row.id, sealed)),
            (None, Some(id)) => Some(self.saved_login(id).await?),
            (None, None) => None,
        };
        let mut opened: HashMap<Uuid, Login> = HashMap::new();
        let mut logins = HashMap::new();
        for device in devices {
            let login = match (&for_all, device.credential_id) {
                (Some(login), _) => login.clone(),
                (None, Some(id)) => match opened.get(&id) {
                    Some(login) => login.clone(),
                    None => {
                        let login = self.saved_login(id).await?;
                        opened.insert(id, login.clone());
                        login
                    }
                },
                (None, None) => Err("Not tried: there is no credential for this device".to_owned()),
            };
            logins.insert(device.device_id, login);
        }
        Ok(logins)
    }

    fn inline_login(&self, collection: Uuid, sealed: &[u8]) -> Login {
        let plain = self.vault().unseal(&secret_context(collection), sealed);
        let inline = plain
            .ok()
            .and_then(|plain| InlineCredentials::from_json(plain.expose_secret()));
        match inline.map(|inline| inline.open()) {
            Some(Ok(credentials)) => Ok(Arc::new(credentials)),
            _ => Err("Not tried: the credentials of this collection can no longer be read".to_owned()),
        }
    }

    async fn saved_login(&self, id: Uuid) -> Result<Login> {
        match self.credential_open(id).await {
            Ok(credentials) => Ok(Ok(Arc::new(credentials))),
            // That the database is away says nothing about the credential.
            Err(error) if error.code == "database_unavailable" => Err(error),
            Err(error) => Ok(Err(format!("Not tried: {}", error.message))),
        }
    }
}

/// Why none of the devices that are left can be logged in to, where that is so.
fn all_without_login(ended: &[Ended], lines: &[DeviceLine]) -> Option<String> {
    let left = lines.iter().filter(|line| line.finished_at.is_none()).count();
    let reasons = ended.iter().filter_map(|device| match &device.failure {
        Some((FailureKind::CredentialPaused, reason)) => Some(reason),
        _ => None,
    });
    let mut reasons = reasons.peekable();
    let first = reasons.peek().map(|reason| (*reason).clone())?;
    (reasons.count() == left).then_some(first)
}

/// Why a device gets no session; `Some(None)`: it has everything already.
#[allow(
    clippy::option_option,
    reason = "the two absences differ: no reason to stop, and nothing wrong"
)]
fn stop_reason(
    row: &collection::Model,
    device: &collection_device::Model,
    missing: &[String],
    preflight: bool,
    logins: &HashMap<Uuid, Login>,
) -> Option<Option<(FailureKind, String)>> {
    let planned: Vec<String> = serde_json::from_value(device.capture_types.clone()).unwrap_or_default();
    if row.status == CollectionStatus::Cancelling {
        return Some(Some((FailureKind::Cancelled, "Cancelled before it began".to_owned())));
    }
    if planned.is_empty() && !preflight {
        return Some(Some((FailureKind::NotSupported, device.message.clone())));
    }
    if missing.is_empty() && !preflight {
        return Some(None);
    }
    match logins.get(&device.device_id) {
        Some(Err(reason)) => Some(Some((FailureKind::CredentialPaused, reason.clone()))),
        Some(Ok(_)) => None,
        None => Some(Some((
            FailureKind::CredentialPaused,
            "Not tried: there is no credential".to_owned(),
        ))),
    }
}

/// Types that have no good text yet.
fn missing(device: &collection_device::Model, captures: &[CaptureEntry]) -> Vec<String> {
    let planned: Vec<String> = serde_json::from_value(device.capture_types.clone()).unwrap_or_default();
    let has = |name: &String| {
        captures.iter().any(|capture| {
            capture.capture_type == *name && matches!(capture.verdict, Verdict::Complete | Verdict::Suspicious)
        })
    };
    planned.into_iter().filter(|name| !has(name)).collect()
}

/// A device as its row says; one that was running when the server ended waits again.
fn line(row: &collection_device::Model) -> DeviceLine {
    let mut line = DeviceLine::new(
        row.device_id,
        row.device_name.clone(),
        row.address.clone(),
        row.platform.clone(),
    );
    line.captures = serde_json::from_value(row.captures.clone()).unwrap_or_default();
    line.attempt = row.attempt;
    line.attempts_before = row.attempt;
    line.started_at = row.started_at;
    line.message = row.message.clone();
    line.failure_kind = row.failure_kind.clone();
    if row.status != DeviceStatus::Running {
        line.status = row.status;
        line.finished_at = row.finished_at;
        line.duration_ms = row.duration_ms;
        line.details = row.details.clone();
    }
    line
}
