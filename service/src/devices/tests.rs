use std::time::{Duration, Instant};

use super::*;
use crate::{ServerConfig, actor::Proof, error::ErrorKind};

/// A server in a folder of its own.
pub(crate) async fn server() -> (tempfile::TempDir, Service) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::open(ServerConfig::new(folder.path())).await.unwrap();
    (folder, service)
}

/// A person with a role.
pub(crate) fn person(role: Role) -> Actor {
    Actor {
        user_id: Uuid::now_v7(),
        name: role.as_str().to_owned(),
        role,
        proof: Proof::Session(Uuid::now_v7()),
        remote_address: "192.0.2.1".to_owned(),
        request_id: "r1".to_owned(),
    }
}

fn tag(updated_at: i64) -> Expected {
    Expected::new(Some(crate::version::tag(updated_at)))
}

fn named(name: &str, address: &str) -> DeviceFields {
    DeviceFields {
        name: Some(name.to_owned()),
        address: Some(address.to_owned()),
        ..DeviceFields::default()
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn names(service: &Service, filter: &DeviceFilter) -> Vec<String> {
    let page = service
        .device_list(&person(Role::Viewer), filter, None, &PageRequest::default())
        .await
        .unwrap();
    page.items.into_iter().map(|device| device.name).collect()
}

async fn fleet(service: &Service) -> Vec<device::Model> {
    let operator = person(Role::Operator);
    let mut made = Vec::new();
    for (name, vendor, site, platform, tags) in [
        ("core-1", "Cisco", "Zürich", "ios", vec!["prod", "L3"]),
        ("core_2", "cisco", "ZÜRICH", "cisco_nxos", vec!["prod"]),
        ("edge%1", "Arista Networks", "ams'; drop table device;--", "eos", vec![]),
        ("../../etc/x", "Juniper", "", "auto", vec!["lab"]),
    ] {
        let fields = DeviceFields {
            vendor: some(vendor),
            site: some(site),
            platform: some(platform),
            tags: Some(tags.into_iter().map(str::to_owned).collect()),
            ..named(name, "10.0.0.1")
        };
        made.push(service.device_create(&operator, fields).await.unwrap());
    }
    made
}

#[tokio::test]
async fn a_device_is_made_changed_and_removed_and_the_log_tells() {
    let (_folder, service) = server().await;
    let operator = person(Role::Operator);
    let made = service
        .device_create(
            &operator,
            DeviceFields {
                platform: some("Cisco-XE"),
                tags: Some(vec!["a".into(), "a".into(), " b ".into()]),
                ..named(" Core1 ", "sw1.example.net:2222")
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (made.name.as_str(), made.address.as_str(), made.port),
        ("Core1", "sw1.example.net", 2222)
    );
    assert_eq!(
        (made.platform.as_str(), device_tags(&made)),
        ("cisco_ios", vec!["a".to_owned(), "b".to_owned()])
    );
    let again = service
        .device_create(&operator, named("cORE1", "10.0.0.9"))
        .await
        .unwrap_err();
    assert_eq!((again.kind, again.code), (ErrorKind::Conflict, "device_exists"));
    let changed = service
        .device_update(
            &operator,
            made.id,
            DeviceFields {
                site: some("ams"),
                enabled: Some(false),
                ..DeviceFields::default()
            },
            &tag(made.updated_at),
        )
        .await
        .unwrap();
    assert_eq!(
        (changed.site.as_str(), changed.name.as_str(), changed.enabled),
        ("ams", "Core1", false)
    );
    assert_eq!(service.device_view(&operator, made.id).await.unwrap(), changed);
    let late = service
        .device_delete(&operator, made.id, &tag(made.updated_at))
        .await
        .unwrap_err();
    assert_eq!(late.kind, ErrorKind::Changed);
    service
        .device_delete(&operator, made.id, &Expected::default())
        .await
        .unwrap();
    assert_eq!(
        service.device_view(&operator, made.id).await.unwrap_err().code,
        "not_found"
    );
    let log = service
        .audit_event_list(
            &person(Role::Admin),
            &audit::AuditFilter::default(),
            &PageRequest::default(),
        )
        .await
        .unwrap();
    let told: Vec<_> = log.items.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(told, ["device.delete", "device.update", "device.create"]);
    assert_eq!(
        log.items[1].summary,
        "Changed the device Core1: site from '' to 'ams', enabled"
    );
    let viewer = person(Role::Viewer);
    assert_eq!(
        service
            .device_create(&viewer, named("x", "10.0.0.1"))
            .await
            .unwrap_err()
            .kind,
        ErrorKind::Forbidden
    );
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ServerConfig::new(folder.path());
    config.forbidden_networks = vec!["127.0.0.0/8".into()];
    let service = Service::open(config).await.unwrap();
    let operator = person(Role::Operator);
    let error = service
        .device_create(
            &operator,
            DeviceFields {
                port: Some(0),
                platform: some("windows"),
                site: some("a\u{202e}b"),
                tags: Some(vec!["ok".into(), "a;b".into()]),
                ..named("x\0y", "http://admin:secret@x")
            },
        )
        .await
        .unwrap_err();
    let pointers: Vec<_> = error.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/name", "/port", "/address", "/platform", "/site", "/tags/1"]
    );
    assert!(!error.to_string().contains("secret"), "{error}");
    for (name, address) in [
        ("", "10.0.0.1"),
        (&"x".repeat(300), "10.0.0.1"),
        ("a\u{200f}b", "10.0.0.1"),
        ("x", "127.0.0.1"),
        ("x", "[::ffff:127.0.0.1]:22"),
        ("x", "0x7f000001"),
        ("x", "10.0.0.0/8"),
        ("x", "me@10.0.0.1"),
        ("x", ""),
    ] {
        let error = service
            .device_create(&operator, named(name, address))
            .await
            .unwrap_err();
        assert_eq!(error.code, "validation_failed", "{name} {address}");
    }
    let error = service
        .device_create(&operator, DeviceFields::default())
        .await
        .unwrap_err();
    assert_eq!(error.fields.len(), 2);
    let unbound = DeviceFields {
        credential_id: Some(Some(Uuid::now_v7())),
        ..named("x", "10.0.0.1")
    };
    let error = service.device_create(&operator, unbound).await.unwrap_err();
    assert_eq!(error.fields[0].pointer, "/credential_id");
    assert!(!service.address_allowed("127.0.0.1".parse().unwrap()));
}

#[tokio::test]
async fn filters_narrow_each_other_and_take_every_text_as_it_is() {
    let (_folder, service) = server().await;
    fleet(&service).await;
    let of = |change: fn(&mut DeviceFilter)| {
        let mut filter = DeviceFilter::default();
        change(&mut filter);
        filter
    };
    for (filter, expected) in [
        (of(|_| {}), vec!["../../etc/x", "core-1", "core_2", "edge%1"]),
        (of(|f| f.vendor = vec!["CISCO".into()]), vec!["core-1", "core_2"]),
        (of(|f| f.site = vec!["zürich".into()]), vec!["core-1", "core_2"]),
        (
            of(|f| f.site = vec!["z*H".into(), "ams*".into()]),
            vec!["core-1", "core_2", "edge%1"],
        ),
        (
            of(|f| f.site = vec!["ams'; drop table device;--".into()]),
            vec!["edge%1"],
        ),
        (of(|f| f.site = vec!["'; drop table device;--".into()]), vec![]),
        (
            of(|f| f.platform = vec!["cisco_ios".into(), "EOS".into()]),
            vec!["core-1", "edge%1"],
        ),
        (of(|f| f.platform = vec!["auto".into()]), vec!["../../etc/x"]),
        (of(|f| f.tag = vec!["PROD".into()]), vec!["core-1", "core_2"]),
        (
            of(|f| {
                f.tag = vec!["l*".into()];
                f.vendor = vec!["Cisco".into()];
            }),
            vec!["core-1"],
        ),
        (of(|f| f.name = vec!["core_*".into()]), vec!["core_2"]),
        (of(|f| f.name = vec!["edge%*".into()]), vec!["edge%1"]),
        (of(|f| f.name = vec!["%".into(), "_".into()]), vec![]),
        (of(|f| f.q = Some("%".into())), vec!["edge%1"]),
        (of(|f| f.q = Some("core_".into())), vec!["core_2"]),
        (of(|f| f.q = Some("ZÜR prod".into())), vec!["core-1", "core_2"]),
        (of(|f| f.q = Some("\\".into())), vec![]),
        (of(|f| f.enabled = Some(false)), vec![]),
    ] {
        assert_eq!(names(&service, &filter).await, expected, "{filter:?}");
    }
    let long = of(|f| f.role = vec!["x".repeat(300)]);
    let error = service
        .device_list(&person(Role::Viewer), &long, None, &PageRequest::default())
        .await
        .unwrap_err();
    assert_eq!(error.fields[0].pointer, "role");
}

#[tokio::test]
async fn facets_count_a_value_once_however_it_is_written() {
    let (_folder, service) = server().await;
    fleet(&service).await;
    let facets = service.device_facets(&person(Role::Viewer)).await.unwrap();
    let shown =
        |facets: &[Facet]| -> Vec<_> { facets.iter().map(|facet| (facet.value.clone(), facet.count)).collect() };
    assert_eq!(facets.total, 4);
    assert_eq!(
        shown(&facets.vendors),
        [
            ("Arista Networks".to_owned(), 1),
            ("Cisco".to_owned(), 2),
            ("Juniper".to_owned(), 1)
        ]
    );
    assert_eq!(facets.sites.len(), 2);
    assert_eq!(
        shown(&facets.tags),
        [("l3".to_owned(), 1), ("lab".to_owned(), 1), ("prod".to_owned(), 2)]
    );
    assert_eq!(facets.roles, []);
}

#[tokio::test]
async fn a_selection_is_what_ids_and_filters_leave_over() {
    let (_folder, service) = server().await;
    let fleet = fleet(&service).await;
    let ids: Vec<Uuid> = fleet.iter().map(|device| device.id).collect();
    let cisco = DeviceFilter {
        vendor: vec!["cisco".into()],
        ..DeviceFilter::default()
    };
    let any = DeviceFilter::default();
    let names =
        |devices: Vec<device::Model>| -> Vec<String> { devices.into_iter().map(|device| device.name).collect() };
    let select = async |filter, ids, exclude: &[Uuid]| service.device_select(filter, ids, exclude).await;
    assert_eq!(names(select(Some(&any), None, &[]).await.unwrap()).len(), 4);
    assert_eq!(names(select(Some(&cisco), None, &[ids[0]]).await.unwrap()), ["core_2"]);
    let twice = [ids[3], ids[0], ids[3]];
    assert_eq!(
        names(select(None, Some(&twice), &[]).await.unwrap()),
        ["../../etc/x", "core-1"]
    );
    assert_eq!(
        names(select(Some(&cisco), Some(&twice), &[]).await.unwrap()),
        ["core-1"]
    );
    let error = select(None, None, &[]).await.unwrap_err();
    assert_eq!(error.code, "validation_failed");
    let with_unknown = [ids[0], Uuid::nil()];
    let error = select(None, Some(&with_unknown), &[]).await.unwrap_err();
    assert_eq!(error.fields[0].pointer, "/devices/1");
    let error = select(Some(&cisco), Some(&ids[2..]), &[]).await.unwrap_err();
    assert_eq!(error.code, "no_devices");
    let off = DeviceFields {
        enabled: Some(false),
        ..DeviceFields::default()
    };
    service
        .device_update(&person(Role::Operator), ids[0], off, &Expected::default())
        .await
        .unwrap();
    assert_eq!(names(select(Some(&cisco), None, &[]).await.unwrap()), ["core_2"]);
    let error = select(None, Some(&ids[..1]), &[]).await.unwrap_err();
    assert!(error.fields[0].detail.contains("none of them is enabled"), "{error}");
}

#[tokio::test]
async fn pages_of_many_devices_are_quick() {
    let count = 5_000;
    let (_folder, service) = server().await;
    let rules = service.device_rules();
    let devices: Vec<device::Model> = (0..count)
        .map(|number| {
            let fields = DeviceFields {
                vendor: some(["Cisco", "Arista", "Juniper"][number % 3]),
                site: Some(format!("site-{:04}", number % 2_000)),
                role: some(["core", "access"][number % 2]),
                platform: some("cisco_ios"),
                tags: Some(vec![format!("t{}", number % 50), "all".to_owned()]),
                model: some("C9300-48P"),
                serial: Some(format!("FOC{number:08}")),
                ..named(
                    &format!("device-{number:06}.example.net"),
                    &format!("10.{}.{}.{}", number / 65536, number / 256 % 256, number % 256),
                )
            };
            let mut device = fields::blank();
            fields.apply(&rules, &mut device).unwrap();
            device
        })
        .collect();
    for batch in devices.chunks(1_000) {
        let txn = service.db().begin().await.unwrap();
        store::insert(&txn, batch).await.unwrap();
        txn.commit().await.unwrap();
    }
    let viewer = person(Role::Viewer);
    type Change = fn(&mut DeviceFilter);
    let filters: [(&str, Change); 10] = [
        ("none", |_| {}),
        ("site", |f| f.site = vec!["SITE-0100".into()]),
        ("sites", |f| f.site = vec!["SITE-0100".into(), "site-1999".into()]),
        ("vendors and role", |f| {
            f.vendor = vec!["cisco".into(), "arista".into()];
            f.role = vec!["core".into()];
        }),
        ("site with star", |f| f.site = vec!["*-1999".into()]),
        ("tag", |f| f.tag = vec!["t7".into()]),
        ("tag of all", |f| f.tag = vec!["all".into()]),
        ("name with star", |f| f.name = vec!["device-0999*".into()]),
        ("q", |f| f.q = Some("FOC00099999".into())),
        ("q without a match", |f| f.q = Some("no such thing".into())),
    ];
    for (what, change) in filters {
        let mut filter = DeviceFilter::default();
        change(&mut filter);
        let mut page = PageRequest::default();
        let mut slowest = Duration::ZERO;
        for _ in 0..5 {
            let began = Instant::now();
            let answer = service.device_list(&viewer, &filter, None, &page).await.unwrap();
            slowest = slowest.max(began.elapsed());
            page.page_token = answer.next_page_token;
        }
        eprintln!("{what}: {slowest:?}");
        // A machine that runs all tests at once is not quick itself.
        assert!(slowest < Duration::from_millis(1_000), "{what}: {slowest:?}");
    }
    let began = Instant::now();
    service.device_facets(&viewer).await.unwrap();
    eprintln!("facets: {:?}", began.elapsed());
    let began = Instant::now();
    let all = service
        .device_select(Some(&DeviceFilter::default()), None, &[])
        .await
        .unwrap();
    eprintln!("select: {:?}", began.elapsed());
    let ids: Vec<Uuid> = all.iter().map(|device| device.id).collect();
    let began = Instant::now();
    assert_eq!(service.device_select(None, Some(&ids), &[]).await.unwrap().len(), count);
    eprintln!("select ids: {:?}", began.elapsed());
}
