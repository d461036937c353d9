//! Who calls: a value that each task has a copy of.

use core::hint::black_box;
use std::sync::Arc;

use shard_runtime::State;
use tokio::sync::Mutex;

use crate::bed::Bed;
use crate::limit::{Link, Ping, decode, encode};
use crate::servers::sizes;
use crate::work::{ArenaShard, Input, LARGE, Output};

pub(crate) trait Caller: Clone + Send + 'static {
    /// One call, from the making of what is sent to the reading of what comes back.
    fn call(&self) -> impl Future<Output = ()> + Send;
}

/// A method without a context, through whichever shard.
#[derive(Clone)]
pub(crate) struct Step(pub(crate) ArenaShard);

impl Caller for Step {
    async fn call(&self) {
        black_box(self.0.step(Input::new()).await.expect("it is answered"));
    }
}

/// The same in a context.
#[derive(Clone)]
pub(crate) struct StepIn(pub(crate) ArenaShard, pub(crate) State);

impl Caller for StepIn {
    async fn call(&self) {
        black_box(self.0.step_in(&self.1, Input::new()).await.expect("it is answered"));
    }
}

#[derive(Clone)]
pub(crate) struct Echo {
    shard: ArenaShard,
    bytes: Arc<[u8]>,
}

impl Echo {
    pub(crate) fn of(bed: &Bed) -> Self {
        Self { shard: bed.shard(), bytes: vec![7; LARGE].into() }
    }
}

impl Caller for Echo {
    async fn call(&self) {
        let bytes = self.shard.echo(&self.bytes).await.expect("it is answered");
        assert_eq!(bytes.len(), LARGE);
    }
}

#[derive(Clone)]
pub(crate) struct L2Step(Arc<Link>);

impl L2Step {
    pub(crate) async fn of(bed: &Bed) -> Self {
        Self(Arc::new(Link::dial(&bed.addresses.steps).await))
    }
}

impl Caller for L2Step {
    async fn call(&self) {
        let input = Input::new();
        black_box(self.0.call(|out| encode(&input, out), decode::<Output>).await);
    }
}

#[derive(Clone)]
pub(crate) struct L2Echo {
    link: Arc<Link>,
    bytes: Arc<[u8]>,
}

impl L2Echo {
    pub(crate) async fn of(bed: &Bed) -> Self {
        Self { link: Arc::new(Link::dial(&bed.addresses.echoes).await), bytes: vec![7; LARGE].into() }
    }
}

impl Caller for L2Echo {
    async fn call(&self) {
        let size = self.link.call(|out| out.extend_from_slice(&self.bytes), <[u8]>::len).await;
        assert_eq!(size, LARGE);
    }
}

/// Its lock is never waited for: one calls at a time.
#[derive(Clone)]
pub(crate) struct L1(Arc<Mutex<Ping>>);

impl L1 {
    /// With the bytes of a step.
    pub(crate) async fn step(bed: &Bed) -> Self {
        let (there, back) = sizes();
        Self(Arc::new(Mutex::new(Ping::dial(&bed.addresses.pings, there, back).await)))
    }

    pub(crate) async fn large(bed: &Bed) -> Self {
        Self(Arc::new(Mutex::new(Ping::dial(&bed.addresses.large_pings, LARGE, LARGE).await)))
    }
}

impl Caller for L1 {
    async fn call(&self) {
        self.0.lock().await.trip().await;
    }
}
