//! From the request to the end: fields, texts, failures, retry, cancel.

use std::time::Duration;

use lab::{Fault, FleetOptions};
use serde_json::{Value, json};

use crate::on_both;
use crate::scene::{Scene, check_events, next};

on_both!(
    everything_is_collected_and_reads_back,
    failures_say_why_and_a_retry_takes_just_those,
    a_corrected_platform_is_what_a_retry_plans_by,
    a_cancelled_collection_ends_and_says_so,
    a_plan_says_what_a_collection_would_do_and_a_viewer_may_ask,
    a_preflight_shows_how_far_each_device_lets_us,
);

async fn everything_is_collected_and_reads_back() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 10,
        ..FleetOptions::default()
    })
    .await?;
    let types = [
        "configs",
        "arp",
        "mac",
        "lldp",
        "interfaces",
        "routes",
        "version",
        "inventory",
    ];
    let id = scene
        .start(&scene.request(&types, json!({"max_workers": 5, "auto_load_db": false})))
        .await?;
    let events = scene.events(&id).await?;
    check_events(&events, 10);
    let last = &events.last().unwrap()["data"];
    assert_eq!(last["success"], true, "{last}");
    assert_eq!(
        (&last["devices_succeeded"], &last["devices_failed"]),
        (&json!(10), &json!(0))
    );
    assert_eq!(last["loaded_to_db"], json!(null));
    assert!(last["execution_time"].as_f64().unwrap() > 0.0);
    assert_eq!(last["failed_devices"], json!([]));
    let collection = scene.view(&id).await?;
    assert_eq!(collection["status"], "succeeded");
    assert_eq!(collection["message"], "Collection complete! 10 succeeded, 0 failed");
    assert_eq!(collection["captures_created"]["configs"], 10);
    assert_eq!(collection["last_seq"], events.len());
    let checked = scene.check_texts(&id).await?;
    assert!(checked >= 60, "{checked}");
    // Its plan in pages: the sums are of all devices, and each device comes once.
    let (mut planned, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/collections/{id}/plan?limit=4&page_token={token}");
        let page = scene.admin.get(&path).await?;
        assert_eq!(
            (page.status, &page.body["devices_total"]),
            (200, &json!(10)),
            "{page:?}"
        );
        planned.extend(page.body["devices"].as_array().cloned().unwrap_or_default());
        token = page.text_of("/next_page_token");
        assert_eq!(page.body["devices_truncated"], !token.is_empty());
        if token.is_empty() {
            break;
        }
    }
    let whole = scene.admin.get(&format!("/api/v1/collections/{id}/plan")).await?;
    assert_eq!(whole.body["devices"], json!(planned));
    assert_eq!((planned.len(), whole.text_of("/next_page_token").as_str()), (10, ""));
    for capture in scene.captures(&id).await? {
        let name = capture["device_name"].as_str().unwrap();
        let path = format!("capture/{}/{name}.txt", capture["capture_type"].as_str().unwrap());
        let file = std::fs::read(scene.server.data_dir().join(path))?;
        assert_eq!(capture["bytes"], file.len());
    }
    Ok(())
}

async fn failures_say_why_and_a_retry_takes_just_those() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 6,
        faults: vec![(1, Fault::AuthRefused), (3, Fault::UnknownCommand)],
        ..FleetOptions::default()
    })
    .await?;
    let names: Vec<String> = scene.fleet.devices().iter().map(|device| device.name.clone()).collect();
    let id = scene.start(&scene.request(&["configs", "arp"], json!({}))).await?;
    let collection = scene.end(&id).await?;
    assert_eq!(collection["status"], "partially_succeeded");
    assert_eq!(collection["devices_succeeded"], 4);
    assert_eq!(collection["devices_failed"], 2);
    assert!(collection["actions"].as_array().unwrap().contains(&json!("retry")));
    let failures = scene
        .admin
        .get(&format!("/api/v1/collections/{id}/failures"))
        .await?
        .body;
    let kinds: Vec<&str> = failures["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["failure_kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"authentication_failed"), "{failures}");
    let transcript_of = scene.devices(&id).await?;
    assert!(
        transcript_of
            .iter()
            .any(|device| device["device_name"] == names[1].as_str())
    );
    scene.fleet.set_fault(&names[1], None);
    scene.fleet.set_fault(&names[3], None);
    let again = scene
        .admin
        .post(&format!("/api/v1/collections/{id}/retry"), &json!({}))
        .await?;
    assert_eq!(again.status, 202, "{again:?}");
    let again = again.text_of("/id");
    let collection = scene.end(&again).await?;
    assert_eq!(
        (&collection["status"], &collection["retry_of"]),
        (&json!("succeeded"), &json!(id))
    );
    assert_eq!(collection["counts"]["total"], 2);
    Ok(())
}

async fn a_corrected_platform_is_what_a_retry_plans_by() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 2,
        ..FleetOptions::default()
    })
    .await?;
    let devices = scene.pages("/api/v1/devices?limit=10").await?;
    let right = devices[0]["platform"].clone();
    let path = format!("/api/v1/devices/{}", devices[0]["id"].as_str().unwrap());
    // Nothing that this platform has is asked for, so nobody logs in.
    let wrong = scene.admin.patch(&path, &json!({"platform": "frr"})).await?;
    assert_eq!(wrong.status, 200, "{wrong:?}");
    let id = scene.start(&scene.request(&["mac"], json!({}))).await?;
    scene.end(&id).await?;
    let of = |rows: Vec<Value>| {
        rows.into_iter()
            .find(|row| row["device_id"] == devices[0]["id"])
            .unwrap()
    };
    let failed = of(scene.devices(&id).await?);
    assert_eq!(failed["failure_kind"], "not_supported", "{failed}");
    let retry = format!("/api/v1/collections/{id}/retry");
    let only = json!({"only": {"device_ids": [devices[0]["id"]]}});
    let again = scene.admin.post(&retry, &only).await?;
    assert_eq!((again.status, again.code()), (422, "nothing_to_retry".to_owned()));
    let corrected = scene.admin.patch(&path, &json!({"platform": right})).await?;
    assert_eq!(corrected.status, 200, "{corrected:?}");
    let again = scene.admin.post(&retry, &only).await?;
    assert_eq!(again.status, 202, "{again:?}");
    let again = again.text_of("/id");
    let waited = scene.admin.get(&format!("/api/v1/collections/{again}?wait=60")).await?;
    assert_eq!(waited.body["stage"], "finished", "{waited:?}");
    assert_eq!(waited.body["status"], "succeeded", "{waited:?}");
    Ok(())
}

async fn a_cancelled_collection_ends_and_says_so() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 12,
        think: Duration::from_millis(300),
        ..FleetOptions::default()
    })
    .await?;
    let id = scene
        .start(&scene.request(&["configs", "arp", "mac"], json!({"max_workers": 2})))
        .await?;
    let mut socket = scene.socket(&id, 0).await?;
    while let Some(event) = next(&mut socket).await? {
        if event["type"] == "device_started" {
            break;
        }
    }
    let answer = scene
        .admin
        .post(&format!("/api/v1/collections/{id}/cancel"), &json!({}))
        .await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let events = scene.events(&id).await?;
    check_events(&events, 12);
    let collection = scene.view(&id).await?;
    assert_eq!(collection["status"], "cancelled");
    assert!(collection["counts"]["cancelled"].as_u64().unwrap() >= 9, "{collection}");
    let answer = scene
        .admin
        .post(&format!("/api/v1/collections/{id}/cancel"), &json!({}))
        .await?;
    assert_eq!(
        (answer.status, answer.text_of("/code")),
        (409, "collection_finished".to_owned())
    );
    Ok(())
}

async fn a_plan_says_what_a_collection_would_do_and_a_viewer_may_ask() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 6,
        ..FleetOptions::default()
    })
    .await?;
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let body = scene.request(&["configs", "mac"], json!({}));
    let plan = viewer.post("/api/v1/collections?dry_run=true", &body).await?;
    assert_eq!(plan.status, 200, "{plan:?}");
    assert_eq!(plan.body["devices_total"], 6);
    assert_eq!(plan.body["devices"][0]["capture_types"][0]["capture_type"], "configs");
    let refused = viewer.post("/api/v1/collections", &body).await?;
    assert_eq!(
        (refused.status, refused.text_of("/code")),
        (403, "forbidden".to_owned())
    );
    let none = scene.admin.get("/api/v1/collections").await?;
    assert_eq!(none.body["items"], json!([]));

    // A platform that is found out on the way may not have all of it: the plan says so afterwards.
    for device in scene.pages("/api/v1/devices?limit=10").await? {
        let path = format!("/api/v1/devices/{}", device["id"].as_str().unwrap());
        let changed = scene.admin.patch(&path, &json!({"platform": "auto"})).await?;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
    let types = ["version", "mac", "snmp"];
    let id = scene.start(&scene.request(&types, json!({}))).await?;
    scene.end(&id).await?;
    let plan = scene.admin.get(&format!("/api/v1/collections/{id}/plan")).await?.body;
    let mut left_out = 0;
    for device in plan["devices"].as_array().unwrap() {
        let (planned, skipped) = (&device["capture_types"], &device["skipped"]);
        let all = planned.as_array().unwrap().len() + skipped.as_array().unwrap().len();
        assert_eq!(all, types.len(), "{device}");
        let commands = |one: &Value| !one["commands"].as_array().unwrap().is_empty();
        assert!(planned.as_array().unwrap().iter().all(commands), "{device}");
        let reasons = |one: &Value| one["reason"].as_str().unwrap().contains("has no template for");
        assert!(skipped.as_array().unwrap().iter().all(reasons), "{device}");
        left_out += skipped.as_array().unwrap().len();
    }
    assert!(left_out > 0, "{plan}");
    Ok(())
}

async fn a_preflight_shows_how_far_each_device_lets_us() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 4,
        faults: vec![(2, Fault::AuthRefused)],
        ..FleetOptions::default()
    })
    .await?;
    let answer = scene
        .admin
        .post("/api/v1/preflights", &scene.request(&[], json!({})))
        .await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.text_of("/id");
    scene.events(&id).await?;
    let preflight = scene.admin.get(&format!("/api/v1/preflights/{id}")).await?.body;
    assert_eq!(preflight["status"], "finished");
    let devices = scene.admin.get(&format!("/api/v1/preflights/{id}/devices")).await?.body;
    let devices = devices["items"].as_array().unwrap();
    let good = devices.iter().filter(|device| device["ok"] == true).count();
    assert_eq!(good, 3, "{devices:?}");
    let bad = devices.iter().find(|device| device["ok"] == false).unwrap();
    let steps: Vec<(&str, &str)> = bad["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps[2], ("host_key", "ok"));
    assert_eq!(steps[3], ("login", "failed"));
    assert_eq!(steps[4].1, "skipped");
    for device in scene.fleet.devices() {
        let seen = scene.fleet.device_counters(&device.name).unwrap().commands_seen;
        let goodbye = ["exit", "quit", "enable"];
        assert!(seen.iter().all(|line| goodbye.contains(&line.as_str())), "{seen:?}");
    }
    Ok(())
}
