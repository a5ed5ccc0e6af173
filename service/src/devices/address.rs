//! Which addresses may be connected to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, RwLock},
};

use ipnet::IpNet;

use crate::error::{Error, ErrorKind, Result};

/// What is never connected to: networks, and the server itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressPolicy {
    forbidden: Vec<IpNet>,
    own: Arc<RwLock<Vec<SocketAddr>>>,
}

impl AddressPolicy {
    /// Reads networks (`10.0.0.0/8`) and addresses.
    ///
    /// # Errors
    /// `configuration_invalid`, naming the text that is none.
    pub(crate) fn read(networks: &[String]) -> Result<Self> {
        let network = |text: &String| {
            let text = text.trim();
            let network = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| {
                Error::new(
                    ErrorKind::Unavailable,
                    "configuration_invalid",
                    format!("The forbidden network '{text}' is none: write it as 10.0.0.0/8 or 2001:db8::/32"),
                )
            })
        };
        Ok(Self {
            forbidden: networks.iter().map(network).collect::<Result<_>>()?,
            own: Arc::default(),
        })
    }

    /// The server listens there itself.
    pub(crate) fn add_own(&self, address: SocketAddr) {
        if let Ok(mut own) = self.own.write()
            && address.port() != 0
            && !own.contains(&address)
        {
            own.push(address);
        }
    }

    /// Why an address may not be connected to.
    pub(crate) fn refusal(&self, address: SocketAddr) -> Option<String> {
        let ip = address.ip();
        if !self.allows(ip) {
            return Some(format!("The settings of this server forbid connections to {ip}"));
        }
        self.is_own(address)
            .then(|| format!("{address} is this server itself, not a device"))
    }

    fn is_own(&self, address: SocketAddr) -> bool {
        let ip = plain(address.ip());
        let here = |own: &SocketAddr| match own.ip() {
            all if all.is_unspecified() => is_of_this_machine(ip),
            one => plain(one) == ip,
        };
        self.own
            .read()
            .is_ok_and(|own| own.iter().any(|own| own.port() == address.port() && here(own)))
    }

    /// Whether an address may be connected to. An IPv4 address in the clothes of an IPv6 one is taken for what it is.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        let plain = plain(ip);
        !self
            .forbidden
            .iter()
            .any(|network| network.contains(&ip) || network.contains(&plain))
    }

    /// Whether a device may have this address. Host names may: where they lead to is looked at when it is known.
    pub(crate) fn allows_text(&self, address: &str) -> bool {
        address.parse().map_or(true, |ip| self.allows(ip))
    }
}

/// An address as it is meant: an IPv4 address in the clothes of an IPv6 one is that, and no address at all leads to this
/// machine.
fn plain(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        plain => plain,
    }
}

/// Whether an address is one of this machine: only such ones can be listened on.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || std::net::UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_forbidden_in_every_notation() {
        let policy = AddressPolicy::read(&["127.0.0.0/8".into(), "::1".into(), "169.254.169.254".into()]).unwrap();
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "::",
            "169.254.169.254",
        ] {
            assert!(!policy.allows_text(ip), "{ip}");
        }
        for ip in ["10.0.0.1", "2001:db8::1", "localhost"] {
            assert!(policy.allows_text(ip), "{ip}");
        }
        assert!(AddressPolicy::read(&["10.0.0.0/33".into()]).is_err());
    }

    #[test]
    fn a_server_is_no_device_of_its_own() {
        let policy = AddressPolicy::default();
        policy.add_own("127.0.0.1:8080".parse().unwrap());
        policy.add_own("0.0.0.0:9090".parse().unwrap());
        for own in [
            "127.0.0.1:8080",
            "[::ffff:127.0.0.1]:8080",
            "0.0.0.0:8080",
            "127.0.0.1:9090",
            "127.5.5.5:9090",
        ] {
            assert!(policy.refusal(own.parse().unwrap()).is_some(), "{own}");
        }
        for other in ["127.0.0.1:22", "192.0.2.1:8080", "192.0.2.1:9090"] {
            assert_eq!(policy.refusal(other.parse().unwrap()), None, "{other}");
        }
    }
}
