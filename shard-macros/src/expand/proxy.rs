//! The methods of the shard and of the broadcast. Every body is one line that calls the runtime.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Attribute;

use super::{arguments, call, outcome};
use crate::model::{Kind, Method, Module, StateParameter, names};

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
    let Method { ident, descriptor, vis, forwarded, cfgs, .. } = method;
    let parameters = arguments::parameters(method, runtime);
    let packed = arguments::packed(method, runtime);
    let reply = outcome::reply(&method.outcome, runtime);
    let state = state(method);
    let link = names::link();
    let call = if method.kind == Kind::Blocking {
        quote!(self.#link.call_blocking::<#descriptor>(&#state, #packed))
    } else {
        let (m, s, a) = (names::module(), names::state(Span::call_site()), names::arguments());
        let local = call::for_caller(method, runtime);
        quote!(self.#link.call::<#descriptor, _, _>(&#state, #packed, |#m, #s, #a| #local))
    };
    let doc = doc(module, method, "on the node that has the shard");
    quote! {
        #doc
        #(#forwarded)*
        #(#cfgs)*
        #vis async fn #ident(&self #parameters) -> #reply {
            #call.await
        }
    }
}

fn broadcast_method(module: &Module, method: &Method) -> TokenStream {
    let runtime = &module.runtime;
    let Method { ident, descriptor, vis, forwarded, cfgs, .. } = method;
    let parameters = arguments::parameters(method, runtime);
    let packed = arguments::packed(method, runtime);
    let value = outcome::value(&method.outcome, runtime);
    let error = outcome::error(&method.outcome, runtime);
    let state = state(method);
    let link = names::link();
    let doc = doc(module, method, "on every node that hosts the module");
    quote! {
        #doc
        #(#forwarded)*
        #(#cfgs)*
        #vis fn #ident(&self #parameters) -> #runtime::BroadcastCall<#value, #error> {
            self.#link.call::<#descriptor>(&#state, #packed)
        }
    }
}

/// The state that the call travels with: the one given, or the one of the caller's task.
fn state(method: &Method) -> TokenStream {
    let link = names::link();
    let given =
        method.state.as_ref().map(|StateParameter { name: state, .. }| quote!(self.#link.enter(#state)));
    given.unwrap_or_else(|| quote!(self.#link.current()))
}

/// A line for a method that has no documentation of its own, for crates that ask for one everywhere.
fn doc(module: &Module, method: &Method, place: &str) -> Option<TokenStream> {
    let is_doc = |attr: &Attribute| attr.path().is_ident("doc");
    let text = format!(" Calls `{}::{}` {place}.", module.title, method.ident);
    (!method.forwarded.iter().any(is_doc)).then(|| quote!(#[doc = #text]))
}
