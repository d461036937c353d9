//! What every transport does, run over each of them.

use std::io::{self, ErrorKind, IoSlice};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::memory::MemoryNetwork;
use super::{Detached, Listener, ReadHalf, Stream, Transport, WriteHalf};

const LIMIT: Duration = Duration::from_secs(3);

/// One test per promise and transport.
macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod tcp {
            $(#[tokio::test] async fn $promise() { super::$promise(super::Transport::Tcp, "127.0.0.1:0").await }
            )*
        }
        mod tcp_on_many_threads {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() { super::$promise(super::Transport::Tcp, "127.0.0.1:0").await }
            )*
        }
        #[cfg(feature = "tls")]
        mod tls {
            $(#[tokio::test] async fn $promise() { super::$promise(super::tls(), "127.0.0.1:0").await }
            )*
        }
        #[cfg(feature = "tls")]
        mod tls_on_many_threads {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() { super::$promise(super::tls(), "127.0.0.1:0").await }
            )*
        }
        mod memory {
            $(#[tokio::test(start_paused = true)]
            async fn $promise() { super::$promise(super::memory(), "node:0").await }
            )*
        }
        mod memory_on_many_threads {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() { super::$promise(super::memory(), "node:0").await }
            )*
        }
    };
}

promises![
    bytes_come_back_from_an_echo,
    the_bound_address_can_be_dialled,
    a_vectored_write_keeps_its_order,
    eight_mebibytes_arrive_whole_at_a_slow_reader,
    a_writer_waits_for_a_reader_that_takes_nothing,
    half_a_close_is_an_end_and_the_other_half_goes_on,
    dropping_one_end_ends_the_other,
    writing_to_an_end_that_is_gone_fails,
    nobody_there_refuses_and_the_error_names_the_address,
    binding_twice_fails_and_names_the_address,
    a_dropped_listener_frees_its_address,
    many_streams_at_once_stay_apart,
    both_halves_work_from_two_tasks,
    an_accept_that_is_cancelled_loses_nothing,
    a_connection_goes_on_after_a_move,
];

fn memory() -> Transport {
    Transport::Memory(MemoryNetwork::new())
}

/// TLS between ends that have one certificate.
#[cfg(feature = "tls")]
fn tls() -> Transport {
    Transport::Tls(super::Keeper::new(super::tls::testing::example()).unwrap())
}

type Halves = (ReadHalf, WriteHalf);

/// A connection that nothing was said over yet: the dialler's end, the acceptor's, and the listener.
async fn unopened(transport: &Transport, address: &str) -> (Stream, Stream, Listener) {
    let mut listener = transport.bind(address).await.unwrap();
    let bound = listener.local_address();
    let (dialled, accepted) = tokio::join!(transport.dial("dialler:1", &bound, LIMIT), listener.accept());
    (dialled.unwrap(), accepted, listener)
}

/// The same, ready to be used.
async fn connection(transport: &Transport, address: &str) -> (Halves, Halves, Listener) {
    let (near, far, listener) = unopened(transport, address).await;
    let (near, far) = tokio::join!(halves(near), halves(far));
    (near, far, listener)
}

async fn halves(stream: Stream) -> Halves {
    let opened = stream.open().await.unwrap();
    (opened.read, opened.write)
}

/// Sends back whatever arrives, to its end.
async fn echo((mut reader, mut writer): Halves) -> io::Result<()> {
    let mut buffer = vec![0; 8192];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return writer.shutdown().await;
        }
        writer.write_all(&buffer[..count]).await?;
        writer.flush().await?;
    }
}

/// Writes all of it, and keeps nothing back.
async fn send(writer: &mut WriteHalf, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

async fn read_to_end(reader: &mut ReadHalf) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// Bytes in which a lost, doubled or swapped piece shows.
fn pattern(length: usize) -> Vec<u8> {
    (0u32..).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).take(length).collect()
}

/// Writes until the transport takes no more for the moment.
async fn fill(writer: &mut WriteHalf) -> usize {
    let mut written = 0;
    let chunk = vec![7; 64 * 1024];
    while let Some(result) = ready_now(writer.write(&chunk)).await {
        written += result.unwrap();
        assert!(written < 64 << 20, "no back-pressure after 64 MiB");
    }
    written
}

/// The result of a future that finishes without waiting for anything.
async fn ready_now<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = future => Some(result),
        // Several turns, since one may only have used up the task's budget or the sign that a socket is ready.
        () = async { for _ in 0..64 { tokio::task::yield_now().await; } } => None,
    }
}

async fn bytes_come_back_from_an_echo(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let echo = tokio::spawn(echo(far));
    let (mut reader, mut writer) = near;
    for length in [1, 2, 100, 9000] {
        let sent = pattern(length);
        send(&mut writer, &sent).await.unwrap();
        let mut got = vec![0; length];
        reader.read_exact(&mut got).await.unwrap();
        assert!(got == sent);
    }
    drop(writer);
    assert_eq!(read_to_end(&mut reader).await.unwrap(), b"");
    echo.await.unwrap().unwrap();
}

async fn the_bound_address_can_be_dialled(transport: Transport, address: &str) {
    let (near, far, listener) = unopened(&transport, address).await;
    assert_ne!(listener.local_address(), address, "port 0 takes a free one");
    assert_eq!(near.peer_description(), listener.local_address());
    assert_ne!(far.peer_description(), listener.local_address());
    if !matches!(transport, Transport::Memory(_)) {
        assert!(near.remote_ip().unwrap().is_loopback());
        assert!(far.remote_ip().unwrap().is_loopback());
    }
}

async fn a_vectored_write_keeps_its_order(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let (_reader, mut writer) = near;
    assert!(writer.is_write_vectored());
    let slices = [IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"two")];
    assert_eq!(writer.write_vectored(&slices).await.unwrap(), 7);
    writer.flush().await.unwrap();
    drop(writer);
    let (mut reader, _writer) = far;
    assert_eq!(read_to_end(&mut reader).await.unwrap(), b"one two");
}

async fn eight_mebibytes_arrive_whole_at_a_slow_reader(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let sent = pattern(8 << 20);
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        let (_reader, mut writer) = near;
        send(&mut writer, &sent).await.unwrap();
        // Dropped, it would say goodbye only as far as the socket takes it at once.
        writer.shutdown().await.unwrap();
    });
    let (mut reader, _writer) = far;
    let mut got = Vec::with_capacity(expected.len());
    let mut buffer = vec![0; 10_007];
    loop {
        let count = reader.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        got.extend_from_slice(&buffer[..count]);
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert!(got == expected);
}

async fn a_writer_waits_for_a_reader_that_takes_nothing(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let (_near_reader, mut writer) = near;
    let written = fill(&mut writer).await;
    let (mut reader, _far_writer) = far;
    let taking = tokio::spawn(async move { read_to_end(&mut reader).await.unwrap().len() });
    send(&mut writer, &[7; 1000]).await.unwrap();
    drop(writer);
    assert_eq!(taking.await.unwrap(), written + 1000);
}

async fn half_a_close_is_an_end_and_the_other_half_goes_on(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let (mut near_reader, mut near_writer) = near;
    let (mut far_reader, mut far_writer) = far;
    near_writer.write_all(b"last words").await.unwrap();
    near_writer.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut far_reader).await.unwrap(), b"last words");
    assert_eq!(far_reader.read(&mut [0; 8]).await.unwrap(), 0, "an end stays one");
    send(&mut far_writer, b"still here").await.unwrap();
    drop(far_writer);
    assert_eq!(read_to_end(&mut near_reader).await.unwrap(), b"still here");
    assert!(near_writer.write_all(b"more").await.is_err());
}

async fn dropping_one_end_ends_the_other(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let (mut reader, _writer) = near;
    let waiting = tokio::spawn(async move { reader.read(&mut [0; 8]).await });
    tokio::task::yield_now().await;
    drop(far);
    match waiting.await.unwrap() {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

async fn writing_to_an_end_that_is_gone_fails(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    let (_reader, mut writer) = near;
    fill(&mut writer).await;
    let waiting = tokio::spawn(async move { writer.write_all(&vec![0; 64 << 20]).await });
    tokio::task::yield_now().await;
    drop(far);
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe));
}

async fn nobody_there_refuses_and_the_error_names_the_address(transport: Transport, address: &str) {
    let listener = transport.bind(address).await.unwrap();
    let bound = listener.local_address();
    drop(listener);
    let error = transport.dial("dialler:1", &bound, LIMIT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(error.to_string().contains(&bound), "{error}");
}

async fn binding_twice_fails_and_names_the_address(transport: Transport, address: &str) {
    let listener = transport.bind(address).await.unwrap();
    let bound = listener.local_address();
    let error = transport.bind(&bound).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&bound), "{error}");
}

async fn a_dropped_listener_frees_its_address(transport: Transport, address: &str) {
    let (near, far, listener) = connection(&transport, address).await;
    let bound = listener.local_address();
    drop(listener);
    let again = transport.bind(&bound).await.unwrap();
    assert_eq!(again.local_address(), bound);
    // What was accepted lives on.
    let echo = tokio::spawn(echo(far));
    let (mut reader, mut writer) = near;
    send(&mut writer, b"hello").await.unwrap();
    drop(writer);
    assert_eq!(read_to_end(&mut reader).await.unwrap(), b"hello");
    echo.await.unwrap().unwrap();
}

async fn many_streams_at_once_stay_apart(transport: Transport, address: &str) {
    const STREAMS: u8 = 100;
    let mut listener = transport.bind(address).await.unwrap();
    let bound = listener.local_address();
    let serving = tokio::spawn(async move {
        for _ in 0..STREAMS {
            let accepted = listener.accept().await;
            tokio::spawn(async move { echo(halves(accepted).await).await });
        }
    });
    let calls: Vec<_> = (0..STREAMS)
        .map(|number| {
            let (transport, bound) = (transport.clone(), bound.clone());
            tokio::spawn(async move {
                let stream = transport.dial("dialler:1", &bound, LIMIT).await.unwrap();
                let (mut reader, mut writer) = halves(stream).await;
                send(&mut writer, &[number; 3000]).await.unwrap();
                drop(writer);
                assert!(read_to_end(&mut reader).await.unwrap() == [number; 3000]);
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    serving.await.unwrap();
}

async fn both_halves_work_from_two_tasks(transport: Transport, address: &str) {
    let (near, far, _listener) = connection(&transport, address).await;
    tokio::spawn(echo(far));
    let (mut reader, mut writer) = near;
    let reading = tokio::spawn(async move { read_to_end(&mut reader).await.unwrap() });
    let sent = pattern(1 << 20);
    let expected = sent.clone();
    tokio::spawn(async move {
        send(&mut writer, &sent).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    assert!(reading.await.unwrap() == expected);
}

async fn an_accept_that_is_cancelled_loses_nothing(transport: Transport, address: &str) {
    let mut listener = transport.bind(address).await.unwrap();
    let bound = listener.local_address();
    assert!(ready_now(listener.accept()).await.is_none());
    let (dialled, _accepted) = tokio::join!(transport.dial("dialler:1", &bound, LIMIT), listener.accept());
    dialled.unwrap();
}

/// What was read, what was written and what was still on its way stay in order, whichever runtime looks after it.
async fn a_connection_goes_on_after_a_move(transport: Transport, address: &str) {
    let ((mut reader, mut writer), (mut far_reader, mut far_writer), _listener) =
        connection(&transport, address).await;
    send(&mut writer, b"before ").await.unwrap();
    send(&mut far_writer, b"one two").await.unwrap();
    let mut start = [0; 4];
    reader.read_exact(&mut start).await.unwrap();
    let detached = Detached::new(reader, writer).unwrap();
    send(&mut far_writer, b" three").await.unwrap();
    drop(far_writer);
    let there = move || async move {
        let (mut reader, mut writer) = detached.attached().unwrap();
        send(&mut writer, b"after").await.unwrap();
        drop(writer);
        read_to_end(&mut reader).await.unwrap()
    };
    let rest = if let Transport::Memory(_) = transport {
        there().await
    } else {
        let moved = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(there())
        };
        tokio::task::spawn_blocking(moved).await.unwrap()
    };
    assert_eq!([&start[..], &rest].concat(), b"one two three");
    assert_eq!(read_to_end(&mut far_reader).await.unwrap(), b"before after");
}
