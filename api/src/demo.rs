//! `showrun demo`: simulated devices on five platforms, some of them faulty, and a server that collects from them over
//! real SSH on the loopback. Everything goes through the API, as a user would do it.

use std::{os::unix::fs::DirBuilderExt, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use lab::{Fault, Fleet, FleetOptions, Platform};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use service::access::FirstAdmin;

use crate::{
    config::{self, ServerOptions},
    remote::{
        client::Client,
        collect::{self, Login, Wanted},
        pick::Filters,
        watch::{self, Ending, Interrupt},
    },
    result::Output,
    serve,
};

/// Options of `showrun demo`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many simulated devices
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(5..=2000))]
    devices: u16,
    /// Address of the server [default: 127.0.0.1 and any free port]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:0",
        hide_default_value = true
    )]
    listen: String,
    /// Where the server keeps its data: a new or empty folder [default: one for temporary files]
    #[arg(long, value_name = "DIR", visible_alias = "data-dir")]
    out: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// What goes wrong in the demo, each instructive in its own way.
const FAULTS: [(usize, Fault); 5] = [
    (3, Fault::AuthRefused),
    (8, Fault::LegacyOnly),
    (12, Fault::CloseMid),
    (17, Fault::PasswordExpired),
    (21, Fault::UnknownCommand),
];

/// Runs the demo.
///
/// # Errors
/// When the devices or the server cannot be started.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let data_dir = folder(options.out)?;
    let usual = FleetOptions::default();
    let fleet = Fleet::start(FleetOptions {
        devices: usize::from(options.devices),
        seed: 7,
        platforms: vec![
            Platform::CiscoIos,
            Platform::CiscoNxos,
            Platform::AristaEos,
            Platform::JuniperJunos,
            Platform::HpComware,
        ],
        think: Duration::from_millis(50),
        faults: FAULTS.to_vec(),
        ..usual
    })
    .await
    .context("Cannot start the simulated devices")?;
    let mut config = ServerOptions::at(options.listen, data_dir.clone()).server()?;
    // What the environment has for another server is not for this one.
    (config.admin_password, config.service.key) = (None, None);
    let (server, admin) = serve::start(&config).await?;
    let FirstAdmin::Generated(password) = admin else {
        anyhow::bail!(
            "{} has the data of another server: name an empty folder",
            data_dir.display()
        );
    };
    eprintln!(
        "{} simulated devices listen on the loopback; the server on {} collects from them over SSH.",
        fleet.devices().len(),
        server.url()
    );
    let shown = show(&server.url(), &password, &fleet, options.output, &data_dir).await;
    if matches!(shown, Ok(Ending::Finished)) && !config::demo_once() {
        stay(&server.url(), &password);
        tokio::signal::ctrl_c().await?;
    }
    server.stop().await?;
    fleet.stop().await;
    shown?;
    Ok(ExitCode::SUCCESS)
}

/// What a person would do first: import the devices, collect from them, look at the result.
async fn show(
    url: &str,
    password: &SecretString,
    fleet: &Fleet,
    output: Output,
    data_dir: &std::path::Path,
) -> anyhow::Result<Ending> {
    let client = Client::person(url, "admin", password.clone())?;
    let devices = fleet.inventory_csv().into_bytes();
    let query = [("format", "csv".to_owned())];
    let imported = client
        .upload("/device-imports", &query, "text/csv", devices.into())
        .await?;
    let failed = imported.get("failed").and_then(Value::as_u64);
    anyhow::ensure!(failed == Some(0), "The devices could not be imported: {imported}");
    let login = FleetOptions::default();
    let login = json!({
        "username": login.username, "password": login.password, "enable_password": login.enable_password,
    });
    let types = [
        "configs",
        "arp",
        "mac",
        "lldp",
        "interfaces",
        "routes",
        "version",
        "inventory",
    ];
    let wanted = Wanted {
        name: Some("First collection".to_owned()),
        types: types.map(str::to_owned).to_vec(),
        filters: Filters::default(),
        all: true,
        login: Login::Inline(login),
        options: Map::from_iter([("max_workers".to_owned(), 10.into())]),
    };
    let collection = collect::start(&client, wanted).await?;
    let id = watch::id_of(&collection)?;
    let last = [format!("Texts: {}", data_dir.join("capture").display())];
    let ending = watch::watch(&client, &collection, false, Interrupt::Cancels).await?;
    if ending == Ending::Finished {
        watch::print(&client, id, output, &last).await?;
    }
    Ok(ending)
}

/// Says how to go on.
fn stay(url: &str, password: &SecretString) {
    let lab = FleetOptions::default();
    let password = password.expose_secret();
    eprintln!(
        "\nThe server and the devices stay up; press Ctrl-C to end the demo.\n\n  \
         Browser   {url}\n  \
         Sign in   admin / {password}\n  \
         Devices   {} / {}, enable password {}\n\n\
         Or from another terminal:\n\n  \
         showrun collections list --server {url} --login admin",
        lab.username, lab.password, lab.enable_password
    );
}

/// An empty folder of the demo's own, that nobody else can read.
fn folder(wanted: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let folder = match wanted {
        Some(folder) => folder,
        None => config::temporary().join(format!("showrun-demo-{}", uuid::Uuid::now_v7().simple())),
    };
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        anyhow::bail!("{} is not empty: the demo needs a folder of its own", folder.display());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.with_context(|| format!("Cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
