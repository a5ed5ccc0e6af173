//! Finding out what a device is: its SSH version string, what it says at login, its prompt, and last the output of a
//! harmless show command, cheapest first.

use std::sync::Arc;

use crate::{
    catalogue::Catalogue,
    platform::{DetectOn, Platform},
};

/// A rule of this priority or more decides at once; below it, dearer evidence is looked at first.
const DECISIVE: u8 = 80;

/// What is known about a device so far, and which platform fits it best.
pub(crate) struct Detection<'c> {
    catalogue: &'c Catalogue,
    best: Option<(u8, Arc<Platform>)>,
}

impl<'c> Detection<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, best: None }
    }

    /// Looks at a piece of evidence; `command` is what was sent for an output.
    pub(crate) fn see(&mut self, on: DetectOn, command: Option<&str>, text: &[u8]) {
        for platform in self.catalogue.platforms() {
            for rule in &platform.detect {
                let asked = rule.on == on && rule.command.as_deref() == command;
                let better = self.best.as_ref().is_none_or(|(priority, _)| rule.priority > *priority);
                if asked && better && rule.pattern.is_match(text) {
                    self.best = Some((rule.priority, Arc::clone(&platform)));
                }
            }
        }
    }

    /// The platform, once the evidence is strong enough.
    pub(crate) fn decided(&self) -> Option<Arc<Platform>> {
        self.best
            .as_ref()
            .filter(|(priority, _)| *priority >= DECISIVE)
            .map(|(_, platform)| Arc::clone(platform))
    }

    /// The platform that fits best, however weak the evidence.
    pub(crate) fn best(&self) -> Option<Arc<Platform>> {
        self.best.as_ref().map(|(_, platform)| Arc::clone(platform))
    }

    /// The commands whose output tells platforms apart: first that of the best guess, then by how many platforms answer
    /// to it.
    pub(crate) fn commands(&self) -> Vec<String> {
        let mut counted: Vec<(usize, String)> = Vec::new();
        let guess = self.best.as_ref().map(|(_, platform)| platform.slug.as_str());
        for platform in self.catalogue.platforms() {
            for command in platform.detect.iter().filter_map(|rule| rule.command.as_ref()) {
                let weight = if guess == Some(platform.slug.as_str()) { 1000 } else { 1 };
                match counted.iter_mut().find(|(_, known)| known == command) {
                    Some((count, _)) => *count += weight,
                    None => counted.push((weight, command.clone())),
                }
            }
        }
        counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        counted.into_iter().map(|(_, command)| command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(evidence: &[(DetectOn, Option<&str>, &str)]) -> Option<String> {
        let catalogue = Catalogue::shipped();
        let mut detection = Detection::new(&catalogue);
        for (on, command, text) in evidence {
            detection.see(*on, *command, text.as_bytes());
            if let Some(platform) = detection.decided() {
                return Some(platform.slug.clone());
            }
        }
        detection.best().map(|platform| platform.slug.clone())
    }

    #[test]
    fn a_telling_version_string_is_enough() {
        assert_eq!(
            detected(&[(DetectOn::SshVersion, None, "SSH-2.0-ROSSSH")]).as_deref(),
            Some("mikrotik_routeros")
        );
    }

    #[test]
    fn a_weak_guess_gives_way_to_the_output_of_a_command() {
        let evidence = [
            (DetectOn::SshVersion, None, "SSH-2.0-Cisco-1.25"),
            (DetectOn::Prompt, None, "asa1#"),
            (
                DetectOn::Output,
                Some("show version"),
                "Cisco Adaptive Security Appliance Software Version 9.8(2)\n",
            ),
        ];
        assert_eq!(detected(&evidence).as_deref(), Some("cisco_asa"));
        assert_eq!(detected(&evidence[..2]).as_deref(), Some("cisco_ios"));
    }

    #[test]
    fn nothing_fits_what_says_nothing() {
        assert_eq!(
            detected(&[
                (DetectOn::SshVersion, None, "SSH-2.0-x"),
                (DetectOn::Prompt, None, "? ")
            ]),
            None
        );
    }
}
