//! What changed in configurations.

use entity::config_change;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service::config_changes::{ConfigChangeFilter, Severity};
use uuid::Uuid;

use super::{
    Tag,
    capture_diffs::{DiffHunk, PATCH_LINES, lines, patch, shown, wish},
    collections::{request::words, view::example_id},
};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Patch, Result, Viewed},
    time::Time,
};

/// How much a change deserves to be looked at.
const SEVERITIES: [(&str, Severity); 4] = [
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

/// A configuration that was another one than the last good one before.
#[derive(Object)]
#[oai(example)]
struct ConfigChange {
    /// Id.
    id: Uuid,
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// The platform that it was collected as.
    platform: String,
    /// Capture type.
    capture_type: String,
    /// The collection that found it.
    collection_id: Uuid,
    /// The last capture that still was as before.
    previous_capture_id: Uuid,
    /// The capture that is different.
    capture_id: Uuid,
    /// When the one before was captured: it changed after that.
    previous_captured_at: Time,
    /// When the one after was captured: it changed before that.
    changed_at: Time,
    /// Lines that are new; lines that change by themselves do not count.
    lines_added: i64,
    /// Lines that are gone.
    lines_removed: i64,
    /// `low medium high critical`: the highest of the lines.
    severity: String,
    /// What the lines stand under, the first twenty; without secrets.
    sections: Vec<String>,
    /// Why the lines are not known.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
}

impl Example for ConfigChange {
    fn example() -> Self {
        Self {
            id: example_id(),
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            platform: "cisco_ios".to_owned(),
            capture_type: "configs".to_owned(),
            collection_id: example_id(),
            previous_capture_id: example_id(),
            capture_id: example_id(),
            previous_captured_at: Time(1_769_754_600_900),
            changed_at: Time(1_769_841_000_900),
            lines_added: 1,
            lines_removed: 0,
            severity: "high".to_owned(),
            sections: vec!["interface GigabitEthernet1/0/7".to_owned()],
            message: None,
        }
    }
}

impl From<config_change::Model> for ConfigChange {
    fn from(row: config_change::Model) -> Self {
        Self {
            id: row.id,
            device_id: row.device_id,
            device_name: row.device_name,
            platform: row.platform,
            capture_type: row.capture_type,
            collection_id: row.collection_id,
            previous_capture_id: row.previous_capture_id,
            capture_id: row.capture_id,
            previous_captured_at: Time(row.previous_captured_at),
            changed_at: Time(row.changed_at),
            lines_added: row.lines_added,
            lines_removed: row.lines_removed,
            severity: row.severity.as_str().to_owned(),
            sections: serde_json::from_value(row.sections).unwrap_or_default(),
            message: row.message,
        }
    }
}

/// A change with its lines.
#[derive(Object)]
#[oai(example)]
struct ConfigChangeDetail {
    /// The change.
    #[oai(flatten)]
    change: ConfigChange,
    /// Whether secrets are shown as tags; the same secret has the same tag.
    masked: bool,
    /// Where the texts differ, as the rules of today see it.
    hunks: Vec<DiffHunk>,
    /// Whether lines were left out since there are too many.
    truncated: bool,
}

impl Example for ConfigChangeDetail {
    fn example() -> Self {
        Self {
            change: ConfigChange::example(),
            masked: true,
            hunks: vec![DiffHunk::example()],
            truncated: false,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::ConfigChange", prefix_path = "/config-changes")]
impl Api {
    /// List changes of configurations, the newest first
    ///
    /// One for each configuration that differed from the last good one before it in more than lines that change by
    /// themselves.
    #[oai(path = "/", method = "get", operation_id = "config_change_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn config_change_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Names of devices.
        device: Query<Vec<String>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// Sites that the devices stand at today.
        site: Query<Vec<String>>,
        /// Platforms.
        platform: Query<Vec<String>>,
        /// `low medium high critical`.
        severity: Query<Vec<String>>,
        /// Collections that found them.
        collection_id: Query<Vec<Uuid>>,
        /// Found at this time or later.
        since: Query<Option<Time>>,
        /// Found before this time.
        until: Query<Option<Time>>,
        /// Words that all stand in the name of the device or in sections.
        q: Query<Option<String>>,
    ) -> Result<Json<Page<ConfigChange>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = ConfigChangeFilter {
            device_id: device_id.0,
            device: device.0,
            site: site.0,
            platform: platform.0,
            severity: words("severity", &severity.0, &SEVERITIES)?,
            collection_id: collection_id.0,
            since: since.0.map(|time| time.0),
            until: until.0.map(|time| time.0),
            q: q.0,
        };
        let page = auth.service().config_change_list(auth.actor(), &filter, &page).await?;
        Ok(Json(Page::of(page, ConfigChange::from)))
    }

    /// View a change with its lines
    ///
    /// Below operator secrets are shown as tags; one that changed is a line removed and one added. Where the texts are no
    /// longer kept there are no hunks, and a message.
    #[oai(path = "/:id", method = "get", operation_id = "config_change_view")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn config_change_view(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Unchanged lines around a change: 3.
        context: Query<Option<u64>>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// Whether lines that change by themselves are compared, too.
        all_lines: Query<Option<bool>>,
        /// Lines of the answer: 20000, at most 200000.
        limit: Query<Option<u64>>,
    ) -> Result<Viewed<ConfigChangeDetail>> {
        let wish = wish(context.0, masked.0, all_lines.0, lines(limit.0));
        let view = auth.service().config_change_view(auth.actor(), id.0, &wish).await?;
        let mut change = ConfigChange::from(view.row);
        let (hunks, truncated) = match view.changes {
            Ok(changes) => {
                let shown = shown(changes);
                (shown.hunks, shown.truncated)
            }
            Err(message) => {
                change.message = Some(message);
                (Vec::new(), false)
            }
        };
        Ok(Viewed::of(ConfigChangeDetail {
            change,
            masked: view.masked,
            hunks,
            truncated,
        }))
    }

    /// View a change as a unified diff
    #[oai(path = "/:id/diff.patch", method = "get", operation_id = "config_change_patch")]
    async fn config_change_patch(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Unchanged lines around a change: 3.
        context: Query<Option<u64>>,
        /// Whether secrets are shown as tags even to who may see them.
        masked: Query<Option<bool>>,
        /// Whether lines that change by themselves are compared, too.
        all_lines: Query<Option<bool>>,
    ) -> Result<Patch> {
        let wish = wish(context.0, masked.0, all_lines.0, PATCH_LINES);
        let view = auth.service().config_change_view(auth.actor(), id.0, &wish).await?;
        let row = view.row;
        let changes = view
            .changes
            .map_err(|message| service::error::Error::new(service::error::ErrorKind::NotFound, "no_text", message))?;
        let (old, new) = (row.previous_captured_at, row.changed_at);
        let name = row.device_name.as_str();
        patch(&changes, &row.capture_type, (name, old), (name, new))
    }
}
