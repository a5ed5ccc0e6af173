//! Histories on a real database: whatever is added, deleted and purged, what stays reads back byte for byte.

use entity::{capture::Verdict, current_capture};
use proptest::prelude::*;

use super::*;
use crate::ServerConfig;

struct History {
    service: Service,
    device: Uuid,
    /// What each capture must read back as.
    expected: Vec<(Uuid, Vec<u8>)>,
}

impl History {
    async fn new(folder: &Path) -> Self {
        Self {
            service: Service::open(ServerConfig::new(folder)).await.unwrap(),
            device: Uuid::now_v7(),
            expected: Vec::new(),
        }
    }

    /// Stores a text as the recorder does: known, patched on the last good one, or whole.
    async fn add(&mut self, bytes: &[u8], captured_at: i64) -> Uuid {
        let (db, shelf) = (self.service.db(), self.service.shelf());
        let sha = codec::sha(bytes);
        let last = store::last_good(db.reader(), &[self.device]).await.unwrap().pop();
        let known = store::known_texts(db.reader(), &[sha]).await.unwrap();
        let txn = db.begin().await.unwrap();
        let text_id = match known.get(sha.as_slice()) {
            Some(id) => *id,
            None => {
                let id = shelf.next_text();
                let base = last.filter(|last| last.depth < codec::DEEPEST);
                let (data, base) = match base {
                    Some(last) => {
                        let old = read_text(db, shelf, last.text_id).await.unwrap();
                        (
                            codec::pack_patch(&old, bytes).unwrap(),
                            Some((last.text_id, last.depth + 1)),
                        )
                    }
                    None => (codec::pack(bytes).unwrap(), None),
                };
                let row = store::text_row(id, &sha, base, bytes.len() as i64, Some(data));
                store::insert_texts(&txn, vec![row]).await.unwrap();
                id
            }
        };
        let row = capture::Model {
            id: Uuid::now_v7(),
            device_id: self.device,
            device_name: "r1".to_owned(),
            collection_id: Uuid::nil(),
            capture_type: "configs".to_owned(),
            commands: "show running-config".to_owned(),
            verdict: Verdict::Complete,
            bytes: bytes.len() as i64,
            lines: 1,
            text_id: Some(text_id),
            captured_at,
            message: None,
            accepted_by: None,
        };
        let id = row.id;
        let current = current_capture::Model {
            device_id: self.device,
            capture_type: "configs".to_owned(),
            capture_id: id,
            text_id,
        };
        store::insert_captures(&txn, vec![row.into()]).await.unwrap();
        store::set_current(&txn, vec![current]).await.unwrap();
        txn.commit().await.unwrap();
        self.expected.push((id, bytes.to_vec()));
        id
    }

    async fn check(&self) {
        for (id, bytes) in &self.expected {
            let content = self
                .service
                .capture_content(&Actor::server(), *id, false)
                .await
                .unwrap();
            assert_eq!(content, *bytes);
        }
        let rows = store::list(
            self.service.db().reader(),
            &CaptureFilter::default(),
            None,
            &PageRequest::default(),
        )
        .await;
        assert_eq!(rows.unwrap().items.len(), self.expected.len().min(50));
    }
}

fn config(changes: &[u16]) -> Vec<u8> {
    let mut lines: Vec<String> = (0..120)
        .map(|n| format!("interface Gi0/{n}\n description port {n}\n"))
        .collect();
    for (index, change) in changes.iter().enumerate() {
        let place = usize::from(*change) % lines.len();
        lines[place] = format!("interface Gi0/{place}\n description changed {index} {change}\n");
    }
    lines.concat().into_bytes()
}

#[derive(Debug, Clone)]
enum Step {
    Add(u16),
    /// A text that was there before.
    Again(usize),
    Delete(usize),
    Purge,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => any::<u16>().prop_map(Step::Add),
        2 => (0_usize..20).prop_map(Step::Again),
        3 => (0_usize..20).prop_map(Step::Delete),
        1 => Just(Step::Purge),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn what_stays_reads_back(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut history = History::new(folder.path()).await;
            let (mut changes, mut texts) = (Vec::new(), Vec::new());
            let now = crate::time::now_ms();
            for (index, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Add(change) => {
                        changes.push(change);
                        texts.push(config(&changes));
                        // Every other one is old enough to be purged.
                        let age = if index % 2 == 0 { 3 * 24 * 3_600_000 } else { 0 };
                        history.add(texts.last().unwrap(), now - age).await;
                    }
                    Step::Again(which) if !texts.is_empty() => {
                        let text = texts[which % texts.len()].clone();
                        history.add(&text, now).await;
                    }
                    Step::Delete(which) if !history.expected.is_empty() => {
                        let (id, _) = history.expected[which % history.expected.len()];
                        match history.service.capture_delete(&Actor::server(), id).await {
                            Ok(()) => history.expected.retain(|(kept, _)| *kept != id),
                            Err(error) => assert_eq!(error.code, "capture_is_last_good"),
                        }
                    }
                    Step::Purge => {
                        let purge = Purge { older_than_days: Some(1), ..Purge::default() };
                        history.service.capture_purge(&Actor::server(), &purge).await.unwrap();
                        let mut kept = Vec::new();
                        for (id, text) in std::mem::take(&mut history.expected) {
                            if history.service.capture_view(&Actor::server(), id).await.is_ok() {
                                kept.push((id, text));
                            }
                        }
                        history.expected = kept;
                    }
                    Step::Again(_) | Step::Delete(_) => {}
                }
                history.check().await;
            }
            history.service.close().await;
        });
    }
}

#[tokio::test]
async fn the_tree_is_put_right_and_a_viewer_sees_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::new(folder.path()).await;
    let text = config(&[1]);
    let id = history.add(&text, 0).await;
    assert_eq!(history.service.repair_tree().await.unwrap(), 1);
    assert_eq!(
        std::fs::read(folder.path().join("capture/configs/r1.txt")).unwrap(),
        text
    );
    assert_eq!(history.service.repair_tree().await.unwrap(), 0);
    let viewer = Actor {
        role: Role::Viewer,
        ..Actor::server()
    };
    let secret = [text.as_slice(), b"username x password 0 hunter22\n"].concat();
    let other = history.add(&secret, 0).await;
    let shown = history.service.capture_content(&viewer, other, false).await.unwrap();
    let shown = String::from_utf8(shown).unwrap();
    let shown = shown.lines().last().unwrap();
    assert!(shown.starts_with("username x password 0 <secret "), "{shown}");
    let view = history.service.capture_view(&viewer, id).await.unwrap();
    assert!(!view.current);
    let hash = HEXLOWER.encode(&codec::sha(&text));
    // Who sees it without secrets cannot look for them with its hash.
    assert_ne!(view.sha256.as_ref(), Some(&hash));
    let again = history.service.capture_view(&viewer, id).await.unwrap();
    assert_eq!(again.sha256, view.sha256);
    let whole = history.service.capture_view(&Actor::server(), id).await.unwrap();
    assert_eq!(whole.sha256, Some(hash));
    history.service.close().await;
}

#[tokio::test]
async fn a_text_that_is_in_use_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::new(folder.path()).await;
    let first = history.add(&config(&[1]), 0).await;
    history.add(&config(&[2]), 0).await;
    let row = store::capture(history.service.db().reader(), first)
        .await
        .unwrap()
        .unwrap();
    let pin = sink::Pin::new(&history.service.shelf().pins, row.text_id.unwrap());
    history.service.capture_delete(&Actor::server(), first).await.unwrap();
    let text = read_text(history.service.db(), history.service.shelf(), row.text_id.unwrap()).await;
    assert_eq!(text.unwrap(), config(&[1]));
    drop(pin);
    history.service.close().await;
}

#[tokio::test]
async fn the_last_ones_and_the_new_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::new(folder.path()).await;
    let day = 24 * 3600 * 1000;
    let mut ids = Vec::new();
    for age in [50, 40, 30, 20, 10, 0] {
        ids.push(history.add(&config(&[age]), now_ms() - i64::from(age) * day).await);
    }
    let left = |service: Service| async move {
        let all = CaptureFilter::default();
        let page = service
            .capture_list(&Actor::server(), &all, &PageRequest::default())
            .await;
        page.unwrap().items.iter().map(|view| view.row.id).collect::<Vec<_>>()
    };
    let retention = |days: Option<u32>, last: Option<u32>, of: &str| crate::settings::CaptureRetention {
        capture_type: of.to_owned(),
        keep_days: days,
        keep_last: last,
    };
    let set = |service: Service, rules: Vec<crate::settings::CaptureRetention>| async move {
        let change = crate::settings::SettingsChange {
            capture_retention: Some(rules),
            ..Default::default()
        };
        let any = crate::version::Expected::new(None);
        service.settings_update(&Actor::server(), change, &any).await
    };
    let service = history.service.clone();
    for (rules, pointer) in [
        (vec![retention(None, None, "configs")], "/capture_retention/0"),
        (
            vec![retention(Some(0), None, "configs")],
            "/capture_retention/0/keep_days",
        ),
        (
            vec![retention(Some(1), None, "nothing")],
            "/capture_retention/0/capture_type",
        ),
        (
            vec![retention(Some(1), None, "*"), retention(Some(1), None, "*")],
            "/capture_retention/1/capture_type",
        ),
    ] {
        let refused = set(service.clone(), rules).await.unwrap_err();
        assert_eq!(refused.fields[0].pointer, pointer);
    }
    // A rule of its own goes before the one for all others.
    let rules = vec![retention(Some(1), None, "*"), retention(Some(45), Some(2), "configs")];
    set(service.clone(), rules).await.unwrap();
    assert_eq!(service.retention_apply().await.unwrap().captures_deleted, 1);
    assert_eq!(left(service.clone()).await.len(), 5);
    let dry = |keep_last| Purge {
        keep_last: Some(keep_last),
        dry_run: true,
        ..Purge::default()
    };
    let would = service.capture_purge(&Actor::server(), &dry(3)).await.unwrap();
    assert_eq!((would.captures_deleted, would.kept_last_good), (2, 0));
    set(service.clone(), vec![retention(Some(15), Some(3), "*")])
        .await
        .unwrap();
    service.retention_apply().await.unwrap();
    ids.reverse();
    ids.truncate(3);
    assert_eq!(left(service.clone()).await, ids);
    set(service.clone(), vec![retention(Some(15), Some(1), "*")])
        .await
        .unwrap();
    service.retention_apply().await.unwrap();
    assert_eq!(left(service.clone()).await, ids[..2]);
    let text = service.capture_content(&Actor::server(), ids[1], false).await.unwrap();
    assert_eq!(text, config(&[10]));
    history.service.close().await;
}
