//! The mirror: what is in its commits, and that none is lost.

use entity::capture::Verdict;

use super::*;
use crate::{
    ServerConfig,
    config_changes::tests::{Place, config},
};

fn with_mirror(folder: &Path, masked: bool) -> ServerConfig {
    let mut server = ServerConfig::new(folder.join("data"));
    server.git_mirror = Some(GitMirror {
        folder: folder.join("mirror"),
        masked,
    });
    server
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(folder.join("mirror"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn each_collection_that_changed_something_is_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(with_mirror(folder.path(), false)).await;
    let texts = [
        config("10:00", "A", 10),
        // Nothing but what changes by itself, and nothing at all: no commit.
        config("11:00", "A", 10),
        config("11:00", "A", 10),
        config("12:00", "A", 20),
    ];
    for text in &texts {
        place.add(text).await;
        place.service.mirror_collection(place.collection).await.unwrap();
    }
    assert_eq!(git(folder.path(), &["rev-list", "--count", "HEAD"]).trim(), "2");
    assert_eq!(git(folder.path(), &["show", "HEAD:r1.txt"]), texts[3]);
    assert_eq!(git(folder.path(), &["show", "HEAD~1:r1.txt"]), texts[0]);
    let message = git(folder.path(), &["log", "-1", "--format=%B"]);
    assert!(
        message.contains(&format!("Collection: {}", place.collection)),
        "{message}"
    );
    assert!(message.contains("- r1.txt"), "{message}");
    // A file of somebody else is left alone.
    std::fs::write(folder.path().join("mirror/README"), "ours\n").unwrap();
    place.add(&config("13:00", "A", 30)).await;
    place.service.mirror_tidy().await.unwrap();
    assert_eq!(git(folder.path(), &["ls-files"]).trim(), "r1.txt");
    place.service.close().await;
}

#[tokio::test]
async fn a_commit_that_a_killed_server_owed_is_made_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(with_mirror(folder.path(), true)).await;
    place.add(&config("10:00", "HIDDENSECRET", 10)).await;
    place.service.mirror_tidy().await.unwrap();
    // Killed between the note and the comparison, and between the comparison and the commit.
    place
        .store(&config("10:00", "HIDDENSECRET", 20), Verdict::Complete)
        .await;
    std::fs::write(folder.path().join("mirror/.git/index.lock"), "").unwrap();
    let held = place.service.mirror_tidy().await;
    held.unwrap();
    place.service.changes_tidy().await.unwrap();
    let refused = place.service.mirror_tidy().await.unwrap_err();
    assert_eq!(refused.code, "git_failed");
    place.service.close().await;
    drop(place);
    let lock = std::fs::File::options()
        .write(true)
        .open(folder.path().join("mirror/.git/index.lock"))
        .unwrap();
    lock.set_modified(SystemTime::now() - 2 * STALE).unwrap();
    drop(lock);
    let service = Service::open(with_mirror(folder.path(), true)).await.unwrap();
    service.mirror_tidy().await.unwrap();
    assert_eq!(git(folder.path(), &["rev-list", "--count", "HEAD"]).trim(), "2");
    let text = git(folder.path(), &["show", "HEAD:r1.txt"]);
    assert!(text.contains("vlan 20") && !text.contains("HIDDENSECRET"), "{text}");
    // Another folder begins with everything.
    service.close().await;
    drop(service);
    std::fs::remove_dir_all(folder.path().join("mirror")).unwrap();
    let service = Service::open(with_mirror(folder.path(), false)).await.unwrap();
    service.mirror_tidy().await.unwrap();
    assert!(git(folder.path(), &["show", "HEAD:r1.txt"]).contains("HIDDENSECRET"));
    service.close().await;
}
