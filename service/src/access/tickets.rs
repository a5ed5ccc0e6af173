//! Tickets: what a browser shows instead of a token where it cannot send a header. Good once, for one purpose, for some
//! seconds; they live in memory alone.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use secrecy::SecretString;

use super::tokens;
use crate::{
    Service,
    actor::{Actor, Caller},
    error::{Error, ErrorKind, Result},
};

/// How long a ticket is good.
const LIFETIME: Duration = Duration::from_secs(30);
/// Tickets that nobody used yet.
const MOST: usize = 10_000;

/// A ticket that was made.
pub struct Ticket {
    /// What is shown.
    pub ticket: SecretString,
    /// Seconds that it is good.
    pub expires_in: u64,
}

#[derive(Default)]
pub(super) struct Tickets(Mutex<HashMap<[u8; 32], Issued>>);

struct Issued {
    actor: Actor,
    purpose: String,
    expires: Instant,
}

impl Service {
    /// A ticket for somebody; `purpose` names what it opens, as `collection <id>`.
    ///
    /// # Errors
    /// `too_many_tickets` when thousands were made and not used.
    pub fn ticket_issue(&self, actor: &Actor, purpose: &str) -> Result<Ticket> {
        let ticket = tokens::random(tokens::TICKET);
        let now = Instant::now();
        let mut tickets = self.access().tickets.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tickets.len() >= MOST {
            tickets.retain(|_, issued| issued.expires > now);
        }
        if tickets.len() >= MOST {
            let mut error = Error::new(
                ErrorKind::Throttled,
                "too_many_tickets",
                "Too many tickets wait to be used: try again later",
            );
            error.retry_after = Some(LIFETIME.as_secs());
            return Err(error);
        }
        let issued = Issued {
            actor: actor.clone(),
            purpose: purpose.to_owned(),
            expires: now + LIFETIME,
        };
        tickets.insert(tokens::hash_of(&ticket), issued);
        Ok(Ticket {
            ticket,
            expires_in: LIFETIME.as_secs(),
        })
    }

    /// Who comes with this ticket, which is then used up.
    ///
    /// # Errors
    /// `ticket_invalid`.
    pub fn ticket_redeem(&self, caller: &Caller, ticket: &str, purpose: &str) -> Result<Actor> {
        let issued = {
            let mut tickets = self.access().tickets.0.lock().unwrap_or_else(PoisonError::into_inner);
            tickets.remove(&tokens::hash(ticket))
        };
        let actor = issued
            .filter(|issued| issued.purpose == purpose && issued.expires > Instant::now())
            .map(|issued| issued.actor);
        let now_allowed = actor.and_then(|actor| {
            let (role, _) = self.access().standing(actor.user_id, actor.proof)?;
            Some(caller.actor(actor.user_id, actor.name, role, actor.proof))
        });
        now_allowed.ok_or_else(|| {
            tokens::refused(
                "ticket_invalid",
                "The ticket is used, expired or for something else: get a new one",
            )
        })
    }
}
