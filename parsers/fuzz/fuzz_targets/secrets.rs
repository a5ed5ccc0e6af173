//! Any text through masking, the cells of an export and the reading of a question.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use parsers::{
    LineRule, Masker, TagKey, canonical_interface, canonical_prefix, canonical_protocol, common_secrets, csv_cell,
    duration_seconds, question, speed_bps,
};

static MASKER: LazyLock<Masker> =
    LazyLock::new(|| Masker::new(common_secrets(), Some(TagKey::new([5; 32]))).expect("our own rules"));

/// A platform's: rules of its own, one of them for lines under a heading, and the others behind.
static OF_PLATFORM: LazyLock<Masker> = LazyLock::new(|| {
    let under = LineRule { under: Some("^c".to_owned()), ..LineRule::new("n (?P<secret>.+)") };
    let masker = Masker::new(&[LineRule::new("^k (?P<secret>.+)"), under], Some(TagKey::new([5; 32])));
    masker.and_then(Masker::with_common).expect("our own rules")
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for masker in [&*MASKER, &*OF_PLATFORM] {
        let masked = masker.mask(&text);
        assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
    }
    assert!(!csv_cell(&text).starts_with(['=', '@', '\t', '\r', '\n']));
    let _ = (question(&text), canonical_protocol(&text), duration_seconds(&text), speed_bps(&text));
    let _ = (canonical_prefix(&text, Some(&text)), canonical_interface(&text, Some("cisco_ios")));
});
