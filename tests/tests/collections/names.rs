//! Names and addresses that mean harm, or that are the same: every device has texts of its own, and all of them stay where
//! they belong.

use std::collections::{BTreeMap, BTreeSet};

use lab::{Fault, FleetOptions};
use serde_json::{Value, json};

use crate::archive::{unzipped, walk};
use crate::on_both;
use crate::scene::Scene;

on_both!(
    fault_35_hostile_names_of_devices,
    fault_36_duplicates_have_texts_of_their_own,
    captures_are_found_by_the_name_that_their_device_has_today,
);

/// The devices of a scene by their names in the lab.
async fn devices(scene: &Scene) -> anyhow::Result<BTreeMap<String, String>> {
    let listed = scene.admin.get("/api/v1/devices?limit=500").await?;
    let items = listed.body["items"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    Ok(items
        .iter()
        .map(|item| (text(item, "name"), text(item, "id")))
        .collect())
}

/// Gives the devices of the lab these names, collects from them, and looks at every place where a text stands.
async fn collected_under(names: &[&str]) -> anyhow::Result<Scene> {
    let scene = Scene::new(FleetOptions {
        devices: names.len(),
        ..FleetOptions::default()
    })
    .await?;
    let around = scene.server.data_dir().parent().unwrap().to_owned();
    let ids = devices(&scene).await?;
    let mut in_the_lab = BTreeMap::new();
    for (device, name) in scene.fleet.devices().iter().zip(names) {
        let path = format!("/api/v1/devices/{}", ids[&device.name]);
        let renamed = scene.admin.patch(&path, &json!({"name": name})).await?;
        assert_eq!(
            (renamed.status, renamed.text_of("/name")),
            (200, (*name).to_owned()),
            "{renamed:?}"
        );
        in_the_lab.insert((*name).to_owned(), device.name.clone());
    }
    let id = scene.start(&scene.request(&["version"], json!({}))).await?;
    let ended = scene.end(&id).await?;
    assert_eq!(ended["status"], "succeeded", "{ended}");

    let mut texts = BTreeSet::new();
    for capture in scene.captures(&id).await? {
        let name = capture["device_name"].as_str().unwrap();
        let path = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let text = scene.admin.get(&path).await?;
        let expected = scene.expected(&in_the_lab[name], &capture["commands"])?;
        assert!(
            text.bytes == expected.as_bytes(),
            "{name} has the text of somebody else"
        );
        texts.insert(text.bytes);
    }
    assert_eq!(texts.len(), names.len(), "every device prints something else");
    // The plain texts: as many files as devices, in the one folder of their type, and none anywhere else.
    let tree = scene.server.data_dir().join("capture");
    let files = walk(&tree)?;
    let kept: BTreeSet<Vec<u8>> = files.iter().map(std::fs::read).collect::<Result<_, _>>()?;
    assert_eq!(files.len(), names.len(), "{files:?}");
    assert!(kept == texts, "the plain texts are others");
    for file in &files {
        assert_eq!(file.parent(), Some(tree.join("version").as_path()), "{file:?}");
        assert_eq!(
            file.canonicalize()?,
            tree.canonicalize()?.join("version").join(file.file_name().unwrap())
        );
    }
    let beside: Vec<_> = std::fs::read_dir(&around)?.collect::<Result<_, _>>()?;
    assert_eq!(beside.len(), 1, "{beside:?}");
    // The archive has the same names.
    let zip = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/captures.zip"))
        .await?;
    let zipped: BTreeSet<String> = unzipped(zip.bytes)?.into_keys().collect();
    let in_tree = files
        .iter()
        .map(|file| file.strip_prefix(&tree).unwrap().display().to_string());
    assert_eq!(zipped, in_tree.collect());
    let table = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/results.csv"))
        .await?;
    let table = String::from_utf8(table.bytes)?;
    for cell in table.lines().skip(1) {
        assert!(
            !cell.starts_with(['=', '+', '@']) && !cell.starts_with("\"="),
            "a spreadsheet would run {cell}"
        );
    }
    Ok(scene)
}

async fn fault_35_hostile_names_of_devices() -> anyhow::Result<()> {
    let longest = "n".repeat(200);
    let names = [
        "../../etc/x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "..",
        ".hidden",
        "CON",
        "nul.txt",
        "com1",
        "=1+1",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "%2e%2e%2fx",
        "trailing.",
        "space d",
        "Zürich",
        "a:b",
        "$(reboot)",
        longest.as_str(),
    ]; // fmt: skip
    let scene = collected_under(&names).await?;
    let path = format!("/api/v1/devices/{}", devices(&scene).await?["CON"]);
    for bad in [
        "x".repeat(300),
        "a\u{0}b".to_owned(),
        "a\u{202e}txt.exe".to_owned(),
        "a\u{200f}b".to_owned(),
        "a\nb".to_owned(),
        "a\u{1b}[31mb".to_owned(),
        "   ".to_owned(),
    ] {
        for answer in [
            scene.admin.patch(&path, &json!({"name": bad})).await?,
            scene
                .admin
                .post("/api/v1/devices", &json!({"name": bad, "address": "192.0.2.1"}))
                .await?,
        ] {
            assert_eq!(
                (answer.status, answer.code()),
                (422, "validation_failed".to_owned()),
                "{bad:?}"
            );
        }
    }
    assert_eq!(scene.admin.get(&path).await?.text_of("/name"), "CON");
    Ok(())
}

async fn fault_36_duplicates_have_texts_of_their_own() -> anyhow::Result<()> {
    // Alike once they are names of files, for who encodes without care.
    let scene =
        collected_under(&["a/b", "a%2Fb", "a_b", "CON", "%CON", "con.txt", "x ", "y.", "y%2E"].map(str::trim)).await?;
    let ids = devices(&scene).await?;
    for (name, taken) in [("a_b", "A/B"), ("CON", "A_B"), ("a_b", "con")] {
        let path = format!("/api/v1/devices/{}", ids[name]);
        let renamed = scene.admin.patch(&path, &json!({"name": taken})).await?;
        assert_eq!(
            (renamed.status, renamed.code()),
            (409, "device_exists".to_owned()),
            "{taken}"
        );
    }
    // The same device under a second name: its own texts, and never two sessions at once.
    let first = scene.admin.get(&format!("/api/v1/devices/{}", ids["a_b"])).await?;
    let twin = json!({
        "name": "twin", "address": first.text_of("/address"), "port": first.body["port"], "platform": first.text_of("/platform"),
    });
    let twin = scene.admin.post("/api/v1/devices", &twin).await?;
    assert_eq!(twin.status, 201, "{twin:?}");
    let mut body = scene.request(&["version", "configs"], json!({"max_workers": 10}));
    body["devices"] = json!([ids["a_b"], twin.text_of("/id")]);
    let id = scene.start(&body).await?;
    assert_eq!(scene.end(&id).await?["devices_succeeded"], 2);
    let captures = scene.captures(&id).await?;
    assert_eq!(captures.len(), 4);
    for kind in ["version", "configs"] {
        let read = |name: &str| std::fs::read(scene.server.data_dir().join(format!("capture/{kind}/{name}.txt")));
        assert!(read("twin")? == read("a_b")?, "{kind}");
    }
    assert_eq!(scene.fleet.counters().max_concurrent_sessions, 1);
    Ok(())
}

async fn captures_are_found_by_the_name_that_their_device_has_today() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 3,
        faults: vec![(1, Fault::UnknownCommand)],
        ..FleetOptions::default()
    })
    .await?;
    let id = scene.start(&scene.request(&["configs", "version"], json!({}))).await?;
    scene.end(&id).await?;
    let ask = async |query: &str| -> anyhow::Result<Vec<Value>> {
        let answer = scene.admin.get(&format!("/api/v1/captures?{query}")).await?;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        Ok(answer.body["items"].as_array().cloned().unwrap_or_default())
    };
    let all = ask("limit=500").await?;
    let first = scene.fleet.devices()[0].name.clone();
    let of_first = |rows: &[Value]| rows.iter().filter(|row| row["device_name"] == first.as_str()).count();
    let by_name = ask(&format!("device={}", first.to_uppercase())).await?;
    assert_eq!((by_name.len(), of_first(&by_name)), (of_first(&all), of_first(&all)));
    assert!(!by_name.is_empty());
    let device = by_name[0]["device_id"].as_str().unwrap();
    let renamed = json!({"name": "another-name"});
    let renamed = scene
        .admin
        .patch(&format!("/api/v1/devices/{device}"), &renamed)
        .await?;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    assert_eq!(ask("device=another-name").await?, by_name);
    assert_eq!(ask(&format!("device={first}")).await?, Vec::<Value>::new());
    assert_eq!(ask(&format!("device=another-name&device_id={device}")).await?, by_name);
    let second = all.iter().find(|row| row["device_id"] != device).unwrap();
    let second = second["device_id"].as_str().unwrap();
    assert_eq!(
        ask(&format!("device=another-name&device_id={second}")).await?,
        Vec::<Value>::new()
    );
    // One word for what is not complete, several, and both sorts together.
    let not_complete: Vec<Value> = all.iter().filter(|row| row["verdict"] != "complete").cloned().collect();
    assert!(!not_complete.is_empty(), "{all:?}");
    let words = "verdict=rejected&verdict=truncated&verdict=empty&verdict=suspicious&verdict=not_run";
    assert_eq!(ask(words).await?, not_complete);
    assert_eq!(ask(&format!("limit=500&verdict=complete&{words}")).await?, all);
    Ok(())
}
