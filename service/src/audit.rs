//! The audit log: who did what, written in the transaction that does it.

use entity::{audit_event, user::Role};

use crate::{
    Service,
    actor::Actor,
    error::Result,
    page::{Page, PageRequest},
    time::now_ms,
};

const DAY_MS: i64 = 24 * 3600 * 1000;

mod store;
pub(crate) use store::{Entry, amend, record};

/// Which entries are asked for; several values of one filter are alternatives, and `*` in them stands for any characters.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Names of persons.
    pub actor: Vec<String>,
    /// Actions, as `credential.use`.
    pub action: Vec<String>,
    /// Ids of what it was done to.
    pub target: Vec<String>,
}

impl Service {
    /// Entries, the newest first.
    ///
    /// # Errors
    /// `forbidden` below admin.
    pub async fn audit_event_list(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<audit_event::Model>> {
        actor.needs(Role::Admin)?;
        store::list(self.db().reader(), filter, page).await
    }

    /// Removes entries that are older than the setting says.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn audit_tidy(&self) -> Result<()> {
        let days = i64::from(self.settings().audit_days);
        if days == 0 {
            return Ok(());
        }
        let before = now_ms().saturating_sub(days * DAY_MS);
        let txn = self.db().begin().await?;
        store::forget(&txn, before).await?;
        txn.commit().await?;
        Ok(())
    }
}
