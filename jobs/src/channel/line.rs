//! What carries a shell: an SSH channel, or a session that was recorded.

use russh::{Channel, ChannelMsg, client::Msg};

use crate::{error::DeviceError, error::FailureKind, transcript::Recording};

/// Silences in a row after which a recording is over. None of them takes any time.
const MOST_SILENCES: u32 = 8;

pub(super) enum Line {
    Ssh(Channel<Msg>),
    Recorded { recording: Recording, silences: u32 },
}

/// What came over the line.
pub(super) enum Heard {
    Data(bytes::Bytes),
    /// Nothing, for as long as one would wait.
    Silence,
    End,
}

impl Line {
    pub(super) fn recorded(recording: Recording) -> Self {
        Self::Recorded { recording, silences: 0 }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), DeviceError> {
        match self {
            Self::Ssh(channel) => channel
                .data_bytes(text.into_bytes())
                .await
                .map_err(|_| DeviceError::new(FailureKind::Disconnected, "The device closed the connection")),
            Self::Recorded { recording, silences } => {
                *silences = 0;
                recording.sent(&text);
                Ok(())
            }
        }
    }

    pub(super) async fn hear(&mut self) -> Heard {
        match self {
            Self::Ssh(channel) => loop {
                match channel.wait().await {
                    Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => {
                        return Heard::Data(data);
                    }
                    Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Heard::End,
                    Some(_) => {}
                }
            },
            Self::Recorded { recording, silences } => match recording.heard() {
                Some(data) => Heard::Data(data.into()),
                None if *silences < MOST_SILENCES => {
                    *silences += 1;
                    Heard::Silence
                }
                None => Heard::End,
            },
        }
    }
}
