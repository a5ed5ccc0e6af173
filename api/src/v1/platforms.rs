//! Platforms: kinds of devices that can be collected.

use poem_openapi::{Object, OpenApi, payload::Json, types::Example};
use service::platforms;

use super::Tag;
use crate::{auth::Auth, paging::Page, problem::Result};

/// How a capture type is collected on a platform.
#[derive(Object)]
struct PlatformCapture {
    /// Slug of the capture type.
    capture_type: String,
    /// The exact commands.
    commands: Vec<String>,
    /// How well this is known: `real` (real devices), `recorded` (recorded sessions), `simulated` or `documented`.
    evidence: String,
}

/// A kind of device.
#[derive(Object)]
#[oai(example)]
struct Platform {
    /// Slug.
    name: String,
    /// Who makes it.
    vendor: String,
    /// Name for people.
    title: String,
    /// Other names that are taken for it.
    aliases: Vec<String>,
    /// How each capture type is collected.
    captures: Vec<PlatformCapture>,
}

impl Example for Platform {
    fn example() -> Self {
        Self {
            name: "cisco_ios".to_owned(),
            vendor: "Cisco".to_owned(),
            title: "Cisco IOS and IOS XE".to_owned(),
            aliases: vec!["cisco_xe".to_owned(), "ios".to_owned()],
            captures: vec![PlatformCapture {
                capture_type: "configs".to_owned(),
                commands: vec!["show running-config".to_owned()],
                evidence: "recorded".to_owned(),
            }],
        }
    }
}

impl From<platforms::Platform> for Platform {
    fn from(platform: platforms::Platform) -> Self {
        let capture = |template: platforms::JobTemplate| PlatformCapture {
            capture_type: template.capture_type,
            commands: template.commands,
            evidence: template.evidence.to_owned(),
        };
        Self {
            name: platform.name,
            vendor: platform.vendor,
            title: platform.title,
            aliases: platform.aliases,
            captures: platform.templates.into_iter().map(capture).collect(),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Platform", prefix_path = "/platforms")]
impl Api {
    /// List platforms
    ///
    /// All of them: the list has one page.
    #[oai(path = "/", method = "get", operation_id = "platform_list")]
    async fn platform_list(&self, auth: Auth) -> Result<Json<Page<Platform>>> {
        let platforms = auth.service().platform_list(auth.actor()).await?;
        Ok(Json(Page::whole(platforms.into_iter().map(Platform::from).collect())))
    }
}
