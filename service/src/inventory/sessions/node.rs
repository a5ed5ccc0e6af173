//! YAML as it stands in the file: every value with its line, every scalar as it was written.
//!
//! Types are not trusted: a version `4.10` is not the number 4.1, a name `on` is not true. Where the parser concludes a
//! type, the text is taken from the source instead.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, NonFiniteFloatPolicy, Options, Spanned};

use super::super::checks::visible;

/// No value of an inventory is longer. It bounds what aliases can multiply.
const MAX_SCALAR: usize = 4 * 1024;

/// A value of a file and where it stands.
#[derive(Debug)]
pub(super) struct Spot {
    /// Its line, from 1.
    pub(super) line: usize,
    /// Its text in the source: first byte and length.
    source: Option<(u64, u64)>,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Null,
    Text(String),
    /// Something that the parser takes for a number or a truth value: its text is in the source.
    Concluded,
    /// A text that is longer than any value may be.
    TooLong,
    List(Vec<Spot>),
    Map(Vec<(Spot, Spot)>),
}

impl Spot {
    /// The text of a scalar, as it was written.
    pub(super) fn text<'a>(&'a self, source: &'a str) -> Result<Cow<'a, str>, String> {
        match &self.node {
            Node::Null => Ok(Cow::Borrowed("")),
            Node::Text(text) => Ok(Cow::Borrowed(text)),
            Node::Concluded => {
                let range = self.source.and_then(|(start, length)| {
                    let start = usize::try_from(start).ok()?;
                    Some(start..start.checked_add(usize::try_from(length).ok()?)?)
                });
                let text = range.and_then(|range| source.get(range)).map(str::trim);
                text.map(Cow::Borrowed)
                    .ok_or_else(|| "The value cannot be read as text. Put quotes around it.".to_owned())
            }
            Node::TooLong => Err(format!("The value is longer than {MAX_SCALAR} bytes. Shorten it.")),
            Node::List(_) => Err("There is a list where one value is expected. Write a single value.".to_owned()),
            Node::Map(_) => Err("There are keys where one value is expected. Write a single value.".to_owned()),
        }
    }

    /// The text of a scalar, or those of a list of scalars with `;` between them.
    pub(super) fn joined<'a>(&'a self, source: &'a str) -> Result<Cow<'a, str>, String> {
        let Node::List(list) = &self.node else {
            return self.text(source);
        };
        let texts: Result<Vec<_>, _> = list.iter().map(|spot| spot.text(source)).collect();
        Ok(Cow::Owned(texts?.join(";")))
    }
}

/// The documents of a file, or the line and the reason why it cannot be read.
pub(super) fn parse(source: &str) -> Result<Vec<Spot>, (usize, String)> {
    serde_saphyr::from_multiple_with_options(source, options()).map_err(|error| {
        let line = error
            .location()
            .and_then(|location| usize::try_from(location.line()).ok())
            .unwrap_or(0);
        (line, message(&error))
    })
}

/// The parser's limits: room for a file at the size limit as tools write it (40 values to a kilobyte), and little for
/// what grows out of a small file.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2_000_000,
            max_nodes: 1_000_000,
            max_depth: 32,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_recorded_anchor_events: 100_000,
            max_total_scalar_bytes: 16 * 1024 * 1024,
            max_documents: 64,
            max_merge_keys: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 100_000,
            max_replay_stack_depth: 8,
        },
        // A key that stands twice costs its row and not the file.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        ignore_binary_tag_for_string: true,
        // A snippet would show lines of the file, passwords among them.
        with_snippet: false,
        emit_comments: false,
    }
}

fn message(error: &Error) -> String {
    // The parser's own words: one line, and what it repeats of the file is a token.
    let text = error.without_snippet().to_string();
    // The scanner's own limit, which has no kind of error of its own.
    if is_limit(error.without_snippet()) || text.contains("recursion limit") {
        return "The file passes a limit: of aliases, nesting, or number of values. Export it again without anchors, or split it."
            .to_owned();
    }
    let first = text.lines().next().unwrap_or("").trim_end_matches('.');
    format!(
        "This is not valid YAML, nothing of the file was read: {}. Correct this line.",
        visible(first)
    )
}

fn is_limit(error: &Error) -> bool {
    match error {
        Error::AliasError { error, .. } => is_limit(error),
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => true,
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Node>::deserialize(deserializer)?;
        let span = spanned.defined.span();
        Ok(Self {
            line: usize::try_from(spanned.referenced.line()).unwrap_or(0),
            source: span.byte_offset().zip(span.byte_len()),
            node: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(if text.len() > MAX_SCALAR {
            Node::TooLong
        } else {
            Node::Text(text.to_owned())
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Concluded)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Concluded)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Concluded)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Concluded)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut spots = Vec::new();
        while let Some(spot) = list.next_element()? {
            spots.push(spot);
        }
        Ok(Node::List(spots))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
