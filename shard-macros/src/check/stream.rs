//! Streams behind the arrow: where one may stand, and what its items are.

use syn::{AssocType, GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound};

use super::marks::Marks;
use super::shape;
use crate::model::written;

/// What stands behind the arrow.
pub(super) struct Returned {
    /// The type; with a stream's item in the place of the stream: `Result<T, E>` for
    /// `Result<impl Stream<Item = T>, E>`. Nothing where there is no arrow.
    pub(super) ty: Option<Type>,
    pub(super) stream: Stream,
    /// The whole as a person would write it.
    pub(super) written: String,
}

/// Whether there is a stream, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// There is none, or none that could be returned.
    Absent,
    /// `impl Stream<Item = T>`.
    Alone,
    /// `Result<impl Stream<Item = T>, E>`, perhaps under another name.
    InResult,
}

impl Returned {
    /// Whether the method gives a stream.
    pub(super) fn is_stream(&self) -> bool {
        self.stream != Stream::Absent
    }
}

/// Looks for a stream in a place where one may stand. One in another place stays in the type.
pub(super) fn returned(output: &ReturnType, marks: &Marks<'_>) -> Returned {
    let ReturnType::Type(_, ty) = output else {
        return Returned { ty: None, stream: Stream::Absent, written: String::from("()") };
    };
    let written = written(ty);
    if let Some(item) = item_of(ty) {
        return Returned { ty: Some(item.clone()), stream: Stream::Alone, written };
    }
    match in_result(ty, marks.fallible.is_some()) {
        Some(ty) => Returned { ty: Some(ty), stream: Stream::InResult, written },
        None => Returned { ty: Some((**ty).clone()), stream: Stream::Absent, written },
    }
}

/// `T` of `impl Stream<Item = T>`.
pub(super) fn item_of(ty: &Type) -> Option<&Type> {
    let Type::ImplTrait(it) = shape::peel(ty) else { return None };
    let PathArguments::AngleBracketed(generics) = &stream_bound(it.bounds.iter())?.arguments else {
        return None;
    };
    generics.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Item" => Some(ty),
        _ => None,
    })
}

/// Whether this is `impl Stream`, with or without an item.
pub(super) fn is_stream(it: &TypeImplTrait) -> bool {
    stream_bound(it.bounds.iter()).is_some()
}

/// Whether this is a stream in a box, under one of the usual names.
pub(super) fn is_boxed(ty: &Type) -> bool {
    match ty {
        Type::TraitObject(object) => stream_bound(object.bounds.iter()).is_some(),
        Type::Path(_) => shape::last_segment(ty)
            .is_some_and(|segment| segment.ident == "BoxStream" || segment.ident == "LocalBoxStream"),
        _ => false,
    }
}

fn stream_bound<'t>(mut bounds: impl Iterator<Item = &'t TypeParamBound>) -> Option<&'t syn::PathSegment> {
    bounds.find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().filter(|last| last.ident == "Stream"),
        _ => None,
    })
}

/// The `Result` with the item in the place of its stream.
fn in_result(ty: &Type, is_fallible: bool) -> Option<Type> {
    let mut ty = shape::peel(ty).clone();
    let Type::Path(path) = &mut ty else { return None };
    let segment = path.path.segments.last_mut().filter(|last| last.ident == "Result" || is_fallible)?;
    let PathArguments::AngleBracketed(generics) = &mut segment.arguments else { return None };
    let value = generics.args.iter_mut().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })?;
    let item = item_of(value)?.clone();
    *value = item;
    Some(ty)
}
