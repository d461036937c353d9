//! Two builds of one module in one cluster.

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, NotStarted, Shard};

use crate::fixture::patient;

mod old {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Player {
        pub(crate) name: String,
        pub(crate) score: u32,
    }

    #[derive(Default)]
    pub(crate) struct League(pub(crate) AtomicUsize);

    #[shard_runtime::sharded_module]
    impl League {
        pub(crate) fn enter(&self, player: Player) -> (String, u32) {
            self.0.fetch_add(1, Ordering::SeqCst);
            (player.name, player.score)
        }

        pub(crate) fn best(&self) -> Player {
            self.0.fetch_add(1, Ordering::SeqCst);
            Player { name: "old".into(), score: 1 }
        }

        pub(crate) fn size(&self) -> usize {
            self.0.fetch_add(1, Ordering::SeqCst);
            100
        }

        pub(crate) fn rename(&self, name: &str) -> String {
            self.0.fetch_add(1, Ordering::SeqCst);
            format!("old {name}")
        }
    }
}

mod new {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde::{Deserialize, Serialize};

    /// Of another width, and with nothing else to see from outside.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Player {
        pub(crate) name: String,
        pub(crate) score: u64,
    }

    #[derive(Default)]
    pub(crate) struct League(pub(crate) AtomicUsize);

    /// With its methods in another order, and one more.
    #[shard_runtime::sharded_module]
    impl League {
        pub(crate) fn added(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        pub(crate) fn rename(&self, mut name: String) -> String {
            self.0.fetch_add(1, Ordering::SeqCst);
            name.insert_str(0, "new ");
            name
        }

        pub(crate) fn size(&self) -> usize {
            self.0.fetch_add(1, Ordering::SeqCst);
            200
        }

        pub(crate) fn best(&self) -> Player {
            self.0.fetch_add(1, Ordering::SeqCst);
            Player { name: "new".into(), score: u64::MAX }
        }

        pub(crate) fn enter(&self, player: Player) -> (String, u32) {
            self.0.fetch_add(1, Ordering::SeqCst);
            (player.name, u32::try_from(player.score).unwrap_or(u32::MAX))
        }
    }
}

fn shapes<E: std::fmt::Debug>(error: &CallError<E>, name: &str) -> (u64, u64) {
    let CallError::NotStarted { reason, node } = error else { panic!("{error:?}") };
    let NotStarted::Incompatible { module, method, ours, theirs } = reason else { panic!("{reason:?}") };
    assert_eq!((module.as_str(), method.as_str()), ("League", name));
    assert!(node.is_some());
    let text = reason.to_string();
    assert!(text.contains(&format!("{ours:#018x}")) && text.contains(&format!("{theirs:#018x}")), "{text}");
    (*ours, *theirs)
}

#[tokio::test]
async fn a_method_whose_types_differ_is_refused_before_anything_is_sent_and_the_others_go_on() {
    patient(async {
        use std::sync::Arc;
        use std::sync::atomic::Ordering;

        let (olds, news) = (Arc::new(old::League::default()), Arc::new(new::League::default()));
        let (for_old, for_new) = (Arc::clone(&olds), Arc::clone(&news));
        let cluster = Cluster::builder()
            .node(move |node| node.shared_module(for_old))
            .node(move |node| node.shared_module(for_new))
            .start();
        let cluster = cluster.await.unwrap();
        let on_old = Shard::token(&cluster.node(0).module::<old::League>().local_shard().unwrap()).mint();
        let on_new = Shard::token(&cluster.node(1).module::<new::League>().local_shard().unwrap()).mint();
        let to_new = cluster.node(0).module::<old::League>().get_shard(&on_new).unwrap();
        let to_old = cluster.node(1).module::<new::League>().get_shard(&on_old).unwrap();

        let player = || old::Player { name: "alice".into(), score: 7 };
        // The nodes gossip meanwhile, now and then; a call that was sent would be among what is carried every time.
        let mut nothing_sent = false;
        for _ in 0..50 {
            let before = cluster.network().bytes_carried();
            let there = shapes(&to_new.enter(player()).await.unwrap_err(), "enter");
            let back = new::Player { name: "alice".into(), score: 7 };
            let back = shapes(&to_old.enter(back).await.unwrap_err(), "enter");
            assert_eq!(there, (back.1, back.0), "both mean the same two shapes");
            assert_ne!(there.0, there.1);
            shapes(&to_new.best().await.unwrap_err(), "best");
            shapes(&to_old.best().await.unwrap_err(), "best");
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            nothing_sent |= cluster.network().bytes_carried() == before;
        }
        assert!(nothing_sent, "not a byte was sent");
        assert_eq!(olds.0.load(Ordering::SeqCst) + news.0.load(Ordering::SeqCst), 0);

        assert_eq!(to_new.size().await.unwrap(), 200);
        assert_eq!(to_old.size().await.unwrap(), 100);
        assert_eq!(to_new.rename("x").await.unwrap(), "new x", "borrowed or owned is the same");
        assert_eq!(to_old.rename("x".into()).await.unwrap(), "old x");
        let error = to_old.added().await.unwrap_err();
        assert!(
            matches!(&error, CallError::NotStarted { reason: NotStarted::UnknownMethod { method, .. }, .. }
                if method == "added"),
            "{error:?}"
        );
        assert_eq!(olds.0.load(Ordering::SeqCst), 2);

        let replies = cluster.node(0).module::<old::League>().create_broadcast().enter(player()).await;
        assert_eq!((replies.values.len(), replies.errors.len()), (1, 1));
        shapes(replies.errors.values().next().unwrap(), "enter");
        assert_eq!(replies.values.into_values().collect::<Vec<_>>(), [("alice".to_owned(), 7)]);
    })
    .await;
}
