//! A connection to a device that ends before its time.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// When a connection is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    Never,
    /// When the device has sent so many bytes.
    After(u64),
    /// When neither side has said anything for so long.
    WhenSilentFor(Duration),
}

/// A port that leads to a device.
pub(crate) struct Wire {
    address: SocketAddr,
    passed: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Wire {
    pub(crate) async fn start(device: SocketAddr, cut: Cut) -> anyhow::Result<Wire> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let passed = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&passed);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // However a connection ends, both its halves are closed then.
                tokio::spawn(connect(client, device, cut, Arc::clone(&count)));
            }
        });
        Ok(Wire {
            address,
            passed,
            listening,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that the device has sent.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

async fn connect(mut client: TcpStream, device: SocketAddr, cut: Cut, passed: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut device = TcpStream::connect(device).await?;
    client.set_nodelay(true)?;
    device.set_nodelay(true)?;
    let (mut from_client, mut from_device) = ([0; 4096], [0; 4096]);
    let patience = match cut {
        Cut::WhenSilentFor(patience) => patience,
        _ => Duration::from_secs(3600),
    };
    loop {
        let piece = tokio::time::timeout(patience, async {
            tokio::select! {
                read = client.read(&mut from_client) => read.map(|read| (true, read)),
                read = device.read(&mut from_device) => read.map(|read| (false, read)),
            }
        });
        let Ok(piece) = piece.await else { return Ok(()) };
        match piece? {
            (_, 0) => return Ok(()),
            (true, read) => device.write_all(from_client.get(..read).unwrap_or_default()).await?,
            (false, read) => {
                let before = passed.fetch_add(read as u64, Ordering::SeqCst);
                let room = match cut {
                    Cut::After(most) => usize::try_from(most.saturating_sub(before)).unwrap_or(read).min(read),
                    _ => read,
                };
                client.write_all(from_device.get(..room).unwrap_or_default()).await?;
                if room < read {
                    return Ok(());
                }
            }
        }
    }
}
