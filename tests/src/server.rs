//! The server as its users run it: the real `showrun serve` as a process, with a data directory of its own, and a client.
//!
//! [`Setup`] says how it is started, [`Server`] is the process, [`Client`] asks it as somebody, [`Answer`] is what came.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::places;

/// The password of the first admin, where a test does not say another.
pub const PASSWORD: &str = "correct horse battery";
/// A server that is not ready by then does not become so.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A server that was told to stop has stopped by then.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// How a server is started.
#[derive(Default)]
pub struct Setup {
    /// Further arguments of `showrun serve`.
    pub args: Vec<String>,
    /// Variables of the environment besides those of the test; an empty value takes one away.
    pub env: Vec<(String, String)>,
    /// `postgres://…`; `None`: SQLite in the data directory.
    pub database_url: Option<String>,
    /// The data directory; `None`: a new one that goes with the server.
    pub data_dir: Option<PathBuf>,
    /// Where it listens; `None`: on a free port, and on another one when it is started again.
    pub listen: Option<String>,
}

impl Setup {
    /// On a port of its own, for clients that find it there again after a restart.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn on_one_port() -> anyhow::Result<Self> {
        Ok(Self {
            listen: Some(format!("127.0.0.1:{}", places::free_port()?)),
            ..Self::default()
        })
    }

    /// With a further argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server that runs. Dropping it kills it.
pub struct Server {
    setup: Setup,
    data_dir: PathBuf,
    _own: Option<TempDir>,
    child: Child,
    log: Arc<Mutex<String>>,
    reads: Option<JoinHandle<()>>,
    url: String,
}

impl Server {
    /// Starts one with SQLite and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(Setup::default()).await
    }

    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready, with all that it printed.
    pub async fn start_with(setup: Setup) -> anyhow::Result<Self> {
        let (own, data_dir) = match &setup.data_dir {
            Some(folder) => (None, folder.clone()),
            None => {
                let folder = TempDir::new()?;
                let path = folder.path().join("data");
                (Some(folder), path)
            }
        };
        let log = Arc::new(Mutex::new(String::new()));
        let (child, reads) = spawn(&setup, &data_dir, &log)?;
        let mut server = Self {
            reads,
            setup,
            data_dir,
            _own: own,
            child,
            log,
            url: String::new(),
        };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                // What it said last may still be on its way.
                if let Some(reads) = self.reads.take() {
                    let _ = tokio::time::timeout(Duration::from_secs(2), reads).await;
                }
                bail!("the server ended with {status}:\n{}", self.log());
            }
            let url = self.log().lines().find_map(|line| {
                let url = line.strip_prefix("showrun: listening on ")?;
                Some(url.trim().to_owned())
            });
            if let Some(url) = url {
                self.url = url;
                let answer = self.client().get("/readyz").await;
                if answer.is_ok_and(|answer| answer.status == 200) {
                    return Ok(());
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server is not ready after {START_LIMIT:?}:\n{}", self.log())
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// All that it printed.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client that is nobody.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The first admin, logged in.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn admin(&self) -> anyhow::Result<Client> {
        self.login("admin", PASSWORD).await
    }

    /// Somebody, logged in.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn login(&self, username: &str, password: &str) -> anyhow::Result<Client> {
        let body = json!({"username": username, "password": password});
        let answer = self.client().post("/api/v1/auth/login", &body).await?;
        ensure!(answer.status == 200, "{username} cannot log in: {answer:?}");
        Ok(self.client().with_token(answer.text_of("/access_token")))
    }

    /// A new user of a role, logged in.
    ///
    /// # Errors
    /// When the user cannot be made.
    pub async fn user(&self, admin: &Client, username: &str, role: &str) -> anyhow::Result<Client> {
        let body = json!({"username": username, "password": PASSWORD, "role": role});
        let answer = admin.post("/api/v1/users", &body).await?;
        ensure!(answer.status == 201, "{username} cannot be made: {answer:?}");
        self.login(username, PASSWORD).await
    }

    /// Tells it to stop and waits for its end; whether it ended well.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> anyhow::Result<bool> {
        let pid = self.child.id().context("the server has ended already")?;
        let told = Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        ensure!(told.success(), "the server could not be told to stop");
        let status = tokio::time::timeout(STOP_LIMIT, self.child.wait()).await;
        let status = status.with_context(|| format!("the server does not stop:\n{}", self.log()))?;
        Ok(status?.success())
    }

    /// Kills it at once.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("the server cannot be killed")
    }

    /// Starts it again on the same data, after [`Self::stop`] or [`Self::kill`].
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn again(&mut self) -> anyhow::Result<()> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        (self.child, self.reads) = spawn(&self.setup, &self.data_dir, &self.log)?;
        self.ready().await
    }
}

fn spawn(setup: &Setup, data_dir: &Path, log: &Arc<Mutex<String>>) -> anyhow::Result<(Child, Option<JoinHandle<()>>)> {
    let binary = places::binary("showrun").context("showrun was not built: cargo build --workspace --bins")?;
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", setup.listen.as_deref().unwrap_or("127.0.0.1:0")])
        .arg("--data-dir")
        .arg(data_dir)
        .args(&setup.args)
        .env("SHOWRUN_ADMIN_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(url) = &setup.database_url {
        command.env("SHOWRUN_DATABASE_URL", url);
    }
    for (name, value) in &setup.env {
        match value.is_empty() {
            true => command.env_remove(name),
            false => command.env(name, value),
        };
    }
    let mut child = command.spawn()?;
    let stderr = child.stderr.take();
    let reads = stderr.map(|stderr| tokio::spawn(keep(stderr, log.clone())));
    Ok((child, reads))
}

async fn keep(from: impl AsyncRead + Unpin, log: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

/// Asks a server as somebody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Nobody, at this server.
    #[must_use]
    pub fn new(url: &str) -> Self {
        // Certificates in tests are their own authority.
        let http = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap_or_default();
        Self {
            http,
            url: url.to_owned(),
            token: None,
            headers: Vec::new(),
        }
    }

    /// The same with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same with a further header.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The token that it sends.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Asks.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Changes by JSON.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Removes.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method, with JSON or without.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        match body {
            None => self.send_raw(method, path, None).await,
            Some(body) => {
                let body = body.to_string().into_bytes();
                self.send_raw(method, path, Some(("application/json", body))).await
            }
        }
    }

    /// Any method, with a body of any kind.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send_raw(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        Ok(Answer {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        })
    }
}

/// What a server answered.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, when it is JSON.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.bytes);
        let text: String = text.chars().take(500).collect();
        write!(f, "{} {text}", self.status)
    }
}

impl Answer {
    /// A text in the body, by JSON pointer; empty when there is none.
    #[must_use]
    pub fn text_of(&self, pointer: &str) -> String {
        let text = self.body.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    /// A header; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The word of a problem; empty when it is none.
    #[must_use]
    pub fn code(&self) -> String {
        match self.header("content-type") {
            "application/problem+json" => self.text_of("/code"),
            _ => String::new(),
        }
    }
}
