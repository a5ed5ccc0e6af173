//! What all collections of a server share: the runner, the recorder, and reasons to start nothing new.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use jobs::{AddressRule, Breaker, Catalogue, HostKeys, Runner};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{
    hub::Hub,
    recorder::{Entry, Recorder},
    run::Runs,
};
use crate::{
    captures::{Shelf, sink::StoreSink},
    database::Database,
    measures,
    search::indexer::Indexer,
    vault::Vault,
};

/// Entries that may wait for the recorder.
const QUEUED_ENTRIES: usize = 1024;
/// How often the free space of the disk is looked at.
const DISK_EVERY: Duration = Duration::from_secs(2);

/// Who holds new sessions back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldSource {
    Database,
    Disk,
    Lock,
}

/// Reasons to start no new session.
pub(crate) struct Holds {
    reasons: Mutex<[Option<String>; 3]>,
    told: watch::Sender<Option<String>>,
}

impl Default for Holds {
    fn default() -> Self {
        Self {
            reasons: Mutex::default(),
            told: watch::channel(None).0,
        }
    }
}

impl Holds {
    /// Sets or takes back a reason; says whether that changed anything.
    pub(crate) fn set(&self, source: HoldSource, reason: Option<String>) -> bool {
        let Ok(mut reasons) = self.reasons.lock() else {
            return false;
        };
        let [database, disk, lock] = &mut *reasons;
        let mine = match source {
            HoldSource::Database => &mut *database,
            HoldSource::Disk => &mut *disk,
            HoldSource::Lock => &mut *lock,
        };
        if mine.is_some() == reason.is_some() {
            return false;
        }
        *mine = reason;
        let first = lock.clone().or_else(|| database.clone()).or_else(|| disk.clone());
        self.told.send_replace(first);
        true
    }

    /// The reason, if there is one.
    pub(crate) fn reason(&self) -> Option<String> {
        self.told.borrow().clone()
    }
}

/// The collections of a server.
pub(crate) struct Engine {
    pub(crate) runner: Runner,
    pub(crate) runs: Arc<Runs>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) holds: Arc<Holds>,
    pub(crate) entries: mpsc::Sender<Entry>,
    /// Held by whoever writes or removes texts.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
    recorder: Mutex<Option<JoinHandle<()>>>,
}

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) db: Database,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) indexer: Arc<Indexer>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) host_keys: Arc<dyn HostKeys>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) addresses: AddressRule,
    pub(crate) max_sessions: usize,
    /// How long transcripts are kept, as the settings say when it is asked.
    pub(crate) transcript_days: Box<dyn Fn() -> u32 + Send + Sync>,
    pub(crate) data_dir: PathBuf,
    pub(crate) min_free_bytes: u64,
}

impl Engine {
    /// Starts the recorder; no collection runs yet.
    pub(crate) fn start(parts: Parts) -> Self {
        let (entries, received) = mpsc::channel(QUEUED_ENTRIES);
        let (runs, hub, holds) = (Arc::<Runs>::default(), Arc::<Hub>::default(), Arc::<Holds>::default());
        let (turn, stop) = (Arc::<tokio::sync::Mutex<()>>::default(), CancellationToken::new());
        let sink = StoreSink::new(Arc::clone(&parts.shelf), Arc::clone(&runs));
        let runner = Runner::new(
            parts.catalogue,
            parts.host_keys,
            Arc::new(sink),
            parts.breaker,
            parts.max_sessions,
        )
        .with_addresses(parts.addresses)
        .with_hold(holds.told.subscribe());
        let recorder = Recorder {
            db: parts.db,
            shelf: parts.shelf,
            indexer: parts.indexer,
            vault: parts.vault,
            hub: Arc::clone(&hub),
            runs: Arc::clone(&runs),
            turn: Arc::clone(&turn),
            holds: Arc::clone(&holds),
            transcript_days: parts.transcript_days,
            ledgers: std::collections::HashMap::new(),
        };
        let recorder = tokio::spawn(recorder.run(received, stop.clone()));
        let engine = Self {
            runner,
            runs,
            hub,
            holds,
            entries,
            turn,
            stop,
            tasks: Mutex::default(),
            recorder: Mutex::new(Some(recorder)),
        };
        let (holds, stop) = (Arc::clone(&engine.holds), engine.stop.clone());
        let entries = engine.entries.clone();
        engine.spawn(watch_disk(parts.data_dir, parts.min_free_bytes, holds, entries, stop));
        engine
    }

    /// Runs something that ends with the server.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(mut tasks) = self.tasks.lock() {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(work);
        }
    }

    /// Ends all sessions at once and waits until everything that was reported before is stored. What runs goes on after
    /// the next start.
    pub(crate) async fn stop(&self) {
        if let Ok(mut tasks) = self.tasks.lock() {
            tasks.abort_all();
        }
        self.stop.cancel();
        let recorder = self.recorder.lock().ok().and_then(|mut recorder| recorder.take());
        if let Some(recorder) = recorder {
            let _ = recorder.await;
        }
        // Sessions of their own accord notice only at their next report that nobody listens.
        for run in self.runs.all() {
            run.cancel.now();
        }
    }
}

async fn watch_disk(
    data_dir: PathBuf,
    min_free: u64,
    holds: Arc<Holds>,
    entries: mpsc::Sender<Entry>,
    stop: CancellationToken,
) {
    loop {
        if let Ok(free) = free_bytes(&data_dir) {
            measures::disk(free);
            let reason = (free < min_free).then(|| {
                let (free, min_free) = (free / 1024 / 1024, min_free / 1024 / 1024);
                format!("The disk of the data directory has {free} MiB free, less than {min_free}: nothing new starts")
            });
            let short = reason.is_some();
            if holds.set(HoldSource::Disk, reason.clone()) {
                tracing::warn!(short, "free space of the disk");
                if let Some(reason) = reason {
                    let _ = entries.send(Entry::Trouble(reason)).await;
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(DISK_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Bytes that may still be written to the disk of a folder.
fn free_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_sessions_are_held_back_as_long_as_anybody_says_so() {
        let holds = Holds::default();
        assert!(holds.set(HoldSource::Database, Some("down".to_owned())));
        assert!(holds.set(HoldSource::Disk, Some("full".to_owned())));
        assert!(!holds.set(HoldSource::Disk, Some("full still".to_owned())));
        assert_eq!(holds.reason().as_deref(), Some("down"));
        holds.set(HoldSource::Database, None);
        assert_eq!(holds.reason().as_deref(), Some("full"));
        holds.set(HoldSource::Disk, None);
        assert_eq!(holds.reason(), None);
    }

    #[test]
    fn a_disk_has_room() {
        assert!(free_bytes(std::path::Path::new("/")).unwrap() > 0);
    }
}
