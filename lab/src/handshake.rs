//! What a device offers before anybody is logged in: host keys, algorithms, methods, and the faults of that phase.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use russh::keys::ssh_key::private::{Ed25519Keypair, RsaKeypair};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::device::Device;
use crate::fault::Fault;

const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
/// No ChaCha20: clients like it best, and it costs this process several times what AES with hardware help does.
const CIPHERS: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_128_CTR,
    cipher::AES_256_CTR,
];
const MACS: &[mac::Name] = &[mac::HMAC_SHA256_ETM, mac::HMAC_SHA256, mac::HMAC_SHA512];
const NO_COMPRESSION: &[compression::Name] = &[compression::NONE];

/// The SSH server's settings for a connection to this device. `changed_key`: another host key than usual.
pub(crate) fn config(device: &Device, fault: Option<Fault>, changed_key: bool) -> anyhow::Result<Arc<Config>> {
    let generation = device.key_generation.load(Ordering::Relaxed) + u32::from(changed_key);
    let plain = generation == 0
        && !matches!(
            fault,
            Some(
                Fault::LegacyOnly
                    | Fault::PublickeyOnly
                    | Fault::Kbdint
                    | Fault::Kbdint2step
                    | Fault::KbdintUsername
                    | Fault::KbdintAgain
            )
        );
    if plain {
        return Ok(Arc::clone(
            device
                .ssh
                .get_or_init(|| Arc::new(build(device, fault, generation, None))),
        ));
    }
    let key = match fault {
        Some(Fault::LegacyOnly) => Some(rsa_key()?),
        _ => None,
    };
    Ok(Arc::new(build(device, fault, generation, key)))
}

fn build(device: &Device, fault: Option<Fault>, generation: u32, key: Option<PrivateKey>) -> Config {
    let methods: &[MethodKind] = match fault {
        Some(Fault::PublickeyOnly) => &[MethodKind::PublicKey],
        Some(Fault::Kbdint | Fault::Kbdint2step | Fault::KbdintUsername | Fault::KbdintAgain) => {
            &[MethodKind::KeyboardInteractive]
        }
        _ => &[MethodKind::Password, MethodKind::KeyboardInteractive],
    };
    let mut preferred = Preferred {
        kex: Cow::Borrowed(KEX),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(MACS),
        compression: Cow::Borrowed(NO_COMPRESSION),
        ..Preferred::DEFAULT
    };
    if fault == Some(Fault::LegacyOnly) {
        preferred.kex = Cow::Borrowed(&[kex::DH_G14_SHA1]);
        preferred.key = Cow::Owned(vec![Algorithm::Rsa { hash: None }]);
        preferred.cipher = Cow::Borrowed(&[cipher::AES_128_CBC]);
        preferred.mac = Cow::Borrowed(&[mac::HMAC_SHA1]);
    }
    Config {
        server_id: SshId::Standard(Cow::Borrowed(device.platform().ssh_id())),
        methods: MethodSet::from(methods),
        // A refusal that takes a second would only make tests slow.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key.unwrap_or_else(|| ed25519_key(device, generation))],
        preferred,
        inactivity_timeout: None,
        nodelay: true,
        // Nobody reads the channel objects; the handler gets the data itself.
        channel_buffer_size: 1,
        ..Config::default()
    }
}

fn ed25519_key(device: &Device, generation: u32) -> PrivateKey {
    let mut seed = [0u8; 32];
    let parts = [
        device.shared.world.seed,
        u64::from(device.index),
        u64::from(generation),
        0x6c61_622d_6b65_7921,
    ];
    for (place, part) in seed.chunks_exact_mut(8).zip(parts) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    PrivateKey::from(Ed25519Keypair::from_seed(&seed))
}

/// One key for all devices that have such a thing: making one takes about a second.
fn rsa_key() -> anyhow::Result<PrivateKey> {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key.clone());
    }
    let made = RsaKeypair::random(&mut ChaCha20Rng::seed_from_u64(1), 2_048)?;
    Ok(KEY.get_or_init(|| PrivateKey::from(made)).clone())
}

/// Plays a fault that comes before SSH. True: it did, and the connection is over.
pub(crate) async fn before_ssh(fault: Option<Fault>, stream: &mut TcpStream) -> bool {
    let written = match fault {
        Some(Fault::TcpSilent) => Ok(()),
        Some(Fault::BannerCut) => {
            let _ = stream.write_all(b"SSH-2.0-Cis").await;
            let _ = stream.shutdown().await;
            return true;
        }
        Some(Fault::BannerRst) => {
            let _ = stream.set_zero_linger();
            return true;
        }
        Some(Fault::BannerGarbage(bytes)) => garbage(stream, bytes).await,
        Some(Fault::BannerEndless(ms)) => endless(stream, ms).await,
        Some(Fault::Ssh1Only) => stream.write_all(b"SSH-1.5-Cisco-1.25\n").await,
        _ => return false,
    };
    if written.is_ok() {
        // The client has the next word, or hangs up.
        let mut ignored = [0u8; 1_024];
        while matches!(stream.read(&mut ignored).await, Ok(read) if read > 0) {}
    }
    true
}

async fn garbage(stream: &mut TcpStream, bytes: u64) -> std::io::Result<()> {
    let noise: Vec<u8> = (0..4_096u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .map(|b| if b == b'\n' { b'?' } else { b })
        .collect();
    let mut left = bytes;
    while left > 0 {
        let piece = noise.get(..left.min(4_096) as usize).unwrap_or_default();
        stream.write_all(piece).await?;
        left -= piece.len() as u64;
    }
    Ok(())
}

async fn endless(stream: &mut TcpStream, ms: u64) -> std::io::Result<()> {
    for line in 1u64.. {
        stream
            .write_all(format!("Please wait, line {line} of the terms of use\r\n").as_bytes())
            .await?;
        sleep(Duration::from_millis(ms)).await;
    }
    Ok(())
}
