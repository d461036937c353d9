//! The addresses that a name stands for, looked up again and again: a headless service, for one.

use core::time::Duration;
use std::io;
use std::net::SocketAddr;

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::engine::{Announcement, Engine};
use super::sighting::{Sighting, Sightings};
use crate::transport::{jitter, resolve};

/// How often the name is looked up, give or take a fifth, so that nodes that started together do not ask together.
const EVERY: Duration = Duration::from_secs(5);

/// How long an answer may take before the node goes on without one. The look-up itself is waited for: the operating
/// system's cannot be given up, and a second one beside it would only be one more that hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks a name up.
pub(super) type Resolver =
    Box<dyn Fn(&str, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// There is nobody to announce this node to: whoever keeps the name's records does.
pub(super) struct Dns {
    name: String,
    port: u16,
    resolver: Resolver,
}

impl Dns {
    pub(super) fn new(name: String, port: u16) -> Self {
        let system = |name: &str, port| {
            let name = name.to_owned();
            async move { resolve(&name, port).await }.boxed()
        };
        Self::with_resolver(name, port, Box::new(system))
    }

    pub(super) fn with_resolver(name: String, port: u16, resolver: Resolver) -> Self {
        Self { name, port, resolver }
    }

    async fn watch(&self, sightings: &Sightings) {
        let mut failing = false;
        loop {
            match self.look_up(sightings).await {
                Ok(addresses) => {
                    if failing {
                        tracing::info!(
                            name = self.name,
                            addresses = addresses.len(),
                            "the name is found again"
                        );
                    }
                    failing = false;
                    sightings.report(addresses.iter().map(|address| Sighting::at(address.to_string())));
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(name = self.name, %error, "no nodes can be found by name; it is looked up again");
                    }
                    failing = true;
                    sightings.report_failure();
                }
            }
            sleep(pause(jitter())).await;
        }
    }

    async fn look_up(&self, sightings: &Sightings) -> io::Result<Vec<SocketAddr>> {
        let mut answer = (self.resolver)(&self.name, self.port);
        if let Ok(answer) = timeout(PATIENCE, &mut answer).await {
            return answer;
        }
        sightings.report_failure();
        answer.await
    }
}

impl Engine for Dns {
    fn run(
        self: Box<Self>,
        _: watch::Receiver<Announcement>,
        sightings: Sightings,
        stop: CancellationToken,
    ) -> BoxFuture<'static, ()> {
        async move {
            stop.run_until_cancelled(self.watch(&sightings)).await;
        }
        .boxed()
    }
}

/// 0.8 to 1.2 times [`EVERY`]; `random` is uniform over all of `u64`.
fn pause(random: u64) -> Duration {
    let spread = EVERY.mul_f64(0.4);
    #[expect(clippy::cast_precision_loss, reason = "jitter needs no more than 52 bits")]
    let share = random as f64 / u64::MAX as f64;
    EVERY.mul_f64(0.8) + spread.mul_f64(share)
}
