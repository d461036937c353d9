//! A secret that is changed while nodes with certificates live, and whose links are made anew at every step.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use shard_runtime::{Node, NodeBuilder, Secret, Secrets, Shard as _, State};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::certificates::Ca;
use crate::fixture::{Arena, SECRET, builder, sees, shard_on, soon, until};
use crate::ports;

/// What others dial a node through.
#[derive(Clone, Default)]
struct Way {
    open: Arc<Mutex<Vec<AbortHandle>>>,
    made: Arc<AtomicUsize>,
}

impl Way {
    /// Starts a node that is reached by it alone.
    async fn to(&self, node: NodeBuilder) -> Node {
        let [inside] = ports::free();
        let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = outside.local_addr().unwrap().to_string();
        let (way, there) = (self.clone(), inside.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = outside.accept().await {
                let Ok(mut far) = TcpStream::connect(&there).await else { continue };
                way.made.fetch_add(1, Ordering::Relaxed);
                let passing = tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
                way.open.lock().unwrap().push(passing.abort_handle());
            }
        });
        node.listen(inside).advertise(address).start().await.unwrap()
    }

    /// Ends all connections that came this way.
    fn cut(&self) {
        self.open.lock().unwrap().drain(..).for_each(|passing| passing.abort());
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

/// Whether a call gets from one to the other, and a token with it.
async fn reaches(from: &Node, to: &Node) -> bool {
    soon(shard_on(from, to).here(&State::new())).await.is_ok_and(|name| name == to.name())
}

/// Cuts all links, and waits for new ones that calls take in both directions.
async fn meet_anew(ways: &[Way; 2], a: &Node, b: &Node, when: &str) {
    let made = || ways.iter().map(Way::made).sum::<usize>();
    let before = made();
    ways.iter().for_each(Way::cut);
    // One for calls and one for liveness.
    until(when, || made() >= before + 2).await;
    let met = async {
        while !(reaches(a, b).await && reaches(b, a).await && sees(a, &[b]) && sees(b, &[a])) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), met)
        .await
        .unwrap_or_else(|_| panic!("no link: {when}"));
}

#[tokio::test]
async fn links_over_tls_are_made_anew_at_every_step_of_a_change_of_the_secret() {
    let ca = Ca::new("cluster");
    let ways = [Way::default(), Way::default()];
    let a = ways[0].to(builder("a", ca.node().tls())).await;
    let b = ways[1].to(builder("b", ca.node().tls()).peers([a.address()])).await;
    soon(b.ready()).await.unwrap();
    let (old, new) = (Secret::new(SECRET).unwrap(), Secret::new([9; 32]).unwrap());
    let steps = [
        Secrets::new(old.clone()).with_previous(new.clone()).unwrap(),
        Secrets::new(new.clone()).with_previous(old.clone()).unwrap(),
        Secrets::new(new.clone()),
    ];
    meet_anew(&ways, &a, &b, "before").await;
    for (number, step) in (1..).zip(&steps) {
        // In turn, so that either is ahead of the other, whoever of them dials.
        let order = if number % 2 == 0 { [&b, &a] } else { [&a, &b] };
        for node in order {
            node.set_secrets(step.clone());
            meet_anew(&ways, &a, &b, &format!("step {number}, {} has taken it", node.name())).await;
        }
    }

    // A certificate does not make up for the secret: the old one alone is nobody's any more, of a new node or of this.
    let late = builder("late", ca.node().tls()).peers([a.address()]).start().await.unwrap();
    let error = soon(late.ready()).await.unwrap_err();
    assert!(error.to_string().contains("no cluster secret in common"), "{error}");
    b.set_secrets(old.clone());
    ways.iter().for_each(Way::cut);
    until("they give each other up", || a.members().len() == 1 && b.members().len() == 1).await;
    let of_b = b.module::<Arena>().local_shard().unwrap().token().mint();
    assert!(a.module::<Arena>().get_shard(&of_b).is_err());
    b.set_secrets(steps[1].clone());
    until("they are together again", || sees(&a, &[&b]) && sees(&b, &[&a])).await;
}
