//! What this process used of the machine, from the kernel's own files.

use serde_json::{Value, json};

/// The kernel counts CPU time in ticks of this length, on every Linux of today.
const MS_PER_TICK: u64 = 10;

/// CPU time so far.
pub(crate) fn cpu() -> Value {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the process may hold spaces; the fields are counted from its closing bracket.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |place: usize| {
        fields
            .split_whitespace()
            .nth(place)
            .and_then(|f| f.parse::<u64>().ok())
            .unwrap_or(0)
    };
    json!({ "user_ms": ticks(11) * MS_PER_TICK, "system_ms": ticks(12) * MS_PER_TICK })
}

/// Memory now and at most.
pub(crate) fn rss() -> Value {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|f| f.parse::<u64>().ok())
            .unwrap_or(0)
    };
    json!({ "rss_kb": kb("VmRSS:"), "peak_kb": kb("VmHWM:") })
}
