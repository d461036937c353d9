//! A user's type in another place: other lifetimes, and `Self` spelled out.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{GenericArgument, Lifetime, Path, PathArguments, Type};

/// Moves types out of the user's block.
pub(crate) struct Types {
    /// What `Self` means in the block.
    self_ty: TokenStream,
    /// Where the runtime is found.
    runtime: TokenStream,
}

/// What becomes of the lifetimes.
#[derive(Clone, Copy)]
enum Lifetimes {
    /// All are one `'a`. Separate ones would fail when a method ties two borrows together.
    Named,
    /// None is named.
    Elided,
    /// All are `'static`, for places without any other.
    Lasting,
}

impl Types {
    /// For the block of this type.
    pub(crate) fn new(self_ty: TokenStream, runtime: TokenStream) -> Self {
        Self { self_ty, runtime }
    }

    /// The type with every lifetime called `'a`.
    pub(crate) fn named(&self, ty: &Type) -> TokenStream {
        self.moved(ty, Lifetimes::Named)
    }

    /// The type with every lifetime left to the compiler.
    pub(crate) fn elided(&self, ty: &Type) -> TokenStream {
        self.moved(ty, Lifetimes::Elided)
    }

    /// The type with every lifetime `'static`.
    pub(crate) fn lasting(&self, ty: &Type) -> TokenStream {
        self.moved(ty, Lifetimes::Lasting)
    }

    /// The type as written, with `Self` spelled out.
    pub(crate) fn spelled(&self, ty: &Type) -> TokenStream {
        self.spell_out(ty.to_token_stream())
    }

    /// The `T` of an alias for `Attribute<T>`, which only the compiler knows.
    pub(crate) fn value_of_attribute(&self, alias: &Type) -> TokenStream {
        let (alias, runtime) = (self.elided(alias), &self.runtime);
        quote_spanned!(alias.span()=> <#alias as #runtime::__private::IsAttribute>::Value)
    }

    fn moved(&self, ty: &Type, lifetimes: Lifetimes) -> TokenStream {
        let mut ty = ty.clone();
        lifetimes.rewrite(&mut ty);
        self.spell_out(ty.into_token_stream())
    }

    /// `Self` means the proxy or the descriptor where the type is going.
    fn spell_out(&self, tokens: TokenStream) -> TokenStream {
        let mut tokens = tokens.into_iter().peekable();
        let mut spelled = TokenStream::new();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => {
                    let self_ty = &self.self_ty;
                    let is_prefix = matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':');
                    spelled.extend(if is_prefix { quote!(<#self_ty>) } else { self_ty.clone() });
                }
                TokenTree::Group(group) => {
                    let mut inside = Group::new(group.delimiter(), self.spell_out(group.stream()));
                    inside.set_span(group.span());
                    spelled.extend([TokenTree::Group(inside)]);
                }
                other => spelled.extend([other]),
            }
        }
        spelled
    }
}

impl Lifetimes {
    fn rewrite(self, ty: &mut Type) {
        match ty {
            Type::Reference(reference) => {
                if !reference.lifetime.as_ref().is_some_and(is_static) {
                    reference.lifetime = self.of_reference();
                }
                self.rewrite(&mut reference.elem);
            }
            Type::Path(path) => {
                if let Some(qself) = &mut path.qself {
                    self.rewrite(&mut qself.ty);
                }
                self.rewrite_path(&mut path.path);
            }
            Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| self.rewrite(elem)),
            Type::Array(array) => self.rewrite(&mut array.elem),
            Type::Slice(slice) => self.rewrite(&mut slice.elem),
            Type::Paren(paren) => self.rewrite(&mut paren.elem),
            Type::Group(group) => self.rewrite(&mut group.elem),
            _ => {}
        }
    }

    fn rewrite_path(self, path: &mut Path) {
        for segment in &mut path.segments {
            let is_cow = segment.ident == "Cow";
            let PathArguments::AngleBracketed(generics) = &mut segment.arguments else { continue };
            for argument in &mut generics.args {
                match argument {
                    GenericArgument::Lifetime(lifetime) if !is_static(lifetime) => {
                        *lifetime = self.of_path();
                    }
                    GenericArgument::Type(ty) => self.rewrite(ty),
                    GenericArgument::AssocType(assoc) => self.rewrite(&mut assoc.ty),
                    _ => {}
                }
            }
            // `Cow<str>` may be written without its lifetime in a signature, and nowhere else.
            if is_cow && !generics.args.iter().any(|arg| matches!(arg, GenericArgument::Lifetime(_))) {
                let mut args = Punctuated::new();
                args.push(GenericArgument::Lifetime(self.of_path()));
                args.extend(std::mem::take(&mut generics.args));
                generics.args = args;
            }
        }
    }

    fn of_reference(self) -> Option<Lifetime> {
        match self {
            Self::Named | Self::Lasting => Some(self.of_path()),
            Self::Elided => None,
        }
    }

    fn of_path(self) -> Lifetime {
        let name = match self {
            Self::Named => "'a",
            Self::Elided => "'_",
            Self::Lasting => "'static",
        };
        Lifetime::new(name, Span::call_site())
    }
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}
