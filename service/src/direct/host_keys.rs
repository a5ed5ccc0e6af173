//! Host keys for collecting without a server: a file in the format of OpenSSH's `known_hosts`.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Mutex,
};

use jobs::{HostKeyDecision, HostKeys};

/// What to do with a host key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostKeyPolicy {
    /// Refuse it.
    Strict,
    /// Remember it, and refuse another one from then on.
    #[default]
    AcceptNew,
    /// Look at no key at all.
    Off,
}

impl FromStr for HostKeyPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "strict" => Ok(Self::Strict),
            "accept_new" | "accept-new" => Ok(Self::AcceptNew),
            "off" => Ok(Self::Off),
            _ => Err(format!(
                "'{text}' is no host key policy; there are strict, accept_new and off"
            )),
        }
    }
}

/// The known keys of a file, with new ones written behind the others as they are met.
pub(super) struct KnownHosts {
    policy: HostKeyPolicy,
    file: PathBuf,
    known: Mutex<HashMap<String, Vec<String>>>,
}

impl KnownHosts {
    /// Reads the file; one that is missing knows nobody.
    pub(super) fn open(file: &Path, policy: HostKeyPolicy) -> io::Result<Self> {
        let mut known: HashMap<String, Vec<String>> = HashMap::new();
        if policy != HostKeyPolicy::Off {
            let text = match fs::read_to_string(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                text => text?,
            };
            for line in text.lines().filter(|line| !line.starts_with(['#', '@', '|'])) {
                let mut words = line.split_whitespace();
                if let (Some(hosts), Some(kind), Some(key)) = (words.next(), words.next(), words.next()) {
                    for host in hosts.split(',') {
                        known.entry(host.to_owned()).or_default().push(format!("{kind} {key}"));
                    }
                }
            }
        }
        Ok(Self {
            policy,
            file: file.to_owned(),
            known: Mutex::new(known),
        })
    }

    fn remember(&self, host: &str, key: &str) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
        file.write_all(format!("{host} {key}\n").as_bytes())
    }
}

/// `10.0.0.1:22` as OpenSSH writes it: the port only where it is another.
fn pattern(host: &str) -> String {
    match host.rsplit_once(':') {
        Some((address, "22")) => address.trim_matches(['[', ']']).to_owned(),
        Some((address, port)) => format!("[{}]:{port}", address.trim_matches(['[', ']'])),
        None => host.to_owned(),
    }
}

impl HostKeys for KnownHosts {
    fn check(&self, host: &str, key: &str) -> HostKeyDecision {
        if self.policy == HostKeyPolicy::Off {
            return HostKeyDecision::Accept;
        }
        let mut words = key.split_whitespace();
        let key = format!(
            "{} {}",
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default()
        );
        let host = pattern(host);
        let Ok(mut known) = self.known.lock() else {
            return HostKeyDecision::Unknown;
        };
        match known.get(&host) {
            Some(keys) if keys.contains(&key) => HostKeyDecision::Accept,
            Some(_) => HostKeyDecision::Changed,
            None if self.policy == HostKeyPolicy::Strict => HostKeyDecision::Unknown,
            None => match self.remember(&host, &key) {
                Ok(()) => {
                    known.insert(host, vec![key]);
                    HostKeyDecision::Accept
                }
                Err(error) => {
                    tracing::error!(file = %self.file.display(), %error, "the host key could not be remembered");
                    HostKeyDecision::Unknown
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_remembered_and_another_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/known_hosts");
        let hosts = KnownHosts::open(&file, HostKeyPolicy::AcceptNew).unwrap();
        assert_eq!(
            hosts.check("10.0.0.1:22", "ssh-ed25519 AAAA comment"),
            HostKeyDecision::Accept
        );
        assert_eq!(hosts.check("10.0.0.1:22", "ssh-ed25519 BBBB"), HostKeyDecision::Changed);
        assert_eq!(
            hosts.check("10.0.0.1:2222", "ssh-ed25519 BBBB"),
            HostKeyDecision::Accept
        );
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "10.0.0.1 ssh-ed25519 AAAA\n[10.0.0.1]:2222 ssh-ed25519 BBBB\n"
        );
        let again = KnownHosts::open(&file, HostKeyPolicy::Strict).unwrap();
        assert_eq!(again.check("10.0.0.1:22", "ssh-ed25519 AAAA"), HostKeyDecision::Accept);
        assert_eq!(again.check("10.0.0.9:22", "ssh-ed25519 AAAA"), HostKeyDecision::Unknown);
        assert_eq!(
            again.check("[fe80::1]:22", "ssh-ed25519 AAAA"),
            HostKeyDecision::Unknown
        );
    }

    #[test]
    fn without_a_policy_no_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        let hosts = KnownHosts::open(&file, HostKeyPolicy::Off).unwrap();
        assert_eq!(hosts.check("10.0.0.1:22", "ssh-ed25519 AAAA"), HostKeyDecision::Accept);
        assert!(!file.exists());
    }
}
