//! The host keys of all devices in memory, as sessions ask for them, and the writer that keeps what is new.
//!
//! Only fingerprints are held: 100,000 keys take some 15 MB. A key that is met for the first time is accepted at once
//! and written soon after; who is killed in between meets it for the first time again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use entity::host_key;
use jobs::{HostKeyDecision, HostKeys};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::store;
use crate::{
    actor::Actor,
    audit::{self, Entry},
    database::Database,
    direct::HostKeyPolicy,
    error::Result,
    time::now_ms,
};

/// How exactly it is known when a key was last seen; without this every session would be a write.
const SEEN_EVERY: i64 = 60 * 60 * 1_000;
/// How long the writer gathers.
const GATHER: Duration = Duration::from_millis(200);
/// How many notes one transaction takes.
const BATCH: usize = 500;
/// How long the database is left alone after it did not take something.
const PAUSE: Duration = Duration::from_secs(1);

type Fingerprint = [u8; 32];

#[derive(Debug, Clone, Copy)]
struct Known {
    id: Uuid,
    /// `None` while no key is accepted.
    key: Option<Fingerprint>,
    offered: Option<Fingerprint>,
    last_seen_at: i64,
}

/// What the writer is told.
enum Note {
    New(Box<host_key::Model>),
    Seen(Uuid, i64),
    Offered {
        id: Uuid,
        place: String,
        key: String,
        at: i64,
    },
    /// Answer when everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// Known host keys.
pub(crate) struct Book {
    policy: HostKeyPolicy,
    known: Mutex<HashMap<String, Known>>,
    notes: mpsc::UnboundedSender<Note>,
}

/// Kind and key without the comment that may follow.
fn plain(key: &str) -> String {
    let mut words = key.split_whitespace();
    let kind = words.next().unwrap_or_default();
    format!("{kind} {}", words.next().unwrap_or_default())
}

fn fingerprint(key: &str) -> Fingerprint {
    Sha256::digest(key.as_bytes()).into()
}

impl Book {
    /// Reads all keys and starts the writer, which ends with the book.
    pub(crate) async fn open(db: &Database, policy: HostKeyPolicy) -> Result<Arc<Self>> {
        let mut known = HashMap::new();
        let mut after: Option<String> = None;
        loop {
            let rows = store::next(db.reader(), after.as_deref()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.place.clone());
            for row in rows {
                let entry = Known {
                    id: row.id,
                    key: (!row.key.is_empty()).then(|| fingerprint(&row.key)),
                    offered: row.offered_key.as_deref().map(fingerprint),
                    last_seen_at: row.last_seen_at,
                };
                known.insert(row.place, entry);
            }
        }
        let (notes, written) = mpsc::unbounded_channel();
        tokio::spawn(write_all(db.clone(), written));
        Ok(Arc::new(Self {
            policy,
            known: Mutex::new(known),
            notes,
        }))
    }

    fn note(&self, note: Note) {
        // The writer lives as long as the book.
        let _ = self.notes.send(note);
    }

    /// Waits until everything that was met so far is written.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        self.note(Note::Flush(done));
        let _ = written.await;
    }

    /// A person accepted another key.
    pub(super) fn accepted(&self, row: &host_key::Model) {
        if let Ok(mut known) = self.known.lock() {
            let entry = Known {
                id: row.id,
                key: Some(fingerprint(&row.key)),
                offered: None,
                last_seen_at: row.last_seen_at,
            };
            known.insert(row.place.clone(), entry);
        }
    }

    /// A person had a key forgotten.
    pub(super) fn forgotten(&self, row: &host_key::Model) {
        if let Ok(mut known) = self.known.lock()
            && known.get(&row.place).is_some_and(|entry| entry.id == row.id)
        {
            known.remove(&row.place);
        }
    }

    fn meet(&self, known: &mut HashMap<String, Known>, place: &str, key: String, now: i64) -> HostKeyDecision {
        let accept = self.policy != HostKeyPolicy::Strict;
        let (id, print) = (Uuid::now_v7(), fingerprint(&key));
        let entry = Known {
            id,
            key: accept.then_some(print),
            offered: (!accept).then_some(print),
            last_seen_at: now,
        };
        known.insert(place.to_owned(), entry);
        let kind = key.split_whitespace().next().unwrap_or_default();
        self.note(Note::New(Box::new(host_key::Model {
            id,
            place: place.to_owned(),
            algorithm: if accept { kind.to_owned() } else { String::new() },
            first_seen_at: now,
            last_seen_at: now,
            offered_at: (!accept).then_some(now),
            offered_key: (!accept).then(|| key.clone()),
            key: if accept { key } else { String::new() },
        })));
        match accept {
            true => HostKeyDecision::Accept,
            false => HostKeyDecision::Unknown,
        }
    }
}

impl HostKeys for Book {
    fn check(&self, host: &str, key: &str) -> HostKeyDecision {
        if self.policy == HostKeyPolicy::Off {
            return HostKeyDecision::Accept;
        }
        let (key, now) = (plain(key), now_ms());
        let Ok(mut known) = self.known.lock() else {
            return HostKeyDecision::Unknown;
        };
        let Some(entry) = known.get_mut(host) else {
            return self.meet(&mut known, host, key, now);
        };
        let print = fingerprint(&key);
        if entry.key == Some(print) {
            if now - entry.last_seen_at >= SEEN_EVERY {
                entry.last_seen_at = now;
                self.note(Note::Seen(entry.id, now));
            }
            return HostKeyDecision::Accept;
        }
        if entry.offered != Some(print) {
            entry.offered = Some(print);
            self.note(Note::Offered {
                id: entry.id,
                place: host.to_owned(),
                key,
                at: now,
            });
        }
        match entry.key {
            Some(_) => HostKeyDecision::Changed,
            None => HostKeyDecision::Unknown,
        }
    }
}

async fn write_all(db: Database, mut notes: mpsc::UnboundedReceiver<Note>) {
    let mut batch = Vec::new();
    while notes.recv_many(&mut batch, BATCH).await > 0 {
        let hurried = batch.iter().any(|note| matches!(note, Note::Flush(_)));
        if batch.len() < BATCH && !hurried {
            // The devices of a collection answer at about the same time.
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(note) = notes.try_recv()
            {
                batch.push(note);
            }
        }
        while let Err(error) = write(&db, &batch).await {
            // Who closed the book waits no longer: a key that was not kept is only met anew.
            if notes.is_closed() {
                tracing::error!(%error, keys = batch.len(), "host keys could not be written before the end");
                return;
            }
            tracing::warn!(%error, "host keys could not be written yet");
            tokio::time::sleep(PAUSE).await;
        }
        for note in batch.drain(..) {
            if let Note::Flush(done) = note {
                let _ = done.send(());
            }
        }
    }
}

async fn write(db: &Database, notes: &[Note]) -> Result<()> {
    if notes.iter().all(|note| matches!(note, Note::Flush(_))) {
        return Ok(());
    }
    let txn = db.begin().await?;
    for note in notes {
        match note {
            Note::New(row) => store::insert(&txn, row.as_ref().clone()).await?,
            Note::Seen(id, at) => store::seen(&txn, *id, *at).await?,
            Note::Offered { id, place, key, at } => {
                store::offered(&txn, *id, key, *at).await?;
                let entry = Entry {
                    action: "host_key.offer",
                    target_type: "host_key",
                    target_id: Some(id.to_string()),
                    summary: format!(
                        "{place} showed another host key than the known one: {}",
                        super::shown_fingerprint(key)
                    ),
                };
                audit::record(&txn, &Actor::server(), entry).await?;
            }
            Note::Flush(_) => {}
        }
    }
    txn.commit().await?;
    Ok(())
}
