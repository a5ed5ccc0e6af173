//! Users and API tokens of a server that runs, through its API.

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::client::Client;
use crate::{config::ClientOptions, listing::text};

/// Who can be asked about people.
pub(crate) struct People(Client);

/// What is to be changed of a user.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) password: Option<SecretString>,
    pub(crate) role: Option<&'static str>,
    pub(crate) enabled: Option<bool>,
}

impl People {
    /// The server that the command line or the environment names.
    ///
    /// # Errors
    /// A sentence that says what is missing or cannot be used.
    pub(crate) fn at(options: &ClientOptions) -> anyhow::Result<Self> {
        Ok(Self(Client::of(options)?))
    }

    /// All users.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) async fn users(&self) -> anyhow::Result<Vec<Value>> {
        Ok(self.0.list("/users", &[], None).await?)
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) async fn create(&self, username: &str, password: &SecretString, role: &str) -> anyhow::Result<()> {
        let body = json!({"username": username, "password": password.expose_secret(), "role": role});
        self.0.create("/users", body).await?;
        Ok(())
    }

    /// Changes a user.
    ///
    /// # Errors
    /// When there is no such user, the server cannot be asked, or refuses.
    pub(crate) async fn change(&self, username: &str, change: Change) -> anyhow::Result<()> {
        let id = self.id(username).await?;
        let mut body = Map::new();
        if let Some(password) = change.password {
            body.insert("password".to_owned(), password.expose_secret().into());
        }
        if let Some(role) = change.role {
            body.insert("role".to_owned(), role.into());
        }
        if let Some(enabled) = change.enabled {
            body.insert("enabled".to_owned(), enabled.into());
        }
        self.0.patch(&format!("/users/{id}"), body.into()).await?;
        Ok(())
    }

    /// Removes a user.
    ///
    /// # Errors
    /// When there is no such user, the server cannot be asked, or refuses.
    pub(crate) async fn delete(&self, username: &str) -> anyhow::Result<()> {
        let id = self.id(username).await?;
        Ok(self.0.delete(&format!("/users/{id}")).await?)
    }

    async fn id(&self, username: &str) -> anyhow::Result<String> {
        let users = self.users().await?;
        let user = users
            .iter()
            .find(|user| text(user, "username").eq_ignore_ascii_case(username));
        let user = user.with_context(|| format!("There is no user {username:?} at this server: showrun user list"))?;
        Ok(text(user, "id"))
    }

    /// The tokens that who asks may see.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) async fn tokens(&self) -> anyhow::Result<Vec<Value>> {
        Ok(self.0.list("/api-tokens", &[], None).await?)
    }

    /// Makes a token of who asks, and gives it.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses; when it is to be somebody else's.
    pub(crate) async fn create_token(&self, of: Option<&str>, choice: Value) -> anyhow::Result<SecretString> {
        let me = text(&self.0.get("/auth/me", &[]).await?, "username");
        let mine = of.is_none_or(|name| name.eq_ignore_ascii_case(&me));
        anyhow::ensure!(
            mine,
            "At a server one makes tokens for oneself, which is {me} here: log in with --login as whose it is to be"
        );
        let made = self.0.create("/api-tokens", choice).await?;
        Ok(text(&made, "token").into())
    }

    /// Takes a token back, by its id or the beginning that a list shows.
    ///
    /// # Errors
    /// When there is no such token, or several; when the server cannot be asked, or refuses.
    pub(crate) async fn delete_token(&self, which: &str) -> anyhow::Result<String> {
        let tokens = self.tokens().await?;
        let fits = |token: &&Value| text(token, "id") == which || text(token, "prefix") == which;
        let mut fitting = tokens.iter().filter(fits);
        let (Some(token), None) = (fitting.next(), fitting.next()) else {
            anyhow::bail!("No token, or not one alone, is {which:?}: showrun token list shows the ids");
        };
        self.0.delete(&format!("/api-tokens/{}", text(token, "id"))).await?;
        Ok(text(token, "name"))
    }
}
