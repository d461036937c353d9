//! Names of types as people write them.

/// `alloc::vec::Vec<game::Player>` → `Vec<Player>`.
pub(super) fn short(type_name: &str) -> String {
    let mut out = String::with_capacity(type_name.len());
    // Where the path began that is being copied.
    let mut start = 0;
    let mut rest = type_name.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ':' && rest.peek() == Some(&':') {
            rest.next();
            out.truncate(start);
        } else {
            out.push(c);
            if !(c.is_alphanumeric() || c == '_') {
                start = out.len();
            }
        }
    }
    out
}

/// The type inside an option, as written.
pub(super) fn inside_option(type_name: &'static str) -> &'static str {
    type_name
        .strip_prefix("core::option::Option<")
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(type_name)
}

/// Whether serde's derive made the type, for a field with `with` for instance: its name helps nobody.
pub(super) fn is_generated(type_name: &str) -> bool {
    type_name.contains("::__")
}
