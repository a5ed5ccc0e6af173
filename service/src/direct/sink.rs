//! Captures as files: `<type>/<device>.txt` holds the last good text and nothing else ever; what is not complete goes
//! under `incomplete/`.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    os::fd::{AsRawFd, OwnedFd},
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

/// How a file that has no name yet gets one (open(2), `O_TMPFILE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// By its descriptor.
    Descriptor,
    /// By what `/proc` shows of its descriptor: the other way is not allowed to everybody.
    Proc,
}

/// Folders that are open, so that each of thousands of files is found by its own name alone.
struct Folders {
    folder: PathBuf,
    parts: OwnedFd,
    complete: HashMap<String, OwnedFd>,
    naming: Option<Naming>,
    /// Files stand in the way of those that are to come. Only by its name a file takes the place of another.
    replaces: AtomicBool,
}

/// A text on its way to its place.
enum Part {
    /// Without a name. It gets its place with its name, in one step, and is gone when this process is.
    Nameless(File),
    /// Among the parts.
    Named(File),
}

impl Part {
    fn file(&mut self) -> &mut File {
        match self {
            Self::Nameless(file) | Self::Named(file) => file,
        }
    }
}

const READABLE: Mode = Mode::RUSR
    .union(Mode::WUSR)
    .union(Mode::RGRP)
    .union(Mode::WGRP)
    .union(Mode::ROTH)
    .union(Mode::WOTH);

impl Folders {
    fn create(&self, part: &str) -> io::Result<Part> {
        if self.naming.is_some() && !self.replaces.load(Ordering::Relaxed) {
            return Ok(Part::Nameless(nameless(&self.parts)?));
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.parts, part, flags, READABLE)?;
        Ok(Part::Named(File::from(file)))
    }
}

fn nameless(folder: &OwnedFd) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(folder, ".", flags, READABLE)?))
}

fn give_name(file: &File, naming: Naming, folder: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    match naming {
        Naming::Descriptor => rustix::fs::linkat(file, "", folder, name, AtFlags::EMPTY_PATH),
        Naming::Proc => {
            let shown = format!("/proc/self/fd/{}", file.as_raw_fd());
            rustix::fs::linkat(rustix::fs::CWD, shown, folder, name, AtFlags::SYMLINK_FOLLOW)
        }
    }
}

/// How files get their names in this folder, found out with one; not every file system knows such files.
fn naming_in(folder: &OwnedFd) -> Option<Naming> {
    const TRIED: &str = "tried";
    let file = nameless(folder).ok()?;
    let ways = [Naming::Descriptor, Naming::Proc];
    let way = ways
        .into_iter()
        .find(|way| give_name(&file, *way, folder, TRIED).is_ok())?;
    rustix::fs::unlinkat(folder, TRIED, AtFlags::empty()).ok()?;
    Some(way)
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
                naming: naming_in(&parts),
                replaces: AtomicBool::new(false),
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
    file: Option<Part>,
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
        file.file().write_all(&self.buffer)?;
        self.buffer.clear();
        file.file().write_all(text)?;
        self.file = Some(file);
        Ok(())
    }

    fn end(mut self, verdict: Verdict) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.folders.create(&self.part)?,
        };
        file.file().write_all(&self.buffer)?;
        let placed = self.place(file, verdict);
        if placed.is_err() {
            let _ = rustix::fs::unlinkat(&self.folders.parts, &self.part, AtFlags::empty());
        }
        placed
    }

    /// Moves the whole text to where it belongs.
    fn place(&self, file: Part, verdict: Verdict) -> io::Result<()> {
        let folders = &*self.folders;
        let incomplete = || folders.folder.join("incomplete").join(&self.capture_type);
        match (verdict, folders.complete.get(&self.capture_type)) {
            (Verdict::Complete, Some(complete)) => {
                self.put(file, complete)?;
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
                self.put(file, &open(&folder)?)?;
            }
        }
        Ok(())
    }

    /// Gives the file its name in a folder, in the place of one that has it.
    fn put(&self, file: Part, folder: &OwnedFd) -> io::Result<()> {
        let folders = &*self.folders;
        if let (Part::Nameless(file), Some(naming)) = (&file, folders.naming) {
            match give_name(file, naming, folder, &self.name) {
                Err(rustix::io::Errno::EXIST) => folders.replaces.store(true, Ordering::Relaxed),
                done => return Ok(done?),
            }
            give_name(file, naming, &folders.parts, &self.part)?;
        }
        drop(file);
        Ok(rustix::fs::renameat(&folders.parts, &self.part, folder, &self.name)?)
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        self.buffers.give_back(std::mem::take(&mut self.buffer));
        if let Some(Part::Named(_)) = self.file.take() {
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
        // Both have files to replace, so that their parts have names.
        first.folders.replaces.store(true, Ordering::Relaxed);
        let mut half = first.folders.create("0").unwrap();
        half.file().write_all(b"one").unwrap();
        let second = FileSink::new(folder.path(), &types).unwrap();
        second.folders.replaces.store(true, Ordering::Relaxed);
        let mut other = second.folders.create("0").unwrap();
        other.file().write_all(b"other").unwrap();
        second.tidy();
        let text = |sink: &FileSink| fs::read_to_string(sink.own_parts.join("0")).unwrap();
        assert_eq!((text(&first).as_str(), text(&second).as_str()), ("one", "other"));

        for sink in [&first, &second] {
            fs::remove_file(sink.own_parts.join("0")).unwrap();
            sink.tidy();
        }
        assert!(!parts.exists());
    }

    fn job(name: &str) -> DeviceJob {
        let catalogue = jobs::Catalogue::shipped();
        let device = jobs::Device {
            id: name.to_owned(),
            name: name.to_owned(),
            address: "192.0.2.1".to_owned(),
            port: 22,
            platform: "cisco_ios".to_owned(),
            site: String::new(),
            legacy_algorithms: false,
            jump: Vec::new(),
        };
        let plan = jobs::plan(&catalogue, &[(device, Arc::default())], &["version".to_owned()]);
        plan.jobs.into_iter().next().unwrap()
    }

    async fn collect(sink: &FileSink, name: &str, text: &str, verdict: Verdict) {
        let mut writer = sink.begin(&job(name), "version").unwrap();
        for piece in text.as_bytes().chunks(3000) {
            writer.write(piece).await.unwrap();
        }
        writer.finish(verdict).await.unwrap();
    }

    /// All files below a folder, with their sizes.
    fn files(folder: &Path) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => found.extend(files(&path)),
                false => found.push((
                    path.file_name().unwrap().to_string_lossy().into_owned(),
                    fs::read(&path).unwrap().len(),
                )),
            }
        }
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_text_takes_its_place_whole_whether_there_was_one_or_not() {
        for named in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let sink = FileSink::new(folder.path(), &["version".to_owned()]).unwrap();
            sink.folders.replaces.store(named, Ordering::Relaxed);
            let long = "x".repeat(100_000);
            collect(&sink, "r1", "one\n", Verdict::Complete).await;
            collect(&sink, "r2", &long, Verdict::Complete).await;
            collect(&sink, "r1", "second\n", Verdict::Complete).await;
            collect(&sink, "r3", "third\n", Verdict::Complete).await;
            // A cut text takes nobody's place, and a later whole one takes it away.
            collect(&sink, "r2", "cut", Verdict::Truncated).await;
            assert!(folder.path().join("incomplete/version/r2.txt").is_file());
            collect(&sink, "r2", &long, Verdict::Complete).await;
            // Begun and given up.
            let mut writer = sink.begin(&job("r4"), "version").unwrap();
            writer.write(long.as_bytes()).await.unwrap();
            drop(writer);
            let expected = [("r1.txt", 7), ("r2.txt", 100_000), ("r3.txt", 6)];
            let expected = expected.map(|(name, size)| (name.to_owned(), size));
            assert_eq!(files(folder.path()), expected, "named: {named}");
            sink.tidy();
            assert!(!folder.path().join(PARTS).exists());
        }
    }
}
