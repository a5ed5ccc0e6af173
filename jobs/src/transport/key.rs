//! Private keys from files: OpenSSH, PEM (PKCS#1, PKCS#8, SEC1) or PuTTY, with or without a passphrase.

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use data_encoding::{BASE64, HEXUPPER_PERMISSIVE};
use russh::keys::{Error, PrivateKey, decode_secret_key};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

mod short_scalar;

/// Reads a private key.
///
/// # Errors
/// A sentence without any of the key.
pub fn read_private_key(text: &str, passphrase: Option<&SecretString>) -> Result<PrivateKey, String> {
    let secret = passphrase.map(ExposeSecret::expose_secret);
    let decrypted = match (is_traditional(text), secret) {
        (true, None) => return Err("The private key is encrypted: give its passphrase".to_owned()),
        (true, Some(secret)) => Some(decrypt(text, secret)?),
        (false, _) => None,
    };
    let result = match &decrypted {
        Some(plain) => decode_secret_key(plain, None),
        None => decode_secret_key(text, secret).or_else(|error| short_scalar::read(text, secret).ok_or(error)),
    };
    result.map_err(|error| match error {
        Error::KeyIsEncrypted => "The private key is encrypted: give its passphrase".to_owned(),
        error if passphrase.is_some() => format!("The private key cannot be read with this passphrase: {error}"),
        error => format!("The private key cannot be read: {error}"),
    })
}

/// Whether it is a PEM of OpenSSL's own kind of encryption (RFC 1421 §4.6.1.3, openssl-rsa(1)).
fn is_traditional(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "Proc-Type: 4,ENCRYPTED")
}

/// The same PEM without encryption.
fn decrypt(text: &str, passphrase: &str) -> Result<Zeroizing<String>, String> {
    let broken = || "The private key cannot be read: its PEM is broken".to_owned();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begin = lines
        .iter()
        .find(|line| line.starts_with("-----BEGIN "))
        .ok_or_else(broken)?;
    let end = lines
        .iter()
        .find(|line| line.starts_with("-----END "))
        .ok_or_else(broken)?;
    let info = lines
        .iter()
        .find_map(|line| line.strip_prefix("DEK-Info: "))
        .ok_or_else(broken)?;
    let (cipher, iv) = info.split_once(',').ok_or_else(broken)?;
    let iv = HEXUPPER_PERMISSIVE.decode(iv.trim().as_bytes()).map_err(|_| broken())?;
    let body: String = lines
        .iter()
        .skip_while(|line| !line.is_empty())
        .take_while(|line| !line.starts_with("-----END "))
        .copied()
        .collect();
    let mut body = Zeroizing::new(BASE64.decode(body.as_bytes()).map_err(|_| broken())?);
    let wrong = || "The private key cannot be read with this passphrase".to_owned();
    let length = match cipher {
        "AES-128-CBC" => 16,
        "AES-192-CBC" => 24,
        "AES-256-CBC" => 32,
        other => {
            return Err(format!(
                "The private key is encrypted with {other}; AES-CBC is supported"
            ));
        }
    };
    let key = derive(passphrase, iv.get(..8).ok_or_else(broken)?, length);
    macro_rules! with {
        ($aes:ty) => {
            cbc::Decryptor::<$aes>::new_from_slices(&key, &iv)
                .map_err(|_| broken())?
                .decrypt_padded::<Pkcs7>(&mut body)
                .map_err(|_| wrong())?
        };
    }
    let plain = match length {
        16 => with!(aes::Aes128),
        24 => with!(aes::Aes192),
        _ => with!(aes::Aes256),
    };
    let encoded = Zeroizing::new(BASE64.encode(plain));
    let mut pem = Zeroizing::new(format!("{begin}\n"));
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str(end);
    pem.push('\n');
    Ok(pem)
}

/// OpenSSL's EVP_BytesToKey with MD5 and one round, which is what these files use.
fn derive(passphrase: &str, salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut block: Vec<u8> = Vec::new();
    while key.len() < length {
        let mut context = md5::Context::new();
        context.consume(&block);
        context.consume(passphrase.as_bytes());
        context.consume(salt);
        block = context.finalize().0.to_vec();
        key.extend_from_slice(&block);
    }
    key.truncate(length);
    key
}
