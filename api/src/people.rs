//! `showrun user` and `showrun token`: users and API tokens, straight in the data directory while no server runs.

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
    config::ServerOptions,
    listing::{self, column, further, people, text, time},
    live::printable,
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
        server: Box<ServerOptions>,
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
        server: Box<ServerOptions>,
    },
    /// Set another password; ends all sessions of the user
    Password {
        /// Name of the user
        username: String,
        #[command(flatten)]
        password: PasswordOptions,
        #[command(flatten)]
        server: Box<ServerOptions>,
    },
    /// Let a user no longer log in
    Disable {
        /// Name of the user
        username: String,
        /// Let the user log in again
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        server: Box<ServerOptions>,
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
    /// Make an API token and print it on standard output
    Create {
        /// Whose it is
        username: String,
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
        server: Box<ServerOptions>,
    },
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
/// When the data cannot be opened (a server runs on it), or the change is refused.
pub(crate) async fn users(options: UserOptions) -> anyhow::Result<ExitCode> {
    let actor = Actor::server();
    match options.command {
        UserCommand::List { server, output } => {
            let service = open(&server).await?;
            let listed = all_users(&service, &actor).await;
            service.close().await;
            print_users(&listed?, output)?;
        }
        UserCommand::Create {
            username,
            role,
            password,
            server,
        } => {
            let password = password.read(&username)?;
            let service = open(&server).await?;
            let new = NewUser {
                username,
                password,
                role: role.into(),
            };
            let made = service.user_create(&actor, new).await;
            service.close().await;
            let made = made?;
            println!(
                "Made the user {} with the role {}",
                printable(&made.name),
                made.role.as_str()
            );
        }
        UserCommand::Password {
            username,
            password,
            server,
        } => {
            let password = Some(password.read(&username)?);
            let change = UserChange {
                password,
                ..UserChange::default()
            };
            change_user(&server, &username, change).await?;
            println!("Set another password for {}", printable(&username));
        }
        UserCommand::Disable { username, undo, server } => {
            let change = UserChange {
                enabled: Some(undo),
                ..UserChange::default()
            };
            change_user(&server, &username, change).await?;
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
/// When the data cannot be opened (a server runs on it), or there is no such user.
pub(crate) async fn tokens(options: TokenOptions) -> anyhow::Result<ExitCode> {
    let TokenCommand::Create {
        username,
        name,
        scope,
        expires_in_days,
        server,
    } = options.command;
    let actor = Actor::server();
    let service = open(&server).await?;
    let made = async {
        let owner = service.user_find(&actor, &username).await?;
        let choice = ApiTokenChoice {
            name,
            scope: scope.into(),
            expires_at: None,
            expires_in_days,
        };
        service.api_token_create_for(&actor, owner.id, choice).await
    }
    .await;
    service.close().await;
    println!("{}", made?.token.expose_secret());
    Ok(ExitCode::SUCCESS)
}

async fn open(options: &ServerOptions) -> anyhow::Result<Service> {
    let service = Service::open(options.server()?.service).await;
    service.map_err(|error| match error.code {
        "already_running" => anyhow::anyhow!("{error}. Stop it first, or change users through its API"),
        _ => anyhow::anyhow!("{error}"),
    })
}

async fn change_user(options: &ServerOptions, username: &str, change: UserChange) -> anyhow::Result<()> {
    let actor = Actor::server();
    let service = open(options).await?;
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

fn print_users(users: &[user::Model], output: Output) -> anyhow::Result<()> {
    let row = |row: &user::Model| {
        json!({
            "id": row.id, "username": row.name, "role": row.role.as_str(), "enabled": row.enabled,
            "last_login_at": row.last_login_at.map(|at| shown(at).to_rfc3339()),
        })
    };
    let rows: Vec<Value> = users.iter().map(row).collect();
    let enabled = |row: &Value| if text(row, "enabled") == "true" { "yes" } else { "no" }.to_owned();
    let columns = [
        further("id", |row| text(row, "id")),
        column("user", |row| text(row, "username")),
        column("role", |row| text(row, "role")),
        column("enabled", enabled),
        people("last login", |row| time(row, "last_login_at")),
        further("last login at", |row| text(row, "last_login_at")),
    ];
    listing::print(&rows, &columns, output, "There is no user.")
}
