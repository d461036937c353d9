//! The block, and the options of the attribute.

use std::fmt::Display;

use super::Message;

const OPTIONS: &str = "the options are `name = \"…\"`, `limit = 3`, `role = \"…\"` and `crate = path`";

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

pub(crate) fn option_unknown(name: impl Display) -> Message {
    Message::new(format!("unknown option `{name}`"), OPTIONS)
}

pub(crate) fn option_not_a_name() -> Message {
    Message::new("expected the name of an option", OPTIONS)
}

pub(crate) fn option_twice(name: impl Display) -> Message {
    Message::new(format!("option `{name}` is given twice: only one can count"), "remove this one")
}

pub(crate) fn option_name_value() -> Message {
    Message::new("a module's name is a text", "write `name = \"arena\"`")
}

pub(crate) fn option_limit_value() -> Message {
    Message::new("a limit is a number: on how many nodes the module runs at most", "write `limit = 3`")
}

pub(crate) fn limit_zero() -> Message {
    Message::new(
        "a limit below 1 would leave the module without a node",
        "write `limit = 1` for one node in the whole cluster, or leave `limit` out for all of them",
    )
}

pub(crate) fn limit_too_large(most: u32) -> Message {
    Message::new(
        format!("a limit is at most {most}: a module's keys fall into so many slots, and each has one node"),
        "leave `limit` out to use all nodes",
    )
}

pub(crate) fn option_role_value() -> Message {
    Message::new("a role is a text: the one that a node has, or has not", "write `role = \"match\"`")
}

pub(crate) fn role_empty() -> Message {
    Message::new(
        "a role cannot be empty: nodes are given it by name",
        "leave `role` out to let every node host the module",
    )
}

pub(crate) fn role_too_long(most: usize) -> Message {
    Message::new(format!("a role has at most {most} bytes"), "write a shorter one")
}

pub(crate) fn role_with_spaces() -> Message {
    Message::new(
        "a role has no spaces or control characters: no node could be given this one",
        "write one word, as in `role = \"match\"`",
    )
}

pub(crate) fn option_crate_value() -> Message {
    Message::new(
        "`crate` says under which path the runtime is found",
        "write `crate = path::to::shard_runtime`",
    )
}
