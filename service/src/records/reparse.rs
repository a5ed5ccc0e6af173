//! Reading the last good captures anew, after templates have changed: the past stays as it was read, as
//! `docs/decisions/0008-rows-say-what-was-read-then.md` says. In parts, each of which is asked for by itself, so that
//! whoever asks sees how far it is and may stop.

use entity::user::Role;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    Kind, Wish,
    load::{Outcome, sum},
};
use crate::{
    Service,
    actor::Actor,
    captures::store as captures,
    error::{Error, Result},
    page::PageRequest,
};

/// Captures of one part.
const PART: u64 = 200;
/// Devices that one request names.
const MOST_DEVICES: usize = 1_000;

/// What is to be read anew.
#[derive(Debug, Clone, Default)]
pub struct Reparse {
    /// Only of these devices; empty: of all.
    pub device_ids: Vec<Uuid>,
    /// Only of these types; empty: of all that have a table.
    pub capture_types: Vec<String>,
    /// Also what neither the templates nor the text of changed.
    pub everything: bool,
    /// Where the part begins.
    pub page_token: Option<String>,
}

/// What came of one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reparsed {
    /// Captures of the part.
    pub captures: u64,
    /// Captures that are in the tables.
    pub loaded: u64,
    /// Captures that were read.
    pub read: u64,
    /// Captures that no template reads.
    pub without_template: u64,
    /// Captures that could not be loaded.
    pub failed: u64,
    /// Why not.
    pub message: Option<String>,
    /// Where the next part begins; `None`: that was the last one.
    pub next_page_token: Option<String>,
}

impl Service {
    /// Reads one part of the last good captures anew and loads them.
    ///
    /// # Errors
    /// Types that have no table, a token of another request, `forbidden` below operator.
    pub async fn capture_reparse_all(&self, actor: &Actor, wish: &Reparse) -> Result<Reparsed> {
        actor.needs(Role::Operator)?;
        let types = wish.checked()?;
        let page = PageRequest {
            limit: Some(PART),
            page_token: wish.page_token.clone(),
            include_total: false,
        };
        let key = format!("reparse {types:?} {:?} {}", wish.device_ids, wish.everything);
        let after = page.cursor::<(Uuid, String)>(&key)?;
        let is_first = after.is_none();
        let db = self.db().reader();
        let keys = captures::good_keys(db, &wish.device_ids, &types, after, PART + 1).await?;
        let part = page.page(&key, keys, |row| (row.device_id, row.capture_type.clone()));
        let mut wishes = Vec::new();
        for good in &part.items {
            // Captures with the same text come later than the one that brought it: the tables were last seen with those.
            let newest = captures::newest_good(db, good.device_id, &good.capture_type).await?;
            let Some(newest) = newest.filter(|row| row.text_id == Some(good.text_id)) else {
                continue;
            };
            let platform = self.platform_of(&newest).await?;
            wishes.push(Wish {
                capture_id: newest.id,
                platform,
            });
        }
        let captures = wishes.len() as u64;
        let (tasks, mut outcomes) = self.changed(wishes, wish.everything).await?;
        let read = tasks.len() as u64;
        let mut tasks = tasks.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.reader().at_once() {
                let Some(task) = tasks.next() else { break };
                let service = self.clone();
                running.spawn(async move { service.load_one(task).await });
            }
            let Some(ended) = running.join_next().await else { break };
            outcomes.push(ended.map_err(Error::internal)?);
        }
        if is_first {
            let summary = format!("Reads the last good captures of {} anew", types.join(", "));
            self.audit_now(actor, "capture.reparse", "capture", None, summary)
                .await?;
        }
        let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|one| is(one)).count() as u64;
        Ok(Reparsed {
            captures,
            read,
            loaded: count(|one| matches!(one, Outcome::Loaded(_))),
            without_template: count(|one| matches!(one, Outcome::NoTemplate(_))),
            failed: count(|one| matches!(one, Outcome::Failed(_))),
            message: sum(&outcomes).message,
            next_page_token: part.next_page_token,
        })
    }
}

impl Reparse {
    /// The types that are meant.
    fn checked(&self) -> Result<Vec<String>> {
        if self.device_ids.len() > MOST_DEVICES {
            return Err(Error::field("/device_ids", format!("at most {MOST_DEVICES} devices")));
        }
        if self.capture_types.is_empty() {
            return Ok(Kind::ALL.map(|kind| kind.capture_type().to_owned()).to_vec());
        }
        if let Some(at) = self.capture_types.iter().position(|name| Kind::of(name).is_none()) {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.capture_type()).collect();
            let detail = format!("must be one of {}", known.join(", "));
            return Err(Error::field(format!("/capture_types/{at}"), detail));
        }
        Ok(self.capture_types.clone())
    }
}
