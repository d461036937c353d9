//! Model → tokens: the table of contents of the expansion. Nothing in here can fail.

mod arguments;
mod assertion;
mod broadcast;
mod call;
mod claims;
mod descriptor;
mod doc;
mod hooks;
mod index;
mod module;
mod outcome;
mod probe;
mod proxy;
mod running;
mod shard;
mod stubs;
mod timeout;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Module;

/// 1. the user's block, 2. the shard, 3. the broadcast, 4. everything else in a `const` of its own.
pub(crate) fn expand(module: &Module) -> TokenStream {
    let block = &module.block;
    let cfgs = &module.cfgs;
    let structs = [shard::structure(module), broadcast::structure(module)];
    let wiring = [
        index::enumeration(module),
        descriptor::all(module),
        probe::all(module),
        claims::all(module),
        proxy::shard_methods(module),
        proxy::broadcast_methods(module),
        stubs::all(module),
        shard::traits(module),
        broadcast::traits(module),
        module::implementation(module),
    ];
    // The descriptors are private to the `const`, so what mentions them stands in there, too.
    quote! {
        #block
        #(#structs)*
        #(#cfgs)*
        #[allow(dead_code, deprecated, private_interfaces, unused_imports, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = { #(#wiring)* };
    }
}
