//! Nothing but what the catalogue shows is ever sent to a device, whatever comes in from outside.

use lab::{FleetOptions, Platform};
use serde_json::{Value, json};
use tests::server::Setup;

use crate::scene::Scene;

/// A platform file with one command.
fn file(slug: &str, command: &str) -> String {
    let command = serde_json::to_string(command).unwrap();
    format!("platform: {slug}\nextends: cisco_ios\ncaptures:\n  arp: {{commands: [{command}], evidence: simulated}}\n")
}

#[tokio::test]
async fn fault_44_only_commands_that_show_something_are_sent() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let hostile = [
        "show version\nconfigure terminal",
        "show version\rreload",
        "show version; conf t",
        "conf t",
        "wr",
        "show run | redirect tftp://192.0.2.1/x",
        "show run | tee flash:x",
        "show version > flash:x",
        "copy running-config tftp://192.0.2.1/x",
        "show version\u{3}reload",
    ];
    for (number, command) in hostile.iter().enumerate() {
        let slug = format!("hostile_{number}");
        std::fs::write(folder.path().join(format!("{slug}.yaml")), file(&slug, command))?;
    }
    std::fs::write(folder.path().join("harmless.yaml"), file("harmless", "show ip arp"))?;
    let setup = Setup::default()
        .arg("--platforms-dir")
        .arg(folder.path().display().to_string());
    let scene = Scene::with(
        FleetOptions {
            devices: 1,
            platforms: vec![Platform::CiscoIos],
            ..FleetOptions::default()
        },
        setup,
    )
    .await?;
    let platforms = scene.admin.get("/api/v1/platforms").await?;
    let names: Vec<&str> = platforms.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(names.contains(&"harmless"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("hostile")), "{names:?}");
    for number in 0..hostile.len() {
        let said = scene.server.log();
        assert!(
            said.contains(&format!("hostile_{number}")),
            "nothing is said of hostile_{number}:\n{said}"
        );
    }
    // Texts of a request are names of types, of platforms and of people: none becomes a command.
    let listed = scene.admin.get("/api/v1/devices").await?;
    let path = format!("/api/v1/devices/{}", listed.text_of("/items/0/id"));
    for bad in ["cisco_ios\nreload", "hostile_0", "cisco_ios; reload"] {
        assert_eq!(
            scene.admin.patch(&path, &json!({"platform": bad})).await?.status,
            422,
            "{bad}"
        );
    }
    for bad in ["arp\nreload", "show running-config", "arp; reload", "../arp"] {
        let answer = scene
            .admin
            .post("/api/v1/collections", &scene.request(&[bad], json!({})))
            .await?;
        assert_eq!(answer.status, 422, "{bad}: {answer:?}");
    }
    let named = json!({"name": "reload | tee x", "site": "; conf t", "platform": "harmless"});
    assert_eq!(scene.admin.patch(&path, &named).await?.status, 200);
    let mut body = scene.request(&["arp", "version", "configs"], json!({}));
    body["name"] = json!("conf t");
    let id = scene.start(&body).await?;
    assert_eq!(scene.end(&id).await?["status"], "succeeded");
    // Exactly the commands that were planned, and what opens and closes a session.
    let plan = scene.admin.get(&format!("/api/v1/collections/{id}/plan")).await?.body;
    let planned: Vec<String> = plan["devices"][0]["capture_types"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["commands"].as_array().unwrap())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let seen = scene
        .fleet
        .device_counters(&scene.fleet.devices()[0].name)
        .unwrap()
        .commands_seen;
    for line in &seen {
        let around = line.is_empty() || ["enable", "exit"].contains(&line.as_str()) || line.starts_with("terminal ");
        assert!(
            around || planned.contains(line),
            "{line} was sent; planned were {planned:?}"
        );
    }
    assert!(planned.iter().all(|command| seen.contains(command)), "{seen:?}");
    Ok(())
}
