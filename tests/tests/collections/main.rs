//! Collections through the API, on the real binary and simulated devices over real SSH: that they end as they did without
//! a server, that nobody who watches misses anything, and that nothing is lost whatever happens to the server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod addresses;
mod archive;
mod backup;
mod bodies;
mod breaker;
mod clock;
mod commands;
mod end;
mod filters;
mod fleet;
mod hangup;
mod keeping;
mod kill;
mod lately;
mod names;
mod scene;
mod trouble;
mod watch;
mod watched;

/// Tests that hold on each of the databases.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[tokio::test]
            async fn on_sqlite() -> anyhow::Result<()> {
                let test = concat!("collections::", stringify!($test), "::on_sqlite");
                $crate::scene::on($crate::scene::Kind::Sqlite, test, super::$test()).await
            }

            #[tokio::test]
            async fn on_postgresql() -> anyhow::Result<()> {
                let test = concat!("collections::", stringify!($test), "::on_postgresql");
                $crate::scene::on($crate::scene::Kind::Postgres, test, super::$test()).await
            }
        }
    )+};
}
pub(crate) use on_both;
