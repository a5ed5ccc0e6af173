//! Capture types: what can be collected.

use poem_openapi::{Object, OpenApi, payload::Json, types::Example};
use service::capture_types;

use super::Tag;
use crate::{auth::Auth, paging::Page, problem::Result};

/// What can be collected.
#[derive(Object)]
#[oai(example)]
struct CaptureType {
    /// Slug.
    name: String,
    /// Name for people.
    title: String,
    /// What it shows.
    description: String,
    /// Whether it is chosen unless somebody says otherwise.
    default: bool,
    /// Whether it is one of the eight that are offered first.
    wizard: bool,
    /// Slugs of the platforms that have it.
    platforms: Vec<String>,
}

impl Example for CaptureType {
    fn example() -> Self {
        Self {
            name: "configs".to_owned(),
            title: "Configuration".to_owned(),
            description: "The running configuration".to_owned(),
            default: true,
            wizard: true,
            platforms: vec!["arista_eos".to_owned(), "cisco_ios".to_owned()],
        }
    }
}

impl From<capture_types::CaptureType> for CaptureType {
    fn from(each: capture_types::CaptureType) -> Self {
        Self {
            name: each.name,
            title: each.title,
            description: each.description,
            default: each.default,
            wizard: each.wizard,
            platforms: each.platforms,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Platform", prefix_path = "/capture-types")]
impl Api {
    /// List capture types
    ///
    /// All of them, those that are offered first in front: the list has one page.
    #[oai(path = "/", method = "get", operation_id = "capture_type_list")]
    async fn capture_type_list(&self, auth: Auth) -> Result<Json<Page<CaptureType>>> {
        let types = auth.service().capture_type_list(auth.actor()).await?;
        Ok(Json(Page::whole(types.into_iter().map(CaptureType::from).collect())))
    }
}
