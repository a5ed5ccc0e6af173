//! Keeps `capture/` in step with the database: after a write that failed, when a device gets another name or is removed, and
//! at start.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{codec, read_text, store, tree::Tree};
use crate::{
    Service,
    devices::store::named,
    error::{Error, Result},
    inventory::checks::name_key,
};

/// Pause before a file that could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Last good texts that are looked at in one go.
const ROWS: u64 = 200;

/// Device and type of a text.
type Place = (Uuid, String);

/// Last good texts that the tree does not show yet.
#[derive(Default)]
pub(crate) struct Behind {
    places: Mutex<BTreeSet<Place>>,
    more: Notify,
}

impl Behind {
    /// The tree has another text there than the database, or none.
    pub(crate) fn add(&self, device: Uuid, capture_type: &str) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert((device, capture_type.to_owned()));
        self.more.notify_one();
    }

    fn take(&self) -> BTreeSet<Place> {
        std::mem::take(&mut *self.places.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service {
    /// Writes what the tree is behind with, as long as the server runs.
    pub(crate) async fn tree_follow(self) {
        let behind = &self.shelf().behind;
        let mut failed = BTreeSet::new();
        loop {
            tokio::select! {
                () = behind.more.notified() => {}
                () = tokio::time::sleep(AGAIN), if !failed.is_empty() => {}
            }
            let mut due = std::mem::take(&mut failed);
            due.append(&mut behind.take());
            for (device, capture_type) in due {
                if let Err(error) = self.project(device, &capture_type).await {
                    tracing::warn!(%error, %device, capture_type, "a last good text is written into the tree later");
                    failed.insert((device, capture_type));
                }
            }
        }
    }

    /// Writes one text of the tree, now or later.
    pub(super) async fn project_surely(&self, device: Uuid, capture_type: &str) {
        if let Err(error) = self.project(device, capture_type).await {
            tracing::warn!(%error, %device, capture_type, "a last good text is written into the tree later");
            self.shelf().behind.add(device, capture_type);
        }
    }

    /// Writes one text of the tree, by the device's name of today. One that was removed has none there.
    async fn project(&self, device: Uuid, capture_type: &str) -> Result<()> {
        let mut wanted = store::current(self.db().reader(), device, capture_type).await?;
        while let Some(current) = wanted {
            let text = read_text(self.db(), self.shelf(), current.text_id).await?;
            let names = self.shelf().lately.names.read().await;
            let Some(name) = self.device_names(&[device]).await?.remove(&device) else {
                return Ok(());
            };
            let (shelf, kind) = (Arc::clone(self.shelf()), capture_type.to_owned());
            let written = tokio::task::spawn_blocking(move || shelf.tree.write(&kind, &name, &text)).await;
            drop(names);
            written
                .map_err(Error::internal)?
                .map_err(|error| Error::internal(format!("the tree of captures: {error}")))?;
            // A newer one may have been written before this one was.
            let now = store::current(self.db().reader(), device, capture_type).await?;
            wanted = now.filter(|now| now.text_id != current.text_id);
        }
        Ok(())
    }

    /// Puts the tree of the last good texts right: files that are missing, have another text, or belong to nothing. Gives
    /// their number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn repair_tree(&self) -> Result<usize> {
        let (mut repaired, mut after) = (0, None);
        loop {
            let rows = store::all_current(self.db().reader(), after.take(), ROWS).await?;
            let Some((device, capture_type, ..)) = rows.last() else {
                break;
            };
            after = Some((*device, capture_type.clone()));
            let devices: Vec<Uuid> = rows.iter().map(|row| row.0).collect();
            let names = self.device_names(&devices).await?;
            for (device, capture_type, sha) in rows {
                let Some(name) = names.get(&device).cloned() else {
                    continue;
                };
                let (shelf, kind) = (Arc::clone(self.shelf()), capture_type.clone());
                let good = tokio::task::spawn_blocking(move || {
                    let sha: codec::Sha = sha.try_into().unwrap_or_default();
                    shelf.tree.holds(&kind, &name, &sha)
                });
                if !good.await.unwrap_or(false) {
                    self.project_surely(device, &capture_type).await;
                    repaired += 1;
                }
            }
        }
        for capture_type in self.in_tree(Tree::types).await? {
            let kind = capture_type.clone();
            let files = self.in_tree(move |tree| tree.files(&kind)).await?;
            if self.strays(&capture_type, files).await?.is_empty() {
                continue;
            }
            // Once more, while nobody writes: what has just come may have looked like one.
            let _names = self.shelf().lately.names.write().await;
            let kind = capture_type.clone();
            let files = self.in_tree(move |tree| tree.files(&kind)).await?;
            let strays = self.strays(&capture_type, files).await?;
            repaired += strays.len();
            self.in_tree(move |tree| tree.remove(&capture_type, &strays)).await?;
        }
        Ok(repaired)
    }

    async fn in_tree<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tree) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let shelf = Arc::clone(self.shelf());
        let done = tokio::task::spawn_blocking(move || work(&shelf.tree)).await;
        done.map_err(Error::internal)?
            .map_err(|error| Error::internal(format!("the tree of captures: {error}")))
    }

    /// Those of the files of a type that no last good text belongs to.
    async fn strays(&self, capture_type: &str, mut files: HashSet<String>) -> Result<HashSet<String>> {
        let (types, mut after) = ([capture_type.to_owned()], None);
        while !files.is_empty() {
            let rows = store::good_keys(self.db().reader(), &[], &types, after.take(), ROWS).await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.device_id, last.capture_type.clone()));
            let devices: Vec<Uuid> = rows.iter().map(|row| row.device_id).collect();
            for name in self.device_names(&devices).await?.values() {
                files.remove(&Tree::file(name));
            }
        }
        Ok(files)
    }

    /// A device has another name, or none any more: its files follow.
    pub(crate) async fn tree_renamed(&self, device: Uuid, before: &str, now: Option<&str>) {
        let mut names = self.shelf().lately.names.write().await;
        names.insert(device, now.map(str::to_owned));
        let file = HashSet::from([Tree::file(before)]);
        let removed = self.in_tree(move |tree| tree.types()?.iter().try_for_each(|kind| tree.remove(kind, &file)));
        if let Err(error) = removed.await {
            tracing::warn!(%error, %device, "texts under an old name of a device are removed at the next start");
        }
        drop(names);
        let mut devices: Vec<Uuid> = now.map(|_| device).into_iter().collect();
        // Another device may have got the name before its file was gone.
        match named(self.db().reader(), &[name_key(before)]).await {
            Ok(heirs) => devices.extend(heirs.iter().map(|heir| heir.id).filter(|heir| *heir != device)),
            Err(error) => tracing::warn!(%error, "texts of a device with an old name are looked at at the next start"),
        }
        match store::last_good(self.db().reader(), &devices).await {
            Ok(texts) => {
                for text in texts {
                    self.project_surely(text.device_id, &text.capture_type).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, %device, "texts under the new name of a device are written at the next start");
            }
        }
    }
}
