//! The TCP connection under an SSH session, with a switch to break it from inside.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::device::lock;

const WHOLE: u8 = 0;
const CUT: u8 = 1;
const RESET: u8 = 2;

/// Breaks a [`Wire`].
#[derive(Debug, Default)]
pub(crate) struct Switch {
    state: AtomicU8,
    reader: Mutex<Option<Waker>>,
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
        if let Some(waker) = lock(&self.reader).take() {
            waker.wake();
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    switch: Arc<Switch>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Wire, Arc<Switch>) {
        let switch = Arc::new(Switch::default());
        (
            Wire {
                stream,
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
                let _ = self.stream.set_zero_linger();
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
            *lock(&self.switch.reader) = Some(cx.waker().clone());
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
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
