use std::time::Duration;

use entity::user::Role;
use secrecy::ExposeSecret;

use super::*;
use crate::{ServerConfig, error::Error, settings::SettingsChange, version::Expected};

const PASSWORD: &str = "correct horse battery";

async fn service() -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    service.user_first_admin(Some(PASSWORD.into())).await.unwrap();
    (service, folder)
}

fn caller() -> Caller {
    Caller {
        remote_address: "192.0.2.1".to_owned(),
        request_id: "r".to_owned(),
    }
}

async fn login(service: &Service, name: &str) -> Actor {
    let login = service.auth_login(&caller(), name, PASSWORD.into()).await.unwrap();
    service
        .auth_check(&caller(), login.access_token.expose_secret())
        .unwrap()
}

async fn user(service: &Service, name: &str, role: Role) -> Uuid {
    let new = NewUser {
        username: name.to_owned(),
        password: PASSWORD.into(),
        role,
    };
    service.user_create(&Actor::server(), new).await.unwrap().id
}

/// Whether somebody who stays connected has to go.
async fn has_to_go(service: &Service, actor: &Actor) -> bool {
    tokio::time::timeout(Duration::from_millis(200), service.auth_ended(actor))
        .await
        .is_ok()
}

async fn change(service: &Service, id: Uuid, change: UserChange) {
    let expected = Expected::default();
    service
        .user_update(&Actor::server(), id, change, &expected)
        .await
        .unwrap();
}

#[tokio::test]
async fn who_stays_connected_goes_with_the_right_to() {
    let (service, _folder) = service().await;
    let id = user(&service, "maria", Role::Operator).await;
    let (one, two) = (login(&service, "maria").await, login(&service, "maria").await);
    assert!(!has_to_go(&service, &one).await);
    service.auth_logout(&caller(), Some(&one), None).await.unwrap();
    assert!(has_to_go(&service, &one).await);
    assert!(!has_to_go(&service, &two).await);
    let promoted = UserChange {
        role: Some(Role::Admin),
        ..UserChange::default()
    };
    change(&service, id, promoted).await;
    assert!(!has_to_go(&service, &two).await);
    // It is told while it waits, not when it looks again.
    let waits = {
        let (service, two) = (service.clone(), two.clone());
        tokio::spawn(async move { service.auth_ended(&two).await })
    };
    tokio::task::yield_now().await;
    let demoted = UserChange {
        role: Some(Role::Viewer),
        ..UserChange::default()
    };
    change(&service, id, demoted).await;
    tokio::time::timeout(Duration::from_secs(1), waits)
        .await
        .unwrap()
        .unwrap();
    let three = login(&service, "maria").await;
    let disabled = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    change(&service, id, disabled).await;
    assert!(has_to_go(&service, &three).await);
}

#[tokio::test]
async fn a_ticket_opens_one_thing_once() {
    let (service, _folder) = service().await;
    let admin = login(&service, "admin").await;
    let ticket = service.ticket_issue(&admin, "collection 1").unwrap().ticket;
    let redeem = |purpose: &str| service.ticket_redeem(&caller(), ticket.expose_secret(), purpose);
    assert_eq!(redeem("collection 1").unwrap().name, "admin");
    assert_eq!(redeem("collection 1").unwrap_err().code, "ticket_invalid");
    let ticket = service.ticket_issue(&admin, "collection 1").unwrap().ticket;
    let other = service.ticket_redeem(&caller(), ticket.expose_secret(), "collection 2");
    assert_eq!(other.unwrap_err().code, "ticket_invalid");
    let ticket = service.ticket_issue(&admin, "collection 1").unwrap().ticket;
    service.auth_logout(&caller(), Some(&admin), None).await.unwrap();
    let gone = service.ticket_redeem(&caller(), ticket.expose_secret(), "collection 1");
    assert_eq!(gone.unwrap_err().code, "ticket_invalid");
}

#[tokio::test]
async fn the_oldest_of_very_many_sessions_ends() {
    let (service, _folder) = service().await;
    let first = login(&service, "admin").await;
    let id = first.user_id;
    let verified = store::user(service.db().reader(), id)
        .await
        .unwrap()
        .unwrap()
        .password_hash;
    for _ in 0..200 {
        service.open_session(&caller(), id, &verified).await.unwrap();
    }
    assert!(has_to_go(&service, &first).await);
    assert_eq!(service.access().read(|known| known.sessions.len()), 200);
}

#[tokio::test]
async fn settings_hold_at_once_and_the_audit_log_is_kept_as_they_say() {
    let (service, folder) = service().await;
    let admin = login(&service, "admin").await;
    let set = |change: SettingsChange| {
        let (service, admin) = (service.clone(), admin.clone());
        async move { service.settings_update(&admin, change, &Expected::default()).await }
    };
    let wrong = SettingsChange {
        access_token_minutes: Some(0),
        audit_days: Some(99_999),
        ..SettingsChange::default()
    };
    let error: Error = set(wrong).await.unwrap_err();
    assert_eq!(error.fields.len(), 2);
    let good = SettingsChange {
        access_token_minutes: Some(5),
        audit_days: Some(1),
        ..SettingsChange::default()
    };
    set(good).await.unwrap();
    let login = service.auth_login(&caller(), "admin", PASSWORD.into()).await.unwrap();
    assert_eq!(login.expires_in, 300);
    let listed = |service: Service| async move {
        let filter = crate::audit::AuditFilter::default();
        let page = crate::page::PageRequest::default();
        let page = service.audit_event_list(&Actor::server(), &filter, &page).await;
        page.unwrap().items.len()
    };
    let before = listed(service.clone()).await;
    service.audit_tidy().await.unwrap();
    assert_eq!(listed(service.clone()).await, before, "today's entries stay");
    service.close().await;
    drop((service, admin));
    let again = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    assert_eq!(again.settings().access_token_minutes, 5);
}
