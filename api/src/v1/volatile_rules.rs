//! Lines of configurations that change by themselves, as users say.

use entity::volatile_rule;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service::{
    version::{self, Expected},
    volatile_rules::{HiddenChange, NewVolatileRule, RulePreview},
};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Created, Done, Result, Viewed},
    time::Time,
};

/// A rule of a user; those of the platform files hold beside it.
#[derive(Object)]
#[oai(example)]
struct VolatileRule {
    /// Id.
    id: Uuid,
    /// The platform it is for; absent: all.
    #[oai(skip_serializing_if_is_none)]
    platform: Option<String>,
    /// A regular expression; lines in which it is found are left aside when configurations are compared.
    pattern: String,
    /// What it is for.
    note: String,
    /// Who made it.
    created_by: String,
    /// When.
    created_at: Time,
}

impl Example for VolatileRule {
    fn example() -> Self {
        Self {
            id: example_id(),
            platform: Some("cisco_ios".to_owned()),
            pattern: "^ntp clock-period".to_owned(),
            note: "The clock tunes itself".to_owned(),
            created_by: "anna".to_owned(),
            created_at: Time(1_769_841_000_900),
        }
    }
}

impl From<volatile_rule::Model> for VolatileRule {
    fn from(row: volatile_rule::Model) -> Self {
        Self {
            id: row.id,
            platform: Some(row.platform).filter(|platform| !platform.is_empty()),
            pattern: row.pattern,
            note: row.note,
            created_by: row.created_by,
            created_at: Time(row.created_at),
        }
    }
}

/// A rule that is to be made, or tried.
#[derive(Object)]
#[oai(example)]
struct VolatileRuleCreate {
    /// The platform it is for; absent: all.
    #[oai(skip_serializing_if_is_none)]
    platform: Option<String>,
    /// A regular expression for one line.
    pattern: String,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
}

impl Example for VolatileRuleCreate {
    fn example() -> Self {
        Self {
            platform: Some("cisco_ios".to_owned()),
            pattern: "^ntp clock-period".to_owned(),
            note: Some("The clock tunes itself".to_owned()),
        }
    }
}

impl From<VolatileRuleCreate> for NewVolatileRule {
    fn from(body: VolatileRuleCreate) -> Self {
        Self {
            platform: body.platform,
            pattern: body.pattern,
            note: body.note.unwrap_or_default(),
        }
    }
}

/// A change that a rule would have hidden.
#[derive(Object)]
#[oai(example)]
struct VolatileRuleHidden {
    /// The device.
    device_id: Uuid,
    /// Its name then.
    device_name: String,
    /// The capture before.
    previous_capture_id: Uuid,
    /// The capture after.
    capture_id: Uuid,
    /// When the one after was captured.
    changed_at: Time,
    /// Whether nothing would be left of it; else it would be smaller.
    whole: bool,
}

impl Example for VolatileRuleHidden {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            previous_capture_id: example_id(),
            capture_id: example_id(),
            changed_at: Time(1_769_841_000_900),
            whole: true,
        }
    }
}

impl From<HiddenChange> for VolatileRuleHidden {
    fn from(one: HiddenChange) -> Self {
        Self {
            device_id: one.device_id,
            device_name: one.device_name,
            previous_capture_id: one.previous_capture_id,
            capture_id: one.capture_id,
            changed_at: Time(one.changed_at),
            whole: one.whole,
        }
    }
}

/// What a rule would have hidden over everything that is stored.
#[derive(Object)]
#[oai(example)]
struct VolatileRulePreview {
    /// Devices that were looked at.
    devices: u64,
    /// Texts that were looked at.
    versions: u64,
    /// Lines the rule is for, in all of them.
    lines: u64,
    /// Some of these lines, each once.
    examples: Vec<String>,
    /// Changes without the rule.
    changes: u64,
    /// Of these, those of which nothing would be left.
    changes_hidden: u64,
    /// Of these, those that would be smaller.
    changes_smaller: u64,
    /// The newest of both, at most 100.
    hidden: Vec<VolatileRuleHidden>,
    /// Whether everything that is stored was looked at; a preview has a time limit.
    complete: bool,
}

impl Example for VolatileRulePreview {
    fn example() -> Self {
        Self {
            devices: 40,
            versions: 310,
            lines: 310,
            examples: vec!["ntp clock-period 17179865".to_owned()],
            changes: 270,
            changes_hidden: 251,
            changes_smaller: 19,
            hidden: vec![VolatileRuleHidden::example()],
            complete: true,
        }
    }
}

impl From<RulePreview> for VolatileRulePreview {
    fn from(seen: RulePreview) -> Self {
        Self {
            devices: seen.devices,
            versions: seen.versions,
            lines: seen.lines,
            examples: seen.examples,
            changes: seen.changes,
            changes_hidden: seen.changes_hidden,
            changes_smaller: seen.changes_smaller,
            hidden: seen.hidden.into_iter().map(VolatileRuleHidden::from).collect(),
            complete: seen.complete,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::VolatileRule")]
impl Api {
    /// List rules of users for lines that change by themselves
    #[oai(path = "/volatile-rules", method = "get", operation_id = "volatile_rule_list")]
    async fn volatile_rule_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Platforms.
        platform: Query<Vec<String>>,
    ) -> Result<Json<Page<VolatileRule>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let service = auth.service();
        let page = service.volatile_rule_list(auth.actor(), &platform.0, &page).await?;
        Ok(Json(Page::of(page, VolatileRule::from)))
    }

    /// Make a rule for lines that change by themselves
    ///
    /// It holds for comparisons from now on and for what is shown. Stored texts stay as they are.
    #[oai(path = "/volatile-rules", method = "post", operation_id = "volatile_rule_create")]
    async fn volatile_rule_create(&self, auth: Auth, body: Json<VolatileRuleCreate>) -> Result<Created<VolatileRule>> {
        let row = auth.service().volatile_rule_create(auth.actor(), body.0.into()).await?;
        let place = format!("/api/v1/volatile-rules/{}", row.id);
        let tag = version::tag(row.created_at);
        Ok(Created::Ok(Json(row.into()), place, Some(tag)))
    }

    /// View a rule
    #[oai(path = "/volatile-rules/:id", method = "get", operation_id = "volatile_rule_view")]
    async fn volatile_rule_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<VolatileRule>> {
        let row = auth.service().volatile_rule_view(auth.actor(), id.0).await?;
        let tag = version::tag(row.created_at);
        Ok(Viewed::Ok(Json(row.into()), tag))
    }

    /// Remove a rule
    #[oai(
        path = "/volatile-rules/:id",
        method = "delete",
        operation_id = "volatile_rule_delete"
    )]
    async fn volatile_rule_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let service = auth.service();
        if if_match.0.is_some() {
            // A rule never changes: what is looked at here is what is deleted below.
            let row = service.volatile_rule_view(auth.actor(), id.0).await?;
            Expected::new(if_match.0).check(row.created_at)?;
        }
        service.volatile_rule_delete(auth.actor(), id.0).await?;
        Ok(Done::Ok)
    }

    /// See what a rule would have hidden
    ///
    /// Tries it on every stored configuration, on top of the rules that hold already. Makes nothing and changes nothing.
    #[oai(
        path = "/volatile-rule-previews",
        method = "post",
        operation_id = "volatile_rule_preview"
    )]
    async fn volatile_rule_preview(
        &self,
        auth: Auth,
        body: Json<VolatileRuleCreate>,
    ) -> Result<Json<VolatileRulePreview>> {
        let seen = auth
            .service()
            .volatile_rule_preview(auth.actor(), body.0.into())
            .await?;
        Ok(Json(seen.into()))
    }
}
