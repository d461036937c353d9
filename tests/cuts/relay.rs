use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::frame::Frame;

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toward {
    Callee,
    Caller,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Passes,
    IsLost,
    /// It is there two times.
    IsDoubled,
    /// It waits until [`Relay::release`]; what comes behind it does not.
    IsHeld,
    /// It comes so much later; what comes behind it does not.
    IsLate(Duration),
    /// So many bytes of it still pass, and that is the end of the connection.
    IsCut(usize),
}

type Rule = Box<dyn FnMut(Toward, &Frame) -> Fate + Send>;

/// Stands between a caller and the callee that it dials. It knows no secret: it lets the two prove themselves to each
/// other, and decides about each of their frames by a rule. Connections for liveness go through unread. A connection
/// that is dialled after another was cut is as good as the first.
pub(crate) struct Relay {
    address: String,
    wires: Arc<Wires>,
}

/// Where it goes, and its bytes.
type Held = (WeakUnboundedSender<Vec<u8>>, Vec<u8>);

struct Wires {
    callee: String,
    rule: Mutex<Rule>,
    /// Their connections do not wait for them.
    held: Mutex<Vec<Held>>,
    /// Connections that are open.
    open: AtomicUsize,
    /// Connections that have ended.
    ended: AtomicUsize,
    /// Told when all connections are to end.
    cut: watch::Sender<()>,
}

impl Relay {
    pub(crate) async fn to(callee: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let wires = Arc::new(Wires {
            callee,
            rule: Mutex::new(Box::new(|_, _| Fate::Passes)),
            held: Mutex::default(),
            open: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            cut: watch::Sender::default(),
        });
        let accepting = Arc::clone(&wires);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&accepting).carry(caller));
            }
        });
        Self { address, wires }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Connections for calls that are open now.
    pub(crate) fn open(&self) -> usize {
        self.wires.open.load(Ordering::SeqCst)
    }

    /// Connections for calls that have been open and are no longer.
    pub(crate) fn ended(&self) -> usize {
        self.wires.ended.load(Ordering::SeqCst)
    }

    /// Decides about every frame from now on.
    pub(crate) fn rule(&self, rule: impl FnMut(Toward, &Frame) -> Fate + Send + 'static) {
        *lock(&self.wires.rule) = Box::new(rule);
    }

    /// Decides about the frames of one kind; all others pass.
    pub(crate) fn rule_for(&self, kind: u8, mut rule: impl FnMut(usize) -> Fate + Send + 'static) {
        let mut count = 0;
        self.rule(move |_, frame| {
            if frame.kind != kind {
                return Fate::Passes;
            }
            count += 1;
            rule(count)
        });
    }

    /// Lets everything pass again. What is held stays so.
    pub(crate) fn honest(&self) {
        self.rule(|_, _| Fate::Passes);
    }

    /// How many frames are held.
    pub(crate) fn held(&self) -> usize {
        lock(&self.wires.held).len()
    }

    /// Lets go what is held, in its order, where its connection still is.
    pub(crate) fn release(&self) {
        for (into, bytes) in lock(&self.wires.held).drain(..) {
            // Where the connection has gone, so has what went over it.
            let _ = into.upgrade().is_some_and(|into| into.send(bytes).is_ok());
        }
    }

    /// Ends all connections for calls now, between two frames.
    pub(crate) fn cut(&self) {
        self.wires.cut.send_replace(());
    }
}

impl Wires {
    async fn carry(self: Arc<Self>, mut caller: TcpStream) {
        let Ok(mut callee) = TcpStream::connect(&self.callee).await else { return };
        // Frames are not to wait for the next ones.
        let _ = caller.set_nodelay(true).and_then(|()| callee.set_nodelay(true));
        let Ok(hello) = Frame::read(&mut caller).await else { return };
        if hello.is_for_liveness() {
            if callee.write_all(&hello.bytes).await.is_ok() {
                let _ = tokio::io::copy_bidirectional(&mut caller, &mut callee).await;
            }
            return;
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        let mut cut = self.cut.subscribe();
        let ((from_caller, to_caller), (from_callee, to_callee)) = (caller.into_split(), callee.into_split());
        let (into_caller, for_caller) = unbounded_channel();
        let (into_callee, for_callee) = unbounded_channel();
        let writers =
            [tokio::spawn(write(for_caller, to_caller)), tokio::spawn(write(for_callee, to_callee))];
        // Whichever ends first ends the connection.
        tokio::select! {
            _ = self.pump(Toward::Callee, Some(hello), from_caller, into_callee) => {}
            _ = self.pump(Toward::Caller, None, from_callee, into_caller) => {}
            _ = cut.changed() => {}
        }
        // What has been sent still arrives.
        for writer in writers {
            let _ = writer.await;
        }
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    async fn pump(
        &self,
        toward: Toward,
        mut first: Option<Frame>,
        mut from: OwnedReadHalf,
        into: UnboundedSender<Vec<u8>>,
    ) -> io::Result<()> {
        loop {
            let frame = match first.take() {
                Some(frame) => frame,
                None => Frame::read(&mut from).await?,
            };
            let fate = (lock(&self.rule))(toward, &frame);
            let send = |bytes| into.send(bytes).map_err(io::Error::other);
            match fate {
                Fate::Passes => send(frame.bytes)?,
                Fate::IsLost => {}
                Fate::IsDoubled => {
                    send(frame.bytes.clone())?;
                    send(frame.bytes)?;
                }
                Fate::IsHeld => lock(&self.held).push((into.downgrade(), frame.bytes)),
                Fate::IsLate(pause) => {
                    let into = into.downgrade();
                    tokio::spawn(async move {
                        tokio::time::sleep(pause).await;
                        if let Some(into) = into.upgrade() {
                            let _ = into.send(frame.bytes);
                        }
                    });
                }
                Fate::IsCut(after) => {
                    let mut bytes = frame.bytes;
                    bytes.truncate(after);
                    send(bytes)?;
                    return Ok(());
                }
            }
        }
    }
}

/// Writes what it is sent, and says that this is all when nobody can send more.
async fn write(mut bytes: UnboundedReceiver<Vec<u8>>, mut to: OwnedWriteHalf) {
    while let Some(bytes) = bytes.recv().await {
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
