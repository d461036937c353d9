//! The tick that tells a process that stood still from one that has nothing to do.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::super::inner::Inner;

const TICK: Duration = Duration::from_millis(100);

pub(in crate::node) async fn run(inner: Arc<Inner>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = Instant::now();
        inner.door.tick(now);
        inner.drain_if_stuck(now);
    }
}
