//! The collector of mistakes: every one of a block is reported in one build.

use std::cell::RefCell;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::messages::Message;

/// Collects mistakes and must be consumed by [`into_compile_errors`](Self::into_compile_errors).
///
/// The idea of a collector that notices when it was forgotten is `serde_derive`'s.
pub(crate) struct Errors {
    /// `None` once consumed.
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    /// An empty collector.
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())) }
    }

    /// Records a mistake on the tokens that must change.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: Message) {
        self.record(syn::Error::new_spanned(tokens, message));
    }

    /// Records what the grammar refused.
    pub(crate) fn syntax(&self, error: syn::Error) {
        self.record(error);
    }

    /// All mistakes as `compile_error!` items, nothing if there are none.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        let found = self.found.borrow_mut().take().unwrap_or_default();
        found.into_iter().map(syn::Error::into_compile_error).collect()
    }

    fn record(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A collector that nobody read is a mistake of ours that would hide the user's.
        debug_assert!(
            std::thread::panicking() || self.found.get_mut().is_none(),
            "the collected errors were not reported"
        );
    }
}
