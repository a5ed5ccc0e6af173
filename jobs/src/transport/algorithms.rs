//! Which algorithms are offered, in order of preference.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use russh::{Preferred, cipher, client, kex, mac};

/// Data in flight towards us in one channel, in bytes; with [`QUEUED_MESSAGES`] packets it bounds a session's memory.
const WINDOW: u32 = 256 * 1024;
/// A session holds one packet twice while it comes in: many that answer together make that the most of their memory.
const PACKET: u32 = 8 * 1024;
const QUEUED_MESSAGES: usize = 8;

type Kept = Mutex<HashMap<(bool, Option<Duration>), Arc<client::Config>>>;

/// The options of every connection: modern algorithms first, the legacy ones behind them only where they are allowed.
/// AES-128-GCM leads the ciphers because it costs the least CPU per byte.
pub(super) fn client_config(legacy: bool, keepalive: Option<Duration>) -> Arc<client::Config> {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    match KEPT.get_or_init(Kept::default).lock() {
        Ok(mut kept) => Arc::clone(
            kept.entry((legacy, keepalive))
                .or_insert_with(|| config(legacy, keepalive)),
        ),
        Err(_) => config(legacy, keepalive),
    }
}

fn config(legacy: bool, keepalive: Option<Duration>) -> Arc<client::Config> {
    let default = Preferred::DEFAULT;
    let mut kexes = vec![kex::CURVE25519, kex::CURVE25519_PRE_RFC_8731];
    kexes.extend(
        default
            .kex
            .iter()
            .copied()
            .filter(|name| !kexes.contains(name))
            .collect::<Vec<_>>(),
    );
    kexes.extend([
        kex::ECDH_SHA2_NISTP256,
        kex::ECDH_SHA2_NISTP384,
        kex::ECDH_SHA2_NISTP521,
    ]);
    let mut ciphers = vec![cipher::AES_128_GCM];
    ciphers.extend(default.cipher.iter().copied());
    let mut macs: Vec<mac::Name> = default.mac.to_vec();
    let mut keys = default.key.to_vec();
    if legacy {
        kexes.extend([kex::DH_GEX_SHA1, kex::DH_G14_SHA1, kex::DH_G1_SHA1]);
        ciphers.extend([
            cipher::AES_256_CBC,
            cipher::AES_192_CBC,
            cipher::AES_128_CBC,
            cipher::TRIPLE_DES_CBC,
        ]);
        macs.extend([mac::HMAC_SHA1_ETM, mac::HMAC_SHA1]);
    } else {
        keys.retain(|key| *key != russh::keys::Algorithm::Rsa { hash: None });
    }
    let preferred = Preferred {
        kex: Cow::Owned(kexes),
        cipher: Cow::Owned(ciphers),
        mac: Cow::Owned(macs),
        key: Cow::Owned(keys),
        ..default
    };
    Arc::new(client::Config {
        window_size: WINDOW,
        maximum_packet_size: PACKET,
        channel_buffer_size: QUEUED_MESSAGES,
        preferred,
        keepalive_interval: keepalive,
        nodelay: true,
        ..client::Config::default()
    })
}
