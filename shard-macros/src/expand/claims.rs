//! The assertions that every type can travel: one error on the type, where a trait bound would give a page
//! for each item that mentions it.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::assertion::assertion;
use crate::model::{Claim, Method, Module, OutcomeKind, Place, Target};

/// All assertions of the module.
pub(super) fn all(module: &Module) -> TokenStream {
    let runtime = &module.runtime;
    let claims = distinct(module);
    let types: TokenStream =
        claims.iter().map(|(method, claim)| type_travels(method, claim, runtime)).collect();
    let methods: TokenStream =
        module.methods.iter().filter_map(|method| method_travels(method, runtime)).collect();
    let uses = (!types.is_empty()).then(|| quote!(use #runtime::__private::StaysHome as _;));
    let methods = (!methods.is_empty()).then(|| quote!(const _: () = { #methods };));
    quote!(#uses #types #methods)
}

/// Each type once, however often the block mentions it, and then as strictly as any mention demands.
fn distinct(module: &Module) -> Vec<(&Method, Claim)> {
    let mut found: Vec<(&Method, Claim)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for method in &module.methods {
        for claim in &method.claims {
            // Under a condition the type may not even exist, so its claim stands alone.
            let condition = if method.cfgs.is_empty() { String::new() } else { method.ident.to_string() };
            let key = format!("{} if {condition}", target(&claim.target, &TokenStream::new()));
            if let Some((_, first)) = places.get(&key).and_then(|place| found.get_mut(*place)) {
                first.as_result |= claim.as_result;
            } else {
                places.insert(key, found.len());
                found.push((method, claim.clone()));
            }
        }
    }
    found
}

fn type_travels(method: &Method, claim: &Claim, runtime: &TokenStream) -> TokenStream {
    let (cfgs, span) = (&method.cfgs, claim.place.first);
    let ty = target(&claim.target, runtime);
    let travels = if claim.as_result {
        quote_spanned!(span=> #runtime::__private::Travels::<#ty>::AS_RESULT)
    } else {
        quote_spanned!(span=> #runtime::__private::Travels::<#ty>::AS_ARGUMENT)
    };
    let excuse = excuse(&claim.inside, runtime);
    // A result in disguise has an error of its own.
    let disguise = match &method.outcome.kind {
        OutcomeKind::Value { ty, disguise: Some(_) } if claim.as_result => {
            quote!(|| #runtime::__private::Probe::<#ty>::IS_RESULT)
        }
        _ => TokenStream::new(),
    };
    let assertion = assertion(claim.place, &quote!(#travels #excuse #disguise), &claim.text);
    quote_spanned!(span=> #(#cfgs)* const _: () = #assertion)
}

/// The last resort: no type was to blame, and still there is no way through the codec.
fn method_travels(method: &Method, runtime: &TokenStream) -> Option<TokenStream> {
    let Method { cfgs, descriptor, claims, .. } = method;
    let text = method.doubt.as_ref()?;
    let blamed: Vec<Target> = claims.iter().map(|claim| claim.target.clone()).collect();
    let excuse = excuse(&blamed, runtime);
    let travels = quote!(<#descriptor as #runtime::__private::RemoteMethod>::PASSAGE.travels() #excuse);
    let assertion = assertion(Place::of(&method.ident), &travels, text);
    Some(quote!(#(#cfgs)* #assertion))
}

/// Silence, if one of these types has been blamed already.
fn excuse(blamed: &[Target], runtime: &TokenStream) -> TokenStream {
    let types = blamed.iter().map(|blamed| target(blamed, runtime));
    quote!(#(|| !#runtime::__private::Travels::<#types>::AS_ARGUMENT)*)
}

fn target(target: &Target, runtime: &TokenStream) -> TokenStream {
    match target {
        Target::Type(ty) => ty.clone(),
        Target::ValueOf(alias) => quote!(<#alias as #runtime::__private::Fallible>::Value),
        Target::ErrorOf(alias) => quote!(<#alias as #runtime::__private::Fallible>::Error),
    }
}
