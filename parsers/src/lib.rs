//! From the text of a capture to records.
//!
//! Owns parsing, normalising, comparing and masking, as pure functions. There are none yet: collecting stores text.
//!
//! Must not know: files, networks, time, async.
