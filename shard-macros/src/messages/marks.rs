//! Our attributes on methods, and hooks.

use super::{LOCAL, Message};

const OPTIONS: &str = "the options of a method are `#[local]`, `#[rename(\"…\")]`, `#[fallible]`, `#[blocking]`, \
                       `#[detached]`, `#[timeout(\"…\")]`, `#[idempotent]`, `#[oneway]` and `#[attribute]`";

pub(crate) fn mark_unknown(path: &syn::Path) -> Message {
    Message::new(format!("unknown option `#[{}]`", name_of(path)), OPTIONS)
}

pub(crate) fn mark_twice(path: &syn::Path) -> Message {
    Message::new(format!("`#[{}]` is given twice: only one can count", name_of(path)), "remove this one")
}

pub(crate) fn mark_takes_nothing(path: &syn::Path) -> Message {
    let name = name_of(path);
    Message::new(format!("`#[{name}]` takes no value"), format!("write `#[{name}]`"))
}

pub(crate) fn mark_without_meaning(path: &syn::Path, because: &str) -> Message {
    let name = name_of(path);
    Message::new(format!("`#[{name}]` has no meaning here: {because}"), format!("remove `#[{name}]`"))
}

pub(crate) fn conditional_mark(name: &syn::Ident) -> Message {
    Message::new(
        format!("`{name}` cannot stand in a `cfg_attr`: the macro runs before the condition is known"),
        "write the method twice, each with its own `#[cfg(…)]`",
    )
}

pub(crate) fn rename_value() -> Message {
    Message::new("`#[rename]` needs the method's name on the wire", "write `#[rename(\"name\")]`")
}

pub(crate) fn rename_empty() -> Message {
    Message::new("a method's name cannot be empty: nodes find methods by it", "write `#[rename(\"name\")]`")
}

pub(crate) fn duplicate_name(wire: &str, earlier: &str) -> Message {
    Message::new(
        format!("two methods are called `{wire}` on the wire: `{earlier}` has the name already"),
        "give this one another name by `#[rename(\"…\")]`",
    )
}

pub(crate) fn fallible_without_result() -> Message {
    Message::new(
        "`#[fallible]` stands on a method that cannot fail: its type is no `Result`",
        "remove `#[fallible]`, or return a `Result`",
    )
}

pub(crate) fn timeout_value() -> Message {
    Message::new("`#[timeout]` needs a time: how long a call waits at most", "write `#[timeout(\"250ms\")]`")
}

pub(crate) fn timeout_unreadable(text: &str) -> Message {
    Message::new(
        format!(
            "`{text}` is not a time: a time is a number and one of the units `us`, `ms`, `s`, `m` and `h`"
        ),
        "write `#[timeout(\"250ms\")]` or `#[timeout(\"1.5s\")]`",
    )
}

pub(crate) fn timeout_zero() -> Message {
    Message::new(
        "a time of nothing would end every call before it starts",
        "write `#[timeout(\"250ms\")]`, or leave `#[timeout]` out to use the node's own",
    )
}

pub(crate) fn oneway_result() -> Message {
    Message::new(
        "a `#[oneway]` method has nobody to give a result to: its caller does not wait",
        "return nothing, or remove `#[oneway]`",
    )
}

pub(crate) fn attribute_result() -> Message {
    Message::new(
        "this is not an attribute: the node reads, sets and watches an `Attribute` that the module lends it",
        "keep the value in an `Attribute<T>`, and return `&Attribute<T>`",
    )
}

pub(crate) fn attribute_async() -> Message {
    Message::new(
        "an attribute's method cannot be `async`: it only says where the value is",
        "write a plain `fn`",
    )
}

pub(crate) fn attribute_argument() -> Message {
    Message::new(
        "an attribute's method takes nothing but `&self`: it only says where the value is",
        "remove the arguments, or `#[attribute]`",
    )
}

pub(crate) fn name_of_attribute(name: &syn::Ident, attribute: &str) -> Message {
    Message::new(
        format!("there is a method `{name}` already: the attribute `{attribute}` makes it"),
        format!("give this one another name, or {LOCAL}"),
    )
}

pub(crate) fn hook_without_argument(name: &syn::Ident, arguments: &str) -> Message {
    let about = if arguments.starts_with("node") { "node" } else { "slots" };
    Message::new(
        format!("`{name}` is the name of a hook, and a hook takes the {about}"),
        format!(
            "write `{arguments}` to make it the hook, or add `#[rename(\"{name}\")]` to make it a remote method"
        ),
    )
}

pub(crate) fn hook_arguments(name: &syn::Ident, arguments: &str) -> Message {
    Message::new(
        format!("these are not the arguments of `{name}`: the node calls this hook with what it knows"),
        format!("write `{arguments}`"),
    )
}

pub(crate) fn hook_result() -> Message {
    Message::new("a hook has nobody to give a value to", "return nothing or `Result<(), E>`")
}

fn name_of(path: &syn::Path) -> String {
    path.get_ident().map(ToString::to_string).unwrap_or_default()
}
