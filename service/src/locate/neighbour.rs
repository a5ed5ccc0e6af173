//! What a neighbour is, from what it says of itself.

use serde_json::{Map, Value};

/// The names that a device may have which calls itself so: as it is, and without the domain.
pub(crate) fn spellings(name: &str) -> impl Iterator<Item = String> {
    let whole = name.trim().to_lowercase();
    let short = whole.split('.').next().unwrap_or_default().to_owned();
    // An address is no name with a domain.
    let short = Some(short).filter(|short| !short.is_empty() && *short != whole && !is_number(short));
    std::iter::once(whole).chain(short)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A port without its unit: `ge-0/0/0.0` is on `ge-0/0/0`.
pub(crate) fn without_unit(port: &str) -> &str {
    match port.rsplit_once('.') {
        Some((port, unit)) if !port.is_empty() && is_number(unit) => port,
        _ => port,
    }
}

/// Whether a neighbour passes frames or packets of others on: a bridge or router. A telephone with a socket for a
/// computer and an access point do so too, but what is behind these is attached to their port.
pub(crate) fn passes_on(record: &str) -> bool {
    let fields: Map<String, Value> = serde_json::from_str(record).unwrap_or_default();
    let text = fields.get("capabilities").and_then(Value::as_str).unwrap_or_default();
    let (mut passes, mut serves_one) = (false, false);
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        match word.to_lowercase().as_str() {
            "b" | "bridge" | "r" | "router" | "switch" => passes = true,
            "t" | "tel" | "telephone" | "phone" | "w" | "wlan" => serves_one = true,
            _ => {}
        }
    }
    passes && !serves_one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_leads_on_and_a_telephone_does_not() {
        let record = |text: &str| serde_json::json!({ "capabilities": text }).to_string();
        for (text, expected) in [
            ("B, R", true),
            ("Bridge, Router", true),
            ("Bridge", true),
            ("B, T", false),
            ("WLAN Access Point, Bridge", false),
            ("Station Only", false),
            ("", false),
        ] {
            assert_eq!(passes_on(&record(text)), expected, "{text}");
        }
        assert!(!passes_on("no record"));
    }

    #[test]
    fn a_name_is_known_with_and_without_its_domain() {
        assert_eq!(
            spellings("SW1.example.com").collect::<Vec<_>>(),
            ["sw1.example.com", "sw1"]
        );
        assert_eq!(spellings("10.0.0.1").collect::<Vec<_>>(), ["10.0.0.1"]);
        assert_eq!(without_unit("ge-0/0/0.100"), "ge-0/0/0");
        assert_eq!(without_unit("gigabitethernet1/0/1"), "gigabitethernet1/0/1");
    }
}
