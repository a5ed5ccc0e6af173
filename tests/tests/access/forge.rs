//! Tokens as a forger makes them, also one who has stolen the key of the server.

use std::path::Path;

use anyhow::Context;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

/// Makes tokens.
pub(crate) struct Forge {
    key: Vec<u8>,
}

impl Forge {
    /// With the key of a server that has this data directory.
    pub(crate) fn steal(data_dir: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(data_dir.join("secret.key"))?;
        let master = HEXLOWER.decode(text.trim().as_bytes())?;
        Ok(Self {
            key: hmac256(&master, b"access token"),
        })
    }

    /// The claims of a token.
    pub(crate) fn claims(token: &str) -> anyhow::Result<Value> {
        let body = token.split('.').nth(1).context("no token")?;
        Ok(serde_json::from_slice(&BASE64URL_NOPAD.decode(body.as_bytes())?)?)
    }

    /// A token with this header and these claims, signed with the key of the server.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let signature = match header["alg"].as_str() {
            Some("HS512") => {
                let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(&self.key).unwrap();
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            _ => hmac256(&self.key, text.as_bytes()),
        };
        format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The usual header.
    pub(crate) fn header() -> Value {
        json!({"alg": "HS256", "typ": "JWT"})
    }

    /// Without any signature.
    pub(crate) fn none(claims: &Value) -> String {
        format!("{}.", unsigned(&json!({"alg": "none", "typ": "JWT"}), claims))
    }

    /// Signed with a key that the forger thought of.
    pub(crate) fn with_key(key: &[u8], claims: &Value) -> String {
        let text = unsigned(&Self::header(), claims);
        format!("{text}.{}", BASE64URL_NOPAD.encode(&hmac256(key, text.as_bytes())))
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

fn hmac256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
