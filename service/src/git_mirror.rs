//! A git repository of configurations beside the database: one commit for each collection that changed something, for people
//! and programs that read `git log`. It is written by the program `git` with fixed arguments; see `docs/decisions/0005`.
//!
//! Which files are behind stands in the database, so a commit that a killed server did not make is made later.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};

use tokio::{io::AsyncWriteExt, process::Command};
use uuid::Uuid;

use crate::{
    Service,
    captures::{read_text, store as captures},
    error::{Error, ErrorKind, Result},
    file_name,
};

mod store;
#[cfg(test)]
mod tests;

/// How long one command of git may take; a hook of the user may send the commit somewhere.
const LONGEST: Duration = Duration::from_secs(120);
/// A lock of git that is older was left by one that was killed: nobody else writes here.
const STALE: Duration = Duration::from_secs(60);
/// Devices that a message names.
const NAMED: usize = 50;

/// Where configurations are mirrored to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitMirror {
    /// The working tree; it is made if it is not there.
    pub folder: PathBuf,
    /// Without secrets.
    pub masked: bool,
}

impl Service {
    /// Commits what collections that have ended changed.
    ///
    /// # Errors
    /// `git_failed` with what git said; it is tried again.
    pub async fn mirror_tidy(&self) -> Result<()> {
        let running = self.engine().runs.all();
        let running: Vec<Uuid> = running.iter().map(|run| run.id).collect();
        self.mirror(&running, None).await
    }

    /// Commits what one collection changed.
    ///
    /// # Errors
    /// As [`Self::mirror_tidy`].
    pub(crate) async fn mirror_collection(&self, collection: Uuid) -> Result<()> {
        self.mirror(&[], Some(collection)).await
    }

    async fn mirror(&self, running: &[Uuid], only: Option<Uuid>) -> Result<()> {
        let Some(mirror) = self.config().git_mirror.clone() else {
            return Ok(());
        };
        let _turn = self.mirror_turn().lock().await;
        let git = Git { folder: &mirror.folder };
        if git.prepare().await? {
            // What is in no commit is behind, whatever the database says of another repository.
            let txn = self.db().begin().await?;
            store::all_are_behind(&txn).await?;
            txn.commit().await?;
        }
        let mut collections = store::collections(self.db().reader(), running).await?;
        if let Some(only) = only {
            collections.retain(|id| *id == only || id.is_nil());
        }
        for collection in collections {
            self.mirror_one(&git, mirror.masked, collection).await?;
        }
        Ok(())
    }

    async fn mirror_one(&self, git: &Git<'_>, masked: bool, collection: Uuid) -> Result<()> {
        let devices = store::devices(self.db().reader(), collection).await?;
        let mut files = Vec::with_capacity(devices.len());
        for device in &devices {
            // Of a device that was removed the file stays as it is.
            if let Some(file) = self.mirror_file(git.folder, *device, masked).await? {
                files.push(file);
            }
        }
        let name = store::collection_name(self.db().reader(), collection).await?;
        git.commit(&message(collection, name.as_deref(), &files), &files)
            .await?;
        let txn = self.db().begin().await?;
        for device in devices {
            store::is_done(&txn, device, collection).await?;
        }
        txn.commit().await?;
        Ok(())
    }

    /// Writes the file of a device; its name.
    async fn mirror_file(&self, folder: &Path, device: Uuid, masked: bool) -> Result<Option<String>> {
        let db = self.db().reader();
        let Some((name, current)) = store::current(db, device).await? else {
            return Ok(None);
        };
        let mut text = read_text(self.db(), self.shelf(), current.text_id).await?;
        if masked {
            let Some(capture) = captures::by_ids(db, &[current.capture_id]).await?.pop() else {
                return Ok(None);
            };
            text = self.masked_content(&capture, text).await?;
        }
        let file = format!("{}.txt", file_name::encode(&name));
        let (place, part) = (folder.join(&file), folder.join(".git").join("showrun.part"));
        let writing = tokio::task::spawn_blocking(move || {
            std::fs::write(&part, &text).and_then(|()| std::fs::rename(&part, &place))
        });
        let written = writing.await.map_err(Error::internal)?;
        written.map_err(|error| failed(folder, &format!("{file} cannot be written: {error}")))?;
        Ok(Some(file))
    }
}

fn message(collection: Uuid, name: Option<&str>, files: &[String]) -> String {
    let count = match files.len() {
        1 => "1 configuration".to_owned(),
        count => format!("{count} configurations"),
    };
    // A name with a line break would begin another paragraph.
    let name = name.map(|name| name.replace(char::is_control, " "));
    let mut text = match (collection.is_nil(), name) {
        (true, _) => format!("All configurations that are known: {count}\n"),
        (false, Some(name)) => format!("{name}: {count}\n"),
        (false, None) => format!("A collection that was removed: {count}\n"),
    };
    text.push('\n');
    for file in files.iter().take(NAMED) {
        text.push_str(&format!("- {file}\n"));
    }
    if files.len() > NAMED {
        text.push_str(&format!("- and {} more\n", files.len() - NAMED));
    }
    if !collection.is_nil() {
        text.push_str(&format!("\nCollection: {collection}\n"));
    }
    text
}

fn failed(folder: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "git_failed",
        format!("The git mirror in {}: {what}", folder.display()),
    )
}

/// The program `git`, in one folder.
struct Git<'a> {
    folder: &'a Path,
}

impl Git<'_> {
    /// Makes the repository if there is none, and takes away what a git that was killed left. Says whether there is no
    /// commit yet.
    async fn prepare(&self) -> Result<bool> {
        let folder = self.folder;
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error.to_string()))?;
        // A repository further up is not ours.
        if !folder.join(".git").exists() {
            self.run(&["init", "--quiet"], "").await?;
        }
        for lock in ["index.lock", "HEAD.lock"] {
            let lock = folder.join(".git").join(lock);
            let age = lock.metadata().and_then(|file| file.modified());
            let age = age.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if age.is_some_and(|age| age > STALE) {
                let _ = std::fs::remove_file(&lock);
            }
        }
        let head = self.output(&["rev-parse", "--quiet", "--verify", "HEAD"], "").await?;
        Ok(!head.status.success())
    }

    /// Commits files, if they are others than before.
    async fn commit(&self, message: &str, files: &[String]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let names = files.iter().map(|file| format!("{file}\0")).collect::<String>();
        // Of nothing but these files: what else lies in the folder belongs to its owner.
        let add = ["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"];
        self.run(&add, &names).await?;
        let same = self.output(&["diff", "--cached", "--quiet"], "").await?;
        if same.status.success() {
            return Ok(());
        }
        self.run(&["commit", "--quiet", "--file=-"], message).await
    }

    async fn run(&self, arguments: &[&str], input: &str) -> Result<()> {
        let output = self.output(arguments, input).await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().chars().take(500).collect();
        let what = arguments.first().copied().unwrap_or_default();
        Err(failed(self.folder, &format!("git {what} failed: {said}")))
    }

    async fn output(&self, arguments: &[&str], input: &str) -> Result<std::process::Output> {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(self.folder)
            .args(["-c", "user.name=Showrun", "-c", "user.email=showrun@localhost"])
            .args([
                "-c",
                "commit.gpgSign=false",
                "-c",
                "core.autocrlf=false",
                "-c",
                "core.quotePath=false",
            ])
            .args(arguments)
            // What the shell that started the server says of other repositories must not lead elsewhere.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| failed(self.folder, &format!("the program git cannot be started: {error}")))?;
        let input = input.to_owned();
        let stdin = child.stdin.take();
        let feeding = async move {
            if let Some(mut stdin) = stdin {
                // Git may have seen enough: its answer says what came of it.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let waiting = async { tokio::join!(feeding, child.wait_with_output()).1 };
        match tokio::time::timeout(LONGEST, waiting).await {
            Ok(output) => output.map_err(|error| failed(self.folder, &error.to_string())),
            Err(_) => Err(failed(self.folder, "git did not end within 120 seconds")),
        }
    }
}
