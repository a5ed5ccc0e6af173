//! What the recorder makes of reports that come from several collections, twice, or when the server ends.

use std::path::Path;

use jobs::{CaptureSink, DeviceJob};

use super::*;
use crate::{
    Service,
    actor::Actor,
    captures::{CaptureFilter, CaptureView, read_text, sink::StoreSink, store as texts},
    collections::{CollectionRequest, CredentialChoice, InlineCredentials, run::job_id},
    config_changes::{ConfigChangeFilter, Which},
    devices::{DeviceFields, DeviceFilter},
    page::PageRequest,
    server::ServerConfig,
    version::Expected,
};

/// A server on which no session starts, with one device; sessions are told by the tests.
async fn scene(folder: &Path) -> (Service, Uuid) {
    let service = Service::open(ServerConfig::new(folder)).await.unwrap();
    service.upkeep_start();
    let held = Some("sessions are told by a test".to_owned());
    service.engine().holds.set(HoldSource::Lock, held);
    let device = device(&service, "r1").await;
    (service, device)
}

async fn device(service: &Service, name: &str) -> Uuid {
    let fields = DeviceFields {
        name: Some(name.to_owned()),
        address: Some("127.0.0.1".to_owned()),
        platform: Some("cisco_ios".to_owned()),
        ..DeviceFields::default()
    };
    service.device_create(&Actor::server(), fields).await.unwrap().id
}

fn credentials() -> InlineCredentials {
    InlineCredentials {
        username: "ops".to_owned(),
        password: Some("word".to_owned().into()),
        ..InlineCredentials::default()
    }
}

/// A collection of all devices that waits for its sessions.
async fn begun(service: &Service) -> Uuid {
    let request = CollectionRequest {
        filters: Some(DeviceFilter::default()),
        capture_types: vec!["configs".to_owned()],
        credentials: CredentialChoice::Inline(credentials()),
        ..CollectionRequest::default()
    };
    let row = service.collection_create(&Actor::server(), request).await.unwrap();
    row.id
}

/// The only device of a collection answers with a whole configuration.
async fn captured(service: &Service, collection: Uuid, text: &[u8]) -> CaptureView {
    let run = service.engine().runs.get(collection).unwrap();
    let sink = StoreSink::new(Arc::clone(service.shelf()), Arc::clone(&service.engine().runs));
    let job = DeviceJob {
        device: jobs::Device {
            id: job_id(collection, 0),
            name: "r1".to_owned(),
            address: "127.0.0.1".to_owned(),
            port: 22,
            platform: "cisco_ios".to_owned(),
            site: String::new(),
            legacy_algorithms: false,
            jump: Vec::new(),
        },
        platform: None,
        capture_types: vec!["configs".to_owned()],
        credentials: Arc::new(credentials().open().unwrap()),
    };
    let mut writer = sink.begin(&job, "configs").unwrap();
    writer.write(text).await.unwrap();
    writer.finish(jobs::Verdict::Complete).await.unwrap();
    let report = CaptureReport {
        capture_type: "configs".to_owned(),
        commands: vec!["show running-config".to_owned()],
        verdict: jobs::Verdict::Complete,
        bytes: text.len() as u64,
        lines: 1,
        message: None,
    };
    let event = Event::CaptureCompleted {
        job: 0,
        capture: Arc::new(report),
    };
    let mut head = service.collection_follow(collection).unwrap();
    let entry = Entry::Event(run, event);
    service.engine().entries.send(entry).await.unwrap_or_default();
    let filter = CaptureFilter {
        collection_id: vec![collection],
        ..CaptureFilter::default()
    };
    let (actor, page) = (Actor::server(), PageRequest::default());
    let stored = async {
        loop {
            let page = service.capture_list(&actor, &filter, &page).await;
            if let Some(capture) = page.unwrap().items.pop() {
                return capture;
            }
            head.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored).await.unwrap()
}

/// Waits until a file of the tree holds a text, or is not there.
async fn tree_has(folder: &Path, name: &str, text: Option<&[u8]>) {
    let place = folder.join("capture/configs").join(name);
    let there = async {
        while std::fs::read(&place).ok().as_deref() != text {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), there).await;
    assert!(in_time.is_ok(), "{} is another", place.display());
}

async fn current(service: &Service, device: Uuid) -> (Uuid, Vec<u8>) {
    let row = texts::current(service.db().reader(), device, "configs").await.unwrap();
    let row = row.unwrap();
    let text = read_text(service.db(), service.shelf(), row.text_id).await.unwrap();
    (row.capture_id, text)
}

#[tokio::test]
async fn a_text_that_came_back_while_others_collected_is_the_last_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let (service, device) = scene(folder.path()).await;
    let (old, new) = (b"hostname r1\n".as_slice(), b"hostname r1-new\n".as_slice());
    let before = begun(&service).await;
    captured(&service, before, old).await;
    // Both begin while the old text is the last good one.
    let (first, second) = (begun(&service).await, begun(&service).await);
    captured(&service, second, new).await;
    assert_eq!(current(&service, device).await.1, new);
    tree_has(folder.path(), "r1.txt", Some(new)).await;
    let back = captured(&service, first, old).await;
    assert!(back.current);
    assert_eq!(current(&service, device).await, (back.row.id, old.to_vec()));
    tree_has(folder.path(), "r1.txt", Some(old)).await;
    // Both changes are known.
    for id in [second, first] {
        service.changes_find(Which::Collection(id)).await.unwrap();
    }
    let changes = service
        .config_change_list(
            &Actor::server(),
            &ConfigChangeFilter::default(),
            &PageRequest::default(),
        )
        .await
        .unwrap();
    assert_eq!(changes.items.len(), 2);
    // One that finds what another has just stored changes nothing.
    let (first, second) = (begun(&service).await, begun(&service).await);
    let stored = captured(&service, first, new).await;
    captured(&service, second, new).await;
    assert_eq!(current(&service, device).await.0, stored.row.id);
    service.close().await;
}

#[tokio::test]
async fn files_follow_a_device_that_is_renamed_or_removed_while_it_is_collected() {
    let folder = tempfile::tempdir().unwrap();
    let (service, device) = scene(folder.path()).await;
    let first = begun(&service).await;
    captured(&service, first, b"one\n").await;
    tree_has(folder.path(), "r1.txt", Some(b"one\n")).await;
    let second = begun(&service).await;
    let third = begun(&service).await;
    let renamed = DeviceFields {
        name: Some("r2".to_owned()),
        ..DeviceFields::default()
    };
    let (actor, any) = (Actor::server(), Expected::new(None));
    service.device_update(&actor, device, renamed, &any).await.unwrap();
    tree_has(folder.path(), "r1.txt", None).await;
    tree_has(folder.path(), "r2.txt", Some(b"one\n")).await;
    captured(&service, second, b"two\n").await;
    tree_has(folder.path(), "r2.txt", Some(b"two\n")).await;
    tree_has(folder.path(), "r1.txt", None).await;
    service.device_delete(&actor, device, &any).await.unwrap();
    tree_has(folder.path(), "r2.txt", None).await;
    captured(&service, third, b"three\n").await;
    // A device that gets the name shows nothing of the one before, nor what a server that was killed then left there.
    self::device(&service, "r2").await;
    service.repair_tree().await.unwrap();
    tree_has(folder.path(), "r2.txt", None).await;
    std::fs::write(folder.path().join("capture/configs/r2.txt"), b"two\n").unwrap();
    assert_eq!(service.repair_tree().await.unwrap(), 1);
    tree_has(folder.path(), "r2.txt", None).await;
    service.close().await;
}

fn recorder(service: &Service) -> Recorder {
    let engine = service.engine();
    Recorder {
        db: service.db().clone(),
        shelf: Arc::clone(service.shelf()),
        indexer: Arc::new(Indexer::new(false)),
        vault: Arc::new(
            Vault::open(&crate::vault::KeySource::File(
                service.config().data_dir.join("secret.key"),
            ))
            .unwrap(),
        ),
        hub: Arc::clone(&engine.hub),
        runs: Arc::clone(&engine.runs),
        turn: Arc::clone(&engine.turn),
        holds: Arc::clone(&engine.holds),
        transcript_days: Box::new(|| 7),
        ledgers: HashMap::new(),
    }
}

/// What a recorder writes about a collection with this number of its last event.
fn working(collection: Uuid, seq: i64) -> Working {
    let kind = entity::collection::CollectionKind::Collection;
    let mut ledger = Ledger::new(collection, kind, seq - 1, Vec::new());
    ledger.begin(now_ms());
    let mut working = Working::default();
    let written = ledger.take_written();
    working.batch.collection(&ledger, written);
    working
}

#[tokio::test]
async fn what_was_written_though_nobody_heard_of_it_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let (service, _) = scene(folder.path()).await;
    let id = begun(&service).await;
    let (recorder, stop) = (recorder(&service), CancellationToken::new());
    let batch = working(id, 1000);
    let write = || async {
        let written = recorder.write(&batch, &stop);
        tokio::time::timeout(Duration::from_secs(5), written).await.unwrap()
    };
    assert!(matches!(write().await, Outcome::Stored(None)));
    assert!(matches!(write().await, Outcome::Stored(None)));
    assert!(store::is_written(service.db().reader(), &batch.batch).await.unwrap());
    let other = working(id, 1001);
    assert!(!store::is_written(service.db().reader(), &other.batch).await.unwrap());
    service.close().await;
}

#[tokio::test]
async fn who_is_told_to_stop_does_not_try_to_write_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (service, _) = scene(folder.path()).await;
    let id = begun(&service).await;
    let (recorder, stop) = (recorder(&service), CancellationToken::new());
    // Whoever else writes does not come to an end.
    let _turn = service.texts_turn().await;
    stop.cancel();
    let began = Instant::now();
    let outcome = recorder.write(&working(id, 1000), &stop).await;
    assert!(matches!(outcome, Outcome::GivenUp));
    assert!(began.elapsed() < STOP_LIMIT * 2);
    drop(_turn);
    service.close().await;
}

#[tokio::test]
async fn who_was_taken_over_writes_nothing_more() {
    let Some(postgres) = crate::tests::Postgres::fresh("who_was_taken_over_writes_nothing_more") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let service = postgres.service(folder.path()).await;
    service
        .engine()
        .holds
        .set(HoldSource::Lock, Some("sessions are told by a test".to_owned()));
    device(&service, "r1").await;
    let id = begun(&service).await;
    let (recorder, stop) = (recorder(&service), CancellationToken::new());
    let stored = recorder.write(&working(id, 1000), &stop).await;
    assert!(matches!(stored, Outcome::Stored(None)));
    // Another server has got the lock that this one lost.
    let mut other = Database::open(&postgres.url).await.unwrap();
    other.claim().await.unwrap();
    assert!(!service.db().is_claimed().await.unwrap());
    let after = working(id, 1001);
    let written = recorder.write(&after, &stop);
    let outcome = tokio::time::timeout(Duration::from_secs(5), written).await.unwrap();
    assert!(matches!(outcome, Outcome::GivenUp));
    assert!(!store::is_written(other.reader(), &after.batch).await.unwrap());
    let run = service.engine().runs.get(id).unwrap();
    assert!(run.cancel.is_asked());
    let refused = DeviceFields {
        name: Some("r2".to_owned()),
        address: Some("127.0.0.1".to_owned()),
        ..DeviceFields::default()
    };
    let refused = service.device_create(&Actor::server(), refused).await.unwrap_err();
    assert_eq!(refused.code, "database_unavailable");
    other.begin().await.unwrap().commit().await.unwrap();
    other.close().await;
    service.close().await;
}
