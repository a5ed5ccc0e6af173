//! Histories on a real database: whatever is added, deleted and purged, what stays reads back byte for byte.

use entity::{capture::Verdict, current_capture};

use super::*;
use crate::{ServerConfig, devices::DeviceFields};

mod chance;

struct History {
    service: Service,
    device: Uuid,
}

impl History {
    async fn new(folder: &Path) -> Self {
        let service = Service::open(ServerConfig::new(folder)).await.unwrap();
        let fields = DeviceFields {
            name: Some("r1".to_owned()),
            address: Some("127.0.0.1".to_owned()),
            ..DeviceFields::default()
        };
        let device = service.device_create(&Actor::server(), fields).await.unwrap();
        Self {
            service,
            device: device.id,
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
        id
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
    // Nobody said which platform it is, so the rules of all of them hold, and more is hidden than need be.
    assert!(
        shown.starts_with("username x password ") && shown.contains("<secret "),
        "{shown}"
    );
    assert!(!shown.contains("hunter22"), "{shown}");
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
async fn what_could_not_be_written_into_the_tree_is_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::new(folder.path()).await;
    history.add(b"text\n", 0).await;
    let following = tokio::spawn(history.service.clone().tree_follow());
    // Where its folder should be there is a file.
    let place = folder.path().join("capture/configs");
    std::fs::write(&place, b"").unwrap();
    history.service.project_surely(history.device, "configs").await;
    std::fs::remove_file(&place).unwrap();
    let written = async {
        while std::fs::read(place.join("r1.txt")).ok().as_deref() != Some(b"text\n") {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(20), written).await;
    assert!(in_time.is_ok());
    following.abort();
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
