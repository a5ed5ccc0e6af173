//! `capture/<type>/<device>.txt`: the last good text of each type of each device, plain, for people who grep. A
//! projection of the database: every file is replaced at once or not at all, and can be made again.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::codec::{Sha, sha};
use crate::{file_name, server::private_folder};

/// How the name of every text ends.
const ENDING: &str = ".txt";

/// The folder of the last good texts.
pub(crate) struct Tree {
    folder: PathBuf,
    parts: PathBuf,
    counter: AtomicU64,
}

impl Tree {
    /// Makes the folder and takes away what a run before left half written.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("capture");
        let parts = folder.join(".parts");
        private_folder(&parts)?;
        for entry in fs::read_dir(&parts)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(Self {
            folder,
            parts,
            counter: AtomicU64::new(0),
        })
    }

    /// The file of a device, in the folder of each type.
    pub(crate) fn file(device: &str) -> String {
        format!("{}{ENDING}", file_name::encode(device))
    }

    /// Where the text of a device is.
    pub(crate) fn place(&self, capture_type: &str, device: &str) -> PathBuf {
        self.folder.join(capture_type).join(Self::file(device))
    }

    /// The types that have a folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn types(&self) -> io::Result<Vec<String>> {
        let mut types = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if entry.file_type()?.is_dir() && entry.path() != self.parts && !name.is_empty() {
                types.push(name);
            }
        }
        Ok(types)
    }

    /// The texts in the folder of a type.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn files(&self, capture_type: &str) -> io::Result<HashSet<String>> {
        let mut files = HashSet::new();
        for entry in fs::read_dir(self.folder.join(capture_type))? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            if name.ends_with(ENDING) {
                files.insert(name);
            }
        }
        Ok(files)
    }

    /// Takes texts of a type away; ones that are not there are fine.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub(crate) fn remove(&self, capture_type: &str, files: &HashSet<String>) -> io::Result<()> {
        let folder = self.folder.join(capture_type);
        for file in files {
            match fs::remove_file(folder.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Replaces a text.
    ///
    /// # Errors
    /// When the disk is full or cannot be written; the text that was there still is.
    pub(crate) fn write(&self, capture_type: &str, device: &str, text: &[u8]) -> io::Result<()> {
        self.write_parts(capture_type, device, |file| file.write_all(text))
    }

    /// Replaces a text by what `fill` writes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn write_parts(
        &self,
        capture_type: &str,
        device: &str,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let place = self.place(capture_type, device);
        let part = self
            .parts
            .join(self.counter.fetch_add(1, Ordering::Relaxed).to_string());
        let mut file = File::create(&part)?;
        let written = fill(&mut file).and_then(|()| match fs::rename(&part, &place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(place.parent().unwrap_or(&self.folder))?;
                fs::rename(&part, &place)
            }
            renamed => renamed,
        });
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    /// The text of a device if it is there and has this hash.
    pub(crate) fn read(&self, capture_type: &str, device: &str, expected: &Sha) -> Option<Vec<u8>> {
        let text = fs::read(self.place(capture_type, device)).ok()?;
        (sha(&text) == *expected).then_some(text)
    }

    /// Whether the text of a device is there and has this hash. Reads in parts: a text may be large.
    pub(crate) fn holds(&self, capture_type: &str, device: &str, expected: &Sha) -> bool {
        let Ok(mut file) = File::open(self.place(capture_type, device)) else {
            return false;
        };
        let mut hash = HashWriter::default();
        io::copy(&mut file, &mut hash).is_ok() && hash.finish() == *expected
    }
}

#[derive(Default)]
struct HashWriter(sha2::Sha256);

impl HashWriter {
    fn finish(self) -> Sha {
        use sha2::Digest;
        self.0.finalize().into()
    }
}

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use sha2::Digest;
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_replaced_whole_and_stays_under_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let tree = Tree::open(folder.path()).unwrap();
        tree.write("configs", "../../r1", b"one\n").unwrap();
        tree.write("configs", "../../r1", b"two\n").unwrap();
        let place = tree.place("configs", "../../r1");
        assert!(place.starts_with(folder.path().join("capture/configs")));
        assert_eq!(fs::read(&place).unwrap(), b"two\n");
        assert!(tree.read("configs", "../../r1", &sha(b"two\n")).is_some());
        assert!(tree.read("configs", "../../r1", &sha(b"one\n")).is_none());
        assert_eq!(fs::read_dir(folder.path().join("capture/.parts")).unwrap().count(), 0);
    }
}
