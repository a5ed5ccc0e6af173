//! A recorded session through the cleaner once more: what a device's answers look like with the platform's file as it is
//! now, without the device.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    channel::{ExchangeLimits, Shell, TextSink},
    error::{DeviceError, FailureKind},
    platform::Platform,
    transcript::{Recording, SECRET},
};

/// A recording is never waited for; this only bounds the work on it.
const LIMIT: Duration = Duration::from_secs(60);
const LIMITS: ExchangeLimits = ExchangeLimits {
    silence: LIMIT,
    total: LIMIT,
};

/// The clean answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As it was sent.
    pub command: String,
    /// As it would be stored, each line ended by LF.
    pub text: Vec<u8>,
}

/// What a recorded session comes to.
#[derive(Debug)]
pub struct Replayed {
    /// The answers in order. The last one may be a part, where `ended` says something.
    pub answers: Vec<Answer>,
    /// Why it went no further than that.
    pub ended: Option<DeviceError>,
}

/// The answer before the one whose command is being sent; before the first command there is none.
impl TextSink for Option<Answer> {
    async fn text(&mut self, text: &[u8]) -> Result<(), DeviceError> {
        if let Some(answer) = self {
            answer.text.extend_from_slice(text);
        }
        Ok(())
    }
}

/// Says the commands of a transcript again, to the recording.
pub async fn replay(transcript: &[u8], platform: &Arc<Platform>) -> Replayed {
    let recording = Recording::read(transcript);
    let mut shell = Shell::recorded(recording, Arc::clone(platform), Instant::now() + LIMIT);
    let mut answers = Vec::new();
    let ended = match dialogue(&mut shell, platform, &mut answers).await {
        Err(_) if shell.is_cut() => Some(DeviceError::new(
            FailureKind::OutputTruncated,
            "The rest of this answer was left out of the transcript; `keep_transcripts` keeps more of a session",
        )),
        ended => ended.err(),
    };
    let cut = answers.len().saturating_sub(usize::from(ended.is_some()));
    for (index, answer) in answers.iter_mut().enumerate() {
        as_stored(&mut answer.text, index >= cut);
    }
    Replayed { answers, ended }
}

/// One LF at the end; none where a text was cut in the middle of a line.
fn as_stored(text: &mut Vec<u8>, cut: bool) {
    let in_a_line = cut && text.last().is_some_and(|last| *last != b'\n');
    let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
    text.truncate(end);
    if end > 0 && !in_a_line {
        text.push(b'\n');
    }
}

async fn dialogue(shell: &mut Shell, platform: &Platform, answers: &mut Vec<Answer>) -> Result<(), DeviceError> {
    let opening = match shell.upcoming().first() {
        Some(first) if platform.on_open.first().is_some_and(|command| command == first) => platform.on_open.as_slice(),
        _ => &[],
    };
    let opened = shell.find_prompt(opening, LIMIT).await?;
    let mut setting_up = platform.on_open.iter().skip(opened.ran).peekable();
    let closing = platform.on_close.first();
    let enter = platform.modes.last().and_then(|mode| mode.enter.as_ref());
    loop {
        let upcoming = shell.upcoming();
        let Some(command) = upcoming.iter().find(|input| !input.is_empty()).cloned() else {
            break;
        };
        if closing == Some(&command) {
            break;
        }
        if enter == Some(&command) && upcoming.iter().any(|input| input == SECRET) {
            shell.enter_privileged(SECRET, LIMIT).await?;
            continue;
        }
        let mut answer = Some(Answer {
            command: command.clone(),
            text: Vec::new(),
        });
        let mut last = answers.pop();
        let ended = say(shell, &command, &upcoming, &mut last, &mut answer).await;
        answers.extend(last);
        // What only sets the session up is no answer that anybody stores.
        // Nor is a command that nothing came of any more.
        if setting_up.next_if(|setting| **setting == command).is_none() {
            answers.extend(answer.filter(|answer| ended.is_ok() || !answer.text.is_empty()));
        }
        ended?;
    }
    let mut last = answers.pop();
    let ended = shell.leave(&mut last, LIMITS).await;
    answers.extend(last);
    ended
}

/// Sends a command with the empty lines that were sent before it, beside the one with which an exchange may begin.
async fn say(
    shell: &mut Shell,
    command: &str,
    upcoming: &[String],
    last: &mut Option<Answer>,
    answer: &mut Option<Answer>,
) -> Result<(), DeviceError> {
    let empty = upcoming.iter().take_while(|input| input.is_empty()).count();
    for _ in usize::from(shell.confirms_first())..empty {
        shell.confirm(last, LIMITS).await?;
    }
    shell.exchange(command, last, answer, LIMITS).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, transcript::Transcript};

    /// A session on a platform: what is sent, and what comes after it.
    fn session(said: &[(&str, &str)]) -> Vec<u8> {
        let mut transcript = Transcript::whole();
        for (sent, heard) in said {
            match *sent {
                "" => {}
                "(secret)" => transcript.secret("s3cret"),
                sent => transcript.input(sent),
            }
            transcript.output(heard.as_bytes());
        }
        transcript.into_bytes()
    }

    async fn replayed(platform: &str, said: &[(&str, &str)]) -> Replayed {
        let platform = Catalogue::shipped().platform(platform).unwrap();
        replay(&session(said), &platform).await
    }

    fn texts(replayed: &Replayed) -> Vec<(&str, &str)> {
        let answers = replayed.answers.iter();
        answers
            .map(|answer| (answer.command.as_str(), std::str::from_utf8(&answer.text).unwrap()))
            .collect()
    }

    const OPENING: (&str, &str) = (
        "terminal length 0\nterminal width 511\n",
        "terminal length 0\r\nr1#terminal width 511\r\nr1#",
    );

    #[tokio::test]
    async fn a_session_is_cleaned_as_it_was() {
        let replayed = replayed(
            "cisco_ios",
            &[
                ("", "\r\nWelcome to r1# today\r\nr1#"),
                OPENING,
                ("show version\n", "show version\r\nCisco IOS\r\n"),
                ("", " --More-- "),
                (" ", "\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08          \x08\x08\x08\x08\x08\x08\x08\x08\x08\x08Uptime 1\r\nr1#"),
                ("show clock\n", "show clo\r\nck\r\n12:00:00\r\nr1#"),
                ("\nexit\n", "\r\nr1#exit\r\n"),
            ],
        )
        .await;
        assert_eq!(replayed.ended.as_ref().map(ToString::to_string), None);
        assert_eq!(
            texts(&replayed),
            [("show version", "Cisco IOS\nUptime 1\n"), ("show clock", "12:00:00\n")]
        );
    }

    #[tokio::test]
    async fn the_way_to_privileges_is_walked_without_the_secret() {
        let replayed = replayed(
            "cisco_ios",
            &[
                ("", "\r\nr1>"),
                ("\n", "\r\nr1>"),
                ("enable\n", "enable\r\nPassword: "),
                ("(secret)", "\r\nr1#"),
                ("terminal length 0\n", "terminal length 0\r\nr1#"),
                ("terminal width 511\n", "terminal width 511\r\nr1#"),
                ("show ip arp\n", "show ip arp\r\nnone\r\nr1#"),
                ("\nexit\n", "\r\nr1#exit\r\n"),
            ],
        )
        .await;
        assert_eq!(replayed.ended.as_ref().map(ToString::to_string), None);
        assert_eq!(texts(&replayed), [("show ip arp", "none\n")]);
    }

    #[tokio::test]
    async fn a_platform_that_confirms_by_enter_is_replayed_too() {
        let replayed = replayed(
            "linux",
            &[
                ("", "me@box:~$ "),
                (
                    "export LC_ALL=C PAGER=cat SYSTEMD_PAGER=cat PATH=\"$PATH:/usr/sbin:/sbin\"\n",
                    "export LC_ALL=C PAGER=cat SYSTEMD_PAGER=cat PATH=\"$PATH:/usr/sbin:/sbin\"\r\nme@box:~$ ",
                ),
                ("\n", "\r\nme@box:~$ "),
                ("ip neigh\n", "ip neigh\r\n192.0.2.1 dev eth0\r\nme@box:~$ "),
                ("\n", "\r\nme@box:~$ "),
                ("exit\n", "exit\r\n"),
            ],
        )
        .await;
        assert_eq!(replayed.ended.as_ref().map(ToString::to_string), None);
        assert_eq!(texts(&replayed), [("ip neigh", "192.0.2.1 dev eth0\n")]);
    }

    #[tokio::test]
    async fn a_session_that_broke_says_where() {
        let replayed = replayed(
            "cisco_ios",
            &[
                ("", "\r\nr1#"),
                OPENING,
                ("show version\n", "show version\r\nCisco IOS\r\nhalf a li"),
            ],
        )
        .await;
        assert!(replayed.ended.is_some());
        assert_eq!(texts(&replayed), [("show version", "Cisco IOS\n")]);
    }

    #[tokio::test]
    async fn what_was_left_out_ends_it() {
        let mut transcript = Transcript::default();
        transcript.output(b"\r\nr1#");
        transcript.input(OPENING.0);
        transcript.output(OPENING.1.as_bytes());
        transcript.input("show running-config\n");
        transcript.output(b"show running-config\r\n");
        for number in 0..10_000 {
            transcript.output(format!("line {number}\r\n").as_bytes());
        }
        transcript.output(b"r1#");
        let platform = Catalogue::shipped().platform("cisco_ios").unwrap();
        let replayed = replay(&transcript.into_bytes(), &platform).await;
        let ended = replayed.ended.unwrap();
        assert!(ended.message.contains("left out"), "{}", ended.message);
        assert!(replayed.answers[0].text.starts_with(b"line 0\nline 1\n"));
        assert!(!replayed.answers[0].text.ends_with(b"line 9999\n"));
    }
}
