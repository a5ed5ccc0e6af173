//! Which template reads which command of which platform: index files in the format of ntc-templates.

use std::{borrow::Cow, collections::HashMap};

use regex::Regex;
use textfsm_core::clitable::Index;

/// One line of an index.
pub(super) struct Row {
    /// The line as it is. It also answers commands that only begin like its own.
    loose: Index,
    /// The line, which must end where a word of the command ends.
    whole: Index,
    /// The platform as this line knows it.
    platform: String,
    /// The template's file name without its ending.
    pub(super) template: String,
    /// Whether somebody put this line there for the very command: a user or we. Lines of ntc-templates also answer
    /// longer commands that begin alike.
    chosen: bool,
}

impl Row {
    /// Whether the line is for this command.
    fn reads(&self, index: &Index, command: &str) -> bool {
        let attributes = HashMap::from([
            ("Platform".to_owned(), self.platform.clone()),
            ("Command".to_owned(), command.to_owned()),
        ]);
        index.find_match(&attributes).is_some()
    }
}

/// The first line that is for the command. Only ordering tells a longer command from a shorter one that begins alike.
///
/// Lines that end within a word of the command (`d[[ir]]` for `display version`) count only where the capture type says
/// what its templates are called: some lines have a slip of the pen that leaves them no other way to match.
pub(super) fn find<'a>(rows: &'a [Row], command: &str, accept: Option<&Regex>) -> Option<&'a Row> {
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    let accepts = |row: &Row| row.chosen || accept.is_none_or(|pattern| pattern.is_match(&row.template));
    let whole = rows.iter().find(|row| accepts(row) && row.reads(&row.whole, &command));
    whole.or_else(|| {
        accept?;
        rows.iter().find(|row| accepts(row) && row.reads(&row.loose, &command))
    })
}

/// The lines of an index for a platform under one of its names, in the file's order. Lines that cannot be read are left
/// out: an index of nearly a thousand lines must not fail for one.
pub(super) fn rows(index: &str, names: &[Cow<'_, str>], chosen: bool) -> Vec<Row> {
    let mut found = Vec::new();
    let lines = index.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut cells = line.splitn(4, ',').map(str::trim);
        let (Some(file), Some(_), Some(pattern), Some(command)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let Some(platform) = names.iter().find(|name| is_for(pattern, name)) else {
            continue;
        };
        let line = |command: &str| {
            let text = format!("Template, Hostname, Platform, Command\n{file}, .*, {pattern}, {command}\n");
            Index::parse_str(&text).ok()
        };
        let (Some(loose), Some(whole)) = (line(command), line(&format!(r"(?:{command})(?:\s|$)"))) else {
            continue;
        };
        // Several templates joined by `:` are merged by their keys elsewhere; the first alone has the rows.
        let first = file.split(':').next().unwrap_or(file).trim();
        found.push(Row {
            loose,
            whole,
            platform: platform.to_string(),
            chosen,
            template: first.strip_suffix(".textfsm").unwrap_or(first).to_owned(),
        });
    }
    found
}

fn is_for(pattern: &str, platform: &str) -> bool {
    if pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return pattern == platform;
    }
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(platform))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "# comment\nTemplate, Hostname, Platform, Command\n\
        x_show_arp_vrf.textfsm, .*, x_os, sh[[ow]] arp vrf\n\
        x_show_arp.textfsm:y.textfsm, .*, x_(os|xe), sh[[ow]] arp\n\
        broken.textfsm, .*, x_os, sh[[ow arp\n";

    #[test]
    fn the_first_line_for_platform_and_command_counts() {
        let of = |platform: &str| rows(INDEX, &[Cow::Borrowed(platform)], false);
        let found = |platform: &str, command: &str| find(&of(platform), command, None).map(|row| row.template.clone());
        assert_eq!(found("x_os", "show  arp vrf all"), Some("x_show_arp_vrf".to_owned()));
        assert_eq!(found("x_os", "sh arp"), Some("x_show_arp".to_owned()));
        assert_eq!(found("x_xe", "show arp"), Some("x_show_arp".to_owned()));
        assert_eq!(found("x_os", "show arps"), None);
        assert_eq!(found("x_os", "show mac"), None);
        let loose = |pattern: &str| find(&of("x_os"), "show arps", Some(&Regex::new(pattern).unwrap())).is_some();
        assert!(loose("arp") && !loose("mac"));
        assert_eq!(found("x", "show arp"), None);
    }
}
