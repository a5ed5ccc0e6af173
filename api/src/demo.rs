//! `showrun demo`: simulated devices on five platforms, some of them faulty, collected over real SSH on the loopback.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use lab::{Fault, Fleet, FleetOptions, Platform};
use service::{
    direct::{HostKeyPolicy, Limits, Login, Request},
    inventory,
};

use crate::{collect, config, result::Output};

/// Options of `showrun demo`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many simulated devices
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(5..=2000))]
    devices: u16,
    /// Where the files go [default: a new folder for temporary files]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// What goes wrong in the demo, each instructive in its own way.
const FAULTS: [(usize, Fault); 5] = [
    (3, Fault::AuthRefused),
    (8, Fault::TcpSilent),
    (12, Fault::CloseMid),
    (17, Fault::PasswordExpired),
    (21, Fault::UnknownCommand),
];

/// Runs the demo.
///
/// # Errors
/// When the devices cannot be started.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
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
    let out = match options.out {
        Some(out) => out,
        None => config::temporary().join(format!("showrun-demo-{}", std::process::id())),
    };
    eprintln!(
        "{} simulated devices listen on the loopback; collecting from them over SSH.",
        fleet.devices().len()
    );
    let login = FleetOptions::default();
    let request = Request {
        devices: inventory::read_csv(fleet.inventory_csv().as_bytes()).devices,
        platform: None,
        capture_types: [
            "configs",
            "arp",
            "mac",
            "lldp",
            "interfaces",
            "routes",
            "version",
            "inventory",
        ]
        .map(str::to_owned)
        .to_vec(),
        login: Login {
            username: login.username,
            password: Some(login.password.into()),
            enable_password: Some(login.enable_password.into()),
            ..Login::default()
        },
        jump: Vec::new(),
        legacy_algorithms: false,
        host_keys: HostKeyPolicy::AcceptNew,
        known_hosts: out.join("known_hosts"),
        platforms_dir: None,
        out,
        limits: Limits {
            max_workers: Some(10),
            handshake_timeout: Some(Duration::from_secs(3)),
            ..Limits::default()
        },
    };
    collect::collect(request, options.output, false).await?;
    if !config::demo_once() {
        eprintln!("The devices stay up; press Ctrl-C to end the demo. To collect from them yourself:");
        for device in fleet.devices().iter().take(1) {
            eprintln!(
                "  SHOWRUN_PASSWORD={} showrun collect --direct --platform {} --user {} {}",
                FleetOptions::default().password,
                device.platform,
                FleetOptions::default().username,
                device.address
            );
        }
        tokio::signal::ctrl_c().await?;
    }
    fleet.stop().await;
    Ok(ExitCode::SUCCESS)
}
