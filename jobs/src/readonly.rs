//! Commands that only show something. What a platform file wants collected is sent to every device of that platform, so a
//! command that changes one, or writes a file on it, is refused when the file is read.

/// What devices are changed with. They take abbreviations, too.
const CHANGING: [&str; 16] = [
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
            "show clock",
            "show controllers",
        ] {
            assert_eq!(objection(command), None, "{command}");
        }
    }
}
