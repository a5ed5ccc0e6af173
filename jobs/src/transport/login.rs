//! Logging in: public key or agent first, then at most one attempt that carries the password.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    MethodKind, MethodSet,
    client::{AuthResult, KeyboardInteractiveAuthResponse},
    keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, agent::AgentIdentity, agent::client::AgentClient},
};
use secrecy::{ExposeSecret, SecretString};

use super::{Connection, Credentials, errors};
use crate::error::{DeviceError, FailureKind};

/// Keys of an agent that are tried; servers close the connection after about six refusals.
const MOST_AGENT_KEYS: usize = 4;
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
    /// The device takes these methods, and not the one that was tried, which it so left unread (RFC 4252 §5.1).
    Others(MethodSet),
}

impl Connection {
    /// Logs in with at most one attempt that carries the password.
    ///
    /// # Errors
    /// `authentication_failed`, `interaction_required`, or what broke the connection.
    pub async fn log_in(
        &mut self,
        credentials: &Credentials,
        username: &str,
        limit: Duration,
        known: Option<&KnownMethods>,
    ) -> Result<(), DeviceError> {
        match tokio::time::timeout(limit, self.authenticate(credentials, username, known)).await {
            Ok(result) => result,
            Err(_) => Err(DeviceError::new(
                FailureKind::ConnectTimeout,
                format!("The login did not end within {} seconds", limit.as_secs_f32()),
            )),
        }
    }

    async fn authenticate(
        &mut self,
        credentials: &Credentials,
        username: &str,
        known: Option<&KnownMethods>,
    ) -> Result<(), DeviceError> {
        let peer_version = self.peer_version();
        if let Some(mut methods) = known.and_then(|known| known.of(&peer_version)) {
            match self.with_methods(credentials, username, &mut methods).await? {
                Answer::In => return Ok(()),
                Answer::Others(others) => {
                    if let Some(known) = known {
                        known.refute(&peer_version);
                    }
                    return self.with_told(credentials, username, others).await;
                }
            }
        }
        // Asking with the method `none` names the methods without spending an attempt with a secret.
        let methods = match self.handle.authenticate_none(username).await {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure { remaining_methods, .. }) => remaining_methods,
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
        mut methods: MethodSet,
    ) -> Result<(), DeviceError> {
        match self.with_methods(credentials, username, &mut methods).await? {
            Answer::In => Ok(()),
            Answer::Others(_) => Err(refused(username)),
        }
    }

    async fn with_methods(
        &mut self,
        credentials: &Credentials,
        username: &str,
        methods: &mut MethodSet,
    ) -> Result<Answer, DeviceError> {
        let broken = |error: russh::Error| errors::during_login(&error);
        let offered: Vec<String> = methods.iter().map(|method| <&str>::from(method).to_owned()).collect();
        let mut key_refused = false;
        if methods.contains(&MethodKind::PublicKey) {
            if let Some(key) = &credentials.private_key {
                key_refused = true;
                for hash in self.hashes(&key.algorithm()).await? {
                    let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                    match self
                        .handle
                        .authenticate_publickey(username, key)
                        .await
                        .map_err(broken)?
                    {
                        AuthResult::Success => return Ok(Answer::In),
                        AuthResult::Failure { remaining_methods, .. } => *methods = remaining_methods,
                    }
                }
            }
            if let Some(socket) = &credentials.agent {
                key_refused = true;
                match self.with_agent(socket, username).await? {
                    AuthResult::Success => return Ok(Answer::In),
                    AuthResult::Failure { remaining_methods, .. } => *methods = remaining_methods,
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
        Err(DeviceError::new(
            FailureKind::AuthenticationFailed,
            match key_refused {
                true => format!("Authentication failed: the device refused the key of user {username}"),
                false => format!(
                    "Authentication failed: the device takes {} and none of it was given",
                    offered.join(", ")
                ),
            },
        ))
    }

    async fn with_password(&mut self, username: &str, password: &SecretString) -> Result<Answer, DeviceError> {
        let result = self
            .handle
            .authenticate_password(username, password.expose_secret())
            .await;
        match result.map_err(|error| errors::during_login(&error))? {
            AuthResult::Success => Ok(Answer::In),
            AuthResult::Failure {
                partial_success: true, ..
            } => Err(DeviceError::new(
                FailureKind::InteractionRequired,
                "The device asks for a second factor after the password",
            )),
            AuthResult::Failure { remaining_methods, .. } if !remaining_methods.contains(&MethodKind::Password) => {
                Ok(Answer::Others(remaining_methods))
            }
            AuthResult::Failure { .. } => Err(refused(username)),
        }
    }

    /// The hashes to try for signatures: of an RSA key SHA-2, and SHA-1 where legacy is allowed and the device does not
    /// say what it takes; `None` alone for other keys.
    async fn hashes(&self, algorithm: &Algorithm) -> Result<Vec<Option<HashAlg>>, DeviceError> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(vec![None]);
        }
        let best = self
            .handle
            .best_supported_rsa_hash()
            .await
            .map_err(|error| errors::during_login(&error))?;
        match best {
            // Some servers name SHA-2 and refuse it by their settings.
            Some(Some(hash)) if self.legacy => Ok(vec![Some(hash), None]),
            Some(Some(hash)) => Ok(vec![Some(hash)]),
            Some(None) if self.legacy => Ok(vec![None]),
            Some(None) => Err(DeviceError::new(
                FailureKind::AuthenticationFailed,
                "The device takes RSA keys with SHA-1 only; allow legacy algorithms for it, or use an ed25519 key",
            )),
            None if self.legacy => Ok(vec![Some(HashAlg::Sha256), None]),
            None => Ok(vec![Some(HashAlg::Sha256)]),
        }
    }

    async fn with_agent(&mut self, socket: &std::path::Path, username: &str) -> Result<AuthResult, DeviceError> {
        let failed = |what: String| DeviceError::new(FailureKind::AuthenticationFailed, what);
        let mut agent = AgentClient::connect_uds(socket).await.map_err(|error| {
            failed(format!(
                "The SSH agent at {} does not answer: {error}",
                socket.display()
            ))
        })?;
        let keys = agent
            .request_identities()
            .await
            .map_err(|error| failed(format!("The SSH agent does not list its keys: {error}")))?;
        let mut last = None;
        for identity in keys.into_iter().take(MOST_AGENT_KEYS) {
            let AgentIdentity::PublicKey { key, .. } = identity else {
                continue;
            };
            for hash in self.hashes(&key.algorithm()).await? {
                let result = self
                    .handle
                    .authenticate_publickey_with(username, key.clone(), hash, &mut agent)
                    .await
                    .map_err(|error| failed(format!("The SSH agent did not sign: {error}")))?;
                if result.success() {
                    return Ok(result);
                }
                last = Some(result);
            }
        }
        last.ok_or_else(|| failed("The SSH agent holds no key".to_owned()))
    }

    async fn keyboard_interactive(&mut self, username: &str, password: &SecretString) -> Result<Answer, DeviceError> {
        let broken = |error: russh::Error| errors::during_login(&error);
        let mut answer = self
            .handle
            .authenticate_keyboard_interactive_start(username, None)
            .await
            .map_err(broken)?;
        let mut password_sent = false;
        for _ in 0..MOST_ROUNDS {
            match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(Answer::In),
                KeyboardInteractiveAuthResponse::Failure { remaining_methods, .. } if !password_sent => {
                    return Ok(Answer::Others(remaining_methods));
                }
                KeyboardInteractiveAuthResponse::Failure { .. } => return Err(refused(username)),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let mut answers = Vec::with_capacity(prompts.len());
                    for prompt in &prompts {
                        match asked(&prompt.prompt, prompt.echo) {
                            Asked::Username => answers.push(username.to_owned()),
                            Asked::Password if !password_sent => {
                                password_sent = true;
                                answers.push(password.expose_secret().to_owned());
                            }
                            _ => {
                                return Err(DeviceError::new(
                                    FailureKind::InteractionRequired,
                                    "The login asks for something that is neither user name nor password",
                                ));
                            }
                        }
                    }
                    answer = self
                        .handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await
                        .map_err(broken)?;
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
fn asked(prompt: &str, echo: bool) -> Asked {
    const CODES: [&str; 11] = [
        "one-time",
        "one time",
        "otp",
        "code",
        "token",
        "passcode",
        "verification",
        "new ",
        "expired",
        "retype",
        "pin",
    ];
    let text = prompt.to_lowercase();
    if CODES.iter().any(|word| text.contains(word)) {
        return Asked::Other;
    }
    match echo {
        false if text.contains("password") => Asked::Password,
        true if text.contains("user") || text.contains("login") => Asked::Username,
        _ => Asked::Other,
    }
}

fn refused(username: &str) -> DeviceError {
    DeviceError::new(
        FailureKind::AuthenticationFailed,
        format!("Authentication failed for user {username}"),
    )
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
        assert_eq!(asked("Password: ", false), Asked::Password);
        assert_eq!(asked("(admin@10.0.0.1) Password:", false), Asked::Password);
        assert_eq!(asked("Username: ", true), Asked::Username);
        for prompt in [
            "One-time password (OATH) for admin: ",
            "Verification code: ",
            "New password: ",
            "PASSCODE:",
            "Duo?",
        ] {
            assert_eq!(asked(prompt, false), Asked::Other, "{prompt}");
        }
        assert_eq!(asked("Password: ", true), Asked::Other);
    }
}
