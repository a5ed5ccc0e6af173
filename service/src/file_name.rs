//! Names of devices as names of files: every name gets a file of its own, and none leaves its folder.

use sha2::{Digest, Sha256};

/// Longest encoded name in bytes; with an ending it stays under the 255 of common file systems.
const LONGEST: usize = 180;
/// Room for the ending that most callers put behind it.
const ENDING: usize = 4;

/// Device names that Windows keeps for itself, in any case and with any ending.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name with everything that a file system may not like as `%XX`; long names are cut and end in a hash.
pub fn encode(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'+');
    let mut encoded = String::with_capacity(name.len() + ENDING);
    for (index, character) in name.char_indices() {
        let leading_dot = index == 0 && character == '.';
        let printable = !character.is_ascii() && character.is_alphanumeric();
        if printable || (character.is_ascii() && plain(character as u8) && !leading_dot) {
            encoded.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    let stem = encoded.split('.').next().unwrap_or_default();
    let is_numbered = |prefix: &str| {
        let number = stem.get(prefix.len()..).unwrap_or_default();
        number.len() == 1
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && stem
                .get(..prefix.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    };
    let is_reserved = RESERVED.iter().any(|word| stem.eq_ignore_ascii_case(word));
    if is_reserved || is_numbered("com") || is_numbered("lpt") || encoded.is_empty() {
        encoded.insert(0, '%');
    }
    if encoded.ends_with('.') {
        encoded.pop();
        encoded.push_str("%2E");
    }
    if encoded.len() > LONGEST {
        let hash = Sha256::digest(name.as_bytes());
        let mut end = LONGEST - 18;
        while !encoded.is_char_boundary(end) {
            end -= 1;
        }
        encoded.truncate(end);
        encoded.push_str("%~");
        for byte in hash.iter().take(8) {
            encoded.push_str(&format!("{byte:02x}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_stay_as_they_are() {
        for name in ["core-sw1", "r1.example.net", "10.0.0.1", "fe_80", "Zürich-1"] {
            assert_eq!(encode(name), name);
        }
    }

    #[test]
    fn no_name_leaves_its_folder() {
        assert_eq!(encode("../../etc/x"), "%2E.%2F..%2Fetc%2Fx");
        assert_eq!(encode(".."), "%2E%2E");
        assert_eq!(encode("a/b\\c:d"), "a%2Fb%5Cc%3Ad");
        assert_eq!(encode("a\0b\u{202e}c"), "a%00b%E2%80%AEc");
    }

    #[test]
    fn names_that_a_system_keeps_for_itself_are_marked() {
        assert_eq!(encode("CON"), "%CON");
        assert_eq!(encode("com1.txt"), "%com1.txt");
        assert_eq!(encode("console"), "console");
        assert_eq!(encode(""), "%");
    }

    proptest::proptest! {
        #[test]
        fn every_name_has_a_file_of_its_own(one in "\\PC{0,300}", other in "\\PC{0,300}") {
            let (a, b) = (encode(&one), encode(&other));
            proptest::prop_assert!(a.len() <= LONGEST && !a.contains('/') && a != "." && a != "..");
            proptest::prop_assert_eq!(one == other, a == b);
        }
    }
}
