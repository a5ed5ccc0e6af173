//! Whatever is added, deleted and purged: what is to stay does, nothing else does, and it reads back byte for byte. What is
//! to stay is worked out here, from nothing but what was done.

use std::{collections::BTreeSet, io::Write};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;
use crate::tests::Postgres;

const DAY_MS: i64 = 24 * 3_600_000;
/// One more than a chain of patches is long.
const CHAIN: usize = codec::DEEPEST as usize + 2;

#[derive(Debug, Clone)]
enum Step {
    /// A text that is a little different from the one before; so many days old.
    Add {
        key: usize,
        change: u16,
        days: u8,
    },
    /// One that is too large for the database.
    Large {
        key: usize,
        change: u8,
        days: u8,
    },
    /// A text that was there before, of any device and type.
    Again {
        key: usize,
        which: usize,
        days: u8,
    },
    Delete(usize),
    /// Older than so many days, but for so many, of one of the types or of all.
    Purge {
        days: Option<u8>,
        keep: Option<u8>,
        of: Option<usize>,
    },
}

const TYPES: [&str; 2] = ["configs", "version"];
/// Two devices with two types each.
const KEYS: usize = 4;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..KEYS;
    let days = 0..6_u8;
    let step = prop_oneof![
        8 => (key.clone(), any::<u16>(), days.clone()).prop_map(|(key, change, days)| Step::Add { key, change, days }),
        1 => (key.clone(), 0..3_u8, days.clone()).prop_map(|(key, change, days)| Step::Large { key, change, days }),
        3 => (key, 0_usize..100, days).prop_map(|(key, which, days)| Step::Again { key, which, days }),
        5 => (0_usize..100).prop_map(Step::Delete),
        2 => (prop::option::of(1..6_u8), prop::option::of(1..4_u8), prop::option::of(0..TYPES.len()))
            .prop_map(|(days, keep, of)| Step::Purge { days, keep, of }),
    ];
    prop::collection::vec(step, 1..40)
}

/// A capture that is to be there.
#[derive(Debug, Clone)]
struct Kept {
    id: Uuid,
    key: usize,
    text: Arc<Vec<u8>>,
    captured_at: i64,
}

struct Model {
    service: Service,
    devices: [Uuid; 2],
    now: i64,
    kept: Vec<Kept>,
    /// Which captures the last good texts came from.
    current: [Option<Uuid>; KEYS],
    /// Every text that ever was.
    texts: Vec<Arc<Vec<u8>>>,
    changes: Vec<u16>,
}

impl Model {
    fn new(service: &Service) -> Self {
        Self {
            service: service.clone(),
            devices: [Uuid::now_v7(), Uuid::now_v7()],
            now: now_ms(),
            kept: Vec::new(),
            current: [None; KEYS],
            texts: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn key(&self, key: usize) -> (Uuid, &'static str) {
        (self.devices[key / TYPES.len()], TYPES[key % TYPES.len()])
    }

    /// Stores a text as the sink and the recorder do: known, patched on the last good one, whole, or as a file.
    async fn add(&mut self, key: usize, text: Arc<Vec<u8>>, days: u8) {
        let (db, shelf) = (self.service.db(), self.service.shelf());
        let (device, kind) = self.key(key);
        let sha = codec::sha(&text);
        let last = store::last_good(db.reader(), &[device]).await.unwrap();
        let last = last.into_iter().find(|last| last.capture_type == kind);
        let same = last.as_ref().is_some_and(|last| last.sha256 == sha);
        let known = store::known_texts(db.reader(), &[sha]).await.unwrap();
        let mut new = None;
        let mut hold = None;
        let text_id = match known.get(sha.as_slice()) {
            Some(id) => *id,
            None => {
                let id = shelf.next_text();
                let small = |bytes: i64| bytes <= codec::LARGEST_PATCHED as i64;
                let base = last.filter(|last| last.depth < codec::DEEPEST && small(last.bytes));
                let (data, base) = match base {
                    _ if !small(text.len() as i64) => {
                        let (raw, mut file) = shelf.blobs.incoming().unwrap();
                        file.write_all(&text).unwrap();
                        hold = Some(shelf.blobs.keep(&raw, &sha).unwrap());
                        std::fs::remove_file(raw).unwrap();
                        (None, None)
                    }
                    Some(last) => {
                        let old = read_text(db, shelf, last.text_id).await.unwrap();
                        let packed = codec::pack_patch(&old, &text).unwrap();
                        (Some(packed), Some((last.text_id, last.depth + 1)))
                    }
                    None => (Some(codec::pack(&text).unwrap()), None),
                };
                new = Some(store::text_row(id, &sha, base, text.len() as i64, data));
                id
            }
        };
        let captured_at = self.now - i64::from(days) * DAY_MS - DAY_MS / 2;
        let row = capture::Model {
            id: Uuid::now_v7(),
            device_id: device,
            device_name: "r1".to_owned(),
            collection_id: Uuid::nil(),
            capture_type: kind.to_owned(),
            commands: "show".to_owned(),
            verdict: Verdict::Complete,
            bytes: text.len() as i64,
            lines: 1,
            text_id: Some(text_id),
            captured_at,
            message: None,
            accepted_by: None,
        };
        let id = row.id;
        let txn = db.begin().await.unwrap();
        store::insert_texts(&txn, new.into_iter().collect()).await.unwrap();
        store::insert_captures(&txn, vec![row.into()]).await.unwrap();
        if !same {
            let current = current_capture::Model {
                device_id: device,
                capture_type: kind.to_owned(),
                capture_id: id,
                text_id,
            };
            store::set_current(&txn, vec![current]).await.unwrap();
        }
        txn.commit().await.unwrap();
        drop(hold);
        let before = self.current[key].and_then(|id| self.kept.iter().find(|one| one.id == id));
        if before.is_none_or(|before| before.text != text) {
            self.current[key] = Some(id);
        }
        if !self.texts.contains(&text) {
            self.texts.push(Arc::clone(&text));
        }
        self.kept.push(Kept {
            id,
            key,
            text,
            captured_at,
        });
    }

    async fn change(&mut self, key: usize, change: u16, days: u8) {
        self.changes.push(change);
        let text = Arc::new(config(&self.changes));
        self.add(key, text, days).await;
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Add { key, change, days } => self.change(key, change, days).await,
            Step::Large { key, change, days } => {
                let mut text = b"ip route 10.0.0.0 255.0.0.0 Null0\n".repeat(codec::LARGEST_PATCHED / 32);
                text.push(b'0' + change);
                self.add(key, Arc::new(text), days).await;
            }
            Step::Again { key, which, days } => {
                let text = Arc::clone(&self.texts[which % self.texts.len()]);
                self.add(key, text, days).await;
            }
            Step::Delete(which) => {
                let id = self.kept[which % self.kept.len()].id;
                let deleted = self.service.capture_delete(&Actor::server(), id).await;
                match self.current.contains(&Some(id)) {
                    true => assert_eq!(deleted.unwrap_err().code, "capture_is_last_good"),
                    false => {
                        deleted.unwrap();
                        self.kept.retain(|one| one.id != id);
                    }
                }
            }
            Step::Purge { days, keep, of } => {
                let (days, keep) = match (days, keep) {
                    (None, None) => (Some(1), None),
                    given => given,
                };
                let purge = Purge {
                    older_than_days: days.map(u32::from),
                    keep_last: keep.map(u32::from),
                    capture_types: of.map(|of| TYPES[of].to_owned()).into_iter().collect(),
                    dry_run: false,
                };
                self.service.capture_purge(&Actor::server(), &purge).await.unwrap();
                let go = self.purged(days, keep, of);
                self.kept.retain(|one| !go.contains(&one.id));
            }
        }
    }

    /// What a purge takes away.
    fn purged(&self, days: Option<u8>, keep: Option<u8>, of: Option<usize>) -> BTreeSet<Uuid> {
        let goes = |(at, one): (usize, &Kept)| {
            let old = days.is_none_or(|days| one.captured_at < self.now - i64::from(days) * DAY_MS);
            let newer = self.kept[at + 1..].iter().filter(|other| other.key == one.key).count();
            let surplus = keep.is_none_or(|keep| newer >= usize::from(keep));
            let asked = of.is_none_or(|of| one.key % TYPES.len() == of);
            (old && surplus && asked && !self.current.contains(&Some(one.id))).then_some(one.id)
        };
        self.kept.iter().enumerate().filter_map(goes).collect()
    }

    /// Exactly what is to be there is.
    async fn check_ids(&self) {
        let filter = CaptureFilter {
            device_id: self.devices.to_vec(),
            ..CaptureFilter::default()
        };
        let (mut there, mut page) = (BTreeSet::new(), PageRequest::default());
        loop {
            let found = self
                .service
                .capture_list(&Actor::server(), &filter, &page)
                .await
                .unwrap();
            there.extend(found.items.iter().map(|one| one.row.id));
            match found.next_page_token {
                Some(next) => page.page_token = Some(next),
                None => break,
            }
        }
        assert_eq!(there, self.kept.iter().map(|one| one.id).collect());
    }

    async fn check_texts(&self) {
        for one in &self.kept {
            let read = self.service.capture_content(&Actor::server(), one.id, false).await;
            assert!(read.unwrap() == *one.text, "{} is another", one.id);
        }
        for (key, current) in self.current.iter().enumerate() {
            let (device, kind) = self.key(key);
            let there = store::current(self.service.db().reader(), device, kind).await.unwrap();
            assert_eq!(there.map(|there| there.capture_id), *current);
        }
    }
}

/// Runs so many histories, one after the other, on the same server.
fn histories(cases: u32, runtime: &tokio::runtime::Runtime, service: &Service, data_dir: &Path) {
    let mut runner = TestRunner::new(Config {
        cases,
        source_file: Some(file!()),
        ..Config::default()
    });
    let done = runner.run(&steps(), |steps| {
        runtime.block_on(async {
            let mut model = Model::new(service);
            // Longer than a chain of patches may be.
            for number in 0..CHAIN {
                model.change(0, number as u16, 5).await;
            }
            for step in steps {
                model.step(step).await;
                model.check_ids().await;
            }
            model.check_texts().await;
            assert_eq!(service.sweep_texts().await.unwrap(), 0, "texts were left behind");
            let referred = store::blob_hashes(service.db().reader()).await.unwrap();
            assert_eq!(files(&data_dir.join("blobs")), referred.len());
        });
        Ok(())
    });
    done.unwrap();
}

/// Files somewhere in a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn what_stays_reads_back_on_sqlite() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let service = runtime
        .block_on(Service::open(ServerConfig::new(folder.path())))
        .unwrap();
    histories(12, &runtime, &service, folder.path());
    runtime.block_on(service.close());
}

#[test]
fn what_stays_reads_back_on_postgresql() {
    let Some(postgres) = Postgres::fresh("what_stays_reads_back_on_postgresql") else {
        return;
    };
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let service = runtime.block_on(postgres.service(folder.path()));
    histories(6, &runtime, &service, folder.path());
    runtime.block_on(service.close());
}
