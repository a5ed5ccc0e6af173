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

/// Lines of an inventory: nothing listens on these ports.
const REFUSING: &str = "mixed-refusing-1,127.0.0.1,1,cisco_ios,mixed\nmixed-refusing-2,127.0.0.1,2,cisco_ios,mixed\n";

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
    let mixed = fleet(2, 4, Duration::ZERO, vec![(1, Fault::CloseMid)]).await?;
    let slow = fleet(5, 3, Duration::from_millis(1200), Vec::new()).await?;
    let hostile = fleet(2, 5, Duration::ZERO, Vec::new()).await?;
    let mut server = Server::start_with(Setup::on_one_port()?).await?;
    let admin = server.admin().await?;
    let inventory = format!(
        "name,host,port,platform,site\n{}{}{}{REFUSING}{}",
        rows(&good, "good"),
        rows(&bad, "bad"),
        rows(&mixed, "mixed"),
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
    let [renamed, neighbour] = hostile.devices() else {
        bail!("there is no hostile device with a neighbour");
    };
    for (device, name, site) in [
        (renamed, "<img src=x onerror=alert(1)>", "hostile"),
        (neighbour, neighbour.name.as_str(), "near"),
    ] {
        let named = json!({
            "name": name, "address": device.address.ip().to_string(), "port": device.address.port(),
            "platform": device.platform.slug(), "site": site,
        });
        let made = admin.post("/api/v1/devices", &named).await?;
        ensure!(made.status == 201, "the device {name}: {made:?}");
    }
    let login = FleetOptions::default();
    let login = DeviceLogin {
        username: &login.username,
        password: &login.password,
        enable_password: &login.enable_password,
    };
    browser::run("simulated", &mut server, login, |wish| {
        let changed = |fleet: &Fleet| {
            let first = fleet.devices().first();
            first.is_some_and(|device| fleet.change_config(&device.name).is_some())
        };
        let done = match wish {
            "change good" => changed(&good),
            "change hostile" => changed(&hostile),
            "rekey hostile" => hostile.set_host_key_generation(&renamed.name, 1),
            _ => bail!("nobody here can {wish}"),
        };
        ensure!(done, "there was no device to {wish}");
        Ok(())
    })
    .await
}
