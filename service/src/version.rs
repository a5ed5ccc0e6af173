//! Versions of single things: what an `ETag` shows and an `If-Match` asks for.

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};

/// The version of something that was last changed then.
#[must_use]
pub fn tag(updated_at: i64) -> String {
    format!("\"{updated_at:x}\"")
}

/// The version of something that has no time of its last change: another one whenever anything of it is.
#[must_use]
pub fn tag_of(shown: &str) -> String {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(shown.as_bytes()));
    format!("\"{}\"", hash.get(..32).unwrap_or(&hash))
}

/// Whether the header `If-None-Match` names the version there is. For reading a weak tag is as good (RFC 9110, 13.1.2).
#[must_use]
pub fn is_known(if_none_match: Option<&str>, current: &str) -> bool {
    let plain = |one: &str| one.trim().trim_start_matches("W/") == current;
    if_none_match.is_some_and(|header| header.trim() == "*" || header.split(',').any(plain))
}

/// Which version somebody means to change.
#[derive(Debug, Clone, Default)]
pub struct Expected(Option<String>);

impl Expected {
    /// From the header `If-Match`; `None` is any version.
    #[must_use]
    pub fn new(if_match: Option<String>) -> Self {
        Self(if_match)
    }

    /// Whether that is the version there is. To be asked in the transaction that changes it.
    ///
    /// # Errors
    /// `changed_meanwhile`.
    pub fn check(&self, updated_at: i64) -> Result<()> {
        self.check_tag(&tag(updated_at))
    }

    /// The same with a tag that was made otherwise.
    ///
    /// # Errors
    /// `changed_meanwhile`.
    pub fn check_tag(&self, current: &str) -> Result<()> {
        let Some(header) = &self.0 else {
            return Ok(());
        };
        // A weak tag never matches here (RFC 9110, 13.1.1).
        if header.split(',').map(str::trim).any(|one| one == "*" || one == current) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Changed,
            "changed_meanwhile",
            "It was changed since it was read: read it again and repeat the change",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_is_there_may_be_changed() {
        let of = |header: &str| Expected::new(Some(header.to_owned()));
        assert!(Expected::default().check(7).is_ok());
        assert!(of(&tag(7)).check(7).is_ok());
        assert!(of("*").check(7).is_ok());
        assert!(of(&format!("\"x\", {}", tag(7))).check(7).is_ok());
        assert_eq!(of(&tag(6)).check(7).unwrap_err().code, "changed_meanwhile");
        assert!(of(&format!("W/{}", tag(7))).check(7).is_err());
        assert!(of("rubbish").check(7).is_err());
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let current = tag_of("{}");
        assert_eq!(current.len(), 34);
        assert_ne!(current, tag_of("{ }"));
        for known in [
            current.clone(),
            format!("W/{current}"),
            format!("\"x\", {current}"),
            "*".to_owned(),
        ] {
            assert!(is_known(Some(&known), &current), "{known}");
        }
        for other in [Some("\"x\""), Some(""), None] {
            assert!(!is_known(other, &current), "{other:?}");
        }
    }
}
