//! `showrun replay`: a recorded session through the cleaner once more, without its device.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use service::direct;

use crate::config;

/// A longer transcript is none of ours.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Options of `showrun replay`.
#[derive(clap::Args)]
#[command(
    after_help = "Transcripts are what `showrun collect --direct` leaves under transcripts/, and what the server keeps of a \
                  device (GET /api/v1/collections/{id}/devices/{device_id}/transcript)."
)]
pub(crate) struct Options {
    /// The platform that the device is of
    #[arg(long)]
    platform: String,
    #[command(flatten)]
    own: config::PlatformOptions,
    /// The transcript; - reads it from standard input
    transcript: PathBuf,
}

/// Prints the clean answers, each headed by its command.
///
/// # Errors
/// When the transcript or the platform files cannot be read.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let transcript = read(&options).with_context(|| format!("Cannot read {}", options.transcript.display()))?;
    let replay = direct::replay(&transcript, &options.platform, options.own.platforms_dir.as_deref()).await?;
    for warning in &replay.warnings {
        eprintln!("showrun: {warning}");
    }
    let mut out = std::io::stdout().lock();
    for (command, text) in &replay.answers {
        writeln!(out, ">>> {command}")?;
        out.write_all(text)?;
    }
    out.flush()?;
    match &replay.ended {
        Some(why) => {
            eprintln!("showrun: the replay went no further: {why}");
            Ok(ExitCode::FAILURE)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

fn read(options: &Options) -> std::io::Result<Vec<u8>> {
    let mut transcript = Vec::new();
    if options.transcript.as_os_str() == "-" {
        std::io::stdin().take(LONGEST).read_to_end(&mut transcript)?;
    } else {
        std::fs::File::open(&options.transcript)?
            .take(LONGEST)
            .read_to_end(&mut transcript)?;
    }
    Ok(transcript)
}
