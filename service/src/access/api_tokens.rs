//! API tokens: what programs come with.

use std::sync::atomic::Ordering;

use entity::{api_token, user::Role};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{KnownToken, store, tokens};
use crate::{
    Service,
    actor::{Actor, Proof},
    audit::{self, Entry},
    error::{Error, Result},
    page::{Page, PageRequest},
    time::now_ms,
};

/// Tokens of one user.
const MOST_TOKENS: u64 = 100;
/// Most characters of a name.
const LONGEST_NAME: usize = 100;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Ten years.
const LONGEST_DAYS: u32 = 3650;

/// A token that is to be made.
pub struct ApiTokenChoice {
    /// What it is for.
    pub name: String,
    /// The most it may do; never more than its owner.
    pub scope: Role,
    /// Until when it is good, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The same, in days from now.
    pub expires_in_days: Option<u32>,
}

/// A token as it is shown.
pub struct ApiTokenView {
    /// The row; its hash is nobody's business.
    pub row: api_token::Model,
    /// Name of its owner.
    pub username: String,
}

/// A token that was made.
pub struct NewApiToken {
    /// As it is shown later.
    pub view: ApiTokenView,
    /// The token itself, shown once.
    pub token: SecretString,
}

impl Service {
    /// The own tokens, the newest first; an admin sees all.
    ///
    /// # Errors
    /// `page_token_invalid`.
    pub async fn api_token_list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<ApiTokenView>> {
        let owner = (actor.role < Role::Admin).then_some(actor.user_id);
        let page = store::list_tokens(self.db().reader(), owner, page).await?;
        Ok(page.map(|row| self.token_view(row)))
    }

    /// One token.
    ///
    /// # Errors
    /// `not_found`, also for a token of somebody else.
    pub async fn api_token_view(&self, actor: &Actor, id: Uuid) -> Result<ApiTokenView> {
        let row = store::token(self.db().reader(), id).await?;
        row.filter(|row| may_see(actor, row))
            .map(|row| self.token_view(row))
            .ok_or_else(|| Error::not_found("API token", id))
    }

    /// Makes a token for who asks.
    ///
    /// # Errors
    /// `forbidden` for more than who asks may do, and for a token that asks; `validation_failed`.
    pub async fn api_token_create(&self, actor: &Actor, choice: ApiTokenChoice) -> Result<NewApiToken> {
        if let Proof::ApiToken(_) = actor.proof {
            return Err(Error::forbidden(
                "An API token cannot make another one: log in with a password",
            ));
        }
        self.api_token_create_for(actor, actor.user_id, choice).await
    }

    /// Makes a token for a user. For who works on the data directory itself.
    ///
    /// # Errors
    /// As [`Self::api_token_create`].
    pub async fn api_token_create_for(
        &self,
        actor: &Actor,
        owner: Uuid,
        choice: ApiTokenChoice,
    ) -> Result<NewApiToken> {
        if owner != actor.user_id {
            actor.needs(Role::Admin)?;
        }
        actor.needs(choice.scope)?;
        let name = checked_name(&choice.name)?;
        let now = now_ms();
        let expires_at = expiry(&choice, now)?;
        let token = tokens::random(tokens::API_TOKEN);
        let row = api_token::Model {
            id: Uuid::now_v7(),
            user_id: owner,
            name,
            prefix: token.expose_secret().chars().take(tokens::PREFIX).collect(),
            hash: tokens::hash_of(&token).to_vec(),
            scope: choice.scope,
            created_at: now,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let access = self.access();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let owner = store::user(&txn, owner)
            .await?
            .ok_or_else(|| Error::not_found("user", owner))?;
        if store::count_tokens(&txn, owner.id).await? >= MOST_TOKENS {
            return Err(Error::conflict(
                "too_many_tokens",
                format!("A user has at most {MOST_TOKENS} API tokens: delete some first"),
            ));
        }
        store::insert_token(&txn, &row).await?;
        let summary = format!(
            "Made the API token {} ({}…) of {} with the scope {}",
            row.name,
            row.prefix,
            owner.name,
            row.scope.as_str()
        );
        audit::record(&txn, actor, entry("api_token.create", row.id, summary)).await?;
        txn.commit().await?;
        access.change(|known| {
            known.tokens.insert(tokens::hash_of(&token), KnownToken::of(&row));
        });
        let username = owner.name;
        Ok(NewApiToken {
            view: ApiTokenView { row, username },
            token,
        })
    }

    /// Revokes a token at once.
    ///
    /// # Errors
    /// `not_found`, also for a token of somebody else.
    pub async fn api_token_delete(&self, actor: &Actor, id: Uuid) -> Result<()> {
        let access = self.access();
        let _one = access.changes.lock().await;
        let txn = self.db().begin().await?;
        let row = store::token(&txn, id)
            .await?
            .filter(|row| may_see(actor, row))
            .ok_or_else(|| Error::not_found("API token", id))?;
        store::revoke_token(&txn, id, now_ms()).await?;
        let summary = format!("Revoked the API token {} ({}…)", row.name, row.prefix);
        audit::record(&txn, actor, entry("api_token.delete", id, summary)).await?;
        txn.commit().await?;
        access.change(|known| known.tokens.retain(|_, token| token.id != id));
        Ok(())
    }

    fn token_view(&self, mut row: api_token::Model) -> ApiTokenView {
        self.access().read(|known| {
            let hash: Option<[u8; 32]> = row.hash.as_slice().try_into().ok();
            let used = hash
                .and_then(|hash| known.tokens.get(&hash))
                .map_or(0, |token| token.last_used_at.load(Ordering::Relaxed));
            row.last_used_at = (used > 0).then_some(used).or(row.last_used_at);
            let username = known.users.get(&row.user_id).map(|user| user.name.clone());
            ApiTokenView {
                username: username.unwrap_or_default(),
                row,
            }
        })
    }
}

fn may_see(actor: &Actor, row: &api_token::Model) -> bool {
    row.user_id == actor.user_id || actor.role >= Role::Admin
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::field(
            "/name",
            format!("a name has 1 to {LONGEST_NAME} characters and no control characters"),
        ));
    }
    Ok(name.to_owned())
}

fn expiry(choice: &ApiTokenChoice, now: i64) -> Result<Option<i64>> {
    match (choice.expires_at, choice.expires_in_days) {
        (Some(_), Some(_)) => Err(Error::field(
            "/expires_in_days",
            "give expires_at or expires_in_days, not both",
        )),
        (Some(at), None) if at <= now => Err(Error::field("/expires_at", "must be in the future")),
        (Some(at), None) => Ok(Some(at)),
        (None, Some(days)) if !(1..=LONGEST_DAYS).contains(&days) => {
            Err(Error::field("/expires_in_days", format!("must be 1 to {LONGEST_DAYS}")))
        }
        (None, Some(days)) => Ok(Some(now.saturating_add(i64::from(days) * DAY_MS))),
        (None, None) => Ok(None),
    }
}

fn entry(action: &'static str, id: Uuid, summary: String) -> Entry<'static> {
    Entry {
        action,
        target_type: "api_token",
        target_id: Some(id.to_string()),
        summary,
    }
}
