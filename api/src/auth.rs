//! Who asks, as operations see it. Whether they may is decided before an operation runs, by the table in `roles`.

use poem::{FromRequest, Request, RequestBody};
use poem_openapi::{SecurityScheme, auth::Bearer};
use service::{
    Service,
    actor::{Actor, Caller},
};

use crate::problem;

/// Who was let in. The frame puts it into the request.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) service: Service,
    pub(crate) actor: Actor,
}

/// An access token from `auth_login`, or an API token (`srt_…`).
#[derive(SecurityScheme)]
#[oai(
    rename = "bearer",
    ty = "bearer",
    bearer_format = "access token or API token",
    checker = "granted"
)]
pub(crate) struct Auth(Granted);

async fn granted(request: &Request, _bearer: Bearer) -> Option<Granted> {
    request.data::<Granted>().cloned()
}

impl Auth {
    /// The application.
    pub(crate) fn service(&self) -> &Service {
        &self.0.service
    }

    /// Who asks.
    pub(crate) fn actor(&self) -> &Actor {
        &self.0.actor
    }
}

/// For plain handlers (streams, WebSocket): who was let in.
impl<'a> FromRequest<'a> for Granted {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let granted = request.data::<Granted>().cloned();
        granted.ok_or_else(|| problem::Problem::from(problem::unauthenticated()).into())
    }
}

/// Who asks for something public: perhaps somebody who is logged in.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) service: Service,
    /// Where the request comes from.
    pub(crate) caller: Caller,
    /// Who it is, when a good token came along.
    pub(crate) actor: Option<Actor>,
    /// Whether the browser reached us by TLS.
    pub(crate) secure: bool,
    /// The header `Cookie`.
    pub(crate) cookies: String,
    /// Whether the page that asks is one of ours. `None`: no browser says anything about it.
    pub(crate) same_origin: Option<bool>,
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let visitor = request.data::<Visitor>().cloned();
        visitor.ok_or_else(|| problem::Problem::from(problem::unauthenticated()).into())
    }
}

/// Whether the page that makes this request is one of ours. A browser names its origin with every request that is not a
/// plain visit; `None`: it is not named.
pub(crate) fn same_origin(request: &Request, host: Option<&str>) -> Option<bool> {
    let origin = request.header("origin")?;
    let named = origin.split_once("://").map(|(_, authority)| authority);
    Some(match (named, host) {
        (Some(named), Some(host)) => named.eq_ignore_ascii_case(host),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_page_is_noticed() {
        let request = |origin: Option<&str>| {
            let builder = Request::builder();
            match origin {
                Some(origin) => builder.header("origin", origin).finish(),
                None => builder.finish(),
            }
        };
        let host = Some("showrun.example:8080");
        assert_eq!(
            same_origin(&request(Some("https://showrun.example:8080")), host),
            Some(true)
        );
        assert_eq!(same_origin(&request(Some("https://evil.example")), host), Some(false));
        assert_eq!(same_origin(&request(Some("null")), host), Some(false));
        assert_eq!(same_origin(&request(None), host), None);
        assert_eq!(same_origin(&request(Some("https://a")), None), Some(false));
    }
}
