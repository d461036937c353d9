//! Which types the compiler has to be asked about: whether serde knows them is not in their names.

use syn::{Expr, Lit, PatType, Type};

use super::shape;
use crate::messages::{self, Message};
use crate::model::{Claim, OutcomeKind, Place, Target, Types, written};

/// Types that are what they are called, for nobody can take these names for something else.
const CERTAIN: [&str; 18] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64", "Self",
];
/// Types of the standard library that travel if what is in them does.
const CONTAINERS: [&str; 5] = ["Vec", "VecDeque", "Option", "Box", "Result"];
/// The same, except that their keys must compare or hash as well.
const KEYED: [&str; 4] = ["HashMap", "HashSet", "BTreeMap", "BTreeSet"];
/// The longest arrays and tuples that serde knows.
const LONGEST_ARRAY: u64 = 32;
const LONGEST_TUPLE: usize = 16;

/// The claims of one method.
pub(super) struct Claims<'t> {
    types: &'t Types,
    found: Vec<Claim>,
    /// Whether there is any type that a user could have called so as well.
    uncertain: bool,
}

impl<'t> Claims<'t> {
    /// No claims yet.
    pub(super) fn new(types: &'t Types) -> Self {
        Self { types, found: Vec::new(), uncertain: false }
    }

    /// What an argument claims.
    pub(super) fn argument(&mut self, argument: &PatType) {
        self.gather(&argument.ty, false);
    }

    /// What a result claims. What an alias stands for is only known to the compiler.
    pub(super) fn result(&mut self, ty: &Type, kind: &OutcomeKind) {
        match (kind, shape::last_segment(ty)) {
            (OutcomeKind::Unit, _) => {}
            (OutcomeKind::Alias(alias), _) => {
                self.uncertain = true;
                let text = written(ty);
                self.claim(Target::ValueOf(alias.clone()), ty, &messages::value_cannot_travel(&text));
                self.claim(Target::ErrorOf(alias.clone()), ty, &messages::error_cannot_travel(&text));
            }
            (OutcomeKind::Result { .. }, Some(segment)) => {
                for part in shape::type_arguments(segment) {
                    self.gather(part, true);
                }
            }
            _ => self.gather(ty, true),
        }
    }

    /// What the value of an attribute claims, which is an argument as well.
    pub(super) fn value(&mut self, ty: &Type) {
        self.gather(ty, true);
    }

    /// What an attribute under another name claims.
    pub(super) fn attribute(&mut self, alias: &Type) {
        self.uncertain = true;
        let value = Target::Type(self.types.value_of_attribute(alias));
        self.claim(value, alias, &messages::value_cannot_travel(&written(alias)));
    }

    /// All claims, and whether the method as a whole should be asked about, too.
    pub(super) fn into_parts(self) -> (Vec<Claim>, bool) {
        (self.found, self.uncertain)
    }

    fn gather(&mut self, ty: &Type, as_result: bool) {
        let ty = shape::peel(ty);
        let before = self.found.len();
        let known = match ty {
            Type::Reference(reference) => {
                self.gather(&reference.elem, as_result);
                true
            }
            Type::Slice(slice) => {
                self.gather(&slice.elem, as_result);
                true
            }
            Type::Tuple(tuple) => {
                tuple.elems.iter().for_each(|elem| self.gather(elem, as_result));
                tuple.elems.len() <= LONGEST_TUPLE
            }
            Type::Array(array) => {
                self.gather(&array.elem, as_result);
                is_short(&array.len)
            }
            _ => self.gather_named(ty, as_result),
        };
        if !known {
            let inside: Vec<Target> = self.found[before..].iter().map(|claim| claim.target.clone()).collect();
            let message = match ty {
                Type::Path(_) if !is_keyed(ty) => messages::type_cannot_travel(&written(ty)),
                _ => messages::compound_cannot_travel(&written(ty)),
            };
            self.claim(Target::Type(self.types.lasting(ty)), ty, &message);
            if let Some(claim) = self.found.last_mut() {
                claim.as_result = as_result;
                claim.inside = inside;
            }
        }
    }

    fn claim(&mut self, target: Target, at: &Type, message: &Message) {
        let text = message.to_string();
        self.found.push(Claim { target, text, place: Place::of(at), as_result: true, inside: Vec::new() });
    }

    /// Whether nothing is left to ask about the type itself.
    fn gather_named(&mut self, ty: &Type, as_result: bool) -> bool {
        if CERTAIN.iter().any(|name| shape::is_word(ty, name)) && !shape::is_word(ty, "Self") {
            return true;
        }
        self.uncertain = true;
        let Some(segment) = shape::last_segment(ty) else { return false };
        let container = CONTAINERS.iter().any(|name| segment.ident == name);
        if container || is_keyed(ty) {
            for inner in shape::type_arguments(segment) {
                self.gather(inner, as_result);
            }
        }
        container || segment.ident == "String" || shape::is_text_cow(ty)
    }
}

/// Whether the type is one of those above, and so no alias of a user's.
pub(super) fn is_well_known(ty: &Type) -> bool {
    let is_called = |name: &&str| shape::last_segment(ty).is_some_and(|segment| segment.ident == name);
    CERTAIN.iter().any(|name| shape::is_word(ty, name))
        || CONTAINERS.iter().chain(&KEYED).chain(&["String"]).any(is_called)
}

fn is_keyed(ty: &Type) -> bool {
    shape::last_segment(ty).is_some_and(|segment| KEYED.iter().any(|name| segment.ident == name))
}

fn is_short(len: &Expr) -> bool {
    matches!(len, Expr::Lit(literal) if matches!(&literal.lit, Lit::Int(int)
        if int.base10_parse::<u64>().is_ok_and(|len| len <= LONGEST_ARRAY)))
}
