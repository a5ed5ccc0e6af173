//! `showrun reparse`: reads the texts that a server keeps anew.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::{client::Client, pick};
use crate::{
    config::ClientOptions,
    listing::{self, text},
    live::printable,
};

/// `showrun reparse …`
#[derive(Args)]
pub(crate) struct Options {
    /// Only of this device; may be repeated
    #[arg(long, value_name = "NAME")]
    device: Vec<String>,
    /// Only of these types
    #[arg(long = "type", value_delimiter = ',', value_name = "TYPE,…")]
    types: Vec<String>,
    /// Also captures that were parsed before and whose text and templates have not changed
    #[arg(long)]
    everything: bool,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ClientOptions,
}

const COUNTS: [&str; 5] = ["captures", "loaded", "read", "without_template", "failed"];

/// Goes through all parts. Ends with 2 where something could not be loaded.
///
/// # Errors
/// When the server cannot be asked, or refuses.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let client = Client::of(&options.server)?;
    let mut body = json!({ "everything": options.everything });
    if !options.types.is_empty() {
        set(&mut body, "capture_types", json!(options.types));
    }
    if !options.device.is_empty() {
        let mut ids = Vec::new();
        for name in &options.device {
            ids.push(text(&pick::device(&client, name).await?, "id"));
        }
        set(&mut body, "device_ids", json!(ids));
    }
    let mut sums = COUNTS.map(|name| (name, 0_u64));
    let mut first = None;
    loop {
        let part = client.create("/capture-reparses", body.clone()).await?;
        for (name, sum) in &mut sums {
            *sum += part
                .get(*name)
                .and_then(Value::as_u64)
                .context("The answer has no counts")?;
        }
        let message = text(&part, "message");
        if first.is_none() && !message.is_empty() {
            first = Some(message);
        }
        match text(&part, "next_page_token") {
            token if token.is_empty() => break,
            token => set(&mut body, "page_token", json!(token)),
        }
    }
    let count = |name: &str| sums.iter().find(|(known, _)| *known == name).map_or(0, |(_, sum)| *sum);
    if options.json {
        let object: serde_json::Map<String, Value> = sums
            .iter()
            .map(|(name, sum)| ((*name).to_owned(), json!(sum)))
            .collect();
        listing::json(&object)?;
    } else {
        let line = format!(
            "{} captures, {} read anew, {} loaded, {} without a template, {} failed\n",
            count("captures"),
            count("read"),
            count("loaded"),
            count("without_template"),
            count("failed")
        );
        listing::out(line.as_bytes())?;
    }
    if let Some(message) = first {
        eprintln!("showrun: {}", printable(&message));
    }
    Ok(if count("failed") > 0 {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}
