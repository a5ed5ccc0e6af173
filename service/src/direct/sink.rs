//! Captures as files: `<type>/<device>.txt` holds the last good text and nothing else ever; what is not complete goes
//! under `incomplete/`.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use uuid::Uuid;

use jobs::{CaptureSink, CaptureWriter, DeviceJob, SinkFuture, Verdict};

use crate::file_name;

/// Text held in memory before a file is opened; most captures never pass it and are written at once.
const BUFFERED: usize = 32 * 1024;

/// Buffers of that size that are in use at a time. Hundreds of sessions may be in the middle of an output at once: from here
/// on, captures take less memory and more writes.
const MOST_BUFFERS: usize = 16;

/// Text held in memory by the other captures.
const BUFFERED_LITTLE: usize = 2 * 1024;

/// Buffers for captures, kept when these have ended.
#[derive(Default)]
struct Buffers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    free: Vec<Vec<u8>>,
    in_use: usize,
}

impl Buffers {
    fn take(&self) -> Vec<u8> {
        let Ok(mut kept) = self.0.lock() else {
            return Vec::with_capacity(BUFFERED_LITTLE);
        };
        if kept.in_use == MOST_BUFFERS {
            return Vec::with_capacity(BUFFERED_LITTLE);
        }
        kept.in_use += 1;
        // All of it at once: only what is written to takes memory, and a buffer that grows leaves smaller ones behind.
        kept.free.pop().unwrap_or_else(|| Vec::with_capacity(BUFFERED))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() < BUFFERED {
            return;
        }
        buffer.clear();
        if let Ok(mut kept) = self.0.lock() {
            kept.in_use = kept.in_use.saturating_sub(1);
            kept.free.push(buffer);
        }
    }
}

/// Where text is written before it has its place.
const PARTS: &str = ".parts";

/// Folders that are open, so that each of thousands of files is found by its own name alone.
struct Folders {
    folder: PathBuf,
    parts: OwnedFd,
    complete: HashMap<String, OwnedFd>,
}

impl Folders {
    fn create(&self, part: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
        Ok(File::from(rustix::fs::openat(&self.parts, part, flags, mode)?))
    }
}

fn open(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::empty())?)
}

/// Times that a folder for parts is made when another run takes it away.
const TRIES: usize = 10;

/// A folder for the parts of this run alone, held by a lock for as long as the run lives.
fn own_parts(all: &Path) -> io::Result<(PathBuf, OwnedFd)> {
    for _ in 0..TRIES {
        let own = all.join(Uuid::now_v7().to_string());
        fs::create_dir_all(&own)?;
        // Between these steps another run may take it for one that was left behind.
        match open(&own) {
            Ok(parts)
                if rustix::fs::flock(&parts, FlockOperation::NonBlockingLockExclusive).is_ok() && own.exists() =>
            {
                return Ok((own, parts));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Err(io::Error::other(format!(
        "{} is taken away again and again",
        all.display()
    )))
}

/// Takes away what runs that have ended left half written, and nothing of one that still runs.
fn clean(all: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(all) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let lock = |folder: &OwnedFd| rustix::fs::flock(folder, FlockOperation::NonBlockingLockExclusive);
        match open(&path) {
            Ok(folder) if lock(&folder).is_ok() => {
                let _ = fs::remove_dir_all(&path);
            }
            Err(_) => {
                let _ = fs::remove_file(&path);
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// A folder of captures.
pub(super) struct FileSink {
    folders: Arc<Folders>,
    own_parts: PathBuf,
    counter: AtomicU64,
    /// Whether there may be anything under `incomplete/`.
    incomplete: Arc<AtomicBool>,
    buffers: Arc<Buffers>,
}

impl FileSink {
    /// Makes the folder, with one folder for each capture type.
    pub(super) fn new(folder: &Path, capture_types: &[String]) -> io::Result<Self> {
        for capture_type in capture_types {
            fs::create_dir_all(folder.join(capture_type))?;
        }
        let all_parts = folder.join(PARTS);
        clean(&all_parts)?;
        let (own_parts, parts) = own_parts(&all_parts)?;
        let incomplete = Arc::new(AtomicBool::new(folder.join("incomplete").exists()));
        let complete = capture_types
            .iter()
            .map(|capture_type| Ok((capture_type.clone(), open(&folder.join(capture_type))?)))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            folders: Arc::new(Folders {
                folder: folder.to_owned(),
                parts,
                complete,
            }),
            own_parts,
            counter: AtomicU64::new(0),
            incomplete,
            buffers: Arc::default(),
        })
    }

    /// Takes the folder of unfinished files away; that of all runs only when no other one is at work.
    pub(super) fn tidy(&self) {
        let _ = fs::remove_dir(&self.own_parts);
        let _ = fs::remove_dir(self.folders.folder.join(PARTS));
    }
}

/// The file of a device, in the folder of each capture type.
pub(super) fn name(device: &str) -> String {
    let mut name = file_name::encode(device);
    name.push_str(".txt");
    name
}

impl CaptureSink for FileSink {
    fn begin(&self, job: &DeviceJob, capture_type: &str) -> io::Result<Box<dyn CaptureWriter>> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(FileWriter {
            folders: Arc::clone(&self.folders),
            part: number.to_string(),
            capture_type: capture_type.to_owned(),
            name: name(&job.device.name),
            any_incomplete: Arc::clone(&self.incomplete),
            // Taken when text comes: a capture that waits for its device holds none.
            buffer: Vec::new(),
            buffers: Arc::clone(&self.buffers),
            file: None,
        }))
    }
}

struct FileWriter {
    folders: Arc<Folders>,
    part: String,
    capture_type: String,
    name: String,
    any_incomplete: Arc<AtomicBool>,
    buffer: Vec<u8>,
    buffers: Arc<Buffers>,
    file: Option<File>,
}

impl FileWriter {
    fn take(&mut self, text: &[u8]) -> io::Result<()> {
        if self.buffer.capacity() == 0 {
            self.buffer = self.buffers.take();
        }
        if self.buffer.len() + text.len() <= self.buffer.capacity() {
            self.buffer.extend_from_slice(text);
            return Ok(());
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.folders.create(&self.part)?,
        };
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        file.write_all(text)?;
        self.file = Some(file);
        Ok(())
    }

    fn end(mut self, verdict: Verdict) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.folders.create(&self.part)?,
        };
        file.write_all(&self.buffer)?;
        drop(file);
        let placed = self.place(verdict);
        if placed.is_err() {
            let _ = rustix::fs::unlinkat(&self.folders.parts, &self.part, AtFlags::empty());
        }
        placed
    }

    /// Moves the whole text to where it belongs.
    fn place(&self, verdict: Verdict) -> io::Result<()> {
        let incomplete = || self.folders.folder.join("incomplete").join(&self.capture_type);
        match (verdict, self.folders.complete.get(&self.capture_type)) {
            (Verdict::Complete, Some(complete)) => {
                rustix::fs::renameat(&self.folders.parts, &self.part, complete, &self.name)?;
                if self.any_incomplete.load(Ordering::Relaxed) {
                    match fs::remove_file(incomplete().join(&self.name)) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        _ => {}
                    }
                }
            }
            _ => {
                self.any_incomplete.store(true, Ordering::Relaxed);
                let folder = incomplete();
                fs::create_dir_all(&folder)?;
                rustix::fs::renameat(
                    &self.folders.parts,
                    &self.part,
                    rustix::fs::CWD,
                    folder.join(&self.name),
                )?;
            }
        }
        Ok(())
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        self.buffers.give_back(std::mem::take(&mut self.buffer));
        if self.file.take().is_some() {
            let _ = rustix::fs::unlinkat(&self.folders.parts, &self.part, AtFlags::empty());
        }
    }
}

impl CaptureWriter for FileWriter {
    fn write<'a>(&'a mut self, text: &'a [u8]) -> SinkFuture<'a> {
        let result = self.take(text);
        Box::pin(std::future::ready(result))
    }

    fn finish(self: Box<Self>, verdict: Verdict) -> SinkFuture<'static> {
        let result = (*self).end(verdict);
        Box::pin(std::future::ready(result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_into_one_folder_do_not_touch_each_others_parts() {
        let folder = tempfile::tempdir().unwrap();
        let types = ["version".to_owned()];
        let parts = folder.path().join(PARTS);
        fs::create_dir_all(parts.join("of-a-killed-run")).unwrap();
        fs::write(parts.join("of-a-killed-run/0"), "half").unwrap();
        fs::write(parts.join("7"), "half").unwrap();

        let first = FileSink::new(folder.path(), &types).unwrap();
        assert_eq!(fs::read_dir(&parts).unwrap().count(), 1, "what was left behind is gone");
        let mut half = first.folders.create("0").unwrap();
        half.write_all(b"one").unwrap();
        let second = FileSink::new(folder.path(), &types).unwrap();
        let mut other = second.folders.create("0").unwrap();
        other.write_all(b"other").unwrap();
        second.tidy();
        let text = |sink: &FileSink| fs::read_to_string(sink.own_parts.join("0")).unwrap();
        assert_eq!((text(&first).as_str(), text(&second).as_str()), ("one", "other"));

        for sink in [&first, &second] {
            fs::remove_file(sink.own_parts.join("0")).unwrap();
            sink.tidy();
        }
        assert!(!parts.exists());
    }
}
