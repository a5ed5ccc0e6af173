//! What lines of texts mean on each platform: which change by themselves, which hold secrets, which matter much. The rules
//! come from the platform files and from users; compiled they are kept.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::HEXLOWER;
use entity::volatile_rule;
use jobs::Catalogue;
use parsers::{ChangeOptions, LineRule, Masker, SeverityRules, TagKey, common_secrets};
use sha2::{Digest, Sha256};

use crate::{
    config_changes::CONFIGS,
    error::{Error, Result},
};

/// Compiled rules that are kept; there are as many as platforms are compared, which is few.
const KEPT: usize = 256;

/// What takes the secrets out of texts, and a word that is another one when its rules are.
pub(crate) struct Mask {
    pub(crate) masker: Masker,
    pub(crate) version: String,
}

impl Mask {
    /// The word as a number.
    pub(crate) fn number(&self) -> i64 {
        i64::from_str_radix(&self.version, 16).unwrap_or_default()
    }
}

/// What the options of a comparison depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    platforms: Vec<String>,
    capture_type: String,
    context: usize,
    all_lines: bool,
}

/// What a mask depends on: the platforms, and whether it is for configurations.
type MaskKey = (Vec<String>, bool);

/// The rules of all platforms.
pub(crate) struct Rulebook {
    catalogue: Arc<Catalogue>,
    severity: SeverityRules,
    key: TagKey,
    of_users: RwLock<Vec<volatile_rule::Model>>,
    masks: RwLock<HashMap<MaskKey, Arc<Mask>>>,
    options: RwLock<HashMap<Key, Arc<ChangeOptions>>>,
}

/// The names of the platforms, each once.
fn several(platforms: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = platforms.iter().map(|name| (*name).to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Rulebook {
    /// The rules of the catalogue and of users; `key` makes the tags that stand for secrets.
    ///
    /// # Errors
    /// When rules of ours cannot be used.
    pub(crate) fn new(catalogue: Arc<Catalogue>, key: [u8; 32], of_users: Vec<volatile_rule::Model>) -> Result<Self> {
        Ok(Self {
            catalogue,
            severity: SeverityRules::new(&[]).map_err(Error::internal)?,
            key: TagKey::new(key),
            of_users: RwLock::new(of_users),
            masks: RwLock::default(),
            options: RwLock::default(),
        })
    }

    /// From here on users say this.
    pub(crate) fn set_of_users(&self, rules: Vec<volatile_rule::Model>) {
        *self.of_users.write().unwrap_or_else(PoisonError::into_inner) = rules;
        self.options.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The slug of a platform that may be called by another of its names.
    pub(crate) fn slug(&self, platform: &str) -> Option<String> {
        self.catalogue.slug(platform).map(str::to_owned)
    }

    /// What takes the secrets out of texts of these platforms. What the rules of a platform do not know is looked for with
    /// those that are for all. Other texts than configurations, for which the rules of platforms were written, have both
    /// on every line; so has a platform with rules that cannot be used. Of a platform that nobody knows, as one that is not
    /// yet found out, a text has the rules of every platform.
    ///
    /// # Errors
    /// When rules of ours cannot be used.
    pub(crate) fn mask(&self, platforms: &[&str], capture_type: &str) -> Result<Arc<Mask>> {
        let is_config = capture_type == CONFIGS;
        let key = (several(platforms), is_config);
        if let Some(known) = self.masks.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut rules = Vec::new();
        let mut for_all = !is_config || key.0.is_empty();
        let named: Option<Vec<_>> = key.0.iter().map(|name| self.catalogue.platform(name)).collect();
        for_all |= named.is_none();
        for platform in named.unwrap_or_else(|| self.catalogue.platforms().collect()) {
            let own: Vec<LineRule> = platform.secrets.iter().map(line_rule).collect();
            // A rule that cannot be used must not let secrets through: then those for all come in its place.
            let usable: Vec<LineRule> = own.iter().filter(|rule| is_usable(rule)).cloned().collect();
            for_all |= usable.is_empty() || usable.len() < own.len();
            rules.extend(usable);
        }
        if for_all {
            rules.extend(common_secrets().iter().cloned());
        }
        let mut hash = Sha256::new();
        hash.update([u8::from(for_all)]);
        for rule in rules.iter().chain(common_secrets()) {
            hash.update(rule.pattern.as_bytes());
            hash.update([0]);
            hash.update(rule.under.as_deref().unwrap_or_default().as_bytes());
            hash.update([0]);
        }
        let version = HEXLOWER.encode(&hash.finalize());
        let masker = Masker::new(&rules, Some(self.key.clone())).and_then(|masker| match for_all {
            true => Ok(masker),
            false => masker.with_common(),
        });
        let mask = Arc::new(Mask {
            masker: masker.map_err(Error::internal)?,
            version: version.get(..8).unwrap_or_default().to_owned(),
        });
        let mut masks = self.masks.write().unwrap_or_else(PoisonError::into_inner);
        if masks.len() >= KEPT {
            masks.clear();
        }
        masks.insert(key, Arc::clone(&mask));
        Ok(mask)
    }

    /// Which lines of these platforms change by themselves: the platform's own rules and the users'.
    pub(crate) fn volatile(&self, platforms: &[&str]) -> Vec<LineRule> {
        let mut rules = Vec::new();
        for name in several(platforms) {
            if let Some(platform) = self.catalogue.platform(&name) {
                let own = platform.volatile_lines.iter().map(line_rule);
                rules.extend(own.filter(is_usable));
            }
        }
        let of_users = self.of_users.read().unwrap_or_else(PoisonError::into_inner);
        let of_users = of_users
            .iter()
            .filter(|rule| rule.platform.is_empty() || platforms.contains(&rule.platform.as_str()));
        rules.extend(of_users.map(of_user).filter(is_usable));
        rules
    }

    /// How texts of these platforms are compared. `all_lines`: with those that change by themselves.
    ///
    /// # Errors
    /// When rules of ours cannot be used.
    pub(crate) fn options(
        &self,
        platforms: &[&str],
        capture_type: &str,
        context: usize,
        all_lines: bool,
    ) -> Result<Arc<ChangeOptions>> {
        let key = Key {
            platforms: several(platforms),
            capture_type: capture_type.to_owned(),
            context,
            all_lines,
        };
        if let Some(known) = self.options.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        // Held while compiling: rules that users change meanwhile must not be overtaken by what was before.
        let mut kept = self.options.write().unwrap_or_else(PoisonError::into_inner);
        let rules = match all_lines {
            true => Vec::new(),
            false => self.volatile(platforms),
        };
        let options = ChangeOptions::new(&rules, capture_type, self.severity.clone(), context);
        let options = Arc::new(options.map_err(Error::internal)?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&options));
        Ok(options)
    }
}

fn line_rule(rule: &jobs::platform::LineRule) -> LineRule {
    LineRule {
        pattern: rule.pattern.as_str().to_owned(),
        capture_types: rule.capture_types.clone(),
        under: rule.under.as_ref().map(|under| under.as_str().to_owned()),
    }
}

/// What a user says is for configurations, which alone have changes: in a comparison of other texts every line is shown.
pub(crate) fn of_user(rule: &volatile_rule::Model) -> LineRule {
    LineRule {
        capture_types: vec![CONFIGS.to_owned()],
        ..LineRule::new(rule.pattern.clone())
    }
}

fn is_usable(rule: &LineRule) -> bool {
    let usable = Masker::new(std::slice::from_ref(rule), None);
    if let Err(error) = &usable {
        tracing::warn!(%error, "a rule about lines is left out");
    }
    usable.is_ok()
}

#[cfg(test)]
mod tests;
