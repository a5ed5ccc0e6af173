//! Pages of lists: how many rows, and where the next page begins.

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};

/// Rows of a page when nobody says how many.
pub const DEFAULT_LIMIT: u64 = 50;
/// The most rows of a page.
pub const MAX_LIMIT: u64 = 500;

/// Which page is asked for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Rows; clamped to [`MAX_LIMIT`].
    pub limit: Option<u64>,
    /// What the page before gave.
    pub page_token: Option<String>,
    /// Whether all rows are counted, too.
    pub include_total: bool,
}

/// Some rows of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next_page_token: Option<String>,
    /// All rows, if asked for.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next_page_token: self.next_page_token,
            total: self.total,
        }
    }
}

impl PageRequest {
    /// Rows of this page.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
    }

    /// Where this page begins; `None`: at the beginning. `filters` is everything that chooses and orders rows: a token
    /// is good for the list that it came from alone.
    ///
    /// # Errors
    /// `page_token_invalid`.
    pub fn cursor<C: DeserializeOwned>(&self, filters: &str) -> Result<Option<C>> {
        let Some(token) = self.page_token.as_deref().filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        let read = || {
            let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
            let (mark, cursor) = bytes.split_at_checked(MARK)?;
            (mark == fingerprint(filters)).then(|| serde_json::from_slice(cursor).ok())?
        };
        read().map(Some).ok_or_else(|| {
            Error::new(
                ErrorKind::Malformed,
                "page_token_invalid",
                "The page token does not belong to this list: begin at the first page",
            )
        })
    }

    /// Makes a page of up to `limit + 1` rows that were read; the one more tells that there is a next page. `cursor`
    /// says where that begins, from the last row of this page.
    pub fn page<T, C: Serialize>(&self, filters: &str, mut rows: Vec<T>, cursor: impl Fn(&T) -> C) -> Page<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        self.with_next(filters, rows, next)
    }

    /// A page of these rows; the next one begins at `next`.
    pub fn with_next<T, C: Serialize>(&self, filters: &str, rows: Vec<T>, next: Option<C>) -> Page<T> {
        let token = |next: C| {
            let cursor = serde_json::to_vec(&next).ok()?;
            let mut bytes = fingerprint(filters).to_vec();
            bytes.extend(cursor);
            Some(BASE64URL_NOPAD.encode(&bytes))
        };
        Page {
            items: rows,
            next_page_token: next.and_then(token),
            total: None,
        }
    }
}

const MARK: usize = 6;

fn fingerprint(filters: &str) -> [u8; MARK] {
    let digest = Sha256::digest(filters.as_bytes());
    let mut mark = [0; MARK];
    for (to, from) in mark.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_on_and_belongs_to_its_list() {
        let first = PageRequest {
            limit: Some(2),
            ..PageRequest::default()
        };
        let page = first.page("site=a", vec![1, 2, 3], |row| *row);
        assert_eq!(page.items, [1, 2]);
        let next = PageRequest {
            page_token: page.next_page_token,
            ..first
        };
        assert_eq!(next.cursor::<i32>("site=a").unwrap(), Some(2));
        let error = next.cursor::<i32>("site=b").unwrap_err();
        assert_eq!(error.code, "page_token_invalid");
        let last = next.page("site=a", vec![3], |row| *row);
        assert_eq!(last.next_page_token, None);
    }

    #[test]
    fn limits_are_clamped_and_rubbish_is_refused() {
        let of = |limit| PageRequest {
            limit,
            page_token: Some("!!".to_owned()),
            ..PageRequest::default()
        };
        assert_eq!(of(Some(0)).limit(), 1);
        assert_eq!(of(Some(u64::MAX)).limit(), MAX_LIMIT);
        assert_eq!(of(None).limit(), DEFAULT_LIMIT);
        assert!(of(None).cursor::<i32>("").is_err());
    }
}
