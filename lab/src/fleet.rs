//! A fleet: many devices in one process, each with a listener of its own.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer;
use crate::device::{Counters, Device, DeviceInfo, Shared, lock};
use crate::fault::Fault;
use crate::platform::Platform;
use crate::server;
use crate::world::World;

/// About what a port takes in the table of interfaces.
const PORT_BYTES: usize = 1_400;

/// What a fleet is made of.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// How many devices.
    pub devices: usize,
    /// Everything about the network follows from it.
    pub seed: u64,
    /// Platforms, cycled over the devices; one that stands twice is twice as frequent.
    pub platforms: Vec<Platform>,
    /// Waited before the answer to a show command, and only there.
    pub think: Duration,
    /// The largest piece of output that is sent in one SSH packet, in bytes; 0: as large as fits.
    pub packet_size: usize,
    /// Running configurations are padded to about so many bytes.
    pub config_bytes: Option<usize>,
    /// Those of the last device; the sizes of the others lie evenly between. `None`: all have the same.
    pub config_bytes_most: Option<usize>,
    /// Tables of ARP, MAC addresses and interfaces are padded to about so many bytes, and no device has more unused
    /// ports than fit in there.
    pub table_bytes: Option<usize>,
    /// Which device (by index) has which fault.
    pub faults: Vec<(usize, Fault)>,
    /// Where the devices listen.
    pub listen: IpAddr,
    /// The port of the first device, the others follow; 0: the system chooses.
    pub first_port: u16,
    /// Who may log in.
    pub username: String,
    /// With what.
    pub password: String,
    /// What `enable` wants; empty: every login is privileged.
    pub enable_password: String,
    /// How many sites the devices are spread over.
    pub site_count: usize,
}

impl Default for FleetOptions {
    fn default() -> Self {
        FleetOptions {
            devices: 25,
            seed: 7,
            platforms: vec![
                Platform::CiscoIos,
                Platform::AristaEos,
                Platform::JuniperJunos,
                Platform::CiscoNxos,
                Platform::CiscoIos,
                Platform::HpComware,
                Platform::AristaEos,
                Platform::CiscoIos,
                Platform::MikrotikRouteros,
                Platform::Linux,
            ],
            think: Duration::ZERO,
            packet_size: 0,
            config_bytes: None,
            config_bytes_most: None,
            table_bytes: None,
            faults: Vec::new(),
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: 0,
            username: "lab".to_owned(),
            password: "lab-Pass1".to_owned(),
            enable_password: "lab-Enable1".to_owned(),
            site_count: 3,
        }
    }
}

/// A change of a running configuration.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigChange {
    /// The device.
    pub device: String,
    /// Lines that the configuration has now and had not before.
    pub added: Vec<String>,
    /// Lines that it had and has no more.
    pub removed: Vec<String>,
}

/// Running devices. They stop when this is dropped; [`Fleet::stop`] also waits for them.
#[derive(Debug)]
pub struct Fleet {
    devices: Vec<Arc<Device>>,
    infos: Vec<DeviceInfo>,
    by_name: HashMap<String, usize>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Fleet {
    /// Makes the network and starts all its devices. When it returns, all of them listen.
    pub async fn start(options: FleetOptions) -> anyhow::Result<Fleet> {
        // Tables can be made longer when they are printed, but only a smaller device has a shorter one.
        let most_ports = options
            .table_bytes
            .map(|bytes| u16::try_from(bytes / PORT_BYTES).unwrap_or(u16::MAX));
        let world = World::new(
            options.seed,
            options.devices,
            options.site_count,
            &options.platforms,
            most_ports,
        );
        let shared = Arc::new(Shared {
            world,
            username: options.username,
            password: options.password,
            enable_password: options.enable_password,
            think: options.think,
            packet_size: options.packet_size,
            config_bytes: options.config_bytes,
            config_bytes_most: options.config_bytes_most,
            table_bytes: options.table_bytes,
            clock: AtomicU64::new(0),
        });
        let faults: HashMap<usize, Fault> = options.faults.into_iter().collect();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut fleet = Fleet {
            devices: Vec::with_capacity(options.devices),
            infos: Vec::with_capacity(options.devices),
            by_name: HashMap::with_capacity(options.devices),
            shared: Arc::clone(&shared),
            stop,
            tasks,
        };
        for index in 0..options.devices {
            let port = match options.first_port {
                0 => 0,
                first => u16::try_from(usize::from(first) + index).context("there are not so many ports")?,
            };
            let address = SocketAddr::new(options.listen, port);
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address}"))?;
            let address = listener.local_addr()?;
            let device = Arc::new(Device::new(
                Arc::clone(&shared),
                index as u32,
                faults.get(&index).copied(),
            ));
            let info = DeviceInfo::new(&device, address).context("a device is missing")?;
            fleet.by_name.insert(info.name.clone(), index);
            fleet.infos.push(info);
            fleet.devices.push(Arc::clone(&device));
            fleet.tasks.spawn(server::listen(
                device,
                listener,
                fleet.stop.clone(),
                fleet.tasks.clone(),
            ));
        }
        Ok(fleet)
    }

    /// The devices, in the order of their indices.
    pub fn devices(&self) -> &[DeviceInfo] {
        &self.infos
    }

    fn device(&self, name: &str) -> Option<&Arc<Device>> {
        self.by_name.get(name).and_then(|index| self.devices.get(*index))
    }

    /// Totals over all devices.
    pub fn counters(&self) -> Counters {
        self.devices
            .iter()
            .map(|device| device.tally.read())
            .fold(Counters::default(), |sum, one| Counters {
                connections: sum.connections + one.connections,
                logins: sum.logins + one.logins,
                auth_attempts: sum.auth_attempts + one.auth_attempts,
                auth_failures: sum.auth_failures + one.auth_failures,
                shells: sum.shells + one.shells,
                commands: sum.commands + one.commands,
                open_sessions: sum.open_sessions + one.open_sessions,
                max_concurrent_sessions: sum.max_concurrent_sessions.max(one.max_concurrent_sessions),
                secrets_typed_at_prompt: sum.secrets_typed_at_prompt + one.secrets_typed_at_prompt,
                commands_seen: Vec::new(),
            })
    }

    /// What one device counted, with its last command lines.
    pub fn device_counters(&self, name: &str) -> Option<Counters> {
        let device = self.device(name)?;
        Some(Counters {
            commands_seen: device.tally.seen(),
            ..device.tally.read()
        })
    }

    /// Changes the running configuration of a device, as a person at its console would.
    pub fn change_config(&self, name: &str) -> Option<ConfigChange> {
        let device = self.device(name)?;
        let command = config_command(device.platform());
        let before = answer::expected(device, command)?;
        device.revision.fetch_add(1, Ordering::Relaxed);
        let after = answer::expected(device, command)?;
        Some(ConfigChange {
            device: name.to_owned(),
            added: missing(&after, &before),
            removed: missing(&before, &after),
        })
    }

    /// Gives a device a fault, or takes it away. Connections that are open keep what they had.
    pub fn set_fault(&self, name: &str, fault: Option<Fault>) -> bool {
        let Some(device) = self.device(name) else { return false };
        *lock(&device.fault) = fault;
        true
    }

    /// Gives a device another host key; 0 is the one it started with.
    pub fn set_host_key_generation(&self, name: &str, generation: u32) -> bool {
        let Some(device) = self.device(name) else { return false };
        device.key_generation.store(generation, Ordering::Relaxed);
        true
    }

    /// Lets time pass on all devices: ages, uptimes, counters and dates move on, nothing else does.
    pub fn advance_clock(&self, time: Duration) {
        self.shared.clock.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// What the device prints for a command: LF line ends, no echo, no prompt, no pager, one LF at the end (or nothing at
    /// all). `None` for what it does not know.
    pub fn expected(&self, name: &str, command: &str) -> Option<String> {
        answer::expected(self.device(name)?, command)
    }

    /// The command that prints the running configuration on this platform.
    pub fn config_command(&self, name: &str) -> Option<&'static str> {
        Some(config_command(self.device(name)?.platform()))
    }

    /// The fleet as a CSV inventory.
    pub fn inventory_csv(&self) -> String {
        let mut out = String::from("name,host,port,platform,site,role,vendor,model,credential,tags,enabled\n");
        for info in &self.infos {
            let tags = if info.fault.is_some() { "lab;faulty" } else { "lab" };
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{},{},lab,{tags},true",
                info.name,
                info.address.ip(),
                info.address.port(),
                info.platform,
                info.site,
                info.role,
                info.vendor,
                info.model
            );
        }
        out
    }

    /// The fleet as a list of folders with sessions, one folder a site.
    pub fn sessions_yaml(&self) -> String {
        let mut out = String::new();
        for site in &self.shared.world.sites {
            let _ = writeln!(out, "- folder_name: {site}\n  sessions:");
            for info in self.infos.iter().filter(|info| *info.site == **site) {
                let _ = writeln!(
                    out,
                    "  - display_name: {}\n    host: {}\n    port: '{}'\n    credsid: '1'\n    DeviceType: {}\n    \
                     Vendor: {}\n    Model: {}\n    SerialNumber: ''\n    SoftwareVersion: '{}'",
                    info.name,
                    info.address.ip(),
                    info.address.port(),
                    info.platform,
                    info.vendor,
                    info.model,
                    info.platform.version()
                );
            }
        }
        out
    }

    /// Stops all devices and waits until the last connection is gone.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn config_command(platform: Platform) -> &'static str {
    match platform {
        Platform::CiscoIos | Platform::CiscoNxos | Platform::AristaEos => "show running-config",
        Platform::JuniperJunos => "show configuration",
        Platform::HpComware => "display current-configuration",
        Platform::MikrotikRouteros => "/export",
        Platform::Linux => "cat /etc/network/interfaces",
    }
}

/// Lines of one text that the other has not, as often as it has not. Lines that tell when a configuration was changed or
/// how long it is are no part of it.
fn missing(of: &str, from: &str) -> Vec<String> {
    let volatile = |line: &&str| {
        let starts = [
            "! Last configuration change",
            "Current configuration",
            "!Time:",
            "!Running configuration last",
            "## Last commit",
        ];
        !starts.iter().any(|start| line.starts_with(start)) && !line.contains(" by RouterOS ")
    };
    let mut left: HashMap<&str, usize> = HashMap::new();
    for line in from.lines() {
        *left.entry(line).or_default() += 1;
    }
    let mut out = Vec::new();
    for line in of.lines().filter(volatile) {
        match left.get_mut(line).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => out.push(line.to_owned()),
        }
    }
    out
}
