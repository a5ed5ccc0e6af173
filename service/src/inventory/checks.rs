//! What a value of a device may be. Each check answers with the cleaned value or with what is wrong and what helps.

use std::net::IpAddr;

/// The most characters of a name and of every other text of a device.
const MAX_TEXT: usize = 255;
const MAX_TAGS: usize = 64;

/// Two names of devices are the same name when their keys are equal.
#[must_use]
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A value of the file as it may stand in a message: cut, and what cannot be seen escaped.
pub(crate) fn quoted(value: &str) -> String {
    const SHOWN: usize = 60;
    let cut = value.char_indices().nth(SHOWN).and_then(|(end, _)| value.get(..end));
    match cut {
        Some(beginning) => format!("'{}…'", visible(beginning)),
        None => format!("'{}'", visible(value)),
    }
}

/// A text in which what cannot be seen is escaped.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and those that show nothing or turn the text around: with them two names look the same.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text of one line: trimmed, up to 255 characters, all of them visible. `None` when empty.
pub(crate) fn text(value: &str) -> Result<Option<String>, String> {
    let value = value.trim();
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("{} is not UTF-8 text. Save the file as UTF-8.", quoted(value)));
    }
    if let Some(hidden) = value.chars().find(|c| is_hidden(*c)) {
        return Err(format!(
            "{} holds a character that cannot be seen ({}). Remove it.",
            quoted(value),
            hidden.escape_unicode()
        ));
    }
    let length = value.chars().count();
    if length > MAX_TEXT {
        return Err(format!(
            "{} has {length} characters, {MAX_TEXT} are allowed. Shorten it.",
            quoted(value)
        ));
    }
    Ok((length > 0).then(|| value.to_owned()))
}

/// A port from 1 to 65535; `None` when empty.
pub(crate) fn port(value: &str) -> Result<Option<u16>, String> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    // A sign or a base would pass other readers as well, but nobody means it.
    let number = value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| value.parse::<u16>().ok())
        .flatten();
    match number {
        Some(port) if port > 0 => Ok(Some(port)),
        _ => Err(format!(
            "{} is not a port. Write a number from 1 to 65535, or leave it empty for 22.",
            quoted(value)
        )),
    }
}

/// Yes or no; `None` when empty.
pub(crate) fn flag(value: &str) -> Result<Option<bool>, String> {
    match value.trim().to_lowercase().as_str() {
        "" => Ok(None),
        "true" | "t" | "yes" | "y" | "on" | "1" | "enabled" | "active" => Ok(Some(true)),
        "false" | "f" | "no" | "n" | "off" | "0" | "disabled" | "inactive" => Ok(Some(false)),
        _ => Err(format!(
            "{} is neither yes nor no. Write true or false.",
            quoted(value.trim())
        )),
    }
}

/// A platform in lower case; `None` (detect it) when empty or `auto`.
pub(crate) fn platform(value: &str) -> Result<Option<String>, String> {
    let platform = text(value)?.map(|platform| platform.to_lowercase());
    Ok(platform.filter(|platform| !matches!(platform.as_str(), "auto" | "autodetect" | "detect")))
}

/// Labels separated by `;`, `,` or `|`, each once.
pub(crate) fn tags(value: &str) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for part in value.split([';', ',', '|']) {
        if let Some(tag) = text(part)?
            && !tags.contains(&tag)
        {
            if tags.len() == MAX_TAGS {
                return Err(format!("there are more than {MAX_TAGS} tags. Remove some."));
            }
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// Where a device can be reached, as a person wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// An IP literal in canonical form, or a host name.
    pub(crate) address: String,
    /// The port, if it was written behind the host.
    pub(crate) port: Option<u16>,
    /// A user (perhaps with a password) stood before the host and was dropped.
    pub(crate) user: bool,
    /// A length of prefix stood behind the address and was dropped.
    pub(crate) prefix: bool,
}

/// `host`, `host:port`, `[v6]:port`, `user@host`, and `ip/length` as inventories write the address of an interface.
pub(crate) fn host(value: &str) -> Result<Host, String> {
    if value.contains("://") {
        // Not shown: a URL may hold a password.
        return Err("the address is a URL. Write only the IP address or the host name of it.".to_owned());
    }
    // What stands before an @ may be a password: from here on it is neither looked at nor shown.
    let (user, value) = value
        .trim()
        .rsplit_once('@')
        .map_or((false, value.trim()), |(_, host)| (true, host));
    let Some(value) = text(value)? else {
        return Err("there is no address. Write an IP address or a host name.".to_owned());
    };
    let shown = quoted(&value);
    let found = |address: String, port, prefix| {
        Ok(Host {
            address,
            port,
            user,
            prefix,
        })
    };
    if let Ok(ip) = value.parse::<IpAddr>() {
        return found(ip_address(ip, &shown)?, None, false);
    }
    if let Some(rest) = value.strip_prefix('[') {
        let (inside, after) = rest
            .split_once(']')
            .ok_or_else(|| format!("{shown} lacks the closing bracket."))?;
        let ip = inside.parse::<std::net::Ipv6Addr>().map_err(|_| not_v6(&shown))?;
        let port = match (after, after.strip_prefix(':')) {
            ("", _) => None,
            (_, Some(after)) => written_port(after, &shown)?,
            _ => return Err(format!("{shown} has text behind the bracket. Write [address]:port.")),
        };
        return found(ip_address(IpAddr::V6(ip), &shown)?, port, false);
    }
    if let Some((before, length)) = value.split_once('/') {
        let neither =
            || format!("{shown} is neither an IP address nor a host name. Write one of them, without a path.");
        let ip = before.parse::<IpAddr>().map_err(|_| neither())?;
        let width: u32 = if ip.is_ipv4() { 32 } else { 128 };
        let length = length
            .parse::<u32>()
            .ok()
            .filter(|length| *length <= width)
            .ok_or_else(neither)?;
        if is_network(ip, width - length) {
            return Err(format!(
                "{shown} is a network, not a device. Write the addresses of its devices."
            ));
        }
        return found(ip_address(ip, &shown)?, None, true);
    }
    if value.matches(':').count() > 1 {
        return Err(not_v6(&shown));
    }
    let (name, port) = match value.split_once(':') {
        Some((name, port)) => (name, written_port(port, &shown)?),
        None => (value.as_str(), None),
    };
    if let Ok(ip) = name.parse::<IpAddr>() {
        return found(ip_address(ip, &shown)?, port, false);
    }
    found(host_name(name, &shown)?, port, false)
}

fn written_port(value: &str, shown: &str) -> Result<Option<u16>, String> {
    match port(value)? {
        Some(port) => Ok(Some(port)),
        None => Err(format!(
            "{shown} ends where a port should follow. Add it or remove the colon."
        )),
    }
}

fn not_v6(shown: &str) -> String {
    format!("{shown} is not an IPv6 address. Write it without a zone, and with a port as [address]:port.")
}

fn ip_address(ip: IpAddr, shown: &str) -> Result<String, String> {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    if ip.is_unspecified() || ip.is_multicast() || broadcast {
        return Err(format!(
            "{shown} is not an address of one device. Write the address that it answers at."
        ));
    }
    Ok(ip.to_string())
}

/// Whether no bit of the host part is set, where there is one: the two longest prefixes hold devices only (RFC 3021,
/// RFC 6164).
fn is_network(ip: IpAddr, host_bits: u32) -> bool {
    let bits = match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    host_bits > 1 && bits & u128::MAX.checked_shr(128 - host_bits).unwrap_or(0) == 0
}

/// A name by RFC 1123. What a resolver would take for an address in another notation (`10.1`, `0x7f000001`,
/// `2130706433`) is refused: it would pass by every rule about addresses.
fn host_name(name: &str, shown: &str) -> Result<String, String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !name.is_ascii() {
        return Err(format!(
            "{shown} holds letters that host names do not have. Write its ASCII form (xn--…)."
        ));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(letters)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.is_empty() || name.len() > 253 || !name.split('.').all(label) {
        return Err(format!(
            "{shown} is neither an IP address nor a host name: letters, digits and inner hyphens, in parts of up to 63 separated by dots. Correct it or write the IP address."
        ));
    }
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_range = name.contains('-') && name.contains('.');
    if is_range
        && name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
    {
        return Err(format!(
            "{shown} looks like a range of addresses. Write each address by itself."
        ));
    }
    if digits(&last) || hex {
        return Err(format!(
            "{shown} is not an IPv4 address. Write four numbers from 0 to 255 without leading zeros."
        ));
    }
    Ok(name.to_owned())
}
