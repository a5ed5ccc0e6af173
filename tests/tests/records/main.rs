//! What captures say, through the API: collected from simulated devices by the real binary, loaded, and compared with what
//! the devices printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

#[path = "../collections/scene.rs"]
#[allow(dead_code, reason = "what it can do is not all needed here")]
mod scene;

mod changes;
mod kill;
mod secrets;

use lab::FleetOptions;
use reqwest::Method;
use scene::{Kind, Scene};
use serde_json::{Value, json};
use tests::server::Setup;

const TYPES: [&str; 7] = ["arp", "mac", "lldp", "interfaces", "routes", "version", "inventory"];
const LISTS: [(&str, &str); 7] = [
    ("arp", "arp-entries"),
    ("mac", "mac-entries"),
    ("lldp", "neighbors"),
    ("interfaces", "interfaces"),
    ("routes", "routes"),
    ("version", "device-versions"),
    ("inventory", "components"),
];

async fn scene(kind: Kind, test: &str) -> anyhow::Result<Option<Scene>> {
    let fleet = FleetOptions {
        devices: 10,
        ..FleetOptions::default()
    };
    Scene::on(kind, test, fleet, Setup::default()).await
}

/// A test on each of the databases.
macro_rules! on_both {
    ($of:path, $sqlite:ident, $postgres:ident) => {
        #[tokio::test]
        async fn $sqlite() -> anyhow::Result<()> {
            $of(
                $crate::scene::Kind::Sqlite,
                concat!("records::", stringify!($sqlite)),
            )
            .await
        }

        #[tokio::test]
        async fn $postgres() -> anyhow::Result<()> {
            $of(
                $crate::scene::Kind::Postgres,
                concat!("records::", stringify!($postgres)),
            )
            .await
        }
    };
}
pub(crate) use on_both;

/// Collects and waits for the end; `None` where the binary has no templates but our own.
async fn collect(scene: &Scene, types: &[&str]) -> anyhow::Result<Option<Value>> {
    let id = scene.start(&scene.request(types, json!({}))).await?;
    let collection = scene.end(&id).await?;
    assert_eq!(collection["status"], "succeeded", "{collection}");
    if scene.server.log().contains("no parsing templates of ntc-templates") {
        tests::skip::skip("records", "the templates of ntc-templates are not built in");
        return Ok(None);
    }
    assert_eq!(collection["loaded_to_db"], true, "{collection}");
    Ok(Some(collection))
}

async fn list(scene: &Scene, path: &str) -> anyhow::Result<Vec<Value>> {
    let (mut items, mut token) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = scene
            .admin
            .get(&format!("/api/v1/{path}{sign}limit=500&page_token={token}"))
            .await?;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        items.extend(answer.body["items"].as_array().unwrap().iter().cloned());
        match answer.body["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => return Ok(items),
        }
    }
}

fn id(collection: &Value) -> &str {
    collection["id"].as_str().unwrap()
}

on_both!(
    tables_hold_what_the_devices_printed,
    tables_hold_what_the_devices_printed_and_the_same_again_changes_nothing_on_sqlite,
    tables_hold_what_the_devices_printed_and_the_same_again_changes_nothing_on_postgresql
);

async fn tables_hold_what_the_devices_printed(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    let Some(first) = collect(&scene, &TYPES).await? else {
        return Ok(());
    };
    let captures = scene.captures(id(&first)).await?;
    let mut before = Vec::new();
    for (capture_type, path) in LISTS {
        let rows = list(&scene, path).await?;
        let mut expected = 0;
        for capture in captures.iter().filter(|one| one["capture_type"] == capture_type) {
            let read = scene
                .admin
                .get(&format!("/api/v1/captures/{}/records", capture["id"].as_str().unwrap()))
                .await?;
            assert_eq!(read.status, 200, "{read:?}");
            assert_eq!(read.body["loaded"], true, "{}", read.body);
            expected += read.body["records_total"].as_u64().unwrap() - read.body["incomplete"].as_u64().unwrap();
        }
        assert_eq!(rows.len() as u64, expected, "{path}");
        assert!(expected > 0, "{path}");
        before.push(rows);
    }
    // The devices' own count, of those whose table has a line for each entry.
    let mut counted = 0;
    for device in scene.fleet.devices() {
        let Some(printed) = scene.fleet.expected(&device.name, "show ip arp") else {
            continue;
        };
        let lines = printed
            .lines()
            .filter(|line| line.starts_with("Internet ") && !line.contains("Incomplete"))
            .count();
        if lines > 0 {
            let rows = list(&scene, &format!("arp-entries?device={}", device.name)).await?;
            assert_eq!(rows.len(), lines, "{}", device.name);
            counted += 1;
        }
    }
    assert!(counted > 0);
    // Every device learned what it is.
    let devices = list(&scene, "devices").await?;
    assert!(
        devices
            .iter()
            .all(|device| device["os_version"].as_str().is_some_and(|text| !text.is_empty()))
    );

    let Some(second) = collect(&scene, &TYPES).await? else {
        return Ok(());
    };
    for ((_, path), before) in LISTS.iter().zip(before) {
        let after = list(&scene, path).await?;
        assert_eq!(after.len(), before.len(), "{path}");
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(one["first_seen_at"], other["first_seen_at"], "{path}");
            assert_eq!(one["capture_id"], other["capture_id"], "{path}: {one} {other}");
            assert!(other.get("closed_at").is_none());
            assert!(one["last_seen_at"].as_str() < other["last_seen_at"].as_str(), "{path}");
        }
        // Nothing was there before the first collection.
        let long_ago = list(&scene, &format!("{path}?as_of=2020-01-01T00:00:00Z")).await?;
        assert!(long_ago.is_empty());
    }
    assert_ne!(first["id"], second["id"]);
    Ok(())
}

on_both!(
    rows_are_found_and_exported,
    rows_are_found_by_what_they_say_and_exported_on_sqlite,
    rows_are_found_by_what_they_say_and_exported_on_postgresql
);

async fn rows_are_found_and_exported(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    if collect(&scene, &["arp", "interfaces", "routes"]).await?.is_none() {
        return Ok(());
    }
    let rows = list(&scene, "arp-entries").await?;
    let one = &rows[rows.len() / 2];
    let (mac, address) = (one["mac"].as_str().unwrap(), one["address"].as_str().unwrap());
    let dotted: String = mac.split(':').collect();
    let dotted = format!("{}.{}.{}", &dotted[..4], &dotted[4..8], &dotted[8..]);
    for filter in [
        format!("mac={dotted}"),
        format!("ip={address}"),
        format!("prefix={address}/32"),
    ] {
        let found = list(&scene, &format!("arp-entries?{filter}")).await?;
        assert!(found.contains(one), "{filter}");
        assert!(found.len() < rows.len(), "{filter}");
    }
    let interfaces = list(&scene, "interfaces").await?;
    let addressed = interfaces
        .iter()
        .find(|one| one["addresses"].as_array().is_some_and(|list| !list.is_empty()))
        .unwrap();
    let ip = addressed["addresses"][0].as_str().unwrap().split('/').next().unwrap();
    let found = list(&scene, &format!("interfaces?ip={ip}")).await?;
    assert!(found.contains(addressed), "{ip}");
    assert!(found.iter().all(|one| one["addresses"].to_string().contains(ip)));

    let total = scene
        .admin
        .get("/api/v1/arp-entries?limit=1&include_total=true")
        .await?;
    assert_eq!(total.body["total"], rows.len());
    let csv = scene.admin.get("/api/v1/arp-entries.csv").await?;
    let text = String::from_utf8(csv.bytes.clone())?;
    assert_eq!(text.lines().count(), rows.len() + 1);
    assert!(text.starts_with("device_name,"));
    let bad = scene.admin.get("/api/v1/arp-entries?ip=nowhere").await?;
    assert_eq!(
        (bad.status, bad.text_of("/code")),
        (400, "parameter_invalid".to_owned())
    );
    Ok(())
}

on_both!(
    a_capture_is_read_again,
    a_capture_is_read_again_by_hand_and_viewers_may_look_on_sqlite,
    a_capture_is_read_again_by_hand_and_viewers_may_look_on_postgresql
);

async fn a_capture_is_read_again(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    if collect(&scene, &["arp"]).await?.is_none() {
        return Ok(());
    }
    let before = list(&scene, "arp-entries").await?;
    // Of a device whose table is not empty.
    let path = format!("/api/v1/captures/{}", before[0]["capture_id"].as_str().unwrap());
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let read = viewer.get(&format!("{path}/records?limit=1")).await?;
    assert_eq!(
        (read.status, read.body["records"].as_array().unwrap().len()),
        (200, 1),
        "{read:?}"
    );
    assert_eq!(viewer.get("/api/v1/arp-entries").await?.status, 200);
    let refused = viewer.post(&format!("{path}/reparse"), &json!({})).await?;
    assert_eq!(refused.status, 403);
    let again = scene.admin.post(&format!("{path}/reparse"), &json!({})).await?;
    assert_eq!((again.status, &again.body["loaded"]), (200, &json!(true)), "{again:?}");
    assert_eq!(list(&scene, "arp-entries").await?, before);
    let nobody = scene.admin.send_raw(
        Method::GET,
        "/api/v1/captures/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90/records",
        None,
    );
    assert_eq!(nobody.await?.status, 404);
    Ok(())
}

on_both!(
    everything_is_read_again,
    everything_is_read_again_by_the_command_on_sqlite,
    everything_is_read_again_by_the_command_on_postgresql
);

async fn everything_is_read_again(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    if collect(&scene, &["arp", "version", "configs"]).await?.is_none() {
        return Ok(());
    }
    let before = list(&scene, "arp-entries").await?;
    let run = |more: &'static [&'static str]| {
        let (url, token) = (scene.server.url().to_owned(), scene.admin.token().to_owned());
        async move {
            let mut command = tokio::process::Command::new(tests::places::binary("showrun").expect("the binary"));
            command.args(["reparse", "--json", "--server", &url]).args(more);
            let output = command.env("SHOWRUN_TOKEN", token).output().await?;
            anyhow::ensure!(output.status.success(), "{output:?}");
            anyhow::Ok(serde_json::from_slice::<Value>(&output.stdout)?)
        }
    };
    let unchanged = run(&[]).await?;
    let counted = json!({"captures": 20, "loaded": 20, "read": 0, "without_template": 0, "failed": 0});
    assert_eq!(unchanged, counted);
    let everything = run(&["--everything", "--type", "arp"]).await?;
    let counted = json!({"captures": 10, "loaded": 10, "read": 10, "without_template": 0, "failed": 0});
    assert_eq!(everything, counted);
    assert_eq!(list(&scene, "arp-entries").await?, before);
    let body = json!({"capture_types": ["configs"]});
    let wrong = scene.admin.post("/api/v1/capture-reparses", &body).await?;
    assert_eq!(
        (wrong.status, wrong.text_of("/errors/0/pointer").as_str()),
        (422, "/capture_types/0")
    );
    Ok(())
}

/// A template of a user for what Cisco devices print; lines of other kinds are none.
fn own_template(age: &str) -> String {
    format!(
        "Value Required IP_ADDRESS (\\d+\\.\\d+\\.\\d+\\.\\d+)\n{age}Value Required MAC_ADDRESS (\\w+\\.\\w+\\.\\w+)\nValue INTERFACE \
         (\\S+)\n\nStart\n  ^Internet\\s+${{IP_ADDRESS}}\\s+{}\\s+${{MAC_ADDRESS}}\\s+ARPA\\s+${{INTERFACE}} -> Record\n",
        if age.is_empty() { "\\S+" } else { "(?:${AGE}|-)" }
    )
}

#[tokio::test]
async fn templates_of_a_user_come_first_and_are_read_at_each_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("index"),
        "mine_show_ip_arp.textfsm, .*, cisco_ios, show ip arp\n",
    )?;
    let template = folder.path().join("mine_show_ip_arp.textfsm");
    std::fs::write(&template, own_template(""))?;
    let setup = Setup::default().arg(format!("--templates-dir={}", folder.path().display()));
    let fleet = FleetOptions {
        devices: 10,
        ..FleetOptions::default()
    };
    let mut scene = Scene::with(fleet, setup).await?;
    let mut versions = Vec::new();
    for round in 0..2 {
        let id = scene.start(&scene.request(&["arp"], json!({}))).await?;
        assert_eq!(scene.end(&id).await?["status"], "succeeded");
        let devices = list(&scene, "devices?platform=cisco_ios").await?;
        let (mut records, mut with_age) = (0, 0);
        for capture in scene.captures(&id).await? {
            if !devices.iter().any(|device| device["id"] == capture["device_id"]) {
                continue;
            }
            let path = format!("/api/v1/captures/{}/records", capture["id"].as_str().unwrap());
            let read = scene.admin.get(&path).await?.body;
            assert_eq!(
                (
                    &read["templates"][0]["name"],
                    &read["templates"][0]["origin"],
                    &read["loaded"]
                ),
                (&json!("mine_show_ip_arp"), &json!("user"), &json!(true)),
                "{read}"
            );
            assert_eq!(read["load"]["templates"], json!(["mine_show_ip_arp"]));
            assert_eq!(read["load"]["versions"][0], read["templates"][0]["version"]);
            assert_eq!(read["load"]["capture_id"], capture["id"]);
            versions.push((round, read["templates"][0]["version"].clone()));
            for record in read["records"].as_array().unwrap() {
                records += 1;
                with_age += usize::from(record.get("age_seconds").is_some());
            }
        }
        assert!(records > 0);
        assert_eq!(with_age > 0, round > 0, "{with_age} of {records}");
        std::fs::write(&template, own_template("Value AGE (\\d+)\n"))?;
        scene.server.stop().await?;
        scene.server.again().await?;
        scene.admin = scene.server.admin().await?;
    }
    let of = |round| versions.iter().find(|(of, _)| *of == round).unwrap().1.clone();
    assert_ne!(of(0), of(1));
    Ok(())
}
