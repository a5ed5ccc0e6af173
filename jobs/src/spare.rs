//! Buffers of a thread that its sessions use one after the other. Each of thousands of sessions needs one for a moment only;
//! asking the allocator for it each time costs more than what is done with it.

use std::cell::RefCell;

/// Buffers that a thread keeps.
const KEPT: usize = 4;
/// A larger one is not kept.
const LARGEST: usize = 64 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, often with room in it.
pub(crate) fn take() -> Vec<u8> {
    let kept = BUFFERS.with(|buffers| buffers.try_borrow_mut().ok().and_then(|mut buffers| buffers.pop()));
    kept.unwrap_or_default()
}

/// Keeps a buffer for the next one who takes it.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > LARGEST {
        return;
    }
    buffer.clear();
    BUFFERS.with(|buffers| {
        if let Ok(mut buffers) = buffers.try_borrow_mut()
            && buffers.len() < KEPT
        {
            buffers.push(buffer);
        }
    });
}
