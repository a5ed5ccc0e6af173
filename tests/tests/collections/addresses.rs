//! Addresses that are no devices: what the settings forbid, in every clothing, and the server itself.

use lab::FleetOptions;
use serde_json::{Value, json};
use tests::server::Setup;

use crate::scene::Scene;

/// Collects from one address and gives the device.
async fn asked(scene: &Scene, name: &str, address: &str, port: u16) -> anyhow::Result<Value> {
    let device = json!({"name": name, "address": address, "port": port, "platform": "cisco_ios"});
    let made = scene.admin.post("/api/v1/devices", &device).await?;
    assert_eq!(made.status, 201, "{address}: {made:?}");
    let mut body = scene.request(&["version"], json!({"connect_timeout_seconds": 5}));
    body["devices"] = json!([made.text_of("/id")]);
    let id = scene.start(&body).await?;
    scene.end(&id).await?;
    Ok(scene.devices(&id).await?.remove(0))
}

#[tokio::test]
async fn fault_43_a_name_is_judged_by_where_it_leads() -> anyhow::Result<()> {
    let mut scene = Scene::new(FleetOptions {
        devices: 1,
        ..FleetOptions::default()
    })
    .await?;
    let port = scene.fleet.devices()[0].address.port();
    // Allowed when they came in; the setting is stricter since.
    scene.server.stop().await?;
    let before = scene.fleet.counters().connections;
    let setup = Setup {
        data_dir: Some(scene.server.data_dir().to_owned()),
        ..Setup::default()
    };
    let setup = setup.arg("--forbidden-networks").arg("127.0.0.0/8,::1/128");
    let old = std::mem::replace(&mut scene.server, tests::server::Server::start_with(setup).await?);
    scene.admin = scene.server.admin().await?;
    let known = scene.start(&scene.request(&["version"], json!({}))).await?;
    scene.end(&known).await?;
    let by_name = asked(&scene, "by-name", "localhost", port).await?;
    for device in [scene.devices(&known).await?.remove(0), by_name] {
        assert_eq!(device["failure_kind"], "address_forbidden", "{device}");
        assert!(
            device["message"].as_str().unwrap().contains("forbid connections to"),
            "{device}"
        );
    }
    assert_eq!(
        scene.fleet.counters().connections,
        before,
        "somebody knocked at a forbidden address"
    );
    for address in [
        "127.0.0.1",
        "[::1]:22",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "127.1",
    ] {
        let device = json!({"name": "x", "address": address});
        let refused = scene.admin.post("/api/v1/devices", &device).await?;
        assert_eq!(refused.status, 422, "{address}: {refused:?}");
    }
    // Who made which device, and what of it was changed, is written down.
    let log = scene.admin.get("/api/v1/audit-events?action=device.create").await?;
    assert!(log.text_of("/items/0/summary").contains("by-name"), "{log:?}");
    drop(old);
    Ok(())
}

#[tokio::test]
async fn fault_43_the_server_and_the_secrets_of_clouds_are_no_devices() -> anyhow::Result<()> {
    let scene = Scene::with(
        FleetOptions {
            devices: 1,
            ..FleetOptions::default()
        },
        Setup::default(),
    )
    .await?;
    let own: u16 = scene.server.url().rsplit_once(':').unwrap().1.parse()?;
    for (name, address) in [
        ("own", "127.0.0.1"),
        ("own-by-name", "localhost"),
        ("own-v6", "::ffff:127.0.0.1"),
    ] {
        let device = asked(&scene, name, address, own).await?;
        assert_eq!(device["failure_kind"], "address_forbidden", "{device}");
    }
    let refused = scene
        .admin
        .post(
            "/api/v1/devices",
            &json!({"name": "cloud", "address": "169.254.169.254"}),
        )
        .await?;
    assert_eq!(
        (refused.status, refused.text_of("/errors/0/pointer")),
        (422, "/address".to_owned())
    );
    // The loopback itself is allowed where nobody says otherwise.
    let id = scene
        .start(&json!({
            "filters": {"name": scene.fleet.devices()[0].name}, "capture_types": ["version"],
            "credentials": scene.request(&[], json!({}))["credentials"],
        }))
        .await?;
    assert_eq!(scene.end(&id).await?["status"], "succeeded");
    Ok(())
}
