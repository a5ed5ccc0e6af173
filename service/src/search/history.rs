//! Searching older versions: each is unpacked and read, for as long as there is time.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use parsers::section_of;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Found, Hit, Question, Versions, excerpt, store};
use crate::{
    Service,
    captures::read_text,
    error::{Error, ErrorKind, Result},
    page::PageRequest,
};

/// How long one answer takes unless somebody says otherwise.
const SECONDS: u32 = 5;
/// The longest that may be asked for.
pub const MOST_SECONDS: u32 = 20;
/// Captures that are looked at in one query.
const CAPTURES: u64 = 500;
/// Versions larger than this are passed over.
const MOST_BYTES: i64 = 16 * 1024 * 1024;

/// Only so many look through history at a time: it is work for the processor.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How far older versions were looked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryProgress {
    /// Versions that were read.
    pub versions_read: u64,
    /// Versions that were too large to be read.
    pub versions_passed_over: u64,
    /// Everything captured since then was looked at; `None`: nothing was there.
    pub searched_back_to: Option<i64>,
    /// Whether that was all there is.
    pub complete: bool,
}

/// Where a page begins: behind a capture, or at a line of one.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Behind {
    capture: Uuid,
    line: Option<usize>,
}

/// What is wanted of a version: lines from one on, and how many.
#[derive(Debug, Clone, Copy)]
struct Part {
    from: usize,
    most: usize,
}

impl Service {
    pub(super) async fn search_versions(
        &self,
        question: &Question,
        which: Versions,
        seconds: Option<u32>,
        key: &str,
        page: &PageRequest,
    ) -> Result<Found> {
        let seconds = seconds.unwrap_or(SECONDS);
        if !(1..=MOST_SECONDS).contains(&seconds) {
            return Err(Error::parameter("seconds", format!("1 to {MOST_SECONDS}")));
        }
        let from = page.cursor::<Behind>(key)?;
        let Ok(_turn) = TURNS.try_acquire() else {
            let mut busy = Error::new(
                ErrorKind::Throttled,
                "history_busy",
                "Others are looking through the history at the moment: try again soon",
            );
            busy.retry_after = Some(u64::from(seconds));
            return Err(busy);
        };
        let until = Instant::now() + Duration::from_secs(u64::from(seconds));
        let mut progress = HistoryProgress::default();
        let mut hits: Vec<Hit> = Vec::new();
        let mut next: Option<Behind> = None;
        // The capture at which the page before broke off is looked at once more.
        let mut before = from.as_ref().map(|from| match from.line {
            Some(_) => successor(from.capture),
            None => from.capture,
        });
        'all: loop {
            let rows = store::versions(self.db().reader(), &question.scope, which, before, CAPTURES).await?;
            let is_end = (rows.len() as u64) < CAPTURES;
            let platforms = self.platforms_of(&rows).await?;
            for row in &rows {
                before = Some(row.id);
                // The same text as the next one is the same version.
                if which == Versions::All && row.next_text_id == Some(row.text_id) {
                    progress.searched_back_to = Some(row.captured_at);
                    continue;
                }
                if Instant::now() >= until {
                    next = Some(Behind {
                        capture: successor(row.id),
                        line: None,
                    });
                    break 'all;
                }
                let skip = from
                    .as_ref()
                    .filter(|from| from.capture == row.id)
                    .and_then(|from| from.line);
                let part = Part {
                    from: skip.unwrap_or_default(),
                    most: question.wanted + 1 - hits.len(),
                };
                let found = self
                    .search_version(question, row, part, &platforms, &mut progress)
                    .await?;
                for (line, hit) in found {
                    if hits.len() == question.wanted {
                        next = Some(Behind {
                            capture: row.id,
                            line: Some(line),
                        });
                        break 'all;
                    }
                    hits.push(hit);
                }
                progress.searched_back_to = Some(row.captured_at);
            }
            if is_end {
                progress.complete = true;
                break;
            }
            if Instant::now() >= until {
                next = before.map(|capture| Behind { capture, line: None });
                break;
            }
        }
        let passed = progress.versions_passed_over;
        let message = (passed > 0).then(|| format!("{passed} versions are too large to be read"));
        Ok(Found {
            page: page.with_next(key, hits, next),
            texts_pending: 0,
            indexed: false,
            message,
            history: Some(progress),
        })
    }

    /// The lines of one version.
    async fn search_version(
        &self,
        question: &Question,
        row: &store::Version,
        part: Part,
        platforms: &HashMap<(Uuid, Uuid), String>,
        progress: &mut HistoryProgress,
    ) -> Result<Vec<(usize, Hit)>> {
        if row.bytes > MOST_BYTES {
            progress.versions_passed_over += 1;
            return Ok(Vec::new());
        }
        progress.versions_read += 1;
        let text = read_text(self.db(), self.shelf(), row.text_id).await?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let found = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let places = lines.iter().enumerate();
            let places = places
                .skip(part.from)
                .filter(|(_, line)| question.finder.is_in(line))
                .take(part.most);
            let hit = |(at, _): (usize, &&str)| {
                let excerpt = excerpt(&lines, at, 1, question);
                let hit = Hit {
                    device_id: row.device_id,
                    device_name: row.device_name.clone(),
                    capture_type: row.capture_type.clone(),
                    capture_id: row.id,
                    captured_at: row.captured_at,
                    section: section_of(&[], &lines, at),
                    line: excerpt.line,
                    ranges: excerpt.ranges,
                    before: excerpt.before,
                    after: excerpt.after,
                };
                (at, hit)
            };
            places.map(hit).collect()
        };
        if question.scope.secrets {
            return Ok(found(&text));
        }
        let platform = platforms
            .get(&(row.collection_id, row.device_id))
            .map_or("", String::as_str);
        let mask = self.rulebook().mask(&[platform], &row.capture_type)?;
        Ok(found(&mask.masker.mask(&text)))
    }

    /// The platforms that the texts are of.
    async fn platforms_of(&self, rows: &[store::Version]) -> Result<HashMap<(Uuid, Uuid), String>> {
        let collections: HashSet<Uuid> = rows.iter().map(|row| row.collection_id).collect();
        let devices: HashSet<Uuid> = rows.iter().map(|row| row.device_id).collect();
        let (collections, devices): (Vec<Uuid>, Vec<Uuid>) =
            (collections.into_iter().collect(), devices.into_iter().collect());
        let then = store::platforms_then(self.db().reader(), &collections, &devices).await?;
        Ok(then
            .into_iter()
            .map(|(collection, device, platform)| ((collection, device), platform))
            .collect())
    }
}

/// The smallest id behind one, so that what is before it begins with that one.
fn successor(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_an_id_comes_the_next() {
        let id = Uuid::from_u128(41);
        assert!(successor(id) > id);
        assert_eq!(successor(id), Uuid::from_u128(42));
    }
}
