//! What can be made to go wrong, by name.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

macro_rules! faults {
    ($( $(#[$doc:meta])* $variant:ident $( ($value:ident = $default:literal) )? => $number:literal, $name:literal; )*) => {
        /// A way in which a simulated device misbehaves. The text form is the name, with `:VALUE` where the fault has one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $( $(#[$doc])* $variant $( (#[doc = concat!("`", stringify!($value), "`")] u64) )?, )*
        }

        const NAMES: &[(&str, Fault)] = &[ $( ($name, Fault::$variant $( ($default) )?), )* ];

        impl Fault {
            /// The number of the case in the list of faults.
            pub fn number(self) -> u8 {
                match self { $( Fault::$variant $( (faults!(@any $value)) )? => $number, )* }
            }

            /// The name, without a value.
            pub fn name(self) -> &'static str {
                match self { $( Fault::$variant $( (faults!(@any $value)) )? => $name, )* }
            }

            /// The value of those that have one.
            pub fn value(self) -> Option<u64> {
                match self { $( Fault::$variant $( ($value) )? => faults!(@value $($value)?), )* }
            }

            /// The same fault with another value; no change where it has none.
            pub fn with_value(self, given: u64) -> Fault {
                match self { $( Fault::$variant $( (faults!(@any $value)) )? => Fault::$variant $( (faults!(@given $value given)) )?, )* }
            }
        }
    };
    (@any $value:ident) => { _ };
    (@value $value:ident) => { Some($value) };
    (@value) => { None };
    (@given $value:ident $given:ident) => { $given };
}

faults! {
    /// Accepts the connection and says nothing.
    TcpSilent => 1, "tcp-silent";
    /// Closes in the middle of the identification string.
    BannerCut => 2, "banner-cut";
    /// Resets the connection instead of identifying itself.
    BannerRst => 3, "banner-rst";
    /// That many bytes of noise instead of an identification string.
    BannerGarbage(bytes = 1_000_000) => 4, "banner-garbage";
    /// A line before the identification string every so many milliseconds, for ever.
    BannerEndless(ms = 500) => 5, "banner-endless";
    /// Speaks SSH 1 only.
    Ssh1Only => 6, "ssh1-only";
    /// Shows another host key from the second client on that speaks SSH.
    HostkeyChanges => 7, "hostkey-changes";
    /// Knows group14-sha1, ssh-rsa, aes128-cbc and hmac-sha1 and nothing else.
    LegacyOnly => 8, "legacy-only";
    /// Refuses every secret.
    AuthRefused => 9, "auth-refused";
    /// Takes the secret and does not say what it thinks of it.
    AuthSilent => 9, "auth-silent";
    /// Takes the secret and closes the connection.
    AuthCut => 9, "auth-cut";
    /// Takes a public key (any) and nothing else.
    PublickeyOnly => 10, "publickey-only";
    /// Takes the password by keyboard-interactive only.
    Kbdint => 10, "kbdint";
    /// Asks nothing, then for the name of the user and the password together, by keyboard-interactive only.
    KbdintUsername => 10, "kbdint-username";
    /// Refuses every password by asking for it once more, by keyboard-interactive only.
    KbdintAgain => 10, "kbdint-again";
    /// Asks for the password, then for a one-time password.
    Kbdint2step => 11, "kbdint-2step";
    /// Drops a connection as soon as a login begins.
    LoginCut => 12, "login-cut";
    /// Drops a connection while another one has not logged in yet.
    MaxStartups => 12, "max-startups";
    /// Drops a connection while another one is open.
    MaxSessions1 => 12, "max-sessions-1";
    /// Refuses the shell request.
    ShellRefused => 13, "shell-refused";
    /// Refuses the terminal request.
    PtyRefused => 13, "pty-refused";
    /// Wants a new password before it gives a prompt.
    PasswordExpired => 14, "password-expired";
    /// Warns that the password will expire, then works.
    PasswordAgeWarning => 14, "password-age-warning";
    /// Stops before every output and asks whether to go on.
    AsksYesNo => 14, "asks-yes-no";
    /// Gives no prompt.
    NoPrompt => 15, "no-prompt";
    /// Gives the first prompt after so many milliseconds.
    LatePrompt(ms = 8_000) => 16, "late-prompt";
    /// Has lines in its message of the day that look like prompts.
    MotdHash => 17, "motd-hash";
    /// Pages its message of the day.
    MoreAtLogin => 18, "more-at-login";
    /// Logs in without privileges; the enable password works.
    EnableOk => 19, "enable-ok";
    /// Logs in without privileges and refuses the right enable password.
    EnableWrong => 19, "enable-wrong";
    /// Echoes what is typed at the password prompt of `enable`.
    EnableEchoesPassword => 19, "enable-echoes-password";
    /// Has another host name in its prompt from the third command on.
    PromptChanges => 20, "prompt-changes";
    /// Log lines land after the echo, in the output and in the prompt.
    Syslog => 21, "syslog";
    /// Does not echo.
    NoEcho => 22, "no-echo";
    /// Breaks the echo at column 40 with CR LF.
    WrappedEcho => 22, "wrapped-echo";
    /// Scrolls a long line sideways and marks that with `$`.
    RedrawnEcho => 22, "redrawn-echo";
    /// Echoes every line twice.
    DoubledEcho => 22, "doubled-echo";
    /// The prompt is `> ` and nothing else (`# ` where `enable` changes the sign).
    NoHostnamePrompt => 23, "no-hostname-prompt";
    /// A line over each prompt says which part of the device it is.
    LineOverPrompt => 23, "line-over-prompt";
    /// The running configuration holds lines that are the prompt, with a pause of so many milliseconds after them.
    Lookalike(ms = 300) => 24, "lookalike";
    /// The output of show commands never ends.
    Infinite => 25, "infinite";
    /// A line without end answers an empty line once a show command has run.
    EndlessLine => 25, "endless-line";
    /// Blank lines without end follow a line that is the prompt, in every output.
    BlankLines => 25, "blank-lines";
    /// The running configuration has so many bytes.
    Huge(bytes = 100_000_000) => 26, "huge";
    /// The running configuration holds one line of so many bytes.
    LongLine(bytes = 20_000_000) => 27, "long-line";
    /// NUL and bytes that are no UTF-8 in the output.
    Binary => 28, "binary";
    /// Colours, backspaces and title codes in the output and the prompt.
    Ansi => 29, "ansi";
    /// One byte of output every so many milliseconds.
    Drip(ms = 200) => 30, "drip";
    /// Stops in the middle of the running configuration.
    StallMid => 31, "stall-mid";
    /// Closes in the middle of the running configuration.
    CloseMid => 31, "close-mid";
    /// Resets in the middle of the running configuration.
    RstMid => 31, "rst-mid";
    /// Refuses the command that turns paging off.
    PagerStays => 32, "pager-stays";
    /// Pages with a text that no manual has, and keeps paging.
    PagerUnknownText => 32, "pager-unknown-text";
    /// Knows no show command.
    UnknownCommand => 33, "unknown-command";
    /// Answers every show command with nothing.
    Empty => 33, "empty";
    /// HTML and spreadsheet formulas in descriptions and names of neighbours.
    Hostile => 34, "hostile";
}

impl Fault {
    /// Every fault, with its usual value.
    pub fn all() -> Vec<Fault> {
        NAMES.iter().map(|(_, fault)| *fault).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(f, "{}:{value}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let Some((_, fault)) = NAMES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            bail!("unknown fault `{name}`, the lab has: {}", known.join(", "));
        };
        match value {
            None => Ok(*fault),
            Some(_) if fault.value().is_none() => bail!("the fault `{name}` takes no value"),
            Some(value) => match value.parse() {
                Ok(number) => Ok(fault.with_value(number)),
                Err(_) => bail!("the value of the fault `{name}` must be a number, not `{value}`"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_back_from_its_text() {
        for fault in Fault::all() {
            assert_eq!(fault.to_string().parse::<Fault>().unwrap(), fault);
            assert_eq!(fault.name().parse::<Fault>().unwrap(), fault);
            assert!((1..=34).contains(&fault.number()));
        }
        let numbers: std::collections::BTreeSet<u8> = Fault::all().iter().map(|f| f.number()).collect();
        assert_eq!(numbers.len(), 34);
    }

    #[test]
    fn values_are_taken_where_they_belong() {
        assert_eq!("late-prompt:1000".parse::<Fault>().unwrap(), Fault::LatePrompt(1000));
        assert!("syslog:1".parse::<Fault>().is_err());
        assert!("late-prompt:soon".parse::<Fault>().is_err());
        assert!("earthquake".parse::<Fault>().is_err());
    }
}
