//! Bytes of a file to text: byte order marks, encodings, line ends, size.

use super::Inventory;

/// The text of a file with LF line ends and no byte order mark. Bytes that are no text become U+FFFD, which the checks
/// of the single fields refuse: so one line in a wrong encoding costs only itself.
pub(super) fn decode(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // Spreadsheets save "Unicode text" this way.
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut text: String = char::decode_utf16(units)
        .map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// The text of a file that is neither too large nor obviously something else.
pub(super) fn open(bytes: &[u8], limit: usize, what: &str) -> Result<String, Inventory> {
    if bytes.len() > limit {
        let (size, limit) = (bytes.len().div_ceil(1024 * 1024), limit / (1024 * 1024));
        return Err(Inventory::unreadable(format!(
            "The file is too large: {what} may have up to {limit} MiB, this one has about {size}. Split it and import the parts."
        )));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Inventory::unreadable(
            "The file is a workbook or an archive, not text. Save the sheet as \"CSV UTF-8\" and import that.",
        ));
    }
    let text = decode(bytes);
    if text.trim().is_empty() {
        return Err(Inventory::unreadable("The file is empty."));
    }
    Ok(text)
}
