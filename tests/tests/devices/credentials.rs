//! Credentials go in and never come out; host keys.

use serde_json::json;

use crate::{names, pointers, servers};

const SECRETS: [&str; 3] = ["pass-W0rd-of-ops", "3nable-secret", "TOPSECRETKEY"];

#[tokio::test]
async fn no_answer_no_file_and_no_log_holds_a_secret() -> anyhow::Result<()> {
    for (server, admin, postgres) in servers("no_answer_no_file_and_no_log_holds_a_secret").await? {
        let mut said = String::new();
        let body = json!({
            "name": "lab", "username": "ops", "password": SECRETS[0], "enable_password": SECRETS[1], "sites": ["ams"],
        });
        let made = admin.post("/api/v1/credentials", &body).await?;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(
            (&made.body["has_password"], &made.body["has_private_key"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(made.text_of("/state"), "open");
        let path = made.header("location").to_owned();
        let bad_key = json!({"name": "key", "username": "ops", "private_key": format!("-----BEGIN {}", SECRETS[2])});
        let refused = admin.post("/api/v1/credentials", &bad_key).await?;
        assert_eq!(
            (refused.status, pointers(&refused)),
            (422, vec!["/private_key".to_owned()]),
            "{refused:?}"
        );
        let again = admin
            .post(
                "/api/v1/credentials",
                &json!({"name": "LAB", "username": "x", "password": "y"}),
            )
            .await?;
        assert_eq!((again.status, again.code()), (409, "credential_exists".to_owned()));
        let device = json!({"name": "a", "address": "192.0.2.1", "credential_id": made.text_of("/id")});
        let device = admin.post("/api/v1/devices", &device).await?;
        assert_eq!(device.status, 201, "{device:?}");
        for answer in [
            admin.get(&path).await?,
            admin.get("/api/v1/credentials").await?,
            admin
                .patch(&path, &json!({"enable_password": null, "order": 3}))
                .await?,
            admin.post(&format!("{path}/release"), &json!({})).await?,
            admin.get("/api/v1/audit-events").await?,
            admin.get("/api/v1/device-exports").await?,
            admin.get("/openapi.json").await?,
            refused,
            made,
            device.clone(),
        ] {
            said.push_str(&String::from_utf8_lossy(&answer.bytes));
        }
        said.push_str(&server.log());
        let changed = admin.get(&path).await?;
        assert_eq!(
            (&changed.body["has_enable_password"], &changed.body["order"]),
            (&json!(false), &json!(3))
        );
        if postgres.is_none() {
            for file in ["showrun.db", "showrun.db-wal"] {
                let bytes = std::fs::read(server.data_dir().join(file)).unwrap_or_default();
                said.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        for secret in SECRETS {
            assert!(!said.contains(secret), "{secret}");
        }
        assert_eq!(admin.delete(&path).await?.status, 204);
        let device = admin.get(&format!("/api/v1/devices/{}", device.text_of("/id"))).await?;
        assert_eq!(device.body.get("credential_id"), None);
    }
    Ok(())
}

#[tokio::test]
async fn who_may_do_what_with_credentials_and_host_keys() -> anyhow::Result<()> {
    for (server, admin, _postgres) in servers("who_may_do_what_with_credentials_and_host_keys").await? {
        let viewer = server.user(&admin, "vera", "viewer").await?;
        let operator = server.user(&admin, "otto", "operator").await?;
        let body = json!({"name": "lab", "username": "ops", "password": "x"});
        let made = admin.post("/api/v1/credentials", &body).await?;
        let path = made.header("location").to_owned();
        assert_eq!(operator.post("/api/v1/credentials", &body).await?.status, 403);
        assert_eq!(operator.patch(&path, &json!({"order": 1})).await?.status, 403);
        assert_eq!(operator.delete(&path).await?.status, 403);
        assert_eq!(names(&operator.get("/api/v1/credentials").await?), ["lab"]);
        assert_eq!(operator.post(&format!("{path}/release"), &json!({})).await?.status, 200);
        assert_eq!(viewer.get("/api/v1/credentials").await?.status, 403);
        assert_eq!(
            viewer.get("/api/v1/host-keys?state=changed").await?.body["items"],
            json!([])
        );
        assert_eq!(viewer.get("/api/v1/host-keys?state=odd").await?.status, 400);
        let unknown = "/api/v1/host-keys/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90";
        assert_eq!(operator.delete(unknown).await?.status, 403);
        assert_eq!(admin.delete(unknown).await?.status, 404);
        assert_eq!(admin.post(&format!("{unknown}/accept"), &json!({})).await?.status, 404);
    }
    Ok(())
}

#[tokio::test]
async fn credentials_are_listed_in_the_order_in_which_they_are_tried() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("credentials_are_listed_in_the_order_in_which_they_are_tried").await? {
        for (name, order) in [("c", 5), ("b", -1), ("a", 5)] {
            let body = json!({"name": name, "username": "ops", "password": name, "order": order});
            assert_eq!(admin.post("/api/v1/credentials", &body).await?.status, 201);
        }
        let first = admin.get("/api/v1/credentials?limit=2&include_total=true").await?;
        assert_eq!(
            (names(&first), &first.body["total"]),
            (vec!["b".to_owned(), "a".to_owned()], &json!(3))
        );
        let token = first.text_of("/next_page_token");
        let second = admin
            .get(&format!("/api/v1/credentials?limit=2&page_token={token}"))
            .await?;
        assert_eq!(names(&second), ["c"]);
        for body in [
            json!({"name": "x", "username": "ops"}),
            json!({"name": "x", "username": "", "password": "y"}),
            json!({"name": "x", "username": "ops", "password": "two\nlines"}),
            json!({"name": "x", "username": "ops", "use_agent": true}),
            json!({"name": "x", "username": "ops", "password": "y", "passphrase": "z"}),
        ] {
            assert_eq!(admin.post("/api/v1/credentials", &body).await?.status, 422, "{body}");
        }
    }
    Ok(())
}
