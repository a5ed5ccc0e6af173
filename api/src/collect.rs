//! `showrun collect`: from a list of devices to files and a result table.

use std::{
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use secrecy::SecretString;
use service::{
    direct::{Cancel, Direct, HostKeyPolicy, Jump, Limits, Login, Request},
    inventory::{self, Inventory, InventoryDevice},
};

use crate::{
    config,
    live::Live,
    result::{self, Output},
};

/// Options of `showrun collect`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Devices, as HOST or HOST:PORT
    #[arg(value_name = "HOST[:PORT]")]
    hosts: Vec<String>,
    /// Collect from here, without a server; this is the only way there is so far
    #[arg(long)]
    direct: bool,
    /// Inventory of devices: CSV, sessions.yaml, or a list of hosts
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Only devices of the inventory with this name; `*` stands for anything; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Platform of devices that name none; `auto` finds it out
    #[arg(long, default_value = "auto")]
    platform: String,
    /// What to collect
    #[arg(long, value_delimiter = ',', default_value = "configs", value_name = "TYPE,…")]
    types: Vec<String>,
    /// Name to log in with [default: SHOWRUN_USER, else your own]
    #[arg(long, short)]
    user: Option<String>,
    /// File with the password; `-` reads standard input. Else SHOWRUN_PASSWORD is used, or you are asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with the enable password
    #[arg(long, value_name = "FILE")]
    enable_password_file: Option<PathBuf>,
    /// Private key to log in with: OpenSSH, PEM or PuTTY
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with the passphrase of the key
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// Log in with the keys of the SSH agent
    #[arg(long)]
    agent: bool,
    /// Go through these hosts, with the same user and secret unless a user is named
    #[arg(long, value_delimiter = ',', value_name = "[USER@]HOST[:PORT],…")]
    jump: Vec<String>,
    /// Private key for the jump hosts, where it is another
    #[arg(long, value_name = "FILE", requires = "jump")]
    jump_key: Option<PathBuf>,
    /// Sessions at the same time
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=5000))]
    workers: u16,
    /// Sessions at the same time to one site; 0: no limit
    #[arg(long, default_value_t = 0)]
    max_per_site: u16,
    /// Further attempts after failures that may pass by themselves
    #[arg(long, default_value_t = 0)]
    retries: u8,
    /// Refused logins in a row that stop a credential; 0: never
    #[arg(long, default_value_t = 3)]
    auth_failure_limit: u32,
    /// Limit for the TCP connection
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    connect_timeout_seconds: Duration,
    /// Limit for the SSH handshake
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds)]
    handshake_timeout_seconds: Duration,
    /// Limit for finding the prompt
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds)]
    prompt_timeout_seconds: Duration,
    /// Longest silence of a command
    #[arg(long, default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    command_timeout_seconds: Duration,
    /// Longest time of a command [default: as the platform file says, else 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    command_total_seconds: Option<Duration>,
    /// Longest time of a device
    #[arg(long, default_value = "3600", value_name = "SECONDS", value_parser = seconds)]
    device_timeout_seconds: Duration,
    /// Largest output of a capture type
    #[arg(long, default_value_t = 100, value_name = "MIB")]
    max_output_mib: u32,
    /// Offer old SSH algorithms too
    #[arg(long)]
    legacy_algorithms: bool,
    /// What to do with unknown host keys: strict, accept_new or off
    #[arg(long, default_value = "accept_new")]
    host_key_policy: HostKeyPolicy,
    /// File of known host keys [default: known_hosts in the folder of --out]
    #[arg(long, value_name = "FILE")]
    known_hosts: Option<PathBuf>,
    #[command(flatten)]
    platforms: config::PlatformOptions,
    /// Where the files go
    #[arg(long, default_value = "capture", value_name = "DIR")]
    out: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    match number > 0.0 && number <= 86_400.0 {
        true => Ok(Duration::from_secs_f64(number)),
        false => Err("a limit is more than 0 and at most 86400 seconds".to_owned()),
    }
}

/// Collects and prints.
///
/// # Errors
/// When nothing could begin.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        options.direct,
        "There is no server to collect through yet: add --direct to collect from this machine"
    );
    let request = request(&options)?;
    collect(request, options.output, options.quiet).await
}

/// Runs a request and shows it.
///
/// # Errors
/// When nothing could begin.
pub(crate) async fn collect(request: Request, output: Output, quiet: bool) -> anyhow::Result<ExitCode> {
    let out = request.out.clone();
    let direct = tokio::task::spawn_blocking(move || Direct::prepare(request)).await??;
    for warning in &direct.warnings {
        eprintln!("showrun: {warning}");
    }
    let mut live = Live::new(direct.device_names(), quiet);
    let cancel = Cancel::default();
    let listening = tokio::spawn(listen(cancel.clone()));
    let outcome = direct.run(cancel, |progress| live.show(progress)).await;
    listening.abort();
    live.finish();
    result::print(&outcome, output, &out)?;
    Ok(result::exit_code(&outcome))
}

/// The first Ctrl-C lets commands that run come to their end, the second one does not.
async fn listen(cancel: Cancel) {
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("Stopping after the commands that run now; press Ctrl-C again to stop at once");
        cancel.gracefully();
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        cancel.now();
    }
}

fn request(options: &Options) -> anyhow::Result<Request> {
    let devices = devices(options)?;
    let login = login(options)?;
    let jump = options
        .jump
        .iter()
        .map(|text| jump(text, options, &login))
        .collect::<Result<_, _>>()?;
    Ok(Request {
        devices,
        platform: Some(options.platform.to_ascii_lowercase()),
        capture_types: options.types.iter().map(|name| name.trim().to_owned()).collect(),
        login,
        jump,
        legacy_algorithms: options.legacy_algorithms,
        host_keys: options.host_key_policy,
        known_hosts: options
            .known_hosts
            .clone()
            .unwrap_or_else(|| options.out.join("known_hosts")),
        platforms_dir: options.platforms.platforms_dir.clone(),
        out: options.out.clone(),
        limits: Limits {
            max_workers: Some(usize::from(options.workers)),
            max_per_site: Some(usize::from(options.max_per_site)),
            retries: Some(u32::from(options.retries)),
            auth_failure_limit: Some(options.auth_failure_limit),
            connect_timeout: Some(options.connect_timeout_seconds),
            handshake_timeout: Some(options.handshake_timeout_seconds),
            prompt_timeout: Some(options.prompt_timeout_seconds),
            command_timeout: Some(options.command_timeout_seconds),
            command_total: options.command_total_seconds,
            device_timeout: Some(options.device_timeout_seconds),
            max_output_bytes: Some(u64::from(options.max_output_mib) * 1024 * 1024),
        },
    })
}

fn devices(options: &Options) -> anyhow::Result<Vec<InventoryDevice>> {
    let mut all = Vec::new();
    if !options.hosts.is_empty() {
        let inventory = inventory::read_pasted_list(options.hosts.join("\n").as_bytes());
        if let Some(problem) = inventory.problems.first() {
            let host = problem.row.checked_sub(1).and_then(|row| options.hosts.get(row));
            anyhow::bail!("{}: {}", host.map_or("HOST", String::as_str), problem.problem);
        }
        all.extend(inventory.devices);
    }
    if let Some(file) = &options.inventory {
        let bytes = std::fs::read(file).with_context(|| format!("Cannot read the inventory {}", file.display()))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let Inventory {
            devices,
            problems,
            warnings,
            ..
        } = inventory::read(&bytes, None, name.as_deref());
        for note in problems.iter().chain(&warnings).take(20) {
            eprintln!("{}: {note}", file.display());
        }
        let more = (problems.len() + warnings.len()).saturating_sub(20);
        if more > 0 {
            eprintln!("{}: {more} more such notes", file.display());
        }
        all.extend(devices);
    }
    anyhow::ensure!(
        !options.hosts.is_empty() || options.inventory.is_some(),
        "Name the devices: HOST[:PORT]… or --inventory FILE"
    );
    if !options.only.is_empty() {
        all.retain(|device| options.only.iter().any(|pattern| fits(pattern, &device.name)));
    }
    anyhow::ensure!(!all.is_empty(), "No device is left to collect from");
    Ok(all)
}

/// Equality ignoring case, with `*` for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn login(options: &Options) -> anyhow::Result<Login> {
    let username = match options.user.clone().or_else(config::user) {
        Some(user) => user,
        None => anyhow::bail!("Name the user to log in with: --user"),
    };
    let private_key = options
        .key
        .as_deref()
        .map(|file| read_secret(file, false))
        .transpose()?;
    let agent = match options.agent {
        true => Some(config::ssh_agent().context("No SSH agent is running: SSH_AUTH_SOCK is not set")?),
        false => None,
    };
    let password = match &options.password_file {
        Some(file) => Some(read_secret(file, true)?),
        None => config::password(),
    };
    let nothing_given = password.is_none() && private_key.is_none() && agent.is_none();
    let password = match password {
        None if nothing_given && std::io::stdin().is_terminal() => Some(
            dialoguer::Password::new()
                .with_prompt(format!("Password of {username}"))
                .interact()?
                .into(),
        ),
        None if nothing_given => {
            anyhow::bail!("Give a secret to log in with: --password-file, --key, --agent, or SHOWRUN_PASSWORD")
        }
        password => password,
    };
    Ok(Login {
        username,
        password,
        enable_password: options
            .enable_password_file
            .as_deref()
            .map(|file| read_secret(file, true))
            .transpose()?,
        private_key,
        passphrase: options
            .passphrase_file
            .as_deref()
            .map(|file| read_secret(file, true))
            .transpose()?,
        agent,
    })
}

/// A secret from a file, or from standard input for `-`. Of a password the line end is no part.
fn read_secret(file: &Path, one_line: bool) -> anyhow::Result<SecretString> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("Cannot read the secret from standard input")?;
        text
    } else {
        std::fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))?
    };
    let secret = if one_line {
        text.trim_end_matches(['\r', '\n'])
    } else {
        text.as_str()
    };
    anyhow::ensure!(!secret.is_empty(), "{} is empty", file.display());
    Ok(secret.to_owned().into())
}

fn jump(text: &str, options: &Options, login: &Login) -> anyhow::Result<Jump> {
    let (user, host) = match text.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, text),
    };
    let inventory = inventory::read_pasted_list(host.as_bytes());
    let host = match (inventory.problems.first(), inventory.devices.into_iter().next()) {
        (Some(problem), _) => anyhow::bail!("Jump host {text}: {}", problem.problem),
        (None, Some(host)) => host,
        (None, None) => anyhow::bail!("Jump host '{text}' names no host"),
    };
    let mut login = Login {
        enable_password: None,
        ..login.clone()
    };
    if let Some(user) = user {
        login.username = user.to_owned();
    }
    if let Some(key) = &options.jump_key {
        login.private_key = Some(read_secret(key, false)?);
    }
    Ok(Jump {
        address: host.address,
        port: host.port,
        login,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_case_for_nothing() {
        assert!(fits("core-*", "CORE-sw1"));
        assert!(fits("*sw*1", "core-sw1"));
        assert!(fits("r1", "R1"));
        assert!(!fits("r1", "r10"));
        assert!(!fits("*-a", "core-b"));
    }

    #[test]
    fn a_limit_is_a_time() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(seconds("0").is_err());
        assert!(seconds("-3").is_err());
        assert!(seconds("nan").is_err());
        assert!(seconds("1e300").is_err());
    }
}
