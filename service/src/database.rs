//! The database: connecting, its schema, and the one connection that writes where the database is SQLite.
//!
//! The only place besides the `store.rs` files that knows what a database is. Queries are not here.

use std::{
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
};

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// How long a statement waits for a lock of another program.
const BUSY: Duration = Duration::from_secs(5);
/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// Connections that read; SQLite has one more that writes.
const READERS: u32 = 4;
/// Connections to PostgreSQL besides the one that holds the lock.
const POSTGRES_CONNECTIONS: u32 = 12;
/// The number of the advisory lock on PostgreSQL: "showrun" in ASCII.
const ADVISORY_LOCK: i64 = 0x0073_686f_7772_756e;
/// The setting that says which server writes.
const MARK: &str = "server";
const TAKEN_OVER: &str = "another server has taken over this database";

/// What is written at once or not at all.
pub(crate) type Transaction = DatabaseTransaction;

/// A database that is ready: its schema is today's.
#[derive(Clone)]
pub(crate) struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    postgres: bool,
    /// What this server wrote into the database as its mark, where several could reach it.
    mark: Option<Arc<str>>,
}

/// The lock on a PostgreSQL database, held as long as its connection lives.
pub(crate) struct DatabaseLock(DatabaseConnection);

impl DatabaseLock {
    /// Takes the lock again after the connection that held it was lost; whether it could be had.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn retake(&self) -> std::result::Result<bool, DbErr> {
        try_lock(&self.0).await
    }

    /// Whether the lock is still held.
    pub(crate) async fn is_held(&self) -> bool {
        self.0.ping().await.is_ok() && holds(&self.0).await.unwrap_or(false)
    }
}

async fn try_lock(db: &DatabaseConnection) -> std::result::Result<bool, DbErr> {
    let ask = format!("SELECT pg_try_advisory_lock({ADVISORY_LOCK}) AS taken");
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, ask))
        .await?;
    Ok(row.is_some_and(|row| row.try_get::<bool>("", "taken").unwrap_or(false)))
}

async fn holds(db: &DatabaseConnection) -> std::result::Result<bool, DbErr> {
    let sql = format!(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted \
         AND classid = {} AND objid = {}",
        ADVISORY_LOCK >> 32,
        ADVISORY_LOCK & 0xffff_ffff
    );
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?;
    Ok(row.is_some())
}

async fn has_mark(db: &impl ConnectionTrait, mark: &str, lock: &str) -> std::result::Result<bool, DbErr> {
    let sql = format!("SELECT 1 FROM setting WHERE key = '{MARK}' AND value = to_jsonb($1::text){lock}");
    let ask = Statement::from_sql_and_values(DbBackend::Postgres, sql, [mark.into()]);
    Ok(db.query_one_raw(ask).await?.is_some())
}

impl Database {
    /// Opens a database and brings its schema up to date. `url` is `sqlite://FILE` or `postgres://…`.
    ///
    /// # Errors
    /// A sentence that names what could not be opened, never the password in the URL.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let postgres = url.starts_with("postgres:") || url.starts_with("postgresql:");
        if !postgres && !url.starts_with("sqlite:") {
            return Err(failed(
                "The database URL must begin with sqlite:// or postgres://",
                None,
            ));
        }
        let database = if postgres {
            let mut options = ConnectOptions::new(url);
            options
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(ACQUIRE)
                .sqlx_logging(false);
            let pool = connect(options).await?;
            Self {
                writer: pool.clone(),
                reader: pool,
                postgres,
                mark: None,
            }
        } else {
            private_file(url);
            let writer = connect(sqlite(url, 1, false)).await?;
            Self {
                reader: connect(sqlite(url, READERS, true)).await?,
                writer,
                postgres,
                mark: None,
            }
        };
        Migrator::up(&database.writer, None)
            .await
            .map_err(|error| failed("The schema of the database cannot be brought up to date", Some(&error)))?;
        Ok(database)
    }

    /// Opens an SQLite database that is there, without touching its schema: another program may work on it.
    ///
    /// # Errors
    /// When it is not there or cannot be opened.
    pub(crate) async fn as_it_is(url: &str) -> Result<Self> {
        let mut options = sqlite(url, 1, false);
        options.map_sqlx_sqlite_opts(|options| options.create_if_missing(false).busy_timeout(BUSY));
        let only = connect(options).await?;
        Ok(Self {
            writer: only.clone(),
            reader: only,
            postgres: false,
            mark: None,
        })
    }

    /// Takes the lock that only one server may hold; `None` for SQLite, where files are locked.
    ///
    /// # Errors
    /// `already_running`, with who holds it.
    pub(crate) async fn lock(url: &str) -> Result<Option<DatabaseLock>> {
        if url.starts_with("sqlite:") {
            return Ok(None);
        }
        let mut options = ConnectOptions::new(url);
        options
            .min_connections(1)
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(ACQUIRE)
            .sqlx_logging(false);
        let db = connect(options).await?;
        if try_lock(&db).await? {
            return Ok(Some(DatabaseLock(db)));
        }
        Err(Error::conflict(
            "already_running",
            format!("Another server works on this database: {}", holder(&db).await),
        ))
    }

    /// Whether it is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.postgres
    }

    /// For reading.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Whether it can be asked.
    pub(crate) async fn answers(&self) -> bool {
        self.reader.ping().await.is_ok()
    }

    /// Makes this server the only one that writes: it leaves its mark, and whoever left one before writes no more. For who
    /// holds the lock. On SQLite the lock of the data directory is enough, since it ends only with the process.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(crate) async fn claim(&mut self) -> std::result::Result<(), DbErr> {
        if self.postgres {
            let mark = Uuid::now_v7().to_string();
            let sql = format!(
                "INSERT INTO setting (key, value) VALUES ('{MARK}', to_jsonb($1::text)) \
                 ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
            );
            let claim = Statement::from_sql_and_values(DbBackend::Postgres, sql, [mark.clone().into()]);
            self.writer.execute_raw(claim).await?;
            self.mark = Some(mark.into());
        }
        Ok(())
    }

    /// Whether no other server has claimed the database since this one did.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn is_claimed(&self) -> std::result::Result<bool, DbErr> {
        match &self.mark {
            Some(mark) => has_mark(&self.reader, mark, "").await,
            None => Ok(true),
        }
    }

    /// A transaction that writes.
    ///
    /// # Errors
    /// When the database cannot be reached or is locked, or another server has claimed it.
    pub(crate) async fn begin(&self) -> std::result::Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (!self.postgres).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let txn = self.writer.begin_with_options(options).await?;
        // Shared: a server that takes over waits for what has begun, and nothing begins after it.
        if let Some(mark) = &self.mark
            && !has_mark(&txn, mark, " FOR SHARE").await?
        {
            return Err(DbErr::Custom(TAKEN_OVER.to_owned()));
        }
        Ok(txn)
    }

    /// A transaction in which everything is read as of one instant.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn snapshot(&self) -> std::result::Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            isolation_level: self.postgres.then_some(sea_orm::IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        self.reader.begin_with_options(options).await
    }

    /// Closes all connections.
    pub(crate) async fn close(self) {
        let _ = self.reader.close().await;
        let _ = self.writer.close().await;
    }

    /// The URL of the SQLite database in a folder.
    pub(crate) fn in_folder(folder: &Path) -> String {
        format!("sqlite://{}", folder.join("showrun.db").display())
    }
}

/// What the writer keeps of an SQLite database in memory, as its pragma takes it: 6 MiB. The usual 2 MiB hold the indexes of a
/// new database, and each capture of a collection reads and writes some pages of them. Filling much more costs a first
/// collection what it saves later ones.
const WRITER_CACHE: &str = "-6144";

/// The file of an SQLite database, by its real folder; `None` for others, and where there is no such folder.
pub(crate) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let file = std::path::absolute(options.get_filename()).ok()?;
    if let Ok(real) = file.canonicalize() {
        return Some(real);
    }
    Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?))
}

/// Makes the file of a new SQLite database one that only its owner can read; what SQLite puts beside it is like it. Why
/// that cannot be SQLite says better.
fn private_file(url: &str) {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or_default();
    if !path.starts_with(':') && !path.contains('%') {
        let mut new = std::fs::OpenOptions::new();
        let _ = new.write(true).create_new(true).mode(0o600).open(path);
    }
}

fn sqlite(url: &str, connections: u32, reads_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .create_if_missing(!reads_only)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY)
                .foreign_keys(true);
            match reads_only {
                true => options.pragma("query_only", "ON"),
                false => options.pragma("cache_size", WRITER_CACHE),
            }
        })
        .map_sqlx_sqlite_pool_opts(|options| {
            options.after_release(|connection, _| Box::pin(async move { Ok(is_at_rest(connection).await) }))
        });
    options
}

/// Whether no transaction is open on a connection. When a disk is full SQLite ends a transaction by itself, the driver's
/// own ROLLBACK then fails, and from there on its COMMIT ends nothing: such a connection must not be used again.
async fn is_at_rest(connection: &mut SqliteConnection) -> bool {
    use sea_orm::sqlx::Connection;
    // Everything that was sent before is done when this is answered.
    connection.ping().await.is_ok() && !connection.is_in_transaction()
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    sea_orm::Database::connect(options)
        .await
        .map_err(|error| failed("The database cannot be opened", Some(&error)))
}

async fn holder(db: &DatabaseConnection) -> String {
    let sql = format!(
        "SELECT a.pid AS pid, COALESCE(host(a.client_addr), 'the local socket') AS peer, a.backend_start::text AS since \
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {} AND l.objid = {}",
        ADVISORY_LOCK >> 32,
        ADVISORY_LOCK & 0xffff_ffff
    );
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    let Ok(Some(row)) = row else {
        return "who it is cannot be told".to_owned();
    };
    let text = |column: &str| row.try_get::<String>("", column).unwrap_or_default();
    let pid = row.try_get::<i32>("", "pid").unwrap_or_default();
    format!("backend {pid}, connected from {} since {}", text("peer"), text("since"))
}

/// An error of opening. The cause is shown only where it cannot hold the URL.
fn failed(what: &str, error: Option<&DbErr>) -> Error {
    let why = match error {
        Some(error) => format!("{what}: {error}"),
        None => what.to_owned(),
    };
    Error::new(ErrorKind::Unavailable, "database_unavailable", why)
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(message) = unavailable(&error) {
            tracing::warn!(%error, "the database is not available");
            let mut error = Self::new(ErrorKind::Unavailable, "database_unavailable", message);
            error.retry_after = Some(5);
            return error;
        }
        Self::internal(format!("database: {error}"))
    }
}

/// Whether the database may well work later, and a sentence for people.
pub(crate) fn unavailable(error: &DbErr) -> Option<&'static str> {
    let text = error.to_string();
    let has = |part: &str| text.contains(part);
    if has("database or disk is full") || has("No space left") || has("could not extend file") {
        return Some("The disk of the database is full: free some space, the server goes on by itself");
    }
    if is_taken_over(error) {
        return Some("Another server has taken over this database: this one ends");
    }
    if has("database is locked") || has("database table is locked") {
        return Some("The database is locked by another program: try again");
    }
    if has("readonly database") || has("disk I/O error") || has("unable to open database") {
        return Some("The database cannot be written: check the disk and its rights");
    }
    let connection = matches!(
        error,
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::SqlxError(_) | RuntimeErr::Internal(_))
    );
    let broken = [
        "Connection refused",
        "Connection reset",
        "connection closed",
        "terminating connection",
        "the database system is",
        "unexpected end of file",
        "Broken pipe",
        "expected to read",
        "pool timed out",
    ];
    (connection || broken.iter().any(|part| has(part)))
        .then_some("The database cannot be reached: the server goes on by itself when it is back")
}

/// Whether nothing can be written any more because another server has claimed the database.
pub(crate) fn is_taken_over(error: &DbErr) -> bool {
    matches!(error, DbErr::Custom(what) if what == TAKEN_OVER)
}

/// Whether a row could not be written because another one has its name.
pub(crate) fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}
