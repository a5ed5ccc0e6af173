//! Logging in, going on, logging out.

use entity::user::Role as Stored;
use poem_openapi::{Enum, Object, OpenApi, payload::Json, types::Example};
use secrecy::{ExposeSecret, SecretString};
use service::{
    access::Login,
    actor::Proof,
    error::{Error, ErrorKind},
};
use uuid::Uuid;

use super::Tag;
use crate::{
    auth::{Auth, Visitor},
    problem::{CookieSet, CookieSetDone, Done, Result},
};

/// The cookie in which browsers keep the refresh token; scripts cannot read it.
const COOKIE: &str = "showrun_refresh";
const COOKIE_PATH: &str = "/api/v1/auth";

/// What a person may do. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Reads everything but secrets.
    Viewer,
    /// Works with devices, collections and captures, and uses credentials.
    Operator,
    /// Everything.
    Admin,
}

impl From<Stored> for Role {
    fn from(role: Stored) -> Self {
        match role {
            Stored::Viewer => Self::Viewer,
            Stored::Operator => Self::Operator,
            Stored::Admin => Self::Admin,
        }
    }
}

impl From<Role> for Stored {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Operator => Self::Operator,
            Role::Admin => Self::Admin,
        }
    }
}

/// Who wants to log in.
#[derive(Object)]
#[oai(example)]
struct LoginRequest {
    /// Name, in any case.
    #[oai(validator(max_length = 256))]
    username: String,
    /// Password.
    #[oai(validator(max_length = 1024))]
    password: String,
}

impl Example for LoginRequest {
    fn example() -> Self {
        Self {
            username: "admin".to_owned(),
            password: "correct horse battery".to_owned(),
        }
    }
}

/// Tokens of a session.
#[derive(Object)]
#[oai(example)]
struct TokenSet {
    /// Goes into `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds that the access token is good.
    expires_in: u64,
    /// Gets the next tokens, once. Browsers get it as a cookie instead, which no script can read.
    #[oai(skip_serializing_if_is_none)]
    refresh_token: Option<String>,
}

impl Example for TokenSet {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 900,
            refresh_token: Some("srr_7Jp0vXq1mKc3ZtW8bN5yR2dF6hL9gS4a".to_owned()),
        }
    }
}

/// Which session; nothing, where the cookie says it.
#[derive(Object, Default)]
#[oai(example)]
struct RefreshRequest {
    /// The refresh token.
    #[oai(skip_serializing_if_is_none, validator(max_length = 256))]
    refresh_token: Option<String>,
}

impl Example for RefreshRequest {
    fn example() -> Self {
        Self {
            refresh_token: Some("srr_7Jp0vXq1mKc3ZtW8bN5yR2dF6hL9gS4a".to_owned()),
        }
    }
}

/// Who is logged in.
#[derive(Object)]
#[oai(example)]
struct Me {
    /// Id of the user.
    id: Uuid,
    /// Name of the user.
    username: String,
    /// What may be done: the least of the user's role and the token's scope.
    role: Role,
    /// `session` or `api_token`.
    via: String,
    /// Scope of the API token.
    #[oai(skip_serializing_if_is_none)]
    scope: Option<Role>,
}

impl Example for Me {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d90),
            username: "admin".to_owned(),
            role: Role::Admin,
            via: "session".to_owned(),
            scope: None,
        }
    }
}

/// Another password.
#[derive(Object)]
#[oai(example)]
struct PasswordChange {
    /// The password until now.
    #[oai(validator(max_length = 1024))]
    current_password: String,
    /// The new one: 8 characters or more.
    #[oai(validator(max_length = 1024))]
    new_password: String,
}

impl Example for PasswordChange {
    fn example() -> Self {
        Self {
            current_password: "correct horse battery".to_owned(),
            new_password: "staple correct horse".to_owned(),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Auth", prefix_path = "/auth")]
impl Api {
    /// Log in
    ///
    /// Gives an access token and a refresh token. A browser (it sends `Origin`) gets the refresh token as a cookie that
    /// scripts cannot read, and not in the answer. After some failures further tries have to wait (`login_throttled`).
    #[oai(path = "/login", method = "post", operation_id = "auth_login")]
    async fn auth_login(&self, visitor: Visitor, body: Json<LoginRequest>) -> Result<CookieSet<TokenSet>> {
        let LoginRequest { username, password } = body.0;
        let login = visitor
            .service
            .auth_login(&visitor.caller, &username, password.into())
            .await;
        let outcome = match &login {
            Ok(_) => "succeeded",
            Err(error) => error.code,
        };
        metrics::counter!("showrun_logins_total", "outcome" => outcome).increment(1);
        Ok(given(&visitor, &login?))
    }

    /// Get the next tokens of a session
    ///
    /// With the refresh token in the body, or in the cookie (then the request must come from a page of this server). A
    /// refresh token is good once; one that is used again later ends its session.
    #[oai(path = "/refresh", method = "post", operation_id = "auth_refresh")]
    async fn auth_refresh(&self, visitor: Visitor, body: Json<RefreshRequest>) -> Result<CookieSet<TokenSet>> {
        let token = match body.0.refresh_token {
            Some(token) => token,
            None => cookie(&visitor)?.ok_or_else(|| {
                Error::new(
                    ErrorKind::Unauthenticated,
                    "refresh_failed",
                    "There is no refresh token: log in",
                )
            })?,
        };
        let login = visitor.service.auth_refresh(&visitor.caller, &token).await?;
        Ok(given(&visitor, &login))
    }

    /// Log out
    ///
    /// Ends the session of the access token, of the refresh token in the body, and of the cookie. It is no error when
    /// there is none.
    #[oai(path = "/logout", method = "post", operation_id = "auth_logout")]
    async fn auth_logout(&self, visitor: Visitor, body: Json<RefreshRequest>) -> Result<CookieSetDone> {
        let token = match body.0.refresh_token {
            Some(token) => Some(token),
            None => cookie(&visitor)?,
        };
        let actor = visitor.actor.as_ref();
        visitor
            .service
            .auth_logout(&visitor.caller, actor, token.as_deref())
            .await?;
        Ok(CookieSetDone::Ok(made(&visitor, &SecretString::default(), 0)))
    }

    /// Who is logged in
    #[oai(path = "/me", method = "get", operation_id = "auth_me")]
    async fn auth_me(&self, auth: Auth) -> Result<Json<Me>> {
        let actor = auth.actor();
        let by_token = matches!(actor.proof, Proof::ApiToken(_));
        Ok(Json(Me {
            id: actor.user_id,
            username: actor.name.clone(),
            role: actor.role.into(),
            via: if by_token { "api_token" } else { "session" }.to_owned(),
            scope: by_token.then(|| actor.role.into()),
        }))
    }

    /// Change the own password
    ///
    /// Ends all other sessions of the user.
    #[oai(path = "/password", method = "post", operation_id = "auth_password")]
    async fn auth_password(&self, auth: Auth, body: Json<PasswordChange>) -> Result<Done> {
        let PasswordChange {
            current_password,
            new_password,
        } = body.0;
        let service = auth.service();
        service
            .auth_password(auth.actor(), current_password.into(), new_password.into())
            .await?;
        Ok(Done::Ok)
    }
}

fn given(visitor: &Visitor, login: &Login) -> CookieSet<TokenSet> {
    // No script in a page can leave the header away: whatever runs there never sees the refresh token.
    let browser = visitor.same_origin.is_some();
    let cookie = browser.then(|| made(visitor, &login.refresh_token, login.refresh_expires_in));
    let tokens = TokenSet {
        access_token: login.access_token.expose_secret().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: login.expires_in,
        refresh_token: (!browser).then(|| login.refresh_token.expose_secret().to_owned()),
    };
    CookieSet::Ok(Json(tokens), cookie)
}

fn made(visitor: &Visitor, token: &SecretString, seconds: u64) -> String {
    let secure = if visitor.secure { "; Secure" } else { "" };
    let token = token.expose_secret();
    format!("{COOKIE}={token}; Path={COOKIE_PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// The refresh token of the cookie, when a page of ours asks.
fn cookie(visitor: &Visitor) -> Result<Option<String>> {
    let mut cookies = visitor.cookies.split(';').filter_map(|one| one.trim().split_once('='));
    let Some((_, token)) = cookies.find(|(name, token)| *name == COOKIE && !token.is_empty()) else {
        return Ok(None);
    };
    if visitor.same_origin != Some(true) {
        let message = "The cookie counts only for pages of this server: the Origin of the request must be this server";
        return Err(Error::forbidden(message).into());
    }
    Ok(Some(token.to_owned()))
}
