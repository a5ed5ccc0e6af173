//! The byte stream below SSH: reads ahead, which halves the calls into the kernel, and remembers the first bytes, so
//! that an error can say what answered instead of SSH.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Most bytes of one read, and most that are read ahead in one session.
const READ_AHEAD: usize = 32 * 1024;
/// Buffers that a thread keeps for the next reads.
const SPARE: usize = 4;
/// First bytes that are remembered.
pub(super) const REMEMBERED: usize = 255;

thread_local! {
    /// Where reads of all sessions of a thread go. Each is as large as a packet, so that one read takes it whole and shows by
    /// being short that nothing else waits. A session holds one from a read until all of it was asked for, which is mostly
    /// a moment: one in every session would cost more than the rest of it.
    static BUFFERS: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

fn take_buffer() -> Box<[u8]> {
    let kept = BUFFERS.with(|buffers| buffers.try_borrow_mut().ok().and_then(|mut buffers| buffers.pop()));
    kept.unwrap_or_else(|| vec![0; READ_AHEAD].into_boxed_slice())
}

fn give_back(buffer: Box<[u8]>) {
    BUFFERS.with(|buffers| {
        if let Ok(mut buffers) = buffers.try_borrow_mut()
            && buffers.len() < SPARE
        {
            buffers.push(buffer);
        }
    });
}

/// What was read and not asked for yet: the bytes of a buffer between these places.
struct Ahead {
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
}

/// What a peer said first.
#[derive(Debug, Default, Clone)]
pub(super) struct Opening(Arc<Mutex<Vec<u8>>>);

impl Opening {
    fn note(&self, data: &[u8]) {
        if let Ok(mut seen) = self.0.lock() {
            let room = REMEMBERED.saturating_sub(seen.len()).min(data.len());
            seen.extend_from_slice(data.get(..room).unwrap_or_default());
        }
    }

    /// The first bytes, at most [`REMEMBERED`].
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().map(|seen| seen.clone()).unwrap_or_default()
    }

    /// The first line that says something, made safe to print.
    pub(super) fn line(&self) -> Option<String> {
        let bytes = self.bytes();
        let line = bytes
            .split(|byte| *byte == b'\n')
            .find(|line| !line.trim_ascii().is_empty())?;
        let printable = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
        let text: String = String::from_utf8_lossy(line)
            .chars()
            .filter(printable)
            .take(80)
            .collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// Any byte stream, read ahead. Its owner may end it at any time: what waits for it then gets an error.
pub(super) struct Wire<S> {
    inner: S,
    ahead: Option<Ahead>,
    opening: Opening,
    noted: usize,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    /// By which the task that waits hears of the end.
    alarm: Option<Arc<Alarm>>,
}

impl<S: AsyncRead> Wire<S> {
    pub(super) fn new(stream: S, ended: CancellationToken) -> Self {
        Self {
            inner: stream,
            ahead: None,
            opening: Opening::default(),
            noted: 0,
            ended: Box::pin(ended.cancelled_owned()),
            alarm: None,
        }
    }

    pub(super) fn opening(&self) -> Opening {
        self.opening.clone()
    }
}

/// Wakes a task and remembers that it did.
struct Alarm {
    rang: AtomicBool,
    task: Waker,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<S> Wire<S> {
    /// Nothing to read or no room to write, unless the end was asked for. To ask that anew each time costs more than the
    /// rest of it, so who waits is told once.
    fn pending<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let waits = |alarm: &Arc<Alarm>| !alarm.rang.load(Ordering::Acquire) && alarm.task.will_wake(cx.waker());
        if self.alarm.as_ref().is_some_and(waits) {
            return Poll::Pending;
        }
        let alarm = Arc::new(Alarm {
            rang: AtomicBool::new(false),
            task: cx.waker().clone(),
        });
        self.alarm = Some(Arc::clone(&alarm));
        self.ended
            .as_mut()
            .poll(&mut Context::from_waker(&Waker::from(alarm)))
            .map(|()| Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// Gives of what is there, and keeps the rest of it for the next time.
    fn give(&mut self, mut ahead: Ahead, buf: &mut ReadBuf<'_>) {
        let waiting = ahead.buffer.get(ahead.from..ahead.to).unwrap_or_default();
        let given = waiting.get(..buf.remaining()).unwrap_or(waiting);
        buf.put_slice(given);
        ahead.from += given.len();
        if ahead.from < ahead.to {
            self.ahead = Some(ahead);
        } else {
            give_back(ahead.buffer);
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if let Some(ahead) = self.ahead.take() {
            self.give(ahead, buf);
            return Poll::Ready(Ok(()));
        }
        let mut buffer = take_buffer();
        let mut read = ReadBuf::new(&mut buffer);
        let result = Pin::new(&mut self.inner).poll_read(cx, &mut read);
        let to = read.filled().len();
        self.give(Ahead { buffer, from: 0, to }, buf);
        result
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = match self.read(cx, buf) {
            Poll::Pending => self.pending(cx),
            ready => ready,
        };
        if self.noted < REMEMBERED
            && let Some(fresh) = buf.filled().get(before..)
            && !fresh.is_empty()
        {
            self.opening.note(fresh);
            self.noted += fresh.len();
            // It would count as a line before the real one, and the peer would wait for our answer for ever.
            let opening = self.opening.bytes();
            if opening.starts_with(b"SSH-1.") && !opening.starts_with(b"SSH-1.99-") && opening.contains(&b'\n') {
                return Poll::Ready(Err(io::ErrorKind::Unsupported.into()));
            }
        }
        result
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(cx, buf) {
            Poll::Pending => self.pending(cx),
            ready => ready,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
