//! Many devices at once: workers, limits per site, one session per device, retries, cancelling.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    breaker::{Breaker, Identity, Logins},
    capture::CaptureSink,
    catalogue::Catalogue,
    driver::{self, Attempt, AttemptContext, SessionLimits},
    error::{DeviceError, FailureKind},
    event::{CaptureReport, DeviceReport, DeviceStatus, Event},
    plan::DeviceJob,
    platform::Platform,
    transcript::Transcript,
    transport::{HostKeys, JumpHosts, KnownMethods, Negotiated, Target, resolve},
    verdict::Verdict,
};

/// Host names that are being looked up at the same time.
const LOOKUPS: usize = 32;

/// How one run goes about its devices.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// Sessions at the same time.
    pub max_workers: usize,
    /// Sessions at the same time to devices of one site; 0: no limit. Devices without a site are not counted.
    pub max_per_site: usize,
    /// Further attempts after a failure that may pass by itself.
    pub retries: u32,
    /// Pause before the first further attempt; it doubles with each.
    pub retry_pause: Duration,
    /// Refused logins in a row that close an identity; 0 turns this off, `None` is what the breaker has.
    pub auth_failure_limit: Option<u32>,
    /// The login identity that a login of this collection has succeeded with already, before it was interrupted.
    pub proven: Option<Identity>,
    /// Whether the transcripts of devices that succeed are handed over, too.
    pub keep_transcripts: bool,
    /// Whether transcripts are kept whole, up to half a MiB each, and not their head and end alone.
    pub whole_transcripts: bool,
    /// Limits of each session.
    pub limits: SessionLimits,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            max_workers: 50,
            max_per_site: 0,
            retries: 0,
            retry_pause: Duration::from_secs(2),
            auth_failure_limit: None,
            proven: None,
            keep_transcripts: false,
            whole_transcripts: false,
            limits: SessionLimits::default(),
        }
    }
}

/// Asks a run to end. Graceful: queued devices end at once, running ones after their command. Forced: all at once.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Cancel {
    /// Lets the commands that run come to their end.
    pub fn gracefully(&self) {
        self.stop.cancel();
    }

    /// Ends all sessions now.
    pub fn now(&self) {
        self.stop.cancel();
        self.abort.cancel();
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.stop.is_cancelled()
    }
}

type Lock = Arc<tokio::sync::Mutex<()>>;

/// One session at a time to each address, whoever asks.
#[derive(Default)]
struct SessionLocks {
    locks: Mutex<HashMap<String, Lock>>,
}

struct SessionLock {
    guard: Option<OwnedMutexGuard<()>>,
    key: String,
    locks: Arc<SessionLocks>,
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        self.guard = None;
        if let Ok(mut locks) = self.locks.locks.lock()
            && locks.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            locks.remove(&self.key);
        }
    }
}

impl SessionLocks {
    fn of(&self, key: &str) -> Lock {
        match self.locks.lock() {
            Ok(mut locks) => Arc::clone(locks.entry(key.to_owned()).or_default()),
            Err(_) => Lock::default(),
        }
    }
}

/// Decides which addresses may be connected to: why not, where one may not.
pub type AddressRule = Arc<dyn Fn(SocketAddr) -> Option<String> + Send + Sync>;

/// Holds new sessions back while it says why.
pub type Hold = watch::Receiver<Option<String>>;

/// What all runs of a process share.
pub struct Runner {
    catalogue: Arc<Catalogue>,
    host_keys: Arc<dyn HostKeys>,
    sink: Arc<dyn CaptureSink>,
    breaker: Arc<Breaker>,
    jumps: Arc<JumpHosts>,
    methods: Arc<KnownMethods>,
    locks: Arc<SessionLocks>,
    sessions: Arc<Semaphore>,
    max_sessions: usize,
    addresses: Option<AddressRule>,
    hold: Option<Hold>,
}

impl Runner {
    /// A runner that never has more than `max_sessions` sessions open, over all its runs.
    pub fn new(
        catalogue: Arc<Catalogue>,
        host_keys: Arc<dyn HostKeys>,
        sink: Arc<dyn CaptureSink>,
        breaker: Arc<Breaker>,
        max_sessions: usize,
    ) -> Self {
        let max_sessions = max_sessions.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            catalogue,
            host_keys,
            sink,
            breaker,
            jumps: Arc::default(),
            methods: Arc::default(),
            locks: Arc::default(),
            sessions: Arc::new(Semaphore::new(max_sessions)),
            max_sessions,
            addresses: None,
            hold: None,
        }
    }

    /// Refuses devices whose address the rule does not allow, also those that a name leads to.
    #[must_use]
    pub fn with_addresses(mut self, rule: AddressRule) -> Self {
        self.addresses = Some(rule);
        self
    }

    /// Starts no session while `hold` gives a reason; those that run go on.
    #[must_use]
    pub fn with_hold(mut self, hold: Hold) -> Self {
        self.hold = Some(hold);
        self
    }

    /// Sessions that are open now or being opened, over all runs.
    pub fn open_sessions(&self) -> usize {
        self.max_sessions.saturating_sub(self.sessions.available_permits())
    }

    /// Runs all jobs and returns when each has ended. Events go to `events`, which may be bounded: while it is full the
    /// run waits.
    pub async fn run(&self, jobs: Vec<DeviceJob>, options: RunOptions, events: mpsc::Sender<Event>, cancel: Cancel) {
        let (back, returned) = mpsc::unbounded_channel();
        let queue = (0..jobs.len()).map(Waiting::new).collect();
        let state = Dispatch {
            runner: self,
            jobs: jobs.into_iter().map(Arc::new).collect(),
            logins: self.breaker.logins_after(options.auth_failure_limit, options.proven),
            options,
            events,
            cancel,
            queue,
            sites: HashMap::new(),
            running: 0,
            away: 0,
            back,
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            permit: None,
        };
        state.run(returned).await;
    }
}

fn is_held(hold: Option<&mut Hold>) -> bool {
    hold.is_some_and(|hold| hold.borrow_and_update().is_some())
}

/// Waits until new sessions may start; for ever where nothing holds them back.
async fn released(hold: Option<&mut Hold>) {
    if let Some(hold) = hold
        && is_held(Some(hold))
        && hold.wait_for(Option::is_none).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// A job between its attempts, with what it has got so far.
struct Waiting {
    job: usize,
    attempt: u32,
    target: Option<Target>,
    lock: Option<SessionLock>,
    started: Option<Instant>,
    /// Complete captures of earlier attempts.
    done: Vec<Arc<CaptureReport>>,
    missing: Option<Vec<String>>,
    /// The session before, for a device that ends without another one.
    last: Option<LastSession>,
}

/// What is told of a session that is not the whole story.
struct LastSession {
    transcript: Transcript,
    negotiated: Option<Negotiated>,
    platform: Option<Arc<Platform>>,
}

impl LastSession {
    fn told(self, report: &mut DeviceReport, with_transcript: bool) {
        report.negotiated = self.negotiated;
        report.platform = self.platform.map(|platform| platform.slug.clone());
        if with_transcript || report.status != DeviceStatus::Succeeded {
            report.transcript = self.transcript.into_bytes();
        }
    }
}

impl Waiting {
    fn new(job: usize) -> Self {
        Self {
            job,
            attempt: 1,
            target: None,
            lock: None,
            started: None,
            done: Vec::new(),
            missing: None,
            last: None,
        }
    }
}

/// What comes back to the dispatcher.
enum Back {
    /// Resolved, locked, or rested: to be started.
    Ready(Waiting),
    /// Ended without a session.
    Failed(Waiting, DeviceError),
    /// An attempt is over.
    Attempted(Waiting, Box<Attempt>),
}

#[derive(Default)]
struct Site {
    running: usize,
    waiting: VecDeque<Waiting>,
}

struct Dispatch<'r> {
    runner: &'r Runner,
    jobs: Vec<Arc<DeviceJob>>,
    logins: Arc<Logins>,
    options: RunOptions,
    events: mpsc::Sender<Event>,
    cancel: Cancel,
    /// What may start as soon as there is a worker.
    queue: VecDeque<Waiting>,
    sites: HashMap<String, Site>,
    running: usize,
    /// Being resolved, waiting for a lock, or resting before a retry.
    away: usize,
    back: mpsc::UnboundedSender<Back>,
    lookups: Arc<Semaphore>,
    /// Of the sessions of all runs, the one that the next job may open. Held only while there is a job and a worker for it.
    permit: Option<OwnedSemaphorePermit>,
}

impl Dispatch<'_> {
    async fn run(mut self, mut returned: mpsc::UnboundedReceiver<Back>) {
        let stop = self.cancel.stop.clone();
        let mut hold = self.runner.hold.clone();
        loop {
            let mut short = false;
            while self.running < self.options.max_workers.max(1) && (!is_held(hold.as_mut()) || stop.is_cancelled()) {
                if self.queue.is_empty() {
                    break;
                }
                if self.permit.is_none() && !stop.is_cancelled() {
                    self.permit = Arc::clone(&self.runner.sessions).try_acquire_owned().ok();
                    short = self.permit.is_none();
                }
                if short {
                    break;
                }
                let Some(waiting) = self.queue.pop_front() else { break };
                self.advance(waiting).await;
            }
            self.permit = None;
            let parked = self.sites.values().any(|site| !site.waiting.is_empty());
            if self.running == 0 && self.away == 0 && self.queue.is_empty() && !parked {
                return;
            }
            tokio::select! {
                back = returned.recv() => match back {
                    Some(back) => self.take_back(back).await,
                    None => return,
                },
                () = stop.cancelled(), if !self.queue.is_empty() || parked => self.cancel_waiting().await,
                () = released(hold.as_mut()), if !self.queue.is_empty() => {}
                permit = Arc::clone(&self.runner.sessions).acquire_owned(), if short => self.permit = permit.ok(),
            }
        }
    }

    async fn cancel_waiting(&mut self) {
        let mut waiting: Vec<Waiting> = self.queue.drain(..).collect();
        for site in self.sites.values_mut() {
            waiting.extend(site.waiting.drain(..));
        }
        for one in waiting {
            self.fail(
                one,
                DeviceError::new(FailureKind::Cancelled, "Cancelled before it began"),
            )
            .await;
        }
    }

    /// Takes a job one step nearer to its session: its site, its address, its lock, and then the session itself, for which
    /// the permit is in hand.
    async fn advance(&mut self, mut waiting: Waiting) {
        if self.cancel.is_asked() {
            let error = DeviceError::new(FailureKind::Cancelled, "Cancelled before it began");
            return self.fail(waiting, error).await;
        }
        let Some(job) = self.jobs.get(waiting.job).cloned() else {
            return;
        };
        if let Err(error) = self.logins.check(&job.credentials) {
            return self.fail(waiting, error).await;
        }
        let capped = self.options.max_per_site > 0 && !job.device.site.is_empty();
        if capped {
            let site = self.sites.entry(job.device.site.clone()).or_default();
            if site.running >= self.options.max_per_site {
                site.waiting.push_back(waiting);
                return;
            }
        }
        let Some(target) = waiting.target.clone() else {
            return self.locate(waiting, &job);
        };
        if let (Some(refusal), Target::Direct(address)) = (&self.runner.addresses, &target)
            && let Some(message) = refusal(*address)
        {
            return self
                .fail(waiting, DeviceError::new(FailureKind::AddressForbidden, message))
                .await;
        }
        if waiting.lock.is_none() {
            let key = target.key();
            let lock = self.runner.locks.of(&key);
            let locks = Arc::clone(&self.runner.locks);
            match Arc::clone(&lock).try_lock_owned() {
                Ok(guard) => {
                    waiting.lock = Some(SessionLock {
                        guard: Some(guard),
                        key,
                        locks,
                    })
                }
                Err(_) => {
                    self.away += 1;
                    let (back, stop) = (self.back.clone(), self.cancel.stop.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            guard = lock.lock_owned() => {
                                waiting.lock = Some(SessionLock { guard: Some(guard), key, locks });
                            }
                            () = stop.cancelled() => {}
                        }
                        let _ = back.send(Back::Ready(waiting));
                    });
                    return;
                }
            }
        }
        let Some(permit) = self.permit.take() else {
            return self.queue.push_front(waiting);
        };
        if capped && let Some(site) = self.sites.get_mut(&job.device.site) {
            site.running += 1;
        }
        self.running += 1;
        self.start(waiting, job, target, permit).await;
    }

    /// Finds the address: at once where it is one already, else beside the others.
    fn locate(&mut self, mut waiting: Waiting, job: &Arc<DeviceJob>) {
        let device = &job.device;
        if !device.jump.is_empty() {
            let (hosts, address) = (device.jump.clone(), device.address.clone());
            waiting.target = Some(Target::Behind {
                hosts,
                address,
                port: device.port,
            });
            self.queue.push_front(waiting);
            return;
        }
        if let Ok(ip) = device.address.parse() {
            waiting.target = Some(Target::Direct(SocketAddr::new(ip, device.port)));
            self.queue.push_front(waiting);
            return;
        }
        self.away += 1;
        let (back, lookups, job) = (self.back.clone(), Arc::clone(&self.lookups), Arc::clone(job));
        let limit = self.options.limits.connect;
        tokio::spawn(async move {
            let _permit = lookups.acquire().await;
            let device = &job.device;
            let found = tokio::time::timeout(limit, resolve(&device.address, device.port)).await;
            let _ = back.send(match found {
                Ok(Ok(address)) => {
                    waiting.target = Some(Target::Direct(address));
                    Back::Ready(waiting)
                }
                Ok(Err(error)) => Back::Failed(waiting, error),
                Err(_) => {
                    let message = format!("Cannot resolve {}: no answer in time", device.address);
                    Back::Failed(waiting, DeviceError::new(FailureKind::DnsFailed, message))
                }
            });
        });
    }

    async fn start(&mut self, mut waiting: Waiting, job: Arc<DeviceJob>, target: Target, permit: OwnedSemaphorePermit) {
        waiting.started.get_or_insert_with(Instant::now);
        let started = Event::DeviceStarted {
            job: waiting.job,
            attempt: waiting.attempt,
        };
        let _ = self.events.send(started).await;
        let runner = self.runner;
        let context = AttemptContext {
            target,
            host_keys: Arc::clone(&runner.host_keys),
            jumps: Arc::clone(&runner.jumps),
            methods: Arc::clone(&runner.methods),
            sink: Arc::clone(&runner.sink),
            catalogue: Arc::clone(&runner.catalogue),
            limits: self.options.limits,
            logins: Arc::clone(&self.logins),
            stop: self.cancel.stop.clone(),
            abort: self.cancel.abort.clone(),
            events: self.events.clone(),
            whole_transcript: self.options.whole_transcripts,
            job: waiting.job,
        };
        let back = self.back.clone();
        tokio::spawn(async move {
            let attempt = match &waiting.missing {
                None => driver::attempt(&job, &context).await,
                Some(missing) => {
                    let rest = DeviceJob {
                        capture_types: missing.clone(),
                        ..DeviceJob::clone(&job)
                    };
                    driver::attempt(&rest, &context).await
                }
            };
            drop(permit);
            waiting.lock = None;
            let _ = back.send(Back::Attempted(waiting, Box::new(attempt)));
        });
    }

    async fn take_back(&mut self, back: Back) {
        match back {
            Back::Ready(waiting) => {
                self.away -= 1;
                self.queue.push_front(waiting);
            }
            Back::Failed(waiting, error) => {
                self.away -= 1;
                self.fail(waiting, error).await;
            }
            Back::Attempted(waiting, attempt) => {
                self.running -= 1;
                self.leave_site(&waiting);
                self.after(waiting, *attempt).await;
            }
        }
    }

    fn leave_site(&mut self, waiting: &Waiting) {
        let Some(job) = self.jobs.get(waiting.job) else { return };
        if let Some(site) = self.sites.get_mut(&job.device.site) {
            site.running = site.running.saturating_sub(1);
        }
        self.release_next(waiting.job);
    }

    /// Gives the place of a job that is through, or never came to need it, to the next one of its site.
    fn release_next(&mut self, job: usize) {
        let Some(job) = self.jobs.get(job) else { return };
        if let Some(site) = self.sites.get_mut(&job.device.site)
            && site.running < self.options.max_per_site
            && let Some(next) = site.waiting.pop_front()
        {
            self.queue.push_front(next);
        }
    }

    /// Decides between a retry and the end.
    async fn after(&mut self, mut waiting: Waiting, attempt: Attempt) {
        let session = LastSession {
            transcript: attempt.transcript,
            negotiated: attempt.negotiated,
            platform: attempt.platform,
        };
        let (complete, rest): (Vec<_>, Vec<_>) = attempt
            .captures
            .into_iter()
            .partition(|capture| capture.verdict == Verdict::Complete);
        let kind = match &attempt.error {
            Some(error) => Some(error.kind),
            None => rest.first().map(|capture| capture.verdict.failure_kind()),
        };
        let again = waiting.attempt <= self.options.retries
            && !self.cancel.is_asked()
            && kind.is_some_and(FailureKind::is_transient);
        if again {
            waiting.done.extend(complete);
            waiting.last = Some(session);
            if !rest.is_empty() {
                waiting.missing = Some(rest.iter().map(|capture| capture.capture_type.clone()).collect());
            }
            let doubled = 2u32.saturating_pow((waiting.attempt - 1).min(6));
            waiting.attempt += 1;
            self.away += 1;
            let (back, pause) = (self.back.clone(), self.options.retry_pause.saturating_mul(doubled));
            let (pause, stop) = (pause.mul_f64(rand::random_range(0.75..1.25)), self.cancel.stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => {}
                }
                let _ = back.send(Back::Ready(waiting));
            });
            return;
        }
        for capture in rest.iter().filter(|capture| capture.verdict != Verdict::NotRun) {
            let _ = self
                .events
                .send(Event::CaptureCompleted {
                    job: waiting.job,
                    capture: Arc::clone(capture),
                })
                .await;
        }
        let mut captures = std::mem::take(&mut waiting.done);
        captures.extend(complete);
        captures.extend(rest);
        if let Some(job) = self.jobs.get(waiting.job) {
            let place =
                |capture: &Arc<CaptureReport>| job.capture_types.iter().position(|name| *name == capture.capture_type);
            captures.sort_by_key(place);
        }
        let mut report = DeviceReport::decide(captures, attempt.reason);
        session.told(&mut report, self.options.keep_transcripts);
        self.end(waiting, report).await;
    }

    async fn fail(&mut self, mut waiting: Waiting, error: DeviceError) {
        let mut captures = std::mem::take(&mut waiting.done);
        if let Some(job) = self.jobs.get(waiting.job)
            && let Some(platform) = &job.platform
        {
            let planned = job.captures(platform);
            let open = planned
                .iter()
                .filter(|one| !captures.iter().any(|done| done.capture_type == one.capture_type));
            let open: Vec<_> = open.map(|one| Arc::new(driver::not_run(one))).collect();
            captures.extend(open);
        }
        let mut report = DeviceReport::decide(captures, Some(error));
        if let Some(session) = waiting.last.take() {
            session.told(&mut report, self.options.keep_transcripts);
        }
        // It was let go for a place that it does not take; no other session may be left to hand that on.
        self.release_next(waiting.job);
        self.end(waiting, report).await;
    }

    async fn end(&mut self, waiting: Waiting, mut report: DeviceReport) {
        report.attempt = waiting.attempt;
        let duration = waiting.started.map(|started| started.elapsed()).unwrap_or_default();
        report.duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let _ = self
            .events
            .send(Event::DeviceCompleted {
                job: waiting.job,
                report: Box::new(report),
            })
            .await;
    }
}

#[cfg(test)]
mod tests;
