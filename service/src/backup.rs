//! Copies of a data directory with its embedded database, taken while a server works on it, and put back.
//!
//! A copy is a tar archive packed with zstd: the database as it was at one moment, the files of `blobs/`, and the key if that
//! was asked for. The plain texts under `capture/` are not in it: a server makes them again.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crate::{
    captures::{self, Shelf},
    database::Database,
    error::{Error, ErrorKind, Result},
    server::ServerConfig,
    settings::Current,
    vault::{KeySource, Vault},
};

mod store;

const DATABASE: &str = "showrun.db";
const BLOBS: &str = "blobs";
const KEY: &str = "secret.key";
/// What is in there is packed already.
const LEVEL: i32 = 1;

/// What a copy holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Files besides the database.
    pub files: u64,
    /// Texts that were read and compared with their hash; 0 when it was made.
    pub texts: u64,
    /// Whether the key of the secrets is in it.
    pub has_key: bool,
}

type Archive = tar::Builder<zstd::Encoder<'static, File>>;

/// Copies the data directory into a new file; a server may work on it meanwhile.
///
/// # Errors
/// When there is nothing to copy, the file is there already, or it cannot be written. Then there is no file.
pub async fn create(config: &ServerConfig, out: &Path, with_key: bool) -> Result<Contents> {
    let url = match &config.database_url {
        Some(url) if !url.starts_with("sqlite:") => {
            return Err(Error::new(
                ErrorKind::Invalid,
                "backup_of_postgres",
                "A PostgreSQL database is copied with pg_dump; copy the data directory after it",
            ));
        }
        Some(url) => url.clone(),
        None => Database::in_folder(&config.data_dir),
    };
    if out.exists() {
        return Err(Error::conflict(
            "file_exists",
            format!("{} is there already", out.display()),
        ));
    }
    let key = match (&config.key, with_key) {
        (_, false) => None,
        (None, true) => Some(config.data_dir.join(KEY)),
        (Some(KeySource::File(file)), true) => Some(file.clone()),
        (Some(KeySource::Text(_)), true) => {
            return Err(Error::new(
                ErrorKind::Invalid,
                "key_not_in_file",
                "The key comes from a variable: keep a copy of it, the backup cannot hold it",
            ));
        }
    };
    let part = beside(out, "part");
    let copied = beside(out, "database");
    let db = Database::as_it_is(&url).await?;
    let made = async {
        let blobs = config.data_dir.join(BLOBS);
        let (path, folder) = (part.clone(), blobs.clone());
        let begun = blocking(&part, move || {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            let mut archive = tar::Builder::new(zstd::Encoder::new(file, LEVEL)?);
            let mut taken = HashSet::new();
            // Before the database and after it: what it refers to was there before, or came while it was copied.
            take_blobs(&mut archive, &folder, &mut taken)?;
            Ok((archive, taken))
        });
        let (mut archive, mut taken) = begun.await?;
        let empty = copied.clone();
        blocking(&copied, move || {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(empty)
                .map(drop)
        })
        .await?;
        store::copy(&db, &copied).await?;
        let (path, copied) = (part.clone(), copied.clone());
        blocking(&part, move || {
            archive.append_path_with_name(&copied, DATABASE)?;
            take_blobs(&mut archive, &blobs, &mut taken)?;
            if let Some(key) = &key {
                archive.append_path_with_name(key, KEY)?;
            }
            archive.into_inner()?.finish()?.sync_all()?;
            let files = taken.len() as u64;
            let has_key = key.is_some();
            File::open(path)?.sync_all()?;
            Ok(Contents {
                files,
                texts: 0,
                has_key,
            })
        })
        .await
    }
    .await;
    db.close().await;
    let _ = fs::remove_file(&copied);
    let made = made.and_then(|contents| {
        fs::rename(&part, out).map_err(|error| unusable(out, &error))?;
        Ok(contents)
    });
    if made.is_err() {
        let _ = fs::remove_file(&part);
    }
    made
}

/// Unpacks a copy into a new or empty folder, and reads everything in it back.
///
/// # Errors
/// When the folder holds something, or the copy is damaged or incomplete; the sentence says what is.
pub async fn restore(archive: &Path, into: &Path) -> Result<Contents> {
    let (from, folder) = (archive.to_path_buf(), into.to_path_buf());
    let mut contents = blocking(archive, move || unpack(&from, &folder)).await?;
    let db = Database::open(&Database::in_folder(into)).await?;
    let checked = check(&db, into, contents.has_key).await;
    db.close().await;
    contents.texts = checked?;
    Ok(contents)
}

async fn check(db: &Database, folder: &Path, has_key: bool) -> Result<u64> {
    if let Some(fault) = store::faults(db).await?.first() {
        return Err(damaged(format!("The database is damaged: {fault}")));
    }
    if has_key {
        // Proves that the key is the one that the secrets in there are sealed with.
        Current::load(db, &Arc::new(Vault::open(&KeySource::File(folder.join(KEY)))?)).await?;
    }
    let shelf = Arc::new(Shelf::open(folder, db).await?);
    captures::read_all(db, &shelf)
        .await
        .map_err(|error| damaged(format!("A text is damaged: {}", error.message)))
}

fn take_blobs(archive: &mut Archive, blobs: &Path, taken: &mut HashSet<PathBuf>) -> io::Result<()> {
    for folder in entries(blobs)? {
        let name = folder.file_name().unwrap_or_default().to_owned();
        if name == "incoming" || !folder.is_dir() {
            continue;
        }
        for file in entries(&folder)? {
            let inside = Path::new(BLOBS).join(&name).join(file.file_name().unwrap_or_default());
            if taken.contains(&inside) {
                continue;
            }
            match archive.append_path_with_name(&file, &inside) {
                Ok(()) => {
                    taken.insert(inside);
                }
                // It was forgotten meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn unpack(archive: &Path, into: &Path) -> io::Result<Contents> {
    let mut archive = tar::Archive::new(zstd::Decoder::new(File::open(archive)?)?);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(into)?;
    if !entries(into)?.is_empty() {
        let text = format!("{} is not empty", into.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let mut contents = Contents::default();
    let mut has_database = false;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let first = path.components().next().map(|part| part.as_os_str().to_owned());
        match first.as_deref().and_then(|first| first.to_str()) {
            Some(DATABASE) => has_database = true,
            Some(KEY) => contents.has_key = true,
            Some(BLOBS) => contents.files += 1,
            _ => return Err(io::Error::other(format!("{} does not belong there", path.display()))),
        }
        if !plain || !entry.header().entry_type().is_file() || !entry.unpack_in(into)? {
            return Err(io::Error::other(format!("{} does not belong there", path.display())));
        }
    }
    match has_database {
        true => Ok(contents),
        false => Err(io::Error::other("it has no database")),
    }
}

async fn blocking<T: Send + 'static>(path: &Path, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    done.map_err(|error| unusable(path, &error))
}

/// A file in the same folder, so that it can be renamed.
fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{ending}", std::process::id()));
    out.with_file_name(name)
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "backup_failed",
        format!("Cannot use {}: {error}", path.display()),
    )
}

fn damaged(message: String) -> Error {
    Error::new(ErrorKind::Invalid, "backup_damaged", message)
}
