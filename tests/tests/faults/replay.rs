//! What was said in a session, cleaned again without the device.

use std::process::Command;

use anyhow::Context;
use lab::{Fault, Platform};

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transcript_is_cleaned_again_to_the_same_texts() -> anyhow::Result<()> {
    let scene = Scene::with(Fault::UnknownCommand, Platform::all()).await?;
    let run = scene.run(&scene.collect().types("version,interfaces,arp")).await?;
    let showrun = tests::places::binary("showrun").context("showrun is not built")?;
    for name in scene.faulty() {
        let device = run.device(name)?;
        let transcript = device.transcript.as_deref().context("no transcript")?;
        let platform = device.platform.as_deref().context("no platform")?;
        let output = Command::new(&showrun)
            .args(["replay", "--platform", platform])
            .arg(run.out.join(transcript))
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut stored = String::new();
        for capture in &device.captures {
            // Several commands are stored with their head lines already.
            if let [command] = capture.commands.as_slice() {
                stored.push_str(&format!(">>> {command}\n"));
            }
            let file = capture.file.as_deref().context("no file")?;
            stored.push_str(&String::from_utf8_lossy(&run.read(file)?));
        }
        assert_eq!(said, stored, "{name}, {platform}: {errors}\n{}", run.transcript(device));
        assert!(output.status.success(), "{name}, {platform}: {errors}");
    }
    Ok(())
}
