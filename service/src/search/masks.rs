//! What takes the secrets out of the texts of each platform.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jobs::Catalogue;
use parsers::{LineRule, Masker, TagKey, common_secrets};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What takes secrets out of texts, and a number that is another one when its rules are.
pub(crate) struct Mask {
    pub(crate) masker: Masker,
    pub(crate) version: i64,
}

/// The masks of all platforms.
pub(crate) struct Masks {
    catalogue: Arc<Catalogue>,
    key: TagKey,
    made: RwLock<HashMap<String, Arc<Mask>>>,
}

impl Masks {
    pub(crate) fn new(catalogue: Arc<Catalogue>, key: [u8; 32]) -> Self {
        Self {
            catalogue,
            key: TagKey::new(key),
            made: RwLock::default(),
        }
    }

    /// What takes the secrets out of texts of a platform. One without rules, or with a rule that cannot be used, has
    /// those that are for all.
    ///
    /// # Errors
    /// When rules of ours cannot be used.
    pub(crate) fn mask(&self, platform: &str) -> Result<Arc<Mask>> {
        let made = || self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(mask) = made().get(platform) {
            return Ok(Arc::clone(mask));
        }
        let own: Vec<LineRule> = match self.catalogue.platform(platform) {
            Some(known) => known
                .secrets
                .iter()
                .map(|rule| LineRule::new(rule.pattern.as_str()))
                .collect(),
            None => Vec::new(),
        };
        let is_usable = |rule: &&LineRule| Masker::new(std::slice::from_ref(*rule), None).is_ok();
        let mut rules: Vec<LineRule> = own.iter().filter(is_usable).cloned().collect();
        if rules.is_empty() || rules.len() < own.len() {
            rules.extend(common_secrets().iter().cloned());
        }
        let mut hash = Sha256::new();
        for rule in &rules {
            hash.update(rule.pattern.as_bytes());
            hash.update([0]);
        }
        let mut version = [0; 8];
        for (to, from) in version.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        let mask = Arc::new(Mask {
            masker: Masker::new(&rules, Some(self.key.clone())).map_err(Error::internal)?,
            version: i64::from_be_bytes(version),
        });
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.insert(platform.to_owned(), Arc::clone(&mask));
        Ok(mask)
    }
}
