//! What a role may be.

/// The most roles that one node has.
pub(crate) const MAX_ROLES: usize = 64;
/// The longest role, in bytes.
pub(crate) const MAX_ROLE: usize = 64;

/// Whether a node can have this role: 1 to 64 bytes without white space and control characters.
pub(crate) fn is_role(role: &str) -> bool {
    (1..=MAX_ROLE).contains(&role.len())
        && !role.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_word() {
        assert!(["match", "größe", &"x".repeat(64)].into_iter().all(is_role));
        assert!(!["", "a b", "a\n", "\u{1b}[2J", &"x".repeat(65)].into_iter().any(is_role));
    }
}
