//! The platforms that a simulated device can be.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

/// A platform whose command line the lab speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Cisco IOS XE on a Catalyst switch.
    CiscoIos,
    /// Cisco NX-OS on a Nexus switch.
    CiscoNxos,
    /// Arista EOS.
    AristaEos,
    /// Juniper Junos on an EX switch.
    JuniperJunos,
    /// HPE Comware 7.
    HpComware,
    /// MikroTik RouterOS 6.
    MikrotikRouteros,
    /// A Debian server.
    Linux,
}

impl Platform {
    /// Every platform.
    pub fn all() -> &'static [Platform] {
        &[
            Platform::CiscoIos,
            Platform::CiscoNxos,
            Platform::AristaEos,
            Platform::JuniperJunos,
            Platform::HpComware,
            Platform::MikrotikRouteros,
            Platform::Linux,
        ]
    }

    /// The name that inventories use.
    pub fn slug(self) -> &'static str {
        match self {
            Platform::CiscoIos => "cisco_ios",
            Platform::CiscoNxos => "cisco_nxos",
            Platform::AristaEos => "arista_eos",
            Platform::JuniperJunos => "juniper_junos",
            Platform::HpComware => "hp_comware",
            Platform::MikrotikRouteros => "mikrotik_routeros",
            Platform::Linux => "linux",
        }
    }

    /// Who makes it.
    pub fn vendor(self) -> &'static str {
        match self {
            Platform::CiscoIos | Platform::CiscoNxos => "Cisco",
            Platform::AristaEos => "Arista",
            Platform::JuniperJunos => "Juniper",
            Platform::HpComware => "HPE",
            Platform::MikrotikRouteros => "MikroTik",
            Platform::Linux => "Debian",
        }
    }

    /// The hardware model.
    pub fn model(self) -> &'static str {
        match self {
            Platform::CiscoIos => "C9300-24T",
            Platform::CiscoNxos => "N9K-C93180YC-EX",
            Platform::AristaEos => "DCS-7050SX3-48YC8",
            Platform::JuniperJunos => "ex4300-48t",
            Platform::HpComware => "5130-24G-4SFP+ EI",
            Platform::MikrotikRouteros => "RB4011iGS+",
            Platform::Linux => "PowerEdge R640",
        }
    }

    /// The version of the operating system, as the device words it.
    pub fn version(self) -> &'static str {
        match self {
            Platform::CiscoIos => "17.09.04a",
            Platform::CiscoNxos => "9.3(10)",
            Platform::AristaEos => "4.28.3M",
            Platform::JuniperJunos => "20.4R3.8",
            Platform::HpComware => "7.1.070",
            Platform::MikrotikRouteros => "6.49.7",
            Platform::Linux => "12",
        }
    }

    /// The identification string of its SSH server.
    pub(crate) fn ssh_id(self) -> &'static str {
        match self {
            Platform::CiscoIos => "SSH-2.0-Cisco-1.25",
            Platform::CiscoNxos => "SSH-2.0-OpenSSH_7.8 PKIX[12.1]",
            Platform::AristaEos => "SSH-2.0-OpenSSH_8.4",
            Platform::JuniperJunos => "SSH-2.0-OpenSSH_7.5",
            Platform::HpComware => "SSH-2.0-Comware-7.1.070",
            Platform::MikrotikRouteros => "SSH-2.0-ROSSSH",
            Platform::Linux => "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Platform::all().iter().find(|p| p.slug() == text) {
            Some(platform) => Ok(*platform),
            None => bail!(
                "unknown platform `{text}`, the lab has: {}",
                Platform::all().iter().map(|p| p.slug()).collect::<Vec<_>>().join(", ")
            ),
        }
    }
}
