//! Tokens: signed ones that say who somebody is for some minutes, and random ones that are looked up by their hash.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind as JwtError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// How API tokens begin.
pub(super) const API_TOKEN: &str = "srt_";
/// How refresh tokens begin.
pub(super) const REFRESH_TOKEN: &str = "srr_";
/// How tickets begin.
pub(super) const TICKET: &str = "srk_";
/// Characters of an API token that are shown later.
pub(super) const PREFIX: usize = 12;

const ISSUER: &str = "showrun";
const AUDIENCE: &str = "showrun-api";

/// What a signed token says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// The person.
    pub(super) sub: Uuid,
    /// The session.
    pub(super) sid: Uuid,
    iat: i64,
    exp: i64,
}

/// Signs and checks.
pub(super) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Signer {
    pub(super) fn new(key: &[u8]) -> Self {
        // One algorithm: what the header of a token asks for does not matter.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            validation,
        }
    }

    /// A token for a session, good for some seconds from `now_ms`.
    pub(super) fn sign(&self, user: Uuid, session: Uuid, now_ms: i64, seconds: u64) -> Result<SecretString> {
        let now = now_ms.div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            iat: now,
            exp: now.saturating_add_unsigned(seconds),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map(SecretString::from)
            .map_err(|error| Error::internal(format!("signing a token: {error}")))
    }

    /// What a token says, if it is one of ours and still good.
    pub(super) fn check(&self, token: &str) -> Result<Claims> {
        match jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(error) if *error.kind() == JwtError::ExpiredSignature => Err(refused(
                "token_expired",
                "The access token has expired: get a new one with the refresh token, or log in",
            )),
            Err(_) => Err(refused("token_invalid", "The token is not one of this server: log in")),
        }
    }
}

/// Nobody is let in with this.
pub(super) fn refused(code: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, code, message)
}

/// A new random token.
pub(super) fn random(prefix: &str) -> SecretString {
    let bytes: [u8; 32] = rand::random();
    format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes)).into()
}

/// What a random token is looked up by. It has 256 random bits, so that a fast hash does.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of a token that we made.
pub(super) fn hash_of(token: &SecretString) -> [u8; 32] {
    hash(token.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::now_ms;

    fn signer() -> Signer {
        Signer::new(&[7; 32])
    }

    fn with(claims: &serde_json::Value, algorithm: Algorithm, key: &[u8]) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
    }

    #[test]
    fn a_token_of_ours_says_who_it_is_until_it_expires() {
        let (user, session) = (Uuid::now_v7(), Uuid::now_v7());
        let token = signer().sign(user, session, now_ms(), 60).unwrap();
        let claims = signer().check(token.expose_secret()).unwrap();
        assert_eq!((claims.sub, claims.sid), (user, session));
        let old = signer().sign(user, session, now_ms() - 61_000, 60).unwrap();
        assert_eq!(signer().check(old.expose_secret()).unwrap_err().code, "token_expired");
        let other = Signer::new(&[8; 32]).check(token.expose_secret()).unwrap_err();
        assert_eq!(other.code, "token_invalid");
    }

    #[test]
    fn another_algorithm_issuer_audience_or_no_end_is_refused() {
        let good = serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::now_v7(), "sid": Uuid::now_v7(), "iat": 0, "exp": 4_000_000_000_u64,
        });
        let key = [7; 32];
        assert!(signer().check(&with(&good, Algorithm::HS256, &key)).is_ok());
        assert!(signer().check(&with(&good, Algorithm::HS512, &key)).is_err());
        for (name, value) in [
            ("iss", serde_json::json!("other")),
            ("aud", serde_json::json!("other")),
            ("exp", serde_json::Value::Null),
            ("sid", serde_json::json!("../../etc/passwd")),
            ("sub", serde_json::Value::Null),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            if bad[name].is_null() {
                bad.as_object_mut().unwrap().remove(name);
            }
            assert!(signer().check(&with(&bad, Algorithm::HS256, &key)).is_err(), "{name}");
        }
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        let body = BASE64URL_NOPAD.encode(good.to_string().as_bytes());
        for token in [
            format!("{none}.{body}."),
            format!("{none}.{body}"),
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert_eq!(signer().check(&token).unwrap_err().code, "token_invalid");
        }
    }
}
