//! The same request twice is done once: a caller names a request with a key of its own, and gets the first answer again.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    database::Transaction,
    error::{Error, ErrorKind, Result},
    time::now_ms,
};

mod store;

/// How long an answer is kept.
const KEPT_MS: i64 = 24 * 3600 * 1000;
/// Most characters of a key.
const LONGEST_KEY: usize = 255;

/// An answer, as it is kept. Sealed: answers can hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers that belong to the answer and not to the connection.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What to do with a request.
#[derive(Debug)]
pub enum Begun {
    /// Do it, and then say how it ended.
    New(Pending),
    /// It was done; this was the answer.
    Done(Answer),
    /// It was done, and the server was stopped before it answered: this is the collection or preflight that it made.
    Made(Uuid),
}

/// A request that is being done.
#[derive(Debug, Clone)]
pub struct Pending {
    caller: Uuid,
    key: String,
}

/// The status of what is kept before there is an answer: the body is the id of what was made.
const MADE: u16 = 0;

tokio::task_local! {
    /// The request that the task is working on.
    static WORKED_ON: Pending;
}

/// Works on a request: what it makes is noted with its key in the transaction that makes it.
pub async fn working_on<T>(pending: &Pending, work: impl Future<Output = T>) -> T {
    WORKED_ON.scope(pending.clone(), work).await
}

/// The requests that are being done now.
#[derive(Default)]
pub(crate) struct InFlight {
    requests: Mutex<HashSet<(Uuid, String)>>,
    /// One begins at a time: who comes second finds what the first wrote.
    begins: tokio::sync::Mutex<()>,
}

impl Service {
    /// Begins a request that has a key. `parts` are what makes it this request: method, path, body.
    ///
    /// # Errors
    /// `idempotency_key_reused` (another request had this key), `idempotency_in_flight`, `idempotency_outcome_unknown`
    /// (the server was stopped while it worked on it), `validation_failed`.
    pub async fn idempotency_begin(&self, actor: &Actor, key: &str, parts: &[&[u8]]) -> Result<Begun> {
        if key.is_empty() || key.len() > LONGEST_KEY || !key.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            return Err(Error::field(
                "Idempotency-Key",
                format!("must be 1 to {LONGEST_KEY} printable ASCII characters"),
            ));
        }
        let fingerprint = self.fingerprint(parts)?;
        let now = now_ms();
        let _one = self.requests_in_flight().begins.lock().await;
        let txn = self.db().begin().await?;
        store::forget(&txn, now.saturating_sub(KEPT_MS)).await?;
        let row = store::find(&txn, actor.user_id, key).await?;
        let Some(row) = row else {
            store::insert(&txn, actor.user_id, key, &fingerprint, now).await?;
            txn.commit().await?;
            let pending = Pending {
                caller: actor.user_id,
                key: key.to_owned(),
            };
            self.in_flight(|set| set.insert((pending.caller, pending.key.clone())));
            return Ok(Begun::New(pending));
        };
        txn.commit().await?;
        if row.fingerprint != fingerprint {
            return Err(Error::new(
                ErrorKind::Invalid,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request: every request has a key of its own",
            ));
        }
        if self.in_flight(|set| set.contains(&(actor.user_id, key.to_owned()))) {
            return Err(Error::conflict(
                "idempotency_in_flight",
                "The request with this Idempotency-Key is being worked on: ask again for its answer",
            ));
        }
        let Some(sealed) = row.answer else {
            return Err(Error::conflict(
                "idempotency_outcome_unknown",
                "The server was stopped while it worked on the request with this Idempotency-Key: look whether it was \
                 done, and repeat it with a new key if it was not",
            ));
        };
        let plain = self.vault().unseal(&context(actor.user_id, key), &sealed)?;
        let unreadable = |error: &dyn std::fmt::Display| Error::internal(format!("a kept answer: {error}"));
        let answer: Answer =
            serde_json::from_slice(secrecy::ExposeSecret::expose_secret(&plain)).map_err(|error| unreadable(&error))?;
        match answer.status {
            MADE => answer.body.parse().map(Begun::Made).map_err(|error| unreadable(&error)),
            _ => Ok(Begun::Done(answer)),
        }
    }

    /// Notes what the request that is worked on makes, where it has a key; call it in the transaction that makes it.
    pub(crate) async fn idempotency_made(&self, txn: &Transaction, id: Uuid) -> Result<()> {
        let Ok(pending) = WORKED_ON.try_with(Clone::clone) else {
            return Ok(());
        };
        let made = Answer {
            status: MADE,
            headers: Vec::new(),
            body: id.to_string(),
        };
        let sealed = self.sealed(&pending, &made)?;
        Ok(store::answer(txn, pending.caller, &pending.key, sealed).await?)
    }

    fn sealed(&self, pending: &Pending, answer: &Answer) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(answer).map_err(|error| Error::internal(format!("an answer: {error}")))?;
        self.vault().seal(&context(pending.caller, &pending.key), &plain)
    }

    /// Keeps the answer of a request; `None`: it was refused and may be repeated with the same key.
    ///
    /// # Errors
    /// When the database cannot be written. The request itself is done all the same.
    pub async fn idempotency_end(&self, pending: Pending, answer: Option<&Answer>) -> Result<()> {
        let result = self.keep(&pending, answer).await;
        self.in_flight(|set| set.remove(&(pending.caller, pending.key)));
        result
    }

    async fn keep(&self, pending: &Pending, answer: Option<&Answer>) -> Result<()> {
        let txn = self.db().begin().await?;
        match answer {
            Some(answer) => {
                let sealed = self.sealed(pending, answer)?;
                store::answer(&txn, pending.caller, &pending.key, sealed).await?;
            }
            // What was made stays made, whatever the answer was.
            None => store::remove_unanswered(&txn, pending.caller, &pending.key).await?,
        }
        txn.commit().await?;
        Ok(())
    }

    fn in_flight<T>(&self, look: impl FnOnce(&mut HashSet<(Uuid, String)>) -> T) -> T {
        look(
            &mut self
                .requests_in_flight()
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Keyed: bodies can hold secrets, and who reads the table must not be able to try them.
    fn fingerprint(&self, parts: &[&[u8]]) -> Result<Vec<u8>> {
        let key = self.vault().derive("idempotency");
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key)
            .map_err(|_| Error::internal("a fingerprint could not be made"))?;
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

fn context(caller: Uuid, key: &str) -> String {
    format!("idempotency {caller} {key}")
}
