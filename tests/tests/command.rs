//! The command as a person meets it: the demo, the list of platforms, what it says when something is wrong on its side,
//! and limits that one sees only from outside.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use anyhow::{Context, ensure};
use lab::{Fleet, FleetOptions, Platform};
use serde_json::Value;
use tests::{
    collect::{Station, files_in},
    places,
};

fn showrun() -> anyhow::Result<Command> {
    let program = places::binary("showrun").context("showrun is not built: cargo build --workspace --bins")?;
    let mut command = Command::new(program);
    command
        .env_remove("SHOWRUN_PASSWORD")
        .env_remove("SHOWRUN_PLATFORMS_DIR")
        .stdin(std::process::Stdio::null());
    Ok(command)
}

#[test]
fn the_demo_shows_successes_and_instructive_failures() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("out");
    let output = showrun()?
        .args(["demo", "--output", "json", "--out"])
        .arg(&out)
        .env("DEMO_ONCE", "1")
        .env("HOME", folder.path())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    let devices = outcome["devices"].as_array().context("devices")?;
    let platforms: std::collections::BTreeSet<&str> = devices
        .iter()
        .filter_map(|device| device["platform"].as_str())
        .collect();
    assert!(devices.len() >= 25, "{} devices", devices.len());
    assert!(platforms.len() >= 5, "{platforms:?}");
    let kinds: std::collections::BTreeSet<&str> = devices
        .iter()
        .filter_map(|device| device["failure_kind"].as_str())
        .collect();
    assert!(kinds.len() >= 4, "{kinds:?}");
    let succeeded = devices.iter().filter(|device| device["status"] == "succeeded").count();
    let configs = files_in(&out.join("capture/configs"))?;
    assert!(
        succeeded >= 20 && configs.len() >= succeeded,
        "{succeeded} succeeded, {} configs",
        configs.len()
    );
    Ok(())
}

#[test]
fn the_readme_lists_every_platform_with_its_evidence() -> anyhow::Result<()> {
    let output = showrun()?.args(["platforms", "--output", "json"]).output()?;
    let platforms: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    assert_eq!(platforms.len(), 18);
    let readme = std::fs::read_to_string(places::root().join("README.md"))?;
    for platform in &platforms {
        let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for capture in platform["captures"].as_array().context("captures")? {
            let evidence = capture["evidence"].as_str().context("evidence")?;
            by.entry(evidence)
                .or_default()
                .push(capture["capture_type"].as_str().context("capture type")?);
        }
        let cells = ["real", "recorded", "simulated", "documented"].iter();
        let cells =
            cells.filter_map(|evidence| by.get(evidence).map(|types| format!("{evidence}: {}", types.join(" "))));
        let slug = platform["platform"].as_str().context("slug")?;
        let title = platform["title"].as_str().context("title")?;
        let row = format!("| `{slug}` | {title} | {} |", cells.collect::<Vec<_>>().join("; "));
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
    Ok(())
}

#[test]
fn what_cannot_begin_is_said_in_one_line() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let password = folder.path().join("password");
    std::fs::write(&password, "secret\n")?;
    let cases: [(&[&str], &str); 5] = [
        (&["--platform", "cisco_iso"], "There is no platform 'cisco_iso'"),
        (&["--types", "config"], "There is no capture type 'config'"),
        (&["--inventory", "no-such.csv"], "Cannot read the inventory no-such.csv"),
        (
            &["--platforms-dir", "no-such"],
            "Cannot read the platform files in no-such",
        ),
        (&["--key", "no-such-key"], "Cannot read no-such-key"),
    ];
    for (arguments, said) in cases {
        let output = showrun()?
            .args(["collect", "--direct", "--user", "u", "--password-file"])
            .arg(&password)
            .args(arguments)
            .arg("127.0.0.1:1")
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .output()?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(
            error.contains(said) && error.lines().count() == 1,
            "{arguments:?}: {error}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_platform_file_is_named_and_the_others_work() -> anyhow::Result<()> {
    let fleet = Fleet::start(FleetOptions {
        devices: 1,
        platforms: vec![Platform::CiscoIos],
        ..FleetOptions::default()
    })
    .await?;
    let station = Station::of(&fleet)?;
    let folder = station.folder().join("platforms");
    std::fs::create_dir(&folder)?;
    std::fs::write(
        folder.join("mine.yaml"),
        "platform: mine\nextends: cisco_ios\nprompt: {pattern: '^(#$'}\n",
    )?;
    let run = station
        .collect()
        .types("version")
        .flag("--platforms-dir", &folder)
        .run()
        .await?;
    assert_eq!(run.outcome()?.devices_succeeded, 1);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("mine.yaml:3: prompt"), "{said}");
    fleet.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_spared() -> anyhow::Result<()> {
    const DEVICES: u32 = 6;
    let think = Duration::from_millis(200);
    let fleet = Fleet::start(FleetOptions {
        devices: DEVICES as usize,
        platforms: vec![Platform::CiscoIos],
        site_count: 1,
        think,
        ..FleetOptions::default()
    })
    .await?;
    let station = Station::of(&fleet)?;
    let one = station
        .collect()
        .types("version")
        .flag("--max-per-site", "1")
        .run()
        .await?;
    let all = station.collect().types("version").run().await?;
    assert_eq!(
        (one.outcome()?.devices_succeeded, all.outcome()?.devices_succeeded),
        (6, 6)
    );
    let seconds =
        |run: &tests::collect::Run| anyhow::Ok(Duration::from_secs_f64(run.outcome()?.execution_time_seconds));
    assert!(
        seconds(&one)? >= think * DEVICES,
        "one after the other takes at least {:?}",
        think * DEVICES
    );
    assert!(seconds(&all)? < think * DEVICES, "all at once: {:?}", seconds(&all)?);
    fleet.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_platform_of_the_lab_is_recognised() -> anyhow::Result<()> {
    let fleet = Fleet::start(FleetOptions {
        devices: 14,
        platforms: Platform::all().to_vec(),
        ..FleetOptions::default()
    })
    .await?;
    let inventory: String = fleet
        .inventory_csv()
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{}\n", cells[0], cells[1], cells[2])
        })
        .collect();
    let any = &fleet.devices()[0];
    let station = Station::new(&inventory, &any.username, &any.password, &any.enable_password)?;
    let run = station.collect().types("configs,version").run().await?;
    for device in fleet.devices() {
        let found = run.device(&device.name)?;
        assert_eq!(
            found.platform.as_deref(),
            Some(device.platform.slug()),
            "{}: {}",
            device.name,
            found.message
        );
        assert_eq!(
            found.status,
            "succeeded",
            "{}: {}\n{}",
            device.name,
            found.message,
            run.transcript(found)
        );
        let config = fleet
            .config_command(&device.name)
            .and_then(|command| fleet.expected(&device.name, command));
        if device.platform != Platform::Linux {
            assert_eq!(
                run.read(&Path::new("configs").join(format!("{}.txt", device.name)))?,
                config.unwrap_or_default().into_bytes()
            );
        }
    }
    fleet.stop().await;
    Ok(())
}

#[test]
fn a_command_line_that_is_not_understood_has_an_exit_code_of_its_own() -> anyhow::Result<()> {
    let wrong = showrun()?.args(["collect", "--no-such-flag"]).output()?;
    assert_eq!(wrong.status.code(), Some(64));
    ensure!(
        String::from_utf8_lossy(&wrong.stderr).contains("--no-such-flag"),
        "it says what it does not know"
    );
    assert_eq!(showrun()?.arg("--help").output()?.status.code(), Some(0));
    Ok(())
}
