//! OpenSSH's file of a P-256 key whose secret number starts with a zero byte, which is one key in 256.
//!
//! OpenSSH writes that number as an `mpint` (RFC 4251 §5), without leading zeros; the library wants all 32 bytes. Here the
//! zeros are put back.

use data_encoding::BASE64;
use russh::keys::{
    PrivateKey,
    ssh_key::{
        Cipher, Kdf,
        encoding::{Decode, Reader},
        private::KeypairData,
    },
};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";

/// First bytes of the format (OpenSSH's PROTOCOL.key).
const MAGIC: &[u8] = b"openssh-key-v1\0";

const KIND: &[u8] = b"ecdsa-sha2-nistp256";

/// Bytes of a secret number of P-256.
const SCALAR: usize = 32;

/// The key, or nothing when it is no such key, or the passphrase is missing or wrong.
pub(super) fn read(text: &str, passphrase: Option<&str>) -> Option<PrivateKey> {
    let body: String = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != BEGIN)
        .skip(1)
        .take_while(|line| *line != END)
        .collect();
    let file = Zeroizing::new(BASE64.decode(body.as_bytes()).ok()?);
    let mut reader = file.strip_prefix(MAGIC)?;
    let cipher = Cipher::decode(&mut reader).ok()?;
    let kdf = Kdf::decode(&mut reader).ok()?;
    if u32::decode(&mut reader).ok()? != 1 {
        return None;
    }
    Vec::<u8>::decode(&mut reader).ok()?;
    let mut private = Zeroizing::new(Vec::<u8>::decode(&mut reader).ok()?);
    if cipher.is_some() {
        let (key, iv) = kdf.derive_key_and_iv(cipher, passphrase?).ok()?;
        let tag = match cipher.has_tag() {
            true => Some(reader.try_into().ok()?),
            false => None,
        };
        cipher.decrypt(&key, &iv, &mut private, tag).ok()?;
    }
    let mut reader = private.as_slice();
    // Two equal numbers: what is decrypted with a wrong passphrase has others.
    if u32::decode(&mut reader).ok()? != u32::decode(&mut reader).ok()? {
        return None;
    }
    let [kind, curve, point] = [(), (), ()].map(|()| Vec::<u8>::decode(&mut reader).ok());
    let scalar = Zeroizing::new(Vec::<u8>::decode(&mut reader).ok()?);
    let comment = String::decode(&mut reader).ok()?;
    if kind.as_deref() != Some(KIND) || scalar.len() >= SCALAR {
        return None;
    }
    let mut whole = Zeroizing::new(vec![0; SCALAR - scalar.len()]);
    whole.extend_from_slice(&scalar);

    let mut pair = Zeroizing::new(Vec::with_capacity(256));
    for part in [kind?.as_slice(), &curve?, &point?, &whole] {
        pair.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        pair.extend_from_slice(part);
    }
    let mut reader = pair.as_slice();
    let pair = KeypairData::decode(&mut reader).ok()?;
    let pair = reader.finish(pair).ok()?;
    PrivateKey::new(pair, comment).ok()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use crate::transport::key::read_private_key;

    /// Made with ssh-keygen for this test, until one had such a number.
    const PLAIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRpYO8BcarrneFiEKvcSrMiH4MdvDvB
wycRRzXczZsvoIGR5OCTv5VquXHyHbJPUB48zjpIhlDNJxLXqgN7hcmMAAAAoKqD4gqqg+
IKAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGlg7wFxquud4WIQ
q9xKsyIfgx28O8HDJxFHNdzNmy+ggZHk4JO/lWq5cfIdsk9QHjzOOkiGUM0nEteqA3uFyY
wAAAAfO1KC3AwgPOT9XVbCWcL1QuY7lbQYza+4OD2QU9ak0wAAAAR0ZXN0AQIDBAU=
-----END OPENSSH PRIVATE KEY-----
";

    /// The same with a passphrase.
    const LOCKED: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCbsMUpld
aSv+aqYcvKVkJXAAAAEAAAAAEAAABoAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz
dHAyNTYAAABBBGlg7wFxquud4WIQq9xKsyIfgx28O8HDJxFHNdzNmy+ggZHk4JO/lWq5cf
Idsk9QHjzOOkiGUM0nEteqA3uFyYwAAACgALL3sdHihAQgoUyYPvK09ipNX8So+guuxMsZ
Nqcoudbd5O7/SjzK/GoqQlQpQd4lVexxB+8xcczoZOzOYBlQYRHGSgSNuet2yzplt8/uPg
q3StZTm0kW3L1UZrk9Yh+obacNxmrhKX+EGQzSdAumtkEcsos38e2eN/9G15gU4dOFWiop
nbUeM8EeIL0X7KmLNZvvQmKOoqZIwXGR0DgnCw==
-----END OPENSSH PRIVATE KEY-----
";

    /// The same again, with `ssh-keygen -Z aes256-gcm@openssh.com`.
    const LOCKED_WITH_TAG: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAAFmFlczI1Ni1nY21Ab3BlbnNzaC5jb20AAAAGYmNyeXB0AA
AAGAAAABA3ADkVHCAZz+LyW0F4wL4GAAAAEAAAAAEAAABoAAAAE2VjZHNhLXNoYTItbmlz
dHAyNTYAAAAIbmlzdHAyNTYAAABBBGlg7wFxquud4WIQq9xKsyIfgx28O8HDJxFHNdzNmy
+ggZHk4JO/lWq5cfIdsk9QHjzOOkiGUM0nEteqA3uFyYwAAACgSbUcNKlrYbfPtFUpjJ9J
femmUBIGc0ZTZOcUNQj3wD6Yw6yjcWzlwvqwIzv9kxTqhNXYcHg5jtSWk02i3OPJ4nXu/7
CKjMeJilKRpzCnoz+2aRiV66ig5ERZ8zHwb2C676qKNTUBYDpof9mUE86PCeqVqGL89xD0
LYiQZpspoJ/gz0KoXPQLcUZkPFI4PxSYzz8sDcGhLJuuheKavG2MUzl3tY/xWmNlkLGzFO
qinTU=
-----END OPENSSH PRIVATE KEY-----
";

    /// What ssh-keygen -y says of them.
    const PUBLIC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGlg7wFxquud4WIQq9xKsyIfgx28O8HDJxFHNdzNmy+ggZHk4JO/lWq5cfIdsk9QHjzOOkiGUM0nEteqA3uFyYw= test";

    #[test]
    fn a_secret_number_that_starts_with_zero_is_read_with_and_without_passphrase() {
        let passphrase = SecretString::from("a passphrase");
        for (text, passphrase) in [
            (PLAIN, None),
            (PLAIN, Some(&passphrase)),
            (LOCKED, Some(&passphrase)),
            (LOCKED_WITH_TAG, Some(&passphrase)),
        ] {
            let key = read_private_key(text, passphrase).unwrap();
            assert_eq!(key.public_key().to_openssh().unwrap(), PUBLIC);
            // Signed with the number itself, so a wrong one would not fit the public half.
            let signed = key.sign("test", russh::keys::HashAlg::Sha256, b"text").unwrap();
            key.public_key().verify("test", b"text", &signed).unwrap();
        }
    }

    #[test]
    fn without_its_passphrase_it_stays_shut() {
        let wrong = SecretString::from("another passphrase");
        for text in [LOCKED, LOCKED_WITH_TAG] {
            assert_eq!(
                read_private_key(text, None).unwrap_err(),
                "The private key is encrypted: give its passphrase"
            );
            assert!(read_private_key(text, Some(&wrong)).unwrap_err().contains("passphrase"));
        }
        assert!(read_private_key(&PLAIN.replace("AAAA", "AAAB"), None).is_err());
    }
}
