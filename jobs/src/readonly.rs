//! Commands that only show something. What a platform file wants collected is sent to every device of that platform, so a
//! command that changes one, or writes a file on it, is refused when the file is read.

/// What devices are changed with. They take abbreviations, too.
const CHANGING: [&str; 21] = [
    "configure",
    "reload",
    "reboot",
    "erase",
    "delete",
    "copy",
    "write",
    "clear",
    "commit",
    "rollback",
    "shutdown",
    "format",
    "set",
    "edit",
    "debug",
    "undo",
    "poweroff",
    "halt",
    "rename",
    "unset",
    "zeroize",
];
/// Programs of a shell that change something, never abbreviated.
const PROGRAMS: [&str; 9] = ["rm", "mv", "cp", "dd", "kill", "pkill", "killall", "mkfs", "truncate"];
/// Commands that show some things and change others, as a word behind them says: Junos and PAN-OS (`request`), FortiOS
/// (`execute`), SR OS (`admin`), and Linux.
const DOING: [&str; 7] = ["request", "execute", "admin", "system", "systemctl", "service", "ip"];
/// Those words. RouterOS has them behind any menu.
const DEEDS: [&str; 33] = [
    "add",
    "append",
    "change",
    "commit",
    "del",
    "delete",
    "disable",
    "edit",
    "enable",
    "erase",
    "factory-reset",
    "factoryreset",
    "flush",
    "format",
    "halt",
    "import",
    "install",
    "power-off",
    "reboot",
    "remove",
    "replace",
    "reset",
    "reset-configuration",
    "restart",
    "restore",
    "rollback",
    "save",
    "set",
    "shutdown",
    "start",
    "stop",
    "upgrade",
    "zeroize",
];
/// What begins like one of them and changes only how the session itself shows things, or where in a tree it stands: the
/// terminal of a session on Junos and PAN-OS (`set cli`), on VyOS (`set terminal`) and on SAOS (`set session`), and
/// FortiOS, which shows nothing of the whole device while virtual domains are on but below `config global`.
const OF_THE_SESSION: [&str; 4] = ["set cli ", "set terminal ", "set session more ", "config global "];
/// Shortest abbreviation that is taken for one of them, but for `wr`.
const SHORTEST: usize = 3;
/// What writes the output of a command elsewhere, behind a pipe.
const WRITING: [&str; 4] = ["redirect", "tee", "append", "save"];

/// What is wrong with a command that does more than show; `None`: nothing.
pub(crate) fn objection(command: &str) -> Option<String> {
    for (number, part) in command.split(['|', ';', '&']).enumerate() {
        let word = part.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let plain = format!(
            "{} ",
            part.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .to_ascii_lowercase()
        );
        let words: Vec<String> = part
            .split(|c: char| c.is_whitespace() || c == '/')
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let of_a_menu = part.trim_start().starts_with('/');
        let deeds = words.iter().skip(usize::from(!of_a_menu));
        let is_doing = of_a_menu || words.first().is_some_and(|first| DOING.contains(&first.as_str()));
        let deed = deeds
            .filter(|_| is_doing)
            .find(|word| DEEDS.contains(&word.as_str()) || (of_a_menu && word.starts_with("file=")));
        let program = Some(&word).filter(|word| PROGRAMS.contains(&word.as_str()) || *word == "sudo");
        if let Some(deed) = deed.or(program) {
            return Some(format!(
                "'{deed}' changes a device; only what shows something can be collected"
            ));
        }
        let of_the_session = OF_THE_SESSION.iter().any(|harmless| plain.starts_with(harmless));
        let shows = plain.starts_with("write term") || of_the_session;
        let changes = |verb: &&str| word == "wr" || (word.len() >= SHORTEST && verb.starts_with(&word));
        if let Some(verb) = CHANGING.iter().find(|verb| changes(verb)).filter(|_| !shows) {
            return Some(format!(
                "'{word}' changes a device ({verb}); only what shows something can be collected"
            ));
        }
        if number > 0 && WRITING.contains(&word.as_str()) {
            return Some(format!(
                "'{word}' writes elsewhere; only what shows something can be collected"
            ));
        }
    }
    if command.contains('`') || command.contains("$(") {
        return Some(
            "a command inside a command may change a device; only what shows something can be collected".to_owned(),
        );
    }
    let elsewhere = |rest: &str| {
        let rest = rest.trim_start_matches('>').trim_start();
        !rest.starts_with('&') && !rest.starts_with("/dev/null")
    };
    let mut arrows = command
        .match_indices('>')
        .filter(|(at, _)| !command.get(..*at).is_some_and(|before| before.ends_with('>')));
    arrows
        .any(|(at, _)| command.get(at..).is_some_and(elsewhere))
        .then(|| "'>' writes a file; only what shows something can be collected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_device_is_refused() {
        for command in [
            "configure terminal",
            "conf t",
            "  CONF t",
            "wr",
            "write memory",
            "wri erase",
            "reload in 5",
            "rel",
            "erase startup-config",
            "copy running-config tftp://192.0.2.1/x",
            "show version ; conf t",
            "show version | redirect tftp://192.0.2.1/x",
            "show run | tee flash:x",
            "show configuration | save /var/tmp/x",
            "cat /etc/passwd > /tmp/x",
            "cat /etc/passwd >> /tmp/x",
            "show version && reboot",
            "set system host-name x",
            "set client x",
            "config globalx",
            "config system global",
            "set cli screen-length 0 ; set system host-name x",
            "request system reboot",
            "request system zeroize",
            "execute factoryreset",
            "exec reboot ; execute shutdown",
            "admin save",
            "/system reboot",
            "/ip address add address=192.0.2.1/24 interface=ether1",
            "/interface ethernet disable ether1",
            "/export file=x",
            "ip link set eth0 down",
            "systemctl stop frr",
            "rm -rf /tmp/x",
            "sudo reboot",
            "cat /etc/hostname | xargs -I% sh -c `reboot`",
            "echo $(reboot)",
            "halt",
        ] {
            assert!(objection(command).is_some(), "{command}");
        }
    }

    #[test]
    fn what_shows_something_is_sent() {
        for command in [
            "show running-config",
            "write terminal",
            "display current-configuration",
            "show configuration commands | no-more",
            "show | grep .",
            "tail -n +1 /etc/network/interfaces 2>&1 | grep -v 'No such file'",
            "cat /proc/version 2>/dev/null",
            "/export",
            "set cli screen-length 0",
            "set  terminal length 0",
            "set session more off",
            "config global",
            "ip -s link",
            "ip -s link show",
            "ip -4 route show table all",
            "request support information",
            "systemctl status frr",
            "/system resource print",
            "/ip route print detail",
            "/interface print stats",
            "rmon show",
            "show clock",
            "show controllers",
        ] {
            assert_eq!(objection(command), None, "{command}");
        }
    }
}
