//! The `showrun` command.
//!
//! Owns the command line, what it prints, the demo, the client of a server (`remote`), and the server: the operations of the API (`v1`), who may do what
//! (`roles`), what is around every request (`frame`). Everything it does is done by `service`.
//!
//! Must not know: SSH, platforms, queries.

#![forbid(unsafe_code)]

mod asyncapi;
mod auth;
mod backup;
mod collect;
mod completions;
mod config;
mod demo;
mod document;
mod examples;
mod frame;
mod lean;
mod listing;
mod live;
mod pages;
mod paging;
mod parts;
mod people;
mod platforms;
mod problem;
mod remote;
mod replay;
mod result;
mod roles;
mod secret;
mod serve;
mod strict;
mod time;
mod v1;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Collects operational data from network devices over SSH.
#[derive(Parser)]
#[command(name = "showrun", version, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    log: config::LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::Options>),
    /// Print the OpenAPI document
    Openapi,
    /// Print the AsyncAPI document of the WebSocket
    Asyncapi,
    /// List and change users, while no server runs
    User(people::UserOptions),
    /// Make API tokens, while no server runs
    Token(people::TokenOptions),
    /// Copy the data of a server into a file, while it runs
    Backup(Box<backup::Options>),
    /// Put a copy back, or only check that it is whole
    Restore(backup::RestoreOptions),
    /// Check the configuration of the server
    Config(serve::ConfigOptions),
    /// Collect from devices now
    Collect(Box<collect::Options>),
    /// List, import and export the devices of a server
    Devices(Box<remote::devices::Options>),
    /// List, watch, cancel and retry the collections of a server
    Collections(Box<remote::collections::Options>),
    /// List and read the texts that a server keeps
    Captures(Box<remote::captures::Options>),
    /// Parse the stored texts of a server again, after templates have changed
    Reparse(Box<remote::reparse::Options>),
    /// Clean the transcript of a session again, without its device
    Replay(replay::Options),
    /// List the platforms and what can be collected from them
    Platforms(platforms::Options),
    /// Start simulated devices and a server, and collect from them
    Demo(demo::Options),
    /// Print what makes a shell complete this command
    Completions(completions::Options),
}

/// The exit code of a command line that is not understood (EX_USAGE of sysexits.h): clap's own 2 means something else here.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return match error.use_stderr() {
                true => ExitCode::from(USAGE),
                false => ExitCode::SUCCESS,
            };
        }
    };
    let usual = match arguments.command {
        Command::Serve(_) => "info",
        // What it has against a certificate is said once, by the command itself.
        _ => "warn,rustls_platform_verifier=off",
    };
    config::start_log(&arguments.log, usual);
    // On one core a scheduler for several threads only costs.
    let one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = match one_core {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("Cannot start: {error}")),
    };
    // As a task, not on this thread: what the sessions report then wakes nobody on another core.
    let work = runtime.spawn(async {
        match arguments.command {
            Command::Serve(options) => serve::run(*options).await,
            Command::Openapi => document::run(),
            Command::Asyncapi => asyncapi::run(),
            Command::User(options) => people::users(options).await,
            Command::Token(options) => people::tokens(options).await,
            Command::Backup(options) => backup::run(*options).await,
            Command::Restore(options) => backup::restore(options).await,
            Command::Config(options) => serve::check(&options),
            Command::Collect(options) => collect::run(*options).await,
            Command::Devices(options) => remote::devices::run(*options).await,
            Command::Collections(options) => remote::collections::run(*options).await,
            Command::Captures(options) => remote::captures::run(*options).await,
            Command::Reparse(options) => remote::reparse::run(*options).await,
            Command::Completions(options) => completions::run(&options, &mut Arguments::command()),
            Command::Replay(options) => replay::run(options).await,
            Command::Platforms(options) => platforms::run(&options),
            Command::Demo(options) => demo::run(options).await,
        }
    });
    let result = runtime
        .block_on(work)
        .unwrap_or_else(|error| Err(anyhow::anyhow!("A task ended badly: {error}")));
    // Sessions that hang on a silent peer are not waited for.
    runtime.shutdown_background();
    result.unwrap_or_else(|error| failed(&error))
}

/// Nothing was collected: the exit code is 1, as for a collection that got nothing.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("showrun: {error:#}");
    ExitCode::FAILURE
}
