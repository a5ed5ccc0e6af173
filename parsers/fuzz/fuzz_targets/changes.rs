//! Any two texts and any rule: three parts with a zero byte between them.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use parsers::{ChangeOptions, LineRule, Masker, SeverityRules, TagKey, common_secrets, compare, compare_masked, preview, unified};

static SEVERITY: LazyLock<SeverityRules> = LazyLock::new(|| SeverityRules::new(&[]).expect("our own rules"));

static MASKER: LazyLock<Masker> =
    LazyLock::new(|| Masker::new(common_secrets(), Some(TagKey::new([5; 32]))).expect("our own rules"));

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let (old, new, rule) = (parts.next(), parts.next(), parts.next());
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let rules = rule.map(|rule| LineRule::new(rule)).into_iter().collect::<Vec<_>>();
    let Ok(options) = ChangeOptions::new(&rules, "configs", SEVERITY.clone(), 3) else { return };
    let changes = compare(&old, &new, &options);
    assert_eq!(changes.is_empty(), changes.added + changes.removed == 0);
    assert!(compare(&new, &new, &options).is_empty());
    let _ = unified(&changes, &old, &new);
    let masked = compare_masked(&old, &new, &options, &MASKER);
    assert_eq!((masked.added, masked.removed), (changes.added, changes.removed));
    let shown = MASKER.mask(&new);
    let shown = shown.lines().collect::<Vec<_>>();
    for line in masked.hunks.iter().flat_map(|hunk| &hunk.lines) {
        if let Some(number) = line.new_number {
            assert_eq!(shown.get(number - 1), Some(&line.text.as_str()));
        }
    }
    if let Some(rule) = rules.first() {
        let _ = preview(rule, &[], "configs", &[&old, &new, &old]);
    }
});
