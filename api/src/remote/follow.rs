//! The events of a collection as they happen, each once and in order, over whatever the network does meanwhile.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::Upgraded;
use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::Role,
    },
};
use uuid::Uuid;

use super::{
    client::Client,
    refusal::{Answer, ClientError},
};

/// The server looks after silent connections every 20 seconds; one that is silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(50);
/// The first wait before a new try.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait before a new try.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A server that was not heard of for so long is given up.
const GIVE_UP: Duration = Duration::from_secs(600);
/// Between two looks where no WebSocket gets through.
const POLL: Duration = Duration::from_millis(500);
/// A server that leaves events out more often than this does not know them.
const MOST_GAPS: u32 = 3;
/// Events of a page.
const PAGE: i64 = 1000;

/// Something that happened in a collection.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Event {
    /// Its number, from 1, without gaps.
    pub(super) seq: i64,
    /// What happened.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// With what.
    #[serde(default)]
    pub(super) data: Value,
}

/// What one hears of a collection.
#[derive(Debug)]
pub(super) enum Heard {
    /// An event; the last one is `collection_complete`.
    Event(Event),
    /// The connection broke, for this reason; it is tried again by itself.
    Lost(String),
    /// Connected again after it was lost.
    Back,
    /// No WebSocket gets through: the events are read page by page.
    Pages,
}

/// Follows a collection.
pub(super) struct Follow<'a> {
    client: &'a Client,
    id: Uuid,
    after: i64,
    socket: Option<WebSocketStream<Upgraded>>,
    pages: bool,
    read: VecDeque<Event>,
    tries: u32,
    gaps: u32,
    /// Since when nothing was heard.
    lost: Option<Instant>,
}

impl<'a> Follow<'a> {
    /// From the event behind `after`.
    pub(super) fn new(client: &'a Client, id: Uuid, after: i64) -> Self {
        Self {
            client,
            id,
            after,
            socket: None,
            pages: false,
            read: VecDeque::new(),
            tries: 0,
            gaps: 0,
            lost: None,
        }
    }

    /// The next that one hears. May be dropped while it waits.
    ///
    /// # Errors
    /// When it makes no sense to try again.
    pub(super) async fn next(&mut self) -> Answer<Heard> {
        loop {
            while let Some(event) = self.read.pop_front() {
                if event.seq <= self.after {
                    continue;
                }
                if event.seq > self.after + 1 {
                    // Never by a server that keeps its word; to go on would be to hide something.
                    self.read.clear();
                    self.gaps += 1;
                    let what = format!("Event {} of the collection is missing", self.after + 1);
                    return match self.gaps > MOST_GAPS {
                        true => Err(ClientError::Odd(what)),
                        false => self.broke(what),
                    };
                }
                self.after = event.seq;
                return Ok(Heard::Event(event));
            }
            if self.tries > 0 && self.socket.is_none() {
                tokio::time::sleep(self.wait()).await;
            }
            let got = match self.pages {
                true => self.page().await,
                false => self.message().await,
            };
            match got {
                Ok(true) => {
                    self.tries = 0;
                    if self.lost.take().is_some() {
                        return Ok(Heard::Back);
                    }
                }
                Ok(false) => {}
                Err(ClientError::NoWebSocket) => {
                    self.pages = true;
                    return Ok(Heard::Pages);
                }
                Err(error) if error.may_pass() => return self.broke(error.to_string()),
                // Too many watch already: the pages are there for everybody.
                Err(error) if error.code() == "too_many_watchers" => {
                    self.pages = true;
                    return Ok(Heard::Pages);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn broke(&mut self, why: String) -> Answer<Heard> {
        self.socket = None;
        self.tries = self.tries.saturating_add(1);
        let since = *self.lost.get_or_insert_with(Instant::now);
        if since.elapsed() > GIVE_UP {
            return Err(ClientError::Unreachable(format!(
                "{why}. Nothing was heard of the server for {} minutes. The collection goes on when the server does; \
                 watch it with: showrun collections watch {}",
                GIVE_UP.as_secs() / 60,
                self.id
            )));
        }
        Ok(Heard::Lost(why))
    }

    /// Twice as long each time, and not at the same moment as all the others who lost the same server.
    fn wait(&self) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(1 << self.tries.saturating_sub(1).min(8));
        let random = f64::from(Uuid::now_v7().as_bytes().last().copied().unwrap_or_default()) / 255.0;
        doubled.min(LONGEST_WAIT).mul_f64(0.5 + random / 2.0)
    }

    /// Whether something came.
    async fn page(&mut self) -> Answer<bool> {
        let query = [("after", self.after.to_string()), ("limit", PAGE.to_string())];
        let page = self
            .client
            .get(&format!("/collections/{}/events", self.id), &query)
            .await?;
        let items = page.get("items").and_then(Value::as_array);
        let events = items.into_iter().flatten();
        self.read
            .extend(events.filter_map(|event| Event::deserialize(event).ok()));
        if self.read.is_empty() {
            tokio::time::sleep(POLL).await;
        }
        Ok(true)
    }

    /// Whether something came.
    async fn message(&mut self) -> Answer<bool> {
        let socket = match &mut self.socket {
            Some(socket) => socket,
            none => none.insert(connect(self.client, self.id, self.after).await?),
        };
        let lost = |why: &str| ClientError::Unreachable(why.to_owned());
        let message = match tokio::time::timeout(SILENCE, socket.next()).await {
            Err(_) => return Err(lost("The connection to the server went silent")),
            Ok(None) => return Err(lost("The server closed the connection")),
            Ok(Some(Err(error))) => return Err(lost(&format!("The connection to the server broke: {error}"))),
            Ok(Some(Ok(message))) => message,
        };
        match message {
            Message::Text(text) => {
                let event = serde_json::from_str(&text);
                let event = event.map_err(|_| lost("The server sent something that is no event"))?;
                self.read.push_back(event);
                Ok(true)
            }
            Message::Close(frame) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                Err(lost(match reason.is_empty() {
                    true => "The server closed the connection",
                    false => &reason,
                }))
            }
            // A connection that is looked after is one that works.
            _ => Ok(true),
        }
    }
}

/// Opens a WebSocket over the same connections, certificates and proxies as everything else.
async fn connect(client: &Client, id: Uuid, after: i64) -> Answer<WebSocketStream<Upgraded>> {
    let key = generate_key();
    let path = format!("/collections/{id}/progress");
    let response = client.upgrade(&path, &[("after", after.to_string())], &key).await?;
    let accepted = response.headers().get("sec-websocket-accept");
    if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(ClientError::NoWebSocket);
    }
    let upgraded = response.upgrade().await;
    let upgraded = upgraded.map_err(|error| ClientError::Unreachable(format!("The connection broke: {error}")))?;
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
}
