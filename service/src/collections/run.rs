//! The collections that run now: what their sessions need to know while texts come in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, RwLock},
    time::Instant,
};

use jobs::Cancel;
use uuid::Uuid;

use super::ledger::CaptureEntry;
use crate::{
    captures::{
        Shelf,
        codec::Sha,
        read_text,
        sink::{Pin, Staged},
        store::LastGood,
    },
    database::Database,
};

/// The last good text of a capture type of a device, as far as packing the next one needs it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) text_id: i64,
    pub(crate) sha: Sha,
    pub(crate) bytes: u64,
    pub(crate) depth: i32,
    /// Keeps the text from being deleted while the collection may still refer to it.
    pub(crate) pin: Arc<Pin>,
}

/// A device of a run.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) device_id: Uuid,
    pub(crate) device_name: String,
    state: Mutex<SlotState>,
}

#[derive(Debug, Default)]
struct SlotState {
    last_good: Vec<(String, Known)>,
    staged: Vec<(String, Staged)>,
    /// Captures that are not complete: told when the device ends, since a retry may still complete them.
    deferred: Vec<CaptureEntry>,
}

impl Slot {
    pub(crate) fn new(device_id: Uuid, device_name: String) -> Self {
        Self {
            device_id,
            device_name,
            state: Mutex::default(),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut SlotState) -> T) -> Option<T> {
        self.state.lock().ok().map(|mut state| change(&mut state))
    }
}

/// A collection that runs.
pub(crate) struct Run {
    pub(crate) id: Uuid,
    pub(crate) cancel: Cancel,
    pub(crate) slots: Vec<Slot>,
    /// Position of the device of each job.
    pub(crate) positions: Vec<u32>,
    pub(crate) started: Instant,
    /// Time it ran before this start of the server.
    pub(crate) ran_before_ms: i64,
    pub(crate) keep_transcripts: bool,
    db: Database,
    shelf: Arc<Shelf>,
}

impl Run {
    pub(crate) fn new(
        id: Uuid,
        slots: Vec<Slot>,
        positions: Vec<u32>,
        ran_before_ms: i64,
        keep_transcripts: bool,
        db: Database,
        shelf: Arc<Shelf>,
    ) -> Self {
        Self {
            id,
            cancel: Cancel::default(),
            slots,
            positions,
            started: Instant::now(),
            ran_before_ms,
            keep_transcripts,
            db,
            shelf,
        }
    }

    /// The device at a position.
    pub(crate) fn slot(&self, position: u32) -> Option<&Slot> {
        self.slots.get(usize::try_from(position).ok()?)
    }

    pub(crate) fn device_name(&self, position: u32) -> &str {
        self.slot(position).map_or("", |slot| &slot.device_name)
    }

    /// Position of the device of a job.
    pub(crate) fn position(&self, job: usize) -> Option<u32> {
        self.positions.get(job).copied()
    }

    /// Takes in what the database knows of the last good texts. Nothing may delete texts between reading and this.
    pub(crate) fn set_last_good(&self, known: Vec<LastGood>) {
        let mut of_device: HashMap<Uuid, Vec<(String, Known)>> = HashMap::new();
        for last in known {
            let Ok(sha) = last.sha256.try_into() else { continue };
            let known = Known {
                text_id: last.text_id,
                sha,
                bytes: u64::try_from(last.bytes).unwrap_or_default(),
                depth: last.depth,
                pin: Pin::new(&self.shelf.pins, last.text_id),
            };
            of_device
                .entry(last.device_id)
                .or_default()
                .push((last.capture_type, known));
        }
        for slot in &self.slots {
            if let Some(known) = of_device.remove(&slot.device_id) {
                slot.with(|state| state.last_good = known);
            }
        }
    }

    /// The last good text of a type, if there is one.
    pub(crate) fn last_good(&self, position: u32, capture_type: &str) -> Option<Known> {
        let found = |state: &mut SlotState| {
            let mut known = state.last_good.iter();
            known
                .find(|(name, _)| name == capture_type)
                .map(|(_, known)| known.clone())
        };
        self.slot(position)?.with(found)?
    }

    /// Keeps a text until the recorder writes it; it replaces what an earlier attempt left.
    pub(crate) fn stage(&self, position: u32, capture_type: &str, staged: Staged) {
        if let Some(slot) = self.slot(position) {
            slot.with(|state| {
                state.staged.retain(|(name, _)| name != capture_type);
                state.staged.push((capture_type.to_owned(), staged));
            });
        }
    }

    /// The text that was staged.
    pub(crate) fn take_staged(&self, position: u32, capture_type: &str) -> Option<Staged> {
        self.slot(position)?.with(|state| {
            let index = state.staged.iter().position(|(name, _)| name == capture_type)?;
            Some(state.staged.swap_remove(index).1)
        })?
    }

    pub(crate) fn defer(&self, position: u32, entry: CaptureEntry) {
        if let Some(slot) = self.slot(position) {
            slot.with(|state| state.deferred.push(entry));
        }
    }

    pub(crate) fn take_deferred(&self, position: u32) -> Vec<CaptureEntry> {
        let taken = self
            .slot(position)
            .and_then(|slot| slot.with(|state| std::mem::take(&mut state.deferred)));
        taken.unwrap_or_default()
    }

    /// Forgets what the device no longer needs.
    pub(crate) fn close(&self, position: u32) {
        if let Some(slot) = self.slot(position) {
            slot.with(|state| *state = SlotState::default());
        }
    }

    /// Reads a stored text; `None` when it cannot be read, which the log tells.
    pub(crate) async fn read_text(&self, id: i64) -> Option<Vec<u8>> {
        read_text(&self.db, &self.shelf, id).await.ok()
    }
}

/// All collections that run, by id.
#[derive(Default)]
pub(crate) struct Runs(RwLock<HashMap<Uuid, Arc<Run>>>);

impl Runs {
    pub(crate) fn add(&self, run: &Arc<Run>) {
        if let Ok(mut runs) = self.0.write() {
            runs.insert(run.id, Arc::clone(run));
        }
    }

    /// Takes one away. Where none is left then, `last` is done before another one can be added.
    pub(crate) fn remove(&self, id: Uuid, last: impl FnOnce()) {
        if let Ok(mut runs) = self.0.write() {
            runs.remove(&id);
            if runs.is_empty() {
                last();
            }
        }
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<Arc<Run>> {
        self.0.read().ok()?.get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Run>> {
        self.0
            .read()
            .map(|runs| runs.values().cloned().collect())
            .unwrap_or_default()
    }

    /// The run and position that [`job_id`] names.
    pub(crate) fn find(&self, job: &str) -> Option<(Arc<Run>, u32)> {
        let (run, position) = job.split_once('/')?;
        Some((self.get(run.parse().ok()?)?, position.parse().ok()?))
    }
}

/// How the device of a run is named towards the engine.
pub(crate) fn job_id(run: Uuid, position: u32) -> String {
    format!("{run}/{position}")
}
