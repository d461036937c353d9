//! The attributes on methods that belong to us: `#[local]`, `#[blocking]`, `#[rename("…")]`, `#[fallible]`.

use syn::{Attribute, Ident};

/// An attribute of ours on a method.
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    /// The attribute as written, with whatever it has in parentheses.
    pub(crate) attr: Attribute,
}

/// Which one it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Local,
    Blocking,
    Rename,
    Fallible,
    /// One that a later version brings, or that looks like a slip of the pen.
    Unknown,
}

/// What people will write before it exists; rustc would only say that it cannot find the attribute.
const LATER: [&str; 5] = ["oneway", "idempotent", "timeout", "detached", "attribute"];

/// Separates our attributes from everybody else's.
pub(super) fn split(attrs: Vec<Attribute>) -> (Vec<Mark>, Vec<Attribute>) {
    let mut marks = Vec::new();
    let mut others = Vec::new();
    for attr in attrs {
        match attr.path().get_ident().and_then(kind) {
            Some(kind) => marks.push(Mark { kind, attr }),
            None => others.push(attr),
        }
    }
    (marks, others)
}

fn kind(name: &Ident) -> Option<MarkKind> {
    match name.to_string().as_str() {
        "local" => Some(MarkKind::Local),
        "blocking" => Some(MarkKind::Blocking),
        "rename" => Some(MarkKind::Rename),
        "fallible" => Some(MarkKind::Fallible),
        later if LATER.contains(&later) => Some(MarkKind::Unknown),
        _ => None,
    }
}
