//! The calls of a link that wait: a slab by hand, because the bytes of a slot stay with it when it is free, and a call
//! allocates nothing.

use core::task::{Context, Poll, Waker};

#[derive(Default)]
pub(crate) struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
    used: usize,
}

#[derive(Default)]
struct Slot {
    waker: Option<Waker>,
    answered: bool,
    reply: Vec<u8>,
}

impl Slots {
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// A number for a call, which wakes `waker` when it is answered.
    pub(crate) fn add(&mut self, waker: Option<&Waker>) -> u32 {
        let id = self.free.pop().unwrap_or_else(|| {
            self.all.push(Slot::default());
            u32::try_from(self.all.len() - 1).expect("there are few")
        });
        self.used += 1;
        let slot = self.slot(id);
        slot.answered = false;
        slot.waker = waker.cloned();
        id
    }

    /// Keeps the reply, and gives whom to wake.
    pub(crate) fn answer(&mut self, id: u32, reply: &[u8]) -> Option<Waker> {
        let slot = self.slot(id);
        slot.answered = true;
        slot.reply.clear();
        slot.reply.extend_from_slice(reply);
        slot.waker.take()
    }

    /// The reply as `read` sees it, if it is there.
    pub(crate) fn take<T>(&mut self, id: u32, cx: &Context<'_>, read: impl FnOnce(&[u8]) -> T) -> Poll<T> {
        let slot = self.slot(id);
        if !slot.answered {
            slot.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let value = read(&slot.reply);
        self.used -= 1;
        self.free.push(id);
        Poll::Ready(value)
    }

    fn slot(&mut self, id: u32) -> &mut Slot {
        &mut self.all[usize::try_from(id).expect("it has 32 bits at least")]
    }
}
