//! Long answers in parts: what is written while it is read.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use poem::Body;
use service::error::Result;
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};

struct Parts {
    parts: mpsc::Receiver<Result<String>>,
    part: Bytes,
}

impl AsyncRead for Parts {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.part.is_empty() {
            match ready!(self.parts.poll_recv(context)) {
                Some(Ok(part)) => self.part = part.into(),
                // The connection breaks: half a file must not look like a whole one.
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.part.len().min(into.remaining());
        into.put_slice(self.part.get(..length).unwrap_or_default());
        self.part.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// A body of parts as they come.
pub(crate) fn body(parts: mpsc::Receiver<Result<String>>) -> Body {
    Body::from_async_read(Parts {
        parts,
        part: Bytes::new(),
    })
}

#[cfg(test)]
mod tests {
    use service::error::Error;

    use super::*;

    #[tokio::test]
    async fn parts_are_read_one_after_the_other_and_an_error_is_no_end() {
        let (send, parts) = mpsc::channel(4);
        for part in ["a", "", "bc"] {
            send.send(Ok(part.to_owned())).await.unwrap();
        }
        drop(send);
        assert_eq!(body(parts).into_string().await.unwrap(), "abc");
        let (send, parts) = mpsc::channel(4);
        send.send(Ok("a".to_owned())).await.unwrap();
        send.send(Err(Error::forbidden("no"))).await.unwrap();
        drop(send);
        assert!(body(parts).into_string().await.is_err());
    }
}
