//! Every message and its help line. The form is `<what is wrong>: <why>`, then `help: <what to write>`.

use std::fmt::{self, Display};

/// What the compiler shows for a mistake.
pub(crate) struct Message {
    what: String,
    help: String,
}

impl Message {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhelp: {}", self.what, self.help)
    }
}

const BLOCK_OPTIONS: &str = "the options are `name = \"…\"` and `crate = path`";
const METHOD_OPTIONS: &str =
    "the options of a method are `#[local]`, `#[blocking]`, `#[rename(\"…\")]` and `#[fallible]`";
const LOCAL: &str = "mark the method `#[local]` to leave it out";

// The block.

pub(crate) fn not_an_impl() -> Message {
    Message::new(
        "`#[sharded_module]` stands on something that has no methods: it reads an `impl` block",
        "move the attribute to the `impl` block of the type",
    )
}

pub(crate) fn trait_impl() -> Message {
    Message::new(
        "a trait's `impl` cannot be a module: its methods belong to the trait",
        "write an `impl` block of the type itself, with methods that call the trait's",
    )
}

pub(crate) fn generic_impl() -> Message {
    Message::new(
        "a generic `impl` cannot be a module: other nodes call one concrete type",
        "name the types, as in `impl Arena<Chess>`, or wrap each in a type of its own",
    )
}

pub(crate) fn type_without_name() -> Message {
    Message::new(
        "this type cannot be a module: its shard is called after it, and it has no name",
        "wrap it, as in `struct Arena(…)`, and write `impl Arena`",
    )
}

pub(crate) fn type_borrows() -> Message {
    Message::new(
        "a module cannot borrow: it lives as long as its node",
        "let the type own its data, or share it by `Arc`",
    )
}

pub(crate) fn module_name_empty() -> Message {
    Message::new(
        "a module's name cannot be empty: nodes find modules by it",
        "leave `name` out to use the type's name",
    )
}

// The options of the block.

pub(crate) fn option_unknown(name: impl Display) -> Message {
    Message::new(format!("unknown option `{name}`"), BLOCK_OPTIONS)
}

pub(crate) fn option_not_a_name() -> Message {
    Message::new("expected the name of an option", BLOCK_OPTIONS)
}

pub(crate) fn option_twice(name: impl Display) -> Message {
    Message::new(format!("option `{name}` is given twice: only one can count"), "remove this one")
}

pub(crate) fn option_name_value() -> Message {
    Message::new("a module's name is a text", "write `name = \"arena\"`")
}

pub(crate) fn option_crate_value() -> Message {
    Message::new(
        "`crate` says under which path the runtime is found",
        "write `crate = path::to::shard_runtime`",
    )
}

// Our attributes on methods.

pub(crate) fn mark_unknown(path: &syn::Path) -> Message {
    Message::new(format!("unknown option `#[{}]`", name_of(path)), METHOD_OPTIONS)
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

// Receivers.

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

// Signatures.

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

// The state.

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

// Arguments.

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

// Arguments and results.

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

// Results.

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

pub(crate) fn result_stream() -> Message {
    Message::new("a result cannot be a stream yet", "return a `Vec` for now")
}

pub(crate) fn result_never() -> Message {
    Message::new(
        "a result of type `!` never comes: the caller would wait in vain",
        format!("return something, or {LOCAL}"),
    )
}

// Hooks.

pub(crate) fn hook_without_node(name: &syn::Ident) -> Message {
    Message::new(
        format!("`{name}` is the name of a hook, and a hook takes the node"),
        format!(
            "write `node: &Node` to make it the hook, or add `#[rename(\"{name}\")]` to make it a remote method"
        ),
    )
}

pub(crate) fn hook_result() -> Message {
    Message::new("a hook has nobody to give a value to", "return nothing or `Result<(), E>`")
}

fn name_of(path: &syn::Path) -> String {
    path.get_ident().map(ToString::to_string).unwrap_or_default()
}
