//! What has happened since the collections that run now began: they know the last good texts and the names of devices as
//! these were then, and another collection or a person may have changed them meanwhile.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::RwLock;
use uuid::Uuid;

use super::codec::Sha;

/// A last good text, as far as the next one is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Good {
    pub(crate) sha: Sha,
    pub(crate) bytes: u64,
}

/// Names that devices got; `None`: the device was removed.
pub(crate) type Names = HashMap<Uuid, Option<String>>;

/// What is newer than what running collections know.
#[derive(Default)]
pub(crate) struct Lately {
    goods: Mutex<HashMap<Uuid, Vec<(String, Good)>>>,
    /// Who writes a file of the tree holds it for reading, who takes files away because of a name for writing.
    pub(crate) names: RwLock<Names>,
}

impl Lately {
    /// The last good text of a device and type, if there was a new one.
    pub(crate) fn good(&self, device: Uuid, capture_type: &str) -> Option<Good> {
        let goods = self.goods.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_device = goods.get(&device)?.iter();
        of_device.find(|(name, _)| name == capture_type).map(|(_, good)| *good)
    }

    /// There is a new last good text.
    pub(crate) fn set_good(&self, device: Uuid, capture_type: &str, good: Good) {
        let mut goods = self.goods.lock().unwrap_or_else(PoisonError::into_inner);
        let of_device = goods.entry(device).or_default();
        match of_device.iter_mut().find(|(name, _)| name == capture_type) {
            Some((_, before)) => *before = good,
            None => of_device.push((capture_type.to_owned(), good)),
        }
    }

    /// No collection runs that could know less.
    pub(crate) fn forget(&self) {
        *self.goods.lock().unwrap_or_else(PoisonError::into_inner) = HashMap::new();
        // Where somebody is at it the next time is early enough.
        if let Ok(mut names) = self.names.try_write() {
            *names = HashMap::new();
        }
    }
}
