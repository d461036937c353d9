//! The attributes on methods that belong to us: `#[local]`, `#[blocking]`, `#[rename("…")]` and so on.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Attribute, Ident, Meta};

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
    Timeout,
    Idempotent,
    Detached,
    Oneway,
    Attribute,
    /// One of these behind a `cfg_attr`.
    Conditional,
    /// One that looks like a slip of the pen.
    Unknown,
}

/// What people write for ours; rustc would only say that it cannot find the attribute.
const SLIPS: [&str; 4] = ["one_way", "time_out", "detach", "idempotence"];

/// Separates our attributes from everybody else's.
pub(super) fn split(attrs: Vec<Attribute>) -> (Vec<Mark>, Vec<Attribute>) {
    let mut marks = Vec::new();
    let mut others = Vec::new();
    for attr in attrs {
        let kind = attr.path().get_ident().and_then(kind_of);
        let conditional = || conditional_names(&attr).iter().any(|name| kind_of(name).is_some());
        match kind {
            Some(kind) => marks.push(Mark { kind, attr }),
            None if conditional() => marks.push(Mark { kind: MarkKind::Conditional, attr }),
            None => others.push(attr),
        }
    }
    (marks, others)
}

fn kind_of(name: &Ident) -> Option<MarkKind> {
    match name.to_string().as_str() {
        "local" => Some(MarkKind::Local),
        "blocking" => Some(MarkKind::Blocking),
        "rename" => Some(MarkKind::Rename),
        "fallible" => Some(MarkKind::Fallible),
        "timeout" => Some(MarkKind::Timeout),
        "idempotent" => Some(MarkKind::Idempotent),
        "detached" => Some(MarkKind::Detached),
        "oneway" => Some(MarkKind::Oneway),
        "attribute" => Some(MarkKind::Attribute),
        slip if SLIPS.contains(&slip) => Some(MarkKind::Unknown),
        _ => None,
    }
}

/// Takes our attributes out of an item that could not be read, for the compiler does not know them.
pub(super) fn strip(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut stripped = TokenStream::new();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        match token {
            _ if is_hash && tokens.peek().is_some_and(is_mark) => drop(tokens.next()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut inside = Group::new(Delimiter::Brace, strip(group.stream()));
                inside.set_span(group.span());
                stripped.extend([TokenTree::Group(inside)]);
            }
            other => stripped.extend([other]),
        }
    }
    stripped
}

fn is_mark(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(name)) if kind_of(&name).is_some())
}

/// The names of the attributes behind the condition of a `cfg_attr`.
pub(crate) fn conditional_names(attr: &Attribute) -> Vec<Ident> {
    let Meta::List(list) = &attr.meta else { return Vec::new() };
    if !attr.path().is_ident("cfg_attr") {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut at_start = false;
    for token in list.tokens.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => at_start = true,
            TokenTree::Ident(name) if at_start => {
                names.push(name);
                at_start = false;
            }
            _ => at_start = false,
        }
    }
    names
}
