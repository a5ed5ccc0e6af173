//! The command line of a device on one channel: reads what is typed, decides what happens next.
//!
//! It does no I/O. [`Shell::typed`] takes bytes, [`Shell::next`] gives the next [`Act`]; whoever owns the channel
//! carries acts out one by one, and nothing that was typed is read before all acts of the line before it are done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use crate::act::{Act, crlf};
use crate::answer;
use crate::device::Device;
use crate::dialect::{self, PagerStyle, Verb};
use crate::fault::Fault;
use crate::platform::Platform;
use crate::text::Kind;

/// Lines of a terminal whose height nobody told.
const USUAL_ROWS: usize = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Prompt,
    /// The password prompt of `enable`, and how many times it was asked.
    EnablePassword(u8),
    /// Output waits for a key.
    Pager,
    /// A question about a new password.
    NewPassword,
    /// Says nothing more.
    Deaf,
    Closed,
}

pub(crate) struct Pager {
    pub(crate) text: Vec<u8>,
    pub(crate) from: usize,
    pub(crate) style: PagerStyle,
}

/// See the module.
pub(crate) struct Shell {
    pub(crate) device: Arc<Device>,
    pub(crate) fault: Option<Fault>,
    pub(crate) platform: Platform,
    user: String,
    pub(crate) host: String,
    pub(crate) rows: usize,
    /// Without a terminal a server's shell neither echoes nor prompts.
    pub(crate) terminal: bool,
    colours: bool,
    input: VecDeque<u8>,
    pub(crate) queue: VecDeque<Act>,
    pub(crate) out: Vec<u8>,
    line: Vec<u8>,
    /// Characters of a line that was shifted sideways that are to be seen.
    on_screen: usize,
    pub(crate) mode: Mode,
    pub(crate) privileged: bool,
    pub(crate) paging: bool,
    pub(crate) pager: Option<Pager>,
    pub(crate) commands: u32,
    /// A show command has run.
    shown: bool,
    after_return: bool,
    /// Somebody carries out a slow act; only they may ask for the next one.
    pub(crate) busy: bool,
}

impl Shell {
    pub(crate) fn new(device: Arc<Device>, fault: Option<Fault>, login: &str, rows: u32, terminal: bool) -> Shell {
        let platform = device.platform();
        let (user, suffix) = match platform {
            Platform::MikrotikRouteros => login.split_once('+').unwrap_or((login, "")),
            _ => (login, ""),
        };
        Shell {
            platform,
            fault,
            host: device.view().map(|view| view.name().to_owned()).unwrap_or_default(),
            privileged: !device.starts_unprivileged(),
            paging: dialect::pager(platform).is_some(),
            colours: platform == Platform::MikrotikRouteros && !suffix.contains('c'),
            user: user.to_owned(),
            device,
            rows: if rows == 0 { USUAL_ROWS } else { rows as usize },
            terminal: terminal || platform != Platform::Linux,
            input: VecDeque::new(),
            queue: VecDeque::new(),
            out: Vec::new(),
            line: Vec::new(),
            on_screen: 0,
            mode: Mode::Prompt,
            pager: None,
            commands: 0,
            shown: false,
            after_return: false,
            busy: false,
        }
    }

    /// What is printed before anything was typed.
    pub(crate) fn open(&mut self) {
        let mut motd = String::new();
        if let Some(view) = self.device.view().filter(|_| self.terminal) {
            dialect::motd(&view, &mut motd);
        }
        match self.fault {
            Some(Fault::MotdHash) => {
                motd.push_str(&format!(
                    "{0}#\r\n{0}>\r\n### all work is logged\r\nAccess #\r\n",
                    self.host
                ));
            }
            Some(Fault::PasswordAgeWarning) => motd.push_str("Warning: your password will expire in 3 days.\r\n"),
            _ => {}
        }
        self.out.extend_from_slice(motd.as_bytes());
        match self.fault {
            Some(Fault::NoPrompt) => self.mode = Mode::Deaf,
            Some(Fault::PasswordExpired) => {
                self.out
                    .extend_from_slice(b"You must change your password. New password: ");
                self.mode = Mode::NewPassword;
            }
            Some(Fault::MoreAtLogin) => {
                let mut text = String::new();
                for n in 1..=self.rows * 2 + 3 {
                    text.push_str(&format!("Notice {n}: this network belongs to Example Networks.\n"));
                }
                self.deliver_paged(&text);
            }
            Some(Fault::LatePrompt(ms)) => {
                self.flush();
                self.queue.push_back(Act::Pause(Duration::from_millis(ms)));
                self.prompt();
            }
            _ => self.prompt(),
        }
        self.flush();
    }

    /// Takes what the client sent. True: somebody waits in a slow act and should be woken.
    pub(crate) fn typed(&mut self, data: &[u8]) -> bool {
        let interrupt = data.contains(&0x03) && self.busy && self.mode == Mode::Prompt;
        if interrupt {
            // What the device was doing ends here, and with it what was typed before.
            self.input.clear();
            self.queue.clear();
            let after = data.iter().rposition(|byte| *byte == 0x03).map_or(0, |at| at + 1);
            self.out.extend_from_slice(b"^C\r\n");
            self.prompt();
            self.flush();
            self.input.extend(data.get(after..).unwrap_or_default());
            return true;
        }
        if self.busy && self.platform == Platform::Linux && self.terminal {
            // The terminal driver echoes while no shell reads.
            let mut echo = Vec::new();
            for byte in data {
                match byte {
                    b'\r' | b'\n' => echo.extend_from_slice(b"\r\n"),
                    byte => echo.push(*byte),
                }
            }
            self.queue.push_back(Act::Send(echo.into()));
        }
        self.input.extend(data);
        false
    }

    /// What to do next; `None`: wait for input.
    pub(crate) fn next(&mut self) -> Option<Act> {
        loop {
            if let Some(act) = self.queue.pop_front() {
                return Some(act);
            }
            let byte = self.input.pop_front()?;
            self.read(byte);
            while self.queue.is_empty() {
                let Some(byte) = self.input.pop_front() else { break };
                self.read(byte);
            }
            self.flush();
        }
    }

    /// Forgets everything that was still to be done.
    pub(crate) fn abandon(&mut self) {
        self.mode = Mode::Closed;
        self.queue.clear();
        self.input.clear();
    }

    /// Moves collected output into the queue.
    pub(crate) fn flush(&mut self) {
        if !self.out.is_empty() {
            let out = std::mem::take(&mut self.out);
            self.queue.push_back(Act::Send(out.into()));
        }
    }

    fn read(&mut self, byte: u8) {
        let second_of_two = byte == b'\n' && std::mem::replace(&mut self.after_return, byte == b'\r');
        match self.mode {
            Mode::Closed | Mode::Deaf => {}
            _ if second_of_two => {}
            Mode::Pager => self.pager_key(byte),
            Mode::Prompt => self.prompt_key(byte),
            Mode::EnablePassword(tries) => self.password_key(byte, tries),
            Mode::NewPassword => self.new_password_key(byte),
        }
    }

    fn prompt_key(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                let line = std::mem::take(&mut self.line);
                self.echo_end(&line);
                self.execute(&line);
            }
            0x03 => {
                self.line.clear();
                self.out.extend_from_slice(if self.platform == Platform::Linux {
                    b"^C\r\n"
                } else {
                    b"\r\n"
                });
                self.prompt();
            }
            0x04 if self.line.is_empty() => self.exit(),
            0x08 | 0x7f => {
                if self.line.pop().is_some() && self.echoes() {
                    self.out.extend_from_slice(b"\x08 \x08");
                }
            }
            0x15 => {
                for _ in 0..std::mem::take(&mut self.line).len() {
                    self.out.extend_from_slice(b"\x08 \x08");
                }
            }
            0x00..=0x1f => {}
            byte => {
                self.line.push(byte);
                self.echo(byte);
            }
        }
    }

    fn echoes(&self) -> bool {
        self.terminal && self.fault != Some(Fault::NoEcho)
    }

    fn echo(&mut self, byte: u8) {
        if !self.echoes() {
            return;
        }
        let column = self.prompt_text().trim_start().chars().count() + self.line.len();
        match self.fault {
            Some(Fault::WrappedEcho) if column.is_multiple_of(40) => self.out.extend_from_slice(&[byte, b'\r', b'\n']),
            Some(Fault::RedrawnEcho) if column - self.line.len() + self.on_screen + 1 >= 40 => {
                // The line is shifted left: back to its start, a dollar, its tail, the rest blanked.
                self.out.extend(std::iter::repeat_n(0x08, self.on_screen));
                let tail = self.line.get(self.line.len().saturating_sub(9)..).unwrap_or_default();
                let blank = self.on_screen.saturating_sub(tail.len() + 1);
                self.on_screen = tail.len() + 1;
                self.out.push(b'$');
                self.out.extend_from_slice(tail);
                self.out.extend(std::iter::repeat_n(b' ', blank));
                self.out.extend(std::iter::repeat_n(0x08, blank));
            }
            Some(Fault::RedrawnEcho) => {
                self.out.push(byte);
                self.on_screen += 1;
            }
            _ => self.out.push(byte),
        }
    }

    fn echo_end(&mut self, line: &[u8]) {
        if !self.echoes() {
            if self.terminal {
                self.out.extend_from_slice(b"\r\n");
            }
            return;
        }
        self.out.extend_from_slice(b"\r\n");
        if self.fault == Some(Fault::DoubledEcho) && !line.is_empty() {
            self.out.extend_from_slice(line);
            self.out.extend_from_slice(b"\r\n");
        }
    }

    fn prompt_text(&self) -> String {
        match self.fault {
            Some(Fault::NoHostnamePrompt) if dialect::has_enable(self.platform) && self.privileged => {
                return "# ".to_owned();
            }
            Some(Fault::NoHostnamePrompt) => return "> ".to_owned(),
            Some(Fault::PromptChanges) if self.commands >= 2 => {
                return dialect::prompt(
                    self.platform,
                    &self.user,
                    &format!("{}-standby", self.host),
                    self.privileged,
                );
            }
            _ => {}
        }
        let prompt = dialect::prompt(self.platform, &self.user, &self.host, self.privileged);
        match (self.fault, self.colours) {
            (Some(Fault::LineOverPrompt), _) => format!("\r\n{{master:0}}\r\n{}", prompt.trim_start()),
            (Some(Fault::Ansi), _) => format!("\x1b]0;{}\x07\x1b[1;32m{prompt}\x1b[0m", self.host),
            (_, true) => format!(
                "[\x1b[m\x1b[36m{}\x1b[m@\x1b[m\x1b[35m{}\x1b[m] > ",
                self.user, self.host
            ),
            _ => prompt,
        }
    }

    /// The prompt without anything that a fault adds to it.
    pub(crate) fn bare_prompt(&self) -> String {
        let user = &self.device.shared.username;
        let prompt = dialect::prompt(self.platform, user, &self.host, self.privileged);
        prompt.trim().to_owned()
    }

    pub(crate) fn prompt(&mut self) {
        self.on_screen = 0;
        self.mode = Mode::Prompt;
        if self.terminal {
            let prompt = self.prompt_text();
            self.out.extend_from_slice(prompt.as_bytes());
        }
    }

    /// A secret that was typed where everybody sees it.
    fn note_secret(&self, line: &[u8]) {
        let shared = &self.device.shared;
        let secret = |secret: &str| !secret.is_empty() && line == secret.as_bytes();
        if secret(&shared.password) || secret(&shared.enable_password) {
            self.device.tally.secrets_typed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Runs a line without a prompt after it, as an exec request does.
    pub(crate) fn run_once(&mut self, line: &[u8]) {
        self.terminal = false;
        self.paging = false;
        self.execute(line);
        self.flush();
        self.queue.push_back(Act::Close(0));
    }

    fn execute(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line).into_owned();
        let command = answer::squeeze(&text);
        if command.is_empty() {
            if self.fault == Some(Fault::EndlessLine) && self.shown {
                return crate::mischief::endless_line(self);
            }
            return self.prompt();
        }
        self.note_secret(line);
        self.device.tally.command(&command);
        if self.fault == Some(Fault::Syslog) {
            let line = self.log_line();
            self.out.extend_from_slice(&line);
        }
        match dialect::verb(self.platform, &command) {
            Some(verb) => self.perform(verb, &command),
            None => match answer::shown(&self.device, &self.host, &command, self.privileged) {
                Some((text, kind)) => self.deliver(&command, text, kind),
                None => self.refuse(&command),
            },
        }
        self.commands += 1;
    }

    pub(crate) fn log_line(&self) -> Vec<u8> {
        let now = self.device.view().map_or(0, |view| view.now());
        let date = crate::when::Date::new(now + u64::from(self.commands));
        format!(
            "\r\n*{} {:>2} {}.{:03}: %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1/0/9, changed state to up\r\n",
            date.month_name(),
            date.day,
            date.time(),
            17 * u64::from(self.commands) % 1_000
        )
        .into_bytes()
    }

    fn refuse(&mut self, command: &str) {
        let known = !self.privileged && answer::shown(&self.device, &self.host, command, true).is_some();
        if known && self.platform == Platform::AristaEos {
            self.print("% Invalid input (privileged mode required)\n");
        } else {
            let text = dialect::unknown(self.platform, command, &self.prompt_text());
            self.print(&text);
        }
        self.prompt();
    }

    /// Plain output, as the terminal wants its line ends.
    pub(crate) fn print(&mut self, text: &str) {
        if self.terminal {
            crlf(text, &mut self.out);
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    fn perform(&mut self, verb: Verb, command: &str) {
        let stays = matches!(self.fault, Some(Fault::PagerStays | Fault::PagerUnknownText));
        match verb {
            Verb::PagingOff(_) if stays => return self.refuse(command),
            Verb::PagingOff(said) => {
                self.paging = false;
                if !said.is_empty() {
                    self.print(&format!("{said}\n"));
                }
            }
            Verb::Rows(rows) => self.rows = rows,
            Verb::Quiet => {}
            Verb::Said(said) => self.print(&format!("{said}\n")),
            Verb::Disable => self.privileged = false,
            Verb::Exit => return self.exit(),
            Verb::Enable if self.privileged => {}
            Verb::Enable => {
                self.out.extend_from_slice(b"Password: ");
                self.mode = Mode::EnablePassword(1);
                return;
            }
        }
        self.prompt();
    }

    pub(crate) fn exit(&mut self) {
        if self.platform == Platform::Linux && self.terminal {
            self.out.extend_from_slice(b"logout\r\n");
        }
        self.flush();
        self.mode = Mode::Closed;
        self.queue.push_back(Act::Close(0));
    }

    fn password_key(&mut self, byte: u8, tries: u8) {
        match byte {
            b'\r' | b'\n' => {
                let typed = std::mem::take(&mut self.line);
                self.out.extend_from_slice(b"\r\n");
                let right = typed == self.device.shared.enable_password.as_bytes();
                if right && self.fault != Some(Fault::EnableWrong) {
                    self.privileged = true;
                    return self.prompt();
                }
                if self.platform == Platform::AristaEos {
                    self.print("% Authentication failed\n");
                    return self.prompt();
                }
                if tries < 3 {
                    self.out.extend_from_slice(b"Password: ");
                    self.mode = Mode::EnablePassword(tries + 1);
                } else {
                    self.print("% Bad secrets\n\n");
                    self.prompt();
                }
            }
            0x03 => {
                self.line.clear();
                self.out.extend_from_slice(b"\r\n");
                self.prompt();
            }
            0x08 | 0x7f => {
                self.line.pop();
            }
            0x15 => self.line.clear(),
            0x00..=0x1f => {}
            byte => {
                self.line.push(byte);
                if self.fault == Some(Fault::EnableEchoesPassword) {
                    self.out.push(byte);
                }
            }
        }
    }

    fn new_password_key(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                let typed = std::mem::take(&mut self.line);
                self.note_secret(&typed);
                if !typed.is_empty() {
                    self.device
                        .tally
                        .command("(an answer to the question for a new password)");
                }
                self.out
                    .extend_from_slice(b"\r\nThe password was not changed. New password: ");
            }
            0x03 | 0x04 => self.exit(),
            byte => self.line.push(byte),
        }
    }

    /// Output that waits for keys even if paging was turned off.
    pub(crate) fn deliver_paged(&mut self, text: &str) {
        let mut bytes = Vec::new();
        crlf(text, &mut bytes);
        let usual = PagerStyle {
            text: "--More--",
            erase: "\r        \r",
            percent: false,
        };
        let style = match self.fault {
            Some(Fault::PagerUnknownText) if self.device.index.is_multiple_of(2) => PagerStyle {
                text: "<--- Press any key for more --->",
                erase: "\r                                \r",
                percent: false,
            },
            Some(Fault::PagerUnknownText) => PagerStyle {
                text: "Continue? (space for more, q to quit)",
                erase: "\r                                     \r",
                percent: false,
            },
            _ => dialect::pager(self.platform).unwrap_or(usual),
        };
        self.pager = Some(Pager {
            text: bytes,
            from: 0,
            style,
        });
        self.mode = Mode::Pager;
        self.page(self.rows.saturating_sub(1).max(1));
    }

    /// Prints so many more lines, then the pager's text or the prompt.
    fn page(&mut self, lines: usize) {
        let Some(pager) = &mut self.pager else {
            return self.prompt();
        };
        let rest = pager.text.get(pager.from..).unwrap_or_default();
        let ends = rest
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at + 1);
        let size = ends.take(lines).last().unwrap_or(rest.len());
        self.out.extend_from_slice(rest.get(..size).unwrap_or_default());
        pager.from += size;
        if pager.from >= pager.text.len() {
            self.pager = None;
            return self.prompt();
        }
        if pager.style.percent {
            let text = format!("---(more {}%)---", pager.from * 100 / pager.text.len().max(1));
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.out.extend_from_slice(pager.style.text.as_bytes());
        }
    }

    fn pager_key(&mut self, byte: u8) {
        let erase = self.pager.as_ref().map_or("", |pager| pager.style.erase);
        match byte {
            b' ' => {
                self.out.extend_from_slice(erase.as_bytes());
                self.page(self.rows.saturating_sub(1).max(1));
            }
            b'\r' | b'\n' => {
                self.out.extend_from_slice(erase.as_bytes());
                self.page(1);
            }
            b'q' | b'Q' | 0x03 => {
                self.out.extend_from_slice(erase.as_bytes());
                self.pager = None;
                self.prompt();
            }
            _ => {}
        }
    }

    /// Sends what the command printed, in the way that the fault says.
    fn deliver(&mut self, command: &str, text: String, kind: Kind) {
        self.shown = true;
        let think = self.device.shared.think;
        if !think.is_zero() {
            self.flush();
            self.queue.push_back(Act::Pause(think));
        }
        if crate::mischief::deliver(self, &text, kind) {
            return;
        }
        let unpaged = self.platform == Platform::MikrotikRouteros
            && (command.contains("without-paging") || !command.contains("print"))
            || command.ends_with("| no-more");
        let stays = matches!(self.fault, Some(Fault::PagerStays | Fault::PagerUnknownText));
        if self.terminal && (self.paging || stays) && !unpaged && text.matches('\n').count() >= self.rows {
            return self.deliver_paged(&text);
        }
        self.print(&text);
        self.prompt();
    }

    /// Bytes as they are.
    pub(crate) fn push(&mut self, bytes: impl Into<Bytes>) {
        self.flush();
        self.queue.push_back(Act::Send(bytes.into()));
    }
}
