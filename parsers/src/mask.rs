//! Secrets out of a text. Everything that shows text to somebody without the right to see secrets goes through here.

use std::{borrow::Cow, fmt, ops::Range};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use regex::{Regex, RegexSet};
use sha2::Sha256;

use crate::rules::{LineRule, RuleError, compiled, set};

/// The key of the tags: 32 bytes that never leave the server, so that nobody can try secrets against a tag elsewhere.
#[derive(Clone)]
pub struct TagKey([u8; 32]);

impl TagKey {
    /// Takes a key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl fmt::Debug for TagKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TagKey(..)")
    }
}

/// Replaces what rules name as secrets.
///
/// A secret becomes `<secret 1a2b3c4d>`: the tag is the same for the same secret everywhere and another one when it
/// changes, so that a change stays visible. Without a key it is `<secret>`.
#[derive(Debug, Clone)]
pub struct Masker {
    /// Which rules are for a line, in one pass.
    any: RegexSet,
    rules: Vec<Regex>,
    key: Option<TagKey>,
}

/// The lines of a text without their secrets, each made when it is asked for.
pub(crate) struct MaskedLines<'a> {
    masker: Option<&'a Masker>,
    /// All of them at once where a key stands on several of them: what one is depends on those before it.
    whole: Option<Vec<String>>,
}

impl<'a> MaskedLines<'a> {
    /// Without a masker the lines are as they are.
    pub(crate) fn new(text: &str, masker: Option<&'a Masker>) -> Self {
        let keys = masker.filter(|_| text.contains(PEM_BEGIN.0));
        let whole = keys.map(|masker| masker.mask(text).lines().map(str::to_owned).collect());
        Self { masker, whole }
    }

    /// What is shown for a line of the text; lines count from 0.
    pub(crate) fn line<'b>(&self, index: usize, line: &'b str) -> Cow<'b, str> {
        match (&self.whole, self.masker) {
            (Some(whole), _) => Cow::Owned(whole.get(index).cloned().unwrap_or_default()),
            (None, Some(masker)) => masker.mask(line),
            (None, None) => Cow::Borrowed(line),
        }
    }
}

/// Where a private key in PEM form begins and ends. What is between is masked on every platform.
const PEM_BEGIN: (&str, &str) = ("-----BEGIN ", "PRIVATE KEY-----");
const PEM_END: &str = "-----END ";

impl Masker {
    /// Makes the rules of a platform, and of a user, ready. The group `secret` of a rule is what is replaced; without
    /// one it is the whole match. Capture types that a rule names are not looked at: a secret is one everywhere.
    ///
    /// # Errors
    /// A rule that is no pattern.
    pub fn new(rules: &[LineRule], key: Option<TagKey>) -> Result<Self, RuleError> {
        let any = set(rules.iter().map(|rule| rule.pattern.as_str()))?;
        let rules = rules
            .iter()
            .map(|rule| compiled(&rule.pattern))
            .collect::<Result<_, _>>()?;
        Ok(Self { any, rules, key })
    }

    /// The text without its secrets. Lines are looked at one by one: cut a text into excerpts afterwards, never before.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = String::new();
        let mut changed = false;
        let mut in_key = false;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = line.len()
                - line
                    .bytes()
                    .rev()
                    .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                    .count();
            let (body, ending) = line.split_at_checked(end).unwrap_or((line, ""));
            let ranges = self.secrets(body, &mut in_key);
            if !ranges.is_empty() && !changed {
                changed = true;
                masked.reserve(text.len());
                masked.push_str(text.get(..at).unwrap_or_default());
            }
            if changed {
                self.write(&mut masked, body, &ranges);
                masked.push_str(ending);
            }
            at += line.len();
        }
        if changed {
            Cow::Owned(masked)
        } else {
            Cow::Borrowed(text)
        }
    }

    /// The parts of a line that are secret, in order, none touching another.
    fn secrets(&self, line: &str, in_key: &mut bool) -> Vec<Range<usize>> {
        if *in_key {
            let end = line.find(PEM_END);
            *in_key = end.is_none();
            let all = 0..end.unwrap_or(line.len());
            return Some(all).filter(|all| !all.is_empty()).into_iter().collect();
        }
        let mut found = Vec::new();
        for rule in self.any.matches(line).iter().filter_map(|at| self.rules.get(at)) {
            for captures in rule.captures_iter(line) {
                let secret = captures.name("secret").or_else(|| {
                    let named = rule.capture_names().flatten().any(|name| name == "secret");
                    captures.get(0).filter(|_| !named)
                });
                found.extend(secret.filter(|secret| !secret.is_empty()).map(|secret| secret.range()));
            }
        }
        if let Some((_, behind)) = line
            .split_once(PEM_BEGIN.0)
            .filter(|(_, behind)| behind.contains(PEM_BEGIN.1))
        {
            // All of it may stand in one line, its line breaks written as `\n`.
            let start = line.len() - behind.len();
            let start = start + behind.find(PEM_BEGIN.1).map_or(0, |at| at + PEM_BEGIN.1.len());
            let end = line
                .get(start..)
                .and_then(|rest| rest.find(PEM_END))
                .map(|end| start + end);
            *in_key = end.is_none();
            found.push(start..end.unwrap_or(line.len()));
        }
        found.retain(|range| !range.is_empty());
        found.sort_by_key(|range| (range.start, range.end));
        let mut joined = Vec::<Range<usize>>::with_capacity(found.len());
        for range in found {
            match joined.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => joined.push(range),
            }
        }
        joined
    }

    fn write(&self, masked: &mut String, line: &str, ranges: &[Range<usize>]) {
        let mut at = 0;
        for range in ranges {
            masked.push_str(line.get(at..range.start).unwrap_or_default());
            masked.push_str(&self.tag(line.get(range.clone()).unwrap_or_default()));
            at = range.end;
        }
        masked.push_str(line.get(at..).unwrap_or_default());
    }

    /// What stands for a secret.
    fn tag(&self, secret: &str) -> String {
        let Some(mut mac) = self
            .key
            .as_ref()
            .and_then(|key| Hmac::<Sha256>::new_from_slice(&key.0).ok())
        else {
            return "<secret>".to_owned();
        };
        mac.update(secret.as_bytes());
        let hash = HEXLOWER.encode(&mac.finalize().into_bytes());
        format!("<secret {}>", hash.get(..8).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(patterns: &[&str]) -> Masker {
        let rules = patterns
            .iter()
            .map(|pattern| LineRule::new(*pattern))
            .collect::<Vec<_>>();
        Masker::new(&rules, Some(TagKey::new([7; 32]))).unwrap()
    }

    #[test]
    fn a_secret_has_the_same_tag_everywhere_and_another_when_it_changes() {
        let masker = masker(&[r"^username \S+ secret \d (?P<secret>\S+)", r"community (?P<secret>\S+)"]);
        let text = "username a secret 5 XYZ\nhostname r1\r\nsnmp community XYZ rw\nusername b secret 5 ABC";
        let masked = masker.mask(text).into_owned();
        let lines = masked.lines().collect::<Vec<_>>();
        assert!(!masked.contains("XYZ") && !masked.contains("ABC"), "{masked}");
        let tag = lines[0].strip_prefix("username a secret 5 ").unwrap();
        assert_eq!(lines[2], format!("snmp community {tag} rw"));
        assert!(!lines[3].ends_with(tag));
        assert!(masked.contains("hostname r1\r\n") && !masked.ends_with('\n'));
    }

    #[test]
    fn text_without_secrets_is_not_copied() {
        assert!(matches!(
            masker(&["x(?P<secret>y)"]).mask("a\nb\n"),
            Cow::Borrowed("a\nb\n")
        ));
    }

    #[test]
    fn rules_that_touch_make_one_tag_and_no_group_means_all() {
        let masked = masker(&["key (?P<secret>.+)", "(?P<secret>b c)", "^hide.*"])
            .mask("key a b c\nhide me\n")
            .into_owned();
        assert_eq!(masked.matches("<secret ").count(), 2);
        assert!(
            masked.starts_with("key <secret ") && !masked.contains("hide"),
            "{masked}"
        );
    }

    #[test]
    fn private_keys_are_masked_without_a_rule() {
        let text =
            "set k \"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIabc\n  def\n-----END ENCRYPTED PRIVATE KEY-----\"\nx\n";
        let masked = masker(&[]).mask(text).into_owned();
        assert!(!masked.contains("MIIabc") && !masked.contains("def"), "{masked}");
        assert!(
            masked.contains("-----END ENCRYPTED PRIVATE KEY-----\"\nx\n"),
            "{masked}"
        );
        let one = masker(&[])
            .mask("k -----BEGIN RSA PRIVATE KEY-----\\nMII-----END RSA PRIVATE KEY----- y\nz\n")
            .into_owned();
        assert!(
            one.ends_with("-----END RSA PRIVATE KEY----- y\nz\n") && !one.contains("MII"),
            "{one}"
        );
    }

    #[test]
    fn a_key_is_never_printed_and_may_be_missing() {
        assert_eq!(format!("{:?}", TagKey::new([1; 32])), "TagKey(..)");
        let masker = Masker::new(&[LineRule::new("p (?P<secret>.+)")], None).unwrap();
        assert_eq!(masker.mask("p x"), "p <secret>");
    }
}
