//! Changes on a real database: what is one, what is none, what is shown of it and to whom, and that each is found once.

use entity::{capture::Verdict, current_capture};

use super::*;
use crate::{
    ServerConfig,
    captures::{self as texts, LineKind, codec},
    devices::DeviceFields,
};

/// A router with configurations, stored as the recorder does.
pub(crate) struct Place {
    pub(crate) service: Service,
    pub(crate) device: Uuid,
    pub(crate) collection: Uuid,
    at: i64,
}

/// A configuration with a line that changes by itself, a secret and an interface.
pub(crate) fn config(saved: &str, secret: &str, vlan: u16) -> String {
    format!(
        "! Last configuration change at {saved}\nhostname r1\nenable secret 5 {secret}\n!\ninterface Gi1/0/1\n \
         switchport access vlan {vlan}\n!\nend\n"
    )
}

impl Place {
    pub(crate) async fn new(config: ServerConfig) -> Self {
        let service = Service::open(config).await.unwrap();
        let fields = DeviceFields {
            name: Some("r1".to_owned()),
            address: Some("127.0.0.1".to_owned()),
            platform: Some("cisco_ios".to_owned()),
            site: Some("Ams".to_owned()),
            ..DeviceFields::default()
        };
        let device = service.device_create(&Actor::server(), fields).await.unwrap().id;
        Self {
            service,
            device,
            collection: Uuid::now_v7(),
            at: 1_000_000,
        }
    }

    /// Stores a configuration of a new collection; nothing compares it yet.
    pub(crate) async fn store(&mut self, text: &str, verdict: Verdict) -> Uuid {
        self.store_of(self.device, text, verdict).await
    }

    pub(crate) async fn store_of(&mut self, device: Uuid, text: &str, verdict: Verdict) -> Uuid {
        let (db, shelf) = (self.service.db(), self.service.shelf());
        self.at += 60_000;
        self.collection = Uuid::now_v7();
        let sha = codec::sha(text.as_bytes());
        let known = captures::known_texts(db.reader(), &[sha]).await.unwrap();
        let before = captures::current(db.reader(), device, CONFIGS).await.unwrap();
        let txn = db.begin().await.unwrap();
        let text_id = match known.get(sha.as_slice()) {
            Some(id) => *id,
            None => {
                let id = shelf.next_text();
                let packed = codec::pack(text.as_bytes()).unwrap();
                let row = captures::text_row(id, &sha, None, text.len() as i64, Some(packed));
                captures::insert_texts(&txn, vec![row]).await.unwrap();
                id
            }
        };
        let row = capture::Model {
            id: Uuid::now_v7(),
            device_id: device,
            device_name: "r1".to_owned(),
            collection_id: self.collection,
            capture_type: CONFIGS.to_owned(),
            commands: "show running-config".to_owned(),
            verdict,
            bytes: text.len() as i64,
            lines: text.lines().count() as i64,
            text_id: Some(text_id),
            captured_at: self.at,
            message: None,
            accepted_by: None,
        };
        let id = row.id;
        captures::insert_captures(&txn, vec![row.into()]).await.unwrap();
        if verdict == Verdict::Complete && before.is_none_or(|before| before.text_id != text_id) {
            store::mark(&txn, &[(device, id, self.collection)]).await.unwrap();
            let current = current_capture::Model {
                device_id: device,
                capture_type: CONFIGS.to_owned(),
                capture_id: id,
                text_id,
            };
            captures::set_current(&txn, vec![current]).await.unwrap();
        }
        txn.commit().await.unwrap();
        id
    }

    /// Stores a configuration and compares it, as the end of its collection does.
    pub(crate) async fn add(&mut self, text: &str) -> Uuid {
        let id = self.store(text, Verdict::Complete).await;
        self.service
            .changes_find(Which::Collection(self.collection))
            .await
            .unwrap();
        id
    }

    async fn changes(&self, filter: ConfigChangeFilter) -> Vec<config_change::Model> {
        let page = PageRequest::default();
        let page = self.service.config_change_list(&Actor::server(), &filter, &page).await;
        page.unwrap().items
    }

    pub(crate) async fn all(&self) -> Vec<config_change::Model> {
        self.changes(ConfigChangeFilter::default()).await
    }
}

pub(crate) fn viewer() -> Actor {
    Actor {
        role: Role::Viewer,
        ..Actor::server()
    }
}

fn lines(changes: &Changes) -> Vec<String> {
    let lines = changes.hunks.iter().flat_map(|hunk| &hunk.lines);
    let changed = lines.filter(|line| line.kind != LineKind::Context);
    let sign = |kind| if kind == LineKind::Added { '+' } else { '-' };
    changed
        .map(|line| format!("{}{}", sign(line.kind), line.text))
        .collect()
}

#[tokio::test]
async fn what_changed_is_found_once_with_exactly_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    let first = place.add(&config("10:00", "OLD", 10)).await;
    assert!(place.all().await.is_empty(), "the first one is no change");
    // Only what changes by itself.
    place.add(&config("11:00", "OLD", 10)).await;
    assert!(place.all().await.is_empty());
    let second = place.add(&config("12:00", "OLD", 20)).await;
    let found = place.all().await;
    assert_eq!(found.len(), 1);
    let change = &found[0];
    assert_eq!((change.lines_added, change.lines_removed), (1, 1));
    assert_eq!(change.sections, serde_json::json!(["interface Gi1/0/1"]));
    assert_eq!(change.severity, Severity::High);
    assert_eq!((change.capture_id, change.platform.as_str()), (second, "cisco_ios"));
    assert_ne!(change.previous_capture_id, first);
    let wish = DiffWish::default();
    let view = place
        .service
        .config_change_view(&Actor::server(), change.id, &wish)
        .await
        .unwrap();
    assert_eq!(
        lines(&view.changes.unwrap()),
        ["- switchport access vlan 10", "+ switchport access vlan 20"]
    );
    // The same again, and all comparisons once more, find none.
    place.add(&config("12:00", "OLD", 20)).await;
    place.service.changes_tidy().await.unwrap();
    assert_eq!(place.all().await.len(), 1);
    place.service.close().await;
}

#[tokio::test]
async fn a_changed_secret_shows_as_changed_to_who_must_not_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    place.add(&config("10:00", "FIRSTSECRET", 10)).await;
    let capture = place.add(&config("10:00", "OTHERSECRET", 10)).await;
    let change = place.all().await.pop().unwrap();
    assert_eq!((change.severity, change.lines_added), (Severity::Critical, 1));
    assert!(!change.search.contains("secret"), "{}", change.search);
    let wish = DiffWish::default();
    let service = &place.service;
    let clear = service
        .config_change_view(&Actor::server(), change.id, &wish)
        .await
        .unwrap();
    assert!(!clear.masked);
    assert!(lines(&clear.changes.unwrap())[1].ends_with("OTHERSECRET"));
    for actor in [viewer(), Actor::server()] {
        let wish = DiffWish {
            masked: true,
            ..DiffWish::default()
        };
        let view = service.config_change_view(&actor, change.id, &wish).await.unwrap();
        let shown = lines(&view.changes.unwrap());
        assert_eq!(shown.len(), 2);
        assert!(
            shown.iter().all(|line| line.contains("enable secret 5 <secret ")),
            "{shown:?}"
        );
        assert_ne!(shown[0].get(1..), shown[1].get(1..));
        let diff = service.capture_diff(&actor, capture, None, &wish).await.unwrap();
        assert_eq!(lines(&diff.changes), shown);
        let text = texts::unified(&diff.changes, CONFIGS, ("r1", 0), ("r1", 1));
        assert!(
            !text.contains("OTHERSECRET") && text.starts_with("--- r1/configs 1970-01-01T00:00:00Z\n"),
            "{text}"
        );
    }
    // The whole text, too; nobody below operator gets another one.
    let clear = service.capture_content(&Actor::server(), capture, false).await.unwrap();
    let masked = service.capture_content(&viewer(), capture, false).await.unwrap();
    assert_eq!(
        masked,
        service.capture_content(&Actor::server(), capture, true).await.unwrap()
    );
    let (clear, masked) = (String::from_utf8(clear).unwrap(), String::from_utf8(masked).unwrap());
    assert!(clear.contains("OTHERSECRET") && !masked.contains("OTHERSECRET"));
    assert_eq!(clear.lines().count(), masked.lines().count());
    let version = |actor: Actor, masked| async move {
        let known = service.capture_content_version(&actor, capture, masked).await.unwrap();
        known.version
    };
    assert_eq!(version(viewer(), false).await, version(Actor::server(), true).await);
    assert_ne!(version(viewer(), false).await, version(Actor::server(), false).await);
    place.service.close().await;
}

#[tokio::test]
async fn a_comparison_that_a_killed_server_owed_is_made_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    place.add(&config("10:00", "A", 10)).await;
    place.store(&config("10:00", "A", 20), Verdict::Complete).await;
    place.store(&config("10:00", "A", 30), Verdict::Complete).await;
    assert!(place.all().await.is_empty());
    // What it is to be compared with stays as long as that is owed, whoever wants it gone.
    let purge = texts::Purge {
        keep_last: Some(1),
        ..texts::Purge::default()
    };
    let purged = place.service.capture_purge(&Actor::server(), &purge).await.unwrap();
    assert_eq!(purged.captures_deleted, 2);
    place.service.close().await;
    drop(place);
    let service = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    service.changes_tidy().await.unwrap();
    service.changes_tidy().await.unwrap();
    let page = PageRequest::default();
    let filter = ConfigChangeFilter::default();
    let found = service
        .config_change_list(&Actor::server(), &filter, &page)
        .await
        .unwrap();
    let found: Vec<_> = found
        .items
        .iter()
        .map(|row| (row.lines_added, row.lines_removed))
        .collect();
    // The capture in the middle is gone, and with it the change to it; the one from it was still found.
    assert_eq!(found, [(1, 1)]);
    service.close().await;
}

#[tokio::test]
async fn a_suspicious_configuration_is_a_change_once_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    place.add(&config("10:00", "A", 10)).await;
    let short = place.store("hostname r1\n", Verdict::Suspicious).await;
    place.service.changes_tidy().await.unwrap();
    assert!(place.all().await.is_empty());
    place.service.capture_accept(&Actor::server(), short).await.unwrap();
    let found = place.all().await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].capture_id, found[0].lines_added), (short, 0));
    place.service.capture_accept(&Actor::server(), short).await.unwrap();
    assert_eq!(place.all().await.len(), 1);
    place.service.close().await;
}

#[tokio::test]
async fn changes_are_listed_by_what_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    for vlan in 10..16 {
        place.add(&config("10:00", "A", vlan)).await;
    }
    let newest = place.collection;
    let of = |filter: ConfigChangeFilter| async {
        let place = &place;
        place.changes(filter).await.len()
    };
    let filter = ConfigChangeFilter::default;
    assert_eq!(of(filter()).await, 5);
    let site = |name: &str| ConfigChangeFilter {
        site: vec![name.to_owned()],
        ..filter()
    };
    assert_eq!((of(site("ams")).await, of(site("fra")).await), (5, 0));
    let platform = |name: &str| ConfigChangeFilter {
        platform: vec![name.to_owned()],
        ..filter()
    };
    assert_eq!((of(platform("ios")).await, of(platform("frr")).await), (5, 0));
    let device = |name: &str| ConfigChangeFilter {
        device: vec![name.to_owned()],
        ..filter()
    };
    assert_eq!((of(device("R1")).await, of(device("r2")).await), (5, 0));
    let q = |text: &str| ConfigChangeFilter {
        q: Some(text.to_owned()),
        ..filter()
    };
    assert_eq!(
        (of(q("gi1/0/1 R1")).await, of(q("100%")).await, of(q("_")).await),
        (5, 0, 0)
    );
    let collection = ConfigChangeFilter {
        collection_id: vec![newest],
        ..filter()
    };
    assert_eq!(of(collection).await, 1);
    let severity = ConfigChangeFilter {
        severity: vec![Severity::Low],
        ..filter()
    };
    assert_eq!(of(severity).await, 0);
    let all = place.all().await;
    let since = ConfigChangeFilter {
        since: Some(all[1].changed_at),
        ..filter()
    };
    let until = ConfigChangeFilter {
        until: Some(all[1].changed_at),
        ..filter()
    };
    assert_eq!((of(since).await, of(until).await), (2, 3));
    let mut page = PageRequest {
        limit: Some(2),
        include_total: true,
        ..PageRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let part = place
            .service
            .config_change_list(&viewer(), &filter(), &page)
            .await
            .unwrap();
        assert_eq!(part.total, Some(5));
        seen.extend(part.items.iter().map(|row| row.id));
        page.page_token = part.next_page_token;
        if page.page_token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all.iter().map(|row| row.id).collect::<Vec<_>>());
    place.service.close().await;
}

#[tokio::test]
async fn captures_of_two_devices_are_compared_with_the_secrets_of_both_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    let fields = DeviceFields {
        name: Some("j1".to_owned()),
        address: Some("127.0.0.2".to_owned()),
        platform: Some("juniper_junos".to_owned()),
        ..DeviceFields::default()
    };
    let junos = place.service.device_create(&Actor::server(), fields).await.unwrap().id;
    let one = place.add(&config("10:00", "IOSSECRET", 10)).await;
    let text = "system {\n    root-authentication {\n        encrypted-password \"$6$JUNOSSECRET\";\n    }\n}\n";
    let other = place.store_of(junos, text, Verdict::Complete).await;
    let wish = DiffWish::default();
    for (new, old) in [(one, other), (other, one)] {
        let diff = place
            .service
            .capture_diff(&viewer(), new, Some(old), &wish)
            .await
            .unwrap();
        let shown = lines(&diff.changes).join("\n");
        assert!(
            !shown.contains("IOSSECRET") && !shown.contains("JUNOSSECRET"),
            "{shown}"
        );
        assert!(shown.contains("<secret "));
    }
    let none = place
        .service
        .capture_diff(&viewer(), other, None, &wish)
        .await
        .unwrap_err();
    assert_eq!(none.code, "no_previous_capture");
    place.service.close().await;
}

#[tokio::test]
async fn a_change_outlives_its_texts() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    place.add(&config("10:00", "A", 10)).await;
    place.add(&config("10:00", "A", 20)).await;
    place.add(&config("10:00", "A", 30)).await;
    let purge = texts::Purge {
        keep_last: Some(1),
        ..texts::Purge::default()
    };
    place.service.capture_purge(&Actor::server(), &purge).await.unwrap();
    for change in place.all().await {
        let wish = DiffWish::default();
        let view = place
            .service
            .config_change_view(&viewer(), change.id, &wish)
            .await
            .unwrap();
        assert_eq!(view.row.lines_added, 1);
        assert!(view.changes.unwrap_err().contains("no longer kept"));
    }
    place.service.close().await;
}

#[tokio::test]
async fn a_change_of_the_platform_shows_the_secrets_of_neither() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    // Each has a secret that only the rules of its own platform know.
    let before = place
        .store("interface Gi1\n ip nhrp authentication IOSSECRET\n", Verdict::Complete)
        .await;
    let collections = [place.collection];
    place.service.changes_tidy().await.unwrap();
    place
        .store("snmp {\n    community JUNOSSECRET {\n    }\n}\n", Verdict::Complete)
        .await;
    let txn = place.service.db().begin().await.unwrap();
    for (collection, platform) in [(collections[0], "cisco_ios"), (place.collection, "juniper_junos")] {
        store::was_of(&txn, collection, place.device, platform).await.unwrap();
    }
    txn.commit().await.unwrap();
    place.service.changes_tidy().await.unwrap();
    let change = place.all().await.pop().unwrap();
    assert_eq!(
        (change.previous_capture_id, change.platform.as_str()),
        (before, "juniper_junos")
    );
    let wish = DiffWish::default();
    let shown = async || {
        let view = place.service.config_change_view(&viewer(), change.id, &wish).await;
        lines(&view.unwrap().changes.unwrap()).join("\n")
    };
    let shown = shown().await;
    assert_eq!(shown.matches("<secret ").count(), 2, "{shown}");
    assert!(
        !shown.contains("IOSSECRET") && !shown.contains("JUNOSSECRET"),
        "{shown}"
    );
    assert!(!change.search.contains("secret "), "{}", change.search);
    place.service.close().await;
}

#[tokio::test]
async fn a_text_of_a_platform_that_is_not_found_out_yet_is_masked_with_every_rule() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(ServerConfig::new(folder.path())).await;
    let capture = place
        .store("interface Gi1\n ip nhrp authentication GEHEIM\n", Verdict::Complete)
        .await;
    let txn = place.service.db().begin().await.unwrap();
    store::was_of(&txn, place.collection, place.device, jobs::plan::AUTO)
        .await
        .unwrap();
    txn.commit().await.unwrap();
    let shown = place.service.capture_content(&viewer(), capture, false).await.unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("authentication <secret "), "{shown}");
    place.service.close().await;
}
