//! The module as the attribute leaves it, written by hand.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use shard_runtime::{Attribute, Node, State};

/// The arenas of one node.
#[derive(Default)]
pub struct Arena {
    totals: Mutex<BTreeMap<String, u32>>,
    motd: Attribute<String>,
}

/// Why points were not added.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("nobody is called {0:?}")]
pub struct Nobody(String);

// 1. The block, token for token, without the attributes that are ours. Bodies are copied unread, so
//    half-typed ones keep their completion, and errors in them point to where they were written.
impl Arena {
    /// Adds points, and returns the player's new total.
    pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, Nobody> {
        if player.is_empty() {
            return Err(Nobody(player.to_owned()));
        }
        tokio::task::yield_now().await;
        let mut totals = self.totals();
        let total = totals.entry(format!("{:?}/{player}", state.key())).or_default();
        *total += points;
        Ok(*total)
    }

    /// The names of the players on this node.
    pub fn players(&self, prefixes: &[String]) -> Vec<String> {
        let asked = |name: &&String| prefixes.iter().any(|prefix| name.starts_with(prefix));
        self.totals().keys().filter(asked).cloned().collect()
    }

    pub fn crunch(&self, replay: &[u8]) -> u64 {
        let totals: u64 = self.totals().values().copied().map(u64::from).sum();
        replay.iter().copied().map(u64::from).sum::<u64>() + totals
    }

    /// Takes a player's points away.
    pub fn forget(&self, player: &str) {
        self.totals().remove(player);
    }

    /// The totals of at least so many points.
    pub fn ranking(&self, at_least: u32) -> impl Stream<Item = u32> {
        let totals = self.totals().values().copied().filter(|total| *total >= at_least).collect::<Vec<_>>();
        stream::iter(totals)
    }

    /// The message of the day.
    pub fn motd(&self) -> &Attribute<String> {
        &self.motd
    }

    fn totals(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn on_start(&self, node: &Node) {
        println!("{} hosts {} players", node.name(), self.totals().len());
    }
}

// 2. The shard. Always `pub`, because a public trait names it; private fields keep the link ours.
/// A shard of [`Arena`]: its methods are those of the module, and each call goes to the node that has the shard.
pub struct ArenaShard {
    __link: ::shard_runtime::__private::ShardLink<Arena>,
}

// 3. The broadcast, for the same reasons.
/// Every node that hosts [`Arena`]: its methods are those of the module, and each call goes to all of them.
pub struct ArenaBroadcast {
    __link: ::shard_runtime::__private::BroadcastLink<Arena>,
}

// 4. Everything else. The `const` is a scope without a name: what is declared in it is in nobody's way.
//    Paths are absolute, so that nothing the user has called `Result` or `core` is in ours.
#[allow(dead_code, deprecated, private_interfaces, unused_imports, clippy::all, clippy::pedantic, clippy::nursery)]
const _: () = {
    // Numbers for the methods. An enumeration knows which of them a `#[cfg]` has taken out; the macro does not.
    enum __Index {
        __Score,
        __Players,
        __Crunch,
        __Forget,
        __Ranking,
        __Motd,
        __SetMotd,
        __WatchMotd,
    }

    // What `PASSAGE` below falls back to.
    use ::shard_runtime::__private::NoPassage as _;

    // One type stands for each method, and its first implementation says everything about its calls. The runtime's
    // generic code is written against these traits only.
    /// `Arena::score` on the wire.
    struct __Score;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Score {
        type Module = Arena;
        // What the caller encodes, straight from its references, and what the callee decodes. `&str` borrows from
        // the frame on that side. All lifetimes are one: a method may tie two of its arguments together.
        type Args<'a> = (&'a str, u32);
        type Decoded<'a> = (&'a str, u32);
        // `Result<u32, Nobody>`, taken apart, so that a caller gets `Result<u32, CallError<Nobody>>`.
        type Value = u32;
        type Error = Nobody;
        const NAME: &'static ::core::primitive::str = "score";
        const INDEX: ::core::primitive::usize = __Index::__Score as ::core::primitive::usize;
        // For messages that name the argument which will not travel.
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "player", written: "&str" },
            ::shard_runtime::__private::Argument { name: "points", written: "u32" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "Result<u32, Nobody>";
        // The way through the codec: an inherent constant if serde knows all types, otherwise a trait's constant of
        // the same name that leads nowhere. Bounds would do, but fail once for each item that mentions the method.
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    // The callee's half. The future must be `Send`, and this is the one place that says so.
    #[automatically_derived]
    impl ::shard_runtime::__private::UnaryMethod for __Score {
        fn serve<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> impl ::core::future::Future<Output = ::core::result::Result<Self::Value, Self::Error>>
        + ::core::marker::Send {
            __m.score(__s, __a.0, __a.1)
        }
    }

    /// `Arena::players` on the wire.
    struct __Players;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Players {
        type Module = Arena;
        // A slice is sent from where it is and arrives as a vector, from which the method borrows it.
        type Args<'a> = (&'a [String],);
        type Decoded<'a> = (::std::vec::Vec<String>,);
        type Value = Vec<String>;
        // The method cannot fail, but the call can: `CallError` alone.
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "players";
        const INDEX: ::core::primitive::usize = __Index::__Players as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "prefixes", written: "&[String]" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "Vec<String>";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    // A plain `fn` never waits: it runs where its call was read, and there is no future of it.
    #[automatically_derived]
    impl ::shard_runtime::__private::PlainMethod for __Players {
        fn run<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> ::core::result::Result<Self::Value, Self::Error> {
            ::shard_runtime::__private::plain(__m.players(&__a.0))
        }
    }

    /// `Arena::crunch` on the wire.
    struct __Crunch;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Crunch {
        type Module = Arena;
        // serde takes `&[u8]` for a list of numbers, one at a time; the wrapper makes it one block of bytes.
        type Args<'a> = (::shard_runtime::__private::ByteSlice<'a>,);
        type Decoded<'a> = (::shard_runtime::__private::ByteSlice<'a>,);
        type Value = u64;
        type Error = ::shard_runtime::Never;
        // `#[rename("checksum")]`: only other nodes know it by this name.
        const NAME: &'static ::core::primitive::str = "checksum";
        const INDEX: ::core::primitive::usize = __Index::__Crunch as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "replay", written: "&[u8]" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "u64";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    // `#[blocking]`: what a thread of its own runs.
    #[automatically_derived]
    impl ::shard_runtime::__private::BlockingMethod for __Crunch {
        fn run<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> ::core::result::Result<Self::Value, Self::Error> {
            ::shard_runtime::__private::plain(__m.crunch(__a.0.0))
        }
    }

    /// `Arena::forget` on the wire.
    struct __Forget;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Forget {
        type Module = Arena;
        type Args<'a> = (&'a str,);
        type Decoded<'a> = (&'a str,);
        type Value = ();
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "forget";
        const INDEX: ::core::primitive::usize = __Index::__Forget as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "player", written: "&str" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "()";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    // `#[oneway]` is the caller's business. The callee runs it like any other.
    #[automatically_derived]
    impl ::shard_runtime::__private::PlainMethod for __Forget {
        fn run<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> ::core::result::Result<Self::Value, Self::Error> {
            ::shard_runtime::__private::plain(__m.forget(__a.0))
        }
    }

    /// `Arena::ranking` on the wire.
    struct __Ranking;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Ranking {
        type Module = Arena;
        type Args<'a> = (u32,);
        type Decoded<'a> = (u32,);
        // Of a stream: one item.
        type Value = u32;
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "ranking";
        const INDEX: ::core::primitive::usize = __Index::__Ranking as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "at_least", written: "u32" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "impl Stream<Item = u32>";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
        // `#[timeout("1.5s")]`. What a method does not say is the trait's to say.
        const TIMEOUT: ::core::option::Option<::core::time::Duration> =
            ::core::option::Option::Some(::core::time::Duration::from_millis(1500));
    }
    // Nobody can write the stream's own type down, so it never leaves this function. The future owns the arguments, and
    // the stream may borrow from them.
    #[automatically_derived]
    impl ::shard_runtime::__private::StreamMethod for __Ranking {
        fn stream<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
            __o: ::shard_runtime::__private::Outlet<Self>,
        ) -> impl ::core::future::Future<Output = ::shard_runtime::__private::Finished> + ::core::marker::Send {
            async move { __o.run(::shard_runtime::__private::plain(__m.ranking(__a.0))).await }
        }
    }

    // `#[attribute]` makes three methods of one. This reads the value.
    /// `Arena::motd` on the wire.
    struct __Motd;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __Motd {
        type Module = Arena;
        type Args<'a> = ();
        type Decoded<'a> = ();
        type Value = String;
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "motd";
        const INDEX: ::core::primitive::usize = __Index::__Motd as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[];
        const WRITTEN: &'static ::core::primitive::str = "String";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    #[automatically_derived]
    impl ::shard_runtime::__private::PlainMethod for __Motd {
        fn run<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> ::core::result::Result<Self::Value, Self::Error> {
            ::shard_runtime::__private::plain(__m.motd().get())
        }
    }

    // This sets it.
    /// `Arena::set_motd` on the wire.
    struct __SetMotd;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __SetMotd {
        type Module = Arena;
        type Args<'a> = (String,);
        type Decoded<'a> = (String,);
        type Value = ();
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "set_motd";
        const INDEX: ::core::primitive::usize = __Index::__SetMotd as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[
            ::shard_runtime::__private::Argument { name: "value", written: "String" },
        ];
        const WRITTEN: &'static ::core::primitive::str = "()";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    #[automatically_derived]
    impl ::shard_runtime::__private::PlainMethod for __SetMotd {
        fn run<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
        ) -> ::core::result::Result<Self::Value, Self::Error> {
            ::shard_runtime::__private::plain(__m.motd().set(__a.0))
        }
    }

    // And this is a stream of its changes.
    /// `Arena::watch_motd` on the wire.
    struct __WatchMotd;
    #[automatically_derived]
    impl ::shard_runtime::__private::RemoteMethod for __WatchMotd {
        type Module = Arena;
        type Args<'a> = ();
        type Decoded<'a> = ();
        type Value = String;
        type Error = ::shard_runtime::Never;
        const NAME: &'static ::core::primitive::str = "watch_motd";
        const INDEX: ::core::primitive::usize = __Index::__WatchMotd as ::core::primitive::usize;
        const ARGUMENTS: &'static [::shard_runtime::__private::Argument] = &[];
        const WRITTEN: &'static ::core::primitive::str = "String";
        const PASSAGE: ::shard_runtime::__private::Passage<Self> =
            ::shard_runtime::__private::PassageOf::<Self>::FOUND;
    }
    #[automatically_derived]
    impl ::shard_runtime::__private::StreamMethod for __WatchMotd {
        fn stream<'a>(
            __m: &'a Arena,
            __s: &'a ::shard_runtime::State,
            __a: Self::Decoded<'a>,
            __o: ::shard_runtime::__private::Outlet<Self>,
        ) -> impl ::core::future::Future<Output = ::shard_runtime::__private::Finished> + ::core::marker::Send {
            async move { __o.run(::shard_runtime::__private::plain(__m.motd().watch())).await }
        }
    }

    // Does serde know the types? The compiler is asked once for each, on the line where the type is written, and
    // answers in our words. A type whose name ends the question, such as `u32`, is not asked about.
    use ::shard_runtime::__private::StaysHome as _;
    const _: () = ::core::assert!(
        ::shard_runtime::__private::Travels::<Nobody>::AS_RESULT,
        "`Nobody` cannot travel: it does not implement serde's `Serialize` and `Deserialize`\nhelp: write `#[derive(serde::Serialize, serde::Deserialize)]` on `Nobody`"
    );
    // Should no single type be to blame, the method is. `String` may be the user's own.
    const _: () = {
        ::core::assert!(
            <__Score as ::shard_runtime::__private::RemoteMethod>::PASSAGE.travels()
                || !::shard_runtime::__private::Travels::<Nobody>::AS_ARGUMENT,
            "`score` cannot be called from another node: serde does not know all of its types\nhelp: take and return types that implement `Serialize` and `Deserialize`"
        );
        ::core::assert!(
            <__Players as ::shard_runtime::__private::RemoteMethod>::PASSAGE.travels(),
            "`players` cannot be called from another node: serde does not know all of its types\nhelp: take and return types that implement `Serialize` and `Deserialize`"
        );
        ::core::assert!(
            <__Motd as ::shard_runtime::__private::RemoteMethod>::PASSAGE.travels(),
            "`motd` cannot be called from another node: serde does not know all of its types\nhelp: take and return types that implement `Serialize` and `Deserialize`"
        );
    };

    // The caller's half. Each body is one line: the context, the arguments as a tuple, and the local call as a
    // closure. Its future is a type parameter then, which costs no allocation and is `Send` whenever it can be.
    impl ArenaShard {
        /// Adds points, and returns the player's new total.
        pub async fn score(
            &self,
            state: &::shard_runtime::State,
            player: &str,
            points: u32,
        ) -> ::core::result::Result<u32, ::shard_runtime::CallError<Nobody>> {
            self.__link.call::<__Score, _, _>(&self.__link.enter::<__Score>(state), (player, points), |__m, __s, __a| __m.score(__s, __a.0, __a.1)).await
        }

        /// The names of the players on this node.
        pub async fn players(
            &self,
            prefixes: &[String],
        ) -> ::core::result::Result<Vec<String>, ::shard_runtime::CallError> {
            // Without a `&State` of its own the call goes on in the context of the task.
            self.__link.call_plain::<__Players, _>(&self.__link.current::<__Players>(), (prefixes,), |__m, __s, __a| ::shard_runtime::__private::plain(__m.players(__a.0))).await
        }

        /// Calls `Arena::crunch` on the node that has the shard.
        pub async fn crunch(&self, replay: &[u8]) -> ::core::result::Result<u64, ::shard_runtime::CallError> {
            // Another thread cannot borrow from this one, so even a local call goes through the codec.
            self.__link.call_blocking::<__Crunch>(&self.__link.current::<__Crunch>(), (::shard_runtime::__private::ByteSlice(replay),)).await
        }

        /// Takes a player's points away.
        pub async fn forget(&self, player: &str) -> ::core::result::Result<(), ::shard_runtime::CallError> {
            // `#[oneway]`: done when the call is queued.
            self.__link.send::<__Forget>(&self.__link.current::<__Forget>(), (player,)).await
        }

        /// The totals of at least so many points.
        pub async fn ranking(
            &self,
            at_least: u32,
        ) -> ::core::result::Result<::shard_runtime::Incoming<u32>, ::shard_runtime::CallError> {
            self.__link.open::<__Ranking>(&self.__link.current::<__Ranking>(), (at_least,)).await
        }

        /// The message of the day.
        pub async fn motd(&self) -> ::core::result::Result<String, ::shard_runtime::CallError> {
            self.__link.call_plain::<__Motd, _>(&self.__link.current::<__Motd>(), (), |__m, __s, __a| ::shard_runtime::__private::plain(__m.motd().get())).await
        }

        /// Sets `Arena::motd` on the node that has the shard.
        pub async fn set_motd(&self, value: String) -> ::core::result::Result<(), ::shard_runtime::CallError> {
            self.__link.call_plain::<__SetMotd, _>(&self.__link.current::<__SetMotd>(), (value,), |__m, __s, __a| ::shard_runtime::__private::plain(__m.motd().set(__a.0))).await
        }

        /// Watches `Arena::motd` on the node that has the shard: the present value first, then the newest whenever it changes.
        pub async fn watch_motd(
            &self,
        ) -> ::core::result::Result<::shard_runtime::Incoming<String>, ::shard_runtime::CallError> {
            self.__link.open::<__WatchMotd>(&self.__link.current::<__WatchMotd>(), ()).await
        }
    }

    // A broadcast encodes its arguments at once, and calls when it is awaited.
    impl ArenaBroadcast {
        /// Adds points, and returns the player's new total.
        pub fn score(
            &self,
            state: &::shard_runtime::State,
            player: &str,
            points: u32,
        ) -> ::shard_runtime::BroadcastCall<u32, Nobody> {
            self.__link.call::<__Score>(&self.__link.enter::<__Score>(state), (player, points))
        }

        /// The names of the players on this node.
        pub fn players(&self, prefixes: &[String]) -> ::shard_runtime::BroadcastCall<Vec<String>, ::shard_runtime::Never> {
            self.__link.call::<__Players>(&self.__link.current::<__Players>(), (prefixes,))
        }

        /// Calls `Arena::crunch` on every node that hosts the module.
        pub fn crunch(&self, replay: &[u8]) -> ::shard_runtime::BroadcastCall<u64, ::shard_runtime::Never> {
            self.__link.call::<__Crunch>(&self.__link.current::<__Crunch>(), (::shard_runtime::__private::ByteSlice(replay),))
        }

        /// Takes a player's points away.
        pub fn forget(&self, player: &str) -> ::shard_runtime::BroadcastCall<(), ::shard_runtime::Never> {
            // One-way or not: who asks all nodes is told which of them took it.
            self.__link.call::<__Forget>(&self.__link.current::<__Forget>(), (player,))
        }

        /// The totals of at least so many points.
        pub fn ranking(
            &self,
            at_least: u32,
        ) -> ::shard_runtime::BroadcastCall<::shard_runtime::Incoming<u32>, ::shard_runtime::Never> {
            self.__link.open::<__Ranking>(&self.__link.current::<__Ranking>(), (at_least,))
        }

        /// The message of the day.
        pub fn motd(&self) -> ::shard_runtime::BroadcastCall<String, ::shard_runtime::Never> {
            self.__link.call::<__Motd>(&self.__link.current::<__Motd>(), ())
        }

        /// Sets `Arena::motd` on every node that hosts the module.
        pub fn set_motd(&self, value: String) -> ::shard_runtime::BroadcastCall<(), ::shard_runtime::Never> {
            self.__link.call::<__SetMotd>(&self.__link.current::<__SetMotd>(), (value,))
        }

        /// Watches `Arena::motd` on every node that hosts the module: the present value first, then the newest whenever it changes.
        pub fn watch_motd(
            &self,
        ) -> ::shard_runtime::BroadcastCall<::shard_runtime::Incoming<String>, ::shard_runtime::Never> {
            self.__link.open::<__WatchMotd>(&self.__link.current::<__WatchMotd>(), ())
        }
    }

    // What every shard can do. There is no `Deserialize`: what a client sends back is a `ShardToken`, and only a
    // node that has verified it makes a shard of it.
    #[automatically_derived]
    impl ::core::clone::Clone for ArenaShard {
        fn clone(&self) -> Self {
            Self { __link: ::core::clone::Clone::clone(&self.__link) }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ArenaShard {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::shard_runtime::__private::fmt_shard(self, f)
        }
    }
    #[automatically_derived]
    impl ::shard_runtime::__private::serde::Serialize for ArenaShard {
        fn serialize<S: ::shard_runtime::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::shard_runtime::__private::serialize_shard(self, serializer)
        }
    }
    // `key`, `node`, `token` and the like are this trait's, so that a user's method may have their names.
    #[automatically_derived]
    impl ::shard_runtime::Shard for ArenaShard {
        fn __core(&self) -> &::shard_runtime::__private::ShardCore {
            self.__link.core()
        }
        fn __timeout(&self, __after: ::core::time::Duration) -> Self {
            Self { __link: self.__link.timeout(__after) }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ArenaBroadcast {
        fn clone(&self) -> Self {
            Self { __link: ::core::clone::Clone::clone(&self.__link) }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ArenaBroadcast {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::shard_runtime::__private::fmt_broadcast(&self.__link, f)
        }
    }

    // What the runtime asks a module.
    #[automatically_derived]
    impl ::shard_runtime::ShardedModule for Arena {
        type Shard = ArenaShard;
        type Broadcast = ArenaBroadcast;
        const NAME: &'static ::core::primitive::str = "Arena";
        // The dispatch table: nothing that is not in it can be called from another node.
        const ROWS: &'static [::shard_runtime::__private::Row<Self>] = &[
            ::shard_runtime::__private::row::<__Score>(),
            ::shard_runtime::__private::row_plain::<__Players>(),
            ::shard_runtime::__private::row_blocking::<__Crunch>(),
            ::shard_runtime::__private::row_plain::<__Forget>(),
            ::shard_runtime::__private::row_stream::<__Ranking>(),
            ::shard_runtime::__private::row_plain::<__Motd>(),
            ::shard_runtime::__private::row_plain::<__SetMotd>(),
            ::shard_runtime::__private::row_stream::<__WatchMotd>(),
        ];
        fn __shard(__link: ::shard_runtime::__private::ShardLink<Self>) -> ArenaShard {
            ArenaShard { __link }
        }
        fn __broadcast(__link: ::shard_runtime::__private::BroadcastLink<Self>) -> ArenaBroadcast {
            ArenaBroadcast { __link }
        }
        // A hook's failure is the node's to report, whatever its type.
        fn __on_start<'a>(&'a self, __node: &'a ::shard_runtime::Node) -> ::shard_runtime::__private::Hook<'a> {
            ::shard_runtime::__private::hook(async move {
                ::shard_runtime::__private::hook_done(self.on_start(__node))
            })
        }
    }
};
