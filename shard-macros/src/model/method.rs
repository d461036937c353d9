//! A remote method.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Attribute, Visibility};

use super::{Argument, Claim, Form, Kind, Outcome};

/// A method that travels.
pub(crate) struct Method {
    /// What the proxies call it.
    pub(crate) ident: Ident,
    /// The method of the block that is called: `motd` where the proxies have `set_motd`, otherwise the same.
    pub(crate) called: Ident,
    /// What the method is called on the wire.
    pub(crate) wire_name: String,
    /// `__Score`: the type that stands for the method.
    pub(crate) descriptor: Ident,
    pub(crate) vis: Visibility,
    /// Documentation, `#[deprecated]` and `#[must_use]`, which the proxies repeat.
    pub(crate) forwarded: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) kind: Kind,
    /// How long a call waits at most, if the method says so.
    pub(crate) timeout: Option<Duration>,
    /// The `&State` parameter, if there is one.
    pub(crate) state: Option<StateParameter>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) outcome: Outcome,
    /// Types that the compiler has to be asked about.
    pub(crate) claims: Vec<Claim>,
    /// What to say if the method as a whole cannot travel; nothing if the names in it leave no doubt.
    pub(crate) doubt: Option<String>,
}

/// The parameter that takes the call's context.
pub(crate) struct StateParameter {
    /// What the proxies call it.
    pub(crate) name: Ident,
    /// Where its type stands, which is to blame if it is another `State`.
    pub(crate) span: Span,
}

impl Method {
    /// Whether the body borrows from what was decoded for it, which then has to outlive the body.
    pub(crate) fn borrows_what_was_decoded(&self) -> bool {
        self.arguments.iter().any(|argument| matches!(argument.form, Form::Slice(_) | Form::Reference(_)))
    }
}
