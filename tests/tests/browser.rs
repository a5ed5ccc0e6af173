//! The wizard in a real browser, on the real binary and simulated devices: `frontend/e2e` does the clicking.

use std::time::Duration;

use anyhow::{bail, ensure};
use lab::{Fault, Fleet, FleetOptions};
use reqwest::Method;
use serde_json::json;
use tests::{
    browser::{self, DeviceLogin},
    server::{Server, Setup},
    skip,
};

/// Lines of an inventory that put a fleet's devices into a site.
fn rows(fleet: &Fleet, site: &str) -> String {
    fleet
        .devices()
        .iter()
        .map(|device| {
            let address = device.address;
            format!(
                "{site}-{},{},{},{},{site}\n",
                device.name,
                address.ip(),
                address.port(),
                device.platform
            )
        })
        .collect()
}

async fn fleet(devices: usize, seed: u64, think: Duration, faults: Vec<(usize, Fault)>) -> anyhow::Result<Fleet> {
    Fleet::start(FleetOptions {
        devices,
        seed,
        think,
        faults,
        ..FleetOptions::default()
    })
    .await
}

#[tokio::test]
async fn the_wizard_works_in_a_browser() -> anyhow::Result<()> {
    const TEST: &str = "the_wizard_works_in_a_browser";
    if let Some(missing) = browser::missing() {
        skip::skip(TEST, missing);
        return Ok(());
    }
    let good = fleet(3, 1, Duration::ZERO, Vec::new()).await?;
    let bad = fleet(3, 2, Duration::ZERO, vec![(1, Fault::AuthRefused)]).await?;
    let slow = fleet(5, 3, Duration::from_millis(1200), Vec::new()).await?;
    let mut server = Server::start_with(Setup::on_one_port()?).await?;
    let admin = server.admin().await?;
    let inventory = format!(
        "name,host,port,platform,site\n{}{}{}",
        rows(&good, "good"),
        rows(&bad, "bad"),
        rows(&slow, "slow")
    );
    let imported = admin
        .send_raw(
            Method::POST,
            "/api/v1/device-imports?format=csv",
            Some(("text/csv", inventory.into_bytes())),
        )
        .await?;
    ensure!(imported.status == 200, "the import: {imported:?}");
    let hostile = json!({
        "name": "<img src=x onerror=alert(1)>", "address": "127.0.0.1", "port": 1, "platform": "cisco_ios", "site": "hostile",
    });
    let made = admin.post("/api/v1/devices", &hostile).await?;
    ensure!(made.status == 201, "the hostile device: {made:?}");
    let login = FleetOptions::default();
    let login = DeviceLogin {
        username: &login.username,
        password: &login.password,
        enable_password: &login.enable_password,
    };
    browser::run("simulated", &mut server, login, |wish| bail!("nobody here can {wish}")).await
}
