//! Cases 28 to 34: what devices print that is not what was asked for, and outputs that break off.

use anyhow::{Context, ensure};
use lab::{Fault, FleetOptions, Platform};
use tests::collect::{Run, Station, TYPES};

use crate::scene::{Scene, same};

const IOS: &[Platform] = &[Platform::CiscoIos];
/// What a device with the fault `binary` puts into the middle of its outputs.
const RAW: &[u8] = b"raw \x00\x01\x02 \xff\xfe\xc3\x28 \xf0\x9f\x92 \xed\xa0\x80 end\n";

/// The text with other lines put in where the lab puts them: behind the first line that ends in its second half, of the
/// text as the terminal gets it.
pub(crate) fn with_middle(text: &[u8], put_in: &[u8]) -> Vec<u8> {
    let on_terminal = |bytes: &[u8]| bytes.len() + memchr::memchr_iter(b'\n', bytes).count();
    let half = on_terminal(text) / 2;
    let mut ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1);
    let at = ends.find(|end| on_terminal(&text[..*end]) > half).unwrap_or(text.len());
    [&text[..at], put_in, &text[at..]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_28_binary() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Binary, Platform::all()).await?;
    let run = scene.run(&scene.collect().types("configs,interfaces")).await?;
    scene.is_whole(&run, scene.healthy())?;
    std::str::from_utf8(&run.stdout).context("the result is valid UTF-8")?;
    for name in scene.faulty() {
        let device = run.device(name)?;
        assert_eq!(device.status, "succeeded", "{name}: {}", device.message);
        for capture in &device.captures {
            let printed = with_middle(&scene.expected(name, capture)?, RAW);
            let stored = run.read(capture.file.as_deref().unwrap())?;
            same(&stored, &printed).with_context(|| format!("{name}, {}", capture.capture_type))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_29_ansi() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Ansi, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_drip() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Drip(20), &[Platform::CiscoIos, Platform::JuniperJunos]).await?;
    let slow = scene
        .collect()
        .types("version")
        .flag("--command-total-seconds", "2")
        .flag("--retries", "0");
    let run = scene.run(&slow).await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &["command_timeout"])?;
        assert_eq!(device.verdict("version"), "truncated");
        assert!(device.message.contains('2'), "{}", device.message);
    }
    assert!(run.elapsed.as_secs() < 8, "{:?}", run.elapsed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_drip_that_ends_in_time() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Drip(10), &[Platform::CiscoIos, Platform::JuniperJunos]).await?;
    // One byte is enough to show that a device is still at work: only silence counts.
    let patient = scene.collect().types("clock").flag("--command-timeout-seconds", "1");
    let run = scene.run(&patient).await?;
    for name in scene.faulty() {
        scene.is_whole(&run, name)?;
    }
    Ok(())
}

/// A device that breaks off in the middle of its configuration: a part, which is never taken for the whole.
async fn breaks_off(fault: Fault, kind: &str) -> anyhow::Result<()> {
    let scene = Scene::with(fault, Platform::all()).await?;
    let run = scene
        .run(&scene.collect().flag("--command-timeout-seconds", "2"))
        .await?;
    for name in scene.faulty() {
        let device = scene.failed_wholly(&run, name, &[kind])?;
        assert_eq!(device.verdict("configs"), "truncated", "{name}");
        for later in device
            .captures
            .iter()
            .filter(|capture| capture.capture_type != "configs")
        {
            assert_eq!(later.verdict, "not_run", "{name}, {}", later.capture_type);
        }
        let configs = device.capture("configs").context("configs")?;
        let part = run.read(configs.file.as_deref().context("the part that came is kept")?)?;
        let whole = scene.expected(name, configs)?;
        ensure!(
            part.len() < whole.len() && !part.is_empty(),
            "{name}: {} of {} bytes",
            part.len(),
            whole.len()
        );
        ensure!(
            whole.starts_with(part.trim_ascii_end()),
            "{name}: the part is no beginning of the whole"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_31_stall_mid() -> anyhow::Result<()> {
    breaks_off(Fault::StallMid, "command_timeout").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_31_close_mid() -> anyhow::Result<()> {
    breaks_off(Fault::CloseMid, "disconnected").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_31_rst_mid() -> anyhow::Result<()> {
    breaks_off(Fault::RstMid, "disconnected").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_31_what_was_complete_before_stays() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::CloseMid, IOS).await?;
    let name = scene.first();
    scene.fleet.set_fault(name, None);
    scene.everything_is_whole(&scene.run(&scene.collect()).await?)?;
    let good = files_of(&scene, name)?;

    scene.fleet.set_fault(name, Some(Fault::CloseMid));
    let run = scene.run(&scene.collect().flag("--retries", "1")).await?;
    let device = scene.failed_wholly(&run, name, &["disconnected"])?;
    assert_eq!(device.attempt, 2, "a broken connection is tried again");
    assert_eq!(files_of(&scene, name)?, good);
    Ok(())
}

/// The good files of a device, one for each type.
fn files_of(scene: &Scene, name: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let out = scene.collect().out_folder();
    let read = |capture_type: &str| Ok(std::fs::read(out.join(capture_type).join(format!("{name}.txt")))?);
    TYPES.into_iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_32_pager_stays() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::PagerStays, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_32_pager_unknown_text() -> anyhow::Result<()> {
    // Every second device pages with another text than its neighbours.
    let twice = [&[Platform::CiscoIos], Platform::all()].concat();
    let scene = Scene::with(Fault::PagerUnknownText, &twice).await?;
    let run = scene.run(&scene.collect().types("configs,version")).await?;
    // Such a text may also look like the platform's own prompt; then the device fails, and nothing is cut in silence.
    for name in scene.faulty() {
        if run.device(name)?.status == "succeeded" {
            scene.is_whole(&run, name)?;
        } else {
            scene.failed(&run, name, &["command_timeout", "output_truncated", "prompt_not_found"])?;
        }
    }
    let whole = scene.faulty().filter(|name| scene.is_whole(&run, name).is_ok()).count();
    ensure!(
        whole > twice.len() / 2,
        "only {whole} of {} were collected",
        twice.len()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_33_unknown_command() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::UnknownCommand, Platform::all()).await?;
    let names: Vec<String> = scene.faulty().map(str::to_owned).collect();
    names.iter().for_each(|name| assert!(scene.fleet.set_fault(name, None)));
    scene.everything_is_whole(&scene.run(&scene.collect()).await?)?;
    let good: Vec<_> = names
        .iter()
        .map(|name| files_of(&scene, name))
        .collect::<Result<_, _>>()?;

    names
        .iter()
        .for_each(|name| assert!(scene.fleet.set_fault(name, Some(Fault::UnknownCommand))));
    let run = scene.run(&scene.collect()).await?;
    for (name, good) in names.iter().zip(good) {
        let device = scene.failed_wholly(&run, name, &["command_rejected"])?;
        for capture in &device.captures {
            assert_eq!(capture.verdict, "rejected", "{name}, {}", capture.capture_type);
            assert!(
                capture.message.as_deref().is_some_and(|message| message.len() > 20),
                "{name}: {capture:?}"
            );
        }
        assert_eq!(files_of(&scene, name)?, good, "{name}: what was good is kept");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_33_empty() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Empty, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    for name in scene.faulty() {
        let device = run.device(name)?;
        let platform = device.platform.as_deref().unwrap_or("?");
        // Tables may be empty on some platforms; the others can never be.
        for capture in &device.captures {
            let never = ["configs", "version", "interfaces"].contains(&capture.capture_type.as_str());
            let verdict = capture.verdict.as_str();
            let what = || format!("{name} ({platform}), {}: {verdict}", capture.capture_type);
            ensure!(
                verdict == "empty" || (!never && verdict == "complete" && capture.bytes == 0),
                "{}",
                what()
            );
        }
        ensure!(
            device.failure_kind.as_deref() == Some("output_empty"),
            "{name}: {:?}",
            device.failure_kind
        );
        ensure!(
            device.status != "succeeded" && device.hint.is_some(),
            "{name}: {}",
            device.status
        );
    }
    scene.is_whole_in_all_types(&run, scene.healthy())
}

/// A folder where a file should go, so that the file cannot be stored.
fn no_room_for(scene: &Scene, place: &str) -> anyhow::Result<()> {
    let folder = scene
        .collect()
        .out_folder()
        .join(place)
        .join(format!("{}.txt", scene.first()));
    std::fs::create_dir_all(folder)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stored_is_told_of_its_own_capture() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Hostile, IOS).await?;
    no_room_for(&scene, "arp")?;
    let run = scene.run(&scene.collect().types("configs,arp,mac,version")).await?;
    let device = run.device(scene.first())?;
    let verdicts: Vec<(&str, &str)> = device
        .captures
        .iter()
        .map(|capture| (capture.capture_type.as_str(), capture.verdict.as_str()))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("configs", "complete"),
            ("arp", "truncated"),
            ("mac", "truncated"),
            ("version", "not_run")
        ]
    );
    assert_eq!(device.failure_kind.as_deref(), Some("internal"), "{}", device.message);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_failures_the_first_one_is_told() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::UnknownCommand, IOS).await?;
    no_room_for(&scene, "incomplete/version")?;
    let run = scene.run(&scene.collect().types("configs,version,inventory")).await?;
    let device = run.device(scene.first())?;
    assert_eq!(
        (device.verdict("configs"), device.verdict("version")),
        ("rejected", "truncated")
    );
    assert_eq!(
        device.failure_kind.as_deref(),
        Some("command_rejected"),
        "{}",
        device.message
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_34_hostile() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::Hostile, Platform::all()).await?;
    let run = scene.run(&scene.collect()).await?;
    scene.everything_is_whole(&run)?;
    let config = |name: &str| {
        scene
            .fleet
            .expected(name, scene.fleet.config_command(name).unwrap())
            .unwrap()
    };
    let texts: String = scene.faulty().map(config).collect();
    ensure!(
        texts.contains("<script>") && texts.contains("=HYPERLINK("),
        "the lab is not hostile"
    );

    let table = scene.collect().without("--output").out("table").run().await?;
    is_inert(&table)
}

/// Nothing that was printed can move a cursor.
fn is_inert(run: &Run) -> anyhow::Result<()> {
    for printed in [&run.stdout, &run.stderr] {
        let text = std::str::from_utf8(printed)?;
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        ensure!(control.is_none(), "{control:?} in:\n{}", text.escape_debug());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_34_hostile_names_of_devices() -> anyhow::Result<()> {
    let names = [
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://evil.example\";\"x\")",
        "../../../escaped",
        "/etc/escaped",
        "..",
        "a/b",
        "CON",
        "'; drop table device; --",
        "\u{1b}[2J\u{1b}]0;title\u{7}x",
        "right-\u{202e}to-left",
        "%2e%2e%2fx",
        &"long".repeat(75),
    ];
    let scene = Scene::of(FleetOptions {
        devices: 1,
        platforms: IOS.to_vec(),
        ..FleetOptions::default()
    })
    .await?;
    let info = &scene.fleet.devices()[0];
    let mut inventory = String::from("name,host,port,platform\n");
    for name in names {
        let name = name.replace('"', "\"\"");
        inventory.push_str(&format!(
            "\"{name}\",{},{},cisco_ios\n",
            info.address.ip(),
            info.address.port()
        ));
    }
    let station = Station::new(&inventory, &info.username, &info.password, &info.enable_password)?;
    let before = tests::collect::files_in(station.folder())?;

    let run = station.collect().types("version").run().await?;
    let outcome = run.outcome()?;
    ensure!(
        outcome.devices.len() >= 8,
        "only {} of {} names were taken",
        outcome.devices.len(),
        names.len()
    );
    let printed = scene
        .fleet
        .expected(&info.name, "show version")
        .context("show version")?;
    let mut places = Vec::new();
    for device in &outcome.devices {
        ensure!(
            names.contains(&device.device_name.as_str()),
            "{:?} is no name of the inventory",
            device.device_name
        );
        ensure!(
            device.status == "succeeded",
            "{:?}: {}",
            device.device_name,
            device.message
        );
        let file = device.captures[0].file.clone().context("a file")?;
        ensure!(
            file.components().count() == 2 && file.starts_with("version"),
            "{}",
            file.display()
        );
        same(&run.read(&file)?, printed.as_bytes())?;
        places.push(file);
    }
    places.sort();
    places.dedup();
    assert_eq!(places.len(), outcome.devices.len(), "each device has a file of its own");
    let mut after = tests::collect::files_in(station.folder())?;
    after.retain(|file| !before.contains(file) && !file.starts_with("out/version") && !file.ends_with("known_hosts"));
    assert_eq!(after, Vec::<std::path::PathBuf>::new(), "files outside their folder");

    is_inert(
        &station
            .collect()
            .types("version")
            .without("--output")
            .out("table")
            .run()
            .await?,
    )
}
