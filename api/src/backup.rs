//! `showrun backup` and `showrun restore`: copies of the data of a server.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    config::{self, ServerOptions},
    listing,
};

/// Options of `showrun backup`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The file that is made; it must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Put the key of the secrets into it too: who has the file can then read them
    #[arg(long)]
    with_key: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Options of `showrun restore`.
#[derive(clap::Args)]
pub(crate) struct RestoreOptions {
    /// What `showrun backup` made
    file: PathBuf,
    /// Only look whether everything in it can be read back
    #[arg(long, conflicts_with = "data_dir")]
    verify: bool,
    /// A new or empty folder, which is then the data directory of a server
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    data_dir: Option<PathBuf>,
}

/// Copies the data.
///
/// # Errors
/// A sentence that says why there is no copy.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let config = options.server.server()?.service;
    let made = service::backup::create(&config, &options.out, options.with_key).await?;
    let key = match made.has_key {
        true => "with the key of the secrets: keep it safe",
        false => "without the key of the secrets: keep a copy of that apart",
    };
    listing::out(
        format!(
            "{}: the database and {} files, {key}\n",
            options.out.display(),
            made.files
        )
        .as_bytes(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy back, or only checks it.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) async fn restore(options: RestoreOptions) -> anyhow::Result<ExitCode> {
    let probe = config::temporary().join(format!("showrun-verify-{}", uuid::Uuid::now_v7()));
    let (folder, kept) = match options.data_dir {
        Some(folder) => (folder, true),
        None => (probe, false),
    };
    let read = service::backup::restore(&options.file, &folder).await;
    if !kept {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let read = read?;
    let key = match read.has_key {
        true => "the key of the secrets fits",
        false => "the key of the secrets is not in it",
    };
    listing::out(format!("The database is whole, {} texts read back; {key}\n", read.texts).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
