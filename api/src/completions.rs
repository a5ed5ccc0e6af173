//! `showrun completions`: what makes a shell complete the command.

use std::process::ExitCode;

use clap::{Command, ValueEnum};
use clap_complete::{generate, shells};

use crate::listing;

/// Options of `showrun completions`.
#[derive(clap::Args)]
#[command(
    after_help = "For bash: showrun completions bash > ~/.local/share/bash-completion/completions/showrun\n\
                        For zsh:  showrun completions zsh > DIR/_showrun, with DIR in $fpath\n\
                        For fish: showrun completions fish > ~/.config/fish/completions/showrun.fish"
)]
pub(crate) struct Options {
    /// Which shell
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn run(options: &Options, command: &mut Command) -> anyhow::Result<ExitCode> {
    let (name, mut script) = ("showrun", Vec::new());
    match options.shell {
        Shell::Bash => generate(shells::Bash, command, name, &mut script),
        Shell::Zsh => generate(shells::Zsh, command, name, &mut script),
        Shell::Fish => generate(shells::Fish, command, name, &mut script),
    }
    listing::out(&script)?;
    Ok(ExitCode::SUCCESS)
}
