//! `showrun user` and `showrun token`: users and API tokens, of a server that runs, or straight in the data directory while
//! none does.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use entity::user::{self, Role};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use service::{
    Service,
    access::{ApiTokenChoice, NewUser, UserChange},
    actor::Actor,
    page::{MAX_LIMIT, PageRequest},
    time::shown,
    version::Expected,
};

use crate::{
    config::{ClientOptions, ServerOptions},
    listing::{self, column, further, people, text, time},
    live::printable,
    remote::{self, people::People},
    result::Output,
};

/// `showrun user …`
#[derive(Args)]
pub(crate) struct UserOptions {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// List the users
    List {
        #[command(flatten)]
        place: Place,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
    },
    /// Make a user
    Create {
        /// Name to log in with
        username: String,
        /// What the person may do
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleName,
        #[command(flatten)]
        password: PasswordOptions,
        #[command(flatten)]
        place: Place,
    },
    /// Set another password; ends all sessions of the user
    Password {
        /// Name of the user
        username: String,
        #[command(flatten)]
        password: PasswordOptions,
        #[command(flatten)]
        place: Place,
    },
    /// Give a user another role; counts at once
    Role {
        /// Name of the user
        username: String,
        /// What the person may do
        #[arg(value_enum)]
        role: RoleName,
        #[command(flatten)]
        place: Place,
    },
    /// Remove a user with all tokens
    Delete {
        /// Name of the user
        username: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a user no longer log in
    Disable {
        /// Name of the user
        username: String,
        /// Let the user log in again
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// `showrun token …`
#[derive(Args)]
pub(crate) struct TokenOptions {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// List API tokens: your own, an administrator's list has all
    List {
        #[command(flatten)]
        place: Place,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
    },
    /// Take an API token back, at once
    Delete {
        /// Its id, or its beginning as the list shows it
        token: String,
        #[command(flatten)]
        place: Place,
    },
    /// Make an API token and print it on standard output
    Create {
        /// Whose it is; at a server that runs your own
        username: Option<String>,
        /// What it is for
        #[arg(long, default_value = "made with showrun token create")]
        name: String,
        /// The most it may do; never more than its owner
        #[arg(long, value_enum, default_value = "viewer")]
        scope: RoleName,
        /// Days that it is good [default: until it is deleted]
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<u32>,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the people are: with --server at a server that runs, else in a data directory that no server works in.
#[derive(Args)]
struct Place {
    #[command(flatten)]
    client: ClientOptions,
    #[command(flatten)]
    data: Box<ServerOptions>,
}

impl Place {
    /// The server that is asked, if one is.
    fn server(&self) -> anyhow::Result<Option<People>> {
        self.client
            .server
            .as_ref()
            .map(|_| People::at(&self.client))
            .transpose()
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Viewer,
    Operator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Admin => Self::Admin,
        }
    }
}

#[derive(Args)]
struct PasswordOptions {
    /// File with the password; `-` reads standard input. Else you are asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordOptions {
    fn read(&self, username: &str) -> anyhow::Result<SecretString> {
        if let Some(file) = &self.password_file {
            let text = match file == Path::new("-") {
                true => std::io::read_to_string(std::io::stdin()).context("Cannot read standard input")?,
                false => std::fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))?,
            };
            return Ok(text.trim_end_matches(['\r', '\n']).into());
        }
        anyhow::ensure!(
            std::io::stdin().is_terminal(),
            "Give the password with --password-file FILE"
        );
        let password = dialoguer::Password::new()
            .with_prompt(format!("New password of {username}"))
            .with_confirmation("Once more", "That was another one")
            .interact()?;
        Ok(password.into())
    }
}

/// Does what `showrun user` was told.
///
/// # Errors
/// When the server refuses or cannot be asked; when the data cannot be opened (a server runs on it).
pub(crate) async fn users(options: UserOptions) -> anyhow::Result<ExitCode> {
    match options.command {
        UserCommand::List { place, output } => {
            let rows = match place.server()? {
                Some(people) => people.users().await?,
                None => {
                    let service = open(&place.data).await?;
                    let listed = all_users(&service, &Actor::server()).await;
                    service.close().await;
                    listed?.iter().map(user_row).collect()
                }
            };
            print_users(&rows, output)?;
        }
        UserCommand::Create {
            username,
            role,
            password,
            place,
        } => {
            let password = password.read(&username)?;
            let role = Role::from(role);
            match place.server()? {
                Some(people) => people.create(&username, &password, role.as_str()).await?,
                None => {
                    let service = open(&place.data).await?;
                    let new = NewUser {
                        username: username.clone(),
                        password,
                        role,
                    };
                    let made = service.user_create(&Actor::server(), new).await;
                    service.close().await;
                    made?;
                }
            }
            println!("Made the user {} with the role {}", printable(&username), role.as_str());
        }
        UserCommand::Password {
            username,
            password,
            place,
        } => {
            let password = Some(password.read(&username)?);
            let change = UserChange {
                password,
                ..UserChange::default()
            };
            change_user(&place, &username, change).await?;
            println!("Set another password for {}", printable(&username));
        }
        UserCommand::Role { username, role, place } => {
            let role = Role::from(role);
            let change = UserChange {
                role: Some(role),
                ..UserChange::default()
            };
            change_user(&place, &username, change).await?;
            println!("{} has the role {} now", printable(&username), role.as_str());
        }
        UserCommand::Delete { username, place } => {
            match place.server()? {
                Some(people) => people.delete(&username).await?,
                None => {
                    let service = open(&place.data).await?;
                    let deleted = async {
                        let user = service.user_find(&Actor::server(), &username).await?;
                        service
                            .user_delete(&Actor::server(), user.id, &Expected::default())
                            .await
                    }
                    .await;
                    service.close().await;
                    deleted?;
                }
            }
            println!("Removed {}", printable(&username));
        }
        UserCommand::Disable { username, undo, place } => {
            let change = UserChange {
                enabled: Some(undo),
                ..UserChange::default()
            };
            change_user(&place, &username, change).await?;
            let can = if undo {
                "can log in again"
            } else {
                "can no longer log in"
            };
            println!("{} {can}", printable(&username));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Does what `showrun token` was told.
///
/// # Errors
/// When the server refuses or cannot be asked; when the data cannot be opened (a server runs on it).
pub(crate) async fn tokens(options: TokenOptions) -> anyhow::Result<ExitCode> {
    match options.command {
        TokenCommand::List { place, output } => print_tokens(&at_server(&place)?.tokens().await?, output)?,
        TokenCommand::Delete { token, place } => {
            let name = at_server(&place)?.delete_token(&token).await?;
            println!("Took back the token {}", printable(&name));
        }
        TokenCommand::Create {
            username,
            name,
            scope,
            expires_in_days,
            place,
        } => {
            let scope = Role::from(scope);
            if let Some(people) = place.server()? {
                let choice = json!({"name": name, "scope": scope.as_str(), "expires_in_days": expires_in_days});
                let token = people.create_token(username.as_deref(), choice).await?;
                println!("{}", token.expose_secret());
                return Ok(ExitCode::SUCCESS);
            }
            let username = username.context("Say whose token it is to be: showrun token create USERNAME")?;
            let actor = Actor::server();
            let service = open(&place.data).await?;
            let made = async {
                let owner = service.user_find(&actor, &username).await?;
                let choice = ApiTokenChoice {
                    name,
                    scope,
                    expires_at: None,
                    expires_in_days,
                };
                service.api_token_create_for(&actor, owner.id, choice).await
            }
            .await;
            service.close().await;
            println!("{}", made?.token.expose_secret());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn at_server(place: &Place) -> anyhow::Result<People> {
    place
        .server()?
        .context("Name the server: --server URL, or SHOWRUN_SERVER in the environment")
}

async fn open(options: &ServerOptions) -> anyhow::Result<Service> {
    let service = Service::open(options.server()?.service).await;
    service.map_err(|error| match error.code {
        "already_running" => anyhow::anyhow!("{error}. Stop it first, or ask it: --server URL"),
        _ => anyhow::anyhow!("{error}"),
    })
}

async fn change_user(place: &Place, username: &str, change: UserChange) -> anyhow::Result<()> {
    if let Some(people) = place.server()? {
        let change = remote::people::Change {
            password: change.password,
            role: change.role.map(|role| role.as_str()),
            enabled: change.enabled,
        };
        return people.change(username, change).await;
    }
    let actor = Actor::server();
    let service = open(&place.data).await?;
    let changed = async {
        let user = service.user_find(&actor, username).await?;
        service.user_update(&actor, user.id, change, &Expected::default()).await
    }
    .await;
    service.close().await;
    changed?;
    Ok(())
}

async fn all_users(service: &Service, actor: &Actor) -> anyhow::Result<Vec<user::Model>> {
    let mut all = Vec::new();
    let mut page = PageRequest {
        limit: Some(MAX_LIMIT),
        ..PageRequest::default()
    };
    loop {
        let got = service.user_list(actor, &page).await?;
        all.extend(got.items);
        page.page_token = got.next_page_token;
        if page.page_token.is_none() {
            return Ok(all);
        }
    }
}

fn user_row(row: &user::Model) -> Value {
    json!({
        "id": row.id, "username": row.name, "role": row.role.as_str(), "enabled": row.enabled,
        "last_login_at": row.last_login_at.map(|at| shown(at).to_rfc3339()),
    })
}

fn print_users(rows: &[Value], output: Output) -> anyhow::Result<()> {
    let enabled = |row: &Value| if text(row, "enabled") == "true" { "yes" } else { "no" }.to_owned();
    let columns = [
        further("id", |row| text(row, "id")),
        column("user", |row| text(row, "username")),
        column("role", |row| text(row, "role")),
        column("enabled", enabled),
        people("last login", |row| time(row, "last_login_at")),
        further("last login at", |row| text(row, "last_login_at")),
    ];
    listing::print(rows, &columns, output, "There is no user.")
}

fn print_tokens(rows: &[Value], output: Output) -> anyhow::Result<()> {
    let columns = [
        further("id", |row| text(row, "id")),
        column("token", |row| text(row, "prefix")).whole(),
        column("name", |row| text(row, "name")),
        column("user", |row| text(row, "username")),
        column("scope", |row| text(row, "scope")),
        people("expires", |row| time(row, "expires_at")),
        further("expires at", |row| text(row, "expires_at")),
        people("last used", |row| time(row, "last_used_at")),
        further("last used at", |row| text(row, "last_used_at")),
    ];
    listing::print(rows, &columns, output, "There is no token.")
}
