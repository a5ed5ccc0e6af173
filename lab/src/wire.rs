//! The TCP connection under an SSH session, with a switch to break it from inside.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;

use crate::device::lock;

/// What clients send is short.
const READ_BUFFER: usize = 2_048;

const WHOLE: u8 = 0;
const CUT: u8 = 1;
const RESET: u8 = 2;

/// Breaks a [`Wire`].
#[derive(Debug, Default)]
pub(crate) struct Switch {
    state: AtomicU8,
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl Switch {
    /// The connection ends, as if the cable was gone but TCP said so.
    pub(crate) fn cut(&self) {
        self.turn(CUT);
    }

    /// The connection is reset.
    pub(crate) fn reset(&self) {
        self.turn(RESET);
    }

    fn turn(&self, state: u8) {
        self.state.store(state, Ordering::Release);
        for side in [&self.reader, &self.writer] {
            if let Some(waker) = lock(side).take() {
                waker.wake();
            }
        }
    }

    /// Whom to wake when the switch is turned.
    fn note(side: &Mutex<Option<Waker>>, cx: &Context<'_>) {
        let mut side = lock(side);
        if !side.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *side = Some(cx.waker().clone());
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The SSH library reads a packet in two steps; with a buffer these are one call of the kernel.
    stream: BufReader<TcpStream>,
    switch: Arc<Switch>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Wire, Arc<Switch>) {
        let switch = Arc::new(Switch::default());
        (
            Wire {
                stream: BufReader::with_capacity(READ_BUFFER, stream),
                switch: Arc::clone(&switch),
            },
            switch,
        )
    }

    /// The error that the SSH server gets, and drops the connection for.
    fn broken(&self) -> Option<io::Error> {
        match self.switch.state.load(Ordering::Acquire) {
            WHOLE => None,
            RESET => {
                // A close with unsent data thrown away is what TCP makes a reset of.
                let _ = self.stream.get_ref().set_zero_linger();
                Some(io::ErrorKind::ConnectionReset.into())
            }
            _ => Some(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_pending() {
            // Stored before the switch is looked at, so that no turn of it is missed.
            Switch::note(&self.switch.reader, cx);
        }
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => polled,
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.broken() {
            return Poll::Ready(Err(error));
        }
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_pending() {
            Switch::note(&self.switch.writer, cx);
            if let Some(error) = self.broken() {
                return Poll::Ready(Err(error));
            }
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
