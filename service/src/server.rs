//! What the server is made of, and how it starts and stops.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jobs::{Breaker, Catalogue};
use tokio_util::sync::CancellationToken;

use crate::{
    access::Access,
    captures::Shelf,
    collections::{Engine, HoldSource, Parts},
    credentials::keeper,
    database::{Database, DatabaseLock, sqlite_file},
    devices::AddressPolicy,
    direct::{self, HostKeyPolicy},
    error::{Error, ErrorKind, Result},
    git_mirror::GitMirror,
    host_keys::book::Book,
    idempotency::InFlight,
    records::Reader,
    rulebook::Rulebook,
    search::indexer::Indexer,
    settings::Current,
    vault::{KeySource, Vault},
    volatile_rules,
};

/// How often the lock on the database is looked at.
const LOCK_EVERY: Duration = Duration::from_secs(2);

/// Where clouds tell a machine its own secrets; no device is there.
const METADATA: [&str; 2] = ["169.254.169.254/32", "fd00:ec2::254/128"];

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Folder of everything that is stored; it is made if it is not there.
    pub data_dir: PathBuf,
    /// `sqlite://FILE` or `postgres://…`; `None`: SQLite in the data directory.
    pub database_url: Option<String>,
    /// The key that secrets are sealed with; `None`: `secret.key` in the data directory.
    pub key: Option<KeySource>,
    /// Folder of the user's own platform files.
    pub platforms_dir: Option<PathBuf>,
    /// Folder of the user's own parsing templates.
    pub templates_dir: Option<PathBuf>,
    /// A git repository of configurations; `None`: there is none.
    pub git_mirror: Option<GitMirror>,
    /// Sessions to devices at the same time, over all collections.
    pub max_sessions: usize,
    /// WebSockets and event streams at the same time.
    pub max_watchers: usize,
    /// Lifetime of access tokens in minutes.
    pub access_token_minutes: u32,
    /// Lifetime of a login that is used now and then, in days.
    pub refresh_token_days: u32,
    /// Socket of the SSH agent that credentials may ask.
    pub ssh_agent: Option<PathBuf>,
    /// What to do with unknown host keys.
    pub host_keys: HostKeyPolicy,
    /// No new device starts while less than this is free on the disk of the data directory.
    pub min_free_bytes: u64,
    /// How long the secrets that came with a collection are kept after its end.
    pub secret_ttl_hours: u32,
    /// How long session transcripts are kept.
    pub transcript_days: u32,
    /// Whether an index of the last good texts is kept, so that a search is answered at once.
    pub search_index: bool,
    /// Networks (`10.0.0.0/8`, `::1/128`) that are never connected to.
    pub forbidden_networks: Vec<String>,
}

impl ServerConfig {
    /// The usual settings for a folder.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database_url: None,
            key: None,
            platforms_dir: None,
            templates_dir: None,
            git_mirror: None,
            max_sessions: 1000,
            max_watchers: 1000,
            access_token_minutes: 15,
            refresh_token_days: 30,
            ssh_agent: None,
            host_keys: HostKeyPolicy::AcceptNew,
            min_free_bytes: 256 * 1024 * 1024,
            secret_ttl_hours: 24,
            transcript_days: 7,
            search_index: true,
            forbidden_networks: METADATA.map(str::to_owned).to_vec(),
        }
    }
}

impl ServerConfig {
    /// Reads everything that is a file, changes nothing, and opens no database. Gives what a person should know.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn check(&self) -> Result<Vec<String>> {
        AddressPolicy::read(&self.forbidden_networks)?;
        Vault::check(&self.key_source())?;
        Reader::open(self.templates_dir.as_deref())?;
        let (_, warnings) = self.read_platforms()?;
        Ok(warnings)
    }

    fn key_source(&self) -> KeySource {
        let usual = || KeySource::File(self.data_dir.join("secret.key"));
        self.key.clone().unwrap_or_else(usual)
    }

    fn read_platforms(&self) -> Result<(Catalogue, Vec<String>)> {
        let (catalogue, mut warnings) = direct::catalogue(self.platforms_dir.as_deref())
            .map_err(|error| Error::new(ErrorKind::Unavailable, "platforms_unreadable", error.to_string()))?;
        warnings.extend(parsers::built_in_notice().map(|notice| notice.to_string()));
        Ok((catalogue, warnings))
    }
}

/// How long the end of the server waits for what is still to be written down.
const SETTLE: Duration = Duration::from_secs(8);
/// How much of that it waits for logins that are under way.
const LOGINS_END: Duration = Duration::from_secs(5);

/// The application of one server. Clones are the same server.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    config: ServerConfig,
    db: Database,
    vault: Arc<Vault>,
    catalogue: Arc<Catalogue>,
    reader: Reader,
    rulebook: Rulebook,
    changes_turn: tokio::sync::Mutex<()>,
    mirror_turn: tokio::sync::Mutex<()>,
    retention_looked_at: std::sync::atomic::AtomicI64,
    indexer: Arc<Indexer>,
    addresses: AddressPolicy,
    shelf: Arc<Shelf>,
    engine: Engine,
    breaker: Arc<Breaker>,
    host_keys: Arc<Book>,
    warnings: Vec<String>,
    access: Access,
    settings: Arc<Current>,
    requests_in_flight: InFlight,
    stopping: CancellationToken,
    database_lock: Option<DatabaseLock>,
    _file_locks: (File, Option<File>),
}

impl Service {
    /// Opens the data directory and the database, brings the schema up to date and takes the locks. Nothing runs yet.
    ///
    /// # Errors
    /// A sentence that says what to change; `already_running` names the server that is there.
    pub async fn open(config: ServerConfig) -> Result<Self> {
        let addresses = AddressPolicy::read(&config.forbidden_networks)?;
        private_folder(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
        let directory_lock = lock_directory(&config.data_dir)?;
        let vault = Arc::new(Vault::open(&config.key_source())?);
        let reader = Reader::open(config.templates_dir.as_deref())?;
        let (catalogue, warnings) = config.read_platforms()?;
        let url = config
            .database_url
            .clone()
            .unwrap_or_else(|| Database::in_folder(&config.data_dir));
        let file_lock = match sqlite_file(&url) {
            // Another server may have a data directory of its own and this database.
            Some(file) if config.database_url.is_some() => Some(lock_database(&file)?),
            _ => None,
        };
        let database_lock = Database::lock(&url).await?;
        let mut db = Database::open(&url).await?;
        db.claim().await?;
        // First: it proves that the key is the right one for this database.
        let settings = Arc::new(Current::load(&db, &vault).await?);
        let access = Access::load(&db, &vault).await?;
        let breaker = keeper::open(&db, vault.derive("login identity")).await?;
        let host_keys = Book::open(&db, config.host_keys).await?;
        let catalogue = Arc::new(catalogue);
        let of_users = volatile_rules::store::all(db.reader()).await?;
        let rulebook = Rulebook::new(Arc::clone(&catalogue), vault.derive("tags of secrets"), of_users)?;
        let shelf = Arc::new(Shelf::open(&config.data_dir, &db).await?);
        let rule = addresses.clone();
        let (kept, usual_days) = (Arc::clone(&settings), config.transcript_days);
        let indexer = Arc::new(Indexer::new(config.search_index));
        let engine = Engine::start(Parts {
            db: db.clone(),
            shelf: Arc::clone(&shelf),
            indexer: Arc::clone(&indexer),
            vault: Arc::clone(&vault),
            catalogue: Arc::clone(&catalogue),
            host_keys: Arc::clone(&host_keys) as Arc<dyn jobs::HostKeys>,
            breaker: Arc::clone(&breaker),
            addresses: Arc::new(move |address| rule.refusal(address)),
            max_sessions: config.max_sessions,
            transcript_days: Box::new(move || kept.transcript_days(usual_days)),
            data_dir: config.data_dir.clone(),
            min_free_bytes: config.min_free_bytes,
        });
        Ok(Self(Arc::new(Inner {
            config,
            db,
            vault,
            catalogue,
            reader,
            rulebook,
            changes_turn: tokio::sync::Mutex::default(),
            mirror_turn: tokio::sync::Mutex::default(),
            retention_looked_at: std::sync::atomic::AtomicI64::default(),
            indexer,
            addresses,
            shelf,
            engine,
            breaker,
            host_keys,
            warnings,
            access,
            settings,
            requests_in_flight: InFlight::default(),
            stopping: CancellationToken::new(),
            database_lock,
            _file_locks: (directory_lock, file_lock),
        })))
    }

    /// Things a person should know that did not stop the server from starting.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The settings it was started with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    /// Looks after the lock on the database for as long as the server runs. While it is lost no session starts; it is taken
    /// again as soon as the database is back, and where another server has it everything here ends.
    pub fn lock_watch(&self) {
        let service = self.clone();
        let watch = async move {
            let Some(lock) = &service.0.database_lock else { return };
            loop {
                tokio::time::sleep(LOCK_EVERY).await;
                let holds = &service.0.engine.holds;
                if lock.is_held().await {
                    holds.set(HoldSource::Lock, None);
                    continue;
                }
                let reason = "The lock on the database was lost: nothing new starts until it is held again";
                if holds.set(HoldSource::Lock, Some(reason.to_owned())) {
                    tracing::warn!("the lock on the database was lost");
                }
                let retaken = match lock.retake().await {
                    // Another server may have come and gone: what is known here is then no longer so.
                    Ok(true) => service.0.db.is_claimed().await,
                    other => other,
                };
                match retaken {
                    Ok(true) => {
                        tracing::info!("the lock on the database is held again");
                        holds.set(HoldSource::Lock, None);
                    }
                    Ok(false) => {
                        tracing::error!("another server has taken over this database: everything here ends");
                        service.0.stopping.cancel();
                        let engine = service.clone();
                        tokio::spawn(async move { engine.0.engine.stop().await });
                        return;
                    }
                    Err(error) => tracing::warn!(%error, "the database cannot be reached"),
                }
            }
        };
        self.0.engine.spawn(watch);
    }

    /// Whether requests can be answered: the database answers, and the lock on it is held.
    pub async fn is_ready(&self) -> bool {
        if self.0.stopping.is_cancelled() || !self.0.db.answers().await {
            return false;
        }
        match &self.0.database_lock {
            Some(lock) => lock.is_held().await,
            None => true,
        }
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.0.shelf
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Cancelled when the server is about to stop: connections that stay open end then.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Ends what runs, so that it goes on after the next start, writes down what is only in memory, and closes the
    /// database.
    pub async fn close(&self) {
        self.0.stopping.cancel();
        self.0.engine.stop().await;
        let rest = async {
            let logins = async {
                // Sessions that are ended now give back the right to log in, or it would count as a refusal.
                let _ = tokio::time::timeout(LOGINS_END, self.0.breaker.idle()).await;
                self.0.breaker.settled().await;
            };
            tokio::join!(logins, self.0.host_keys.flush());
            if let Err(error) = self.auth_tidy().await {
                tracing::warn!(%error, "when tokens were last used could not be written down");
            }
            self.0.db.clone().close().await;
        };
        // A database that is away for long does not keep the server from ending.
        if tokio::time::timeout(SETTLE, rest).await.is_err() {
            tracing::warn!("the database is away: what was not written down yet is lost");
        }
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn current_settings(&self) -> &Current {
        &self.0.settings
    }

    pub(crate) fn requests_in_flight(&self) -> &InFlight {
        &self.0.requests_in_flight
    }

    pub(crate) fn db(&self) -> &Database {
        &self.0.db
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The server itself listens there: no device does.
    pub fn serves_on(&self, address: SocketAddr) {
        self.0.addresses.add_own(address);
    }

    pub(crate) fn addresses(&self) -> &AddressPolicy {
        &self.0.addresses
    }

    /// Counts refused logins over all collections; every run of devices goes through it.
    pub(crate) fn breaker(&self) -> &Arc<Breaker> {
        &self.0.breaker
    }

    /// The known host keys.
    pub(crate) fn host_keys(&self) -> &Arc<Book> {
        &self.0.host_keys
    }

    /// What reads the texts of captures.
    pub(crate) fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// What lines of texts mean.
    pub(crate) fn rulebook(&self) -> &Rulebook {
        &self.0.rulebook
    }

    /// Held by whoever compares configurations.
    pub(crate) fn changes_turn(&self) -> &tokio::sync::Mutex<()> {
        &self.0.changes_turn
    }

    /// Held by whoever writes the git mirror.
    pub(crate) fn mirror_turn(&self) -> &tokio::sync::Mutex<()> {
        &self.0.mirror_turn
    }

    /// When captures were last looked through for what is no longer kept.
    pub(crate) fn retention_looked_at(&self) -> &std::sync::atomic::AtomicI64 {
        &self.0.retention_looked_at
    }

    /// What makes texts searchable.
    pub(crate) fn indexer(&self) -> &Indexer {
        &self.0.indexer
    }

    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.0.catalogue
    }
}

/// Makes a folder that only its owner can look into; one that is there stays as people have made it.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Only one server works in a folder.
fn lock_directory(folder: &Path) -> Result<File> {
    lock_file(&folder.join("server.lock"), folder)
}

/// Only one server works on a database, wherever its data directory is.
fn lock_database(file: &Path) -> Result<File> {
    let mut lock = file.as_os_str().to_owned();
    lock.push(".lock");
    lock_file(Path::new(&lock), file)
}

/// Takes the lock on a file for as long as it is open. It says who has it, for the message of the next.
fn lock_file(path: &Path, of: &Path) -> Result<File> {
    let open = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let mut file = open.map_err(|error| unusable(path.parent().unwrap_or(of), &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(Error::conflict(
                "already_running",
                format!("Another server works in {}: {}", of.display(), holder.trim()),
            ));
        }
        Err(fs::TryLockError::Error(error)) => return Err(unusable(of, &error)),
    }
    let started = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    let write = || -> io::Result<()> {
        file.set_len(0)?;
        writeln!(file, "process {} since {started}", std::process::id())?;
        file.sync_all()
    };
    let mut write = write;
    write().map_err(|error| unusable(of, &error))?;
    Ok(file)
}

fn unusable(folder: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "data_dir_unusable",
        format!("Cannot use the data directory {}: {error}", folder.display()),
    )
}
