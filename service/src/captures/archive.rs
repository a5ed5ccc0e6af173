//! The texts of a collection in one zip archive. It is made while it is read: one text is in memory at a time, whatever the
//! size of the whole.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{Datelike, Timelike};
use entity::{capture, collection::CollectionKind, user::Role};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};
use uuid::Uuid;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{must_mask, read_text, store};
use crate::{Service, actor::Actor, error::Result, file_name, time::shown};

/// Archives that are made at the same time; further ones wait.
const AT_ONCE: usize = 4;
/// Bytes that go out together.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait for who reads.
const WAITING: usize = 8;
/// Who takes nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(60);
/// Captures that are looked up at once.
const ROWS: u64 = 500;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A piece of an archive; an error ends it, and what came before is no archive.
pub type Piece = io::Result<Bytes>;

/// How texts stand in an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArchiveForm {
    /// Without secrets, even for who may see them.
    pub masked: bool,
    /// With prompts and commands around the outputs, as on a screen.
    pub prompts: bool,
}

impl Service {
    /// The complete captures of a collection as `<capture type>/<device>.txt` in a zip archive, piece by piece. Without
    /// secrets for everybody below operator.
    ///
    /// # Errors
    /// `not_found`. What goes wrong later ends the pieces with an error.
    pub async fn collection_archive(
        &self,
        actor: &Actor,
        id: Uuid,
        form: ArchiveForm,
    ) -> Result<mpsc::Receiver<Piece>> {
        actor.needs(Role::Viewer)?;
        let form = ArchiveForm {
            masked: form.masked || must_mask(actor),
            ..form
        };
        self.collection_row(id, CollectionKind::Collection).await?;
        let (pieces, received) = mpsc::channel(WAITING);
        let service = self.clone();
        tokio::spawn(async move {
            let turn = tokio::select! {
                turn = TURNS.acquire() => turn,
                () = pieces.closed() => return,
            };
            let handle = Handle::current();
            let made = tokio::task::spawn_blocking(move || make(&handle, &service, id, form, &pieces)).await;
            if let Err(error) | Ok(Err(error)) = made.map_err(io::Error::other) {
                tracing::warn!(%error, collection_id = %id, "an archive of captures was not finished");
            }
            drop(turn);
        });
        Ok(received)
    }
}

/// Makes the archive. On a thread of its own, since packing takes time.
fn make(
    handle: &Handle,
    service: &Service,
    id: Uuid,
    form: ArchiveForm,
    pieces: &mpsc::Sender<Piece>,
) -> io::Result<()> {
    let broken = Arc::new(AtomicBool::new(false));
    let pipe = Pipe {
        handle: handle.clone(),
        pieces: pieces.clone(),
        buffer: Vec::with_capacity(PIECE),
        broken: Arc::clone(&broken),
    };
    let mut archive = ZipWriter::new_stream(pipe);
    let filled = fill(handle, service, id, form, &mut archive);
    // Dropped, an archive would get an end, and look as if it were whole.
    broken.store(filled.is_err(), Ordering::Relaxed);
    let ended = filled.and_then(|()| archive.finish().map_err(io::Error::other)?.into_inner().flush());
    if let Err(error) = &ended {
        let told = io::Error::new(error.kind(), error.to_string());
        let _ = handle.block_on(tokio::time::timeout(PATIENCE, pieces.send(Err(told))));
    }
    ended
}

fn fill<W: Write + io::Seek>(
    handle: &Handle,
    service: &Service,
    id: Uuid,
    form: ArchiveForm,
    archive: &mut ZipWriter<W>,
) -> io::Result<()> {
    let mut after = None;
    loop {
        let rows = handle.block_on(store::complete(service.db().reader(), id, after, ROWS));
        let rows = rows.map_err(io::Error::other)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(last.id);
        for row in rows {
            let Some(text) = row.text_id else { continue };
            let text = handle.block_on(async {
                let text = read_text(service.db(), service.shelf(), text).await?;
                match form.masked {
                    true => service.masked_content(&row, text).await,
                    false => Ok(text),
                }
            });
            let mut text = text.map_err(io::Error::other)?;
            if form.prompts {
                text = with_prompts(&row, &text);
            }
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(time(row.captured_at))
                .unix_permissions(0o644);
            archive.start_file(name(&row), options).map_err(io::Error::other)?;
            archive.write_all(&text)?;
        }
    }
}

/// A text as it stood on a screen: each command behind a prompt before its output, and a prompt at the end. The prompt is
/// made of the name that the device has here: its own is known only while a session lasts.
fn with_prompts(row: &capture::Model, text: &[u8]) -> Vec<u8> {
    let prompt = format!("{}#", row.device_name);
    let mut commands = row.commands.lines();
    let mut shown = Vec::with_capacity(text.len() + row.commands.len() + 2 * prompt.len());
    let ask = |shown: &mut Vec<u8>, command: &str| {
        shown.extend_from_slice(prompt.as_bytes());
        shown.extend_from_slice(command.as_bytes());
        shown.push(b'\n');
    };
    if row.commands.lines().nth(1).is_none() {
        ask(&mut shown, commands.next().unwrap_or_default());
        shown.extend_from_slice(text);
    } else {
        // The outputs of several are joined, each headed by its command.
        let mut next = commands.next();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let heading = line.strip_prefix(b">>> ").map(<[u8]>::trim_ascii_end);
            match next.filter(|command| heading == Some(command.as_bytes().trim_ascii_end())) {
                Some(command) => {
                    ask(&mut shown, command);
                    next = commands.next();
                }
                None => shown.extend_from_slice(line),
            }
        }
    }
    ask(&mut shown, "");
    shown
}

/// As in the tree of the last good texts.
fn name(row: &capture::Model) -> String {
    format!("{}/{}.txt", row.capture_type, file_name::encode(&row.device_name))
}

/// A time as archives have it: UTC, and none before 1980.
fn time(at: i64) -> DateTime {
    let at = shown(at);
    let part = |part: u32| u8::try_from(part).unwrap_or_default();
    let time = DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    );
    time.unwrap_or_default()
}

/// What the archive is written into: pieces for who reads, who is waited for.
struct Pipe {
    handle: Handle,
    pieces: mpsc::Sender<Piece>,
    buffer: Vec<u8>,
    broken: Arc<AtomicBool>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE)));
        let sending = tokio::time::timeout(PATIENCE, self.pieces.send(Ok(piece)));
        let sent = self.handle.block_on(sending);
        let gone = |what| io::Error::new(io::ErrorKind::BrokenPipe, what);
        sent.map_err(|_| gone("who asked for it takes nothing"))?
            .map_err(|_| gone("who asked for it is gone"))
    }
}

#[cfg(test)]
mod tests {
    use entity::capture::Verdict;

    use super::*;

    fn shown(commands: &str, text: &str) -> String {
        let row = capture::Model {
            id: Uuid::nil(),
            device_id: Uuid::nil(),
            device_name: "r1".to_owned(),
            collection_id: Uuid::nil(),
            capture_type: "version".to_owned(),
            commands: commands.to_owned(),
            verdict: Verdict::Complete,
            bytes: 0,
            lines: 0,
            text_id: None,
            captured_at: 0,
            message: None,
            accepted_by: None,
        };
        String::from_utf8(with_prompts(&row, text.as_bytes())).unwrap()
    }

    #[test]
    fn commands_stand_before_their_outputs() {
        assert_eq!(shown("show clock", "12:00\n"), "r1#show clock\n12:00\nr1#\n");
        assert_eq!(
            shown("show a\nshow b", ">>> show a\n1\n>>> show x\n>>> show b\n>>> show a\n"),
            "r1#show a\n1\n>>> show x\nr1#show b\n>>> show a\nr1#\n"
        );
        assert_eq!(shown("show a", ">>> show a\n"), "r1#show a\n>>> show a\nr1#\n");
    }
}
