//! Captures: stored texts with their history, the tree of the last good ones, and taking them away.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use data_encoding::HEXLOWER;
use entity::{
    capture::{self, Verdict},
    current_capture,
    user::Role,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit, config_changes,
    coverage::store as covered,
    database::Database,
    devices,
    error::{Error, ErrorKind, Result},
    page::{Page, PageRequest},
    time::now_ms,
};

mod archive;
mod blobs;
pub(crate) mod codec;
mod compared;
mod forget;
pub(crate) mod lately;
mod projection;
pub(crate) mod sink;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod tree;

pub use archive::{ArchiveForm, Piece};
pub use compared::{CONTEXT, CaptureDiff, Content, DiffWish, unified};
pub(crate) use compared::{LARGEST_COMPARED, must_mask};
pub use forget::{Purge, Purged};
pub use parsers::{Changes, Hunk, HunkLine, LineKind};

/// Largest text that is answered in one piece.
const LARGEST_ANSWER: i64 = 128 * 1024 * 1024;

/// Everything that texts are kept in besides the database.
pub(crate) struct Shelf {
    pub(crate) blobs: blobs::Blobs,
    pub(crate) tree: tree::Tree,
    pub(crate) pins: sink::Pins,
    pub(crate) lately: lately::Lately,
    pub(crate) behind: projection::Behind,
    next_text: AtomicI64,
}

impl Shelf {
    /// Opens the folders and takes away files that nothing refers to.
    ///
    /// # Errors
    /// When the folders or the database cannot be used.
    pub(crate) async fn open(data_dir: &Path, db: &Database) -> Result<Self> {
        let unusable = |error: io::Error| {
            Error::new(
                ErrorKind::Unavailable,
                "data_dir_unusable",
                format!("Cannot use {}: {error}", data_dir.display()),
            )
        };
        let shelf = Self {
            blobs: blobs::Blobs::open(data_dir).map_err(unusable)?,
            tree: tree::Tree::open(data_dir).map_err(unusable)?,
            pins: sink::Pins::default(),
            lately: lately::Lately::default(),
            behind: projection::Behind::default(),
            next_text: AtomicI64::new(store::last_text_id(db.reader()).await? + 1),
        };
        let swept = shelf
            .blobs
            .sweep(&store::blob_hashes(db.reader()).await?)
            .map_err(unusable)?;
        if swept > 0 {
            tracing::info!(swept, "stored texts that nothing refers to were removed");
        }
        Ok(shelf)
    }

    /// The id of the next new text. Only the recorder makes texts, so that no two get the same.
    pub(crate) fn next_text(&self) -> i64 {
        self.next_text.fetch_add(1, Ordering::Relaxed)
    }

    fn is_pinned(&self, text: i64) -> bool {
        self.pins.lock().is_ok_and(|pins| pins.contains_key(&text))
    }
}

/// Reads a stored text.
///
/// # Errors
/// When there is none, or what is stored cannot be read.
pub(crate) async fn read_text(db: &Database, shelf: &Arc<Shelf>, id: i64) -> Result<Vec<u8>> {
    let chain = store::chain(db.reader(), id).await?;
    let shelf = Arc::clone(shelf);
    let unpacked = tokio::task::spawn_blocking(move || unpack(&shelf, &chain)).await;
    unpacked
        .map_err(Error::internal)?
        .map_err(|error| Error::internal(format!("text {id} cannot be read: {error}")))
}

/// Reads every stored text and compares it with its hash; how many there are.
///
/// # Errors
/// At the first that is not what was stored.
pub(crate) async fn read_all(db: &Database, shelf: &Arc<Shelf>) -> Result<u64> {
    let (mut read, mut after) = (0, i64::MIN);
    loop {
        let ids = store::texts_after(db.reader(), after, 500).await?;
        let Some(last) = ids.last() else {
            return Ok(read);
        };
        after = *last;
        for id in ids {
            read_text(db, shelf, id).await?;
            read += 1;
        }
    }
}

fn unpack(shelf: &Shelf, chain: &[store::StoredText]) -> io::Result<Vec<u8>> {
    let mut text: Option<Vec<u8>> = None;
    for stored in chain.iter().rev() {
        let bytes = usize::try_from(stored.bytes).map_err(io::Error::other)?;
        text = Some(match &stored.data {
            None => shelf.blobs.read_all(&stored.sha256)?,
            Some(data) => {
                if stored.base_id.is_some() != text.is_some() {
                    return Err(io::Error::other("what it is a patch on is missing"));
                }
                codec::unpack(data, text.as_deref(), bytes)?
            }
        });
    }
    let text = text.ok_or_else(|| io::Error::other("it is not there"))?;
    match chain.first() {
        Some(first) if codec::sha(&text).as_slice() == first.sha256 => Ok(text),
        _ => Err(io::Error::other("it is not what was stored")),
    }
}

/// Which captures are asked for; several values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct CaptureFilter {
    /// Ids of devices.
    pub device_id: Vec<Uuid>,
    /// Names of devices today, ignoring case.
    pub device: Vec<String>,
    /// Slugs of capture types.
    pub capture_type: Vec<String>,
    /// Ids of collections.
    pub collection_id: Vec<Uuid>,
    /// What the text is worth.
    pub verdict: Vec<Verdict>,
    /// Only the ones that the last good texts came from.
    pub current: bool,
}

/// A capture, as answers show it.
#[derive(Debug, Clone)]
pub struct CaptureView {
    /// The row.
    pub row: capture::Model,
    /// SHA-256 of its text in hexadecimal digits; for who must not see secrets a keyed one instead.
    pub sha256: Option<String>,
    /// Whether its text is the last good one of the device and type.
    pub current: bool,
}

impl Service {
    /// Captures, the newest first.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn capture_list(
        &self,
        actor: &Actor,
        filter: &CaptureFilter,
        page: &PageRequest,
    ) -> Result<Page<CaptureView>> {
        actor.needs(Role::Viewer)?;
        let devices = self.asked_devices(filter).await?;
        let rows = store::list(self.db().reader(), filter, devices.as_deref(), page).await?;
        let texts: Vec<i64> = rows.items.iter().filter_map(|row| row.text_id).collect();
        let hashes = store::hashes(self.db().reader(), &texts).await?;
        let devices: HashSet<Uuid> = rows.items.iter().map(|row| row.device_id).collect();
        let devices: Vec<Uuid> = devices.into_iter().collect();
        let current = store::last_good(self.db().reader(), &devices).await?;
        let current: HashMap<(Uuid, String), i64> = current
            .into_iter()
            .map(|last| ((last.device_id, last.capture_type), last.text_id))
            .collect();
        Ok(rows.map(|row| {
            let last = current.get(&(row.device_id, row.capture_type.clone())).copied();
            view(row, &hashes, last, |sha| self.shown_hash(sha, must_mask(actor)))
        }))
    }

    /// The devices that are asked for, by id, name or both; `None`: all of them. History has an index by id alone.
    async fn asked_devices(&self, filter: &CaptureFilter) -> Result<Option<Vec<Uuid>>> {
        let mut ids = filter.device_id.clone();
        if !filter.device.is_empty() {
            let keys: Vec<String> = filter
                .device
                .iter()
                .map(|name| crate::inventory::name_key(name))
                .collect();
            let named = devices::store::named(self.db().reader(), &keys).await?;
            let named: Vec<Uuid> = named.into_iter().map(|device| device.id).collect();
            match ids.is_empty() {
                true => return Ok(Some(named)),
                false => ids.retain(|id| named.contains(id)),
            }
            return Ok(Some(ids));
        }
        Ok((!ids.is_empty()).then_some(ids))
    }

    /// One capture.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn capture_view(&self, actor: &Actor, id: Uuid) -> Result<CaptureView> {
        actor.needs(Role::Viewer)?;
        let row = self.capture_row(id).await?;
        let db = self.db().reader();
        let hashes = store::hashes(db, &row.text_id.into_iter().collect::<Vec<_>>()).await?;
        let current = store::current(db, row.device_id, &row.capture_type).await?;
        let last = current.map(|current| current.text_id);
        Ok(view(row, &hashes, last, |sha| self.shown_hash(sha, must_mask(actor))))
    }

    /// What tells texts apart. Who sees a text without its secrets could try secrets until its hash is the right one: for
    /// them it is a keyed one, the same for the same text.
    fn shown_hash(&self, sha: &[u8], keyed: bool) -> String {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.vault().derive("hashes of texts"));
        match (keyed, mac) {
            (false, _) => HEXLOWER.encode(sha),
            (true, Ok(mac)) => HEXLOWER.encode(&mac.chain_update(sha).finalize().into_bytes()),
            (true, Err(_)) => String::new(),
        }
    }

    async fn capture_row(&self, id: Uuid) -> Result<capture::Model> {
        let row = store::capture(self.db().reader(), id).await?;
        row.ok_or_else(|| Error::not_found("capture", id))
    }

    /// Makes a suspicious capture the last good one.
    ///
    /// # Errors
    /// `not_suspicious` for any other verdict, `superseded` when there is a newer good one.
    pub async fn capture_accept(&self, actor: &Actor, id: Uuid) -> Result<CaptureView> {
        actor.needs(Role::Operator)?;
        let row = self.capture_row(id).await?;
        let (Verdict::Suspicious, Some(text_id)) = (row.verdict, row.text_id) else {
            return Err(Error::conflict(
                "not_suspicious",
                format!(
                    "Capture {id} is {}: only a suspicious one can be accepted",
                    row.verdict.as_str()
                ),
            ));
        };
        if row.accepted_by.is_none() {
            // Nobody may take it away meanwhile, and no newer one come.
            let turn = self.texts_turn().await;
            let newest = store::newest_good(self.db().reader(), row.device_id, &row.capture_type).await?;
            if newest.is_some_and(|newest| newest.id > row.id) {
                return Err(Error::conflict(
                    "superseded",
                    "There is a newer good capture of this device and type",
                ));
            }
            let txn = self.db().begin().await?;
            if !store::set_accepted(&txn, id, &actor.name).await? {
                return Err(Error::not_found("capture", id));
            }
            let current = current_capture::Model {
                device_id: row.device_id,
                capture_type: row.capture_type.clone(),
                capture_id: row.id,
                text_id,
            };
            if row.capture_type == config_changes::CONFIGS {
                let new = [(row.device_id, row.id, row.collection_id)];
                config_changes::store::mark(&txn, &new).await?;
            }
            store::set_current(&txn, vec![current]).await?;
            let hashes = store::hashes(&txn, &[text_id]).await?;
            covered::accepted(&txn, row.device_id, &row.capture_type, row.id, row.captured_at).await?;
            let entry = audit::Entry {
                action: "capture.accept",
                target_type: "capture",
                target_id: Some(id.to_string()),
                summary: format!("Accepted {} of {}", row.capture_type, row.device_name),
            };
            audit::record(&txn, actor, entry).await?;
            txn.commit().await?;
            if let Some(sha) = hashes.get(&text_id).and_then(|sha| sha.as_slice().try_into().ok()) {
                let bytes = u64::try_from(row.bytes).unwrap_or_default();
                let good = lately::Good { sha, bytes };
                self.shelf().lately.set_good(row.device_id, &row.capture_type, good);
            }
            drop(turn);
            self.project_surely(row.device_id, &row.capture_type).await;
            if let Err(error) = self.changes_find(config_changes::Which::Capture(id)).await {
                tracing::warn!(%error, capture_id = %id, "configurations are compared later");
            }
            self.indexer().changed([(row.device_id, row.capture_type)]);
        }
        self.capture_view(actor, id).await
    }
}

/// Nothing was kept of a capture.
pub(crate) fn no_text(id: Uuid) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "no_text",
        format!("Nothing was kept of capture {id}"),
    )
}

fn view(
    row: capture::Model,
    hashes: &HashMap<i64, Vec<u8>>,
    last_good: Option<i64>,
    shown: impl Fn(&[u8]) -> String,
) -> CaptureView {
    let sha256 = row.text_id.and_then(|id| hashes.get(&id));
    let good = row.verdict == Verdict::Complete || row.accepted_by.is_some();
    CaptureView {
        sha256: sha256.map(|sha| shown(sha)),
        current: good && row.text_id.is_some() && row.text_id == last_good,
        row,
    }
}

/// When something was stored that many days ago.
fn days_ago(days: u32) -> i64 {
    now_ms() - i64::from(days) * 24 * 3600 * 1000
}
