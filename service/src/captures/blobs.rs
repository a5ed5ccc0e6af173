//! Texts too large for the database, as zstd files named after their hash. The only module that knows where they are.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use data_encoding::HEXLOWER;

use super::codec::Sha;
use crate::server::private_folder;

const LEVEL: i32 = 1;
const COPY: usize = 64 * 1024;

/// The folder of large texts, and of texts on their way.
pub(crate) struct Blobs {
    folder: PathBuf,
    incoming: PathBuf,
    counter: AtomicU64,
    held: Held,
}

/// Texts that the database will refer to, and how often.
type Held = Arc<Mutex<HashMap<Sha, usize>>>;

/// Keeps the file of a text from being removed until the database refers to it.
#[derive(Debug)]
pub(crate) struct Hold {
    sha: Sha,
    held: Held,
}

impl Hold {
    fn new(held: &Held, sha: Sha) -> Arc<Self> {
        *held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(sha)
            .or_default() += 1;
        Arc::new(Self {
            sha,
            held: Arc::clone(held),
        })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.sha) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.sha);
            }
        }
    }
}

impl Blobs {
    /// Makes the folders and takes away what a run before left half written.
    ///
    /// # Errors
    /// When the folders cannot be used.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let blobs = Self {
            folder: data_dir.join("blobs"),
            incoming: data_dir.join("blobs").join("incoming"),
            counter: AtomicU64::new(0),
            held: Held::default(),
        };
        private_folder(&blobs.incoming)?;
        for entry in fs::read_dir(&blobs.incoming)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(blobs)
    }

    /// A new file for a text on its way.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub(crate) fn incoming(&self) -> io::Result<(PathBuf, File)> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let path = self.incoming.join(number.to_string());
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok((path, file))
    }

    fn place(&self, sha: &[u8]) -> PathBuf {
        let name = HEXLOWER.encode(sha);
        let (start, _) = name.split_at_checked(2).unwrap_or(("00", ""));
        self.folder.join(start).join(format!("{name}.zst"))
    }

    /// Packs a text that is on its way and puts it in its place; it is on the disk when this returns, and stays there for
    /// as long as the hold lives.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub(crate) fn keep(&self, raw: &Path, sha: &Sha) -> io::Result<Arc<Hold>> {
        // Before it is looked for: the same text may be about to be removed.
        let hold = Hold::new(&self.held, *sha);
        let place = self.place(sha);
        if place.exists() {
            return Ok(hold);
        }
        let (part, file) = self.incoming()?;
        let kept = self.pack(raw, file).and_then(|()| {
            let folder = place.parent().unwrap_or(&self.folder);
            fs::create_dir_all(folder)?;
            fs::rename(&part, &place)?;
            File::open(folder)?.sync_all()
        });
        if kept.is_err() {
            // A disk that is full needs the room.
            let _ = fs::remove_file(&part);
        }
        kept.map(|()| hold)
    }

    fn pack(&self, raw: &Path, file: File) -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(file, LEVEL)?;
        io::copy(&mut File::open(raw)?, &mut encoder)?;
        encoder.finish()?.sync_all()
    }

    /// Reads a text in parts.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub(crate) fn read(&self, sha: &[u8], mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut decoder = zstd::Decoder::new(File::open(self.place(sha))?)?;
        let mut part = vec![0; COPY];
        loop {
            match decoder.read(&mut part)? {
                0 => return Ok(()),
                count => take(part.get(..count).unwrap_or_default())?,
            }
        }
    }

    /// Reads a whole text.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub(crate) fn read_all(&self, sha: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.read(sha, |part| text.write_all(part))?;
        Ok(text)
    }

    /// Takes a text away; one that is not there is fine. One that the database will refer to again stays.
    pub(crate) fn remove(&self, sha: &[u8]) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if Sha::try_from(sha).is_ok_and(|sha| held.contains_key(&sha)) {
            return;
        }
        if let Err(error) = fs::remove_file(self.place(sha))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a stored text could not be removed");
        }
    }

    /// Takes every text away that nothing refers to; gives their number.
    ///
    /// # Errors
    /// When the folders cannot be read.
    pub(crate) fn sweep(&self, referred: &HashSet<Vec<u8>>) -> io::Result<usize> {
        let mut swept = 0;
        for folder in fs::read_dir(&self.folder)? {
            let folder = folder?.path();
            if !folder.is_dir() || folder == self.incoming {
                continue;
            }
            for file in fs::read_dir(&folder)? {
                let path = file?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let sha = name
                    .strip_suffix(".zst")
                    .and_then(|name| HEXLOWER.decode(name.as_bytes()).ok());
                if sha.is_some_and(|sha| !referred.contains(&sha)) {
                    fs::remove_file(&path)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captures::codec;

    #[test]
    fn a_large_text_reads_back_and_goes_when_nothing_refers_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let text = b"ip route 10.0.0.0 255.0.0.0 Null0\n".repeat(100_000);
        let sha = codec::sha(&text);
        let (raw, mut file) = blobs.incoming().unwrap();
        file.write_all(&text).unwrap();
        blobs.keep(&raw, &sha).unwrap();
        fs::remove_file(raw).unwrap();
        assert_eq!(blobs.read_all(&sha).unwrap(), text);
        assert_eq!(blobs.sweep(&HashSet::from([sha.to_vec()])).unwrap(), 0);
        assert_eq!(blobs.sweep(&HashSet::new()).unwrap(), 1);
        assert!(blobs.read_all(&sha).is_err());
    }

    #[test]
    fn a_text_that_comes_again_is_not_removed_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let sha = codec::sha(b"text");
        let (raw, mut file) = blobs.incoming().unwrap();
        file.write_all(b"text").unwrap();
        drop(blobs.keep(&raw, &sha).unwrap());
        let (first, again) = (blobs.keep(&raw, &sha).unwrap(), blobs.keep(&raw, &sha).unwrap());
        drop(first);
        blobs.remove(&sha);
        assert_eq!(blobs.read_all(&sha).unwrap(), b"text");
        drop(again);
        blobs.remove(&sha);
        assert!(blobs.read_all(&sha).is_err());
    }

    #[test]
    fn what_could_not_be_kept_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let sha = codec::sha(b"text");
        // Its folder cannot be made.
        let (raw, mut file) = blobs.incoming().unwrap();
        file.write_all(b"text").unwrap();
        let prefix = HEXLOWER.encode(&sha)[..2].to_owned();
        fs::write(folder.path().join("blobs").join(prefix), b"").unwrap();
        assert!(blobs.keep(&raw, &sha).is_err());
        assert_eq!(fs::read_dir(&blobs.incoming).unwrap().count(), 1);
        assert!(blobs.held.lock().unwrap().is_empty());
    }

    #[test]
    fn what_was_half_written_is_gone_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = Blobs::open(folder.path()).unwrap().incoming().unwrap();
        assert!(path.exists());
        Blobs::open(folder.path()).unwrap();
        assert!(!path.exists());
    }
}
