//! Keeps what can be searched in step with the last good texts: after the recorder has written them, never in its way.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use entity::{search_chunk, search_text};
use parsers::pieces;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{PIECES, rarity::Rarity, store};
use crate::{Service, captures::read_text, error::Result};

/// Bytes of a piece. SQLite's index knows where in a piece something stands, PostgreSQL's only that it is in it: the less is
/// in one, the fewer are looked at in vain.
const SQLITE_PIECE: usize = 1_600;
const POSTGRES_PIECE: usize = 700;
/// Another number where texts are cut another way.
const FORMAT: i64 = 2;
/// Texts of one transaction: on SQLite the recorder waits that long for its turn.
const BATCH: usize = 16;
/// Texts of one look at all of them.
const LOOK: u64 = 500;
/// What is searched of one text.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// A collection gives many new texts in a moment; what comes within this is done together.
const GATHER: Duration = Duration::from_millis(200);
/// Where this part of all texts is new, how often trigrams are is looked at again.
const SAMPLED_ANEW: u64 = 10;
/// After a fault of the database.
const PAUSE: Duration = Duration::from_secs(2);

/// What waits to be made searchable.
#[derive(Default)]
pub(crate) struct Indexer {
    /// The server keeps no index.
    is_off: bool,
    waiting: Mutex<BTreeSet<(Uuid, String)>>,
    /// Texts that are being worked on.
    working: AtomicU64,
    /// Whether all texts were looked through since the start.
    looked: AtomicBool,
    /// Why the database has no index; empty: it has.
    without: Mutex<String>,
    wake: Notify,
    /// How often trigrams are, as a sample showed.
    rarity: Mutex<Arc<Rarity>>,
    /// Texts that were made searchable since then.
    indexed_since: AtomicU64,
}

impl Indexer {
    /// An indexer with nothing to do yet; `is_on`: whether the server keeps an index.
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_off: !is_on,
            ..Self::default()
        }
    }

    /// Whether the server keeps no index.
    pub(super) fn is_off(&self) -> bool {
        self.is_off
    }

    /// These have other last good texts now.
    pub(crate) fn changed(&self, keys: impl IntoIterator<Item = (Uuid, String)>) {
        if self.is_off {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let before = waiting.len();
        waiting.extend(keys);
        if waiting.len() > before {
            self.wake.notify_one();
        }
    }

    /// Texts that cannot be searched yet as they are now, and whether all of them are known.
    pub(super) fn pending(&self) -> (u64, bool) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        (
            waiting + self.working.load(Ordering::Relaxed),
            self.looked.load(Ordering::Relaxed),
        )
    }

    /// How often trigrams are.
    pub(super) fn rarity(&self) -> Arc<Rarity> {
        Arc::clone(&self.rarity.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the database has no index; `None`: it has.
    pub(super) fn without_index(&self) -> Option<String> {
        let why = self.without.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(why).filter(|why| !why.is_empty())
    }

    fn take(&self) -> Vec<(Uuid, String)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < BATCH
            && let Some(key) = waiting.pop_first()
        {
            taken.push(key);
        }
        self.working.store(taken.len() as u64, Ordering::Relaxed);
        taken
    }
}

impl Service {
    /// Makes texts searchable for as long as the server runs.
    pub(crate) async fn index_texts(self) {
        if self.indexer().is_off() {
            return;
        }
        match store::prepare(self.db()).await {
            Ok(None) => {}
            Ok(Some(why)) => self.without_index(format!("The search works without an index, slowly: {why}")),
            Err(error) => self.without_index(format!("The search works without an index, slowly: {error}")),
        }
        self.take_sample().await;
        loop {
            match self.look_through().await {
                Ok(0) => break,
                Ok(found) => {
                    tracing::info!(found, "last good texts are made searchable");
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "what can be searched could not be looked through");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        self.sample_again().await;
        self.indexer().looked.store(true, Ordering::Relaxed);
        loop {
            self.indexer().wake.notified().await;
            tokio::time::sleep(GATHER).await;
            self.work_off().await;
            self.sample_again().await;
        }
    }

    /// Looks at how often trigrams are, where enough has become searchable since that was last done.
    async fn sample_again(&self) {
        let since = self.indexer().indexed_since.load(Ordering::Relaxed);
        if since == 0 {
            return;
        }
        match store::texts(self.db().reader()).await {
            Ok(all) if since * SAMPLED_ANEW < all => {}
            Ok(_) => self.take_sample().await,
            Err(error) => tracing::warn!(%error, "what can be searched could not be counted"),
        }
    }

    async fn take_sample(&self) {
        self.indexer().indexed_since.store(0, Ordering::Relaxed);
        match store::rarity(self.db().reader()).await {
            Ok(rarity) => {
                *self.indexer().rarity.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rarity);
            }
            // Without it a search asks for more than it must.
            Err(error) => tracing::warn!(%error, "what can be searched could not be looked at"),
        }
    }

    fn without_index(&self, why: String) {
        tracing::warn!(why, "no index for the search");
        *self.indexer().without.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Finds texts that cannot be searched as they are now. Gives their number.
    async fn look_through(&self) -> Result<usize> {
        let (mut found, mut after) = (0, None);
        loop {
            let rows = store::all_current(self.db().reader(), after.as_ref(), LOOK).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            after = Some((last.device_id, last.capture_type.clone()));
            let mut stale = Vec::new();
            for row in &rows {
                let rules = self.mask_of(row)?.number() ^ FORMAT;
                if row.known_text_id != Some(row.text_id) || row.known_rules != Some(rules) {
                    stale.push((row.device_id, row.capture_type.clone()));
                }
            }
            found += stale.len();
            if !stale.is_empty() {
                self.indexer().changed(stale);
                self.work_off().await;
            }
        }
    }

    fn mask_of(&self, row: &store::Current) -> Result<std::sync::Arc<crate::rulebook::Mask>> {
        let platform = row.platform.as_deref().unwrap_or(&row.platform_now);
        self.rulebook().mask(&[platform], &row.capture_type)
    }

    /// Works until nothing waits.
    async fn work_off(&self) {
        loop {
            let keys = self.indexer().take();
            if keys.is_empty() {
                return;
            }
            if let Err(error) = self.index(&keys).await {
                tracing::warn!(%error, "last good texts could not be made searchable yet");
                self.indexer().changed(keys);
                self.indexer().working.store(0, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn index(&self, keys: &[(Uuid, String)]) -> Result<()> {
        let mut ready = Vec::with_capacity(keys.len());
        for row in store::current_of(self.db().reader(), keys).await? {
            let mask = self.mask_of(&row)?;
            let rules = mask.number() ^ FORMAT;
            if row.known_text_id == Some(row.text_id) && row.known_rules == Some(rules) {
                continue;
            }
            let text = match read_text(self.db(), self.shelf(), row.text_id).await {
                Ok(text) => text,
                // One that is replaced at this moment waits again already; a broken one must not stop the others.
                Err(error) => {
                    tracing::warn!(%error, device_id = %row.device_id, row.capture_type, "a last good text cannot be searched");
                    continue;
                }
            };
            let most = if self.db().is_postgres() {
                POSTGRES_PIECE
            } else {
                SQLITE_PIECE
            };
            let cut = tokio::task::spawn_blocking(move || cut(&text, &mask.masker, most)).await;
            let (pieces, partial) = cut.map_err(crate::error::Error::internal)?;
            let text = search_text::Model {
                id: 0,
                device_id: row.device_id,
                capture_type: row.capture_type,
                capture_id: row.capture_id,
                text_id: row.text_id,
                rules,
                partial,
            };
            ready.push((text, pieces));
        }
        if !ready.is_empty() {
            let txn = self.db().begin().await?;
            for (text, pieces) in &ready {
                store::write(&txn, text, pieces).await?;
            }
            txn.commit().await?;
            self.indexer()
                .indexed_since
                .fetch_add(ready.len() as u64, Ordering::Relaxed);
        }
        self.indexer().working.store(0, Ordering::Relaxed);
        Ok(())
    }
}

/// The pieces of a text, and whether there is more of it.
fn cut(bytes: &[u8], masker: &parsers::Masker, size: usize) -> (Vec<search_chunk::Model>, bool) {
    let beginning = bytes.get(..MOST_BYTES).unwrap_or(bytes);
    // A database takes no NUL in a text; whoever looks at a line sees that something is there.
    let text = String::from_utf8_lossy(beginning).replace('\0', "\u{fffd}");
    let masked = masker.mask(&text);
    let mut plain = text.split_inclusive('\n');
    let most = usize::try_from(PIECES).unwrap_or(usize::MAX);
    let all = pieces(&masked, size);
    let partial = beginning.len() < bytes.len() || all.len() > most;
    let chunks = all.into_iter().take(most).map(|piece| {
        let raw: String = plain.by_ref().take(piece.lines).collect();
        let body = masked.get(piece.range).unwrap_or_default().to_owned();
        search_chunk::Model {
            id: 0,
            first_line: i64::try_from(piece.first_line).unwrap_or(i64::MAX),
            head: piece.head.join("\n"),
            raw: Some(raw).filter(|raw| *raw != body),
            body,
        }
    });
    (chunks.collect(), partial)
}

#[cfg(test)]
mod tests {
    use parsers::{LineRule, Masker};

    use super::*;

    #[test]
    fn secrets_are_apart_from_what_everybody_finds() {
        let masker = Masker::new(&[LineRule::new("secret (?P<secret>\\S+)")], None).unwrap();
        let open = "interface Gi1\n description none\n".repeat(60);
        let text = format!("{open}username a secret geheim\0x\nend\n");
        let (chunks, partial) = cut(text.as_bytes(), &masker, SQLITE_PIECE);
        assert!(!partial && chunks.len() > 1);
        assert!(chunks.iter().all(|chunk| !chunk.body.contains("geheim")));
        let with: Vec<_> = chunks.iter().filter(|chunk| chunk.raw.is_some()).collect();
        assert_eq!(with.len(), 1);
        assert!(with[0].raw.as_ref().unwrap().contains("secret geheim\u{fffd}x\n"));
        let lines: usize = chunks.iter().map(|chunk| chunk.body.lines().count()).sum();
        assert_eq!(lines, text.lines().count());
    }
}
