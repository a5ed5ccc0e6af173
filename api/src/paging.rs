//! Pages of lists, as operations take and give them.

use poem_openapi::{
    Object,
    types::{ParseFromJSON, ToJSON},
};
use service::page::{self, PageRequest};

/// Some rows of a list.
#[derive(Debug, Object)]
#[oai(rename = "Page")]
pub(crate) struct Page<T: ParseFromJSON + ToJSON + Send + Sync> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; absent at the end.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) next_page_token: Option<String>,
    /// All rows, if asked for.
    #[oai(skip_serializing_if_is_none)]
    pub(crate) total: Option<u64>,
}

impl<T: ParseFromJSON + ToJSON + Send + Sync> Page<T> {
    /// A page of rows, each as it is shown.
    pub(crate) fn of<R>(page: page::Page<R>, shown: impl FnMut(R) -> T) -> Self {
        let page = page.map(shown);
        Self {
            items: page.items,
            next_page_token: page.next_page_token,
            total: page.total,
        }
    }

    /// A list that has one page.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_page_token: None,
            total: None,
        }
    }
}

/// Which page is asked for. Limits are clamped, never refused.
pub(crate) fn wanted(limit: Option<i64>, page_token: Option<String>, include_total: Option<bool>) -> PageRequest {
    PageRequest {
        limit: limit.map(|limit| u64::try_from(limit).unwrap_or_default()),
        page_token,
        include_total: include_total.unwrap_or_default(),
    }
}
