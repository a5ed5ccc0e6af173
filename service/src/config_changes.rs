//! Changes of configurations: each new last good one is compared with the one before it, once. The recorder notes in its own
//! transaction that a comparison is due; what was not done when a server ended is done by the next.

use entity::{capture, config_change, pending_change, user::Role};
use parsers::{Changes, LineKind};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    captures::{DiffWish, LARGEST_COMPARED, must_mask, store as captures},
    devices,
    error::{Error, ErrorKind, Result},
    page::{Page, PageRequest},
};

pub use entity::config_change::Severity;

pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;

/// The capture type whose changes are kept.
pub(crate) const CONFIGS: &str = "configs";
/// Comparisons whose outcomes are written in one transaction.
const AT_ONCE: u64 = 64;
/// What one change names of what its lines stand under.
const SECTIONS: usize = 20;
/// Words that are searched for.
const WORDS: usize = 10;
/// Values that one filter takes.
const MOST_VALUES: usize = 100;

/// Which comparisons are done.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    /// Those of a collection.
    Collection(Uuid),
    /// That of a capture.
    Capture(Uuid),
    /// Those of all collections but these, which run and will do theirs themselves.
    Others(Vec<Uuid>),
}

/// Which changes are asked for; several values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct ConfigChangeFilter {
    /// Ids of devices.
    pub device_id: Vec<Uuid>,
    /// Names of devices, ignoring case.
    pub device: Vec<String>,
    /// Sites that devices stand at today, ignoring case.
    pub site: Vec<String>,
    /// Slugs or aliases of platforms.
    pub platform: Vec<String>,
    /// How much they deserve to be looked at.
    pub severity: Vec<Severity>,
    /// Ids of collections.
    pub collection_id: Vec<Uuid>,
    /// Not before this.
    pub since: Option<i64>,
    /// Before this.
    pub until: Option<i64>,
    /// Words that all stand in the name of the device or in sections.
    pub q: Option<String>,
}

/// The same as the database is asked.
#[derive(Debug, Clone, Default)]
struct ChangeFilter {
    devices: Option<Vec<Uuid>>,
    site: Vec<String>,
    platform: Vec<String>,
    severity: Vec<Severity>,
    collection_id: Vec<Uuid>,
    since: Option<i64>,
    until: Option<i64>,
    words: Vec<String>,
}

/// A change with its lines.
#[derive(Debug, Clone)]
pub struct ConfigChangeView {
    /// The row.
    pub row: config_change::Model,
    /// Whether secrets are shown as tags.
    pub masked: bool,
    /// The lines; `None` with the reason: they cannot be shown.
    pub changes: std::result::Result<Changes, String>,
}

/// What came of one comparison.
struct Compared {
    pending: pending_change::Model,
    /// `None`: there is nothing to write.
    outcome: Option<Outcome>,
}

struct Outcome {
    device_id: Uuid,
    /// `None`: it is the first configuration of the device.
    change: Option<config_change::Model>,
}

impl Service {
    /// Changes of configurations, the newest first.
    ///
    /// # Errors
    /// What is wrong with the filter, a page token of another list.
    pub async fn config_change_list(
        &self,
        actor: &Actor,
        filter: &ConfigChangeFilter,
        page: &PageRequest,
    ) -> Result<Page<config_change::Model>> {
        actor.needs(Role::Viewer)?;
        let lists = [
            ("device_id", filter.device_id.len()),
            ("device", filter.device.len()),
            ("site", filter.site.len()),
            ("platform", filter.platform.len()),
            ("collection_id", filter.collection_id.len()),
        ];
        if let Some((name, _)) = lists.iter().find(|(_, count)| *count > MOST_VALUES) {
            return Err(Error::parameter(*name, format!("at most {MOST_VALUES} values")));
        }
        let mut devices = (!filter.device_id.is_empty()).then(|| filter.device_id.clone());
        if !filter.device.is_empty() {
            let keys: Vec<String> = filter
                .device
                .iter()
                .map(|name| crate::inventory::name_key(name))
                .collect();
            let named = devices::store::named(self.db().reader(), &keys).await?;
            let named: Vec<Uuid> = named.into_iter().map(|device| device.id).collect();
            devices = Some(match devices {
                None => named,
                Some(ids) => ids.into_iter().filter(|id| named.contains(id)).collect(),
            });
        }
        let slug = |name: &String| self.rulebook().slug(name).unwrap_or_else(|| name.clone());
        let words = filter.q.as_deref().unwrap_or_default().split_whitespace();
        let asked = ChangeFilter {
            devices,
            site: filter.site.clone(),
            platform: filter.platform.iter().map(slug).collect(),
            severity: filter.severity.clone(),
            collection_id: filter.collection_id.clone(),
            since: filter.since,
            until: filter.until,
            words: words.take(WORDS).map(str::to_lowercase).collect(),
        };
        store::list(self.db().reader(), &asked, page).await
    }

    /// A change with its lines, as the rules of today see them. Below operator without secrets.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn config_change_view(&self, actor: &Actor, id: Uuid, wish: &DiffWish) -> Result<ConfigChangeView> {
        actor.needs(Role::Viewer)?;
        let row = store::one(self.db().reader(), id).await?;
        let row = row.ok_or_else(|| Error::not_found("config change", id))?;
        let masked = wish.masked || must_mask(actor);
        let old = self.text_with_hash(row.previous_text_id, &row.previous_sha256).await?;
        let new = self.text_with_hash(row.text_id, &row.sha256).await?;
        let changes = match (old, new, &row.message) {
            (_, _, Some(message)) => Err(message.clone()),
            (Some(old), Some(new), None) => {
                let wish = DiffWish { masked, ..wish.clone() };
                let before = captures::by_ids(self.db().reader(), &[row.previous_capture_id])
                    .await?
                    .pop();
                let before = match before {
                    Some(before) => self.platform_of(&before).await?,
                    // Of a capture that is gone nobody knows the platform: then no rule is too many.
                    None => String::new(),
                };
                let platforms = [before.as_str(), row.platform.as_str()];
                Ok(self.compared(&platforms, &row.capture_type, old, new, &wish).await?)
            }
            _ => Err("The texts of this change are no longer kept".to_owned()),
        };
        Ok(ConfigChangeView { row, masked, changes })
    }

    /// Does comparisons that are due; how many there were.
    ///
    /// # Errors
    /// When the database cannot be used: they stay due.
    pub(crate) async fn changes_find(&self, which: Which) -> Result<usize> {
        // One at a time: whoever comes second finds nothing left to do, instead of doing it again.
        let _turn = self.changes_turn().lock().await;
        let mut done = 0;
        loop {
            let rows = store::pending(self.db().reader(), &which, AT_ONCE).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            done += rows.len();
            let compared = self.compare_all(rows).await?;
            let txn = self.db().begin().await?;
            for one in compared {
                // Whoever takes the note away writes what came of it.
                if !store::take(&txn, one.pending.capture_id).await? {
                    continue;
                }
                if let Some(outcome) = one.outcome {
                    store::mirror_is_behind(&txn, outcome.device_id, one.pending.collection_id).await?;
                    if let Some(change) = outcome.change {
                        store::insert(&txn, change).await?;
                    }
                }
            }
            txn.commit().await?;
        }
    }

    /// Compares, some at a time; in the order in which they are due.
    async fn compare_all(&self, rows: Vec<pending_change::Model>) -> Result<Vec<Compared>> {
        let mut rows = rows.into_iter();
        let (mut running, mut compared) = (JoinSet::new(), Vec::new());
        loop {
            while running.len() < self.reader().at_once() {
                let Some(row) = rows.next() else { break };
                let service = self.clone();
                running.spawn(async move { service.compare_one(row).await });
            }
            let Some(ended) = running.join_next().await else { break };
            compared.push(ended.map_err(Error::internal)??);
        }
        compared.sort_by_key(|one: &Compared| one.pending.capture_id);
        Ok(compared)
    }

    async fn compare_one(&self, pending: pending_change::Model) -> Result<Compared> {
        let db = self.db().reader();
        let found = captures::by_ids(db, &[pending.capture_id]).await?.pop();
        let Some((new, text_id)) = found.and_then(|row| row.text_id.map(|text| (row, text))) else {
            return Ok(Compared { pending, outcome: None });
        };
        let (Some(previous_id), Some(previous_text)) = (pending.previous_capture_id, pending.previous_text_id) else {
            let outcome = Some(Outcome {
                device_id: new.device_id,
                change: None,
            });
            return Ok(Compared { pending, outcome });
        };
        let platform = self.platform_of(&new).await?;
        // The last one that had the text before tells best when it changed.
        let last = store::good_before(db, &new).await?;
        let previous = match last.filter(|row| row.text_id == Some(previous_text)) {
            Some(last) => Some(last),
            None => captures::by_ids(db, &[previous_id]).await?.pop(),
        };
        let before = match &previous {
            Some(previous) => self.platform_of(previous).await?,
            // Of a capture that is gone nobody knows the platform: then no rule is too many.
            None => String::new(),
        };
        let wish = DiffWish {
            context: 0,
            masked: true,
            all_lines: false,
            ..DiffWish::default()
        };
        let too_large = captures::largest(db, &[previous_text, text_id]).await? > LARGEST_COMPARED;
        let compared = match too_large {
            true => Err("The texts are larger than 16 MiB: their lines were not compared".to_owned()),
            false => match self
                .compared(&[&before, &platform], &new.capture_type, previous_text, text_id, &wish)
                .await
            {
                Ok(changes) => Ok(changes),
                // The database comes back: then it is done.
                Err(error) if error.kind == ErrorKind::Unavailable => return Err(error),
                Err(error) => Err(format!("The texts could not be compared: {}", error.message)),
            },
        };
        if compared.as_ref().is_ok_and(Changes::is_empty) {
            return Ok(Compared { pending, outcome: None });
        }
        let hashes = captures::hashes(db, &[previous_text, text_id]).await?;
        let sha256 = |id: i64| hashes.get(&id).cloned().unwrap_or_default();
        let found = Found {
            platform,
            previous_capture_id: previous.as_ref().map_or(previous_id, |row| row.id),
            previous_captured_at: previous.map_or(new.captured_at, |row| row.captured_at),
            previous: (previous_text, sha256(previous_text)),
            text: (text_id, sha256(text_id)),
        };
        let outcome = Some(Outcome {
            device_id: new.device_id,
            change: Some(row(new, found, compared)),
        });
        Ok(Compared { pending, outcome })
    }

    /// Does what was left by a server that ended, or while the database could not be used.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn changes_tidy(&self) -> Result<()> {
        let running = self.engine().runs.all();
        let running = running.iter().map(|run| run.id).collect();
        self.changes_find(Which::Others(running)).await?;
        Ok(())
    }
}

/// What is known of a change besides its lines.
struct Found {
    platform: String,
    previous_capture_id: Uuid,
    previous_captured_at: i64,
    previous: (i64, Vec<u8>),
    text: (i64, Vec<u8>),
}

fn row(new: capture::Model, found: Found, compared: std::result::Result<Changes, String>) -> config_change::Model {
    let (changes, message) = match compared {
        Ok(changes) => (changes, None),
        Err(message) => (Changes::default(), Some(message)),
    };
    let sections = sections(&changes);
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    config_change::Model {
        id: Uuid::now_v7(),
        device_id: new.device_id,
        search: format!("{}\n{}", new.device_name, sections.join("\n")).to_lowercase(),
        device_name: new.device_name,
        platform: found.platform,
        capture_type: new.capture_type,
        collection_id: new.collection_id,
        previous_capture_id: found.previous_capture_id,
        capture_id: new.id,
        previous_text_id: found.previous.0,
        previous_sha256: found.previous.1,
        text_id: found.text.0,
        sha256: found.text.1,
        previous_captured_at: found.previous_captured_at,
        changed_at: new.captured_at,
        lines_added: number(changes.added),
        lines_removed: number(changes.removed),
        severity: severity(changes.severity),
        sections: sections.into(),
        message,
    }
}

/// What changed lines stand under, each once; at most [`SECTIONS`].
#[must_use]
pub fn sections(changes: &Changes) -> Vec<String> {
    let lines = changes.hunks.iter().flat_map(|hunk| &hunk.lines);
    let mut found = Vec::new();
    for line in lines.filter(|line| line.kind != LineKind::Context && !line.section.is_empty()) {
        let section = line.section.join(" / ");
        if !found.contains(&section) {
            found.push(section);
        }
        if found.len() == SECTIONS {
            break;
        }
    }
    found
}

/// The severity as rows have it.
#[must_use]
pub fn severity(of: Option<parsers::Severity>) -> Severity {
    match of.unwrap_or_default() {
        parsers::Severity::Low => Severity::Low,
        parsers::Severity::Medium => Severity::Medium,
        parsers::Severity::High => Severity::High,
        parsers::Severity::Critical => Severity::Critical,
    }
}
