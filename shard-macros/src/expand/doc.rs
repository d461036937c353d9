//! A line for a method that has no documentation of its own, for crates that ask for one everywhere.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use crate::model::{Access, Kind, Method, Module, Running};

/// For the method of the shard.
pub(super) fn of_shard(module: &Module, method: &Method) -> Option<TokenStream> {
    let end = if method.kind.is_oneway() { ", and does not wait for it" } else { "" };
    line(module, method, "the node that has the shard", end)
}

/// For the method of the broadcast.
pub(super) fn of_broadcast(module: &Module, method: &Method) -> Option<TokenStream> {
    line(module, method, "every node that hosts the module", "")
}

fn line(module: &Module, method: &Method, place: &str, end: &str) -> Option<TokenStream> {
    let is_doc = |attr: &Attribute| attr.path().is_ident("doc");
    if method.forwarded.iter().any(is_doc) {
        return None;
    }
    let (does, end) = match (method.kind, method.kind.running()) {
        (Kind::Attribute(Access::Get), _) => ("Reads", end),
        (Kind::Attribute(Access::Set), _) => ("Sets", end),
        (Kind::Attribute(Access::Watch), _) => {
            ("Watches", ": the present value first, then the newest whenever it changes")
        }
        (_, Running::Stream) => ("Opens", end),
        (_, Running::Unary | Running::Plain | Running::Blocking) => ("Calls", end),
    };
    let text = format!(" {does} `{}::{}` on {place}{end}.", module.title, method.called);
    Some(quote!(#[doc = #text]))
}
