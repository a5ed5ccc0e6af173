//! What came of devices over several collections: beside each other, by cause, and device by device.

use lab::{Fault, FleetOptions};
use serde_json::{Value, json};

use crate::on_both;
use crate::scene::Scene;

on_both!(
    collections_are_compared_and_failures_summed_up,
    what_has_not_ended_is_not_compared,
);

async fn asked(scene: &Scene, path: &str) -> anyhow::Result<Value> {
    let answer = scene.admin.get(&format!("/api/v1/{path}")).await?;
    anyhow::ensure!(answer.status == 200, "{path}: {answer:?}");
    Ok(answer.body)
}

fn names<'a>(rows: &'a Value, difference: &str) -> Vec<&'a str> {
    rows.as_array()
        .unwrap()
        .iter()
        .filter(|row| row["difference"] == difference)
        .map(|row| row["device_name"].as_str().unwrap())
        .collect()
}

async fn collections_are_compared_and_failures_summed_up() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 8,
        site_count: 2,
        ..FleetOptions::default()
    })
    .await?;
    let fleet: Vec<String> = scene.fleet.devices().iter().map(|device| device.name.clone()).collect();
    let devices = scene.pages("/api/v1/devices?limit=100").await?;
    let id_of = |name: &str| {
        let row = devices.iter().find(|device| device["name"] == name).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    let types = ["configs", "arp"];
    let all = || scene.request(&types, json!({"auth_failure_limit": 0}));
    let but = |name: &str| {
        let mut body = all();
        body["exclude_devices"] = json!([id_of(name)]);
        body
    };
    // The first one: two cannot be logged in to, one is left out.
    scene.fleet.set_fault(&fleet[0], Some(Fault::AuthRefused));
    scene.fleet.set_fault(&fleet[1], Some(Fault::AuthRefused));
    let first = scene.start(&but(&fleet[7])).await?;
    scene.end(&first).await?;
    // The second one: one of them works again, another one breaks, a configuration changes, another device is left out.
    scene.fleet.set_fault(&fleet[1], None);
    scene.fleet.set_fault(&fleet[2], Some(Fault::AuthRefused));
    scene.fleet.change_config(&fleet[3]).unwrap();
    let second = scene.start(&but(&fleet[6])).await?;
    scene.end(&second).await?;

    let compared = asked(&scene, &format!("collections/{second}/comparison?with={first}")).await?;
    let counts = json!({
        "failed_now": 1, "still_failing": 1, "recovered": 1, "changed": 1, "added": 1, "missing": 1, "same": 2,
    });
    assert_eq!(compared["counts"], counts, "{compared}");
    let rows = &compared["items"];
    assert_eq!(names(rows, "failed_now"), [fleet[2].as_str()]);
    assert_eq!(names(rows, "still_failing"), [fleet[0].as_str()]);
    assert_eq!(names(rows, "recovered"), [fleet[1].as_str()]);
    assert_eq!(names(rows, "changed"), [fleet[3].as_str()]);
    assert_eq!(names(rows, "added"), [fleet[7].as_str()]);
    assert_eq!(names(rows, "missing"), [fleet[6].as_str()]);
    assert_eq!(rows[0]["before"]["status"], "succeeded");
    assert_eq!(rows[0]["now"]["failure_kind"], "authentication_failed");
    let changed = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["difference"] == "changed")
        .unwrap();
    assert_eq!(changed["changed"], json!(["configs"]));
    assert_eq!(compared["texts_changed"], 1, "{compared}");
    // Page by page it is the same list, and only what was asked for is in it.
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!(
            "collections/{second}/comparison?with={first}&difference=same&difference=recovered&limit=1&page_token={token}"
        );
        let page = asked(&scene, &path).await?;
        assert_eq!(page["counts"], counts, "the counts are of all of it");
        paged.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    let wanted: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["difference"] == "same" || row["difference"] == "recovered")
        .cloned()
        .collect();
    assert_eq!(paged, wanted);
    // The other way round what failed now is what recovered.
    let back = asked(&scene, &format!("collections/{first}/comparison?with={second}")).await?;
    assert_eq!(names(&back["items"], "recovered"), [fleet[2].as_str()]);
    assert_eq!(names(&back["items"], "failed_now"), [fleet[1].as_str()]);

    // What failed lately: four times in two collections, of three devices. A preflight is no collection.
    let preflight = scene
        .admin
        .post("/api/v1/preflights", &scene.request(&[], json!({})))
        .await?;
    scene.events(&preflight.text_of("/id")).await?;
    let causes = asked(&scene, "failures").await?;
    assert_eq!(
        (
            &causes["collections"],
            &causes["devices_succeeded"],
            &causes["devices_failed"]
        ),
        (&json!(2), &json!(10), &json!(4)),
        "{causes}"
    );
    assert_eq!(causes["items"].as_array().unwrap().len(), 1, "{causes}");
    let cause = &causes["items"][0];
    assert_eq!(cause["causes"][0]["failure_kind"], "authentication_failed");
    assert_eq!(
        (&cause["failures"], &cause["devices"]),
        (&json!(4), &json!(3)),
        "{cause}"
    );
    assert!(cause["first_at"].as_str().unwrap() < cause["last_at"].as_str().unwrap());
    let sample = cause["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 3);
    let of = |name: &str| sample.iter().find(|device| device["device_name"] == name).unwrap();
    assert_eq!(of(&fleet[0])["collection_id"], json!(second), "its last one");
    assert_eq!(of(&fleet[1])["collection_id"], json!(first));
    assert!(
        of(&fleet[1])["message"]
            .as_str()
            .unwrap()
            .contains("Authentication failed")
    );
    let by_device = asked(&scene, "failures?by=device").await?;
    assert_eq!(by_device["total"], 3);
    assert_eq!(by_device["items"][0]["sample"][0]["device_name"], json!(fleet[0]));
    assert_eq!(by_device["items"][0]["failures"], 2);
    let one = asked(&scene, &format!("failures?by=device&device_id={}", id_of(&fleet[2]))).await?;
    assert_eq!((&one["total"], &one["items"][0]["failures"]), (&json!(1), &json!(1)));
    let by_site = asked(&scene, "failures?by=site").await?;
    let failures: u64 = by_site["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site["failures"].as_u64().unwrap())
        .sum();
    assert_eq!(failures, 4);
    let site = by_site["items"][0]["sample"][0]["site"].as_str().unwrap();
    let there = asked(&scene, &format!("failures?by=site&site={}", site.to_uppercase())).await?;
    assert_eq!(there["items"], json!([by_site["items"][0]]));
    assert_eq!(
        asked(&scene, "failures?failure_kind=dns_failed").await?["items"],
        json!([])
    );
    let later = asked(&scene, "failures?since=2100-01-01T00:00:00Z").await?;
    assert_eq!((&later["collections"], &later["items"]), (&json!(0), &json!([])));

    // Device by device: every collection that had it, also where no session came about.
    let of_first = asked(&scene, &format!("devices/{}/collections", id_of(&fleet[0]))).await?;
    let runs = of_first["items"].as_array().unwrap();
    let ids: Vec<&Value> = runs.iter().map(|run| &run["collection_id"]).collect();
    assert_eq!(ids, [&json!(second), &json!(first)]);
    assert!(
        runs.iter()
            .all(|run| run["device"]["failure_kind"] == "authentication_failed")
    );
    let of_sixth = asked(
        &scene,
        &format!("devices/{}/collections?include_total=true", id_of(&fleet[6])),
    )
    .await?;
    assert_eq!(of_sixth["total"], 1);
    assert_eq!(of_sixth["items"][0]["device"]["captures"].as_array().unwrap().len(), 2);
    let failed = format!("devices/{}/collections?status=failed", id_of(&fleet[1]));
    assert_eq!(asked(&scene, &failed).await?["items"].as_array().unwrap().len(), 1);
    Ok(())
}

async fn what_has_not_ended_is_not_compared() -> anyhow::Result<()> {
    let scene = Scene::new(FleetOptions {
        devices: 2,
        think: std::time::Duration::from_millis(500),
        ..FleetOptions::default()
    })
    .await?;
    let body = scene.request(&["arp"], json!({}));
    let first = scene.start(&body).await?;
    scene.end(&first).await?;
    let second = scene.start(&body).await?;
    let path = format!("/api/v1/collections/{second}/comparison?with={first}");
    let running = scene.admin.get(&path).await?;
    assert_eq!(
        (running.status, running.code()),
        (409, "collection_running".to_owned()),
        "{running:?}"
    );
    scene.end(&second).await?;
    assert_eq!(scene.admin.get(&path).await?.status, 200);
    let nowhere = format!("/api/v1/collections/{second}/comparison?with=01980000-0000-7000-8000-000000000000");
    assert_eq!(scene.admin.get(&nowhere).await?.status, 404);
    let without = scene
        .admin
        .get(&format!("/api/v1/collections/{second}/comparison"))
        .await?;
    assert_eq!(without.status, 400, "{without:?}");
    Ok(())
}
