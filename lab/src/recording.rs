//! A device that plays a recorded session.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, run_stream};
use russh::{Channel, ChannelId, MethodKind, MethodSet, Pty};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::device::lock;
use crate::server::ACCEPT_AGAIN;
use crate::wire::Wire;

/// A recorded session: what the device sent first, and what it sent for each thing that was typed.
#[derive(Debug, Clone, Deserialize)]
pub struct Recording {
    /// The platform, as whoever recorded the session calls it.
    #[serde(default)]
    pub model: String,
    /// Everything before the first command, ending in the prompt.
    pub init_prompt: String,
    /// What was typed (a line with its end, or one space for a pager) and what came: echo, output, next prompt.
    pub steps: Vec<(String, String)>,
    /// The steps come in this order.
    #[serde(default)]
    pub ordered: bool,
    /// What the Enter key sent when the session was recorded.
    #[serde(default)]
    pub newline: Option<String>,
}

impl Recording {
    /// Reads one line of a file of recordings.
    pub fn from_json(line: &str) -> anyhow::Result<Recording> {
        serde_json::from_str(line).context("this is no recorded session")
    }

    /// Reads all recordings of a file, JSON values one after the other.
    pub fn all_from_file(path: &Path) -> anyhow::Result<Vec<Recording>> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let stream = serde_json::Deserializer::from_str(&text).into_iter::<Recording>();
        stream.map(|one| one.context("this is no recorded session")).collect()
    }

    /// Reads a file that holds one recording, or the first of several.
    pub fn from_file(path: &Path) -> anyhow::Result<Recording> {
        let all = Recording::all_from_file(path)?;
        all.into_iter().next().context("the file is empty")
    }

    /// The prompt that the session was recorded with: the last line before the first command, if any step ends in it.
    fn prompt(&self) -> String {
        let last = self.init_prompt.rsplit('\n').next().unwrap_or_default();
        let used = !last.is_empty() && self.steps.iter().any(|(_, received)| received.ends_with(last));
        if used { last.to_owned() } else { String::new() }
    }

    /// Recordings that lost their carriage returns get them back.
    fn wire(&self, text: &str) -> Vec<u8> {
        let has_returns =
            self.init_prompt.contains("\r\n") || self.steps.iter().any(|(_, received)| received.contains("\r\n"));
        if has_returns {
            text.as_bytes().to_vec()
        } else {
            text.replace('\n', "\r\n").into_bytes()
        }
    }
}

/// A running device that plays a [`Recording`], for every connection from its start.
#[derive(Debug)]
pub struct RecordedDevice {
    address: SocketAddr,
    unknown: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for RecordedDevice {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl RecordedDevice {
    /// Listens on a port of the loopback.
    pub async fn start(recording: Recording, username: &str, password: &str) -> anyhow::Result<RecordedDevice> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let key = PrivateKey::from(Ed25519Keypair::random(&mut ChaCha20Rng::seed_from_u64(u64::from(
            address.port(),
        ))));
        let config = Arc::new(Config {
            methods: MethodSet::from(&[MethodKind::Password, MethodKind::KeyboardInteractive][..]),
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys: vec![key],
            inactivity_timeout: None,
            nodelay: true,
            channel_buffer_size: 1,
            ..Config::default()
        });
        let play = Arc::new(Play {
            prompt: recording.prompt(),
            recording,
            username: username.to_owned(),
            password: password.to_owned(),
            unknown: Arc::default(),
        });
        let device = RecordedDevice {
            address,
            unknown: Arc::clone(&play.unknown),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (stop, tasks) = (device.stop.clone(), device.tasks.clone());
        device.tasks.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stop.cancelled() => return,
                };
                let Ok((stream, _)) = accepted else {
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                };
                let (play, config, stop) = (Arc::clone(&play), Arc::clone(&config), stop.clone());
                tasks.spawn(connection(play, config, stream, stop));
            }
        });
        Ok(device)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was typed that the recording does not know.
    pub fn unknown_inputs(&self) -> Vec<String> {
        lock(&self.unknown).clone()
    }

    /// Stops it and waits until the last connection is gone.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn connection(play: Arc<Play>, config: Arc<Config>, stream: TcpStream, stop: CancellationToken) {
    let (wire, switch) = Wire::new(stream);
    let client = Player {
        play,
        typed: Vec::new(),
        after_return: false,
        played: HashMap::new(),
        next: 0,
        last_line: String::new(),
    };
    let Ok(running) = run_stream(config, wire, client).await else {
        return;
    };
    tokio::select! {
        _ = running => {}
        () = stop.cancelled() => switch.cut(),
    }
}

#[derive(Debug)]
struct Play {
    recording: Recording,
    prompt: String,
    username: String,
    password: String,
    unknown: Arc<Mutex<Vec<String>>>,
}

struct Player {
    play: Arc<Play>,
    typed: Vec<u8>,
    after_return: bool,
    /// Per key the step that was played last.
    played: HashMap<String, usize>,
    /// Ordered recordings: the first step that was not passed yet.
    next: usize,
    /// The last line that was sent: the prompt that holds now, or a pager's question.
    last_line: String,
}

impl Player {
    fn check(&self, user: &str, password: &str) -> Auth {
        if user == self.play.username && password == self.play.password {
            return Auth::Accept;
        }
        Auth::reject()
    }

    /// The step to play for this key.
    fn step(&mut self, key: &str) -> Option<usize> {
        let steps = &self.play.recording.steps;
        let same = |(_, (known, _)): &(usize, &(String, String))| known.trim_end_matches(['\r', '\n']) == key;
        let after = |from: usize| steps.iter().enumerate().skip(from).find(same).map(|(at, _)| at);
        let fresh = self.played.get(key).map_or(0, |last| last + 1);
        // Whoever collects has an order of their own, so a step that was passed over can still be had.
        let found = if self.play.recording.ordered {
            after(self.next.max(fresh)).or_else(|| after(fresh))
        } else {
            after(fresh)
        };
        let found = found.or_else(|| self.played.get(key).copied())?;
        self.played.insert(key.to_owned(), found);
        self.next = self.next.max(found + 1);
        Some(found)
    }

    fn play_step(&mut self, at: usize, out: &mut Vec<u8>) {
        let play = Arc::clone(&self.play);
        let Some((_, received)) = play.recording.steps.get(at) else {
            return;
        };
        out.extend_from_slice(&play.recording.wire(received));
        self.ends_in(received.rsplit('\n').next().unwrap_or_default());
    }

    /// Recordings without prompts have none that an Enter could bring back.
    fn ends_in(&mut self, line: &str) {
        if !self.play.prompt.is_empty() {
            line.clone_into(&mut self.last_line);
        }
    }

    /// Whether what was sent last is no prompt, so that a space may be the answer to a pager.
    fn paged(&self) -> bool {
        self.last_line != self.play.prompt
    }

    /// One line that was typed. True: the session ends.
    fn line(&mut self, line: &str, out: &mut Vec<u8>) -> bool {
        let leaves = matches!(line.trim(), "exit" | "quit" | "logout");
        if let Some(at) = self.step(line) {
            self.play_step(at, out);
            return leaves;
        }
        if line.is_empty() {
            out.extend_from_slice(format!("\r\n{}", self.last_line).as_bytes());
        } else if !leaves {
            lock(&self.play.unknown).push(line.to_owned());
            out.extend_from_slice(format!("{line}\r\n% Unknown command\r\n{}", self.last_line).as_bytes());
        }
        leaves
    }
}

impl Handler for Player {
    type Error = anyhow::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.check(user, password))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<russh::server::Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut response) = response else {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            });
        };
        let answer = response
            .next()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        Ok(self.check(user, &answer))
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let play = Arc::clone(&self.play);
        let start = play.recording.wire(&play.recording.init_prompt);
        self.ends_in(&play.prompt);
        if !start.is_empty() {
            session.data(channel, start)?;
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let mut out = Vec::new();
        self.line(&String::from_utf8_lossy(command), &mut out);
        session.data(channel, out)?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)?;
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let mut out = Vec::new();
        let mut leaves = false;
        for byte in data {
            let second_of_two = *byte == b'\n' && std::mem::replace(&mut self.after_return, *byte == b'\r');
            if second_of_two {
                continue;
            }
            match byte {
                b'\r' | b'\n' => {
                    let line = String::from_utf8_lossy(&std::mem::take(&mut self.typed)).into_owned();
                    leaves |= self.line(&line, &mut out);
                }
                b' ' if self.paged() && self.typed.is_empty() => {
                    if let Some(at) = self.step(" ") {
                        self.play_step(at, &mut out);
                    }
                }
                byte => self.typed.push(*byte),
            }
        }
        if !out.is_empty() {
            session.data(channel, out)?;
        }
        if leaves {
            session.exit_status_request(channel, 0)?;
            session.eof(channel)?;
            session.close(channel)?;
        }
        Ok(())
    }
}
