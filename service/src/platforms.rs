//! Platforms and job templates: what can be collected from which kind of device, with which commands.

use std::{collections::HashSet, sync::Arc};

use entity::user::Role;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// A kind of device.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Its slug.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Its name for people.
    pub title: String,
    /// Other names that are taken for it.
    pub aliases: Vec<String>,
    /// How each capture type is collected.
    pub templates: Vec<JobTemplate>,
}

/// How one capture type is collected on one platform.
#[derive(Debug, Clone)]
pub struct JobTemplate {
    /// Slug of the platform.
    pub platform: String,
    /// Slug of the capture type.
    pub capture_type: String,
    /// The exact commands.
    pub commands: Vec<String>,
    /// How well this is known: `real`, `recorded`, `simulated` or `documented`.
    pub evidence: &'static str,
    /// The document that it is from.
    pub evidence_detail: Option<String>,
    /// Longest time for one command, if not the usual.
    pub command_total_seconds: Option<u64>,
    /// Whether it needs the privileged mode.
    pub privileged: bool,
}

fn template(platform: &str, capture: &jobs::platform::Capture) -> JobTemplate {
    JobTemplate {
        platform: platform.to_owned(),
        capture_type: capture.capture_type.clone(),
        commands: capture.commands.clone(),
        evidence: capture.evidence.as_str(),
        evidence_detail: capture.source.clone(),
        command_total_seconds: capture.command_total.map(|time| time.as_secs()),
        privileged: capture.privileged,
    }
}

fn view(platform: &Arc<jobs::Platform>) -> Platform {
    let templates = platform
        .captures
        .iter()
        .map(|capture| template(&platform.slug, capture));
    Platform {
        name: platform.slug.clone(),
        vendor: platform.vendor.clone(),
        title: platform.title.clone(),
        aliases: platform.aliases.clone(),
        templates: templates.collect(),
    }
}

impl Service {
    /// All platforms by their slugs.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn platform_list(&self, actor: &Actor) -> Result<Vec<Platform>> {
        actor.needs(Role::Viewer)?;
        let catalogue = Arc::clone(self.catalogue());
        // Files that nobody has used yet are read now.
        let reading = tokio::task::spawn_blocking(move || {
            let platforms = catalogue.platforms();
            platforms.map(|platform| view(&platform)).collect()
        });
        reading
            .await
            .map_err(|_| Error::internal("reading the platforms ended early"))
    }

    /// Job templates by platform. Empty lists choose all; a platform may be given by an alias.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn job_template_list(
        &self,
        actor: &Actor,
        platforms: &[String],
        capture_types: &[String],
    ) -> Result<Vec<JobTemplate>> {
        let given = |texts: &[String]| -> HashSet<String> {
            let texts = texts.iter().map(|text| text.trim().to_lowercase());
            texts.filter(|text| !text.is_empty()).collect()
        };
        let slug = |name: &String| self.catalogue().slug(name).map_or_else(|| name.clone(), str::to_owned);
        let platforms: HashSet<String> = given(platforms).iter().map(slug).collect();
        let capture_types = given(capture_types);
        let wanted = |template: &JobTemplate| {
            (platforms.is_empty() || platforms.contains(&template.platform))
                && (capture_types.is_empty() || capture_types.contains(&template.capture_type))
        };
        let all = self.platform_list(actor).await?;
        let templates = all.into_iter().flat_map(|platform| platform.templates);
        Ok(templates.filter(wanted).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::tests::{person, server};

    #[tokio::test]
    async fn what_can_be_collected_is_shown_with_its_commands_and_how_well_it_is_known() {
        let (_folder, service) = server().await;
        let viewer = person(Role::Viewer);
        let all = service.platform_list(&viewer).await.unwrap();
        assert!(all.len() >= 15);
        let one = service
            .job_template_list(&viewer, &["IOS".to_owned(), String::new()], &["configs".to_owned()])
            .await
            .unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(
            (one[0].platform.as_str(), one[0].commands.as_slice()),
            ("cisco_ios", &["show running-config".to_owned()][..])
        );
        assert!(
            service
                .job_template_list(&viewer, &["no".to_owned()], &[])
                .await
                .unwrap()
                .is_empty()
        );
        let types = service.capture_type_list(&viewer).await.unwrap();
        let wizard: Vec<_> = types
            .iter()
            .filter(|each| each.wizard)
            .map(|each| each.title.as_str())
            .collect();
        assert_eq!(
            wizard,
            [
                "Configuration",
                "ARP Table",
                "MAC Table",
                "LLDP Neighbors",
                "Interfaces",
                "Routes",
                "Version",
                "Inventory"
            ]
        );
        assert!(
            types
                .iter()
                .all(|each| !each.description.is_empty() && !each.platforms.is_empty())
        );
        let defaults: Vec<_> = types
            .iter()
            .filter(|each| each.default)
            .map(|each| each.name.as_str())
            .collect();
        assert_eq!(defaults, ["configs"]);
    }
}
