//! Versions of single things: what an `ETag` shows and an `If-Match` asks for.

use crate::error::{Error, ErrorKind, Result};

/// The version of something that was last changed then.
#[must_use]
pub fn tag(updated_at: i64) -> String {
    format!("\"{updated_at:x}\"")
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
}
