//! Asking a server: who asks, and what is asked.

use std::{
    net::IpAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::Bytes;
use reqwest::{
    Certificate, Method, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, HeaderValue},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::refusal::{Answer, ClientError, Refused};
use crate::{
    config::{self, ClientOptions},
    live::printable,
    secret,
};

/// Where the API begins.
const PREFIX: &str = "/api/v1";
/// For TCP and TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// For an answer; imports of large files take their time.
const ANSWER: Duration = Duration::from_secs(300);
/// Tokens that are good for less than this are renewed before they are used.
const SOON: Duration = Duration::from_secs(20);
/// Rows that are asked for at once.
const PAGE: usize = 500;
/// What the server says to a token that is good no more.
const ENDED: [&str; 4] = ["unauthenticated", "token_expired", "token_invalid", "session_ended"];

/// What goes with a request.
#[derive(Clone)]
enum Body {
    Nothing,
    Json(Value),
    Raw(&'static str, Bytes),
}

/// Who asks.
enum Who {
    Token(SecretString),
    Person { name: String, password: SecretString },
}

/// A session of a person.
struct Session {
    access: SecretString,
    refresh: SecretString,
    until: Instant,
}

#[derive(Deserialize)]
struct TokenSet {
    access_token: String,
    refresh_token: String,
    expires_in: u64,
}

/// A server, and who asks it.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    who: Who,
    session: Mutex<Option<Session>>,
}

impl Client {
    /// The server and the person or token that the command line and the environment name.
    ///
    /// # Errors
    /// A sentence that says what is missing or cannot be used.
    pub(crate) fn of(options: &ClientOptions) -> anyhow::Result<Self> {
        let server = options.server.as_deref();
        let server = server.context("Name the server: --server URL, or SHOWRUN_SERVER in the environment")?;
        let who = who(options)?;
        Self::new(server, who, options.ca_cert.as_deref())
    }

    /// A person at a server whose address is known to be good.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(crate) fn person(server: &str, name: &str, password: SecretString) -> anyhow::Result<Self> {
        let who = Who::Person {
            name: name.to_owned(),
            password,
        };
        Self::new(server, who, None)
    }

    fn new(server: &str, who: Who, ca_cert: Option<&Path>) -> anyhow::Result<Self> {
        let base = address(server)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("showrun/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A token must not follow to where somebody else points.
            .redirect(Policy::none());
        if is_here(&base) {
            builder = builder.no_proxy();
        } else if base.scheme() == "http" {
            eprintln!("showrun: the token or password goes to {base} unencrypted: https:// is safer");
        }
        if let Some(file) = ca_cert {
            let pem = std::fs::read(file).with_context(|| format!("Cannot read {}", file.display()))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .with_context(|| format!("{} holds no certificate in PEM", file.display()))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder
            .build()
            .map_err(|error| anyhow::anyhow!("Cannot connect: {}", cause(&error)))?;
        Ok(Self {
            http,
            base,
            who,
            session: Mutex::new(None),
        })
    }

    /// Where a page of the browser interface is.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// Reads.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, String)]) -> Answer<Value> {
        let response = self.send(Method::GET, path, query, Body::Nothing, None).await?;
        self.json(response).await
    }

    /// Reads a text as it is.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn read(&self, path: &str, query: &[(&str, String)]) -> Answer<Bytes> {
        let response = self.send(Method::GET, path, query, Body::Nothing, None).await?;
        response.bytes().await.map_err(|error| self.unreachable(&error))
    }

    /// Makes something, once: when the answer is lost, the request is sent again under the same key.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn create(&self, path: &str, body: Value) -> Answer<Value> {
        let key = Uuid::now_v7().to_string();
        let mut wait = Duration::from_millis(500);
        loop {
            let body = Body::Json(body.clone());
            let answer = async {
                let response = self.send(Method::POST, path, &[], body, Some(&key)).await?;
                self.json(response).await
            };
            match answer.await {
                Err(error) if error.may_pass() && wait < Duration::from_secs(8) => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                answer => return answer,
            }
        }
    }

    /// Has something done that needs no more than its name.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn post(&self, path: &str) -> Answer<Value> {
        let response = self.send(Method::POST, path, &[], Body::Nothing, None).await?;
        self.json(response).await
    }

    /// Changes something.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer<Value> {
        let response = self.send(Method::PATCH, path, &[], Body::Json(body), None).await?;
        self.json(response).await
    }

    /// Sends a file.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn upload(
        &self,
        path: &str,
        query: &[(&str, String)],
        kind: &'static str,
        file: Bytes,
    ) -> Answer<Value> {
        let body = Body::Raw(kind, file);
        let response = self.send(Method::POST, path, query, body, None).await?;
        self.json(response).await
    }

    /// Removes.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn delete(&self, path: &str) -> Answer<()> {
        self.send(Method::DELETE, path, &[], Body::Nothing, None).await?;
        Ok(())
    }

    /// Reads all pages of a list, or as many rows of it as are wanted.
    ///
    /// # Errors
    /// When no usable answer comes.
    pub(crate) async fn list(&self, path: &str, query: &[(&str, String)], most: Option<usize>) -> Answer<Vec<Value>> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let wanted = most.map_or(PAGE, |most| most.saturating_sub(rows.len()).min(PAGE));
            if wanted == 0 {
                return Ok(rows);
            }
            let mut query = query.to_vec();
            query.push(("limit", wanted.to_string()));
            query.extend(token.take().map(|token| ("page_token", token)));
            let mut page = self.get(path, &query).await?;
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => rows.extend(items),
                _ => return Err(self.odd("a list without items")),
            }
            token = page.get("next_page_token").and_then(Value::as_str).map(str::to_owned);
            if token.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Asks to go on as something else than HTTP.
    ///
    /// # Errors
    /// When the server does not want to, or no usable answer comes.
    pub(super) async fn upgrade(&self, path: &str, query: &[(&str, String)], key: &str) -> Answer<Response> {
        let response = self.authorised(|| {
            self.request(Method::GET, path, query)
                .header("connection", "Upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", key)
        });
        let response = match tokio::time::timeout(CONNECT, response).await {
            Ok(Err(ClientError::Odd(_))) => return Err(ClientError::NoWebSocket),
            Ok(response) => response?,
            Err(_) => {
                let what = format!("Cannot reach {}: no answer in time", self.base);
                return Err(ClientError::Unreachable(what));
            }
        };
        match response.status() {
            status if status.is_informational() => Ok(response),
            // What a proxy makes of it that knows no WebSockets.
            status if status.is_success() => Err(ClientError::NoWebSocket),
            status => match self.refusal(response).await {
                ClientError::Odd(_) if !status.is_server_error() => Err(ClientError::NoWebSocket),
                error => Err(error),
            },
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Body,
        key: Option<&str>,
    ) -> Answer<Response> {
        let response = self
            .authorised(|| {
                let mut request = self.request(method.clone(), path, query).timeout(ANSWER);
                if let Some(key) = key {
                    request = request.header("idempotency-key", key);
                }
                match body.clone() {
                    Body::Nothing => request,
                    Body::Json(value) => request.json(&value),
                    Body::Raw(kind, bytes) => request.header("content-type", kind).body(bytes),
                }
            })
            .await?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(self.refusal(response).await),
        }
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{PREFIX}{path}", self.base.path().trim_end_matches('/')));
        self.http.request(method, url).query(query)
    }

    /// Sends with a good token; one that is good no more is renewed, once.
    async fn authorised(&self, make: impl Fn() -> RequestBuilder) -> Answer<Response> {
        let mut renewed = false;
        loop {
            let bearer = self.bearer().await?;
            let sent = make().header(AUTHORIZATION, bearer.clone()).send().await;
            let response = sent.map_err(|error| self.unreachable(&error))?;
            if !response.status().is_client_error() || renewed || matches!(self.who, Who::Token(_)) {
                return Ok(response);
            }
            let status = response.status();
            let answer = Refused::read(response).await;
            if !answer
                .problem()
                .is_some_and(|problem| ENDED.contains(&problem.code.as_str()))
            {
                return Err(self.judge(status.is_server_error(), answer));
            }
            renewed = true;
            let mut session = self.session.lock().await;
            // Another request may have renewed it meanwhile.
            if session
                .as_ref()
                .is_some_and(|session| bearer == sensitive(&session.access))
            {
                *session = None;
            }
        }
    }

    async fn bearer(&self) -> Answer<HeaderValue> {
        let (name, password) = match &self.who {
            Who::Token(token) => return Ok(sensitive(token)),
            Who::Person { name, password } => (name, password),
        };
        let mut session = self.session.lock().await;
        if let Some(known) = session.as_ref()
            && known.until > Instant::now() + SOON
        {
            return Ok(sensitive(&known.access));
        }
        let refreshed = match session.take() {
            None => None,
            Some(known) => {
                let body = json!({"refresh_token": known.refresh.expose_secret()});
                match self.tokens("/auth/refresh", &body).await {
                    Ok(tokens) => Some(tokens),
                    // A session that has ended is no reason to stop while there is a password.
                    Err(ClientError::Problem(problem)) if !problem.passing => None,
                    Err(error) => {
                        *session = Some(known);
                        return Err(error);
                    }
                }
            }
        };
        let tokens = match refreshed {
            Some(tokens) => tokens,
            None => {
                let body = json!({"username": name, "password": password.expose_secret()});
                self.tokens("/auth/login", &body).await?
            }
        };
        let access = SecretString::from(tokens.access_token);
        let bearer = sensitive(&access);
        *session = Some(Session {
            access,
            refresh: tokens.refresh_token.into(),
            until: Instant::now() + Duration::from_secs(tokens.expires_in),
        });
        Ok(bearer)
    }

    async fn tokens(&self, path: &str, body: &Value) -> Answer<TokenSet> {
        let sent = self.request(Method::POST, path, &[]).timeout(ANSWER).json(body).send();
        let response = sent.await.map_err(|error| self.unreachable(&error))?;
        match response.status().is_success() {
            true => response.json().await.map_err(|_| self.odd("a login without tokens")),
            false => Err(self.refusal(response).await),
        }
    }

    async fn json(&self, response: Response) -> Answer<Value> {
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        match body.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&body).map_err(|_| self.odd("something that is not JSON")),
        }
    }

    async fn refusal(&self, response: Response) -> ClientError {
        let passing = response.status().is_server_error();
        let answer = Refused::read(response).await;
        self.judge(passing, answer)
    }

    fn judge(&self, passing: bool, answer: Refused) -> ClientError {
        match answer {
            Refused::Problem(mut problem) => {
                problem.passing = passing;
                ClientError::Problem(problem)
            }
            Refused::Elsewhere(place) => ClientError::Odd(format!(
                "{} points to {place}: give that address with --server",
                self.base
            )),
            // A proxy whose server is away.
            Refused::Odd(status) if passing => ClientError::Unreachable(format!("{} answered '{status}'", self.base)),
            Refused::Odd(status) => self.odd(&format!("'{status}'")),
        }
    }

    fn odd(&self, what: &str) -> ClientError {
        ClientError::Odd(format!(
            "{} answered {what}. Is this the address of a Showrun server?",
            self.base
        ))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        let cause = match error.is_timeout() {
            true => "no answer in time".to_owned(),
            false => cause(error),
        };
        let hint = match () {
            () if cause.contains("certificate") => {
                ". If your own authority signed the certificate, give it with --ca-cert FILE"
            }
            () if cause.contains("InvalidContentType") => ". It does not speak TLS there: is it http://?",
            () => "",
        };
        ClientError::Unreachable(format!("Cannot reach {}: {cause}{hint}", self.base))
    }
}

fn sensitive(token: &SecretString) -> HeaderValue {
    let text = format!("Bearer {}", token.expose_secret());
    // Tokens that cannot stand in a header are refused where they are read.
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

/// The innermost reason: what is around it repeats the address.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

fn address(server: &str) -> anyhow::Result<Url> {
    let example = "give it as https://showrun.example.net or http://127.0.0.1:8080";
    let url = Url::parse(server.trim());
    let url = url.map_err(|_| anyhow::anyhow!("'{}' is no address of a server: {example}", printable(server)))?;
    anyhow::ensure!(
        url.username().is_empty() && url.password().is_none(),
        "The address of the server must hold no password: log in with --login or --token-file"
    );
    anyhow::ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none(),
        "'{}' is no address of a server: {example}",
        printable(server)
    );
    Ok(url)
}

/// On this machine, where no proxy helps and nobody listens.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn who(options: &ClientOptions) -> anyhow::Result<Who> {
    if let Some(name) = &options.login {
        let password = match &options.login_password_file {
            Some(file) => secret::read(file, true)?,
            None => secret::ask(&format!("Password of {name} at the server"))
                .context("Give the password for --login with --login-password-file FILE or SHOWRUN_PASSWORD_FILE")?,
        };
        return Ok(Who::Person {
            name: name.clone(),
            password,
        });
    }
    let token = match &options.token_file {
        Some(file) => Some(secret::read(file, true)?),
        None => config::token(),
    };
    let token = token.context("Say who you are: --token-file FILE, SHOWRUN_TOKEN, or --login USER")?;
    let fits = |c: char| c.is_ascii_graphic();
    anyhow::ensure!(
        token.expose_secret().chars().all(fits),
        "The token holds characters that no token has: is it the right file?"
    );
    Ok(Who::Token(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_without_secrets() {
        assert!(address("https://showrun.example.net/base/").is_ok());
        assert!(is_here(&address("http://[::1]:8080").unwrap()));
        assert!(!is_here(&address("http://10.0.0.1").unwrap()));
        for wrong in ["localhost:8080", "ftp://a", "a b", "", "http://x/?token=1"] {
            assert!(
                address(wrong).unwrap_err().to_string().contains("no address"),
                "{wrong}"
            );
        }
        let error = address("https://u:hunter2@x").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_token_shows_itself_to_nobody() {
        let header = sensitive(&"srt_secret".into());
        assert!(!format!("{header:?}").contains("secret"));
    }
}
