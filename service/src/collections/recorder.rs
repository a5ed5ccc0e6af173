//! The only consumer of what the engine reports: decides, writes in batches, and only then tells. While the database
//! cannot be written it holds what it has, lets no new session start, and tries again.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use entity::{
    capture::{self, Verdict},
    collection::CollectionStatus,
    collection_device::DeviceStatus,
    current_capture,
};
use jobs::{CaptureReport, DeviceReport, Event, FailureKind};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    engine::{HoldSource, Holds},
    hub::{Head, Hub},
    ledger::{CaptureEntry, Ending, Ledger},
    run::{Run, Runs},
    store::{self, Batch, NewText, NewTranscript, TextRef},
};
use crate::{
    captures::{
        Shelf,
        codec::Sha,
        lately::Good,
        sink::{Body, Staged},
    },
    database::Database,
    measures,
    records::{Loaded, Wish},
    search::indexer::Indexer,
    time::now_ms,
    vault::Vault,
};

#[cfg(test)]
mod tests;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// How long a batch waits for more.
const BATCH_TIME: Duration = Duration::from_millis(50);
/// The most entries of a batch.
const BATCH_SIZE: usize = 500;
/// Pauses between attempts to write.
const RETRY: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    LONGEST_PAUSE,
];
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a server that is told to stop goes on trying to write. Nobody was told of what it then gives up: the next
/// start collects that again.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Who waits for longer than this to write is held up, and everybody is told.
const HELD_UP: Duration = Duration::from_secs(3);

/// Hears what is to be loaded; `None`: a person asked to stop.
type WishesAnswer = oneshot::Sender<Option<Vec<Wish>>>;

/// What the recorder is told.
pub(crate) enum Entry {
    /// A collection begins, or goes on after a restart.
    Begin(Arc<Run>, Box<Ledger>, Vec<Ended>),
    /// The engine reports.
    Event(Arc<Run>, Event),
    /// A person asked to stop; answered when that is stored.
    Cancel(Uuid, oneshot::Sender<bool>),
    /// The engine is done with the devices; answered with what is to be loaded once all of it is stored. `None`: a
    /// person asked to stop.
    Collected(Arc<Run>, WishesAnswer),
    /// Something is wrong for every collection that runs.
    Trouble(String),
    /// So many of so many captures are loaded.
    Loading(Arc<Run>, usize, usize),
    /// Everything is done with the collection.
    End(Arc<Run>, Loaded),
}

/// A device that ends without a session.
pub(crate) struct Ended {
    pub(crate) position: u32,
    pub(crate) failure: Option<(FailureKind, String)>,
    pub(crate) not_run: Vec<String>,
}

/// What the recorder works with.
pub(crate) struct Recorder {
    pub(crate) db: Database,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) indexer: Arc<Indexer>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    pub(crate) holds: Arc<Holds>,
    pub(crate) transcript_days: Box<dyn Fn() -> u32 + Send + Sync>,
    pub(crate) ledgers: HashMap<Uuid, Ledger>,
}

/// What became of a batch.
enum Outcome {
    /// It is stored. Where it did not go at once, what to tell about it.
    Stored(Option<String>),
    /// It cannot be, and nothing after it either: the server ends, or another one has taken over.
    GivenUp,
}

/// A last good text that goes into the tree once it is stored.
struct Projection {
    capture_type: String,
    device_id: Uuid,
    device_name: String,
    sha: Sha,
    source: Source,
}

/// Where the tree gets a text from.
enum Source {
    Memory(Arc<Vec<u8>>),
    Blob,
    /// It has been stored for long.
    Database,
}

#[derive(Default)]
struct Working {
    batch: Batch,
    projections: Vec<Projection>,
    /// Texts of this batch, so that the same one is stored once.
    texts: HashMap<Sha, i64>,
    cancelled: Vec<oneshot::Sender<bool>>,
    collected: Vec<(WishesAnswer, Option<Vec<Wish>>)>,
    touched: Vec<Uuid>,
    /// Good texts whose platform is known only now.
    found_out: Vec<(Uuid, String)>,
    ended: Vec<Arc<Run>>,
    pins: Vec<Staged>,
}

impl Recorder {
    /// Records until it is asked to stop and has written what it was told before.
    pub(crate) async fn run(mut self, mut entries: mpsc::Receiver<Entry>, stop: CancellationToken) {
        let mut projecting: Option<tokio::task::JoinHandle<()>> = None;
        loop {
            let (owing, due) = self.owing(now_ms());
            let first = tokio::select! {
                biased;
                first = entries.recv() => match first {
                    Some(first) => Some(first),
                    None => break,
                },
                () = stop.cancelled() => break,
                () = tokio::time::sleep(due), if !owing.is_empty() => None,
            };
            let mut working = Working::default();
            match first {
                Some(first) => {
                    let mut batch = vec![first];
                    gather(&mut batch, &mut entries).await;
                    measures::batch(batch.len());
                    for entry in batch {
                        self.take(entry, &mut working);
                    }
                }
                // Nothing happens any more for now: how far they are now is told without waiting for the next thing.
                None => working.touched = owing,
            }
            self.collect_written(&mut working);
            let Outcome::Stored(held_up) = self.write(&working, &stop).await else {
                break;
            };
            self.publish(&mut working);
            if let Some(error) = held_up {
                let mut told = Working::default();
                self.trouble(&error, &mut told);
                self.collect_written(&mut told);
                let Outcome::Stored(_) = self.write(&told, &stop).await else {
                    break;
                };
                self.publish(&mut told);
            }
            if let Some(before) = projecting.take() {
                let _ = before.await;
            }
            let projections = std::mem::take(&mut working.projections);
            if !projections.is_empty() {
                let shelf = Arc::clone(&self.shelf);
                projecting = Some(tokio::task::spawn_blocking(move || project(&shelf, &projections)));
            }
        }
        if let Some(last) = projecting {
            let _ = last.await;
        }
    }

    /// Collections that are further than was told, and how long until the first of them may tell it.
    fn owing(&self, at: i64) -> (Vec<Uuid>, Duration) {
        let owing = || {
            self.ledgers
                .iter()
                .filter_map(|(id, ledger)| Some((*id, ledger.progress_due(at)?)))
        };
        let due = owing().map(|(_, due)| due).min().unwrap_or_default();
        (owing().map(|(id, _)| id).collect(), due)
    }

    /// Tells everybody who watches a collection that runs.
    fn trouble(&mut self, error: &str, working: &mut Working) {
        let at = now_ms();
        for (id, ledger) in &mut self.ledgers {
            ledger.trouble(at, error);
            if !working.touched.contains(id) {
                working.touched.push(*id);
            }
        }
    }

    fn take(&mut self, entry: Entry, working: &mut Working) {
        let at = now_ms();
        let id = match &entry {
            Entry::Trouble(error) => return self.trouble(error, working),
            Entry::Begin(run, ..)
            | Entry::Event(run, _)
            | Entry::Collected(run, _)
            | Entry::Loading(run, ..)
            | Entry::End(run, _) => run.id,
            Entry::Cancel(id, _) => *id,
        };
        if !working.touched.contains(&id) {
            working.touched.push(id);
        }
        match entry {
            Entry::Begin(run, mut ledger, ended) => {
                ledger.begin(at);
                measures::begun(&ledger);
                if let Some(reason) = self.holds.reason() {
                    ledger.trouble(at, &reason);
                }
                for device in ended {
                    let ending = without_session(device.failure, &device.not_run);
                    device_completed(&mut ledger, at, device.position, ending);
                    run.close(device.position);
                }
                self.ledgers.insert(run.id, *ledger);
            }
            Entry::Event(run, event) => self.event(at, &run, event, working),
            Entry::Trouble(_) => {}
            Entry::Cancel(id, answer) => {
                let running = match self.ledgers.get_mut(&id) {
                    Some(ledger) => {
                        ledger.cancelling(at);
                        true
                    }
                    None => false,
                };
                if running {
                    working.cancelled.push(answer);
                } else {
                    let _ = answer.send(false);
                }
            }
            Entry::Collected(run, answer) => {
                let Some(ledger) = self.ledgers.get_mut(&run.id) else {
                    return;
                };
                let goes_on = ledger.status != CollectionStatus::Cancelling;
                let wishes = ledger.complete_captures();
                // Where there is nothing to load, a cancelled collection has left nothing out.
                let wishes = (goes_on || wishes.is_empty()).then_some(wishes);
                working.collected.push((answer, wishes));
            }
            Entry::Loading(run, done, total) => {
                if let Some(ledger) = self.ledgers.get_mut(&run.id) {
                    ledger.loading(at, done, total);
                }
            }
            Entry::End(run, loaded) => {
                if let Some(ledger) = self.ledgers.get_mut(&run.id) {
                    let ran = i64::try_from(run.started.elapsed().as_millis()).unwrap_or(i64::MAX);
                    ledger.finish(at, run.ran_before_ms + ran, loaded);
                    measures::finished(ledger);
                }
                working.ended.push(run);
            }
        }
    }

    fn event(&mut self, at: i64, run: &Arc<Run>, event: Event, working: &mut Working) {
        match event {
            Event::DeviceStarted { job, attempt } => {
                if let (Some(position), Some(ledger)) = (run.position(job), self.ledgers.get_mut(&run.id)) {
                    ledger.device_started(at, position, i32::try_from(attempt).unwrap_or(i32::MAX));
                }
            }
            Event::CaptureCompleted { job, capture } => {
                let Some(position) = run.position(job) else { return };
                if capture.verdict == jobs::Verdict::Complete {
                    self.capture(at, run, position, &capture, working);
                } else {
                    run.defer(position, entry(&capture, None));
                }
            }
            Event::DeviceCompleted { job, report } => {
                let Some(position) = run.position(job) else { return };
                for deferred in run.take_deferred(position) {
                    if let Some(report) = report
                        .captures
                        .iter()
                        .find(|one| one.capture_type == deferred.capture_type)
                    {
                        self.capture(at, run, position, report, working);
                    }
                }
                self.completed(at, run, position, *report, working);
            }
        }
    }

    /// Decides on a capture and puts its rows into the batch.
    fn capture(&mut self, at: i64, run: &Run, position: u32, report: &CaptureReport, working: &mut Working) {
        let Some(slot) = run.slot(position) else { return };
        let staged = run.take_staged(position, &report.capture_type);
        let last_good = self.last_good(run, position, slot.device_id, &report.capture_type);
        let (verdict, message) = judge(report, last_good.map(|good| good.bytes));
        let id = Uuid::now_v7();
        let text = staged.as_ref().map(|staged| self.shelf_text(staged, working));
        let row = store::CaptureRow {
            id,
            device_id: slot.device_id,
            device_name: slot.device_name.clone(),
            collection_id: run.id,
            capture_type: report.capture_type.clone(),
            commands: report.commands.join("\n"),
            verdict,
            bytes: i64::try_from(report.bytes).unwrap_or(i64::MAX),
            lines: i64::try_from(report.lines).unwrap_or(i64::MAX),
            text,
            captured_at: at,
            message: message.clone(),
        };
        if let (Verdict::Complete, Some(staged), Some(text)) = (verdict, &staged, text)
            && last_good.is_none_or(|good| good.sha != staged.sha)
        {
            let good = Good {
                sha: staged.sha,
                bytes: staged.bytes,
            };
            self.shelf.lately.set_good(slot.device_id, &report.capture_type, good);
            working
                .batch
                .currents
                .push((slot.device_id, report.capture_type.clone(), id, text));
            working.projections.push(Projection {
                capture_type: report.capture_type.clone(),
                device_id: slot.device_id,
                device_name: slot.device_name.clone(),
                sha: staged.sha,
                source: match (&staged.text, &staged.body) {
                    (Some(text), _) => Source::Memory(Arc::clone(text)),
                    (None, Body::Known(_)) => Source::Database,
                    (None, _) => Source::Blob,
                },
            });
        }
        if verdict == Verdict::Complete {
            working.batch.collected.push(slot.device_id);
        }
        working.pins.extend(staged);
        working.batch.captures.push(row);
        let mut told = entry(report, Some(id));
        told.verdict = verdict;
        told.message = message;
        let Some(ledger) = self.ledgers.get_mut(&run.id) else {
            return;
        };
        ledger.commands_executed += i64::try_from(report.commands.len()).unwrap_or_default();
        ledger.capture_completed(at, position, told);
    }

    /// The last good text, as it is after everything that was recorded before: another collection may have stored one since
    /// this one began.
    fn last_good(&self, run: &Run, position: u32, device: Uuid, capture_type: &str) -> Option<Good> {
        let known = || {
            let known = run.last_good(position, capture_type)?;
            Some(Good {
                sha: known.sha,
                bytes: known.bytes,
            })
        };
        self.shelf.lately.good(device, capture_type).or_else(known)
    }

    /// The row of a staged text: one that is stored, one of this batch, or a new one.
    fn shelf_text(&self, staged: &Staged, working: &mut Working) -> TextRef {
        if let Body::Known(id) = &staged.body {
            return TextRef(*id);
        }
        if let Some(id) = working.texts.get(&staged.sha) {
            return TextRef(*id);
        }
        let id = self.shelf.next_text();
        working.texts.insert(staged.sha, id);
        let (data, base) = match &staged.body {
            Body::Packed { data, base } => (Some(data.clone()), *base),
            Body::Blob | Body::Known(_) => (None, None),
        };
        working.batch.texts.push(NewText {
            id,
            sha: staged.sha,
            base,
            bytes: i64::try_from(staged.bytes).unwrap_or(i64::MAX),
            data,
        });
        TextRef(id)
    }

    fn completed(&mut self, at: i64, run: &Run, position: u32, report: DeviceReport, working: &mut Working) {
        let Some(ledger) = self.ledgers.get_mut(&run.id) else {
            return;
        };
        let rest = report
            .captures
            .iter()
            .filter(|one| one.verdict == jobs::Verdict::NotRun);
        let details = report
            .negotiated
            .as_ref()
            .and_then(|ssh| serde_json::to_value(ssh).ok());
        let ending = Ending {
            attempt: i32::try_from(report.attempt).unwrap_or(i32::MAX),
            duration_ms: i64::try_from(report.duration_ms).unwrap_or(i64::MAX),
            failure: report.failure_kind.map(|kind| (kind.as_str(), report.message.clone())),
            cancelled: report.status == jobs::DeviceStatus::Cancelled,
            platform: report.platform.clone(),
            details: details.map(|ssh| serde_json::json!({ "ssh": ssh })),
            rest: rest.map(|one| entry(one, None)).collect(),
        };
        if let Some(platform) = &report.platform {
            // Until now the texts were searched as those of a platform that nobody knows.
            working.found_out.extend(ledger.of_other_platform(position, platform));
        }
        let status = device_completed(ledger, at, position, ending);
        let kept = run.keep_transcripts || status != Some(DeviceStatus::Succeeded);
        if kept
            && !report.transcript.is_empty()
            && let Some(slot) = run.slot(position)
        {
            let sealed = crate::captures::codec::pack(&report.transcript)
                .ok()
                .and_then(|packed| {
                    let context = store::transcript_context(run.id, slot.device_id);
                    self.vault.seal(&context, &packed).ok()
                });
            working.batch.transcripts.extend(sealed.map(|sealed| NewTranscript {
                collection_id: run.id,
                device_id: slot.device_id,
                sealed,
                created_at: at,
                expires_at: at + i64::from((self.transcript_days)()) * DAY_MS,
            }));
        }
        run.close(position);
    }

    /// Asks every touched ledger what it has to write.
    fn collect_written(&mut self, working: &mut Working) {
        for id in &working.touched {
            let Some(ledger) = self.ledgers.get_mut(id) else {
                continue;
            };
            ledger.progress(now_ms(), false);
            let written = ledger.take_written();
            working.batch.collection(ledger, written);
        }
    }

    /// Writes the batch, however long that takes.
    async fn write(&self, working: &Working, stop: &CancellationToken) -> Outcome {
        let mut pauses = RETRY.into_iter();
        let mut reason = None;
        let began = Instant::now();
        let over = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_LIMIT).await;
        };
        tokio::pin!(over);
        loop {
            let attempt = async {
                let _turn = self.turn.lock().await;
                let began = Instant::now();
                let written = store::write(&self.db, &working.batch).await;
                measures::commit(began.elapsed(), written.is_ok());
                written
            };
            let written = tokio::select! {
                biased;
                written = attempt => written,
                () = &mut over => return given_up("the server was told to stop"),
            };
            let Err(error) = written else { break };
            if crate::database::is_taken_over(&error) {
                let reason = "Another server has taken over this database: nothing new starts here";
                self.holds.set(HoldSource::Database, Some(reason.to_owned()));
                self.runs.all().iter().for_each(|run| run.cancel.now());
                return given_up("another server has taken over this database");
            }
            // The connection may have broken behind the end of a transaction, before anybody was told that it holds.
            if crate::database::is_taken(&error)
                && store::is_written(self.db.reader(), &working.batch)
                    .await
                    .unwrap_or(false)
            {
                break;
            }
            let why = crate::database::unavailable(&error).map_or_else(|| error.to_string(), str::to_owned);
            tracing::error!(%error, waiting_seconds = began.elapsed().as_secs(), "what was collected cannot be stored yet");
            reason.get_or_insert_with(|| why.clone());
            self.holds.set(HoldSource::Database, Some(why));
            tokio::select! {
                () = tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)) => {}
                () = &mut over => return given_up("the server was told to stop"),
            }
        }
        if self.holds.set(HoldSource::Database, None) {
            tracing::info!("the database can be written again");
        }
        let took = began.elapsed();
        if took > HELD_UP {
            reason.get_or_insert_with(|| "the database was busy with something else".to_owned());
        }
        let seconds = took.as_secs_f32();
        Outcome::Stored(
            reason
                .map(|why| format!("For {seconds:.1} seconds nothing could be stored, and nothing new started: {why}")),
        )
    }

    fn publish(&mut self, working: &mut Working) {
        for id in std::mem::take(&mut working.touched) {
            let Some(ledger) = self.ledgers.get(&id) else { continue };
            let head = Head {
                last_seq: ledger.last_seq,
                finished: ledger.finished_at.is_some(),
            };
            self.hub.publish(id, head);
        }
        for run in std::mem::take(&mut working.ended) {
            self.ledgers.remove(&run.id);
            self.runs.remove(run.id, || self.shelf.lately.forget());
        }
        measures::stand(self.ledgers.values());
        for row in &working.batch.captures {
            measures::captured(&row.capture_type, row.verdict);
        }
        for answer in std::mem::take(&mut working.cancelled) {
            let _ = answer.send(true);
        }
        for (answer, wishes) in std::mem::take(&mut working.collected) {
            let _ = answer.send(wishes);
        }
        working.pins.clear();
        let currents = working.batch.currents.iter();
        self.indexer
            .changed(currents.map(|(device, capture_type, ..)| (*device, capture_type.clone())));
        self.indexer.changed(std::mem::take(&mut working.found_out));
    }
}

fn given_up(why: &str) -> Outcome {
    tracing::error!(
        why,
        "what was reported last is not stored: the next start collects it again"
    );
    Outcome::GivenUp
}

/// Waits for more entries until the batch is full, its time is over, or a collection has ended.
async fn gather(batch: &mut Vec<Entry>, entries: &mut mpsc::Receiver<Entry>) {
    let until = tokio::time::Instant::now() + BATCH_TIME;
    while batch.len() < BATCH_SIZE {
        let urgent = matches!(
            batch.last(),
            Some(Entry::Collected(..) | Entry::End(..) | Entry::Cancel(..))
        );
        match entries.try_recv() {
            Ok(entry) => batch.push(entry),
            Err(_) if urgent => return,
            Err(_) => match tokio::time::timeout_at(until, entries.recv()).await {
                Ok(Some(entry)) => batch.push(entry),
                _ => return,
            },
        }
    }
}

/// What the last good text makes of a complete one: a configuration that lost more than half is suspicious.
fn judge(report: &CaptureReport, last_good: Option<u64>) -> (Verdict, Option<String>) {
    let verdict = match report.verdict {
        jobs::Verdict::Complete => Verdict::Complete,
        jobs::Verdict::Truncated => Verdict::Truncated,
        jobs::Verdict::Rejected => Verdict::Rejected,
        jobs::Verdict::Empty => Verdict::Empty,
        jobs::Verdict::NotRun => Verdict::NotRun,
    };
    if let (Verdict::Complete, "configs", Some(before)) = (verdict, report.capture_type.as_str(), last_good)
        && report.bytes.saturating_mul(2) < before
    {
        let message = format!(
            "The configuration has {} bytes, the last good one {before}: less than half",
            report.bytes
        );
        return (Verdict::Suspicious, Some(message));
    }
    (verdict, report.message.clone())
}

fn entry(report: &CaptureReport, id: Option<Uuid>) -> CaptureEntry {
    CaptureEntry {
        id,
        capture_type: report.capture_type.clone(),
        verdict: judge(report, None).0,
        bytes: report.bytes,
        lines: report.lines,
        message: report.message.clone(),
    }
}

/// Lets a device end, says so to whoever watches the server, and what became of it.
fn device_completed(ledger: &mut Ledger, at: i64, position: u32, ending: Ending) -> Option<DeviceStatus> {
    let index = usize::try_from(position).ok()?;
    let ended_before = ledger.devices.get(index)?.finished_at.is_some();
    ledger.device_completed(at, position, ending);
    let device = ledger.devices.get(index)?;
    if !ended_before {
        measures::device_ended(ledger, device);
    }
    Some(device.status)
}

fn without_session(failure: Option<(FailureKind, String)>, not_run: &[String]) -> Ending {
    let entry = |capture_type: &String| CaptureEntry {
        id: None,
        capture_type: capture_type.clone(),
        verdict: Verdict::NotRun,
        bytes: 0,
        lines: 0,
        message: None,
    };
    Ending {
        attempt: 0,
        duration_ms: 0,
        cancelled: matches!(failure, Some((FailureKind::Cancelled, _))),
        failure: failure.map(|(kind, message)| (kind.as_str(), message)),
        platform: None,
        details: None,
        rest: not_run.iter().map(entry).collect(),
    }
}

/// Writes texts into the tree. What fails is tried again later.
fn project(shelf: &Shelf, projections: &[Projection]) {
    for one in projections {
        // A file must not be written while the files of its device get another name.
        let names = shelf.lately.names.blocking_read();
        let name = match names.get(&one.device_id) {
            None => &one.device_name,
            Some(Some(name)) => name,
            Some(None) => continue,
        };
        let written = match &one.source {
            Source::Memory(text) => shelf.tree.write(&one.capture_type, name, text),
            Source::Blob => shelf.tree.write_parts(&one.capture_type, name, |file| {
                shelf.blobs.read(&one.sha, |part| std::io::Write::write_all(file, part))
            }),
            Source::Database => {
                shelf.behind.add(one.device_id, &one.capture_type);
                continue;
            }
        };
        if let Err(error) = written {
            tracing::warn!(%error, device = name, capture_type = one.capture_type, "a last good text is written into the tree later");
            shelf.behind.add(one.device_id, &one.capture_type);
        }
    }
}

/// The rows as the store takes them.
pub(super) fn current_row(device: Uuid, capture_type: &str, capture: Uuid, text: i64) -> current_capture::Model {
    current_capture::Model {
        device_id: device,
        capture_type: capture_type.to_owned(),
        capture_id: capture,
        text_id: text,
    }
}

/// A capture's row before its text is known to be new.
pub(super) fn capture_row(row: &store::CaptureRow, text: Option<i64>) -> capture::Model {
    capture::Model {
        id: row.id,
        device_id: row.device_id,
        device_name: row.device_name.clone(),
        collection_id: row.collection_id,
        capture_type: row.capture_type.clone(),
        commands: row.commands.clone(),
        verdict: row.verdict,
        bytes: row.bytes,
        lines: row.lines,
        text_id: text,
        captured_at: row.captured_at,
        message: row.message.clone(),
        accepted_by: None,
    }
}
