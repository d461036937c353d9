//! Arguments and results.

use super::{LOCAL, Message};

pub(crate) fn argument_by_mut_reference() -> Message {
    Message::new(
        "an argument cannot be `&mut`: what changes on the callee's node stays there",
        "take the value, and return what has changed",
    )
}

pub(crate) fn argument_static() -> Message {
    Message::new(
        "an argument cannot be `'static`: it is borrowed from the message, which does not last",
        "leave `'static` out, or take an owned type",
    )
}

pub(crate) fn argument_nested_borrow(owned: &str) -> Message {
    Message::new(
        "only `&str` can be borrowed inside of another type: nothing owns the rest when it is decoded",
        format!("write `{owned}`"),
    )
}

pub(crate) fn argument_double_reference() -> Message {
    Message::new("an argument is borrowed once at most: one reference crosses the wire", "write one `&`")
}

pub(crate) fn argument_impl_trait() -> Message {
    Message::new(
        "an argument cannot be `impl Trait`: the callee does not know the caller's type",
        format!("name the type, or {LOCAL}"),
    )
}

pub(crate) fn argument_never() -> Message {
    Message::new("an argument of type `!` can never be given", "take another type")
}

pub(crate) fn conditional_argument() -> Message {
    Message::new(
        "an argument cannot depend on `#[cfg]`: nodes with and without it would not understand each other",
        "write the method twice, under two names, each with its own `#[cfg(…)]`",
    )
}

pub(crate) fn trait_object() -> Message {
    Message::new(
        "a trait object cannot travel: the other side does not know which type it is",
        "write a type that derives `Serialize` and `Deserialize`, such as an enum, or `String` for an error",
    )
}

pub(crate) fn pointer() -> Message {
    Message::new("a pointer cannot travel: it means nothing on another node", "take or return the value")
}

pub(crate) fn function_pointer() -> Message {
    Message::new(
        "a function cannot travel: it means nothing on another node",
        "send data that says what to do",
    )
}

pub(crate) fn type_cannot_travel(ty: &str) -> Message {
    Message::new(
        format!("`{ty}` cannot travel: it does not implement serde's `Serialize` and `Deserialize`"),
        format!("write `#[derive(serde::Serialize, serde::Deserialize)]` on `{ty}`"),
    )
}

pub(crate) fn compound_cannot_travel(ty: &str) -> Message {
    Message::new(
        format!("`{ty}` cannot travel: serde does not implement `Serialize` and `Deserialize` for it"),
        "write a type of your own that implements them, a `Vec` for a long array, or another key for a map",
    )
}

pub(crate) fn value_cannot_travel(alias: &str) -> Message {
    Message::new(
        format!(
            "the value of `{alias}` cannot travel: it does not implement serde's `Serialize` and `Deserialize`"
        ),
        "write `#[derive(serde::Serialize, serde::Deserialize)]` on it",
    )
}

pub(crate) fn error_cannot_travel(alias: &str) -> Message {
    Message::new(
        format!(
            "the error of `{alias}` cannot travel: it does not implement serde's `Serialize` and `Deserialize`"
        ),
        "return an error of your own that derives them, or its text as a `String`",
    )
}

pub(crate) fn method_cannot_travel(method: &syn::Ident) -> Message {
    Message::new(
        format!("`{method}` cannot be called from another node: serde does not know all of its types"),
        "take and return types that implement `Serialize` and `Deserialize`",
    )
}

pub(crate) fn result_in_disguise(ty: &str) -> Message {
    Message::new(
        format!("`{ty}` is a `Result` under another name: its error would be sent as a value"),
        "mark the method `#[fallible]`",
    )
}

pub(crate) fn result_borrows(owned: &str) -> Message {
    Message::new("a result cannot be borrowed: it leaves the node that owns it", format!("write `{owned}`"))
}

pub(crate) fn result_lifetime() -> Message {
    Message::new(
        "a result cannot be borrowed: it leaves the node that owns it",
        "return a type that owns its data",
    )
}

pub(crate) fn result_impl_trait() -> Message {
    Message::new(
        "a result cannot be `impl Trait`: the caller must know the type to decode it",
        "name the type",
    )
}

pub(crate) fn stream_without_item() -> Message {
    Message::new(
        "a stream must say what its items are: the caller decodes them",
        "write `impl Stream<Item = T>`",
    )
}

pub(crate) fn stream_inside() -> Message {
    Message::new(
        "a stream cannot be part of another type: its items come after the result",
        "return `impl Stream<Item = T>` or `Result<impl Stream<Item = T>, E>`",
    )
}

pub(crate) fn stream_boxed() -> Message {
    Message::new(
        "a boxed stream is taken for a value: streams are known by `impl Stream`",
        "write `impl Stream<Item = T>`, which a boxed stream is as well",
    )
}

pub(crate) fn result_never() -> Message {
    Message::new(
        "a result of type `!` never comes: the caller would wait in vain",
        format!("return something, or {LOCAL}"),
    )
}
