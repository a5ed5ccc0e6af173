use std::{sync::Arc, time::Duration};

use jobs::FailureKind;
use secrecy::ExposeSecret;

use super::*;
use crate::{
    ServerConfig,
    devices::{
        DeviceFields,
        tests::{person, server},
    },
};

fn secret(text: &str) -> Option<Option<SecretString>> {
    Some(Some(text.to_owned().into()))
}

fn tag(updated_at: i64) -> Expected {
    Expected::new(Some(crate::version::tag(updated_at)))
}

fn named(name: &str) -> CredentialFields {
    CredentialFields {
        name: Some(name.to_owned()),
        username: Some("ops".to_owned()),
        password: secret("s3cret-Pass"),
        ..CredentialFields::default()
    }
}

/// Refuses logins with a credential until it is closed.
async fn close(service: &Service, id: Uuid) {
    let login = service.credential_open(id).await.unwrap();
    let logins = service.breaker().logins(Some(3));
    for _ in 0..3 {
        let permit = logins.admit(&login).await.unwrap();
        permit.report(Some(FailureKind::AuthenticationFailed));
    }
}

#[tokio::test]
async fn secrets_go_in_and_come_out_for_a_login_alone() {
    let (folder, service) = server().await;
    let admin = person(Role::Admin);
    let made = service
        .credential_create(
            &admin,
            CredentialFields {
                enable_password: secret("3nable"),
                sites: Some(vec!["ams".into()]),
                ..named("Lab")
            },
        )
        .await
        .unwrap();
    assert!(made.has_password && made.has_enable_password && !made.has_private_key);
    let login = service.credential_open(made.id).await.unwrap();
    assert_eq!(login.password.unwrap().expose_secret(), "s3cret-Pass");
    let file = std::fs::read(folder.path().join("showrun.db-wal")).unwrap();
    for secret in [&b"s3cret-Pass"[..], b"3nable"] {
        assert!(!file.windows(secret.len()).any(|part| part == secret));
    }
    let changed = service
        .credential_update(
            &admin,
            made.id,
            CredentialFields {
                enable_password: Some(None),
                order: Some(5),
                ..CredentialFields::default()
            },
            &tag(made.updated_at),
        )
        .await
        .unwrap();
    assert!(changed.has_password && !changed.has_enable_password);
    assert_eq!(changed.order, 5);
    let stale = service
        .credential_update(&admin, made.id, CredentialFields::default(), &tag(made.updated_at))
        .await
        .unwrap_err();
    assert_eq!(stale.kind, ErrorKind::Changed);
    let again = service.credential_create(&admin, named("LAB")).await.unwrap_err();
    assert_eq!(again.code, "credential_exists");
    let operator = person(Role::Operator);
    assert_eq!(
        service.credential_create(&operator, named("x")).await.unwrap_err().kind,
        ErrorKind::Forbidden
    );
    assert_eq!(
        service
            .credential_list(&operator, &PageRequest::default())
            .await
            .unwrap()
            .items,
        [changed]
    );
    assert!(service.credential_view(&person(Role::Viewer), made.id).await.is_err());
}

#[tokio::test]
async fn every_wrong_field_is_named_and_no_secret_is_repeated() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let fields = CredentialFields {
        name: Some("a\u{202e}".to_owned()),
        username: Some(" ".to_owned()),
        password: secret("two\nlines-of-secret"),
        use_agent: Some(true),
        sites: Some(vec![String::new()]),
        tags: Some(vec!["a,b".into()]),
        ..CredentialFields::default()
    };
    let error = service.credential_create(&admin, fields).await.unwrap_err();
    let pointers: Vec<_> = error.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/name", "/username", "/password", "/use_agent", "/sites/0", "/tags/0"]
    );
    assert!(!error.to_string().contains("secret\n") && !error.to_string().contains("lines-of"));
    let key = CredentialFields {
        password: None,
        private_key: secret("-----BEGIN OPENSSH PRIVATE KEY-----\nTOPSECRET\n"),
        ..named("key")
    };
    let error = service.credential_create(&admin, key).await.unwrap_err();
    assert_eq!(error.fields[0].pointer, "/private_key");
    assert!(!error.to_string().contains("TOPSECRET"), "{error}");
    let none = CredentialFields {
        password: None,
        ..named("none")
    };
    let error = service.credential_create(&admin, none).await.unwrap_err();
    assert_eq!(error.fields[0].pointer, "/password");
}

#[tokio::test]
async fn a_device_gets_its_own_then_those_of_its_site_its_tags_and_all() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let mut ids = Vec::new();
    for (name, change) in [
        (
            "default",
            CredentialFields {
                is_default: Some(true),
                ..CredentialFields::default()
            },
        ),
        (
            "tag",
            CredentialFields {
                tags: Some(vec!["Prod".into()]),
                ..CredentialFields::default()
            },
        ),
        (
            "late",
            CredentialFields {
                sites: Some(vec!["ams".into()]),
                order: Some(9),
                ..CredentialFields::default()
            },
        ),
        (
            "site",
            CredentialFields {
                sites: Some(vec!["AMS".into()]),
                ..CredentialFields::default()
            },
        ),
    ] {
        let base = named(name);
        let fields = CredentialFields {
            name: base.name,
            username: base.username,
            password: base.password,
            ..change
        };
        ids.push(service.credential_create(&admin, fields).await.unwrap().id);
    }
    let [default, tag, late, site] = ids.try_into().unwrap();
    let device = |name: &str, own: Option<Uuid>, at: &str| DeviceFields {
        name: Some(name.to_owned()),
        address: Some("10.0.0.1".to_owned()),
        site: Some(at.to_owned()),
        tags: Some(vec!["prod".into()]),
        credential_id: Some(own),
        ..DeviceFields::default()
    };
    let bound = service
        .device_create(&admin, device("a", Some(late), "ams"))
        .await
        .unwrap();
    let free = service.device_create(&admin, device("b", None, "Ams")).await.unwrap();
    let bindings = service.credential_bindings().await.unwrap();
    assert_eq!(bindings.for_device(&bound), [late]);
    assert_eq!(bindings.for_device(&free), [site, late, tag, default]);
    service
        .credential_delete(&admin, late, &Expected::default())
        .await
        .unwrap();
    let bound = service.device_view(&admin, bound.id).await.unwrap();
    assert_eq!(bound.credential_id, None);
    assert_eq!(
        service.credential_bindings().await.unwrap().for_device(&bound),
        [site, tag, default]
    );
}

#[tokio::test]
async fn a_closed_credential_stays_closed_over_a_kill_until_a_person_releases_it() {
    let (folder, service) = server().await;
    let admin = person(Role::Admin);
    let made = service.credential_create(&admin, named("lab")).await.unwrap();
    close(&service, made.id).await;
    let shown = service.credential_view(&admin, made.id).await.unwrap();
    assert_eq!(shown.consecutive_failures, 3);
    assert!(shown.closed_at.is_some());
    // The last count is written behind the report; nobody is let through before.
    tokio::time::sleep(Duration::from_millis(300)).await;
    // As a kill leaves it: nothing is closed or flushed, and another process opens what is there.
    let copy = tempfile::tempdir().unwrap();
    for file in ["showrun.db", "showrun.db-wal", "secret.key"] {
        std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let next = Service::open(ServerConfig::new(copy.path())).await.unwrap();
    let login = next.credential_open(made.id).await.unwrap();
    let error = next.breaker().logins(None).admit(&login).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::CredentialPaused);
    let log = next
        .audit_event_list(&admin, &audit::AuditFilter::default(), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(log.items[0].action, "credential.close");
    assert!(
        log.items[0].summary.contains("(credential lab)"),
        "{}",
        log.items[0].summary
    );
    let released = next.credential_release(&person(Role::Operator), made.id).await.unwrap();
    assert_eq!((released.closed_at, released.consecutive_failures), (None, 0));
    next.breaker().logins(None).admit(&login).await.unwrap();
}

#[tokio::test]
async fn another_secret_begins_anew_and_another_name_does_not() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let made = service.credential_create(&admin, named("lab")).await.unwrap();
    close(&service, made.id).await;
    let renamed = CredentialFields {
        name: Some("lab 2".to_owned()),
        ..CredentialFields::default()
    };
    let shown = service
        .credential_update(&admin, made.id, renamed, &Expected::default())
        .await
        .unwrap();
    assert!(shown.closed_at.is_some());
    let corrected = CredentialFields {
        password: secret("right"),
        ..CredentialFields::default()
    };
    let shown = service
        .credential_update(&admin, made.id, corrected, &Expected::default())
        .await
        .unwrap();
    assert_eq!(shown.closed_at, None);
}

#[tokio::test]
async fn while_the_database_takes_no_count_no_login_is_tried() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let made = service.credential_create(&admin, named("lab")).await.unwrap();
    let login = service.credential_open(made.id).await.unwrap();
    let logins = service.breaker().logins(Some(3));
    let permit = logins.admit(&login).await.unwrap();
    // The only connection that writes is held by something else.
    let busy = service.db().begin().await.unwrap();
    permit.report(Some(FailureKind::AuthenticationFailed));
    let waiting = tokio::spawn({
        let (logins, login) = (Arc::clone(&logins), login.clone());
        async move { logins.admit(&login).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    drop(busy);
    waiting.await.unwrap().unwrap();
}
