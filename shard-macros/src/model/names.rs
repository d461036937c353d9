//! Every identifier that the expansion introduces. Hidden ones start with `__`.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident};
use syn::Path;
use syn::ext::IdentExt as _;

use super::HookKind;

/// The path of the `crate` option. It stands where the attribute stands, or lints would take what is
/// generated for what the user wrote.
pub(crate) fn runtime(path: Path) -> TokenStream {
    let respanned = path.into_token_stream().into_iter().map(|mut token| {
        token.set_span(Span::call_site().resolved_at(token.span()));
        token
    });
    respanned.collect()
}

/// `ArenaShard`.
pub(crate) fn shard(ty: &Ident) -> Ident {
    format_ident!("{}Shard", ty.unraw(), span = ty.span())
}

/// `ArenaBroadcast`.
pub(crate) fn broadcast(ty: &Ident) -> Ident {
    format_ident!("{}Broadcast", ty.unraw(), span = ty.span())
}

/// The field of both proxies.
pub(crate) fn link() -> Ident {
    ident("__link")
}

/// The enumeration that numbers the methods.
pub(crate) fn index() -> Ident {
    ident("__Index")
}

/// The module object inside of generated bodies.
pub(crate) fn module() -> Ident {
    ident("__m")
}

/// The call's state inside of generated bodies.
pub(crate) fn state(span: Span) -> Ident {
    Ident::new("__s", span.resolved_at(Span::call_site()))
}

/// The tuple of arguments inside of generated bodies.
pub(crate) fn arguments() -> Ident {
    ident("__a")
}

/// Where the items of a stream go, inside of generated bodies.
pub(crate) fn outlet(span: Span) -> Ident {
    Ident::new("__o", span.resolved_at(Span::call_site()))
}

/// The duration that `Shard::timeout` was given.
pub(crate) fn after() -> Ident {
    ident("__after")
}

/// `set_motd` for the attribute `motd`, on the proxies and on the wire.
pub(crate) fn setter(name: &str) -> String {
    format!("set_{name}")
}

/// `watch_motd` for the attribute `motd`, on the proxies and on the wire.
pub(crate) fn watcher(name: &str) -> String {
    format!("watch_{name}")
}

/// The parameter of `set_motd`.
pub(crate) fn new_value() -> Ident {
    ident("value")
}

/// The node inside of a hook.
pub(crate) fn node() -> Ident {
    ident("__node")
}

/// The slots inside of a hook.
pub(crate) fn slots() -> Ident {
    ident("__slots")
}

/// The node that had the slots, or gets them, inside of a hook.
pub(crate) fn other() -> Ident {
    ident("__other")
}

/// Why slots leave, inside of a hook.
pub(crate) fn cause() -> Ident {
    ident("__cause")
}

/// The runtime's name for a hook.
pub(crate) fn hook(kind: HookKind) -> Ident {
    ident(match kind {
        HookKind::Start => "__on_start",
        HookKind::Stop => "__on_stop",
        HookKind::SlotsArriving => "__slots_arriving",
        HookKind::SlotsLeaving => "__slots_leaving",
    })
}

/// The constant that says that there is such a hook, where the runtime has to know.
pub(crate) fn hook_exists(kind: HookKind) -> Option<Ident> {
    match kind {
        HookKind::Start | HookKind::Stop => None,
        HookKind::SlotsArriving => Some(ident("__SLOTS_ARRIVING")),
        HookKind::SlotsLeaving => Some(ident("__SLOTS_LEAVING")),
    }
}

/// The proxy's parameter for an argument that is a pattern, or the state when the user gave it no name.
pub(crate) fn stand_in(name: &str, taken: &HashSet<String>, span: Span) -> Ident {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.insert(0, '_');
    }
    Ident::new(&name, span)
}

/// The types that stand for methods, one name each.
#[derive(Default)]
pub(crate) struct Descriptors {
    given: HashSet<String>,
}

impl Descriptors {
    /// `__ScorePoints` for `score_points`. Names that differ in underscores only get a number.
    pub(crate) fn name(&mut self, method: &Ident) -> Ident {
        let camel: String = method.unraw().to_string().split('_').map(capitalised).collect();
        let mut name = format!("__{camel}");
        let mut number = 2;
        while !self.given.insert(name.clone()) {
            name = format!("__{camel}_{number}");
            number += 1;
        }
        Ident::new(&name, method.span().resolved_at(Span::call_site()))
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
