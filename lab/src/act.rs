//! What a shell wants done on its connection, in order.

use std::time::Duration;

use bytes::Bytes;

/// The largest piece that is handed over at once when output is streamed.
pub(crate) const PIECE: usize = 32_000;

/// Pieces of output that are made while they are sent.
pub(crate) type Pieces = Box<dyn Iterator<Item = Bytes> + Send>;

/// One step.
pub(crate) enum Act {
    /// Output.
    Send(Bytes),
    /// Nothing for a while.
    Pause(Duration),
    /// Output of any size, each piece after a pause.
    Stream(Pieces, Duration),
    /// Nothing ever again, whatever is typed.
    Stall,
    /// The channel is closed with this status.
    Close(u32),
    /// The connection is dropped without a word.
    Cut,
    /// The connection is reset.
    Reset,
}

/// LF to CR LF.
pub(crate) fn crlf(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 24);
    let mut rest = text.as_bytes();
    while let Some((line, after)) = memchr::memchr(b'\n', rest).and_then(|end| rest.split_at_checked(end)) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = after.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}
