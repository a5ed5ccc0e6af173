//! `showrun-floor`: what the benchmark measures the product against.
//!
//! Owns: a plain client on the same SSH library with the same algorithms and socket options as the product, that logs in
//! with a password, opens one shell, runs the commands one at a time, waits for the prompt and throws the output away.
//! Must not know: any crate of the product, and anything a device may do wrong. Every check that is added here makes the
//! floor higher and the benchmark easier to pass, so there is none that its own work does not need.

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use russh::client::{self, AuthResult, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg, Disconnect, Preferred, cipher, kex};
use tokio::runtime;
use tokio::task::JoinSet;

/// As in the product: data in flight in one channel, in bytes.
const WINDOW: u32 = 256 * 1024;
/// As in the product: the largest packet a device may send, in bytes.
const PACKET: u32 = 32 * 1024;
/// As in the product: packets that wait between the connection and the one who reads.
const QUEUED_MESSAGES: usize = 8;
/// A device that takes longer than this has failed.
const DEVICE_LIMIT: Duration = Duration::from_secs(120);

/// The least work that collects the output of some commands, and throws it away.
#[derive(Parser, Debug)]
#[command(name = "showrun-floor", version)]
struct Arguments {
    /// The inventory of the lab (CSV)
    #[arg(long)]
    inventory: PathBuf,
    /// Devices at a time
    #[arg(long, default_value_t = 50)]
    workers: usize,
    /// The name to log in with
    #[arg(long)]
    user: String,
    /// The password to log in with
    #[arg(long)]
    password: String,
    /// A command; may be repeated
    #[arg(long = "command")]
    commands: Vec<String>,
    /// Threads; as many as this process may use cores when it is not given
    #[arg(long)]
    threads: Option<usize>,
}

/// Where a device is and what its prompt looks like.
#[derive(Debug)]
struct Target {
    host: String,
    port: u16,
    prompt: Vec<u8>,
}

#[derive(Debug)]
struct Work {
    targets: Vec<Target>,
    /// Each ends with the line end that is sent.
    commands: Vec<Vec<u8>>,
    user: String,
    password: String,
    config: Arc<client::Config>,
    next: AtomicUsize,
    failed: AtomicUsize,
    bytes: AtomicU64,
}

struct AnyKey;

impl client::Handler for AnyKey {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let threads = match arguments.threads {
        Some(threads) => threads.max(1),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut builder = match threads {
        1 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    // The one command that nobody asked for: a device that pages would wait for a key for ever.
    let commands = std::iter::once("terminal length 0").chain(arguments.commands.iter().map(String::as_str));
    let work = Arc::new(Work {
        targets: targets(&arguments.inventory)?,
        commands: commands.map(|command| format!("{command}\n").into_bytes()).collect(),
        user: arguments.user,
        password: arguments.password,
        config: options(),
        next: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
    });
    let mut workers = JoinSet::new();
    for _ in 0..arguments.workers.clamp(1, work.targets.len().max(1)) {
        workers.spawn(worker(Arc::clone(&work)));
    }
    while let Some(ended) = workers.join_next().await {
        ended?;
    }
    let failed = work.failed.load(Ordering::Relaxed);
    let line = serde_json::json!({
        "devices": work.targets.len(),
        "failed": failed,
        "wall_seconds": started.elapsed().as_secs_f64(),
        "bytes": work.bytes.load(Ordering::Relaxed),
    });
    writeln!(std::io::stdout(), "{line}")?;
    ensure!(failed == 0, "{failed} devices failed");
    Ok(())
}

/// The options of `jobs/src/transport/algorithms.rs`, written down once more.
fn options() -> Arc<client::Config> {
    let usual = Preferred::DEFAULT;
    let mut kexes = vec![kex::CURVE25519, kex::CURVE25519_PRE_RFC_8731];
    kexes.extend(usual.kex.iter().filter(|name| !name.as_ref().starts_with("curve25519")));
    let mut ciphers = vec![cipher::AES_128_GCM];
    ciphers.extend(usual.cipher.iter());
    let preferred = Preferred {
        kex: Cow::Owned(kexes),
        cipher: Cow::Owned(ciphers),
        ..usual
    };
    Arc::new(client::Config {
        window_size: WINDOW,
        maximum_packet_size: PACKET,
        channel_buffer_size: QUEUED_MESSAGES,
        preferred,
        nodelay: true,
        ..client::Config::default()
    })
}

/// The devices of an inventory. The lab quotes nothing, so a comma is always a border.
fn targets(file: &Path) -> anyhow::Result<Vec<Target>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| {
        let place = head.iter().position(|column| *column == name);
        place.with_context(|| format!("{} has no column {name}", file.display()))
    };
    let (name, host, port) = (column("name")?, column("host")?, column("port")?);
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let field = |place: usize| fields.get(place).copied().unwrap_or_default();
            Ok(Target {
                host: field(host).to_owned(),
                port: field(port).parse().with_context(|| format!("no port in: {line}"))?,
                prompt: format!("\n{}#", field(name)).into_bytes(),
            })
        })
        .collect()
}

async fn worker(work: Arc<Work>) {
    while let Some(target) = work.targets.get(work.next.fetch_add(1, Ordering::Relaxed)) {
        let problem = match tokio::time::timeout(DEVICE_LIMIT, collect(&work, target)).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("not done after {DEVICE_LIMIT:?}"),
        };
        work.failed.fetch_add(1, Ordering::Relaxed);
        let _ = writeln!(std::io::stderr(), "{}:{}: {problem}", target.host, target.port);
    }
}

async fn collect(work: &Work, target: &Target) -> anyhow::Result<()> {
    let address = (target.host.as_str(), target.port);
    let mut session = client::connect(Arc::clone(&work.config), address, AnyKey).await?;
    let login = session
        .authenticate_password(work.user.as_str(), work.password.as_str())
        .await?;
    if !matches!(login, AuthResult::Success) {
        bail!("the password was refused");
    }
    let mut channel = session.channel_open_session().await?;
    channel.request_pty(false, "vt100", 511, 1000, 0, 0, &[]).await?;
    channel.request_shell(false).await?;
    until_prompt(work, &mut channel, &target.prompt).await?;
    for command in &work.commands {
        channel.data_bytes(command.clone()).await?;
        until_prompt(work, &mut channel, &target.prompt).await?;
    }
    session.disconnect(Disconnect::ByApplication, "", "").await?;
    // It ends with an error when the device closes first, as it may after a farewell.
    let _ = session.await;
    Ok(())
}

/// Waits until what came ends with the prompt on a line of its own. The end of the data is all that is looked at.
async fn until_prompt(work: &Work, channel: &mut Channel<Msg>, prompt: &[u8]) -> anyhow::Result<()> {
    let mut end = Vec::with_capacity(2 * prompt.len());
    while let Some(message) = channel.wait().await {
        let ChannelMsg::Data { data } = message else { continue };
        work.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        if data.len() >= prompt.len() {
            end.clear();
        }
        let new = data.len().saturating_sub(prompt.len());
        end.extend_from_slice(data.get(new..).unwrap_or_default());
        if end.ends_with(prompt) {
            return Ok(());
        }
        end.drain(..end.len().saturating_sub(prompt.len()));
    }
    bail!("the device closed the session")
}
