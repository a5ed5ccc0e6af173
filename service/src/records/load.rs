//! Loading: the records of a complete capture become rows, and rows that are no longer there are closed. The same capture
//! again changes nothing; what cannot be read closes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    capture::{self, Verdict},
    load,
};
use parsers::{Parsed, Records, Stopped};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    Kind,
    reader::Source,
    rows::{self, NewRow},
    store::{self, Change, OpenRow, Reading},
};
use crate::{
    Service,
    captures::{read_text, store as captures},
    devices::{self, Learned},
    error::Result,
    time::now_ms,
};

/// Fewer rows than this may all go without a word.
const FEW: i64 = 20;
/// How often a load is tried again when another one came between.
const TRIES: usize = 5;

/// A capture that is to be loaded.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) capture_id: Uuid,
    /// The platform of the device, as it was found out.
    pub(crate) platform: String,
}

/// What came of loading a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Whether everything that can be loaded was; `None`: there was nothing.
    pub(crate) complete: Option<bool>,
    /// Why not, and what a person should look at.
    pub(crate) message: Option<String>,
}

impl Loaded {
    /// Nothing could be loaded at all.
    pub(crate) fn broken(why: &str) -> Self {
        Self {
            complete: Some(false),
            message: Some(format!("Captures saved but not loaded to DB: {why}")),
        }
    }
}

/// What came of one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in the tables, or a newer one is; with what a person should look at.
    Loaded(Option<String>),
    /// Nothing reads what this platform prints.
    NoTemplate(String),
    /// It could not be loaded.
    Failed(String),
}

/// What a text was read to.
pub(super) struct Understood {
    pub(super) rows: Vec<NewRow>,
    learned: Learned,
    incomplete: i64,
    unknown_lines: i64,
    without_template: Vec<String>,
}

/// Why a capture could not be loaded.
enum Failure {
    /// It is its text: the same templates will not read it the next time.
    Text(String),
    /// Something else.
    Other(String),
}

/// What came of writing; with what a person should look at.
type Written = std::result::Result<Option<String>, Failure>;

/// One capture with everything that is known of it before it is read.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) kind: Kind,
    pub(super) capture: capture::Model,
    pub(super) text_id: i64,
    pub(super) sha256: Vec<u8>,
    pub(super) source: Source,
    pub(super) templates: String,
    pub(super) version: String,
}

impl Service {
    /// Loads captures of a collection. `told` hears how far it is, and says whether to go on.
    ///
    /// # Errors
    /// When the database cannot be used. What is wrong with single captures is in the answer.
    pub(crate) async fn records_load(
        &self,
        collection: Uuid,
        mut wishes: Vec<Wish>,
        mut told: impl FnMut(usize, usize) -> bool + Send,
    ) -> Result<Loaded> {
        let readings = self.readings(&wishes);
        let seen = store::seen_again_in(self.db(), collection, &readings, now_ms()).await?;
        let asked = wishes.len();
        wishes.retain(|wish| !seen.contains(&wish.capture_id));
        // Whoever is to look was told when the texts were new.
        let mut outcomes = vec![Outcome::Loaded(None); asked - wishes.len()];
        let (tasks, others) = self.changed(wishes, false).await?;
        outcomes.extend(others);
        let total = outcomes.len() + tasks.len();
        let mut tasks = tasks.into_iter();
        let mut running = JoinSet::new();
        let mut goes_on = true;
        loop {
            while goes_on && running.len() < self.reader().at_once() {
                let Some(task) = tasks.next() else { break };
                let service = self.clone();
                running.spawn(async move { service.load_one(task).await });
            }
            let Some(ended) = running.join_next().await else { break };
            outcomes.push(match ended {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Failed(format!("loading broke off: {error}")),
            });
            goes_on = told(outcomes.len(), total);
        }
        outcomes.extend(tasks.map(|_| Outcome::Failed("the collection was cancelled".to_owned())));
        Ok(sum(&outcomes))
    }

    /// What reads the texts that are to be loaded, as the platforms ask for them now.
    fn readings(&self, wishes: &[Wish]) -> Vec<Reading> {
        let platforms: BTreeSet<&str> = wishes.iter().map(|wish| wish.platform.as_str()).collect();
        let found = platforms
            .into_iter()
            .filter_map(|platform| self.catalogue().platform(platform));
        let mut readings = Vec::new();
        for platform in found {
            for capture in &platform.captures {
                let source = Source {
                    platform: platform.slug.clone(),
                    capture_type: capture.capture_type.clone(),
                    commands: capture.commands.clone(),
                };
                if Kind::of(&capture.capture_type).is_some()
                    && let Some((_, version)) = self.reader().version(&source)
                {
                    readings.push(Reading {
                        platform: source.platform,
                        capture_type: source.capture_type,
                        commands: source.commands.join("\n"),
                        version,
                    });
                }
            }
        }
        readings
    }

    /// What has to be read at all. Where neither the text nor the templates changed, it is enough to say that the rows
    /// were seen again, unless `everything` is to be read anew.
    pub(super) async fn changed(&self, wishes: Vec<Wish>, everything: bool) -> Result<(Vec<Task>, Vec<Outcome>)> {
        let db = self.db().reader();
        let platforms: HashMap<Uuid, String> = wishes
            .into_iter()
            .map(|wish| (wish.capture_id, wish.platform))
            .collect();
        let ids: Vec<Uuid> = platforms.keys().copied().collect();
        let captures = captures::by_ids(db, &ids).await?;
        let texts: Vec<i64> = captures.iter().filter_map(|row| row.text_id).collect();
        let hashes = captures::hashes(db, &texts).await?;
        let devices: HashSet<Uuid> = captures.iter().map(|row| row.device_id).collect();
        let devices: Vec<Uuid> = devices.into_iter().collect();
        let loads = store::loads(db, &devices).await?;
        let mut loads: HashMap<(Uuid, String), load::Model> = loads
            .into_iter()
            .map(|row| ((row.device_id, row.capture_type.clone()), row))
            .collect();
        let mut versions: HashMap<(String, String, String), Option<(String, String)>> = HashMap::new();
        let (mut tasks, mut outcomes, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for capture in captures {
            let (Some(kind), Verdict::Complete) = (Kind::of(&capture.capture_type), capture.verdict) else {
                continue;
            };
            let platform = platforms.get(&capture.id).cloned().unwrap_or_default();
            let sha256 = capture
                .text_id
                .and_then(|id| hashes.get(&id).map(|sha| (id, sha.clone())));
            let Some((text_id, sha256)) = sha256 else {
                outcomes.push(Outcome::Failed("the text is no longer there".to_owned()));
                continue;
            };
            let source = source(&capture, platform);
            let key = (
                source.platform.clone(),
                source.capture_type.clone(),
                capture.commands.clone(),
            );
            let found = versions.entry(key).or_insert_with(|| self.reader().version(&source));
            let Some((templates, version)) = found.clone() else {
                outcomes.push(self.without_template(&capture, &source).await?);
                continue;
            };
            let known = loads
                .remove(&(capture.device_id, capture.capture_type.clone()))
                .filter(|_| !everything);
            if let Some(message) = known.as_ref().and_then(|known| unreadable(known, &sha256, &version)) {
                outcomes.push(Outcome::Failed(message));
                continue;
            }
            if let Some(mut known) = known.filter(|known| {
                known.at.is_some() && known.version == version && known.sha256.as_deref() == Some(&sha256)
            }) {
                known.capture_id = Some(capture.id);
                known.at = Some(capture.captured_at);
                again.push(known);
                // Whoever is to look was told when the text was new.
                outcomes.push(Outcome::Loaded(None));
                continue;
            }
            tasks.push(Task {
                kind,
                capture,
                text_id,
                sha256,
                source,
                templates,
                version,
            });
        }
        // The version comes first: a chassis only gives its serial number where the version has none.
        tasks.sort_by_key(|task| (task.kind != Kind::DeviceVersion, task.capture.id));
        store::seen_again(self.db(), again, now_ms()).await?;
        Ok((tasks, outcomes))
    }

    async fn without_template(&self, capture: &capture::Model, source: &Source) -> Result<Outcome> {
        let message = format!(
            "No template reads {:?} of {}",
            source.commands.first().map_or("", String::as_str),
            source.platform
        );
        self.keep_failure(capture, &message, None).await?;
        Ok(Outcome::NoTemplate(message))
    }

    /// Loads one capture, and keeps why where that does not work.
    pub(super) async fn load_one(&self, task: Task) -> Outcome {
        let capture = task.capture.clone();
        let text = (task.sha256.clone(), task.version.clone());
        let (message, text) = match self.try_one(task).await {
            Ok(Ok(warning)) => {
                let told = |warning: String| format!("{} of {}: {warning}", capture.capture_type, capture.device_name);
                return Outcome::Loaded(warning.map(told));
            }
            Ok(Err(Failure::Text(message))) => (message, Some(text)),
            Ok(Err(Failure::Other(message))) => (message, None),
            Err(error) => (error.message, None),
        };
        tracing::warn!(
            device = capture.device_name,
            capture_type = capture.capture_type,
            message,
            "a capture could not be loaded"
        );
        if let Err(error) = self.keep_failure(&capture, &message, text).await {
            tracing::warn!(%error, "why a capture could not be loaded was not kept");
        }
        Outcome::Failed(message)
    }

    async fn try_one(&self, task: Task) -> Result<Written> {
        let text = read_text(self.db(), self.shelf(), task.text_id).await?;
        let kind = task.kind;
        let read = self
            .reader()
            .read(task.source.clone(), text, move |parsed| understood(kind, parsed))
            .await?;
        let understood = match read {
            Ok(Ok(understood)) => understood,
            Ok(Err(message)) => return Ok(Err(Failure::Text(message))),
            Err(error) => return Ok(Err(Failure::Text(sentence(&error.to_string())))),
        };
        for _ in 0..TRIES {
            if let Some(ended) = self.write_one(&task, &understood).await? {
                return Ok(ended);
            }
        }
        Ok(Err(Failure::Other(
            "Other captures of this device and type were loaded all the time".to_owned(),
        )))
    }

    /// Writes the difference to what is there. `None`: somebody else wrote meanwhile, and it is another difference now.
    async fn write_one(&self, task: &Task, understood: &Understood) -> Result<Option<Written>> {
        let (capture, db) = (&task.capture, self.db().reader());
        let before = store::load(db, capture.device_id, &capture.capture_type).await?;
        if before
            .as_ref()
            .and_then(|row| row.at)
            .is_some_and(|at| at > capture.captured_at)
        {
            return Ok(Some(Ok(None)));
        }
        let open = store::open_rows(db, task.kind, capture.device_id).await?;
        let seen = before.as_ref().and_then(|row| row.at);
        let change = difference(capture, open, &understood.rows, seen);
        let count = i64::try_from(understood.rows.len()).unwrap_or(i64::MAX);
        let lost = lost(count, before.as_ref());
        let row = load::Model {
            device_id: capture.device_id,
            capture_type: capture.capture_type.clone(),
            at: Some(capture.captured_at),
            capture_id: Some(capture.id),
            sha256: Some(task.sha256.clone()),
            templates: task.templates.clone(),
            version: task.version.clone(),
            records: count,
            incomplete: understood.incomplete,
            unknown_lines: understood.unknown_lines,
            warning: lost.clone().or_else(|| left_out(&understood.without_template)),
            failed_capture_id: None,
            message: None,
            failed_sha256: None,
            failed_version: None,
            tried_at: now_ms(),
        };
        let txn = self.db().begin().await?;
        let now = store::load_to_change(&txn, capture.device_id, &capture.capture_type).await?;
        if now != before {
            return Ok(None);
        }
        let serial_known = task.kind == Kind::Component && store::has_serial(&txn, capture.device_id).await?;
        let learned = match serial_known {
            true => Learned::default(),
            false => understood.learned.clone(),
        };
        if !devices::learn(&txn, capture.device_id, learned).await? {
            return Ok(Some(Err(Failure::Other("The device is no longer there".to_owned()))));
        }
        store::write(&txn, task.kind, capture, &change).await?;
        store::save_load(&txn, row).await?;
        txn.commit().await?;
        Ok(Some(Ok(lost)))
    }

    /// `text`: the sum of the text that cannot be read, and the templates that cannot read it.
    async fn keep_failure(
        &self,
        capture: &capture::Model,
        message: &str,
        text: Option<(Vec<u8>, String)>,
    ) -> Result<()> {
        let (failed_sha256, failed_version) = text.unzip();
        let before = store::load(self.db().reader(), capture.device_id, &capture.capture_type).await?;
        let is_newer = before
            .as_ref()
            .and_then(|row| row.at)
            .is_some_and(|at| at > capture.captured_at);
        let is_known = before.as_ref().is_some_and(|row| {
            row.message.as_deref() == Some(message)
                && row.failed_sha256 == failed_sha256
                && row.failed_version == failed_version
        });
        if is_newer || is_known {
            return Ok(());
        }
        let failure = load::Model {
            device_id: capture.device_id,
            capture_type: capture.capture_type.clone(),
            at: None,
            capture_id: None,
            sha256: None,
            templates: String::new(),
            version: String::new(),
            records: 0,
            incomplete: 0,
            unknown_lines: 0,
            warning: None,
            failed_capture_id: Some(capture.id),
            message: Some(message.to_owned()),
            failed_sha256,
            failed_version,
            tried_at: now_ms(),
        };
        Ok(store::save_failure(self.db(), failure).await?)
    }
}

/// Why a text cannot be read, where that is known from the last time.
fn unreadable(known: &load::Model, sha256: &[u8], version: &str) -> Option<String> {
    let same = known.failed_sha256.as_deref() == Some(sha256) && known.failed_version.as_deref() == Some(version);
    known.message.clone().filter(|_| same)
}

/// What is needed to read a capture.
pub(super) fn source(capture: &capture::Model, platform: String) -> Source {
    Source {
        platform,
        capture_type: capture.capture_type.clone(),
        commands: capture.commands.lines().map(str::to_owned).collect(),
    }
}

pub(super) fn understood(kind: Kind, parsed: Parsed) -> std::result::Result<Understood, String> {
    if let Some(stopped) = parsed.stopped {
        let why = match stopped {
            Stopped::Time => "reading it took too long",
            Stopped::Records => "it has too many records",
            Stopped::Lists => "it has a list that is too long",
        };
        return Err(format!("Not loaded, since {why}: what was there before stays"));
    }
    if Kind::of_records(&parsed.records) != Some(kind) {
        return Err("The mapping of this capture type makes other records of it".to_owned());
    }
    if parsed.records.is_empty() && parsed.knows_every_line && parsed.unknown.count > 0 {
        return Err(format!("None of its {} lines was understood", parsed.unknown.count));
    }
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Understood {
        learned: learned(&parsed.records),
        rows: rows::rows(kind, parsed.records),
        incomplete: number(parsed.incomplete),
        unknown_lines: number(parsed.unknown.count),
        without_template: parsed.commands_without_template,
    })
}

/// What a device says about itself.
fn learned(records: &Records) -> Learned {
    match records {
        Records::Version(list) => list.first().map_or_else(Learned::default, |version| Learned {
            vendor: version.vendor.clone(),
            model: version.model.clone(),
            os_version: version.os_version.clone(),
            serial: version.serial.clone(),
        }),
        Records::Component(list) => {
            let says = |text: &Option<String>| {
                text.as_deref()
                    .is_some_and(|text| text.to_lowercase().contains("chassis"))
            };
            let is_kind =
                |kind: &Option<String>| kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("chassis"));
            let with_serial = || list.iter().filter(|part| part.serial.is_some());
            let chassis = with_serial()
                .find(|part| is_kind(&part.kind))
                .or_else(|| with_serial().find(|part| says(&part.slot) || says(&part.name)));
            Learned {
                serial: chassis.and_then(|part| part.serial.clone()),
                ..Learned::default()
            }
        }
        _ => Learned::default(),
    }
}

/// What is gone, what is new. Rows that this very capture opened were read wrongly, so that they never were there.
fn difference<'a>(capture: &capture::Model, open: Vec<OpenRow>, rows: &'a [NewRow], seen: Option<i64>) -> Change<'a> {
    let mut open: HashMap<Vec<u8>, OpenRow> = open.into_iter().map(|row| (row.identity.clone(), row)).collect();
    let mut change = Change {
        last_seen_at: seen.unwrap_or(capture.captured_at),
        ..Change::default()
    };
    for row in rows {
        match open.remove(&row.identity) {
            Some(same) if same.content == row.content => continue,
            Some(other) => change.ends(other, capture.id),
            None => {}
        }
        change.opened.push(row);
    }
    for (_, gone) in open {
        change.ends(gone, capture.id);
    }
    change
}

/// A table that shrinks so much was perhaps not all printed.
fn lost(count: i64, before: Option<&load::Model>) -> Option<String> {
    let before = before.filter(|before| before.records >= FEW && count.saturating_mul(2) < before.records)?;
    Some(format!(
        "The table lost most of its rows: {count} of {} are left",
        before.records
    ))
}

fn left_out(without_template: &[String]) -> Option<String> {
    let command = without_template.first()?;
    Some(format!("No template reads {command:?}: its output is left out"))
}

/// An error of a parser as a sentence.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What a person should look at, of all tables together.
fn warnings(outcomes: &[Outcome]) -> Option<String> {
    let mut all = outcomes.iter().filter_map(|one| match one {
        Outcome::Loaded(Some(warning)) => Some(warning),
        _ => None,
    });
    let first = all.next()?;
    Some(match all.count() {
        0 => format!("Look at {first}"),
        more => format!("Look at {first} (and {more} more)"),
    })
}

pub(super) fn sum(outcomes: &[Outcome]) -> Loaded {
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|one| is(one)).count();
    let loaded = count(|one| matches!(one, Outcome::Loaded(_)));
    let failed = count(|one| matches!(one, Outcome::Failed(_)));
    let first = |is: fn(&Outcome) -> bool| {
        outcomes.iter().find(|one| is(one)).map(|one| match one {
            Outcome::Failed(message) | Outcome::NoTemplate(message) => message.clone(),
            Outcome::Loaded(_) => String::new(),
        })
    };
    let total = outcomes.len();
    let why = match (failed, loaded) {
        _ if total == 0 => return Loaded::default(),
        (0, 0) => first(|one| matches!(one, Outcome::NoTemplate(_))),
        (0, _) => None,
        _ => first(|one| matches!(one, Outcome::Failed(_))),
    };
    // A type that nothing reads on a platform is no loadable one there, as long as others are.
    let missing = if failed > 0 { failed } else { total };
    let why = why.map(|why| format!("Captures saved but not loaded to DB: {missing} of {total}. {why}"));
    let complete = why.is_none();
    let told: Vec<String> = why.into_iter().chain(warnings(outcomes)).collect();
    Loaded {
        complete: Some(complete),
        message: (!told.is_empty()).then(|| told.join(". ")),
    }
}
