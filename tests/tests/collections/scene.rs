//! A server, simulated devices that it knows, and what a test asks of both.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use lab::{Fleet, FleetOptions};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    postgres::Postgres,
    server::{Client, Server, Setup},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, protocol::frame::coding::CloseCode};

/// A collection in a test ends within this.
const LONGEST: Duration = Duration::from_secs(120);

/// The databases that everything holds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

tokio::task_local! {
    /// The database of the scenes of a test.
    static ON: Kind;
}

/// There is no PostgreSQL on this machine.
#[derive(Debug)]
struct NoPostgres;

impl std::fmt::Display for NoPostgres {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PostgreSQL is not installed")
    }
}

impl std::error::Error for NoPostgres {}

/// A test on one of the databases; that it cannot be here is said.
pub(crate) async fn on(kind: Kind, test: &str, of: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let done = ON.scope(kind, of).await;
    match done {
        Err(error) if error.is::<NoPostgres>() => {
            tests::skip::skip(test, "PostgreSQL is not installed");
            Ok(())
        }
        done => done,
    }
}

/// A server that knows a fleet.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) admin: Client,
    pub(crate) fleet: Fleet,
    pub(crate) database: Option<Postgres>,
}

impl Scene {
    pub(crate) async fn new(fleet: FleetOptions) -> anyhow::Result<Self> {
        Self::with(fleet, Setup::default()).await
    }

    pub(crate) async fn with(fleet: FleetOptions, setup: Setup) -> anyhow::Result<Self> {
        if ON.try_with(|kind| *kind).unwrap_or(Kind::Sqlite) == Kind::Sqlite {
            return Self::prepare(fleet, setup, None).await;
        }
        let postgres = Postgres::fresh().await?.ok_or(NoPostgres)?;
        let setup = Setup {
            database_url: Some(postgres.url().to_owned()),
            ..setup
        };
        Self::prepare(fleet, setup, Some(postgres)).await
    }

    /// On one of the databases; `None` where that cannot be here, which has been said.
    pub(crate) async fn on(kind: Kind, test: &str, fleet: FleetOptions, setup: Setup) -> anyhow::Result<Option<Self>> {
        match kind {
            Kind::Sqlite => Ok(Some(Self::prepare(fleet, setup, None).await?)),
            Kind::Postgres => {
                let Some(postgres) = Postgres::fresh().await? else {
                    tests::skip::skip(test, "PostgreSQL is not installed");
                    return Ok(None);
                };
                let setup = Setup {
                    database_url: Some(postgres.url().to_owned()),
                    ..setup
                };
                Ok(Some(Self::prepare(fleet, setup, Some(postgres)).await?))
            }
        }
    }

    async fn prepare(fleet: FleetOptions, setup: Setup, database: Option<Postgres>) -> anyhow::Result<Self> {
        let fleet = Fleet::start(fleet).await?;
        let server = Server::start_with(setup).await?;
        let admin = server.admin().await?;
        // The credential of the inventory is the lab's own name for it.
        let csv = fleet.inventory_csv().replace(",lab,lab,", ",,lab,");
        let answer = admin
            .send_raw(
                Method::POST,
                "/api/v1/device-imports?format=csv",
                Some(("text/csv", csv.into_bytes())),
            )
            .await?;
        ensure!(answer.status == 200, "the import: {answer:?}");
        Ok(Self {
            server,
            admin,
            fleet,
            database,
        })
    }

    /// What a collection of all devices asks for.
    pub(crate) fn request(&self, types: &[&str], options: Value) -> Value {
        let login = FleetOptions::default();
        json!({
            "filters": {},
            "capture_types": types,
            "credentials": {
                "username": login.username,
                "password": login.password,
                "enable_password": login.enable_password,
            },
            "options": options,
        })
    }

    /// Starts a collection and gives its id.
    pub(crate) async fn start(&self, body: &Value) -> anyhow::Result<String> {
        let answer = self.admin.post("/api/v1/collections", body).await?;
        ensure!(answer.status == 202, "the start: {answer:?}");
        Ok(answer.text_of("/id"))
    }

    /// Connects to the progress of a collection.
    pub(crate) async fn socket(&self, id: &str, after: i64) -> anyhow::Result<Socket> {
        let url = format!(
            "{}/api/v1/collections/{id}/progress?after={after}",
            self.server.url().replacen("http", "ws", 1)
        );
        let mut request = url.into_client_request()?;
        let bearer = format!("Bearer {}", self.admin.token());
        request.headers_mut().insert("authorization", bearer.parse()?);
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(socket)
    }

    /// Every event of a collection, to its end.
    pub(crate) async fn events(&self, id: &str) -> anyhow::Result<Vec<Value>> {
        let mut events = Vec::new();
        let mut socket = self.socket(id, 0).await?;
        let reading = async {
            while let Some(event) = next(&mut socket).await? {
                events.push(event);
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(LONGEST, reading)
            .await
            .context("the collection does not end")??;
        Ok(events)
    }

    /// Waits for the end of a collection and views it.
    pub(crate) async fn end(&self, id: &str) -> anyhow::Result<Value> {
        self.events(id).await?;
        self.view(id).await
    }

    pub(crate) async fn view(&self, id: &str) -> anyhow::Result<Value> {
        let answer = self.admin.get(&format!("/api/v1/collections/{id}")).await?;
        ensure!(answer.status == 200, "the collection: {answer:?}");
        Ok(answer.body)
    }

    /// All devices of a collection.
    pub(crate) async fn devices(&self, id: &str) -> anyhow::Result<Vec<Value>> {
        self.pages(&format!("/api/v1/collections/{id}/devices?limit=500")).await
    }

    /// All captures of a collection.
    pub(crate) async fn captures(&self, id: &str) -> anyhow::Result<Vec<Value>> {
        self.pages(&format!("/api/v1/collections/{id}/captures?limit=500"))
            .await
    }

    /// All items of a list; `path` has its query.
    pub(crate) async fn pages(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut token = String::new();
        loop {
            let answer = self.admin.get(&format!("{path}&page_token={token}")).await?;
            ensure!(answer.status == 200, "{path}: {answer:?}");
            items.extend(answer.body["items"].as_array().cloned().unwrap_or_default());
            match answer.body["next_page_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => return Ok(items),
            }
        }
    }

    /// What every complete capture of a collection reads back as equals what the device printed.
    pub(crate) async fn check_texts(&self, id: &str) -> anyhow::Result<usize> {
        let mut checked = 0;
        for capture in self.captures(id).await? {
            if capture["verdict"] != "complete" {
                continue;
            }
            let name = capture["device_name"].as_str().unwrap_or_default();
            let path = format!(
                "/api/v1/captures/{}/content",
                capture["id"].as_str().unwrap_or_default()
            );
            let text = self.admin.get(&path).await?;
            ensure!(text.status == 200, "{path}: {text:?}");
            let expected = self.expected(name, &capture["commands"])?;
            ensure!(
                text.bytes == expected.as_bytes(),
                "{name}, {}: the text is another",
                capture["commands"]
            );
            checked += 1;
        }
        Ok(checked)
    }
}

impl Scene {
    /// What the outputs of the commands together are stored as.
    pub(crate) fn expected(&self, device: &str, commands: &Value) -> anyhow::Result<String> {
        let commands: Vec<&str> = commands
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut text = String::new();
        for command in &commands {
            if commands.len() > 1 {
                text.push_str(&format!(">>> {command}\n"));
            }
            let output = self.fleet.expected(device, command);
            text.push_str(&output.with_context(|| format!("the lab has nothing for {command} on {device}"))?);
        }
        Ok(text)
    }
}

/// A connection to the progress of a collection.
pub(crate) type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// The next event; `None` when the server closes in good order.
pub(crate) async fn next(socket: &mut Socket) -> anyhow::Result<Option<Value>> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(Some(serde_json::from_str(text.as_str())?)),
            Some(Ok(Message::Close(Some(frame)))) if frame.code == CloseCode::Normal => return Ok(None),
            Some(Ok(Message::Close(Some(frame)))) => bail!("the server closed the socket: {frame}"),
            Some(Ok(Message::Close(None))) | None => return Ok(None),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

/// Events have numbers without gaps, and everything that is to come exactly once did.
pub(crate) fn check_events(events: &[Value], devices: usize) {
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], index + 1, "{event}");
        if event["type"] == "collection_progress" {
            let counts = &event["data"]["counts"];
            let sum: u64 = [
                "queued",
                "running",
                "succeeded",
                "partially_succeeded",
                "failed",
                "cancelled",
            ]
            .iter()
            .map(|name| counts[name].as_u64().unwrap())
            .sum();
            assert_eq!(counts["total"].as_u64().unwrap(), sum, "{event}");
        }
    }
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    let mut completed: BTreeMap<&str, usize> = BTreeMap::new();
    for event in of("device_completed") {
        *completed
            .entry(event["data"]["device_name"].as_str().unwrap())
            .or_default() += 1;
    }
    assert_eq!(completed.len(), devices);
    assert!(completed.values().all(|count| *count == 1), "{completed:?}");
    let mut captured: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for event in of("capture_completed") {
        let data = &event["data"];
        let key = (
            data["device_name"].as_str().unwrap(),
            data["capture_type"].as_str().unwrap(),
        );
        *captured.entry(key).or_default() += 1;
    }
    assert!(captured.values().all(|count| *count == 1), "{captured:?}");
    assert_eq!(of("collection_complete").len(), 1);
    assert_eq!(events.last().unwrap()["type"], "collection_complete");
}

/// Chance that can be had again with `SHOWRUN_TEST_SEED`: xorshift.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        let asked = std::env::var("SHOWRUN_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let now = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_default().as_nanos() as u64 | 1
        };
        Self(asked.unwrap_or_else(now))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}
