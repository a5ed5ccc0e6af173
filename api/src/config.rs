//! What comes from outside the command line: environment and home folder. The only file that reads the environment.

use std::{
    io::IsTerminal,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use ipnet::IpNet;
use secrecy::{SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use service::{KeySource, ServerConfig};
use tracing_subscriber::EnvFilter;

/// Where and how much is logged.
#[derive(Args, Clone)]
pub(crate) struct LogOptions {
    /// What is logged, as in `warn` or `jobs=debug` [default: info for the server, else warn]
    #[arg(
        long,
        global = true,
        env = "SHOWRUN_LOG",
        hide_env_values = true,
        help_heading = "Logs"
    )]
    log: Option<String>,
    /// How a log line looks
    #[arg(
        long,
        global = true,
        env = "SHOWRUN_LOG_FORMAT",
        value_enum,
        default_value = "text",
        help_heading = "Logs"
    )]
    log_format: LogFormat,
}

/// Where the user's own platform files are.
#[derive(Args, Clone)]
pub(crate) struct PlatformOptions {
    /// Folder with your own platform files
    #[arg(long, env = "SHOWRUN_PLATFORMS_DIR", value_name = "DIR", hide_env_values = true)]
    pub(crate) platforms_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Logs go to standard error, so that results can be piped.
pub(crate) fn start_log(options: &LogOptions, usual: &str) {
    let filter = EnvFilter::builder().parse_lossy(options.log.as_deref().unwrap_or(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        // The request stands in the span; the list of all spans would say it twice.
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// The socket of the user's SSH agent.
pub(crate) fn ssh_agent() -> Option<PathBuf> {
    std::env::var_os("SSH_AUTH_SOCK")
        .map(PathBuf::from)
        .filter(|socket| !socket.as_os_str().is_empty())
}

/// The password that the environment gives, for scripts that cannot write a file.
pub(crate) fn password() -> Option<secrecy::SecretString> {
    std::env::var("SHOWRUN_PASSWORD").ok().map(Into::into)
}

/// Whether the demo ends after its results.
pub(crate) fn demo_once() -> bool {
    std::env::var("DEMO_ONCE").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// The name to log in with where the command line gives none.
pub(crate) fn user() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    set("SHOWRUN_USER").or_else(|| set("USER"))
}

/// A folder for what is not kept.
pub(crate) fn temporary() -> PathBuf {
    std::env::temp_dir()
}

/// Which server a command works with, and as whom.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Server")]
pub(crate) struct ClientOptions {
    /// Address of the server, as https://showrun.example.net
    #[arg(long, value_name = "URL", env = "SHOWRUN_SERVER", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// File with an API token; `-` reads standard input [or SHOWRUN_TOKEN]
    #[arg(long, value_name = "FILE", env = "SHOWRUN_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// Log in to the server as this person, instead of with a token
    #[arg(long, value_name = "USER")]
    pub(crate) login: Option<String>,
    /// File with the password for --login; else you are asked
    #[arg(long, value_name = "FILE", env = "SHOWRUN_PASSWORD_FILE", hide_env_values = true)]
    pub(crate) login_password_file: Option<PathBuf>,
    /// Certificate, in PEM, of the authority that signed the server's, besides those that this machine trusts
    #[arg(long, value_name = "FILE", env = "SHOWRUN_CA_CERT", hide_env_values = true)]
    pub(crate) ca_cert: Option<PathBuf>,
}

/// The API token that the environment gives.
pub(crate) fn token() -> Option<SecretString> {
    let token = std::env::var("SHOWRUN_TOKEN").ok()?;
    let token = token.trim();
    (!token.is_empty()).then(|| token.into())
}

/// How a server is set up: flags, then the environment, then the file, then the usual.
#[derive(Args, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerOptions {
    /// TOML file with the names of these flags, `_` for `-`
    #[arg(long, value_name = "FILE", env = "SHOWRUN_CONFIG", hide_env_values = true)]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "SHOWRUN_LISTEN", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    /// Folder of everything that is stored [default: ~/.showrun/data]
    #[arg(long, value_name = "DIR", env = "SHOWRUN_DATA_DIR", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// `postgres://…`, or `sqlite://FILE` [default: showrun.db in the data directory]
    #[arg(long, value_name = "URL", env = "SHOWRUN_DATABASE_URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    /// Certificate chain in PEM; with it the server speaks TLS
    #[arg(long, value_name = "FILE", env = "SHOWRUN_TLS_CERT", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM
    #[arg(long, value_name = "FILE", env = "SHOWRUN_TLS_KEY", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<PathBuf>,
    /// Address for /metrics without a token; without this they need one
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "SHOWRUN_METRICS_LISTEN",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_listen: Option<String>,
    /// Networks of proxies whose X-Forwarded-For, -Host and -Proto count
    #[arg(
        long,
        value_name = "NETWORK,…",
        value_delimiter = ',',
        env = "SHOWRUN_TRUSTED_PROXIES",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_proxies: Option<Vec<String>>,
    /// File with the password of the user `admin`, who is made where there is no user [or SHOWRUN_ADMIN_PASSWORD]
    #[arg(
        long,
        value_name = "FILE",
        env = "SHOWRUN_ADMIN_PASSWORD_FILE",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_password_file: Option<PathBuf>,
    /// File with the key that secrets are sealed with [default: secret.key in the data directory; or SHOWRUN_SECRET_KEY]
    #[arg(long, value_name = "FILE", env = "SHOWRUN_SECRET_KEY_FILE", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key_file: Option<PathBuf>,
    /// Folder with your own platform files
    #[arg(long, value_name = "DIR", env = "SHOWRUN_PLATFORMS_DIR", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    platforms_dir: Option<PathBuf>,
    /// Folder with your own parsing templates
    #[arg(long, value_name = "DIR", env = "SHOWRUN_TEMPLATES_DIR", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    templates_dir: Option<PathBuf>,
    /// Git repository that gets one commit for each collection that changed configurations; needs the program git
    #[arg(long, value_name = "DIR", env = "SHOWRUN_GIT_MIRROR_DIR", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    git_mirror_dir: Option<PathBuf>,
    /// Whether the git mirror shows secrets as tags [default: false]
    #[arg(
        long,
        value_name = "true|false",
        env = "SHOWRUN_GIT_MIRROR_MASKED",
        hide_env_values = true,
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    git_mirror_masked: Option<bool>,
    /// Socket of the SSH agent that credentials with `use_agent` ask for their keys
    #[arg(long, value_name = "SOCKET", env = "SHOWRUN_SSH_AGENT", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_agent: Option<PathBuf>,
    /// Sessions to devices at the same time, over all collections [default: 1000]
    #[arg(long, value_name = "N", env = "SHOWRUN_MAX_SESSIONS", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_sessions: Option<usize>,
    /// WebSockets and event streams at the same time [default: 1000]
    #[arg(long, value_name = "N", env = "SHOWRUN_MAX_WATCHERS", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_watchers: Option<usize>,
    /// Lifetime of access tokens [default: 15]
    #[arg(
        long,
        value_name = "MINUTES",
        env = "SHOWRUN_ACCESS_TOKEN_MINUTES",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_minutes: Option<u32>,
    /// How long a login lasts that is not used [default: 30]
    #[arg(
        long,
        value_name = "DAYS",
        env = "SHOWRUN_REFRESH_TOKEN_DAYS",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_days: Option<u32>,
    /// What to do with unknown host keys: strict, accept_new or off [default: accept_new]
    #[arg(long, value_name = "POLICY", env = "SHOWRUN_HOST_KEY_POLICY", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key_policy: Option<String>,
    /// No new device starts while less than this is free on the disk [default: 268435456]
    #[arg(long, value_name = "BYTES", env = "SHOWRUN_MIN_FREE_BYTES", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    min_free_bytes: Option<u64>,
    /// How long secrets that came with a collection are kept after its end [default: 24]
    #[arg(long, value_name = "HOURS", env = "SHOWRUN_SECRET_TTL_HOURS", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_ttl_hours: Option<u32>,
    /// How long session transcripts are kept [default: 7]
    #[arg(long, value_name = "DAYS", env = "SHOWRUN_TRANSCRIPT_DAYS", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript_days: Option<u32>,
    /// Whether an index is kept for the search; without it, texts are read one after the other [default: true]
    #[arg(
        long,
        value_name = "true|false",
        env = "SHOWRUN_SEARCH_INDEX",
        hide_env_values = true,
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    search_index: Option<bool>,
    /// Networks that are never connected to [default: the metadata services of clouds, 169.254.169.254 and fd00:ec2::254]
    #[arg(
        long,
        value_name = "NETWORK,…",
        value_delimiter = ',',
        env = "SHOWRUN_FORBIDDEN_NETWORKS",
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    forbidden_networks: Option<Vec<String>>,
}

/// How a server is set up, checked.
pub(crate) struct Server {
    /// Of the application.
    pub(crate) service: ServerConfig,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Certificate and key, in PEM.
    pub(crate) tls: Option<(Vec<u8>, SecretSlice<u8>)>,
    /// Where /metrics is without a token.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Proxies that are believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Password of the first admin.
    pub(crate) admin_password: Option<SecretString>,
}

impl ServerOptions {
    /// A server with this address and folder; everything else as usual.
    pub(crate) fn at(listen: String, data_dir: PathBuf) -> Self {
        Self {
            listen: Some(listen),
            data_dir: Some(data_dir),
            ..Self::default()
        }
    }

    /// Puts together what the flags, the environment and the file say.
    fn merged(&self) -> anyhow::Result<Self> {
        let mut figment = Figment::new();
        if let Some(file) = &self.config {
            figment = figment.merge(Toml::file_exact(file));
        }
        let merged: Self = figment.merge(Serialized::defaults(self)).extract().map_err(|error| {
            // What is in the file may be a secret: only where it is wrong is said.
            let file = self.config.as_deref().unwrap_or(Path::new("")).display();
            anyhow::anyhow!("The configuration {file} cannot be used: {error}")
        })?;
        Ok(merged)
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong.
    pub(crate) fn server(&self) -> anyhow::Result<Server> {
        let options = self.merged()?;
        let data_dir = match options.data_dir {
            Some(folder) => folder,
            None => home()
                .context("There is no home folder: say where the data is with --data-dir")?
                .join(".showrun/data"),
        };
        let mut service = ServerConfig::new(data_dir);
        service.database_url = options.database_url;
        service.key = secret_key(options.secret_key_file);
        service.platforms_dir = options.platforms_dir;
        service.templates_dir = options.templates_dir;
        service.ssh_agent = options.ssh_agent;
        service.git_mirror = options.git_mirror_dir.map(|folder| service::git_mirror::GitMirror {
            folder,
            masked: options.git_mirror_masked.unwrap_or_default(),
        });
        if let Some(policy) = options.host_key_policy {
            service.host_keys = policy
                .parse()
                .map_err(|error| anyhow::anyhow!("host_key_policy: {error}"))?;
        }
        service.max_sessions = within("max_sessions", options.max_sessions, 1, 100_000, service.max_sessions)?;
        service.max_watchers = within("max_watchers", options.max_watchers, 1, 100_000, service.max_watchers)?;
        service.access_token_minutes = within(
            "access_token_minutes",
            options.access_token_minutes,
            1,
            1440,
            service.access_token_minutes,
        )?;
        service.refresh_token_days = within(
            "refresh_token_days",
            options.refresh_token_days,
            1,
            365,
            service.refresh_token_days,
        )?;
        service.secret_ttl_hours = within(
            "secret_ttl_hours",
            options.secret_ttl_hours,
            1,
            8760,
            service.secret_ttl_hours,
        )?;
        service.transcript_days = within(
            "transcript_days",
            options.transcript_days,
            1,
            3650,
            service.transcript_days,
        )?;
        service.search_index = options.search_index.unwrap_or(service.search_index);
        service.min_free_bytes = options.min_free_bytes.unwrap_or(service.min_free_bytes);
        if let Some(networks) = options.forbidden_networks {
            service.forbidden_networks = networks;
        }
        networks("forbidden_networks", &service.forbidden_networks)?;
        let listen = options.listen.as_deref().unwrap_or("127.0.0.1:8080");
        Ok(Server {
            service,
            listen: address("listen", listen)?,
            tls: tls(options.tls_cert.as_deref(), options.tls_key.as_deref())?,
            metrics_listen: options
                .metrics_listen
                .map(|text| address("metrics_listen", &text))
                .transpose()?,
            trusted_proxies: networks("trusted_proxies", &options.trusted_proxies.unwrap_or_default())?,
            admin_password: admin_password(options.admin_password_file.as_deref())?,
        })
    }
}

impl Server {
    /// What holds, in the words of the file, without secrets.
    pub(crate) fn shown(&self) -> Vec<(&'static str, String)> {
        let service = &self.service;
        let quoted = |text: String| format!("{text:?}");
        let database = match &service.database_url {
            Some(url) => without_password(url),
            None => format!("sqlite://{}", service.data_dir.join("showrun.db").display()),
        };
        let key = match &service.key {
            Some(KeySource::Text(_)) => "from SHOWRUN_SECRET_KEY".to_owned(),
            Some(KeySource::File(file)) => file.display().to_string(),
            None => service.data_dir.join("secret.key").display().to_string(),
        };
        let proxies: Vec<String> = self.trusted_proxies.iter().map(IpNet::to_string).collect();
        let mut shown = vec![
            ("listen", quoted(self.listen.to_string())),
            ("tls", self.tls.is_some().to_string()),
            ("data_dir", quoted(service.data_dir.display().to_string())),
            ("database_url", quoted(database)),
            ("secret_key_file", quoted(key)),
            ("trusted_proxies", format!("{proxies:?}")),
            ("max_sessions", service.max_sessions.to_string()),
            ("max_watchers", service.max_watchers.to_string()),
            ("access_token_minutes", service.access_token_minutes.to_string()),
            ("refresh_token_days", service.refresh_token_days.to_string()),
            ("min_free_bytes", service.min_free_bytes.to_string()),
            ("secret_ttl_hours", service.secret_ttl_hours.to_string()),
            ("transcript_days", service.transcript_days.to_string()),
            ("search_index", service.search_index.to_string()),
            ("forbidden_networks", format!("{:?}", service.forbidden_networks)),
        ];
        if let Some(address) = self.metrics_listen {
            shown.push(("metrics_listen", quoted(address.to_string())));
        }
        if let Some(folder) = &service.platforms_dir {
            shown.push(("platforms_dir", quoted(folder.display().to_string())));
        }
        if let Some(folder) = &service.templates_dir {
            shown.push(("templates_dir", quoted(folder.display().to_string())));
        }
        if let Some(socket) = &service.ssh_agent {
            shown.push(("ssh_agent", quoted(socket.display().to_string())));
        }
        if let Some(mirror) = &service.git_mirror {
            shown.push(("git_mirror_dir", quoted(mirror.folder.display().to_string())));
            shown.push(("git_mirror_masked", mirror.masked.to_string()));
        }
        shown
    }
}

/// A database URL as it may be shown.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(before, _)| before);
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let user = user.split_once(':').map_or(user, |(user, _)| user);
        Some(format!("{scheme}://{user}@{host}"))
    });
    parts.unwrap_or_else(|| url.to_owned())
}

fn within<T: PartialOrd + std::fmt::Display>(
    name: &str,
    given: Option<T>,
    least: T,
    most: T,
    usual: T,
) -> anyhow::Result<T> {
    match given {
        None => Ok(usual),
        Some(value) if value >= least && value <= most => Ok(value),
        Some(value) => anyhow::bail!("{name} is {value}, but must be {least} to {most}"),
    }
}

fn address(name: &str, text: &str) -> anyhow::Result<SocketAddr> {
    let text = text.replace("localhost:", "127.0.0.1:");
    text.parse()
        .map_err(|_| anyhow::anyhow!("{name} is '{text}', but must be ADDRESS:PORT, as 0.0.0.0:8080 or [::]:8080"))
}

fn networks(name: &str, texts: &[String]) -> anyhow::Result<Vec<IpNet>> {
    let network = |text: &String| -> anyhow::Result<IpNet> {
        let alone = text.parse::<IpAddr>().map(IpNet::from);
        alone
            .or_else(|_| text.parse())
            .map_err(|_| anyhow::anyhow!("{name} has '{text}', but must have networks as 10.0.0.0/8 or ::1/128"))
    };
    texts.iter().map(network).collect()
}

fn tls(cert: Option<&Path>, key: Option<&Path>) -> anyhow::Result<Option<(Vec<u8>, SecretSlice<u8>)>> {
    let read = |file: &Path| std::fs::read(file).with_context(|| format!("Cannot read {}", file.display()));
    match (cert, key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some((read(cert)?, read(key)?.into()))),
        _ => anyhow::bail!("TLS needs both: --tls-cert and --tls-key"),
    }
}

/// The key that the environment or a file gives; else the application has its own.
fn secret_key(file: Option<PathBuf>) -> Option<KeySource> {
    match std::env::var("SHOWRUN_SECRET_KEY") {
        Ok(text) if !text.is_empty() => Some(KeySource::Text(text.into())),
        _ => file.map(KeySource::File),
    }
}

/// The password of the first admin.
fn admin_password(file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    if let Ok(text) = std::env::var("SHOWRUN_ADMIN_PASSWORD")
        && !text.is_empty()
    {
        return Ok(Some(text.into()));
    }
    let Some(file) = file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("Cannot read the password of the first admin in {}", file.display()))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).into()))
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(file: &str) -> (tempfile::TempDir, ServerOptions) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("showrun.toml");
        std::fs::write(&path, file).unwrap();
        let options = ServerOptions {
            config: Some(path),
            data_dir: Some(folder.path().to_path_buf()),
            ..ServerOptions::default()
        };
        (folder, options)
    }

    #[test]
    fn a_flag_goes_before_the_file_and_the_file_before_the_usual() {
        let (_folder, mut options) = options(
            "listen = \"127.0.0.1:9000\"\naccess_token_minutes = 5\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n",
        );
        options.access_token_minutes = Some(30);
        let server = options.server().unwrap();
        assert_eq!(server.listen.port(), 9000);
        assert_eq!(server.service.access_token_minutes, 30);
        assert_eq!(server.service.refresh_token_days, 30);
        assert_eq!(server.trusted_proxies.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_named_and_not_its_value() {
        let wrong = |file: &str| {
            let (folder, options) = options(file);
            drop(folder);
            options.server().err().unwrap().to_string()
        };
        let (_folder, missing) = options("listen = \"nowhere\"");
        assert!(
            missing
                .server()
                .err()
                .unwrap()
                .to_string()
                .contains("listen is 'nowhere'")
        );
        assert!(
            wrong("").contains("cannot be used"),
            "the folder of the file is gone by then"
        );
        let (_folder, unknown) = options("lisen = \"x\"");
        assert!(unknown.server().err().unwrap().to_string().contains("lisen"));
        let (_folder, range) = options("access_token_minutes = 0");
        assert!(range.server().err().unwrap().to_string().contains("1 to 1440"));
        let (_folder, half) = options("tls_cert = \"/none\"");
        assert!(half.server().err().unwrap().to_string().contains("needs both"));
    }

    #[test]
    fn a_database_url_is_shown_without_its_password() {
        assert_eq!(
            without_password("postgres://app:p@ss@db:5432/showrun?x=y"),
            "postgres://app@db:5432/showrun"
        );
        assert_eq!(
            without_password("sqlite:///var/lib/showrun.db"),
            "sqlite:///var/lib/showrun.db"
        );
    }
}
