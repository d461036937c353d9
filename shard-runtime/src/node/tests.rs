//! Links, seen from inside: how many there are, and what becomes of members when one ends.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::Node;
use super::connection::Goodbye;
use super::{link, peers};
use crate::call::{Completion, Inflow, Introduction, Peer, Pending};
use crate::testing::{Cluster, MemoryNetwork};
use crate::transport::Transport;
use crate::trust::Secret;
use crate::wire::{Answer, FrameKind, Limits, NotStarted, Reply, Tables, Unknown, write_frame};

mod secrets;

/// The open links of a node to another, and the one that calls take.
fn links(from: &Node, to: &Node) -> (Vec<Arc<Peer>>, Option<Arc<Peer>>) {
    let all = from.inside().links().into_iter().filter(|link| link.boot == to.boot());
    (all.collect(), from.inside().door.peer(to.boot()))
}

#[tokio::test(start_paused = true)]
async fn two_nodes_that_dial_each_other_at_once_end_up_with_one_link() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    for delay in [0, 1, 20, 50] {
        cluster.delay(0, 1, Duration::from_millis(delay));
        for _ in 0..5 {
            // Both learn of it at the same moment, and both dial again at once.
            cluster.sever(0, 1);
            sleep(Duration::from_secs(3)).await;
            for (from, to) in [(one, two), (two, one)] {
                let (all, current) = links(from, to);
                assert_eq!(all.len(), 1, "open links from {} at {delay} ms", from.name());
                assert!(Arc::ptr_eq(&all[0], &current.expect("calls have a link")));
            }
        }
    }
}

/// A link that the other side has dialled, and has given up before it was entered there.
fn never_entered_there(here: &Node, there: &Node, instead_of: &Peer) -> Arc<Peer> {
    let inner = here.inside();
    let who = Introduction {
        name: there.name().parse().unwrap(),
        boot: there.boot(),
        ours: here.boot(),
        dialled: !instead_of.dialled,
        in_flight: inner.settings.in_flight_per_peer,
        outbox_bytes: inner.settings.outbox_bytes,
        budget: inner.door.budget(there.boot()),
        room: Arc::clone(&inner.door.bytes_out),
    };
    Arc::new(Peer::new(who, &Tables::default(), inner.door.registry.entries(), Instant::now()))
}

/// The side that gives a new link up goes on with the one before, and would refuse every other.
#[tokio::test(start_paused = true)]
async fn a_link_is_used_again_when_what_has_replaced_it_was_never_the_other_sides() {
    for says_goodbye in [false, true] {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let nodes = (cluster.node(0), cluster.node(1));
        // That of whoever has dialled: the other's takes its place only if it is the smaller name's.
        let first = links(nodes.0, nodes.1).1.unwrap();
        let (here, there) = if first.dialled { (nodes.1, nodes.0) } else { nodes };
        let first = links(here, there).1.unwrap();
        let second = never_entered_there(here, there, &first);
        here.inside().door.change_peers(|peers| peers.remove(&first.boot));
        peers::put_in(here.inside(), &second);
        first.retire();
        if says_goodbye {
            sleep(Duration::from_secs(1)).await;
            assert!(first.has_said_goodbye() && first.is_open(), "the other side keeps it");
        }
        second.close();
        assert_eq!(peers::is_lost(here.inside(), &second), says_goodbye);
        sleep(Duration::from_secs(3)).await;
        for (from, to) in [(here, there), (there, here)] {
            let (all, current) = links(from, to);
            assert_eq!((all.len(), current.is_some()), (1, true), "goodbye: {says_goodbye}");
            assert_eq!(Arc::ptr_eq(&all[0], &first), from.name() == here.name() && !says_goodbye);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_link_ended_on_one_side_only_is_found_again() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    cluster.delay(0, 1, Duration::from_millis(50));
    for (from, to) in [(one, two), (two, one)] {
        for _ in 0..5 {
            cluster.sever(0, 1);
            sleep(Duration::from_secs(3)).await;
            let boots = from.members().iter().map(|member| member.boot).collect::<Vec<_>>();
            links(from, to).1.expect("calls have a link").close();
            for _ in 0..300 {
                sleep(Duration::from_millis(10)).await;
                let now = from.members().iter().map(|member| member.boot).collect::<Vec<_>>();
                assert_eq!(now, boots, "{} lost a living member", from.name());
            }
            assert!(links(from, to).1.is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_nodes_of_one_name_that_come_at_once_one_is_taken_in_and_stays() {
    let network = MemoryNetwork::new();
    let node = |name: &str, address: &str| {
        Node::builder("test")
            .name(name)
            .listen(address)
            .peers(["hub:1"])
            .secret(Secret::new([7; 32]).unwrap())
            .transport(Transport::Memory(network.clone()))
    };
    for address in ["x:1", "y:1"] {
        network.delay("hub:1", address, Duration::from_millis(20));
    }
    let hub = node("hub", "hub:1").start().await.unwrap();
    let (first, second) = tokio::join!(node("twin", "x:1").start(), node("twin", "y:1").start());
    let (first, second) = (first.unwrap(), second.unwrap());
    sleep(Duration::from_secs(10)).await;
    let linked = |node: &Node| hub.inside().door.peer(node.boot()).is_some();
    assert!(linked(&first) != linked(&second), "{} {}", linked(&first), linked(&second));
    let member = hub.view().get("twin").unwrap().boot;
    assert!(hub.inside().door.peer(member).is_some(), "the one in the view is the one that is linked");
}

#[tokio::test]
async fn a_link_that_nobody_runs_is_closed() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let inner = cluster.node(0).inside();
    let stream = inner.transport.dial("elsewhere:1", "node-1:1", Duration::from_secs(1)).await.unwrap();
    let (all, _) = links(cluster.node(0), cluster.node(1));
    for link in all {
        link.close();
    }
    let link = link::dialled(inner, stream).await.unwrap();
    let peer = Arc::clone(&link.peer);
    assert!(peers::enter(inner, &link));
    // What happens to the task that runs it when the node stops meanwhile.
    drop(peers::serve(inner, link));
    assert!(!peer.is_open());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_of_the_link_to_a_node_that_has_gone() {
    let mut cluster = Cluster::of(3, |node| node).await.unwrap();
    for delay in 0..5 {
        cluster.kill(2);
        cluster.settled().await;
        cluster.restart(2, |node| node).await.unwrap();
        cluster.settled().await;
        // The gossip is faster than the end of the link.
        cluster.node(2).inside().told_dead(0);
        cluster.settled().await;
        cluster.delay(0, 2, Duration::from_millis(delay));
        cluster.cut(0, 2);
        cluster.cut(1, 2);
        sleep(Duration::from_secs(20)).await;
        cluster.heal(0, 2);
        cluster.heal(1, 2);
        cluster.settled().await;
    }
    sleep(Duration::from_secs(10)).await;
    let losses = [0, 1].map(|n| cluster.node(n).inside().door.losses());
    assert_eq!(losses, [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_flooded_with_packets_still_finds_out_who_is_dead() {
    let mut cluster = Cluster::of(2, |node| node).await.unwrap();
    let inner = Arc::clone(cluster.node(0).inside());
    cluster.kill(1);
    for _ in 0..70 {
        for _ in 0..50 {
            inner.gossip.fill();
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert_eq!(cluster.node(0).members().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_ends_as_soon_as_it_is_open_is_not_dialled_in_a_loop() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let dials = || cluster.network().dials("node-0:1") + cluster.network().dials("node-1:1");
    let before = dials();
    for _ in 0..2_000 {
        cluster.sever(0, 1);
        sleep(Duration::from_millis(1)).await;
    }
    let dials = dials() - before;
    assert!(dials < 100, "{dials} dials in two seconds");
}

#[tokio::test(start_paused = true)]
async fn of_many_view_syncs_at_once_one_is_taken_in() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let (one, two) = (cluster.node(0).inside(), cluster.node(1).inside());
    sleep(Duration::from_secs(1)).await;
    let before = one.door.syncs_heard();
    let link = two.door.peer(one.door.boot()).unwrap();
    for _ in 0..90 {
        two.gossip.tell(super::gossip::Input::TellSync { link: Arc::clone(&link), answer: false });
    }
    sleep(Duration::from_millis(20)).await;
    assert_eq!(one.door.syncs_heard() - before, 1);
    sleep(Duration::from_millis(100)).await;
    two.gossip.tell(super::gossip::Input::TellSync { link, answer: false });
    sleep(Duration::from_millis(20)).await;
    assert_eq!(one.door.syncs_heard() - before, 2, "others are, a moment later");
}

fn framed(kind: FrameKind, id: u64, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    write_frame(&mut frame, kind, id, body).unwrap();
    frame
}

/// Whether a node has closed its link a moment after the other has sent something over it.
async fn is_closed_by(send: impl FnOnce(&Peer)) -> bool {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let link = links(cluster.node(0), cluster.node(1)).1.unwrap();
    // Not beside a ping, of which there is one after each second of silence.
    while !(300..600).contains(&link.said_nothing_for(Instant::now()).as_millis()) {
        sleep(Duration::from_millis(50)).await;
    }
    let there = links(cluster.node(1), cluster.node(0)).1.unwrap();
    send(&link);
    sleep(Duration::from_millis(100)).await;
    !there.is_open()
}

#[tokio::test(start_paused = true)]
async fn a_link_is_closed_for_a_hundred_frames_that_lead_to_nothing_and_for_none_less() {
    const CALL: u64 = 1 << 32 | 9;
    let cancel = || framed(FrameKind::Cancel, CALL, &[]);
    let floods = [
        ("a cancel of what was never called", cancel()),
        ("a credit for no stream", framed(FrameKind::Credit, CALL, &1_u32.to_le_bytes())),
        ("a reply that nobody waits for", Answer::unknown(CALL, &Unknown::Stopped).into_frame()),
        ("an item of no stream", framed(FrameKind::StreamItem, CALL, &[1, 7])),
        ("an item without a byte", framed(FrameKind::StreamItem, CALL, &[])),
        ("the end of no stream", Answer::unknown(CALL, &Unknown::Stopped).into_stream_end().into_frame()),
        ("a pong without a ping", framed(FrameKind::Pong, 0, &[])),
        ("a goodbye", framed(FrameKind::Goodbye, 0, &[Goodbye::Replaced as u8])),
        ("a sync", framed(FrameKind::ViewSync, 0, &[1, 2, 3])),
    ];
    for (what, frame) in floods {
        // The first sync is none of them.
        let useful = usize::from(what == "a sync");
        let many = vec![frame; 101 + useful];
        assert!(
            !is_closed_by(|link| link.outbox.push_answer(&many[1..].concat()).unwrap()).await,
            "100 times {what}"
        );
        assert!(
            is_closed_by(|link| link.outbox.push_answer(&many.concat()).unwrap()).await,
            "101 times {what}"
        );
    }
    // Nor are those pings that the network may have held up.
    for (pings, closes) in [(126, false), (127, true)] {
        let ping = |link: &Peer| {
            link.expect_pongs(pings as u64);
            link.outbox.push_answer(&framed(FrameKind::Ping, 0, &[]).repeat(pings)).unwrap();
        };
        assert_eq!(is_closed_by(ping).await, closes, "{pings} pings");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_methods_that_no_table_has_are_answered_up_to_a_hundred_times() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let link = links(cluster.node(0), cluster.node(1)).1.unwrap();
    let there = links(cluster.node(1), cluster.node(0)).1.unwrap();
    for n in 0..=100 {
        assert!(there.is_open(), "after {n}");
        let wait = link.pending.wait(Instant::now() + Duration::from_secs(5), None).unwrap();
        let mut body = Vec::new();
        super::inbound::tests::head(cluster.node(1).inside()).write(&mut body).unwrap();
        link.outbox.push_answer(&framed(FrameKind::Call, wait.id(), &body)).unwrap();
        match wait.await {
            Completion::Reply(body) => {
                let reply = Reply::read(&body).unwrap();
                assert!(matches!(reply, Reply::NotStarted(NotStarted::UnknownMethod { .. })), "{reply:?}");
                assert!(n < 100);
            }
            other => assert!(n == 100 && matches!(other, Completion::Lost), "{n}: {other:?}"),
        }
    }
    assert!(!there.is_open());
}

/// As it happens to whoever gives up many calls that have just ended: of each kind more at once than may lead to
/// nothing, and nothing else beside it.
#[tokio::test(start_paused = true)]
async fn frames_that_have_crossed_close_no_link() {
    type Crossing = fn(&Peer, &Pending, u64) -> Vec<u8>;
    // One that was made there and given up, and what is still on its way of it.
    fn given_up(pending: &Pending) -> u64 {
        let flow = Arc::new(Inflow::new(&Limits::default()));
        pending.wait(Instant::now() + Duration::from_secs(5), Some(flow)).unwrap().id()
    }
    let crossings: [(&str, Crossing); 5] = [
        ("cancels", |there, _, n| {
            there.served.note(n + (1 << 32)).unwrap();
            framed(FrameKind::Cancel, n + (1 << 32), &[])
        }),
        ("credits", |there, _, n| {
            there.served.note(n + (1 << 32)).unwrap();
            framed(FrameKind::Credit, n + (1 << 32), &1_u32.to_le_bytes()).repeat(16)
        }),
        ("replies", |_, pending, _| Answer::of(given_up(pending), &Reply::Value(&[])).into_frame()),
        ("items", |_, pending, _| framed(FrameKind::StreamItem, given_up(pending), &[7; 1_000])),
        ("ends", |_, pending, _| {
            Answer::of(given_up(pending), &Reply::Value(&[])).into_stream_end().into_frame()
        }),
    ];
    for (what, crossing) in crossings {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let (one, two) = (cluster.node(0), cluster.node(1));
        let (link, there) = (links(one, two).1.unwrap(), links(two, one).1.unwrap());
        let frames: Vec<u8> = (0..500).flat_map(|n| crossing(&there, &there.pending, n)).collect();
        link.outbox.push_answer(&frames).unwrap();
        sleep(Duration::from_millis(100)).await;
        assert!(there.is_open(), "{what}");
    }
}

/// Whoever has given it up has said so before, and a second time leads to nothing.
#[tokio::test(start_paused = true)]
async fn a_call_whose_reply_is_not_taken_is_cancelled_once() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let (one, two) = (cluster.node(0), cluster.node(1));
    let (link, there) = (links(one, two).1.unwrap(), links(two, one).1.unwrap());
    let reason = Unknown::ReplyTooLarge { size: 2, limit: 1 };
    let call = || link.pending.wait(Instant::now() + Duration::from_secs(5), None).unwrap();

    let live = call();
    there.served.note(live.id()).unwrap();
    assert!(link.refuse_reply(live.id(), &reason));
    sleep(Duration::from_millis(100)).await;
    assert!(!there.served.give_up(live.id()), "it has been cancelled");

    for _ in 0..200 {
        let given_up = call().id();
        assert!(link.refuse_reply(given_up, &reason), "it was on its way");
    }
    sleep(Duration::from_millis(100)).await;
    assert!(there.is_open());
}

/// More than there can be on its way.
#[tokio::test(start_paused = true)]
async fn a_stream_that_was_given_up_may_have_its_window_on_the_way_and_no_more() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let (one, two) = (cluster.node(0), cluster.node(1));
    let (link, there) = (links(one, two).1.unwrap(), links(two, one).1.unwrap());
    let flow = Arc::new(Inflow::new(&Limits::default()));
    let wait = there.pending.wait(Instant::now() + Duration::from_secs(5), Some(flow)).unwrap();
    let item = framed(FrameKind::StreamItem, wait.id(), &[7; 1_024]);
    drop(wait);
    for (frames, is_open) in [(256 + 100, true), (1, false)] {
        link.outbox.push_answer(&vec![item.clone(); frames].concat()).unwrap();
        sleep(Duration::from_millis(100)).await;
        assert_eq!(there.is_open(), is_open);
    }
}

#[test]
fn a_node_goes_on_draining_when_the_runtime_of_whoever_asked_for_it_ends() {
    let new = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (own, others) = (new(), new());
    let node = own.block_on(Node::builder("test").drain_deadline(Duration::from_secs(1)).start()).unwrap();
    let runs = node.inside().door.admission.admit(1, crate::call::Meant::ForBoot);
    let _ = others.block_on(async { tokio::time::timeout(Duration::from_millis(1), node.drain()).await });
    drop(others);
    drop(runs);
    let ended = own.block_on(async { tokio::time::timeout(Duration::from_secs(10), node.shutdown()).await });
    assert!(ended.is_ok());
}

#[tokio::test]
async fn nothing_stays_of_a_node_whose_last_handle_is_dropped() {
    let start = async |name: &str, peers: &[&str]| {
        let node = Node::builder("test").name(name).listen("127.0.0.1:0").peers(peers.iter().copied());
        node.secret(Secret::new([7; 32]).unwrap()).start().await.unwrap()
    };
    let other = start("other", &[]).await;
    let node = start("node", &[other.address()]).await;
    node.ready().await.unwrap();
    let mut views = node.watch_members();
    let inside = Arc::downgrade(node.inside());
    drop(node);
    for _ in 0..500 {
        if inside.strong_count() == 0 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(inside.strong_count(), 0);
    while views.next().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_workers_stand_still_tells_so_to_those_who_cannot_see_it() {
    let cluster = Cluster::of(3, |node| node).await.unwrap();
    let node = cluster.node(0);
    // Only the node itself can tell here: the answers to the others' pings say that all is well.
    node.inside().drain_if_stuck(Instant::now() + Duration::from_secs(11));
    sleep(Duration::from_secs(1)).await;
    let states = || [0, 1, 2].map(|n| cluster.node(n).view().get("node-0").unwrap().state);
    assert_eq!(states(), [crate::MemberState::Draining; 3]);
    node.inside().fence("a test", 0);
    cluster.settled().await;
    assert_eq!(states(), [crate::MemberState::Active; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_told_of_many_members_makes_its_tables_once() {
    let cluster = Cluster::of(10, |node| node).await.unwrap();
    let node = Node::builder("test").name("new").listen("new:1").peers(["node-0:1"]);
    let node = node.secret(cluster.secret().clone()).transport(Transport::Memory(cluster.network().clone()));
    let node = node.start().await.unwrap();
    node.ready().await.unwrap();
    assert_eq!(node.members().len(), 11);
    // Of itself, joining and active; of the one that took it in; and of all the others.
    let made = node.inside().door.views_made();
    assert!(made <= 5, "{made} times");
}
