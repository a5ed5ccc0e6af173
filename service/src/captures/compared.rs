//! Texts as people see them: without secrets for those who have no right to them, and two of them compared.

use data_encoding::HEXLOWER;
use entity::{capture, user::Role};
use parsers::{Changes, compare, compare_masked};
use uuid::Uuid;

use super::{CaptureView, no_text, read_text, store};
use crate::{
    Service,
    actor::Actor,
    config_changes,
    error::{Error, ErrorKind, Result},
};

/// Largest text that is compared.
pub(crate) const LARGEST_COMPARED: i64 = 16 * 1024 * 1024;
/// Lines around a change when nobody says how many, and at most.
pub const CONTEXT: usize = 3;
const MOST_CONTEXT: usize = 1_000;
/// Lines of a comparison when nobody says how many.
const MOST_LINES: usize = 20_000;

/// How two texts are shown beside each other.
#[derive(Debug, Clone)]
pub struct DiffWish {
    /// Unchanged lines around a change.
    pub context: usize,
    /// Without secrets, even for who may see them.
    pub masked: bool,
    /// With the lines that change by themselves.
    pub all_lines: bool,
    /// Lines that are shown, at most.
    pub most_lines: usize,
}

impl Default for DiffWish {
    fn default() -> Self {
        Self {
            context: CONTEXT,
            masked: false,
            all_lines: false,
            most_lines: MOST_LINES,
        }
    }
}

/// Two captures beside each other.
#[derive(Debug, Clone)]
pub struct CaptureDiff {
    /// The one before.
    pub old: capture::Model,
    /// The one after.
    pub new: capture::Model,
    /// Whether secrets are shown as tags.
    pub masked: bool,
    /// What is different.
    pub changes: Changes,
}

/// A text, and what tells it from other versions of it.
#[derive(Debug, Clone)]
pub struct Content {
    /// The capture.
    pub view: CaptureView,
    /// Whether secrets are shown as tags.
    pub masked: bool,
    /// Another one when the text is.
    pub version: String,
}

/// Changes as `diff -u` prints them. A side is named by device, capture type and time.
#[must_use]
pub fn unified(changes: &Changes, capture_type: &str, old: (&str, i64), new: (&str, i64)) -> String {
    let name = |(device, at): (&str, i64)| {
        let at = crate::time::shown(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        format!("{device}/{capture_type} {at}")
    };
    parsers::unified(changes, &name(old), &name(new))
}

/// Whether secrets must not be shown to somebody.
pub(crate) fn must_mask(actor: &Actor) -> bool {
    actor.needs(Role::Operator).is_err()
}

impl Service {
    /// What the text of a capture is for somebody, before it is read. Below operator it is without secrets.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn capture_content_version(&self, actor: &Actor, id: Uuid, masked: bool) -> Result<Content> {
        let view = self.capture_view(actor, id).await?;
        let masked = masked || must_mask(actor);
        let mut version = view.sha256.clone().unwrap_or_default();
        if masked {
            if !must_mask(actor) {
                // The same text without its secrets is the same version for everybody.
                let sha = HEXLOWER.decode(version.as_bytes()).unwrap_or_default();
                version = self.shown_hash(&sha, true);
            }
            let platform = self.platform_of(&view.row).await?;
            let rules = self.rulebook().mask(&[&platform], &view.row.capture_type)?;
            version = format!("{version}-{}", rules.version);
        }
        Ok(Content { view, masked, version })
    }

    /// The text of a capture. Without secrets where `masked` says so, and for everybody below operator.
    ///
    /// # Errors
    /// `not_found`, or `no_text` where nothing was kept.
    pub async fn capture_content(&self, actor: &Actor, id: Uuid, masked: bool) -> Result<Vec<u8>> {
        actor.needs(Role::Viewer)?;
        let row = self.capture_row(id).await?;
        if row.bytes > super::LARGEST_ANSWER {
            return Err(too_large(id, "128"));
        }
        let text_id = row.text_id.ok_or_else(|| no_text(id))?;
        let text = read_text(self.db(), self.shelf(), text_id).await?;
        match masked || must_mask(actor) {
            true => self.masked_content(&row, text).await,
            false => Ok(text),
        }
    }

    /// A text of a capture without its secrets: the same lines, each secret a tag that is the same for the same secret.
    /// What is shown to anybody below operator comes from here.
    ///
    /// # Errors
    /// When the platform cannot be looked up.
    pub(crate) async fn masked_content(&self, capture: &capture::Model, text: Vec<u8>) -> Result<Vec<u8>> {
        let platform = self.platform_of(capture).await?;
        self.masked_text(&platform, &capture.capture_type, text).await
    }

    /// The same where the platform is known.
    ///
    /// # Errors
    /// When the work broke off.
    pub(crate) async fn masked_text(&self, platform: &str, capture_type: &str, text: Vec<u8>) -> Result<Vec<u8>> {
        let rules = self.rulebook().mask(&[platform], capture_type)?;
        let masking = tokio::task::spawn_blocking(move || {
            let text = String::from_utf8_lossy(&text);
            rules.masker.mask(&text).into_owned().into_bytes()
        });
        masking.await.map_err(Error::internal)
    }

    /// Two captures compared, perhaps of two devices. `against` is the one before; without it the last good one of the
    /// same device and type before this one is taken.
    ///
    /// # Errors
    /// `not_found`, `no_text`, `no_previous_capture`, `text_too_large`.
    pub async fn capture_diff(
        &self,
        actor: &Actor,
        id: Uuid,
        against: Option<Uuid>,
        wish: &DiffWish,
    ) -> Result<CaptureDiff> {
        actor.needs(Role::Viewer)?;
        let new = self.capture_row(id).await?;
        let old = match against {
            Some(other) => self.capture_row(other).await?,
            None => config_changes::store::good_before(self.db().reader(), &new)
                .await?
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::NotFound,
                        "no_previous_capture",
                        "There is no good capture of this device and type before this one: name another with against",
                    )
                })?,
        };
        let masked = wish.masked || must_mask(actor);
        let (new_text, old_text) = (compared_text(&new)?, compared_text(&old)?);
        let platforms = (self.platform_of(&old).await?, self.platform_of(&new).await?);
        let platforms = [platforms.0.as_str(), platforms.1.as_str()];
        let wish = DiffWish { masked, ..wish.clone() };
        // Of two types the rules of neither are enough to take all secrets out of both.
        let capture_type = match old.capture_type == new.capture_type {
            true => new.capture_type.as_str(),
            false => "",
        };
        let changes = self
            .compared(&platforms, capture_type, old_text, new_text, &wish)
            .await?;
        Ok(CaptureDiff {
            old,
            new,
            masked,
            changes,
        })
    }

    /// What is different between two stored texts.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(crate) async fn compared(
        &self,
        platforms: &[&str],
        capture_type: &str,
        old: i64,
        new: i64,
        wish: &DiffWish,
    ) -> Result<Changes> {
        if old == new {
            return Ok(Changes::default());
        }
        let context = wish.context.min(MOST_CONTEXT);
        let options = self
            .rulebook()
            .options(platforms, capture_type, context, wish.all_lines)?;
        let options = (*options).clone().with_most_lines(wish.most_lines);
        let mask = match wish.masked {
            true => Some(self.rulebook().mask(platforms, capture_type)?),
            false => None,
        };
        let (old, new) = tokio::try_join!(
            read_text(self.db(), self.shelf(), old),
            read_text(self.db(), self.shelf(), new)
        )?;
        let comparing = tokio::task::spawn_blocking(move || {
            let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
            match mask {
                Some(mask) => compare_masked(&old, &new, &options, &mask.masker),
                None => compare(&old, &new, &options),
            }
        });
        comparing.await.map_err(Error::internal)
    }

    /// A text that a change refers to; `None`: it is no longer kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn text_with_hash(&self, id: i64, sha256: &[u8]) -> Result<Option<i64>> {
        let hashes = store::hashes(self.db().reader(), &[id]).await?;
        Ok(hashes.get(&id).filter(|known| known.as_slice() == sha256).map(|_| id))
    }
}

fn compared_text(capture: &capture::Model) -> Result<i64> {
    if capture.bytes > LARGEST_COMPARED {
        return Err(too_large(capture.id, "16"));
    }
    capture.text_id.ok_or_else(|| no_text(capture.id))
}

fn too_large(id: Uuid, limit: &str) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        "text_too_large",
        format!("The text of capture {id} is larger than {limit} MiB"),
    )
}
