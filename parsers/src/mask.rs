//! Secrets out of a text. Everything that shows text to somebody without the right to see secrets goes through here.

use std::{borrow::Cow, fmt, ops::Range};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use regex::{Regex, RegexSet};
use sha2::Sha256;

use crate::{
    diff::section::depth,
    library::common_secrets,
    rules::{LineRule, RuleError, compiled, compiled_heading, set},
};

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
    rules: Rules,
    /// For the lines on which those find nothing.
    common: Option<Rules>,
    /// The lines that some rules want above theirs.
    headings: Vec<Regex>,
    key: Option<TagKey>,
}

/// Rules that are ready.
#[derive(Debug, Clone)]
struct Rules {
    /// Which of them are for a line, in one pass.
    any: RegexSet,
    each: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    pattern: Regex,
    has_group: bool,
    /// The heading it wants above its line, as a bit; 0: none.
    under: u64,
}

/// The headings that the lines of a text stand under, one line after the other.
struct Above<'a> {
    headings: &'a [Regex],
    /// How far in each open line stands, and the headings that it and those above it are.
    open: Vec<(i64, u64)>,
}

impl Above<'_> {
    /// The headings above the next line.
    fn next(&mut self, line: &str) -> u64 {
        let above = |open: &[(i64, u64)]| open.last().map_or(0, |(_, headings)| *headings);
        let text = line.trim();
        if text.is_empty() {
            return above(&self.open);
        }
        let depth = depth(line);
        while self.open.last().is_some_and(|(of, _)| *of >= depth) {
            self.open.pop();
        }
        let headings = above(&self.open);
        if !matches!(text, "!" | "#") {
            let own = self.headings.iter().enumerate().filter(|(_, one)| one.is_match(line));
            self.open
                .push((depth, own.fold(headings, |all, (at, _)| all | 1 << at)));
        }
        headings
    }
}

/// The lines of a text without their secrets, each made when it is asked for.
pub(crate) struct MaskedLines<'a> {
    masker: Option<&'a Masker>,
    /// All of them at once where what one is depends on those before it: in a key, or under a heading.
    whole: Option<Vec<String>>,
}

impl<'a> MaskedLines<'a> {
    /// Without a masker the lines are as they are.
    pub(crate) fn new(text: &str, masker: Option<&'a Masker>) -> Self {
        let depends = masker.filter(|masker| text.contains(PEM_BEGIN.0) || masker.has_heading(text));
        let whole = depends.map(|masker| masker.mask(text).lines().map(str::to_owned).collect());
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
    /// A rule that is no pattern; more than 64 headings.
    pub fn new(rules: &[LineRule], key: Option<TagKey>) -> Result<Self, RuleError> {
        let mut headings: Vec<&str> = rules.iter().filter_map(|rule| rule.under.as_deref()).collect();
        headings.sort_unstable();
        headings.dedup();
        if let Some(further) = headings.get(64) {
            return Err(RuleError {
                pattern: (*further).to_owned(),
                problem: "there are more than 64 headings".to_owned(),
            });
        }
        Ok(Self {
            rules: Rules::new(rules, &headings)?,
            common: None,
            headings: headings.into_iter().map(compiled_heading).collect::<Result<_, _>>()?,
            key,
        })
    }

    /// The same, with the rules that fit most makes for every line on which these find nothing: what nobody thought of for
    /// one platform is written there as it is on others. Where a rule of the platform speaks it knows better what is secret.
    ///
    /// # Errors
    /// When rules of ours cannot be used.
    pub fn with_common(self) -> Result<Self, RuleError> {
        Ok(Self {
            common: Some(Rules::new(common_secrets(), &[])?),
            ..self
        })
    }

    /// Whether some lines of the text stand under a heading that a rule asks for.
    fn has_heading(&self, text: &str) -> bool {
        self.headings.iter().any(|heading| heading.is_match(text))
    }

    /// The text without its secrets. Lines are looked at one by one: cut a text into excerpts afterwards, never before.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = String::new();
        let mut changed = false;
        let mut in_key = false;
        let mut above = self.has_heading(text).then(|| Above {
            headings: &self.headings,
            open: Vec::new(),
        });
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = line.len()
                - line
                    .bytes()
                    .rev()
                    .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                    .count();
            let (body, ending) = line.split_at_checked(end).unwrap_or((line, ""));
            let headings = above.as_mut().map_or(0, |above| above.next(body));
            let ranges = self.secrets(body, headings, &mut in_key);
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
    fn secrets(&self, line: &str, headings: u64, in_key: &mut bool) -> Vec<Range<usize>> {
        if *in_key {
            let end = line.find(PEM_END);
            *in_key = end.is_none();
            let all = 0..end.unwrap_or(line.len());
            return Some(all).filter(|all| !all.is_empty()).into_iter().collect();
        }
        let mut found = self.rules.find(line, headings);
        // What opens a key in PEM form is no secret, whatever word stands before it.
        if let Some(common) = self
            .common
            .as_ref()
            .filter(|_| found.is_empty() && !line.contains(PEM_BEGIN.0))
        {
            found = common.find(line, headings);
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
            found.extend(Some(start..end.unwrap_or(line.len())).filter(|range| !range.is_empty()));
        }
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

impl Rules {
    fn new(rules: &[LineRule], headings: &[&str]) -> Result<Self, RuleError> {
        let any = set(rules.iter().map(|rule| rule.pattern.as_str()))?;
        let rule = |rule: &LineRule| {
            let pattern = compiled(&rule.pattern)?;
            let place = |under: &String| headings.iter().position(|heading| heading == under);
            Ok(Rule {
                has_group: pattern.capture_names().flatten().any(|name| name == "secret"),
                pattern,
                under: rule.under.as_ref().and_then(place).map_or(0, |at| 1 << at),
            })
        };
        let each = rules.iter().map(rule).collect::<Result<_, RuleError>>()?;
        Ok(Self { any, each })
    }

    /// What is secret in a line that stands under these headings.
    fn find(&self, line: &str, headings: u64) -> Vec<Range<usize>> {
        let matching = self.any.matches(line);
        let rules = matching.iter().filter_map(|at| self.each.get(at));
        let mut found = Vec::new();
        for rule in rules.filter(|rule| rule.under == 0 || rule.under & headings != 0) {
            for captures in rule.pattern.captures_iter(line) {
                let whole = captures.get(0).filter(|_| !rule.has_group);
                let secret = captures.name("secret").or(whole);
                found.extend(secret.map(|secret| secret.range()).filter(|range| !range.is_empty()));
            }
        }
        found
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
    fn rules_for_all_makes_see_the_lines_that_no_other_rule_knows() {
        let masker = masker(&[r"^url ftp://u:(?P<secret>p)@"]).with_common().unwrap();
        let text = "url ftp://u:pass@h\nurl ftp://u:p@h/password hunter2\npassword hunter2\n\
                    set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIabc\n";
        let masked = masker.mask(text).into_owned();
        let lines = masked.lines().collect::<Vec<_>>();
        assert!(lines[0].starts_with("url ftp://u:<secret ") && lines[0].ends_with("@h"));
        assert!(lines[1].ends_with("@h/password hunter2"), "{masked}");
        assert!(lines[2].starts_with("password <secret "));
        assert_eq!(lines[3], "set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(!masked.contains("MIIabc"));
    }

    #[test]
    fn a_rule_may_want_a_line_above_its_own() {
        let rule = LineRule {
            under: Some("^config snmp$".to_owned()),
            ..LineRule::new("name (?P<secret>.+)")
        };
        let masker = Masker::new(&[rule], None).unwrap();
        let text = "name a\nconfig snmp\n  edit 1\n    name b\n  next\n\n  name c\nend\n  name d\n";
        let expected = "name a\nconfig snmp\n  edit 1\n    name <secret>\n  next\n\n  name <secret>\nend\n  name d\n";
        assert_eq!(masker.mask(text), expected);
        let lines = MaskedLines::new(text, Some(&masker));
        for (index, (line, expected)) in text.lines().zip(expected.lines()).enumerate() {
            assert_eq!(lines.line(index, line), expected);
        }
        assert!(matches!(masker.mask("  name b\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_key_is_never_printed_and_may_be_missing() {
        assert_eq!(format!("{:?}", TagKey::new([1; 32])), "TagKey(..)");
        let masker = Masker::new(&[LineRule::new("p (?P<secret>.+)")], None).unwrap();
        assert_eq!(masker.mask("p x"), "p <secret>");
    }
}
