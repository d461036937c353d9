//! The attribute of `shard-runtime`: depend on that crate, which re-exports it, not on this one.

mod check;
mod errors;
mod expand;
mod messages;
mod model;
mod parse;

use errors::Errors;
use proc_macro2::TokenStream;

/// Turns an `impl` block into a cluster module.
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
