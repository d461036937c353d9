//! Looking at a type through whatever a macro or a person has wrapped around it.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The type without parentheses and invisible groups.
pub(super) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The last segment of a path, which is all that a macro can know a type by.
pub(super) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// Whether the type's path ends in this name, without generic arguments.
pub(super) fn is_called(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name && segment.arguments.is_empty())
}

/// Whether the type is this one word.
pub(super) fn is_word(ty: &Type, name: &str) -> bool {
    matches!(peel(ty), Type::Path(path) if path.qself.is_none() && path.path.is_ident(name))
}

/// The types between the angle brackets.
pub(super) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(generics) = &segment.arguments else { return Vec::new() };
    let types = generics.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Whether a borrow of this path's lives as long as the program.
pub(super) fn lives_forever(segment: &PathSegment) -> bool {
    let PathArguments::AngleBracketed(generics) = &segment.arguments else { return false };
    generics.args.iter().any(|arg| matches!(arg, GenericArgument::Lifetime(l) if l.ident == "static"))
}

/// `Vec<u8>`.
pub(super) fn is_byte_vec(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| {
        segment.ident == "Vec" && matches!(type_arguments(segment).as_slice(), [elem] if is_word(elem, "u8"))
    })
}

/// `Cow<str>`.
pub(super) fn is_text_cow(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| {
        segment.ident == "Cow" && matches!(type_arguments(segment).as_slice(), [elem] if is_word(elem, "str"))
    })
}
