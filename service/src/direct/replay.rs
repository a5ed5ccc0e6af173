//! A recorded session, cleaned again.

use std::path::Path;

use super::{DirectError, catalogue};

/// What a recorded session comes to with the platform files as they are now.
pub struct Replay {
    /// Commands and their clean answers, in order.
    pub answers: Vec<(String, Vec<u8>)>,
    /// Why it went no further.
    pub ended: Option<String>,
    /// Platform files that could not be used.
    pub warnings: Vec<String>,
}

/// Says the commands of a transcript again and takes from it what the device answered.
///
/// # Errors
/// When there is no such platform, or its folder cannot be read.
pub async fn replay(transcript: &[u8], platform: &str, platforms_dir: Option<&Path>) -> Result<Replay, DirectError> {
    let (catalogue, warnings) = catalogue(platforms_dir)?;
    let Some(found) = catalogue.platform(platform) else {
        let known: Vec<&str> = catalogue.slugs().collect();
        return Err(DirectError(format!(
            "There is no platform '{platform}'; there are {}",
            known.join(", ")
        )));
    };
    let replayed = jobs::replay::replay(transcript, &found).await;
    Ok(Replay {
        answers: replayed
            .answers
            .into_iter()
            .map(|answer| (answer.command, answer.text))
            .collect(),
        ended: replayed.ended.map(|error| error.message),
        warnings,
    })
}
