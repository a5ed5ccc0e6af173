//! What comes from outside the command line: environment and home folder. The only file that reads the environment.

use std::{io::IsTerminal, path::PathBuf};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// Where and how much is logged.
#[derive(Args, Clone)]
pub(crate) struct LogOptions {
    /// What is logged, as in `warn` or `jobs=debug`
    #[arg(
        long,
        global = true,
        env = "SHOWRUN_LOG",
        default_value = "warn",
        hide_env_values = true
    )]
    log: String,
    /// How a log line looks
    #[arg(long, global = true, env = "SHOWRUN_LOG_FORMAT", value_enum, default_value = "text")]
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
pub(crate) fn start_log(options: &LogOptions) {
    let filter = EnvFilter::builder().parse_lossy(&options.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
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
