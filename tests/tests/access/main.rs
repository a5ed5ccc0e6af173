//! Who may come in, and how the API speaks to those who may not: the real server as a process, asked over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod allowed;
mod answers;
mod command;
mod forge;
mod login;
mod matrix;
mod sessions;
mod tokens;
mod users;

use tests::{postgres::Postgres, server::Setup, skip::skip};

/// A setup with a fresh PostgreSQL, which lives as long as what is returned; `None`: skipped.
async fn on_postgres(test: &str) -> anyhow::Result<Option<(Setup, Postgres)>> {
    let Some(postgres) = Postgres::fresh().await? else {
        skip(test, "PostgreSQL is not installed");
        return Ok(None);
    };
    let setup = Setup {
        database_url: Some(postgres.url().to_owned()),
        ..Setup::default()
    };
    Ok(Some((setup, postgres)))
}
