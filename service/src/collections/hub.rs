//! Wakes those who watch a collection. It carries no event: everybody reads those from the database.

use std::{collections::HashMap, sync::Mutex};

use tokio::sync::watch;
use uuid::Uuid;

/// How far a collection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Number of the last stored event.
    pub last_seq: i64,
    /// Whether there will be no more.
    pub finished: bool,
}

/// The collections that run.
#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<Uuid, watch::Sender<Head>>>);

impl Hub {
    /// Tells that events were stored.
    pub(crate) fn publish(&self, collection: Uuid, head: Head) {
        if let Ok(mut heads) = self.0.lock() {
            heads
                .entry(collection)
                .or_insert_with(|| watch::channel(head).0)
                .send_replace(head);
            if head.finished {
                heads.remove(&collection);
            }
        }
    }

    /// Follows a collection; `None` when it does not run.
    pub(crate) fn follow(&self, collection: Uuid) -> Option<watch::Receiver<Head>> {
        let heads = self.0.lock().ok()?;
        heads.get(&collection).map(watch::Sender::subscribe)
    }
}
