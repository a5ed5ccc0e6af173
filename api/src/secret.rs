//! Secrets from files, standard input and people.

use std::{
    io::{IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use secrecy::SecretString;

/// A secret from a file, or from standard input for `-`. Of a password the line end is no part.
///
/// # Errors
/// When it cannot be read, or is empty.
pub(crate) fn read(file: &Path, one_line: bool) -> anyhow::Result<SecretString> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("Cannot read the secret from standard input")?;
        text
    } else {
        std::fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))?
    };
    let secret = if one_line {
        text.trim_end_matches(['\r', '\n'])
    } else {
        text.as_str()
    };
    anyhow::ensure!(!secret.is_empty(), "{} is empty", file.display());
    Ok(secret.to_owned().into())
}

/// A secret from a person; `None` where there is nobody to ask.
pub(crate) fn ask(prompt: &str) -> Option<SecretString> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let answer = dialoguer::Password::new().with_prompt(prompt).interact().ok()?;
    Some(answer.into())
}
