//! Taking captures away. A text goes when nothing refers to it any more, after what was patched on it is packed anew; the
//! last good text of a device and type never goes.

use std::{collections::HashSet, sync::atomic::Ordering};

use entity::{capture, user::Role};
use uuid::Uuid;

use super::{codec, days_ago, read_text, store};
use crate::{
    Service,
    actor::Actor,
    audit,
    database::Transaction,
    error::{Error, Result},
    settings::ANY_TYPE,
    time::now_ms,
};

/// How often captures are looked through for what is no longer kept.
const RETENTION_MS: i64 = 3_600_000;
/// Captures that are taken away in one transaction.
const AT_ONCE: u64 = 500;

/// What is to be purged.
#[derive(Debug, Clone, Default)]
pub struct Purge {
    /// Captures older than this; `None`: of any age.
    pub older_than_days: Option<u32>,
    /// Not the last so many good ones of each device and type; `None`: any but the last good one.
    pub keep_last: Option<u32>,
    /// Only of these types; empty: of all.
    pub capture_types: Vec<String>,
    /// Only says what would go.
    pub dry_run: bool,
}

/// What was purged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Captures taken away.
    pub captures_deleted: u64,
    /// Size of their texts.
    pub bytes_freed: u64,
    /// Captures that stay though they are old, since they are the last good ones.
    pub kept_last_good: u64,
}

/// What the audit log says of captures that go: written with the first of them, and put right with all others.
struct Told<'a> {
    actor: &'a Actor,
    action: &'static str,
    target_id: Option<String>,
    /// The sentence, by the number of captures.
    summary: &'a (dyn Fn(u64) -> String + Send + Sync),
    written: Option<Uuid>,
    deleted: u64,
}

impl<'a> Told<'a> {
    fn new(actor: &'a Actor, action: &'static str, summary: &'a (dyn Fn(u64) -> String + Send + Sync)) -> Self {
        Self {
            actor,
            action,
            target_id: None,
            summary,
            written: None,
            deleted: 0,
        }
    }

    /// So many more go in this transaction.
    async fn tell(&mut self, txn: &Transaction, more: u64) -> Result<()> {
        self.deleted += more;
        let summary = (self.summary)(self.deleted);
        match self.written {
            Some(id) => audit::amend(txn, id, &summary).await?,
            None => {
                let entry = audit::Entry {
                    action: self.action,
                    target_type: "capture",
                    target_id: self.target_id.clone(),
                    summary,
                };
                self.written = Some(audit::record(txn, self.actor, entry).await?);
            }
        }
        Ok(())
    }
}

impl Service {
    /// Takes one capture away.
    ///
    /// # Errors
    /// `capture_is_last_good`, `not_found`, `forbidden` below admin.
    pub async fn capture_delete(&self, actor: &Actor, id: Uuid) -> Result<()> {
        actor.needs(Role::Admin)?;
        let row = self.capture_row(id).await?;
        let summary = format!("Deleted {} of {}", row.capture_type, row.device_name);
        let summary = |_| summary.clone();
        let mut told = Told::new(actor, "capture.delete", &summary);
        told.target_id = Some(id.to_string());
        let (deleted, _) = self.forget_captures(vec![row], &mut told).await?;
        if deleted == 0 {
            return Err(Error::conflict(
                "capture_is_last_good",
                "This is the last good capture of its device and type: it stays until there is a newer one",
            ));
        }
        Ok(())
    }

    /// Takes old captures away.
    ///
    /// # Errors
    /// `forbidden` below admin; neither an age nor a number, or 0 of them.
    pub async fn capture_purge(&self, actor: &Actor, purge: &Purge) -> Result<Purged> {
        actor.needs(Role::Admin)?;
        if purge.older_than_days.is_none() && purge.keep_last.is_none() {
            return Err(Error::field("/older_than_days", "is needed, or keep_last"));
        }
        if purge.older_than_days == Some(0) {
            return Err(Error::field("/older_than_days", "must be at least 1"));
        }
        if purge.keep_last == Some(0) {
            return Err(Error::field("/keep_last", "must be at least 1"));
        }
        let age = purge.older_than_days.map(|days| format!(" older than {days} days"));
        let but = purge
            .keep_last
            .map(|last| format!(", but for the last {last} of each device and type"));
        let (age, but) = (age.unwrap_or_default(), but.unwrap_or_default());
        let summary = |count| format!("Purged {count} captures{age}{but}");
        let mut told = Told::new(actor, "capture.purge", &summary);
        let purged = self.purge(purge, &[], &mut told).await?;
        if !purge.dry_run && told.written.is_none() {
            self.audit_now(actor, "capture.purge", "capture", None, summary(0))
                .await?;
        }
        Ok(purged)
    }

    /// Takes away what the settings no longer keep, once an hour.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn retention_tidy(&self) -> Result<()> {
        let (now, last) = (now_ms(), self.retention_looked_at());
        if now - last.load(Ordering::Relaxed) < RETENTION_MS {
            return Ok(());
        }
        self.retention_apply().await?;
        last.store(now, Ordering::Relaxed);
        Ok(())
    }

    pub(super) async fn retention_apply(&self) -> Result<Purged> {
        let rules = self.settings().capture_retention;
        let mut purged = Purged::default();
        let actor = Actor::server();
        let summary = |count| format!("Removed {count} captures that the settings no longer keep");
        let mut told = Told::new(&actor, "capture.purge", &summary);
        for rule in &rules {
            let is_any = rule.capture_type == ANY_TYPE;
            let purge = Purge {
                older_than_days: rule.keep_days,
                keep_last: rule.keep_last,
                capture_types: (!is_any).then(|| rule.capture_type.clone()).into_iter().collect(),
                dry_run: false,
            };
            let own = rules.iter().filter(|_| is_any).map(|rule| rule.capture_type.clone());
            let own: Vec<String> = own.filter(|name| name != ANY_TYPE).collect();
            let of_rule = self.purge(&purge, &own, &mut told).await?;
            purged.captures_deleted += of_rule.captures_deleted;
            purged.bytes_freed += of_rule.bytes_freed;
            purged.kept_last_good += of_rule.kept_last_good;
        }
        Ok(purged)
    }

    /// Takes away what a purge names, but for the types that are left out.
    async fn purge(&self, purge: &Purge, left_out: &[String], told: &mut Told<'_>) -> Result<Purged> {
        let before = purge.older_than_days.map_or(i64::MAX, days_ago);
        let (mut purged, mut after) = (Purged::default(), None);
        loop {
            let among = store::Among {
                before,
                capture_types: &purge.capture_types,
                left_out,
                keep_last: purge.keep_last,
            };
            let rows = store::older_than(self.db().reader(), &among, AT_ONCE, after).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            let count = rows.len() as u64;
            let (deleted, bytes) = match purge.dry_run {
                true => {
                    let (go, _) = self.split_last_good(rows).await?;
                    (go.len() as u64, sizes(&go))
                }
                false => self.forget_captures(rows, told).await?,
            };
            purged.captures_deleted += deleted;
            purged.bytes_freed += bytes;
            purged.kept_last_good += count - deleted;
        }
        Ok(purged)
    }

    /// Writes an audit entry by itself.
    pub(crate) async fn audit_now(
        &self,
        actor: &Actor,
        action: &str,
        target_type: &str,
        target_id: Option<String>,
        summary: String,
    ) -> Result<()> {
        let entry = audit::Entry {
            action,
            target_type,
            target_id,
            summary,
        };
        let txn = self.db().begin().await?;
        audit::record(&txn, actor, entry).await?;
        txn.commit().await?;
        Ok(())
    }

    /// Those that may go, and those that stay since the last good text of their device and type came from them.
    async fn split_last_good(&self, rows: Vec<capture::Model>) -> Result<(Vec<capture::Model>, Vec<capture::Model>)> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let stay: HashSet<Uuid> = store::last_good_among(self.db().reader(), &ids).await?;
        Ok(rows.into_iter().partition(|row| !stay.contains(&row.id)))
    }

    /// Takes captures away, and their texts where nothing else refers to them. Gives how many went and their size.
    async fn forget_captures(&self, rows: Vec<capture::Model>, told: &mut Told<'_>) -> Result<(u64, u64)> {
        // None of them may become a last good one meanwhile.
        let turn = self.texts_turn().await;
        let (go, _) = self.split_last_good(rows).await?;
        if go.is_empty() {
            return Ok((0, 0));
        }
        let ids: Vec<Uuid> = go.iter().map(|row| row.id).collect();
        let texts: HashSet<i64> = go.iter().filter_map(|row| row.text_id).collect();
        let txn = self.db().begin().await?;
        store::delete_captures(&txn, &ids).await?;
        told.tell(&txn, ids.len() as u64).await?;
        txn.commit().await?;
        drop(turn);
        self.forget_texts(texts).await;
        Ok((ids.len() as u64, sizes(&go)))
    }

    /// Takes texts away where nothing refers to them. What goes wrong is put right at the next start.
    pub(crate) async fn forget_texts(&self, texts: impl IntoIterator<Item = i64>) {
        let mut texts: Vec<i64> = texts.into_iter().collect();
        // The newest first: what is patched on a text that goes, too, need not be packed anew.
        texts.sort_unstable_by(|one, other| other.cmp(one));
        for text in texts {
            if let Err(error) = self.forget_text(text).await {
                tracing::warn!(%error, text, "a text that nothing refers to is removed at the next start");
            }
        }
    }

    /// Takes away texts that a server that was killed left behind, with nothing that refers to them. Gives their number.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub(crate) async fn sweep_texts(&self) -> Result<usize> {
        let (mut swept, mut after) = (0, 0);
        loop {
            let ids = store::texts_after(self.db().reader(), after, AT_ONCE).await?;
            let Some(last) = ids.last() else { return Ok(swept) };
            after = *last;
            for id in store::unreferred(self.db().reader(), &ids).await? {
                self.forget_text(id).await?;
                swept += 1;
            }
        }
    }

    /// Takes a text away if nothing refers to it. One that is being patched on stays until the next time.
    async fn forget_text(&self, id: i64) -> Result<()> {
        let _turn = self.texts_turn().await;
        if self.shelf().is_pinned(id) || store::unreferred(self.db().reader(), &[id]).await?.is_empty() {
            return Ok(());
        }
        let Some(text) = store::text(self.db().reader(), id).await? else {
            return Ok(());
        };
        let mut repacked = Vec::new();
        for dependent in store::patched_on(self.db().reader(), id).await? {
            let whole = read_text(self.db(), self.shelf(), dependent.id).await?;
            let base = match text.base_id {
                Some(base) => Some((base, read_text(self.db(), self.shelf(), base).await?)),
                None => None,
            };
            let packed = match &base {
                Some((_, base)) => codec::pack_patch(base, &whole),
                None => codec::pack(&whole),
            };
            let packed = packed.map_err(|error| Error::internal(format!("a text could not be packed: {error}")))?;
            let depth = if base.is_some() { text.depth } else { 0 };
            repacked.push((dependent.id, base.map(|(id, _)| id), depth, packed));
        }
        let txn = self.db().begin().await?;
        for (dependent, base, depth, data) in repacked {
            store::repack(&txn, dependent, base, depth, data).await?;
        }
        store::delete_text(&txn, id).await?;
        txn.commit().await?;
        if text.data.is_none() {
            self.shelf().blobs.remove(&text.sha256);
        }
        Ok(())
    }
}

fn sizes(rows: &[capture::Model]) -> u64 {
    rows.iter()
        .map(|row| u64::try_from(row.bytes).unwrap_or_default())
        .sum()
}
