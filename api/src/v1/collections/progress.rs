//! Watching a collection live: the stored events over a WebSocket or as an event stream, from any of them on.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{SinkExt, Stream, StreamExt, stream};
use poem::{
    FromRequest, IntoResponse, Request, Response, handler,
    web::{
        Path, Query,
        sse::{Event, SSE},
        websocket::{CloseCode, Message, WebSocket, WebSocketStream},
    },
};
use serde::Deserialize;
use service::{
    Service,
    actor::Actor,
    collections::{Head, StoredEvent},
    error::{Error, ErrorKind},
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    auth::{Granted, Visitor},
    problem::{self, Problem},
};

/// Events that are read at once.
const AT_ONCE: usize = 500;
/// How often a silent connection is looked after.
const PING: Duration = Duration::from_secs(20);
/// Who takes nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a collection is looked at that this server does not run.
const POLL: Duration = Duration::from_secs(1);
/// Waited before events are asked for again that could not be read.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];
/// The session or token was revoked (private use, RFC 6455 §7.4.2).
const REVOKED: u16 = 4401;

static WATCHING: AtomicUsize = AtomicUsize::new(0);

/// One of the watchers.
struct Place;

impl Place {
    /// One of so many.
    fn take(most: usize) -> Result<Self, Problem> {
        let mut error = Error::new(
            ErrorKind::Throttled,
            "too_many_watchers",
            format!("{most} connections watch collections already: read the events instead, or try again later"),
        );
        error.retry_after = Some(10);
        match WATCHING.fetch_add(1, Ordering::Relaxed) < most {
            true => Ok(Self),
            false => {
                WATCHING.fetch_sub(1, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        WATCHING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a ticket is good for.
pub(crate) fn purpose(id: Uuid) -> String {
    format!("collection {id}")
}

#[derive(Deserialize)]
struct Wanted {
    after: Option<i64>,
    ticket: Option<String>,
}

/// Reads stored events, one batch after the other, and waits for more.
struct Reader {
    service: Service,
    actor: Actor,
    id: Uuid,
    after: i64,
    follow: Option<watch::Receiver<Head>>,
    finished: bool,
}

impl Reader {
    /// What is stored behind the last event. A database that is away for a moment is asked again before anybody is let go.
    async fn read(&self) -> Result<(Vec<StoredEvent>, Head), Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            // In a task of its own, to its end also when nobody watches any longer: a question to the database that is dropped
            // in its middle leaves a connection behind on which the next one may fail.
            let (service, actor, id, after) = (self.service.clone(), self.actor.clone(), self.id, self.after);
            let read = tokio::spawn(async move { service.collection_events(&actor, id, after, AT_ONCE).await });
            let read = read.await.unwrap_or_else(|error| Err(Error::internal(error)));
            match (read, pauses.next()) {
                (Err(error), Some(pause)) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Internal) => {
                    tracing::warn!(%error, collection_id = %self.id, "events are read again");
                    tokio::time::sleep(pause).await;
                }
                (read, _) => return read,
            }
        }
    }

    /// The next events; empty at the end of the collection.
    async fn next(&mut self) -> Result<Vec<StoredEvent>, Error> {
        loop {
            if self.finished {
                return Ok(Vec::new());
            }
            if self.follow.is_none() {
                self.follow = self.service.collection_follow(self.id);
            }
            if let Some(follow) = &mut self.follow {
                follow.borrow_and_update();
            }
            let (events, head) = self.read().await?;
            if let Some(last) = events.last() {
                self.after = last.seq;
            }
            self.finished = head.finished && self.after >= head.last_seq;
            if !events.is_empty() {
                return Ok(events);
            }
            let gone = match &mut self.follow {
                Some(follow) => follow.changed().await.is_err(),
                None => {
                    tokio::time::sleep(POLL).await;
                    false
                }
            };
            if gone {
                self.follow = None;
            }
        }
    }
}

/// The WebSocket of a collection.
#[handler]
pub(crate) async fn progress(
    request: &Request,
    visitor: Visitor,
    id: Path<String>,
    wanted: Query<Wanted>,
) -> poem::Result<Response> {
    if visitor.same_origin == Some(false) {
        return Err(Problem::from(Error::forbidden("A page of another origin may not watch collections")).into());
    }
    let id: Uuid = id.0.parse().map_err(|_| problem::nothing_here())?;
    let service = visitor.service.clone();
    let actor = match (&wanted.ticket, visitor.actor) {
        (Some(ticket), _) => service
            .ticket_redeem(&visitor.caller, ticket, &purpose(id))
            .map_err(Problem::from)?,
        (None, Some(actor)) => actor,
        (None, None) => return Err(Problem::from(problem::unauthenticated()).into()),
    };
    let after = wanted.after.unwrap_or_default();
    // What is wrong is said before the upgrade, as HTTP.
    service
        .collection_events(&actor, id, after, 1)
        .await
        .map_err(Problem::from)?;
    let socket = WebSocket::from_request_without_body(request).await?;
    let place = Place::take(service.config().max_watchers)?;
    let reader = Reader {
        service,
        actor,
        id,
        after,
        follow: None,
        finished: false,
    };
    let watching = socket.on_upgrade(move |stream| async move {
        let _place = place;
        watch(stream, reader).await;
    });
    Ok(watching.into_response())
}

async fn watch(mut stream: WebSocketStream, mut reader: Reader) {
    let service = reader.service.clone();
    let actor = reader.actor.clone();
    let id = reader.id;
    let ended = service.auth_ended(&actor);
    tokio::pin!(ended);
    let stopping = service.stopping().clone();
    let mut ping = tokio::time::interval(PING);
    let close = 'watching: loop {
        let events = {
            let reading = reader.next();
            tokio::pin!(reading);
            loop {
                tokio::select! {
                    biased;
                    () = &mut ended => break 'watching Some((CloseCode::from(REVOKED), "The session has ended")),
                    () = stopping.cancelled() => break 'watching Some((CloseCode::Away, "The server stops")),
                    incoming = stream.next() => match incoming {
                        Some(Ok(Message::Close(_))) | Some(Err(_)) | None => break 'watching None,
                        Some(Ok(_)) => {}
                    },
                    _ = ping.tick() => if !send(&mut stream, Message::ping(Vec::new())).await {
                        return;
                    },
                    events = &mut reading => break events,
                }
            }
        };
        let events = match events {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%error, collection_id = %id, "the events of a collection cannot be read for who watches it");
                break Some((CloseCode::Error, "The events cannot be read"));
            }
        };
        if events.is_empty() {
            break Some((CloseCode::Normal, "The collection has ended"));
        }
        for event in events {
            tokio::select! {
                biased;
                () = &mut ended => {
                    let _ = send(&mut stream, Message::close_with(CloseCode::from(REVOKED), "The session has ended")).await;
                    return;
                }
                sent = send(&mut stream, Message::text(event.json)) => if !sent { return },
            }
        }
    };
    if let Some((code, reason)) = close {
        let _ = send(&mut stream, Message::close_with(code, reason)).await;
        // Who is slow has not read all of it yet: a connection that goes before the answer takes with it what is under way.
        let answered = async { while let Some(Ok(_)) = stream.next().await {} };
        tokio::select! {
            _ = tokio::time::timeout(PATIENCE, answered) => {}
            () = stopping.cancelled() => {}
        }
    }
    let _ = stream.close().await;
}

/// Sends a message to who takes it in time.
async fn send(stream: &mut WebSocketStream, message: Message) -> bool {
    matches!(tokio::time::timeout(PATIENCE, stream.send(message)).await, Ok(Ok(())))
}

/// The events of a collection as `text/event-stream`; a client that connects again goes on behind `Last-Event-ID`.
#[handler]
pub(crate) async fn event_stream(
    request: &Request,
    granted: Granted,
    id: Path<String>,
    wanted: Query<Wanted>,
) -> poem::Result<Response> {
    let id: Uuid = id.0.parse().map_err(|_| problem::nothing_here())?;
    let last = request.header("last-event-id").and_then(|last| last.parse().ok());
    let after = last.or(wanted.after).unwrap_or_default();
    let (service, actor) = (granted.service, granted.actor);
    service
        .collection_events(&actor, id, after, 1)
        .await
        .map_err(Problem::from)?;
    let place = Place::take(service.config().max_watchers)?;
    let reader = Reader {
        service,
        actor,
        id,
        after,
        follow: None,
        finished: false,
    };
    Ok(SSE::new(events(reader, place)).keep_alive(PING).into_response())
}

fn events(reader: Reader, place: Place) -> impl Stream<Item = Event> + Send + 'static {
    let batches = stream::unfold((reader, place), |(mut reader, place)| async move {
        let (service, actor) = (reader.service.clone(), reader.actor.clone());
        let events = tokio::select! {
            () = service.auth_ended(&actor) => return None,
            () = service.stopping().cancelled() => return None,
            events = reader.next() => events.ok()?,
        };
        (!events.is_empty()).then_some((events, (reader, place)))
    });
    batches.flat_map(|events| {
        stream::iter(
            events
                .into_iter()
                .map(|event| Event::message(event.json).id(event.seq.to_string())),
        )
    })
}
