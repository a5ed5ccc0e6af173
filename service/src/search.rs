//! Searching the last good texts, and older ones, for a piece of text.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use entity::user::Role;
use parsers::{Finder, section_of};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    devices::DeviceFilter,
    error::{Error, Result},
    page::{Page, PageRequest},
};

mod history;
pub(crate) mod indexer;
mod rarity;
pub(crate) mod store;

pub use history::{HistoryProgress, MOST_SECONDS};

/// Ids of pieces of one text; see `search_chunk`.
pub(crate) const PIECES: i64 = 1 << 16;
/// Letters of what is looked for.
const LONGEST: usize = 200;
/// The index is of three letters each.
const INDEXED: usize = 3;
/// Lines around a line that are shown, unless somebody says how many.
const CONTEXT: u64 = 2;
/// The most of them.
const MOST_CONTEXT: u64 = 5;
/// Letters of a line that are shown.
const LINE: usize = 400;
/// Values of one filter.
const MOST_VALUES: usize = 100;
/// How long pieces are read one after the other where no index helps.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Devices whose texts are read without asking the index.
const FEW_DEVICES: u64 = 20;
/// Pieces read at once.
const CHUNKS: u64 = 200;
/// Pieces that PostgreSQL reads to see whether what is looked for is everywhere.
const WINDOW: u64 = 1_000;
/// The most of these.
const WINDOWS: usize = 6;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// What is looked for, as it is; upper and lower case are the same.
    pub text: String,
    /// The devices.
    pub devices: DeviceFilter,
    /// Ids of devices.
    pub device_ids: Vec<Uuid>,
    /// Slugs of capture types; empty: all.
    pub capture_types: Vec<String>,
    /// Lines around each: 2 unless given, at most 5.
    pub context: Option<u64>,
    /// Whether older versions are looked through instead.
    pub history: bool,
    /// How long that may take.
    pub seconds: Option<u32>,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// The line, or the part of a long one in which it was found.
    pub text: String,
    /// Whether there is more of it.
    pub cut: bool,
}

/// Something that was found: a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The device.
    pub device_id: Uuid,
    /// Its name.
    pub device_name: String,
    /// Slug of the capture type.
    pub capture_type: String,
    /// The capture.
    pub capture_id: Uuid,
    /// When it was made.
    pub captured_at: i64,
    /// What the line stands under, the outermost first.
    pub section: Vec<String>,
    /// The line.
    pub line: Line,
    /// Where in it: first letter and the one behind the last, in letters (Unicode code points) of what is shown.
    pub ranges: Vec<(u64, u64)>,
    /// Lines before it.
    pub before: Vec<Line>,
    /// Lines after it.
    pub after: Vec<Line>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Found {
    /// Lines, in the order of the texts.
    pub page: Page<Hit>,
    /// Last good texts that wait to be made searchable.
    pub texts_pending: u64,
    /// Whether an index was asked; otherwise texts were read one after the other.
    pub indexed: bool,
    /// What a person should know about the answer.
    pub message: Option<String>,
    /// How far older versions were looked through.
    pub history: Option<HistoryProgress>,
}

/// Where a page begins: a piece, and a line in it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Place(i64, usize);

/// Everything one question needs.
struct Question {
    scope: store::Scope,
    needle: store::Needle,
    finder: Finder,
    context: usize,
    wanted: usize,
}

impl Question {
    fn text<'a>(&self, found: &'a store::Found) -> &'a str {
        match &found.raw {
            Some(raw) if self.scope.secrets => raw,
            _ => &found.body,
        }
    }

    /// The lines of a piece in which it stands.
    fn lines(&self, found: &store::Found) -> Vec<usize> {
        let lines = self.text(found).lines().enumerate();
        lines
            .filter(|(_, line)| self.finder.is_in(line))
            .map(|(at, _)| at)
            .collect()
    }
}

/// Which stored texts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Versions {
    All,
    LastGood,
}

/// What was found so far.
struct Gathered {
    lines: Vec<(store::Found, usize)>,
    /// Where to go on, where not everything was looked at.
    next: Option<Place>,
}

impl Gathered {
    /// Takes the lines of a piece. Says whether there are enough.
    fn take(&mut self, question: &Question, found: &store::Found, from: Place) -> bool {
        for at in question.lines(found) {
            if (found.id, at) < (from.0, from.1) {
                continue;
            }
            if self.lines.len() == question.wanted {
                self.next = Some(Place(found.id, at));
                return true;
            }
            self.lines.push((found.clone(), at));
        }
        false
    }
}

impl Service {
    /// Lines in which a text stands. Who may not see secrets finds nothing in them.
    ///
    /// # Errors
    /// What is wrong with the question.
    pub async fn search(&self, actor: &Actor, query: &SearchQuery, page: &PageRequest) -> Result<Found> {
        actor.needs(Role::Viewer)?;
        let question = self.search_question(actor, query, page).await?;
        let key = format!(
            "search {} {:?} {:?} {:?} {}",
            query.text, query.devices, query.device_ids, query.capture_types, query.history
        );
        if query.history {
            return self
                .search_versions(&question, Versions::All, query.seconds, &key, page)
                .await;
        }
        if self.indexer().is_off() {
            let mut found = self
                .search_versions(&question, Versions::LastGood, query.seconds, &key, page)
                .await?;
            let note = "This server keeps no index for the search (search_index): texts are read one after the other";
            found.message = Some(match found.message {
                Some(message) => format!("{note}. {message}"),
                None => note.to_owned(),
            });
            return Ok(found);
        }
        let from = page.cursor::<Place>(&key)?.unwrap_or(Place(0, 0));
        let no_index = self.indexer().without_index();
        let is_short = query.text.chars().count() < INDEXED;
        let few = question.scope.devices.is_some();
        let indexed = !is_short && !few && no_index.is_none();
        let gathered = match indexed {
            true => self.by_index(&question, from).await?,
            false => self.by_reading(&question, from).await?,
        };
        let items = self.hits(&question, &gathered.lines).await?;
        let (pending, all_known) = self.indexer().pending();
        let mut messages = Vec::new();
        if is_short && !few {
            messages.push(format!(
                "Fewer than {INDEXED} characters are not in the index: texts are read one after the other"
            ));
        } else if !few && let Some(why) = no_index {
            messages.push(why);
        }
        if !all_known {
            messages.push("The server has just started: some texts may not be searchable yet".to_owned());
        }
        for (device, capture_type) in store::partial(self.db().reader()).await?.iter().take(3) {
            messages.push(format!(
                "Of {capture_type} of the device {device} only the beginning is searched: it is too large"
            ));
        }
        Ok(Found {
            page: page.with_next(&key, items, gathered.next),
            texts_pending: pending,
            indexed,
            message: Some(messages.join(". ")).filter(|text| !text.is_empty()),
            history: None,
        })
    }

    async fn search_question(&self, actor: &Actor, query: &SearchQuery, page: &PageRequest) -> Result<Question> {
        let text = &query.text;
        let is_bad = text.trim().is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control);
        let finder = Finder::new(text).filter(|_| !is_bad).ok_or_else(|| {
            Error::parameter(
                "q",
                format!("1 to {LONGEST} characters that stand in one line of a text"),
            )
        })?;
        for (name, many) in [
            ("capture_type", query.capture_types.len()),
            ("device_id", query.device_ids.len()),
        ] {
            if many > MOST_VALUES {
                return Err(Error::parameter(name, format!("at most {MOST_VALUES} values")));
            }
        }
        let wanted = query.devices.wanted(self, "")?;
        let mut devices = match query.devices.is_empty() {
            true => None,
            false => store::few_devices(self.db().reader(), &wanted, FEW_DEVICES).await?,
        };
        if !query.device_ids.is_empty() {
            devices = Some(match devices {
                Some(found) => found.into_iter().filter(|id| query.device_ids.contains(id)).collect(),
                None if query.devices.is_empty() => query.device_ids.clone(),
                None => crate::devices::store::ids_among(self.db().reader(), &wanted, &query.device_ids).await?,
            });
        }
        Ok(Question {
            scope: store::Scope {
                wanted,
                devices,
                capture_types: query.capture_types.clone(),
                secrets: actor.role >= Role::Operator,
            },
            needle: store::Needle {
                part: store::part(self.db().reader(), &self.indexer().rarity(), text),
                text: text.clone(),
            },
            finder,
            context: usize::try_from(query.context.unwrap_or(CONTEXT).min(MOST_CONTEXT)).unwrap_or_default(),
            wanted: usize::try_from(page.limit()).unwrap_or_default(),
        })
    }

    /// Asks the index.
    async fn by_index(&self, question: &Question, from: Place) -> Result<Gathered> {
        let began = Instant::now();
        let mut gathered = Gathered {
            lines: Vec::new(),
            next: None,
        };
        let mut piece = from.0;
        if self.db().is_postgres() {
            // Its index gives all rows before the first can be taken. What is everywhere is met soon without it.
            for _ in 0..WINDOWS {
                let (rows, next) =
                    store::window(self.db().reader(), &question.scope, &question.needle, piece, WINDOW).await?;
                for row in &rows {
                    if gathered.take(question, row, from) {
                        return Ok(gathered);
                    }
                }
                let Some(next) = next else { return Ok(gathered) };
                piece = next;
                let is_dense = gathered.lines.len() * WINDOWS >= question.wanted;
                if !is_dense {
                    break;
                }
            }
        }
        let mut many = (question.wanted as u64 + 1).min(CHUNKS);
        loop {
            let rows = store::indexed(self.db(), &question.scope, &question.needle, piece, many).await?;
            for row in &rows {
                if gathered.take(question, row, from) {
                    return Ok(gathered);
                }
            }
            let Some(last) = rows.last().filter(|_| rows.len() as u64 == many) else {
                return Ok(gathered);
            };
            piece = last.id + 1;
            // Much is found that only has the part.
            many = CHUNKS;
            if began.elapsed() > PATIENCE {
                gathered.next = Some(Place(piece, 0));
                return Ok(gathered);
            }
        }
    }

    /// Reads pieces one after the other, as far as there is time.
    async fn by_reading(&self, question: &Question, from: Place) -> Result<Gathered> {
        let began = Instant::now();
        let mut gathered = Gathered {
            lines: Vec::new(),
            next: None,
        };
        let mut piece = from.0;
        loop {
            let rows = store::scanned(self.db().reader(), &question.scope, piece, CHUNKS).await?;
            for row in &rows {
                if gathered.take(question, row, from) {
                    return Ok(gathered);
                }
            }
            let Some(last) = rows.last().filter(|_| rows.len() as u64 == CHUNKS) else {
                return Ok(gathered);
            };
            piece = last.id + 1;
            if began.elapsed() > PATIENCE {
                gathered.next = Some(Place(piece, 0));
                return Ok(gathered);
            }
        }
    }

    /// Lines as they are shown, with those around them, which may stand in the next piece.
    async fn hits(&self, question: &Question, lines: &[(store::Found, usize)]) -> Result<Vec<Hit>> {
        let db = self.db().reader();
        let mut beside: BTreeSet<i64> = BTreeSet::new();
        for (found, at) in lines {
            let many = question.text(found).lines().count();
            if *at < question.context && found.id % PIECES > 0 {
                beside.insert(found.id - 1);
            }
            if at + question.context >= many {
                beside.insert(found.id + 1);
            }
        }
        let beside: Vec<i64> = beside.into_iter().collect();
        let beside = match beside.is_empty() {
            true => HashMap::new(),
            false => store::by_ids(db, &beside)
                .await?
                .into_iter()
                .map(|row| {
                    let text = row.raw.filter(|_| question.scope.secrets).unwrap_or(row.body);
                    (row.id, text)
                })
                .collect::<HashMap<i64, String>>(),
        };
        let captures: BTreeSet<Uuid> = lines.iter().map(|(found, _)| found.capture_id).collect();
        let captures: Vec<Uuid> = captures.into_iter().collect();
        let times: HashMap<Uuid, i64> = store::captured_at(db, &captures).await?.into_iter().collect();
        let mut hits = Vec::with_capacity(lines.len());
        for (found, at) in lines {
            let own = question.text(found);
            let head: Vec<&str> = found.head.lines().collect();
            let own_lines: Vec<&str> = own.lines().collect();
            let before = beside.get(&(found.id - 1)).map_or("", String::as_str);
            let after = beside.get(&(found.id + 1)).map_or("", String::as_str);
            let all: Vec<&str> = before
                .lines()
                .chain(own_lines.iter().copied())
                .chain(after.lines())
                .collect();
            let shift = before.lines().count();
            let first = u64::try_from(found.first_line).unwrap_or(1);
            let excerpt = excerpt(&all, at + shift, first.saturating_sub(shift as u64), question);
            hits.push(Hit {
                device_id: found.device_id,
                device_name: found.device_name.clone(),
                capture_type: found.capture_type.clone(),
                capture_id: found.capture_id,
                captured_at: times.get(&found.capture_id).copied().unwrap_or_default(),
                section: section_of(&head, &own_lines, *at),
                line: excerpt.line,
                ranges: excerpt.ranges,
                before: excerpt.before,
                after: excerpt.after,
            });
        }
        Ok(hits)
    }
}

/// A line with those around it.
struct Excerpt {
    line: Line,
    ranges: Vec<(u64, u64)>,
    before: Vec<Line>,
    after: Vec<Line>,
}

/// Shows the line `at`; `first` is the number of the first of the lines.
fn excerpt(lines: &[&str], at: usize, first: u64, question: &Question) -> Excerpt {
    let around = |range: std::ops::Range<usize>| {
        let lines = range.filter_map(|at| Some((at, *lines.get(at)?)));
        lines
            .map(|(at, line)| shortened(line, first + at as u64, 0))
            .collect::<Vec<_>>()
    };
    let text = lines.get(at).copied().unwrap_or_default();
    let places = question.finder.places(text);
    // Of a long line the part is shown in which it stands.
    let begin = places.first().map_or(0, |place| {
        let letters = text.get(..place.start).unwrap_or_default().chars().count();
        if letters > LINE / 2 { letters - LINE / 4 } else { 0 }
    });
    let line = shortened(text, first + at as u64, begin);
    let ranges = question.finder.places(&line.text).into_iter().map(|place| {
        let letters = |end: usize| line.text.get(..end).unwrap_or_default().chars().count() as u64;
        (letters(place.start), letters(place.end))
    });
    Excerpt {
        ranges: ranges.collect(),
        before: around(at.saturating_sub(question.context)..at),
        after: around(at + 1..at + 1 + question.context),
        line,
    }
}

fn shortened(line: &str, number: u64, begin: usize) -> Line {
    let line = line.trim_end_matches('\r');
    let text: String = line.chars().skip(begin).take(LINE).collect();
    Line {
        number,
        cut: text.len() < line.len(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        Question {
            scope: store::Scope {
                wanted: crate::devices::Wanted::default(),
                devices: None,
                capture_types: Vec::new(),
                secrets: false,
            },
            needle: store::Needle {
                text: text.to_owned(),
                part: text.to_owned(),
            },
            finder: Finder::new(text).unwrap(),
            context: 1,
            wanted: 10,
        }
    }

    #[test]
    fn a_line_is_shown_with_those_around_it() {
        let lines = ["interface Gi1", " ip address 10.0.0.1", "!"];
        let excerpt = excerpt(&lines, 1, 41, &question("10.0.0."));
        assert_eq!((excerpt.line.number, excerpt.line.text.as_str()), (42, lines[1]));
        assert_eq!(excerpt.ranges, [(12, 19)]);
        assert_eq!(excerpt.before[0].number, 41);
        assert_eq!((excerpt.after[0].number, excerpt.after[0].text.as_str()), (43, "!"));
    }

    #[test]
    fn of_a_long_line_the_part_is_shown_in_which_it_stands() {
        let long = format!("{}needle{}", "ä".repeat(5_000), "x".repeat(5_000));
        let excerpt = excerpt(&[&long], 0, 1, &question("NEEDLE"));
        assert!(excerpt.line.cut && excerpt.line.text.chars().count() <= LINE);
        let (from, to) = excerpt.ranges[0];
        let shown: String = excerpt
            .line
            .text
            .chars()
            .skip(from as usize)
            .take((to - from) as usize)
            .collect();
        assert_eq!(shown, "needle");
    }
}
