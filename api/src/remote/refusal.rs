//! What goes wrong with a request, in words.

use std::fmt;

use reqwest::Response;
use serde::Deserialize;

use crate::live::printable;

/// What the server says of a request that it does not do (RFC 9457).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// Stable word.
    pub(crate) code: String,
    detail: String,
    title: String,
    errors: Vec<ProblemField>,
    request_id: String,
    /// It is the server that could not, not the request that was wrong.
    #[serde(skip)]
    pub(crate) passing: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ProblemField {
    pointer: String,
    detail: String,
}

/// Why there is no answer to work with.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// No answer came.
    Unreachable(String),
    /// The server does not do it.
    Problem(Box<Problem>),
    /// What came is no answer of a Showrun server.
    Odd(String),
    /// A proxy on the way does not let WebSockets through.
    NoWebSocket,
}

impl ClientError {
    /// The word of the problem that the server has.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.code,
            _ => "",
        }
    }

    /// The same request may be answered later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Problem(problem) => problem.passing,
            Self::Odd(_) | Self::NoWebSocket => false,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(text) | Self::Odd(text) => f.write_str(&printable(text)),
            Self::NoWebSocket => f.write_str("The server or a proxy before it does not take WebSockets"),
            Self::Problem(problem) => {
                let said = match problem.detail.is_empty() {
                    true => &problem.title,
                    false => &problem.detail,
                };
                f.write_str(&printable(said))?;
                for field in &problem.errors {
                    write!(f, "\n  {}: {}", printable(&field.pointer), printable(&field.detail))?;
                }
                let separator = if problem.errors.is_empty() { " " } else { "\n  " };
                write!(
                    f,
                    "{separator}[{}, request {}]",
                    printable(&problem.code),
                    printable(&problem.request_id)
                )
            }
        }
    }
}

impl std::error::Error for ClientError {}

/// What is asked for.
pub(crate) type Answer<T> = Result<T, ClientError>;

/// A refusal, read.
pub(super) enum Refused {
    /// In the words of the API.
    Problem(Box<Problem>),
    /// It is at another address.
    Elsewhere(String),
    /// In other words than those of the API; the status.
    Odd(String),
}

impl Refused {
    /// Reads it.
    pub(super) async fn read(response: Response) -> Self {
        let status = response.status().to_string();
        let place = response.headers().get("location").and_then(|place| place.to_str().ok());
        if let (true, Some(place)) = (response.status().is_redirection(), place) {
            return Self::Elsewhere(place.to_owned());
        }
        let kind = response.headers().get("content-type");
        let is_problem = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
        match (is_problem, response.json().await) {
            (true, Ok(problem)) => Self::Problem(problem),
            _ => Self::Odd(status),
        }
    }

    /// What the server says of it.
    pub(super) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_a_sentence_with_its_code_and_request() {
        let problem = json!({
            "code": "validation_failed", "detail": "The request is not valid", "request_id": "r-1",
            "errors": [{"pointer": "/options/max_workers", "detail": "must be 1 to 1000\u{1b}[2J"}],
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        let error = ClientError::Problem(Box::new(problem)).to_string();
        assert_eq!(
            error,
            "The request is not valid\n  /options/max_workers: must be 1 to 1000\u{fffd}[2J\n  \
             [validation_failed, request r-1]"
        );
        let short = Problem {
            code: "not_found".to_owned(),
            detail: "There is no device 'x'".to_owned(),
            request_id: "r-2".to_owned(),
            ..Problem::default()
        };
        assert_eq!(
            ClientError::Problem(Box::new(short)).to_string(),
            "There is no device 'x' [not_found, request r-2]"
        );
    }
}
