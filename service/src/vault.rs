//! Secrets at rest: one key outside the database seals them, and everything else that must be secret is derived from it.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretSlice};
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Seals and unseals.
pub(crate) struct Vault {
    master: SecretBox<[u8; KEY_BYTES]>,
    cipher: XChaCha20Poly1305,
}

/// Where the key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file; it is made if it is not there.
    File(PathBuf),
    /// 64 hexadecimal digits, or the base64 of 32 bytes.
    Text(secrecy::SecretString),
}

impl Vault {
    /// Reads the key, or makes one.
    ///
    /// # Errors
    /// When there is a key that cannot be read, or is none.
    pub(crate) fn open(source: &KeySource) -> Result<Self> {
        let key = match (read(source)?, source) {
            (Some(key), _) => key,
            (None, KeySource::File(path)) => make(path)?,
            (None, KeySource::Text(_)) => return Err(unusable("The secret key")),
        };
        Ok(Self {
            cipher: XChaCha20Poly1305::new(&key.into()),
            master: SecretBox::new(Box::new(key)),
        })
    }

    /// Whether the key can be used, where there is one already.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn check(source: &KeySource) -> Result<()> {
        read(source).map(|_| ())
    }

    /// Seals `plain`; `context` names the row that it belongs to and must be given again to unseal it.
    ///
    /// # Errors
    /// When the cipher refuses, which it does for texts of many gigabytes alone.
    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Unseals what was sealed with the same context.
    ///
    /// # Errors
    /// `secret_unreadable`: another key, another row, or not ours.
    pub(crate) fn unseal(&self, context: &str, sealed: &[u8]) -> Result<SecretSlice<u8>> {
        let open = || {
            let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>()?;
            let payload = Payload {
                msg: body,
                aad: context.as_bytes(),
            };
            self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
        };
        open().map(SecretSlice::from).ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "secret_unreadable",
                "A stored secret cannot be read with the key of this server",
            )
        })
    }

    /// A key of its own for a purpose, always the same for this server.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; KEY_BYTES] {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(self.master.expose_secret()) else {
            return [0; KEY_BYTES];
        };
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// The key; `None`: its file is not there yet.
fn read(source: &KeySource) -> Result<Option<[u8; KEY_BYTES]>> {
    let (text, what) = match source {
        KeySource::Text(text) => (text.clone(), "The secret key".to_owned()),
        KeySource::File(path) => match fs::read_to_string(path) {
            Ok(text) => (text.into(), format!("The secret key in {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("Cannot read the secret key {}: {error}", path.display());
                return Err(refused(message));
            }
        },
    };
    decode(text.expose_secret()).map(Some).ok_or_else(|| unusable(&what))
}

fn decode(text: &str) -> Option<[u8; KEY_BYTES]> {
    let text = text.trim();
    let bytes = data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .or_else(|_| data_encoding::BASE64.decode(text.as_bytes()))
        .ok()?;
    bytes.try_into().ok()
}

fn make(path: &Path) -> Result<[u8; KEY_BYTES]> {
    let key: [u8; KEY_BYTES] = rand::random();
    let write = || -> io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(data_encoding::HEXLOWER.encode(&key).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|error| refused(format!("Cannot write the secret key {}: {error}", path.display())))?;
    Ok(key)
}

fn unusable(what: &str) -> Error {
    refused(format!(
        "{what} is no key: it must be 64 hexadecimal digits or the base64 of 32 bytes"
    ))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Unavailable, "secret_key_unusable", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(digit: &str) -> Vault {
        Vault::open(&KeySource::Text(digit.repeat(64).into())).unwrap()
    }

    #[test]
    fn a_secret_opens_for_its_row_and_its_key_alone() {
        let sealed = vault("a").seal("credential 1", b"cisco").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"cisco"));
        let plain = vault("a").unseal("credential 1", &sealed).unwrap();
        assert_eq!(plain.expose_secret(), b"cisco");
        assert_eq!(
            vault("a").unseal("credential 2", &sealed).unwrap_err().code,
            "secret_unreadable"
        );
        assert!(vault("b").unseal("credential 1", &sealed).is_err());
        assert!(vault("a").unseal("credential 1", &sealed[..10]).is_err());
    }

    #[test]
    fn a_key_file_is_made_once_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let source = KeySource::File(path.clone());
        let first = Vault::open(&source).unwrap().derive("x");
        assert_eq!(Vault::open(&source).unwrap().derive("x"), first);
        assert_ne!(Vault::open(&source).unwrap().derive("y"), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert_eq!(Vault::open(&source).err().unwrap().code, "secret_key_unusable");
    }
}
