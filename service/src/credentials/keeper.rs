//! Keeps the counts of refused logins in the database, so that a password that was closed stays closed whatever happens
//! to the process. The next login waits for it.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jobs::{
    Breaker,
    breaker::{Change, Count, Identity},
};
use tokio::sync::mpsc;

use super::store;
use crate::{
    actor::Actor,
    audit::{self, Entry},
    database::Database,
    error::Result,
};

/// How long the database is left alone after it did not take a count.
const PAUSE: Duration = Duration::from_millis(500);
/// How many counts one transaction takes.
const BATCH: usize = 256;

/// A count as the table has it.
pub(super) struct Kept {
    pub(super) identity: Vec<u8>,
    pub(super) username: String,
    pub(super) consecutive_failures: i32,
    pub(super) closed_at: Option<i64>,
    pub(super) in_flight: i32,
}

/// A time of the breaker in milliseconds since 1970.
pub(super) fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn time(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

/// The breaker of all collections, with the counts of earlier processes.
pub(crate) async fn open(db: &Database, key: [u8; 32]) -> Result<Arc<Breaker>> {
    let rows = store::counts(db.reader()).await?;
    let counts = rows.into_iter().filter_map(|row| {
        let identity = Identity::try_from(row.identity).ok()?;
        let count = Count {
            consecutive_failures: u32::try_from(row.consecutive_failures).unwrap_or_default(),
            closed_at: row.closed_at.map(time),
            in_flight: u32::try_from(row.in_flight).unwrap_or_default(),
        };
        Some((identity, count))
    });
    let (keeper, changes) = mpsc::unbounded_channel();
    let breaker = Breaker::kept(key, counts, keeper);
    tokio::spawn(keep(db.clone(), Arc::downgrade(&breaker), changes));
    Ok(breaker)
}

/// Ends with the breaker.
async fn keep(db: Database, breaker: Weak<Breaker>, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut batch = Vec::new();
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        // Of one identity the last count holds.
        let last: HashMap<Identity, &Change> = batch.iter().map(|change| (change.identity, change)).collect();
        while let Err(error) = write(&db, &last).await {
            tracing::warn!(%error, "refused logins could not be counted in the database: no login with these credentials is tried until they are");
            tokio::time::sleep(PAUSE).await;
            if breaker.strong_count() == 0 {
                return;
            }
        }
        let Some(breaker) = breaker.upgrade() else { return };
        for change in batch.drain(..) {
            breaker.saved(&change);
        }
    }
}

async fn write(db: &Database, changes: &HashMap<Identity, &Change>) -> Result<()> {
    let txn = db.begin().await?;
    for (identity, change) in changes {
        if change.count == Count::default() {
            store::forget(&txn, identity).await?;
            continue;
        }
        let kept = Kept {
            identity: identity.to_vec(),
            username: change.username.clone(),
            consecutive_failures: i32::try_from(change.count.consecutive_failures).unwrap_or(i32::MAX),
            closed_at: change.count.closed_at.map(milliseconds),
            in_flight: i32::try_from(change.count.in_flight).unwrap_or(i32::MAX),
        };
        if store::keep(&txn, &kept).await? {
            tell(&txn, &kept).await?;
        }
    }
    txn.commit().await?;
    Ok(())
}

/// Writes into the audit log that an identity was closed.
async fn tell(db: &impl store::Connection, kept: &Kept) -> Result<()> {
    let saved = store::of_identity(db, &kept.identity).await?;
    let name = saved
        .first()
        .map(|credential| format!(" (credential {})", credential.name));
    let entry = Entry {
        action: "credential.close",
        target_type: "credential",
        target_id: saved.first().map(|credential| credential.id.to_string()),
        summary: format!(
            "No more logins are tried as {}{}: {} in a row were refused, or had no answer when the server ended",
            kept.username,
            name.unwrap_or_default(),
            kept.consecutive_failures
        ),
    };
    audit::record(db, &Actor::server(), entry).await?;
    Ok(())
}
