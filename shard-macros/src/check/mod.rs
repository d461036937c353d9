//! Syntax → model. Collects every mistake and never stops early; one file for each kind of rule.

mod accessors;
mod argument;
mod attributes;
mod claims;
mod duplicates;
mod hook;
mod kind;
mod made;
mod marks;
mod method;
mod nested;
mod options;
mod receiver;
mod result;
mod shape;
mod signature;
mod state;
mod stream;
mod stub;
mod target;
mod timeout;
mod value;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::errors::Errors;
use crate::model::{Module, Types, names};
use crate::parse::{Block, Member, Options};
use method::Checked;

/// The module that the block describes, or the block alone if not even its type is clear.
///
/// Methods with mistakes are reported and left out; the rest of the module still stands.
pub(crate) fn check(options: Options, block: Block, errors: &Errors) -> Result<Module, TokenStream> {
    let target = target::check(&block.header, errors);
    let runtime = options.runtime.map_or_else(|| quote!(::shard_runtime), names::runtime);
    let types = Types::new(block.header.self_ty.to_token_stream(), runtime.clone());

    let made = made::by_attributes(&block);
    let mut descriptors = names::Descriptors::default();
    let (mut methods, mut stubs, mut hooks) = (Vec::new(), Vec::new(), Vec::new());
    for member in &block.members {
        let Member::Method(method) = member else { continue };
        match method::check(method, &made, &types, &mut descriptors, errors) {
            Checked::Remote(remote) => methods.extend(remote),
            Checked::Refused(refused) => stubs.extend(refused),
            Checked::Hook(hook) => hooks.push(hook),
            Checked::NotRemote => {}
        }
    }
    duplicates::check(&block, &mut methods, errors);

    let name = options::name(options.name, errors);
    let limit = options::limit(options.limit.as_ref(), errors);
    let role = options::role(options.role, errors);

    let Some(ty) = target else { return Err(block.to_token_stream()) };
    let title = syn::ext::IdentExt::unraw(&ty).to_string();
    Ok(Module {
        runtime,
        ty: block.header.self_ty.to_token_stream(),
        name: name.unwrap_or_else(|| title.clone()),
        title,
        limit,
        role,
        shard: names::shard(&ty),
        broadcast: names::broadcast(&ty),
        cfgs: attributes::cfgs(&block.header.attrs),
        methods,
        stubs,
        hooks,
        block: block.into_token_stream(),
    })
}
