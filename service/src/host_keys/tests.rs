use jobs::{
    HostKeyDecision::{Accept, Changed, Unknown},
    HostKeys,
};

use super::*;
use crate::{
    ServerConfig,
    devices::{
        DeviceFields,
        tests::{person, server},
    },
    direct::HostKeyPolicy,
};

const FIRST: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const THIRD: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
const SECOND: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

async fn all(service: &Service) -> Vec<HostKey> {
    let page = service
        .host_key_list(
            &person(Role::Viewer),
            &HostKeyFilter::default(),
            &PageRequest::default(),
        )
        .await
        .unwrap();
    page.items
}

#[tokio::test]
async fn a_changed_key_stops_its_device_until_a_person_accepts_it() {
    let (folder, service) = server().await;
    let admin = person(Role::Admin);
    let device = DeviceFields {
        name: Some("core1".to_owned()),
        address: Some("2001:db8::1".to_owned()),
        ..DeviceFields::default()
    };
    let device = service.device_create(&admin, device).await.unwrap();
    let keys = std::sync::Arc::clone(service.host_keys());
    let place = "[2001:db8::1]:22";
    assert_eq!(keys.check(place, &format!("{FIRST} comment")), Accept);
    assert_eq!(keys.check(place, FIRST), Accept);
    assert_eq!(keys.check(place, SECOND), Changed);
    assert_eq!(keys.check(place, SECOND), Changed);
    assert_eq!(keys.check("10.0.0.1:22", SECOND), Accept);
    service.host_keys().flush().await;
    let shown = all(&service).await;
    assert_eq!(shown.len(), 2);
    let changed = shown.iter().find(|key| key.state == State::Changed).unwrap();
    assert_eq!(changed.device, Some((device.id, "core1".to_owned())));
    assert_eq!((changed.address.as_str(), changed.port), ("2001:db8::1", 22));
    assert!(
        changed.fingerprint.starts_with("SHA256:") && changed.fingerprint.len() == 50,
        "{}",
        changed.fingerprint
    );
    let of_device = HostKeyFilter {
        device_id: Some(device.id),
        state: Some(State::Changed),
    };
    let found = service
        .host_key_list(&admin, &of_device, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(found.items, std::slice::from_ref(changed));
    // Another process knows the same.
    drop(keys);
    let id = changed.id;
    drop(service);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let service = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    let keys = std::sync::Arc::clone(service.host_keys());
    assert_eq!(keys.check(place, SECOND), Changed);
    let any = Expected::default();
    let error = service
        .host_key_accept(&person(Role::Operator), id, &any)
        .await
        .unwrap_err();
    assert_eq!(error.code, "forbidden");
    let accepted = service.host_key_accept(&admin, id, &any).await.unwrap();
    assert_eq!((accepted.state, accepted.offered), (State::Accepted, None));
    assert_eq!(keys.check(place, SECOND), Accept);
    assert_eq!(keys.check(place, FIRST), Changed);
    assert_eq!(
        service
            .host_key_accept(&admin, Uuid::nil(), &any)
            .await
            .unwrap_err()
            .code,
        "not_found"
    );
    service.host_key_delete(&admin, id, &any).await.unwrap();
    assert_eq!(keys.check(place, FIRST), Accept);
    service.host_keys().flush().await;
    let log = service
        .audit_event_list(&admin, &audit::AuditFilter::default(), &PageRequest::default())
        .await
        .unwrap();
    let told: Vec<_> = log.items.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(
        told,
        [
            "host_key.offer",
            "host_key.delete",
            "host_key.accept",
            "host_key.offer",
            "device.create"
        ]
    );
}

#[tokio::test]
async fn only_the_key_that_was_looked_at_is_accepted_or_forgotten() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let keys = std::sync::Arc::clone(service.host_keys());
    let place = "10.0.0.1:22";
    assert_eq!(keys.check(place, FIRST), Accept);
    assert_eq!(keys.check(place, SECOND), Changed);
    service.host_keys().flush().await;
    let id = all(&service).await[0].id;
    let (_, version) = service.host_key_view(&person(Role::Viewer), id).await.unwrap();
    let looked_at = Expected::new(Some(version));
    assert_eq!(keys.check(place, THIRD), Changed);
    service.host_keys().flush().await;
    for error in [
        service.host_key_accept(&admin, id, &looked_at).await.unwrap_err(),
        service.host_key_delete(&admin, id, &looked_at).await.unwrap_err(),
    ] {
        assert_eq!(error.code, "changed_meanwhile");
    }
    assert_eq!(keys.check(place, THIRD), Changed);
    let (shown, version) = service.host_key_view(&admin, id).await.unwrap();
    assert_eq!(shown.offered.unwrap().1, shown_fingerprint(THIRD));
    let again = Expected::new(Some(version));
    service.host_key_accept(&admin, id, &again).await.unwrap();
    assert_eq!(keys.check(place, THIRD), Accept);
}

#[tokio::test]
async fn under_strict_a_person_accepts_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ServerConfig::new(folder.path());
    config.host_keys = HostKeyPolicy::Strict;
    let service = Service::open(config).await.unwrap();
    let keys = std::sync::Arc::clone(service.host_keys());
    assert_eq!(keys.check("10.0.0.1:22", FIRST), Unknown);
    assert_eq!(keys.check("10.0.0.1:22", FIRST), Unknown);
    service.host_keys().flush().await;
    let shown = all(&service).await;
    assert_eq!(
        (shown.len(), shown[0].state, shown[0].fingerprint.as_str()),
        (1, State::Pending, "")
    );
    service
        .host_key_accept(&person(Role::Admin), shown[0].id, &Expected::default())
        .await
        .unwrap();
    assert_eq!(keys.check("10.0.0.1:22", FIRST), Accept);
    let nothing = service
        .host_key_accept(&person(Role::Admin), shown[0].id, &Expected::default())
        .await
        .unwrap_err();
    assert_eq!(nothing.code, "host_key_not_changed");
}

#[tokio::test]
async fn a_key_that_is_known_already_is_not_written_twice() {
    let (_folder, service) = server().await;
    let row = host_key::Model {
        id: Uuid::now_v7(),
        place: "10.0.0.1:22".to_owned(),
        algorithm: "ssh-ed25519".to_owned(),
        key: FIRST.to_owned(),
        first_seen_at: 1,
        last_seen_at: 1,
        offered_key: None,
        offered_at: None,
    };
    let other = host_key::Model {
        id: Uuid::now_v7(),
        ..row.clone()
    };
    let txn = service.db().begin().await.unwrap();
    store::insert(&txn, row.clone()).await.unwrap();
    store::insert(&txn, other).await.unwrap();
    txn.commit().await.unwrap();
    let shown = all(&service).await;
    assert_eq!(shown.iter().map(|key| key.id).collect::<Vec<_>>(), [row.id]);
}
