//! What happens around every request: its id, who asks and whether they may, how much is read, answers to the same request
//! twice, problems, headers, the log and the metrics.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use ipnet::IpNet;
use poem::{
    Addr, Body, Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
};
use service::{
    Service,
    actor::{Actor, Caller},
    error::{Error, ErrorKind},
    idempotency::{self, Answer, Begun},
    version,
};
use tokio::io::AsyncReadExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    auth::{Granted, Visitor, same_origin},
    problem::{self, Problem},
    roles::{Access, Found, Operation, Routes},
    strict::Bodies,
};

/// Where the API begins.
pub(crate) const PREFIX: &str = "/api/v1";
/// The largest answer that is kept for the same request again: the report on a long list of devices.
const LARGEST_KEPT: usize = 32 * 1024 * 1024;

/// A body comes within this.
const BODY_LIMIT: Duration = Duration::from_secs(60);

/// Of a body that is too large, so much is read to be thrown away, or four times what is taken.
const LEAST_DISCARDED: u64 = 1024 * 1024;
/// And no longer than this.
const DISCARD_LIMIT: Duration = Duration::from_secs(5);

/// What the frame knows.
pub(crate) struct Frame {
    pub(crate) service: Service,
    pub(crate) routes: Routes,
    /// Proxies whose word about the address of the client counts.
    pub(crate) proxies: Vec<IpNet>,
    /// Whether this server speaks TLS.
    pub(crate) tls: bool,
    /// The operations of the document.
    pub(crate) api: BoxEndpoint<'static>,
    /// What the document says of bodies.
    pub(crate) bodies: Bodies,
    /// The plain operations.
    pub(crate) plain: BoxEndpoint<'static>,
    /// Everything else: the pages of the browser.
    pub(crate) pages: BoxEndpoint<'static>,
}

/// The nonce of the styles of one page.
#[derive(Clone)]
pub(crate) struct Nonce(pub(crate) String);

impl Frame {
    /// Answers a request, whatever happens.
    pub(crate) async fn answer(self: Arc<Self>, mut request: Request) -> Response {
        let started = Instant::now();
        lead_dry_runs(&mut request);
        let request_id = request_id(&request);
        let caller = Caller {
            remote_address: self.client(&request).map(|ip| ip.to_string()).unwrap_or_default(),
            request_id: request_id.clone(),
        };
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let nonce = Nonce(Uuid::new_v4().simple().to_string());
        let span = tracing::info_span!("request", request_id = %request_id);
        let found = self.routes.find(&method, &path);
        let operation = match &found {
            Found::Operation(operation, _) => operation.id,
            _ if path.starts_with("/api/") => "unknown",
            _ => "page",
        };
        let remote = caller.remote_address.clone();
        let https = self.is_secure(&request);
        let known = request
            .header("if-none-match")
            .filter(|_| is_read(&method))
            .map(str::to_owned);
        let result = self
            .route(found, request, caller, nonce.clone())
            .instrument(span.clone())
            .await;
        let response = match result {
            Ok(response) => problem::complete(unless_known(response, known.as_deref()), &request_id),
            Err(error) => problem::answer(&error, &request_id),
        };
        let response = dressed(response, &path, &request_id, &nonce, https);
        let took = started.elapsed();
        let status = response.status().as_u16();
        span.in_scope(|| {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            // Asked every few seconds by whoever watches the server.
            match operation {
                "healthz" | "readyz" | "metrics" => {
                    tracing::debug!(target: "showrun::access", %method, path, operation, status, remote, ms, "answered");
                }
                _ => tracing::info!(target: "showrun::access", %method, path, operation, status, remote, ms, "answered"),
            }
        });
        let labels = [("operation", operation.to_owned()), ("status", status.to_string())];
        metrics::counter!("showrun_http_requests_total", &labels).increment(1);
        metrics::histogram!("showrun_http_request_duration_seconds", "operation" => operation).record(took);
        response
    }

    async fn route(
        self: &Arc<Self>,
        found: Found,
        mut request: Request,
        caller: Caller,
        nonce: Nonce,
    ) -> poem::Result<Response> {
        let path = request.uri().path();
        if has_nul(path) || request.uri().query().is_some_and(has_nul) {
            return Err(malformed("nul_in_address", "An address cannot hold a NUL").into());
        }
        match found {
            Found::Operation(operation, plain) => self.operate(operation, plain, request, caller).await,
            Found::WrongMethod(allow) => Ok(problem::method_not_allowed(&allow)),
            Found::Nothing if path.starts_with("/api/") || path == "/api" => Err(problem::nothing_here().into()),
            Found::Nothing => {
                request.set_data(nonce);
                self.pages.call(request).await
            }
        }
    }

    async fn operate(
        self: &Arc<Self>,
        operation: &'static Operation,
        plain: bool,
        mut request: Request,
        caller: Caller,
    ) -> poem::Result<Response> {
        let token = bearer(request.headers());
        let proved = token.map(|token| self.service.auth_check(&caller, token));
        let actor = match (operation.access, proved) {
            (Access::Least(_), None) => return Err(Problem::from(problem::unauthenticated()).into()),
            (Access::Least(role), Some(proved)) => {
                let actor = proved.map_err(Problem::from)?;
                actor.needs(role).map_err(Problem::from)?;
                Some(actor)
            }
            (Access::Public | Access::Itself, proved) => proved.and_then(Result::ok),
        };
        if let Some(actor) = &actor {
            request.set_data(Granted {
                service: self.service.clone(),
                actor: actor.clone(),
            });
        }
        let host = request.header("host").map(str::to_owned);
        let forwarded = self.is_forwarded(&request).then(|| request.header("x-forwarded-host"));
        let host = forwarded.flatten().map(str::to_owned).or(host);
        let visitor = Visitor {
            service: self.service.clone(),
            caller,
            actor: actor.clone(),
            secure: self.is_secure(&request),
            cookies: request.header("cookie").unwrap_or_default().to_owned(),
            same_origin: same_origin(&request, host.as_deref()),
        };
        request.set_data(visitor);
        // What only reads has no body, and reading one would take the connection from a WebSocket.
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let frame = self.clone();
            return to_its_end(async move { frame.call(plain, request).await }).await;
        }
        let body = read(&mut request, operation.body).await?;
        if !plain && is_json(&request) {
            // What is no JSON the operation itself refuses.
            if let Ok(value) = serde_json::from_slice(&body) {
                self.bodies.check(operation.id, &value).map_err(Problem::from)?;
            }
        }
        let key = request.header("idempotency-key").map(str::to_owned);
        request.set_body(Body::from_bytes(body.clone()));
        match (key, actor) {
            (Some(key), Some(actor)) if operation.creates => self.once(plain, request, &actor, &key, &body).await,
            _ => {
                let frame = self.clone();
                to_its_end(async move { frame.call(plain, request).await }).await
            }
        }
    }

    async fn call(&self, plain: bool, request: Request) -> poem::Result<Response> {
        match plain {
            true => self.plain.call(request).await,
            false => self.api.call(request).await,
        }
    }

    /// Does a request that has a key once.
    async fn once(
        self: &Arc<Self>,
        plain: bool,
        mut request: Request,
        actor: &Actor,
        key: &str,
        body: &[u8],
    ) -> poem::Result<Response> {
        let method = request.method().as_str().to_owned();
        let address = request.original_uri().to_string();
        let parts = [method.as_bytes(), address.as_bytes(), body];
        let begun = self.service.idempotency_begin(actor, key, &parts).await;
        let pending = match begun.map_err(Problem::from)? {
            Begun::New(pending) => pending,
            Begun::Done(answer) => {
                return problem::kept(&answer)
                    .ok_or_else(|| Problem::from(Error::internal("a kept answer has no status")).into());
            }
            Begun::Made(id) => {
                let of_preflights = format!("{PREFIX}/preflights");
                let kind = match request.uri().path().starts_with(&of_preflights) {
                    true => "preflights",
                    false => "collections",
                };
                let location = format!("{PREFIX}/{kind}/{id}");
                request.set_method(Method::GET);
                request.set_body(Body::empty());
                *request.uri_mut() = location.parse().map_err(|_| problem::nothing_here())?;
                return Ok(problem::accepted(self.call(plain, request).await?, &location));
            }
        };
        let frame = self.clone();
        to_its_end(async move {
            let mut result = idempotency::working_on(&pending, frame.call(plain, request)).await;
            let answer = match &mut result {
                Ok(response) if response.is_success() => to_keep(response).await,
                _ => None,
            };
            if let Err(error) = frame.service.idempotency_end(pending, answer.as_ref()).await {
                tracing::error!(%error, "the answer to a request with an Idempotency-Key could not be kept");
            }
            result
        })
        .await
    }

    /// The address of the client: the peer, or what a trusted proxy says.
    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = peer(request)?;
        if !self.is_forwarded(request) {
            return Some(peer);
        }
        let hops = request.headers().get_all("x-forwarded-for");
        let hops = hops.iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<IpAddr> = hops
            .flat_map(|value| value.split(','))
            .filter_map(|hop| hop.trim().parse().ok())
            .collect();
        // From the right: what stands further left may be said by anybody.
        let client = hops.iter().rev().find(|hop| !self.is_proxy(**hop));
        Some(client.copied().unwrap_or(peer))
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|network| network.contains(&address))
    }

    fn is_forwarded(&self, request: &Request) -> bool {
        peer(request).is_some_and(|peer| self.is_proxy(peer))
    }

    fn is_secure(&self, request: &Request) -> bool {
        let said = request.header("x-forwarded-proto") == Some("https");
        self.tls || (said && self.is_forwarded(request))
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// An answer that the client has already is not sent again.
fn unless_known(response: Response, known: Option<&str>) -> Response {
    let tag = response
        .header("etag")
        .filter(|_| response.is_success())
        .map(str::to_owned);
    match tag {
        Some(tag) if version::is_known(known, &tag) => problem::not_modified(&tag),
        _ => response,
    }
}

/// Does what a request asks for in a task of its own, since the server drops what answers a closed connection: a change that
/// has begun is not left half done, and no question to the database is broken off in its middle, when the client goes away.
async fn to_its_end(work: impl Future<Output = poem::Result<Response>> + Send + 'static) -> poem::Result<Response> {
    let work = tokio::spawn(work.in_current_span());
    work.await
        .unwrap_or_else(|_| Err(Problem::from(Error::internal("a request ended badly")).into()))
}

fn peer(request: &Request) -> Option<IpAddr> {
    match &request.remote_addr().0 {
        Addr::SocketAddr(address) => Some(address.ip().to_canonical()),
        _ => None,
    }
}

/// The id that the client gave, if it looks like one, or a new one.
fn request_id(request: &Request) -> String {
    let good = |id: &&str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        (1..=64).contains(&id.len()) && id.chars().all(allowed)
    };
    let given = request.header("x-request-id").filter(good);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn has_nul(text: &str) -> bool {
    text.contains("%00")
}

fn malformed(code: &'static str, message: impl Into<String>) -> Problem {
    Error::new(ErrorKind::Malformed, code, message).into()
}

/// The body, as far as it may go.
async fn read(request: &mut Request, most: usize) -> poem::Result<bytes::Bytes> {
    let too_large = || {
        let message = format!("The body is larger than the {most} bytes that are taken here");
        Problem::from(Error::new(ErrorKind::TooLarge, "too_large", message))
    };
    let said: Option<u64> = request.header("content-length").and_then(|length| length.parse().ok());
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if said.is_some_and(|length| length > limit) {
        // Read on for a while: a client that still sends would find the connection broken, and not see why.
        let most = limit.saturating_mul(4).max(LEAST_DISCARDED);
        let mut rest = request.take_body().into_async_read().take(most);
        let _ = tokio::time::timeout(DISCARD_LIMIT, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
        return Err(too_large().into());
    }
    let body = tokio::time::timeout(BODY_LIMIT, request.take_body().into_bytes_limit(most)).await;
    let slow = |_| malformed("body_too_slow", format!("The body did not come within {BODY_LIMIT:?}"));
    let body = body.map_err(slow)?.map_err(|error| match error {
        poem::error::ReadBodyError::PayloadTooLarge => too_large(),
        _ => malformed("body_unreadable", "The body of the request ended before its end"),
    })?;
    if is_json(request) && !body.is_empty() {
        refuse_nul(&body)?;
    }
    Ok(body)
}

fn is_json(request: &Request) -> bool {
    request.content_type().is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.to_ascii_lowercase().ends_with("json")
    })
}

/// No text of ours may hold a NUL; databases refuse it, files end at it.
fn refuse_nul(body: &[u8]) -> Result<(), Problem> {
    let escaped = body.windows(6).any(|part| part == b"\\u0000");
    if escaped && serde_json::from_slice(body).is_ok_and(|value| holds_nul(&value)) {
        return Err(Error::field("", "a text cannot hold a NUL").into());
    }
    Ok(())
}

/// A collection that is only to be planned is another operation, with its own role and its own answer.
fn lead_dry_runs(request: &mut Request) {
    if *request.method() != Method::POST || request.uri().path() != "/api/v1/collections" {
        return;
    }
    // Decoded as the operation would decode it: what is only to be planned must never start.
    let pairs: Vec<(String, String)> = request.params().unwrap_or_default();
    if pairs.iter().any(|(name, value)| name == "dry_run" && value == "true") {
        *request.uri_mut() = Uri::from_static("/api/v1/collection-plans");
    }
}

fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(values) => values.iter().any(holds_nul),
        serde_json::Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// The answer to keep, unless it is too large for that; its body is put back.
async fn to_keep(response: &mut Response) -> Option<Answer> {
    let body = response.take_body().into_bytes().await.ok()?;
    response.set_body(Body::from_bytes(body.clone()));
    if body.len() > LARGEST_KEPT {
        return None;
    }
    let names = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];
    let headers = names.into_iter().filter_map(|name| {
        let value = response.headers().get(&name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    Some(Answer {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).ok()?,
    })
}

/// Adds what every answer carries.
fn dressed(mut response: Response, path: &str, request_id: &str, nonce: &Nonce, https: bool) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    set("x-request-id", request_id);
    let nonce = &nonce.0;
    set(
        "content-security-policy",
        &format!(
            "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    );
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    if path.starts_with("/api/") {
        set("cache-control", "no-store");
    }
    if https {
        set("strict-transport-security", "max-age=31536000");
    }
    response
}
