//! Making, changing and removing devices; what contradicts what there is; names that mean harm.

use serde_json::{Value, json};

use crate::{names, pointers, servers};

#[tokio::test]
async fn a_device_is_made_viewed_changed_and_removed() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("a_device_is_made_viewed_changed_and_removed").await? {
        let body = json!({"name": "core-1", "address": "192.0.2.1", "platform": "ios", "tags": ["prod", "l3"]});
        let made = admin.post("/api/v1/devices", &body).await?;
        assert_eq!(made.status, 201, "{made:?}");
        let path = made.header("location").to_owned();
        assert_eq!(path, format!("/api/v1/devices/{}", made.text_of("/id")));
        assert_eq!(made.text_of("/platform"), "cisco_ios");
        assert_eq!(made.body["port"], 22);
        assert_eq!(made.body.get("credential_id"), None);
        let viewed = admin.get(&path).await?;
        assert_eq!((viewed.status, &viewed.body), (200, &made.body));
        let tag = viewed.header("etag").to_owned();
        let careful = admin.with_header("if-match", &tag);
        let change = json!({"site": "ams", "enabled": false});
        let changed = careful.patch(&path, &change).await?;
        assert_eq!((changed.status, changed.text_of("/site")), (200, "ams".to_owned()));
        assert_eq!(changed.body["tags"], json!(["prod", "l3"]));
        let late = careful.patch(&path, &json!({"site": "fra"})).await?;
        assert_eq!((late.status, late.code()), (412, "changed_meanwhile".to_owned()));
        let nothing = admin.patch(&path, &json!({})).await?;
        assert_eq!(nothing.body, changed.body);
        assert_eq!(admin.delete(&path).await?.status, 204);
        assert_eq!(admin.get(&path).await?.code(), "not_found");
        assert_eq!(admin.delete(&path).await?.status, 404);
        assert_eq!(admin.get("/api/v1/devices/no-such-id").await?.status, 404);
        let log = admin.get("/api/v1/audit-events?action=device.update").await?;
        let summary = log.text_of("/items/0/summary");
        assert_eq!(summary, "Changed the device core-1: site from '' to 'ams', enabled");
    }
    Ok(())
}

#[tokio::test]
async fn fault_36_names_are_unique_ignoring_case_and_addresses_may_repeat() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in
        servers("fault_36_names_are_unique_ignoring_case_and_addresses_may_repeat").await?
    {
        let device = |name: &str| json!({"name": name, "address": "192.0.2.1"});
        assert_eq!(admin.post("/api/v1/devices", &device("Zürich-1")).await?.status, 201);
        let again = admin.post("/api/v1/devices", &device("zÜRICH-1")).await?;
        assert_eq!((again.status, again.code()), (409, "device_exists".to_owned()));
        let other = admin.post("/api/v1/devices", &device("other")).await?;
        assert_eq!(other.status, 201);
        let path = format!("/api/v1/devices/{}", other.text_of("/id"));
        let renamed = admin.patch(&path, &json!({"name": "ZÜRICH-1"})).await?;
        assert_eq!((renamed.status, renamed.code()), (409, "device_exists".to_owned()));
        // Several at once for one name: one of them gets it.
        let body = device("race");
        let tries = (0..8).map(|_| admin.post("/api/v1/devices", &body));
        let mut statuses = Vec::new();
        for answer in futures(tries).await {
            statuses.push(answer?.status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    }
    Ok(())
}

/// All of them at the same time.
async fn futures<F: Future + Send>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (one, place) in all.iter_mut().zip(&mut done) {
            if place.is_none()
                && let std::task::Poll::Ready(output) = one.as_mut().poll(context)
            {
                *place = Some(output);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("every_wrong_field_is_named_at_once").await? {
        let body = json!({
            "name": "x".repeat(300), "address": "http://admin:pa55word@192.0.2.1/", "port": 0, "platform": "windows",
            "site": "a\u{202e}b", "tags": ["ok", "a,b"],
        });
        let answer = admin.post("/api/v1/devices", &body).await?;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "validation_failed".to_owned()),
            "{answer:?}"
        );
        assert_eq!(
            pointers(&answer),
            ["/name", "/port", "/address", "/platform", "/site", "/tags/1"]
        );
        assert!(!answer.body.to_string().contains("pa55word"));
        for body in [
            json!({}),
            json!({"name": "a"}),
            json!({"name": "a", "address": ""}),
            json!({"name": "", "address": "192.0.2.1"}),
            json!({"name": "a\u{0}b", "address": "192.0.2.1"}),
            json!({"name": "a\u{200f}b", "address": "192.0.2.1"}),
            json!({"name": "a", "address": "2130706433"}),
            json!({"name": "a", "address": "192.0.2.1", "port": 70000}),
            json!({"name": "a", "address": "192.0.2.1", "port": -1}),
            json!({"name": "a", "address": "192.0.2.1", "credential_id": "0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90"}),
        ] {
            let answer = admin.post("/api/v1/devices", &body).await?;
            assert_eq!(answer.status, 422, "{body}: {answer:?}");
        }
        let none = admin.get("/api/v1/devices?include_total=true").await?;
        assert_eq!(none.body["total"], 0);
    }
    Ok(())
}

#[tokio::test]
async fn fault_35_a_name_that_looks_like_a_path_is_a_name() -> anyhow::Result<()> {
    for (server, admin, _postgres) in servers("fault_35_a_name_that_looks_like_a_path_is_a_name").await? {
        for name in ["../../etc/x", "CON", "a/b", "<script>alert(1)</script>", "=1+1"] {
            let made = admin
                .post("/api/v1/devices", &json!({"name": name, "address": "192.0.2.1"}))
                .await?;
            assert_eq!((made.status, made.text_of("/name")), (201, name.to_owned()));
        }
        assert_eq!(names(&admin.get("/api/v1/devices?name=..%2F*").await?), ["../../etc/x"]);
        let above = server.data_dir().parent().map(|folder| folder.join("etc"));
        assert!(above.is_some_and(|folder| !folder.exists()));
    }
    Ok(())
}

#[tokio::test]
async fn fault_43_networks_that_are_forbidden_are_refused_when_a_device_is_made() -> anyhow::Result<()> {
    let setup = tests::server::Setup::default()
        .arg("--forbidden-networks")
        .arg("127.0.0.0/8,::1/128");
    let server = tests::server::Server::start_with(setup).await?;
    let admin = server.admin().await?;
    for address in ["127.0.0.1", "[::ffff:127.0.0.1]:22", "::1"] {
        let answer = admin
            .post("/api/v1/devices", &json!({"name": "a", "address": address}))
            .await?;
        assert_eq!(
            (answer.status, pointers(&answer)),
            (422, vec!["/address".to_owned()]),
            "{address}: {answer:?}"
        );
    }
    let allowed = admin
        .post("/api/v1/devices", &json!({"name": "a", "address": "localhost"}))
        .await?;
    assert_eq!(allowed.status, 201);
    Ok(())
}

#[tokio::test]
async fn the_same_request_with_the_same_key_makes_one_device() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("the_same_request_with_the_same_key_makes_one_device").await? {
        let keyed = admin.with_header("idempotency-key", "ci-1");
        let body = json!({"name": "one", "address": "192.0.2.1"});
        let first = keyed.post("/api/v1/devices", &body).await?;
        let second = keyed.post("/api/v1/devices", &body).await?;
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.body, second.body);
        let all: Value = admin.get("/api/v1/devices?include_total=true").await?.body;
        assert_eq!(all["total"], 1);
    }
    Ok(())
}
