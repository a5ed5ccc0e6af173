//! Rules of users: what they hide from then on, what they would have hidden, and who may make them.

use super::*;
use crate::{
    ServerConfig,
    captures::DiffWish,
    config_changes::tests::{Place, config, viewer},
};

fn rule(platform: Option<&str>, pattern: &str) -> NewVolatileRule {
    NewVolatileRule {
        platform: platform.map(str::to_owned),
        pattern: pattern.to_owned(),
        note: String::new(),
    }
}

#[tokio::test]
async fn a_rule_hides_what_its_preview_said_and_nothing_that_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    let mut ids = Vec::new();
    for (secret, vlan) in [("A1", 10), ("B2", 10), ("B2", 20), ("C3", 30)] {
        ids.push(place.add(&config("10:00", secret, vlan)).await);
    }
    assert_eq!(place.all().await.len(), 3);
    let new = rule(Some("ios"), "^enable secret");
    let actor = Actor::server();
    let seen = place.service.volatile_rule_preview(&actor, new.clone()).await.unwrap();
    assert_eq!(
        (
            seen.devices,
            seen.versions,
            seen.lines,
            seen.changes,
            seen.changes_hidden,
            seen.changes_smaller
        ),
        (1, 4, 4, 3, 1, 1)
    );
    assert!(seen.complete);
    let hidden: Vec<_> = seen.hidden.iter().map(|one| (one.capture_id, one.whole)).collect();
    assert_eq!(hidden, [(ids[3], false), (ids[1], true)]);
    assert!(seen.examples.iter().any(|line| line.ends_with("B2")));
    // Whoever may try patterns finds out what is secret.
    let refused = place.service.volatile_rule_preview(&viewer(), new.clone()).await;
    assert_eq!(refused.unwrap_err().code, "forbidden");
    // Other platforms are not looked at, and nothing was made.
    let other = rule(Some("frr"), "^enable secret");
    assert_eq!(
        place
            .service
            .volatile_rule_preview(&actor, other)
            .await
            .unwrap()
            .devices,
        0
    );
    let page = PageRequest::default();
    assert!(
        place
            .service
            .volatile_rule_list(&actor, &[], &page)
            .await
            .unwrap()
            .items
            .is_empty()
    );

    let made = place.service.volatile_rule_create(&actor, new).await.unwrap();
    assert_eq!(made.platform, "cisco_ios");
    place.add(&config("10:00", "D4", 30)).await;
    assert_eq!(place.all().await.len(), 3);
    let wish = DiffWish::default();
    let last = place.add(&config("10:00", "E5", 40)).await;
    let diff = place.service.capture_diff(&actor, last, None, &wish).await.unwrap();
    assert_eq!((diff.changes.added, diff.changes.removed), (1, 1));
    let all = DiffWish {
        all_lines: true,
        ..wish
    };
    let diff = place.service.capture_diff(&actor, last, None, &all).await.unwrap();
    assert_eq!(diff.changes.added, 2);
    let text = place.service.capture_content(&actor, last, false).await.unwrap();
    assert_eq!(text, config("10:00", "E5", 40).into_bytes());

    place.service.close().await;
    drop(place);
    // It holds after a restart, until it is removed.
    let service = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    let wish = DiffWish::default();
    let added = |service: Service| async move {
        let diff = service.capture_diff(&Actor::server(), last, None, &wish).await.unwrap();
        diff.changes.added
    };
    assert_eq!(added.clone()(service.clone()).await, 1);
    service.volatile_rule_delete(&actor, made.id).await.unwrap();
    assert_eq!(added(service.clone()).await, 2);
    service.close().await;
}

#[tokio::test]
async fn a_rule_that_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(ServerConfig::new(folder.path())).await;
    for (new, pointer) in [
        (rule(Some("no_such_os"), "x"), "/platform"),
        (rule(None, ""), "/pattern"),
        (rule(None, "(x"), "/pattern"),
        (rule(None, "\\w{1000}{1000}"), "/pattern"),
        (rule(None, &"x".repeat(2000)), "/pattern"),
    ] {
        for refused in [
            place
                .service
                .volatile_rule_create(&Actor::server(), new.clone())
                .await
                .err(),
            place
                .service
                .volatile_rule_preview(&Actor::server(), new.clone())
                .await
                .err(),
        ] {
            assert_eq!(refused.unwrap().fields[0].pointer, pointer, "{new:?}");
        }
    }
    let operator = Actor {
        role: Role::Operator,
        ..Actor::server()
    };
    let refused = place.service.volatile_rule_create(&operator, rule(None, "^x")).await;
    assert_eq!(refused.unwrap_err().code, "forbidden");
    place.service.close().await;
}
