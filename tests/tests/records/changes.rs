//! Changes of configurations, through the API: found once, with exactly their lines, and without secrets for who must not see
//! them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::server::Client;

use crate::{Kind, Scene, list, on_both, scene};

async fn collect(scene: &Scene) -> anyhow::Result<String> {
    let id = scene.start(&scene.request(&["configs"], json!({}))).await?;
    assert_eq!(scene.end(&id).await?["status"], "succeeded");
    Ok(id)
}

async fn ask(client: &Client, path: &str) -> anyhow::Result<Value> {
    let answer = client.get(&format!("/api/v1/{path}")).await?;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    Ok(answer.body)
}

/// Lines of a view that are in one of its sides alone.
fn lines(view: &Value, op: &str) -> BTreeSet<String> {
    let hunks = view["hunks"].as_array().into_iter().flatten();
    let lines = hunks.flat_map(|hunk| hunk["lines"].as_array().into_iter().flatten());
    let lines = lines.filter(|line| line["op"] == op);
    lines.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

on_both!(
    what_changed_is_found,
    what_changed_is_found_once_on_sqlite,
    what_changed_is_found_once_on_postgresql
);

async fn what_changed_is_found(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(mut scene) = scene(kind, test).await? else {
        return Ok(());
    };
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    collect(&scene).await?;
    assert!(
        list(&scene, "config-changes").await?.is_empty(),
        "the first ones are no changes"
    );
    // Dates in configurations move on, and that is all.
    scene.fleet.advance_clock(Duration::from_secs(3600));
    collect(&scene).await?;
    assert!(list(&scene, "config-changes").await?.is_empty());

    let changed = [0, 3, 7].map(|at| {
        let name = scene.fleet.devices()[at].name.clone();
        scene.fleet.change_config(&name).expect("a device of the fleet")
    });
    scene.fleet.advance_clock(Duration::from_secs(60));
    let id = collect(&scene).await?;
    let found = list(&scene, &format!("config-changes?collection_id={id}")).await?;
    assert_eq!(found.len(), changed.len(), "{found:?}");
    assert_eq!(list(&scene, "config-changes").await?, found);
    for done in &changed {
        let of_device = list(&scene, &format!("config-changes?device={}", done.device)).await?;
        assert_eq!(of_device.len(), 1, "{}", done.device);
        let change = &of_device[0];
        let path = format!("config-changes/{}", change["id"].as_str().unwrap());
        let view = ask(&scene.admin, &path).await?;
        let (added, removed) = (lines(&view, "added"), lines(&view, "removed"));
        assert!(!added.is_empty(), "{}: {view}", done.device);
        let all = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<_>>();
        assert!(
            added.is_subset(&all(&done.added)),
            "{}: {added:?} {:?}",
            done.device,
            done.added
        );
        assert!(removed.is_subset(&all(&done.removed)), "{}: {removed:?}", done.device);
        assert_eq!(change["lines_added"], added.len(), "{}", done.device);
        // What is left aside is seen when it is asked for.
        let view = ask(&scene.admin, &format!("{path}?all_lines=true&context=0")).await?;
        let everything = lines(&view, "added");
        assert!(
            all(&done.added).is_subset(&everything),
            "{}: {everything:?}",
            done.device
        );
        assert!(lines(&view, "equal").is_empty());

        // As a patch, and as a comparison of the two captures, it is the same.
        let patch = scene.admin.get(&format!("/api/v1/{path}/diff.patch")).await?;
        assert_eq!(patch.header("content-type"), "text/x-diff; charset=utf-8");
        let patch = String::from_utf8(patch.bytes)?;
        let of_patch = patch
            .lines()
            .filter(|line| line.starts_with('+') && !line.starts_with("+++"));
        assert_eq!(of_patch.count(), added.len(), "{patch}");
        let (new, old) = (
            change["capture_id"].as_str().unwrap(),
            change["previous_capture_id"].as_str().unwrap(),
        );
        let diff = ask(&scene.admin, &format!("captures/{new}/diff?against={old}")).await?;
        assert_eq!((lines(&diff, "added"), &diff["masked"]), (added, &json!(false)));
        let back = ask(&viewer, &format!("captures/{old}/diff?against={new}")).await?;
        assert_eq!(
            (&back["lines_removed"], &back["masked"]),
            (&change["lines_added"], &json!(true))
        );
    }
    // The same again, even by a server that was killed, finds nothing new.
    scene.server.kill().await?;
    scene.server.again().await?;
    scene.admin = scene.server.admin().await?;
    collect(&scene).await?;
    assert_eq!(list(&scene, "config-changes").await?, found);
    Ok(())
}

on_both!(
    a_viewer_sees_no_secret,
    a_viewer_sees_everything_but_secrets_on_sqlite,
    a_viewer_sees_everything_but_secrets_on_postgresql
);

async fn a_viewer_sees_no_secret(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    let id = collect(&scene).await?;
    let viewer = scene.server.user(&scene.admin, "vera", "viewer").await?;
    let operator = scene.server.user(&scene.admin, "olga", "operator").await?;
    let mut tags = 0;
    let mut tags_of_texts = BTreeMap::new();
    let captures = scene.captures(&id).await?;
    for capture in &captures {
        let path = format!("/api/v1/captures/{}/content", capture["id"].as_str().unwrap());
        let clear = operator.get(&path).await?;
        let masked = viewer.get(&path).await?;
        assert_eq!((clear.status, masked.status), (200, 200));
        let asked = operator.get(&format!("{path}?masked=true")).await?;
        assert_eq!(masked.bytes, asked.bytes);
        assert_eq!(masked.header("etag"), asked.header("etag"));
        assert_ne!(masked.header("etag"), clear.header("etag"));
        // With the hash of the whole text a weak secret could be guessed from the rest of it.
        let (path, clear_hash) = (path.trim_end_matches("/content"), sha256(&clear.bytes));
        let (seen, known) = (viewer.get(path).await?, operator.get(path).await?);
        assert_eq!(known.text_of("/sha256"), clear_hash);
        for answer in [&seen, &masked, &asked] {
            let said = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.bytes));
            assert!(
                !said.contains(&clear_hash),
                "{path} tells a viewer the hash of the text"
            );
        }
        let of_viewers = seen.text_of("/sha256");
        assert_eq!(of_viewers.len(), 64);
        let same = *tags_of_texts.entry(clear_hash).or_insert_with(|| of_viewers.clone()) == of_viewers;
        assert!(same, "the same text has the same value");
        let path = format!("{path}/content");
        let (clear, shown) = (String::from_utf8(clear.bytes)?, String::from_utf8(masked.bytes)?);
        assert_eq!(clear.lines().count(), shown.lines().count());
        for (line, shown) in clear.lines().zip(shown.lines()).filter(|(line, shown)| line != shown) {
            assert!(shown.contains("<secret "), "{line} {shown}");
            tags += 1;
        }
        // A copy that a viewer has is still good; one of the clear text is not the same.
        let again = viewer.with_header("if-none-match", &masked_tag(&viewer, &path).await?);
        assert_eq!(again.get(&path).await?.status, 304);
    }
    assert!(
        tags > captures.len(),
        "the configurations of the lab hold secrets: {tags} were found"
    );
    let bad = viewer
        .get(&format!(
            "/api/v1/captures/{}/content?masked=perhaps",
            captures[0]["id"].as_str().unwrap()
        ))
        .await?;
    assert_eq!(bad.code(), "parameter_invalid");
    let shown: BTreeSet<_> = tags_of_texts.values().collect();
    assert_eq!(shown.len(), tags_of_texts.len(), "another text has another value");
    let listed = viewer.get("/api/v1/captures?limit=500").await?;
    for hash in tags_of_texts.keys() {
        assert!(!String::from_utf8_lossy(&listed.bytes).contains(hash));
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

async fn masked_tag(client: &Client, path: &str) -> anyhow::Result<String> {
    Ok(client.get(path).await?.header("etag").to_owned())
}

on_both!(
    rules_hide_lines,
    rules_of_a_user_hide_lines_on_sqlite,
    rules_of_a_user_hide_lines_on_postgresql
);

async fn rules_hide_lines(kind: Kind, test: &str) -> anyhow::Result<()> {
    let Some(scene) = scene(kind, test).await? else {
        return Ok(());
    };
    collect(&scene).await?;
    let name = scene.fleet.devices()[0].name.clone();
    let done = scene.fleet.change_config(&name).expect("a device of the fleet");
    collect(&scene).await?;
    let found = list(&scene, "config-changes").await?;
    assert_eq!(found.len(), 1);
    // Everything of this change, and nothing else.
    let words = done.added.iter().chain(&done.removed).map(|line| quoted(line));
    let rule = json!({"pattern": format!("^(?:{})$", words.collect::<Vec<_>>().join("|")), "note": "of a test"});
    let seen = scene.admin.post("/api/v1/volatile-rule-previews", &rule).await?;
    assert_eq!(seen.status, 200, "{seen:?}");
    assert_eq!(
        (&seen.body["changes_hidden"], &seen.body["complete"]),
        (&json!(1), &json!(true)),
        "{seen:?}"
    );
    assert_eq!(seen.body["hidden"][0]["capture_id"], found[0]["capture_id"]);
    let made = scene.admin.post("/api/v1/volatile-rules", &rule).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let place = made.header("location").to_owned();
    let view = ask(
        &scene.admin,
        &format!("config-changes/{}", found[0]["id"].as_str().unwrap()),
    )
    .await?;
    assert_eq!(view["hunks"], json!([]));
    assert_eq!(list(&scene, "volatile-rules").await?.len(), 1);
    let gone = scene.admin.delete(&place).await?;
    assert_eq!(gone.status, 204);
    let view = ask(
        &scene.admin,
        &format!("config-changes/{}", found[0]["id"].as_str().unwrap()),
    )
    .await?;
    assert_ne!(view["hunks"], json!([]));
    Ok(())
}

/// A text as a pattern for itself.
fn quoted(text: &str) -> String {
    let letter = |letter: char| match letter.is_alphanumeric() || letter == ' ' {
        true => letter.to_string(),
        false => format!("\\{letter}"),
    };
    text.chars().map(letter).collect()
}
