//! Collections from request to last event, on a real database, of devices that nobody is.

use std::time::Duration;

use super::*;
use crate::{ServerConfig, devices::DeviceFields};

async fn service(folder: &std::path::Path) -> Service {
    Service::open(ServerConfig::new(folder)).await.unwrap()
}

/// Devices at ports that nobody listens on.
async fn devices(service: &Service, count: usize) {
    for number in 0..count {
        let fields = DeviceFields {
            name: Some(format!("r{number}")),
            address: Some("127.0.0.1".to_owned()),
            port: Some(1),
            platform: Some(if number == 0 { "linux" } else { "cisco_ios" }.to_owned()),
            ..DeviceFields::default()
        };
        service.device_create(&Actor::server(), fields).await.unwrap();
    }
}

fn request(types: &[&str]) -> CollectionRequest {
    CollectionRequest {
        filters: Some(crate::devices::DeviceFilter::default()),
        capture_types: types.iter().map(|name| (*name).to_owned()).collect(),
        credentials: CredentialChoice::Inline(InlineCredentials {
            username: "ops".to_owned(),
            password: Some("s3cret-word".to_owned().into()),
            ..InlineCredentials::default()
        }),
        ..CollectionRequest::default()
    }
}

/// All events up to the last.
async fn events(service: &Service, id: Uuid) -> Vec<serde_json::Value> {
    let ended = async {
        while let Some(mut head) = service.collection_follow(id) {
            let _ = head.wait_for(|head| head.finished).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    let (events, head) = service
        .collection_events(&Actor::server(), id, 0, 10_000)
        .await
        .unwrap();
    assert!(head.finished);
    assert_eq!(head.last_seq, i64::try_from(events.len()).unwrap());
    events
        .iter()
        .map(|event| serde_json::from_str(&event.json).unwrap())
        .collect()
}

#[tokio::test]
async fn a_collection_ends_with_everything_told_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 5).await;
    let actor = Actor::server();
    let row = service
        .collection_create(&actor, request(&["configs", "spanning_tree"]))
        .await
        .unwrap();
    let told = events(&service, row.id).await;
    for (index, event) in told.iter().enumerate() {
        assert_eq!(event["seq"], index + 1);
    }
    let of = |kind: &str| told.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(of("device_started"), 5);
    assert_eq!(of("device_completed"), 5);
    assert_eq!(of("collection_complete"), 1);
    let last = told.last().unwrap();
    assert_eq!(last["data"]["status"], "failed");
    assert_eq!(last["data"]["devices_failed"], 5);
    assert_eq!(last["data"]["loaded_to_db"], serde_json::Value::Null);
    assert_eq!(last["data"]["failed_devices"][0]["failure_kind"], "connection_refused");
    let ended = service.collection_view(&actor, row.id).await.unwrap();
    assert_eq!(ended.status, CollectionStatus::Failed);
    assert_eq!(Counts::stored(&ended).failed, 5);
    assert_eq!(ended.message, "Collection complete! 0 succeeded, 5 failed");
    let groups = service.collection_failures(&actor, row.id).await.unwrap();
    assert_eq!((groups.len(), groups[0].count), (1, 5));
    service.close().await;
}

#[tokio::test]
async fn what_no_template_is_for_is_told_and_never_connected() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 1).await;
    let actor = Actor::server();
    let request = request(&["spanning_tree"]);
    let plan = service.collection_plan(&actor, &request).await.unwrap();
    assert_eq!((plan.devices_total, plan.operations_total), (1, 0));
    assert_eq!(plan.devices[0].skipped[0].capture_type, "spanning_tree");
    let row = service.collection_create(&actor, request).await.unwrap();
    let told = events(&service, row.id).await;
    assert!(told.iter().all(|event| event["type"] != "device_started"));
    let completed = told.iter().find(|event| event["type"] == "device_completed").unwrap();
    assert_eq!(completed["data"]["failure_kind"], "not_supported");
    service.close().await;
}

#[tokio::test]
async fn a_retry_is_a_new_collection_of_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 3).await;
    let actor = Actor::server();
    let row = service.collection_create(&actor, request(&["configs"])).await.unwrap();
    events(&service, row.id).await;
    let none = Retry {
        only: RetryOnly {
            failure_kinds: vec!["dns_failed".to_owned()],
            ..RetryOnly::default()
        },
        ..Retry::default()
    };
    let error = service.collection_retry(&actor, row.id, none).await.unwrap_err();
    assert_eq!(error.code, "nothing_to_retry");
    let again = service
        .collection_retry(&actor, row.id, Retry::default())
        .await
        .unwrap();
    assert_eq!((again.retry_of, again.total), (Some(row.id), 3));
    events(&service, again.id).await;
    // What people took out of the inventory is not collected by a retry either.
    let of_row = store::devices(service.db().reader(), row.id).await.unwrap();
    let any = crate::version::Expected::new(None);
    let disabled = DeviceFields {
        enabled: Some(false),
        ..DeviceFields::default()
    };
    let device = of_row[1].device_id;
    service.device_update(&actor, device, disabled, &any).await.unwrap();
    service.device_delete(&actor, of_row[2].device_id, &any).await.unwrap();
    let rest = service
        .collection_retry(&actor, row.id, Retry::default())
        .await
        .unwrap();
    assert_eq!(rest.total, 1);
    let rows = store::devices(service.db().reader(), rest.id).await.unwrap();
    assert_eq!(rows[0].device_id, of_row[0].device_id);
    events(&service, rest.id).await;
    let error = service.collection_cancel(&actor, again.id).await.unwrap_err();
    assert_eq!(error.code, "collection_finished");
    service.collection_delete(&actor, row.id).await.unwrap();
    assert_eq!(
        service.collection_view(&actor, row.id).await.unwrap_err().code,
        "not_found"
    );
    service.close().await;
}

#[tokio::test]
async fn a_collection_that_was_stopped_in_the_middle_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let actor = Actor::server();
    let row = {
        let service = service(folder.path()).await;
        devices(&service, 4).await;
        // Nothing may start, so that the server ends with everything still to do.
        service
            .engine()
            .holds
            .set(engine::HoldSource::Database, Some("not now".to_owned()));
        let row = service.collection_create(&actor, request(&["configs"])).await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), async {
            let mut head = loop {
                match service.collection_follow(row.id) {
                    Some(head) => break head,
                    None => tokio::task::yield_now().await,
                }
            };
            head.wait_for(|head| head.last_seq > 0).await.unwrap();
        })
        .await
        .unwrap();
        service.close().await;
        row
    };
    let service = service(folder.path()).await;
    assert_eq!(service.resume().await.unwrap(), 1);
    let told = events(&service, row.id).await;
    let of = |kind: &str| told.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("device_completed"), of("collection_complete")), (4, 1));
    service.close().await;
}

#[tokio::test]
async fn no_secret_of_a_request_is_readable_in_the_data_directory() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 1).await;
    let row = service
        .collection_create(&Actor::server(), request(&["configs"]))
        .await
        .unwrap();
    events(&service, row.id).await;
    service.close().await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(11).any(|part| part == b"s3cret-word"),
                "{}",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn secrets_of_a_request_are_forgotten_some_time_after_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 2).await;
    let actor = Actor::server();
    let row = service.collection_create(&actor, request(&["configs"])).await.unwrap();
    let has_secret = || async {
        let row = service.collection_view(&actor, row.id).await.unwrap();
        row.sealed_secret.is_some()
    };
    // Not while it runs, however old it is.
    store::expire(service.db(), 0, i64::MAX, 0).await.unwrap();
    assert!(has_secret().await);
    events(&service, row.id).await;
    let ended = service.collection_view(&actor, row.id).await.unwrap();
    let ended = ended.finished_at.unwrap();
    service.expire().await.unwrap();
    store::expire(service.db(), 0, ended - 1, 0).await.unwrap();
    assert!(has_secret().await);
    store::expire(service.db(), 0, ended, 0).await.unwrap();
    assert!(!has_secret().await);
    // Nor are other credentials taken for them.
    let retried = service.collection_retry(&actor, row.id, Retry::default()).await;
    assert_eq!(retried.unwrap_err().code, "credentials_needed");
    service.close().await;
}

#[tokio::test]
async fn a_collection_that_is_stored_begins_as_soon_as_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 2).await;
    let actor = Actor::server();
    store::rename_table(service.db(), "current_capture", "away")
        .await
        .unwrap();
    let row = service.collection_create(&actor, request(&["configs"])).await.unwrap();
    let starting = service.collection_cancel(&actor, row.id).await.unwrap_err();
    assert_eq!(starting.code, "collection_starting");
    store::rename_table(service.db(), "away", "current_capture")
        .await
        .unwrap();
    // It may be over between two looks at what runs.
    let begun = async {
        while service.engine().runs.get(row.id).is_none() {
            let stored = store::one(service.db().reader(), row.id).await.unwrap().unwrap();
            if stored.finished_at.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), begun).await.unwrap();
    let told = events(&service, row.id).await;
    assert_eq!(told.last().unwrap()["type"], "collection_complete");
    service.close().await;
}

#[tokio::test]
async fn a_request_with_a_key_that_was_done_before_the_server_ended_is_known() {
    use crate::idempotency::{Begun, working_on};
    let folder = tempfile::tempdir().unwrap();
    let (actor, parts) = (Actor::server(), [b"POST".as_slice()]);
    let made = {
        let service = service(folder.path()).await;
        devices(&service, 1).await;
        let begun = service.idempotency_begin(&actor, "nightly", &parts).await.unwrap();
        let Begun::New(pending) = begun else {
            panic!("it is not new")
        };
        let work = service.collection_create(&actor, request(&["configs"]));
        let made = working_on(&pending, work).await.unwrap();
        let again = service.idempotency_begin(&actor, "nightly", &parts).await.unwrap_err();
        assert_eq!(again.code, "idempotency_in_flight");
        // A refusal that comes later does not unmake it.
        service.idempotency_end(pending, None).await.unwrap();
        service.close().await;
        made
    };
    let service = service(folder.path()).await;
    let again = service.idempotency_begin(&actor, "nightly", &parts).await.unwrap();
    assert!(matches!(again, Begun::Made(id) if id == made.id), "{again:?}");
    service.close().await;
}

#[tokio::test]
async fn what_was_held_back_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    devices(&service, 20).await;
    let holds = || &service.engine().holds;
    holds().set(engine::HoldSource::Database, Some("locked".to_owned()));
    let row = service
        .collection_create(&Actor::server(), request(&["configs"]))
        .await
        .unwrap();
    let mut head = service.collection_follow(row.id).unwrap();
    head.wait_for(|head| head.last_seq > 0).await.unwrap();
    holds().set(engine::HoldSource::Disk, Some("full".to_owned()));
    holds().set(engine::HoldSource::Database, None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let counts = Counts::stored(&service.collection_view(&Actor::server(), row.id).await.unwrap());
    // The one that has no template needs no session.
    assert_eq!((counts.queued, counts.failed), (19, 1));
    holds().set(engine::HoldSource::Disk, None);
    let told = events(&service, row.id).await;
    assert_eq!(
        told.iter().filter(|event| event["type"] == "device_completed").count(),
        20
    );
    service.close().await;
}
