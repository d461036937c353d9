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
/// | `#[blocking]` | a plain `fn` that takes its time, on a thread of its own |
/// | `#[rename("name")]` | another name on the wire, for example after the method was renamed |
/// | `#[fallible]` | the result is a `Result`, but under another name |
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
/// last segment of its path is: `io::Result<T>`, `crate::Result<T>`.
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
