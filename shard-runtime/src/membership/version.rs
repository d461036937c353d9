//! Which of two versions of a program is the newer one.

use std::cmp::Ordering;

/// Compares versions as programs write them: numbers with dots between them, where one that is missing is a
/// zero, and then what is left as text. As in semantic versioning, what follows a hyphen comes before the
/// version without it. A `v` in front says nothing; a node that did not say its version has the oldest.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    Parts::of(one).cmp(&Parts::of(other))
}

/// In the order in which they count.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Parts<'a> {
    given: bool,
    numbers: Vec<Number<'a>>,
    finished: bool,
    rest: &'a str,
}

/// The digits without zeros in front: of as many, those that sort first are the smaller number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Number<'a> {
    len: usize,
    digits: &'a str,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.trim();
        let mut rest = match version.strip_prefix(['v', 'V']) {
            Some(behind) if behind.starts_with(|first: char| first.is_ascii_digit()) => behind,
            _ => version,
        };
        let mut numbers = Vec::new();
        while let Some((number, behind)) = number(rest) {
            numbers.push(number);
            rest = behind;
            match rest.strip_prefix('.') {
                Some(next) if number_follows(next) => rest = next,
                _ => break,
            }
        }
        while numbers.last().is_some_and(|number| number.len == 0) {
            numbers.pop();
        }
        Self { given: !version.is_empty(), numbers, finished: !rest.starts_with('-'), rest }
    }
}

fn number_follows(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

fn number(text: &str) -> Option<(Number<'_>, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let significant = digits.trim_start_matches('0');
    (end > 0).then_some((Number { len: significant.len(), digits: significant }, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_in_the_order_in_which_people_number_them() {
        let ascending = [
            "",
            "-",
            "dev",
            "0.9",
            "0.9.1",
            "v0.10",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1",
            "1+7",
            "1.2",
            "1.2.3a",
            "1.2.3b",
            "1.2.4",
            "1.2.4.1",
            "1.10",
            "2024.11.3",
            "2024.11.20",
            "99999999999999999999998",
            "99999999999999999999999",
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                assert_eq!(compare(one, other), at.cmp(&other_at), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn what_is_written_differently_may_be_the_same() {
        for (one, other) in [("1.2", "1.2.0"), ("1", "v1.0.0"), ("01.02", "1.2"), (" 1.2 ", "1.2")] {
            assert_eq!(compare(one, other), Ordering::Equal, "{one:?} and {other:?}");
        }
    }

    proptest! {
        #[test]
        fn any_texts_have_an_order(mut versions in proptest::collection::vec("[v0-2.a-]{0,8}|\\PC{0,8}", 0..20)) {
            versions.sort_by(|a, b| compare(a, b));
            for (at, one) in versions.iter().enumerate() {
                for other in versions.iter().skip(at) {
                    prop_assert_ne!(compare(one, other), Ordering::Greater, "{:?} and {:?}", one, other);
                    prop_assert_eq!(compare(one, other), compare(other, one).reverse());
                }
            }
        }
    }
}
