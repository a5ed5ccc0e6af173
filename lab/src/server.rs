//! The SSH side of a device: accepts connections, checks logins, carries out what a [`Shell`] wants.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey, run_stream,
};
use russh::{Channel, ChannelId, Pty};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::act::{Act, PIECE};
use crate::device::{Device, Tally, lock};
use crate::dialect;
use crate::fault::Fault;
use crate::handshake;
use crate::platform::Platform;
use crate::shell::Shell;
use crate::wire::{Switch, Wire};

/// So long a listener waits after it could not accept.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Accepts connections for a device until it is told to stop.
pub(crate) async fn listen(device: Arc<Device>, listener: TcpListener, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely; a later turn may find one.
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let (device, stop) = (Arc::clone(&device), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = connection(device, stream) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

/// Counts a connection that is open, or one whose login is not done, until it is dropped.
struct Count {
    device: Arc<Device>,
    of: fn(&Tally) -> &AtomicU64,
    /// How many there were before this one.
    earlier: u64,
}

impl Count {
    fn new(device: &Arc<Device>, of: fn(&Tally) -> &AtomicU64) -> Count {
        Count {
            device: Arc::clone(device),
            of,
            earlier: of(&device.tally).fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        (self.of)(&self.device.tally).fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connection(device: Arc<Device>, mut stream: TcpStream) {
    device.tally.connections.fetch_add(1, Ordering::Relaxed);
    let open = Count::new(&device, |tally| &tally.connected);
    let login = Count::new(&device, |tally| &tally.logging_in);
    let fault = device.fault();
    match fault {
        Some(Fault::MaxSessions1) if open.earlier > 0 => return,
        Some(Fault::MaxStartups) if login.earlier > 0 => return,
        _ => {}
    }
    if handshake::before_ssh(fault, &mut stream).await {
        return;
    }
    let _ = stream.set_nodelay(true);
    let changed_key = fault == Some(Fault::HostkeyChanges) && device.tally.handshakes.load(Ordering::Relaxed) > 0;
    let made = match fault {
        Some(Fault::LegacyOnly) => {
            let device = Arc::clone(&device);
            tokio::task::spawn_blocking(move || handshake::config(&device, fault, changed_key))
                .await
                .ok()
        }
        _ => Some(handshake::config(&device, fault, changed_key)),
    };
    let Some(Ok(config)) = made else { return };
    let (wire, switch) = Wire::new(stream);
    let client = Client::new(Arc::clone(&device), fault, Arc::clone(&switch), login);
    let Ok(running) = run_stream(config, wire, client).await else {
        return;
    };
    device.tally.handshakes.fetch_add(1, Ordering::Relaxed);
    // The session is a task of its own; when this future is dropped the connection has to go with it.
    let _guard = CutOnDrop(switch);
    let _ = running.await;
}

struct CutOnDrop(Arc<Switch>);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// The shell of a channel, shared by the session and by the task that carries out slow acts.
struct Terminal {
    shell: Mutex<Shell>,
    wake: Notify,
    /// Output went through the session's queue once, so all output has to, or it would overtake what is still there.
    queued: AtomicBool,
    switch: Arc<Switch>,
    packet_size: usize,
}

/// One client.
struct Client {
    device: Arc<Device>,
    fault: Option<Fault>,
    switch: Arc<Switch>,
    user: String,
    login: Option<Count>,
    logged_in: bool,
    asked_for_otp: bool,
    /// Questions of the keyboard-interactive login that was begun last.
    asked: u8,
    rows: u32,
    pty: bool,
    channel: Option<(ChannelId, Arc<Terminal>)>,
}

impl Client {
    fn new(device: Arc<Device>, fault: Option<Fault>, switch: Arc<Switch>, login: Count) -> Client {
        Client {
            device,
            fault,
            switch,
            user: String::new(),
            login: Some(login),
            logged_in: false,
            asked_for_otp: false,
            asked: 0,
            rows: 0,
            pty: false,
            channel: None,
        }
    }

    /// Refuses a secret.
    fn refuse(&self) -> Auth {
        self.device.tally.auth_failures.fetch_add(1, Ordering::Relaxed);
        Auth::reject()
    }

    fn known_user(&self, user: &str) -> bool {
        let name = match self.device.platform() {
            Platform::MikrotikRouteros => user.split_once('+').map_or(user, |(name, _)| name),
            _ => user,
        };
        name == self.device.shared.username
    }

    async fn check(&mut self, user: &str, secret: &str) -> anyhow::Result<bool> {
        self.device.tally.auth_attempts.fetch_add(1, Ordering::Relaxed);
        user.clone_into(&mut self.user);
        match self.fault {
            Some(Fault::AuthSilent) => std::future::pending().await,
            // An error ends the connection.
            Some(Fault::AuthCut) => anyhow::bail!("the device closes the connection"),
            _ => {}
        }
        let right = self.known_user(user) && secret == self.device.shared.password;
        Ok(right && self.fault != Some(Fault::AuthRefused))
    }

    fn open_shell(&mut self, channel: ChannelId, session: &mut Session, command: Option<&[u8]>) {
        let mut shell = Shell::new(Arc::clone(&self.device), self.fault, &self.user, self.rows, self.pty);
        match command {
            None => shell.open(),
            Some(line) => shell.run_once(line),
        }
        let terminal = Arc::new(Terminal {
            shell: Mutex::new(shell),
            wake: Notify::new(),
            queued: AtomicBool::new(false),
            switch: Arc::clone(&self.switch),
            packet_size: self.device.shared.packet_size,
        });
        self.channel = Some((channel, Arc::clone(&terminal)));
        drive(&terminal, channel, session);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.logged_in {
            self.device.tally.session_closed();
        }
        if let Some((_, terminal)) = &self.channel {
            // Nobody is left to wait for, however slow the device is.
            lock(&terminal.shell).abandon();
            terminal.wake.notify_one();
        }
    }
}

/// Carries out acts at once, as far as they need no time; a task does the others.
fn drive(terminal: &Arc<Terminal>, channel: ChannelId, session: &mut Session) {
    loop {
        let act = {
            let mut shell = lock(&terminal.shell);
            let Some(act) = shell.next() else { return };
            if !matches!(act, Act::Send(_) | Act::Close(_)) {
                terminal.queued.store(true, Ordering::Relaxed);
            }
            shell.busy = terminal.queued.load(Ordering::Relaxed);
            act
        };
        match act {
            Act::Send(bytes) if !terminal.queued.load(Ordering::Relaxed) => {
                for piece in pieces(bytes, terminal.packet_size) {
                    if session.data(channel, piece).is_err() {
                        return;
                    }
                }
            }
            Act::Close(status) if !terminal.queued.load(Ordering::Relaxed) => {
                let _ = session.exit_status_request(channel, status);
                let _ = session.eof(channel);
                let _ = session.close(channel);
                return;
            }
            slow => {
                tokio::spawn(drive_slowly(Arc::clone(terminal), channel, session.handle(), slow));
                return;
            }
        }
    }
}

async fn drive_slowly(terminal: Arc<Terminal>, channel: ChannelId, handle: Handle, first: Act) {
    let mut act = first;
    loop {
        let alive = match act {
            Act::Send(bytes) => send(&terminal, channel, &handle, bytes).await,
            Act::Pause(time) => {
                tokio::select! {
                    () = sleep(time) => {}
                    () = terminal.wake.notified() => {}
                }
                true
            }
            Act::Stream(mut pieces, every) => {
                let mut alive = true;
                while let Some(piece) = pieces.next().filter(|_| alive) {
                    tokio::select! {
                        sent = send(&terminal, channel, &handle, piece) => alive = sent,
                        () = terminal.wake.notified() => break,
                    }
                    if !every.is_zero() {
                        sleep(every).await;
                    }
                }
                alive
            }
            Act::Stall => false,
            Act::Close(status) => {
                let _ = handle.exit_status_request(channel, status).await;
                let _ = handle.eof(channel).await;
                let _ = handle.close(channel).await;
                false
            }
            Act::Cut => {
                terminal.switch.cut();
                false
            }
            Act::Reset => {
                terminal.switch.reset();
                false
            }
        };
        if !alive {
            return;
        }
        let mut shell = lock(&terminal.shell);
        // An interrupt that came between two acts has changed what is next; it must not cut short what comes then.
        std::pin::pin!(terminal.wake.notified()).as_mut().enable();
        match shell.next() {
            Some(next) => act = next,
            None => {
                shell.busy = false;
                return;
            }
        }
    }
}

async fn send(terminal: &Terminal, channel: ChannelId, handle: &Handle, bytes: Bytes) -> bool {
    for piece in pieces(bytes, terminal.packet_size) {
        if handle.data(channel, piece).await.is_err() {
            return false;
        }
    }
    true
}

/// The bytes in pieces of at most `size`; 0: the SSH library cuts them as large as the client allows.
fn pieces(bytes: Bytes, size: usize) -> impl Iterator<Item = Bytes> {
    let size = if size == 0 { bytes.len().max(PIECE) } else { size };
    let length = bytes.len();
    (0..length)
        .step_by(size)
        .map(move |from| bytes.slice(from..length.min(from + size)))
}

impl Handler for Client {
    type Error = anyhow::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        if self.fault == Some(Fault::LoginCut) {
            anyhow::bail!("the device closes the connection");
        }
        Ok(Auth::reject())
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        // A client may try a method that was not offered; what it sent is a secret all the same.
        let offered = !matches!(
            self.fault,
            Some(
                Fault::PublickeyOnly | Fault::Kbdint | Fault::Kbdint2step | Fault::KbdintUsername | Fault::KbdintAgain
            )
        );
        let right = self.check(user, password).await?;
        if right && offered {
            return Ok(Auth::Accept);
        }
        Ok(self.refuse())
    }

    async fn auth_publickey_offered(&mut self, user: &str, _offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        // A key that is not known is refused before anything is signed with it.
        let known = self.fault == Some(Fault::PublickeyOnly) && self.known_user(user);
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, _key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.device.tally.auth_attempts.fetch_add(1, Ordering::Relaxed);
        if self.fault == Some(Fault::PublickeyOnly) && self.known_user(user) {
            user.clone_into(&mut self.user);
            return Ok(Auth::Accept);
        }
        Ok(self.refuse())
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let ask_all = |prompts: &[(&'static str, bool)]| Auth::Partial {
            name: "".into(),
            instructions: "".into(),
            prompts: prompts.iter().map(|(text, echo)| ((*text).into(), *echo)).collect(),
        };
        let ask = |text: &'static str| ask_all(&[(text, false)]);
        if self.fault == Some(Fault::PublickeyOnly) {
            return Ok(Auth::reject());
        }
        let Some(mut response) = response else {
            self.asked_for_otp = false;
            self.asked = 1;
            return Ok(match self.fault {
                Some(Fault::KbdintUsername) => ask_all(&[]),
                _ => ask("Password: "),
            });
        };
        let mut next = || {
            let bytes = response.next();
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        self.asked += 1;
        if self.fault == Some(Fault::KbdintUsername) {
            if self.asked == 2 {
                return Ok(ask_all(&[("Username: ", true), ("Password: ", false)]));
            }
            if next().as_deref() != Some(user) {
                return Ok(Auth::reject());
            }
        }
        let answer = next().unwrap_or_default();
        if answer.is_empty() {
            // Somebody gave up; no secret was tried.
            return Ok(Auth::reject());
        }
        if self.asked_for_otp {
            self.device.tally.auth_attempts.fetch_add(1, Ordering::Relaxed);
            if answer == self.device.shared.password {
                self.device.tally.secrets_typed.fetch_add(1, Ordering::Relaxed);
            }
            return Ok(self.refuse());
        }
        if self.fault == Some(Fault::KbdintAgain) {
            self.check(user, &answer).await?;
            self.device.tally.auth_failures.fetch_add(1, Ordering::Relaxed);
            return Ok(ask("Password: "));
        }
        if !self.check(user, &answer).await? {
            return Ok(self.refuse());
        }
        if self.fault == Some(Fault::Kbdint2step) {
            self.asked_for_otp = true;
            return Ok(ask("One-time password (OTP): "));
        }
        Ok(Auth::Accept)
    }

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(self.device.view().and_then(|view| dialect::login_banner(&view)))
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.login = None;
        self.logged_in = true;
        self.device.tally.logins.fetch_add(1, Ordering::Relaxed);
        self.device.tally.session_opened();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    /// Servers carry connections to other devices of the lab.
    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let address = host.parse().ok().zip(u16::try_from(port).ok());
        let address = address.map(|(ip, port)| SocketAddr::new(ip, port));
        let Some(address) = address.filter(|to| to.ip().is_loopback() && self.device.platform() == Platform::Linux)
        else {
            return Ok(());
        };
        let Ok(mut stream) = TcpStream::connect(address).await else {
            return Ok(());
        };
        reply.accept().await;
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut channel.into_stream(), &mut stream).await });
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.fault == Some(Fault::PtyRefused) {
            session.channel_failure(channel)?;
            return Ok(());
        }
        self.rows = rows;
        self.pty = true;
        session.channel_success(channel)?;
        Ok(())
    }

    async fn window_change_request(
        &mut self,
        _channel: ChannelId,
        _columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some((_, terminal)) = self.channel.as_ref().filter(|_| rows > 0) {
            lock(&terminal.shell).rows = rows as usize;
        }
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)?;
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        // Devices have one command line a connection.
        if matches!(self.fault, Some(Fault::ShellRefused)) || self.channel.is_some() {
            session.channel_failure(channel)?;
            return Ok(());
        }
        session.channel_success(channel)?;
        self.device.tally.shells.fetch_add(1, Ordering::Relaxed);
        self.open_shell(channel, session, None);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if matches!(self.fault, Some(Fault::ShellRefused)) || self.channel.is_some() {
            session.channel_failure(channel)?;
            return Ok(());
        }
        session.channel_success(channel)?;
        self.open_shell(channel, session, Some(command));
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let Some((_, terminal)) = self.channel.as_ref().filter(|(own, _)| *own == channel) else {
            return Ok(());
        };
        let busy = {
            let mut shell = lock(&terminal.shell);
            let wake = shell.typed(data);
            if wake {
                terminal.wake.notify_one();
            }
            shell.busy
        };
        if !busy {
            let terminal = Arc::clone(terminal);
            drive(&terminal, channel, session);
        }
        Ok(())
    }
}
