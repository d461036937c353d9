//! `#[timeout("250ms")]`: a number, whole or decimal, and a unit.

use std::time::Duration;

use syn::Attribute;

use super::marks;
use crate::errors::Errors;
use crate::messages;

/// Units with their length in nanoseconds: each a power of ten but for a small factor, so that decimals are exact.
/// The longer name comes first where one ends in another.
const UNITS: [(&str, u128); 5] =
    [("us", 1_000), ("ms", 1_000_000), ("s", SECOND), ("m", 60 * SECOND), ("h", 3_600 * SECOND)];
const SECOND: u128 = 1_000_000_000;

/// How long a call waits at most.
pub(super) fn check(attr: &Attribute, errors: &Errors) -> Option<Duration> {
    let Some(text) = marks::text_of(attr) else {
        errors.at(attr, messages::timeout_value());
        return None;
    };
    match read(&text.value()) {
        None => errors.at(&text, messages::timeout_unreadable(&text.value())),
        Some(Duration::ZERO) => errors.at(text, messages::timeout_zero()),
        Some(after) => return Some(after),
    }
    None
}

/// The duration, cut to whole nanoseconds; nothing if the text is none, or one longer than all times.
fn read(text: &str) -> Option<Duration> {
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (digits(whole)?, digits(fraction)?),
        None => (digits(number)?, ""),
    };
    let mut nanos = whole.parse::<u128>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars().filter_map(|digit| digit.to_digit(10)) {
        nanos = nanos.checked_add(u128::from(digit) * place / 10)?;
        place /= 10;
    }
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    Some(Duration::new(seconds, u32::try_from(nanos % SECOND).ok()?))
}

/// The text, if it is at least one digit and nothing else.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_unit_are_times() {
        assert_eq!(read("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read("7us"), Some(Duration::from_micros(7)));
        assert_eq!(read("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read("2m"), Some(Duration::from_secs(120)));
        assert_eq!(read("1h"), Some(Duration::from_secs(3_600)));
        assert_eq!(read("1.5s"), Some(Duration::from_millis(1_500)));
        assert_eq!(read("0.25h"), Some(Duration::from_secs(900)));
        assert_eq!(read("0.001us"), Some(Duration::from_nanos(1)));
        assert_eq!(read("18446744073709551615s"), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn less_than_a_nanosecond_is_nothing() {
        assert_eq!(read("0s"), Some(Duration::ZERO));
        assert_eq!(read("0.0009us"), Some(Duration::ZERO));
        assert_eq!(read("1.0000000009s"), Some(Duration::from_secs(1)));
    }

    #[test]
    fn everything_else_is_no_time() {
        for text in
            ["", "s", "5", "5 s", "-1s", "+1s", ".5s", "1.s", "1.2.3s", "1e3s", "5min", "5d", "5ns", "1,5s"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        for text in ["18446744073709551616s", "9999999999999999999999999999999999999h", &"9".repeat(50)] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
