//! Which addresses may be connected to.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::error::{Error, ErrorKind, Result};

/// Networks that are never connected to.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressPolicy {
    forbidden: Vec<IpNet>,
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
        })
    }

    /// Whether an address may be connected to. An IPv4 address in the clothes of an IPv6 one is taken for what it is.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        let plain = ip.to_canonical();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_forbidden_in_every_notation() {
        let policy = AddressPolicy::read(&["127.0.0.0/8".into(), "::1".into(), "169.254.169.254".into()]).unwrap();
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "169.254.169.254"] {
            assert!(!policy.allows_text(ip), "{ip}");
        }
        for ip in ["10.0.0.1", "2001:db8::1", "localhost"] {
            assert!(policy.allows_text(ip), "{ip}");
        }
        assert!(AddressPolicy::read(&["10.0.0.0/33".into()]).is_err());
    }
}
