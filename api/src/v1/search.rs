//! Searching texts.

use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service::{
    devices::DeviceFilter,
    search::{self, SearchQuery},
};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{auth::Auth, paging, problem::Result, time::Time};

/// A line of a text.
#[derive(Object)]
#[oai(example)]
struct SearchLine {
    /// Its number, from 1.
    number: u64,
    /// The line; of a long one, a part of it.
    text: String,
    /// The line is longer than what is shown.
    cut: bool,
}

impl Example for SearchLine {
    fn example() -> Self {
        Self {
            number: 412,
            text: " ip address 10.0.0.1 255.255.255.0".to_owned(),
            cut: false,
        }
    }
}

impl From<search::Line> for SearchLine {
    fn from(line: search::Line) -> Self {
        Self {
            number: line.number,
            text: line.text,
            cut: line.cut,
        }
    }
}

/// Where in a line something stands, in characters (Unicode code points) of what is shown.
#[derive(Object)]
#[oai(example)]
struct SearchRange {
    /// The first.
    start: u64,
    /// The one behind the last.
    end: u64,
}

impl Example for SearchRange {
    fn example() -> Self {
        Self { start: 12, end: 19 }
    }
}

/// A line in which something stands.
#[derive(Object)]
#[oai(example)]
struct SearchHit {
    /// The device.
    device_id: Uuid,
    /// Its name.
    device_name: String,
    /// Slug of the capture type.
    capture_type: String,
    /// The capture.
    capture_id: Uuid,
    /// When it was made. A last good text that stayed the same has the time of its first capture.
    captured_at: Time,
    /// What the line stands under, the outermost first.
    section: Vec<String>,
    /// The line.
    line: SearchLine,
    /// Where in it.
    ranges: Vec<SearchRange>,
    /// Lines before it.
    before: Vec<SearchLine>,
    /// Lines after it.
    after: Vec<SearchLine>,
}

impl Example for SearchHit {
    fn example() -> Self {
        let line = |number, text: &str| SearchLine {
            number,
            text: text.to_owned(),
            cut: false,
        };
        Self {
            device_id: example_id(),
            device_name: "ams-sw-01".to_owned(),
            capture_type: "configs".to_owned(),
            capture_id: example_id(),
            captured_at: Time(1_769_841_000_900),
            section: vec!["interface Vlan30".to_owned()],
            line: SearchLine::example(),
            ranges: vec![SearchRange::example()],
            before: vec![line(410, "interface Vlan30"), line(411, " description Users")],
            after: vec![line(413, " no ip proxy-arp"), line(414, "!")],
        }
    }
}

impl From<search::Hit> for SearchHit {
    fn from(hit: search::Hit) -> Self {
        let lines = |lines: Vec<search::Line>| lines.into_iter().map(SearchLine::from).collect();
        let range = |(start, end)| SearchRange { start, end };
        Self {
            device_id: hit.device_id,
            device_name: hit.device_name,
            capture_type: hit.capture_type,
            capture_id: hit.capture_id,
            captured_at: Time(hit.captured_at),
            section: hit.section,
            line: hit.line.into(),
            ranges: hit.ranges.into_iter().map(range).collect(),
            before: lines(hit.before),
            after: lines(hit.after),
        }
    }
}

/// How far older versions were looked through.
#[derive(Object)]
#[oai(example)]
struct SearchHistory {
    /// Versions that were read for this page.
    versions_read: u64,
    /// Versions that were too large to be read.
    versions_passed_over: u64,
    /// Everything captured since then was looked at, by this page and those before it; absent where there was nothing.
    #[oai(skip_serializing_if_is_none)]
    searched_back_to: Option<Time>,
    /// That was all there is. Otherwise the next page goes on.
    complete: bool,
}

impl Example for SearchHistory {
    fn example() -> Self {
        Self {
            versions_read: 1_850,
            versions_passed_over: 0,
            searched_back_to: Some(Time(1_767_000_000_000)),
            complete: false,
        }
    }
}

/// A page of lines in which something stands.
#[derive(Object)]
#[oai(example)]
struct SearchAnswer {
    /// The lines, those of one text one after the other.
    items: Vec<SearchHit>,
    /// Where the next page begins; absent at the end. A page may have few lines, or none, and a next one: its time was
    /// over.
    #[oai(skip_serializing_if_is_none)]
    next_page_token: Option<String>,
    /// The index was asked; otherwise texts were read one after the other.
    indexed: bool,
    /// Last good texts that were captured and cannot be found yet.
    texts_pending: u64,
    /// What a person should know about the answer.
    #[oai(skip_serializing_if_is_none)]
    message: Option<String>,
    /// How far older versions were looked through, with `history`.
    #[oai(skip_serializing_if_is_none)]
    history: Option<SearchHistory>,
}

impl Example for SearchAnswer {
    fn example() -> Self {
        Self {
            items: vec![SearchHit::example()],
            next_page_token: None,
            indexed: true,
            texts_pending: 0,
            message: None,
            history: None,
        }
    }
}

impl From<search::Found> for SearchAnswer {
    fn from(found: search::Found) -> Self {
        let history = |progress: search::HistoryProgress| SearchHistory {
            versions_read: progress.versions_read,
            versions_passed_over: progress.versions_passed_over,
            searched_back_to: progress.searched_back_to.map(Time),
            complete: progress.complete,
        };
        Self {
            items: found.page.items.into_iter().map(SearchHit::from).collect(),
            next_page_token: found.page.next_page_token,
            indexed: found.indexed,
            texts_pending: found.texts_pending,
            message: found.message,
            history: found.history.map(history),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Question")]
impl Api {
    /// Search the last good texts
    ///
    /// Finds any characters in a line, also signs, ignoring upper and lower case; three or more are in an index. For
    /// viewers secrets are masked and nothing is found in them. With `history` older versions are read, too, the newest
    /// first, for some seconds; the next page goes on there.
    #[oai(path = "/search", method = "get", operation_id = "search_view")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn search_view(
        &self,
        auth: Auth,
        /// What is looked for, as it is: 1 to 200 characters.
        q: Query<String>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Names of devices; `*` stands for any characters.
        device: Query<Vec<String>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// Slugs of capture types; all unless given.
        capture_type: Query<Vec<String>>,
        /// Slugs or aliases of platforms.
        platform: Query<Vec<String>>,
        /// Sites.
        site: Query<Vec<String>>,
        /// Roles.
        role: Query<Vec<String>>,
        /// Labels.
        tag: Query<Vec<String>>,
        /// Lines shown before and after each: 2, at most 5.
        context: Query<Option<u64>>,
        /// Whether all stored versions are read instead of the last good texts.
        history: Query<Option<bool>>,
        /// How long reading versions may take: 5 seconds, at most 20.
        seconds: Query<Option<u32>>,
    ) -> Result<Json<SearchAnswer>> {
        let page = paging::wanted(limit.0, page_token.0, None);
        let query = SearchQuery {
            text: q.0,
            devices: DeviceFilter {
                name: device.0,
                platform: platform.0,
                site: site.0,
                role: role.0,
                tag: tag.0,
                ..DeviceFilter::default()
            },
            device_ids: device_id.0,
            capture_types: capture_type.0,
            context: context.0,
            history: history.0.unwrap_or_default(),
            seconds: seconds.0,
        };
        let found = auth.service().search(auth.actor(), &query, &page).await?;
        Ok(Json(found.into()))
    }
}
