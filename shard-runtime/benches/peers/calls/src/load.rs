//! How a peer is called: alone, many at a time, and with much in each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::cpu::Processes;
use crate::figures::Throughput;
use crate::peer::Peer;
use crate::work::Input;

const LARGE: u32 = 64 * 1024;
const LARGE_TOGETHER: u64 = 8;

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) rounds: usize,
    /// How long each figure of a round is measured.
    pub(crate) window: Duration,
}

impl Load {
    /// With one call in flight: the median and the 99th percentile of what it takes, and what both processes spend on
    /// it, in microseconds.
    pub(crate) async fn alone(self, peer: &impl Peer, processes: &Processes) -> Outcome<[f64; 3]> {
        let mut times = Vec::with_capacity(100_000);
        let cpu = processes.spent()?;
        let begin = Instant::now();
        let mut before = begin;
        for player in 0.. {
            let output = peer.step(Input::of(player)).await?;
            let after = Instant::now();
            times.push(micros(after - before));
            if output != Input::of(player).step() {
                return Err("an answer to something else".into());
            }
            if after - begin > self.window {
                break;
            }
            before = Instant::now();
        }
        let cpu = micros(processes.spent()?.saturating_sub(cpu)) / times.len() as f64;
        times.sort_by(f64::total_cmp);
        Ok([times[times.len() / 2], times[times.len() * 99 / 100], cpu])
    }

    /// As many calls in flight as said, each followed by the next as soon as it is answered.
    pub(crate) async fn together(
        self,
        peer: &impl Peer,
        calls: u64,
        processes: &Processes,
    ) -> Outcome<Throughput> {
        let before = processes.spent()?;
        let (calls, took) = self.repeat(peer, calls, &Call::Step).await?;
        let cpu = processes.spent()?.saturating_sub(before);
        Ok(Throughput { rate: calls / took.as_secs_f64() / 1e3, cpu: micros(cpu) / calls })
    }

    /// Millions of bytes in a second, there and back.
    pub(crate) async fn echo(self, peer: &impl Peer) -> Outcome<f64> {
        let bytes = Bytes::from(vec![7; LARGE as usize]);
        let (calls, took) = self.repeat(peer, LARGE_TOGETHER, &Call::Echo(bytes)).await?;
        Ok(2.0 * calls * f64::from(LARGE) / took.as_secs_f64() / 1e6)
    }

    /// How many calls were answered, and in which time.
    async fn repeat<P: Peer>(self, peer: &P, tasks: u64, call: &Call) -> Outcome<(f64, Duration)> {
        let stop = Arc::new(AtomicBool::new(false));
        let begin = Instant::now();
        let mut calling = JoinSet::new();
        for task in 0..tasks {
            let (peer, call, stop) = (peer.clone(), call.clone(), stop.clone());
            calling.spawn(async move {
                let mut answered = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    call.once(&peer, task).await?;
                    answered += 1;
                }
                Outcome::Ok(answered)
            });
        }
        tokio::time::sleep(self.window).await;
        stop.store(true, Ordering::Relaxed);
        let mut calls = 0.0;
        while let Some(answered) = calling.join_next().await {
            calls += f64::from(answered??);
        }
        Ok((calls, begin.elapsed()))
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[derive(Clone)]
enum Call {
    Step,
    Echo(Bytes),
}

impl Call {
    async fn once(&self, peer: &impl Peer, player: u64) -> Outcome {
        match self {
            Self::Step => peer.step(Input::of(player)).await.map(drop),
            Self::Echo(bytes) if peer.echo(bytes).await? == bytes.len() => Ok(()),
            Self::Echo(_) => Err("another number of bytes came back".into()),
        }
    }
}
