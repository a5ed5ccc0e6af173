//! Devices, their files, credentials and host keys through the API: the real server as a process, asked over HTTP.

mod catalogue;
mod credentials;
mod crud;
mod files;
mod filters;

use serde_json::Value;
use tests::{
    postgres::Postgres,
    server::{Answer, Client, Server, Setup},
    skip::skip,
};

/// A fresh server of each database that is there, with its first admin. Keep what is returned.
async fn servers(test: &str) -> anyhow::Result<Vec<(Server, Client, Option<Postgres>)>> {
    let mut servers = Vec::new();
    let server = Server::start().await?;
    let admin = server.admin().await?;
    servers.push((server, admin, None));
    match Postgres::fresh().await? {
        None => skip(test, "PostgreSQL is not installed"),
        Some(postgres) => {
            let setup = Setup {
                database_url: Some(postgres.url().to_owned()),
                ..Setup::default()
            };
            let server = Server::start_with(setup).await?;
            let admin = server.admin().await?;
            servers.push((server, admin, Some(postgres)));
        }
    }
    Ok(servers)
}

/// A list in the body of an answer.
fn list(answer: &Answer, name: &str) -> Vec<Value> {
    let list = answer.body.get(name).and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

/// A text in an object; empty when there is none.
fn text(object: &Value, name: &str) -> String {
    let text = object.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Names of the items of a list.
fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    list(answer, "items").iter().map(|item| text(item, "name")).collect()
}

/// Pointers of a problem.
fn pointers(answer: &Answer) -> Vec<String> {
    list(answer, "errors")
        .iter()
        .map(|error| text(error, "pointer"))
        .collect()
}

/// A text as it may stand in a URL.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| match plain(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
