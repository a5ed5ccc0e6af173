//! The routers collected by the wizard in a real browser (`frontend/e2e/tests-routers.mjs`).

use anyhow::{Context, ensure};
use reqwest::Method;
use tests::{
    browser::{self, DeviceLogin},
    server::{Server, Setup},
    skip,
};

use crate::lab::{self, Lab, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_collects_real_routers() -> anyhow::Result<()> {
    const TEST: &str = "routers::the_wizard_collects_real_routers";
    if let Some(missing) = browser::missing() {
        skip::skip(TEST, missing);
        return Ok(());
    }
    let Some(lab) = Lab::up(TEST) else {
        return Ok(());
    };
    let mut server = Server::start_with(Setup::on_one_port()?).await?;
    let admin = server.admin().await?;
    let inventory: String = lab::inventory("frr")
        .lines()
        .map(|line| match line.starts_with("r4") {
            true => format!("{}\n", line.replace(",lab,", ",edge,")),
            false => format!("{}\n", line.replace(",lab,", ",core,")),
        })
        .collect();
    let body = Some(("text/csv", inventory.into_bytes()));
    let imported = admin
        .send_raw(Method::POST, "/api/v1/device-imports?format=csv", body)
        .await?;
    ensure!(imported.body["created"] == 4, "the import: {imported:?}");
    let login = DeviceLogin {
        username: "admin",
        password: PASSWORD,
        enable_password: "",
    };
    browser::run("routers", &mut server, login, |wish| {
        let words: Vec<&str> = wish.split(' ').collect();
        lab.run(&words)
            .map(drop)
            .with_context(|| format!("{wish} on the routers"))
    })
    .await
}
