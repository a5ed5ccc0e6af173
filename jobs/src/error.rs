//! Why a device failed: a closed list of kinds, each with a sentence that a person can act on.

use serde::Serialize;

/// What went wrong with a device, in the words every answer and every log line uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    missing_docs,
    reason = "each name is explained by its sentence in `FailureKind::hint`"
)]
pub enum FailureKind {
    DnsFailed,
    ConnectionRefused,
    ConnectTimeout,
    NoRoute,
    SshNegotiationFailed,
    HostKeyUnknown,
    HostKeyChanged,
    AuthenticationFailed,
    InteractionRequired,
    CredentialPaused,
    ShellRefused,
    PrivilegeFailed,
    PromptNotFound,
    CommandTimeout,
    CommandRejected,
    OutputTruncated,
    OutputEmpty,
    OutputSuspicious,
    OutputTooLarge,
    Disconnected,
    NotSupported,
    AddressForbidden,
    Cancelled,
    Internal,
}

impl FailureKind {
    /// What a person can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::DnsFailed => "Check the host name, or give the device an IP address.",
            Self::ConnectionRefused => "Check that SSH is enabled on the device, and the port.",
            Self::ConnectTimeout => "Check that the device is up and that no firewall drops the connection.",
            Self::NoRoute => "Check the address and the route to it.",
            Self::SshNegotiationFailed => {
                "Check that the port speaks SSH version 2; old devices may need legacy algorithms."
            }
            Self::HostKeyUnknown => "Accept the host key of the device, or use the policy accept_new.",
            Self::HostKeyChanged => "Find out why the key changed, then accept the new key.",
            Self::AuthenticationFailed => "Check user name, password or key on the device itself.",
            Self::InteractionRequired => "Log in by hand once and answer what the device asks.",
            Self::CredentialPaused => {
                "Correct the credential if it was refused too often, or bind one to the device if it has none; then retry."
            }
            Self::ShellRefused => "Give the user the right to open a terminal session.",
            Self::PrivilegeFailed => "Check the enable password.",
            Self::PromptNotFound => "Check that the platform of the device is set correctly.",
            Self::CommandTimeout => "Raise the command timeout, or check the load of the device.",
            Self::CommandRejected => "Check the platform, its software version and the user's rights.",
            Self::OutputTruncated => "Retry; if it happens again look at the transcript.",
            Self::OutputEmpty => "Check the user's rights on the device.",
            Self::OutputSuspicious => "Look at the text, and accept it if it is right.",
            Self::OutputTooLarge => "The output passed the size limit; nothing of it was kept as good.",
            Self::Disconnected => "The device closed the connection; retry, and check its session limits.",
            Self::NotSupported => "Choose capture types that the platform of this device has.",
            Self::AddressForbidden => "The address is not allowed by the settings of this server.",
            Self::Cancelled => "Start it again when you are ready.",
            Self::Internal => "Showrun could not do its part; see the log.",
        }
    }

    /// True for what may well work on the next try. Never true for a refused login.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::ConnectionRefused
                | Self::ConnectTimeout
                | Self::NoRoute
                | Self::Disconnected
                | Self::CommandTimeout
                | Self::PromptNotFound
                | Self::OutputTruncated
        )
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// All kinds.
    pub const ALL: [Self; 24] = [
        Self::DnsFailed,
        Self::ConnectionRefused,
        Self::ConnectTimeout,
        Self::NoRoute,
        Self::SshNegotiationFailed,
        Self::HostKeyUnknown,
        Self::HostKeyChanged,
        Self::AuthenticationFailed,
        Self::InteractionRequired,
        Self::CredentialPaused,
        Self::ShellRefused,
        Self::PrivilegeFailed,
        Self::PromptNotFound,
        Self::CommandTimeout,
        Self::CommandRejected,
        Self::OutputTruncated,
        Self::OutputEmpty,
        Self::OutputSuspicious,
        Self::OutputTooLarge,
        Self::Disconnected,
        Self::NotSupported,
        Self::AddressForbidden,
        Self::Cancelled,
        Self::Internal,
    ];

    /// The name used in answers and tables, such as `command_timeout`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DnsFailed => "dns_failed",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::NoRoute => "no_route",
            Self::SshNegotiationFailed => "ssh_negotiation_failed",
            Self::HostKeyUnknown => "host_key_unknown",
            Self::HostKeyChanged => "host_key_changed",
            Self::AuthenticationFailed => "authentication_failed",
            Self::InteractionRequired => "interaction_required",
            Self::CredentialPaused => "credential_paused",
            Self::ShellRefused => "shell_refused",
            Self::PrivilegeFailed => "privilege_failed",
            Self::PromptNotFound => "prompt_not_found",
            Self::CommandTimeout => "command_timeout",
            Self::CommandRejected => "command_rejected",
            Self::OutputTruncated => "output_truncated",
            Self::OutputEmpty => "output_empty",
            Self::OutputSuspicious => "output_suspicious",
            Self::OutputTooLarge => "output_too_large",
            Self::Disconnected => "disconnected",
            Self::NotSupported => "not_supported",
            Self::AddressForbidden => "address_forbidden",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

/// A device's failure: the kind for programs, the sentence for people. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{message}")]
pub struct DeviceError {
    /// For programs.
    pub kind: FailureKind,
    /// One sentence: what happened.
    pub message: String,
}

impl DeviceError {
    /// A failure of this kind with its sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// What ends a session because somebody asked for that.
pub(crate) fn cancelled() -> DeviceError {
    DeviceError::new(FailureKind::Cancelled, "Cancelled")
}
