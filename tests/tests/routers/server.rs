//! The same routers through a server: devices in its database, collections over its API, captures read back from it.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    postgres::Postgres,
    server::{Client, Server, Setup},
};

use crate::{
    captures::{self, COMMANDS},
    lab::{self, ENABLE_PASSWORD, Lab, PASSWORD, ROUTERS},
    trouble::in_the_middle,
};

/// A collection of four routers ends within this.
const LONGEST: Duration = Duration::from_secs(180);

/// A server that knows the routers.
struct Desk {
    server: Server,
    admin: Client,
    _database: Option<Postgres>,
}

/// A collection that has ended.
struct Ended {
    collection: Value,
    devices: Vec<Value>,
    captures: Vec<Value>,
}

impl Ended {
    fn device(&self, router: usize) -> anyhow::Result<&Value> {
        let name = lab::name(router);
        let found = self
            .devices
            .iter()
            .find(|device| device["device_name"] == name.as_str());
        found.with_context(|| format!("{name} is not in {:?}", self.devices))
    }

    fn verdict(&self, router: usize, capture_type: &str) -> anyhow::Result<&str> {
        let captures = self.device(router)?["captures"].as_array().context("captures")?;
        let found = captures.iter().find(|one| one["capture_type"] == capture_type);
        Ok(found.and_then(|one| one["verdict"].as_str()).unwrap_or_default())
    }

    fn all_succeeded(&self) -> anyhow::Result<()> {
        ensure!(
            self.collection["status"] == "succeeded",
            "{}: {:?}",
            self.collection,
            self.devices
        );
        ensure!(
            self.collection["devices_succeeded"] == ROUTERS.len(),
            "{}",
            self.collection
        );
        Ok(())
    }
}

impl Desk {
    async fn new(platform: &str, setup: Setup) -> anyhow::Result<Self> {
        let server = Server::start_with(setup).await?;
        let admin = server.admin().await?;
        let body = Some(("text/csv", lab::inventory(platform).into_bytes()));
        let path = "/api/v1/device-imports?format=csv";
        let answer = admin.send_raw(Method::POST, path, body).await?;
        ensure!(answer.body["created"] == ROUTERS.len(), "the import: {answer:?}");
        Ok(Self {
            server,
            admin,
            _database: None,
        })
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.admin.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.body)
    }

    async fn start(&self, user: &str, types: &[&str], options: Value) -> anyhow::Result<String> {
        let mut credentials = json!({"username": user, "password": PASSWORD});
        if user == "oper" {
            credentials["enable_password"] = json!(ENABLE_PASSWORD);
        }
        let body = json!({"filters": {}, "capture_types": types, "credentials": credentials, "options": options});
        let answer = self.admin.post("/api/v1/collections", &body).await?;
        ensure!(answer.status == 202, "the start: {answer:?}");
        Ok(answer.text_of("/id"))
    }

    async fn end(&self, id: &str) -> anyhow::Result<Ended> {
        let ending = async {
            loop {
                // The stream of events ends with the collection.
                let stream = format!("/api/v1/collections/{id}/event-stream");
                let _ = self.admin.get(&stream).await;
                let collection = self.get(&format!("/api/v1/collections/{id}")).await?;
                if collection.get("finished_at").is_some() {
                    return anyhow::Ok(collection);
                }
            }
        };
        let collection = tokio::time::timeout(LONGEST, ending)
            .await
            .context("it does not end")??;
        let items = |page: Value| page["items"].as_array().cloned().unwrap_or_default();
        Ok(Ended {
            collection,
            devices: items(self.get(&format!("/api/v1/collections/{id}/devices?limit=500")).await?),
            captures: items(
                self.get(&format!("/api/v1/collections/{id}/captures?limit=500"))
                    .await?,
            ),
        })
    }

    async fn run(&self, user: &str, types: &[&str], options: Value) -> anyhow::Result<Ended> {
        let id = self.start(user, types, options).await?;
        self.end(&id).await
    }

    /// The text of a capture of a collection.
    async fn text(&self, ended: &Ended, router: usize, capture_type: &str) -> anyhow::Result<String> {
        let name = lab::name(router);
        let of = |one: &&Value| one["device_name"] == name.as_str() && one["capture_type"] == capture_type;
        let capture = ended
            .captures
            .iter()
            .find(of)
            .with_context(|| format!("no {capture_type} of {name}"))?;
        ensure!(capture["verdict"] == "complete", "{capture}");
        let path = format!(
            "/api/v1/captures/{}/content",
            capture["id"].as_str().unwrap_or_default()
        );
        let answer = self.admin.get(&path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        let tree = format!("capture/{capture_type}/{name}.txt");
        let plain = std::fs::read(self.server.data_dir().join(&tree))?;
        ensure!(plain == answer.bytes, "{tree} is another text than the capture");
        String::from_utf8(answer.bytes).context("a capture of these routers is text")
    }
}

/// Every user of vtysh and of zebra, on the server's database of this setup.
async fn vtysh(lab: &Lab, database: Option<Postgres>) -> anyhow::Result<()> {
    let setup = Setup {
        database_url: database.as_ref().map(|database| database.url().to_owned()),
        ..Setup::default()
    };
    let mut desk = Desk::new("frr", setup).await?;
    desk._database = database;
    let types = COMMANDS.map(|(capture_type, _)| capture_type);
    for user in ["admin", "pager", "oper"] {
        let mut before = captures::routes(lab, user)?;
        let ended = loop {
            let ended = desk.run(user, &types, json!({})).await?;
            ended.all_succeeded()?;
            let after = captures::routes(lab, user)?;
            if before == after {
                break ended;
            }
            before = after;
        };
        ensure!(ended.collection["captures_created"]["configs"] == ROUTERS.len());
        for router in ROUTERS {
            for (capture_type, command) in COMMANDS {
                let ours = desk.text(&ended, router, capture_type).await?;
                let theirs = captures::printed(lab, user, router, command)?;
                captures::same(router, &format!("{user} {command}"), &ours, &theirs)?;
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn vtysh_and_zebra_through_the_api() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::vtysh_and_zebra_through_the_api") else {
        return Ok(());
    };
    vtysh(&lab, None).await?;
    match Postgres::fresh().await? {
        Some(postgres) => vtysh(&lab, Some(postgres)).await,
        None => {
            tests::skip::skip(
                "routers::vtysh_and_zebra_through_the_api on PostgreSQL",
                "PostgreSQL is not installed",
            );
            Ok(())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_and_what_vtysh_does_not_know_through_the_api() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::a_shell_and_what_vtysh_does_not_know_through_the_api") else {
        return Ok(());
    };
    let desk = Desk::new("linux", Setup::default()).await?;
    let types = ["arp", "mac", "lldp", "interfaces", "routes", "version"];
    let ended = desk.run("ops", &types, json!({"auto_load_db": true})).await?;
    ended.all_succeeded()?;
    for router in ROUTERS {
        for capture_type in types {
            let name = lab::name(router);
            let of = |one: &&Value| one["device_name"] == name.as_str() && one["capture_type"] == capture_type;
            let Some(capture) = ended.captures.iter().find(of) else {
                continue;
            };
            let commands: Vec<String> = serde_json::from_value(capture["commands"].clone())?;
            let theirs = captures::from_shell(&lab, router, &commands)?;
            captures::same(
                router,
                capture_type,
                &desk.text(&ended, router, capture_type).await?,
                &theirs,
            )?;
        }
    }
    ensure!(
        ended.captures.len() >= ROUTERS.len() * 5,
        "{} captures",
        ended.captures.len()
    );
    drop(desk);

    let folder = tempfile::tempdir()?;
    let platforms = captures::with_arp(folder.path())?;
    let setup = Setup::default()
        .arg("--platforms-dir")
        .arg(platforms.display().to_string());
    let desk = Desk::new("frr_with_arp", setup).await?;
    let ended = desk.run("admin", &["version", "arp"], json!({})).await?;
    ensure!(
        ended.collection["status"] == "partially_succeeded",
        "{}",
        ended.collection
    );
    for router in ROUTERS {
        let device = ended.device(router)?;
        assert_eq!(ended.verdict(router, "arp")?, "rejected", "{device}");
        assert_eq!(ended.verdict(router, "version")?, "complete", "{device}");
        assert_eq!(device["status"], "partially_succeeded");
        assert_eq!(device["failure_kind"], "command_rejected");
    }
    ensure!(!desk.server.data_dir().join("capture/arp/r1.txt").exists());
    let current = desk.get("/api/v1/captures?capture_type=arp&current=true").await?;
    assert_eq!(current["items"], json!([]), "an error text is nobody's last good one");
    Ok(())
}

/// Only r1 failed, in this way; what was complete before is still the last good text, and nothing else is complete.
async fn only_the_first_failed(desk: &Desk, ended: &Ended, kind: &str, good: &str) -> anyhow::Result<()> {
    for router in ROUTERS.into_iter().filter(|router| *router != 1) {
        let device = ended.device(router)?;
        ensure!(device["status"] == "succeeded", "{device}");
    }
    let device = ended.device(1)?;
    ensure!(device["failure_kind"] == kind, "{device}");
    ensure!(device["status"] != "succeeded" && device["message"] != "", "{device}");
    ensure!(ended.collection["devices_failed"] == 1, "{}", ended.collection);
    for capture in ended.captures.iter().filter(|one| one["device_name"] == "r1") {
        let capture_type = capture["capture_type"].as_str().unwrap_or_default();
        ensure!(capture["verdict"] == ended.verdict(1, capture_type)?, "{capture}");
        if capture["verdict"] == "complete" {
            desk.text(ended, 1, capture_type).await?;
        }
    }
    let stored = std::fs::read_to_string(desk.server.data_dir().join("capture/configs/r1.txt"))?;
    ensure!(stored == good, "the last good configuration of r1 is another one now");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_in_the_middle_through_the_api() -> anyhow::Result<()> {
    let Some(lab) = Lab::up("routers::trouble_in_the_middle_through_the_api") else {
        return Ok(());
    };
    let desk = Desk::new("frr", Setup::default()).await?;
    let types = ["configs", "routes", "version"];
    let options = || json!({"command_timeout_seconds": 2, "connect_timeout_seconds": 5});

    // A slow line: all of it comes, in its time.
    lab.trouble("slow", 1, &["20", "60000"])?;
    let slow = desk.run("admin", &types, options()).await?;
    slow.all_succeeded()?;
    let good = desk.text(&slow, 1, "configs").await?;

    // The connection is reset in the middle. This comes before what leaves half-open connections behind in the forwarder.
    lab.trouble("slow", 1, &["20", "8000"])?;
    let id = desk.start("admin", &types, options()).await?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("rst", 1, &[])?;
    let ended = desk.end(&id).await?;
    only_the_first_failed(&desk, &ended, "disconnected", &good).await?;
    assert_eq!(ended.verdict(1, "configs")?, "truncated");

    // A daemon stands still: the configuration had been printed, the next command hangs, and the session with it.
    let id = desk.start("admin", &types, options()).await?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("freeze", 1, &[])?;
    let ended = desk.end(&id).await;
    lab.trouble("thaw", 1, &[])?;
    let ended = ended?;
    only_the_first_failed(&desk, &ended, "command_timeout", &good).await?;
    assert_eq!(ended.verdict(1, "configs")?, "complete");
    assert_ne!(ended.verdict(1, "routes")?, "complete");

    // The cable is pulled in the middle: silence, not an end.
    let id = desk.start("admin", &types, options()).await?;
    in_the_middle(&lab, 1).await?;
    lab.trouble("cut", 1, &[])?;
    let ended = desk.end(&id).await;
    lab.trouble("uncut", 1, &[])?;
    let ended = ended?;
    only_the_first_failed(&desk, &ended, "command_timeout", &good).await?;
    assert_eq!(ended.verdict(1, "configs")?, "truncated");

    // What failed is collected again by a retry, now that the cable is whole; the line is slow still.
    let path = format!("/api/v1/collections/{id}/retry");
    let again = desk.admin.post(&path, &json!({})).await?;
    ensure!(again.status == 202, "{again:?}");
    let ended = desk.end(&again.text_of("/id")).await?;
    ensure!(
        ended.collection["status"] == "succeeded",
        "{}: {:?}",
        ended.collection,
        ended.devices
    );
    ensure!(ended.devices.len() == 1, "{:?}", ended.devices);
    captures::same(
        1,
        "configs after the retry",
        &desk.text(&ended, 1, "configs").await?,
        &good,
    )?;
    Ok(())
}
