//! A module: the block, its names, its methods and its hooks.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident};

use super::{Method, Stub};

/// Everything that the expansion is made of.
pub(crate) struct Module {
    /// The user's block, token for token, without the attributes that are ours.
    pub(crate) block: TokenStream,
    /// Where the runtime is found, `::shard_runtime` unless said otherwise.
    pub(crate) runtime: TokenStream,
    /// The type of the block.
    pub(crate) ty: TokenStream,
    /// What documentation calls the type: the last segment of its path.
    pub(crate) title: String,
    /// The module's name in the cluster.
    pub(crate) name: String,
    /// On how many nodes it runs at most.
    pub(crate) limit: Option<u32>,
    /// The role of the nodes that host it.
    pub(crate) role: Option<String>,
    /// `ArenaShard`.
    pub(crate) shard: Ident,
    /// `ArenaBroadcast`.
    pub(crate) broadcast: Ident,
    /// The conditions under which the block exists.
    pub(crate) cfgs: Vec<Attribute>,
    /// The remote methods, in source order.
    pub(crate) methods: Vec<Method>,
    /// Methods with mistakes.
    pub(crate) stubs: Vec<Stub>,
    /// At most one of each kind under one condition.
    pub(crate) hooks: Vec<Hook>,
}

/// A method that the runtime calls when the module starts or stops, or its slots come or go.
pub(crate) struct Hook {
    pub(crate) kind: HookKind,
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) is_async: bool,
}

/// The moments of a module's life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookKind {
    Start,
    Stop,
    SlotsArriving,
    SlotsLeaving,
}
