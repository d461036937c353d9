//! Our attributes on methods, and hooks.

use super::Message;

const OPTIONS: &str =
    "the options of a method are `#[local]`, `#[blocking]`, `#[rename(\"…\")]` and `#[fallible]`";

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

pub(crate) fn mark_on_local(path: &syn::Path, because: &str) -> Message {
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
