//! `showrun collect`: from a list of devices to files and a result table, from this machine or through a server.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use service::{
    direct::{Cancel, Direct, HostKeyPolicy, Jump, Limits, Login, Request},
    inventory::{self, Inventory, InventoryDevice},
};

use crate::{
    config,
    live::Live,
    remote::{
        client::Client,
        collect::{self as remote, Showing, Wanted},
        pick::Filters,
    },
    result::{self, Output},
    secret,
};

/// Sessions at the same time from this machine.
const WORKERS: u16 = 50;

/// Options of `showrun collect`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Devices: with --direct as HOST or HOST:PORT, through a server their names; `*` stands for anything
    #[arg(value_name = "DEVICE")]
    devices: Vec<String>,
    /// What to collect
    #[arg(long, value_delimiter = ',', default_value = "configs", value_name = "TYPE,…")]
    types: Vec<String>,
    /// With --direct: platform of devices that name none [default: auto, found out]. Through a server: only devices of
    /// this platform; may be repeated
    #[arg(long)]
    platform: Vec<String>,
    /// Name to log in to devices with [default with --direct: SHOWRUN_USER, else your own; through a server: the login
    /// that it keeps for each device]
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
    /// Devices at the same time [default: 50 with --direct, 5 through a server]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=5000))]
    workers: Option<u16>,
    /// Devices at the same time of one site; 0: no limit
    #[arg(long)]
    max_per_site: Option<u16>,
    /// Further attempts after failures that may pass by themselves
    #[arg(long)]
    retries: Option<u8>,
    /// Refused logins in a row that stop a credential [default: 3]; 0: never
    #[arg(long)]
    auth_failure_limit: Option<u32>,
    /// Limit for the TCP connection [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    connect_timeout_seconds: Option<Duration>,
    /// Longest silence of a command [default: 15]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    command_timeout_seconds: Option<Duration>,
    /// Longest time of a command [default: as the platform file says, else 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    command_total_seconds: Option<Duration>,
    /// How to print the result
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    direct: DirectOptions,
    #[command(flatten)]
    through: ThroughOptions,
    #[command(flatten)]
    server: config::ClientOptions,
}

/// What only a collection through a server has.
#[derive(clap::Args)]
#[command(next_help_heading = "Through a server")]
struct ThroughOptions {
    /// Device by its name, as DEVICE
    #[arg(long = "device", value_name = "NAME", conflicts_with = "direct")]
    named: Vec<String>,
    /// Only devices at this site; may be repeated, as the next ones
    #[arg(long, value_name = "SITE", conflicts_with = "direct")]
    site: Vec<String>,
    /// Only devices of this vendor
    #[arg(long, value_name = "VENDOR", conflicts_with = "direct")]
    vendor: Vec<String>,
    /// Only devices with this role
    #[arg(long, value_name = "ROLE", conflicts_with = "direct")]
    role: Vec<String>,
    /// Only devices with this tag
    #[arg(long, value_name = "TAG", conflicts_with = "direct")]
    tag: Vec<String>,
    /// Every device of the server
    #[arg(long, conflicts_with = "direct")]
    all: bool,
    /// Log in to devices with this credential of the server
    #[arg(long, value_name = "NAME", conflicts_with_all = ["direct", "user", "password_file", "key"])]
    credential: Option<String>,
    /// What the collection is called
    #[arg(long, value_name = "NAME", conflicts_with = "direct")]
    name: Option<String>,
    /// Only keep the texts: do not read records out of them into the database
    #[arg(long, conflicts_with = "direct")]
    no_load: bool,
    /// Keep what the sessions of all devices said, also of those that succeed, for administrators
    #[arg(long, conflicts_with = "direct")]
    keep_transcripts: bool,
    /// Print the id of the collection and leave; it goes on
    #[arg(long, conflicts_with = "direct")]
    detach: bool,
}

/// What only a collection from this machine has.
#[derive(clap::Args)]
#[command(next_help_heading = "From this machine")]
struct DirectOptions {
    /// Collect from here, without a server
    #[arg(long)]
    direct: bool,
    /// Inventory of devices: CSV, sessions.yaml, or a list of hosts
    #[arg(long, value_name = "FILE", requires = "direct")]
    inventory: Option<PathBuf>,
    /// Only devices of the inventory with this name; `*` stands for anything; may be repeated
    #[arg(long, value_name = "NAME", requires = "direct")]
    only: Vec<String>,
    /// Log in with the keys of the SSH agent
    #[arg(long, requires = "direct")]
    agent: bool,
    /// Go through these hosts, with the same user and secret unless a user is named
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "[USER@]HOST[:PORT],…",
        requires = "direct"
    )]
    jump: Vec<String>,
    /// Private key for the jump hosts, where it is another
    #[arg(long, value_name = "FILE", requires = "jump")]
    jump_key: Option<PathBuf>,
    /// Limit for the SSH handshake
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds, requires = "direct")]
    handshake_timeout_seconds: Duration,
    /// Limit for the login
    #[arg(long, default_value = "30", value_name = "SECONDS", value_parser = seconds, requires = "direct")]
    login_timeout_seconds: Duration,
    /// Limit for finding the prompt
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds, requires = "direct")]
    prompt_timeout_seconds: Duration,
    /// Longest time of a device
    #[arg(long, default_value = "3600", value_name = "SECONDS", value_parser = seconds, requires = "direct")]
    device_timeout_seconds: Duration,
    /// Largest output of a capture type
    #[arg(long, default_value_t = 100, value_name = "MIB", requires = "direct")]
    max_output_mib: u32,
    /// Offer old SSH algorithms too
    #[arg(long, requires = "direct")]
    legacy_algorithms: bool,
    /// What to do with unknown host keys: strict, accept_new or off
    #[arg(long, default_value = "accept_new", requires = "direct")]
    host_key_policy: HostKeyPolicy,
    /// File of known host keys [default: known_hosts in the folder of --out]
    #[arg(long, value_name = "FILE", requires = "direct")]
    known_hosts: Option<PathBuf>,
    #[command(flatten)]
    platforms: config::PlatformOptions,
    /// Where the files go
    #[arg(long, default_value = "capture", value_name = "DIR", requires = "direct")]
    out: PathBuf,
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
    if options.direct.direct {
        let request = request(&options)?;
        return collect(request, options.output, options.quiet).await;
    }
    anyhow::ensure!(
        options.server.server.is_some(),
        "Say from where to collect:\n  \
         showrun collect --direct HOST…                     from this machine, into files\n  \
         showrun collect --server URL --login USER DEVICE…  through a server (or SHOWRUN_SERVER), into its history"
    );
    let wanted = wanted(&options)?;
    let client = Client::of(&options.server)?;
    let collection = remote::start(&client, wanted).await?;
    let showing = Showing {
        output: options.output,
        quiet: options.quiet,
        detach: options.through.detach,
    };
    remote::see(&client, &collection, showing).await
}

/// What is asked of a server.
fn wanted(options: &Options) -> anyhow::Result<Wanted> {
    let through = &options.through;
    let given = options.user.is_some()
        || options.password_file.is_some()
        || options.key.is_some()
        || options.enable_password_file.is_some();
    let login = match (&through.credential, given) {
        (Some(name), _) => remote::Login::Saved(name.clone()),
        (None, true) => remote::Login::Inline(inline(&login(options)?)),
        (None, false) => remote::Login::Bound,
    };
    // Seconds in the API have no fraction.
    let whole =
        |limit: Option<Duration>| limit.map(|limit| Value::from(limit.as_secs() + u64::from(limit.subsec_nanos() > 0)));
    let settings = [
        ("auto_load_db", through.no_load.then_some(Value::Bool(false))),
        (
            "keep_transcripts",
            through.keep_transcripts.then_some(Value::Bool(true)),
        ),
        ("max_workers", options.workers.map(Value::from)),
        ("max_per_site", options.max_per_site.map(Value::from)),
        ("retries", options.retries.map(Value::from)),
        ("auth_failure_limit", options.auth_failure_limit.map(Value::from)),
        ("connect_timeout_seconds", whole(options.connect_timeout_seconds)),
        ("command_timeout_seconds", whole(options.command_timeout_seconds)),
        ("command_total_seconds", whole(options.command_total_seconds)),
    ];
    let settings = settings
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(Wanted {
        name: through.name.clone(),
        types: types(options),
        filters: Filters {
            vendor: through.vendor.clone(),
            platform: options.platform.clone(),
            site: through.site.clone(),
            role: through.role.clone(),
            tag: through.tag.clone(),
            name: options.devices.iter().chain(&through.named).cloned().collect(),
            q: None,
        },
        all: through.all,
        login,
        options: settings.collect(),
    })
}

/// A login as a field of a request.
fn inline(login: &Login) -> Value {
    let mut fields = Map::new();
    fields.insert("username".to_owned(), login.username.clone().into());
    let secrets = [
        ("password", &login.password),
        ("enable_password", &login.enable_password),
        ("private_key", &login.private_key),
        ("passphrase", &login.passphrase),
    ];
    for (name, secret) in secrets {
        if let Some(secret) = secret {
            fields.insert(name.to_owned(), secret.expose_secret().into());
        }
    }
    Value::Object(fields)
}

fn types(options: &Options) -> Vec<String> {
    options.types.iter().map(|name| name.trim().to_owned()).collect()
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
    let names = direct.device_names();
    let mut live = Live::new(names.len(), quiet);
    for name in &names {
        live.name(name);
    }
    let cancel = Cancel::default();
    let listening = tokio::spawn(listen(cancel.clone()));
    let outcome = direct.run(cancel, |progress| live.progress(&progress)).await;
    listening.abort();
    live.finish();
    result::print(&outcome, output, &out)?;
    Ok(result::exit_code(outcome.success, outcome.captures_created.is_empty()))
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
    let here = &options.direct;
    let platform = match options.platform.as_slice() {
        [] => "auto",
        [platform] => platform,
        _ => anyhow::bail!("With --direct there is one platform for all devices that name none"),
    };
    let jump = here
        .jump
        .iter()
        .map(|text| jump(text, options, &login))
        .collect::<Result<_, _>>()?;
    Ok(Request {
        devices,
        platform: Some(platform.to_ascii_lowercase()),
        capture_types: types(options),
        login,
        jump,
        legacy_algorithms: here.legacy_algorithms,
        host_keys: here.host_key_policy,
        known_hosts: here.known_hosts.clone().unwrap_or_else(|| here.out.join("known_hosts")),
        platforms_dir: here.platforms.platforms_dir.clone(),
        out: here.out.clone(),
        limits: Limits {
            max_workers: Some(usize::from(options.workers.unwrap_or(WORKERS))),
            max_per_site: options.max_per_site.map(usize::from),
            retries: options.retries.map(u32::from),
            auth_failure_limit: options.auth_failure_limit,
            connect_timeout: options.connect_timeout_seconds,
            handshake_timeout: Some(here.handshake_timeout_seconds),
            login_timeout: Some(here.login_timeout_seconds),
            prompt_timeout: Some(here.prompt_timeout_seconds),
            command_timeout: options.command_timeout_seconds,
            command_total: options.command_total_seconds,
            device_timeout: Some(here.device_timeout_seconds),
            max_output_bytes: Some(u64::from(here.max_output_mib) * 1024 * 1024),
        },
    })
}

fn devices(options: &Options) -> anyhow::Result<Vec<InventoryDevice>> {
    let mut all = Vec::new();
    if !options.devices.is_empty() {
        let inventory = inventory::read_pasted_list(options.devices.join("\n").as_bytes());
        if let Some(problem) = inventory.problems.first() {
            let host = problem.row.checked_sub(1).and_then(|row| options.devices.get(row));
            anyhow::bail!("{}: {}", host.map_or("HOST", String::as_str), problem.problem);
        }
        all.extend(inventory.devices);
    }
    if let Some(file) = &options.direct.inventory {
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
        !options.devices.is_empty() || options.direct.inventory.is_some(),
        "Name the devices: HOST[:PORT]… or --inventory FILE"
    );
    if !options.direct.only.is_empty() {
        all.retain(|device| options.direct.only.iter().any(|pattern| fits(pattern, &device.name)));
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
        .map(|file| secret::read(file, false))
        .transpose()?;
    let agent = match options.direct.agent {
        true => Some(config::ssh_agent().context("No SSH agent is running: SSH_AUTH_SOCK is not set")?),
        false => None,
    };
    let password = match &options.password_file {
        Some(file) => Some(secret::read(file, true)?),
        None => config::password(),
    };
    let nothing_given = password.is_none() && private_key.is_none() && agent.is_none();
    let password = match password {
        None if nothing_given => Some(
            secret::ask(&format!("Password of {username}"))
                .context("Give a secret to log in with: --password-file, --key, --agent, or SHOWRUN_PASSWORD")?,
        ),
        password => password,
    };
    Ok(Login {
        username,
        password,
        enable_password: options
            .enable_password_file
            .as_deref()
            .map(|file| secret::read(file, true))
            .transpose()?,
        private_key,
        passphrase: options
            .passphrase_file
            .as_deref()
            .map(|file| secret::read(file, true))
            .transpose()?,
        agent,
    })
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
    if let Some(key) = &options.direct.jump_key {
        login.private_key = Some(secret::read(key, false)?);
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
