//! The assertions that every type can travel: one error on the type, where a trait bound would give a page
//! for each item that mentions it.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::outcome;
use crate::model::{Claim, Method, Module, OutcomeKind};

/// All assertions of the module.
pub(super) fn all(module: &Module) -> TokenStream {
    let runtime = &module.runtime;
    let types: TokenStream =
        distinct(module).into_iter().map(|(method, claim)| type_travels(method, &claim, runtime)).collect();
    let methods: TokenStream = module
        .methods
        .iter()
        .filter(|method| method.is_uncertain)
        .map(|m| method_travels(m, runtime))
        .collect();
    let uses = (!types.is_empty()).then(|| quote!(use #runtime::__private::StaysHome as _;));
    let methods = (!methods.is_empty()).then(|| quote!(const _: () = { #methods };));
    quote!(#uses #types #methods)
}

/// Each type once, however often the block mentions it, and then as strictly as any mention demands.
fn distinct(module: &Module) -> Vec<(&Method, Claim)> {
    let mut found: Vec<(&Method, Claim)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for method in &module.methods {
        for claim in claims_of(method, &module.runtime) {
            // Under a condition the type may not even exist, so its claim stands alone.
            let condition = if method.cfgs.is_empty() { String::new() } else { method.ident.to_string() };
            let key = format!("{} if {condition}", claim.ty);
            match places.get(&key).and_then(|place| found.get_mut(*place)) {
                Some((_, first)) => first.as_result |= claim.as_result,
                None => {
                    places.insert(key, found.len());
                    found.push((method, claim));
                }
            }
        }
    }
    found
}

fn type_travels(method: &Method, claim: &Claim, runtime: &TokenStream) -> TokenStream {
    let cfgs = &method.cfgs;
    let text = claim.subject.replace('{', "{{").replace('}', "}}");
    let text = format!(
        "{text} cannot travel: it does not implement serde's `Serialize` and `Deserialize`\n\
         help: write `#[derive(serde::Serialize, serde::Deserialize)]` on it"
    );
    let condition = condition(claim, runtime);
    let excuse = excuse(&claim.inside, runtime);
    // A result in disguise has an error of its own.
    let disguise = match &method.outcome.kind {
        OutcomeKind::Value { ty, probe: true } if ty.to_string() == claim.ty.to_string() => {
            quote!(|| #runtime::__private::Probe::<#ty>::IS_RESULT)
        }
        _ => TokenStream::new(),
    };
    quote_spanned! {claim.ty.span()=>
        #(#cfgs)*
        const _: () = ::core::assert!(#condition #excuse #disguise, #text);
    }
}

/// The last resort: no type was to blame, and still there is no way through the codec.
fn method_travels(method: &Method, runtime: &TokenStream) -> TokenStream {
    let (cfgs, descriptor, ident) = (&method.cfgs, &method.descriptor, &method.ident);
    let blamed: Vec<TokenStream> = claims_of(method, runtime).into_iter().map(|claim| claim.ty).collect();
    let excuse = excuse(&blamed, runtime);
    let text = format!(
        "`{ident}` cannot be called from another node: serde does not know all of its types\n\
         help: take and return types that implement `Serialize` and `Deserialize`"
    );
    quote_spanned! {ident.span()=>
        #(#cfgs)*
        ::core::assert!(
            <#descriptor as #runtime::__private::RemoteMethod>::PASSAGE.travels() #excuse,
            #text
        );
    }
}

fn condition(claim: &Claim, runtime: &TokenStream) -> TokenStream {
    let ty = &claim.ty;
    if claim.as_result {
        quote!(#runtime::__private::Travels::<#ty>::AS_RESULT)
    } else {
        quote!(#runtime::__private::Travels::<#ty>::AS_ARGUMENT)
    }
}

/// Silence, if one of these types has been blamed already.
fn excuse(types: &[TokenStream], runtime: &TokenStream) -> TokenStream {
    quote!(#(|| !#runtime::__private::Travels::<#types>::AS_ARGUMENT)*)
}

/// The claims of the method, and those of an alias that only the compiler can look behind.
fn claims_of(method: &Method, runtime: &TokenStream) -> Vec<Claim> {
    let mut claims = method.claims.clone();
    if let OutcomeKind::Alias(_) = method.outcome.kind {
        let parts = [outcome::value(&method.outcome, runtime), outcome::error(&method.outcome, runtime)];
        for (ty, what) in parts.into_iter().zip(["value", "error"]) {
            let subject = format!("the {what} of `{}`", method.outcome.written);
            claims.push(Claim { ty, subject, as_result: true, inside: Vec::new() });
        }
    }
    claims
}
