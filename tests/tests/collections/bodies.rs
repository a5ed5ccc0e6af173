//! Requests that are too large, too deep or of the wrong kind: each is a problem, and none costs the server anything.

use std::time::{Duration, Instant};

use lab::FleetOptions;
use reqwest::Method;
use serde_json::{Value, json};
use tests::server::Answer;

use crate::scene::Scene;

fn is_refused(what: &str, answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
    assert!(!answer.code().is_empty(), "{what} is no problem: {answer:?}");
}

#[tokio::test]
async fn fault_37_large_deep_and_wrong_requests() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 2,
        ..FleetOptions::default()
    })
    .await?;
    let admin = &scene.admin;
    let good = scene.request(&["version"], json!({}));
    let wrong: [(&str, Vec<Value>); 8] = [
        (
            "/options/max_workers",
            vec![
                json!(0),
                json!(-1),
                json!(1_000_000_000),
                json!(1001),
                json!(1.5),
                json!("5"),
                json!(true),
                json!([5]),
                json!({}),
                json!(1e300),
                json!(u64::MAX),
            ],
        ),
        (
            "/options/command_timeout_seconds",
            vec![json!(0), json!(-1), json!(1e9), json!("15"), json!(4_294_967_296_u64)],
        ),
        ("/options/retries", vec![json!(-1), json!(1e9), json!("1")]),
        ("/options/auto_load_db", vec![json!("yes"), json!(1), json!([])]),
        (
            "/capture_types",
            vec![
                json!("version"),
                json!([]),
                json!([7]),
                json!({}),
                json!(["no such type"]),
                json!(null),
            ],
        ),
        (
            "/devices",
            vec![json!("all"), json!([1]), json!(["not-an-id"]), json!([null])],
        ),
        (
            "/filters",
            vec![
                json!([]),
                json!("*"),
                json!({"site": 7}),
                json!({"site": [["deep"]]}),
                json!({"site": {"a": 1}}),
            ],
        ),
        (
            "/credentials",
            vec![
                json!("root"),
                json!({"username": 7, "password": "x"}),
                json!({"username": "x", "password": {}}),
            ],
        ),
    ]; // fmt: skip
    for (pointer, values) in wrong {
        for value in values {
            let mut body = good.clone();
            *place(&mut body, pointer) = value.clone();
            let answer = admin.post("/api/v1/collections", &body).await?;
            is_refused(&format!("{pointer} = {value}"), &answer);
            let plan = admin.post("/api/v1/collection-plans", &body).await?;
            is_refused(&format!("{pointer} = {value}, planned"), &plan);
        }
    }
    let number = |text: &str| {
        format!("{{\"capture_types\":[\"version\"],\"filters\":{{}},\"options\":{{\"max_workers\":{text}}}}}")
    };
    let megabyte = "x".repeat(1024 * 1024);
    let ids: Vec<String> = (0..100_000)
        .map(|n| format!("0199a3a0-8f2b-7c4e-9d51-{n:012x}"))
        .collect();
    let raw: Vec<(&str, String)> = vec![
        ("a number out of range", number("1e400")),
        ("a number with a hundred thousand digits", number(&"9".repeat(100_000))),
        (
            "ten thousand deep",
            format!("{{\"filters\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000)),
        ),
        (
            "ten thousand objects deep",
            format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
        ),
        (
            "a megabyte of a name",
            json!({"name": megabyte, "filters": {}, "capture_types": ["version"]}).to_string(),
        ),
        (
            "a megabyte of a filter",
            json!({"filters": {"site": megabyte}, "capture_types": ["version"]}).to_string(),
        ),
        (
            "a megabyte of a type",
            json!({"filters": {}, "capture_types": [megabyte]}).to_string(),
        ),
        (
            "a hundred thousand devices that are not there",
            json!({"devices": ids, "capture_types": ["version"]}).to_string(),
        ),
        ("nine megabytes", json!({"name": megabyte.repeat(9)}).to_string()),
        ("twenty megabytes", " ".repeat(20 * 1024 * 1024)),
        ("two objects", "{}{}".to_owned()),
        ("a text that ends early", "{\"name\":\"x".to_owned()),
    ];
    for (what, body) in raw {
        let started = Instant::now();
        let sent = Some(("application/json", body.into_bytes()));
        let answer = admin.send_raw(Method::POST, "/api/v1/collections", sent).await?;
        is_refused(what, &answer);
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{what} took {:?}",
            started.elapsed()
        );
    }
    for (path, body) in [
        ("/api/v1/devices", json!({"name": megabyte, "address": "192.0.2.1"})),
        ("/api/v1/devices", json!({"name": 5, "address": "192.0.2.1"})),
        (
            "/api/v1/devices",
            json!({"name": "a", "address": "192.0.2.1", "port": 1e9}),
        ),
        (
            "/api/v1/devices",
            json!({"name": "a", "address": "192.0.2.1", "tags": "a"}),
        ),
        (
            "/api/v1/credentials",
            json!({"name": ["a"], "username": "b", "password": "c"}),
        ),
        (
            "/api/v1/users",
            json!({"username": "a", "password": 123_456_789_012_u64, "role": "viewer"}),
        ),
        (
            "/api/v1/api-tokens",
            json!({"name": "a", "scope": "viewer", "expires_in_days": -1}),
        ),
        ("/api/v1/capture-purges", json!({"older_than_days": -1})),
    ] {
        is_refused(path, &admin.post(path, &body).await?);
    }
    // What is far too large is not even read to its end: the connection may close before the answer is looked at.
    let endless = Some(("application/json", vec![b' '; 100 * 1024 * 1024]));
    if let Ok(answer) = admin.send_raw(Method::POST, "/api/v1/collections", endless).await {
        is_refused("a hundred megabytes", &answer);
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", scene.server.pid().unwrap()))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    assert!(peak < 320 * 1024, "{} MB", peak / 1024);
    // Nothing was begun, nothing fell over, and the next good request is taken.
    let listed = admin.get("/api/v1/collections").await?;
    assert_eq!(listed.body["items"], json!([]));
    assert!(!scene.server.log().contains("panicked"), "{}", scene.server.log());
    let id = scene.start(&good).await?;
    assert_eq!(scene.end(&id).await?["status"], "succeeded");
    Ok(())
}

/// The place of a member, also of one that is not there yet.
fn place<'a>(body: &'a mut Value, pointer: &str) -> &'a mut Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    &mut body.pointer_mut(parent).unwrap()[name]
}
