//! Rules of users: which lines of configurations change by themselves. They hold for what is compared from then on and for
//! what is shown; no stored text is ever touched. What a rule would have hidden can be seen before it is made.

use std::time::{Duration, Instant};

use entity::{user::Role, volatile_rule};
use parsers::{LineRule, Preview, preview};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    audit,
    captures::{LARGEST_COMPARED, must_mask, read_text},
    config_changes::CONFIGS,
    error::{Error, FieldProblem, Result},
    page::{Page, PageRequest},
    time::now_ms,
};

pub(crate) mod store;
#[cfg(test)]
mod tests;

/// Rules of one server.
const MOST_RULES: usize = 500;
/// Letters of a pattern and of a note.
const LONGEST: usize = 1_000;
/// How long a preview looks.
const TIME: Duration = Duration::from_secs(10);
/// Devices that a preview looks at.
const DEVICES: u64 = 1_000;
/// Versions of each of them, the newest.
const VERSIONS: u64 = 50;
/// Bytes of these together.
const BYTES: i64 = 64 * 1024 * 1024;
/// Changes that an answer names.
const NAMED: usize = 100;
/// Lines that an answer shows.
const EXAMPLES: usize = 20;

/// A rule that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewVolatileRule {
    /// Slug or alias of the platform; `None`: all.
    pub platform: Option<String>,
    /// A regular expression for one line.
    pub pattern: String,
    /// What it is for.
    pub note: String,
}

/// A change that a rule would have hidden, or made smaller.
#[derive(Debug, Clone)]
pub struct HiddenChange {
    /// The device.
    pub device_id: Uuid,
    /// Its name then.
    pub device_name: String,
    /// The capture before.
    pub previous_capture_id: Uuid,
    /// The capture after.
    pub capture_id: Uuid,
    /// When that was made.
    pub changed_at: i64,
    /// Whether nothing of the change would be left.
    pub whole: bool,
}

/// What a rule would have hidden over what is stored.
#[derive(Debug, Clone, Default)]
pub struct RulePreview {
    /// Devices that were looked at.
    pub devices: u64,
    /// Texts that were looked at.
    pub versions: u64,
    /// Lines the rule is for.
    pub lines: u64,
    /// Some of them, without secrets for those who may not see them.
    pub examples: Vec<String>,
    /// Changes without the rule.
    pub changes: u64,
    /// Of these, those of which nothing would be left.
    pub changes_hidden: u64,
    /// Of these, those that would be smaller.
    pub changes_smaller: u64,
    /// The newest of both.
    pub hidden: Vec<HiddenChange>,
    /// Whether everything that is stored was looked at.
    pub complete: bool,
}

impl Service {
    /// Rules of users, in the order in which they were made.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn volatile_rule_list(
        &self,
        actor: &Actor,
        platform: &[String],
        page: &PageRequest,
    ) -> Result<Page<volatile_rule::Model>> {
        actor.needs(Role::Viewer)?;
        let slug = |name: &String| self.rulebook().slug(name).unwrap_or_else(|| name.clone());
        let platforms: Vec<String> = platform.iter().map(slug).collect();
        store::list(self.db().reader(), &platforms, page).await
    }

    /// One rule.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn volatile_rule_view(&self, actor: &Actor, id: Uuid) -> Result<volatile_rule::Model> {
        actor.needs(Role::Viewer)?;
        let row = store::one(self.db().reader(), id).await?;
        row.ok_or_else(|| Error::not_found("volatile rule", id))
    }

    /// Makes a rule. It can hide what somebody does to a device, so this needs admin.
    ///
    /// # Errors
    /// `validation_failed`, `too_many_rules`, `forbidden` below admin.
    pub async fn volatile_rule_create(&self, actor: &Actor, new: NewVolatileRule) -> Result<volatile_rule::Model> {
        actor.needs(Role::Admin)?;
        let platform = self.checked(&new)?;
        let row = volatile_rule::Model {
            id: Uuid::now_v7(),
            platform: platform.unwrap_or_default(),
            pattern: new.pattern,
            note: new.note,
            created_by: actor.name.clone(),
            created_at: now_ms(),
        };
        let txn = self.db().begin().await?;
        if store::all(&txn).await?.len() >= MOST_RULES {
            return Err(Error::conflict(
                "too_many_rules",
                format!("There are {MOST_RULES} rules already: remove those that are no longer needed"),
            ));
        }
        store::insert(&txn, row.clone()).await?;
        let summary = format!("Made the rule {:?} for {}", row.pattern, shown(&row.platform));
        audit::record(&txn, actor, entry("volatile_rule.create", &row, summary)).await?;
        let all = store::all(&txn).await?;
        txn.commit().await?;
        self.rulebook().set_of_users(all);
        Ok(row)
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// `not_found`, `forbidden` below admin.
    pub async fn volatile_rule_delete(&self, actor: &Actor, id: Uuid) -> Result<()> {
        actor.needs(Role::Admin)?;
        let row = self.volatile_rule_view(actor, id).await?;
        let txn = self.db().begin().await?;
        store::delete(&txn, id).await?;
        let summary = format!("Removed the rule {:?} for {}", row.pattern, shown(&row.platform));
        audit::record(&txn, actor, entry("volatile_rule.delete", &row, summary)).await?;
        let all = store::all(&txn).await?;
        txn.commit().await?;
        self.rulebook().set_of_users(all);
        Ok(())
    }

    /// What a rule would have hidden over everything that is stored. Changes nothing.
    ///
    /// # Errors
    /// `validation_failed`.
    pub async fn volatile_rule_preview(&self, actor: &Actor, new: NewVolatileRule) -> Result<RulePreview> {
        actor.needs(Role::Viewer)?;
        let platform = self.checked(&new)?;
        let masked = must_mask(actor);
        let began = Instant::now();
        let mut found = RulePreview {
            complete: true,
            ..RulePreview::default()
        };
        let mut after = None;
        let mut looked_at = 0;
        'pages: loop {
            let devices = store::devices_with_configs(self.db().reader(), after, 200).await?;
            let Some(last) = devices.last() else { break };
            after = Some(*last);
            for device in devices {
                if began.elapsed() > TIME || looked_at == DEVICES {
                    found.complete = false;
                    break 'pages;
                }
                looked_at += u64::from(
                    self.preview_device(device, platform.as_deref(), &new.pattern, masked, &mut found)
                        .await?,
                );
            }
        }
        found.hidden.sort_by_key(|one| std::cmp::Reverse(one.changed_at));
        found.hidden.truncate(NAMED);
        Ok(found)
    }

    /// One device; whether it is of the platform.
    async fn preview_device(
        &self,
        device: Uuid,
        platform: Option<&str>,
        pattern: &str,
        masked: bool,
        found: &mut RulePreview,
    ) -> Result<bool> {
        let mut rows = store::versions(self.db().reader(), device, VERSIONS + 1).await?;
        let Some(newest) = rows.first() else { return Ok(false) };
        let its_platform = self.platform_of(newest).await?;
        if platform.is_some_and(|platform| platform != its_platform) {
            return Ok(false);
        }
        if rows.len() as u64 > VERSIONS {
            rows.pop();
            found.complete = false;
        }
        // The oldest first; what was captured again unchanged is one version.
        rows.reverse();
        rows.dedup_by_key(|row| row.text_id);
        let (mut captures, mut texts, mut bytes) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let Some(text_id) = row.text_id else { continue };
            bytes += row.bytes;
            if row.bytes > LARGEST_COMPARED || bytes > BYTES {
                found.complete = false;
                continue;
            }
            texts.push(read_text(self.db(), self.shelf(), text_id).await?);
            captures.push(row);
        }
        let in_force = self.rulebook().volatile(&[&its_platform]);
        let mask = match masked {
            true => Some(self.rulebook().mask(&[&its_platform])?),
            false => None,
        };
        let rule = LineRule::new(pattern);
        let count = texts.len() as u64;
        let looking = tokio::task::spawn_blocking(move || {
            let texts: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(text)).collect();
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let mut seen = preview(&rule, &in_force, CONFIGS, &texts)?;
            if let Some(mask) = mask {
                // Keys of several lines cannot be known by one of them, so nothing of a text that has one is shown.
                match texts.iter().any(|text| text.contains("PRIVATE KEY-----")) {
                    true => seen.examples.clear(),
                    false => seen
                        .examples
                        .iter_mut()
                        .for_each(|line| *line = mask.masker.mask(line).into_owned()),
                }
            }
            Ok::<Preview, parsers::RuleError>(seen)
        });
        let seen = looking.await.map_err(Error::internal)?;
        let seen = seen.map_err(|error| Error::field("/pattern", error.problem))?;
        found.devices += 1;
        found.versions += count;
        found.lines += seen.lines as u64;
        found.changes += seen.changes as u64;
        found.changes_hidden += seen.hidden.len() as u64;
        found.changes_smaller += seen.smaller.len() as u64;
        for line in seen.examples {
            if found.examples.len() < EXAMPLES && !found.examples.contains(&line) {
                found.examples.push(line);
            }
        }
        let whole = seen.hidden.iter().map(|at| (*at, true));
        for (at, whole) in whole.chain(seen.smaller.iter().map(|at| (*at, false))) {
            let before = at.checked_sub(1).and_then(|before| captures.get(before));
            let (Some(before), Some(after)) = (before, captures.get(at)) else {
                continue;
            };
            found.hidden.push(HiddenChange {
                device_id: after.device_id,
                device_name: after.device_name.clone(),
                previous_capture_id: before.id,
                capture_id: after.id,
                changed_at: after.captured_at,
                whole,
            });
        }
        Ok(true)
    }

    /// The platform that is meant, where everything about a rule is right.
    fn checked(&self, new: &NewVolatileRule) -> Result<Option<String>> {
        let mut problems = Vec::new();
        let mut wrong = |pointer: &str, detail: String| {
            problems.push(FieldProblem {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        let name = new.platform.as_deref().filter(|name| !name.is_empty());
        let platform = name.and_then(|name| self.rulebook().slug(name));
        if let (Some(name), None) = (name, &platform) {
            wrong(
                "/platform",
                format!("there is no platform {name:?}: see GET /platforms"),
            );
        }
        if new.pattern.trim().is_empty() || new.pattern.chars().count() > LONGEST {
            wrong("/pattern", format!("must be 1 to {LONGEST} characters"));
        } else if let Err(error) = parsers::Masker::new(&[LineRule::new(new.pattern.clone())], None) {
            wrong("/pattern", format!("is no regular expression: {}", error.problem));
        }
        if new.note.chars().count() > LONGEST {
            wrong("/note", format!("must be at most {LONGEST} characters"));
        }
        match problems.is_empty() {
            true => Ok(platform),
            false => Err(Error::fields(problems)),
        }
    }
}

fn shown(platform: &str) -> &str {
    match platform {
        "" => "all platforms",
        platform => platform,
    }
}

fn entry<'a>(action: &'a str, row: &volatile_rule::Model, summary: String) -> audit::Entry<'a> {
    audit::Entry {
        action,
        target_type: "volatile_rule",
        target_id: Some(row.id.to_string()),
        summary,
    }
}
