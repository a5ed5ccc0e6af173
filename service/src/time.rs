//! Times as the database keeps them: milliseconds since 1970 in UTC.

use chrono::{DateTime, Utc};

/// Now.
#[must_use]
pub fn now_ms() -> i64 {
    Utc::now().timestamp_millis()
}

/// A stored time as answers show it.
#[must_use]
pub fn shown(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}
