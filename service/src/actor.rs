//! Who asks: a person, a program of theirs, or the server itself.

use entity::user::Role;
use uuid::Uuid;

use crate::error::{Error, Result};

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A session of this id.
    Session(Uuid),
    /// An API token of this id.
    ApiToken(Uuid),
    /// None needed: the server itself.
    Server,
}

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The person; nil for the server itself.
    pub user_id: Uuid,
    /// Name of the person.
    pub name: String,
    /// What may be done: the least of the person's role and the token's scope.
    pub role: Role,
    /// How that was proved.
    pub proof: Proof,
    /// IP address of the peer; empty for the server itself.
    pub remote_address: String,
    /// Id of the request; empty for the server itself.
    pub request_id: String,
}

impl Actor {
    /// The server itself, for what it does by its own.
    #[must_use]
    pub fn server() -> Self {
        Self {
            user_id: Uuid::nil(),
            name: "showrun".to_owned(),
            role: Role::Admin,
            proof: Proof::Server,
            remote_address: String::new(),
            request_id: String::new(),
        }
    }

    /// Refuses who has less than `role`.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn needs(&self, role: Role) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        Err(Error::forbidden(format!(
            "This needs the role {}; yours is {}",
            role.as_str(),
            self.role.as_str()
        )))
    }

    /// The word of the audit log.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.proof {
            Proof::Session(_) => "user",
            Proof::ApiToken(_) => "api_token",
            Proof::Server => "server",
        }
    }
}

/// Where a request comes from before it is known whose it is.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// IP address of the peer.
    pub remote_address: String,
    /// Id of the request.
    pub request_id: String,
}

impl Caller {
    /// The same place, now that it is known who is there.
    #[must_use]
    pub fn actor(&self, user_id: Uuid, name: impl Into<String>, role: Role, proof: Proof) -> Actor {
        Actor {
            user_id,
            name: name.into(),
            role,
            proof,
            remote_address: self.remote_address.clone(),
            request_id: self.request_id.clone(),
        }
    }
}
