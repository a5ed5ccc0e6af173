//! What a person asks for: a MAC address in any notation, an IP address, a network or a name.

use serde::{Deserialize, Serialize};

use crate::normal::{canonical_ip, canonical_mac, canonical_prefix};

/// A question, in the spelling that records have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Question {
    /// `aa:bb:cc:dd:ee:ff`
    Mac(String),
    /// The first bytes of a MAC address, canonical and without a colon at the end: at least three bytes.
    MacPrefix(String),
    /// An IP address in its shortest form.
    Ip(String),
    /// A network, `10.1.0.0/16`.
    Prefix(String),
    /// Everything else, in lower case: names of devices and hosts.
    Name(String),
}

/// Reads a question. `None` where there is nothing in it, or more than a name can have.
#[must_use]
pub fn question(text: &str) -> Option<Question> {
    let text = text.trim();
    if text.is_empty() || text.len() > 255 {
        return None;
    }
    if let Some(mac) = canonical_mac(text) {
        return Some(Question::Mac(mac));
    }
    if text.contains('/') {
        if let Some(prefix) = canonical_prefix(text, None) {
            return Some(Question::Prefix(prefix));
        }
    } else if let Some(ip) = canonical_ip(text) {
        return Some(Question::Ip(ip));
    }
    let prefix = mac_prefix(text).map(Question::MacPrefix);
    Some(prefix.unwrap_or_else(|| Question::Name(text.to_lowercase())))
}

/// `00:1a:2b`, `001a.2b`, `00-1a-2b-3`: whole bytes and at least three. Bare digits are a name: `101010` is one too.
fn mac_prefix(text: &str) -> Option<String> {
    let separators = text.chars().filter(|char| matches!(char, ':' | '-' | '.')).count();
    let digits = text.chars().filter(char::is_ascii_hexdigit).collect::<String>();
    if separators == 0 || separators + digits.len() != text.len() || !(6..12).contains(&digits.len()) {
        return None;
    }
    let groups = text.split([':', '-', '.']).map(str::len).collect::<Vec<_>>();
    let width = *groups.first()?;
    let (last, whole) = groups.split_last()?;
    if !matches!(width, 2 | 4 | 6) || whole.iter().any(|group| *group != width) || *last > width {
        return None;
    }
    let bytes = digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| String::from_utf8_lossy(pair).to_lowercase());
    Some(bytes.collect::<Vec<_>>().join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_recognised() {
        for (text, asked) in [
            ("AABB.CCDD.EEFF", Question::Mac("aa:bb:cc:dd:ee:ff".into())),
            ("aabbccddeeff", Question::Mac("aa:bb:cc:dd:ee:ff".into())),
            ("00:1A:2b", Question::MacPrefix("00:1a:2b".into())),
            ("001a.2b3", Question::MacPrefix("00:1a:2b".into())),
            (" 10.0.0.1 ", Question::Ip("10.0.0.1".into())),
            ("2001:DB8:0::1", Question::Ip("2001:db8::1".into())),
            ("10.1.2.3/16", Question::Prefix("10.1.0.0/16".into())),
            ("Core-SW1.example.com", Question::Name("core-sw1.example.com".into())),
            ("Gi1/0/1", Question::Name("gi1/0/1".into())),
            ("cafe-beef", Question::MacPrefix("ca:fe:be:ef".into())),
            ("101010", Question::Name("101010".into())),
        ] {
            assert_eq!(question(text), Some(asked), "{text}");
        }
        assert_eq!(question("  "), None);
        assert_eq!(question(&"x".repeat(256)), None);
    }
}
