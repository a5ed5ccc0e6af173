//! What broke a connection, in the words of [`DeviceError`].

use std::{net::SocketAddr, sync::Mutex};

use super::{
    HostKeyDecision, Seen,
    wire::{self, Opening},
};
use crate::error::{DeviceError, FailureKind};

pub(super) fn disconnected(error: &russh::Error) -> DeviceError {
    let message = match error {
        russh::Error::KeepaliveTimeout => "The device stopped answering".to_owned(),
        russh::Error::Disconnect | russh::Error::HUP | russh::Error::SendError => {
            "The device closed the connection".to_owned()
        }
        error => format!("The connection broke: {error}"),
    };
    DeviceError::new(FailureKind::Disconnected, message)
}

pub(super) fn during_login(error: &russh::Error) -> DeviceError {
    let error = disconnected(error);
    DeviceError::new(error.kind, format!("{} during the login", error.message))
}

pub(super) fn connecting(address: SocketAddr, error: &std::io::Error) -> DeviceError {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => DeviceError::new(
            FailureKind::ConnectionRefused,
            format!("Connection refused by {address}"),
        ),
        Io::TimedOut => DeviceError::new(FailureKind::ConnectTimeout, format!("No answer from {address}")),
        Io::ConnectionReset | Io::ConnectionAborted => {
            DeviceError::new(FailureKind::Disconnected, format!("{address} reset the connection"))
        }
        Io::HostUnreachable | Io::NetworkUnreachable => {
            DeviceError::new(FailureKind::NoRoute, format!("No route to host {address}"))
        }
        _ => DeviceError::new(FailureKind::Internal, format!("Cannot connect to {address}: {error}")),
    }
}

pub(super) fn handshake(error: &russh::Error, seen: &Mutex<Seen>, opening: &Opening) -> DeviceError {
    let negotiation = |message: String| DeviceError::new(FailureKind::SshNegotiationFailed, message);
    match seen.lock().ok().and_then(|seen| seen.decision) {
        Some(HostKeyDecision::Changed) => {
            return DeviceError::new(
                FailureKind::HostKeyChanged,
                "The host key is not the one known for this device; no secret was sent",
            );
        }
        Some(HostKeyDecision::Unknown) => {
            return DeviceError::new(
                FailureKind::HostKeyUnknown,
                "The host key of the device is not known; no secret was sent",
            );
        }
        _ => {}
    }
    let first = opening.bytes();
    let mut lines = first.split_inclusive(|byte| *byte == b'\n');
    let identified =
        |line: &[u8]| (line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-")) && line.ends_with(b"\n");
    let spoke_ssh = lines.any(identified) || first.len() >= wire::REMEMBERED;
    if first.starts_with(b"SSH-1.") && !first.starts_with(b"SSH-1.99") {
        let line = opening.line().unwrap_or_default();
        return negotiation(format!(
            "The device speaks SSH version 1 only ({line}); version 2 is needed"
        ));
    }
    match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => negotiation(format!(
            "No common {} algorithm; the device offers {}",
            algorithm_kind(kind),
            theirs.join(", ")
        )),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::ConnectionReset => DeviceError::new(
            FailureKind::Disconnected,
            "The device reset the connection before the login",
        ),
        // Nothing at all is what a server does that has too many connections; anything else is no SSH.
        _ if first.is_empty() => DeviceError::new(
            FailureKind::Disconnected,
            "The device closed the connection before it said anything",
        ),
        russh::Error::Version => negotiation(match opening.line() {
            Some(line) => format!("What answers does not speak SSH version 2; it says: {line}"),
            None => "What answers does not speak SSH version 2".to_owned(),
        }),
        _ if !spoke_ssh => negotiation(match opening.line() {
            Some(line) => format!("What answers closed the connection without speaking SSH; it said: {line}"),
            None => "What answers closed the connection without speaking SSH".to_owned(),
        }),
        russh::Error::Disconnect | russh::Error::HUP | russh::Error::IO(_) => DeviceError::new(
            FailureKind::Disconnected,
            "The device closed the connection during the SSH handshake",
        ),
        error => negotiation(format!("The SSH handshake failed: {error}")),
    }
}

fn algorithm_kind(kind: &russh::AlgorithmKind) -> &'static str {
    match kind {
        russh::AlgorithmKind::Kex => "key exchange",
        russh::AlgorithmKind::Key => "host key",
        russh::AlgorithmKind::Cipher => "cipher",
        russh::AlgorithmKind::Mac => "MAC",
        russh::AlgorithmKind::Compression => "compression",
    }
}
