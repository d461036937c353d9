//! The caller's end of a link.
//!
//! Callers encode into one buffer; a task writes all of it at once, a turn of the scheduler after the first of them, so
//! that everybody who is about to call has. A caller who is alone writes by itself. Another task reads, and keeps each
//! reply in the slot of its call.

use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, yield_now};

use super::frame::{Unread, write_frame};
use super::slots::Slots;

/// Both tasks end with it.
pub(crate) struct Link {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    inner: Mutex<Inner>,
    filled: Notify,
    write: OwnedWriteHalf,
}

#[derive(Default)]
struct Inner {
    slots: Slots,
    out: Vec<u8>,
    /// The task has been told that there is something in `out`, or is writing: nobody else may write.
    flushing: bool,
}

impl Link {
    pub(crate) async fn dial(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("somebody listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        let (read, write) = stream.into_split();
        let shared = Arc::new(Shared { inner: Mutex::default(), filled: Notify::new(), write });
        let tasks =
            [tokio::spawn(read_all(Arc::clone(&shared), read)), tokio::spawn(flush(Arc::clone(&shared)))];
        Self { shared, tasks }
    }

    /// Sends what `write` appends, and gives the reply as `read` sees it. A call must not be dropped before it ends: its
    /// slot would stay.
    pub(crate) async fn call<T>(&self, write: impl FnOnce(&mut Vec<u8>), read: impl FnOnce(&[u8]) -> T) -> T {
        let mut id = None;
        let mut halves = Some((write, read));
        poll_fn(|cx| match id {
            None => {
                // The waker goes in with the call: there is no need to look for a reply before it wakes.
                let (write, read) = halves.take().expect("it is sent once");
                id = Some((self.shared.send(Some(cx.waker()), write), Some(read)));
                Poll::Pending
            }
            Some((id, ref mut read)) => self.shared.poll(id, cx, read),
        })
        .await
    }

    /// The first half of a call, which does not wait.
    pub(crate) fn send(&self, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        self.shared.send(None, write)
    }

    /// The second half. Only a call that is waited for wakes anybody.
    pub(crate) async fn reply<T>(&self, id: u32, read: impl FnOnce(&[u8]) -> T) -> T {
        let mut read = Some(read);
        poll_fn(|cx| self.shared.poll(id, cx, &mut read)).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    fn send(&self, waker: Option<&Waker>, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        let mut inner = self.lock();
        let id = inner.slots.add(waker);
        write_frame(&mut inner.out, id, write);
        if inner.flushing {
            return id;
        }
        // Nobody else waits: nobody could join, and the way over another task is a wake-up.
        if inner.slots.used() == 1 {
            let written = self.write.try_write(&inner.out).unwrap_or_default();
            if written == inner.out.len() {
                inner.out.clear();
                return id;
            }
            inner.out.drain(..written);
        }
        inner.flushing = true;
        drop(inner);
        self.filled.notify_one();
        id
    }

    fn poll<T>(&self, id: u32, cx: &Context<'_>, read: &mut Option<impl FnOnce(&[u8]) -> T>) -> Poll<T> {
        let mut inner = self.lock();
        inner.slots.take(id, cx, |reply| read.take().expect("it is taken once")(reply))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics with it")
    }

    async fn write_all(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.write.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.write.writable().await.expect("the link stays");
                }
                Err(error) => panic!("the link stays: {error}"),
            }
        }
    }
}

async fn flush(shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    loop {
        shared.filled.notified().await;
        loop {
            yield_now().await;
            {
                let mut inner = shared.lock();
                core::mem::swap(&mut inner.out, &mut bytes);
                inner.flushing = !bytes.is_empty();
            }
            if bytes.is_empty() {
                break;
            }
            shared.write_all(&bytes).await;
            bytes.clear();
        }
    }
}

async fn read_all(shared: Arc<Shared>, mut read: OwnedReadHalf) {
    let mut unread = Unread::new();
    let mut wakers = Vec::new();
    loop {
        match read.read(unread.room()).await {
            Ok(more) if more > 0 => unread.filled(more),
            _ => return,
        }
        // One lock for all that came, and nobody is woken to wait for it.
        let mut inner = shared.lock();
        unread.each(|id, reply| wakers.extend(inner.slots.answer(id, reply)));
        drop(inner);
        wakers.drain(..).for_each(Waker::wake);
    }
}
