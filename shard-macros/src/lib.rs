//! The attribute of `shard-runtime`: depend on that crate, which re-exports it, not on this one.

mod check;
mod errors;
mod expand;
mod messages;
mod model;
mod parse;

use errors::Errors;
use proc_macro2::TokenStream;

/// Turns an `impl` block into a cluster module: every method with `&self` can be called from every node.
///
/// ```ignore
/// #[derive(Default)]
/// pub struct Arena { /* your state, behind your locks */ }
///
/// #[sharded_module]
/// impl Arena {
///     /// Adds points, and returns the player's new total.
///     pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, ArenaError> { /* … */ }
///
///     /// Players on this node.
///     pub fn players(&self) -> usize { /* … */ }
/// }
///
/// let shard = node.module::<Arena>().create_shard("arena-42")?;
/// let total = shard.score(&state, "alice", 10).await?;
/// ```
///
/// # What it makes
///
/// For a block of the type `Arena`:
///
/// - `ArenaShard`, whose methods call the node that has the shard. They are `async`, take what the module's
///   methods take, and give `Result<T, CallError>`; a method of `Result<T, E>` gives `Result<T, CallError<E>>`.
/// - `ArenaBroadcast`, whose methods call every node that hosts the module.
/// - the dispatch table: nothing that is not in it can be called from another node.
///
/// The block itself stays as it is. The methods of both types repeat visibility, documentation, `#[deprecated]`,
/// `#[must_use]` and `#[cfg]`. What else a shard can do is in the trait `Shard`, so a method may have any name.
///
/// # Options of the block
///
/// | option | |
/// |---|---|
/// | `name = "arena"` | the module's name in the cluster, instead of the type's |
/// | `limit = 3` | on how many nodes the module runs at most, 1 to 4,096; all that have it, if nothing is said |
/// | `role = "match"` | only nodes that were given this role host the module |
/// | `crate = path` | where the runtime is found, if it is not `::shard_runtime` |
///
/// With a limit there are so many seats for the module, and which node has one is computed from the nodes' names: all
/// nodes come to the same result, and a seat moves when its node leaves. `limit = 1` is the singleton. Nodes aim at
/// that many hosts; while their views differ there may be more for a moment. A seat is not kept by its node when a
/// better placed one joins. Where the versions of a program differ in the limit, the newest version's counts (see
/// `NodeBuilder::version`).
///
/// A node without a seat, or without the role, was given the module all the same: it calls it and does not host it. For
/// a node without the role the module's hooks are not called either.
///
/// # Methods
///
/// An `async fn` waits as long as it likes. A plain `fn` runs in line and promises to be quick, which is less than
/// 100 µs. Functions without `&self` are left alone. The first parameter may be `state: &State`, the context of the
/// call, which is not an argument and travels by itself; without it the call goes on in the task's own context.
///
/// | on a method | |
/// |---|---|
/// | `#[local]` | not remote at all |
/// | `#[rename("name")]` | another name on the wire, for example after the method was renamed |
/// | `#[fallible]` | the result is a `Result`, but under another name |
/// | `#[blocking]` | a plain `fn` that takes its time, on a thread of its own |
/// | `#[detached]` | runs to its end, also when the caller has gone or the time is up |
/// | `#[timeout("250ms")]` | how long a call waits at most, unless the caller says otherwise: `us`, `ms`, `s`, `m`, `h` |
/// | `#[idempotent]` | may run twice, so that a call whose answer was lost is made again within its time |
/// | `#[oneway]` | the caller does not wait, and so is not told whether the method ran; it returns nothing |
/// | `#[attribute]` | a value that others read, set and watch |
///
/// ```ignore
/// #[local]
/// fn lock(&self) -> MutexGuard<'_, Board> { /* … */ }
/// #[rename("score")]
/// pub async fn add_points(&self, player: &str, points: u32) -> Result<u32, ArenaError> { /* … */ }
/// #[fallible]
/// pub fn winner(&self) -> Outcome<Player> { /* … */ }
/// #[blocking]
/// pub fn checksum(&self, replay: &[u8]) -> u64 { /* … */ }
/// #[detached]
/// pub async fn save(&self, replay: Vec<u8>) -> Result<(), ArenaError> { /* … */ }
/// #[timeout("1.5s")]
/// #[idempotent]
/// pub async fn rank(&self, player: &str) -> u32 { /* … */ }
/// #[oneway]
/// pub fn poke(&self, player: &str) { /* … */ }
/// #[attribute]
/// pub fn motd(&self) -> &Attribute<String> { &self.motd }
/// ```
///
/// What contradicts itself is refused: a one-way method is not idempotent, and a blocking one, which is never cut short,
/// not detached. On a broadcast a one-way method is called like any other, because who asks all nodes is told which of
/// them took it.
///
/// # Streams
///
/// A method that returns `impl Stream<Item = T>`, or a `Result` of one, sends its items as they come. `async` or not, it
/// may borrow from its arguments and from the module for as long as the stream runs:
///
/// ```ignore
/// pub fn scores(&self, player: &str) -> impl Stream<Item = u32> { /* … */ }
/// pub async fn replay(&self, game: u64) -> Result<impl Stream<Item = Move>, ArenaError> { /* … */ }
///
/// let mut scores = shard.scores("alice").await?; // an `Incoming<u32>`
/// while let Some(score) = scores.next().await { println!("{}", score?); }
/// ```
///
/// The call gives an `Incoming<T>` when the method has returned its stream; to drop it ends the stream over there. Of our
/// marks a stream can have `#[rename]`, `#[fallible]` and `#[timeout]`.
///
/// # Attributes
///
/// `#[attribute]` on a plain `fn` that takes nothing but `&self` and returns `&Attribute<T>`, also under another name for
/// that type, stands for three methods of the shard and of the broadcast:
///
/// | of `#[attribute] fn motd(&self) -> &Attribute<String>` | |
/// |---|---|
/// | `motd()` | the value |
/// | `set_motd(value: String)` | sets it |
/// | `watch_motd()` | a stream: the present value first, then the newest whenever it changes |
///
/// The value is one node's: to set it through a shard does not change it on other nodes. `#[rename("name")]` gives all three
/// another name on the wire, `name`, `set_name` and `watch_name`; the block's own remote methods cannot be called
/// `set_motd` or `watch_motd` then.
///
/// # Hooks
///
/// These are called by the node itself, `async` or plain, and return nothing or a `Result<(), E>`:
///
/// | hook | |
/// |---|---|
/// | `on_start(&self, node: &Node)` | before the node listens |
/// | `on_stop(&self, node: &Node)` | when the node ends in order |
/// | `slots_arriving(&self, slots: &Slots, from: Option<&NodeName>)` | before the first keyed call of these slots |
/// | `slots_leaving(&self, slots: &Slots, to: Option<&NodeName>, cause: LeaveCause)` | when they are another node's |
///
/// Keys fall into 4,096 slots, and it is slots that move between nodes. When a change of the cluster gives this node
/// some, `slots_arriving` is called once for each node that had them, in this node's view (`None`: nobody). Keyed calls
/// of these slots wait until it is done, within their deadlines, and all others are not delayed. When it fails or panics,
/// it is called again after a second, with those of the slots that are still this node's. It must not make keyed calls
/// of these slots itself: they would wait for it. `slots_leaving` is called once
/// for each node that gets slots; nobody waits for it but the drain of this node. What runs by then goes on, and so
/// do calls through pinned shards.
///
/// The hooks of one module are called one after another, in the order of the changes. A slot that is gone before
/// its arrival was told is not told of at all. Each node acts by its own view: the new owner may call
/// `slots_arriving`, and take calls, before the old one has called `slots_leaving`, or noticed anything. State
/// that must not be written twice needs more than these hooks.
///
/// A method of such a name with other arguments is a remote method; so is any with `#[rename]`.
///
/// # Arguments and results
///
/// Arguments are values of any type that implements serde's traits, up to sixteen, or references:
///
/// | written | arrives as |
/// |---|---|
/// | `&str`, `Option<&str>`, `&[u8]`, `Cow<'_, str>` | borrowed from the message, without a copy |
/// | `&[T]` | a `Vec<T>`, lent to the method |
/// | `&T` | a `T`, lent to the method |
/// | `Vec<u8>`, also as a result | one block of bytes |
///
/// A result is any such type that owns its data, a `Result` of two of them, or nothing. It is a `Result` if the
/// last segment of its path is: `io::Result<T>`, `crate::Result<T>`. The same goes for the items of a stream and for the
/// value of an attribute.
///
/// # Mistakes
///
/// All mistakes of a block are reported in one build, each where something has to change, with a line that says
/// what to write. A method that awaits its own shard, even through others, needs a box around the inner call:
/// `Box::pin(shard.score(…)).await`.
#[proc_macro_attribute]
pub fn sharded_module(
    options: proc_macro::TokenStream,
    block: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    attribute(options.into(), block.into()).into()
}

/// The attribute on tokens that also exist outside of a compiler, which is what the tests call.
fn attribute(options: TokenStream, block: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let options = parse::options(options, &errors);
    let expansion = match parse::block(block, &errors) {
        Ok(block) => check::check(options, block, &errors).map_or_else(|block| block, |m| expand::expand(&m)),
        Err(untouched) => untouched,
    };
    let errors = errors.into_compile_errors();
    quote::quote!(#expansion #errors)
}
