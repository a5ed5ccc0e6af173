//! Collections from the first line to the exit code.

use std::collections::BTreeSet;

use lab::{Fault, FleetOptions};
use serde_json::Value;
use tests::server::Setup;

use crate::desk::{Desk, Running};

#[tokio::test]
async fn a_collection_is_shown_to_its_end_and_its_texts_are_the_devices_own() -> anyhow::Result<()> {
    let desk = Desk::new(6).await?.import().await?;
    let collect = format!("collect --all --types configs,arp --name nightly {}", desk.login());

    let ran = desk.run(&format!("{collect} --workers 6")).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("nightly: 6 devices"), "{}", ran.err);
    for device in desk.fleet.devices() {
        assert!(
            ran.out.contains(&device.name),
            "{} is missing:\n{}",
            device.name,
            ran.out
        );
        let lines = ran
            .err
            .lines()
            .filter(|line| line.starts_with(&format!("✔ {}: ", device.name)));
        assert_eq!(lines.count(), 1, "{}", ran.err);
    }
    assert!(ran.out.contains("6 succeeded, 0 failed"), "{}", ran.out);

    let ran = desk.run(&format!("{collect} --output json --quiet")).await?;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let outcome: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(outcome["success"], true);
    assert_eq!(outcome["status"], "succeeded");
    assert_eq!(outcome["devices_succeeded"], 6);
    assert_eq!(outcome["captures_created"]["configs"], 6);
    assert_eq!(outcome["devices"].as_array().unwrap().len(), 6);
    assert_eq!(outcome["loaded_to_db"], true, "{outcome}");

    let ran = desk.run(&format!("{collect} --output csv --quiet")).await?;
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("device_name,ip_address,"), "{}", lines[0]);
    assert_eq!((ran.code, lines.len()), (0, 1 + 6 * 2), "{}", ran.out);

    let id = outcome["collection_id"].as_str().unwrap();
    let ran = desk
        .run(&format!("captures list --collection {id} --type arp --output json"))
        .await?;
    let captures: Vec<Value> = serde_json::from_str(&ran.out)?;
    assert_eq!(captures.len(), 6);
    for capture in &captures {
        let ran = desk
            .run(&format!("captures content {}", capture["id"].as_str().unwrap()))
            .await?;
        let command = capture["commands"][0].as_str().unwrap();
        let expected = desk
            .fleet
            .expected(capture["device_name"].as_str().unwrap(), command)
            .unwrap();
        assert_eq!(ran.out, expected);
        let name = capture["device_name"].as_str().unwrap();
        let last_good = desk
            .run(&format!("captures content {} arp", name.to_uppercase()))
            .await?;
        assert_eq!(last_good.out, expected);
    }

    let ran = desk.run("collections list --output csv --limit 2").await?;
    assert_eq!(ran.out.lines().count(), 3, "{}", ran.out);
    let ran = desk.run("collections list --status failed").await?;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let ran = desk.run("collections show latest").await?;
    assert!(
        ran.out.contains("nightly") && ran.out.contains("6 succeeded"),
        "{}",
        ran.out
    );
    let ran = desk.run(&format!("collections delete {id} --yes")).await?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = desk.run(&format!("collections show {id}")).await?;
    assert!(ran.code == 1 && ran.err.contains("[not_found, request "), "{ran:?}");
    Ok(())
}

#[tokio::test]
async fn what_failed_is_said_explained_and_tried_again() -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 4,
        faults: vec![(1, Fault::AuthRefused), (2, Fault::CloseMid)],
        ..FleetOptions::default()
    };
    let desk = Desk::with(fleet, Setup::default()).await?.import().await?;
    let ran = desk.run(&format!("collect --all {}", desk.login())).await?;
    assert_eq!(ran.code, 2, "{ran:?}");
    let names: Vec<String> = desk.fleet.devices().iter().map(|device| device.name.clone()).collect();
    assert!(
        ran.err.contains(&format!("✘ {}: Authentication failed", names[1])),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("2 succeeded, 2 failed"), "{}", ran.out);
    assert!(ran.out.contains("1 × authentication_failed: "), "{}", ran.out);

    let ran = desk.run("collections failures latest --output json").await?;
    let reasons: Vec<Value> = serde_json::from_str(&ran.out)?;
    let kinds: BTreeSet<&str> = reasons.iter().filter_map(|row| row["failure_kind"].as_str()).collect();
    assert_eq!(kinds, ["authentication_failed", "disconnected"].into(), "{}", ran.out);

    let ran = desk
        .run("collections retry latest --failure-kind disconnected --output json")
        .await?;
    assert_eq!(ran.code, 1, "nothing at all is collected: {ran:?}");
    let outcome: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(outcome["devices"].as_array().unwrap().len(), 1);
    assert_eq!(outcome["devices"][0]["device_name"], names[2].as_str());
    assert!(
        outcome["devices"][0]["hint"]
            .as_str()
            .is_some_and(|hint| !hint.is_empty())
    );
    Ok(())
}

#[tokio::test]
async fn ctrl_c_cancels_and_a_second_one_leaves() -> anyhow::Result<()> {
    let fleet = FleetOptions {
        devices: 12,
        think: std::time::Duration::from_millis(300),
        ..FleetOptions::default()
    };
    let desk = Desk::with(fleet, Setup::default()).await?.import().await?;
    let collect = format!("collect --all --types configs,arp --workers 2 {}", desk.login());
    let mut running = Running::new(desk.command(&format!("{collect} --output json"))?.spawn()?)?;
    running.devices(2).await?;
    running.interrupt().await?;
    let ran = desk.ended(running).await?;
    let outcome: Value = serde_json::from_str(&ran.out)?;
    assert_eq!(outcome["status"], "cancelled");
    assert!(ran.code == 2 && ran.err.contains("Cancelling: "), "{ran:?}");

    let ran = desk.run(&format!("{collect} --detach")).await?;
    let id = ran.out.trim().to_owned();
    assert!(ran.code == 0 && ran.out.lines().count() == 1, "{ran:?}");
    let mut running = Running::new(desk.command(&format!("collections watch {id}"))?.spawn()?)?;
    running.devices(1).await?;
    running.interrupt().await?;
    let ran = desk.ended(running).await?;
    assert!(
        ran.code == 130 && ran.err.contains("The collection goes on."),
        "{ran:?}"
    );
    let ran = desk.run(&format!("collections cancel {id}")).await?;
    assert!(ran.code == 0 && ran.out.contains("cancelling"), "{ran:?}");
    let ran = desk.run(&format!("collections watch {id} --quiet")).await?;
    assert!(ran.out.contains("cancelled"), "{ran:?}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_begin_is_said() -> anyhow::Result<()> {
    let desk = Desk::new(2).await?.import().await?;
    let login = desk.login();
    let cases = [
        ("collect".to_owned(), "Say which devices: "),
        (
            "collect no-such-device".to_owned(),
            "The server has no device 'no-such-device'",
        ),
        (
            "collect --all --types config".to_owned(),
            "there is no capture type 'config'",
        ),
        (
            "collect --all --credential none".to_owned(),
            "There is no credential 'none'",
        ),
        (
            format!("collect --all --workers 2000 {login}"),
            "/options/max_workers: must be 1 to 1000",
        ),
        ("collect --all --site nowhere".to_owned(), "[no_devices, request "),
        ("collections show x".to_owned(), "'x' is no id of a collection"),
        ("collections retry latest".to_owned(), "There is no collection yet"),
        ("captures content x".to_owned(), "'x' is no id of a capture"),
        ("devices show x".to_owned(), "There is no device 'x'"),
        (
            "devices list --server http://127.0.0.1:1".to_owned(),
            "Cannot reach http://127.0.0.1:1/",
        ),
        (
            "devices list --server localhost".to_owned(),
            "'localhost' is no address of a server",
        ),
    ];
    for (line, said) in cases {
        let ran = desk.run(&line).await?;
        assert!(ran.code == 1 && ran.err.contains(said), "{line}: {ran:?}");
        assert_eq!(ran.out, "", "{line}");
    }
    let mut command = desk.nobody("collect")?;
    let ran = desk
        .finish({
            command.env_remove("SHOWRUN_SERVER");
            command
        })
        .await?;
    assert!(
        ran.err.contains("--direct") && ran.err.contains("--server URL"),
        "{ran:?}"
    );
    Ok(())
}
