//! The new forms without a prelude, behind another name of the crate, with hostile names, and spawned.

use futures::StreamExt as _;
use shard_runtime::testing::Cluster;
use shard_runtime::{Attribute, Incoming, Shard as _, sharded_module};

#[expect(non_snake_case, reason = "the names are the test")]
mod bare {
    #![no_implicit_prelude]

    use ::shard_runtime::{Attribute, State, sharded_module};

    #[derive(::core::default::Default)]
    pub(super) struct Bare {
        motd: Attribute<::std::string::String>,
        bytes: Attribute<::std::vec::Vec<u8>>,
    }

    type Level = Attribute<::std::vec::Vec<u8>>;

    #[sharded_module(crate = ::shard_runtime)]
    impl Bare {
        pub(super) fn numbers<'x>(
            &'x self,
            _state: &'x State,
            text: &'x str,
        ) -> impl ::futures::Stream<Item = u8> + ::core::marker::Send + 'x {
            ::futures::stream::iter(text.bytes())
        }

        pub(super) async fn later(
            &self,
            Ok: u8,
        ) -> ::core::result::Result<
            impl ::futures::Stream<Item = ::std::vec::Vec<u8>> + ::core::marker::Send + use<>,
            u8,
        > {
            ::core::result::Result::Ok(::futures::stream::iter([::std::vec![Ok]]))
        }

        #[attribute]
        pub(super) fn motd(&self) -> &Attribute<::std::string::String> {
            &self.motd
        }

        #[attribute]
        #[rename("level")]
        pub(super) fn r#match(&self) -> &Level {
            &self.bytes
        }

        #[oneway]
        #[timeout("250ms")]
        pub(super) fn poke(&self, __o: &str, value: u8) {
            let _ = (__o, value);
        }

        #[detached]
        #[idempotent]
        pub(super) async fn save(&self, a: &[u8], __m: u8) -> usize {
            a.len()
        }

        #[cfg(any())]
        #[attribute]
        pub(super) fn absent(&self) -> &Attribute<NoSuchType> {}

        #[cfg(any())]
        pub(super) fn absent_stream(&self) -> impl ::futures::Stream<Item = NoSuchType> {}
    }
}

#[derive(Default)]
struct Names {
    r#type: Attribute<u8>,
}

#[sharded_module(crate = shard_runtime)]
impl Names {
    #[attribute]
    fn r#type(&self) -> &Attribute<u8> {
        &self.r#type
    }

    /// Local: callers see the attribute's.
    #[local]
    #[expect(dead_code, reason = "it is only to be there")]
    fn set_type(&self) {}

    fn open(&self, link: u8, flow: u8) -> impl futures::Stream<Item = u8> {
        futures::stream::iter([link, flow])
    }

    #[oneway]
    fn send(&self) {}

    #[detached]
    async fn call_detached(&self, state: u8) -> u8 {
        state
    }
}

fn send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn every_form_is_called_from_a_task() {
    let cluster =
        Cluster::of(2, |node| node.module(bare::Bare::default()).module(Names::default())).await.unwrap();
    for at in 0..2 {
        let other = cluster.node(1).module::<bare::Bare>().local_shard().unwrap();
        let bare = cluster.node(at).module::<bare::Bare>().get_shard(&other).unwrap();
        let other = cluster.node(1).module::<Names>().local_shard().unwrap();
        let names = cluster.node(at).module::<Names>().get_shard(&other).unwrap();
        let task = tokio::spawn(async move {
            let state = shard_runtime::State::new();
            let text = String::from("ab");
            let numbers: Vec<_> = bare.numbers(&state, &text).await.unwrap().collect().await;
            assert_eq!(numbers, [Ok(b'a'), Ok(b'b')]);
            let later: Vec<_> = bare.later(7).await.unwrap().collect().await;
            assert_eq!(later, [Ok(vec![7])]);
            bare.set_motd("new".to_owned()).await.unwrap();
            assert_eq!(bare.motd().await.unwrap(), "new");
            let mut watched: Incoming<String> = bare.watch_motd().await.unwrap();
            assert_eq!(watched.next().await, Some(Ok("new".to_owned())));
            bare.set_match(vec![1, 2]).await.unwrap();
            assert_eq!(bare.r#match().await.unwrap(), [1, 2]);
            bare.poke("x", 1).await.unwrap();
            assert_eq!(bare.save(b"xyz", 1).await, Ok(3));
            names.set_type(3).await.unwrap();
            assert_eq!(names.r#type().await, Ok(3));
            let opened: Vec<_> = names.open(1, 2).await.unwrap().collect().await;
            assert_eq!(opened, [Ok(1), Ok(2)]);
            names.send().await.unwrap();
            assert_eq!(send(names.call_detached(4)).await, Ok(4));
            let _ = send(names.timeout(std::time::Duration::MAX).watch_type()).await.unwrap();
        });
        task.await.unwrap();
    }
}
