//! Users: the persons who may log in.

use entity::user;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service::{
    access::{NewUser, UserChange},
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

/// A person who may log in.
#[derive(Object)]
#[oai(example)]
struct User {
    /// Id.
    id: Uuid,
    /// Name to log in with.
    username: String,
    /// What the person may do.
    role: Role,
    /// Whether the person may log in.
    enabled: bool,
    /// When the user was made.
    created_at: Time,
    /// When the person last logged in.
    #[oai(skip_serializing_if_is_none)]
    last_login_at: Option<Time>,
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d90),
            username: "maria".to_owned(),
            role: Role::Operator,
            enabled: true,
            created_at: Time(1_769_841_000_000),
            last_login_at: Some(Time(1_769_844_600_000)),
        }
    }
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            id: row.id,
            username: row.name,
            role: row.role.into(),
            enabled: row.enabled,
            created_at: Time(row.created_at),
            last_login_at: row.last_login_at.map(Time),
        }
    }
}

/// A user who is to be made.
#[derive(Object)]
#[oai(example)]
struct UserCreate {
    /// Name to log in with: letters, digits and `. _ - @ +`.
    #[oai(validator(max_length = 256))]
    username: String,
    /// Password: 8 characters or more.
    #[oai(validator(max_length = 1024))]
    password: String,
    /// What the person may do.
    role: Role,
}

impl Example for UserCreate {
    fn example() -> Self {
        Self {
            username: "maria".to_owned(),
            password: "correct horse battery".to_owned(),
            role: Role::Operator,
        }
    }
}

/// What is to be changed.
#[derive(Object)]
#[oai(example)]
struct UserUpdate {
    /// Another password; ends all sessions of the user.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    password: Option<String>,
    /// Another role; counts from the next request on.
    #[oai(skip_serializing_if_is_none)]
    role: Option<Role>,
    /// `false` ends all sessions and refuses API tokens.
    #[oai(skip_serializing_if_is_none)]
    enabled: Option<bool>,
}

impl Example for UserUpdate {
    fn example() -> Self {
        Self {
            password: None,
            role: Some(Role::Viewer),
            enabled: None,
        }
    }
}

fn viewed(row: user::Model) -> Viewed<User> {
    let tag = version::tag(row.updated_at);
    Viewed::Ok(Json(row.into()), tag)
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::User", prefix_path = "/users")]
impl Api {
    /// List users by name
    #[oai(path = "/", method = "get", operation_id = "user_list")]
    async fn user_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<User>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let page = auth.service().user_list(auth.actor(), &page).await?;
        Ok(Json(Page::of(page, User::from)))
    }

    /// Make a user
    #[oai(path = "/", method = "post", operation_id = "user_create")]
    async fn user_create(&self, auth: Auth, body: Json<UserCreate>) -> Result<Created<User>> {
        let new = NewUser {
            username: body.0.username,
            password: body.0.password.into(),
            role: body.0.role.into(),
        };
        let row = auth.service().user_create(auth.actor(), new).await?;
        let location = format!("/api/v1/users/{}", row.id);
        let tag = version::tag(row.updated_at);
        Ok(Created::Ok(Json(row.into()), location, Some(tag)))
    }

    /// View a user
    #[oai(path = "/:id", method = "get", operation_id = "user_view")]
    async fn user_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<User>> {
        Ok(viewed(auth.service().user_view(auth.actor(), id.0).await?))
    }

    /// Change a user
    #[oai(path = "/:id", method = "patch", operation_id = "user_update")]
    async fn user_update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<UserUpdate>,
    ) -> Result<Viewed<User>> {
        let change = UserChange {
            password: body.0.password.map(Into::into),
            role: body.0.role.map(Into::into),
            enabled: body.0.enabled,
        };
        let expected = Expected::new(if_match.0);
        let service = auth.service();
        Ok(viewed(
            service.user_update(auth.actor(), id.0, change, &expected).await?,
        ))
    }

    /// Remove a user
    ///
    /// With all sessions and API tokens. The last admin who can log in stays.
    #[oai(path = "/:id", method = "delete", operation_id = "user_delete")]
    async fn user_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let expected = Expected::new(if_match.0);
        auth.service().user_delete(auth.actor(), id.0, &expected).await?;
        Ok(Done::Ok)
    }
}
