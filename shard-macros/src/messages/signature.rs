//! Receivers, qualifiers and the state.

use super::{LOCAL, Message};

pub(crate) fn self_by_mut_reference() -> Message {
    Message::new(
        "a remote method cannot take `&mut self`: one module object serves many calls at once",
        format!("write `&self` and keep what changes behind a lock, or {LOCAL}"),
    )
}

pub(crate) fn self_by_value() -> Message {
    Message::new(
        "a remote method cannot take `self`: the module serves other calls afterwards",
        format!("write `&self`, or {LOCAL}"),
    )
}

pub(crate) fn self_by_pointer(ty: &str) -> Message {
    Message::new(
        format!("a remote method cannot take `self: {ty}`: the runtime lends the module"),
        format!("write `&self`, or {LOCAL}"),
    )
}

pub(crate) fn unsafe_method() -> Message {
    Message::new(
        "a remote method cannot be `unsafe`: a caller on another node cannot keep its promises",
        format!("remove `unsafe`, or {LOCAL}"),
    )
}

pub(crate) fn extern_method() -> Message {
    Message::new(
        "a remote method has no use for another calling convention",
        format!("remove it, or {LOCAL}"),
    )
}

pub(crate) fn type_parameter() -> Message {
    Message::new(
        "a remote method cannot be generic: the callee does not know the caller's types",
        format!("name the type, or {LOCAL}"),
    )
}

pub(crate) fn const_parameter() -> Message {
    Message::new(
        "a remote method cannot be generic: the callee does not know the caller's constants",
        format!("take the value as an argument, or {LOCAL}"),
    )
}

pub(crate) fn variadic_method() -> Message {
    Message::new("a remote method has a fixed number of arguments", format!("take a `Vec`, or {LOCAL}"))
}

pub(crate) fn async_and_blocking() -> Message {
    Message::new(
        "an `async fn` cannot be `#[blocking]`: it is polled on the runtime's threads",
        "write a plain `fn`, or remove `#[blocking]`",
    )
}

pub(crate) fn too_many_arguments(most: usize) -> Message {
    Message::new(
        format!("a remote method has at most {most} arguments: they travel as one tuple"),
        "put some of them into a struct",
    )
}

pub(crate) fn state_not_first() -> Message {
    Message::new(
        "`&State` must come first: it is the context of the call, not an argument",
        "move it right behind `&self`",
    )
}

pub(crate) fn state_by_mut_reference() -> Message {
    Message::new("the state of a call is shared: the caller keeps it", "write `&State` right behind `&self`")
}

pub(crate) fn state_by_value() -> Message {
    Message::new(
        "the state of a call is lent, not given: the caller keeps it",
        "write `&State` right behind `&self`, or the path of the type if this is another `State`",
    )
}
