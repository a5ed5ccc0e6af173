//! What the commands of each platform print: lines end in LF here, the terminal makes CR LF of them.

mod comware;
mod eos;
mod eos_wider;
mod ios;
mod ios_wider;
mod junos;
mod junos_wider;
mod linux;
mod nxos;
mod nxos_wider;
mod routeros;
mod wider;

use crate::platform::Platform;
use crate::view::View;

/// What kind of text a command printed; faults choose by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The running configuration.
    Config,
    /// Any other show command.
    Show,
}

/// Writes a line; writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($arg:tt)*) => {{
        let _ = std::fmt::Write::write_fmt($out, format_args!($($arg)*));
        $out.push('\n');
    }};
}
pub(crate) use line;

/// Appends what the command prints; `None`: the platform does not know the command.
pub(crate) fn show(view: &View<'_>, command: &str, out: &mut String) -> Option<Kind> {
    match view.platform() {
        Platform::CiscoIos => ios::show(view, command, out),
        Platform::CiscoNxos => nxos::show(view, command, out),
        Platform::AristaEos => eos::show(view, command, out),
        Platform::JuniperJunos => junos::show(view, command, out),
        Platform::HpComware => comware::show(view, command, out),
        Platform::MikrotikRouteros => routeros::show(view, command, out),
        Platform::Linux => linux::show(view, command, out),
    }
}

/// The interface of a table's line: a VLAN interface, or a port.
fn place(view: &View<'_>, vlan_prefix: &str, vlan: Option<u16>, port: Option<u16>) -> String {
    match vlan {
        Some(vlan) => format!("{vlan_prefix}{vlan}"),
        None => view.port_name(port.unwrap_or(0)),
    }
}
