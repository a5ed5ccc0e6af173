//! `showrun-lab`: simulated devices for demos, tests and benches, as a process of its own.
//!
//! It prints one line when all devices listen, then answers commands on its standard input, one JSON line each, until it
//! is told to stop. It owns no device behaviour; that is the library's.

mod procfs;

use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use lab::{Fault, Fleet, FleetOptions, Platform, RecordedDevice, Recording};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Simulated network devices behind real SSH servers.
#[derive(Parser, Debug)]
#[command(name = "showrun-lab", version)]
struct Arguments {
    /// How many devices
    #[arg(long, default_value_t = 25)]
    fleet: usize,
    /// The network is made from this number
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Write the CSV inventory to this file
    #[arg(long)]
    inventory: Option<PathBuf>,
    /// Write the inventory as sessions.yaml to this file
    #[arg(long)]
    sessions: Option<PathBuf>,
    /// Platforms, cycled over the devices
    #[arg(long, value_delimiter = ',')]
    platforms: Vec<Platform>,
    /// Wait so long before the answer to a show command
    #[arg(long, default_value_t = 0)]
    think_ms: u64,
    /// The largest piece of output in one SSH packet; 0: as large as fits
    #[arg(long, default_value_t = 0)]
    packet_size: usize,
    /// Pad running configurations to about so many bytes
    #[arg(long)]
    config_bytes: Option<usize>,
    /// Pad that of the last device to so many, and the others to sizes evenly between
    #[arg(long, requires = "config_bytes")]
    config_bytes_most: Option<usize>,
    /// Pad tables to about so many bytes
    #[arg(long)]
    table_bytes: Option<usize>,
    /// Give the device with this index a fault, INDEX=NAME or INDEX=NAME:VALUE; may be repeated
    #[arg(long, value_parser = indexed_fault)]
    fault: Vec<(usize, Fault)>,
    /// List the faults and stop
    #[arg(long)]
    list_faults: bool,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// The port of the first device, the others follow; 0: the system chooses
    #[arg(long, default_value_t = 0)]
    first_port: u16,
    /// How many sites
    #[arg(long, default_value_t = 3)]
    sites: usize,
    /// The name to log in with
    #[arg(long, default_value = "lab")]
    username: String,
    /// The password to log in with
    #[arg(long, default_value = "lab-Pass1")]
    password: String,
    /// The enable password; empty: every login is privileged
    #[arg(long, default_value = "lab-Enable1")]
    enable_password: String,
    /// Play a recorded session of this file (JSON values one after the other) instead of a fleet
    #[arg(long)]
    play: Option<PathBuf>,
    /// Which session of the file, counted from 0
    #[arg(long, default_value_t = 0)]
    play_index: usize,
    /// Threads that serve the devices; one is the cheapest, and enough for some thousand sessions a second
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Never sleep: whoever measures a client on another core does not want it charged for waking the devices
    #[arg(long)]
    busy: bool,
    /// Stop when the standard input is closed
    #[arg(long)]
    until_stdin_closes: bool,
}

fn indexed_fault(text: &str) -> anyhow::Result<(usize, Fault)> {
    let (index, fault) = text.split_once('=').context("a fault is given as INDEX=NAME")?;
    Ok((index.parse().context("the index must be a number")?, fault.parse()?))
}

enum Running {
    Fleet(Fleet),
    Recorded(RecordedDevice),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut builder = match arguments.threads {
        // Nothing has to be handed from thread to thread, and that is a good part of what a session costs.
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        more => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(more);
            builder
        }
    };
    builder.enable_all().build()?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.list_faults {
        for fault in Fault::all() {
            say(&format!("{:>2} {fault}", fault.number()))?;
        }
        return Ok(());
    }
    let (running, ready) = start(&arguments).await?;
    if arguments.busy {
        // A scheduler that always has something to do looks for packets without waiting for them.
        tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
    }
    say(&ready)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut lines = typed_lines();
    let mut reading = true;
    loop {
        let line = tokio::select! {
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            line = lines.recv(), if reading => line,
        };
        let Some(line) = line else {
            if arguments.until_stdin_closes {
                break;
            }
            reading = false;
            continue;
        };
        if line.trim() == "quit" {
            break;
        }
        let answer = answer(&running, line.trim());
        say(&answer.to_string())?;
    }
    match running {
        Running::Fleet(fleet) => fleet.stop().await,
        Running::Recorded(device) => device.stop().await,
    }
    // The thread that reads the standard input may wait for ever; the process ends without it.
    Ok(())
}

/// A line for whoever started this, at once.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The lines of the standard input. Reading it blocks, so a thread does.
fn typed_lines() -> tokio::sync::mpsc::Receiver<String> {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn start(arguments: &Arguments) -> anyhow::Result<(Running, String)> {
    if let Some(file) = &arguments.play {
        let mut recordings = Recording::all_from_file(file)?.into_iter();
        let recording = recordings
            .nth(arguments.play_index)
            .context("the file does not hold so many sessions")?;
        let device = RecordedDevice::start(recording, &arguments.username, &arguments.password).await?;
        let ready = format!("ready 1 devices {}", device.address());
        return Ok((Running::Recorded(device), ready));
    }
    let usual = FleetOptions::default();
    let fleet = Fleet::start(FleetOptions {
        devices: arguments.fleet,
        seed: arguments.seed,
        platforms: if arguments.platforms.is_empty() {
            usual.platforms
        } else {
            arguments.platforms.clone()
        },
        think: Duration::from_millis(arguments.think_ms),
        packet_size: arguments.packet_size,
        config_bytes: arguments.config_bytes,
        config_bytes_most: arguments.config_bytes_most,
        table_bytes: arguments.table_bytes,
        faults: arguments.fault.clone(),
        listen: arguments.listen,
        first_port: arguments.first_port,
        username: arguments.username.clone(),
        password: arguments.password.clone(),
        enable_password: arguments.enable_password.clone(),
        site_count: arguments.sites,
    })
    .await?;
    if let Some(file) = &arguments.inventory {
        std::fs::write(file, fleet.inventory_csv()).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(file) = &arguments.sessions {
        std::fs::write(file, fleet.sessions_yaml()).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let ready = format!("ready {} devices", fleet.devices().len());
    Ok((Running::Fleet(fleet), ready))
}

fn answer(running: &Running, line: &str) -> serde_json::Value {
    let mut words = line.split_whitespace();
    let word = words.next().unwrap_or_default();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match (running, word) {
        (_, "cpu") => procfs::cpu(),
        (_, "rss") => procfs::rss(),
        (Running::Recorded(device), "unknown") => json!({ "unknown_inputs": device.unknown_inputs() }),
        (Running::Fleet(fleet), "counters") if first.is_empty() => json!(fleet.counters()),
        (Running::Fleet(fleet), "counters") => match fleet.device_counters(first) {
            Some(counters) => json!(counters),
            None => json!({ "error": "no such device" }),
        },
        (Running::Fleet(fleet), "change") => match fleet.change_config(first) {
            Some(change) => json!(change),
            None => json!({ "error": "no such device" }),
        },
        (Running::Fleet(fleet), "expected") => {
            let command = line.splitn(3, ' ').nth(2).unwrap_or_default();
            json!({ "text": fleet.expected(first, command) })
        }
        (Running::Fleet(fleet), "key") => match second.parse() {
            Ok(generation) if fleet.set_host_key_generation(first, generation) => json!({ "ok": true }),
            _ => json!({ "error": "say: key NAME NUMBER" }),
        },
        (Running::Fleet(fleet), "advance") => match first.parse() {
            Ok(seconds) => {
                fleet.advance_clock(Duration::from_secs(seconds));
                json!({ "ok": true })
            }
            Err(_) => json!({ "error": "say: advance SECONDS" }),
        },
        (Running::Fleet(fleet), "fault") => match (second, second.parse::<Fault>()) {
            ("off", _) if fleet.set_fault(first, None) => json!({ "ok": true }),
            (_, Ok(fault)) if fleet.set_fault(first, Some(fault)) => json!({ "ok": true }),
            (_, Err(error)) if second != "off" => json!({ "error": error.to_string() }),
            _ => json!({ "error": "no such device" }),
        },
        _ => {
            json!({ "error": "unknown command; there are counters, change, fault, key, advance, expected, cpu, rss, quit, and unknown with --play" })
        }
    }
}
