//! A PostgreSQL for one test: a server of its own in a folder of its own, or a database on the one that the whole run has.

use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::places;

/// A server that is not ready by then does not become so.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A PostgreSQL. Dropping it ends it.
pub struct Postgres {
    url: String,
    port: u16,
    server: Option<(Child, TempDir)>,
}

impl Postgres {
    /// A fresh database; `None`: there is no PostgreSQL on this machine. With `SHOWRUN_TEST_POSTGRES`
    /// (`postgres://…/postgres`) it is made there, else a server is started for it.
    ///
    /// # Errors
    /// When there is one and it does not start.
    pub async fn fresh() -> anyhow::Result<Option<Self>> {
        if let Ok(url) = std::env::var("SHOWRUN_TEST_POSTGRES") {
            return Ok(Some(Self::database_on(&url).await?));
        }
        let script = places::root().join("scripts/postgres-for-tests");
        let there = Command::new(&script).arg("find").stdout(Stdio::null()).status().await?;
        if !there.success() {
            return Ok(None);
        }
        let folder = TempDir::new()?;
        let mut child = spawn(&folder, None)?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(START_LIMIT, lines.next_line()).await??;
        let url = first.context("PostgreSQL did not start")?;
        let port = url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next());
        let port = port
            .and_then(|port| port.parse().ok())
            .context("a URL without a port")?;
        let postgres = Self {
            url,
            port,
            server: Some((child, folder)),
        };
        postgres.ready(port).await?;
        Ok(Some(postgres))
    }

    async fn database_on(url: &str) -> anyhow::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{since}_{count}", std::process::id());
        let made = Command::new("psql")
            .args([url, "-q", "-c", &format!("CREATE DATABASE {name}")])
            .status()
            .await?;
        ensure!(made.success(), "the database {name} could not be made");
        let (server, _) = url
            .rsplit_once('/')
            .context("SHOWRUN_TEST_POSTGRES names no database")?;
        Ok(Self {
            url: format!("{server}/{name}"),
            port: 0,
            server: None,
        })
    }

    async fn ready(&self, port: u16) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            // The server takes connections before it is ready, but not for long.
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(300)).await;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("PostgreSQL is not ready after {START_LIMIT:?}")
    }

    /// Stops the server, with everybody's connections; whether it is one of its own.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(&mut self) -> anyhow::Result<bool> {
        let Some((child, _)) = &mut self.server else {
            return Ok(false);
        };
        let pid = child.id().context("PostgreSQL has ended already")?;
        // The fast shutdown of its manual.
        Command::new("kill").arg("-INT").arg(pid.to_string()).status().await?;
        tokio::time::timeout(START_LIMIT, child.wait()).await??;
        Ok(true)
    }

    /// Starts it again on the same data, after [`Self::stop`].
    ///
    /// # Errors
    /// When it does not start.
    pub async fn again(&mut self) -> anyhow::Result<()> {
        let port = self.port;
        let Some((child, folder)) = &mut self.server else {
            bail!("this PostgreSQL is not one of its own");
        };
        *child = spawn(folder, Some(port))?;
        self.ready(port).await
    }

    /// `postgres://…` of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same as a user who may make tables and nothing else; `None`: there is nothing here to make one with.
    ///
    /// # Errors
    /// When the user cannot be made.
    pub async fn url_of_a_stranger(&self) -> anyhow::Result<Option<String>> {
        let name = format!("stranger_{}_{}", std::process::id(), self.port);
        let make = format!("CREATE ROLE {name} LOGIN; GRANT ALL ON SCHEMA public TO {name}");
        let made = Command::new("psql").args([&self.url, "-q", "-c", &make]).status().await;
        match made {
            Ok(status) => ensure!(status.success(), "the user {name} could not be made"),
            Err(_) => return Ok(None),
        }
        let (scheme, rest) = self.url.split_once("://").context("no URL")?;
        let place = rest.split_once('@').map_or(rest, |(_, place)| place);
        Ok(Some(format!("{scheme}://{name}@{place}")))
    }

    /// The process of the server, when it is one of its own.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().and_then(|(child, _)| child.id())
    }
}

fn spawn(folder: &TempDir, port: Option<u16>) -> anyhow::Result<Child> {
    let child = Command::new(places::root().join("scripts/postgres-for-tests"))
        .args(["run", &folder.path().join("postgres").to_string_lossy()])
        .args(port.map(|port| port.to_string()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}
