//! Where captures stream into: memory up to a limit, then a file; hashed on the way and packed at the end, so that the
//! recorder only has to write rows.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use jobs::{CaptureSink, CaptureWriter, DeviceJob, SinkFuture, Verdict};
use sha2::{Digest, Sha256};

use super::{
    Shelf,
    blobs::Hold,
    codec::{self, Sha},
};
use crate::collections::run::{Run, Runs};

/// Text held in memory; longer ones go to a file.
const BUFFERED: usize = 128 * 1024;
/// Buffers that are kept for the next captures.
const KEPT_BUFFERS: usize = 64;

/// How a text is to be stored.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// The text of this id, which is stored already.
    Known(i64),
    /// Packed, by itself or on the text of this id and depth.
    Packed { data: Vec<u8>, base: Option<(i64, i32)> },
    /// In its place under `blobs/`.
    Blob,
}

/// A text that has come in and is not in the database yet.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    pub(crate) sha: Sha,
    pub(crate) bytes: u64,
    pub(crate) body: Body,
    /// The text, where it is small and changed.
    pub(crate) text: Option<Arc<Vec<u8>>>,
    /// Keeps what it is packed on from being deleted.
    pub(crate) pin: Option<Arc<Pin>>,
    /// Keeps its file from being removed.
    pub(crate) hold: Option<Arc<Hold>>,
}

/// Keeps a stored text from being deleted for as long as this lives.
#[derive(Debug)]
pub(crate) struct Pin {
    id: i64,
    pins: Pins,
}

/// Texts that are in use by what is not in the database yet.
pub(crate) type Pins = Arc<Mutex<std::collections::HashMap<i64, usize>>>;

impl Pin {
    pub(crate) fn new(pins: &Pins, id: i64) -> Arc<Self> {
        if let Ok(mut held) = pins.lock() {
            *held.entry(id).or_default() += 1;
        }
        Arc::new(Self {
            id,
            pins: Arc::clone(pins),
        })
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Ok(mut held) = self.pins.lock()
            && let Some(count) = held.get_mut(&self.id)
        {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.id);
            }
        }
    }
}

/// The sink of a server.
pub(crate) struct StoreSink {
    shelf: Arc<Shelf>,
    runs: Arc<Runs>,
    buffers: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl StoreSink {
    pub(crate) fn new(shelf: Arc<Shelf>, runs: Arc<Runs>) -> Self {
        Self {
            shelf,
            runs,
            buffers: Arc::default(),
        }
    }
}

impl CaptureSink for StoreSink {
    fn begin(&self, job: &DeviceJob, capture_type: &str) -> io::Result<Box<dyn CaptureWriter>> {
        let Some((run, position)) = self.runs.find(&job.device.id) else {
            return Err(io::Error::other("the collection has ended"));
        };
        Ok(Box::new(StoreWriter {
            run,
            position,
            capture_type: capture_type.to_owned(),
            shelf: Arc::clone(&self.shelf),
            buffers: Arc::clone(&self.buffers),
            buffer: Vec::new(),
            hash: Sha256::new(),
            bytes: 0,
            file: None,
        }))
    }
}

struct StoreWriter {
    run: Arc<Run>,
    position: u32,
    capture_type: String,
    shelf: Arc<Shelf>,
    buffers: Arc<Mutex<Vec<Vec<u8>>>>,
    buffer: Vec<u8>,
    hash: Sha256,
    bytes: u64,
    file: Option<(PathBuf, File)>,
}

impl StoreWriter {
    fn take(&mut self, text: &[u8]) -> io::Result<()> {
        self.hash.update(text);
        self.bytes += text.len() as u64;
        if self.file.is_none() && self.buffer.len() + text.len() > BUFFERED {
            self.file = Some(self.shelf.blobs.incoming()?);
        }
        match &mut self.file {
            None => {
                if self.buffer.capacity() == 0 {
                    self.buffer = self
                        .buffers
                        .lock()
                        .ok()
                        .and_then(|mut kept| kept.pop())
                        .unwrap_or_default();
                }
                self.buffer.extend_from_slice(text);
                Ok(())
            }
            Some((_, file)) => {
                file.write_all(&self.buffer)?;
                self.buffer.clear();
                file.write_all(text)
            }
        }
    }

    /// The text, if it may be held in memory.
    fn whole(&mut self) -> io::Result<Option<Vec<u8>>> {
        match &self.file {
            None => Ok(Some(std::mem::take(&mut self.buffer))),
            Some((path, _)) if self.bytes <= codec::LARGEST_PATCHED as u64 => fs::read(path).map(Some),
            Some(_) => Ok(None),
        }
    }

    async fn stage(&mut self, verdict: Verdict) -> io::Result<Staged> {
        let sha: Sha = std::mem::take(&mut self.hash).finalize().into();
        let last_good = match verdict {
            Verdict::Complete => self.run.last_good(self.position, &self.capture_type),
            _ => None,
        };
        let mut staged = Staged {
            sha,
            bytes: self.bytes,
            body: Body::Blob,
            text: None,
            pin: None,
            hold: None,
        };
        if let Some(last) = &last_good
            && last.sha == sha
        {
            staged.body = Body::Known(last.text_id);
            staged.pin = Some(Arc::clone(&last.pin));
            return Ok(staged);
        }
        let Some(text) = self.whole()? else {
            let (shelf, raw) = (
                Arc::clone(&self.shelf),
                self.file.as_ref().map(|(path, _)| path.clone()),
            );
            let kept = tokio::task::spawn_blocking(move || shelf.blobs.keep(&raw.unwrap_or_default(), &sha));
            staged.hold = Some(kept.await.map_err(io::Error::other)??);
            return Ok(staged);
        };
        let base = last_good.filter(|last| last.depth < codec::DEEPEST && last.bytes <= codec::LARGEST_PATCHED as u64);
        let patch = match &base {
            Some(last) => {
                staged.pin = Some(Arc::clone(&last.pin));
                let name = self.run.device_name(self.position);
                let old = match self.shelf.tree.read(&self.capture_type, name, &last.sha) {
                    Some(old) => Some(old),
                    // The file is older or newer than what is known: the database has it all the same.
                    None => self.run.read_text(last.text_id).await,
                };
                old.map(|old| codec::pack_patch(&old, &text)).transpose()?
            }
            None => None,
        };
        staged.body = match (patch, base) {
            (Some(data), Some(last)) => Body::Packed {
                data,
                base: Some((last.text_id, last.depth + 1)),
            },
            _ => {
                staged.pin = None;
                Body::Packed {
                    data: codec::pack(&text)?,
                    base: None,
                }
            }
        };
        if verdict == Verdict::Complete {
            staged.text = Some(Arc::new(text));
        } else {
            self.buffer = text;
        }
        Ok(staged)
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        if let Some((path, _)) = self.file.take() {
            let _ = fs::remove_file(path);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.capacity() > 0
            && let Ok(mut kept) = self.buffers.lock()
            && kept.len() < KEPT_BUFFERS
        {
            buffer.clear();
            kept.push(buffer);
        }
    }
}

impl CaptureWriter for StoreWriter {
    fn write<'a>(&'a mut self, text: &'a [u8]) -> SinkFuture<'a> {
        let result = self.take(text);
        Box::pin(std::future::ready(result))
    }

    fn finish(mut self: Box<Self>, verdict: Verdict) -> SinkFuture<'static> {
        Box::pin(async move {
            let staged = self.stage(verdict).await?;
            self.run.stage(self.position, &self.capture_type, staged);
            Ok(())
        })
    }
}
