//! API tokens: what programs come with.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use secrecy::ExposeSecret;
use service::{
    access::{ApiTokenChoice, ApiTokenView},
    version::{self, Expected},
};
use uuid::Uuid;

use super::{Tag, auth::Role};
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Created, Done, Result, Viewed},
    time::Time,
};

/// A token of a program; the token itself is shown when it is made and never again.
#[derive(Object)]
#[oai(example)]
struct ApiToken {
    /// Id.
    id: Uuid,
    /// What it is for.
    name: String,
    /// The beginning of the token, to tell it from others.
    prefix: String,
    /// The most it may do; never more than its owner.
    scope: Role,
    /// Id of its owner.
    user_id: Uuid,
    /// Name of its owner.
    username: String,
    /// When it was made.
    created_at: Time,
    /// Until when it is good; absent: until it is deleted.
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<Time>,
    /// When it was last used.
    #[oai(skip_serializing_if_is_none)]
    last_used_at: Option<Time>,
}

impl Example for ApiToken {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d91),
            name: "nightly pipeline".to_owned(),
            prefix: "srt_7Jp0vXq1".to_owned(),
            scope: Role::Operator,
            user_id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d90),
            username: "maria".to_owned(),
            created_at: Time(1_769_841_000_000),
            expires_at: Some(Time(1_777_617_000_000)),
            last_used_at: None,
        }
    }
}

impl From<ApiTokenView> for ApiToken {
    fn from(view: ApiTokenView) -> Self {
        let row = view.row;
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scope: row.scope.into(),
            user_id: row.user_id,
            username: view.username,
            created_at: Time(row.created_at),
            expires_at: row.expires_at.map(Time),
            last_used_at: row.last_used_at.map(Time),
        }
    }
}

/// A token that was made, with the token itself.
#[derive(Object)]
#[oai(example)]
struct ApiTokenCreated {
    /// Id.
    id: Uuid,
    /// What it is for.
    name: String,
    /// The beginning of the token.
    prefix: String,
    /// The most it may do.
    scope: Role,
    /// Id of its owner.
    user_id: Uuid,
    /// Name of its owner.
    username: String,
    /// When it was made.
    created_at: Time,
    /// Until when it is good; absent: until it is deleted.
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<Time>,
    /// The token. It is not shown again.
    token: String,
}

impl ApiTokenCreated {
    fn of(shown: ApiToken, token: String) -> Self {
        Self {
            id: shown.id,
            name: shown.name,
            prefix: shown.prefix,
            scope: shown.scope,
            user_id: shown.user_id,
            username: shown.username,
            created_at: shown.created_at,
            expires_at: shown.expires_at,
            token,
        }
    }
}

impl Example for ApiTokenCreated {
    fn example() -> Self {
        Self::of(ApiToken::example(), "srt_7Jp0vXq1mKc3ZtW8bN5yR2dF6hL9gS4a".to_owned())
    }
}

/// A token that is to be made.
#[derive(Object)]
#[oai(example)]
struct ApiTokenCreate {
    /// What it is for.
    #[oai(validator(max_length = 200))]
    name: String,
    /// The most it may do; never more than its owner.
    scope: Role,
    /// Until when it is good.
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<Time>,
    /// The same, in days from now.
    #[oai(skip_serializing_if_is_none)]
    expires_in_days: Option<u32>,
}

impl Example for ApiTokenCreate {
    fn example() -> Self {
        Self {
            name: "nightly pipeline".to_owned(),
            scope: Role::Operator,
            expires_at: None,
            expires_in_days: Some(90),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::ApiToken", prefix_path = "/api-tokens")]
impl Api {
    /// List API tokens, the newest first
    ///
    /// The own ones; an admin sees all.
    #[oai(path = "/", method = "get", operation_id = "api_token_list")]
    async fn api_token_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<ApiToken>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let page = auth.service().api_token_list(auth.actor(), &page).await?;
        Ok(Json(Page::of(page, ApiToken::from)))
    }

    /// Make an API token
    ///
    /// The token is in this answer and in no other. Needs a login with a password, not with an API token.
    #[oai(path = "/", method = "post", operation_id = "api_token_create")]
    async fn api_token_create(&self, auth: Auth, body: Json<ApiTokenCreate>) -> Result<Created<ApiTokenCreated>> {
        let choice = ApiTokenChoice {
            name: body.0.name,
            scope: body.0.scope.into(),
            expires_at: body.0.expires_at.map(|at| at.0),
            expires_in_days: body.0.expires_in_days,
        };
        let made = auth.service().api_token_create(auth.actor(), choice).await?;
        let location = format!("/api/v1/api-tokens/{}", made.view.row.id);
        let answer = ApiTokenCreated::of(made.view.into(), made.token.expose_secret().to_owned());
        Ok(Created::Ok(Json(answer), location, None))
    }

    /// View an API token
    #[oai(path = "/:id", method = "get", operation_id = "api_token_view")]
    async fn api_token_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<ApiToken>> {
        let view = auth.service().api_token_view(auth.actor(), id.0).await?;
        let tag = version::tag(view.row.created_at);
        Ok(Viewed::Ok(Json(view.into()), tag))
    }

    /// Revoke an API token
    ///
    /// At once. The own ones; an admin any.
    #[oai(path = "/:id", method = "delete", operation_id = "api_token_delete")]
    async fn api_token_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let service = auth.service();
        if if_match.0.is_some() {
            // A token never changes: what is looked at here is what is deleted below.
            let view = service.api_token_view(auth.actor(), id.0).await?;
            Expected::new(if_match.0).check(view.row.created_at)?;
        }
        service.api_token_delete(auth.actor(), id.0).await?;
        Ok(Done::Ok)
    }
}
