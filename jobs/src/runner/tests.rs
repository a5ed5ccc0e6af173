//! What the runner does with jobs before and between their sessions. Devices here are listeners that never speak SSH.

use std::{future::Future, net::Ipv4Addr, pin::Pin};

use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::{
    Credentials, Device, HostKeyDecision,
    capture::{CaptureWriter, SinkFuture},
};

/// Longest time that anything here may take.
const LONG: Duration = Duration::from_secs(20);

struct AnyKey;

impl HostKeys for AnyKey {
    fn check(&self, _host: &str, _key: &str) -> HostKeyDecision {
        HostKeyDecision::Accept
    }
}

struct NoSink;

struct NoWriter;

impl CaptureSink for NoSink {
    fn begin(&self, _job: &DeviceJob, _capture_type: &str) -> std::io::Result<Box<dyn CaptureWriter>> {
        Ok(Box::new(NoWriter))
    }
}

impl CaptureWriter for NoWriter {
    fn write<'a>(&'a mut self, _text: &'a [u8]) -> SinkFuture<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>, _verdict: Verdict) -> SinkFuture<'static> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn runner(max_sessions: usize) -> Runner {
    Runner::new(
        Arc::new(Catalogue::shipped()),
        Arc::new(AnyKey),
        Arc::new(NoSink),
        Breaker::new(3),
        max_sessions,
    )
}

fn job(address: &str, port: u16) -> DeviceJob {
    DeviceJob {
        device: Device {
            address: address.to_owned(),
            port,
            site: "one".to_owned(),
            ..Device::default()
        },
        platform: Catalogue::shipped().platform("cisco_ios"),
        capture_types: vec!["version".to_owned()],
        credentials: Arc::new(Credentials {
            username: "u".to_owned(),
            password: Some(SecretString::from("p")),
            ..Credentials::default()
        }),
    }
}

/// A run under way, and its events.
struct Running<'r> {
    run: Pin<Box<dyn Future<Output = ()> + 'r>>,
    events: mpsc::Receiver<Event>,
    kinds: Vec<(usize, Option<FailureKind>)>,
    started: Vec<usize>,
}

impl<'r> Running<'r> {
    fn of(runner: &'r Runner, jobs: Vec<DeviceJob>, options: RunOptions, cancel: &Cancel) -> Self {
        let (sender, events) = mpsc::channel(100);
        Self {
            run: Box::pin(runner.run(jobs, options, sender, cancel.clone())),
            events,
            kinds: Vec::new(),
            started: Vec::new(),
        }
    }

    /// Goes on until `until` is ready, or the run is over.
    async fn up_to<T>(&mut self, until: impl Future<Output = T>) -> Option<T> {
        let all = async {
            tokio::pin!(until);
            loop {
                tokio::select! {
                    biased;
                    Some(event) = self.events.recv() => match event {
                        Event::DeviceStarted { job, .. } => self.started.push(job),
                        Event::DeviceCompleted { job, report } => self.kinds.push((job, report.failure_kind)),
                        Event::CaptureCompleted { .. } => {}
                    },
                    what = &mut until => return Some(what),
                    () = &mut self.run => return None,
                }
            }
        };
        tokio::time::timeout(LONG, all).await.expect("it hangs")
    }

    async fn finish(mut self) -> (Vec<usize>, Vec<(usize, Option<FailureKind>)>) {
        assert!(self.up_to(std::future::pending::<()>()).await.is_none());
        while let Ok(event) = self.events.try_recv() {
            if let Event::DeviceCompleted { job, report } = event {
                self.kinds.push((job, report.failure_kind));
            }
        }
        self.kinds.sort_unstable_by_key(|(job, _)| *job);
        (self.started, self.kinds)
    }
}

async fn silent_device() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

#[tokio::test]
async fn a_device_that_never_opens_a_session_hands_its_place_at_the_site_on() {
    let (listener, port) = silent_device().await;
    let forbidden: SocketAddr = "192.0.2.1:22".parse().unwrap();
    let rule: AddressRule = Arc::new(move |address| (address.ip() == forbidden.ip()).then(|| "not allowed".to_owned()));
    let runner = runner(10).with_addresses(rule);
    let mut jobs = vec![job("127.0.0.1", port)];
    jobs.extend((0..4).map(|_| job("192.0.2.1", 22)));
    jobs.push(job("no-such-name.invalid", 22));
    jobs.extend((0..4).map(|_| job("192.0.2.1", 22)));
    let options = RunOptions {
        max_per_site: 1,
        limits: SessionLimits {
            connect: Duration::from_secs(2),
            ..SessionLimits::default()
        },
        ..RunOptions::default()
    };
    let cancel = Cancel::default();
    let mut running = Running::of(&runner, jobs, options, &cancel);
    // The first one holds the only place until it is let go.
    let stream = running.up_to(accept(&listener)).await.expect("the first session");
    drop(stream);
    let (started, kinds) = running.finish().await;
    assert_eq!(started, [0]);
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    assert_eq!(kinds[5].1, Some(FailureKind::DnsFailed));
    for (job, kind) in kinds.iter().filter(|(job, _)| ![0, 5].contains(job)) {
        assert_eq!(*kind, Some(FailureKind::AddressForbidden), "{job}");
    }
}

#[tokio::test]
async fn a_device_without_a_session_to_spare_stays_queued_and_can_be_cancelled() {
    let (listener, port) = silent_device().await;
    let (other_listener, other_port) = silent_device().await;
    let runner = runner(1);
    let (cancel, cancel_other) = (Cancel::default(), Cancel::default());
    let mut running = Running::of(&runner, vec![job("127.0.0.1", port)], RunOptions::default(), &cancel);
    let stream = running.up_to(accept(&listener)).await.expect("the only session");

    let mut other = Running::of(
        &runner,
        vec![job("127.0.0.1", other_port)],
        RunOptions::default(),
        &cancel_other,
    );
    let moment = tokio::time::sleep(Duration::from_millis(50));
    other
        .up_to(moment)
        .await
        .expect("it waits for the session of the other run");
    assert_eq!(
        other.started,
        Vec::<usize>::new(),
        "told to have started without a session"
    );
    cancel_other.gracefully();
    let (started, kinds) = other.finish().await;
    assert_eq!((started, kinds), (vec![], vec![(0, Some(FailureKind::Cancelled))]));

    let mut third = Running::of(
        &runner,
        vec![job("127.0.0.1", other_port)],
        RunOptions::default(),
        &cancel,
    );
    third.up_to(tokio::task::yield_now()).await.expect("it waits, too");
    drop(stream);
    let (_, kinds) = running.finish().await;
    assert_eq!(kinds.len(), 1);
    let stream = third.up_to(accept(&other_listener)).await.expect("its turn has come");
    drop(stream);
    let (started, _) = third.finish().await;
    assert_eq!(started, [0]);
}
