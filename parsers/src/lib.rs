//! From the text of a capture to what an engineer can ask about it.
//!
//! Owns parsing (TextFSM templates and the mapping of their fields), normalised records and what makes two of them the
//! same, comparing configurations with their volatile lines aside, severity, masking of secrets, cells of a CSV file and
//! the reading of a question such as a MAC address in any notation. Everything is a function of what it is given.
//!
//! Must not know: files, networks, databases, the time of day, async, how a capture came about or who asks for it.

mod cell;
mod diff;
mod engine;
mod library;
mod mapping;
mod mask;
mod normal;
mod parse;
mod query;
mod record;
mod records;
mod rules;
mod search;

pub use cell::csv_cell;
pub use diff::{ChangeOptions, Changes, Hunk, HunkLine, LineKind, Preview, compare, compare_masked, preview, unified};
pub use engine::{Limits, Stopped, UnknownLine, UnknownLines};
pub use library::{Library, LibraryError, Origin, Template, TemplateId, built_in_notice, common_secrets, ntc_licence};
pub use mask::{Masker, TagKey};
pub use normal::{
    canonical_interface, canonical_ip, canonical_mac, canonical_prefix, canonical_protocol, duration_seconds, speed_bps,
};
pub use parse::{Capture, ParseError, Parsed, parse};
pub use query::{Question, question};
pub use record::{Keyed, Record, RecordType, Records, comparable, identity, keyed, missing};
pub use records::{
    arp::ArpEntry, components::Component, interfaces::Interface, mac::MacEntry, neighbors::Neighbor, routes::Route,
    table::TableRow, versions::DeviceVersion,
};
pub use rules::{LineRule, RuleError, Severity, SeverityRule, SeverityRules};
pub use search::{Finder, Piece, pieces, section_of};
