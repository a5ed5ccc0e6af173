//! Any output of any command of any platform: the first two bytes say which, the third how it comes in parts.
#![no_main]

use std::sync::{Arc, LazyLock};

use jobs::{Catalogue, Platform, verdict::Judge};
use libfuzzer_sys::fuzz_target;

static PLATFORMS: LazyLock<Vec<Arc<Platform>>> = LazyLock::new(|| Catalogue::shipped().platforms().collect());

fuzz_target!(|data: &[u8]| {
    let [platform, capture, size, text @ ..] = data else { return };
    let platform = &PLATFORMS[usize::from(*platform) % PLATFORMS.len()];
    if platform.captures.is_empty() {
        return;
    }
    let capture = &platform.captures[usize::from(*capture) % platform.captures.len()];
    let lines = text.split_inclusive(|byte| *byte == b'\n').collect::<Vec<_>>();
    let judged = |size: usize| {
        let mut judge = Judge::default();
        for part in lines.chunks(size) {
            judge.take(&part.concat(), platform, capture);
        }
        judge.decide(platform, capture)
    };
    assert_eq!(judged(1 + usize::from(*size)), judged(1));
});
