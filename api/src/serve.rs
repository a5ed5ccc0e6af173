//! `showrun serve`: the server.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use poem::{
    Endpoint, EndpointExt, IntoEndpoint, Request, Response, Route, Server,
    endpoint::make,
    get, handler,
    listener::{Acceptor, AcceptorExt, IntoTlsConfigStream, Listener, RustlsCertificate, RustlsConfig, TcpListener},
    middleware::{CatchPanic, Compression},
    web::{CompressionAlgo, Data},
};
use secrecy::ExposeSecret;
use service::{Service, access::FirstAdmin, measures};
use tokio::task::JoinHandle;

use crate::{
    asyncapi,
    auth::Visitor,
    config::{self, ServerOptions},
    document,
    frame::{self, Frame},
    pages, problem,
    roles::Routes,
    strict::Bodies,
    v1,
};

/// Connections on which nothing happens for so long are closed.
const IDLE: Duration = Duration::from_secs(120);
/// What is being answered when the server is stopped has so long.
const GRACE: Duration = Duration::from_secs(10);
/// How often what is only in memory is written down.
const TIDY: Duration = Duration::from_secs(60);
/// Seconds, as the metrics sort requests.
const BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Seconds, as the metrics sort devices.
const DEVICE_BUCKETS: [f64; 11] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// Numbers of entries, as the metrics sort batches.
const ENTRY_BUCKETS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

/// Options of `showrun serve`.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
}

/// `showrun config …`
#[derive(clap::Args)]
pub(crate) struct ConfigOptions {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(clap::Subcommand)]
enum ConfigCommand {
    /// Read every file that the server would read, and print what would hold; no database is opened
    Check {
        #[command(flatten)]
        server: Box<ServerOptions>,
    },
}

/// Checks the configuration and prints it, without secrets. Opens no database.
///
/// # Errors
/// A sentence that says which setting is wrong.
pub(crate) fn check(options: &ConfigOptions) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Check { server } = &options.command;
    let config = server.server()?;
    tls(&config)?;
    for warning in config.service.check()? {
        eprintln!("showrun: {warning}");
    }
    for (name, value) in config.shown() {
        println!("{name} = {value}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Serves until it is told to stop.
///
/// # Errors
/// When it cannot begin; the sentence says what to change.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let config = options.server.server()?;
    let (running, admin) = start(&config).await?;
    match admin {
        FirstAdmin::NotNeeded => {}
        FirstAdmin::Made => eprintln!("showrun: made the user admin with the password that was given"),
        FirstAdmin::Generated(password) => eprintln!(
            "showrun: made the user admin with the password {}\nshowrun: it is not shown again",
            password.expose_secret()
        ),
    }
    if config.tls.is_none() && !running.address.ip().is_loopback() {
        eprintln!(
            "showrun: passwords go over the network unencrypted: give --tls-cert and --tls-key, or put a proxy with TLS \
             in front"
        );
    }
    eprintln!("showrun: listening on {}", running.url());
    let stopping = running.service.stopping().clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        eprintln!("showrun: stopping");
        stopping.cancel();
    });
    running.ended().await?;
    Ok(ExitCode::SUCCESS)
}

/// A server in this process.
pub(crate) struct Running {
    service: Service,
    address: SocketAddr,
    scheme: &'static str,
    serving: JoinHandle<std::io::Result<()>>,
    background: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Tells it to stop, and waits for that.
    ///
    /// # Errors
    /// When it ended badly.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.service.stopping().cancel();
        self.ended().await
    }

    async fn ended(self) -> anyhow::Result<()> {
        let served = self.serving.await;
        self.background.abort();
        self.service.close().await;
        served.context("The server ended")?.context("The server ended")
    }
}

/// Opens the data and serves until the application stops.
///
/// # Errors
/// When it cannot begin; the sentence says what to change.
pub(crate) async fn start(config: &config::Server) -> anyhow::Result<(Running, FirstAdmin)> {
    let metrics = start_metrics()?;
    let service = Service::open(config.service.clone()).await?;
    for warning in service.warnings() {
        eprintln!("showrun: {warning}");
    }
    let admin = service.user_first_admin(config.admin_password.clone()).await;
    let admin = admin.map_err(|error| anyhow::anyhow!("The password of the first admin cannot be used: {error}"))?;
    // Also before it listens: what goes on now must not be sent here.
    service.serves_on(config.listen);
    config
        .metrics_listen
        .into_iter()
        .for_each(|address| service.serves_on(address));
    let resumed = service.resume().await?;
    if resumed > 0 {
        eprintln!("showrun: {resumed} collections go on where the server stopped");
    }
    service.upkeep_start();
    service.lock_watch();
    match listen(&service, config, metrics).await {
        Ok(running) => Ok((running, admin)),
        Err(error) => {
            service.close().await;
            Err(error)
        }
    }
}

async fn listen(service: &Service, config: &config::Server, metrics: PrometheusHandle) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.listen);
    let cannot = || format!("Cannot listen on {}", config.listen);
    let acceptor = match tls(config)? {
        Some(tls) => listener.rustls(tls).into_acceptor().await.with_context(cannot)?.boxed(),
        None => listener.into_acceptor().await.with_context(cannot)?.boxed(),
    };
    let bound = acceptor.local_addr();
    let bound = bound.first().and_then(|address| address.as_socket_addr().copied());
    bound.into_iter().for_each(|address| service.serves_on(address));
    if let Some(address) = config.metrics_listen {
        serve_metrics(service, address, metrics.clone()).await?;
    }
    let background = tokio::spawn(tidy(service.clone(), metrics.clone()));
    let frame = Arc::new(frame(service, config, metrics));
    let stopping = service.stopping().clone();
    let stop = async move { stopping.cancelled().await };
    let serving = Server::new_with_acceptor(acceptor)
        .name("showrun")
        .idle_timeout(IDLE)
        .run_with_graceful_shutdown(entrance(frame), stop, Some(GRACE));
    Ok(Running {
        service: service.clone(),
        address: bound.unwrap_or(config.listen),
        scheme: if config.tls.is_some() { "https" } else { "http" },
        serving: tokio::spawn(serving),
        background,
    })
}

/// How TLS is spoken, with a certificate and a key that fit each other.
fn tls(config: &config::Server) -> anyhow::Result<Option<RustlsConfig>> {
    let Some((cert, key)) = &config.tls else {
        return Ok(None);
    };
    let certificate = || RustlsCertificate::new().cert(cert.clone()).key(key.expose_secret());
    let made = RustlsConfig::new().fallback(certificate());
    let probe = RustlsConfig::new().fallback(certificate());
    let _ = IntoTlsConfigStream::into_stream(probe).context("tls_cert or tls_key cannot be used")?;
    Ok(Some(made))
}

fn entrance(frame: Arc<Frame>) -> impl Endpoint {
    make(move |request: Request| {
        let frame = frame.clone();
        async move { Ok::<_, poem::Error>(frame.answer(request).await) }
    })
}

fn frame(service: &Service, config: &config::Server, metrics: PrometheusHandle) -> Frame {
    // A panic in an operation answers that one request with a fault; the log has the rest.
    let panics = || CatchPanic::new().with_handler(|_| problem::fault());
    let operations = Route::new().nest(frame::PREFIX, document::operations());
    let plain = Route::new()
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .at("/metrics", get(metrics_text))
        .at("/docs", get(document::docs_page))
        .at("/docs/scalar.js", get(document::docs_script.with(compression())))
        .at("/openapi.json", get(document::openapi_json.with(compression())))
        .at("/api/asyncapi.json", get(asyncapi::asyncapi_json.with(compression())));
    let plain = v1::plain(plain).data(metrics).data(service.clone());
    Frame {
        service: service.clone(),
        routes: Routes::new(&document::document(), frame::PREFIX),
        proxies: config.trusted_proxies.clone(),
        tls: config.tls.is_some(),
        bodies: Bodies::new(document::document()),
        api: operations.with(panics()).map_to_response().boxed(),
        plain: plain.with(panics()).map_to_response().boxed(),
        pages: pages::page
            .with(compression())
            .into_endpoint()
            .map_to_response()
            .boxed(),
    }
}

/// What makes texts smaller on their way. Not Brotli: at the speed at which it can be done while somebody waits it makes scripts a
/// third larger than gzip does.
fn compression() -> Compression {
    Compression::new().algorithms([CompressionAlgo::GZIP, CompressionAlgo::DEFLATE])
}

fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let cannot = "Cannot set up the metrics";
    let full = |name: &str| Matcher::Full(name.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .context(cannot)?
        .set_buckets_for_metric(full(measures::DEVICE_DURATION), &DEVICE_BUCKETS)
        .context(cannot)?
        .set_buckets_for_metric(full(measures::BATCH_ENTRIES), &ENTRY_BUCKETS)
        .context(cannot)?
        .install_recorder()
        .context(cannot)?;
    measures::describe();
    Ok(handle)
}

/// Metrics on an address of their own, for who may ask without a token.
async fn serve_metrics(
    service: &Service,
    address: std::net::SocketAddr,
    metrics: PrometheusHandle,
) -> anyhow::Result<()> {
    let acceptor = TcpListener::bind(address).into_acceptor().await;
    let acceptor = acceptor.with_context(|| format!("Cannot listen on {address} for the metrics"))?;
    let bound = acceptor.local_addr();
    for address in &bound {
        eprintln!("showrun: metrics on {address}");
        if let Some(address) = address.as_socket_addr() {
            service.serves_on(*address);
        }
    }
    let stopping = service.stopping().clone();
    let route = Route::new()
        .at("/metrics", get(metrics_text))
        .data(metrics)
        .data(service.clone());
    tokio::spawn(async move {
        let server = Server::new_with_acceptor(acceptor).idle_timeout(IDLE);
        let stop = async move { stopping.cancelled().await };
        let _ = server.run_with_graceful_shutdown(route, stop, Some(GRACE)).await;
    });
    Ok(())
}

async fn tidy(service: Service, metrics: PrometheusHandle) {
    let mut turn = tokio::time::interval(TIDY);
    loop {
        turn.tick().await;
        metrics.run_upkeep();
        for result in [
            service.auth_tidy().await,
            service.audit_tidy().await,
            service.expire().await,
            service.retention_tidy().await,
            service.changes_tidy().await,
            service.mirror_tidy().await,
        ] {
            if let Err(error) = result {
                tracing::warn!(%error, "not everything could be tidied up");
            }
        }
    }
}

/// Waits for SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

/// The process answers.
#[handler]
fn healthz() -> Response {
    problem::health(true)
}

/// Requests can be answered.
#[handler]
async fn readyz(visitor: Visitor) -> Response {
    problem::health(visitor.service.is_ready().await)
}

#[handler]
fn metrics_text(metrics: Data<&PrometheusHandle>, service: Data<&Service>) -> Response {
    service.measure();
    Response::builder()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(metrics.render())
}
