//! The methods of the shard and of the broadcast. Every body is one line that calls the runtime.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::{arguments, call, doc, outcome};
use crate::model::{Method, Module, Running, StateParameter, names};

/// `impl ArenaShard`.
pub(super) fn shard_methods(module: &Module) -> TokenStream {
    let shard = &module.shard;
    let methods = module.methods.iter().map(|method| shard_method(module, method));
    quote!(impl #shard { #(#methods)* })
}

/// `impl ArenaBroadcast`.
pub(super) fn broadcast_methods(module: &Module) -> TokenStream {
    let broadcast = &module.broadcast;
    let methods = module.methods.iter().map(|method| broadcast_method(module, method));
    quote!(impl #broadcast { #(#methods)* })
}

fn shard_method(module: &Module, method: &Method) -> TokenStream {
    let runtime = &module.runtime;
    let Method { ident, descriptor, vis, forwarded, cfgs, kind, .. } = method;
    let parameters = arguments::parameters(method, runtime);
    let packed = arguments::packed(method, runtime);
    let reply = outcome::of_shard(&method.outcome, kind.running() == Running::Stream, runtime);
    let (link, state) = (names::link(), state(method));
    let call = match kind.running() {
        _ if kind.is_oneway() => quote!(send::<#descriptor>(&#state, #packed)),
        _ if kind.is_detached() => quote!(call_detached::<#descriptor>(&#state, #packed)),
        Running::Unary => {
            let (m, s, a) = (names::module(), names::state(Span::call_site()), names::arguments());
            let local = call::for_caller(method, runtime);
            quote!(call::<#descriptor, _, _>(&#state, #packed, |#m, #s, #a| #local))
        }
        Running::Plain => {
            let (m, s, a) = (names::module(), names::state(Span::call_site()), names::arguments());
            let local = call::at_once_for_caller(method, runtime);
            quote!(call_plain::<#descriptor, _>(&#state, #packed, |#m, #s, #a| #local))
        }
        Running::Blocking => quote!(call_blocking::<#descriptor>(&#state, #packed)),
        Running::Stream => quote!(open::<#descriptor>(&#state, #packed)),
    };
    let doc = doc::of_shard(module, method);
    quote! {
        #doc
        #(#forwarded)*
        #(#cfgs)*
        #vis async fn #ident(&self #parameters) -> #reply {
            self.#link.#call.await
        }
    }
}

fn broadcast_method(module: &Module, method: &Method) -> TokenStream {
    let runtime = &module.runtime;
    let Method { ident, descriptor, vis, forwarded, cfgs, kind, .. } = method;
    let parameters = arguments::parameters(method, runtime);
    let packed = arguments::packed(method, runtime);
    let reply = outcome::of_broadcast(&method.outcome, kind.running() == Running::Stream, runtime);
    let (link, state) = (names::link(), state(method));
    let call = match kind.running() {
        Running::Unary | Running::Plain | Running::Blocking => quote!(call),
        Running::Stream => quote!(open),
    };
    let doc = doc::of_broadcast(module, method);
    quote! {
        #doc
        #(#forwarded)*
        #(#cfgs)*
        #vis fn #ident(&self #parameters) -> #reply {
            self.#link.#call::<#descriptor>(&#state, #packed)
        }
    }
}

/// The state that the call travels with: the one given, or the one of the caller's task.
fn state(method: &Method) -> TokenStream {
    let (link, descriptor) = (names::link(), &method.descriptor);
    let given = method
        .state
        .as_ref()
        .map(|StateParameter { name: state, .. }| quote!(self.#link.enter::<#descriptor>(#state)));
    given.unwrap_or_else(|| quote!(self.#link.current::<#descriptor>()))
}
