//! Nodes that do not belong: another secret, another cluster, a name that is taken.

use std::time::Duration;

use shard_runtime::{Error, Node, Secret, Secrets};
use tokio::time::sleep;

use crate::fixture::{Arena, Bed, patient, shard_on, tcp, tcp_builder, until, within};

async fn verdict(node: &Node) -> String {
    let error = within(Duration::from_secs(5), "a verdict", node.ready()).await.unwrap_err();
    let Error::Refused { reason, .. } = &error else { panic!("{error:?}") };
    reason.clone()
}

#[tokio::test]
async fn a_node_with_another_secret_is_refused_and_told_why() {
    patient(async {
        let (nodes, arenas) = tcp(2).await;
        let shard = shard_on(&nodes[0], &nodes[1]);
        let stranger = tcp_builder("stranger", nodes.iter().map(Node::address))
            .secret(Secret::new([8; 32]).unwrap())
            .shared_module(Arena::new("stranger"));
        let stranger = stranger.start().await.unwrap();
        let reason = verdict(&stranger).await;
        assert!(reason.contains("secret"), "{reason}");
        for id in 0..100 {
            assert_eq!(shard.mark(id).await.unwrap(), id);
            sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(arenas[1].worked(), (0..100).collect::<Vec<_>>());
        assert!(nodes.iter().all(|node| node.members().len() == 2));
        assert_eq!(stranger.members().len(), 1);
        let token = stranger.module::<Arena>().local_shard().unwrap();
        assert!(matches!(nodes[0].module::<Arena>().get_shard(&token), Err(Error::Token(_))));
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_changed_without_a_stop() {
    patient(async {
        let (old, new) = (Secret::new([7; 32]).unwrap(), Secret::new([8; 32]).unwrap());
        let before = tcp_builder("before", [""; 0]).secret(old.clone()).shared_module(Arena::new("before"));
        let before = before.start().await.unwrap();
        let both = Secrets::new(new).with_previous(old).unwrap();
        let after = tcp_builder("after", [before.address()]).secret(both).shared_module(Arena::new("after"));
        let after = after.start().await.unwrap();
        after.ready().await.unwrap();
        assert_eq!(shard_on(&after, &before).label().await.unwrap(), "before");
        let token = before.module::<Arena>().local_shard().unwrap();
        assert_eq!(after.module::<Arena>().get_shard(&token).unwrap().label().await.unwrap(), "before");
    })
    .await;
}

#[tokio::test]
async fn the_second_of_two_live_nodes_of_one_name_is_refused_and_the_first_undisturbed() {
    patient(async {
        let (nodes, arenas) = tcp(2).await;
        let shard = shard_on(&nodes[0], &nodes[1]);
        let calls = async {
            for id in 0..300 {
                assert_eq!(shard.mark(id).await.unwrap(), id);
                sleep(Duration::from_millis(5)).await;
            }
        };
        let newcomer = async {
            // To the one of that name itself, to another, and to both.
            for peers in [&nodes[1..], &nodes[..1], &nodes[..]] {
                let arena = Arena::new("newcomer");
                let newcomer = tcp_builder("tcp-1", peers.iter().map(Node::address));
                let newcomer = newcomer.shared_module(arena.clone()).start().await.unwrap();
                let reason = verdict(&newcomer).await;
                assert!(reason.contains("tcp-1") && reason.contains(nodes[1].address()), "{reason}");
                assert!(matches!(newcomer.module::<Arena>().create_shard(1), Err(Error::NotReady)));
                assert_eq!(newcomer.members().len(), 1);
                assert_eq!(arena.all_runs(), 0);
            }
        };
        let ((), ()) = tokio::join!(calls, newcomer);
        assert_eq!(arenas[1].worked(), (0..300).collect::<Vec<_>>());
        let members = nodes[0].members();
        assert_eq!((members.len(), members[1].boot), (2, nodes[1].boot()));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_free_again_when_its_node_has_died() {
    patient(async {
        let mut bed = Bed::of(3).await;
        bed.cluster.kill(1);
        // At once, before anybody has given the old one up.
        bed.restart(1).await.unwrap();
        within(Duration::from_secs(10), "ready", bed.node(1).ready()).await.unwrap();
        within(Duration::from_secs(10), "settled", bed.cluster.settled()).await;
        assert_eq!(bed.shard(0, 1).label().await.unwrap(), "node-1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_free_again_when_its_node_has_been_cut_off_or_has_left() {
    patient(async {
        let mut bed = Bed::of(3).await;
        bed.node(2).shutdown().await;
        bed.cluster.kill(2);
        bed.restart(2).await.unwrap();
        within(Duration::from_secs(10), "settled", bed.cluster.settled()).await;

        // Another one of its name comes while nobody can reach the first.
        bed.cluster.cut(0, 1);
        bed.cluster.cut(2, 1);
        sleep(Duration::from_secs(1)).await;
        let lost = bed.node(1).clone();
        bed.cluster.kill(1);
        bed.cluster.heal(0, 1);
        bed.cluster.heal(2, 1);
        bed.restart(1).await.unwrap();
        within(Duration::from_secs(10), "settled", bed.cluster.settled()).await;
        assert_eq!(bed.shard(0, 1).label().await.unwrap(), "node-1");
        drop(lost);
    })
    .await;
}

#[tokio::test]
async fn a_refused_newcomer_is_taken_in_when_the_name_becomes_free() {
    patient(async {
        let (mut nodes, _arenas) = tcp(2).await;
        let newcomer = tcp_builder("tcp-1", [nodes[0].address()]).shared_module(Arena::new("newcomer"));
        let newcomer = newcomer.start().await.unwrap();
        verdict(&newcomer).await;
        drop(nodes.pop());
        until(Duration::from_secs(20), "taken in", || {
            nodes[0].members().iter().any(|member| member.boot == newcomer.boot())
        })
        .await;
        within(Duration::from_secs(1), "ready", newcomer.ready()).await.unwrap();
        assert_eq!(shard_on(&nodes[0], &newcomer).label().await.unwrap(), "newcomer");
    })
    .await;
}
