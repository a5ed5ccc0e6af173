//! Where somebody sits who uses the command: a server, its devices, and a folder with what belongs to the person.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use lab::{Fleet, FleetOptions};
use reqwest::Method;
use tempfile::TempDir;
use tests::{
    places,
    server::{Client, PASSWORD, Server, Setup},
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// A command that takes longer has failed.
const LONGEST: Duration = Duration::from_secs(90);

/// A server, its devices and a folder.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) admin: Client,
    pub(crate) fleet: Fleet,
    pub(crate) folder: TempDir,
    /// What must never be printed.
    pub(crate) secrets: Vec<String>,
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) async fn new(devices: usize) -> anyhow::Result<Self> {
        let fleet = FleetOptions {
            devices,
            ..FleetOptions::default()
        };
        Self::with(fleet, Setup::default()).await
    }

    pub(crate) async fn with(options: FleetOptions, setup: Setup) -> anyhow::Result<Self> {
        let secrets = vec![
            PASSWORD.to_owned(),
            options.password.clone(),
            options.enable_password.clone(),
        ];
        let folder = tempfile::tempdir()?;
        for (name, text) in ["login", "password", "enable"].into_iter().zip(&secrets) {
            std::fs::write(folder.path().join(name), format!("{text}\n"))?;
        }
        let fleet = Fleet::start(options).await?;
        let server = Server::start_with(setup).await?;
        let admin = server.admin().await?;
        Ok(Self {
            server,
            admin,
            fleet,
            folder,
            secrets,
        })
    }

    /// The server gets to know the devices.
    pub(crate) async fn import(self) -> anyhow::Result<Self> {
        let file = Some(("text/csv", self.csv().into_bytes()));
        let answer = self
            .admin
            .send_raw(Method::POST, "/api/v1/device-imports", file)
            .await?;
        ensure!(
            answer.status == 200 && answer.body["failed"] == 0,
            "the import: {answer:?}"
        );
        Ok(self)
    }

    /// The devices as a file; the credential that the lab names is unknown to the server.
    pub(crate) fn csv(&self) -> String {
        self.fleet.inventory_csv().replace(",lab,lab,", ",,lab,")
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The command as the admin, with the arguments that a line of text has.
    pub(crate) fn command(&self, line: &str) -> anyhow::Result<Command> {
        let mut command = self.nobody(line)?;
        command
            .args(["--login", "admin"])
            .env("SHOWRUN_PASSWORD_FILE", self.file("login"));
        Ok(command)
    }

    /// The command as nobody.
    pub(crate) fn nobody(&self, line: &str) -> anyhow::Result<Command> {
        let program = places::binary("showrun").context("showrun is not built: cargo build --workspace --bins")?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SHOWRUN_") {
                command.env_remove(name);
            }
        }
        command
            .args(line.split_whitespace())
            .env("SHOWRUN_SERVER", self.server.url())
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    /// Runs as the admin to the end.
    pub(crate) async fn run(&self, line: &str) -> anyhow::Result<Ran> {
        self.finish(self.command(line)?).await
    }

    /// Runs to the end, and finds no secret in what was printed.
    pub(crate) async fn finish(&self, mut command: Command) -> anyhow::Result<Ran> {
        let child = command.spawn()?;
        self.ended(Running::new(child)?).await
    }

    pub(crate) async fn ended(&self, running: Running) -> anyhow::Result<Ran> {
        let ran = tokio::time::timeout(LONGEST, running.end()).await;
        let ran = ran.context("the command does not end")??;
        for secret in &self.secrets {
            ensure!(
                !ran.out.contains(secret) && !ran.err.contains(secret),
                "a secret was printed: {ran:?}"
            );
        }
        Ok(ran)
    }

    /// The arguments of a collection with the login of the devices.
    pub(crate) fn login(&self) -> String {
        format!(
            "--user {} --password-file {} --enable-password-file {}",
            self.fleet.devices()[0].username,
            self.file("password"),
            self.file("enable")
        )
    }
}

/// A command that runs, with what it has said so far.
pub(crate) struct Running {
    child: Child,
    err: tokio::task::JoinHandle<String>,
    lines: tokio::sync::mpsc::UnboundedReceiver<String>,
    out: tokio::task::JoinHandle<String>,
}

impl Running {
    pub(crate) fn new(mut child: Child) -> anyhow::Result<Self> {
        let (sender, lines) = tokio::sync::mpsc::unbounded_channel();
        let mut err = BufReader::new(child.stderr.take().context("stderr")?).lines();
        let mut out = child.stdout.take().context("stdout")?;
        let err = tokio::spawn(async move {
            let mut all = String::new();
            while let Ok(Some(line)) = err.next_line().await {
                all.push_str(&line);
                all.push('\n');
                let _ = sender.send(line);
            }
            all
        });
        let out = tokio::spawn(async move {
            let mut all = Vec::new();
            let _ = out.read_to_end(&mut all).await;
            String::from_utf8_lossy(&all).into_owned()
        });
        Ok(Self { child, err, lines, out })
    }

    /// Waits until so many devices have ended.
    pub(crate) async fn devices(&mut self, number: usize) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut seen = 0;
        while seen < number {
            ensure!(started.elapsed() < LONGEST, "only {seen} devices have ended");
            let line = tokio::time::timeout(LONGEST, self.lines.recv()).await?;
            let line = line.context("the command ended early")?;
            seen += usize::from(line.starts_with(['✔', '✘', '◐']));
        }
        Ok(())
    }

    /// Ctrl-C.
    pub(crate) async fn interrupt(&self) -> anyhow::Result<()> {
        let pid = self.child.id().context("the command has ended")?.to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status().await?;
        ensure!(told.success(), "it cannot be interrupted");
        Ok(())
    }

    async fn end(mut self) -> anyhow::Result<Ran> {
        let status = self.child.wait().await?;
        Ok(Ran {
            code: status.code().context("it was killed")?,
            out: self.out.await?,
            err: self.err.await?,
        })
    }
}
