//! Job templates: the commands of each capture type on each platform.

use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service::platforms;

use super::Tag;
use crate::{auth::Auth, paging::Page, problem::Result};

/// How one capture type is collected on one platform.
#[derive(Object)]
#[oai(example)]
struct JobTemplate {
    /// Slug of the platform.
    platform: String,
    /// Slug of the capture type.
    capture_type: String,
    /// The exact commands.
    commands: Vec<String>,
    /// How well this is known: `real` (real devices), `recorded` (recorded sessions), `simulated` or `documented`.
    evidence: String,
    /// The document that it is from.
    #[oai(skip_serializing_if_is_none)]
    evidence_detail: Option<String>,
    /// Longest time for one command, if not the usual.
    #[oai(skip_serializing_if_is_none)]
    command_total_seconds: Option<u64>,
    /// Whether it needs the privileged mode.
    privileged: bool,
}

impl Example for JobTemplate {
    fn example() -> Self {
        Self {
            platform: "cisco_ios".to_owned(),
            capture_type: "configs".to_owned(),
            commands: vec!["show running-config".to_owned()],
            evidence: "recorded".to_owned(),
            evidence_detail: None,
            command_total_seconds: None,
            privileged: true,
        }
    }
}

impl From<platforms::JobTemplate> for JobTemplate {
    fn from(template: platforms::JobTemplate) -> Self {
        Self {
            platform: template.platform,
            capture_type: template.capture_type,
            commands: template.commands,
            evidence: template.evidence.to_owned(),
            evidence_detail: template.evidence_detail,
            command_total_seconds: template.command_total_seconds,
            privileged: template.privileged,
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Platform", prefix_path = "/job-templates")]
impl Api {
    /// List job templates by platform
    ///
    /// All of them: the list has one page.
    #[oai(path = "/", method = "get", operation_id = "job_template_list")]
    async fn job_template_list(
        &self,
        auth: Auth,
        /// Slug or alias of a platform.
        platform: Query<Vec<String>>,
        /// Slug of a capture type.
        capture_type: Query<Vec<String>>,
    ) -> Result<Json<Page<JobTemplate>>> {
        let service = auth.service();
        let templates = service
            .job_template_list(auth.actor(), &platform.0, &capture_type.0)
            .await?;
        Ok(Json(Page::whole(
            templates.into_iter().map(JobTemplate::from).collect(),
        )))
    }
}
