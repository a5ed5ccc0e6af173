//! A PostgreSQL for the tests of this crate.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::{ServerConfig, Service};

/// A server that is not ready by then does not become so.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A database of its own. Dropping it ends its server.
pub(crate) struct Postgres {
    pub(crate) url: String,
    server: Option<(Child, tempfile::TempDir)>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.server {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Postgres {
    /// With `SHOWRUN_TEST_POSTGRES` it is made there, else a server is started for it; `None`: there is none to start, which
    /// has been said.
    pub(crate) fn fresh(test: &str) -> Option<Self> {
        if let Ok(url) = std::env::var("SHOWRUN_TEST_POSTGRES") {
            let name = format!("test_{}", Uuid::now_v7().simple());
            let made = Command::new("psql")
                .args([&url, "-q", "-c", &format!("CREATE DATABASE {name}")])
                .status();
            assert!(made.unwrap().success());
            let (server, _) = url.rsplit_once('/').unwrap();
            return Some(Self {
                url: format!("{server}/{name}"),
                server: None,
            });
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres-for-tests");
        if !Command::new(&script).arg("find").status().unwrap().success() {
            skip(test, "PostgreSQL is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(&script)
            .arg("run")
            .arg(folder.path().join("postgres"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        Some(Self {
            url: url.trim().to_owned(),
            server: Some((child, folder)),
        })
    }

    /// A server on it.
    pub(crate) async fn service(&self, data_dir: impl Into<PathBuf>) -> Service {
        let mut config = ServerConfig::new(data_dir);
        config.database_url = Some(self.url.clone());
        let began = Instant::now();
        loop {
            match Service::open(config.clone()).await {
                Ok(service) => return service,
                Err(error) => assert!(began.elapsed() < START_LIMIT, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Says that a test does not run here, as `tests::skip` does for the tests of the whole.
fn skip(test: &str, reason: &str) {
    let line = format!("SKIP {test}: {reason}\n");
    print!("{line}");
    let required = std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "REQUIRE_ALL=1 and {test} cannot run: {reason}");
    if let Some(file) = std::env::var_os("SHOWRUN_SKIP_FILE") {
        let open = std::fs::OpenOptions::new().create(true).append(true).open(file);
        open.unwrap().write_all(line.as_bytes()).unwrap();
    }
}
