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
/// Shortest abbreviation that is taken for one of them, but for `wr`.
const SHORTEST: usize = 3;
/// What writes the output of a command elsewhere, behind a pipe.
const WRITING: [&str; 4] = ["redirect", "tee", "append", "save"];

/// What is wrong with a command that does more than show; `None`: nothing.
pub(crate) fn objection(command: &str) -> Option<String> {
    for (number, part) in command.split(['|', ';', '&']).enumerate() {
        let word = part.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let shows = part.trim_start().to_ascii_lowercase().starts_with("write term");
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
            "ip -s link",
            "show clock",
            "show controllers",
        ] {
            assert_eq!(objection(command), None, "{command}");
        }
    }
}
