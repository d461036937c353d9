//! What only the network in memory can do: faults, at exact instants.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::super::{Listener, Stream, Transport};
use super::{MemoryNetwork, MemoryReadHalf, MemoryWriteHalf};

const A: &str = "a:1";
const B: &str = "b:1";
const LIMIT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_secs(3600);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

struct Pair {
    network: MemoryNetwork,
    transport: Transport,
    a: Stream,
    b: Stream,
    listener: Listener,
}

/// `a` dials `b`.
async fn pair() -> Pair {
    let network = MemoryNetwork::new();
    let transport = Transport::Memory(network.clone());
    let mut listener = transport.bind(B).await.unwrap();
    let (a, b) = tokio::join!(transport.dial(A, B, LIMIT), listener.accept());
    let a = a.unwrap();
    Pair { network, transport, a, b, listener }
}

/// Its two directions.
fn halves(stream: Stream) -> (MemoryReadHalf, MemoryWriteHalf) {
    let Stream::Memory(stream) = stream else { panic!("it is in memory") };
    stream.into_split()
}

async fn read(reader: &mut (impl AsyncReadExt + Unpin), count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    reader.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_cut_link_holds_bytes_and_gives_them_in_order_when_it_heals() {
    let Pair { network, a, b, .. } = pair().await;
    let ((mut a_reader, mut a_writer), (mut b_reader, mut b_writer)) = (halves(a), halves(b));
    a_writer.write_all(b"before ").await.unwrap();
    network.cut(A, B);
    a_writer.write_all(b"during ").await.unwrap();
    b_writer.write_all(b"back").await.unwrap();

    assert_eq!(read(&mut b_reader, 7).await, b"before ", "it had arrived");
    assert!(timeout(LONG, b_reader.read_u8()).await.is_err());
    assert!(timeout(LONG, a_reader.read_u8()).await.is_err());

    network.heal(A, B);
    a_writer.write_all(b"after").await.unwrap();
    assert_eq!(read(&mut b_reader, 12).await, b"during after");
    assert_eq!(read(&mut a_reader, 4).await, b"back");
}

#[tokio::test(start_paused = true)]
async fn a_cut_wakes_nobody_and_a_heal_wakes_a_reader_that_waits() {
    let Pair { network, a, b, .. } = pair().await;
    let (_a_reader, mut a_writer) = halves(a);
    let (mut b_reader, _b_writer) = halves(b);
    network.cut(A, B);
    a_writer.write_all(b"x").await.unwrap();
    let start = Instant::now();
    let waiting = tokio::spawn(async move { b_reader.read_u8().await });
    tokio::time::sleep(ms(700)).await;
    network.heal(A, B);
    assert_eq!(waiting.await.unwrap().unwrap(), b'x');
    assert_eq!(start.elapsed(), ms(700));
}

#[tokio::test(start_paused = true)]
async fn behind_a_cut_a_writer_waits_once_its_buffer_is_full_and_a_drop_is_not_noticed() {
    let Pair { network, a, b, .. } = pair().await;
    let (mut a_reader, mut a_writer) = halves(a);
    network.cut(A, B);
    drop(b);
    assert!(timeout(LONG, a_reader.read_u8()).await.is_err());
    assert!(timeout(LONG, a_writer.write_all(&vec![0; 1 << 20])).await.is_err());
    network.heal(A, B);
    assert_eq!(a_reader.read(&mut [0]).await.unwrap(), 0);
    assert!(a_writer.write_all(&[0]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_one_way_cut_lets_the_other_way_through() {
    let Pair { network, a, b, .. } = pair().await;
    let ((mut a_reader, mut a_writer), (mut b_reader, mut b_writer)) = (halves(a), halves(b));
    network.cut_one_way(A, B);
    a_writer.write_all(b"lost").await.unwrap();
    b_writer.write_all(b"heard").await.unwrap();
    assert_eq!(read(&mut a_reader, 5).await, b"heard");
    assert!(timeout(LONG, b_reader.read_u8()).await.is_err());
    network.heal(A, B);
    assert_eq!(read(&mut b_reader, 4).await, b"lost");
}

#[tokio::test(start_paused = true)]
async fn a_dial_through_a_cut_hangs_until_its_limit_or_until_the_link_heals() {
    let Pair { network, transport, listener: _listener, .. } = pair().await;
    for one_way in [(A, B), (B, A)] {
        network.cut_one_way(one_way.0, one_way.1);
        let start = Instant::now();
        let error = transport.dial(A, B, LIMIT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), LIMIT);
        network.heal(A, B);
    }
    network.cut(A, B);
    let healing = async {
        tokio::time::sleep(ms(100)).await;
        network.heal(A, B);
    };
    let (dialled, ()) = tokio::join!(transport.dial(A, B, LIMIT), healing);
    dialled.unwrap();
    assert_eq!(network.dials(B), 4);
}

#[tokio::test(start_paused = true)]
async fn a_cut_touches_no_other_link() {
    let Pair { network, transport, mut listener, .. } = pair().await;
    network.cut(A, B);
    let (c, b) = tokio::join!(transport.dial("c:1", B, LIMIT), listener.accept());
    let (mut reader, _b_writer) = halves(b);
    let (_c_reader, mut writer) = halves(c.unwrap());
    writer.write_all(b"x").await.unwrap();
    assert_eq!(reader.read_u8().await.unwrap(), b'x');
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_a_delay_and_not_a_brake() {
    let Pair { network, a, b, .. } = pair().await;
    let (_a_reader, mut a_writer) = halves(a);
    let (mut b_reader, _b_writer) = halves(b);
    network.delay(A, B, ms(100));
    let start = Instant::now();
    let writing = tokio::spawn(async move {
        for number in 0..10 {
            a_writer.write_all(&vec![number; 50_000]).await.unwrap();
            tokio::time::sleep(ms(1)).await;
        }
        a_writer
    });
    for number in 0..10 {
        assert!(read(&mut b_reader, 50_000).await == vec![number; 50_000]);
        assert_eq!(start.elapsed(), ms(100 + u64::from(number)));
    }
    let mut a_writer = writing.await.unwrap();

    // A shorter delay does not let later bytes overtake.
    a_writer.write_all(b"first ").await.unwrap();
    network.delay(A, B, Duration::ZERO);
    a_writer.write_all(b"second").await.unwrap();
    assert_eq!(read(&mut b_reader, 12).await, b"first second");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_stream_is_delayed_like_its_bytes() {
    let Pair { network, a, b, .. } = pair().await;
    let (mut b_reader, _b_writer) = halves(b);
    network.delay(A, B, ms(40));
    let start = Instant::now();
    drop(a);
    assert_eq!(b_reader.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(start.elapsed(), ms(40));
}

#[tokio::test(start_paused = true)]
async fn a_dial_takes_one_round_trip() {
    let Pair { network, transport, listener: _listener, .. } = pair().await;
    network.delay(A, B, ms(20));
    let start = Instant::now();
    transport.dial(A, B, LIMIT).await.unwrap();
    assert_eq!(start.elapsed(), ms(40));
}

#[tokio::test(start_paused = true)]
async fn severing_resets_both_ends_now_and_new_connections_can_be_made() {
    let Pair { network, transport, a, b, mut listener } = pair().await;
    let ((mut a_reader, mut a_writer), (mut b_reader, mut b_writer)) = (halves(a), halves(b));
    let waiting = tokio::spawn(async move { a_reader.read_u8().await });
    tokio::task::yield_now().await;
    network.sever(B, A);
    let errors = [
        waiting.await.unwrap().unwrap_err(),
        a_writer.write_all(b"x").await.unwrap_err(),
        b_reader.read_u8().await.unwrap_err(),
        b_writer.write_all(b"x").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let (again, _) = tokio::join!(transport.dial(A, B, LIMIT), listener.accept());
    again.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_killed_node_refuses_dials_and_its_connections_are_reset_until_it_binds_again() {
    let Pair { network, transport, a, b: _b, mut listener } = pair().await;
    let (mut a_reader, _a_writer) = halves(a);
    network.kill(B);
    let error = a_reader.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = transport.dial(A, B, LIMIT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(timeout(LONG, listener.accept()).await.is_err());

    let mut replacement = transport.bind(B).await.unwrap();
    drop(listener);
    let (again, _) = tokio::join!(transport.dial(A, B, LIMIT), replacement.accept());
    again.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_killed_behind_a_cut_is_noticed_when_the_link_heals() {
    let Pair { network, a, b, .. } = pair().await;
    let (mut a_reader, _a_writer) = halves(a);
    let (mut b_reader, _b_writer) = halves(b);
    network.cut(A, B);
    network.kill(B);
    let error = b_reader.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(timeout(LONG, a_reader.read_u8()).await.is_err());
    network.heal(A, B);
    let error = a_reader.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn dials_and_bytes_are_counted() {
    let Pair { network, transport, a, b, .. } = pair().await;
    let (_a_reader, mut a_writer) = halves(a);
    let (mut b_reader, _b_writer) = halves(b);
    a_writer.write_all(&[0; 1234]).await.unwrap();
    assert_eq!(network.bytes_carried(), 0, "they were not taken yet");
    read(&mut b_reader, 1234).await;
    assert_eq!(network.bytes_carried(), 1234);
    transport.dial(A, "nobody:1", LIMIT).await.unwrap_err();
    assert_eq!((network.dials(B), network.dials("nobody:1")), (1, 1));
    assert_eq!(network.dials(A), 0);
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_over_are_forgotten() {
    let Pair { network, transport, mut listener, .. } = pair().await;
    for _ in 0..1000 {
        let (dialled, _) = tokio::join!(transport.dial(A, B, LIMIT), listener.accept());
        drop(dialled);
    }
    assert!(network.connections_kept() <= 2);
}
