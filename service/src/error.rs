//! Why the application could not do what it was asked, in words for the person who asked. What each kind is in HTTP is
//! decided elsewhere.

use std::fmt;

/// The sort of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be read.
    Malformed,
    /// The request can be read but says something impossible.
    Invalid,
    /// Nobody is logged in, or the token is no good.
    Unauthenticated,
    /// The person has no right to do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It contradicts what there is.
    Conflict,
    /// It was there once.
    Gone,
    /// It was changed by somebody else since it was read.
    Changed,
    /// More than is taken.
    TooLarge,
    /// Too often.
    Throttled,
    /// The server cannot do it now, but may later.
    Unavailable,
    /// A fault of the server.
    Internal,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// Something that could not be done.
#[derive(Debug)]
pub struct Error {
    /// Its sort.
    pub kind: ErrorKind,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people. Never holds a secret.
    pub message: String,
    /// What is wrong with which field.
    pub fields: Vec<FieldProblem>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

/// What the application answers.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for field in &self.fields {
            write!(f, "; {}: {}", field.pointer, field.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            fields: Vec::new(),
            retry_after: None,
        }
    }

    /// There is no `what` with this id.
    pub fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, "not_found", format!("There is no {what} {id}"))
    }

    /// One field is wrong.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }

    /// Several fields are wrong.
    pub fn fields(fields: Vec<FieldProblem>) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, "validation_failed", "The request is not valid");
        error.fields = fields;
        error
    }

    /// One parameter of the URL is wrong.
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Malformed, "parameter_invalid", "A parameter is not valid");
        error.fields.push(FieldProblem {
            pointer: name.into(),
            detail: detail.into(),
        });
        error
    }

    /// It contradicts what there is.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, message)
    }

    /// No right to do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, "forbidden", message)
    }

    /// A fault of the server; what exactly goes to the log alone.
    pub fn internal(what: impl fmt::Display) -> Self {
        tracing::error!(error = %what, "internal error");
        Self::new(
            ErrorKind::Internal,
            "internal",
            "The server could not do this; its log says why",
        )
    }
}
