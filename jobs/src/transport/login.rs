//! Logging in: public key or agent first, then at most one attempt that carries the password.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    MethodKind, MethodSet,
    client::{AuthResult, KeyboardInteractiveAuthResponse},
    keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, agent::AgentIdentity, agent::client::AgentClient},
};
use secrecy::{ExposeSecret, SecretString};

use tokio_util::sync::CancellationToken;

use super::{Connection, Credentials, errors};
use crate::{
    breaker::Permit,
    error::{DeviceError, FailureKind},
};

/// Keys of an agent that are tried; servers close the connection after about six refusals.
const MOST_AGENT_KEYS: usize = 4;
const SHA1_ONLY: &str =
    "The device takes RSA keys with SHA-1 only; allow legacy algorithms for it, or use an ed25519 key";
/// Rounds of questions in one keyboard-interactive login.
const MOST_ROUNDS: usize = 8;

/// The login methods that devices named, by their version string: boxes of one kind mostly take the same ones, and asking
/// each of many costs a round trip. Nothing is taken for known before [`Self::ENOUGH`] of them agree; as soon as one
/// differs, all are asked from then on. OpenSSH is configured one way here and another way there, and is always asked.
#[derive(Debug, Default)]
pub struct KnownMethods {
    methods: Mutex<HashMap<String, Told>>,
}

#[derive(Debug)]
enum Told {
    Alike(MethodSet, u32),
    Unlike,
}

impl KnownMethods {
    /// Version strings that are remembered.
    const MOST: usize = 256;
    /// Devices that have to agree.
    const ENOUGH: u32 = 16;

    fn of(&self, peer_version: &str) -> Option<MethodSet> {
        match self.methods.lock().ok()?.get(peer_version)? {
            Told::Alike(methods, devices) if *devices >= Self::ENOUGH => Some(methods.clone()),
            _ => None,
        }
    }

    /// Notes what a device said when it was asked, and that the login went well after that.
    fn note(&self, peer_version: &str, methods: &MethodSet) {
        let Ok(mut known) = self.methods.lock() else { return };
        let room = known.len() < Self::MOST && !peer_version.is_empty() && !peer_version.contains("OpenSSH");
        match known.get_mut(peer_version) {
            Some(Told::Alike(told, devices)) if told == methods => *devices = devices.saturating_add(1),
            Some(told) => *told = Told::Unlike,
            None if room => {
                known.insert(peer_version.to_owned(), Told::Alike(methods.clone(), 1));
            }
            None => {}
        }
    }

    /// Notes that a device takes other methods than those known.
    fn refute(&self, peer_version: &str) {
        if let Ok(mut known) = self.methods.lock()
            && let Some(told) = known.get_mut(peer_version)
        {
            *told = Told::Unlike;
        }
    }
}

/// How a login ended that was not broken off.
enum Answer {
    In,
    /// The device takes these methods and ended the one that was tried before it was given a secret.
    Others(MethodSet),
    /// The device was given the secret and said no. It names these methods.
    Refused(MethodSet),
}

/// What came of a key, or of all keys of an agent.
enum KeyAnswer {
    In,
    /// Offered and refused.
    Refused(MethodSet),
    /// Not even offered, because of this.
    Unusable(String),
}

impl Connection {
    /// Logs in with at most one request that carries the password, and tells the permit how that went. What the device had a
    /// chance to look at counts as refused, also when no answer came; nothing does that `abort` broke off.
    ///
    /// # Errors
    /// `authentication_failed`, `interaction_required`, or what broke the connection.
    pub async fn log_in(
        &mut self,
        permit: Permit,
        credentials: &Credentials,
        username: &str,
        limit: Duration,
        known: Option<&KnownMethods>,
        abort: &CancellationToken,
    ) -> Result<(), DeviceError> {
        self.presented = false;
        let result = match tokio::time::timeout(limit, self.authenticate(credentials, username, known)).await {
            Ok(result) => result,
            // A device whose AAA server is silent has asked it all the same, and that server counts.
            Err(_) if self.presented => Err(failed(format!(
                "Authentication failed for user {username}: the device was given the secret and did not answer within {} \
                 seconds",
                limit.as_secs_f32()
            ))),
            Err(_) => Err(DeviceError::new(
                FailureKind::ConnectTimeout,
                format!("The login did not end within {} seconds", limit.as_secs_f32()),
            )),
        };
        match &result {
            Err(_) if abort.is_cancelled() => drop(permit),
            Err(error) if error.kind == FailureKind::AuthenticationFailed && !self.presented => drop(permit),
            result => permit.report(result.as_ref().err().map(|error| error.kind)),
        }
        result
    }

    async fn authenticate(
        &mut self,
        credentials: &Credentials,
        username: &str,
        known: Option<&KnownMethods>,
    ) -> Result<(), DeviceError> {
        let peer_version = self.peer_version();
        if let Some(known) = known
            && let Some(methods) = known.of(&peer_version)
        {
            match self.with_methods(credentials, username, methods).await? {
                Answer::In => return Ok(()),
                Answer::Others(others) => {
                    known.refute(&peer_version);
                    return self.with_told(credentials, username, others).await;
                }
                // It may have refused the password, or never have looked at the request, and its answer is the same. The
                // password does not go out again; the next login asks first.
                Answer::Refused(others) => {
                    if !others.contains(&MethodKind::Password) {
                        known.refute(&peer_version);
                    }
                    return Err(refused(username));
                }
            }
        }
        // Asking with the method `none` names the methods without spending an attempt with a secret.
        let methods = match self.handle.authenticate_none(username).await {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure { remaining_methods, .. }) => self.answered(remaining_methods)?,
            Err(error) => return Err(errors::during_login(&error)),
        };
        self.with_told(credentials, username, methods.clone()).await?;
        if let Some(known) = known {
            known.note(&peer_version, &methods);
        }
        Ok(())
    }

    /// Logs in with the methods that this device named itself.
    async fn with_told(
        &mut self,
        credentials: &Credentials,
        username: &str,
        methods: MethodSet,
    ) -> Result<(), DeviceError> {
        match self.with_methods(credentials, username, methods).await? {
            Answer::In => Ok(()),
            Answer::Refused(_) => Err(refused(username)),
            Answer::Others(_) => Err(failed(format!(
                "Authentication failed for user {username}: the device ended the login without asking for the password"
            ))),
        }
    }

    /// What a connection that broke during the login means: once the device had the secret, this is how some say no.
    fn broken(&self, error: &russh::Error) -> DeviceError {
        match self.presented {
            true => failed("Authentication failed: the device closed the connection instead of answering"),
            false => errors::during_login(error),
        }
    }

    /// The methods of a refusal. The SSH library makes one without any of a connection that has ended.
    fn answered(&self, methods: MethodSet) -> Result<MethodSet, DeviceError> {
        match methods.is_empty() && self.handle.is_closed() {
            true => Err(self.broken(&russh::Error::Disconnect)),
            false => Ok(methods),
        }
    }

    async fn with_methods(
        &mut self,
        credentials: &Credentials,
        username: &str,
        mut methods: MethodSet,
    ) -> Result<Answer, DeviceError> {
        let offered: Vec<String> = methods.iter().map(|method| <&str>::from(method).to_owned()).collect();
        let mut unusable = None;
        let mut key_refused = false;
        if methods.contains(&MethodKind::PublicKey) {
            let mut answers = Vec::with_capacity(2);
            if let Some(key) = &credentials.private_key {
                answers.push(self.with_key(key, username).await?);
            }
            if !matches!(answers.first(), Some(KeyAnswer::In))
                && let Some(socket) = &credentials.agent
            {
                answers.push(self.with_agent(socket, username).await?);
            }
            for answer in answers {
                match answer {
                    KeyAnswer::In => return Ok(Answer::In),
                    KeyAnswer::Refused(remaining) => {
                        key_refused = true;
                        methods = remaining;
                    }
                    KeyAnswer::Unusable(why) => unusable = Some(why),
                }
            }
        }
        if let Some(password) = &credentials.password {
            if methods.contains(&MethodKind::Password) {
                return self.with_password(username, password).await;
            }
            if methods.contains(&MethodKind::KeyboardInteractive) {
                return self.keyboard_interactive(username, password).await;
            }
        }
        Err(failed(match (key_refused, unusable) {
            (true, _) => format!("Authentication failed: the device refused the key of user {username}"),
            (false, Some(why)) => why,
            (false, None) => format!(
                "Authentication failed: the device takes {} and none of it was given",
                offered.join(", ")
            ),
        }))
    }

    async fn with_key(&mut self, key: &Arc<PrivateKey>, username: &str) -> Result<KeyAnswer, DeviceError> {
        let mut answer = KeyAnswer::Unusable(SHA1_ONLY.to_owned());
        for hash in self.hashes(&key.algorithm()).await? {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            self.presented = true;
            match self.handle.authenticate_publickey(username, key).await {
                Ok(AuthResult::Success) => return Ok(KeyAnswer::In),
                Ok(AuthResult::Failure { remaining_methods, .. }) => {
                    answer = KeyAnswer::Refused(self.answered(remaining_methods)?);
                }
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(answer)
    }

    async fn with_password(&mut self, username: &str, password: &SecretString) -> Result<Answer, DeviceError> {
        self.presented = true;
        let result = self
            .handle
            .authenticate_password(username, password.expose_secret())
            .await;
        match result.map_err(|error| self.broken(&error))? {
            AuthResult::Success => Ok(Answer::In),
            AuthResult::Failure {
                partial_success: true, ..
            } => Err(second_factor()),
            AuthResult::Failure { remaining_methods, .. } => Ok(Answer::Refused(self.answered(remaining_methods)?)),
        }
    }

    /// The hashes to try for signatures: of an RSA key SHA-2, and SHA-1 where legacy is allowed and the device does not
    /// say what it takes; none at all where the device takes SHA-1 alone and legacy is not allowed; `None` alone for other
    /// keys.
    async fn hashes(&self, algorithm: &Algorithm) -> Result<Vec<Option<HashAlg>>, DeviceError> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(vec![None]);
        }
        let best = self
            .handle
            .best_supported_rsa_hash()
            .await
            .map_err(|error| self.broken(&error))?;
        Ok(match best {
            // Some servers name SHA-2 and refuse it by their settings.
            Some(Some(hash)) if self.legacy => vec![Some(hash), None],
            Some(Some(hash)) => vec![Some(hash)],
            Some(None) if self.legacy => vec![None],
            Some(None) => Vec::new(),
            None if self.legacy => vec![Some(HashAlg::Sha256), None],
            None => vec![Some(HashAlg::Sha256)],
        })
    }

    async fn with_agent(&mut self, socket: &std::path::Path, username: &str) -> Result<KeyAnswer, DeviceError> {
        let unusable = |why: String| Ok(KeyAnswer::Unusable(why));
        let mut agent = match AgentClient::connect_uds(socket).await {
            Ok(agent) => agent,
            Err(error) => {
                let socket = socket.display();
                return unusable(format!("The SSH agent at {socket} does not answer: {error}"));
            }
        };
        let keys = match agent.request_identities().await {
            Ok(keys) => keys,
            Err(error) => return unusable(format!("The SSH agent does not list its keys: {error}")),
        };
        let mut answer = KeyAnswer::Unusable("The SSH agent holds no key".to_owned());
        for identity in keys.into_iter().take(MOST_AGENT_KEYS) {
            let AgentIdentity::PublicKey { key, .. } = identity else {
                continue;
            };
            let hashes = self.hashes(&key.algorithm()).await?;
            if hashes.is_empty() && matches!(answer, KeyAnswer::Unusable(_)) {
                answer = KeyAnswer::Unusable(SHA1_ONLY.to_owned());
            }
            for hash in hashes {
                self.presented = true;
                let result = self
                    .handle
                    .authenticate_publickey_with(username, key.clone(), hash, &mut agent)
                    .await;
                match result {
                    Ok(AuthResult::Success) => return Ok(KeyAnswer::In),
                    Ok(AuthResult::Failure { remaining_methods, .. }) => {
                        answer = KeyAnswer::Refused(self.answered(remaining_methods)?);
                    }
                    Err(_) if self.handle.is_closed() => return Err(self.broken(&russh::Error::Disconnect)),
                    Err(error) if matches!(answer, KeyAnswer::Unusable(_)) => {
                        answer = KeyAnswer::Unusable(format!("The SSH agent did not sign: {error}"));
                    }
                    Err(_) => {}
                }
            }
        }
        Ok(answer)
    }

    async fn keyboard_interactive(&mut self, username: &str, password: &SecretString) -> Result<Answer, DeviceError> {
        let mut answer = self
            .handle
            .authenticate_keyboard_interactive_start(username, None)
            .await
            .map_err(|error| self.broken(&error))?;
        let mut password_sent = false;
        for _ in 0..MOST_ROUNDS {
            match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(Answer::In),
                KeyboardInteractiveAuthResponse::Failure {
                    partial_success: true, ..
                } if password_sent => return Err(second_factor()),
                KeyboardInteractiveAuthResponse::Failure { remaining_methods, .. } => {
                    return Ok(match password_sent {
                        true => Answer::Refused(remaining_methods),
                        false => Answer::Others(remaining_methods),
                    });
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let mut answers = Vec::with_capacity(prompts.len());
                    let mut password_here = false;
                    for prompt in &prompts {
                        match asked(&prompt.prompt, prompt.echo, username) {
                            Asked::Username => answers.push(username.to_owned()),
                            Asked::Password if !password_sent && !password_here => {
                                password_here = true;
                                answers.push(password.expose_secret().to_owned());
                            }
                            // Asked for once more, it was the wrong one.
                            Asked::Password if password_sent => return Ok(Answer::Refused(MethodSet::empty())),
                            _ => {
                                return Err(DeviceError::new(
                                    FailureKind::InteractionRequired,
                                    "The login asks for something that is neither user name nor password",
                                ));
                            }
                        }
                    }
                    password_sent |= password_here;
                    self.presented |= password_here;
                    answer = self
                        .handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await
                        .map_err(|error| self.broken(&error))?;
                }
            }
        }
        Err(DeviceError::new(
            FailureKind::InteractionRequired,
            "The login does not stop asking",
        ))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Username,
    Password,
    Other,
}

/// What a prompt of a keyboard-interactive login wants. A password goes only where nothing else can be meant.
fn asked(prompt: &str, echo: bool, username: &str) -> Asked {
    const CODES: [&str; 15] = [
        "otp",
        "totp",
        "code",
        "token",
        "tokencode",
        "passcode",
        "verification",
        "challenge",
        "new",
        "expired",
        "retype",
        "reenter",
        "pin",
        "onetime",
        "response",
    ];
    let text = prompt.to_lowercase();
    let username = username.to_lowercase();
    let is_name = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.contains('@') || bare == username || bare.strip_suffix("'s").is_some_and(|name| name == username)
    };
    // Names of users and devices may hold any word.
    let words: Vec<&str> = text.split_whitespace().collect();
    let split = |word: &'_ &str| -> Vec<String> {
        let parts = word.split(|c: char| !c.is_alphanumeric());
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let said: Vec<String> = words.iter().filter(|word| !is_name(word)).flat_map(split).collect();
    let says = |wanted: &str| said.iter().any(|word| word == wanted);
    let one_time = said
        .iter()
        .zip(said.iter().skip(1))
        .any(|(first, second)| (first == "one" && second == "time") || (first == "re" && second == "enter"));
    if one_time || CODES.iter().any(|word| says(word)) {
        return Asked::Other;
    }
    match echo {
        false if says("password") => Asked::Password,
        true if words
            .iter()
            .flat_map(split)
            .any(|word| ["user", "username", "login"].contains(&word.as_str())) =>
        {
            Asked::Username
        }
        _ => Asked::Other,
    }
}

fn failed(message: impl Into<String>) -> DeviceError {
    DeviceError::new(FailureKind::AuthenticationFailed, message)
}

fn second_factor() -> DeviceError {
    DeviceError::new(
        FailureKind::InteractionRequired,
        "The device asks for a second factor after the password",
    )
}

fn refused(username: &str) -> DeviceError {
    failed(format!("Authentication failed for user {username}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_known_when_many_devices_agree_and_none_differs() {
        let known = KnownMethods::default();
        let password: MethodSet = [MethodKind::Password].as_slice().into();
        let asking: MethodSet = [MethodKind::KeyboardInteractive].as_slice().into();
        for device in 0..KnownMethods::ENOUGH {
            assert!(known.of("SSH-2.0-Cisco-1.25").is_none(), "after {device}");
            known.note("SSH-2.0-Cisco-1.25", &password);
            known.note("SSH-2.0-OpenSSH_9.2", &password);
        }
        assert_eq!(known.of("SSH-2.0-Cisco-1.25"), Some(password.clone()));
        assert!(known.of("SSH-2.0-OpenSSH_9.2").is_none(), "OpenSSH is always asked");
        known.note("SSH-2.0-Cisco-1.25", &asking);
        for _ in 0..2 * KnownMethods::ENOUGH {
            known.note("SSH-2.0-Cisco-1.25", &password);
        }
        assert!(known.of("SSH-2.0-Cisco-1.25").is_none(), "one differed");
        known.refute("SSH-2.0-Cisco-1.25");
        assert!(known.of("SSH-2.0-Cisco-1.25").is_none());
    }

    #[test]
    fn a_password_answers_only_what_asks_for_a_password() {
        for prompt in [
            "Password: ",
            "(admin@10.0.0.1) Password:",
            "Password for pinto@pin-router:",
            "Password for pinto:",
            "Pinto's password: ",
            "RADIUS password for user Pinto: ",
        ] {
            assert_eq!(asked(prompt, false, "pinto"), Asked::Password, "{prompt}");
        }
        for prompt in ["Username: ", "login: ", "User name:"] {
            assert_eq!(asked(prompt, true, "pinto"), Asked::Username, "{prompt}");
        }
        assert_eq!(asked("Username: ", true, "username"), Asked::Username);
        for prompt in [
            "One-time password (OATH) for admin: ",
            "Onetime password: ",
            "Password for one-time use: ",
            "Verification code: ",
            "New password: ",
            "Re-enter password: ",
            "PASSCODE:",
            "PIN and password: ",
            "Duo?",
        ] {
            assert_eq!(asked(prompt, false, "pinto"), Asked::Other, "{prompt}");
        }
        assert_eq!(asked("Password: ", true, "pinto"), Asked::Other);
    }
}
