//! Recorded sessions of real devices: every one on a platform of ours is played by a lab device and collected by the
//! real binary, and what is captured is held against what the device sent.
//!
//! The recorded commands are not those of the shipped platforms. They reach the device the way a user's own commands
//! do, through platform files that extend ours, one a session (`play`). What must be captured is found out from the
//! recordings alone (`recorded`, `screen`), and told in a table (`report`). The recordings themselves are no part of
//! this repository.

mod play;
mod recorded;
mod report;
mod screen;
mod wire;

use std::time::Duration;

use anyhow::ensure;
use lab::RecordedDevice;
use tests::collect::{DeviceOutcome, Run};
use tests::{places, skip};

use play::{Member, PASSWORD, USER, collect};
use recorded::{Session, Sessions};
use report::{Row, is_cut};
use wire::{Cut, Wire};

/// Of the outputs, so many must be captured exactly: 95 of 100.
const EQUAL: (usize, usize) = (95, 100);
/// Limit for a device to show its prompt; two of the recorded ones have none.
const PROMPT_LIMIT: &str = "8";
/// Silence after which a command counts as stuck, where the devices are made to fall silent.
const SILENCE: &str = "2";
/// Pieces into which a session's bytes are divided to be cut between them.
const WIRE_CUTS: u64 = 14;

/// The recorded sessions; `None`, and said so, where they are not there.
fn read(test: &str) -> anyhow::Result<Option<Sessions>> {
    let file = places::corpus().map(|folder| folder.join("sessions.jsonl"));
    let Some(file) = file.filter(|file| file.exists()) else {
        skip::skip(
            &format!("corpus::{test}"),
            "the recorded sessions are not there (SHOWRUN_CORPUS_DIR)",
        );
        return Ok(None);
    };
    recorded::read(&file).map(Some)
}

/// Those on platforms of ours.
fn sessions(test: &str) -> anyhow::Result<Option<Vec<Session>>> {
    Ok(read(test)?.map(|sessions| sessions.ours))
}

fn text_of(run: &Run, device: &DeviceOutcome, capture_type: &str) -> anyhow::Result<String> {
    let file = device.capture(capture_type).and_then(|capture| capture.file.clone());
    let bytes = file.map_or(Ok(Vec::new()), |file| run.read(&file))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The outputs of a device that are called complete and lack a part of what the session recorded.
fn cut_and_complete(run: &Run, device: &DeviceOutcome, session: &Session) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for output in &session.outputs {
        let got = text_of(run, device, &output.capture_type())?;
        if device.verdict(&output.capture_type()) == "complete" && is_cut(&got, &output.text) {
            found.push(format!("{} ({}): {}", session.name, device.device_name, output.command));
        }
    }
    Ok(found)
}

#[test]
fn every_session_on_a_platform_of_ours_is_played() -> anyhow::Result<()> {
    let Some(sessions) = read("every_session_on_a_platform_of_ours_is_played")? else {
        return Ok(());
    };
    for (model, slug) in recorded::PLATFORMS {
        ensure!(
            play::shipped(slug)?,
            "{model} is played as {slug}, which is not shipped"
        );
    }
    for model in &sessions.foreign {
        ensure!(
            !play::named_by_a_platform(model)?,
            "{model} is a platform of ours, and its sessions are not played"
        );
    }
    println!(
        "{} sessions; of other platforms: {}",
        sessions.ours.len(),
        sessions.foreign.join(", ")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_recorded_device_sent_is_what_is_captured() -> anyhow::Result<()> {
    let Some(sessions) = sessions("what_a_recorded_device_sent_is_what_is_captured")? else {
        return Ok(());
    };
    let mut devices = Vec::new();
    let mut cast = Vec::new();
    for session in &sessions {
        let device = RecordedDevice::start(session.recording.clone(), USER, PASSWORD).await?;
        cast.push(Member::new(&session.slug(), session, device.address()));
        devices.push(device);
    }
    let (_station, collect) = collect(&cast)?;
    let run = collect.flag("--prompt-timeout-seconds", PROMPT_LIMIT).run().await?;

    let mut rows = Vec::new();
    let mut cut = Vec::new();
    for (session, device) in sessions.iter().zip(&devices) {
        let outcome = run.device(&session.slug())?;
        let mut row = Row::new(session, outcome);
        for output in &session.outputs {
            let capture_type = output.capture_type();
            row.take(
                output,
                outcome.verdict(&capture_type),
                &text_of(&run, outcome, &capture_type)?,
            );
        }
        for excluded in &session.excluded {
            let verdict = outcome.verdict(&excluded.capture_type());
            ensure!(
                verdict != "complete",
                "{}: nothing shows where `{}` ends",
                session.name,
                excluded.command
            );
        }
        let unknown = device.unknown_inputs();
        ensure!(unknown.is_empty(), "{}: the device was sent {unknown:?}", session.name);
        cut.extend(cut_and_complete(&run, outcome, session)?);
        rows.push(row);
    }
    println!("{}", report::table(&rows));
    for row in &rows {
        print!("{}", row.details());
    }
    let outputs: usize = rows.iter().map(|row| row.outputs).sum();
    let equal: usize = rows.iter().map(|row| row.equal).sum();
    ensure!(cut.is_empty(), "cut, and called complete:\n{}", cut.join("\n"));
    ensure!(outputs > 0, "there is no output to compare");
    ensure!(
        equal * EQUAL.1 >= outputs * EQUAL.0,
        "{equal} of {outputs} outputs are equal: fewer than 95 %"
    );
    Ok(())
}

/// The texts of the sessions that were recorded without a terminal. They are not counted among the recorded outputs.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_recorded_without_a_terminal_is_captured_from_one() -> anyhow::Result<()> {
    let Some(sessions) = sessions("a_text_recorded_without_a_terminal_is_captured_from_one")? else {
        return Ok(());
    };
    let bare = sessions.iter().filter(|session| !session.excluded.is_empty());
    let sessions: Vec<Session> = bare.map(Session::with_echo_and_prompt).collect::<Result<_, _>>()?;
    let mut devices = Vec::new();
    let mut cast = Vec::new();
    for session in &sessions {
        let device = RecordedDevice::start(session.recording.clone(), USER, PASSWORD).await?;
        cast.push(Member::new(&session.slug(), session, device.address()));
        devices.push(device);
    }
    let (_station, collect) = collect(&cast)?;
    let run = collect.run().await?;
    for session in &sessions {
        let device = run.device(&session.slug())?;
        let mut row = Row::new(session, device);
        for output in &session.outputs {
            let capture_type = output.capture_type();
            row.take(
                output,
                device.verdict(&capture_type),
                &text_of(&run, device, &capture_type)?,
            );
        }
        println!(
            "{}: {} of {} equal\n{}",
            session.name,
            row.equal,
            row.outputs,
            row.details()
        );
        ensure!(
            row.equal == row.outputs && row.outputs > 0,
            "{}: a text differs",
            session.name
        );
    }
    Ok(())
}

/// Each output of each session ends early, in several places, and nothing comes behind it.
#[tokio::test(flavor = "multi_thread")]
async fn an_output_in_which_the_device_falls_silent_is_truncated() -> anyhow::Result<()> {
    let Some(sessions) = sessions("an_output_in_which_the_device_falls_silent_is_truncated")? else {
        return Ok(());
    };
    let mut devices = Vec::new();
    let mut cast = Vec::new();
    for session in &sessions {
        for output in &session.outputs {
            for place in recorded::Place::ALL {
                let Some(recording) = session.cut(output, place) else {
                    continue;
                };
                let device = RecordedDevice::start(recording, USER, PASSWORD).await?;
                let name = format!("{}-{}-{place:?}", session.slug(), output.capture_type()).to_lowercase();
                cast.push((Member::new(&name, session, device.address()), output, place));
                devices.push(device);
            }
        }
    }
    let members: Vec<Member<'_>> = cast.iter().map(|(member, ..)| member.clone()).collect();
    let (_station, collect) = collect(&members)?;
    let collect = collect
        .flag("--command-timeout-seconds", SILENCE)
        .within(Duration::from_secs(240));
    let run = collect.run().await?;

    let mut wrong = Vec::new();
    for (member, output, place) in &cast {
        let device = run.device(&member.name)?;
        wrong.extend(cut_and_complete(&run, device, member.session)?);
        // All of it may have come but for the prompt: without one it is not known to be all.
        let verdict = device.verdict(&output.capture_type());
        let first_bad = device.captures.iter().find(|capture| capture.verdict == "truncated");
        if verdict == "complete" || first_bad.is_none() {
            let name = &member.session.name;
            wrong.push(format!(
                "{name}: {} cut {place:?} is {verdict:?}: {}",
                output.command, device.message
            ));
        }
    }
    println!("{} cuts in {} sessions", cast.len(), sessions.len());
    ensure!(wrong.is_empty(), "cut, and not called truncated:\n{}", wrong.join("\n"));
    Ok(())
}

/// As above, but the connection ends too.
#[tokio::test(flavor = "multi_thread")]
async fn an_output_in_which_the_device_hangs_up_is_truncated() -> anyhow::Result<()> {
    let Some(sessions) = sessions("an_output_in_which_the_device_hangs_up_is_truncated")? else {
        return Ok(());
    };
    let mut devices = Vec::new();
    let mut wires = Vec::new();
    let mut cast = Vec::new();
    for session in &sessions {
        let Some(longest) = session.outputs.iter().max_by_key(|output| output.text.len()) else {
            continue;
        };
        let Some(recording) = session.cut(longest, recorded::Place::InALine) else {
            continue;
        };
        let device = RecordedDevice::start(recording, USER, PASSWORD).await?;
        let wire = Wire::start(device.address(), Cut::WhenSilentFor(Duration::from_secs(2))).await?;
        cast.push((Member::new(&session.slug(), session, wire.address()), longest));
        devices.push(device);
        wires.push(wire);
    }
    let members: Vec<Member<'_>> = cast.iter().map(|(member, _)| member.clone()).collect();
    let (_station, collect) = collect(&members)?;
    let run = collect.run().await?;

    for (member, longest) in &cast {
        let device = run.device(&member.name)?;
        let cut = cut_and_complete(&run, device, member.session)?;
        ensure!(cut.is_empty(), "cut, and called complete: {}", cut.join(", "));
        let name = &member.session.name;
        // Of several reasons the first: what a device refused came before it hung up.
        let refused = device.captures.iter().any(|capture| capture.verdict == "rejected");
        let reason = if refused { "command_rejected" } else { "disconnected" };
        ensure!(device.failure_kind.as_deref() == Some(reason), "{name}: {device:#?}");
        // On a busy machine the silence may come earlier, and then the cut one was never begun.
        let verdict = device.verdict(&longest.capture_type());
        ensure!(
            ["truncated", "not_run"].contains(&verdict),
            "{name}: {} is {verdict}",
            longest.command
        );
    }
    Ok(())
}

/// The connection ends after any number of bytes: within the handshake, a login, an output, between two of them.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_connection_ends_what_is_called_complete_is_whole() -> anyhow::Result<()> {
    let Some(sessions) = sessions("wherever_the_connection_ends_what_is_called_complete_is_whole")? else {
        return Ok(());
    };
    let sessions: Vec<&Session> = sessions.iter().filter(|session| !session.outputs.is_empty()).collect();
    let mut devices = Vec::new();
    let mut whole = Vec::new();
    let mut cast = Vec::new();
    for session in &sessions {
        let device = RecordedDevice::start(session.recording.clone(), USER, PASSWORD).await?;
        let wire = Wire::start(device.address(), Cut::Never).await?;
        cast.push(Member::new(&session.slug(), session, wire.address()));
        devices.push(device);
        whole.push(wire);
    }
    let (_station, of_all) = collect(&cast)?;
    of_all.run().await?;

    let mut wires = Vec::new();
    let mut cast = Vec::new();
    for ((session, device), whole) in sessions.iter().zip(&devices).zip(&whole) {
        for part in 1..WIRE_CUTS {
            let bytes = whole.passed() * part / WIRE_CUTS;
            let wire = Wire::start(device.address(), Cut::After(bytes)).await?;
            cast.push(Member::new(
                &format!("{}-{bytes}", session.slug()),
                session,
                wire.address(),
            ));
            wires.push(wire);
        }
    }
    let (_station, of_parts) = collect(&cast)?;
    let run = of_parts.run().await?;

    let mut cut = Vec::new();
    let mut verdicts = std::collections::BTreeMap::<String, usize>::new();
    for member in &cast {
        let device = run.device(&member.name)?;
        ensure!(
            device.status != "succeeded",
            "{}: it lacks bytes, and is a success",
            member.name
        );
        cut.extend(cut_and_complete(&run, device, member.session)?);
        for capture in &device.captures {
            *verdicts.entry(capture.verdict.clone()).or_default() += 1;
        }
    }
    println!("{} connections cut: {verdicts:?}", cast.len());
    ensure!(cut.is_empty(), "cut, and called complete:\n{}", cut.join("\n"));
    ensure!(
        verdicts.contains_key("truncated") && verdicts.contains_key("complete"),
        "{verdicts:?}"
    );
    Ok(())
}
